/* One connection to the database: its settings, its statements, its errors. */
#include "store_ahead_priv.h"
#include "store_moment_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How long, and how often, a reader asks during a recovery or an exclusive lock of another program. */
enum { READ_WAIT_MS = 5000, READ_POLL_MS = 2 };

static void (*wait_hook)(void);

void store_set_wait_hook(void (*hook)(void))
{
	wait_hook = hook;
}

void store_waits(void)
{
	if (wait_hook)
		wait_hook();
}

static int on_busy(void *arg, int tries)
{
	(void)arg;
	if (tries >= READ_WAIT_MS / READ_POLL_MS)
		return 0;
	store_waits();
	usleep(READ_POLL_MS * 1000);
	return 1;
}

int sqlite_errno(sqlite3 *db)
{
	static const struct {
		int rc, err;
	} table[] = {
		{ SQLITE_BUSY, EBUSY },
		{ SQLITE_LOCKED, EBUSY },
		{ SQLITE_PROTOCOL, EBUSY },
		{ SQLITE_NOMEM, ENOMEM },
		{ SQLITE_FULL, ENOSPC },
		{ SQLITE_TOOBIG, EFBIG },
		{ SQLITE_READONLY, EROFS },
		{ SQLITE_PERM, EACCES },
		{ SQLITE_AUTH, EACCES },
		{ SQLITE_NOTADB, EMEDIUMTYPE },
		{ SQLITE_CANTOPEN, EACCES },
	};
	int extended = sqlite3_extended_errcode(db);
	int rc = extended & 0xFF;
	size_t i;

	/* The memory that connections share is a file, too. */
	if (extended == SQLITE_IOERR_SHMSIZE || extended == SQLITE_IOERR_SHMMAP)
		rc = SQLITE_FULL;
	for (i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].rc == rc)
			break;
	return i < ARRAY_LEN(table) ? -table[i].err : -EIO;
}

int store_errno(sqlite3 *db, const char *what)
{
	int r = sqlite_errno(db);

	if ((sqlite3_errcode(db) & 0xFF) != SQLITE_BUSY)
		log_err("cannot %s: %s (SQLite %d)", what, sqlite3_errmsg(db),
			sqlite3_extended_errcode(db));
	return r;
}

static int prepare_one(struct conn *c, int i)
{
	if (sqlite3_prepare_v3(c->db, sql_text[i], -1, SQLITE_PREPARE_PERSISTENT, &c->st[i],
		    NULL) != SQLITE_OK)
		return store_errno(c->db, "prepare a statement");
	return 0;
}

static int prepare(struct conn *c, bool writer)
{
	int end = writer ? SQL_COUNT : SQL_READERS_END;
	int i, r = 0;

	for (i = 0; i < end && r == 0; i++)
		r = prepare_one(c, i);
	return r;
}

/* A copy made by VACUUM INTO is not in WAL mode, on which all that we promise stands. */
static bool is_wal(sqlite3 *db)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &st, NULL) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_ROW)
		return false;
	return strcmp((const char *)sqlite3_column_text(st, 0), "wal") == 0;
}

static int configure(struct conn *c, bool writer)
{
	static const char settings[] = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
				       "PRAGMA foreign_keys = OFF; PRAGMA synchronous = NORMAL;";
	static const char writer_settings[] =
		"PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 16777216;";
	int r;

	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL); /* see schema.c */
	sqlite3_busy_handler(c->db, on_busy, NULL); /* the writer polls by itself: commit.c */
	if (sqlite3_exec(c->db, settings, NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(c->db, "configure the connection");
	r = tokenizer_register(c->db);
	if (r < 0)
		return r;
	if (moment_functions(c->db) < 0)
		return store_errno(c->db, "configure the connection");
	if (writer && !is_wal(c->db))
		return -EBUSY;
	if (writer && sqlite3_exec(c->db, writer_settings, NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(c->db, "configure the connection");
	return 0;
}

int uri_immutable(const char *path, struct buf *ret_uri)
{
	CLEANUP(buf_done) struct buf uri = { 0 };
	const char *p;
	int r;

	r = buf_add_str(&uri, "file:");
	for (p = path; *p && r == 0; p++)
		r = buf_printf(&uri, strchr("%?#", *p) ? "%%%02X" : "%c", (unsigned char)*p);
	if (r == 0)
		r = buf_add_str(&uri, "?immutable=1");
	if (r < 0)
		return r;
	*ret_uri = buf_steal(&uri);
	return 0;
}

int conn_take(struct conn *c, sqlite3 *take_db)
{
	int r;

	c->db = take_db;
	c->is_lazy = true;
	c->ahead = ahead_start(take_db, false);
	r = configure(c, false);
	if (r < 0)
		conn_close(c);
	return r;
}

int conn_open(struct conn *c, const char *name, bool readonly, bool writer)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI |
		    (readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	int r;

	if (sqlite3_open_v2(name, &c->db, flags, NULL) != SQLITE_OK) {
		r = c->db ? store_errno(c->db, "open the database") : -ENOMEM;
		conn_close(c);
		return r;
	}
	c->ahead = ahead_start(c->db, true);
	r = configure(c, writer);
	if (r == 0)
		r = prepare(c, writer);
	if (r < 0) {
		conn_close(c);
		return r;
	}
	if (writer)
		sqlite3_busy_handler(c->db, NULL, NULL);
	if (writer && c->ahead)
		ahead_gather(c->ahead, c->db);
	return 0;
}

void conn_close(struct conn *c)
{
	int i;

	for (i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(c->st[i]);
	for (i = 0; i < SEARCH_SQL_COUNT; i++)
		sqlite3_finalize(c->search[i]);
	ahead_end(c->ahead);
	sqlite3_close(c->db);
	*c = (struct conn){ 0 };
}

sqlite3_stmt *conn_stmt(struct conn *c, enum sql_id id)
{
	if (c->is_lazy && !c->st[id] && prepare_one(c, id) < 0)
		log_dbg("stmt_row() returns -EIO for it");
	return c->st[id];
}

void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC);
}

int stmt_row(sqlite3_stmt *st, const char *what)
{
	int rc;

	if (!st)
		return -EIO; /* it could not be prepared, and it was said why */
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return store_errno(sqlite3_db_handle(st), what);
}

int stmt_run(sqlite3_stmt *st, const char *what)
{
	int r = stmt_row(st, what);

	return r < 0 ? r : 0;
}

struct inode inode_from_row(sqlite3_stmt *st, int at)
{
	return (struct inode){
		.id = sqlite3_column_int64(st, at),
		.mode = (uint32_t)sqlite3_column_int64(st, at + 1),
		.uid = (uint32_t)sqlite3_column_int64(st, at + 2),
		.gid = (uint32_t)sqlite3_column_int64(st, at + 3),
		.nlink = (uint32_t)sqlite3_column_int64(st, at + 4),
		.rdev = (uint64_t)sqlite3_column_int64(st, at + 5),
		.size = sqlite3_column_int64(st, at + 6),
		.atime = sqlite3_column_int64(st, at + 7),
		.mtime = sqlite3_column_int64(st, at + 8),
		.ctime = sqlite3_column_int64(st, at + 9),
		.btime = sqlite3_column_int64(st, at + 10),
		.body = sqlite3_column_int64(st, at + 11),
	};
}
