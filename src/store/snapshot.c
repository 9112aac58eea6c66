/*
 * A database of its own with the tree as it was: see planfs/snapshot.h. What stood where is found as moment.c finds it, for
 * all places at once, and written without a journal, because a file that is not finished is thrown away.
 */
#include "planfs/snapshot.h"

#include "store_backup_priv.h"
#include "store_moment_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Places of names that are no new files begin here: see schema_order.c. */
#define FIRST_PLACE (INT64_C(1) << 40)

enum {
	OUT_INODE,
	OUT_DENTRY,
	OUT_REVISION,
	OUT_BODY,
	OUT_ROOT,
	OUT_COUNT,
};

// clang-format off

static const char *const out_sql[OUT_COUNT] = {
	[OUT_INODE] = "INSERT OR IGNORE INTO inode (id, mode, uid, gid, nlink, rdev, size, atime, mtime, ctime, "
		"btime, body, target) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?7, ?8, ?7, ?9, ?10)",
	[OUT_DENTRY] = "INSERT INTO dentry (parent, name, inode, seq) VALUES (?1, ?2, ?3, ?4)",
	[OUT_REVISION] = "INSERT INTO revision (rev, time, author, op, parent, name, inode, mode, uid, gid, size, "
		"mtime, body, target, origin, program, dir_mtime, nlink) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
		"?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
	[OUT_BODY] = "INSERT OR IGNORE INTO body (id, hash, data) VALUES (?1, ?2, ?3)",
	[OUT_ROOT] = "UPDATE inode SET mode = ?1, uid = ?2, gid = ?3, mtime = ?4, ctime = ?5, btime = ?6 WHERE id = 1",
};

/* What stood at each place after ?1, as far as it hangs on the root. */
static const char *const find_places[] = {
	"DROP TABLE IF EXISTS temp.snapshot_place",
	"DROP TABLE IF EXISTS temp.snapshot_dir",
	"CREATE TEMP TABLE snapshot_place (rev INTEGER PRIMARY KEY, parent INTEGER NOT NULL, inode INTEGER NOT NULL)",
	"INSERT INTO snapshot_place SELECT rev, parent, inode FROM revision WHERE op <> 'remove' AND parent <> 0 "
	"AND NOT name_is_scratch(name) AND rev IN (SELECT max(rev) FROM revision WHERE rev <= ?1 "
	"GROUP BY parent, name) /*scan*/",
	"CREATE INDEX temp.snapshot_parent ON snapshot_place(parent, inode)",
	"CREATE TEMP TABLE snapshot_dir (id INTEGER PRIMARY KEY)",
	"INSERT INTO snapshot_dir WITH RECURSIVE dir(id) AS (VALUES (1) UNION SELECT p.inode FROM dir "
	"CROSS JOIN snapshot_place p ON p.parent = dir.id) SELECT id FROM dir",
	NULL,
};

static const char *const drop_places[] = {
	"DROP TABLE IF EXISTS temp.snapshot_place",
	"DROP TABLE IF EXISTS temp.snapshot_dir",
	NULL,
};

static const char list_places[] =
	"SELECT r.rev, r.time, r.author, r.op, r.parent, r.name, r.inode, r.origin, r.program "
	"FROM snapshot_dir d CROSS JOIN snapshot_place p ON p.parent = d.id CROSS JOIN revision r ON r.rev = p.rev "
	"ORDER BY r.rev";

/* Numbers that were given are not given again. */
static const char read_sequences[] = "SELECT name, seq FROM sqlite_sequence WHERE name IN ('inode', 'body', 'revision')";
static const char raise_sequence[] = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";

static const char *const finish[] = {
	"UPDATE inode SET nlink = (SELECT count(*) FROM dentry WHERE inode = inode.id) WHERE mode & 61440 <> 16384 /*scan*/",
	"UPDATE inode SET nlink = 2 + (SELECT count(*) FROM dentry d CROSS JOIN inode i ON i.id = d.inode "
	"WHERE d.parent = inode.id AND i.mode & 61440 = 16384) WHERE mode & 61440 = 16384 /*scan*/",
	"UPDATE revision SET nlink = (SELECT nlink FROM inode WHERE id = revision.inode AND nlink > 1 "
	"AND mode & 61440 <> 16384) /*scan*/",
	"UPDATE sqlite_sequence SET seq = max(seq, (SELECT ifnull(max(seq), 0) FROM dentry)) WHERE name = 'place'",
	NULL,
};

// clang-format on

struct snapshot {
	int64_t rev;
	struct conn *from;
	sqlite3 *to;                  /* owned */
	sqlite3_stmt *out[OUT_COUNT]; /* owned */
	int64_t place;                /* the last one given */
};

static void snapshot_done(struct snapshot *p)
{
	int i;

	for (i = 0; i < OUT_COUNT; i++)
		sqlite3_finalize(p->out[i]);
	sqlite3_close(p->to);
}

static int run(sqlite3 *db, const char *sql, int64_t value)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_errno(db, "make a snapshot");
	if (sqlite3_bind_parameter_count(st) > 0)
		sqlite3_bind_int64(st, 1, value);
	return stmt_run(st, "make a snapshot");
}

static int run_all(sqlite3 *db, const char *const *statements, int64_t value)
{
	int r = 0;

	for (; *statements && r == 0; statements++)
		r = run(db, *statements, value);
	return r;
}

static int run_out(struct snapshot *p, int which)
{
	int r = stmt_run(p->out[which], "write a snapshot");

	sqlite3_reset(p->out[which]);
	sqlite3_clear_bindings(p->out[which]);
	return r;
}

static void bind_optional(sqlite3_stmt *st, int at, int64_t value)
{
	if (value)
		sqlite3_bind_int64(st, at, value);
}

/* --- one place --- */

static int copy_body(struct snapshot *p, int64_t body)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(p->from, SQL_BODY);
	int r;

	if (!body)
		return 0;
	sqlite3_bind_int64(st, 1, body);
	r = stmt_row(st, "read a text");
	if (r <= 0)
		return r; /* 'check' names what it is missing in */
	sqlite3_bind_int64(p->out[OUT_BODY], 1, body);
	sqlite3_bind_value(p->out[OUT_BODY], 2, sqlite3_column_value(st, 1));
	sqlite3_bind_value(p->out[OUT_BODY], 3, sqlite3_column_value(st, 0));
	return run_out(p, OUT_BODY);
}

static int write_inode(struct snapshot *p, const struct inode *i, sqlite3_value *target)
{
	sqlite3_stmt *st = p->out[OUT_INODE];
	const int64_t values[] = { i->id, i->mode, i->uid, i->gid, (int64_t)i->rdev,
		S_ISDIR(i->mode) ? 0 : i->size, i->mtime, i->ctime };
	int at;

	for (at = 0; at < (int)ARRAY_LEN(values); at++)
		sqlite3_bind_int64(st, at + 1, values[at]);
	bind_optional(st, 9, i->body);
	if (S_ISLNK(i->mode))
		sqlite3_bind_value(st, 10, target);
	return run_out(p, OUT_INODE);
}

static int write_name(struct snapshot *p, sqlite3_stmt *row)
{
	sqlite3_stmt *st = p->out[OUT_DENTRY];

	sqlite3_bind_value(st, 1, sqlite3_column_value(row, 4));
	sqlite3_bind_value(st, 2, sqlite3_column_value(row, 5));
	sqlite3_bind_value(st, 3, sqlite3_column_value(row, 6));
	sqlite3_bind_int64(st, 4, ++p->place);
	return run_out(p, OUT_DENTRY);
}

/* The row of the place, with what the inode was, so that it tells all. */
static int write_version(
	struct snapshot *p, sqlite3_stmt *row, const struct inode *i, sqlite3_value *target)
{
	sqlite3_stmt *st = p->out[OUT_REVISION];
	struct inode dir;
	int at, r;

	r = conn_moment_get(p->from, p->rev, sqlite3_column_int64(row, 4), &dir);
	if (r < 0)
		return r;
	for (at = 0; at < 7; at++)
		sqlite3_bind_value(st, at + 1, sqlite3_column_value(row, at));
	sqlite3_bind_int64(st, 8, i->mode);
	sqlite3_bind_int64(st, 9, i->uid);
	sqlite3_bind_int64(st, 10, i->gid);
	sqlite3_bind_int64(st, 11, S_ISDIR(i->mode) ? 0 : i->size);
	sqlite3_bind_int64(st, 12, i->mtime);
	bind_optional(st, 13, i->body);
	if (S_ISLNK(i->mode))
		sqlite3_bind_value(st, 14, target);
	sqlite3_bind_value(st, 15, sqlite3_column_value(row, 7));
	sqlite3_bind_value(st, 16, sqlite3_column_value(row, 8));
	sqlite3_bind_int64(st, 17, dir.mtime);
	return run_out(p, OUT_REVISION);
}

static int copy_place(struct snapshot *p, sqlite3_stmt *row)
{
	CLEANUP_STMT sqlite3_stmt *target = conn_stmt(p->from, SQL_MOMENT_TARGET);
	struct inode inode;
	int r;

	r = conn_moment_get(p->from, p->rev, sqlite3_column_int64(row, 6), &inode);
	if (r < 0)
		return r == -EIO || r == -ENOENT
			       ? 0
			       : r; /* damaged: it is in no listing of then either */
	sqlite3_bind_int64(target, 1, p->rev);
	sqlite3_bind_int64(target, 2, inode.id);
	r = stmt_row(target, "read a target of the past");
	if (r > 0)
		r = copy_body(p, inode.body);
	if (r >= 0)
		r = write_inode(p, &inode, sqlite3_column_value(target, 0));
	if (r == 0)
		r = write_version(p, row, &inode, sqlite3_column_value(target, 0));
	return r < 0 ? r : write_name(p, row);
}

/* --- all of it --- */

static int copy_places(struct snapshot *p)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	if (sqlite3_prepare_v2(p->from->db, list_places, -1, &st, NULL) != SQLITE_OK)
		return store_errno(p->from->db, "list what was there");
	while ((r = stmt_row(st, "list what was there")) > 0) {
		r = copy_place(p, st);
		if (r < 0)
			break;
	}
	return r;
}

static int copy_root(struct snapshot *p)
{
	sqlite3_stmt *st = p->out[OUT_ROOT];
	struct inode root;
	int r;

	r = conn_moment_get(p->from, p->rev, STORE_ROOT, &root);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, root.mode);
	sqlite3_bind_int64(st, 2, root.uid);
	sqlite3_bind_int64(st, 3, root.gid);
	sqlite3_bind_int64(st, 4, root.mtime);
	sqlite3_bind_int64(st, 5, root.ctime);
	sqlite3_bind_int64(st, 6, root.btime);
	return run_out(p, OUT_ROOT);
}

static int copy_sequences(struct snapshot *p)
{
	CLEANUP_FINALIZE sqlite3_stmt *from = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *to = NULL;
	int r;

	if (sqlite3_prepare_v2(p->from->db, read_sequences, -1, &from, NULL) != SQLITE_OK)
		return store_errno(p->from->db, "read the numbers that were given");
	if (sqlite3_prepare_v2(p->to, raise_sequence, -1, &to, NULL) != SQLITE_OK)
		return store_errno(p->to, "note the numbers that were given");
	while ((r = stmt_row(from, "read the numbers that were given")) > 0) {
		sqlite3_bind_value(to, 1, sqlite3_column_value(from, 0));
		sqlite3_bind_value(to, 2, sqlite3_column_value(from, 1));
		r = stmt_run(to, "note the numbers that were given");
		sqlite3_reset(to);
		if (r < 0)
			break;
	}
	return r;
}

static int copy_tree(struct snapshot *p)
{
	int r, end;

	r = run(p->from->db, "BEGIN", 0); /* one state: nothing is forgotten meanwhile */
	if (r < 0)
		return r;
	r = run_all(p->from->db, find_places, p->rev);
	if (r == 0)
		r = copy_root(p);
	if (r == 0)
		r = copy_places(p);
	if (r == 0)
		r = copy_sequences(p);
	end = run_all(p->from->db, drop_places, 0);
	if (end == 0)
		end = run(p->from->db, "COMMIT", 0);
	if (!sqlite3_get_autocommit(p->from->db))
		end = run(p->from->db, "ROLLBACK", 0);
	return r < 0 ? r : end;
}

static int open_out(struct snapshot *p, const char *path)
{
	static const char settings[] =
		"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;";
	int i;

	if (sqlite3_open_v2(path, &p->to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return p->to ? store_errno(p->to, "open the snapshot") : -ENOMEM;
	sqlite3_db_config(p->to, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	if (sqlite3_exec(p->to, settings, NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(p->to, "open the snapshot");
	for (i = 0; i < OUT_COUNT; i++)
		if (sqlite3_prepare_v2(p->to, out_sql[i], -1, &p->out[i], NULL) != SQLITE_OK)
			return store_errno(p->to, "prepare the snapshot");
	return 0;
}

static int close_out(struct snapshot *p)
{
	int r, i;

	r = run_all(p->to, finish, 0);
	if (r < 0)
		return r;
	for (i = 0; i < OUT_COUNT; i++) {
		sqlite3_finalize(p->out[i]);
		p->out[i] = NULL;
	}
	if (sqlite3_exec(p->to, "COMMIT; PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(p->to, "close the snapshot");
	r = sqlite3_close(p->to) == SQLITE_OK ? 0 : -EIO;
	p->to = NULL;
	return r;
}

static int fill_snapshot(struct store *s, const char *temp, const void *arg)
{
	CLEANUP(snapshot_done)
	struct snapshot p = { .rev = *(const int64_t *)arg, .place = FIRST_PLACE };
	CLEANUP(buf_done) struct buf why = { 0 };
	int r;

	if (unlink(temp) < 0)
		return -errno;
	r = store_create(temp, &why); /* says no word: the caller names the file */
	if (r == 0)
		r = reader_get(s, &p.from);
	if (r < 0)
		return r;
	r = open_out(&p, temp);
	if (r == 0)
		r = copy_tree(&p);
	reader_put(s, p.from);
	if (r == 0)
		r = close_out(&p);
	if (r == 0)
		r = backup_verify(temp);
	return r;
}

int store_backup_at(struct store *s, int64_t rev, const char *path)
{
	return backup_make(s, path, fill_snapshot, &rev);
}
