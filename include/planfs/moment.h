/*
 * The tree as it was after a revision, and the versions of a place: what the table revision tells. Reading
 * functions, with the errors and the threads of planfs/store.h. Scratch files and extended attributes have no
 * revisions, and are not there.
 */
#pragma once

#include "planfs/store.h"

struct txn;

/*
 * The revision that @moment names: a day ("2026-11-21": its end), a time ("2026-11-21T10:15", with ":30" and ".123"
 * behind it, and "Z" or "+08:00"; else local time; dots for colons will do; the end of the second or of what was
 * written behind the dot), "now", "today" and "yesterday" (days, so that today is now), "-90s", "-30m", "-2h", "-7d",
 * "-3w" (before @now, ns since 1970), "@GMT-2026.11.21-02.15.00", "rev-1234", or a mark. Marks come last. Of a local
 * time that came twice, when summer time ended, the second is meant; one that was left out is when that happened.
 *
 * Returns 0, *ret_rev (0: before the first change) and whether it will name the same revision for ever (*ret_fixed: it
 * does not move with the clock, is no mark, and lies so far in the past that no change of then is still under way);
 * -ENOENT when it is none of these.
 */
int moment_find(struct store *s, const char *moment, int64_t now, int64_t *ret_rev,
	bool *ret_fixed) MUST_CHECK;

enum moment_period { MOMENT_MINUTE, MOMENT_HOUR, MOMENT_DAY, MOMENT_MONTH };

/* The beginning of the period that @time is in, or of the one that is @step periods behind it. */
int64_t moment_period_begin(enum moment_period period, int64_t time, int step);

/* At most @max periods with changes in [from, to), ns since 1970. */
struct moment_range {
	int64_t from, to;
	unsigned max;
};

/* @begin and @end are the first and the last nanosecond. A result other than 0 ends the listing. */
typedef int moment_period_fn(void *arg, int64_t begin, int64_t end);

/*
 * Call @fn for the periods of local time in which something changed, the newest first. Costs a search for each, however
 * much changed. Returns 0 or the result of @fn, which may call the store.
 */
int moment_periods(struct store *s, enum moment_period period, const struct moment_range *range,
	moment_period_fn *fn, void *arg) MUST_CHECK;

/*
 * The inode @id as it was after revision @rev: mode, owner, size, mtime, body; ctime is the time of its last
 * change, atime and btime are its mtime. nlink counts its names then, so it is 1 of a directory. A directory's mtime is
 * that of the last change that was recorded in it. The root is there at any time. Returns 0, or -ENOENT: it
 * did not have a name.
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

/* The path of inode @id then ("" for the root; of several names the one that changed last). Returns 0, or -ENOENT. */
int moment_path(struct store *s, int64_t rev, int64_t id, struct buf *ret_path) MUST_CHECK;

/*
 * A change as the table revision has it. The texts are valid during the call of moment_change_fn. The root, which has no
 * place, is parent 0 and the name "".
 */
struct moment_change {
	int64_t rev, time; /* ns since 1970 */
	const char *author, *op, *name;
	const char *program; /* NULL: not known */
	int64_t parent;
	struct inode inode;     /* after the change; a directory's mtime is its own here */
	int64_t base, conflict; /* 0: none */
};

/* A result other than 0 ends the listing. It must not call the store. */
typedef int moment_change_fn(void *arg, const struct moment_change *change);

/*
 * Call @fn for the changes of the place @name in directory @parent, the newest first, up to revision @rev (INT64_MAX: all).
 * Where the file had come by a rename onto a free name, the history goes on at the place where it was before; directories
 * keep theirs because places are numbers. Where the directory was made anew under the path of one that was there before,
 * it goes on in that one. Returns 0 or the result of @fn.
 */
int moment_history(struct store *s, int64_t parent, const char *name, int64_t rev,
	moment_change_fn *fn, void *arg) MUST_CHECK;

/*
 * The directory that stood where directory @dir was made, and up to which revision it was there. Returns 1 and
 * *ret_dir, *ret_rev; or 0 when there was none.
 */
int moment_predecessor(struct store *s, int64_t dir, int64_t *ret_dir, int64_t *ret_rev) MUST_CHECK;

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

/*
 * When did the directory still hold what went away with it? It was there last after @rev; what was removed from it before that by
 * the same person with the same program, each a minute or less before the next, belongs to its removal. Returns 0 and *ret_rev,
 * or -Exxx.
 */
int moment_before_removal(struct store *s, int64_t rev, int64_t *ret_rev) MUST_CHECK;

/* --- for listing what ever was --- */

/* @first is the number of the first row of this place, which no other place has. */
typedef int moment_name_fn(void *arg, const char *name, int64_t first);

/* Call @fn for all names that ever stood in directory @parent, in byte order. It must not call the store. */
int moment_names(struct store *s, int64_t parent, moment_name_fn *fn, void *arg) MUST_CHECK;

/* What stood at a place last. */
struct moment_past {
	int64_t first, rev; /* the first row of the place, and that which tells of it */
	struct inode inode; /* as that row has it */
};

/*
 * A file, or a directory that stands nowhere else now. Returns 0 and *ret_past, or -ENOENT: neither was ever at this
 * place.
 */
int moment_past(
	struct store *s, int64_t parent, const char *name, struct moment_past *ret_past) MUST_CHECK;

/* The place whose first row is @first. Returns 0, or -ENOENT. */
int moment_place(
	struct store *s, int64_t first, int64_t *ret_parent, struct buf *ret_name) MUST_CHECK;

/* The last revision after which inode @id had a name: INT64_MAX when it has one now. Returns 0, or -ENOENT. */
int moment_last(struct store *s, int64_t id, int64_t *ret_rev) MUST_CHECK;

/* Do two bodies hold the same bytes? Returns 1, 0 (also when one is missing), or -Exxx. */
int moment_same_text(struct store *s, int64_t body, int64_t other) MUST_CHECK;

/* Are all revisions loaded ones, so that the history is that of another database? Returns 1, 0 or -Exxx. */
int moment_all_loaded(struct store *s) MUST_CHECK;

/*
 * Inside a transaction, in a database whose revisions all are loaded ones: number them in the order of time, and
 * have directories come into being with what they hold first. They are revisions as any others then.
 */
int txn_order_revisions(struct txn *t) MUST_CHECK;

/* A named moment. @name is valid during the call of mark_fn. */
struct mark {
	const char *name, *author;
	int64_t rev, time;
};

typedef int mark_fn(void *arg, const struct mark *mark);

/* Call @fn for all marks, by revision. */
int mark_each(struct store *s, mark_fn *fn, void *arg) MUST_CHECK;

/* Why @name can be no mark, in words; NULL: it can. */
const char *mark_refuse(const char *name);

/* Inside a transaction: planfs/change.h. Returns 0, -EINVAL (see mark_refuse()), or -EEXIST. */
int txn_set_mark(struct txn *t, const char *name, int64_t rev) MUST_CHECK;

/* Returns 0 or -ENOENT. */
int txn_delete_mark(struct txn *t, const char *name) MUST_CHECK;
