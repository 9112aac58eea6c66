/*
 * The table "search" of planfs/shell.h: a row for each section that a query finds, the newest year first. What it shows is
 * committed.
 */
#include "search_rows_priv.h"
#include "store_priv.h"

#include <errno.h>
#include <string.h>

enum column {
	COLUMN_YEAR,
	COLUMN_DISTRICT,
	COLUMN_PLAN,
	COLUMN_NAME,
	COLUMN_PATH,
	COLUMN_LINE,
	COLUMN_TEXT,
	COLUMN_HITS,
	COLUMN_BODY,
	COLUMN_INODE,
	COLUMN_SEARCH
};

static const char declaration[] =
	"CREATE TABLE x (year TEXT, district TEXT, plan TEXT, name TEXT, path TEXT, line INTEGER, "
	"text TEXT, hits INTEGER, body TEXT, inode INTEGER, search HIDDEN)";

enum { NO_QUERY = 1 << LIMITS }; /* besides the enum search_limit */

struct table {
	sqlite3_vtab base;
	const struct search_table *what;
};

struct cursor {
	sqlite3_vtab_cursor base;
	struct search_rows rows;
};

/* --- the table --- */

static int table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
	sqlite3_vtab **ret_table, char **ret_why)
{
	struct table *t;
	int rc;

	(void)argc;
	(void)argv;
	(void)ret_why;
	rc = sqlite3_declare_vtab(db, declaration);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_vtab_config(
		db, SQLITE_VTAB_DIRECTONLY); /* a trigger with it would break other programs */
	t = sqlite3_malloc(sizeof(*t));
	if (!t)
		return SQLITE_NOMEM;
	*t = (struct table){ .what = aux };
	*ret_table = &t->base;
	return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *base)
{
	sqlite3_free(base);
	return SQLITE_OK;
}

static int say(sqlite3_vtab *base, const char *words)
{
	sqlite3_free(base->zErrMsg);
	base->zErrMsg = sqlite3_malloc64(strlen(words) + 1);
	if (base->zErrMsg)
		strcpy(base->zErrMsg, words);
	return SQLITE_ERROR;
}

static int error_code(sqlite3_vtab *base, int err)
{
	if (err == 0)
		return SQLITE_OK;
	if (err == -EINTR)
		return SQLITE_INTERRUPT;
	return err == -ENOMEM ? SQLITE_NOMEM : say(base, strerror(-err));
}

/* Which limit a constraint is, 0: none. */
static int limit_of(const struct sqlite3_index_constraint *k)
{
	static const struct {
		int column, op, limit;
	} limits[] = { { COLUMN_YEAR, SQLITE_INDEX_CONSTRAINT_EQ, LIMIT_YEAR },
		{ COLUMN_DISTRICT, SQLITE_INDEX_CONSTRAINT_EQ, LIMIT_DISTRICT },
		{ COLUMN_PLAN, SQLITE_INDEX_CONSTRAINT_EQ, LIMIT_PLAN },
		{ COLUMN_YEAR, SQLITE_INDEX_CONSTRAINT_GE, LIMIT_FROM },
		{ COLUMN_YEAR, SQLITE_INDEX_CONSTRAINT_GT, LIMIT_FROM },
		{ COLUMN_YEAR, SQLITE_INDEX_CONSTRAINT_LE, LIMIT_TO },
		{ COLUMN_YEAR, SQLITE_INDEX_CONSTRAINT_LT, LIMIT_TO } };
	size_t i;

	for (i = 0; i < ARRAY_LEN(limits); i++)
		if (limits[i].column == k->iColumn && limits[i].op == k->op)
			return limits[i].limit;
	return 0;
}

static bool is_query(const struct sqlite3_index_constraint *k)
{
	return k->iColumn == COLUMN_SEARCH &&
	       (k->op == SQLITE_INDEX_CONSTRAINT_MATCH || k->op == SQLITE_INDEX_CONSTRAINT_EQ);
}

/* Returns the constraint with the query, or -1; *ret_any: there is one that cannot be used in this order of tables. */
static int find_query(const sqlite3_index_info *info, bool *ret_any)
{
	int i, found = -1;

	*ret_any = false;
	for (i = 0; i < info->nConstraint; i++) {
		*ret_any |= is_query(&info->aConstraint[i]);
		if (is_query(&info->aConstraint[i]) && info->aConstraint[i].usable)
			found = i;
	}
	return found;
}

/* SQLite compares all limits again, because they may let too much through. */
static void use_limits(sqlite3_index_info *info, int argument)
{
	int limit, i;

	for (limit = 1; limit < NO_QUERY; limit <<= 1)
		for (i = 0; i < info->nConstraint; i++) {
			if (!info->aConstraint[i].usable || (info->idxNum & limit) ||
				limit_of(&info->aConstraint[i]) != limit ||
				strcmp(sqlite3_vtab_collation(info, i), "BINARY") != 0)
				continue;
			info->aConstraintUsage[i].argvIndex = argument++;
			info->idxNum |= limit;
			info->estimatedCost /= 10;
		}
}

/*
 * SQLite also asks for a way without the query, when it thinks of one for a part of an OR: one that it will not take
 * if it has a choice.
 */
static int table_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	int query;
	bool any;

	(void)base;
	query = find_query(info, &any);
	if (any && query < 0)
		return SQLITE_CONSTRAINT;
	if (query < 0) {
		info->idxNum = NO_QUERY;
		info->estimatedCost = 1e12;
		return SQLITE_OK;
	}
	info->aConstraintUsage[query].argvIndex = 1;
	info->aConstraintUsage[query].omit = 1;
	info->estimatedCost = 1e5;
	use_limits(info, 2);
	info->estimatedRows = (sqlite3_int64)info->estimatedCost;
	return SQLITE_OK;
}

/* --- rows --- */

static int table_open(sqlite3_vtab *base, sqlite3_vtab_cursor **ret_cursor)
{
	const struct search_table *what = ((const struct table *)base)->what;
	struct cursor *c = sqlite3_malloc(sizeof(*c));

	if (!c)
		return SQLITE_NOMEM;
	*c = (struct cursor){ .rows = { .s = what->s, .interrupted = what->interrupted } };
	*ret_cursor = &c->base;
	return SQLITE_OK;
}

static int table_close(sqlite3_vtab_cursor *base)
{
	struct cursor *c = (struct cursor *)base;

	search_rows_done(&c->rows);
	sqlite3_free(c);
	return SQLITE_OK;
}

static const char *text_of(sqlite3_value *value)
{
	const char *text = (const char *)sqlite3_value_text(value);

	return text ? text : "";
}

static int table_filter(
	sqlite3_vtab_cursor *base, int limits, const char *unused, int argc, sqlite3_value **argv)
{
	struct search_rows *rows = &((struct cursor *)base)->rows;
	struct query_error error = { 0 };
	const char *values[LIMITS], *text;
	int i, r;

	(void)unused;
	search_rows_done(rows);
	if (limits & NO_QUERY)
		return say(base->pVtab, "search what? add: WHERE search MATCH 'words'");
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return SQLITE_OK;
	for (i = 1; i < argc; i++)
		values[i - 1] = text_of(argv[i]);
	text = text_of(argv[0]);
	r = query_parse(text, (size_t)sqlite3_value_bytes(argv[0]), &rows->query, &error);
	if (r == -EINVAL)
		return say(base->pVtab, error.en);
	if (r == 0)
		r = search_rows_begin(rows, limits, values);
	return error_code(base->pVtab, r);
}

static int table_next(sqlite3_vtab_cursor *base)
{
	return error_code(base->pVtab, search_rows_next(&((struct cursor *)base)->rows));
}

static int table_eof(sqlite3_vtab_cursor *base)
{
	return search_rows_are_over(&((const struct cursor *)base)->rows);
}

/* --- columns --- */

static void give_text(sqlite3_context *context, const char *data, size_t len)
{
	sqlite3_result_text64(context, data, len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void give_path(sqlite3_context *context, const struct grep_item *item)
{
	CLEANUP(buf_done) struct buf path = { 0 };

	if (buf_printf(&path, "%s/%s", item->dir->path, item->name) < 0)
		sqlite3_result_error_nomem(context);
	else
		give_text(context, path.data, path.len);
}

/* The first line with a hit, its number, or the number of such lines; an empty text has none. */
static void give_line(sqlite3_context *context, struct search_rows *rows, int column)
{
	const char *text = buf_str(&rows->text);
	struct match_span line = { 0 }, next;
	sqlite3_int64 n;
	size_t i;
	int r;

	r = query_match_line(rows->match, 0, &line);
	n = r > 0 || column == COLUMN_LINE;
	if (r > 0 && column == COLUMN_HITS)
		for (next = line; (r = query_match_line(rows->match, next.end, &next)) > 0;)
			n++;
	for (i = 0; column == COLUMN_LINE && i < line.begin; i++)
		n += text[i] == '\n';
	if (r < 0)
		sqlite3_result_error_nomem(context);
	else if (column == COLUMN_TEXT)
		give_text(context, text + line.begin,
			line.end - line.begin -
				(line.end > line.begin && text[line.end - 1] == '\n'));
	else
		sqlite3_result_int64(context, n);
}

static int table_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
	struct search_rows *rows = &((struct cursor *)base)->rows;
	const struct grep_item *item = search_rows_item(rows);
	const struct grep_dir *dir = item->dir;
	const char *const names[] = { dir->year, dir->district, dir->plan, item->name };

	switch (column) {
	case COLUMN_YEAR:
	case COLUMN_DISTRICT:
	case COLUMN_PLAN:
	case COLUMN_NAME:
		give_text(context, names[column], strlen(names[column]));
		break;
	case COLUMN_PATH:
		give_path(context, item);
		break;
	case COLUMN_LINE:
	case COLUMN_TEXT:
	case COLUMN_HITS:
		give_line(context, rows, column);
		break;
	case COLUMN_BODY:
		give_text(context, buf_str(&rows->text), rows->text.len);
		break;
	case COLUMN_INODE:
		sqlite3_result_int64(context, item->inode);
		break;
	default: /* the query itself is not told */
		break;
	}
	return SQLITE_OK;
}

static int table_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid)
{
	*ret_rowid = (sqlite3_int64)((const struct cursor *)base)->rows.at + 1;
	return SQLITE_OK;
}

/* Without xCreate there is one table in every schema, which needs no CREATE. */
static const sqlite3_module module = {
	.iVersion = 1,
	.xConnect = table_connect,
	.xBestIndex = table_best_index,
	.xDisconnect = table_disconnect,
	.xOpen = table_open,
	.xClose = table_close,
	.xFilter = table_filter,
	.xNext = table_next,
	.xEof = table_eof,
	.xColumn = table_column,
	.xRowid = table_rowid,
};

int search_table_register(sqlite3 *db, struct search_table *what)
{
	if (sqlite3_create_module_v2(db, "search", &module, what, NULL) != SQLITE_OK)
		return store_errno(db, "make the table search");
	return 0;
}
