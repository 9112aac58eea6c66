/*
 * Looking for damage in a database, mending it, and saving what is left of one that cannot be mended.
 */
#pragma once

#include "planfs/store.h"

enum store_finding_level {
	FINDING_NOTE,    /* as it should be, worth knowing */
	FINDING_WARNING, /* about what users wrote: a file that cannot be read as what it is */
	FINDING_DAMAGE,  /* the database is not what planfs would write */
	FINDING_MENDED,  /* by store_repair(): the text says what it was, and is now */
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
 * Look at everything that is committed, as of now and also while it is mounted: pages, schema, names, links,
 * sizes, texts against their hashes, versions, metadata. Costs about a second per 100 MB. Calls @fn for
 * each finding; after damage of the pages, of an index or of a table's definition nothing else is
 * looked at, because it could not be believed. Nothing is changed.
 *
 * Returns 0 (whatever was found), or the result of @fn that was not 0. @fn must not call the store.
 */
int store_check(struct store *s, store_finding_fn *fn, void *arg) MUST_CHECK;

/*
 * Mend what store_check() calls damage, as far as no text is lost by it, in one transaction: what has lost its
 * name gets the one that the history has, or one in lost+found/; illegal names become legal; cycles are
 * cut; counts, sizes, indices, views and triggers are made anew. Texts that are not what was written stay
 * as they are. First the database is copied: *ret_copy is the path of the copy, empty when there was
 * nothing to mend. Calls @fn for each thing that was mended, in the order in which it was.
 *
 * @s must be open exclusively. Returns how much was mended; -EUCLEAN when pages or tables are damaged, so
 * that only store_recover() can help; the result of @fn when that was not 0; -EBUSY when another program
 * writes for seconds; an error of store_backup(). Then nothing was changed. @fn must not call the store.
 */
int store_repair(struct store *s, store_finding_fn *fn, void *arg, struct buf *ret_copy) MUST_CHECK;
