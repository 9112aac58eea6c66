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
#include <string.h>

enum {
	LINES_MAX = 100000,
	PATIENCE =
		10, /* times as long as it took to find them they are shown though something has changed */
};

struct table {
	struct buf text;
	struct buf paths; /* for each line what it is about, and a NUL; "": everybody may see it */
	unsigned long copies;
};

struct kept_text {
	pthread_mutex_t lock; /* guards all; held for moments only */
	struct table table;
	int64_t rev;        /* that it is of; -1: there is none */
	int64_t made, took; /* ns, of clock_now() */
	bool is_making;     /* somebody finds them anew */
};

static void table_done(struct table *t)
{
	buf_done(&t->text);
	buf_done(&t->paths);
}

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
	table_done(&k->table);
	free(k);
}

/* --- the table --- */

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

/* The path of a plan ends in a slash. */
static int add_path(struct buf *b, const struct similar_copy *c)
{
	int r = buf_printf(
		b, "%s/%s/%s/%s", c->year, c->district, c->plan, c->section ? c->section : "");

	return r < 0 ? r : buf_add(b, "", 1);
}

static int add_copy(void *arg, const struct similar_copy *c)
{
	struct table *t = arg;
	int r;

	if (t->copies++ >= LINES_MAX)
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
	if (r == 0)
		r = buf_add_str(&t->text, "\n");
	return r < 0 ? r : add_path(&t->paths, c);
}

/* The last line says how many more there are. */
static int table_make(struct store *s, struct table *ret_table)
{
	struct table t = { 0 };
	int r;

	r = buf_add_str(&t.text, "kind\tgroup\tpercent\tyear\tdistrict\tplan\tsection\n");
	if (r == 0)
		r = buf_add(&t.paths, "", 1);
	if (r == 0)
		r = similar_each_copy(s, add_copy, &t);
	if (r == 0 && t.copies > LINES_MAX)
		r = buf_printf(&t.text, "more\t%lu\t\t\t\t\t\n", t.copies - LINES_MAX);
	if (r == 0 && t.copies > LINES_MAX)
		r = buf_add(&t.paths, "", 1);
	if (r < 0)
		table_done(&t);
	else
		*ret_table = t;
	return r;
}

static int table_copy(const struct table *t, struct table *ret_copy)
{
	struct table copy = { 0 };
	int r;

	r = buf_add(&copy.text, t->text.data, t->text.len);
	if (r == 0)
		r = buf_add(&copy.paths, t->paths.data, t->paths.len);
	if (r < 0)
		table_done(&copy);
	else
		*ret_copy = copy;
	return r;
}

/* --- keeping it --- */

/* Returns 1 and *ret_table when what is kept is good enough; 0 when the caller is to make it. */
static int get_kept(struct kept_text *k, int64_t rev, struct table *ret_table)
{
	bool good;
	int r = 0;

	pthread_mutex_lock(&k->lock);
	good = k->rev >= 0 &&
	       (k->rev == rev || k->is_making || clock_now() - k->made < PATIENCE * k->took);
	if (good)
		r = table_copy(&k->table, ret_table);
	else
		k->is_making = true;
	pthread_mutex_unlock(&k->lock);
	return r < 0 ? r : good;
}

/* @t (NULL: it could not be made) stays the caller's; without memory for a copy none is kept. */
static void keep(struct kept_text *k, int64_t rev, int64_t began, const struct table *t)
{
	struct table copy = { 0 }, old;
	bool copied = t && table_copy(t, &copy) == 0;

	pthread_mutex_lock(&k->lock);
	k->is_making = false;
	old = k->table;
	k->table = copy;
	k->rev = copied ? rev : -1;
	k->made = clock_now();
	k->took = k->made - began;
	pthread_mutex_unlock(&k->lock);
	table_done(&old);
}

static int table_get(const struct view_source *v, struct table *ret_table)
{
	struct kept_text *k = v->memory ? v->memory->duplicates : NULL;
	struct store_status status;
	int64_t began = clock_now();
	int r;

	if (!k)
		return table_make(v->store, ret_table);
	r = store_get_status(v->store, &status);
	if (r == 0)
		r = get_kept(k, status.revision, ret_table);
	if (r != 0)
		return r < 0 ? r : 0;
	r = table_make(v->store, ret_table);
	keep(k, status.revision, began, r == 0 ? ret_table : NULL);
	return r;
}

/* --- what is shown --- */

/* The lines that @reader may see. */
static int add_seen(
	struct store *s, const struct view_reader *reader, const struct table *t, struct buf *b)
{
	struct permission p = { .s = s, .reader = reader };
	const char *line = buf_str(&t->text), *path = buf_str(&t->paths), *end;
	int r = 0;

	for (; *line && r >= 0; line = end, path += strlen(path) + 1) {
		end = strchr(line, '\n') + 1;
		r = path[0] ? permission_to_read(&p, path) : 1;
		if (r > 0)
			r = buf_add(b, line, (size_t)(end - line));
	}
	permission_done(&p);
	return r < 0 ? r : 0;
}

int duplicates_render(const struct view_source *v, struct buf *ret_text)
{
	CLEANUP(table_done) struct table t = { 0 };
	struct view_reader reader;
	int r;

	r = table_get(v, &t);
	if (r < 0)
		return r;
	if (view_get_reader(v, &reader))
		return add_seen(v->store, &reader, &t, ret_text);
	*ret_text = buf_steal(&t.text);
	return 0;
}
