/* What "diff -u" prints of two texts. */
#include "planfs/linediff.h"

#include <stdbool.h>
#include <string.h>

enum { CONTEXT = 3 };

static int add_line(struct buf *out, char sign, const struct linediff_line *line)
{
	int r;

	r = buf_add(out, &sign, 1);
	if (r == 0)
		r = buf_add(out, line->data, line->len);
	if (r == 0 && line->data[line->len - 1] != '\n')
		r = buf_add_str(out, "\n\\ No newline at end of file\n");
	return r;
}

static int add_lines(
	struct buf *out, char sign, const struct linediff_text *text, size_t from, size_t to)
{
	int r = 0;

	for (; from < to && r == 0; from++)
		r = add_line(out, sign, &text->lines[from]);
	return r;
}

/* "3,7", "3" for one line, and of no lines the number of the one before. */
static int add_range(struct buf *out, char sign, size_t from, size_t n)
{
	if (n == 1)
		return buf_printf(out, "%c%zu", sign, from + 1);
	return buf_printf(out, "%c%zu,%zu", sign, n == 0 ? from : from + 1, n);
}

/* A run of hunks whose contexts touch, and that context. */
struct group {
	const struct linediff_hunk *first, *last;
	size_t a, a_end, b, b_end;
};

static size_t less(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int add_group(struct buf *out, const struct linediff_text *a, const struct linediff_text *b,
	const struct group *g)
{
	const struct linediff_hunk *h;
	size_t at = g->a;
	int r;

	r = buf_add_str(out, "@@ ");
	if (r == 0)
		r = add_range(out, '-', g->a, g->a_end - g->a);
	if (r == 0)
		r = buf_add_str(out, " ");
	if (r == 0)
		r = add_range(out, '+', g->b, g->b_end - g->b);
	if (r == 0)
		r = buf_add_str(out, " @@\n");
	for (h = g->first; h <= g->last && r == 0; h++) {
		r = add_lines(out, ' ', a, at, h->a);
		if (r == 0)
			r = add_lines(out, '-', a, h->a, h->a + h->n_a);
		if (r == 0)
			r = add_lines(out, '+', b, h->b, h->b + h->n_b);
		at = h->a + h->n_a;
	}
	return r < 0 ? r : add_lines(out, ' ', a, at, g->a_end);
}

int linediff_unified(const struct linediff_text *a, const struct linediff_text *b, struct buf *out)
{
	CLEANUP(linediff_hunks_done) struct linediff_hunks hunks = { 0 };
	size_t i, end;
	int r;

	r = linediff_compare(a, b, &hunks);
	for (i = 0; i < hunks.n && r == 0; i = end) {
		const struct linediff_hunk *first = &hunks.items[i], *last;
		size_t before = less(first->a, CONTEXT), behind;

		for (end = i + 1; end < hunks.n; end++)
			if (hunks.items[end].a - hunks.items[end - 1].a - hunks.items[end - 1].n_a >
				2 * CONTEXT)
				break;
		last = &hunks.items[end - 1];
		behind = less(a->n - last->a - last->n_a, CONTEXT);
		r = add_group(out, a, b,
			&(struct group){ first, last, first->a - before,
				last->a + last->n_a + behind, first->b - before,
				last->b + last->n_b + behind });
	}
	return r;
}
