/*
 * Putting the texts of the tree side by side in the file, so that a directory is read from a disk in one go.
 */
#pragma once

#include "planfs/store.h"

/* What was found and done. Neighbours are texts that follow each other in the tree. Plain data. */
struct store_optimized {
	int64_t texts;               /* present ones that have a name */
	int64_t neighbours;          /* pairs of them */
	int64_t side_by_side_before; /* of these pairs: with no other text between them */
	int64_t side_by_side;        /* the same afterwards */
	int64_t moved;               /* texts that got another number */
	int64_t size_before, size;   /* of the database, bytes */
	int64_t free_before;         /* of these: in pages that hold nothing */
	bool rewritten;              /* the file was written anew */
};

/*
 * Give the present texts new body numbers in the order of the tree (directory by directory, depth first, in
 * listing order), behind all others, and write the file anew without free pages. Old versions stay as they
 * are; nothing that a reader of the tree or of the history sees is changed. Nothing is moved when 95 of
 * 100 neighbours are side by side already, and nothing is rewritten when, besides, at most a tenth of the
 * pages is free.
 *
 * @s must be open exclusively. The numbers change in one transaction, and the file in another one: an
 * interruption at any time leaves a sound database, and the next call goes on. Returns 0 and *ret_done;
 * -EUCLEAN when the database is damaged (a text that is not what was written is no obstacle); -ENOSPC when
 * there is not room enough, -EOVERFLOW when the numbers are used up: then nothing was changed, and *ret_why
 * holds one line. -EBUSY when another program writes for seconds.
 */
int store_optimize(
	struct store *s, struct store_optimized *ret_done, struct buf *ret_why) MUST_CHECK;
