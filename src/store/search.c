/*
 * Searching: one connection in one read transaction. Files come from three sets that have nothing in common: those whose
 * present text the index knows, those that wait for it, and those that it never takes. So what the index has not seen yet, or
 * will never see, is never missed.
 */
#include "store_priv.h"

#include "planfs/name.h"
#include "planfs/search.h"

#include <errno.h>
#include <stdlib.h>

struct search {
	struct store *s;
	struct conn *c;
};

static int run(struct conn *c, enum search_sql id, const char *what)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(c, id, &st);
	return r < 0 ? r : stmt_run(st, what);
}

/*
 * A hit is on some pages of its own and some that all have in common, more than a small cache holds: it would be read from the
 * file for each search. Connections that search are few, because the one that was used last is used next.
 */
static int widen(struct conn *c)
{
	if (c->is_wide)
		return 0;
	if (sqlite3_exec(c->db, "PRAGMA cache_size = -8000", NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(c->db, "configure the connection");
	c->is_wide = true;
	return 0;
}

/* A transaction sees the database as of its first look at it. */
static int begin(struct conn *c)
{
	CLEANUP_STMT sqlite3_stmt *look = NULL;
	int r;

	r = widen(c);
	if (r == 0)
		r = run(c, SEARCH_BEGIN, "begin to search");
	if (r < 0)
		return r;
	look = conn_stmt(c, SQL_MAX_REV);
	r = stmt_row(look, "begin to search");
	return r < 0 ? r : 0;
}

/* A connection whose transaction does not end is not for others. */
static void end(struct store *s, struct conn *c)
{
	if (!sqlite3_get_autocommit(c->db) && run(c, SEARCH_END, "end a search") < 0) {
		conn_close(c);
		free(c);
		return;
	}
	reader_put(s, c);
}

struct conn *search_conn(struct search *q)
{
	return q->c;
}

int search_open(struct store *s, struct search **ret_search)
{
	struct search *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	q->s = s;
	r = reader_get(s, &q->c);
	if (r == 0) {
		r = begin(q->c);
		if (r < 0)
			end(s, q->c);
	}
	if (r < 0) {
		free(q);
		return r;
	}
	*ret_search = q;
	return 0;
}

void search_close(struct search *q)
{
	if (!q)
		return;
	end(q->s, q->c);
	free(q);
}

int search_has_waiting(struct store *s)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	{
		CLEANUP_STMT sqlite3_stmt *st = NULL;

		r = search_stmt(c, SEARCH_NEXT_WAITING, &st);
		if (r == 0) {
			sqlite3_bind_int64(st, 1, 0);
			r = stmt_row(st, "look for files that wait for the index");
		}
	}
	reader_put(s, c);
	return r;
}

/* --- candidates --- */

/* Where candidates go, and how far they came. */
struct sink {
	search_candidate_fn *fn;
	void *arg;
	int64_t last;
};

/* What a damaged row says is not told: 'check' names it. */
static bool is_sound(const struct search_candidate *c)
{
	return c->inode > 0 && c->inode < INT64_C(1) << 62 && c->size >= 0;
}

/* Returns 0, the result of the search_candidate_fn, or -Exxx in *ret_error. */
static int tell_rows(sqlite3_stmt *st, struct sink *sink, int *ret_error)
{
	int r = 0;

	while (r == 0 && (*ret_error = stmt_row(st, "search")) > 0) {
		const struct search_candidate c = { sqlite3_column_int64(st, 0),
			sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2) };

		sink->last = c.inode;
		if (is_sound(&c))
			r = sink->fn(sink->arg, &c);
	}
	if (*ret_error > 0)
		*ret_error = 0;
	return r;
}

static int tell_set(struct search *q, enum search_sql id, struct sink *sink)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int error, r;

	r = search_stmt(q->c, id, &st);
	if (r < 0)
		return r;
	if (id == SEARCH_INDEXED)
		sqlite3_bind_int64(st, 1, sink->last);
	r = tell_rows(st, sink, &error);
	return error < 0 ? error : r;
}

bool search_is_damaged(sqlite3 *db, int error)
{
	int rc = sqlite3_errcode(db) & 0xFF;

	return error == -EIO && (rc == SQLITE_CORRUPT || rc == SQLITE_ERROR);
}

static int tell_match(struct search *q, const struct buf *match, struct sink *sink, int *ret_error)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;

	*ret_error = search_stmt(q->c, SEARCH_MATCH, &st);
	if (*ret_error < 0)
		return 0;
	sqlite3_bind_text(st, 1, match->data, (int)match->len, SQLITE_STATIC);
	return tell_rows(st, sink, ret_error);
}

/*
 * Files that are told when it is known that they are all: to look into one costs as much as to step over a thousand in a list,
 * so that more of them are worth asking for all words.
 */
struct few {
	struct search_candidate items[200];
	size_t n;
};

static int note_one_of_few(void *arg, const struct search_candidate *c)
{
	struct few *few = arg;

	if (few->n == ARRAY_LEN(few->items))
		return 1;
	few->items[few->n++] = *c;
	return 0;
}

/* Returns 1 when the rare words were in few files, which are told, and *ret_result is as of tell_rows(). */
static int tell_few(struct search *q, const struct buf *match, struct sink *sink, int *ret_result)
{
	struct few few = { .n = 0 };
	struct sink noted = { .fn = note_one_of_few, .arg = &few };
	int error, r;
	size_t i;

	r = tell_match(q, match, &noted, &error);
	if (r != 0 || error < 0)
		return 0; /* an error will be met again */
	for (i = 0; i < few.n && r == 0; i++)
		r = sink->fn(sink->arg, &few.items[i]);
	*ret_result = r;
	return 1;
}

/* The texts that the index knows: by the index, and what comes behind a damage of it by looking at all. */
static int tell_matches(struct search *q, const struct search_match *match, struct sink *sink)
{
	int error, r;

	if (match->few.len > 0 && tell_few(q, &match->few, sink, &r))
		return r;
	r = tell_match(q, &match->all, sink, &error);
	if (error == 0 || r != 0)
		return r;
	if (!search_is_damaged(q->c->db, error))
		return error;
	return tell_set(q, SEARCH_INDEXED, sink);
}

/*
 * The number of a file by which a word was in so many: the smaller, the more there are. A damage is left to the search itself,
 * which knows how to go on.
 */
static int find_rarity(void *arg, const struct buf *match, int64_t *ret_rarity)
{
	struct search *q = arg;
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(q->c, SEARCH_REACH, &st);
	if (r == 0) {
		sqlite3_bind_text(st, 1, match->data, (int)match->len, SQLITE_STATIC);
		r = stmt_row(st, "search");
	}
	if (r < 0)
		return r == -ENOMEM ? r : 1;
	*ret_rarity = r > 0 ? sqlite3_column_int64(st, 0) : INT64_MAX;
	return 0;
}

int search_candidates(struct search *q, const struct search_terms *any, size_t n,
	search_candidate_fn *fn, void *arg)
{
	CLEANUP(search_match_done) struct search_match match = { 0 };
	struct sink sink = { fn, arg, 0 };
	int r;

	r = search_match(any, n, find_rarity, q, &match);
	if (r < 0)
		return r;
	if (r == 0)
		return tell_set(q, SEARCH_ALL, &sink);
	r = tell_matches(q, &match, &sink);
	if (r == 0)
		r = tell_set(q, SEARCH_WAITING, &sink);
	return r != 0 ? r : tell_set(q, SEARCH_APART, &sink);
}

/* --- what there is to know of a file --- */

int search_names(struct search *q, int64_t inode, search_name_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(q->c, SEARCH_NAMES, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, inode);
	while ((r = stmt_row(st, "find the names of a file")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		if (!name)
			return -ENOMEM;
		if (!name_is_valid(name, (size_t)sqlite3_column_bytes(st, 1)))
			continue; /* in no listing either */
		r = fn(arg, sqlite3_column_int64(st, 0), name);
		if (r != 0)
			return r;
	}
	return r;
}

int search_each_name(struct search *q, search_each_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(q->c, SEARCH_EACH_NAME, &st);
	if (r < 0)
		return r;
	while ((r = stmt_row(st, "list all names")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		if (!name)
			return -ENOMEM;
		if (!name_is_valid(name, (size_t)sqlite3_column_bytes(st, 1)))
			continue; /* in no listing either */
		r = fn(arg, sqlite3_column_int64(st, 0), name, sqlite3_column_int64(st, 2));
		if (r != 0)
			return r;
	}
	return r;
}

int search_directory(struct search *q, int64_t id, int64_t *ret_parent, struct buf *ret_name)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int64_t parent = STORE_ROOT;
	int r = 0;

	if (id != STORE_ROOT) {
		r = search_stmt(q->c, SEARCH_DIRECTORY, &st);
		if (r < 0)
			return r;
		sqlite3_bind_int64(st, 1, id);
		r = stmt_row(st, "find a directory");
		if (r <= 0)
			return r < 0 ? r : -ENOENT;
		parent = sqlite3_column_int64(st, 0);
		r = buf_add(&name, sqlite3_column_text(st, 1), (size_t)sqlite3_column_bytes(st, 1));
	}
	if (r < 0)
		return r;
	*ret_parent = parent;
	buf_done(ret_name);
	*ret_name = buf_steal(&name);
	return 0;
}

int search_text(struct search *q, int64_t body, store_text_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	if (body == 0)
		return fn(arg, "", 0);
	st = conn_stmt(q->c, SQL_BODY);
	sqlite3_bind_int64(st, 1, body);
	r = stmt_row(st, "read a text");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	r = verify_body(q->s, q->c, 0, body, st);
	if (r < 0)
		return r;
	return fn(arg, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
}
