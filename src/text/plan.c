/* One plan of a document: its title, its facts, its sections. */
#include "text_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HAN_MIN = 20,
	TITLE_PARAS = 6,
	UNENDED_CHARS = 30,
	OPENING_CHARS_MIN = 6,
	SUFFIX_BYTES = 12,
	PLAIN_HAN_MIN = 6,
	PLAIN_CHARS_MAX = 40
};

void plan_done(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_sections; i++) {
		free(plan->sections[i].name);
		free(plan->sections[i].title);
		buf_done(&plan->sections[i].text);
	}
	for (i = 0; i < plan->n_evidence; i++) {
		free(plan->evidence[i].value);
		free(plan->evidence[i].quote);
	}
	free(plan->evidence);
	free(plan->sections);
	free(plan->year);
	free(plan->district);
	free(plan->title);
	free(plan->dir);
	*plan = (struct plan){ 0 };
}

/* ---- what is in the range ---- */

static bool has_plan(const struct para *p, size_t n)
{
	size_t i, han = 0;

	for (i = 0; i < n; i++) {
		struct cursor c = cursor_over(p[i].text, p[i].len);

		while (c.at < c.end && han < HAN_MIN)
			han += char_is_han(cursor_next(&c));
	}
	return han >= HAN_MIN;
}

static int drop_all(struct build *b, const struct range *range)
{
	size_t i;
	int r = 0;

	if (range->member)
		r = report_dropped(
			b, &b->paras.items[range->member->para], "heading without a plan");
	for (i = range->from; i < range->to && r == 0; i++)
		r = report_dropped(b, &b->paras.items[i], "too short for a plan");
	return r;
}

/* The line and the one behind it as one line. Returns 0 or -ENOMEM. */
static int join_lines(struct build *b, struct para *p, const struct para *next)
{
	char *joined = malloc(p->len + next->len + 1);

	if (!joined)
		return -ENOMEM;
	memcpy(joined, p->text, p->len);
	memcpy(joined + p->len, next->text, next->len);
	joined[p->len + next->len] = '\0';
	p->text = joined;
	p->len += next->len;
	p->cut = next->cut;
	return paras_keep(&b->paras, joined);
}

/* "三、" alone on a line: its title is the next line. Put them together. */
static int join_markers(struct build *b, struct range *range)
{
	struct para *items = b->paras.items;
	size_t from, to = range->from;
	int r;

	for (from = range->from; from < range->to; from++, to++) {
		struct marker m = marker_parse(items[from].text, items[from].len);

		items[to] = items[from];
		if (m.kind == MARKER_NONE || m.len != items[from].len || from + 1 == range->to ||
			marker_parse(items[from + 1].text, items[from + 1].len).kind != MARKER_NONE)
			continue;
		from++;
		r = join_lines(b, &items[to], &items[from]);
		if (r < 0)
			return r;
	}
	range->to = to;
	return 0;
}

/* A link to another text at the plan's end. */
static int drop_last_lines(struct build *b, struct range *range)
{
	const char *reason;
	int r;

	while (range->to > range->from && !(b->options && b->options->keep_noise)) {
		reason = noise_last_line(b->rules, &b->paras.items[range->to - 1]);
		if (!reason)
			break;
		r = report_dropped(b, &b->paras.items[range->to - 1], reason);
		if (r < 0)
			return r;
		range->to--;
	}
	return 0;
}

static bool breaks_off(const struct para *last)
{
	struct cursor c = cursor_over(last->text, last->len);

	if (text_ends_with(last->text, last->len, "印发") ||
		text_ends_with(last->text, last->len, "日"))
		return last->cut; /* the last line of an official paper */
	c.at = c.end;
	while (cursor_back(&c, last->text) == ' ')
		;
	return last->cut || (text_chars(last->text, last->len) >= UNENDED_CHARS &&
				    !char_ends_sentence(cursor_peek(&c)));
}

/* ---- its title ---- */

/* 合肥市教育局 above 2016年工作要点: the first line of a title of two. */
static bool is_owner(const struct para *p, const struct para *title)
{
	static const char *const ends[] = { "局", "委员会", "学校", "中学", "小学", "幼儿园",
		"中心", "学区" };
	const char *s = p->text;
	size_t len = p->len, i;

	text_trim(&s, &len);
	if (text_chars(s, len) > 25 || text_has(title->text, title->len, "局"))
		return false;
	for (i = 0; i < ARRAY_LEN(ends); i++)
		if (text_ends_with(s, len, ends[i]))
			return true;
	return false;
}

static void remove_para(struct build *b, struct range *range, size_t at)
{
	struct para *items = b->paras.items;
	bool gap = items[at].gap;

	memmove(&items[at], &items[at + 1], (range->to - at - 1) * sizeof(*items));
	range->to--;
	if (at < range->to)
		items[at].gap = items[at].gap || gap;
}

static int drop_repeated(struct build *b, struct range *range, const struct buf *title)
{
	size_t i;
	int r;

	for (i = range->from; i < range->to && i < range->from + TITLE_PARAS;) {
		const char *s = b->paras.items[i].text;
		size_t len = b->paras.items[i].len;

		text_trim(&s, &len);
		if (len != title->len || memcmp(s, title->data, len) != 0) {
			i++;
			continue;
		}
		r = report_dropped(b, &b->paras.items[i], "repeated title");
		if (r < 0)
			return r;
		remove_para(b, range, i);
	}
	return 0;
}

static int add_title_line(struct buf *out, const char *s, size_t len)
{
	text_trim(&s, &len);
	title_inside_notice(&s, &len);
	return buf_add(out, s, len);
}

static int add_trimmed(struct buf *out, const char *s, size_t len)
{
	text_trim(&s, &len);
	return buf_add(out, s, len);
}

/*
 * A line that is marked as the title, or as the only heading of the highest level. Returns @end without one.
 */
static size_t find_styled_title(const struct para *items, const struct range *range, size_t end)
{
	unsigned highest = DOCUMENT_TITLE;
	size_t i, n = 0, at = end;

	for (i = range->from; i < end; i++)
		if (items[i].level == DOCUMENT_TITLE)
			return i;
	for (i = range->from; i < range->to; i++) {
		if (items[i].level == 0 || items[i].level > highest)
			continue;
		n = items[i].level < highest ? 1 : n + 1;
		at = items[i].level < highest ? i : at;
		highest = items[i].level;
	}
	return n == 1 && at < end && marker_parse(items[at].text, items[at].len).kind == MARKER_NONE
		       ? at
		       : end;
}

/* The first line of a document, short and without any stop, is a title whatever its last word is. */
static bool is_plain_title(const struct para *p, size_t n)
{
	struct cursor c = cursor_over(p->text, p->len);
	size_t chars = 0, han = 0;

	if (n < 3 || marker_parse(p->text, p->len).kind != MARKER_NONE)
		return false;
	for (; c.at < c.end; chars++) {
		uint32_t ch = cursor_next(&c);

		if (ch == ',' || ch == ';' || ch == ':' || ch == 0x3002 || ch == '!' || ch == '?')
			return false;
		han += char_is_han(ch);
	}
	return han >= PLAIN_HAN_MIN && chars <= PLAIN_CHARS_MAX;
}

/* A title among the first lines: take it out of the text. */
static int take_title(struct build *b, struct range *range, struct buf *title)
{
	struct para *items = b->paras.items;
	size_t at = range->from, i,
	       end = range->to - range->from > TITLE_PARAS ? range->from + TITLE_PARAS : range->to;
	bool owned;
	int r;

	if (range->member)
		end = range->from + 1; /* deeper lines belong to the text */
	i = find_styled_title(items, range, end);
	for (; i == end && at < end; at++)
		if (title_is_plan_title(items[at].text, items[at].len))
			i = at;
	if (i == end && !range->member &&
		is_plain_title(&items[range->from], range->to - range->from))
		i = range->from;
	if (i == end || range->to - range->from < 2)
		return 0;
	b->title_line = items[i].line;
	owned = i > range->from && is_owner(&items[i - 1], &items[i]);
	r = owned ? add_trimmed(title, items[i - 1].text, items[i - 1].len) : 0;
	if (r == 0)
		r = add_title_line(title, items[i].text, items[i].len);
	if (r < 0)
		return r;
	remove_para(b, range, i);
	if (owned)
		remove_para(b, range, i - 1);
	return b->options && b->options->keep_noise ? 0 : drop_repeated(b, range, title);
}

/* The plan's own title: behind 篇一, in the text, or as a file name in it; empty when it has none. */
static int own_title(struct build *b, struct range *range, struct buf *title)
{
	const struct member *m = range->member;

	int r;

	b->title_line = m ? b->paras.items[m->para].line : 0;
	if (m && text_chars(m->rest, m->rest_len) >= 4)
		return add_trimmed(title, m->rest, m->rest_len);
	if (!m && b->file_title)
		return buf_add(title, b->file_title, b->file_title_len);
	r = take_title(b, range, title);
	if (r == 0 && title->len == 0 && !m && b->options && b->options->title)
		r = buf_add_str(title, b->options->title);
	return r;
}

/* 教育局工会工作计划篇三: what the collection calls it. */
static int member_title(const struct build *b, const struct member *m, struct buf *title)
{
	const char *stem = m->stem;
	size_t len = m->stem_len;
	int r;

	if (len == 0 && b->doc.title) {
		stem = b->doc.title;
		len = strlen(stem);
	}
	title_stem(&stem, &len);
	r = buf_add(title, stem, len);
	return r < 0 ? r : add_trimmed(title, m->label, m->label_len);
}

/* Bytes up to the first comma, unless that leaves hardly anything. */
static size_t first_clause(const char *s, size_t len)
{
	struct cursor c = cursor_over(s, len);
	unsigned chars = 0;

	for (; c.at < c.end && (cursor_peek(&c) != ',' || chars < OPENING_CHARS_MIN); chars++)
		cursor_next(&c);
	return (size_t)(c.at - s);
}

/* Without a title: the file's name when it has one that says something, else the first words. */
static int any_title(const struct build *b, const struct para *first, struct buf *title)
{
	const char *s = b->options && b->options->name ? b->options->name : "";
	const char *dot = strrchr(s, '.');
	size_t len = dot ? (size_t)(dot - s) : strlen(s), han = 0;
	struct cursor c = cursor_over(s, len);

	while (c.at < c.end)
		han += char_is_han(cursor_next(&c));
	if (han < 4) {
		s = first->text;
		len = first->len;
		title_of_heading(&s, &len);
		len = first_clause(s, len);
	}
	return buf_add(title, s, len);
}

static int set_title(struct build *b, struct range *range, const struct buf *own, struct plan *plan)
{
	CLEANUP(buf_done) struct buf title = { 0 };
	int r;

	if (own->len > 0)
		r = buf_add(&title, own->data, own->len);
	else if (range->member)
		r = member_title(b, range->member, &title);
	else
		r = any_title(b, &b->paras.items[range->from], &title);
	if (r < 0)
		return r;
	plan->title = text_dup(buf_str(&title), title.len);
	return plan->title ? 0 : -ENOMEM;
}

/* ---- all of it ---- */

static int set_year(const struct facts *f, struct plan *plan)
{
	struct found found = { 0 };
	unsigned year = year_find(f, plan->kind, &found);
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", year);
	plan->year = strdup(year > 0 ? digits : NAME_UNKNOWN_YEAR);
	if (!plan->year)
		return -ENOMEM;
	return year > 0 ? report_evidence(plan, "year", plan->year, &found) : 0;
}

static int set_district(const struct facts *f, struct plan *plan)
{
	CLEANUP(buf_done) struct buf district = { 0 };
	struct found found = { 0 };
	int r;

	r = district_find(f, &district, &found);
	if (r < 0)
		return r;
	plan->district = strdup(district.len > 0 ? district.data : NAME_UNKNOWN_DISTRICT);
	if (!plan->district)
		return -ENOMEM;
	return district.len > 0 ? report_evidence(plan, "district", plan->district, &found) : 0;
}

static int set_kind(const struct facts *f, struct plan *plan)
{
	struct found found = { 0 };
	int r;

	plan->kind = kind_find(f, &found);
	r = report_evidence(plan, "kind", plan->kind, &found);
	plan->topic = topic_find(f, &found);
	if (r == 0 && plan->topic)
		r = report_evidence(plan, "topic", plan->topic, &found);
	return r;
}

static int set_facts(const struct facts *f, struct plan *plan)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	int r;

	r = set_kind(f, plan);
	if (r == 0)
		r = set_year(f, plan);
	if (r == 0)
		r = set_district(f, plan);
	if (r == 0)
		r = name_generate(
			plan->title, strlen(plan->title), NAME_BYTES_MAX - SUFFIX_BYTES, &name);
	if (r < 0)
		return r;
	plan->dir = buf_steal(&name).data;
	return plan->dir ? 0 : -ENOMEM;
}

/* A title that says something: the own one, or the document's name when it holds one plan. */
static const char *title_for_facts(const struct build *b, const struct range *range,
	const struct buf *own, const struct plan *plan)
{
	bool named = !range->member && b->options && b->options->name &&
		     strncmp(b->options->name, plan->title, strlen(plan->title)) == 0;

	return own->len > 0 || !named ? buf_str(own) : plan->title;
}

static int fill(struct build *b, struct range *range, const struct buf *own, struct plan *plan)
{
	const struct para *paras = b->paras.items + range->from;
	struct facts f = { .paras = paras, .n = range->to - range->from, .rules = b->rules };
	int r;

	f.hint = !range->member && b->hint.text ? &b->hint : NULL;
	plan->line = range->member ? b->paras.items[range->member->para].line : paras->line;
	plan->number = range->member ? range->member->number : 0;
	plan->truncated = breaks_off(&paras[f.n - 1]);
	r = set_title(b, range, own, plan);
	if (r < 0)
		return r;
	f.title = title_for_facts(b, range, own, plan);
	f.title_line = own->len > 0 ? b->title_line : 0;
	r = set_facts(&f, plan);
	return r < 0 ? r : sections_make(&f, plan);
}

int plan_make(struct build *b, const struct range *range)
{
	CLEANUP(buf_done) struct buf own = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	struct range rest = *range;
	int r;

	r = drop_last_lines(b, &rest);
	if (r < 0)
		return r;
	if (rest.from == rest.to || !has_plan(b->paras.items + rest.from, rest.to - rest.from))
		return drop_all(b, &rest);
	r = own_title(b, &rest, &own);
	if (r == 0)
		r = join_markers(b, &rest);
	if (r == 0)
		r = array_grow(&b->doc.plans, b->doc.n_plans, &b->plans_capacity, sizeof(plan));
	if (r == 0)
		r = fill(b, &rest, &own, &plan);
	if (r < 0)
		return r;

	b->doc.plans[b->doc.n_plans++] = plan;
	plan = (struct plan){ 0 };
	return 0;
}
