/*
 * A plan as a Word document with the layout of official papers, GB/T 9704-2012: A4 with its margins, 22 lines of 28
 * characters, the title in 小标宋 of size 2, the levels of headings in 黑体 and 楷体, the text in 仿宋 of size 3, and
 * page numbers at the outer edge.
 */
#include "planfs/export.h"

#include "import_priv.h"
#include "zip_lib_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define W      "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
#define R      "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""
#define HEAD   "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define PACK   "http://schemas.openxmlformats.org/package/2006/"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define TYPE   "application/vnd.openxmlformats-officedocument.wordprocessingml."
#define FONT(name)                                                                                 \
	"<w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:eastAsia=\"" name     \
	"\"/>"

/*
 * 210 x 297 mm; 37 mm above, 35 below, 28 left, 26 right: 156 x 225 mm hold 22 lines of 28 characters. These are a
 * little wider than their share, and are set by 1/4 pt closer: a grid of characters, which Word would use for that,
 * makes LibreOffice give two cells to each.
 */
#define PAGE                                                                                               \
	"<w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"2098\" w:right=\"1474\" w:bottom=\"1984\" " \
	"w:left=\"1588\" w:header=\"851\" w:footer=\"1588\" w:gutter=\"0\"/>"                              \
	"<w:docGrid w:type=\"lines\" w:linePitch=\"579\"/>"

static const char types_xml[] = HEAD
	"<Types xmlns=\"" PACK "content-types\">"
	"<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
	"<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
	"<Override PartName=\"/word/document.xml\" ContentType=\"" TYPE "document.main+xml\"/>"
	"<Override PartName=\"/word/styles.xml\" ContentType=\"" TYPE "styles+xml\"/>"
	"<Override PartName=\"/word/settings.xml\" ContentType=\"" TYPE "settings+xml\"/>"
	"<Override PartName=\"/word/footer1.xml\" ContentType=\"" TYPE "footer+xml\"/>"
	"<Override PartName=\"/word/footer2.xml\" ContentType=\"" TYPE "footer+xml\"/></Types>";

static const char rels_xml[] =
	HEAD "<Relationships xmlns=\"" PACK "relationships\">"
	     "<Relationship Id=\"rId1\" Type=\"" OFFICE
	     "officeDocument\" Target=\"word/document.xml\"/></Relationships>";

static const char document_rels_xml[] =
	HEAD "<Relationships xmlns=\"" PACK "relationships\">"
	     "<Relationship Id=\"rId1\" Type=\"" OFFICE "styles\" Target=\"styles.xml\"/>"
	     "<Relationship Id=\"rId2\" Type=\"" OFFICE "settings\" Target=\"settings.xml\"/>"
	     "<Relationship Id=\"rId3\" Type=\"" OFFICE "footer\" Target=\"footer1.xml\"/>"
	     "<Relationship Id=\"rId4\" Type=\"" OFFICE
	     "footer\" Target=\"footer2.xml\"/></Relationships>";

static const char settings_xml[] =
	HEAD "<w:settings " W "><w:evenAndOddHeaders/>"
	     "<w:characterSpacingControl w:val=\"compressPunctuation\"/></w:settings>";

#define STYLE(id, name, before, para, run)                                                         \
	"<w:style w:type=\"paragraph\" w:styleId=\"" id "\"" before "><w:name w:val=\"" name       \
	"\"/>"                                                                                     \
	"<w:qFormat/><w:pPr>" para "</w:pPr><w:rPr>" run "</w:rPr></w:style>"
#define LINE   "<w:spacing w:before=\"0\" w:after=\"0\" w:line=\"579\" w:lineRule=\"exact\"/>"
#define INDENT "<w:ind w:firstLineChars=\"200\" w:firstLine=\"640\"/>"
#define SIZE3  "<w:spacing w:val=\"-5\"/><w:sz w:val=\"32\"/><w:szCs w:val=\"32\"/>"

static const char styles_xml[] =
	HEAD "<w:styles " W "><w:docDefaults><w:rPrDefault><w:rPr>" FONT("仿宋_GB2312") SIZE3
	"<w:lang w:val=\"en-US\" w:eastAsia=\"zh-CN\"/></w:rPr></w:rPrDefault></w:docDefaults>" STYLE(
		"Normal", "Normal", " w:default=\"1\"", LINE INDENT "<w:jc w:val=\"both\"/>",
		FONT("仿宋_GB2312") SIZE3) STYLE("Title", "Title", "",
		"<w:spacing w:before=\"0\" w:after=\"579\" w:line=\"579\" w:lineRule=\"atLeast\"/>"
		"<w:ind w:firstLineChars=\"0\" w:firstLine=\"0\"/><w:jc w:val=\"center\"/>",
		FONT("方正小标宋简体") "<w:sz w:val=\"44\"/><w:szCs w:val=\"44\"/>")
		STYLE("Heading1", "heading 1", "",
			"<w:keepNext/>" LINE INDENT "<w:outlineLvl w:val=\"0\"/>",
			FONT("黑体") SIZE3) STYLE("Heading2", "heading 2", "",
			"<w:keepNext/>" LINE INDENT "<w:outlineLvl w:val=\"1\"/>",
			FONT("楷体_GB2312") SIZE3) STYLE("Cell", "cell", "",
			"<w:spacing w:line=\"400\" w:lineRule=\"atLeast\"/>"
			"<w:ind w:firstLineChars=\"0\" w:firstLine=\"0\"/>",
			FONT("仿宋_GB2312") "<w:sz w:val=\"24\"/>") STYLE("Footer", "footer", "",
			"<w:ind w:firstLineChars=\"0\" w:firstLine=\"0\"/>",
			FONT("宋体") "<w:sz w:val=\"28\"/>") "</w:styles>";

/* — 1 — at the outer edge, one character from it. */
#define FOOTER(side, indent)                                                                             \
	HEAD "<w:ftr " W "><w:p><w:pPr><w:pStyle w:val=\"Footer\"/><w:ind " indent                       \
	     " w:firstLine=\"0\"/><w:jc w:val=\"" side                                                   \
	     "\"/></w:pPr><w:r><w:t xml:space=\"preserve\">— </w:t></w:r>"                             \
	     "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>" \
	     "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar " \
	     "w:fldCharType=\"end\"/></w:r><w:r><w:t xml:space=\"preserve\"> —</w:t></w:r></w:p></w:ftr>"

static const char footer_odd_xml[] = FOOTER("right", "w:right=\"280\"");
static const char footer_even_xml[] = FOOTER("left", "w:left=\"280\"");

/* ---- the document ---- */

struct doc {
	struct buf *out; /* borrowed */
	bool table;      /* in one */
};

static int add_text(struct buf *out, const char *s, size_t len)
{
	size_t i;
	int r = 0;

	for (i = 0; i < len && r == 0; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '&' || c == '<' || c == '>')
			r = buf_add_str(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
		else if (c >= 0x20 && c != 0x7F)
			r = buf_add(out, s + i, 1);
	}
	return r;
}

static int add_para(struct buf *out, const char *style, const char *s, size_t len)
{
	int r = buf_printf(out,
		"<w:p><w:pPr><w:pStyle w:val=\"%s\"/></w:pPr><w:r><w:t xml:space=\"preserve\">",
		style);

	if (r == 0)
		r = add_text(out, s, len);
	return r < 0 ? r : buf_add_str(out, "</w:t></w:r></w:p>");
}

static int end_table(struct doc *d)
{
	bool was = d->table;

	d->table = false;
	return was ? buf_add_str(d->out, "</w:tbl>") : 0;
}

static int add_row(struct doc *d, const char *s, size_t len)
{
	static const char begin[] =
		"<w:tbl><w:tblPr><w:tblW w:w=\"5000\" w:type=\"pct\"/><w:jc w:val=\"center\"/><w:tblBorders>"
		"<w:top w:val=\"single\" w:sz=\"4\"/><w:left w:val=\"single\" w:sz=\"4\"/><w:bottom w:val=\"single\" w:sz=\"4\"/>"
		"<w:right w:val=\"single\" w:sz=\"4\"/><w:insideH w:val=\"single\" w:sz=\"4\"/>"
		"<w:insideV w:val=\"single\" w:sz=\"4\"/></w:tblBorders></w:tblPr>";
	int r = d->table ? 0 : buf_add_str(d->out, begin);
	const char *tab;

	d->table = true;
	if (r == 0)
		r = buf_add_str(d->out, "<w:tr>");
	while (r == 0) {
		tab = memchr(s, '\t', len);
		r = buf_add_str(d->out, "<w:tc>");
		if (r == 0)
			r = add_para(d->out, "Cell", s, tab ? (size_t)(tab - s) : len);
		if (r == 0)
			r = buf_add_str(d->out, "</w:tc>");
		if (!tab)
			break;
		len -= (size_t)(tab + 1 - s);
		s = tab + 1;
	}
	return r < 0 ? r : buf_add_str(d->out, "</w:tr>");
}

/* （一）: the second level. */
static bool is_second_level(const char *s, size_t len)
{
	static const char *const begins[] = { "（一", "（二", "（三", "（四", "（五", "（六",
		"（七", "（八", "（九", "（十", "(一", "(二", "(三", "(四", "(五", "(六", "(七",
		"(八", "(九", "(十" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(begins) && len <= 120; i++)
		if (len > strlen(begins[i]) && memcmp(s, begins[i], strlen(begins[i])) == 0)
			return !bytes_hold(s, len, "。");
	return false;
}

/* Spaces at the beginning of a line are an indent, which the style makes. */
static void trim_indent(const char **s, size_t *len)
{
	while (*len > 0) {
		size_t n = **s == ' ' ? 1 : *len >= 3 && memcmp(*s, "　", 3) == 0 ? 3 : 0;

		if (n == 0)
			return;
		*s += n;
		*len -= n;
	}
}

static int add_line(struct doc *d, const char *s, size_t len, bool heading)
{
	int r;

	if (memchr(s, '\t', len))
		return add_row(d, s, len);
	trim_indent(&s, &len);
	r = end_table(d);
	if (r < 0 || len == 0)
		return r;
	return add_para(d->out,
		heading                   ? "Heading1"
		: is_second_level(s, len) ? "Heading2"
					  : "Normal",
		s, len);
}

static int add_section(void *arg, const struct export_section *section)
{
	const char *at = buf_str(section->text), *end = at + section->text->len, *stop;
	struct doc *d = arg;
	bool first = true;
	int r = 0;

	for (; at < end && r == 0; at = stop + 1, first = false) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		r = add_line(d, at, (size_t)(stop - at),
			export_is_heading(at, (size_t)(stop - at), section->name, first));
		if (stop == end)
			break;
	}
	return r < 0 ? r : end_table(d);
}

static int make_document(struct store *s, const struct export_plan *plan, struct buf *out)
{
	CLEANUP(buf_done) struct buf title = { 0 };
	struct doc d = { out, false };
	int r;

	r = export_title(s, plan, &title);
	if (r == 0)
		r = buf_add_str(out, HEAD "<w:document " W " " R "><w:body>");
	if (r == 0)
		r = add_para(out, "Title", buf_str(&title), title.len);
	if (r == 0)
		r = export_sections(s, plan->inode, add_section, &d);
	return r < 0 ? r
		     : buf_add_str(out,
			       "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId3\"/>"
			       "<w:footerReference w:type=\"even\" r:id=\"rId4\"/>" PAGE
			       "</w:sectPr></w:body></w:document>");
}

/* ---- the package ---- */

static int add_part(
	const struct zip_lib *lib, zip_t *zip, const char *name, const char *data, size_t len)
{
	zip_source_t *source = lib->source_buffer(zip, data, len, 0);

	if (!source)
		return -ENOMEM;
	if (lib->file_add(zip, name, source, ZIP_FL_ENC_UTF_8) >= 0)
		return 0;
	lib->source_free(source);
	return -ENOMEM;
}

static int add_parts(const struct zip_lib *lib, zip_t *zip, const struct buf *document)
{
	static const struct {
		const char *name, *data;
	} parts[] = { { "[Content_Types].xml", types_xml }, { "_rels/.rels", rels_xml },
		{ "word/_rels/document.xml.rels", document_rels_xml },
		{ "word/settings.xml", settings_xml }, { "word/styles.xml", styles_xml },
		{ "word/footer1.xml", footer_odd_xml }, { "word/footer2.xml", footer_even_xml } };
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_LEN(parts) && r == 0; i++)
		r = add_part(lib, zip, parts[i].name, parts[i].data, strlen(parts[i].data));
	return r < 0 ? r : add_part(lib, zip, "word/document.xml", document->data, document->len);
}

/* What was written to @source. */
static int read_source(const struct zip_lib *lib, zip_source_t *source, struct buf *ret)
{
	char piece[16 * 1024];
	zip_int64_t n;
	int r = lib->source_open(source) == 0 ? 0 : -EIO;

	if (r < 0)
		return r;
	while (r == 0 && (n = lib->source_read(source, piece, sizeof(piece))) != 0)
		r = n < 0 ? -EIO : buf_add(ret, piece, (size_t)n);
	lib->source_close(source);
	return r;
}

static int pack(const struct buf *document, struct buf *ret)
{
	const struct zip_lib *lib;
	zip_source_t *source;
	zip_t *zip;
	int r;

	r = zip_lib_get(&lib);
	if (r < 0)
		return r;
	source = lib->source_buffer_create(NULL, 0, 0, NULL);
	zip = source ? lib->open_from_source(source, ZIP_TRUNCATE, NULL) : NULL;
	if (!zip) {
		lib->source_free(source);
		return -ENOMEM;
	}
	lib->source_keep(source); /* zip_close() gives one reference back */
	r = add_parts(lib, zip, document);
	if (r == 0 && lib->close(zip) < 0)
		r = -EIO;
	if (r < 0)
		lib->discard(zip);
	else
		r = read_source(lib, source, ret);
	lib->source_free(source);
	return r;
}

int export_plan_docx(struct store *s, const struct export_plan *plan, struct buf *ret_data)
{
	CLEANUP(buf_done) struct buf document = { 0 };
	CLEANUP(buf_done) struct buf data = { 0 };
	int r;

	r = make_document(s, plan, &document);
	if (r == 0)
		r = pack(&document, &data);
	if (r < 0)
		return r;
	buf_done(ret_data);
	*ret_data = buf_steal(&data);
	return 0;
}
