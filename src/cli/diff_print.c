/* What "diff -u" would print, for planfs diff -u and where git is not there. */
#include "cli_diff_priv.h"

#include "planfs/linediff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_binary(const struct buf *text)
{
	return text->len > 0 && memchr(text->data, '\0', text->len);
}

static void print_path(const char *sign, const char *path)
{
	fputs(sign, stdout);
	print_in_one_line(path);
	putchar('\n');
}

int diff_print_texts(
	const char *path_a, const char *path_b, const struct buf *a, const struct buf *b)
{
	CLEANUP(linediff_table_freep) struct linediff_table *table = NULL;
	CLEANUP(linediff_text_done) struct linediff_text old = { 0 };
	CLEANUP(linediff_text_done) struct linediff_text new = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	int r;

	print_path("--- ", path_a);
	print_path("+++ ", path_b);
	if (is_binary(a) || is_binary(b)) {
		printf("(no text: %zu and %zu bytes)\n", a->len, b->len);
		return 0;
	}
	r = linediff_table_new(&table);
	if (r == 0)
		r = linediff_split(table, buf_str(a), a->len, &old);
	if (r == 0)
		r = linediff_split(table, buf_str(b), b->len, &new);
	if (r == 0)
		r = linediff_unified(&old, &new, &out);
	if (r == 0 && out.len > 0)
		fwrite(out.data, 1, out.len, stdout);
	return r < 0 ? r : ferror(stdout) ? -EPIPE : 0;
}

/* "@7/2016/…/01.txt", or what stands for nothing. */
static int add_path(
	const struct side *s, const struct pair *p, const struct entry *e, struct buf *ret)
{
	if (!e)
		return buf_add_str(ret, "/dev/null");
	return buf_printf(
		ret, "%s/%s%s%s", buf_str(&s->label), p->path, p->path[0] ? "/" : "", e->name);
}

static int print_both(
	struct diff *d, const struct pair *p, const struct entry *a, const struct entry *b)
{
	CLEANUP(buf_done) struct buf text_a = { 0 };
	CLEANUP(buf_done) struct buf text_b = { 0 };
	CLEANUP(buf_done) struct buf path_a = { 0 };
	CLEANUP(buf_done) struct buf path_b = { 0 };
	int r;

	r = diff_read(d, &d->a, a, &text_a);
	if (r == 0)
		r = diff_read(d, &d->b, b, &text_b);
	if (r == 0)
		r = add_path(&d->a, p, a, &path_a);
	if (r == 0)
		r = add_path(&d->b, p, b, &path_b);
	return r < 0 ? r : diff_print_texts(buf_str(&path_a), buf_str(&path_b), &text_a, &text_b);
}

int diff_print_trees(struct diff *d)
{
	static const struct walk walk = { .differ = print_both };
	const struct pair p = { .a = d->a.past.inode.id,
		.b = d->b.past.inode.id,
		.path = buf_str(&d->a.place.path),
		.dir_a = -1,
		.dir_b = -1 };

	return diff_walk(d, &walk, &p);
}
