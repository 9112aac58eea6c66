/*
 * Markdown as plain text: headings keep their levels, emphasis and links lose their signs, tables become lines
 * of cells. Lists stay as they are, since they read well.
 */
#include "import_priv.h"

#include <errno.h>
#include <string.h>

struct reader {
	struct lines out;
	bool fenced;
	bool front; /* in the front matter */
	unsigned number;
};

static bool is_blank(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] != ' ' && s[i] != '\t')
			return false;
	return true;
}

/* "# ", "## ": the level, and the bytes before the title; 0 when it is none. */
static unsigned char heading_level(const char *s, size_t len, size_t *ret_skip)
{
	size_t n = 0;

	while (n < len && s[n] == '#')
		n++;
	if (n == 0 || n > 6 || n == len || (s[n] != ' ' && s[n] != '\t'))
		return 0;
	*ret_skip = n + 1;
	return (unsigned char)n;
}

/* A line of === or --- under a title. */
static unsigned char underline_level(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] == s[0])
		i++;
	if (len < 3 || (s[0] != '=' && s[0] != '-') || !is_blank(s + i, len - i))
		return 0;
	return s[0] == '=' ? 1 : 2;
}

/* |---|:--:| */
static bool is_table_rule(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!strchr("|-: \t", s[i]))
			return false;
	return len > 2 && memchr(s, '|', len) && memchr(s, '-', len);
}

/* The length of "](url)" at @s, 0 when it is none. */
static size_t link_tail(const char *s, size_t len)
{
	const char *end;

	if (len < 3 || s[0] != ']' || s[1] != '(')
		return 0;
	end = memchr(s, ')', len < 2000 ? len : 2000);
	return end ? (size_t)(end + 1 - s) : 0;
}

/* Does a link begin at "[", with its end on this line? */
static bool begins_link(const char *s, size_t len)
{
	const char *close = memchr(s, ']', len < 500 ? len : 500);

	return close && link_tail(close, len - (size_t)(close - s)) > 0;
}

/* Bytes of an emphasis sign at @s: two of * or _, or one * or `. */
static size_t sign_len(const char *s, size_t len)
{
	if (len >= 2 &&
		(memcmp(s, "**", 2) == 0 || memcmp(s, "__", 2) == 0 || memcmp(s, "~~", 2) == 0))
		return 2;
	return len >= 1 && (*s == '*' || *s == '`') ? 1 : 0;
}

/* Does the same sign come again, so that the two are emphasis and not a mask such as 20**年? */
static bool is_paired(const char *s, size_t len, size_t n)
{
	if (len <= 2 * n || s[n] == ' ' || s[n] == *s)
		return false;
	return memmem(s + n, len - n, s, n) != NULL;
}

/* The text of a line without the signs of Markdown. */
static int add_inline(const char *s, size_t len, struct buf *out)
{
	size_t i = 0, n;
	size_t open = 0; /* of the sign that is to be closed */
	char sign = 0;
	unsigned links = 0;
	int r = 0;

	while (i < len && r == 0) {
		const char *at = s + i;
		size_t left = len - i;

		n = 1;
		if (*at == '\\' && left > 1 && strchr("\\`*_{}[]()#+-.!|<>~", at[1])) {
			r = buf_add(out, at + 1, 1);
			n = 2;
		} else if (sign && *at == sign && sign_len(at, left) == open) {
			n = open;
			sign = 0;
		} else if (!sign && sign_len(at, left) > 0 &&
			   is_paired(at, left, sign_len(at, left))) {
			n = open = sign_len(at, left);
			sign = *at;
		} else if (*at == '!' && left > 1 && at[1] == '[' &&
			   begins_link(at + 1, left - 1)) {
			const char *close = memchr(at, ']', left);

			n = (size_t)(close - at) + link_tail(close, left - (size_t)(close - at));
		} else if (*at == '[' && begins_link(at, left)) {
			links++;
		} else if (links > 0 && link_tail(at, left) > 0) {
			n = link_tail(at, left);
			links--;
		} else {
			r = buf_add(out, at, 1);
		}
		i += n;
	}
	return r;
}

/* | a | b | as "a\tb". */
static int add_row(const char *s, size_t len, struct buf *out)
{
	size_t i, from = 0;
	bool first = true;
	int r = 0;

	while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '|'))
		len--;
	for (; len > 0 && (*s == ' ' || *s == '|'); s++)
		len--;
	for (i = 0; i <= len && r == 0; i++) {
		size_t a = from, b = i;

		if (i < len && (s[i] != '|' || (i > 0 && s[i - 1] == '\\')))
			continue;
		while (a < b && s[a] == ' ')
			a++;
		while (b > a && s[b - 1] == ' ')
			b--;
		if (!first)
			r = buf_add(out, "\t", 1);
		first = false;
		if (r == 0)
			r = add_inline(s + a, b - a, out);
		from = i + 1;
	}
	return r;
}

/* "title: X" of the front matter is the document's title; the rest of it is for programs. */
static int read_front(struct reader *r, const char *s, size_t len)
{
	if (len == 3 && memcmp(s, "---", 3) == 0) {
		r->front = false;
		return lines_add(&r->out, "", 0, 0);
	}
	if (len > 7 && memcmp(s, "title:", 6) == 0) {
		for (s += 6, len -= 6; len > 0 && strchr(" \"'", *s); s++)
			len--;
		while (len > 0 && strchr(" \"'", s[len - 1]))
			len--;
		return lines_add(&r->out, s, len, DOCUMENT_TITLE);
	}
	return lines_add(&r->out, "", 0, 0);
}

static int read_line(struct reader *r, const char *s, size_t len)
{
	CLEANUP(buf_done) struct buf line = { 0 };
	unsigned char level, under;
	size_t skip = 0;
	int res;

	if (r->number++ == 0 && len == 3 && memcmp(s, "---", 3) == 0)
		r->front = true;
	else if (r->front)
		return read_front(r, s, len);
	if (r->front)
		return lines_add(&r->out, "", 0, 0);
	if (len >= 3 && (memcmp(s, "```", 3) == 0 || memcmp(s, "~~~", 3) == 0)) {
		r->fenced = !r->fenced;
		return 0;
	}
	if (r->fenced)
		return lines_add(&r->out, s, len, 0);
	level = heading_level(s, len, &skip);
	under = underline_level(s, len);
	if (under > 0 || is_table_rule(s, len)) {
		struct buf *levels = &r->out.levels;

		if (under > 0 && levels->len > 0 &&
			!is_blank(buf_str(&r->out.text) + r->out.text.len - 2, 1) &&
			r->out.text.data[r->out.text.len - 2] != '\n')
			levels->data[levels->len - 1] = (char)under;
		return 0;
	}
	s += skip;
	len -= skip;
	while (level > 0 && len > 0 && (s[len - 1] == '#' || s[len - 1] == ' '))
		len--;
	res = len > 1 && *s == '|' ? add_row(s, len, &line) : add_inline(s, len, &line);
	return res < 0 ? res : lines_add(&r->out, buf_str(&line), line.len, level);
}

static void reader_done(struct reader *r)
{
	lines_done(&r->out);
}

int markdown_read(const char *text, size_t len, struct lines *ret_lines)
{
	CLEANUP(reader_done) struct reader r = { 0 };
	const char *end = text + len;
	int res = 0;

	while (text < end && res == 0) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		res = read_line(&r, text, (size_t)((stop ? stop : end) - text));
		text = stop ? stop + 1 : end;
	}
	if (res < 0)
		return res;
	*ret_lines = r.out;
	r.out = (struct lines){ 0 };
	return 0;
}
