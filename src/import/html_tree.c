/*
 * Web pages as a tree, forgivingly: what is not closed ends where its parent ends, what was never opened is
 * passed over. Scripts, styles and forms are skipped. Time and memory grow with the text, whatever is in it.
 */
#include "import_priv.h"

#include "planfs/array.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 300, TOO_DEEP_MAX = 20000, NODES_MAX = 2000000, NAME_MAX_BYTES = 16 };

static const struct {
	const char *name;
	enum html_tag tag;
} tags[] = { { "a", HTML_A }, { "br", HTML_BR }, { "p", HTML_P }, { "li", HTML_LI },
	{ "ol", HTML_OL }, { "ul", HTML_UL }, { "table", HTML_TABLE }, { "tr", HTML_TR },
	{ "td", HTML_TD }, { "th", HTML_TD }, { "title", HTML_TITLE }, { "meta", HTML_META },
	{ "pre", HTML_PRE }, { "div", HTML_BLOCK }, { "section", HTML_BLOCK },
	{ "article", HTML_BLOCK }, { "main", HTML_BLOCK }, { "body", HTML_BLOCK },
	{ "html", HTML_BLOCK }, { "head", HTML_BLOCK }, { "header", HTML_BLOCK },
	{ "center", HTML_BLOCK }, { "blockquote", HTML_BLOCK }, { "dl", HTML_BLOCK },
	{ "dt", HTML_BLOCK }, { "dd", HTML_BLOCK }, { "tbody", HTML_BLOCK },
	{ "thead", HTML_BLOCK }, { "fieldset", HTML_BLOCK }, { "figure", HTML_BLOCK },
	{ "figcaption", HTML_BLOCK }, { "hr", HTML_BR }, { "nav", HTML_SKIPPED },
	{ "footer", HTML_SKIPPED }, { "aside", HTML_SKIPPED }, { "script", HTML_SKIPPED },
	{ "style", HTML_SKIPPED }, { "select", HTML_SKIPPED }, { "button", HTML_SKIPPED },
	{ "noscript", HTML_SKIPPED }, { "iframe", HTML_SKIPPED }, { "textarea", HTML_SKIPPED },
	{ "svg", HTML_SKIPPED }, { "object", HTML_SKIPPED }, { "option", HTML_SKIPPED },
	{ "template", HTML_SKIPPED } };

/* Elements that have no end. */
static const char *const empty[] = { "br", "hr", "img", "meta", "link", "input", "base", "col",
	"area", "embed", "source", "wbr", "param" };

/* Elements whose text is not markup. */
static const char *const raw[] = { "script", "style", "textarea", "title", "noscript", "iframe" };

struct parser {
	struct html_tree *tree;
	unsigned open[DEPTH_MAX];
	char names[DEPTH_MAX][NAME_MAX_BYTES];
	unsigned too_deep; /* elements that were deeper than any page is */
	unsigned depth;    /* of the elements that are open; open[0] is the root */
};

void html_tree_done(struct html_tree *t)
{
	free(t->nodes);
	*t = (struct html_tree){ 0 };
}

static bool is_in(const char *name, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

/* Add a node below the innermost open element. Returns its place, or -Exxx. */
static int64_t add_node(struct parser *p, enum html_tag tag, const char *text, size_t len)
{
	struct html_tree *t = p->tree;
	unsigned at = t->n, parent = p->open[p->depth];

	if (t->n >= NODES_MAX)
		return -EFBIG;
	if (array_grow(&t->nodes, t->n, &t->capacity, sizeof(*t->nodes)) < 0)
		return -ENOMEM;
	t->nodes[at] = (struct html_node){
		.tag = tag, .text = text, .len = len, .parent = parent, .end = at + 1
	};
	t->n++;
	if (at == 0)
		return 0;
	if (t->nodes[parent].last)
		t->nodes[t->nodes[parent].last].next = at;
	else
		t->nodes[parent].first = at;
	t->nodes[parent].last = at;
	return at;
}

static int add_text(struct parser *p, const char *text, size_t len)
{
	int64_t at = len > 0 ? add_node(p, HTML_TEXT, text, len) : 0;

	return at < 0 ? (int)at : 0;
}

static void close_to(struct parser *p, unsigned depth)
{
	for (; p->depth > depth; p->depth--)
		p->tree->nodes[p->open[p->depth]].end = p->tree->n;
}

static enum html_tag tag_of(const char *name)
{
	size_t i;

	if (name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2])
		return HTML_H;
	for (i = 0; i < ARRAY_LEN(tags); i++)
		if (strcmp(name, tags[i].name) == 0)
			return tags[i].tag;
	return HTML_INLINE;
}

/* A new <p>, <li>, <tr> or <td> ends the one before it, but not one around a table or list that is open. */
static void close_implied(struct parser *p, enum html_tag tag)
{
	unsigned depth;
	enum html_tag until = tag == HTML_LI ? HTML_UL : HTML_TABLE;

	if (tag == HTML_BLOCK || tag == HTML_H || tag == HTML_OL || tag == HTML_UL ||
		tag == HTML_TABLE)
		tag = HTML_P;
	if (tag != HTML_P && tag != HTML_LI && tag != HTML_TR && tag != HTML_TD)
		return;
	for (depth = p->depth; depth > 0; depth--) {
		enum html_tag open = p->tree->nodes[p->open[depth]].tag;

		if (open == tag || (tag == HTML_TR && open == HTML_TD)) {
			close_to(p, depth - 1);
			if (open == tag)
				return;
			continue;
		}
		if (open == until || open == HTML_TABLE || (until == HTML_UL && open == HTML_OL) ||
			(tag == HTML_P && open != HTML_INLINE && open != HTML_A))
			return;
	}
}

/* Words in a class or an id of what stands around an article. */
static bool is_suspect(const struct html_node *node)
{
	static const char *const words[] = { "nav", "menu", "foot", "sidebar", "share", "crumb",
		"related", "recommend", "comment", "copyright", "pagination", "position", "banner",
		"toolbar", "search", "login", "breadcrumb", "hot", "link", "aside", "advert",
		"qrcode" };
	static const char *const names[] = { "class", "id" };
	const char *value;
	size_t i, k, len;

	for (k = 0; k < ARRAY_LEN(names); k++) {
		len = html_attr(node, names[k], &value);
		for (i = 0; len > 0 && i < ARRAY_LEN(words); i++)
			if (bytes_hold(value, len, words[i]))
				return true;
	}
	return false;
}

static bool is_hidden(const struct html_node *node)
{
	const char *value;
	size_t len = html_attr(node, "style", &value);

	return len > 0 &&
	       (bytes_hold(value, len, "display:none") || bytes_hold(value, len, "display: none"));
}

/* Step over an element whose text is not markup, to its end tag. */
static const char *skip_raw(const char *at, const char *end, const char *name)
{
	size_t n = strlen(name);

	while ((at = memchr(at, '<', (size_t)(end - at)))) {
		if ((size_t)(end - at) > n + 2 && at[1] == '/' && strncasecmp(at + 2, name, n) == 0)
			return at;
		at++;
	}
	return end;
}

static int open_tag(struct parser *p, const char *name, const char *text, size_t len)
{
	enum html_tag tag = tag_of(name);
	struct html_node *node;
	int64_t at;

	close_implied(p, tag);
	at = add_node(p, tag, text, len);
	if (at < 0)
		return (int)at;
	node = &p->tree->nodes[at];
	if (tag == HTML_H)
		node->level = (unsigned char)(name[1] - '0');
	node->suspect = tag == HTML_BLOCK || tag == HTML_UL || tag == HTML_TABLE || tag == HTML_TD
				? is_suspect(node)
				: false;
	if (tag != HTML_META && is_hidden(node))
		node->tag = HTML_SKIPPED;
	if (is_in(name, empty, ARRAY_LEN(empty)) || (len > 0 && text[len - 1] == '/'))
		return 0;
	if (p->depth + 1 == DEPTH_MAX)
		return ++p->too_deep > TOO_DEEP_MAX ? -EBADMSG : 0;
	p->open[++p->depth] = (unsigned)at;
	strcpy(p->names[p->depth], name);
	return 0;
}

static void close_tag(struct parser *p, const char *name)
{
	unsigned depth;

	for (depth = p->depth; depth > 0; depth--) {
		if (strcmp(p->names[depth], name) == 0) {
			close_to(p, depth - 1);
			return;
		}
		if (p->tree->nodes[p->open[depth]].tag == HTML_TD && strcmp(name, "table") != 0 &&
			strcmp(name, "tr") != 0)
			return; /* an end tag in a cell ends nothing outside of it */
	}
}

/* The end of the tag at @at: a '>' that is in no quotation. */
static const char *tag_end(const char *at, const char *end)
{
	const char *begin = at;
	char quote = 0;

	for (; at < end && at - begin < 20000; at++) {
		if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? 0 : *at;
		else if (!quote && *at == '>')
			return at;
	}
	if (begin < end)
		at = memchr(begin, '>', (size_t)(end - begin)); /* the quotation was none */
	return at ? at : end;
}

static void read_name(const char *at, const char *end, char *ret_name)
{
	size_t n = 0;

	for (; at < end && n + 1 < NAME_MAX_BYTES; at++) {
		char c = *at >= 'A' && *at <= 'Z' ? (char)(*at + 32) : *at;

		if (!((c >= 'a' && c <= 'z') || (n > 0 && strchr("0123456789:-", c))))
			break;
		ret_name[n++] = c;
	}
	ret_name[n] = '\0';
}

/* What begins with '<' at @at. Returns where to go on, NULL with *ret_error on failure. */
static const char *parse_markup(struct parser *p, const char *at, const char *end, int *ret_error)
{
	char name[NAME_MAX_BYTES];
	const char *close;

	if (end - at >= 4 && memcmp(at, "<!--", 4) == 0) {
		close = memmem(at + 4, (size_t)(end - at - 4), "-->", 3);
		return close ? close + 3 : end;
	}
	read_name(at + 1, end, name);
	if (!name[0] && (at + 1 == end || !strchr("!?/", at[1]))) { /* "<" as it stands in a text */
		*ret_error = add_text(p, at, 1);
		return at + 1;
	}
	close = tag_end(at + 1, end);
	if (at + 1 < end && (at[1] == '!' || at[1] == '?'))
		return close < end ? close + 1 : end;
	if (at + 1 < end && at[1] == '/') {
		read_name(at + 2, close, name);
		close_tag(p, name);
		return close < end ? close + 1 : end;
	}
	*ret_error = open_tag(p, name, at + 1, (size_t)(close - at - 1));
	at = close < end ? close + 1 : end;
	if (*ret_error < 0 || !is_in(name, raw, ARRAY_LEN(raw)))
		return at;
	close = skip_raw(at, end, name);
	if (strcmp(name, "title") == 0)
		*ret_error = add_text(p, at, (size_t)(close - at));
	return close;
}

int html_parse(const char *text, size_t len, struct html_tree *ret_tree)
{
	CLEANUP(html_tree_done) struct html_tree tree = { 0 };
	struct parser *p = calloc(1, sizeof(*p));
	const char *at = text, *end = text + len;
	int r = p ? 0 : -ENOMEM;

	if (r == 0) {
		p->tree = &tree;
		r = (int)add_node(p, HTML_ROOT, "", 0);
	}
	while (r == 0 && at < end) {
		const char *less = memchr(at, '<', (size_t)(end - at));

		r = add_text(p, at, (size_t)((less ? less : end) - at));
		at = less ? less : end;
		if (r == 0 && less)
			at = parse_markup(p, at, end, &r);
	}
	if (r == 0) {
		close_to(p, 0);
		tree.nodes[0].end = tree.n;
		*ret_tree = tree;
		tree = (struct html_tree){ 0 };
	}
	free(p);
	return r;
}

size_t html_attr(const struct html_node *node, const char *name, const char **ret)
{
	const char *at = node->text, *end = at + node->len;
	size_t n = strlen(name);

	for (; at + n < end; at++) {
		const char *value = at + n, *stop;

		if (strncasecmp(at, name, n) != 0 ||
			(at > node->text && !strchr(" \t\n\"'", at[-1])))
			continue;
		while (value < end && strchr(" \t\n", *value))
			value++;
		if (value == end || *value != '=')
			continue;
		for (value++; value < end && strchr(" \t\n", *value); value++)
			;
		if (value < end && (*value == '"' || *value == '\'')) {
			stop = memchr(value + 1, *value, (size_t)(end - value - 1));
			*ret = value + 1;
			return (size_t)((stop ? stop : end) - value - 1);
		}
		for (stop = value; stop < end && !strchr(" \t\n", *stop); stop++)
			;
		*ret = value;
		return (size_t)(stop - value);
	}
	return 0;
}

/* ---- text ---- */

static const struct {
	const char *name;
	uint32_t c;
} entities[] = { { "nbsp", 0xA0 }, { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' },
	{ "apos", '\'' }, { "ldquo", 0x201C }, { "rdquo", 0x201D }, { "lsquo", 0x2018 },
	{ "rsquo", 0x2019 }, { "middot", 0xB7 }, { "mdash", 0x2014 }, { "ndash", 0x2013 },
	{ "hellip", 0x2026 }, { "ensp", 0x2002 }, { "emsp", 0x2003 }, { "thinsp", 0x2009 },
	{ "times", 0xD7 }, { "divide", 0xF7 }, { "bull", 0x2022 }, { "copy", 0xA9 },
	{ "reg", 0xAE }, { "deg", 0xB0 }, { "permil", 0x2030 }, { "laquo", 0xAB },
	{ "raquo", 0xBB }, { "yen", 0xA5 }, { "sect", 0xA7 }, { "radic", 0x221A }, { "le", 0x2264 },
	{ "ge", 0x2265 }, { "plusmn", 0xB1 }, { "zwnj", 0x200C }, { "zwsp", 0x200B } };

/* The character that the entity at @s stands for, and its bytes; 0 when it is none. */
static uint32_t parse_entity(const char *s, size_t len, size_t *ret_n)
{
	size_t n = 1, i;
	uint32_t c = 0;

	while (n < len && n < 12 && s[n] != ';')
		n++;
	if (n == len || s[n] != ';' || n < 2)
		return 0;
	*ret_n = n + 1;
	if (s[1] == '#') {
		char digits[12] = "";

		memcpy(digits, s + 2, n - 2);
		c = (uint32_t)(digits[0] == 'x' || digits[0] == 'X' ? strtoul(digits + 1, NULL, 16)
								    : strtoul(digits, NULL, 10));
		return c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ||
				       (c < 0x20 && c != 9 && c != 10)
			       ? 0xFFFD
			       : c;
	}
	for (i = 0; i < ARRAY_LEN(entities); i++)
		if (strlen(entities[i].name) == n - 1 &&
			memcmp(entities[i].name, s + 1, n - 1) == 0)
			return entities[i].c;
	return 0;
}

int html_add_text(const char *text, size_t len, bool keep_space, struct buf *out)
{
	size_t i, n;
	char bytes[4];
	int r = 0;

	for (i = 0; i < len && r == 0; i += n) {
		uint32_t c = text[i] == '&' ? parse_entity(text + i, len - i, &n) : 0;
		bool space = text[i] == ' ' || text[i] == '\n' || text[i] == '\t';

		if (c > 0) {
			r = buf_add(out, bytes, utf8_encode(c, bytes));
			continue;
		}
		n = 1;
		if (space && !keep_space) {
			if (out->len > 0 && out->data[out->len - 1] != ' ' &&
				out->data[out->len - 1] != '\n')
				r = buf_add(out, " ", 1);
			continue;
		}
		r = buf_add(out, text + i, 1);
	}
	return r;
}
