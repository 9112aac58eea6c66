/*
 * Groups of copies; see planfs/copies.h. Two sketches that are nearly the same agree in some band of their values, so
 * every band leads to the sections that have it.
 */
#include "planfs/copies.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BAND = 4, /* values */
	BANDS = SKETCH_BYTES / BAND,
	RUN_MAX = 64, /* sections of one band, and members of one group, that are looked at */
	NONE = COPIES_NONE
};

struct search {
	struct copies_plan *plans;       /* borrowed */
	struct copies_section *sections; /* borrowed */
	int *slots; /* owned; open hashing by band: the first of a group + 1, 0: free */
	size_t n_slots;
	uint64_t *votes; /* owned; by plan */
	int *voted_by;   /* owned; by plan: the last section that voted for it */
};

static void search_done(struct search *f)
{
	free(f->slots);
	free(f->votes);
	free(f->voted_by);
}

static int search_init(struct search *f, size_t n_plans, size_t n_sections)
{
	if (n_sections > INT32_MAX / BANDS / 4)
		return -ENOMEM;
	for (f->n_slots = 1 << 10; f->n_slots < n_sections * BANDS * 2;)
		f->n_slots *= 2;
	f->slots = calloc(f->n_slots, sizeof(*f->slots));
	f->votes = calloc(n_plans + 1, sizeof(*f->votes));
	f->voted_by = malloc((n_plans + 1) * sizeof(*f->voted_by));
	if (!f->slots || !f->votes || !f->voted_by)
		return -ENOMEM;
	memset(f->voted_by, 0xFF, (n_plans + 1) * sizeof(*f->voted_by));
	return 0;
}

static void be_first(struct copies_place *place, int i)
{
	*place = (struct copies_place){ .first = i, .last = i, .next = NONE, .percent = 100 };
}

/* --- sections --- */

/* The values of @band, 0 when there are none. */
static uint32_t band_of(const struct text_sketch *sketch, int band)
{
	uint32_t values;

	memcpy(&values, sketch->values + band * BAND, sizeof(values));
	return values;
}

static size_t slot_of(const struct search *f, uint32_t values, int band)
{
	return (size_t)(((uint64_t)values * BANDS + (uint64_t)band) * 0x9E3779B97F4A7C15u >> 24) &
	       (f->n_slots - 1);
}

/* What of the table a look goes through: the sections that have the values of one band. */
struct run {
	uint32_t values;
	int band, steps;
	size_t at;
};

static struct run run_of(const struct search *f, const struct text_sketch *sketch, int band)
{
	uint32_t values = band_of(sketch, band);

	return (struct run){ values, band, 0, slot_of(f, values, band) };
}

/* The next section, or NONE. */
static int run_next(const struct search *f, struct run *r)
{
	while (r->values && f->slots[r->at] && r->steps++ < RUN_MAX) {
		int other = f->slots[r->at] - 1;

		r->at = (r->at + 1) & (f->n_slots - 1);
		if (band_of(&f->sections[other].sketch, r->band) == r->values)
			return other;
	}
	return NONE;
}

/* The first of a group that section @k is most like; NONE when it is like none. Of two the earlier one. */
static int find_first(const struct search *f, int k, unsigned *ret_percent)
{
	const struct text_sketch *sketch = &f->sections[k].sketch;
	unsigned best_percent = COPIES_PERCENT - 1, percent;
	int best = NONE, band, other;

	for (band = 0; band < BANDS; band++) {
		struct run run = run_of(f, sketch, band);

		while ((other = run_next(f, &run)) != NONE) {
			percent = text_sketch_compare(&f->sections[other].sketch, sketch);
			if (percent > best_percent || (percent == best_percent && other < best)) {
				best = other;
				best_percent = percent;
			}
		}
	}
	*ret_percent = best_percent;
	return best;
}

static void enter_first(struct search *f, int k)
{
	int band;

	for (band = 0; band < BANDS; band++) {
		struct run run = run_of(f, &f->sections[k].sketch, band);

		if (!run.values)
			continue;
		while (f->slots[run.at])
			run.at = (run.at + 1) & (f->n_slots - 1);
		f->slots[run.at] = k + 1;
	}
}

static void group_section(struct search *f, int k)
{
	struct copies_place *place = &f->sections[k].place, *first;
	unsigned percent;
	int found = find_first(f, k, &percent);

	be_first(place, k);
	if (found == NONE) {
		enter_first(f, k);
		return;
	}
	first = &f->sections[found].place;
	place->first = found;
	place->percent = percent;
	f->sections[first->last].place.next = k;
	first->last = k;
}

/* --- plans --- */

static uint64_t weight_of(const struct search *f, const struct copies_plan *p)
{
	uint64_t weight = 0;
	int k;

	for (k = p->from; k < p->to; k++)
		weight += f->sections[k].weight;
	return weight;
}

/*
 * Section @k says which earlier plans, that are no copies themselves, have it, too: to *@votes, when that is no NULL. Returns
 * whether plan @only (NONE: none) is one of them.
 */
static bool vote(struct search *f, int k, uint64_t *votes, int only)
{
	const struct copies_section *s = &f->sections[k], *other;
	int at, steps;

	for (at = s->place.first, steps = 0; at != NONE && steps < RUN_MAX; steps++) {
		unsigned percent;
		int plan;

		other = &f->sections[at];
		at = other->place.next;
		plan = other->plan;
		if (plan >= s->plan || f->plans[plan].place.first != plan)
			continue;
		percent = text_sketch_compare(&other->sketch, &s->sketch);
		if (percent < COPIES_PERCENT)
			continue;
		if (plan == only)
			return true;
		if (!votes || f->voted_by[plan] == k)
			continue;
		f->voted_by[plan] = k;
		votes[plan] += (uint64_t)percent * s->weight;
	}
	return false;
}

/* For which plan did the sections of plan @i vote most? Forgets the votes. */
static int count_votes(struct search *f, int i, unsigned *ret_percent)
{
	const struct copies_plan *p = &f->plans[i];
	uint64_t weight = weight_of(f, p);
	unsigned best_percent = 0;
	int best = NONE, k, at, steps;

	for (k = p->from; k < p->to; k++)
		for (at = f->sections[k].place.first, steps = 0; at != NONE && steps < RUN_MAX;
			at = f->sections[at].place.next, steps++) {
			int plan = f->sections[at].plan;
			uint64_t all, votes = f->votes[plan];

			f->votes[plan] = 0;
			all = votes ? weight + weight_of(f, &f->plans[plan]) : 0;
			if (all && 2 * votes / all > best_percent) {
				best = plan;
				best_percent = (unsigned)(2 * votes / all);
			}
		}
	*ret_percent = best_percent < 100 ? best_percent : 100;
	return best_percent >= COPIES_PERCENT ? best : NONE;
}

static void group_plan(struct search *f, int i)
{
	struct copies_plan *p = &f->plans[i], *first;
	unsigned percent;
	int k, found;

	be_first(&p->place, i);
	for (k = p->from; k < p->to; k++)
		vote(f, k, f->votes, NONE);
	found = count_votes(f, i, &percent);
	if (found == NONE)
		return;
	for (k = p->from; k < p->to; k++)
		f->sections[k].in_copy = vote(f, k, NULL, found);
	first = &f->plans[found];
	p->place.first = found;
	p->place.percent = percent;
	f->plans[first->place.last].place.next = i;
	first->place.last = i;
}

int copies_find(struct copies_plan *plans, size_t n_plans, struct copies_section *sections,
	size_t n_sections)
{
	CLEANUP(search_done) struct search f = { .plans = plans, .sections = sections };
	size_t i;
	int k, r;

	r = search_init(&f, n_plans, n_sections);
	if (r < 0)
		return r;
	for (i = 0; i < n_plans; i++) {
		for (k = plans[i].from; k < plans[i].to; k++) {
			sections[k].in_copy = false;
			group_section(&f, k);
		}
		group_plan(&f, (int)i);
	}
	return 0;
}
