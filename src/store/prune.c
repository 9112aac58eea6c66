/* Forgetting what the rules do not keep, some hundred versions at a time. See planfs/prune.h. */
#include "store_prune_priv.h"

#include "planfs/moment.h"

#include <errno.h>
#include <unistd.h>

enum { ROWS_AT_ONCE = 256, WAIT_MS = 20000, PAUSE_US = 2000 };

static const char *const prune_sql_text[PRUNE_SQL_COUNT] = {
	[PRUNE_ROW] = "SELECT inode, body FROM revision WHERE rev = ?1",
	[PRUNE_DELETE] = "DELETE FROM revision WHERE rev = ?1",
	/* A text that a file has, or one without a name that is still open, or that the search index holds, stays. */
	[PRUNE_DROP] =
		"DELETE FROM body WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM revision WHERE body = ?1) "
		"AND NOT EXISTS (SELECT 1 FROM inode WHERE id = ?2 AND ?1 IN (body, indexed)) "
		"AND NOT EXISTS (SELECT 1 FROM search_gone WHERE inode = ?2 AND body = ?1) "
		"AND id NOT IN (SELECT body FROM inode WHERE nlink = 0 AND body IS NOT NULL) "
		"RETURNING length(data)",
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

static int drop_text(struct prune_sql *sql, int64_t inode, int64_t body, struct pruned *done)
{
	sqlite3_stmt *st = sql->st[PRUNE_DROP];
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

int prune_delete_row(struct prune_sql *sql, int64_t rev, struct pruned *done)
{
	int64_t inode = 0, body = 0;
	int r;

	sqlite3_bind_int64(sql->st[PRUNE_ROW], 1, rev);
	r = stmt_row(sql->st[PRUNE_ROW], "read a version");
	if (r > 0) {
		inode = sqlite3_column_int64(sql->st[PRUNE_ROW], 0);
		body = sqlite3_column_int64(sql->st[PRUNE_ROW], 1);
	}
	sqlite3_reset(sql->st[PRUNE_ROW]);
	if (r <= 0)
		return r; /* another prune was faster */
	sqlite3_bind_int64(sql->st[PRUNE_DELETE], 1, rev);
	r = stmt_run(sql->st[PRUNE_DELETE], "forget a version");
	sqlite3_reset(sql->st[PRUNE_DELETE]);
	if (r < 0)
		return r;
	done->forgotten++;
	return body ? drop_text(sql, inode, body, done) : 0;
}

/* --- by rule --- */

struct batch {
	const int64_t *revs;
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
		r = prune_delete_row(&sql, b->revs[i], &b->done);
	return r;
}

static int forget_rows(struct store *s, const struct prune *how,
	const struct prune_moments *moments, const struct prune_rows *rows, struct pruned *done)
{
	size_t at;
	int r = 0;

	for (at = 0; at < rows->n && r == 0; at += ROWS_AT_ONCE) {
		size_t n = rows->n - at < ROWS_AT_ONCE ? rows->n - at : ROWS_AT_ONCE;
		struct batch b = { .revs = rows->revs + at, .n = n, .moments = moments };
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
			how->progress(how->arg, (int64_t)(at + n), (int64_t)rows->n);
		usleep(PAUSE_US); /* others may write, too */
	}
	return r;
}

/* Once: -EAGAIN when the moments that are kept have become others. */
static int prune_once(struct store *s, const struct prune *how, struct pruned *done)
{
	CLEANUP(prune_moments_done) struct prune_moments moments = { 0 };
	CLEANUP(prune_rows_done) struct prune_rows rows = { 0 };
	struct pruned found = *done;
	int r;

	r = prune_find_moments(s, &how->rules, how->now, &moments);
	if (r == 0)
		r = prune_find_rows(s, &moments, &rows, &found);
	if (r < 0)
		return r;
	done->moments = found.moments;
	if (!done->changes)
		done->changes = found.changes;
	if (!how->dry_run)
		return forget_rows(s, how, &moments, &rows, done);
	done->forgotten = (int64_t)rows.n;
	done->texts = found.texts;
	done->text_bytes = found.text_bytes;
	return 0;
}

int store_prune(struct store *s, const struct prune *how, struct pruned *ret_pruned)
{
	struct pruned done = { 0 };
	int r;

	r = prune_measure(s, &done.size_before, &done.free_before);
	if (r < 0)
		return r;
	done.size = done.size_before;
	done.free = done.free_before;
	do {
		r = prune_once(s, how, &done);
	} while (r == -EAGAIN);
	if (r == 0 && !how->dry_run)
		r = prune_give_back(s, false, &done);
	if (r < 0)
		return r;
	*ret_pruned = done;
	return 0;
}
