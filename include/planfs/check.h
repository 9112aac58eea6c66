/*
 * Looking for damage in a database, also while it is mounted. What is found is told, never mended.
 */
#pragma once

#include "planfs/store.h"

enum store_finding_level {
	FINDING_NOTE,    /* as it should be, worth knowing */
	FINDING_WARNING, /* about what users wrote: a file that cannot be read as what it is */
	FINDING_DAMAGE,  /* the database is not what planfs would write */
};

/* One thing that was found. Valid during the call of store_finding_fn. */
struct store_finding {
	enum store_finding_level level;
	const char *kind; /* one stable word for programs: "links", "hash", "utf8" … */
	const char *path; /* what it is about, "2016/合肥市/…"; "" for the database itself */
	const char *text; /* one line in words, lower case, without the path */
};

/* A result other than 0 ends the check. */
typedef int store_finding_fn(void *arg, const struct store_finding *finding);

/*
 * Look at everything that is committed, as of now: pages, names, links, sizes, texts against their
 * hashes, versions, metadata. Costs about a second per 100 MB. Calls @fn for each finding; after
 * damage of the pages nothing else is looked at, because it could not be believed.
 *
 * Returns 0 (whatever was found), or the result of @fn that was not 0. @fn must not call the store.
 */
int store_check(struct store *s, store_finding_fn *fn, void *arg) MUST_CHECK;
