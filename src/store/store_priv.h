/* What the files of src/store share. */
#pragma once

#include "planfs/change.h"
#include "planfs/clock.h"
#include "planfs/store.h"

#include "search_priv.h"
#include "store_conn_priv.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

enum {
	STORE_APPLICATION_ID = 0x706c6673, /* "plfs", in the header of the file */
	READERS_MAX = 8,                   /* connections kept open */
	ID_RANGE = 1024,                   /* inode and body numbers reserved at a time */
	MOMENT_LISTINGS = 8,
};

struct id_range {
	int64_t next, end; /* [next, end) is ours */
};

struct request; /* commit.c */

/* What a directory had after a revision: the newest row of each name then, in their order. */
struct moment_listing {
	int64_t rev, parent;
	int64_t *rows; /* owned; NULL: none */
	size_t n;
};

struct store {
	char *path;     /* owned; absolute */
	struct buf uri; /* when it is not empty, what connections open instead */
	bool readonly;  /* there is no writer */
	bool is_lazy;   /* nothing is made ready before it is needed */
	bool may_tidy;  /* and yet SQLite may write, so that it can read */
	bool exclusive, verify, indexes;
	sqlite3 *checked; /* what has looked at the header, and becomes the first reader; or NULL */
	int64_t complained; /* atomic: the inode, or minus the body, that the last complaint was about */
	int64_t origin;  /* of our revisions */
	int64_t session; /* of the mount, 0: none */
	int lock_fd;     /* holds the mount lock, or -1; outlives the connections: see lock.c */
	dev_t dev;       /* of the database that was opened */
	ino_t ino;

	/* readers: lock guards all */
	pthread_mutex_t readers_lock;
	struct conn *readers[READERS_MAX]; /* idle ones, first n_idle */
	unsigned n_idle;

	pthread_mutex_t moments_lock; /* guards the listings that may go on: moment_scan.c */
	struct moment_listing listings[MOMENT_LISTINGS];
	unsigned next_listing;

	/* the writer: used by the thread that leads (commit.c) */
	struct conn writer;
	struct id_range inode_ids, body_ids; /* guarded by queue_lock */
	dev_t wal_dev;                       /* the leader's: of the -wal file, once it is known */
	ino_t wal_ino;
	bool sync_failed;      /* the leader's: see heal_sync() */
	bool sync_full;        /* the leader's: what PRAGMA synchronous stands at */
	int wal_frames;        /* the leader's: as of the last commit */
	int64_t committed;     /* the leader's: clock_now() of the last commit */
	bool holds_checkpoint; /* the leader's: the lock of checkpoint.c */
	int64_t wait_after; /* the leader's: none waits for readers before this time of clock_now() */
	int64_t wait_back_off;    /* the leader's: how long after the last wait in vain, 0: none */
	int64_t checkpoint_after; /* the leader's: no checkpoint before this time of clock_now() */
	bool has_spare;           /* the leader's: the file of spare.c is there */
	int64_t spare_after;      /* the leader's: it is not made before this time of clock_now() */
	char author[64], program[64]; /* of changes that name none; program "": not known */

	/* the queue of changes: queue_lock guards all */
	pthread_mutex_t queue_lock;
	struct request *first, **last; /* waiting */
	bool has_leader;

	/* the thread that brings commits to the disk within a second; queue_lock guards all */
	pthread_t syncer;
	pthread_cond_t syncer_wake;
	bool syncer_runs, stopping;
	int64_t tend_at;        /* clock_now() of the next checkpoint in a pause, INT64_MAX: none */
	int64_t unsynced_since; /* clock_now() of the oldest commit not on the disk, 0: none */

	struct indexer indexer;
};

/* A transaction under way: a view of the leader's connection. */
struct txn {
	struct store *s;
	struct conn *c;
	const struct change *change; /* under way; NULL: a repair */
	const char *author, *program;
	int64_t now;       /* of the change, ns */
	bool is_loaded;    /* @now is that of another database: see txn_pretend() */
	seen_fn *has_seen; /* NULL: nothing is known */
	void *seen_arg;
	int64_t unseen; /* a body, 0: none */
};

/* verify.c */
bool inode_is_sound(const struct inode *i); /* can it be shown to the kernel? */

/* Can @i stand in the directory @parent? Returns 1, 0, or -Exxx. */
int entry_is_sound(struct conn *c, int64_t parent, const struct inode *i) MUST_CHECK;

/*
 * Look at a text in the row of SQL_TEXT about @inode, or of SQL_BODY about @body (@inode 0: not known). Returns 0,
 * or -EIO when it is missing or, if the store verifies, not what was written; the log says it.
 */
int verify_text(struct store *s, struct conn *c, int64_t inode, sqlite3_stmt *st) MUST_CHECK;
int verify_body(
	struct store *s, struct conn *c, int64_t inode, int64_t body, sqlite3_stmt *st) MUST_CHECK;

/* request.c: in the transaction under way */
int note_request(struct store *s, uint64_t number) MUST_CHECK;

/* lock.c: put the line "PATH: WHY" into *ret_why and return @err, so that a caller can do both at once. */
int refuse(struct buf *ret_why, const char *path, const char *why, int err);

/* open.c */
bool database_is_ours(const struct store *s); /* the file that was opened still has its name */
int reader_get(struct store *s, struct conn **ret_conn) MUST_CHECK;
void remove_database(const char *path); /* with what SQLite leaves beside it */
void reader_put(struct store *s, struct conn *c);

/* The statements of steps 2 to 4, NULL at the end */
extern const char *const schema_order[];
extern const char *const schema_history[];
extern const char *const schema_search[];
extern const char *const schema_taken[];

/* schema.c */
int schema_version(void);
int schema_upgrade(sqlite3 *db, int from) MUST_CHECK;

/* commit.c. A change_fn for those who only want what goes with a transaction; the next number of @range, true if there is one left. */
int change_nothing(struct txn *t, void *arg) MUST_CHECK;
bool id_take(struct store *s, struct id_range *range, int64_t *ret_id);

/* txn.c: shared with keep.c, rename.c and xattr.c */
int insert_body(struct txn *t, const struct text *text, int64_t *ret_body) MUST_CHECK; /* "": 0 */
int body_is(struct txn *t, int64_t id, const struct text *text) MUST_CHECK;            /* 1 or 0 */
int touch_dir(struct txn *t, int64_t id, int subdirs) MUST_CHECK;
int check_dir(struct txn *t, int64_t id) MUST_CHECK; /* 0: a directory that has a name */
int check_empty(struct txn *t, int64_t id) MUST_CHECK;
/* For a name that comes to a directory without being a new file. */
int new_place(struct txn *t, int64_t *ret_place) MUST_CHECK;
int set_links(struct txn *t, struct inode *i, uint32_t nlink) MUST_CHECK; /* and ctime */
int delete_dentry(struct txn *t, int64_t parent, const char *name) MUST_CHECK;
int txn_drop_link(struct txn *t, struct inode *inode) MUST_CHECK;
/* Forget the body @body that was that of @inode, unless a version names it or the search index holds it. */
int drop_body(struct txn *t, int64_t inode, int64_t body) MUST_CHECK;

/* record.c: rows of the table revision */
enum arrival { ARRIVAL_CREATE, ARRIVAL_RENAME, ARRIVAL_LINK };
int record_arrival(struct txn *t, enum arrival how, int64_t parent, const char *name,
	struct inode *inode) MUST_CHECK;
int record_removal(
	struct txn *t, int64_t parent, const char *name, const struct inode *inode) MUST_CHECK;
int has_own_name(struct txn *t, int64_t id) MUST_CHECK; /* of a file, no scratch name: 1 or 0 */
int record_at(struct txn *t, const struct lost_text *at, const char *op, const struct inode *inode,
	int64_t base, int64_t conflict) MUST_CHECK; /* as it is told */
int record_change(struct txn *t, const struct inode *inode, bool saved, int64_t base) MUST_CHECK;
/* A text that was made of @base has replaced @replaced. */
int record_text(
	struct txn *t, const struct inode *inode, int64_t base, int64_t replaced) MUST_CHECK;

int bodies_are_equal(struct txn *t, int64_t a, int64_t b) MUST_CHECK; /* the bytes: 1 or 0 */

/*
 * conflict.c: the revision that brought @replaced to this place, when whoever replaces it has not seen it; else 0. @certain: he
 * made his text of another one.
 */
int conflict_find(struct txn *t, int64_t parent, const char *name, int64_t replaced, bool certain,
	int64_t *ret_rev) MUST_CHECK;

/* Before @id changes: when it is the root, and has no row yet, record what it is, so that the past is known. */
int record_root(struct txn *t, int64_t id) MUST_CHECK;
