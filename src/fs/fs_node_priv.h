/* Files that are open: what the database does not know yet, and how it comes to know it. */
#pragma once

#include "fs_who_priv.h"

/*
 * A file that is open: what the database does not know yet. Lock order: commit_lock, lock, then the table's.
 */
struct node {
	int64_t id;
	unsigned refs;          /* table lock: users of this struct */
	unsigned opens;         /* table lock: open handles */
	bool ghost;             /* table lock: without a name, but the kernel still knows it */
	struct handle *adopted; /* table lock: open handles that the last daemon gave out; owned */
	struct node *next_in_bucket;

	pthread_mutex_t commit_lock; /* held while the text is committed, over the transaction */

	pthread_mutex_t lock; /* guards all below; never held over a transaction */
	bool dirty;           /* inode and text hold what the database does not */
	bool written;         /* a write since the last commit: the next flush must commit */
	bool part;            /* the text is stored, but not as a version yet */
	bool in_db;           /* there is a row */
	bool unlinked;        /* no name is left: nothing will be committed any more */
	struct inode inode;   /* valid while dirty or unlinked */
	int set; /* which of mode, owner and atime were set while dirty: FUSE_SET_ATTR_* */
	struct who
		by; /* who changed it since the last version; until by_known: who opened it for writing last */
	bool by_known;
	struct handle *writers; /* open handles that may write, and whose they are; owned */
	uint32_t mark;          /* the entry of state.c that says so while it is dirty; 0: none */
	struct buf text;        /* owned; valid while loaded */
	bool loaded;
	int64_t base; /* the body that text was read from or committed as */
	size_t anew;  /* what of the text, from its beginning, was written since the last version */
	uint64_t change; /* counts changes, to see those that happen during a commit */
	uint64_t
		refused; /* the change that could not be committed, and its writer was told; 0: none */

	/*
	 * Where it stood among the versions when another file took its place, or it went to a scratch name, while it was
	 * being written: what is written since is kept there. lock.
	 */
	int64_t place_parent;
	char *place;        /* owned; NULL: nothing of that has happened */
	int64_t place_body; /* what was there, or was kept since */
	bool unkept;        /* something was stored since, but not kept yet */

	/* A name that was created but is not in the database yet; table lock. */
	int64_t parent;
	char *name; /* owned; NULL: none */
	struct node *next_pending;
};

/* node.c: a reference to the open file @id, or NULL when nobody has it open. */
struct node *node_find(struct fs *fs, int64_t id);

/* A reference to the node of @id, which is made when there is none. NULL: no memory. */
struct node *node_get(struct fs *fs, int64_t id);
void node_put(struct fs *fs, struct node *n);           /* accepts NULL */
unsigned node_add_open(struct fs *fs, struct node *n);  /* returns what was there before */
unsigned node_drop_open(struct fs *fs, struct node *n); /* returns what is left */

/* handle.c: a number for a handle that the thread @opener gets. */
uint64_t handle_new(struct fs *fs, pid_t opener);
pid_t handle_opener(uint64_t handle);

/* Note that @user may write through @handle. */
void handle_note_writer(struct node *n, uint64_t handle, uid_t user);

/* With n->lock held: it loses its place. Is there a handle that may write on? */
bool handle_displace(struct node *n);

/* With n->lock held: who opened @handle for writing, @otherwise when that is not known. */
uid_t handle_user(struct node *n, uint64_t handle, uid_t otherwise);

/* A reference to the open file @id; what the last daemon opened is opened again. NULL: not open, or no memory. */
struct node *handle_node(struct fs *fs, int64_t id, uint64_t handle);

/*
 * Is this a handle of a daemon that died, and is what may have been written through it lost? Then nothing may be
 * written through it any more, lest new pieces come to stand in the old text. @tell: true once for a file.
 */
bool handle_is_lost(struct fs *fs, int64_t id, uint64_t handle, bool tell);

/* @handle is closed. Returns whether it counted as an open of @n. */
bool handle_close(struct fs *fs, struct node *n, uint64_t handle);
/* Keep @n, which has lost its last name, until the kernel forgets it: node_forget(). */
void node_keep_ghost(struct fs *fs, struct node *n);
void node_forget(struct fs *fs, int64_t id);
/* Without a name, an open handle, and the kernel's knowing it, @n has no use for its row any more. */
void node_purge_unused(struct fs *fs, struct node *n);
bool node_in_use(struct fs *fs, int64_t id); /* has anybody opened it? */

/* Give @n, which is not in the database, the name that it will get there. Returns 0 or -ENOMEM. */
int node_set_pending(struct fs *fs, struct node *n, int64_t parent, const char *name) MUST_CHECK;
char *node_clear_pending(
	struct fs *fs, struct node *n); /* returns the name, to be freed, or NULL */
struct node *node_find_pending(struct fs *fs, int64_t parent, const char *name); /* a reference */
bool node_has_pending(struct fs *fs, int64_t parent);
bool node_is_pending_in(struct fs *fs, struct node *n, int64_t parent);

/* Call @fn for all pending nodes of @parent with the table locked. A result other than 0 ends it. */
typedef int node_fn(void *arg, struct node *n);
int node_each_pending(struct fs *fs, int64_t parent, node_fn *fn, void *arg);

/* References to all nodes (NULL at the end), to be freed. */
struct node **node_all(struct fs *fs);

/*
 * Put what is newer in memory over @inode as the database had it. Returns whether there was something:
 * if not, what was read is the present state only when no commit ended since (fs->commits).
 */
bool node_overlay(struct fs *fs, struct inode *inode);

/* text.c: called with n->lock held. Read the present text and attributes unless they are there. */
int text_load(struct fs *fs, struct node *n) MUST_CHECK;
int text_write(
	struct fs *fs, struct node *n, int64_t offset, const char *data, size_t len) MUST_CHECK;
int text_resize(struct fs *fs, struct node *n, int64_t size) MUST_CHECK;
/* Forget the text so that the next write begins an empty one; nothing is read. */
int text_clear(struct fs *fs, struct node *n) MUST_CHECK;

/* commit.c */

enum commit_why {
	COMMIT_CLOSE, /* on the disk if the contract of close() says so */
	COMMIT_PART,  /* the same, but others have the file open and go on writing */
	COMMIT_FSYNC, /* on the disk */
	COMMIT_LAST, /* after the last close, unless somebody has opened it again: then it is his */
};

/* What a commit of one node needs: made with begin, used in the transaction, ended with end. */
struct commit {
	struct node *node; /* NULL: nothing to do */
	struct inode inode;
	struct buf text;
	int64_t base;
	struct who by;
	bool is_anew; /* nothing of the text that was there is in it */
	struct reader reader;
	uint64_t change;
	int set; /* which attributes of inode are newer than those in the database */
	enum text_state state;
	int64_t parent;      /* of a pending name */
	char *name;          /* owned; NULL: in the database already */
	struct buf relinked; /* the name that another program had removed */
	bool is_unlinked;    /* there is only the place where it stood */
	int64_t place_parent, place_body;
	char *place;  /* owned; NULL: it has not lost its place, or there is nothing to keep */
	int64_t kept; /* the body of what was kept; 0: nothing */
};

/* With commit_lock held. Returns 0; @c->node stays NULL when there is nothing to commit. */
int commit_begin(struct fs *fs, struct node *n, struct commit *c, enum commit_why why) MUST_CHECK;
int commit_apply(struct txn *t, struct commit *c) MUST_CHECK; /* in the transaction */
void commit_end(struct fs *fs, struct commit *c, int result); /* after it; releases @c */

/* Commit @n if it is dirty. Returns 0 or the error of the transaction. */
int commit_node(struct fs *fs, fuse_req_t req, struct node *n, enum commit_why why) MUST_CHECK;

/* Give the file @id a row if it is in memory only. Returns 0 or the error of the transaction. */
int store_pending(struct fs *fs, fuse_req_t req, int64_t id) MUST_CHECK;

/*
 * Drop what could not be committed and what its writer was told of: the old text stands. Nothing happens
 * when there is nothing, or when somebody has changed the file since: that is for the next commit.
 */
void commit_give_up(struct fs *fs, struct node *n);
