/*
 * Changes of the database. Every change is a function that runs inside a transaction; concurrent
 * changes share one transaction, one commit and one fdatasync (group commit).
 *
 * All functions that take a struct txn run in the transaction that called the change_fn and return
 * 0 or a negative errno; after a failure the change must return that failure, and nothing of it
 * remains. Errors that all share: -ENOMEM, -EIO, -ENOSPC (the disk is full), -EFBIG.
 */
#pragma once

#include "planfs/store.h"

struct txn;

/*
 * Make a change. It may run more than once (when a transaction is tried again) and in another thread
 * than the one that asked, so it must have no effect but through @t and what @arg points to, must
 * not take locks that are held across store_change(), and must not call store_*().
 */
typedef int change_fn(struct txn *t, void *arg);

struct change {
	change_fn *apply; /* NULL: nothing to change, for a bare sync */
	void *arg;        /* borrowed until store_change() returns */
	const char *
		author; /* of the revisions; NULL: as store_options say, and so is the program then */
	const char *program; /* by which the author made them; NULL or "": not known */
	bool durable;        /* be on the disk before store_change() returns */
	unsigned wait_ms;    /* how long to wait for another program's lock */
	uint64_t request;    /* note that this request is done; 0: none */
	bool removes;        /* only takes away: may use the space that is kept for a full disk */
	bool yields;         /* can wait: -EAGAIN when it would share a transaction with others */
};

/*
 * Run @c and commit it. Returns 0 when it is committed: it survives the death of this process, and is
 * on the disk within a second, or at once when @c->durable. Otherwise nothing of it remains: what
 * @c->apply returned; -EBUSY when another program held the write lock for longer than @c->wait_ms;
 * -EROFS; -ESTALE when the database was deleted or replaced under us; -ENOSPC, -EIO …
 */
int store_change(struct store *s, const struct change *c) MUST_CHECK;

/*
 * A number for an inode that will be created later by txn_create(). Returns 0 and *ret_id;
 * rarely waits (numbers are reserved in hundreds) and then fails like store_change().
 */
int store_new_inode_id(struct store *s, int64_t *ret_id) MUST_CHECK;

/*
 * Let the changes that follow in this transaction be of @author with @program (NULL: not known; both borrowed until the
 * change returns) and @time: for loading a history that was exported. They are not found by time: until now, the tree was
 * without them. @time 0: go on with changes of now; without @author, they are again of whoever makes the change.
 */
void txn_pretend(struct txn *t, const char *author, const char *program, int64_t time);

/* Has whoever makes the change seen the text @body? It is called inside the transaction, and must not wait. */
enum sight { SEEN_NOT, SEEN_WRITTEN /* by himself */, SEEN_READ };
typedef enum sight seen_fn(void *arg, int64_t body);

/*
 * The texts that follow in this transaction replace others whole, and are made by somebody of whom @has_seen (borrowed until
 * the change returns; NULL: nothing is known) tells what he has seen. A version that replaces one that he has not seen,
 * although he has seen an older one of that place, is marked: he overwrote what somebody else wrote meanwhile. So is,
 * whatever is known, a text that was made of another one than the one that is there.
 */
void txn_set_reader(struct txn *t, seen_fn *has_seen, void *arg);

/* The text @body is one that whoever makes the change cannot have seen. */
void txn_set_unseen(struct txn *t, int64_t body);

/* A text to be stored; the data is borrowed. */
struct text {
	const char *data;
	size_t len;
};

/* The state as the transaction sees it. -ENOENT as in store.h. */
int txn_get(struct txn *t, int64_t id, struct inode *ret_inode) MUST_CHECK;
int txn_lookup(struct txn *t, int64_t parent, const char *name, struct inode *ret_inode) MUST_CHECK;

/*
 * Create @inode (mode, owner, times, rdev as given; id 0: a new one is given; nlink, size and body
 * are set) with @text (NULL: empty; of a symlink: its target) as @name in @parent, which has changed at
 * @inode->btime: the time when the file was made may be earlier than the time when it is stored.
 * -EEXIST; -ENOENT when @parent is gone; -ENOTDIR.
 */
int txn_create(struct txn *t, int64_t parent, const char *name, struct inode *inode,
	const struct text *text) MUST_CHECK;

/* Set the mtime of directory @id to now: @name in it came and went without being stored. */
int txn_touch_dir(struct txn *t, int64_t id, const char *name) MUST_CHECK;

/* How a text that is stored relates to the versions. */
enum text_state {
	TEXT_VERSION, /* it is one, unless it is the same as before */
	TEXT_PART,    /* more follows: no revision is recorded yet */
	TEXT_WHOLE,   /* what was stored as a part was all: record it now */
};

/*
 * Give the file @inode->id new attributes (mode, owner, atime, mtime, ctime of @inode) and the new text
 * @text. @base is the body that the writer had read before. Fills size and body of @inode. A text
 * that is the same as before is not a new version, but its new mtime is recorded. -ESTALE when the inode is gone or has no name.
 */
int txn_save(struct txn *t, struct inode *inode, const struct text *text, int64_t base,
	enum text_state state) MUST_CHECK;

/* A text that was written into file @inode after it had lost its place, and what it was made of there. */
struct lost_text {
	int64_t parent;
	const char *name;
	const struct inode *inode;
	const struct text *text;
	int64_t base; /* the body of the file when it lost the place */
};

/*
 * The text becomes a version of the place, and what stands there, and goes on standing there, the next one, by whoever made it and
 * marked as one that overwrote the other unseen. Returns 0 and *ret_body, which is 0 when there is nothing to keep: no text,
 * or the one that it was made of, or that stands there; a file that has another name in the history; a directory at the place, or none
 * above it.
 */
int txn_keep_text(struct txn *t, const struct lost_text *lost, int64_t *ret_body) MUST_CHECK;

/*
 * Another program removed the last name of file @id while somebody writes it, and the last close wins:
 * give it back the name that its newest revision has. Returns 0, *ret_parent and *ret_name, or -ESTALE
 * when there is none, its directory is gone, or another file has the name now.
 */
int txn_relink(struct txn *t, int64_t id, int64_t *ret_parent, struct buf *ret_name) MUST_CHECK;

/* Store mode, owner and times of @inode. -ESTALE when it is gone. */
int txn_set_attr(struct txn *t, const struct inode *inode) MUST_CHECK;

/* One more name for file @id. Fills *ret_inode. -ENOENT, -EEXIST, -EMLINK, -EPERM for a directory. */
int txn_link(struct txn *t, int64_t id, int64_t parent, const char *name,
	struct inode *ret_inode) MUST_CHECK;

/*
 * Remove the name of a file (unlink) or of an empty directory (rmdir). *ret_inode is what it named,
 * with the links that are left: at 0 it lives on until txn_purge(), for those who have it open. -ENOENT, -EISDIR / -ENOTDIR, -ENOTEMPTY.
 */
int txn_unlink(struct txn *t, int64_t parent, const char *name, struct inode *ret_inode) MUST_CHECK;
int txn_rmdir(struct txn *t, int64_t parent, const char *name, struct inode *ret_inode) MUST_CHECK;

struct rename {
	int64_t parent, new_parent;
	const char *name, *new_name;
	bool noreplace, exchange;
};

/*
 * Rename as renameat2(2) does it. *ret_replaced is what stood at the new name (id 0: nothing), with
 * the links that are left. -ENOENT, -EEXIST, -EISDIR, -ENOTDIR, -ENOTEMPTY, -EINVAL (into itself).
 */
int txn_rename(struct txn *t, const struct rename *r, struct inode *ret_replaced) MUST_CHECK;

/* Delete an inode without names. 0 also when it is gone or has names. */
int txn_purge(struct txn *t, int64_t id) MUST_CHECK;

/* Delete all inodes without names: what the last mount left behind. None may be in use. */
int txn_purge_all(struct txn *t) MUST_CHECK;

/* @flags as in setxattr(2): -EEXIST, -ENODATA. -ESTALE when the inode is gone. */
int txn_set_xattr(struct txn *t, int64_t id, const char *name, const struct text *value,
	int flags) MUST_CHECK;
int txn_remove_xattr(struct txn *t, int64_t id, const char *name) MUST_CHECK;
