/*
 * .planfs/duplicates.tsv: plans and sections that are copies of each other. To find them takes a second, so that the text is kept
 * until something changes, and for some time more when it took long.
 */
#include "view_priv.h"

#include "planfs/clock.h"
#include "planfs/similar.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum {
	LINES_MAX = 100000,
	PATIENCE =
		10, /* times as long as it took to find them they are shown though something has changed */
};

struct kept_text {
	pthread_mutex_t lock; /* guards all; held for moments only */
	struct buf text;
	int64_t rev;        /* that it is of; -1: there is none */
	int64_t made, took; /* ns, of clock_now() */
	bool is_making;     /* somebody finds them anew */
};

int kept_text_new(struct kept_text **ret_kept)
{
	struct kept_text *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	pthread_mutex_init(&k->lock, NULL);
	k->rev = -1;
	*ret_kept = k;
	return 0;
}

void kept_text_free(struct kept_text *k)
{
	if (!k)
		return;
	pthread_mutex_destroy(&k->lock);
	buf_done(&k->text);
	free(k);
}

/* --- the text --- */

struct table {
	struct buf text;
	unsigned long lines;
};

/* A tab, a newline and a backslash are written as \t, \n and \\. */
static int add_field(struct buf *b, const char *s)
{
	int r = buf_add_str(b, "\t");

	for (; *s && r == 0; s++)
		r = *s == '\t'   ? buf_add_str(b, "\\t")
		    : *s == '\n' ? buf_add_str(b, "\\n")
		    : *s == '\\' ? buf_add_str(b, "\\\\")
				 : buf_add(b, s, 1);
	return r;
}

static int add_copy(void *arg, const struct similar_copy *c)
{
	struct table *t = arg;
	int r;

	if (t->lines++ >= LINES_MAX)
		return 0;
	r = buf_printf(
		&t->text, "%s\t%lu\t%u", c->section ? "section" : "plan", c->group, c->percent);
	if (r == 0)
		r = add_field(&t->text, c->year);
	if (r == 0)
		r = add_field(&t->text, c->district);
	if (r == 0)
		r = add_field(&t->text, c->plan);
	if (r == 0)
		r = add_field(&t->text, c->section ? c->section : "");
	return r < 0 ? r : buf_add_str(&t->text, "\n");
}

/* The last line says how many more there are. */
static int make(struct store *s, struct buf *ret_text)
{
	struct table t = { 0 };
	int r;

	r = buf_add_str(&t.text, "kind\tgroup\tpercent\tyear\tdistrict\tplan\tsection\n");
	if (r == 0)
		r = similar_each_copy(s, add_copy, &t);
	if (r == 0 && t.lines > LINES_MAX)
		r = buf_printf(&t.text, "more\t%lu\t\t\t\t\t\n", t.lines - LINES_MAX);
	if (r < 0)
		buf_done(&t.text);
	else
		*ret_text = t.text;
	return r;
}

/* --- keeping it --- */

/* Returns 1 and *ret_text when what is kept is good enough; 0 when the caller is to make it. */
static int get_kept(struct kept_text *k, int64_t rev, struct buf *ret_text)
{
	bool good;
	int r = 0;

	pthread_mutex_lock(&k->lock);
	good = k->rev >= 0 &&
	       (k->rev == rev || k->is_making || clock_now() - k->made < PATIENCE * k->took);
	if (good)
		r = buf_add(ret_text, k->text.data, k->text.len);
	else
		k->is_making = true;
	pthread_mutex_unlock(&k->lock);
	return r < 0 ? r : good;
}

/* @text stays the caller's; without memory for a copy none is kept. */
static void keep(struct kept_text *k, int64_t rev, int64_t began, const struct buf *text)
{
	struct buf copy = { 0 }, old;
	bool copied = text->len > 0 && buf_add(&copy, text->data, text->len) == 0;

	pthread_mutex_lock(&k->lock);
	k->is_making = false;
	old = k->text;
	k->text = copy;
	k->rev = copied ? rev : -1;
	k->made = clock_now();
	k->took = k->made - began;
	pthread_mutex_unlock(&k->lock);
	buf_done(&old);
}

int duplicates_render(const struct view_source *v, struct buf *ret_text)
{
	struct kept_text *k = v->memory ? v->memory->duplicates : NULL;
	struct store_status status;
	int64_t began = clock_now();
	int r;

	if (!k)
		return make(v->store, ret_text);
	r = store_get_status(v->store, &status);
	if (r == 0)
		r = get_kept(k, status.revision, ret_text);
	if (r != 0)
		return r < 0 ? r : 0;
	r = make(v->store, ret_text);
	keep(k, status.revision, began, ret_text);
	return r;
}
