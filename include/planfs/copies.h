/*
 * Who copied whom: groups of plans and of sections that are nearly the same, by their sketches. They are gone through from
 * the first on; each joins the group whose first member it is most like, or is the first of a new one.
 */
#pragma once

#include "planfs/shingles.h"

enum {
	COPIES_PERCENT = 80, /* from which on something is a copy */
	COPIES_NONE = -1
};

/* A place in a group. Results of copies_find(). */
struct copies_place {
	int first;        /* of the group; itself when it is that */
	int next;         /* in the group, or COPIES_NONE */
	int last;         /* in the group; of the first only */
	unsigned percent; /* like the first, by the sketches */
};

struct copies_section {
	struct text_sketch sketch;
	unsigned weight; /* bytes */
	int plan;
	bool in_copy; /* result: its plan is a copy, and this is a part that the first of those has, too */
	struct copies_place place;
};

struct copies_plan {
	int from, to; /* its sections */
	struct copies_place place;
};

/*
 * Find the groups. Plans and sections come in the order of time, and each section in the range of its plan. Returns 0 or -ENOMEM.
 * Takes time and memory in proportion to the sections.
 */
int copies_find(struct copies_plan *plans, size_t n_plans, struct copies_section *sections,
	size_t n_sections) MUST_CHECK;
