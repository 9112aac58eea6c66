/* A free-standing copy of the tree as it was. Errors as in planfs/store.h. */
#pragma once

#include "planfs/store.h"

/*
 * Make a database at the new file @path (mode 0600) that holds the tree as it was after revision @rev, and is on the disk when
 * the call returns: names, texts, modes, owners, mtimes, symbolic links, names of one file; the numbers of files are the
 * same. Its history is one version a name, the one that was the last then, with its number, time and author. There are no marks,
 * scratch files and extended attributes in it. Returns 0, -EEXIST, or the error of the
 * file system; -EIO, with a line in the log, when what was made is not sound.
 */
int store_backup_at(struct store *s, int64_t rev, const char *path) MUST_CHECK;
