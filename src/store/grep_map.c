/* Tables of numbers by numbers, and arrays that grow: what finds the files of a search. */
#include "grep_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct grep_map_place {
	int64_t key; /* 0: free; numbers of inodes are greater */
	size_t value;
};

void grep_map_done(struct grep_map *m)
{
	free(m->places);
	*m = (struct grep_map){ 0 };
}

static struct grep_map_place *find_place(const struct grep_map *m, int64_t key)
{
	size_t at = (size_t)((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15) >> 20);

	for (at &= m->n_places - 1; m->places[at].key && m->places[at].key != key;)
		at = (at + 1) & (m->n_places - 1);
	return &m->places[at];
}

static int make_room(struct grep_map *m)
{
	struct grep_map larger = { .n = m->n, .n_places = m->n_places ? m->n_places * 4 : 64 };
	size_t i;

	larger.places = calloc(larger.n_places, sizeof(*larger.places));
	if (!larger.places)
		return -ENOMEM;
	for (i = 0; i < m->n_places; i++)
		if (m->places[i].key)
			*find_place(&larger, m->places[i].key) = m->places[i];
	free(m->places);
	*m = larger;
	return 0;
}

int grep_map_put(struct grep_map *m, int64_t key, size_t value)
{
	struct grep_map_place *place;
	int r = m->n * 2 >= m->n_places ? make_room(m) : 0;

	if (r < 0)
		return r;
	place = find_place(m, key);
	m->n += place->key == 0;
	*place = (struct grep_map_place){ key, value };
	return 0;
}

bool grep_map_get(const struct grep_map *m, int64_t key, size_t *ret_value)
{
	const struct grep_map_place *place;

	if (m->n_places == 0)
		return false;
	place = find_place(m, key);
	*ret_value = place->value;
	return place->key != 0;
}
