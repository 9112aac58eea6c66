/*
 * Listing a directory as it was after a revision: the newest row of each name is found in the index of names,
 * and each of these rows is looked at, in the order of their numbers, which are the places. What was found is kept
 * for a while, because whoever lists a large directory comes again for the next piece; it never changes.
 */
#include "store_moment_priv.h"

#include "planfs/array.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>

static void listing_done(struct moment_listing *l)
{
	free(l->rows);
	*l = (struct moment_listing){ 0 };
}

void moment_listings_done(struct store *s)
{
	unsigned i;

	for (i = 0; i < MOMENT_LISTINGS; i++)
		listing_done(&s->listings[i]);
}

/* Take what is kept of a directory, if anything is. */
static void take_listing(struct store *s, struct moment_listing *l)
{
	bool found = false;
	unsigned i;

	pthread_mutex_lock(&s->moments_lock);
	for (i = 0; i < MOMENT_LISTINGS && !found; i++) {
		struct moment_listing *kept = &s->listings[i];

		found = kept->rows && kept->rev == l->rev && kept->parent == l->parent;
		if (found) {
			*l = *kept;
			*kept = (struct moment_listing){ 0 };
		}
	}
	pthread_mutex_unlock(&s->moments_lock);
}

static void keep_listing(struct store *s, struct moment_listing *l)
{
	struct moment_listing old;

	pthread_mutex_lock(&s->moments_lock);
	old = s->listings[s->next_listing];
	s->listings[s->next_listing] = *l;
	s->next_listing = (s->next_listing + 1) % MOMENT_LISTINGS;
	pthread_mutex_unlock(&s->moments_lock);
	listing_done(&old);
}

static int add_row(struct moment_listing *l, size_t *room, int64_t row)
{
	if (array_grow(&l->rows, l->n, room, sizeof(*l->rows)) < 0)
		return -ENOMEM;
	l->rows[l->n++] = row;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int find_rows(struct conn *c, struct moment_listing *l)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_NAMES);
	size_t room = 0;
	int r;

	sqlite3_bind_int64(st, 1, l->rev);
	sqlite3_bind_int64(st, 2, l->parent);
	while ((r = stmt_row(st, "list a directory of the past")) > 0) {
		r = add_row(l, &room, sqlite3_column_int64(st, 0));
		if (r < 0)
			return r;
	}
	if (l->n > 0)
		qsort(l->rows, l->n, sizeof(*l->rows), by_number);
	return r;
}

/* Damaged rows and scratch names, which other programs record, are not shown. */
static int show_row(struct conn *c, sqlite3_stmt *st, const struct moment_listing *l,
	store_entry_fn *fn, void *arg)
{
	struct store_entry e = { .name = (const char *)sqlite3_column_text(st, 0) };
	int64_t own = 0;
	int r;

	if (!e.name)
		return -ENOMEM;
	e.inode = moment_from_row(st, 1, &own);
	if (!name_is_valid(e.name, (size_t)sqlite3_column_bytes(st, 0)) ||
		name_is_scratch(e.name) || !inode_is_sound(&e.inode) || e.inode.id == STORE_ROOT)
		return 0;
	e.place = sqlite3_column_int64(st, MOMENT_COLUMNS_N + 1);
	r = moment_complete(c, l->rev, own, &e.inode);
	return r < 0 ? r : fn(arg, &e);
}

static int show_rows(struct conn *c, const struct moment_listing *l, int64_t after,
	store_entry_fn *fn, void *arg)
{
	size_t i;
	int r = 0;

	for (i = 0; i < l->n && r == 0; i++) {
		CLEANUP_STMT sqlite3_stmt *st = NULL;

		if (l->rows[i] <= after)
			continue;
		st = conn_stmt(c, SQL_MOMENT_ENTRY);
		sqlite3_bind_int64(st, 1, l->rev);
		sqlite3_bind_int64(st, 2, l->rows[i]);
		r = stmt_row(st, "read a name of the past");
		if (r > 0)
			r = show_row(c, st, l, fn, arg);
	}
	return r;
}

/* One read transaction over all looks, because to begin and to end one takes longer than a look. */
static int scan(
	struct conn *c, struct moment_listing *l, int64_t after, store_entry_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *held = conn_stmt(c, SQL_READ_HOLD);
	int r;

	r = stmt_run(held, "begin to read");
	if (r == 0 && !l->rows)
		r = find_rows(c, l);
	return r < 0 ? r : show_rows(c, l, after, fn, arg);
}

int moment_scan(
	struct store *s, int64_t rev, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	struct moment_listing l = { .rev = rev, .parent = parent };
	struct conn *c;
	int r;

	if (after > 0)
		take_listing(s, &l);
	r = reader_get(s, &c);
	if (r == 0) {
		r = scan(c, &l, after, fn, arg);
		reader_put(s, c);
	}
	if (r >= 0 && l.n > 0)
		keep_listing(s, &l);
	else
		listing_done(&l);
	return r;
}
