/*
 * Looking for damage: SQLite's own check of the pages, the rules of check_rules.c, every text against
 * its hash, every section as UTF-8. All of it sees one moment, in one read transaction.
 */
#include "store_priv.h"

#include "planfs/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

enum { PATH_DEPTH_MAX = 200, PAGE_FINDINGS_MAX = 20 };

struct check {
	sqlite3 *db;
	sqlite3_stmt *up; /* parent and name of inode ?1 */
	store_finding_fn *fn;
	void *arg;
	bool damaged_pages;
};

static int prepare(struct check *k, const char *sql, sqlite3_stmt **ret_st)
{
	if (sqlite3_prepare_v2(k->db, sql, -1, ret_st, NULL) != SQLITE_OK)
		return store_errno(k->db, "check the database");
	return 0;
}

/* Put @name before *path. */
static int prefix(struct buf *path, const char *name)
{
	CLEANUP(buf_done) struct buf longer = { 0 };
	int r;

	r = buf_printf(&longer, "%s%s%s", name, path->len ? "/" : "", buf_str(path));
	if (r < 0)
		return r;
	buf_done(path);
	*path = buf_steal(&longer);
	return 0;
}

/* Put the path of directory @id before *path; what cannot be reached begins with "inode N". */
static int prefix_dirs(struct check *k, int64_t id, struct buf *path)
{
	char number[32];
	int depth, r;

	for (depth = 0; id != STORE_ROOT && depth < PATH_DEPTH_MAX; depth++) {
		CLEANUP_STMT sqlite3_stmt *st = k->up;

		sqlite3_bind_int64(st, 1, id);
		r = stmt_row(st, "find a path");
		if (r <= 0)
			break;
		r = prefix(path, (const char *)sqlite3_column_text(st, 1));
		if (r < 0)
			return r;
		id = sqlite3_column_int64(st, 0);
	}
	if (id == STORE_ROOT)
		return 0;
	snprintf(number, sizeof(number), "inode %" PRId64, id);
	return prefix(path, number);
}

/* Tell of a finding about @name in @parent, or about inode @id when @name is NULL; 0: neither. */
static int tell(struct check *k, struct store_finding *finding, int64_t id, const char *name)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	int r = 0;

	if (name)
		r = prefix(&path, name);
	if (r == 0 && id)
		r = prefix_dirs(k, id, &path);
	if (r == 0 && id == STORE_ROOT && path.len == 0)
		r = buf_add_str(&path, "/");
	if (r < 0)
		return r;
	finding->path = buf_str(&path);
	return k->fn(k->arg, finding);
}

static int tell_pages(struct check *k, const char *text)
{
	const struct store_finding finding = {
		.level = FINDING_DAMAGE, .kind = "pages", .path = "", .text = text
	};

	k->damaged_pages = true;
	return k->fn(k->arg, &finding);
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
			r = tell_pages(k, text);
		rc = SQLITE_OK;
	}
	if (r != 0 || rc == SQLITE_OK || rc == SQLITE_DONE)
		return r;
	/* when too much is wrong, it fails instead of telling */
	if ((rc & 0xFF) == SQLITE_CORRUPT || (rc & 0xFF) == SQLITE_NOTADB)
		return tell_pages(k, sqlite3_errmsg(k->db));
	return store_errno(k->db, "check the pages");
}

/* Without the constraints of the tables: the rules tell of them in better words, with a path. */
static int check_pages(struct check *k)
{
	int r;

	if (sqlite3_exec(k->db, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL) !=
		SQLITE_OK)
		return store_errno(k->db, "check the pages");
	r = run_integrity_check(k);
	sqlite3_exec(k->db, "PRAGMA ignore_check_constraints = OFF", NULL, NULL, NULL);
	return r;
}

static int apply_rule(struct check *k, const struct check_rule *rule)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = prepare(k, rule->sql, &st);
	while (r == 0 && (r = stmt_row(st, "check the tables")) > 0) {
		struct store_finding finding = { .level = rule->level,
			.kind = rule->kind,
			.text = (const char *)sqlite3_column_text(st, 3) };
		const char *name = (const char *)sqlite3_column_text(st, 1);

		r = tell(k, &finding, sqlite3_column_int64(st, name ? 0 : 2), name);
	}
	return r;
}

static int check_text_of_section(struct check *k, sqlite3_stmt *st)
{
	const char *data = sqlite3_column_blob(st, 2);
	size_t len = (size_t)sqlite3_column_bytes(st, 2), bad, line = 1, i;
	struct store_finding finding = { .level = FINDING_WARNING, .kind = "utf8" };
	char text[128];

	if (utf8_is_valid(data, len, &bad))
		return 0;
	for (i = 0; i < bad; i++)
		line += data[i] == '\n';
	snprintf(text, sizeof(text),
		"is not UTF-8 (line %zu, byte %zu of the file); searches miss it", line, bad + 1);
	finding.text = text;
	return tell(
		k, &finding, sqlite3_column_int64(st, 0), (const char *)sqlite3_column_text(st, 1));
}

static int check_name(struct check *k, sqlite3_stmt *st)
{
	struct store_finding finding = {
		.level = FINDING_WARNING, .kind = "utf8", .text = "the name is not UTF-8"
	};
	const char *name = (const char *)sqlite3_column_text(st, 1);

	if (!name || utf8_is_valid(name, (size_t)sqlite3_column_bytes(st, 1), NULL))
		return 0;
	return tell(k, &finding, sqlite3_column_int64(st, 0), name);
}

static int tell_bad_body(struct check *k, int64_t body)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct store_finding finding = { .level = FINDING_DAMAGE, .kind = "hash" };
	char text[128];
	int r, n = 0;

	r = prepare(k, check_owner, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, body);
	while (r == 0 && (r = stmt_row(st, "find the owner of a text")) > 0) {
		int64_t rev = sqlite3_column_int64(st, 2);

		if (rev)
			snprintf(text, sizeof(text),
				"the text of version %" PRId64 " is not what was written", rev);
		else
			snprintf(text, sizeof(text), "the text is not what was written");
		finding.text = text;
		n++;
		r = tell(k, &finding, sqlite3_column_int64(st, 0),
			(const char *)sqlite3_column_text(st, 1));
	}
	if (r < 0 || n > 0)
		return r;
	snprintf(text, sizeof(text),
		"text %" PRId64 ", which nobody needs, is not what was written", body);
	finding.text = text;
	return tell(k, &finding, 0, NULL);
}

static int check_hash(struct check *k, sqlite3_stmt *st)
{
	const void *hash = sqlite3_column_blob(st, 1);
	XXH128_canonical_t real;

	XXH128_canonicalFromHash(&real,
		XXH3_128bits(sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2)));
	if (sqlite3_column_bytes(st, 1) == sizeof(real) && memcmp(hash, &real, sizeof(real)) == 0)
		return 0;
	return tell_bad_body(k, sqlite3_column_int64(st, 0));
}

static int each_row(struct check *k, const char *sql, int (*look)(struct check *, sqlite3_stmt *))
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = prepare(k, sql, &st);
	while (r == 0 && (r = stmt_row(st, "read the texts")) > 0)
		r = look(k, st);
	return r;
}

static int check_all(struct check *k)
{
	const struct check_rule *rule;
	int r;

	r = check_pages(k);
	if (r != 0 || k->damaged_pages)
		return r;
	for (rule = check_rules; rule->kind && r == 0; rule++)
		r = apply_rule(k, rule);
	if (r == 0)
		r = each_row(k, check_bodies, check_hash);
	if (r == 0)
		r = each_row(k, check_names, check_name);
	return r != 0 ? r : each_row(k, check_sections, check_text_of_section);
}

int store_check(struct store *s, store_finding_fn *fn, void *arg)
{
	struct check k = { .fn = fn, .arg = arg };
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	k.db = c->db;
	if (sqlite3_exec(k.db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		r = store_errno(k.db, "begin to read");
	if (r == 0)
		r = prepare(&k, "SELECT parent, name FROM dentry WHERE inode = ?1 LIMIT 1", &k.up);
	if (r == 0)
		r = check_all(&k);
	sqlite3_finalize(k.up);
	if (!sqlite3_get_autocommit(k.db) &&
		sqlite3_exec(k.db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK && r == 0)
		r = store_errno(k.db, "end reading");
	reader_put(s, c);
	return r;
}
