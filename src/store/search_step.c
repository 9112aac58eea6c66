/*
 * Bringing the index nearer to the texts, in small transactions that give way to everybody else. What is taken out of it
 * must be given with the very text that was put in: so bodies that the index holds are kept until then.
 */
#include "store_leader_priv.h"

#include "planfs/search.h"
#include "planfs/similar.h"

#include <errno.h>
#include <string.h>

enum {
	TEXT_BYTES_MAX = 4 << 20, /* a longer text is no plan, and would hold up a step */
	FILE_COST = 512,          /* what a file costs besides its text, as bytes of text */
	BLOAT_PART = 4,           /* of the largest piece: more beside it is too much */
	BLOAT_PAGES_MIN = 256,
};

struct step {
	size_t budget;
	bool insists; /* others may wait for so long */
	int64_t after; /* the file that was dealt with last: all come in turn, however often the first ones are saved */
	size_t used;
	int files;
	int64_t last;
};

/* There is always something done, or a long text would never come in. */
static bool is_enough(struct txn *t, const struct step *p)
{
	if (p->files == 0)
		return false;
	return p->used >= p->budget || (!p->insists && leader_is_wanted(t->s));
}

/* What is to be in the index for a file, in the place of what: bodies, or 0 for no text. */
struct swap {
	int64_t inode, old, new;
	bool was_in;    /* it has a row, if only one of no text */
	bool stays_out; /* it is to have none */
};

/* Returns 1 and the length of the text, or 0 when it is lost. */
static int find_text(struct txn *t, int64_t body, size_t *ret_len)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(t->c, SEARCH_SIZE, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, body);
	r = stmt_row(st, "look at a text");
	if (r > 0)
		*ret_len = (size_t)sqlite3_column_int64(st, 0);
	return r;
}

static int write_row(struct txn *t, enum search_sql how, const struct swap *w)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(t->c, how, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, w->inode);
	sqlite3_bind_int64(st, 2, w->new);
	if (how == SEARCH_TAKE)
		sqlite3_bind_int64(st, 3, w->old);
	return stmt_run(st, "change the search index");
}

/* The sketch of a file (planfs/similar.h) comes and goes with its text in the index. */
static int write_sketch(struct txn *t, const struct swap *w)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	if (!w->new)
		return txn_sketch_drop(t, w->inode);
	st = conn_stmt(t->c, SQL_BODY);
	sqlite3_bind_int64(st, 1, w->new);
	r = stmt_row(st, "read a text");
	if (r <= 0)
		return r;
	return txn_sketch_set(t, w->inode,
		&(struct text){ sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0) });
}

/*
 * What is taken out are the words of the old text and of the new one: those that were not there get a mark of removal all
 * the same, just before they are put in. FTS5 must never find a word put in above a mark of removal in an older piece of
 * the index: when the two meet where a part of a merge ends, it keeps the word and loses the mark, and what that covered
 * comes back later (3.40.1; see docs/search.md). Returns 1, or 0 when a text is lost.
 */
static int swap_texts(struct txn *t, struct step *p, const struct swap *w)
{
	size_t old = 0, new = 0;
	int r = 1;

	if (w->old)
		r = find_text(t, w->old, &old);
	if (r > 0 && w->new)
		r = find_text(t, w->new, &new);
	if (r <= 0)
		return r;
	p->used += old + new;
	r = w->was_in ? write_row(t, SEARCH_TAKE, w) : 0;
	if (r == 0 && !w->stays_out)
		r = write_row(t, SEARCH_ADD, w);
	if (r == 0)
		r = write_sketch(t, w);
	return r < 0 ? r : 1;
}

/* Is @body a text for the index? Returns 1 or 0. */
static int is_for_index(struct txn *t, int64_t body)
{
	CLEANUP_STMT sqlite3_stmt *text = NULL;
	size_t len = 0;
	int r;

	r = find_text(t, body, &len);
	if (r <= 0 || len > TEXT_BYTES_MAX)
		return r < 0 ? r : 0;
	text = conn_stmt(t->c, SQL_BODY);
	sqlite3_bind_int64(text, 1, body);
	r = stmt_row(text, "read a text");
	if (r <= 0)
		return r;
	return !memchr(sqlite3_column_blob(text, 0), '\0', (size_t)sqlite3_column_bytes(text, 0));
}

static int note(struct txn *t, int64_t inode, int64_t indexed)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(t->c, SEARCH_NOTE, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, inode);
	sqlite3_bind_int64(st, 2, indexed);
	return stmt_run(st, "note what the search index holds");
}

/* --- files that wait --- */

struct waiting {
	int64_t inode, body, indexed;
	bool was_in;
};

/* The first one behind @after. Returns 1, or 0 when there is none. */
static int next_waiting(struct txn *t, int64_t after, struct waiting *ret_file)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(t->c, SEARCH_NEXT_WAITING, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, after);
	r = stmt_row(st, "find what the search index lacks");
	if (r <= 0)
		return r;
	*ret_file = (struct waiting){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		sqlite3_column_int64(st, 2), sqlite3_column_type(st, 2) != SQLITE_NULL };
	return 1;
}

/*
 * A text that the index holds and nobody has any more cannot be taken out: the file goes on waiting, and is read by each
 * search. Returns 1, or 0 then.
 */
static int index_file(struct txn *t, struct step *p, const struct waiting *file)
{
	struct swap w = { .inode = file->inode, .was_in = file->was_in };
	int r = 0;

	if (file->indexed > 0)
		w.old = file->indexed;
	if (file->body)
		r = is_for_index(t, file->body);
	if (r > 0)
		w.new = file->body;
	if (r >= 0)
		r = swap_texts(t, p, &w);
	if (r <= 0)
		return r;
	r = note(t, file->inode, w.new ? w.new : -file->body);
	if (r == 0 && w.old)
		r = drop_body(t, file->inode, w.old);
	return r < 0 ? r : 1;
}

static int index_behind(struct txn *t, struct step *p, int64_t after)
{
	struct waiting file = { .inode = after };
	int r;

	while (!is_enough(t, p)) {
		r = next_waiting(t, file.inode, &file);
		if (r <= 0)
			return r;
		p->last = file.inode;
		r = index_file(t, p, &file);
		if (r < 0)
			return r;
		p->files += r;
		p->used += FILE_COST;
	}
	return 0;
}

static int index_waiting(struct txn *t, struct step *p)
{
	int r;

	r = index_behind(t, p, p->after);
	if (r == 0 && p->after > 0)
		r = index_behind(t, p, 0);
	return r;
}

/* --- files that are gone --- */

static int forget_gone(struct txn *t, int64_t inode, int64_t body)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(t->c, SEARCH_FORGET, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, inode);
	r = stmt_run(st, "forget a file");
	return r < 0 ? r : drop_body(t, inode, body);
}

static int next_gone(struct txn *t, int64_t *inode, int64_t *ret_body)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(t->c, SEARCH_NEXT_GONE, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, *inode);
	r = stmt_row(st, "find files that are gone");
	if (r <= 0)
		return r;
	*inode = sqlite3_column_int64(st, 0);
	*ret_body = sqlite3_column_int64(st, 1);
	return 1;
}

static int take_out_gone(struct txn *t, struct step *p)
{
	int64_t inode = 0, body = 0;
	int r;

	while (!is_enough(t, p)) {
		r = next_gone(t, &inode, &body);
		if (r <= 0)
			return r;
		r = swap_texts(t, p, &(struct swap){ inode, body, 0, true, true });
		if (r > 0) {
			p->files++;
			r = forget_gone(t, inode, body);
		}
		if (r < 0)
			return r;
		p->used += FILE_COST;
	}
	return 0;
}

/* --- all of it --- */

/* Each in the order of the numbers: what comes in another makes FTS5 write down what it has. */
static int apply_step(struct txn *t, void *arg)
{
	struct step *p = arg;
	int r;

	p->used = 0;
	p->files = 0;
	p->last = 0;
	r = take_out_gone(t, p);
	return r < 0 ? r : index_waiting(t, p);
}

int search_step(struct store *s, size_t budget, unsigned wait_ms, bool insists)
{
	struct step p = { .budget = budget,
		.insists = insists,
		.after = __atomic_load_n(&s->indexer.after, __ATOMIC_RELAXED) };
	const struct change c = {
		.apply = apply_step, .arg = &p, .wait_ms = wait_ms, .yields = !insists
	};
	int r;

	r = store_change(s, &c);
	if (r < 0)
		return r;
	__atomic_store_n(&s->indexer.after, p.last, __ATOMIC_RELAXED);
	return p.files;
}

int search_index_step(struct store *s, size_t budget, unsigned wait_ms)
{
	int r = search_step(s, budget, wait_ms, false);

	return r == -EAGAIN ? -EBUSY : r;
}

struct merge {
	const struct search_merge *how;
	int did;
};

/* @pages: negative begins to make one piece of all. Returns 1, or 0 when there was nothing to do. */
static int run_merge(struct txn *t, int64_t pages)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int before = sqlite3_total_changes(t->c->db);
	int r;

	r = search_stmt(t->c, SEARCH_MERGE, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, pages);
	r = stmt_run(st, "put pieces of the search index together");
	/* the statement itself is one change */
	return r < 0 ? r : sqlite3_total_changes(t->c->db) - before > 1;
}

/*
 * What was taken out of the index since its largest piece was made is there twice: once there, and once in a newer piece
 * that takes it back. Only what merges all of them gives the room back.
 */
static int is_bloated(struct txn *t)
{
	struct search_pages pages;
	int r;

	r = search_count_pages(t->c, &pages);
	if (r < 0)
		return r;
	return pages.all - pages.largest > BLOAT_PAGES_MIN &&
	       pages.all - pages.largest > pages.largest / BLOAT_PART;
}

static int apply_merge(struct txn *t, void *arg)
{
	struct merge *m = arg;
	int r;

	r = run_merge(t, m->how->pages);
	if (r == 0 && m->how->gives_back) {
		r = is_bloated(t);
		if (r > 0)
			r = run_merge(t, -(int64_t)m->how->pages);
	}
	m->did = r > 0;
	return r < 0 ? r : 0;
}

int search_merge(struct store *s, const struct search_merge *how)
{
	struct merge m = { .how = how };
	const struct change c = {
		.apply = apply_merge, .arg = &m, .wait_ms = how->wait_ms, .yields = !how->insists
	};
	int r;

	r = store_change(s, &c);
	return r < 0 ? r : m.did;
}

int search_index_merge(struct store *s, unsigned pages, unsigned wait_ms)
{
	const struct search_merge how = { .pages = pages, .wait_ms = wait_ms, .gives_back = true };
	int r = search_merge(s, &how);

	return r == -EAGAIN ? -EBUSY : r;
}
