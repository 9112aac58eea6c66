/*
 * Mending what the check calls damage, as far as no text is lost by it: in one transaction, after a copy of
 * the database. First the schema and the values, then single inodes (repair_rules.c), then names
 * (repair_rows.c), the tree (repair_tree.c, repair_lost.c), and what follows from it.
 */
#include "store_backup_priv.h"
#include "store_check_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int repair_tell(struct repair *p, const char *kind, int64_t id, const char *name, const char *text)
{
	struct store_finding finding = { .level = FINDING_MENDED, .kind = kind, .text = text };

	p->mended++;
	return p->is_trial ? 0 : check_tell(&p->k, &finding, id, name);
}

int repair_run(struct repair *p, const char *sql, const int64_t *values, int n)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int i, r;

	r = check_prepare(&p->k, sql, &st);
	if (r < 0)
		return r;
	for (i = 0; i < n; i++)
		sqlite3_bind_int64(st, i + 1, values[i]);
	return stmt_run(st, "repair");
}

static int tell_rows(struct repair *p, const struct repair_rule *rule, unsigned *ret_rows)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	*ret_rows = 0;
	r = check_prepare(&p->k, rule->find, &st);
	while (r == 0 && (r = stmt_row(st, "look for damage")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 1);
		const char *text = (const char *)sqlite3_column_text(st, 3);

		++*ret_rows;
		r = repair_tell(p, rule->kind, sqlite3_column_int64(st, name ? 0 : 2), name,
			text ? text : "was damaged");
	}
	return r;
}

/* The owner of what is made: that of the root directory, or whoever repairs. */
static int find_owner(struct repair *p)
{
	struct inode root;
	int r;

	r = conn_get(p->t.c, STORE_ROOT, &root);
	if (r < 0 && r != -ENOENT)
		return r;
	p->uid = r == 0 ? root.uid : getuid();
	p->gid = r == 0 ? root.gid : getgid();
	return 0;
}

int repair_apply(struct repair *p, const struct repair_rule *rules)
{
	const struct repair_rule *rule;
	unsigned rows;
	int r = 0;

	for (rule = rules; rule->kind && r == 0; rule++) {
		CLEANUP_FINALIZE sqlite3_stmt *st = NULL;

		r = tell_rows(p, rule, &rows);
		if (r != 0 || rows == 0)
			continue;
		r = check_prepare(&p->k, rule->mend, &st);
		if (r < 0)
			return r;
		/* those that it does not have are refused with SQLITE_RANGE, which says nothing */
		sqlite3_bind_int64(st, 1, p->t.now);
		sqlite3_bind_int64(st, 2, p->uid);
		sqlite3_bind_int64(st, 3, p->gid);
		r = stmt_run(st, "repair");
	}
	return r;
}

/* --- the schema --- */

/* Dropping a view drops its triggers: all views, triggers and indices are made anew. */
static int replace_object(void *arg, const struct schema_object *wanted)
{
	struct repair *p = arg;
	CLEANUP(buf_done) struct buf drop = { 0 };
	char *errors = NULL;
	int r;

	if (strcmp(wanted->type, "table") == 0)
		return 0;
	/* the names are those of our own schema */
	r = buf_printf(&drop, "DROP %s IF EXISTS \"%s\"", wanted->type, wanted->name);
	if (r < 0)
		return r;
	if (sqlite3_exec(p->k.db, buf_str(&drop), NULL, NULL, &errors) != SQLITE_OK ||
		sqlite3_exec(p->k.db, wanted->sql, NULL, NULL, &errors) != SQLITE_OK)
		r = store_errno(p->k.db, "make the schema anew");
	sqlite3_free(errors);
	return r;
}

static int replace_schema(struct repair *p)
{
	int r;

	r = schema_each(replace_object, p);
	return r < 0 ? r
		     : repair_tell(
			       p, "schema", 0, NULL, "views, triggers and indices were made anew");
}

static int ignore_finding(void *arg, const struct store_finding *finding)
{
	(void)arg, (void)finding;
	return 0;
}

/* Can the tables be believed, perhaps after REINDEX, but for those of the search index? Returns 0, or -EUCLEAN. */
static int mend_pages(struct repair *p, bool *ret_bad_search)
{
	struct check look = p->k;
	int r;

	look.fn = ignore_finding;
	r = check_pages(&look);
	if (r == 0 && look.bad_indices && !look.bad_pages) {
		look.bad_indices = false;
		if (sqlite3_exec(p->k.db, "REINDEX", NULL, NULL, NULL) != SQLITE_OK)
			return store_errno(p->k.db, "build the indices anew");
		r = check_pages(&look);
		if (r == 0)
			r = repair_tell(p, "index", 0, NULL, "the indices were built anew");
	}
	if (r == 0 && !look.bad_pages && !look.bad_indices)
		r = check_schema(&look);
	if (r != 0)
		return r;
	if (look.bad_pages || look.bad_indices || look.bad_tables)
		return -EUCLEAN;
	*ret_bad_search = look.bad_search;
	return look.bad_schema ? replace_schema(p) : 0;
}

/* --- all of it --- */

int repair_tables(struct repair *p)
{
	int r;

	r = repair_apply(p, repair_values);
	if (r == 0)
		r = find_owner(p);
	if (r == 0)
		r = repair_numbers(p);
	if (r == 0)
		r = repair_apply(p, repair_inodes);
	if (r == 0)
		r = repair_missing_inodes(p);
	if (r == 0)
		r = repair_apply(p, repair_places);
	if (r == 0)
		r = repair_names(p);
	if (r == 0)
		r = repair_tree(p);
	if (r == 0)
		r = repair_apply(p, repair_sums);
	if (r == 0)
		r = repair_run(p, repair_sequences, NULL, 0);
	if (r == 0)
		r = repair_run(p, repair_highest, NULL, 0);
	return r != 0 ? r : repair_apply(p, repair_history);
}

int repair_begin(struct repair *p, struct store *s, struct conn *c)
{
	*p = (struct repair){
		.k = { .db = c->db, .fn = p->k.fn, .arg = p->k.arg },
		.t = { .s = s, .c = c, .author = "planfs repair", .now = store_now() },
		.is_trial = p->is_trial,
	};
	sqlite3_busy_timeout(c->db, 5000);
	if (sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(c->db, "begin the repair");
	return check_prepare(&p->k, check_up, &p->k.up);
}

int repair_end(struct repair *p, bool commit)
{
	int r = 0;

	sqlite3_finalize(p->k.up);
	p->k.up = NULL;
	if (commit && sqlite3_exec(p->k.db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		r = store_errno(p->k.db, "commit the repair");
	if (!sqlite3_get_autocommit(p->k.db) &&
		sqlite3_exec(p->k.db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK && r == 0)
		r = store_errno(p->k.db, "take the repair back");
	return r;
}

/* On a connection of its own. Returns how much was mended, or would be, or -Exxx. */
static int repair(struct store *s, bool is_trial, store_finding_fn *fn, void *arg)
{
	struct repair p = { .k = { .fn = fn, .arg = arg }, .is_trial = is_trial };
	struct conn c = { 0 };
	bool bad_search = false;
	int r, end;

	r = conn_open(&c, s->path, false, true);
	if (r < 0)
		return r;
	if (sqlite3_exec(c.db, "PRAGMA synchronous = FULL", NULL, NULL, NULL) != SQLITE_OK)
		r = store_errno(c.db, "configure the connection");
	if (r == 0)
		r = repair_begin(&p, s, &c);
	if (r == 0)
		r = mend_pages(&p, &bad_search);
	if (r == 0)
		r = repair_tables(&p);
	if (r == 0)
		r = repair_search(&p, bad_search);
	if (r == 0)
		r = repair_sketches(&p);
	end = repair_end(&p, r == 0 && !is_trial);
	conn_close(&c);
	if (r == 0)
		r = end;
	return r < 0 ? r : (int)(p.mended < INT32_MAX ? p.mended : INT32_MAX);
}

/* "plans.db.before-repair-2026-11-26T10.15.02", with a number when that is taken. */
static int copy_before(struct store *s, struct buf *ret_path)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int n, r = -EEXIST;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H.%M.%S", localtime_r(&now, &tm));
	for (n = 1; n < 100 && r == -EEXIST; n++) {
		CLEANUP(buf_done) struct buf path = { 0 };

		r = buf_printf(&path, "%s.before-repair-%s", s->path, stamp);
		if (r == 0 && n > 1)
			r = buf_printf(&path, "-%d", n);
		if (r == 0)
			r = store_copy(s, buf_str(&path));
		if (r == 0) {
			buf_done(ret_path);
			*ret_path = buf_steal(&path);
		}
	}
	return r;
}

int store_repair(struct store *s, store_finding_fn *fn, void *arg, struct buf *ret_copy)
{
	int r;

	r = repair(s, true, fn, arg);
	if (r <= 0)
		return r;
	r = copy_before(s, ret_copy);
	return r < 0 ? r : repair(s, false, fn, arg);
}
