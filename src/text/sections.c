/* Split one plan into sections at its highest level of headings. */
#include "text_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MIN = 3, PERIODS_MIN = 3, LABELS = 8, NEXT_LINK_MAX = 32 };

/* A paragraph, and what it begins with. */
struct item {
	struct marker marker;
	bool heading; /* a section begins here */
};

/* The last link of a chain 一是 … 二是 … that may go on. */
struct chain {
	const char *label; /* borrowed */
	size_t label_len;
	size_t items[2]; /* links before this one that wait for the third */
	unsigned number, n;
};

struct splitter {
	const struct facts *facts;
	struct item *items;  /* owned; one per paragraph */
	enum marker_kind level;
	size_t annex; /* the first paragraph of the annexes */
};

static void splitter_done(struct splitter *s)
{
	free(s->items);
	*s = (struct splitter){ 0 };
}

/* ---- which markers count ---- */

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
static void add_link(struct splitter *s, struct chain *c, size_t at)
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

static void find_chains(struct splitter *s)
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
static void drop_inner_chains(struct splitter *s)
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

static enum marker_kind highest_level(const struct splitter *s)
{
	static const unsigned needed[N_MARKERS] = { [MARKER_PART] = 2, [MARKER_HAN] = 1,
		[MARKER_PAREN_HAN] = 1, [MARKER_PERIOD] = PERIODS_MIN, [MARKER_DIGIT] = 2,
		[MARKER_PAREN_DIGIT] = 2, [MARKER_CIRCLED] = 2, [MARKER_CHAIN] = CHAIN_MIN };
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

static bool is_short(const struct para *p)
{
	return text_chars(p->text, p->len) <= 60 && !text_has(p->text, p->len, "。");
}

/* The first annex heading behind some text; the number of paragraphs without one. */
static size_t find_annex(const struct splitter *s)
{
	size_t i, seen = 0;

	for (i = 0; i < s->facts->n; i++) {
		const struct item *item = &s->items[i];

		if (item->marker.kind == MARKER_ANNEX && seen > 0 && is_short(&s->facts->paras[i]))
			return i;
		seen += item->marker.kind != MARKER_NONE && item->marker.kind != MARKER_ANNEX;
	}
	return s->facts->n;
}

/*
 * Items of a lost heading's list: behind the last heading, which is complete in its one paragraph like
 * all before it, a lower numbering begins and begins again. They are sections of their own.
 */
static void find_orphans(struct splitter *s)
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
	if (others < 3 || last + 1 >= s->annex || !text_has(s->facts->paras[last].text,
		s->facts->paras[last].len, "。"))
		return;
	below = s->items[last + 1].marker.kind;
	if (below == MARKER_NONE || below == MARKER_CHAIN || s->items[last + 1].marker.number != 1)
		return;
	for (i = last + 2; i < s->annex; i++)
		restarts += s->items[i].marker.kind == below && s->items[i].marker.number == 1;
	for (i = last + 1; i < s->annex && restarts > 0; i++)
		s->items[i].heading = s->items[i].marker.kind == below;
}

/* What follows a chain of single paragraphs does not belong to its last link. */
static size_t find_closing(const struct splitter *s)
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

static int prepare(struct splitter *s, const struct facts *f)
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
			item->heading = item->marker.kind == MARKER_ANNEX && is_short(&f->paras[i]);
		else if (s->level != MARKER_CHAIN)
			item->heading = item->marker.kind == s->level && s->level != MARKER_NONE;
	}
	find_orphans(s);
	return 0;
}

/* ---- making them ---- */

static int add_text(const struct para *p, size_t n, struct buf *out)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		if (i > 0 && p[i].gap)
			r = buf_add(out, "\n", 1);
		if (r == 0)
			r = buf_add(out, p[i].text, p[i].len);
		if (r == 0)
			r = buf_add(out, "\n", 1);
	}
	return r;
}

/* The title of the section that begins at @at: 指导思想, and for an annex alone on its line the next. */
static int add_title(const struct splitter *s, size_t at, struct buf *out)
{
	const struct para *p = &s->facts->paras[at];
	const struct marker *m = &s->items[at].marker;
	const char *title = p->text + m->len;
	size_t len = p->len - m->len;
	int r;

	if (m->kind == MARKER_ANNEX) {
		text_trim(&title, &len);
		r = buf_add(out, title, len);
		if (r < 0 || len > strlen("附件:10") || at + 1 >= s->facts->n || !is_short(p + 1))
			return r;
		r = buf_add(out, " ", 1);
		return r < 0 ? r : buf_add(out, p[1].text, p[1].len);
	}
	title_of_heading(&title, &len);
	if (len == 0) { /* a marker alone, or before a stop: everything that is there */
		title = p->text;
		len = p->len;
		text_trim(&title, &len);
	}
	return buf_add(out, title, len);
}

/* Digits of the highest number, so that the order of names is the order of the text. */
static int number_width(size_t highest)
{
	int width = 2;

	for (; highest >= 100; highest /= 10)
		width++;
	return width;
}

static int name_section(struct section *sec, size_t number, int width)
{
	CLEANUP(buf_done) struct buf whole = { 0 };
	CLEANUP(buf_done) struct buf name = { 0 };
	int r;

	r = buf_printf(&whole, "%0*zu-%s", width, number, sec->title);
	if (r < 0)
		return r;
	r = name_generate(whole.data, whole.len, NAME_BYTES_MAX - strlen(".txt"), &name);
	if (r < 0)
		return r;
	r = buf_add_str(&name, ".txt");
	if (r < 0)
		return r;

	sec->name = buf_steal(&name).data;
	return 0;
}

/* Take the paragraphs from @from to before @to as the next section. */
static int make_section(const struct splitter *s, size_t from, size_t to, const char *title,
	struct plan *plan)
{
	struct section *sec = &plan->sections[plan->n_sections];
	CLEANUP(buf_done) struct buf heading = { 0 };
	int r;

	r = title ? buf_add_str(&heading, title) : add_title(s, from, &heading);
	if (r < 0)
		return r;
	plan->n_sections++; /* from here on plan_done() frees what is in it */
	sec->title = buf_steal(&heading).data;
	return add_text(s->facts->paras + from, to - from, &sec->text);
}

static size_t count_sections(const struct splitter *s)
{
	size_t i, n = 2; /* the preface and the closing */

	for (i = 0; i < s->facts->n; i++)
		n += s->items[i].heading;
	return n;
}

static int name_sections(struct plan *plan, bool preface)
{
	int r, width = number_width(plan->n_sections - preface);
	size_t i;

	for (i = 0; i < plan->n_sections; i++) {
		r = name_section(&plan->sections[i], i + !preface, width);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_all(const struct splitter *s, struct plan *plan)
{
	size_t n = s->facts->n, closing = find_closing(s), from, to;
	bool preface = n > 0 && !s->items[0].heading && s->level != MARKER_NONE;
	int r;

	for (from = 0; from < n; from = to) {
		const char *title = NULL;

		for (to = from + 1; to < n && !s->items[to].heading && to != closing; to++)
			;
		if (from == 0 && !s->items[0].heading)
			title = preface ? NAME_PREFACE : "正文";
		else if (!s->items[from].heading)
			title = "结语";
		r = make_section(s, from, to, title, plan);
		if (r < 0)
			return r;
	}
	return name_sections(plan, preface);
}

int sections_make(const struct facts *f, struct plan *plan)
{
	CLEANUP(splitter_done) struct splitter s = { 0 };
	int r;

	r = prepare(&s, f);
	if (r < 0)
		return r;
	plan->sections = calloc(count_sections(&s), sizeof(*plan->sections));
	if (!plan->sections)
		return -ENOMEM;
	return make_all(&s, plan);
}
