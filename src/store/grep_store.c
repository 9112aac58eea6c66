/*
 * A search through a database: the list of files first, then their texts in portions, each copied in a transaction of its own,
 * so that nobody waits for those who read what is found. While one is told the next is read, on another processor.
 */
#include "grep_priv.h"
#include "store_priv.h"

#include "planfs/search.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	PORTION_FIRST = 64 << 10, /* bytes; the first hits are there soon */
	PORTION_BYTES = 1 << 20,
	PORTION_FILES = 1000,
};

/* A text of the portion. */
struct part {
	size_t begin, len;
	bool is_gone; /* the file went away since it was listed */
};

struct portion {
	struct buf texts;
	struct part parts[PORTION_FILES];
	size_t n;
	size_t limit; /* bytes */
};

/*
 * The text of the file that was listed; when that is gone, of the file that has its name by now: who writes a new file and renames
 * it over the old one has removed nothing. Returns 1 and the row in @st, 0 when there is none, or -Exxx.
 */
static int find_text(struct conn *c, struct grep_item *item, sqlite3_stmt *st)
{
	struct inode inode;
	int r;

	sqlite3_bind_int64(st, 1, item->inode);
	r = stmt_row(st, "read a text");
	if (r != 0)
		return r;
	r = conn_lookup(c, item->dir->id, item->name, &inode);
	if (r < 0 || !S_ISREG(inode.mode))
		return r == -ENOENT ? 0 : r;
	item->inode = inode.id;
	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, item->inode);
	return stmt_row(st, "read a text");
}

int grep_read_text(struct store *s, struct conn *c, struct grep_item *item, struct buf *text)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_TEXT);
	int r, len;

	r = find_text(c, item, st);
	if (r <= 0)
		return r;
	r = verify_text(s, c, item->inode, st);
	if (r < 0)
		return r;
	len = sqlite3_column_bytes(st, 0);
	r = len ? buf_add(text, sqlite3_column_blob(st, 0), (size_t)len) : 0;
	return r < 0 ? r : 1;
}

static int read_part(struct store *s, struct conn *c, struct grep_item *item, struct portion *p)
{
	struct part *part = &p->parts[p->n];
	int r;

	part->begin = p->texts.len;
	r = grep_read_text(s, c, item, &p->texts);
	part->len = p->texts.len - part->begin;
	part->is_gone = r == 0;
	item->error = r < 0 ? r : 0;
	return r == -ENOMEM ? r : 0;
}

static struct portion *portion_new(size_t limit)
{
	struct portion *p = calloc(1, sizeof(*p));

	if (p)
		p->limit = limit;
	return p;
}

static void portion_freep(struct portion **p)
{
	if (*p)
		buf_done(&(*p)->texts);
	free(*p);
}

/* The texts of the files from @items on, at most @n. */
static int read_portion(struct store *s, struct grep_item *items, size_t n, struct portion *p)
{
	struct search *q;
	int r;

	p->n = p->texts.len = 0;
	r = search_open(s, &q);
	if (r < 0)
		return r;
	for (; r == 0 && p->n < n && p->n < PORTION_FILES && p->texts.len < p->limit; p->n++) {
		p->parts[p->n] = (struct part){ 0 };
		if (items[p->n].may_match)
			r = read_part(s, search_conn(q), &items[p->n], p);
	}
	search_close(q);
	p->limit = PORTION_BYTES;
	return r;
}

static int tell_portion(const struct grep_item *items, const struct portion *p, struct buf *path,
	grep_file_fn *fn, void *arg)
{
	size_t i;
	int r = 0;

	for (i = 0; i < p->n && r == 0; i++) {
		const struct part *part = &p->parts[i];
		struct match_string text = { buf_str(&p->texts) + part->begin, part->len };
		bool has_text = items[i].may_match && items[i].error == 0;

		if (!part->is_gone)
			r = grep_list_tell(&items[i], path, has_text ? &text : NULL, fn, arg);
	}
	return r;
}

/* --- all of them: one portion is read while another is told --- */

struct reading {
	struct store *s;
	struct grep_item *items;
	size_t n;
	struct portion *portion;
	pthread_t thread;
	bool is_apart; /* a thread of its own reads it */
	int result;
};

static void *read_apart(void *arg)
{
	struct reading *r = arg;

	r->result = read_portion(r->s, r->items, r->n, r->portion);
	return NULL;
}

/* Without a thread it is read when it is needed. */
static void begin_reading(struct reading *r)
{
	r->is_apart = r->n > 0 && pthread_create(&r->thread, NULL, read_apart, r) == 0;
}

static int end_reading(struct reading *r)
{
	if (r->is_apart)
		pthread_join(r->thread, NULL);
	else if (r->n > 0)
		read_apart(r);
	return r->result;
}

static int tell_all(struct store *s, struct grep_list *l, grep_file_fn *fn, void *arg)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	CLEANUP(portion_freep) struct portion *p = portion_new(PORTION_FIRST);
	CLEANUP(portion_freep) struct portion *next = portion_new(PORTION_BYTES);
	struct grep_item *items = l->items;
	struct portion *told;
	size_t left = l->n_items;
	int r, next_r;

	r = p && next ? read_portion(s, items, left, p) : -ENOMEM;
	while (left > 0 && r == 0) {
		struct reading reading = {
			.s = s, .items = items + p->n, .n = left - p->n, .portion = next
		};

		begin_reading(&reading);
		r = tell_portion(items, p, &path, fn, arg);
		next_r = end_reading(&reading);
		if (r == 0)
			r = next_r;
		items += p->n;
		left -= p->n;
		told = p;
		p = next;
		next = told;
	}
	return r;
}

/* Is there what the query is about? */
static int check_path(struct store *s, const char *path)
{
	struct inode inode;
	int r;

	if (!path[0])
		return 0;
	r = store_resolve(s, path, &inode);
	if (r == 0 && !S_ISDIR(inode.mode) && !S_ISREG(inode.mode))
		r = -EINVAL;
	return r;
}

int grep_store(struct store *s, const struct grep_query *query, grep_file_fn *fn, void *arg)
{
	CLEANUP(grep_list_done) struct grep_list list = { 0 };
	struct search *q = NULL;
	int r;

	store_waits(); /* it may take a second: those who want little need not wait for it */
	r = check_path(s, query->path);
	if (r == 0)
		r = grep_list_init(&list, query);
	if (r == 0)
		r = search_open(s, &q);
	if (r == 0)
		r = grep_find(s, q, &list);
	search_close(q);
	if (r < 0)
		return r;
	grep_list_sort(&list);
	return tell_all(s, &list, fn, arg);
}
