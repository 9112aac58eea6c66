/* The versions of a file, as everybody counts them: .planfs/history/ and the commands. Errors as in planfs/store.h. */
#pragma once

#include "planfs/store.h"

/* Plain data. */
struct version {
	int64_t rev, time;
	char author[64];
	struct inode inode; /* as it was then */
};

struct versions {
	struct version *list; /* owned; the oldest first, which is number 1 */
	size_t n, room;
};

void versions_done(struct versions *v);

/*
 * The versions of a place, through all its renames and removals: texts in the order in which they came, each another one
 * than that before it. Returns 0 and *ret_versions, to be released with versions_done().
 */
int versions_find(struct store *s, int64_t parent, const char *name,
	struct versions *ret_versions) MUST_CHECK;
