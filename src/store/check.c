/*
 * Looking for damage: the pages and the schema (check_pages.c), the rules of check_rules.c, every text against
 * its hash, every section as UTF-8. All of it sees one moment, in one read transaction.
 */
#include "store_check_priv.h"

#include "planfs/utf8.h"

#include <errno.h>
#include <inttypes.h>

static int apply_rule(struct check *k, const struct check_rule *rule)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(k, rule->sql, &st);
	while (r == 0 && (r = stmt_row(st, "check the tables")) > 0) {
		struct store_finding finding = { .level = rule->level,
			.kind = rule->kind,
			.text = (const char *)sqlite3_column_text(st, 3) };
		const char *name = (const char *)sqlite3_column_text(st, 1);

		r = check_tell(k, &finding, sqlite3_column_int64(st, name ? 0 : 2), name);
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
	return check_tell(
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
	return check_tell(k, &finding, sqlite3_column_int64(st, 0), name);
}

int check_intact_version(
	struct check *k, int64_t parent, const char *name, int64_t body, int64_t *ret_rev)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int64_t rev = 0;
	int r;

	r = check_prepare(k, check_versions, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	sqlite3_bind_int64(st, 3, body);
	while (rev == 0 && (r = stmt_row(st, "find another version")) > 0)
		if (body_is_intact(st, 1))
			rev = sqlite3_column_int64(st, 0);
	if (r < 0)
		return r;
	*ret_rev = rev;
	return 0;
}

/* About the present text @body of @name in @parent: is there a version to go back to? */
static int describe_bad_text(
	struct check *k, int64_t body, int64_t parent, const char *name, char text[static 128])
{
	int64_t rev;
	int r;

	r = check_intact_version(k, parent, name, body, &rev);
	if (r < 0)
		return r;
	snprintf(text, 128, "the text is not what was written");
	if (rev)
		snprintf(text, 128,
			"the text is not what was written; version %" PRId64 " is intact", rev);
	return 0;
}

static int tell_bad_body(struct check *k, int64_t body)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct store_finding finding = { .level = FINDING_DAMAGE, .kind = "hash" };
	char text[128];
	int r, n = 0;

	r = check_prepare(k, check_owner, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, body);
	while (r == 0 && (r = stmt_row(st, "find the owner of a text")) > 0) {
		int64_t rev = sqlite3_column_int64(st, 2);

		if (rev)
			snprintf(text, sizeof(text),
				"the text of version %" PRId64 " is not what was written", rev);
		else if ((r = describe_bad_text(k, body, sqlite3_column_int64(st, 0),
				  (const char *)sqlite3_column_text(st, 1), text)) < 0)
			return r;
		finding.text = text;
		n++;
		r = check_tell(k, &finding, sqlite3_column_int64(st, 0),
			(const char *)sqlite3_column_text(st, 1));
	}
	if (r < 0 || n > 0)
		return r;
	snprintf(text, sizeof(text),
		"text %" PRId64 ", which nobody needs, is not what was written", body);
	finding.text = text;
	return check_tell(k, &finding, 0, NULL);
}

static int check_hash(struct check *k, sqlite3_stmt *st)
{
	return body_is_intact(st, 1) ? 0 : tell_bad_body(k, sqlite3_column_int64(st, 0));
}

static int each_row(struct check *k, const char *sql, int (*look)(struct check *, sqlite3_stmt *))
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(k, sql, &st);
	while (r == 0 && (r = stmt_row(st, "read the texts")) > 0)
		r = look(k, st);
	return r;
}

static int check_all(struct check *k)
{
	const struct check_rule *rule;
	int r;

	r = check_pages(k);
	if (r == 0 && !k->bad_pages && !k->bad_indices)
		r = check_schema(k);
	if (r != 0 || k->bad_pages || k->bad_indices || k->bad_tables)
		return r;
	for (rule = check_rules; rule->kind && r == 0; rule++)
		r = apply_rule(k, rule);
	if (r == 0)
		r = each_row(k, check_bodies, check_hash);
	if (r == 0)
		r = each_row(k, check_names, check_name);
	if (r == 0)
		r = each_row(k, check_sections, check_text_of_section);
	if (r == 0)
		r = check_search(k);
	return r != 0 ? r : check_sketches(k);
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
		r = check_prepare(&k, check_up, &k.up);
	if (r == 0)
		r = check_all(&k);
	sqlite3_finalize(k.up);
	if (!sqlite3_get_autocommit(k.db) &&
		sqlite3_exec(k.db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK && r == 0)
		r = store_errno(k.db, "end reading");
	reader_put(s, c);
	return r;
}
