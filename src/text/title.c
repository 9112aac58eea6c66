/* Titles: of a section behind its number, of a plan before its text, of a collection. */
#include "text_priv.h"

#include <string.h>

enum { HEADING_CHARS = 30, HEADING_CHARS_MAX = 40, TITLE_CHARS_MAX = 60 };

/* Does the title of a section end before this character? */
static bool is_stop(uint32_t c)
{
	return c == 0x3002 || c == ';' || c == ':' || c == '!' || c == '?' || c == 0x2026;
}

/* +1 where a quotation or a bracket opens, -1 where it closes: no title is cut inside. */
static int depth_step(const struct cursor *c)
{
	static const struct {
		const char *text;
		int step;
	} signs[] = { { "“", 1 }, { "”", -1 }, { "《", 1 }, { "》", -1 }, { "(", 1 }, { ")", -1 },
		{ "（", 1 }, { "）", -1 }, { "‘", 1 }, { "’", -1 } };
	size_t i, left = (size_t)(c->end - c->at);

	for (i = 0; i < ARRAY_LEN(signs); i++)
		if (left >= strlen(signs[i].text) &&
			memcmp(c->at, signs[i].text, strlen(signs[i].text)) == 0)
			return signs[i].step;
	return 0;
}

/* Where a title that is too long may be cut, best first. */
struct cuts {
	const char *near_comma, *comma, *pause;
};

static void note_cut(struct cuts *cuts, const struct cursor *c, unsigned chars)
{
	uint32_t ch = cursor_peek(c);

	if (chars <= 3)
		return;
	if (ch == ',' && chars <= HEADING_CHARS)
		cuts->near_comma = c->at;
	if (ch == ',')
		cuts->comma = c->at;
	if (ch == 0x3001 || ch == '(')
		cuts->pause = c->at;
}

void title_of_heading(const char **s, size_t *len)
{
	struct cuts cuts = { 0 };
	struct cursor c;
	unsigned chars;
	int depth = 0;

	text_trim(s, len);
	c = cursor_over(*s, *len);
	for (chars = 0; c.at < c.end && chars < HEADING_CHARS_MAX; chars++) {
		if (is_stop(cursor_peek(&c)))
			break;
		if (depth <= 0)
			note_cut(&cuts, &c, chars);
		depth += depth_step(&c);
		cursor_next(&c);
	}
	if (c.at < c.end && !is_stop(cursor_peek(&c))) {
		if (cuts.near_comma || cuts.comma)
			c.at = cuts.near_comma ? cuts.near_comma : cuts.comma;
		else if (cuts.pause)
			c.at = cuts.pause;
	}
	for (c.end = c.at;
		cursor_back(&c, *s) == '.' || cursor_peek(&c) == ',' || cursor_peek(&c) == 0x3001;)
		c.end = c.at;
	*len = (size_t)(c.end - *s);
	text_trim(s, len);
}

/* Is it "(试行)", "(2016年)", "篇3": something in brackets that may stand behind a title? Cut it off. */
static void cut_brackets(const char *s, size_t *len)
{
	struct cursor c = cursor_over(s, *len);
	unsigned chars;

	c.at = c.end;
	if (cursor_back(&c, s) != ')')
		return;
	for (chars = 0; chars < 20 && c.at > s; chars++)
		if (cursor_back(&c, s) == '(')
			break;
	if (c.at > s && cursor_peek(&c) == '(')
		*len = (size_t)(c.at - s);
	while (*len > 0 && s[*len - 1] == ' ')
		--*len;
}

bool title_is_plan_title(const char *s, size_t len)
{
	static const char *const ends[] = { "计划", "要点", "总结", "方案", "安排", "规划", "打算",
		"思路", "意见", "报告", "设想", "汇报", "小结", "纲要", "任务书", "工作清单",
		"行动", "通知", "行事历", "校历", "日程", "日程表", "安排表", "行事表", "配档表",
		"一览表", "预案", "举措", "部署", "清单", "细则", "述职" };
	size_t i;

	text_trim(&s, &len);
	if (len > TITLE_CHARS_MAX * 4 || text_chars(s, len) > TITLE_CHARS_MAX)
		return false;
	if (marker_parse(s, len).kind != MARKER_NONE || text_has(s, len, "。"))
		return false;
	cut_brackets(s, &len);
	for (i = 0; i < ARRAY_LEN(ends); i++)
		if (text_ends_with(s, len, ends[i]) && len > strlen(ends[i]))
			return true;
	return false;
}

bool title_inside_notice(const char **s, size_t *len)
{
	const char *open = memmem(*s, *len, "《", 3), *close;

	if (!open || !text_has(*s, (size_t)(open - *s), "印发") ||
		!text_ends_with(*s, *len, "通知"))
		return false;
	open += 3;
	close = memmem(open, (size_t)(*s + *len - open), "》", 3);
	if (!close || !title_is_plan_title(open, (size_t)(close - open)))
		return false;
	*s = open;
	*len = (size_t)(close - open);
	return true;
}

/* "模板5篇", "精选16篇": the number of texts that a collection promises. Cut it off. */
static void cut_promise(const char *s, size_t *len)
{
	static const char *const words[] = { "模板", "范文", "精选", "优秀", "汇总", "合集", "大全",
		"集锦", "通用", "实用", "热门", "推荐" };
	struct cursor c = cursor_over(s, *len);
	size_t i;

	c.at = c.end;
	if (cursor_back(&c, s) == 0x7BC7) { /* 篇 */
		while (char_is_digit(cursor_back(&c, s)) || char_is_han(cursor_peek(&c))) {
			struct cursor number = c;

			if (number_any(&number) == 0)
				break;
		}
		if (c.at > s || cursor_peek(&c) == 0)
			cursor_next(&c);
		*len = (size_t)(c.at - s);
	}
	for (i = 0; i < ARRAY_LEN(words); i++)
		if (text_ends_with(s, *len, words[i]) && *len > strlen(words[i]))
			*len -= strlen(words[i]);
}

void title_stem(const char **s, size_t *len)
{
	struct cursor c;

	text_trim(s, len);
	c = cursor_over(*s, *len);
	if (number_digits(&c, 4) > 1900 && cursor_skip(&c, 0x5E74)) { /* 年 */
		cursor_skip(&c, 0x5EA6);                              /* 度 */
		*len -= (size_t)(c.at - *s);
		*s = c.at;
	}
	cut_brackets(*s, len);
	cut_promise(*s, len);
	text_trim(s, len);
}
