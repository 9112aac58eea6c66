/* A connection to the database and its statements. store_priv.h includes it. */
#pragma once

#include "planfs/store.h"

#include "search_priv.h"

#include <sqlite3.h>

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

/* tokenizer.c: to be called for every connection that may read or write the schema. Returns 0 or -Exxx, and says why. */
int tokenizer_register(sqlite3 *db) MUST_CHECK;
