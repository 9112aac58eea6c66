/* Where a check finds the texts of a state (look.h). */
#include "look.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char look_tree_sql[] =
	"WITH RECURSIVE t(id, path) AS (SELECT inode, name FROM dentry WHERE parent = 1 "
	"UNION ALL SELECT d.inode, t.path || '/' || d.name FROM dentry d JOIN t ON d.parent = t.id) "
	"SELECT t.path, CASE i.kind WHEN 'dir' THEN NULL ELSE coalesce(b.data, x'') END "
	"FROM t JOIN inode i ON i.id = t.id LEFT JOIN body b ON b.id = i.body";

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct look_row *)a)->path, ((const struct look_row *)b)->path);
}

void look_rows_done(struct look_rows *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		free(r->rows[i].path);
		free(r->rows[i].body);
	}
	free(r->rows);
	*r = (struct look_rows){ 0 };
}

static void add_row(struct look_rows *r, sqlite3_stmt *st)
{
	struct look_row row = { .path = strdup((const char *)sqlite3_column_text(st, 0)) };

	if (sqlite3_column_type(st, 1) != SQLITE_NULL) {
		const void *body = sqlite3_column_blob(st, 1);

		row.len = (size_t)sqlite3_column_bytes(st, 1);
		row.body = must_realloc(NULL, row.len + 1);
		if (row.len > 0)
			memcpy(row.body, body, row.len);
	}
	if (r->count == r->capacity) {
		r->capacity = r->capacity ? 2 * r->capacity : 256;
		r->rows = must_realloc(r->rows, r->capacity * sizeof(r->rows[0]));
	}
	r->rows[r->count++] = row;
}

struct text_token look_at_rows(void *ctx, const char *name, const char *path)
{
	const struct look_rows *r = ctx;
	struct look_row want = { .path = (char *)(uintptr_t)path };
	const struct look_row *found;

	found = r->count ? bsearch(&want, r->rows, r->count, sizeof(want), compare_rows) : NULL;
	if (!found)
		return (struct text_token){ .kind = TEXT_ABSENT };
	if (!found->body)
		return (struct text_token){ .kind = TEXT_DIR };
	return text_parse(name, found->body, found->len);
}

struct text_token look_at_mount(void *ctx, const char *name, const char *path)
{
	struct text_token t = { .kind = TEXT_ABSENT };
	static char data[1 << 20];
	char full[4096];
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", (const char *)ctx, path);
	if (lstat(full, &st) < 0)
		return t;
	if (S_ISDIR(st.st_mode))
		return (struct text_token){ .kind = TEXT_DIR };
	fd = open(full, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, data, sizeof(data));
	close(fd);
	return n < 0 ? (struct text_token){ .kind = TEXT_TORN } : text_parse(name, data, (size_t)n);
}

static bool integrity_is_ok(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	bool ok = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &st, NULL) == SQLITE_OK &&
		  sqlite3_step(st) == SQLITE_ROW &&
		  strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;

	sqlite3_finalize(st);
	return ok;
}

bool look_read_database(const char *path, const char *sql, struct look_rows *rows, FILE *report)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	bool ok;
	int r;

	r = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	ok = r == SQLITE_OK && integrity_is_ok(db);
	if (ok && sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK) {
		while ((r = sqlite3_step(st)) == SQLITE_ROW)
			add_row(rows, st);
		ok = r == SQLITE_DONE;
	}
	if (!ok)
		fprintf(report, "  corrupt: %s\n", sqlite3_errmsg(db));
	sqlite3_finalize(st);
	sqlite3_close(db);
	if (rows->count)
		qsort(rows->rows, rows->count, sizeof(rows->rows[0]), compare_rows);
	return ok;
}
