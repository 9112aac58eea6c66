/*
 * What must hold before the tables can be believed: the pages of the file, the indices, the types of the
 * values, and that tables, views and triggers are those that planfs makes.
 */
#include "store_check_priv.h"

#include <errno.h>
#include <string.h>

enum { PAGE_FINDINGS_MAX = 20 };

static int tell(struct check *k, const char *kind, const char *text)
{
	const struct store_finding finding = {
		.level = FINDING_DAMAGE, .kind = kind, .path = "", .text = text
	};

	return k->fn(k->arg, &finding);
}

/* What SQLite says about the contents of a table that can be read all the same. */
static bool is_about_value(const char *text)
{
	return strstr(text, " value in ") || strncmp(text, "CHECK constraint", 16) == 0;
}

static bool is_about_index(const char *text)
{
	return strstr(text, " missing from index ") || strstr(text, "entries in index ") ||
	       strstr(text, "non-unique entry in index ");
}

static int sort_finding(struct check *k, const char *text)
{
	if (is_about_value(text))
		return tell(k, "value", text);
	if (is_about_index(text)) {
		k->bad_indices = true;
		return tell(k, "index", text);
	}
	k->bad_pages = true;
	return tell(k, "pages", text);
}

static int run_integrity_check(struct check *k)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	char pragma[64];
	int r = 0, rc;

	snprintf(pragma, sizeof(pragma), "PRAGMA integrity_check(%d)", PAGE_FINDINGS_MAX);
	rc = sqlite3_prepare_v2(k->db, pragma, -1, &st, NULL);
	while (rc == SQLITE_OK && r == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		if (text && strcmp(text, "ok") != 0)
			r = sort_finding(k, text);
		rc = SQLITE_OK;
	}
	if (r != 0 || rc == SQLITE_OK || rc == SQLITE_DONE)
		return r;
	/* when too much is wrong, it fails instead of telling */
	if ((rc & 0xFF) != SQLITE_CORRUPT && (rc & 0xFF) != SQLITE_NOTADB)
		return store_errno(k->db, "check the pages");
	k->bad_pages = true;
	return tell(k, "pages", sqlite3_errmsg(k->db));
}

/* Without the constraints of the tables: the rules tell of them in better words, with a path. */
int check_pages(struct check *k)
{
	int r;

	if (sqlite3_exec(k->db, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL) !=
		SQLITE_OK)
		return store_errno(k->db, "check the pages");
	r = run_integrity_check(k);
	sqlite3_exec(k->db, "PRAGMA ignore_check_constraints = OFF", NULL, NULL, NULL);
	return r;
}

/* What one of ours is called @name and @type in @db. Returns 1 and *ret_sql, or 0. */
static int find_object(sqlite3 *db, const char *type, const char *name, struct buf *ret_sql)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	if (sqlite3_prepare_v2(db,
		    "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2 AND sql NOT NULL",
		    -1, &st, NULL) != SQLITE_OK)
		return store_errno(db, "read the schema");
	bind_text(st, 1, type);
	bind_text(st, 2, name);
	r = stmt_row(st, "read the schema");
	if (r <= 0)
		return r;
	r = buf_add(ret_sql, sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	return r < 0 ? r : 1;
}

static int compare_object(void *arg, const struct schema_object *wanted)
{
	const char *type = wanted->type, *name = wanted->name;
	CLEANUP(buf_done) struct buf sql = { 0 };
	struct check *k = arg;
	char text[160];
	int r;

	r = find_object(k->db, type, name, &sql);
	if (r < 0 || (r > 0 && strcmp(buf_str(&sql), wanted->sql) == 0))
		return r < 0 ? r : 0;
	snprintf(text, sizeof(text), "the %s %s %s", type, name,
		r ? "is not the one that planfs makes" : "is missing");
	if (strncmp(name, "search_index", 12) == 0) {
		k->bad_search = true;
		buf_done(&sql);
		r = buf_printf(&sql, "%s; 'planfs reindex' makes the search index anew", text);
		return r < 0 ? r : tell(k, "search", buf_str(&sql));
	}
	k->bad_tables |= strcmp(type, "table") == 0;
	k->bad_schema = true;
	return tell(k, "schema", text);
}

/* An empty database in memory with the schema of this program. */
static int open_reference(sqlite3 **ret_db)
{
	sqlite3 *db = NULL;
	int r;

	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		r = -ENOMEM;
	else
		r = tokenizer_register(db);
	if (r == 0)
		r = schema_upgrade(db, 0);
	if (r < 0)
		sqlite3_close(db);
	else
		*ret_db = db;
	return r;
}

int schema_each(schema_object_fn *fn, void *arg)
{
	CLEANUP(sqlite_closep) sqlite3 *reference = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = open_reference(&reference);
	if (r < 0)
		return r;
	if (sqlite3_prepare_v2(reference, schema_objects, -1, &st, NULL) != SQLITE_OK)
		return store_errno(reference, "read the schema");
	while ((r = stmt_row(st, "read the schema")) > 0) {
		const struct schema_object o = {
			.type = (const char *)sqlite3_column_text(st, 0),
			.name = (const char *)sqlite3_column_text(st, 1),
			.sql = (const char *)sqlite3_column_text(st, 2),
		};

		r = o.type && o.name && o.sql ? fn(arg, &o) : -ENOMEM;
		if (r != 0)
			return r;
	}
	return r;
}

int check_schema(struct check *k)
{
	return schema_each(compare_object, k);
}
