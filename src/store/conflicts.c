/*
 * Listing what conflict.c marked, and taking a mark away. The statements are here, because nobody needs them often.
 */
#include "store_priv.h"

#include "planfs/conflict.h"
#include "planfs/name.h"

#include <errno.h>
#include <string.h>

enum { DEPTH_MAX = 1000 };

#define COLUMNS(t)                                                                                 \
	t ".rev, " t ".time, " t ".author, " t ".op, " t ".name, " t ".program, " t ".parent, " t  \
	  ".inode, " t ".mode, " t ".uid, " t ".gid, " t ".size, " t ".mtime, ifnull(" t           \
	  ".body, 0), ifnull(" t ".base, 0), ifnull(" t ".conflict, 0)"
enum { COLUMNS_N = 16 };

/* What was forgotten cannot be compared: it is in no list. */
#define MARKED                                                                                       \
	" FROM revision r INDEXED BY revision_conflict CROSS JOIN revision o ON o.rev = r.conflict " \
	"WHERE r.conflict > 0"

static const char list_marks[] =
	"SELECT " COLUMNS("r") ", " COLUMNS("o") MARKED " ORDER BY r.rev DESC";
static const char count_marks[] = "SELECT count(*)" MARKED;
static const char drop_mark[] =
	"UPDATE revision SET conflict = NULL WHERE rev = ?1 AND conflict > 0";
static const char find_place[] = "SELECT parent, name FROM dentry WHERE inode = ?1 LIMIT 1";

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_st)
{
	if (sqlite3_prepare_v2(db, sql, -1, ret_st, NULL) != SQLITE_OK)
		return store_errno(db, "look for overwritten versions");
	return 0;
}

static struct moment_change change_from_row(sqlite3_stmt *st, int at)
{
	return (struct moment_change){
		.rev = sqlite3_column_int64(st, at),
		.time = sqlite3_column_int64(st, at + 1),
		.author = (const char *)sqlite3_column_text(st, at + 2),
		.op = (const char *)sqlite3_column_text(st, at + 3),
		.name = (const char *)sqlite3_column_text(st, at + 4),
		.program = (const char *)sqlite3_column_text(st, at + 5),
		.parent = sqlite3_column_int64(st, at + 6),
		.inode = { .id = sqlite3_column_int64(st, at + 7),
			.mode = (uint32_t)sqlite3_column_int64(st, at + 8),
			.uid = (uint32_t)sqlite3_column_int64(st, at + 9),
			.gid = (uint32_t)sqlite3_column_int64(st, at + 10),
			.nlink = 1,
			.size = sqlite3_column_int64(st, at + 11),
			.atime = sqlite3_column_int64(st, at + 12),
			.mtime = sqlite3_column_int64(st, at + 12),
			.ctime = sqlite3_column_int64(st, at + 1),
			.btime = sqlite3_column_int64(st, at + 12),
			.body = sqlite3_column_int64(st, at + 13) },
		.base = sqlite3_column_int64(st, at + 14),
		.conflict = sqlite3_column_int64(st, at + 15),
	};
}

/* A listing under way, and the way from the root to the directory of the conflict that is told of. */
struct list {
	sqlite3_stmt *up;
	struct buf path;
	int64_t dirs[DEPTH_MAX]; /* the last ones */
	size_t n_dirs;
};

static int add_before(struct list *l, const char *name)
{
	CLEANUP(buf_done) struct buf longer = { 0 };
	int r;

	r = buf_printf(&longer, "%s%s%s", name, l->path.len ? "/" : "", buf_str(&l->path));
	if (r < 0)
		return r;
	buf_done(&l->path);
	l->path = buf_steal(&longer);
	return 0;
}

/* Returns 1, or 0 when directory @id is not below the root. */
static int find_way(struct list *l, int64_t id)
{
	int r;

	buf_done(&l->path);
	for (l->n_dirs = 0; l->n_dirs < DEPTH_MAX; l->n_dirs++) {
		CLEANUP_STMT sqlite3_stmt *st = l->up;
		const char *name;

		l->dirs[DEPTH_MAX - 1 - l->n_dirs] = id;
		if (id == STORE_ROOT) {
			l->n_dirs++;
			return 1;
		}
		sqlite3_bind_int64(st, 1, id);
		r = stmt_row(st, "find the path of a conflict");
		if (r <= 0)
			return r;
		name = (const char *)sqlite3_column_text(st, 1);
		r = name ? add_before(l, name) : -ENOMEM;
		if (r < 0)
			return r;
		id = sqlite3_column_int64(st, 0);
	}
	return 0;
}

static int tell(struct list *l, sqlite3_stmt *st, conflict_fn *fn, void *arg)
{
	struct conflict c = {
		.kept = change_from_row(st, 0),
		.overwritten = change_from_row(st, COLUMNS_N),
	};
	int r;

	if (!c.kept.author || !c.kept.op || !c.kept.name || !c.overwritten.author ||
		!c.overwritten.op || !c.overwritten.name)
		return -ENOMEM;
	if (!name_is_valid(c.kept.name, strlen(c.kept.name)))
		return 0; /* damaged; check tells of it */
	r = find_way(l, c.kept.parent);
	if (r < 0)
		return r;
	if (r > 0) {
		c.path = buf_str(&l->path);
		c.dirs = l->dirs + DEPTH_MAX - l->n_dirs;
		c.n_dirs = l->n_dirs;
	}
	return fn(arg, &c);
}

static int each(struct conn *conn, struct list *l, conflict_fn *fn, void *arg)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *up = NULL;
	int r;

	r = prepare(conn->db, list_marks, &st);
	if (r == 0)
		r = prepare(conn->db, find_place, &up);
	if (r < 0)
		return r;
	l->up = up;
	while ((r = stmt_row(st, "list overwritten versions")) > 0) {
		r = tell(l, st, fn, arg);
		if (r != 0)
			return r;
	}
	return r;
}

int conflict_each(struct store *s, conflict_fn *fn, void *arg)
{
	struct list l = { 0 };
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = each(c, &l, fn, arg);
	reader_put(s, c);
	buf_done(&l.path);
	return r;
}

static int count(struct conn *c, int64_t *ret_count)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = prepare(c->db, count_marks, &st);
	if (r == 0)
		r = stmt_row(st, "count overwritten versions");
	if (r <= 0)
		return r < 0 ? r : -EIO;
	*ret_count = sqlite3_column_int64(st, 0);
	return 0;
}

int conflict_count(struct store *s, int64_t *ret_count)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = count(c, ret_count);
	reader_put(s, c);
	return r;
}

int txn_dismiss_conflict(struct txn *t, int64_t rev)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = prepare(t->c->db, drop_mark, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, rev);
	r = stmt_run(st, "dismiss a conflict");
	if (r < 0)
		return r;
	return sqlite3_changes(t->c->db) > 0 ? 0 : -ENOENT;
}
