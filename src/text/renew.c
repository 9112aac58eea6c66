/* Years move on, days are emptied, and the rest is told; see planfs/renew.h. */
#include "planfs/renew.h"

#include "planfs/utf8.h"
#include "text_priv.h"

#include <errno.h>
#include <string.h>

enum digits { DIGITS_ASCII, DIGITS_WIDE, DIGITS_HAN };

struct work {
	const struct renew *r;
	const char *begin, *end;
	struct buf out;
	unsigned line;
	bool inside; /* 《 … 》 */
	int stopped; /* what the caller's function returned */
};

/* A year of four digits, stepped over; 0 when there is none. */
static unsigned parse_year(struct cursor *c, enum digits *ret)
{
	unsigned value = 0, i;
	uint32_t ch = 0;

	for (i = 0; i < 4; i++) {
		struct cursor copy = *c;
		int digit = number_digit(cursor_peek(c));

		if (digit < 0)
			return 0;
		if (utf8_decode(copy.at, (size_t)(copy.end - copy.at), &ch) == 0)
			return 0;
		cursor_next(c);
		value = value * 10 + (unsigned)digit;
	}
	*ret = ch < 0x80 ? DIGITS_ASCII : ch >= 0xFF10 && ch <= 0xFF19 ? DIGITS_WIDE : DIGITS_HAN;
	return value >= 1900 && value < 2200 && number_digit(cursor_peek(c)) < 0 ? value : 0;
}

static int add_year(struct buf *out, unsigned year, enum digits digits)
{
	static const char *const han[] = { "〇", "一", "二", "三", "四", "五", "六", "七", "八",
		"九" };
	static const char *const wide[] = { "０", "１", "２", "３", "４", "５", "６", "７", "８",
		"９" };
	unsigned power;
	int r = 0;

	if (digits == DIGITS_ASCII)
		return buf_printf(out, "%u", year);
	for (power = 1000; power > 0 && r == 0; power /= 10)
		r = buf_add_str(out, (digits == DIGITS_HAN ? han : wide)[year / power % 10]);
	return r;
}

static bool is_dash(uint32_t c)
{
	return c == '-' || c == '~' || c == 0x2014 || c == 0x2013 || c == 0x81F3 || c == 0x5230;
}

/* ---- notes ---- */

static struct cursor line_at(const struct work *w, const char *at)
{
	struct cursor line = { at, at };

	while (line.at > w->begin && line.at[-1] != '\n')
		line.at--;
	while (line.end < w->end && *line.end != '\n')
		line.end++;
	return line;
}

static int note(struct work *w, const char *at, const char *reason)
{
	struct cursor line = line_at(w, at);
	struct renew_note n = { w->line, reason, line.at, (size_t)(line.end - line.at) };

	text_trim(&n.quote, &n.quote_len);
	w->stopped = w->r->fn ? w->r->fn(w->r->arg, &n) : 0;
	return w->stopped != 0 ? -ECANCELED : 0;
}

/* What a line says that is true of one year only: one note for each kind. */
static int note_line(struct work *w, const char *at, size_t len)
{
	static const struct {
		const char *word, *reason;
	} words[] = { { "周年", "an anniversary" }, { "五”", "a five-year plan" },
		{ "五年规划", "a five-year plan" }, { "个五年", "a five-year plan" },
		{ "全会", "a meeting" }, { "次党代会", "a meeting" }, { "大精神", "a congress" },
		{ "教育大会", "a meeting" }, { "两会精神", "a meeting" }, { "xx", "a mask" },
		{ "XX", "a mask" }, { "××", "a mask" }, { "**", "a mask" }, { "__", "a mask" },
		{ "去年", "last year" }, { "上年", "last year" } };
	const char *last = NULL;
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_LEN(words) && r == 0; i++) {
		if (!text_has(at, len, words[i].word) ||
			(last && strcmp(last, words[i].reason) == 0))
			continue;
		last = words[i].reason;
		r = note(w, at, words[i].reason);
	}
	return r;
}

/* ---- dates ---- */

/* "3月15日", "3月15—20日" at *c: its month stays, its days are emptied. Returns 1 when it was one. */
static int try_day(struct work *w, struct cursor *c)
{
	struct cursor at = *c, behind;
	unsigned month = number_digits(&at, 2);
	int r;

	if (month < 1 || month > 12 || !cursor_skip(&at, 0x6708))
		return 0;
	behind = at;
	if (number_digits(&behind, 2) == 0)
		return 0;
	r = buf_add(&w->out, c->at, (size_t)(at.at - c->at));
	if (r == 0)
		r = buf_add_str(&w->out, "__");
	if (is_dash(cursor_peek(&behind))) {
		const char *dash = behind.at;

		while (is_dash(cursor_peek(&behind)))
			cursor_next(&behind);
		if (r == 0)
			r = buf_add(&w->out, dash, (size_t)(behind.at - dash));
		if (number_digits(&behind, 2) > 0 && r == 0)
			r = buf_add_str(&w->out, "__");
	}
	*c = behind;
	return r < 0 ? r : 1;
}

/* "年3月5日" behind the plan's year: "年__月__日". */
static int empty_date(struct work *w, struct cursor *c)
{
	struct cursor at = *c;
	int r;

	if (!cursor_skip(&at, 0x5E74) || number_any(&at) == 0 || !cursor_skip(&at, 0x6708))
		return 0;
	if (number_any(&at) == 0 || !cursor_skip(&at, 0x65E5))
		return 0;
	r = buf_add_str(&w->out, "年__月__日");
	if (r == 0)
		*c = at;
	return r;
}

/* ---- years ---- */

/* "2025—2026学年": both years move on, when one of them is the plan's. Returns 1 when it was one. */
static int try_school_year(struct work *w, struct cursor *c)
{
	unsigned shift = w->r->to - w->r->from, first, second;
	struct cursor at = *c, dash;
	enum digits a, b;
	int r;

	first = parse_year(&at, &a);
	dash = at;
	cursor_skip(&at, 0x5E74);
	if (first == 0 || !is_dash(cursor_peek(&at)))
		return 0;
	while (is_dash(cursor_peek(&at)))
		cursor_next(&at);
	dash.end = at.at;
	second = parse_year(&at, &b);
	if (second != first + 1 || !(first == w->r->from || second == w->r->from) ||
		cursor_peek(&at) != 0x5B66)
		return 0;
	r = add_year(&w->out, first + shift, a);
	if (r == 0)
		r = buf_add(&w->out, dash.at, (size_t)(dash.end - dash.at));
	if (r == 0)
		r = add_year(&w->out, second + shift, b);
	*c = at;
	return r < 0 ? r : 1;
}

/* A year at *c. Returns 1 when it was one, and what stands for it was written. */
static int try_year(struct work *w, struct cursor *c)
{
	struct cursor at = *c, before = *c, behind;
	enum digits digits;
	unsigned year;
	int r;

	if (number_digit(cursor_back(&before, w->begin)) >= 0)
		return 0;
	r = try_school_year(w, c);
	if (r != 0)
		return r;
	year = parse_year(&at, &digits);
	behind = at;
	cursor_skip_blanks(&behind);
	if (year == 0 || cursor_peek(&behind) != 0x5E74)
		return 0;
	before = *c;
	if (year != w->r->from || w->inside || is_dash(cursor_back(&before, w->begin))) {
		r = w->inside ? 0 : note(w, c->at, "another year");
		if (r == 0)
			r = buf_add(&w->out, c->at, (size_t)(at.at - c->at));
	} else {
		r = add_year(&w->out, w->r->to, digits);
	}
	if (r != 0)
		return r;
	*c = at;
	r = year == w->r->from && !w->inside ? empty_date(w, c) : 0;
	return r < 0 ? r : 1;
}

static int step(struct work *w, struct cursor *c)
{
	struct cursor before = *c;
	const char *at = c->at;
	uint32_t ch = cursor_peek(c);
	int r = 0;

	if (number_digit(ch) >= 0) {
		r = try_year(w, c);
		if (r == 0 && char_is_digit(ch) && !char_is_digit(cursor_back(&before, w->begin)))
			r = try_day(w, c);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (*at == '\n') { /* which folding would take for nothing special */
		w->line++;
		r = note_line(w, at + 1, (size_t)(line_at(w, at + 1).end - (at + 1)));
	}
	if (ch == 0x300A || ch == 0x300B)
		w->inside = ch == 0x300A;
	cursor_next(c);
	return r != 0 ? r : buf_add(&w->out, at, (size_t)(c->at - at));
}

int renew_text(const char *text, size_t len, const struct renew *r, struct buf *ret_text)
{
	struct work w = { .r = r, .begin = text, .end = text + len, .line = 1 };
	struct cursor c = cursor_over(text, len);
	int res = len > 0 ? note_line(&w, text, (size_t)(line_at(&w, text).end - text)) : 0;

	while (c.at < c.end && res == 0)
		res = step(&w, &c);
	if (res == 0)
		*ret_text = buf_steal(&w.out);
	buf_done(&w.out);
	return w.stopped != 0 ? w.stopped : res;
}
