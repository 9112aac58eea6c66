/*
 * Versions that overwrote one which their writer had not seen, as the table revision marks them (planfs/change.h:
 * txn_set_reader()). Both are kept; the mark stays until somebody says that he has dealt with it.
 */
#pragma once

#include "planfs/moment.h"

/* The texts are valid during the call of conflict_fn. */
struct conflict {
	struct moment_change kept, overwritten; /* of the same place */
	const char *path;    /* of the directory of that place, now; NULL: it is gone */
	const int64_t *dirs; /* on that path: the root, …, the place's parent; NULL */
	size_t n_dirs;
};

/* A result other than 0 ends the listing. It must not call the store. */
typedef int conflict_fn(void *arg, const struct conflict *conflict);

/* Call @fn for all conflicts, the newest first. Returns 0 or the result of @fn. Looks at the marks only. */
int conflict_each(struct store *s, conflict_fn *fn, void *arg) MUST_CHECK;

/* How many there are. Returns 0 and *ret_count. */
int conflict_count(struct store *s, int64_t *ret_count) MUST_CHECK;

/* Take the mark from version @rev, in a transaction (planfs/change.h). Returns 0, or -ENOENT: it has none. */
int txn_dismiss_conflict(struct txn *t, int64_t rev) MUST_CHECK;
