/* What the files that make copies share. */
#pragma once

#include "store_priv.h"

/* Fill the empty file @temp. */
typedef int backup_fill_fn(struct store *s, const char *temp, const void *arg);

/* Make the new file @path of what @fill makes, synced, or nothing. Returns 0, -EEXIST, or the error. */
int backup_make(
	struct store *s, const char *path, backup_fill_fn *fill, const void *arg) MUST_CHECK;

/* Are the pages of the database @path sound? Returns 0 or -EIO. */
int backup_verify(const char *path) MUST_CHECK;

/* backup.c: store_backup() of a database that may be damaged */
int store_copy(struct store *s, const char *path) MUST_CHECK;
int sync_file(const char *path) MUST_CHECK; /* bring it, and its name, to the disk */
