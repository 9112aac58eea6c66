/* What the files of the import module share. */
#pragma once

#include "planfs/import.h"
#include "planfs/sketch.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- plan_json.c ---- */

/* The text of plan.json. Returns 0 and *ret_text (to be freed), or -ENOMEM. */
int plan_json_make(const struct import *import, const struct import_plan *plan,
	const struct import_options *options, char **ret_text) MUST_CHECK;

/* ---- hash.c ---- */

/* Hashes of every plan's text, and of the document's. Returns 0 or -ENOMEM. */
int hash_texts(struct import *import) MUST_CHECK;

/* ---- import_index.c ---- */

struct import_index;

/* Enter the plan at @path under the hashes of its document and of its text. Returns 0 or -ENOMEM. */
int index_add(struct import_index *index, const char *document, const char *text,
	const struct sketch *sketch, const char *path) MUST_CHECK; /* @sketch may be NULL */

/* The first place that has this text; NULL: none. Valid as long as the index. */
const char *index_find_text(const struct import_index *index, const char *text);

/* Where this text from this document is; NULL: nowhere. Valid as long as the index. */
const char *index_find_place(
	const struct import_index *index, const char *document, const char *text);

/* The nearest plan to @sketch that has another text; NULL: none. Valid as long as the index. */
const char *index_find_near(
	const struct import_index *index, const struct sketch *sketch, unsigned *ret_percent);

/* ---- near.c ---- */

enum { SKETCH_HEX = 8 * SKETCH_VALUES };

struct near;

struct near *near_new(void); /* NULL without memory */
void near_free(struct near *n);
int near_add(struct near *n, const struct sketch *sketch, const char *path) MUST_CHECK;
const char *near_find(const struct near *n, const struct sketch *sketch, unsigned *ret_percent);

/* In hexadecimal, as plan.json keeps it; @ret_hex has room for SKETCH_HEX characters and a NUL. */
void sketch_print(const struct sketch *s, char *ret_hex);
bool sketch_scan(const char *hex, struct sketch *ret);

/* ---- load.c, for load_write.c ---- */

struct json_t;
struct load;

const struct json_t *load_plan(const struct load *load, size_t i);
bool load_is_ordered(const struct load *load); /* see load_set_ordered() */

/* ---- value.c: values of the exchange format; struct json_t is jansson's ---- */

struct json_t; /* json_t */

/* A JSON string of any bytes, NULL without memory; *ret_lossy when some were no UTF-8 and became U+FFFD. */
struct json_t *value_text(const char *s, size_t len, bool *ret_lossy);
struct json_t *value_name(const char *name);
struct json_t *value_time(int64_t ns);    /* "2026-11-21T10:15:02.123456789Z" */
struct json_t *value_mode(uint32_t mode); /* "0644" */

/* Put "text" into @object, and when that is not all, "lossy" and "base64". Returns 0 or -ENOMEM. */
int value_set_text(struct json_t *object, const char *s, size_t len) MUST_CHECK;

/* What the above made. Return 0, or -EINVAL when it is something else; -ENOMEM. */
int value_get_text(const struct json_t *object, struct buf *ret) MUST_CHECK;
int value_get_time(const struct json_t *value, int64_t *ret_ns) MUST_CHECK;
int value_get_mode(const struct json_t *value, uint32_t *ret_mode) MUST_CHECK;

/* ---- export_text.c ---- */

struct store;
struct export_plan;

/* The title of a plan: of its plan.json, or its name. Returns 0 or the error of the store. */
int export_title(struct store *s, const struct export_plan *plan, struct buf *ret) MUST_CHECK;

/* Is the line (the @first of the file @section or not) a heading that stands alone? */
bool export_is_heading(const char *line, size_t len, const char *section, bool first);

/* ---- lines.c: what a reader makes of a file ---- */

/* A text and, for each of its lines, the level of its heading (struct document_options). */
struct lines {
	struct buf text;   /* owned; UTF-8, lines end in LF */
	struct buf levels; /* owned; one byte per line; may be shorter than the text */
	char *title;       /* owned; what the file calls itself; or NULL */
};

void lines_done(struct lines *l);

/* Append the line @s (without LF; an LF in it makes two lines). Returns 0 or -ENOMEM. */
int lines_add(struct lines *l, const char *s, size_t len, unsigned char level) MUST_CHECK;

/* Does @word stand anywhere in @data? */
bool bytes_hold(const char *data, size_t len, const char *word);

/* ---- package.c: zip files ---- */

struct package;

/* Open the zip archive in @data, which is borrowed. Returns 0, -EBADMSG when it is none, or -ENOMEM. */
int package_open(const char *data, size_t len, struct package **ret) MUST_CHECK;
void package_close(struct package *p);
static inline void package_closep(struct package **p)
{
	package_close(*p);
}

/* Receives a piece of a member. */
typedef int package_fn(void *arg, const char *data, size_t len, bool last);

/*
 * Hand the member @name to @fn, piece by piece. Returns 0, what @fn returned, -ENOENT, -EFBIG when it is
 * larger than any document is, or -EBADMSG when it is damaged.
 */
int package_read(struct package *p, const char *name, package_fn *fn, void *arg) MUST_CHECK;

/* ---- xml.c ---- */

enum xml_space { XML_OTHER, XML_WORD, XML_COMPAT, XML_MATH, XML_RELATIONS };

/* @name and the names of @atts (name, value, …, NULL) are without their namespaces. */
struct xml_handler {
	int (*start)(void *arg, enum xml_space space, const char *name, const char **atts);
	int (*end)(void *arg, enum xml_space space, const char *name);
	int (*text)(void *arg, const char *s, size_t len); /* may be NULL */
	void *arg;
};

/*
 * Parse the member @name of @p. Returns 0, what a handler returned, what package_read() does, or
 * -EBADMSG: not well-formed, with a document type (a bomb needs one), or nested too deeply.
 */
int xml_read(struct package *p, const char *name, const struct xml_handler *handler) MUST_CHECK;

/* Put the name of the main part into @name, as _rels/.rels says; it stays when that says nothing. */
int xml_find_main(struct package *p, char *name, size_t size) MUST_CHECK;

/* The value of an attribute, NULL without it. Borrowed from @atts. */
const char *xml_attr(const char **atts, const char *name);

/* Is a switch such as <w:vanish/> on? */
bool xml_is_on(const char **atts);

/* ---- docx_styles.c, docx_numbering.c ---- */

enum { DOCX_LEVELS = 9, DOCX_NO_NUMBER = -1 };

struct docx_styles;

int docx_styles_read(struct package *p, struct docx_styles **ret) MUST_CHECK;
void docx_styles_free(struct docx_styles *s);

/* What the paragraph style @id, and those it is based on, say. */
struct docx_style {
	unsigned char level; /* of a heading, 0: none */
	int number, depth;   /* list and level in it; DOCX_NO_NUMBER */
	bool contents;       /* a line of a table of contents */
};

struct docx_style docx_style_find(const struct docx_styles *s, const char *id);

struct docx_numbering;

int docx_numbering_read(struct package *p, struct docx_numbering **ret) MUST_CHECK;
void docx_numbering_free(struct docx_numbering *n);

/* The level of list @number that belongs to the style @id; -1: none. */
int docx_numbering_depth(const struct docx_numbering *n, int number, const char *id);

/* Append the next number of a list as Word shows it, with what separates it from the text. */
int docx_numbering_next(
	struct docx_numbering *n, int number, int depth, struct buf *out) MUST_CHECK;

/* ---- readers ---- */

/* What a file is, by its contents. */
enum format {
	FORMAT_TEXT,
	FORMAT_MARKDOWN,
	FORMAT_HTML,
	FORMAT_DOCX,
	FORMAT_PDF,
	FORMAT_OFFICE,
	FORMAT_ZIP
};

const char *format_name(enum format format);

/* Look at the bytes of a file that is not yet decoded. */
enum format format_find(const char *data, size_t len);

/* Look at a text: is it a web page, or Markdown? */
enum format format_of_text(const char *text, size_t len);

/* Each returns 0 and *ret_lines, -EBADMSG when the file is damaged, -EFBIG, -ENOMEM. */
int docx_read(const char *data, size_t len, struct lines *ret_lines) MUST_CHECK;

/* @text is UTF-8. */
int html_read(const char *text, size_t len, struct lines *ret_lines) MUST_CHECK;
int markdown_read(const char *text, size_t len, struct lines *ret_lines) MUST_CHECK;

/* ---- helper.c: other programs ---- */

/*
 * A .doc, .wps, .rtf or .odt as a .docx by LibreOffice; the text of a PDF by pdftotext. Return 0, -ENOPKG when
 * the program is not installed, -EBADMSG when it cannot read the file, -ETIMEDOUT, -ENOMEM or -errno.
 */
int helper_office(const char *data, size_t len, struct buf *ret_docx) MUST_CHECK;
int helper_pdf(const char *data, size_t len, struct buf *ret_text) MUST_CHECK;

/* ---- pdf.c ---- */

/* Paragraphs of what pdftotext -layout printed. Returns 0 or -ENOMEM. */
int pdf_lines(const char *text, size_t len, struct lines *ret_lines) MUST_CHECK;

/* ---- html_tree.c ---- */

enum html_tag {
	HTML_ROOT,
	HTML_TEXT,
	HTML_INLINE,
	HTML_BLOCK,
	HTML_A,
	HTML_BR,
	HTML_H,
	HTML_P,
	HTML_LI,
	HTML_OL,
	HTML_UL,
	HTML_TABLE,
	HTML_TR,
	HTML_TD,
	HTML_SKIPPED,
	HTML_TITLE,
	HTML_META,
	HTML_PRE,
};

struct html_node {
	enum html_tag tag;
	unsigned char level; /* of H1 to H6 */
	bool suspect;        /* its class or id speaks of navigation, sharing, a footer … */
	const char *text;    /* borrowed: of a text, or what stands between < and > */
	size_t len;
	unsigned parent, next, first, last; /* places among the nodes; 0: none */
	unsigned end;                       /* the place behind the last node below this one */
	size_t chars, linked;               /* characters of text below it, and those in links */
	size_t score;                       /* as a container of paragraphs */
};

struct html_tree {
	struct html_node *nodes; /* owned; [0] is the root; in the order of the text */
	unsigned n;
	size_t capacity;
};

int html_parse(const char *text, size_t len, struct html_tree *ret_tree) MUST_CHECK;
void html_tree_done(struct html_tree *t);

/* The value of attribute @name of a node. Returns its bytes, 0 without it; *ret is borrowed. */
size_t html_attr(const struct html_node *node, const char *name, const char **ret);

/* Append @text with its entities resolved and its white space as a browser shows it. */
int html_add_text(const char *text, size_t len, bool keep_space, struct buf *out) MUST_CHECK;
