/*
 * The article of a web page. Paragraphs vote for the element they stand in; the one that holds most text that
 * is no links is the article. Navigation, breadcrumbs, lists of other pages and footers stand elsewhere, or
 * are lines of links in it.
 */
#include "import_priv.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	CELL_CHARS_MAX = 300,
	PARA_CHARS_MIN = 12,
	TITLE_BYTES_MAX = 300,
	HTML_BYTES_MAX = 24 * 1024 * 1024
};

struct page {
	struct html_tree tree;
	unsigned article;
	struct lines out;
	struct buf line;     /* the line under way */
	unsigned char level; /* of it */
};

static void page_done(struct page *p)
{
	html_tree_done(&p->tree);
	lines_done(&p->out);
	buf_done(&p->line);
}

static size_t count_chars(const char *s, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xC0) != 0x80 && (unsigned char)s[i] > ' ';
	return n;
}

/* ---- measuring ---- */

static bool is_skipped(const struct html_node *n)
{
	return n->tag == HTML_SKIPPED || n->tag == HTML_TITLE || n->tag == HTML_META;
}

/* Characters and linked characters of each element, from the last node to the first. */
static void measure(struct html_tree *t)
{
	unsigned i;

	for (i = t->n; i-- > 0;) {
		struct html_node *n = &t->nodes[i];

		if (n->tag == HTML_TEXT)
			n->chars = count_chars(n->text, n->len);
		if (n->tag == HTML_A)
			n->linked = n->chars;
		if (i == 0 || is_skipped(n))
			continue;
		t->nodes[n->parent].chars += n->chars;
		t->nodes[n->parent].linked += n->linked;
	}
}

static bool is_container(const struct html_node *n)
{
	return n->tag == HTML_BLOCK || n->tag == HTML_TD || n->tag == HTML_ROOT;
}

static unsigned container_of(const struct html_tree *t, unsigned i)
{
	for (i = t->nodes[i].parent; i > 0 && !is_container(&t->nodes[i]);)
		i = t->nodes[i].parent;
	return i;
}

/* Text that is no link votes for its container, and with half its weight for the one above. */
static void vote(struct html_tree *t)
{
	unsigned i, k;

	for (i = 1; i < t->n; i++) {
		const struct html_node *n = &t->nodes[i];
		const struct html_node *parent = &t->nodes[n->parent];

		if (is_skipped(n)) {
			i = n->end - 1;
			continue;
		}
		if (n->tag != HTML_TEXT || parent->tag == HTML_A || n->chars < PARA_CHARS_MIN)
			continue;
		k = container_of(t, i);
		t->nodes[k].score += n->chars;
		if (k > 0 && !t->nodes[k].suspect)
			t->nodes[container_of(t, k)].score += n->chars / 2;
	}
}

static unsigned find_article(const struct html_tree *t)
{
	unsigned i, best = 0;

	for (i = 1; i < t->n; i++) {
		const struct html_node *n = &t->nodes[i];

		if (is_skipped(n))
			i = n->end - 1;
		else if (n->score > t->nodes[best].score)
			best = i;
	}
	/* a page of many small boxes: the smallest element that holds most of the text */
	while (best > 0 && t->nodes[best].chars * 2 < t->nodes[0].chars - t->nodes[0].linked)
		best = container_of(t, best);
	return best;
}

/* ---- lines ---- */

/* Bytes of the blank that begins or ends a text: spaces of all widths, with which pages indent. */
static size_t blank_at(const char *s, size_t len, bool end)
{
	static const char *const blanks[] = { " ", "\n", "\t", "\xC2\xA0", "\xE3\x80\x80",
		"\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x89", "\xE2\x80\x8B", "\xEF\xBB\xBF" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(blanks); i++) {
		size_t n = strlen(blanks[i]);

		if (len >= n && memcmp(end ? s + len - n : s, blanks[i], n) == 0)
			return n;
	}
	return 0;
}

static void trim_line(const char **s, size_t *len)
{
	size_t n;

	while ((n = blank_at(*s, *len, true)) > 0)
		*len -= n;
	while ((n = blank_at(*s, *len, false)) > 0) {
		*s += n;
		*len -= n;
	}
}

static int flush(struct page *p)
{
	const char *s = buf_str(&p->line);
	size_t len = p->line.len;
	int r;

	trim_line(&s, &len);
	r = len > 0 ? lines_add(&p->out, s, len, p->level) : 0;
	p->line.len = 0;
	p->level = 0;
	return r;
}

/* A box in the article with little text, or most of it in links: other pages, sharing, navigation. */
static bool is_furniture(const struct page *p, const struct html_node *n)
{
	size_t all = p->tree.nodes[p->article].chars;

	if (is_skipped(n))
		return true;
	if (n->chars == 0)
		return false;
	if (n->suspect && n->chars * 4 < all)
		return true;
	return n->linked * 2 > n->chars && n->chars * 4 < all &&
	       (n->tag == HTML_BLOCK || n->tag == HTML_UL || n->tag == HTML_P ||
		       n->tag == HTML_TABLE || n->tag == HTML_LI);
}

static int emit(struct page *p, unsigned at);

static int emit_below(struct page *p, unsigned at)
{
	unsigned i;
	int r = 0;

	for (i = p->tree.nodes[at].first; i > 0 && r == 0; i = p->tree.nodes[i].next)
		r = emit(p, i);
	return r;
}

/* Is the table one of data: short cells without paragraphs and tables in them? */
static bool is_data_table(const struct html_tree *t, unsigned at)
{
	unsigned i, cells = 0, rows = 0;

	for (i = at + 1; i < t->nodes[at].end; i++) {
		const struct html_node *n = &t->nodes[i];

		if (n->tag == HTML_TABLE || n->tag == HTML_H ||
			(n->tag == HTML_TD && n->chars > CELL_CHARS_MAX))
			return false;
		cells += n->tag == HTML_TD;
		rows += n->tag == HTML_TR;
	}
	return rows > 0 && cells > rows;
}

/* A row of data as one line, its cells separated by tabs. */
static int emit_row(struct page *p, unsigned at)
{
	struct html_tree *t = &p->tree;
	unsigned i;
	int r = flush(p), cells = 0;

	for (i = at + 1; i < t->nodes[at].end && r == 0; i++) {
		const struct html_node *n = &t->nodes[i];

		if (n->tag == HTML_TD && cells++ > 0) {
			while (p->line.len > 0 && p->line.data[p->line.len - 1] == ' ')
				p->line.len--;
			r = buf_add(&p->line, "\t", 1);
		} else if (n->tag == HTML_TEXT) {
			r = html_add_text(n->text, n->len, false, &p->line);
			while (p->line.len > 1 && p->line.data[p->line.len - 1] == ' ' &&
				p->line.data[p->line.len - 2] == '\t')
				p->line.len--;
		}
	}
	return r < 0 ? r : flush(p);
}

static int emit_table(struct page *p, unsigned at)
{
	struct html_tree *t = &p->tree;
	unsigned i;
	int r = flush(p);

	if (!is_data_table(t, at))
		return r < 0 ? r : emit_below(p, at);
	for (i = at + 1; i < t->nodes[at].end && r == 0; i++)
		if (t->nodes[i].tag == HTML_TR)
			r = emit_row(p, i);
	return r;
}

/* The number that a browser shows before an item of <ol>. */
static int add_item_number(struct page *p, unsigned at)
{
	struct html_node *list = &p->tree.nodes[p->tree.nodes[at].parent];
	const char *value;

	if (list->tag != HTML_OL)
		return 0;
	if (list->score == 0) { /* which counts its items, since no list is an article */
		list->score = 1;
		if (html_attr(list, "start", &value) > 0 && atoi(value) > 0)
			list->score = (size_t)atoi(value);
	}
	return buf_printf(&p->line, "%zu. ", list->score++);
}

static int emit_block(struct page *p, unsigned at)
{
	const struct html_node *n = &p->tree.nodes[at];
	int r = flush(p);

	if (r == 0 && n->tag == HTML_LI)
		r = add_item_number(p, at);
	if (n->tag == HTML_H)
		p->level = n->level;
	if (r == 0)
		r = emit_below(p, at);
	return r < 0 ? r : flush(p);
}

static int emit(struct page *p, unsigned at)
{
	const struct html_node *n = &p->tree.nodes[at];

	switch (n->tag) {
	case HTML_TEXT:
		return html_add_text(
			n->text, n->len, p->tree.nodes[n->parent].tag == HTML_PRE, &p->line);
	case HTML_BR:
		return flush(p);
	case HTML_INLINE:
	case HTML_A:
		return emit_below(p, at);
	default:
		break;
	}
	if (is_furniture(p, n))
		return 0;
	return n->tag == HTML_TABLE ? emit_table(p, at) : emit_block(p, at);
}

/* ---- title and publisher ---- */

/* The content of <meta name="NAME">. */
static int read_meta(const struct html_tree *t, const char *name, struct buf *ret)
{
	const char *value, *content;
	unsigned i;

	for (i = 1; i < t->n; i++) {
		const struct html_node *n = &t->nodes[i];
		size_t len = n->tag == HTML_META ? html_attr(n, "name", &value) : 0;

		if (len != strlen(name) || strncasecmp(value, name, len) != 0)
			continue;
		len = html_attr(n, "content", &content);
		return html_add_text(
			content, len < TITLE_BYTES_MAX ? len : TITLE_BYTES_MAX, false, ret);
	}
	return 0;
}

/* All text of a node in one line. */
static int read_text(const struct html_tree *t, unsigned at, struct buf *ret)
{
	unsigned i;
	int r = 0;

	for (i = at + 1; i < t->nodes[at].end && r == 0 && ret->len < TITLE_BYTES_MAX; i++)
		if (t->nodes[i].tag == HTML_TEXT)
			r = html_add_text(t->nodes[i].text, t->nodes[i].len, false, ret);
	return r;
}

/* The one <h1>, when it is outside of the article: inside it is found in its place. */
static int read_heading(const struct page *p, struct buf *ret)
{
	const struct html_tree *t = &p->tree;
	unsigned i, found = 0, n = 0;

	for (i = 1; i < t->n; i++) {
		if (t->nodes[i].tag != HTML_H || t->nodes[i].level != 1 || t->nodes[i].chars < 4)
			continue;
		n++;
		found = i;
	}
	if (n != 1 || (found > p->article && found < t->nodes[p->article].end))
		return 0;
	return read_text(t, found, ret);
}

/* <title> without the name of the site: "2016年工作要点_合肥市教育局". */
static int read_page_title(const struct html_tree *t, struct buf *ret)
{
	static const char *const separators[] = { "_", "|", " - ", "－", "—", "-", ">>", "》" };
	unsigned i;
	size_t k;
	int r;

	for (i = 1; i < t->n && t->nodes[i].tag != HTML_TITLE; i++)
		;
	if (i >= t->n)
		return 0;
	r = read_text(t, i, ret);
	for (k = 0; r == 0 && k < 4; k++) {
		const char *cut = strstr(buf_str(ret), separators[k]);

		if (cut && cut - ret->data > 12)
			ret->len = (size_t)(cut - ret->data);
		if (ret->data)
			ret->data[ret->len] = '\0';
	}
	return r;
}

static void trim(struct buf *b)
{
	while (b->len > 0 && b->data[b->len - 1] == ' ')
		b->data[--b->len] = '\0';
}

/* What the page says outside of its article: title and publisher, as lines that the analysis knows. */
static int emit_head(struct page *p)
{
	CLEANUP(buf_done) struct buf title = { 0 };
	CLEANUP(buf_done) struct buf page = { 0 };
	CLEANUP(buf_done) struct buf source = { 0 };
	CLEANUP(buf_done) struct buf line = { 0 };
	int r;

	r = read_meta(&p->tree, "ArticleTitle", &title);
	if (r == 0 && title.len == 0)
		r = read_heading(p, &title);
	if (r == 0)
		r = read_page_title(&p->tree, &page);
	if (r == 0)
		r = read_meta(&p->tree, "ContentSource", &source);
	trim(&title);
	trim(&page);
	if (r == 0 && page.len > 0 && !p->out.title)
		p->out.title = strdup(buf_str(&page));
	if (r == 0 && title.len > 0)
		r = lines_add(&p->out, title.data, title.len, DOCUMENT_TITLE);
	if (r == 0 && source.len > 0)
		r = buf_printf(&line, "发布机构:%s", buf_str(&source));
	return r == 0 && line.len > 0 ? lines_add(&p->out, line.data, line.len, 0) : r;
}

int html_read(const char *text, size_t len, struct lines *ret_lines)
{
	CLEANUP(page_done) struct page p = { 0 };
	int r;

	if (len > HTML_BYTES_MAX)
		return -EFBIG;
	r = html_parse(text, len, &p.tree);
	if (r < 0)
		return r;
	measure(&p.tree);
	vote(&p.tree);
	p.article = find_article(&p.tree);
	r = emit_head(&p);
	if (r == 0)
		r = emit_below(&p, p.article);
	if (r == 0)
		r = flush(&p);
	if (r < 0)
		return r;
	*ret_lines = p.out;
	p.out = (struct lines){ 0 };
	return 0;
}
