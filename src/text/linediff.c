/*
 * The longest common subsequence of two rows of lines, after Myers, "An O(ND) Difference Algorithm and Its
 * Variations" (1986), in the variant that needs memory for the diagonals only: the middle of the shortest way is
 * searched from both ends, and what is before and behind it is compared in the same way. When the way turns out to be
 * long, the furthest point that was reached is taken for the middle, so that the time is bounded.
 */
#include "text_priv.h"

#include "planfs/linediff.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { COST_MIN = 256 };

struct search {
	const struct linediff_line *a, *b;
	char *a_differs, *b_differs; /* owned; a flag a line */
	ptrdiff_t *room;             /* owned */
	ptrdiff_t *forth,
		*back;      /* by diagonal: how far the way from either end came, as a line of a */
	ptrdiff_t cost_max; /* steps until a middle is good enough */
};

/* A part of both texts: lines a to a_end of the first, b to b_end of the second. */
struct part {
	ptrdiff_t a, a_end, b, b_end;
};

struct point {
	ptrdiff_t a, b;
};

/* The diagonals that one end has reached: from @low to @high, every second. */
struct front {
	ptrdiff_t *reached;
	ptrdiff_t low, high;
};

static bool lines_are_equal(const struct search *s, ptrdiff_t a, ptrdiff_t b)
{
	return s->a[a].number == s->b[b].number;
}

/* One more step from the beginning. Returns true when it meets the other front, at *ret_middle. */
static bool step_forth(const struct search *s, const struct part *p, struct front *f,
	const struct front *other, struct point *ret_middle)
{
	ptrdiff_t d, a;

	if (f->low > p->a - p->b_end)
		f->reached[--f->low - 1] = -1;
	else
		f->low++;
	if (f->high < p->a_end - p->b)
		f->reached[++f->high + 1] = -1;
	else
		f->high--;
	for (d = f->high; d >= f->low; d -= 2) {
		ptrdiff_t below = f->reached[d - 1], above = f->reached[d + 1];

		a = below < above ? above : below + 1;
		while (a < p->a_end && a - d < p->b_end && lines_are_equal(s, a, a - d))
			a++;
		f->reached[d] = a;
		if (other && other->low <= d && d <= other->high && other->reached[d] <= a) {
			*ret_middle = (struct point){ a, a - d };
			return true;
		}
	}
	return false;
}

static bool step_back(const struct search *s, const struct part *p, struct front *f,
	const struct front *other, struct point *ret_middle)
{
	ptrdiff_t d, a;

	if (f->low > p->a - p->b_end)
		f->reached[--f->low - 1] = PTRDIFF_MAX;
	else
		f->low++;
	if (f->high < p->a_end - p->b)
		f->reached[++f->high + 1] = PTRDIFF_MAX;
	else
		f->high--;
	for (d = f->high; d >= f->low; d -= 2) {
		ptrdiff_t below = f->reached[d - 1], above = f->reached[d + 1];

		a = below < above ? below : above - 1;
		while (a > p->a && a - d > p->b && lines_are_equal(s, a - 1, a - d - 1))
			a--;
		f->reached[d] = a;
		if (other && other->low <= d && d <= other->high && a <= other->reached[d]) {
			*ret_middle = (struct point){ a, a - d };
			return true;
		}
	}
	return false;
}

/* The point of either front that is furthest from where it began. */
static struct point find_furthest(
	const struct part *p, const struct front *forth, const struct front *back)
{
	struct point begin = { p->a, p->b }, end = { p->a_end, p->b_end };
	ptrdiff_t d;

	for (d = forth->low; d <= forth->high; d += 2) {
		ptrdiff_t a = forth->reached[d] < p->a_end ? forth->reached[d] : p->a_end;

		if (a - d > p->b_end)
			a = p->b_end + d;
		if (a + a - d > begin.a + begin.b)
			begin = (struct point){ a, a - d };
	}
	for (d = back->low; d <= back->high; d += 2) {
		ptrdiff_t a = back->reached[d] > p->a ? back->reached[d] : p->a;

		if (a - d < p->b)
			a = p->b + d;
		if (a + a - d < end.a + end.b)
			end = (struct point){ a, a - d };
	}
	return begin.a + begin.b - p->a - p->b > p->a_end + p->b_end - end.a - end.b ? begin : end;
}

static struct point find_middle(const struct search *s, const struct part *p)
{
	ptrdiff_t first = p->a - p->b, last = p->a_end - p->b_end, cost;
	struct front forth = { s->forth, first, first }, back = { s->back, last, last };
	bool is_odd = (first - last) & 1;
	struct point middle;

	forth.reached[first] = p->a;
	back.reached[last] = p->a_end;
	for (cost = 1; cost < s->cost_max; cost++)
		if (step_forth(s, p, &forth, is_odd ? &back : NULL, &middle) ||
			step_back(s, p, &back, is_odd ? NULL : &forth, &middle))
			return middle;
	return find_furthest(p, &forth, &back);
}

static void trim(const struct search *s, struct part *p)
{
	while (p->a < p->a_end && p->b < p->b_end && lines_are_equal(s, p->a, p->b))
		p->a++, p->b++;
	while (p->a < p->a_end && p->b < p->b_end && lines_are_equal(s, p->a_end - 1, p->b_end - 1))
		p->a_end--, p->b_end--;
}

/* The smaller half by recursion, so that this is never deep; the larger one here. */
static void compare(const struct search *s, struct part p)
{
	for (;;) {
		struct part before, behind;
		struct point middle;

		trim(s, &p);
		if (p.a == p.a_end || p.b == p.b_end)
			break;
		middle = find_middle(s, &p);
		before = (struct part){ p.a, middle.a, p.b, middle.b };
		behind = (struct part){ middle.a, p.a_end, middle.b, p.b_end };
		if (middle.a - p.a + middle.b - p.b < p.a_end - middle.a + p.b_end - middle.b) {
			compare(s, before);
			p = behind;
		} else {
			compare(s, behind);
			p = before;
		}
	}
	memset(s->a_differs + p.a, 1, (size_t)(p.a_end - p.a));
	memset(s->b_differs + p.b, 1, (size_t)(p.b_end - p.b));
}

static int collect(const struct search *s, size_t n_a, size_t n_b, struct linediff_hunks *ret_hunks)
{
	CLEANUP(linediff_hunks_done) struct linediff_hunks hunks = { 0 };
	size_t a = 0, b = 0, capacity = 0;
	int r;

	while (a < n_a || b < n_b) {
		struct linediff_hunk h = { a, 0, b, 0 };

		while (a < n_a && s->a_differs[a])
			a++;
		while (b < n_b && s->b_differs[b])
			b++;
		h.n_a = a - h.a;
		h.n_b = b - h.b;
		if (h.n_a == 0 && h.n_b == 0) {
			a++, b++;
			continue;
		}
		r = array_grow(&hunks.items, hunks.n, &capacity, sizeof(h));
		if (r < 0)
			return r;
		hunks.items[hunks.n++] = h;
	}
	*ret_hunks = hunks;
	hunks = (struct linediff_hunks){ 0 };
	return 0;
}

static ptrdiff_t root_of(size_t n)
{
	ptrdiff_t root = COST_MIN;

	while ((size_t)root * (size_t)root < n)
		root += root / 4;
	return root;
}

int linediff_compare(const struct linediff_text *a, const struct linediff_text *b,
	struct linediff_hunks *ret_hunks)
{
	struct search s = { .a = a->lines, .b = b->lines, .cost_max = root_of(a->n + b->n) };
	size_t diagonals = a->n + b->n + 3;
	int r = -ENOMEM;

	s.a_differs = calloc(a->n + 1, 1);
	s.b_differs = calloc(b->n + 1, 1);
	s.room = reallocarray(NULL, diagonals, 2 * sizeof(*s.room));
	if (s.a_differs && s.b_differs && s.room) {
		s.forth = s.room + b->n + 1; /* diagonals begin at -(lines of b) - 1 */
		s.back = s.forth + diagonals;
		compare(&s, (struct part){ 0, (ptrdiff_t)a->n, 0, (ptrdiff_t)b->n });
		r = collect(&s, a->n, b->n, ret_hunks);
	}
	free(s.a_differs);
	free(s.b_differs);
	free(s.room);
	return r;
}

void linediff_hunks_done(struct linediff_hunks *hunks)
{
	free(hunks->items);
	*hunks = (struct linediff_hunks){ 0 };
}
