/*
 * Where a collection is split: whole lines such as 教育局工作计划篇一, 【篇1】, 第一篇, 范文一 whose numbers
 * rise. Several families may occur (a plan can hold 第一篇 of something); the largest is the collection.
 */
#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADING_CHARS_MAX = 60, STEM_CHARS_MAX = 40 };

struct candidate {
	struct member member;
	uint64_t family;
};

struct candidates {
	struct candidate *items; /* owned */
	size_t n, capacity;
};

/* A run of candidates with rising numbers. */
struct run {
	const struct candidate *first;
	size_t n;
	size_t filled; /* members with text behind them */
};

static void candidates_done(struct candidates *c)
{
	free(c->items);
	*c = (struct candidates){ 0 };
}

/* 篇一, 第一篇, 范文一: the word's place in the table + 1, and step over it; 0 when it is none. */
static unsigned parse_label(struct cursor *c, unsigned *ret_number)
{
	static const char *const words[] = { "篇", "范文", "模板", "样本", "例文", "样文" };
	struct cursor copy = *c;
	unsigned i;

	if (cursor_skip(&copy, 0x7B2C)) { /* 第 */
		*ret_number = number_any(&copy);
		if (*ret_number == 0 ||
			!(cursor_skip_text(&copy, "篇") || cursor_skip_text(&copy, "份")))
			return 0;
		*c = copy;
		return ARRAY_LEN(words) + 1;
	}
	for (i = 0; i < ARRAY_LEN(words); i++)
		if (cursor_skip_text(&copy, words[i]))
			break;
	cursor_skip_blanks(&copy);
	*ret_number = number_any(&copy);
	if (i == ARRAY_LEN(words) || *ret_number == 0)
		return 0;
	*c = copy;
	return i + 1;
}

/* Does the label end here: at the line's end or at a separator? */
static bool at_label_end(const struct cursor *c)
{
	uint32_t ch = cursor_peek(c);

	return c->at == c->end || ch == ':' || ch == ' ' || ch == 0x3001 || ch == 0x3011 ||
	       ch == ']' || ch == '(' || ch == 0x300A;
}

static void set_rest(struct member *m, struct cursor c)
{
	while (cursor_skip(&c, ':') || cursor_skip(&c, ' ') || cursor_skip(&c, 0x3001) ||
		cursor_skip(&c, 0x3011) || cursor_skip(&c, ']'))
		;
	m->rest = c.at;
	m->rest_len = (size_t)(c.end - c.at);
}

/* [stem]篇一[: the plan's own title] */
static unsigned parse_labelled(const char *s, size_t len, struct member *m)
{
	struct cursor c = cursor_over(s, len);
	unsigned word;

	while (c.at < c.end) {
		struct cursor label = c;

		word = parse_label(&label, &m->number);
		if (word > 0 && at_label_end(&label)) {
			m->stem = s;
			m->stem_len = (size_t)(c.at - s);
			m->label = c.at;
			m->label_len = (size_t)(label.at - c.at);
			set_rest(m, label);
			return word;
		}
		cursor_next(&c);
	}
	return 0;
}

/* 教育局工作计划一, 教育局工作计划(一): the number at the line's end is all that there is of a label. */
static unsigned parse_numbered(const char *s, size_t len, struct member *m)
{
	static const char *const words[] = { "计划", "总结", "要点", "方案" };
	struct cursor c = cursor_over(s, len);
	size_t i;

	while (c.at < c.end) {
		struct cursor label = c;

		for (i = 0; i < ARRAY_LEN(words); i++)
			if (cursor_skip_text(&label, words[i]))
				break;
		cursor_next(&c);
		if (i == ARRAY_LEN(words))
			continue;
		m->label = label.at;
		cursor_skip_blanks(&label);
		cursor_skip(&label, '(');
		m->number = number_any(&label);
		cursor_skip(&label, ')');
		if (m->number == 0 || label.at != label.end)
			continue;
		m->stem = s;
		m->stem_len = (size_t)(m->label - s);
		m->label_len = (size_t)(label.at - m->label);
		m->rest = label.at;
		return 100;
	}
	return 0;
}

/* A stem is a few words, not a sentence; the brackets before a label do not belong to it. */
static bool trim_stem(struct member *m)
{
	struct cursor c;
	uint32_t ch;

	c = cursor_over(m->stem, m->stem_len);
	c.at = c.end;
	while ((ch = cursor_back(&c, m->stem)) == 0x3010 || ch == '[' || ch == ' ')
		c.end = c.at;
	m->stem_len = (size_t)(c.end - m->stem);
	for (c = cursor_over(m->stem, m->stem_len); c.at < c.end;) {
		ch = cursor_next(&c);
		if (ch == ',' || ch == 0x3002 || ch == ';')
			return false;
	}
	return text_chars(m->stem, m->stem_len) <= STEM_CHARS_MAX;
}

static uint64_t family_of(const struct member *m, unsigned word)
{
	uint64_t h = 0xCBF29CE484222325u ^ word;
	size_t i;

	for (i = 0; i < m->stem_len; i++)
		h = (h ^ (unsigned char)m->stem[i]) * 0x100000001B3u;
	return h;
}

static bool parse_heading(const struct para *p, struct candidate *ret)
{
	struct candidate c = { 0 };
	const char *s = p->text;
	size_t len = p->len;
	unsigned word;
	struct cursor last;

	text_trim(&s, &len);
	if (len > HEADING_CHARS_MAX * 4 || text_chars(s, len) > HEADING_CHARS_MAX)
		return false;
	last = cursor_over(s, len);
	last.at = last.end;
	switch (cursor_back(&last, s)) {
	case 0x3002: /* 。 */
	case '!':
	case '?':
	case ';':
	case ',':
		return false;
	default:
		break;
	}
	word = parse_labelled(s, len, &c.member);
	if (word == 0)
		word = parse_numbered(s, len, &c.member);
	if (word == 0 || !trim_stem(&c.member))
		return false;
	c.family = family_of(&c.member, word);
	*ret = c;
	return true;
}

bool collection_may_begin(const struct para *p)
{
	struct candidate c;

	return parse_heading(p, &c);
}

static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	return x->member.para < y->member.para ? -1 : 1;
}

/* The candidates of one family from @from on whose numbers rise. */
static struct run run_from(const struct candidates *c, size_t from, size_t n_paras)
{
	struct run run = { .first = &c->items[from], .n = 1 };
	size_t i;

	for (i = from + 1;; i++, run.n++) {
		const struct candidate *last = &c->items[i - 1];
		bool more = i < c->n && c->items[i].family == last->family &&
			    c->items[i].member.number > last->member.number;
		size_t end = i < c->n && c->items[i].family == last->family
				     ? c->items[i].member.para
				     : n_paras;

		run.filled += end > last->member.para + 1;
		if (!more)
			return run;
	}
}

static int take_run(const struct run *run, struct members *ret)
{
	struct members taken = { 0 };
	size_t i;

	taken.items = calloc(run->n, sizeof(*taken.items));
	if (!taken.items)
		return -ENOMEM;
	for (i = 0; i < run->n; i++)
		taken.items[i] = run->first[i].member;
	taken.n = taken.capacity = run->n;

	*ret = taken;
	return 0;
}

int collection_find(const struct paras *p, struct members *ret_members)
{
	CLEANUP(candidates_done) struct candidates all = { 0 };
	struct candidate c;
	struct run best = { 0 };
	size_t i;
	int r;

	for (i = 0; i < p->n; i++) {
		if (!parse_heading(&p->items[i], &c))
			continue;
		r = array_grow(&all.items, all.n, &all.capacity, sizeof(c));
		if (r < 0)
			return r;
		c.member.para = i;
		all.items[all.n++] = c;
	}
	if (all.n > 0)
		qsort(all.items, all.n, sizeof(c), compare);
	for (i = 0; i < all.n;) {
		struct run run = run_from(&all, i, p->n);

		if (run.n >= 2 && run.filled > best.filled)
			best = run;
		i += run.n;
	}
	if (best.n < 2)
		return 0;
	return take_run(&best, ret_members);
}
