/* What other processes changed, and numbers about the database. */
#include "store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int feed_rows(struct store *s, struct conn *c, int64_t *rev, store_feed_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_FEED);
	int seen = 0, r;

	sqlite3_bind_int64(st, 1, *rev);
	while ((r = stmt_row(st, "read the revisions")) > 0) {
		const struct store_feed change = {
			.rev = sqlite3_column_int64(st, 0),
			.op = (const char *)sqlite3_column_text(st, 1),
			.parent = sqlite3_column_int64(st, 2),
			.inode = sqlite3_column_int64(st, 3),
			.name = (const char *)sqlite3_column_text(st, 4),
			.names_changed = sqlite3_column_int(st, 6),
		};
		bool ours = sqlite3_column_type(st, 5) != SQLITE_NULL &&
			    sqlite3_column_int64(st, 5) == s->origin;

		*rev = change.rev;
		seen++;
		if (!ours && change.op && change.name)
			fn(arg, &change);
	}
	return r < 0 ? r : seen;
}

static int one_number(struct conn *c, enum sql_id id, int64_t *ret_number)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, id);
	int r;

	r = stmt_row(st, "read a number");
	if (r < 0)
		return r;
	*ret_number = r > 0 ? sqlite3_column_int64(st, 0) : 0;
	return 0;
}

/* The database may have been overwritten with an older copy: begin with what it has now. */
static int step_back(struct conn *c, int64_t *rev)
{
	int64_t newest = 0;
	int r;

	r = one_number(c, SQL_MAX_REV, &newest);
	if (r == 0 && newest < *rev)
		*rev = newest;
	return r;
}

int store_feed(struct store *s, int64_t *rev, store_feed_fn *fn, void *arg)
{
	/* Writing once repairs a WAL index that a dying program left behind. */
	static const struct change poke = { .apply = change_nothing, .wait_ms = 100 };
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = feed_rows(s, c, rev, fn, arg);
	if (r == 0)
		r = step_back(c, rev);
	reader_put(s, c);
	if (r == -EBUSY && !s->readonly)
		r = store_change(s, &poke);
	return r;
}

static int64_t file_bytes(const char *path, const char *suffix)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct stat st;

	if (buf_printf(&name, "%s%s", path, suffix) < 0 || stat(buf_str(&name), &st) < 0)
		return 0;
	return st.st_size;
}

int store_get_status(struct store *s, struct store_status *ret_status)
{
	struct store_status status = { .schema_version = schema_version() };
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = one_number(c, SQL_MAX_REV, &status.revision);
	if (r == 0)
		r = one_number(c, SQL_MAX_INODE, &status.inodes);
	reader_put(s, c);
	if (r < 0)
		return r;
	status.file_size = file_bytes(s->path, "");
	status.wal_size = file_bytes(s->path, "-wal");
	*ret_status = status;
	return 0;
}

int store_count(struct store *s, struct store_counts *ret_counts)
{
	static const char *const queries[] = {
		"SELECT count(*) FROM dentry WHERE parent = 1 AND (name GLOB '[0-9][0-9][0-9][0-9]' "
		"OR name = '未知年份')",
		"SELECT count(*) FROM district_dir",
		"SELECT count(*) FROM plan_dir",
		"SELECT count(*) FROM plan_dir p CROSS JOIN dentry f ON f.parent = p.inode "
		"WHERE f.name GLOB '?*.txt' AND f.name NOT GLOB '[.#~]*'",
		"SELECT count(*) FROM plan_dir p CROSS JOIN revision r ON r.parent = p.inode "
		"WHERE r.name GLOB '?*.txt' AND r.op IN ('create', 'save', 'rename')",
	};
	int64_t numbers[ARRAY_LEN(queries)] = { 0 };
	struct conn *c;
	size_t i;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	for (i = 0; i < ARRAY_LEN(queries) && r == 0; i++) {
		CLEANUP_FINALIZE sqlite3_stmt *st = NULL;

		if (sqlite3_prepare_v2(c->db, queries[i], -1, &st, NULL) != SQLITE_OK)
			r = store_errno(c->db, "count");
		else if (stmt_row(st, "count") < 0)
			r = -EIO;
		else
			numbers[i] = sqlite3_column_int64(st, 0);
	}
	reader_put(s, c);
	if (r < 0)
		return r;
	*ret_counts =
		(struct store_counts){ numbers[0], numbers[1], numbers[2], numbers[3], numbers[4] };
	return 0;
}
