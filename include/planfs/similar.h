/*
 * Which sections and plans are like which others: by the sketches (planfs/shingles.h) that the database keeps of the
 * texts in its search index. What the index does not hold yet is not found. Errors and threads as in planfs/store.h.
 */
#pragma once

#include "planfs/change.h"

/*
 * The text that the index holds for the file @inode is @text from now on, or nothing any more. The index (src/store/search_step.c)
 * calls these in the transaction in which it changes.
 */
int txn_sketch_set(struct txn *t, int64_t inode, const struct text *text) MUST_CHECK;
int txn_sketch_drop(struct txn *t, int64_t inode) MUST_CHECK;

/* A section of the plan that was asked about, and the one that corresponds to it. Names of files. */
struct similar_pair {
	unsigned percent;
	const char *own, *other;
};

/* What is like what was asked about. Valid during the call of similar_fn. */
struct similar {
	unsigned percent; /* of 100 common shingles: shingles_percent() of the present texts */
	const char *year, *district, *plan;
	const char *section;              /* NULL: it is the plan */
	const struct similar_pair *pairs; /* of a plan: in the order of its own sections */
	size_t n_pairs;
};

/* A result other than 0 ends the listing. It must not call the store. */
typedef int similar_fn(void *arg, const struct similar *similar);

enum { SIMILAR_MIN = 20, SIMILAR_RESULTS_MAX = 1000 };

/*
 * Call @fn for the at most @n (1 to SIMILAR_RESULTS_MAX) sections that are most like the file at @path, or the plans that are most
 * like the plan at @path: of at least SIMILAR_MIN per cent, the most similar first, of the same per cent the earliest year first.
 * Of a file that is no section any sections come. Returns 0 or the result of @fn; -ENOENT, -ENOTDIR, -ENAMETOOLONG as
 * store_resolve(); -EINVAL when @path is neither a plan nor a file; -ENODATA when it has too little text to tell.
 */
int similar_find(struct store *s, const char *path, size_t n, similar_fn *fn, void *arg) MUST_CHECK;

/* A member of a group of copies. Valid during the call of similar_copy_fn. */
struct similar_copy {
	unsigned long group;
	unsigned
		percent; /* like the first of its group, by the sketches: off by some 6 per cent; of the first itself 100 */
	const char *year, *district, *plan;
	const char *section; /* NULL: it is the whole plan */
};

typedef int similar_copy_fn(void *arg, const struct similar_copy *copy);

/*
 * Call @fn for all that are copies of each other, group by group: plans, then sections that are not part of such plans, the largest
 * groups first; in each group the earliest year first, of which the others are copies: of at least COPIES_PERCENT per cent. Takes a second for 200,000
 * sections. Returns 0 or the result of @fn.
 */
int similar_each_copy(struct store *s, similar_copy_fn *fn, void *arg) MUST_CHECK;
