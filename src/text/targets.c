/*
 * Quantitative targets. A number is one when it has a unit, or a percent sign, and stands in a clause that wants
 * something: not in what was done, not in a year, a date, a law's title or the name of a project.
 */
#include "planfs/targets.h"

#include "planfs/utf8.h"
#include "text_priv.h"

#include <string.h>

enum { CLAUSE_CHARS_MAX = 80, INDICATOR_CHARS = 16 };

/* What is before the number, and says how it is meant; the longest first. */
static const char *const qualifiers[] = { "控制在", "稳定在", "保持在", "提高到", "增加到",
	"提升到", "不少于", "不低于", "不超过", "不高于", "达到", "降至", "降到", "超过", "至少",
	"力争", "确保", "完成", "达", "为" };

/* What a number of a target counts. */
static const char *const units[] = { "个百分点", "平方米", "万平方米", "万元", "亿元", "元", "人次",
	"万人次", "人", "名", "所", "个", "项", "次", "场", "节", "课时", "学时", "套", "台", "篇",
	"门", "间", "期", "户", "件", "辆", "天", "小时", "分钟", "亩", "家", "批", "本", "册",
	"支", "条", "万名", "万人", "万册", "轮", "遍", "位", "例", "座", "处", "届", "组" };

static const char *const bounds[] = { "以上", "以内", "以下", "左右" };

/* Words of a clause that tells what was, or cites. */
static const char *const not_wanted[] = { "了", "同比", "去年", "上年", "已经", "已达", "累计",
	"荣获", "截至", "现有", "共有", "原有", "取得", "获得", "被评为", "岁", "周年", "学年度" };

struct scan {
	const char *begin, *end; /* the clause */
	unsigned line;
	target_fn *fn;
	void *arg;
};

static bool ends_clause(uint32_t c)
{
	return c == ',' || c == 0x3002 || c == ';' || c == ':' || c == '\n' || c == '!' ||
	       c == '?' || c == '(' || c == ')' || c == 0x3001;
}

/* "95", "98.5", "3-5", "1800": steps over a number. Han numerals are left alone: 一批 is no target. */
static bool skip_number(struct cursor *c)
{
	unsigned digits = 0;

	while (char_is_digit(cursor_peek(c)) && digits < 12) {
		cursor_next(c);
		digits++;
	}
	if (digits > 0 && cursor_peek(c) == '.') {
		struct cursor copy = *c;

		cursor_next(&copy);
		if (char_is_digit(cursor_peek(&copy))) {
			*c = copy;
			return skip_number(c);
		}
	}
	return digits > 0;
}

/* Steps over the unit; false when none is there. */
static bool skip_unit(struct cursor *c)
{
	const char *best = NULL;
	size_t i, most = 0;

	cursor_skip(c, 0x4F59); /* 余 */
	if (cursor_skip(c, '%') || cursor_skip(c, 0x2030))
		best = c->at;
	for (i = 0; i < ARRAY_LEN(units); i++) {
		struct cursor copy = *c;

		if (strlen(units[i]) > most && cursor_skip_text(&copy, units[i])) {
			best = copy.at;
			most = strlen(units[i]);
		}
	}
	if (!best)
		return false;
	c->at = best;
	for (i = 0; i < ARRAY_LEN(bounds); i++)
		if (cursor_skip_text(c, bounds[i]))
			break;
	return true;
}

/* The qualifier that ends at @at, if there is one. */
static size_t qualifier_before(const char *begin, const char *at)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(qualifiers); i++)
		if (text_ends_with(begin, (size_t)(at - begin), qualifiers[i]))
			return strlen(qualifiers[i]);
	return 0;
}

/* The last words before the qualifier: at most some characters, from the beginning of the clause. */
static void set_indicator(struct target *t, const char *begin, const char *end)
{
	struct cursor c = cursor_over(begin, (size_t)(end - begin));
	size_t chars = text_chars(begin, (size_t)(end - begin));

	for (; chars > INDICATOR_CHARS; chars--)
		cursor_next(&c);
	t->indicator = c.at;
	t->indicator_len = (size_t)(c.end - c.at);
	text_trim(&t->indicator, &t->indicator_len);
}

static bool is_wanted(const char *begin, const char *end)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(not_wanted); i++)
		if (text_has(begin, (size_t)(end - begin), not_wanted[i]))
			return false;
	return true;
}

/* A number at @c: a target? Then it is handed out. *c steps over it in any case. */
static int try_number(const struct scan *s, struct cursor *c)
{
	struct target t = { .line = s->line, .value = c->at, .qualifier = "" };
	struct cursor before = *c;
	size_t n;
	uint32_t ch = cursor_back(&before, s->begin);

	if (!skip_number(c))
		return 0;
	t.value_len = (size_t)(c->at - t.value);
	if ((ch < 0x80 && ch != 0 && ch != ' ') || ch == 0x7B2C ||
		ch == 0x201C) /* A4, 2-3, 第3, “626” */
		return 0;
	t.unit = c->at;
	if (!skip_unit(c))
		return 0;
	t.unit_len = (size_t)(c->at - t.unit);
	n = qualifier_before(s->begin, t.value);
	t.qualifier = n > 0 ? t.value - n : "";
	t.qualifier_len = n;
	set_indicator(&t, s->begin, t.value - n);
	if (t.indicator_len < 6) { /* 新建5所学校: what is measured stands behind */
		const char *end = c->at;
		struct cursor rest = *c;

		while (rest.at < s->end && (size_t)(rest.at - end) < INDICATOR_CHARS * 3)
			cursor_next(&rest);
		t.indicator = t.indicator_len > 0 ? t.indicator : t.unit;
		t.indicator_len = (size_t)(rest.at - t.indicator);
	}
	return is_wanted(s->begin, s->end) ? s->fn(s->arg, &t) : 0;
}

static int scan_clause(const struct scan *all)
{
	struct marker m = marker_parse(all->begin, (size_t)(all->end - all->begin));
	struct scan s = *all;
	struct cursor c;
	int r = 0;

	if (m.kind == MARKER_DIGIT || m.kind == MARKER_CIRCLED)
		s.begin += m.len;
	c = cursor_over(s.begin, (size_t)(s.end - s.begin));
	while (c.at < c.end && r == 0) {
		if (char_is_digit(cursor_peek(&c)))
			r = try_number(&s, &c);
		else
			cursor_next(&c);
	}
	return r;
}

int targets_find(const char *text, size_t len, target_fn *fn, void *arg)
{
	struct cursor c = cursor_over(text, len);
	struct scan s = { .begin = text, .line = 1, .fn = fn, .arg = arg };
	unsigned chars = 0;
	int r = 0;

	while (c.at < c.end && r == 0) {
		const char *at = c.at;
		uint32_t ch = *at == '\n' ? '\n' : cursor_next(&c);

		if (ch == '\n')
			c.at++;
		if (!ends_clause(ch) && ++chars < CLAUSE_CHARS_MAX)
			continue;
		s.end = at;
		r = scan_clause(&s);
		s.begin = c.at;
		s.line += ch == '\n';
		chars = 0;
	}
	s.end = c.end;
	return r == 0 ? scan_clause(&s) : r;
}
