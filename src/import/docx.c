/*
 * The text of a .docx, by an own reader: paragraphs as lines, automatic numbers and headings as Word shows
 * them, tables as lines of cells, what was deleted left out, footnotes at the end. One paragraph may stand in
 * another (text boxes), so paragraphs and tables are kept on stacks.
 */
#include "import_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NESTED_MAX = 12, TEXT_BYTES_MAX = 16 * 1024 * 1024, ID_MAX = 64, NOTES_MAX = 10000 };

/* A paragraph under way. */
struct para {
	struct buf text;
	char style[ID_MAX];
	int number, depth; /* of its own, DOCX_NO_NUMBER: the style's */
	int outline;       /* likewise, -1 */
	bool joined;       /* its end was deleted: the next one goes on in it */
};

/* A table row under way. */
struct row {
	struct buf cells; /* the cells that are done, joined by tabs */
	struct buf cell;  /* paragraphs of the present one, ended by LF */
	unsigned n;       /* cells begun */
	unsigned pars;    /* paragraphs in the present one */
};

struct note {
	bool end; /* an endnote */
	int id;
};

struct reader {
	struct docx_styles *styles;       /* owned */
	struct docx_numbering *numbering; /* owned */
	struct lines out;
	struct para paras[NESTED_MAX];
	struct row rows[NESTED_MAX];
	unsigned n_paras, n_rows;
	struct buf rest;  /* of a paragraph whose end was deleted */
	unsigned skipped; /* depth inside what is not shown */
	bool in_properties, in_run_properties, in_text, hidden;
	struct note *notes; /* owned; in the order of their references */
	size_t n_notes;
	bool endnotes;          /* which part is read when notes are */
	int note_wanted;        /* in that part, the id under way; -1: none */
	struct buf *note_texts; /* owned, one per note; NULL while the document is read */
};

static void reader_done(struct reader *r)
{
	size_t i;

	for (i = 0; i < NESTED_MAX; i++) {
		buf_done(&r->paras[i].text);
		buf_done(&r->rows[i].cells);
		buf_done(&r->rows[i].cell);
	}
	for (i = 0; r->note_texts && i < r->n_notes; i++)
		buf_done(&r->note_texts[i]);
	free(r->note_texts);
	free(r->notes);
	buf_done(&r->rest);
	lines_done(&r->out);
	docx_styles_free(r->styles);
	docx_numbering_free(r->numbering);
}

static struct para *top(struct reader *r)
{
	return r->n_paras > 0 ? &r->paras[r->n_paras - 1] : NULL;
}

static int add(struct reader *r, const char *s, size_t len)
{
	struct para *p = top(r);

	if (!p || r->skipped > 0 || r->hidden)
		return 0;
	if (p->text.len + len > TEXT_BYTES_MAX || r->out.text.len > TEXT_BYTES_MAX)
		return -EFBIG;
	return buf_add(&p->text, s, len);
}

/* ---- notes ---- */

/* The mark of a note in the text, and its place among the notes. */
static int add_note(struct reader *r, const char **atts, bool end)
{
	const char *id = xml_attr(atts, "id");
	struct note *grown;
	char mark[32];

	if (!id || r->skipped > 0 || r->note_texts || r->n_notes >= NOTES_MAX)
		return 0;
	grown = realloc(r->notes, (r->n_notes + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	r->notes = grown;
	r->notes[r->n_notes++] = (struct note){ end, atoi(id) };
	snprintf(mark, sizeof(mark), "[%zu]", r->n_notes);
	return add(r, mark, strlen(mark));
}

/* A paragraph of a note goes to every reference to it. */
static int give_note(struct reader *r, const struct buf *text)
{
	size_t i;
	int res = 0;

	for (i = 0; i < r->n_notes && res == 0; i++) {
		struct buf *to = &r->note_texts[i];

		if (r->notes[i].end != r->endnotes || r->notes[i].id != r->note_wanted)
			continue;
		if (to->len > 0)
			res = buf_add(to, " ", 1);
		if (res == 0)
			res = buf_add(to, buf_str(text), text->len);
	}
	return res;
}

/* ---- paragraphs ---- */

static int begin_para(struct reader *r)
{
	struct para *p;
	struct buf text;

	if (r->n_paras == NESTED_MAX)
		return -EBADMSG;
	p = &r->paras[r->n_paras++];
	text = p->text;
	text.len = 0;
	*p = (struct para){
		.text = text, .number = DOCX_NO_NUMBER, .depth = DOCX_NO_NUMBER, .outline = -1
	};
	r->in_properties = r->in_run_properties = r->hidden = false;
	if (r->n_paras > 1 || r->rest.len == 0)
		return 0;
	buf_done(&p->text);
	p->text = buf_steal(&r->rest);
	return 0;
}

/* The number in front of the paragraph's text. */
static int number_para(
	struct reader *r, const struct para *p, const struct docx_style *style, struct buf *out)
{
	int number = p->number, depth = p->depth;

	if (number == DOCX_NO_NUMBER) {
		number = style->number;
		if (depth == DOCX_NO_NUMBER && number > 0)
			depth = docx_numbering_depth(r->numbering, number, p->style);
		if (depth == DOCX_NO_NUMBER)
			depth = style->depth;
	}
	if (number <= 0)
		return 0;
	return docx_numbering_next(r->numbering, number, depth < 0 ? 0 : depth, out);
}

/* Where a paragraph that is complete goes: into a note, a cell or the document. */
static int give_para(struct reader *r, const struct buf *line, unsigned char level)
{
	struct row *row = r->n_rows > 0 ? &r->rows[r->n_rows - 1] : NULL;
	int res;

	if (r->note_texts)
		return give_note(r, line);
	if (!row)
		return lines_add(&r->out, buf_str(line), line->len, level);
	row->pars++;
	res = buf_add(&row->cell, buf_str(line), line->len);
	return res < 0 ? res : buf_add(&row->cell, "\n", 1);
}

static int end_para(struct reader *r)
{
	CLEANUP(buf_done) struct buf line = { 0 };
	struct para *p = top(r);
	struct docx_style style;
	unsigned char level;
	int res;

	if (!p)
		return 0;
	style = docx_style_find(r->styles, p->style[0] ? p->style : NULL);
	if (p->joined && r->n_paras == 1) {
		r->n_paras--;
		buf_done(&r->rest);
		return buf_add(&r->rest, buf_str(&p->text), p->text.len);
	}
	level = p->outline >= 0 && p->outline < DOCX_LEVELS ? (unsigned char)(p->outline + 1)
							    : style.level;
	res = number_para(r, p, &style, &line);
	if (res == 0)
		res = buf_add(&line, buf_str(&p->text), p->text.len);
	if (p->text.len == 0)
		line.len = 0; /* Word shows a number there, and nobody reads it */
	r->n_paras--;
	if (res < 0 || style.contents || r->skipped > 0)
		return res;
	return give_para(r, &line, level);
}

/* ---- tables ---- */

static int begin_row(struct reader *r)
{
	struct row *row;

	if (r->n_rows == NESTED_MAX)
		return -EBADMSG;
	row = &r->rows[r->n_rows++];
	buf_done(&row->cells);
	buf_done(&row->cell);
	row->n = row->pars = 0;
	return 0;
}

/* The paragraphs of a cell in one line. */
static void flatten(struct buf *cell)
{
	size_t i;

	while (cell->len > 0 && cell->data[cell->len - 1] == '\n')
		cell->len--;
	for (i = 0; i < cell->len; i++)
		if (cell->data[i] == '\n' || cell->data[i] == '\t')
			cell->data[i] = ' ';
}

static int end_cell(struct reader *r)
{
	struct row *row = r->n_rows > 0 ? &r->rows[r->n_rows - 1] : NULL;
	int res = 0;

	if (!row)
		return 0;
	if (row->n > 0) {
		/* the cell before this one is not alone in its row */
		if (row->n == 1)
			flatten(&row->cells);
		flatten(&row->cell);
		res = buf_add(&row->cells, "\t", 1);
	}
	row->n++;
	if (res == 0)
		res = buf_add(&row->cells, buf_str(&row->cell), row->cell.len);
	buf_done(&row->cell);
	return res;
}

/* A row is a line; a cell that is alone in its row is a frame around paragraphs. */
static int end_row(struct reader *r)
{
	struct row *row;
	struct buf *cells;
	size_t len;

	if (r->n_rows == 0)
		return 0;
	row = &r->rows[--r->n_rows];
	cells = &row->cells;
	for (len = cells->len;
		len > 0 && (cells->data[len - 1] == '\n' || cells->data[len - 1] == '\t'); len--)
		;
	if (len == 0 || r->skipped > 0)
		return 0;
	cells->len = len;
	cells->data[len] = '\0';
	return give_para(r, cells, 0);
}

/* ---- elements ---- */

static void note_property(struct reader *r, const char *name, const char **atts)
{
	const char *value = xml_attr(atts, "val");
	struct para *p = top(r);

	if (!p)
		return;
	if (r->in_run_properties) {
		if (strcmp(name, "del") == 0 || strcmp(name, "moveFrom") == 0)
			p->joined = r->in_properties;
		if (strcmp(name, "vanish") == 0 && !r->in_properties)
			r->hidden = xml_is_on(atts);
		return;
	}
	if (!value)
		return;
	if (strcmp(name, "pStyle") == 0)
		snprintf(p->style, sizeof(p->style), "%s", value);
	else if (strcmp(name, "numId") == 0)
		p->number = atoi(value);
	else if (strcmp(name, "ilvl") == 0)
		p->depth = atoi(value);
	else if (strcmp(name, "outlineLvl") == 0)
		p->outline = atoi(value);
}

/* What is not shown: deletions, the old place of what was moved, readings above characters. */
static bool is_skipped(enum xml_space space, const char *name)
{
	static const char *const names[] = { "del", "moveFrom", "rt", "instrText", "delText",
		"tblPrEx", "pPrChange", "rPrChange", "tblPrChange", "sectPrChange",
		"numberingChange" };
	size_t i;

	if (space == XML_COMPAT)
		return strcmp(name, "Fallback") == 0;
	for (i = 0; space == XML_WORD && i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Signs that are elements. */
static int add_sign(struct reader *r, const char *name, const char **atts)
{
	if (strcmp(name, "tab") == 0)
		return add(r, "\t", 1);
	if (strcmp(name, "br") == 0 || strcmp(name, "cr") == 0)
		return add(r, "\n", 1);
	if (strcmp(name, "noBreakHyphen") == 0)
		return add(r, "-", 1);
	if (strcmp(name, "footnoteReference") == 0)
		return add_note(r, atts, false);
	return strcmp(name, "endnoteReference") == 0 ? add_note(r, atts, true) : 0;
}

static int on_word(struct reader *r, const char *name, const char **atts)
{
	if (strcmp(name, "p") == 0)
		return begin_para(r);
	if (strcmp(name, "tr") == 0)
		return begin_row(r);
	if (strcmp(name, "pPr") == 0)
		r->in_properties = true;
	else if (strcmp(name, "rPr") == 0)
		r->in_run_properties = true;
	else if (r->in_properties || r->in_run_properties)
		note_property(r, name, atts);
	else if (strcmp(name, "t") == 0)
		r->in_text = true;
	else if (strcmp(name, "r") == 0)
		r->hidden = false;
	else if (r->note_texts && (strcmp(name, "footnote") == 0 || strcmp(name, "endnote") == 0))
		r->note_wanted = xml_attr(atts, "id") ? atoi(xml_attr(atts, "id")) : -1;
	else
		return add_sign(r, name, atts);
	return 0;
}

static int on_start(void *arg, enum xml_space space, const char *name, const char **atts)
{
	struct reader *r = arg;
	bool mark = r->in_properties && r->in_run_properties; /* <w:del/> of a paragraph's end */

	if (r->skipped > 0 || (is_skipped(space, name) && !mark)) {
		r->skipped++;
		return 0;
	}
	if (space == XML_MATH && strcmp(name, "t") == 0)
		r->in_text = true;
	return space == XML_WORD ? on_word(r, name, atts) : 0;
}

static int on_end(void *arg, enum xml_space space, const char *name)
{
	struct reader *r = arg;

	if (r->skipped > 0) {
		r->skipped--;
		return 0;
	}
	if (strcmp(name, "t") == 0)
		r->in_text = false;
	if (space != XML_WORD)
		return 0;
	if (strcmp(name, "p") == 0)
		return end_para(r);
	if (strcmp(name, "tc") == 0)
		return end_cell(r);
	if (strcmp(name, "tr") == 0)
		return end_row(r);
	if (strcmp(name, "pPr") == 0)
		r->in_properties = false;
	else if (strcmp(name, "rPr") == 0)
		r->in_run_properties = false;
	else if (strcmp(name, "r") == 0)
		r->hidden = false;
	return 0;
}

static int on_text(void *arg, const char *s, size_t len)
{
	struct reader *r = arg;

	return r->in_text ? add(r, s, len) : 0;
}

/* ---- the package ---- */

static int read_notes(struct reader *r, struct package *p)
{
	struct xml_handler handler = { on_start, on_end, on_text, r };
	int res = 0, part;
	size_t i;

	if (r->n_notes == 0)
		return 0;
	r->note_texts = calloc(r->n_notes, sizeof(*r->note_texts));
	if (!r->note_texts)
		return -ENOMEM;
	for (part = 0; part < 2 && res == 0; part++) {
		r->endnotes = part == 1;
		r->n_paras = r->n_rows = r->skipped = 0;
		res = xml_read(p, part ? "word/endnotes.xml" : "word/footnotes.xml", &handler);
		if (res == -ENOENT)
			res = 0;
	}
	for (i = 0; i < r->n_notes && res == 0; i++) {
		CLEANUP(buf_done) struct buf line = { 0 };
		const char *text = buf_str(&r->note_texts[i]);

		res = buf_printf(&line, "[%zu] %s", i + 1, text + strspn(text, " "));
		if (res == 0)
			res = lines_add(&r->out, line.data, line.len, 0);
	}
	return res;
}

static int read_all(struct reader *r, struct package *p)
{
	char main[256] = "word/document.xml"; /* nearly all call it so */
	struct xml_handler document = { on_start, on_end, on_text, r };
	int res;

	res = xml_find_main(p, main, sizeof(main));
	if (res == 0)
		res = docx_styles_read(p, &r->styles);
	if (res == 0)
		res = docx_numbering_read(p, &r->numbering);
	if (res == 0)
		res = xml_read(p, main, &document);
	if (res == 0 && r->rest.len > 0)
		res = lines_add(&r->out, r->rest.data, r->rest.len, 0);
	if (res == 0)
		res = read_notes(r, p);
	return res == -ENOENT ? -EBADMSG : res;
}

int docx_read(const char *data, size_t len, struct lines *ret_lines)
{
	CLEANUP(package_closep) struct package *p = NULL;
	struct reader *r = calloc(1, sizeof(*r));
	int res;

	if (!r)
		return -ENOMEM;
	res = package_open(data, len, &p);
	if (res == 0)
		res = read_all(r, p);
	if (res == 0) {
		*ret_lines = r->out;
		r->out = (struct lines){ 0 };
	}
	reader_done(r);
	free(r);
	return res;
}
