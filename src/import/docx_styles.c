/* Paragraph styles of a .docx: which are headings, and which number their paragraphs. */
#include "import_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STYLES_MAX = 5000, CHAIN_MAX = 20 };

struct style {
	char *id, *base; /* owned */
	int outline;     /* -1: not said */
	int number, depth;
	bool contents, title;
};

struct docx_styles {
	struct style *items; /* owned */
	size_t n;
	bool paragraph; /* while reading: the style under way is of paragraphs */
};

void docx_styles_free(struct docx_styles *s)
{
	size_t i;

	for (i = 0; s && i < s->n; i++) {
		free(s->items[i].id);
		free(s->items[i].base);
	}
	if (s)
		free(s->items);
	free(s);
}

static int add_style(struct docx_styles *s, const char **atts)
{
	const char *id = xml_attr(atts, "styleId"), *type = xml_attr(atts, "type");
	struct style *grown;

	s->paragraph = id && (!type || strcmp(type, "paragraph") == 0) && s->n < STYLES_MAX;
	if (!s->paragraph)
		return 0;
	grown = realloc(s->items, (s->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->items = grown;
	s->items[s->n] = (struct style){
		.outline = -1, .number = DOCX_NO_NUMBER, .depth = DOCX_NO_NUMBER, .id = strdup(id)
	};
	return s->items[s->n++].id ? 0 : -ENOMEM;
}

/* "heading 1" and "标题 1" are headings also without an outline level; "toc 1" is a contents line. */
static void note_name(struct style *style, const char *name)
{
	int level = 0;

	if (strncasecmp(name, "heading ", 8) == 0)
		level = atoi(name + 8);
	else if (strncmp(name, "标题 ", 7) == 0)
		level = atoi(name + 7);
	if (level >= 1 && level <= DOCX_LEVELS && style->outline < 0)
		style->outline = level - 1;
	style->title = strcasecmp(name, "Title") == 0 || strcmp(name, "标题") == 0;
	style->contents =
		strncasecmp(name, "toc ", 4) == 0 || strncasecmp(name, "contents ", 9) == 0;
}

static int on_start(void *arg, enum xml_space space, const char *name, const char **atts)
{
	struct docx_styles *s = arg;
	const char *value = xml_attr(atts, "val");
	struct style *style;

	if (space != XML_WORD)
		return 0;
	if (strcmp(name, "style") == 0)
		return add_style(s, atts);
	if (!s->paragraph || !value)
		return 0;
	style = &s->items[s->n - 1];
	if (strcmp(name, "name") == 0) {
		note_name(style, value);
	} else if (strcmp(name, "basedOn") == 0 && !style->base) {
		style->base = strdup(value);
		return style->base ? 0 : -ENOMEM;
	} else if (strcmp(name, "outlineLvl") == 0) {
		style->outline = atoi(value);
	} else if (strcmp(name, "numId") == 0) {
		style->number = atoi(value);
	} else if (strcmp(name, "ilvl") == 0) {
		style->depth = atoi(value);
	}
	return 0;
}

int docx_styles_read(struct package *p, struct docx_styles **ret)
{
	struct docx_styles *s = calloc(1, sizeof(*s));
	struct xml_handler handler = { .start = on_start, .arg = s };
	int r;

	if (!s)
		return -ENOMEM;
	r = xml_read(p, "word/styles.xml", &handler);
	if (r < 0 && r != -ENOENT) {
		docx_styles_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

static const struct style *find(const struct docx_styles *s, const char *id)
{
	size_t i;

	for (i = 0; id && i < s->n; i++)
		if (strcmp(s->items[i].id, id) == 0)
			return &s->items[i];
	return NULL;
}

struct docx_style docx_style_find(const struct docx_styles *s, const char *id)
{
	struct docx_style result = { .number = DOCX_NO_NUMBER, .depth = DOCX_NO_NUMBER };
	const struct style *style = find(s, id);
	int outline = -1;
	bool title = false;
	unsigned links;

	for (links = 0; style && links < CHAIN_MAX; links++) {
		if (outline < 0)
			outline = style->outline;
		if (result.number == DOCX_NO_NUMBER)
			result.number = style->number;
		if (result.depth == DOCX_NO_NUMBER)
			result.depth = style->depth;
		result.contents = result.contents || style->contents;
		title = title || style->title;
		style = find(s, style->base);
	}
	if (outline >= 0 && outline < DOCX_LEVELS)
		result.level = (unsigned char)(outline + 1);
	else if (title)
		result.level = DOCUMENT_TITLE;
	return result;
}
