/* Sets of shingles, which tell exactly what two texts have in common; see planfs/shingles.h. */
#include "planfs/shingles.h"

#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void shingles_done(struct shingles *s)
{
	free(s->hashes);
	*s = (struct shingles){ 0 };
}

static int add_hash(void *arg, uint32_t hash)
{
	struct shingles *s = arg;
	int r = array_grow(&s->hashes, s->n, &s->capacity, sizeof(*s->hashes));

	if (r == 0)
		s->hashes[s->n++] = hash;
	return r;
}

int shingles_add(struct shingles *s, const char *text, size_t len)
{
	struct shingler shingler = { .fold = true, .fn = add_hash, .arg = s };

	return shingle(&shingler, text, len);
}

static int by_hash(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void shingles_sort(struct shingles *s)
{
	size_t i, n = 0;

	if (s->n == 0)
		return;
	qsort(s->hashes, s->n, sizeof(*s->hashes), by_hash);
	for (i = 1; i < s->n; i++)
		if (s->hashes[i] != s->hashes[n])
			s->hashes[++n] = s->hashes[i];
	s->n = n + 1;
}

unsigned shingles_percent(const struct shingles *a, const struct shingles *b)
{
	size_t i = 0, k = 0, common = 0;

	while (i < a->n && k < b->n) {
		uint32_t x = a->hashes[i], y = b->hashes[k];

		common += x == y;
		i += x <= y;
		k += y <= x;
	}
	return a->n + b->n ? (unsigned)(200 * common / (a->n + b->n)) : 0;
}

void sketched_texts_done(struct sketched_texts *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		free(t->items[i].name);
		shingles_done(&t->items[i].shingles);
	}
	free(t->items);
	shingles_done(&t->all);
	*t = (struct sketched_texts){ 0 };
}

int sketched_texts_add(
	struct sketched_texts *t, const char *name, int64_t id, const char *data, size_t len)
{
	struct sketched_text *text;
	int r;

	r = array_grow(&t->items, t->n, &t->capacity, sizeof(*t->items));
	if (r < 0)
		return r;
	text = &t->items[t->n++];
	*text = (struct sketched_text){ .id = id };
	text->is_long = text_sketch_make(data, len, &text->sketch);
	if (name)
		text->name = text_dup(name, strlen(name));
	r = name && !text->name ? -ENOMEM : shingles_add(&text->shingles, data, len);
	return r < 0 ? r : shingles_add(&t->all, data, len);
}

void sketched_texts_sort(struct sketched_texts *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		shingles_sort(&t->items[i].shingles);
	shingles_sort(&t->all);
}

const struct sketched_text *sketched_texts_nearest(
	const struct sketched_texts *t, const struct sketched_text *text, unsigned *ret_percent)
{
	const struct sketched_text *best = NULL;
	unsigned best_percent = 0, percent;
	size_t i;

	for (i = 0; i < t->n; i++) {
		percent = shingles_percent(&text->shingles, &t->items[i].shingles);
		if (percent > best_percent) {
			best_percent = percent;
			best = &t->items[i];
		}
	}
	*ret_percent = best_percent;
	return best;
}
