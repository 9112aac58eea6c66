/* Forgetting what the rules do not keep, some hundred versions at a time. See planfs/prune.h. */
#include "store_prune_priv.h"

#include "planfs/moment.h"

#include <errno.h>
#include <unistd.h>

enum { ROWS_AT_ONCE = 256, WAIT_MS = 20000, PAUSE_US = 2000 };

static const char *const prune_sql_text[PRUNE_SQL_COUNT] = {
	[PRUNE_SQL_ROW] = "SELECT inode, body FROM revision WHERE rev = ?1",
	[PRUNE_SQL_DELETE] = "DELETE FROM revision WHERE rev = ?1",
	[PRUNE_SQL_EMPTY] = "UPDATE revision SET body = NULL, base = NULL WHERE rev = ?1",
	[PRUNE_SQL_MOVE] =
		"UPDATE revision SET dir_mtime = (SELECT dir_mtime FROM revision WHERE rev = ?1) "
		"WHERE rev = ?2 AND dir_mtime IS NULL",
	/* A text that a file has, also one without a name that is still open, or that the search index holds, stays. */
	[PRUNE_SQL_DROP] =
		"DELETE FROM body WHERE id = ?1 " SEARCH_NEEDS_NOT " RETURNING length(data)",
};

void prune_sql_done(struct prune_sql *sql)
{
	int i;

	for (i = 0; i < PRUNE_SQL_COUNT; i++)
		sqlite3_finalize(sql->st[i]);
}

int prune_sql_init(struct prune_sql *sql, struct txn *t)
{
	int i;

	for (i = 0; i < PRUNE_SQL_COUNT; i++)
		if (sqlite3_prepare_v2(t->c->db, prune_sql_text[i], -1, &sql->st[i], NULL) !=
			SQLITE_OK)
			return store_errno(t->c->db, "prepare to forget");
	return 0;
}

static int run(struct prune_sql *sql, int which, int64_t first, int64_t second)
{
	sqlite3_stmt *st = sql->st[which];
	int r;

	sqlite3_bind_int64(st, 1, first);
	if (second)
		sqlite3_bind_int64(st, 2, second);
	r = stmt_run(st, "forget a version");
	sqlite3_reset(st);
	return r;
}

static int drop_text(struct prune_sql *sql, int64_t inode, int64_t body, struct pruned *done)
{
	sqlite3_stmt *st = sql->st[PRUNE_SQL_DROP];
	int r;

	sqlite3_bind_int64(st, 1, body);
	sqlite3_bind_int64(st, 2, inode);
	while ((r = stmt_row(st, "forget a text")) > 0) {
		done->texts++;
		done->text_bytes += sqlite3_column_int64(st, 0);
	}
	sqlite3_reset(st);
	return r;
}

/* Returns 1, or 0 when there is no such row: another prune was faster. */
static int read_row(struct prune_sql *sql, int64_t rev, int64_t *ret_inode, int64_t *ret_body)
{
	sqlite3_stmt *st = sql->st[PRUNE_SQL_ROW];
	int r;

	sqlite3_bind_int64(st, 1, rev);
	r = stmt_row(st, "read a version");
	if (r > 0) {
		*ret_inode = sqlite3_column_int64(st, 0);
		*ret_body = sqlite3_column_int64(st, 1);
	}
	sqlite3_reset(st);
	return r;
}

int prune_apply_row(struct prune_sql *sql, enum prune_kind kind, const struct prune_row *row,
	struct pruned *done)
{
	int64_t inode = 0, body = 0;
	int r;

	r = read_row(sql, row->rev, &inode, &body);
	if (r <= 0)
		return r;
	r = 0;
	if (kind == PRUNE_MOVED)
		r = run(sql, PRUNE_SQL_MOVE, row->rev, row->heir);
	if (r == 0)
		r = run(sql, kind == PRUNE_EMPTIED ? PRUNE_SQL_EMPTY : PRUNE_SQL_DELETE, row->rev,
			0);
	if (r < 0)
		return r;
	done->forgotten += kind != PRUNE_EMPTIED;
	return body ? drop_text(sql, inode, body, done) : 0;
}

static int apply_purge(struct txn *t, void *arg)
{
	(void)arg;
	return txn_purge_all(t);
}

int prune_purge(struct store *s)
{
	const struct change c = { .apply = apply_purge, .wait_ms = WAIT_MS, .removes = true };

	return s->exclusive ? store_change(s, &c) : 0;
}

/* --- by rule --- */

struct batch {
	enum prune_kind kind;
	const struct prune_row *rows;
	size_t n;
	const struct prune_moments *moments;
	struct pruned done;
};

/* A mark that was made meanwhile may need what is to be forgotten. */
static int marks_are_kept(struct txn *t, const struct prune_moments *m)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	size_t i;
	int r;

	if (sqlite3_prepare_v2(t->c->db, "SELECT DISTINCT rev FROM mark WHERE rev < ?1", -1, &st,
		    NULL) != SQLITE_OK)
		return store_errno(t->c->db, "look at the marks");
	sqlite3_bind_int64(st, 1, m->all_from);
	while ((r = stmt_row(st, "look at the marks")) > 0) {
		int64_t rev = sqlite3_column_int64(st, 0);

		for (i = 0; i < m->n && m->revs[i] != rev; i++)
			;
		if (i == m->n && rev > 0)
			return -EAGAIN;
	}
	return r;
}

static int apply_batch(struct txn *t, void *arg)
{
	CLEANUP(prune_sql_done) struct prune_sql sql = { 0 };
	struct batch *b = arg;
	size_t i;
	int r;

	b->done = (struct pruned){ 0 };
	r = marks_are_kept(t, b->moments);
	if (r == 0)
		r = prune_sql_init(&sql, t);
	for (i = 0; i < b->n && r == 0; i++)
		r = prune_apply_row(&sql, b->kind, &b->rows[i], &b->done);
	return r;
}

/* How far it is, for those who watch. */
struct progress_of {
	const struct prune *how;
	size_t before, all;
};

static int forget_rows(struct store *s, const struct prune_moments *moments,
	const struct prune_rows *rows, const struct progress_of *progress, struct pruned *done)
{
	const struct prune *how = progress->how;
	size_t at;
	int r = 0;

	for (at = 0; at < rows->n && r == 0; at += ROWS_AT_ONCE) {
		size_t n = rows->n - at < ROWS_AT_ONCE ? rows->n - at : ROWS_AT_ONCE;
		struct batch b = {
			.kind = rows->kind, .rows = rows->rows + at, .n = n, .moments = moments
		};
		const struct change c = {
			.apply = apply_batch, .arg = &b, .wait_ms = WAIT_MS, .removes = true
		};

		r = store_change(s, &c);
		if (r < 0)
			break;
		done->forgotten += b.done.forgotten;
		done->texts += b.done.texts;
		done->text_bytes += b.done.text_bytes;
		if (how->progress)
			how->progress(how->arg, (int64_t)(progress->before + at + n),
				(int64_t)progress->all);
		usleep(PAUSE_US); /* others may write, too */
	}
	return r;
}

static int forget_found(struct store *s, const struct prune *how,
	const struct prune_moments *moments, const struct prune_found *found, struct pruned *done)
{
	struct progress_of progress = { .how = how };
	int kind, r = 0;

	for (kind = 0; kind < PRUNE_KINDS; kind++)
		progress.all += found->rows[kind].n;
	for (kind = 0; kind < PRUNE_KINDS && r == 0; kind++) {
		r = forget_rows(s, moments, &found->rows[kind], &progress, done);
		progress.before += found->rows[kind].n;
	}
	return r;
}

/* Once: -EAGAIN when the moments that are kept have become others. */
static int prune_once(struct store *s, const struct prune *how, struct pruned *done)
{
	CLEANUP(prune_moments_done) struct prune_moments moments = { 0 };
	CLEANUP(prune_found_done) struct prune_found found = { 0 };
	struct pruned counted = *done;
	int r;

	r = prune_find_moments(s, &how->rules, how->now, &moments);
	if (r == 0)
		r = prune_find_rows(s, &moments, &found, &counted);
	if (r < 0)
		return r;
	done->moments = counted.moments;
	if (!done->changes)
		done->changes = counted.changes;
	if (!how->dry_run)
		return forget_found(s, how, &moments, &found, done);
	done->forgotten = (int64_t)(found.rows[PRUNE_DELETED].n + found.rows[PRUNE_MOVED].n);
	done->texts = counted.texts;
	done->text_bytes = counted.text_bytes;
	return 0;
}

int store_prune(struct store *s, const struct prune *how, struct pruned *ret_pruned)
{
	struct pruned done = { 0 };
	int r;

	r = prune_measure(s, &done.size_before, &done.free_before);
	if (r == 0 && !how->dry_run)
		r = prune_purge(s);
	if (r < 0)
		return r;
	done.size = done.size_before;
	done.free = done.free_before;
	do {
		r = prune_once(s, how, &done);
	} while (r == -EAGAIN);
	if (r == 0 && !how->dry_run)
		r = prune_give_back(s, &done);
	if (r < 0)
		return r;
	*ret_pruned = done;
	return 0;
}
