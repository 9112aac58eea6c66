/*
 * Plans by their sketches. Two plans that are near share many values, so every value leads to the plans that
 * have it, and only those are compared.
 */
#include "import_priv.h"

#include "planfs/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 64 };

struct known {
	struct sketch sketch;
	char *path; /* owned */
};

struct near {
	struct known *plans; /* owned */
	size_t n, capacity;
	uint32_t *slots; /* owned; open hashing: a plan's number + 1, 0: free */
	size_t n_slots, used;
};

void near_free(struct near *n)
{
	size_t i;

	for (i = 0; n && i < n->n; i++)
		free(n->plans[i].path);
	if (n) {
		free(n->plans);
		free(n->slots);
	}
	free(n);
}

struct near *near_new(void)
{
	return calloc(1, sizeof(struct near));
}

static size_t slot_of(const struct near *n, size_t at, uint32_t value)
{
	return ((uint64_t)value * 0x9E3779B97F4A7C15u + at * 0xD6E8FEB86659FD93u) >> 20 &
	       (n->n_slots - 1);
}

static void enter(struct near *n, uint32_t plan)
{
	size_t i, slot;

	for (i = 0; i < SKETCH_VALUES; i++) {
		uint32_t value = n->plans[plan].sketch.values[i];

		if (value == UINT32_MAX)
			continue;
		for (slot = slot_of(n, i, value); n->slots[slot];
			slot = (slot + 1) & (n->n_slots - 1))
			;
		n->slots[slot] = plan + 1;
		n->used++;
	}
}

static int grow(struct near *n)
{
	size_t want = n->n_slots ? n->n_slots * 4 : 4096;
	uint32_t *slots, i;

	if ((n->used + SKETCH_VALUES) * 2 < n->n_slots)
		return 0;
	slots = calloc(want, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(n->slots);
	n->slots = slots;
	n->n_slots = want;
	n->used = 0;
	for (i = 0; i < n->n; i++)
		enter(n, i);
	return 0;
}

int near_add(struct near *n, const struct sketch *sketch, const char *path)
{
	int r;

	r = grow(n);
	if (r < 0)
		return r;
	r = array_grow(&n->plans, n->n, &n->capacity, sizeof(*n->plans));
	if (r < 0)
		return r;
	n->plans[n->n] = (struct known){ *sketch, strdup(path) };
	if (!n->plans[n->n].path)
		return -ENOMEM;
	enter(n, (uint32_t)n->n++);
	return 0;
}

/* Text that stands in very many plans (a form) leads to many of them: a few are looked at. */
const char *near_find(const struct near *n, const struct sketch *sketch, unsigned *ret_percent)
{
	const struct known *best = NULL;
	unsigned best_percent = 0, percent, looked = 0;
	size_t i, slot;

	for (i = 0; i < SKETCH_VALUES && n->n_slots > 0; i++) {
		unsigned run = 0;

		if (sketch->values[i] == UINT32_MAX)
			continue;
		for (slot = slot_of(n, i, sketch->values[i]);
			n->slots[slot] && run < CANDIDATES_MAX;
			slot = (slot + 1) & (n->n_slots - 1), run++) {
			const struct known *k = &n->plans[n->slots[slot] - 1];

			if (k == best || k->sketch.values[i] != sketch->values[i] ||
				looked++ > 1000)
				continue;
			percent = sketch_compare(&k->sketch, sketch);
			if (percent > best_percent) {
				best = k;
				best_percent = percent;
			}
		}
	}
	*ret_percent = best_percent;
	return best && best_percent >= SKETCH_NEAR ? best->path : NULL;
}

void sketch_print(const struct sketch *s, char *ret_hex)
{
	size_t i;

	for (i = 0; i < SKETCH_VALUES; i++)
		sprintf(ret_hex + 8 * i, "%08x", (unsigned)s->values[i]);
}

bool sketch_scan(const char *hex, struct sketch *ret)
{
	size_t i;

	if (!hex || strlen(hex) != SKETCH_HEX)
		return false;
	for (i = 0; i < SKETCH_VALUES; i++) {
		char one[9] = "", *end;

		memcpy(one, hex + 8 * i, 8);
		ret->values[i] = (uint32_t)strtoul(one, &end, 16);
		if (*end)
			return false;
	}
	return true;
}
