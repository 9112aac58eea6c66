/* Statements that people type; see planfs/shell.h. */
#include "planfs/shell.h"

#include "store_check_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 2000 /* of SQLite */ };

struct shell {
	struct conn c;
	struct buf ours; /* names that the schema makes, each followed by a NUL */
	bool readonly;
	const char *refusal; /* static; why the authorizer refused */
	struct search_table search;
	volatile bool interrupted; /* since the statement began */
};

/* Changing these would change what the database is, or how others use it. */
static const char *const fixed_pragmas[] = { "application_id", "user_version", "schema_version",
	"journal_mode", "locking_mode", "page_size", "encoding", "auto_vacuum", "writable_schema",
	"trusted_schema", "journal_size_limit", "ignore_check_constraints", "wal_checkpoint" };

static bool is_ours(const struct shell *sh, const char *name)
{
	const char *at;

	for (at = sh->ours.data; at && at < sh->ours.data + sh->ours.len; at += strlen(at) + 1)
		if (sqlite3_stricmp(at, name) == 0)
			return true;
	return false;
}

static int refuse_action(struct shell *sh, const char *why)
{
	sh->refusal = why;
	return SQLITE_DENY;
}

static int authorize_pragma(struct shell *sh, const char *name, const char *value)
{
	size_t i;

	if (value || sqlite3_stricmp(name, "wal_checkpoint") == 0)
		for (i = 0; i < ARRAY_LEN(fixed_pragmas); i++)
			if (sqlite3_stricmp(name, fixed_pragmas[i]) == 0)
				return refuse_action(sh, "planfs keeps this setting");
	return SQLITE_OK;
}

/* @a to @d as sqlite3_set_authorizer() tells them. */
static int authorize(
	void *arg, int action, const char *a, const char *b, const char *db, const char *trigger)
{
	struct shell *sh = arg;

	(void)trigger;
	switch (action) {
	case SQLITE_PRAGMA:
		return authorize_pragma(sh, a, b);
	case SQLITE_ATTACH:
		return sh->readonly ? refuse_action(sh, "nothing is attached with --readonly")
				    : SQLITE_OK;
	case SQLITE_ALTER_TABLE: /* the database comes first */
		return strcmp(a, "main") == 0 && is_ours(sh, b)
			       ? refuse_action(sh, "it belongs to planfs")
			       : SQLITE_OK;
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_VIEW:
	case SQLITE_DROP_INDEX:
	case SQLITE_DROP_TRIGGER:
	case SQLITE_DROP_VTABLE:
		return db && strcmp(db, "main") == 0 && is_ours(sh, a)
			       ? refuse_action(sh, "it belongs to planfs")
			       : SQLITE_OK;
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		return strcmp(a, "search_index") == 0
			       ? refuse_action(sh, "planfs keeps the search index")
			       : SQLITE_OK;
	default:
		return SQLITE_OK;
	}
}

static int add_ours(void *arg, const struct schema_object *object)
{
	struct shell *sh = arg;

	return buf_add(&sh->ours, object->name, strlen(object->name) + 1);
}

/*
 * As another program has it: with triggers, the functions that the views use, and on the disk when a commit returns. The
 * connection knows no function that could do harm.
 */
static int configure(struct shell *sh)
{
	sqlite3 *db = sh->c.db;

	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
	if (sqlite3_exec(db, "PRAGMA trusted_schema = ON; PRAGMA synchronous = FULL", NULL, NULL,
		    NULL) != SQLITE_OK ||
		(sh->readonly &&
			sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL) != SQLITE_OK))
		return store_errno(db, "configure the connection");
	sqlite3_set_authorizer(db, authorize, sh);
	return 0;
}

int shell_open(struct store *s, bool readonly, struct shell **ret_shell)
{
	CLEANUP(shell_closep) struct shell *sh = calloc(1, sizeof(*sh));
	int r;

	if (!sh)
		return -ENOMEM;
	sh->readonly = readonly || s->readonly;
	r = schema_each(add_ours, sh);
	if (r == 0)
		r = conn_open(&sh->c, s->uri.len ? buf_str(&s->uri) : s->path, sh->readonly, false);
	if (r == 0)
		r = configure(sh);
	sh->search = (struct search_table){ s, &sh->interrupted };
	if (r == 0)
		r = search_table_register(sh->c.db, &sh->search);
	if (r < 0)
		return r;
	*ret_shell = sh;
	sh = NULL;
	return 0;
}

void shell_close(struct shell *sh)
{
	if (!sh)
		return;
	conn_close(&sh->c);
	buf_done(&sh->ours);
	free(sh);
}

void shell_interrupt(struct shell *sh)
{
	sh->interrupted = true;
	sqlite3_interrupt(sh->c.db);
}

bool shell_is_complete(const char *sql)
{
	return sqlite3_complete(sql);
}

/* --- rows --- */

static enum shell_type type_of(sqlite3_stmt *st, int i)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		return SHELL_INTEGER;
	case SQLITE_FLOAT:
		return SHELL_REAL;
	case SQLITE_TEXT:
		return SHELL_TEXT;
	case SQLITE_BLOB:
		return SHELL_BLOB;
	default:
		return SHELL_NULL;
	}
}

/* The parts of a row, which SQLite owns until the next step. */
struct parts {
	const char **names;         /* owned */
	struct shell_value *values; /* owned */
	int n;
};

static void parts_done(struct parts *p)
{
	free(p->names);
	free(p->values);
}

static int parts_init(struct parts *p, sqlite3_stmt *st)
{
	int i;

	p->n = sqlite3_column_count(st);
	p->names = calloc((size_t)p->n + 1, sizeof(*p->names));
	p->values = calloc((size_t)p->n + 1, sizeof(*p->values));
	if (!p->names || !p->values)
		return -ENOMEM;
	for (i = 0; i < p->n; i++) {
		p->names[i] = sqlite3_column_name(st, i);
		if (!p->names[i])
			return -ENOMEM;
	}
	return 0;
}

static int parts_fill(struct parts *p, sqlite3_stmt *st)
{
	int i;

	for (i = 0; i < p->n; i++) {
		struct shell_value *v = &p->values[i];

		v->type = type_of(st, i);
		v->data = v->type == SHELL_BLOB ? sqlite3_column_blob(st, i)
						: (const char *)sqlite3_column_text(st, i);
		v->len = (size_t)sqlite3_column_bytes(st, i);
		if (!v->data && v->len == 0 && (v->type == SHELL_NULL || v->type == SHELL_BLOB))
			v->data = "";
		if (!v->data)
			return -ENOMEM;
	}
	return 0;
}

/* Returns what sqlite3_step() said last, and *ret_result: 0, -ENOMEM or the result of @fn. */
static int each_row(sqlite3_stmt *st, shell_row_fn *fn, void *arg, int *ret_result)
{
	CLEANUP(parts_done) struct parts p = { 0 };
	struct shell_row row = { .is_first = true };
	int rc, r = 0;

	while (r == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		r = row.is_first ? parts_init(&p, st) : 0; /* the first step may prepare it anew */
		if (r == 0)
			r = parts_fill(&p, st);
		if (r < 0)
			break;
		row.names = p.names;
		row.values = p.values;
		row.n = (size_t)p.n;
		r = fn(arg, &row);
		row.is_first = false;
	}
	*ret_result = r;
	return rc;
}

/* --- statements --- */

static int explain(struct shell *sh, struct shell_error *ret_error)
{
	sqlite3 *db = sh->c.db;
	int offset = sqlite3_error_offset(db);
	struct shell_error e = { .at = offset > 0 ? (size_t)offset : 0 };
	int r;

	if ((sqlite3_errcode(db) & 0xFF) == SQLITE_INTERRUPT)
		return -EINTR;
	r = buf_add_str(&e.text, sqlite3_errmsg(db));
	if (r == 0 && (sqlite3_errcode(db) & 0xFF) == SQLITE_AUTH && sh->refusal)
		r = buf_printf(&e.text, ": %s", sh->refusal);
	if (r < 0) {
		buf_done(&e.text);
		return r;
	}
	*ret_error = e;
	return -EINVAL;
}

int shell_run(struct shell *sh, const char *sql, shell_row_fn *fn, void *arg, size_t *ret_used,
	struct shell_error *ret_error)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	const char *tail = sql;
	int rc, r = 0;

	sh->refusal = NULL;
	sh->interrupted = false;
	rc = sqlite3_prepare_v2(sh->c.db, sql, -1, &st, &tail);
	if (rc == SQLITE_OK && st)
		rc = each_row(st, fn, arg, &r);
	if (r != 0)
		return r;
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		return explain(sh, ret_error);
	*ret_used = (size_t)(tail - sql);
	return 0;
}
