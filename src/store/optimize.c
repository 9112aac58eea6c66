/*
 * planfs optimize: the order of the texts in the file. The b-tree of the table body is in the order of its ids,
 * and VACUUM writes it to the file in that order; so new ids in the order of the tree, and a VACUUM, put a
 * directory's texts side by side. What needs memory by the number of files is in temporary tables.
 *
 * The statements are not in sql.c, because they know tables that are there for the time of this only.
 */
#include "store_priv.h"

#include "planfs/check.h"
#include "planfs/log.h"
#include "planfs/optimize.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum {
	GOOD_PERCENT = 95, /* so many neighbours side by side are good enough */
	FREE_PERCENT = 10, /* of the pages, which are worth a VACUUM */
	ROOM_EXTRA = 1 << 20,
};

/*
 * Numbers that were given without the VACUUM behind them: the ids are in order, and the pages are not. The table
 * is SQLite's own, so that the schema stays what it is.
 */
#define UNFINISHED "'vacuum'"

struct optimize {
	struct store *s;
	sqlite3 *db;
	struct store_optimized done;
	bool is_unfinished;
	struct buf *why;
};

/* The first column of the first row, 0 when there is none, goes to *ret_value (may be NULL). */
static int run(struct optimize *o, const char *sql, int64_t value, int64_t *ret_value)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	if (sqlite3_prepare_v2(o->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_errno(o->db, "optimize the database");
	if (sqlite3_bind_parameter_count(st) > 0)
		sqlite3_bind_int64(st, 1, value);
	r = stmt_row(st, "optimize the database");
	if (r < 0)
		return r;
	if (ret_value)
		*ret_value = r > 0 ? sqlite3_column_int64(st, 0) : 0;
	return 0;
}

static int run_all(struct optimize *o, const char *const *statements, int64_t value)
{
	int r = 0;

	for (; *statements && r == 0; statements++)
		r = run(o, *statements, value, NULL);
	return r;
}

/* --- what there is --- */

static int get_pages(struct optimize *o, int64_t *ret_bytes, int64_t *ret_free)
{
	int64_t size = 0, all = 0, unused = 0;
	int r;

	r = run(o, "PRAGMA page_size", 0, &size);
	if (r == 0)
		r = run(o, "PRAGMA page_count", 0, &all);
	if (r == 0)
		r = run(o, "PRAGMA freelist_count", 0, &unused);
	if (r < 0)
		return r;
	*ret_bytes = all * size;
	*ret_free = unused * size;
	return 0;
}

static const char *const make_tables[] = {
	"CREATE TEMP TABLE tree (place INTEGER PRIMARY KEY, inode INTEGER NOT NULL)",
	"CREATE TEMP TABLE wanted (place INTEGER PRIMARY KEY, body INTEGER NOT NULL UNIQUE)",
	NULL,
};

/*
 * The deepest first, so that what waits at one depth are the children of one directory. The limit ends what would
 * never end in a tree that bites its tail. A text with several names has its place at the first one.
 */
static const char *const fill_tables[] = {
	"DELETE FROM tree",
	"DELETE FROM wanted",
	"WITH RECURSIVE dir(inode, depth, seq) AS (VALUES (1, 0, 0) UNION ALL "
	"SELECT d.inode, dir.depth + 1, d.seq FROM dir CROSS JOIN dentry d ON d.parent = dir.inode "
	"CROSS JOIN inode i ON i.id = d.inode WHERE i.mode & 61440 = 16384 "
	"ORDER BY 2 DESC, 3 LIMIT (SELECT count(*) FROM inode)) "
	"INSERT INTO tree (inode) SELECT inode FROM dir",
	"INSERT OR IGNORE INTO wanted (body) SELECT i.body FROM tree t "
	"CROSS JOIN dentry d ON d.parent = t.inode CROSS JOIN inode i ON i.id = d.inode "
	"WHERE i.body IS NOT NULL AND i.mode & 61440 = 32768 ORDER BY t.place, d.seq",
	NULL,
};

static const char count_side_by_side[] =
	"SELECT sum(b.body > a.body AND NOT EXISTS "
	"(SELECT 1 FROM body WHERE id > a.body AND id < b.body)) "
	"FROM wanted a CROSS JOIN wanted b ON b.place = a.place + 1";

/* List the present texts in the order of the tree. */
static int list_texts(struct optimize *o, int64_t *ret_texts, int64_t *ret_side_by_side)
{
	int r;

	r = run_all(o, fill_tables, 0);
	if (r == 0)
		r = run(o, "SELECT count(*) FROM wanted", 0, ret_texts);
	return r < 0 ? r : run(o, count_side_by_side, 0, ret_side_by_side);
}

static bool order_is_good(const struct store_optimized *d)
{
	return d->side_by_side_before * 100 >= d->neighbours * GOOD_PERCENT;
}

static bool vacuum_is_due(const struct optimize *o)
{
	const struct store_optimized *d = &o->done;

	return d->moved > 0 || o->is_unfinished || d->free_before > d->size_before / FREE_PERCENT;
}

/* --- room --- */

static int get_room(const char *path, dev_t *ret_dev, int64_t *ret_room)
{
	struct statvfs v;
	struct stat st;

	if (stat(path, &st) < 0 || statvfs(path, &v) < 0)
		return -errno;
	*ret_dev = st.st_dev;
	*ret_room = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
	return 0;
}

static int refuse_room(struct optimize *o, const char *where, int64_t missing)
{
	char text[600];

	snprintf(text, sizeof(text), "needs %.1f MB more room in %s; nothing was changed",
		(double)missing / 1e6 + 0.05, where);
	return refuse(o->why, o->s->path, text, -ENOSPC);
}

static int compare_room(struct optimize *o, const char *temp, int64_t log, int64_t copy)
{
	dev_t dev = 0, temp_dev = 0;
	int64_t room = 0, temp_room = 0;
	int r;

	r = get_room(o->s->path, &dev, &room);
	if (r == 0)
		r = get_room(temp, &temp_dev, &temp_room);
	if (r < 0)
		return r;
	if (dev == temp_dev)
		log += copy;
	if (room < log)
		return refuse_room(o, "the directory of the database", log - room);
	if (dev != temp_dev && temp_room < copy)
		return refuse_room(o, temp, copy - temp_room);
	return 0;
}

/*
 * VACUUM makes a copy where SQLite has its temporary files and takes it into the log from there. New numbers
 * change every page at worst, and these go to the log, too. It is written back at the end, over what is there.
 */
static int check_room(struct optimize *o, bool moves)
{
	int64_t copy = o->done.size_before - o->done.free_before;
	char *name = NULL;
	int r;

	copy += copy / 32 + ROOM_EXTRA;
	if (sqlite3_file_control(o->db, "main", SQLITE_FCNTL_TEMPFILENAME, &name) != SQLITE_OK ||
		!name)
		return -ENOMEM;
	r = compare_room(o, dirname(name), moves ? 2 * copy : copy, copy);
	sqlite3_free(name);
	return r;
}

/* --- new numbers --- */

/* ?1: what is added to a place. inode and revision have no index that helps, and most rows are changed. */
static const char *const move_references[] = {
	/* both at once, or every file would wait for the search index in between */
	"UPDATE inode SET body = ifnull((SELECT ?1 + w.place FROM wanted w WHERE w.body = inode.body), body), "
	"indexed = coalesce((SELECT ?1 + w.place FROM wanted w WHERE w.body = inode.indexed), "
	"(SELECT -?1 - w.place FROM wanted w WHERE w.body = -inode.indexed), indexed) /*scan*/ "
	"WHERE body NOT NULL OR indexed NOT NULL",
	"UPDATE search_gone SET body = (SELECT ?1 + w.place FROM wanted w WHERE w.body = search_gone.body) /*scan*/ "
	"WHERE search_gone.body IN (SELECT w.body FROM wanted w)",
	"UPDATE revision SET body = (SELECT ?1 + w.place FROM wanted w WHERE w.body = revision.body) /*scan*/ "
	"WHERE revision.body IN (SELECT w.body FROM wanted w)",
	"UPDATE revision SET base = (SELECT ?1 + w.place FROM wanted w WHERE w.body = revision.base) /*scan*/ "
	"WHERE revision.base IN (SELECT w.body FROM wanted w)",
	"INSERT INTO sqlite_sequence (name, seq) SELECT " UNFINISHED ", 1 "
	"WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = " UNFINISHED ")",
	NULL,
};

/* One by one, which keeps a text in memory and not all of them; every one goes to the end of the table. */
static int move_bodies(struct optimize *o, int64_t first)
{
	CLEANUP_FINALIZE sqlite3_stmt *list = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *move = NULL;
	int r;

	if (sqlite3_prepare_v2(o->db, "SELECT place, body FROM wanted ORDER BY place", -1, &list,
		    NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(o->db, "UPDATE body SET id = ?2 WHERE id = ?1", -1, &move,
			NULL) != SQLITE_OK)
		return store_errno(o->db, "move the texts");
	while ((r = stmt_row(list, "list the texts")) > 0) {
		sqlite3_bind_int64(move, 1, sqlite3_column_int64(list, 1));
		sqlite3_bind_int64(move, 2, first + sqlite3_column_int64(list, 0));
		r = stmt_run(move, "move a text");
		if (r < 0)
			return r;
		sqlite3_reset(move);
	}
	return r;
}

/* Take numbers behind all that were given, or reserved, at any time. */
static int take_numbers(struct optimize *o, int64_t *ret_first)
{
	int64_t last = 0;
	int r;

	r = run(o,
		"UPDATE sqlite_sequence SET seq = seq + ?1 WHERE name = 'body' AND seq < 1 << 62 "
		"AND seq >= (SELECT ifnull(max(id), 0) FROM body) RETURNING seq",
		o->done.texts, &last);
	if (r == 0 && last == 0)
		r = refuse(o->why, o->s->path, "no numbers are left for its texts", -EOVERFLOW);
	if (r < 0)
		return r;
	*ret_first = last - o->done.texts;
	return 0;
}

static int renumber(struct optimize *o)
{
	int64_t first = 0, texts;
	int r;

	r = take_numbers(o, &first);
	if (r == 0)
		r = move_bodies(o, first);
	if (r == 0)
		r = run_all(o, move_references, first);
	if (r == 0)
		r = list_texts(o, &texts, &o->done.side_by_side);
	if (r == 0)
		o->done.moved = o->done.texts;
	return r;
}

static int look_and_renumber(struct optimize *o)
{
	struct store_optimized *d = &o->done;
	int64_t unfinished = 0;
	bool moves;
	int r;

	r = get_pages(o, &d->size_before, &d->free_before);
	if (r == 0)
		r = run(o, "SELECT count(*) FROM sqlite_sequence WHERE name = " UNFINISHED, 0,
			&unfinished);
	if (r == 0)
		r = run_all(o, make_tables, 0);
	if (r == 0)
		r = list_texts(o, &d->texts, &d->side_by_side_before);
	if (r < 0)
		return r;
	d->neighbours = d->texts > 0 ? d->texts - 1 : 0;
	d->side_by_side = d->side_by_side_before;
	o->is_unfinished = unfinished > 0;
	moves = !order_is_good(d);
	if (moves || vacuum_is_due(o))
		r = check_room(o, moves);
	return r < 0 || !moves ? r : renumber(o);
}

static int in_transaction(struct optimize *o)
{
	int r, end = 0;

	r = run(o, "BEGIN IMMEDIATE", 0, NULL);
	if (r < 0)
		return r;
	r = look_and_renumber(o);
	if (r == 0)
		r = run(o, "COMMIT", 0, NULL);
	if (!sqlite3_get_autocommit(o->db))
		end = run(o, "ROLLBACK", 0, NULL);
	return r < 0 ? r : end;
}

static int optimize(struct optimize *o)
{
	int64_t unused;
	int r;

	sqlite3_busy_timeout(o->db, 5000);
	r = in_transaction(o);
	if (r == 0 && vacuum_is_due(o)) {
		o->done.rewritten = true;
		r = run(o, "VACUUM", 0, NULL);
		if (r == 0)
			r = run(o, "DELETE FROM sqlite_sequence WHERE name = " UNFINISHED, 0, NULL);
	}
	return r < 0 ? r : get_pages(o, &o->done.size, &unused);
}

/* --- all of it --- */

/* Texts that are not what was written move like others; all else must be what it looks like. */
static int end_at_damage(void *arg, const struct store_finding *finding)
{
	(void)arg;
	return finding->level == FINDING_DAMAGE && strcmp(finding->kind, "hash") != 0 &&
	       strcmp(finding->kind, "version") != 0;
}

int store_optimize(struct store *s, struct store_optimized *ret_done, struct buf *ret_why)
{
	struct optimize o = { .s = s, .why = ret_why };
	struct conn c = { 0 };
	int r;

	r = store_check(s, end_at_damage, NULL);
	if (r > 0)
		return refuse(ret_why, s->path,
			"damaged, and nothing was changed; see 'planfs check'", -EUCLEAN);
	if (r == 0)
		r = conn_open(&c, s->path, false, true);
	if (r < 0)
		return r;
	o.db = c.db;
	r = optimize(&o);
	conn_close(&c);
	if (r == 0)
		*ret_done = o.done;
	return r;
}
