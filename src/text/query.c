/* From what a person types to terms; see planfs/query.h. */
#include "planfs/query.h"

#include "planfs/name.h"
#include "planfs/utf8.h"
#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct query_error bad_text = { "不是 UTF-8 文字", "not UTF-8" };
static const struct query_error too_long = { "太长了", "too long" };
static const struct query_error too_many = { "词太多了，最多 64 个",
	"too many words; 64 are allowed" };
static const struct query_error no_words = { "没有要找的词", "nothing to look for" };
static const struct query_error open_quote = { "引号没有配对", "a quote is not closed" };
static const struct query_error no_word = { "减号或引号里没有词",
	"no word behind a minus or between quotes" };
static const struct query_error no_value = { "冒号后面没有内容", "nothing behind the colon" };
static const struct query_error bad_year = { "年份应写成 2016、2014..2020 或 未知年份",
	"a year is 2016, 2014..2020 or 未知年份" };

static const struct {
	const char *name;
	enum query_kind kind;
} fields[] = {
	{ "year", QUERY_YEAR },
	{ "年份", QUERY_YEAR },
	{ "年", QUERY_YEAR },
	{ "district", QUERY_DISTRICT },
	{ "地区", QUERY_DISTRICT },
	{ "plan", QUERY_PLAN },
	{ "计划", QUERY_PLAN },
};

void query_done(struct query *q)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		free(q->terms[i].text);
	free(q->terms);
	*q = (struct query){ 0 };
}

/* A query under way. */
struct parser {
	struct cursor c;
	struct query q;
	size_t capacity;
	struct query_error *error;
};

static int fail(struct parser *p, const struct query_error *error)
{
	*p->error = *error;
	return -EINVAL;
}

static bool is_blank(uint32_t c)
{
	return c <= ' ' || c == 0x7F;
}

static bool at_end_of_word(const struct cursor *c)
{
	return c->at == c->end || is_blank(cursor_peek(c));
}

/* Step over @name, whatever its case, and the colon behind it; or over nothing. */
static bool skip_field(struct cursor *c, const char *name)
{
	struct cursor at = *c, wanted = cursor_over(name, strlen(name));

	while (wanted.at < wanted.end) {
		uint32_t ch = cursor_next(&at);

		if (ch >= 'A' && ch <= 'Z')
			ch |= 32;
		if (ch != cursor_next(&wanted))
			return false;
	}
	if (!cursor_skip(&at, ':') && !cursor_skip(&at, '='))
		return false;
	*c = at;
	return true;
}

static enum query_kind parse_field(struct parser *p)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(fields); i++)
		if (skip_field(&p->c, fields[i].name))
			return fields[i].kind;
	return QUERY_WORD;
}

/* What stands at the cursor: between quotes, or up to a blank. */
static int parse_text(struct parser *p, struct cursor *ret_text, bool *ret_exact)
{
	struct cursor text = p->c;
	bool exact = cursor_skip(&p->c, '"');

	if (exact)
		text.at = p->c.at;
	while (exact ? p->c.at < p->c.end && cursor_peek(&p->c) != '"' : !at_end_of_word(&p->c))
		cursor_next(&p->c);
	text.end = p->c.at;
	if (exact && !cursor_skip(&p->c, '"'))
		return fail(p, &open_quote);
	*ret_text = text;
	*ret_exact = exact;
	return 0;
}

/* --- years --- */

/* Four digits, or none, which leaves *@ret_year alone. */
static bool parse_digits(struct cursor *c, int *ret_year)
{
	int n = 0, year = 0;

	while (n <= 4 && char_is_digit(cursor_peek(c))) {
		year = year * 10 + (int)(cursor_next(c) - '0');
		n++;
	}
	if (n == 4)
		*ret_year = year;
	return n == 4 || n == 0;
}

/* What stands between two years: .. - – — ~ ～ 至 到 */
static bool skip_range(struct cursor *c)
{
	return cursor_skip_text(c, "..") || cursor_skip(c, '-') || cursor_skip(c, '~') ||
	       cursor_skip(c, 0x2013) || cursor_skip(c, 0x2014) || cursor_skip_text(c, "至") ||
	       cursor_skip_text(c, "到");
}

static int parse_year(struct parser *p, struct cursor c, struct query_term *t)
{
	int from = -1, to = -1;
	bool is_range, good;

	if (cursor_skip_text(&c, NAME_UNKNOWN_YEAR) || cursor_skip_text(&c, "未知")) {
		t->unknown = true;
		return c.at == c.end ? 0 : fail(p, &bad_year);
	}
	good = parse_digits(&c, &from);
	cursor_skip_text(&c, "年");
	is_range = skip_range(&c);
	good = good && parse_digits(&c, &to);
	cursor_skip_text(&c, "年");
	if (!is_range)
		to = from;
	if (!good || c.at != c.end || (from < 0 && to < 0) || (from >= 0 && to >= 0 && from > to))
		return fail(p, &bad_year);
	t->from = from < 0 ? 0 : from;
	t->to = to < 0 ? 9999 : to;
	return 0;
}

/* --- terms --- */

/* @c is not empty. */
static int copy_folded(struct cursor c, struct query_term *t)
{
	struct buf folded = { 0 };
	int r = fold_text(c.at, (size_t)(c.end - c.at), &folded);

	if (r < 0)
		return r;
	t->text = folded.data;
	t->len = folded.len;
	return 0;
}

static int copy_text(struct cursor c, struct query_term *t)
{
	t->len = (size_t)(c.end - c.at);
	t->text = text_dup(c.at, t->len);
	return t->text ? 0 : -ENOMEM;
}

/* Let the term @t have what stands at the cursor. */
static int fill_term(struct parser *p, struct query_term *t)
{
	struct cursor text;
	int r;

	r = parse_text(p, &text, &t->exact);
	if (r < 0)
		return r;
	if (text.at == text.end)
		return fail(p, t->kind == QUERY_WORD ? &no_word : &no_value);
	switch (t->kind) {
	case QUERY_WORD:
		p->q.has_words |= !t->exclude;
		return copy_text(text, t);
	case QUERY_YEAR:
		return parse_year(p, text, t);
	default:
		return copy_folded(text, t);
	}
}

static int parse_term(struct parser *p)
{
	struct query_term *t;
	int r;

	if (p->q.n == QUERY_TERMS_MAX)
		return fail(p, &too_many);
	r = array_grow(&p->q.terms, p->q.n, &p->capacity, sizeof(*p->q.terms));
	if (r < 0)
		return r;
	t = &p->q.terms[p->q.n++];
	*t = (struct query_term){ .exclude = cursor_skip(&p->c, '-') };
	if (t->exclude && at_end_of_word(&p->c))
		return fail(p, &no_word);
	t->kind = parse_field(p);
	if (t->kind != QUERY_WORD && at_end_of_word(&p->c))
		return fail(p, &no_value);
	return fill_term(p, t);
}

/* Is anything looked for, and not only avoided? */
static bool asks_for_something(const struct query *q)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (!q->terms[i].exclude)
			return true;
	return false;
}

static int parse(struct parser *p)
{
	int r = 0;

	while (r == 0) {
		while (p->c.at < p->c.end && is_blank(cursor_peek(&p->c)))
			cursor_next(&p->c);
		if (p->c.at == p->c.end)
			break;
		r = parse_term(p);
	}
	if (r == 0 && !asks_for_something(&p->q))
		r = fail(p, &no_words);
	return r;
}

int query_parse(
	const char *text, size_t len, struct query *ret_query, struct query_error *ret_error)
{
	struct parser p = { .c = cursor_over(text, len), .error = ret_error };
	int r;

	if (len > QUERY_BYTES_MAX)
		return fail(&p, &too_long);
	if (!utf8_is_valid(text, len, NULL))
		return fail(&p, &bad_text);
	r = parse(&p);
	if (r < 0)
		query_done(&p.q);
	else
		*ret_query = p.q;
	return r;
}

/* --- places --- */

static bool year_fits(const struct query_term *t, const char *year)
{
	bool unknown = strcmp(year, NAME_UNKNOWN_YEAR) == 0;
	int value = atoi(year);

	if (t->unknown || unknown)
		return t->unknown && unknown;
	return value >= t->from && value <= t->to;
}

/* What cannot be folded, being no UTF-8 or for lack of memory, is compared as it is. */
static bool name_fits(const struct query_term *t, const char *name)
{
	CLEANUP(buf_done) struct buf folded = { 0 };

	if (!utf8_is_valid(name, strlen(name), NULL) || fold_text(name, strlen(name), &folded) < 0)
		return strstr(name, t->text) != NULL;
	return strstr(buf_str(&folded), t->text) != NULL;
}

bool query_admits(const struct query *q, const char *year, const char *district, const char *plan)
{
	bool asked[QUERY_PLAN + 1] = { false }, met[QUERY_PLAN + 1] = { false };
	size_t i;
	int k;

	for (i = 0; i < q->n; i++) {
		const struct query_term *t = &q->terms[i];
		bool fits;

		if (t->kind == QUERY_WORD)
			continue;
		fits = t->kind == QUERY_YEAR
			       ? year_fits(t, year)
			       : name_fits(t, t->kind == QUERY_PLAN ? plan : district);
		if (t->exclude && fits)
			return false;
		asked[t->kind] |= !t->exclude;
		met[t->kind] |= fits;
	}
	for (k = QUERY_YEAR; k <= QUERY_PLAN; k++)
		if (asked[k] && !met[k])
			return false;
	return true;
}
