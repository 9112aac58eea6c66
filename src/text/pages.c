/*
 * Texts that were copied out of a reader with pages: every line is a page, "1、" to "9、" at their
 * beginnings are page numbers that cut words, and the headings stand inside the lines.
 */
#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_MIN = 3, PAGE_BYTES_MIN = 300, TITLE_CHARS_MIN = 5, TITLE_CHARS_MAX = 40 };

/* Where sentences of a text begin that has no stop behind its headings. */
static const char *const beginnings[] = { "建立健全", "截至", "根据", "启动", "按照", "通过",
	"为了", "为进一步", "一是", "我区", "我市", "我县", "我校", "我局", "全区", "全市", "全县",
	"全校", "今年", "上半年", "下半年", "目前", "坚持以", "围绕", "组织开展", "积极开展",
	"认真贯彻", "深入贯彻", "在市", "在区", "在县", "要加强", "各学校", "各中小学", "以党的",
	"推进", "出台", "制定", "充分利用", "继续", "回顾", "进一步", "结合" };

/* Titles that every second plan has, and that are too short for the rules about beginnings. */
static const char *const common_titles[] = { "指导思想", "总体要求", "总体目标", "工作目标",
	"主要目标", "主要工作", "工作重点", "重点工作", "主要任务", "主要措施", "工作措施",
	"保障措施", "工作要求", "组织领导", "存在问题", "工作打算" };

static bool ends_inside_sentence(const struct para *p)
{
	struct cursor c = cursor_over(p->text, p->len);

	c.at = c.end;
	while (cursor_back(&c, p->text) == ' ')
		;
	return !char_ends_sentence(cursor_peek(&c));
}

static bool is_page(const struct para *p, unsigned number)
{
	struct marker m = marker_parse(p->text, p->len);

	return m.kind == MARKER_DIGIT && m.number == number;
}

/* How many pages begin at @p, of the @n paragraphs that are there: 0 when these are ordinary items. */
static size_t count_pages(const struct para *p, size_t n)
{
	size_t pages, i, cut = 0;

	for (pages = 0; pages < n && is_page(&p[pages], (unsigned)pages + 1); pages++)
		;
	if (pages < PAGES_MIN)
		return 0;
	for (i = 0; i + 1 < pages; i++) {
		if (p[i].len < PAGE_BYTES_MIN)
			return 0;
		cut += ends_inside_sentence(&p[i]);
	}
	return cut * 3 >= (pages - 1) * 2 ? pages : 0;
}

static int join(struct build *b, const struct para *p, size_t n, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		size_t mark = marker_parse(p[i].text, p[i].len).len;
		struct para number = { .text = p[i].text, .len = mark, .line = p[i].line };

		r = report_dropped(b, &number, "page number");
		if (r == 0)
			r = buf_add(&text, p[i].text + mark, p[i].len - mark);
		if (r < 0)
			return r;
	}

	*ret_text = buf_steal(&text);
	return 0;
}

/* Bytes of the title that stands at the beginning of the text, once or twice in a row. */
static size_t repeated_title(const struct build *b, const char *s, size_t len)
{
	struct cursor c = cursor_over(s, len);
	size_t n = b->file_title_len, k;

	if (n > 0 && len >= n && memcmp(s, b->file_title, n) == 0)
		return len >= 2 * n && memcmp(s + n, s, n) == 0 ? 2 * n : n;
	for (k = 0; k < TITLE_CHARS_MAX && c.at < c.end; k++) {
		cursor_next(&c);
		n = (size_t)(c.at - s);
		if (k > 4 && len >= 2 * n && memcmp(s + n, s, n) == 0)
			return 2 * n;
	}
	return 0;
}

/* ---- headings inside the text ---- */

struct splitter {
	struct build *build;
	struct paras *out;
	const char *begin; /* of the whole text */
	const char *from;  /* of the paragraph that is not yet given out */
	unsigned line;
	unsigned han, paren; /* the last numbers seen */
};

static int give(struct splitter *s, const char *end)
{
	struct para p = {
		.text = s->from, .len = (size_t)(end - s->from), .line = s->line, .gap = true
	};

	s->from = end;
	return p.len > 0 ? paras_add(s->out, &p) : 0;
}

/* Is there a heading at @c that goes on from the last one? */
static bool is_next_heading(const struct splitter *s, struct cursor c, struct marker *ret)
{
	struct cursor before = c;
	bool fresh = c.at == s->from || char_ends_sentence(cursor_back(&before, s->begin));
	struct marker m;

	if (cursor_peek(&c) != '(' && (cursor_peek(&c) < 0x4E00 || !fresh))
		return false;
	c.end = c.end - c.at > 64 ? c.at + 64 : c.end; /* a marker is short */
	m = marker_parse(c.at, (size_t)(c.end - c.at));
	*ret = m;
	if (m.kind == MARKER_HAN)
		return fresh && m.number == s->han + 1;
	return fresh && m.kind == MARKER_PAREN_HAN && (m.number == 1 || m.number == s->paren + 1);
}

static bool is_beginning(const struct cursor *c)
{
	struct cursor copy;
	size_t i;

	for (i = 0; i < ARRAY_LEN(beginnings); i++) {
		copy = *c;
		if (cursor_skip_text(&copy, beginnings[i]))
			return true;
	}
	return false;
}

/* Does the first heading of the level below stand at @c? */
static bool is_first_below(struct cursor c)
{
	return cursor_skip(&c, '(') && number_han(&c) == 1 && cursor_skip(&c, ')');
}

/*
 * Where the title behind a marker ends: at a stop, at the next heading, where its own words come again,
 * or where a sentence begins. NULL: it cannot be told from the text.
 */
static const char *title_end(struct cursor c)
{
	const char *title = c.at;
	unsigned chars;
	size_t i;

	for (i = 0; i < ARRAY_LEN(common_titles); i++) {
		struct cursor behind = c;

		if (cursor_skip_text(&behind, common_titles[i]) && is_beginning(&behind))
			return behind.at;
	}
	for (chars = 0; chars < TITLE_CHARS_MAX && c.at < c.end; chars++) {
		uint32_t ch = cursor_peek(&c);

		if (ch == 0x3002 || ch == ';' || ch == ':')
			return NULL; /* the ordinary form: title, stop, text */
		if (chars >= TITLE_CHARS_MIN && is_first_below(c))
			return c.at;
		if (chars >= TITLE_CHARS_MIN && c.end - c.at >= 12 && memcmp(c.at, title, 12) == 0)
			return c.at;
		if (chars >= TITLE_CHARS_MIN && is_beginning(&c))
			return c.at;
		cursor_next(&c);
	}
	return NULL;
}

/* Give out the heading at @c as a paragraph, when its end is clear. Returns where to go on. */
static int give_heading(struct splitter *s, struct cursor *c, const struct marker *m)
{
	const char *end;
	int r;

	r = give(s, c->at);
	if (r < 0)
		return r;
	if (m->kind == MARKER_HAN)
		s->paren = 0;
	*(m->kind == MARKER_HAN ? &s->han : &s->paren) = m->number;
	c->at += m->len;
	end = title_end(*c);
	if (!end)
		return 0;
	c->at = end;
	return give(s, end);
}

static int split(struct splitter *s, const char *text, size_t len)
{
	struct cursor c = cursor_over(text, len);
	struct marker m;
	int r;

	while (c.at < c.end) {
		if (!is_next_heading(s, c, &m)) {
			cursor_next(&c);
			continue;
		}
		r = give_heading(s, &c, &m);
		if (r < 0)
			return r;
	}
	return give(s, c.end);
}

static int replace_pages(struct build *b, const struct para *p, size_t n, struct paras *out)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct splitter s = { .build = b, .out = out, .line = p->line };
	struct para title = { .line = p->line };
	int r;

	r = join(b, p, n, &text);
	if (r < 0)
		return r;
	title.text = text.data;
	title.len = repeated_title(b, buf_str(&text), text.len);
	if (title.len > 0) {
		r = report_dropped(b, &title, "repeated title");
		if (r < 0)
			return r;
	}
	s.begin = s.from = text.data + title.len;
	r = split(&s, s.from, text.len - title.len);
	if (r < 0)
		return r;
	return paras_keep(out, buf_steal(&text).data);
}

int pages_join(struct build *b)
{
	CLEANUP(paras_done) struct paras out = { 0 };
	struct paras *in = &b->paras;
	struct paras old;
	size_t i, pages;
	int r;

	for (i = 0; i<in->n; i += pages> 0 ? pages : 1) {
		pages = count_pages(&in->items[i], in->n - i);
		r = pages > 0 ? replace_pages(b, &in->items[i], pages, &out)
			      : paras_add(&out, &in->items[i]);
		if (r < 0)
			return r;
	}

	old = *in;
	*in = out;
	out = old;
	return 0;
}
