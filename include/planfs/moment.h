/*
 * The tree as it was after a revision, and the versions of a place: what the table revision tells. Reading
 * functions, with the errors and the threads of planfs/store.h. Scratch files and extended attributes have no
 * revisions, and are not there.
 */
#pragma once

#include "planfs/store.h"

/*
 * The revision that @moment names: a day ("2026-11-21": its end), a time ("2026-11-21T10:15", with ":30" and
 * ".123" behind it, and "Z" or "+08:00"; else local time), "now", "today" and "yesterday" (their beginning, the end
 * of the day before), "-90s", "-30m", "-2h", "-7d", "-3w" (before @now, ns since 1970), "@GMT-2026.11.21-02.15.00", "rev-1234", or
 * a mark. Names of marks come last. Returns 0, *ret_rev (0: before the first change) and whether it will name the same
 * revision for ever (*ret_fixed: it does not move with the clock, and lies in the past); -ENOENT when it is none of these.
 */
int moment_find(struct store *s, const char *moment, int64_t now, int64_t *ret_rev,
	bool *ret_fixed) MUST_CHECK;

/*
 * The inode @id as it was after revision @rev: mode, owner, size, mtime, body; ctime is the time of its last
 * change, atime and btime are its mtime. nlink counts its names then. A directory's mtime is that of the last change that was
 * recorded in it. The root is there at any time. Returns 0, or -ENOENT.
 */
int moment_get(struct store *s, int64_t rev, int64_t id, struct inode *ret_inode) MUST_CHECK;

/* As store_lookup(), store_parent(), store_resolve(), store_scan() and store_readlink(). Places are numbers of revisions. */
int moment_lookup(struct store *s, int64_t rev, int64_t parent, const char *name,
	struct inode *ret_inode) MUST_CHECK;
int moment_parent(struct store *s, int64_t rev, int64_t id, int64_t *ret_parent) MUST_CHECK;
int moment_resolve(
	struct store *s, int64_t rev, const char *path, struct inode *ret_inode) MUST_CHECK;
int moment_scan(struct store *s, int64_t rev, int64_t parent, int64_t after, store_entry_fn *fn,
	void *arg) MUST_CHECK;
int moment_readlink(struct store *s, int64_t rev, int64_t id, struct buf *ret_target) MUST_CHECK;

/* The path of inode @id then ("" for the root; of several names the first). Returns 0, or -ENOENT. */
int moment_path(struct store *s, int64_t rev, int64_t id, struct buf *ret_path) MUST_CHECK;

/* A change as the table revision has it. The texts are valid during the call of moment_change_fn. */
struct moment_change {
	int64_t rev, time; /* ns since 1970 */
	const char *author, *op, *name;
	const char *program; /* NULL: not known */
	int64_t parent;
	struct inode inode;     /* after the change; nlink is not known */
	int64_t base, conflict; /* 0: none */
};

/* A result other than 0 ends the listing. It must not call the store. */
typedef int moment_change_fn(void *arg, const struct moment_change *change);

/*
 * Call @fn for the changes of the place @name in directory @parent, the newest first, up to revision @rev (INT64_MAX: all).
 * Where the file had come by a rename onto a free name, the history goes on at the place where it was before; directories
 * keep theirs because places are numbers. Returns 0 or the result of @fn.
 */
int moment_history(struct store *s, int64_t parent, const char *name, int64_t rev,
	moment_change_fn *fn, void *arg) MUST_CHECK;

/* Call @fn for all changes of @from to @to, both included, the newest first. Returns 0 or the result of @fn. */
int moment_changes(
	struct store *s, int64_t from, int64_t to, moment_change_fn *fn, void *arg) MUST_CHECK;

/*
 * Where @path is, or was: as moment_resolve() now, else among what was removed or renamed, the newest first. Returns 0, the place
 * (*ret_parent and *ret_name) and the revision after which it was there last (*ret_rev: INT64_MAX when it is there now); -ENOENT.
 * The root has no place: -EISDIR.
 */
int moment_find_place(struct store *s, const char *path, int64_t *ret_parent, struct buf *ret_name,
	int64_t *ret_rev) MUST_CHECK;

/* A named moment. @name is valid during the call of mark_fn. */
struct mark {
	const char *name, *author;
	int64_t rev, time;
};

typedef int mark_fn(void *arg, const struct mark *mark);

/* Call @fn for all marks, by revision. */
int mark_each(struct store *s, mark_fn *fn, void *arg) MUST_CHECK;
