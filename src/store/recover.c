/*
 * Saving what is left of a damaged database: its rows are taken from the pages (pages.c), put into a new
 * database, completed from the history, and mended there as check --repair does it.
 */
#include "pages_priv.h"
#include "store_backup_priv.h"
#include "store_check_priv.h"

#include "planfs/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* The statements of enum row_kind; ROW_NAME_INDEX knows the same names in another order. */
static const char *const inserts[] = {
	[ROW_BODY] = "INSERT OR IGNORE INTO body (id, hash, data) VALUES (?1, ?2, ?3)",
	[ROW_INODE] =
		"INSERT OR IGNORE INTO inode (id, mode, uid, gid, nlink, size, rdev, atime, mtime, ctime, "
		"btime, body, target, indexed) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
	[ROW_DENTRY] = "INSERT OR IGNORE INTO dentry (parent, name, inode, seq) "
		       "VALUES (?1, ?2, ?3, ifnull(?4, 0))",
	[ROW_MAYBE_DENTRY] = "INSERT INTO temp.maybe (parent, name, inode) VALUES (?1, ?2, ?3)",
	[ROW_NAME_INDEX] = "INSERT OR IGNORE INTO dentry (inode, parent, name) VALUES (?1, ?2, ?3)",
	[ROW_XATTR] = "INSERT OR IGNORE INTO xattr (inode, name, value) VALUES (?1, ?2, ?3)",
	[ROW_REVISION] =
		"INSERT OR IGNORE INTO revision (rev, time, author, op, parent, name, inode, mode, uid, gid, "
		"size, mtime, body, base, target, origin, program, dir_mtime, conflict, nlink) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
	[ROW_GONE] = "INSERT OR IGNORE INTO search_gone (inode, body) VALUES (?1, ?2)",
};

static const int columns[] = { [ROW_BODY] = 3,
	[ROW_INODE] = 14,
	[ROW_DENTRY] = 4,
	[ROW_MAYBE_DENTRY] = 3,
	[ROW_NAME_INDEX] = 3,
	[ROW_XATTR] = 3,
	[ROW_REVISION] = 20,
	[ROW_GONE] = 2 };

struct recovery {
	struct repair repair;
	sqlite3_stmt *insert[ARRAY_LEN(inserts)];
	struct store_recovered found;
	int64_t rows;
};

static void bind_value(sqlite3_stmt *st, int at, const struct pages_value *v)
{
	if (v->type == PAGES_INTEGER)
		sqlite3_bind_int64(st, at, v->integer);
	else if (v->type == PAGES_TEXT)
		sqlite3_bind_text(st, at, v->data, (int)v->len, SQLITE_STATIC);
	else if (v->type == PAGES_BLOB)
		sqlite3_bind_blob(st, at, v->len ? v->data : "", (int)v->len, SQLITE_STATIC);
}

static bool mode_has_kind(int64_t mode)
{
	return mode >= 0 && mode <= 0xFFFF &&
	       (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISFIFO(mode) ||
		       S_ISSOCK(mode) || S_ISCHR(mode) || S_ISBLK(mode));
}

/* A text that was not committed is worth keeping when it is whole. */
static bool is_worth_it(const struct pages_row *row, enum row_kind kind)
{
	const struct pages_value *hash = &row->values[1], *data = &row->values[2];

	if (row->source != PAGES_STRAY)
		return !row->is_cut || kind == ROW_BODY;
	if (kind == ROW_BODY)
		return !row->is_cut && hash->len == 16 &&
		       text_has_hash(data->data, data->len, hash->data);
	return kind == ROW_REVISION && !row->is_cut;
}

/* A row of the damaged file. What stands there already was found in a better place. */
static int take_row(void *arg, const struct pages_row *row)
{
	enum row_kind kind = row_kind(row);
	struct recovery *v = arg;
	CLEANUP_STMT sqlite3_stmt *st = v->insert[kind];
	int i, r;

	if (kind == ROW_NONE || !is_worth_it(row, kind))
		return 0;
	for (i = 0; i < columns[kind] && i < (int)row->n; i++)
		bind_value(st, i + 1, &row->values[i]);
	if (row->has_rowid)
		sqlite3_bind_int64(st, 1, row->rowid);
	if (kind == ROW_INODE && !mode_has_kind(row->values[1].integer))
		sqlite3_bind_int64(st, 2, S_IFREG | 0600); /* the repair sees what it was */
	r = stmt_run(st, "save a row");
	if (r == 0 && sqlite3_changes(v->repair.k.db) > 0) {
		v->rows++;
		v->found.cut_texts += row->is_cut;
	}
	return r;
}

/*
 * The history knows names and inodes, too: what it says of a place last is there, unless the place or the
 * inode was found elsewhere.
 */
static const char *const from_history[] = {
	/* what looks like a row of the index revision_name, too, but is in no revision */
	"INSERT OR IGNORE INTO dentry (parent, name, inode, seq) SELECT parent, name, inode, inode FROM maybe m "
	"WHERE EXISTS (SELECT 1 FROM inode WHERE id = m.inode) "
	"AND NOT EXISTS (SELECT 1 FROM dentry WHERE inode = m.inode) AND NOT EXISTS "
	"(SELECT 1 FROM revision r WHERE r.rev = m.inode AND r.parent = m.parent AND r.name = m.name)",
	"CREATE TEMP TABLE last AS SELECT max(rev) AS rev, parent, name, op, inode, mode, uid, gid, size, "
	"mtime, body, target FROM revision GROUP BY parent, name",
	"DELETE FROM last WHERE op = 'remove' OR inode < 1 OR inode >= 1 << 62 OR "
	"(mode & 61440) NOT IN (4096, 8192, 16384, 24576, 32768, 40960, 49152)",
	"INSERT OR IGNORE INTO inode (id, mode, uid, gid, nlink, size, atime, mtime, ctime, btime, body, target) "
	"SELECT inode, mode & 65535, uid, gid, iif(mode & 61440 = 16384, 2, 1), size, mtime, mtime, mtime, mtime, "
	"body, target FROM last ORDER BY rev DESC",
	"INSERT OR IGNORE INTO dentry (parent, name, inode) SELECT parent, name, inode FROM last "
	"WHERE mode & 61440 <> 16384 OR NOT EXISTS (SELECT 1 FROM dentry d WHERE d.inode = last.inode) "
	"ORDER BY rev",
	"DROP TABLE last",
	/* names of the history, and of a database of the first schema, have no place yet */
	"UPDATE dentry SET seq = o.n FROM (SELECT parent AS p, name AS m, row_number() OVER "
	"(ORDER BY parent, name) + (SELECT max(1 << 40, max(seq)) FROM dentry) "
	"AS n FROM dentry WHERE seq < 1) o WHERE parent = o.p AND name = o.m",
	"UPDATE sqlite_sequence SET seq = max(seq, (SELECT ifnull(max(seq), 1) FROM dentry)) WHERE name = 'place'",
};

/*
 * Texts that were there for the search index only are not lost: their files have others, or were deleted. The index is
 * not taken along, and all files wait for it.
 */
static const char *const forget_index[] = {
	"DELETE FROM body WHERE id IN (SELECT indexed FROM inode WHERE indexed > 0 AND (body IS NULL OR "
	"body IN (SELECT id FROM body)) UNION SELECT body FROM search_gone) "
	"AND NOT EXISTS (SELECT 1 FROM revision WHERE body = body.id) "
	"AND id NOT IN (SELECT body FROM inode WHERE body NOT NULL)",
	"UPDATE inode SET indexed = NULL WHERE indexed NOT NULL",
	"DELETE FROM search_gone",
};

static int run_each(struct recovery *v, const char *const *statements, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = repair_run(&v->repair, statements[i], NULL, 0);
	return r;
}

static int complete(struct recovery *v)
{
	int r;

	r = run_each(v, from_history, ARRAY_LEN(from_history));
	return r < 0 ? r : run_each(v, forget_index, ARRAY_LEN(forget_index));
}

static int next_lost_text(struct recovery *v, int64_t *ret_body)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(&v->repair.k,
		"SELECT id FROM body b WHERE id > ?1 AND length(data) > 0 AND NOT EXISTS "
		"(SELECT 1 FROM revision WHERE body = b.id) AND NOT EXISTS "
		"(SELECT 1 FROM used WHERE body = b.id) ORDER BY id LIMIT 1",
		&st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, *ret_body);
	r = stmt_row(st, "look for lost texts");
	if (r > 0)
		*ret_body = sqlite3_column_int64(st, 0);
	return r;
}

/* Texts that neither a file nor a version needs. */
static int place_lost_texts(struct recovery *v)
{
	int64_t body = INT64_MIN;
	int r;

	r = repair_run(&v->repair, "CREATE TEMP TABLE used (body INTEGER PRIMARY KEY)", NULL, 0);
	if (r == 0)
		r = repair_run(&v->repair,
			"INSERT OR IGNORE INTO used SELECT body FROM inode WHERE body NOT NULL",
			NULL, 0);
	while (r == 0 && (r = next_lost_text(v, &body)) > 0)
		r = repair_place_text(&v->repair, body, NULL);
	return r;
}

static int count(struct recovery *v)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(&v->repair.k,
		"SELECT (SELECT count(*) FROM inode), (SELECT count(*) FROM body), "
		"(SELECT count(*) FROM revision), (SELECT count(*) FROM dentry WHERE parent = ?1)",
		&st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, v->repair.lost_found);
	r = stmt_row(st, "count what was saved");
	if (r <= 0)
		return r < 0 ? r : -EIO;
	v->found.inodes = sqlite3_column_int64(st, 0);
	v->found.texts = sqlite3_column_int64(st, 1);
	v->found.versions = sqlite3_column_int64(st, 2);
	v->found.lost_found = v->repair.lost_found ? sqlite3_column_int64(st, 3) : 0;
	return 0;
}

static int prepare_inserts(struct recovery *v)
{
	size_t i;
	int r = 0;

	/* illegal names and unknown kinds of versions are mended, not refused */
	if (sqlite3_exec(v->repair.k.db,
		    "PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF; "
		    "PRAGMA recursive_triggers = OFF; DELETE FROM inode; "
		    "CREATE TEMP TABLE maybe (parent INTEGER, name TEXT, inode INTEGER)",
		    NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(v->repair.k.db, "prepare the new database");
	for (i = ROW_NONE + 1; i < ARRAY_LEN(inserts) && r == 0; i++)
		r = check_prepare(&v->repair.k, inserts[i], &v->insert[i]);
	return r;
}

static int take_all(struct recovery *v, struct pages *pages)
{
	int r;

	r = pages_each(pages, take_row, v);
	if (r == 0 && v->rows == 0)
		r = -ENODATA;
	if (r == 0)
		r = complete(v);
	if (r == 0)
		r = repair_tables(&v->repair);
	if (r == 0)
		r = place_lost_texts(v);
	if (r == 0)
		r = repair_apply(&v->repair, repair_sums);
	return r == 0 ? count(v) : r;
}

/* Into the new, empty database @s, in one transaction. */
static int fill(struct store *s, struct pages *pages, struct recovery *v)
{
	struct conn c = { 0 };
	size_t i;
	int r, end;

	r = conn_open(&c, s->path, false, true);
	if (r < 0)
		return r;
	v->repair.k.db = c.db;
	r = prepare_inserts(v);
	if (r == 0)
		r = repair_begin(&v->repair, s, &c);
	if (r == 0)
		r = take_all(v, pages);
	for (i = 0; i < ARRAY_LEN(inserts); i++)
		sqlite3_finalize(v->insert[i]);
	end = repair_end(&v->repair, r == 0);
	conn_close(&c);
	return r == 0 ? end : r;
}

static int explain(const char *path, const char *why, struct buf *ret_why, int err)
{
	buf_done(ret_why);
	return buf_printf(ret_why, "%s: %s", path, why) < 0 ? -ENOMEM : err;
}

/* Make @to, fill it, bring it to the disk. */
static int recover_into(
	struct pages *pages, const char *to, struct recovery *v, struct buf *ret_why)
{
	static const struct store_options options = { 0 };
	struct store *s = NULL;
	int r;

	r = store_create(to, ret_why);
	if (r < 0)
		return r;
	r = store_open(to, &options, &s, ret_why);
	if (r == 0) {
		r = fill(s, pages, v);
		store_close(s); /* the last connection checkpoints */
	}
	if (r == 0)
		r = sync_file(to);
	if (r != 0)
		remove_database(to);
	return r;
}

int store_recover(const char *from, const char *to, store_finding_fn *fn, void *arg,
	struct store_recovered *ret_recovered, struct buf *ret_why)
{
	CLEANUP(pages_closep) struct pages *pages = NULL;
	struct recovery v = { .repair.k = { .fn = fn, .arg = arg } };
	const struct pages_stats *stats;
	int r;

	r = pages_open(from, &pages);
	if (r == -EMEDIUMTYPE)
		return explain(
			from, "not a regular file, or empty; a database is neither", ret_why, r);
	if (r < 0)
		return explain(from, strerror(-r), ret_why, r);
	r = recover_into(pages, to, &v, ret_why);
	if (r == -ENODATA)
		return explain(from, "nothing of a planfs database is in it", ret_why, r);
	if (r != 0)
		return ret_why->len || r > 0 ? r : explain(to, strerror(-r), ret_why, r);
	stats = pages_stats(pages);
	v.found.lost_pages = stats->lost;
	v.found.loose_pages = stats->loose;
	v.found.bad_rows = stats->bad_cells;
	*ret_recovered = v.found;
	return 0;
}
