/*
 * Saving what is left of a database that SQLite refuses to read.
 */
#pragma once

#include "planfs/check.h"

#include <stdint.h>

/* What was found and saved. Plain data. */
struct store_recovered {
	int64_t inodes, texts, versions; /* in the new database */
	int64_t lost_found;              /* entries of lost+found/ */
	int64_t cut_texts;               /* whose end could not be read */
	uint32_t lost_pages;             /* of the damaged file: nothing could be read from them */
	uint32_t loose_pages;            /* read, though nothing led to them */
	uint32_t bad_rows;               /* that could not be read */
};

/*
 * Make the new database @to of what can be read in @from, a planfs database however damaged, and in its -wal:
 * every text and version; the tree where names survive; in lost+found/ what has no name, called after its
 * first line. Texts are not compared with their hashes: store_check() of @to does it. Calls @fn with
 * FINDING_MENDED for what had to be mended. @from and its -wal are only read.
 *
 * Returns 0 and *ret_recovered. On failure *ret_why holds one line that names the thing and the way out, and
 * @to does not exist: -EEXIST when @to exists, -EMEDIUMTYPE when @from is no regular file, -ENODATA when
 * nothing of a planfs database is in it, the result of @fn that was not 0, or what open(2) says.
 */
int store_recover(const char *from, const char *to, store_finding_fn *fn, void *arg,
	struct store_recovered *ret_recovered, struct buf *ret_why) MUST_CHECK;
