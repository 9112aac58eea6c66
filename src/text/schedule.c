/* Schedules: paragraphs and rows of tables that begin with a month or a quarter; see planfs/targets.h. */
#include "planfs/targets.h"

#include "text_priv.h"

#include <string.h>

enum { PERIODS_MIN = 2 };

struct schedule {
	period_fn *fn; /* NULL: only count */
	void *arg;
	struct period open; /* first_month 0: none */
	unsigned n;
};

/* 三月, 3月份, 3月—5月, 第二季度, 上半年 and what separates it from its text. */
static bool parse_period(struct cursor *c, struct period *p)
{
	bool quarter = cursor_skip(c, 0x7B2C);
	unsigned number;

	if (!quarter && (cursor_skip_text(c, "上半年") || cursor_skip_text(c, "下半年"))) {
		p->first_month = memcmp(c->at - 9, "上", 3) == 0 ? 1 : 7;
		p->last_month = p->first_month + 5;
		return true;
	}
	number = number_any(c);
	if (quarter) {
		p->first_month = number * 3 - 2;
		p->last_month = number * 3;
		return number >= 1 && number <= 4 && cursor_skip_text(c, "季度");
	}
	if (number < 1 || number > 12)
		return false;
	p->first_month = p->last_month = number;
	if (cursor_skip(c, '-') || cursor_skip(c, '~') || cursor_skip(c, 0x2014) ||
		cursor_skip(c, 0x81F3) || cursor_skip(c, 0x3001)) {
		cursor_skip(c, 0x2014);
		p->last_month = number_any(c);
	}
	if (!cursor_skip(c, 0x6708))
		return false;
	cursor_skip(c, 0x4EFD); /* 份 */
	if (cursor_skip(c, '-') || cursor_skip(c, 0x2014) || cursor_skip(c, 0x81F3)) {
		cursor_skip(c, 0x2014);
		p->last_month = number_any(c);
		if (!cursor_skip(c, 0x6708))
			return false;
		cursor_skip(c, 0x4EFD);
	}
	return p->last_month >= 1 && p->last_month <= 12;
}

/* Does the line begin a period? A month in a sentence ("3月完成招标") does not: a colon, a tab or the end must follow. */
static bool begins_period(const char *s, size_t len, struct period *ret, const char **ret_text)
{
	struct marker m = marker_parse(s, len);
	struct cursor c = cursor_over(s, len);
	struct period p = { 0 };

	if (m.kind != MARKER_PERIOD && m.kind != MARKER_NONE)
		c.at += m.len;
	cursor_skip_blanks(&c);
	cursor_skip(&c, '(');
	if (!parse_period(&c, &p))
		return false;
	cursor_skip(&c, ')');
	if (c.at < c.end && *c.at != '\t' && cursor_peek(&c) != ':' && cursor_peek(&c) != ' ')
		return false;
	while (cursor_skip(&c, ':') || cursor_skip(&c, ' '))
		;
	*ret = p;
	*ret_text = c.at;
	return true;
}

static int close_period(struct schedule *s, const char *end)
{
	struct period p = s->open;

	s->open = (struct period){ 0 };
	if (p.first_month == 0)
		return 0;
	s->n++;
	if (!s->fn)
		return 0;
	p.len = (size_t)(end - p.text);
	text_trim(&p.text, &p.len);
	while (p.len > 0 && p.text[p.len - 1] == '\n')
		p.len--;
	for (; p.len > 0 && *p.text == '\n'; p.text++)
		p.len--;
	return s->fn(s->arg, &p);
}

/* A heading of a higher level ends the last period. */
static bool ends_schedule(const char *s, size_t len)
{
	enum marker_kind kind = marker_parse(s, len).kind;

	return kind == MARKER_HAN || kind == MARKER_PART || kind == MARKER_PAREN_HAN ||
	       kind == MARKER_ANNEX;
}

static int scan(const char *text, size_t len, struct schedule *s)
{
	const char *end = text + len, *stop;
	unsigned line = 1;
	int r = 0;

	for (; text < end && r == 0; text = stop < end ? stop + 1 : end, line++) {
		const char *body;
		struct period p;

		stop = memchr(text, '\n', (size_t)(end - text));
		stop = stop ? stop : end;
		if (begins_period(text, (size_t)(stop - text), &p, &body)) {
			r = close_period(s, text);
			s->open = p;
			s->open.line = line;
			s->open.text = body;
		} else if (s->open.first_month > 0 && ends_schedule(text, (size_t)(stop - text))) {
			r = close_period(s, text);
		}
	}
	return r < 0 ? r : close_period(s, end);
}

int schedule_find(const char *text, size_t len, period_fn *fn, void *arg)
{
	struct schedule s = { 0 };
	int r = scan(text, len, &s);

	if (r != 0 || s.n < PERIODS_MIN)
		return r;
	s = (struct schedule){ .fn = fn, .arg = arg };
	return scan(text, len, &s);
}
