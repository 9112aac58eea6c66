/* Take away what is not the document's: known spam in the text, and whole lines of a web page. */
#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_CHARS_MAX = 40, LINE_CHARS_MAX = 200 }; /* a longer line is never noise */

/* ---- repairs inside the text ---- */

/* Which repair begins at @s? NULL: none. */
static const struct repair_row *repair_at(const struct rules *rules, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < rules->n_repairs; i++) {
		const struct repair_row *row = &rules->repairs[i];
		size_t n = strlen(row->from);
		struct cursor next;

		if (len < n || memcmp(s, row->from, n) != 0)
			continue;
		next = cursor_over(s + n, len - n);
		if (!row->before_han || char_is_han(cursor_peek(&next)))
			return row;
	}
	return NULL;
}

/* Go on from @at to where a repair may begin: at most to the last byte. */
static size_t next_beginning(const struct rules *rules, const struct buf *text, size_t at)
{
	const unsigned char *s = (const unsigned char *)text->data;

	for (; at + 1 < text->len; at++) {
		unsigned pair = s[at] * 256u + s[at + 1];

		if (rules->beginnings[pair / 8] & (1u << pair % 8))
			return at;
	}
	return text->len;
}

static int note_repairs(struct build *b, const size_t *counts)
{
	const struct rules *rules = b->rules;
	struct document *doc = &b->doc;
	size_t i;

	doc->repairs = calloc(rules->n_repairs + 1, sizeof(*doc->repairs));
	if (!doc->repairs)
		return -ENOMEM;
	for (i = 0; i < rules->n_repairs; i++) {
		struct repair *repair = &doc->repairs[doc->n_repairs];

		if (counts[i] == 0)
			continue;
		*repair = (struct repair){ strdup(rules->repairs[i].from),
			strdup(rules->repairs[i].to), counts[i] };
		doc->n_repairs++;
		if (!repair->from || !repair->to)
			return -ENOMEM;
	}
	return 0;
}

static int repair(struct build *b, struct buf *out, size_t *counts)
{
	const struct rules *rules = b->rules;
	size_t at = 0, begin = 0;
	int r;

	while ((at = next_beginning(rules, &b->text, at)) < b->text.len) {
		const struct repair_row *row =
			repair_at(rules, b->text.data + at, b->text.len - at);

		if (!row) {
			at++;
			continue;
		}
		r = buf_add(out, b->text.data + begin, at - begin);
		if (r == 0)
			r = buf_add_str(out, row->to);
		if (r < 0)
			return r;
		counts[row - rules->repairs]++;
		at += strlen(row->from);
		begin = at;
	}
	return buf_add(out, buf_str(&b->text) + begin, b->text.len - begin);
}

int noise_repair(struct build *b)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	size_t *counts = calloc(b->rules->n_repairs + 1, sizeof(*counts));
	int r;

	if (!counts)
		return -ENOMEM;
	r = repair(b, &out, counts);
	if (r == 0)
		r = note_repairs(b, counts);
	free(counts);
	if (r < 0)
		return r;

	buf_done(&b->text);
	b->text = buf_steal(&out);
	return 0;
}

/* ---- lines ---- */

static bool row_matches(const struct noise_row *row, const struct buf *line, size_t chars)
{
	size_t n = strlen(row->first);

	if (chars > row->chars || line->len < n)
		return false;
	if (row->how == NOISE_WHOLE && line->len != n)
		return false;
	if (row->how == NOISE_HAS && !strstr(line->data, row->first))
		return false;
	if (row->how == NOISE_SUFFIX && !text_ends_with(line->data, line->len, row->first))
		return false;
	if ((row->how == NOISE_PREFIX || row->how == NOISE_WHOLE) &&
		memcmp(line->data, row->first, n) != 0)
		return false;
	return !row->second || strstr(line->data, row->second);
}

/* "[时间:]2024-02-12 03:13:02 小编:x": a date as machines write it, and more that no plan writes. */
static bool is_stamp(const struct buf *line)
{
	static const char *const labels[] = {
		"发布时间:", "更新时间:", "时间:", "日期:", "发布日期:"
	};
	static const char *const more[] = { "小编", "作者", "来源", "编辑", "浏览", "点击" };
	struct cursor c = cursor_over(line->data, line->len);
	bool time = false;
	size_t i;

	for (i = 0; i < ARRAY_LEN(labels); i++)
		if (cursor_skip_text(&c, labels[i]))
			break;
	cursor_skip_blanks(&c);
	if (number_digits(&c, 4) < 1990 || !cursor_skip(&c, '-') || number_digits(&c, 2) == 0 ||
		!cursor_skip(&c, '-') || number_digits(&c, 2) == 0)
		return false;
	cursor_skip_blanks(&c);
	if (number_digits(&c, 2) < 24 && cursor_skip(&c, ':'))
		time = char_is_digit(cursor_peek(&c));
	for (i = 0; i < ARRAY_LEN(more) && !time; i++)
		time = strstr(line->data, more[i]) != NULL;
	return time;
}

/* "12。" alone: the number of a page. */
static bool is_page_number(const struct buf *line)
{
	struct cursor c = cursor_over(line->data, line->len);

	if (!char_is_digit(cursor_peek(&c)))
		return false;
	number_digits(&c, 3);
	cursor_skip(&c, 0x3002);
	return c.at == c.end;
}

/* "一、指导思想……1": a line of a table of contents. */
static bool is_contents(const struct buf *line)
{
	struct cursor c = cursor_over(line->data, line->len);
	unsigned digits = 0, dots = 0;

	c.at = c.end;
	while (char_is_digit(cursor_back(&c, line->data)))
		digits++;
	while (cursor_peek(&c) == ' ' && c.at > line->data)
		cursor_back(&c, line->data);
	for (; cursor_peek(&c) == '.' || cursor_peek(&c) == 0x2026 || cursor_peek(&c) == 0xB7;
		dots++)
		if (cursor_back(&c, line->data) == 0)
			break;
	return digits >= 1 && digits <= 3 && dots >= 2;
}

/* What @line is, when it is noise; @last: it is the last of a plan. */
static const struct noise_row *noise_of(
	const struct rules *rules, const struct buf *line, size_t chars, bool last)
{
	static const struct noise_row contents = { NOISE_WHOLE, "", NULL, 0, 0,
		"table of contents" };
	static const struct noise_row stamp = { NOISE_WHOLE, "", NULL, 0, 0, "upload date" };
	static const struct noise_row page = { NOISE_WHOLE, "", NULL, 0, NOISE_CUT, "page number" };
	size_t i;

	for (i = 0; i < rules->n_noise; i++)
		if (!(rules->noise[i].flags & NOISE_LAST) == !last &&
			row_matches(&rules->noise[i], line, chars))
			return &rules->noise[i];
	if (last)
		return NULL;
	if (chars <= 60 && is_stamp(line))
		return &stamp;
	if (is_contents(line))
		return &contents;
	return is_page_number(line) ? &page : NULL;
}

static int classify(
	const struct rules *rules, const struct para *p, bool last, const struct noise_row **ret)
{
	CLEANUP(buf_done) struct buf folded = { 0 };
	const char *s = p->text;
	size_t len = p->len, chars;
	int r;

	*ret = NULL;
	text_trim(&s, &len);
	if (len > LINE_CHARS_MAX * 4)
		return 0;
	chars = text_chars(s, len);
	if (chars > LINE_CHARS_MAX)
		return 0;
	r = fold_text(s, len, &folded);
	if (r < 0)
		return r;
	*ret = noise_of(rules, &folded, chars, last);
	return 0;
}

const char *noise_last_line(const struct rules *rules, const struct para *p)
{
	const struct noise_row *row;

	if (classify(rules, p, true, &row) < 0)
		return NULL; /* no memory for a look: the line stays */
	return row ? row->reason : NULL;
}

/* A file name in the text is the title of it. */
static void keep_file_title(struct build *b, const struct para *p)
{
	const char *s = p->text;
	size_t len = p->len;

	text_trim(&s, &len);
	while (len > 0 && s[len - 1] != '.')
		len--;
	if (!b->file_title && len > 1) {
		b->file_title = s;
		b->file_title_len = len - 1;
	}
}

/* Does the line say who published the document? */
static bool names_publisher(const struct para *p)
{
	static const char *const labels[] = { "来源", "发布机构", "发文机关", "发文单位",
		"发布单位", "发布部门", "作者" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(labels); i++)
		if (text_has(p->text, p->len, labels[i]))
			return true;
	return false;
}

static int drop_line(
	struct build *b, const struct para *p, const struct noise_row *row, size_t kept)
{
	if (row->flags & NOISE_TITLE)
		keep_file_title(b, p);
	if ((row->flags & NOISE_CUT) && kept > 0)
		b->paras.items[kept - 1].cut = true;
	if (!b->hint.text && names_publisher(p))
		b->hint = *p;
	return report_dropped(b, p, row->reason);
}

/* Does the line go with the one dropped before it? A list of other pages ends where a plan may begin. */
static bool goes_with(const struct noise_row *row, const struct para *p)
{
	enum marker_kind kind;

	if (!row || !(row->flags & (NOISE_AND_NEXT | NOISE_LIST)))
		return false;
	if (row->flags & NOISE_AND_NEXT)
		return true;
	kind = marker_parse(p->text, p->len).kind;
	return text_chars(p->text, p->len) <= LIST_CHARS_MAX && !text_has(p->text, p->len, "。") &&
	       kind != MARKER_HAN && kind != MARKER_PAREN_HAN && kind != MARKER_PART &&
	       !collection_may_begin(p);
}

int noise_drop_lines(struct build *b)
{
	struct para *items = b->paras.items;
	const struct noise_row *row = NULL, *before = NULL;
	size_t from, kept = 0;
	bool gap = false;
	int r;

	for (from = 0; from < b->paras.n; from++, before = row) {
		gap = gap || items[from].gap;
		r = classify(b->rules, &items[from], false, &row);
		if (r < 0)
			return r;
		if (!row && goes_with(before, &items[from])) {
			r = report_dropped(b, &items[from], before->reason);
			row = before->flags & NOISE_LIST ? before : NULL;
		} else if (row) {
			r = drop_line(b, &items[from], row, kept);
		} else {
			items[kept] = items[from];
			items[kept++].gap = gap;
			gap = false;
		}
		if (r < 0)
			return r;
	}
	b->paras.n = kept;
	return 0;
}
