/* What the files of src/store share. */
#pragma once

#include "planfs/change.h"
#include "planfs/check.h"
#include "planfs/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

enum {
	STORE_APPLICATION_ID = 0x706c6673, /* "plfs", in the header of the file */
	READERS_MAX = 8,                   /* connections kept open */
	ID_RANGE = 1024,                   /* inode and body numbers reserved at a time */
};

static inline void finalizep(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
}
#define CLEANUP_FINALIZE CLEANUP(finalizep)

/* Give a statement of a connection back: reset, so that it holds no read snapshot, and unbound. */
static inline void stmt_putp(sqlite3_stmt **st)
{
	if (*st) {
		sqlite3_reset(*st);
		sqlite3_clear_bindings(*st);
	}
}
#define CLEANUP_STMT CLEANUP(stmt_putp)

enum sql_id {
	/* reading */
	SQL_INODE,
	SQL_LOOKUP,
	SQL_PARENT,
	SQL_LIST,
	SQL_BODY,
	SQL_TEXT,
	SQL_TARGET,
	SQL_XATTR_GET,
	SQL_XATTR_LIST,
	SQL_MAX_REV,
	SQL_MAX_INODE,
	SQL_FEED,
	SQL_VERSIONS,
	SQL_DATA_VERSION,
	SQL_READERS_END, /* the following are prepared by the writer only */

	SQL_BEGIN = SQL_READERS_END,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_SAVEPOINT,
	SQL_RELEASE,
	SQL_ROLLBACK_TO,
	SQL_RESERVE,
	SQL_INODE_INSERT,
	SQL_INODE_UPDATE,
	SQL_INODE_LINKS,
	SQL_INODE_DELETE,
	SQL_DIR_TOUCH,
	SQL_DIR_TOUCH_AT,
	SQL_DENTRY_INSERT,
	SQL_DENTRY_DELETE,
	SQL_DENTRY_MOVE,
	SQL_DENTRY_SET,
	SQL_DENTRIES_OF,
	SQL_HAS_CHILD,
	SQL_BODY_INSERT,
	SQL_BODY_EQUAL,
	SQL_BODY_DROP,
	SQL_XATTR_SET,
	SQL_XATTR_DELETE,
	SQL_XATTR_DROP,
	SQL_REVISION,
	SQL_LAST_VERSION,
	SQL_LAST_PLACE,
	SQL_ORPHANS,
	SQL_COUNT
};

extern const char *const sql_text[SQL_COUNT];

/* One connection with its statements. Used by one thread at a time. */
struct conn {
	sqlite3 *db;
	sqlite3_stmt *st[SQL_COUNT];
};

struct id_range {
	int64_t next, end; /* [next, end) is ours */
};

struct request; /* commit.c */

struct store {
	char *path;     /* owned; absolute */
	struct buf uri; /* when it is not empty, what connections open instead */
	bool readonly, exclusive;
	int64_t origin; /* of our revisions */
	int lock_fd;    /* holds the mount lock, or -1; outlives the connections: see open.c */
	dev_t dev;      /* of the database that was opened */
	ino_t ino;

	/* readers: lock guards all */
	pthread_mutex_t readers_lock;
	struct conn *readers[READERS_MAX]; /* idle ones, first n_idle */
	unsigned n_idle;

	/* the writer: used by the thread that leads (commit.c) */
	struct conn writer;
	struct id_range inode_ids, body_ids; /* guarded by queue_lock */
	dev_t wal_dev;                       /* the leader's: of the -wal file, once it is known */
	ino_t wal_ino;
	bool sync_failed;         /* the leader's: see heal_sync() */
	bool sync_full;           /* the leader's: what PRAGMA synchronous stands at */
	int wal_frames;           /* the leader's: as of the last commit */
	bool holds_checkpoint;    /* the leader's: the lock of checkpoint.c */
	int64_t checkpoint_after; /* the leader's: no checkpoint before this time of clock_now() */
	bool has_spare;           /* the leader's: the file of spare.c is there */
	int64_t spare_after;      /* the leader's: it is not made before this time of clock_now() */
	char author[64];          /* of the user that runs the process */

	/* the queue of changes: queue_lock guards all */
	pthread_mutex_t queue_lock;
	struct request *first, **last; /* waiting */
	bool has_leader;

	/* the thread that brings commits to the disk within a second; queue_lock guards all */
	pthread_t syncer;
	pthread_cond_t syncer_wake;
	bool syncer_runs, stopping;
	int64_t unsynced_since; /* clock_now() of the oldest commit not on the disk, 0: none */
};

/* A transaction under way: a view of the leader's connection. */
struct txn {
	struct store *s;
	struct conn *c;
	const char *author;
	int64_t now; /* of the change, ns */
};

/* Nanoseconds of a clock that nobody can set, for deadlines. */
static inline int64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* conn.c */
int conn_open(struct conn *c, const char *name, bool readonly, bool writer) MUST_CHECK;
void conn_close(struct conn *c);

/* The name that makes SQLite read @path without -wal and -shm. Returns 0 and *ret_uri, or -ENOMEM. */
int uri_immutable(const char *path, struct buf *ret_uri) MUST_CHECK;

/* Log what SQLite says about the last failure of @db while we tried to @what; returns -Exxx. */
int store_errno(sqlite3 *db, const char *what);

/* The same without a word. */
int sqlite_errno(sqlite3 *db);

/* A statement of @c with its first parameters bound, to be declared CLEANUP_STMT. */
sqlite3_stmt *conn_stmt(struct conn *c, enum sql_id id);
void bind_text(sqlite3_stmt *st, int at, const char *text);

/* Step a statement that returns no row. Returns 0 or -Exxx. */
int stmt_run(sqlite3_stmt *st, const char *what) MUST_CHECK;

/* Step a statement. Returns 1 for a row, 0 at the end, or -Exxx. */
int stmt_row(sqlite3_stmt *st, const char *what) MUST_CHECK;

/* The inode in the columns of @st that begin at @at, in the order of INODE_COLUMNS. */
struct inode inode_from_row(sqlite3_stmt *st, int at);

/* read.c: the same on any connection */
int conn_get(struct conn *c, int64_t id, struct inode *ret_inode) MUST_CHECK;
int conn_lookup(
	struct conn *c, int64_t parent, const char *name, struct inode *ret_inode) MUST_CHECK;
int conn_parent(struct conn *c, int64_t id, int64_t *ret_parent) MUST_CHECK;

/* open.c */
int reader_get(struct store *s, struct conn **ret_conn) MUST_CHECK;
void reader_put(struct store *s, struct conn *c);

/* schema.c */
int schema_version(void);
int schema_upgrade(sqlite3 *db, int from) MUST_CHECK;

/* commit.c */
/* A change_fn for those who only want what goes with a transaction. */
int change_nothing(struct txn *t, void *arg) MUST_CHECK;
bool id_take(struct store *s, struct id_range *range, int64_t *ret_id);

/* checkpoint.c: called by the leader */
int checkpoint_hold(struct store *s) MUST_CHECK;
void checkpoint_release(struct store *s);
bool checkpoint_is_due(const struct store *s);
void checkpoint_run(struct store *s);
void checkpoint_tend(struct store *s);  /* what is due after a commit */
void checkpoint_watch(struct store *s); /* count the frames of the log from now on */
void checkpoint_yield(struct store *s);

/* sync.c */
int sync_start(struct store *s) MUST_CHECK;
void sync_stop(struct store *s);

/* One fdatasync of the WAL: everything that is committed is on the disk afterwards. */
int heal_sync(struct store *s) MUST_CHECK;
int sync_wal(struct store *s) MUST_CHECK;

/* Something was committed, on the disk already when @synced. Called with queue_lock held. */
void sync_note(struct store *s, bool synced);

/* spare.c: called by the leader */
bool spare_is_due(const struct store *s);
void spare_tend(struct store *s); /* make the file when it is missing and the disk has room */
void spare_give_up(struct store *s);
void spare_done(struct store *s);

/* txn.c: shared with rename.c and xattr.c */
int touch_dir(struct txn *t, int64_t id, int subdirs) MUST_CHECK;
int check_dir(struct txn *t, int64_t id) MUST_CHECK; /* 0: a directory that has a name */
int check_empty(struct txn *t, int64_t id) MUST_CHECK;
int set_links(struct txn *t, struct inode *i, uint32_t nlink) MUST_CHECK; /* and ctime */
int delete_dentry(struct txn *t, int64_t parent, const char *name) MUST_CHECK;
int txn_drop_link(struct txn *t, struct inode *inode) MUST_CHECK;

/* record.c: rows of the table revision */
enum arrival { ARRIVAL_CREATE, ARRIVAL_RENAME, ARRIVAL_LINK };
int record_arrival(struct txn *t, enum arrival how, int64_t parent, const char *name,
	struct inode *inode) MUST_CHECK;
int record_removal(
	struct txn *t, int64_t parent, const char *name, const struct inode *inode) MUST_CHECK;
int record_change(struct txn *t, const struct inode *inode, bool saved, int64_t base) MUST_CHECK;

/* check_rules.c: a query whose every row is a finding */
struct check_rule {
	enum store_finding_level level;
	const char *kind; /* NULL: the end of the table */
	const char *sql;  /* columns: parent, name, inode (any may be NULL), text */
};
extern const struct check_rule check_rules[];

extern const char check_sections[]; /* parent, name, data of every section that is not empty */
extern const char check_names[];    /* parent, name of every entry */
extern const char check_bodies[];   /* id, hash, data of every body that has a hash */
extern const char check_owner[];    /* parent, name, version (0: present) of what has the body ?1 */
