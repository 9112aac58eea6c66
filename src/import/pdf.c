/*
 * The text of a PDF, as pdftotext lays it out: lines of a page become paragraphs again. A line that is set in
 * from the margin begins one, a line that follows a full line goes on in it; page numbers are dropped.
 */
#include "import_priv.h"

#include "planfs/utf8.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { COLUMNS_MAX = 400, INDENT_MIN = 2, CENTRED_MIN = 10 };

struct layout {
	size_t margin, width; /* columns: where most lines begin, and where the longest end */
};

struct pdf_line {
	const char *s; /* without the blanks around it */
	size_t len;
	size_t indent, end; /* columns */
};

/* A Han character is two columns wide. */
static size_t columns(const char *s, size_t len)
{
	size_t n = 0, k;
	uint32_t c;

	while (len > 0 && n < COLUMNS_MAX) {
		k = utf8_decode(s, len, &c);
		k = k ? k : 1;
		n += k >= 3 ? 2 : 1;
		s += k;
		len -= k;
	}
	return n;
}

static struct pdf_line measure(const char *s, size_t len)
{
	struct pdf_line l = { 0 };

	while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\r'))
		len--;
	for (; len > 0 && (*s == ' ' || *s == '\f'); s++, len--)
		l.indent += *s == ' ';
	l.s = s;
	l.len = len;
	l.end = l.indent + columns(s, len);
	return l;
}

/* "3", "- 3 -", "— 3 —", "第 3 页", "3 / 12": a line with a number and signs, and no more. */
static bool is_page_number(const struct pdf_line *l)
{
	static const char *const signs[] = { "—", "－", "–", "第", "页", "共", "·" };
	size_t i = 0, k, digits = 0;

	if (l->len > 30)
		return false;
	while (i < l->len) {
		for (k = 0; k < ARRAY_LEN(signs); k++)
			if (l->len - i >= strlen(signs[k]) &&
				memcmp(l->s + i, signs[k], strlen(signs[k])) == 0)
				break;
		if (k < ARRAY_LEN(signs)) {
			i += strlen(signs[k]);
			continue;
		}
		if (!strchr("0123456789 -/", l->s[i]))
			return false;
		digits += l->s[i] >= '0' && l->s[i] <= '9';
		i++;
	}
	return digits > 0 && digits < 5;
}

static struct layout find_layout(const char *text, size_t len)
{
	const char *end = text + len, *stop;
	size_t counts[64] = { 0 }, i;
	struct layout layout = { 0 };

	for (; text < end; text = stop + 1) {
		struct pdf_line l;

		stop = memchr(text, '\n', (size_t)(end - text));
		stop = stop ? stop : end;
		l = measure(text, (size_t)(stop - text));
		if (l.len == 0 || is_page_number(&l))
			continue;
		if (l.indent < ARRAY_LEN(counts))
			counts[l.indent]++;
		layout.width = l.end > layout.width ? l.end : layout.width;
	}
	for (i = 1; i < ARRAY_LEN(counts); i++)
		if (counts[i] > counts[layout.margin])
			layout.margin = i;
	return layout;
}

/* Does a numbered heading or item begin here: 一、 （一） 1. ①? */
static bool begins_item(const struct pdf_line *l)
{
	static const char *const han[] = { "一", "二", "三", "四", "五", "六", "七", "八", "九",
		"十" };
	const char *s = l->s;
	size_t len = l->len, i;

	if (len >= 6 && (memcmp(s, "（", 3) == 0 || *s == '('))
		return true;
	for (i = 0; i < ARRAY_LEN(han); i++)
		if (len > 6 && memcmp(s, han[i], 3) == 0 &&
			(memcmp(s + 3, "、", 3) == 0 || memcmp(s + 6, "、", 3) == 0))
			return true;
	for (i = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++)
		;
	return i > 0 && i < 3 && len > i + 3 &&
	       (s[i] == '.' || memcmp(s + i, "、", 3) == 0 || memcmp(s + i, "．", 3) == 0);
}

/* Runs of blanks between words of a line: a column of a table, or nothing between Han characters. */
static int add_words(const struct pdf_line *l, struct buf *out)
{
	size_t i = 0, k;
	int r = 0;

	while (i < l->len && r == 0) {
		for (k = i; k < l->len && l->s[k] == ' '; k++)
			;
		if (k - i >= 3)
			r = buf_add(out, "\t", 1);
		else if (k > i &&
			 ((unsigned char)l->s[i - 1] < 0x80 && (unsigned char)l->s[k] < 0x80))
			r = buf_add(out, " ", 1);
		for (i = k; k < l->len && l->s[k] != ' '; k++)
			;
		if (r == 0)
			r = buf_add(out, l->s + i, k - i);
		i = k;
	}
	return r;
}

int pdf_lines(const char *text, size_t len, struct lines *ret_lines)
{
	struct layout layout = find_layout(text, len);
	CLEANUP(lines_done) struct lines out = { 0 };
	CLEANUP(buf_done) struct buf para = { 0 };
	const char *end = text + len, *stop;
	bool full = false; /* the line before went to the right margin */
	int r = 0;

	for (; text < end && r == 0; text = stop + 1) {
		struct pdf_line l;
		bool goes_on;

		stop = memchr(text, '\n', (size_t)(end - text));
		stop = stop ? stop : end;
		l = measure(text, (size_t)(stop - text));
		if (l.len == 0 || is_page_number(&l))
			continue;
		goes_on = full && l.indent < layout.margin + INDENT_MIN && !begins_item(&l);
		if (!goes_on && para.len > 0) {
			r = lines_add(&out, para.data, para.len, 0);
			para.len = 0;
		}
		if (r == 0)
			r = add_words(&l, &para);
		full = l.end + 6 >= layout.width && l.indent < layout.margin + CENTRED_MIN;
	}
	if (r == 0 && para.len > 0)
		r = lines_add(&out, para.data, para.len, 0);
	if (r < 0)
		return r;
	*ret_lines = out;
	out = (struct lines){ 0 };
	return 0;
}
