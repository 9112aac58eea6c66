/* Which paragraphs of a plan begin a section: the highest level of numbers, and what repairs it. */
#include "text_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHAIN_MIN = 3,
	PERIODS_MIN = 3,
	LABELS = 8,
	NEXT_LINK_MAX = 32,
	STYLED_CHARS_MAX = 100,
	LEAD_CHARS_MAX = 25,
	LEAD_BACK_MAX = 3
};

/* The last link of a chain 一是 … 二是 … that may go on. */
struct chain {
	const char *label; /* borrowed */
	size_t label_len;
	size_t items[2]; /* links before this one that wait for the third */
	unsigned number, n;
};

/* Does the paragraph go on to the next link (一是 … 二是 …)? Then it is a list, not a link. */
static bool holds_next_link(const struct para *p, const struct marker *m)
{
	char number[16], next[NEXT_LINK_MAX];
	bool before = memcmp(m->label, "是", 3) == 0 || memcmp(m->label, "要", 3) == 0;

	number_to_han(m->number + 1, number, sizeof(number));
	snprintf(next, sizeof(next), "%s%.*s%s", before ? number : "", (int)m->label_len, m->label,
		before ? "" : number);
	return text_has(p->text, p->len, next);
}

/* The open chain with the label of @m, or the place for it. */
static struct chain *chain_of(struct chain *chains, const struct marker *m, unsigned *turn)
{
	size_t i;

	for (i = 0; i < LABELS; i++)
		if (chains[i].label_len == m->label_len && m->label_len > 0 &&
			memcmp(chains[i].label, m->label, m->label_len) == 0)
			return &chains[i];
	i = (*turn)++ % LABELS;
	chains[i] = (struct chain){ .label = m->label, .label_len = m->label_len };
	return &chains[i];
}

/* A link counts when it stands in a row of three or more. */
static void add_link(struct headings *s, struct chain *c, size_t at)
{
	unsigned number = s->items[at].marker.number;

	if (c->n > 0 && number != c->number + 1)
		c->n = 0;
	c->number = number;
	if (c->n + 1 < CHAIN_MIN) {
		c->items[c->n++] = at;
		return;
	}
	s->items[c->items[0]].heading = true;
	s->items[c->items[1]].heading = true;
	s->items[at].heading = true;
}

static void find_chains(struct headings *s)
{
	struct chain chains[LABELS] = { 0 };
	unsigned turn = 0;
	size_t i;

	for (i = 0; i < s->annex; i++) {
		const struct marker *m = &s->items[i].marker;

		if (m->kind != MARKER_CHAIN || m->label_len == 0 || m->number > 20 ||
			holds_next_link(&s->facts->paras[i], m))
			continue;
		add_link(s, chain_of(chains, m, &turn), i);
	}
}

/* Keep of the chains the one that encloses the others: 任务一 … 一是 … 二是 … 任务二 …. */
static void drop_inner_chains(struct headings *s)
{
	const struct marker *outer = NULL, *inner = NULL;
	size_t i;

	for (i = 0; i < s->annex; i++) {
		const struct marker *m = &s->items[i].marker;
		bool same;

		if (!s->items[i].heading)
			continue;
		if (!outer)
			outer = m;
		same = m->label_len == outer->label_len &&
		       memcmp(m->label, outer->label, m->label_len) == 0;
		if (same && inner && m->number > 1)
			break;
		if (!same)
			inner = m;
	}
	if (i == s->annex)
		return;
	for (i = 0; i < s->annex; i++)
		if (s->items[i].heading && s->items[i].marker.label_len == inner->label_len &&
			memcmp(s->items[i].marker.label, inner->label, inner->label_len) == 0)
			s->items[i].heading = false;
}

static enum marker_kind highest_level(const struct headings *s)
{
	static const unsigned needed[N_MARKERS] = { [MARKER_PART] = 2,
		[MARKER_HAN] = 1,
		[MARKER_PAREN_HAN] = 1,
		[MARKER_PERIOD] = PERIODS_MIN,
		[MARKER_DIGIT] = 2,
		[MARKER_PAREN_DIGIT] = 2,
		[MARKER_CIRCLED] = 2,
		[MARKER_CHAIN] = CHAIN_MIN };
	size_t counts[N_MARKERS] = { 0 };
	int kind;
	size_t i;

	for (i = 0; i < s->annex; i++)
		if (s->items[i].marker.kind != MARKER_CHAIN || s->items[i].heading)
			counts[s->items[i].marker.kind]++;
	for (kind = MARKER_PART; kind <= MARKER_CHAIN; kind++)
		if (counts[kind] >= needed[kind])
			return (enum marker_kind)kind;
	return MARKER_NONE;
}

bool para_is_short(const struct para *p)
{
	return text_chars(p->text, p->len) <= 60 && !text_has(p->text, p->len, "。");
}

/* "附件:1.分工表", and the annexes themselves come behind it. */
static bool is_list_of_annexes(const struct headings *s, size_t at)
{
	const struct para *p = &s->facts->paras[at];
	size_t i;

	if (!text_has(p->text, p->len, ":") && !text_has(p->text, p->len, "："))
		return false;
	for (i = at + 1; i < s->facts->n; i++)
		if (s->items[i].marker.kind == MARKER_ANNEX && s->items[i].marker.number <= 1)
			return true;
	return false;
}

/* The first annex heading behind some text; the number of paragraphs without one. */
static size_t find_annex(const struct headings *s)
{
	size_t i, seen = 0;

	for (i = 0; i < s->facts->n; i++) {
		const struct item *item = &s->items[i];

		if (item->marker.kind == MARKER_ANNEX && seen > 0 &&
			para_is_short(&s->facts->paras[i]) && !is_list_of_annexes(s, i))
			return i;
		seen += item->marker.kind != MARKER_NONE && item->marker.kind != MARKER_ANNEX;
	}
	return s->facts->n;
}

/*
 * Items of a lost heading's list: behind the last heading, which is complete in its one paragraph like
 * all before it, a lower numbering begins and begins again. They are sections of their own.
 */
static void find_orphans(struct headings *s)
{
	size_t last = 0, others = 0, i, restarts = 0;
	enum marker_kind below;

	for (i = 0; i < s->annex; i++) {
		if (s->items[i].heading) {
			if (others > 0 && i != last + 1)
				return; /* a section of more than one paragraph */
			last = i;
			others++;
		}
	}
	if (others < 3 || last + 1 >= s->annex ||
		!text_has(s->facts->paras[last].text, s->facts->paras[last].len, "。"))
		return;
	below = s->items[last + 1].marker.kind;
	if (below == MARKER_NONE || below == MARKER_CHAIN || s->items[last + 1].marker.number != 1)
		return;
	for (i = last + 2; i < s->annex; i++)
		restarts += s->items[i].marker.kind == below && s->items[i].marker.number == 1;
	for (i = last + 1; i < s->annex && restarts > 0; i++)
		s->items[i].heading = s->items[i].marker.kind == below;
}

/* Can the line be the lost heading of a list: short, without a number, and a stop only at its end? */
static bool may_lead(const struct headings *s, size_t i, bool directly)
{
	const struct para *p = &s->facts->paras[i];
	const char *stop = memmem(p->text, p->len, "。", 3);

	if (s->items[i].marker.kind != MARKER_NONE || text_chars(p->text, p->len) > LEAD_CHARS_MAX)
		return false;
	if (directly)
		return !stop || stop + 3 == p->text + p->len;
	return !stop && !text_has(p->text, p->len, "，") && !text_has(p->text, p->len, ",") &&
	       !text_has(p->text, p->len, "：");
}

/* The line that leads the list that begins at @at: just before it, or above a paragraph or two. Returns @at if none. */
static size_t lead_of(const struct headings *s, size_t at)
{
	size_t back;

	for (back = 1; back <= LEAD_BACK_MAX && back <= at; back++) {
		size_t i = at - back;

		if (s->items[i].marker.kind != MARKER_NONE)
			return at;
		if (may_lead(s, i, back == 1))
			return i;
	}
	return at;
}

/*
 * Lists that begin again and again, each below a short line: the lines are the headings, whose numbers
 * were lost or never there.
 */
static void find_leads(struct headings *s)
{
	size_t i, lists = 0, leads = 0;

	if (s->level == MARKER_NONE || s->level == MARKER_CHAIN || s->level == MARKER_PERIOD)
		return;
	for (i = 0; i < s->annex; i++) {
		if (s->items[i].marker.kind != s->level || s->items[i].marker.number != 1)
			continue;
		lists++;
		leads += lead_of(s, i) != i;
	}
	if (leads < 2 || leads != lists)
		return;
	for (i = 0; i < s->annex; i++)
		s->items[i].heading = false;
	for (i = 0; i < s->annex; i++)
		if (s->items[i].marker.kind == s->level && s->items[i].marker.number == 1)
			s->items[lead_of(s, i)].heading = true;
}

/* What follows a chain of single paragraphs does not belong to its last link. */
static size_t find_closing(const struct headings *s)
{
	size_t i, last = 0, links = 0;

	if (s->level != MARKER_CHAIN)
		return s->annex;
	for (i = 0; i < s->annex; i++) {
		if (!s->items[i].heading)
			continue;
		if (links > 0 && i != last + 1)
			return s->annex;
		last = i;
		links++;
	}
	return last + 1;
}

static int find_all(struct headings *s, const struct facts *f)
{
	size_t i;

	s->facts = f;
	s->items = calloc(f->n > 0 ? f->n : 1, sizeof(*s->items));
	if (!s->items)
		return -ENOMEM;
	for (i = 0; i < f->n; i++)
		s->items[i].marker = marker_parse(f->paras[i].text, f->paras[i].len);
	s->annex = find_annex(s);
	find_chains(s);
	drop_inner_chains(s);
	s->level = highest_level(s);
	for (i = 0; i < f->n; i++) {
		struct item *item = &s->items[i];

		if (i >= s->annex)
			item->heading =
				item->marker.kind == MARKER_ANNEX && para_is_short(&f->paras[i]);
		else if (s->level != MARKER_CHAIN)
			item->heading = item->marker.kind == s->level && s->level != MARKER_NONE;
	}
	find_orphans(s);
	find_leads(s);
	headings_find_styled(s);
	headings_find_bare(s);
	s->closing = find_closing(s);
	return 0;
}

void headings_done(struct headings *s)
{
	free(s->items);
	*s = (struct headings){ 0 };
}

int headings_find(const struct facts *f, struct headings *ret_headings)
{
	CLEANUP(headings_done) struct headings s = { 0 };
	int r;

	r = find_all(&s, f);
	if (r < 0)
		return r;

	*ret_headings = s;
	s = (struct headings){ 0 };
	return 0;
}
