/* What the files of src/store share. */
#pragma once

#include "planfs/change.h"
#include "planfs/check.h"
#include "planfs/clock.h"
#include "planfs/store.h"

#include "pages_priv.h"
#include "search_priv.h"

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

static inline void sqlite_closep(sqlite3 **db)
{
	sqlite3_close(*db); /* statements must be finalized before: declare them later */
}

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
	SQL_SCAN,
	SQL_BODY,
	SQL_TEXT,
	SQL_TEXTS_BEHIND,
	SQL_TEXTS_BEFORE,
	SQL_BODY_OWNERS,
	SQL_TARGET,
	SQL_XATTR_GET,
	SQL_XATTR_LIST,
	SQL_MAX_REV,
	SQL_MAX_INODE,
	SQL_FEED,
	SQL_VERSIONS,
	SQL_DATA_VERSION,
	SQL_READ_HOLD,
	SQL_REQUEST_DONE,
	SQL_MOMENT_PLACE,
	SQL_MOMENT_INODE,
	SQL_MOMENT_FIRST,
	SQL_MOMENT_ENTRY,
	SQL_MOMENT_NAMES,
	SQL_MOMENT_DIR,
	SQL_MOMENT_TARGET,
	SQL_MOMENT_ROOT,
	SQL_MOMENT_TIME,
	SQL_MOMENT_LATER,
	SQL_MOMENT_BEFORE,
	SQL_MOMENT_HISTORY,
	SQL_MOMENT_CHANGES,
	SQL_PAST_NAMES,
	SQL_PAST_FIRST,
	SQL_SAME_TEXT,
	SQL_MARK,
	SQL_MARKS,
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
	SQL_SEARCH_GONE,
	SQL_XATTR_SET,
	SQL_XATTR_DELETE,
	SQL_XATTR_DROP,
	SQL_REVISION,
	SQL_ROOT_BEFORE,
	SQL_LAST_VERSION,
	SQL_LAST_AUTHOR,
	SQL_VERSION_BODIES,
	SQL_LAST_REMOVAL,
	SQL_LAST_PLACE,
	SQL_WAS_AT,
	SQL_ORPHANS,
	SQL_REQUEST_NOTE,
	SQL_MARK_SET,
	SQL_MARK_DELETE,
	SQL_SKETCH_SET,
	SQL_SKETCH_DROP,
	SQL_COUNT
};

extern const char *const sql_text[SQL_COUNT];

/* One connection with its statements. Used by one thread at a time. */
struct conn {
	sqlite3 *db;
	sqlite3_stmt *st[SQL_COUNT];
	bool is_lazy;                           /* they are prepared when they are needed first */
	sqlite3_stmt *search[SEARCH_SQL_COUNT]; /* NULL: not needed so far */
	bool is_wide;                           /* its cache is that of a search */
	struct ahead *ahead;                    /* NULL: it reads single pages */
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

/* conn.c */
int conn_open(struct conn *c, const char *name, bool readonly, bool writer) MUST_CHECK;
int conn_take(struct conn *c, sqlite3 *take_db) MUST_CHECK; /* lazy, and for reading */
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

/* Somebody is going to wait: tell whoever asked to know. See store_set_wait_hook(). */
void store_waits(void);

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

/* tokenizer.c: to be called for every connection that may read or write the schema. Returns 0 or -Exxx, and says why. */
int tokenizer_register(sqlite3 *db) MUST_CHECK;

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

/* schema.c */
int schema_version(void);
int schema_upgrade(sqlite3 *db, int from) MUST_CHECK;

/* commit.c */
/* Lead when nobody does: the writer's connection is the caller's then, until leader_resign(). Never waits. */
bool leader_try(struct store *s);
void leader_resign(struct store *s);

/* Does anybody wait for the leader? Who can put things off ends then. */
bool leader_is_wanted(struct store *s);

/* A change_fn for those who only want what goes with a transaction. */
int change_nothing(struct txn *t, void *arg) MUST_CHECK;
bool id_take(struct store *s, struct id_range *range, int64_t *ret_id);

/* checkpoint.c: called by the leader */
int checkpoint_hold(struct store *s) MUST_CHECK;
void checkpoint_release(struct store *s);
bool checkpoint_is_due(const struct store *s); /* so much that the leader must not put it off */
/* When a checkpoint would be welcome if nothing is committed until then, of clock_now(); INT64_MAX: none. */
int64_t checkpoint_wanted_at(const struct store *s);
void checkpoint_run(struct store *s);
void checkpoint_tend(struct store *s);  /* what is due after a commit */
void checkpoint_watch(struct store *s); /* count the frames of the log from now on */
void checkpoint_yield(struct store *s);

/* Give the log of a mount the size that it keeps between two checkpoints. Not called by the leader. */
void checkpoint_prepare_log(struct store *s);

/* sync.c */
void cond_init_monotonic(pthread_cond_t *cond); /* its times are those of clock_now() */
int sync_start(struct store *s) MUST_CHECK;
void sync_stop(struct store *s);

/* One fdatasync of the WAL: everything that is committed is on the disk afterwards. */
int heal_sync(struct store *s) MUST_CHECK;
int sync_wal(struct store *s) MUST_CHECK;

/* Something was committed, on the disk already when @synced. Called with queue_lock held. */
void sync_note(struct store *s, bool synced);

/* Look when the log wants a checkpoint. Called by the leader with queue_lock held. */
void sync_plan_tending(struct store *s);

/* spare.c: called by the leader */
bool spare_is_due(const struct store *s);
void spare_tend(struct store *s); /* make the file when it is missing and the disk has room */
void spare_give_up(struct store *s);
void spare_done(struct store *s);

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

/* A check, or a repair, under way on one connection. */
struct check {
	sqlite3 *db;
	sqlite3_stmt *up; /* check_up */
	store_finding_fn *fn;
	void *arg;
	bool bad_pages;   /* nothing else can be believed */
	bool bad_indices; /* REINDEX comes first */
	bool bad_tables;  /* a table of ours is missing, or another one */
	bool bad_schema;  /* the same of a view, a trigger or an index */
	bool bad_search;  /* the same of a table of the search index, which is made anew */
};

/* check_path.c */
extern const char check_up[]; /* parent and name of inode ?1 */

int check_prepare(struct check *k, const char *sql, sqlite3_stmt **ret_st) MUST_CHECK;

/*
 * Tell of a finding about @name in the directory @id, or about inode @id when @name is NULL; @id 0: about the
 * database. Fills in the path. Returns the result of the store_finding_fn, or -Exxx.
 */
int check_tell(
	struct check *k, struct store_finding *finding, int64_t id, const char *name) MUST_CHECK;

/* Are the bytes in column @at + 1 those of the hash in column @at? Also when there is no hash. */
bool body_is_intact(sqlite3_stmt *st, int at);
bool text_has_hash(const void *data, size_t len, const void *hash); /* of 16 bytes */

/* check_pages.c: a result other than 0 is that of the store_finding_fn, or -Exxx */
int check_pages(struct check *k) MUST_CHECK;
int check_schema(struct check *k) MUST_CHECK;

/* What the schema of this program makes. A result of @fn other than 0 ends it, and is returned. */
struct schema_object {
	const char *type, *name, *sql; /* valid during the call */
};
typedef int schema_object_fn(void *arg, const struct schema_object *object);
int schema_each(schema_object_fn *fn, void *arg) MUST_CHECK;

/* check.c: the newest version of this place whose text is intact and not @body; *ret_rev 0: none. */
int check_intact_version(struct check *k, int64_t parent, const char *name, int64_t body,
	int64_t *ret_rev) MUST_CHECK;

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
extern const char check_versions[]; /* rev, hash, data of versions of ?1, ?2 but ?3, newest first */
extern const char schema_objects[]; /* type, name, sql of what the schema makes */

/* A repair under way: one transaction on one connection. */
struct repair {
	struct check k;
	struct txn t;
	bool is_trial;      /* count only, and roll back */
	unsigned mended;    /* so far */
	uint32_t uid, gid;  /* of what is made */
	int64_t lost_found; /* the directory, 0: not there yet */
};

/* repair_rules.c */
struct repair_rule {
	const char *kind; /* NULL: the end of the table */
	const char *find; /* columns as of struct check_rule: what is told */
	const char *mend; /* ?1 the time, ?2 and ?3 the owner of the root */
};
extern const struct repair_rule repair_values[], repair_inodes[], repair_places[], repair_sums[],
	repair_held[], repair_history[];
extern const char repair_sequences[], repair_highest[];

/*
 * repair.c. What is left of -Exxx is 0; a result of the store_finding_fn that is not 0 ends the repair.
 * Begin and end the transaction that all of it happens in; between them, mend what is in the tables.
 */
int repair_begin(struct repair *p, struct store *s, struct conn *c) MUST_CHECK;
int repair_end(struct repair *p, bool commit) MUST_CHECK;
int repair_tables(struct repair *p) MUST_CHECK;

int repair_apply(struct repair *p, const struct repair_rule *rules) MUST_CHECK;
int repair_run(struct repair *p, const char *sql, const int64_t *values, int n) MUST_CHECK;
int repair_tell(struct repair *p, const char *kind, int64_t id, const char *name,
	const char *text) MUST_CHECK;

/* repair_rows.c */
int repair_numbers(struct repair *p) MUST_CHECK;
int repair_missing_inodes(struct repair *p) MUST_CHECK;
int repair_names(struct repair *p) MUST_CHECK;
int repair_new_id(struct repair *p, int64_t *ret_id) MUST_CHECK;
int repair_insert_inode(struct repair *p, const struct inode *i, const char *target) MUST_CHECK;
int repair_free_name(
	struct repair *p, int64_t parent, const char *wanted, struct buf *ret_name) MUST_CHECK;

/* repair_lost.c: give inode @id, or the text @body called @base (NULL: its first line), a name */
int repair_place(struct repair *p, int64_t id) MUST_CHECK;
int repair_has_place(struct repair *p, int64_t id) MUST_CHECK; /* 1: where the history has it */
int repair_place_text(struct repair *p, int64_t body, const char *base) MUST_CHECK;
int repair_lookup(struct repair *p, int64_t parent, const char *name,
	struct inode *ret_inode) MUST_CHECK; /* 1, or 0: nothing there */

/* repair_tree.c: which directories hang on the root; -EEXIST when it was marked before */
int repair_tree(struct repair *p) MUST_CHECK;
int repair_mark_seen(struct repair *p, int64_t id) MUST_CHECK;
int repair_is_seen(struct repair *p, int64_t id) MUST_CHECK;

/* backup.c: store_backup() of a database that may be damaged */
int store_copy(struct store *s, const char *path) MUST_CHECK;
int sync_file(const char *path) MUST_CHECK; /* bring it, and its name, to the disk */
