/*
 * The database of plans: an SQLite file that holds a whole file system (docs/schema.md). This header
 * opens it and reads it; planfs/change.h changes it.
 *
 * A struct store may be used by many threads at once. Reading functions take one of its reader
 * connections for the time of the call and see the last committed state; they never wait for a
 * writer. None of them locks anything that outlives the call. Of a damaged database they show what can
 * be a file: an inode of no kind, with an impossible size, number or owner, or a directory with a second name is
 * -EIO and in no list; names that are not legal are in no list.
 *
 * Errors that every function can return and that the comments below do not repeat: -ENOMEM; -EIO when
 * the database is damaged or the disk fails; -ESTALE when it was deleted or replaced and another
 * connection would be needed; -EBUSY when another program keeps the database in a
 * state in which it cannot even be read (a recovery, an exclusive lock) for seconds. SQLite's own
 * words are logged once, at the place where they are translated.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct store;

enum { STORE_ROOT = 1 /* the inode of the root directory */ };

/* An inode as it is in the database. Plain data. */
struct inode {
	int64_t id;    /* st_ino: stable, never reused */
	uint32_t mode; /* type and permissions, as st_mode */
	uint32_t uid, gid;
	uint32_t nlink;                     /* 0: unlinked, kept for those who have it open */
	uint64_t rdev;                      /* of a device */
	int64_t size;                       /* bytes */
	int64_t atime, mtime, ctime, btime; /* nanoseconds since 1970 */
	int64_t body;                       /* 0: empty */
};

struct store_options {
	bool readonly;   /* leave the files as they are */
	bool only_reads; /* changes are refused with -EROFS, as of readonly, and opening costs less than for them; but what a
			  * crash left is mended, and no file is left behind, where that is possible */
	bool has_lock; /* the caller has the lock of store_lock(), and keeps it until after store_close() */
	int64_t session; /* names the mount whose requests are noted; 0: none are */
	bool exclusive; /* be the one process that mounts the database to write, until store_close() */
	bool verify; /* compare every text that is read with its hash: -EIO, and a line in the log */
	bool index; /* keep the search index up to date, by a thread of its own; not when readonly */
	const char *author;  /* of changes that name none; NULL: the user that runs the process */
	const char *program; /* the same; NULL: not known */
};

/* Nanoseconds since 1970, now. */
int64_t store_now(void);

/*
 * Make a new, empty database at @path, readable by its owner only. Returns 0; -EEXIST when @path
 * exists; -ENOENT, -EACCES, -ENOSPC … as open(2) says it. On failure *ret_why holds one line that
 * names the thing and the way out, and no file is left behind.
 */
int store_create(const char *path, struct buf *ret_why) MUST_CHECK;

/*
 * Open the database at @path. Returns 0 and *ret_store, to be closed with store_close().
 * -ENOENT: no such file; -EMEDIUMTYPE: not a planfs database, or not a regular file on a local file
 * system; -EPROTONOSUPPORT: written by a newer planfs; -EBUSY: exclusive, and mounted already;
 * -EACCES, -EROFS. On failure *ret_why holds one line that names the thing and the way out.
 */
int store_open(const char *path, const struct store_options *options, struct store **ret_store,
	struct buf *ret_why) MUST_CHECK;

/*
 * Take the lock of the one process that mounts the database at @path to write. Returns 0 and *ret_fd, which holds
 * the lock until all its copies are closed; -EBUSY when somebody has it, with a line in *ret_why; the error of
 * open(2). No connection of this process to the database may be open when it is closed.
 */
int store_lock(const char *path, int *ret_fd, struct buf *ret_why) MUST_CHECK;

/* Was the request @number of our session noted by a change that was committed? Returns 1, 0 or -Exxx. */
int store_request_is_done(struct store *s, uint64_t number) MUST_CHECK;

/* Bring everything to the disk, checkpoint and close. Accepts NULL. No other call may be under way. */
void store_close(struct store *s);
static inline void store_closep(struct store **s)
{
	store_close(*s);
}

/*
 * Have @hook (NULL: nothing) called by any thread of this process that is about to wait inside the store: for the disk, for
 * another program's lock, for another thread's commit. It may be called several times in one call of the
 * store, and must not call the store. To be set before the threads are made.
 */
void store_set_wait_hook(void (*hook)(void));

/* The absolute path of the database. Valid until store_close(). */
const char *store_path(const struct store *s);

/*
 * Wait until no process has the database at @path mounted. Returns 0, -ETIMEDOUT after @limit_ms, or the error of open(2).
 */
int store_wait_unmounted(const char *path, unsigned limit_ms) MUST_CHECK;

/* Returns 0 and *ret_inode, or -ENOENT. */
int store_get(struct store *s, int64_t id, struct inode *ret_inode) MUST_CHECK;

/* Find @name in the directory @parent. Returns 0 and *ret_inode, or -ENOENT. */
int store_lookup(
	struct store *s, int64_t parent, const char *name, struct inode *ret_inode) MUST_CHECK;

/* The directory that holds directory @id (of the root: the root). Returns 0 or -ENOENT. */
int store_parent(struct store *s, int64_t id, int64_t *ret_parent) MUST_CHECK;

/*
 * Find what @path ("2016/合肥市/…", no leading slash needed, "" for the root) names, without following
 * symlinks. Returns 0 and *ret_inode, -ENOENT, -ENOTDIR or -ENAMETOOLONG.
 */
int store_resolve(struct store *s, const char *path, struct inode *ret_inode) MUST_CHECK;

/* A name in a directory and what it names. Plain data. */
struct store_entry {
	const char *name; /* borrowed during the call of store_entry_fn */
	int64_t place;    /* greater than 0; no other name of the directory has it, now or later */
	struct inode inode;
};

/* Receives an entry. A result other than 0 ends the listing. It must not call the store. */
typedef int store_entry_fn(void *arg, const struct store_entry *entry);

/* Call @fn for the entries of directory @parent by name, in byte order. Returns 0 or the result of @fn that was not 0. */
int store_list(struct store *s, int64_t parent, store_entry_fn *fn, void *arg) MUST_CHECK;

/*
 * The same by place, for those behind @after. A name keeps its place until it goes away or to another
 * directory; what replaces it takes it over. So a listing that goes on behind a place neither loses nor repeats
 * what stays. A new file's place is its inode number; other places are numbers that no inode has.
 */
int store_scan(
	struct store *s, int64_t parent, int64_t after, store_entry_fn *fn, void *arg) MUST_CHECK;

/* The text of the body @body (0: empty), whole. Returns 0 and *ret_text, or -ENOENT. */
int store_read_body(struct store *s, int64_t body, struct buf *ret_text) MUST_CHECK;

/* Receives a text that is valid during the call; its result becomes that of the caller. */
typedef int store_text_fn(void *arg, const char *data, size_t len);

/*
 * Call @fn with the present text of file @id, without copying it. Returns what @fn returned, or
 * -ENOENT. @fn must not call the store.
 */
int store_with_text(struct store *s, int64_t id, store_text_fn *fn, void *arg) MUST_CHECK;

/* A file in a directory with its text. All is valid during the call of store_texts_fn. */
struct store_neighbour {
	int64_t id;
	const char *name, *data;
	size_t len;
};

/*
 * Receives a file. With a positive result no more of this direction come, with a negative one none at all. It must not
 * call the store.
 */
typedef int store_texts_fn(void *arg, const struct store_neighbour *file);

/*
 * Call @fn for the texts, but empty ones, of the files beside file @id in its directory: those behind it in the order of
 * store_scan(), then those before it in the opposite order. Of none when texts are verified, which these are not. Returns 0
 * or the negative result of @fn.
 */
int store_texts_beside(struct store *s, int64_t id, store_texts_fn *fn, void *arg) MUST_CHECK;

/* The target of symlink @id. Returns 0, or -ENOENT (also when @id is no symlink). */
int store_readlink(struct store *s, int64_t id, struct buf *ret_target) MUST_CHECK;

/* Returns 0 and *ret_value, or -ENODATA. */
int store_get_xattr(
	struct store *s, int64_t id, const char *name, struct buf *ret_value) MUST_CHECK;

/* All names of extended attributes, each followed by a NUL, as listxattr(2) wants them. Returns 0. */
int store_list_xattr(struct store *s, int64_t id, struct buf *ret_names) MUST_CHECK;

/* Numbers about the database. Plain data. */
struct store_status {
	int64_t revision;            /* the newest */
	int64_t inodes;              /* inode numbers given out so far */
	int64_t file_size, wal_size; /* bytes */
	int schema_version;
};

int store_get_status(struct store *s, struct store_status *ret_status) MUST_CHECK;

/* What there is, counted by walking the tables: seconds for millions of sections. */
struct store_counts {
	int64_t years, districts, plans, sections, versions;
};

int store_count(struct store *s, struct store_counts *ret_counts) MUST_CHECK;

/* One change that another process made. @name is valid during the call of store_feed_fn. */
struct store_feed {
	int64_t rev;
	const char *op; /* as in the table revision */
	int64_t parent, inode;
	const char *name;
	bool names_changed; /* @name came, went, or is another inode's now */
};

typedef void store_feed_fn(void *arg, const struct store_feed *change);

/*
 * Call @fn for each change after *rev that was not made through @s, and move *rev behind it. Costs
 * microseconds when nothing happened. Returns the number of changes that were seen (at most 1000 a call).
 */
int store_feed(struct store *s, int64_t *rev, store_feed_fn *fn, void *arg) MUST_CHECK;

/* A version of a name in a directory. The texts are valid during the call of store_version_fn. */
struct store_version {
	int64_t rev, time; /* ns since 1970 */
	const char *author, *op, *name;
	const char *program; /* NULL: not known */
	uint32_t mode;       /* of the inode after the change, like mtime and body */
	int64_t mtime, body;
};

/* A result other than 0 ends the listing. */
typedef int store_version_fn(void *arg, const struct store_version *version);

/*
 * Call @fn for all that the history has of names in directory @parent, also of those that are gone, the oldest
 * first. Returns 0 or the result of @fn that was not 0. @fn must not call the store.
 */
int store_versions(struct store *s, int64_t parent, store_version_fn *fn, void *arg) MUST_CHECK;

/*
 * Copy the database, as of now and while others go on writing, to the new file @path (mode 0600),
 * which is on the disk when the call returns. Returns 0, -EEXIST, or the error of the file system.
 */
int store_backup(struct store *s, const char *path) MUST_CHECK;
