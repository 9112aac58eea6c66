/* Cut one plan into sections at its headings, and name them. */
#include "text_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static int add_title(const struct headings *s, size_t at, struct buf *out)
{
	const struct para *p = &s->facts->paras[at];
	const struct marker *m = &s->items[at].marker;
	const char *title = p->text + m->len;
	size_t len = p->len - m->len;
	int r;

	if (m->kind == MARKER_ANNEX) {
		text_trim(&title, &len);
		r = buf_add(out, title, len);
		if (r < 0 || len > strlen("附件:10") || at + 1 >= s->facts->n ||
			!para_is_short(p + 1))
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
static int make_section(
	const struct headings *s, size_t from, size_t to, const char *title, struct plan *plan)
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

static size_t count_sections(const struct headings *s)
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

static int make_all(const struct headings *s, struct plan *plan)
{
	size_t n = s->facts->n, from, to;
	bool preface = n > 0 && !s->items[0].heading && s->level != MARKER_NONE;
	int r;

	for (from = 0; from < n; from = to) {
		const char *title = NULL;

		for (to = from + 1; to < n && !s->items[to].heading && to != s->closing; to++)
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

/* What the sections were made of, for those who ask why. */
static int explain(const struct headings *s, struct plan *plan)
{
	static const char *const rules[N_MARKERS] = { "no headings: all is one section",
		"headings of the form 第一部分", "headings of the form 一、",
		"headings of the form （一）", "months and quarters",
		"headings of the form 1、 or 1.", "headings of the form （1）",
		"headings of the form ①", "a chain of paragraphs: 一是 二是 三是", "annexes",
		"lines marked as headings, or short and alone" };
	struct found found = { .rule = rules[s->level] };
	char count[24];
	size_t i;

	for (i = 0; i < s->facts->n && !s->items[i].heading; i++)
		;
	if (i == s->facts->n)
		i = 0;
	else if (s->items[i].marker.kind == MARKER_NONE && s->level != MARKER_STYLE)
		found.rule = "lines without a number, each before a list that begins again";
	if (s->facts->n > 0) {
		found.line = s->facts->paras[i].line;
		found.quote = s->facts->paras[i].text;
		found.quote_len = s->facts->paras[i].len;
	}
	snprintf(count, sizeof(count), "%zu", plan->n_sections);
	return report_evidence(plan, "sections", count, &found);
}

int sections_make(const struct facts *f, struct plan *plan)
{
	CLEANUP(headings_done) struct headings s = { 0 };
	int r;

	r = headings_find(f, &s);
	if (r < 0)
		return r;
	plan->sections = calloc(count_sections(&s), sizeof(*plan->sections));
	if (!plan->sections)
		return -ENOMEM;
	r = make_all(&s, plan);
	return r < 0 ? r : explain(&s, plan);
}
