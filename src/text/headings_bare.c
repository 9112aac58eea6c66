/* Headings without numbers: lines that a program marked, and short lines alone between paragraphs. */
#include "text_priv.h"

#include <string.h>

enum { STYLED_CHARS_MAX = 100, BARE_CHARS_MAX = 16, TEXT_CHARS_MIN = 18 };

/* The highest level of style that two lines have; 0: none. */
static unsigned styled_level(const struct headings *s)
{
	size_t counts[DOCUMENT_TITLE] = { 0 }, i;
	unsigned level;

	for (i = 0; i < s->annex; i++) {
		const struct para *p = &s->facts->paras[i];

		if (p->level > 0 && p->level < DOCUMENT_TITLE &&
			text_chars(p->text, p->len) <= STYLED_CHARS_MAX)
			counts[p->level]++;
	}
	for (level = 1; level < DOCUMENT_TITLE; level++)
		if (counts[level] >= 2)
			return level;
	return 0;
}

/*
 * Headings by their style. Numbers such as 一、 in lines without a style are stronger, when the styled ones
 * have none: then the style stands for something else.
 */
void headings_find_styled(struct headings *s)
{
	unsigned level = styled_level(s);
	size_t i, plain = 0, numbered = 0;

	for (i = 0; i < s->annex; i++) {
		bool marked = s->items[i].marker.kind == s->level;

		plain += marked && s->facts->paras[i].level == 0;
		numbered += marked && s->facts->paras[i].level == level;
	}
	if (level == 0 || ((s->level == MARKER_HAN || s->level == MARKER_PART) && plain >= 2 &&
				  numbered == 0))
		return;
	for (i = 0; i < s->annex; i++) {
		/* a heading whose style was forgotten, or whose text goes on in its line */
		bool alike = numbered > 0 && s->level != MARKER_NONE &&
			     s->level <= MARKER_PAREN_HAN && s->items[i].marker.kind == s->level;

		s->items[i].heading = s->facts->paras[i].level == level ||
				      (alike && s->facts->paras[i].level == 0);
	}
	s->level = MARKER_STYLE;
}

/* What plans call their sections; a line that holds nothing else is a heading. */
static const char *const usual[] = { "指导思想", "总体要求", "总体目标", "总体思路", "工作思路",
	"工作目标", "主要目标", "目标任务", "主要工作", "工作重点", "重点工作", "主要任务",
	"工作任务", "主要措施", "工作措施", "具体措施", "具体工作", "保障措施", "工作要求",
	"组织领导", "组织机构", "存在问题", "下一步打算", "工作打算", "实施步骤", "时间安排",
	"工作安排", "活动安排", "情况分析", "基本情况", "现状分析", "学情分析", "教学目标",
	"教学措施", "教材分析", "教学进度" };

static bool is_usual(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(usual); i++)
		if (strlen(usual[i]) == len && memcmp(usual[i], s, len) == 0)
			return true;
	return false;
}

/* A few Han characters without any stop, and a paragraph behind them. */
static bool is_bare(const struct headings *s, size_t i)
{
	const struct para *p = &s->facts->paras[i];
	const char *text = p->text;
	size_t len = p->len, han = 0, chars = 0;
	struct cursor c;

	text_trim(&text, &len);
	if (i + 1 >= s->annex || s->items[i].marker.kind != MARKER_NONE || len > BARE_CHARS_MAX * 4)
		return false;
	for (c = cursor_over(text, len); c.at < c.end; chars++) {
		uint32_t ch = cursor_next(&c);

		if (char_ends_sentence(ch) || ch == ',' || ch == ' ' || ch == '\t' ||
			char_is_digit(ch))
			return false;
		han += char_is_han(ch);
	}
	return chars >= 2 && chars <= BARE_CHARS_MAX && han * 10 >= chars * 9 &&
	       text_chars(p[1].text, p[1].len) >= TEXT_CHARS_MIN;
}

/*
 * Where nothing has a number, short lines that stand alone are headings, when two of them have paragraphs
 * behind them and one is what plans call their sections, or blank lines are before them all.
 */
void headings_find_bare(struct headings *s)
{
	size_t i, n = 0, known = 0, gaps = 0, first = s->annex;

	if (s->level != MARKER_NONE)
		return;
	for (i = 0; i < s->annex; i++) {
		const struct para *p = &s->facts->paras[i];
		const char *text = p->text;
		size_t len = p->len;

		if (!is_bare(s, i))
			continue;
		first = i < first ? i : first;
		text_trim(&text, &len);
		n++;
		known += is_usual(text, len);
		gaps += p->gap || i == 0;
	}
	if (n < 2 || n * 2 > s->annex + 1 || (known == 0 && (gaps < n || n < 3)))
		return;
	s->level = MARKER_STYLE;
	for (i = first; i < s->annex; i++)
		s->items[i].heading = is_bare(s, i);
}
