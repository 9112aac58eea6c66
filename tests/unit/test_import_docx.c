/* The reader of .docx: each feature by hand-made XML, and what must be refused. */
#include "planfs/import.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <zip.h>
#include <cmocka.h>

#define WORD "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
#define BEGIN                                                                                      \
	"<w:document " WORD                                                                        \
	" xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><w:body>"
#define END     "</w:body></w:document>"
#define P(text) "<w:p><w:r><w:t>" text "</w:t></w:r></w:p>"
#define N(n, text)                                                                                 \
	"<w:p><w:pPr><w:numPr><w:ilvl w:val=\"" n "\"/><w:numId w:val=\"1\"/></w:numPr>"           \
	"</w:pPr><w:r><w:t>" text "</w:t></w:r></w:p>"
#define S(style, text)                                                                             \
	"<w:p><w:pPr><w:pStyle w:val=\"" style "\"/></w:pPr><w:r><w:t>" text "</w:t></w:r></w:p>"
#define LVL(n, format, text)                                                                       \
	"<w:lvl w:ilvl=\"" n "\"><w:start w:val=\"1\"/><w:numFmt w:val=\"" format                  \
	"\"/><w:lvlText w:val=\"" text "\"/></w:lvl>"
#define FILLER "全面贯彻党的教育方针,落实立德树人根本任务,扎实推进各项工作。"

static const char types[] =
	"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";

/* A member of a package; @data is borrowed. */
struct member {
	const char *name, *data;
	size_t len; /* 0: a string */
};

static void make_zip(const struct member *members, size_t n, struct buf *ret)
{
	char path[] = "/tmp/planfs-docx-XXXXXX";
	int fd = mkstemp(path), error;
	zip_t *zip;
	char piece[8192];
	size_t i, got;
	FILE *f;

	assert_true(fd >= 0);
	zip = zip_open(path, ZIP_TRUNCATE | ZIP_CREATE, &error);
	assert_non_null(zip);
	for (i = 0; i < n; i++) {
		size_t len = members[i].len ? members[i].len : strlen(members[i].data);
		zip_source_t *source = zip_source_buffer(zip, members[i].data, len, 0);

		assert_true(zip_file_add(zip, members[i].name, source, ZIP_FL_ENC_UTF_8) >= 0);
	}
	assert_int_equal(zip_close(zip), 0);
	f = fdopen(fd, "rb");
	f = freopen(path, "rb", f);
	while ((got = fread(piece, 1, sizeof(piece), f)) > 0)
		assert_int_equal(buf_add(ret, piece, got), 0);
	fclose(f);
	remove(path);
}

/* Import a .docx with these parts; @numbering and @styles may be NULL. */
static int read_docx(
	const struct member *members, size_t n, struct import *im, struct import_error *error)
{
	CLEANUP(buf_done) struct buf zip = { 0 };

	make_zip(members, n, &zip);
	return import_parse("a.docx", zip.data, zip.len, NULL, im, error);
}

/* The text of all sections of a document with that body, numbering and styles. */
static void read_body(const char *body, const char *numbering, const char *styles, struct buf *ret)
{
	CLEANUP(import_done) struct import im = { 0 };
	const struct member members[] = { { "[Content_Types].xml", types, 0 },
		{ "word/document.xml", body, 0 }, { "word/numbering.xml", numbering, 0 },
		{ "word/styles.xml", styles, 0 },
		{ "word/footnotes.xml",
			"<w:footnotes " WORD "><w:footnote w:id=\"2\">" P("指适龄儿童。")
				P("下同。") "</w:footnote></w:footnotes>",
			0 } };
	struct import_error error = { "" };
	size_t i;

	if (read_docx(members, ARRAY_LEN(members), &im, &error) < 0)
		fail_msg("%s", error.text);
	assert_string_equal(im.format, "Word");
	for (i = 0; i < im.doc.plans[0].n_sections; i++)
		assert_int_equal(buf_printf(ret, "[%s]\n%s", im.doc.plans[0].sections[i].name,
					 im.doc.plans[0].sections[i].text.data),
			0);
}

static const char numbering_xml[] = "<w:numbering " WORD "><w:abstractNum w:abstractNumId=\"7\">" LVL(
	"0", "chineseCountingThousand", "%1、") LVL("1", "chineseCounting", "（%2）") LVL("2",
	"decimal", "%3.") LVL("3", "decimal", "（%4）") LVL("4", "decimalEnclosedCircleChinese",
	"%5") LVL("5", "lowerLetter", "%6)") LVL("6", "decimal", "%1.%7") LVL("7", "bullet",
	"\xEF\x81\xAC") "</w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"7\"/></w:num>"
			"<w:num w:numId=\"2\"><w:abstractNumId w:val=\"7\"/><w:lvlOverride w:ilvl=\"0\">"
			"<w:startOverride w:val=\"5\"/></w:lvlOverride></w:num></w:numbering>";

static const char styles_xml[] =
	"<w:styles " WORD
	"><w:style w:type=\"paragraph\" w:styleId=\"a1\"><w:name w:val=\"heading 1\"/></w:style>"
	"<w:style w:type=\"paragraph\" w:styleId=\"a2\"><w:basedOn w:val=\"a1\"/><w:name w:val=\"mine\"/></w:style>"
	"<w:style w:type=\"paragraph\" w:styleId=\"t\"><w:name w:val=\"Title\"/></w:style>"
	"<w:style w:type=\"paragraph\" w:styleId=\"c\"><w:name w:val=\"toc 1\"/></w:style>"
	"<w:style w:type=\"paragraph\" w:styleId=\"n\"><w:name w:val=\"numbered\"/><w:pPr><w:numPr>"
	"<w:numId w:val=\"1\"/></w:numPr></w:pPr></w:style></w:styles>";

static void each_feature_is_read_as_word_shows_it(void **state)
{
	static const struct {
		const char *what, *body, *text;
	} cases[] = {
		{ "automatic numbers",
			N("0", "甲") N("1", "乙") N("2", "丙") N("3", "丁") N("4", "戊")
				N("4", "己") N("5", "庚") N("0", "辛") N("1", "壬") N("6", "癸")
					N("7", "子") P(FILLER),
			"[01-甲.txt]\n一、甲\n（一）乙\n1. 丙\n（1）丁\n①戊\n②己\na) 庚\n"
			"[02-辛.txt]\n二、辛\n（一）壬\n二.1 癸\n• 子\n" FILLER "\n" },
		{ "numbers of a style, and a list that begins at five",
			S("n", "甲") "<w:p><w:pPr><w:numPr><w:numId w:val=\"2\"/></w:numPr></w:pPr>"
				     "<w:r><w:t>乙</w:t></w:r></w:p>" P(FILLER),
			"[01-甲.txt]\n一、甲\n[02-乙.txt]\n五、乙\n" FILLER "\n" },
		{ "a number that the paragraph takes back",
			"<w:p><w:pPr><w:pStyle w:val=\"n\"/><w:numPr><w:numId w:val=\"0\"/></w:numPr></w:pPr>"
			"<w:r><w:t>甲" FILLER "</w:t></w:r></w:p>",
			"[01-正文.txt]\n甲" FILLER "\n" },
		{ "headings and titles by their styles",
			S("t", "学校工作计划") S("c", "目标 1") S("a1", "目标") P(FILLER)
				S("a2", "措施") P(FILLER),
			"[01-目标.txt]\n目标\n" FILLER "\n[02-措施.txt]\n措施\n" FILLER "\n" },
		{ "tables as lines",
			P(FILLER) "<w:tbl><w:tr><w:tc>" P("月份") "</w:tc><w:tc>" P(
				"工作") "</w:tc></w:tr><w:tr><w:tc>" P("三月") "</w:tc><w:tc>" P("开学")
				P("检查") "</w:tc></w:tr></w:tbl>",
			"[01-正文.txt]\n" FILLER "\n月份\t工作\n三月\t开学 检查\n" },
		{ "a frame of one cell",
			"<w:tbl><w:tr><w:tc>" P(FILLER) P("第二段。") "</w:tc></w:tr></w:tbl>",
			"[01-正文.txt]\n" FILLER "\n第二段。\n" },
		{ "a table in a cell",
			P(FILLER) "<w:tbl><w:tr><w:tc><w:tbl><w:tr><w:tc>" P("内") "</w:tc><w:tc>" P(
				"里") "</w:tc></w:tr></w:tbl>" P("") "</w:tc><w:tc>" P("外") "</w:tc></w:tr></w:tbl>",
			"[01-正文.txt]\n" FILLER "\n内 里\t外\n" },
		{ "deletions and insertions",
			"<w:p><w:r><w:t>" FILLER
			"新建</w:t></w:r><w:del><w:r><w:delText>五</w:delText><w:t>五</w:t></w:r></w:del>"
			"<w:ins><w:r><w:t>六</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>旧</w:t></w:r></w:moveFrom>"
			"<w:moveTo><w:r><w:t>所</w:t></w:r></w:moveTo></w:p>",
			"[01-正文.txt]\n" FILLER "新建六所\n" },
		{ "the deleted end of a paragraph",
			"<w:p><w:pPr><w:rPr><w:del w:id=\"1\"/></w:rPr></w:pPr><w:r><w:t>" FILLER
			"前</w:t></w:r></w:p>" P("后") P("另"),
			"[01-正文.txt]\n" FILLER "前后\n另\n" },
		{ "footnotes",
			"<w:p><w:r><w:t>" FILLER
			"入学率</w:t></w:r><w:r><w:footnoteReference w:id=\"2\"/></w:r>"
			"<w:r><w:t>达标。</w:t></w:r></w:p>" P("完。"),
			"[01-正文.txt]\n" FILLER
			"入学率[1]达标。\n完。\n[1] 指适龄儿童。 下同。\n" },
		{ "characters beyond the BMP", P(FILLER "𠮷田&#x20BB7;中学"),
			"[01-正文.txt]\n" FILLER "𠮷田𠮷中学\n" },
		{ "hidden text, readings, fields, breaks, hyphens",
			"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>密</w:t></w:r><w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr>"
			"<w:t>" FILLER
			"</w:t></w:r><w:r><w:ruby><w:rt><w:r><w:t>yu</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>"
			"育</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"
			"<w:r><w:t>A</w:t><w:noBreakHyphen/><w:t>B</w:t><w:br/><w:t>C</w:t></w:r></w:p>",
			"[01-正文.txt]\n" FILLER "育A-B\nC\n" },
		{ "a text box, once",
			"<w:p><w:r><w:t>" FILLER
			"</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>" P(
				"框") "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>" P("框") "</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>",
			"[01-正文.txt]\n框\n" FILLER "\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf body = { 0 };
		CLEANUP(buf_done) struct buf text = { 0 };

		assert_int_equal(buf_printf(&body, BEGIN "%s" END, cases[i].body), 0);
		read_body(body.data, numbering_xml, styles_xml, &text);
		if (strcmp(buf_str(&text), cases[i].text) != 0)
			fail_msg("%s: got\n%s", cases[i].what, buf_str(&text));
	}
}

static void the_document_may_have_another_name_and_prefix(void **state)
{
	CLEANUP(import_done) struct import im = { 0 };
	const struct member members[] = { { "[Content_Types].xml", types, 0 },
		{ "_rels/.rels",
			"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
			"<Relationship Id=\"r\" Type=\"http://purl.oclc.org/ooxml/officeDocument/relationships/"
			"officeDocument\" Target=\"/word/document2.xml\"/></Relationships>",
			0 },
		{ "word/document2.xml",
			"<x:document xmlns:x=\"http://purl.oclc.org/ooxml/wordprocessingml/main\"><x:body><x:p><x:r>"
			"<x:t>" FILLER "</x:t></x:r></x:p></x:body></x:document>",
			0 } };
	struct import_error error;

	(void)state;
	assert_int_equal(read_docx(members, ARRAY_LEN(members), &im, &error), 0);
	assert_string_equal(im.doc.plans[0].sections[0].text.data, FILLER "\n");
}

/* ---- attacks ---- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Refuse @zip clearly, in about a second and 50 MB more than what was used before. */
static void refuse(const struct buf *zip, int result, const char *text)
{
	CLEANUP(import_done) struct import im = { 0 };
	struct import_error error = { "" };
	double begin = seconds();
	long before = peak_kib();
	int r = import_parse("a.docx", zip->data, zip->len, NULL, &im, &error);

	if (r != result || strcmp(error.text, text) != 0)
		fail_msg("%d: %s", r, error.text);
	if (getenv("PLANFS_TEST_BYTES")) /* a sanitizer or valgrind is at work */
		return;
	assert_true(seconds() - begin < 2);
	assert_true(peak_kib() - before < 50 * 1024);
}

#define DAMAGED "a.docx: damaged: no Word file that any program would write"

/* @n times @piece between @begin and @end. */
static void repeat(const char *begin, const char *piece, size_t n, const char *end, struct buf *ret)
{
	assert_int_equal(buf_add_str(ret, begin), 0);
	while (n-- > 0)
		assert_int_equal(buf_add_str(ret, piece), 0);
	assert_int_equal(buf_add_str(ret, end), 0);
}

static void attack(const char *xml, size_t len, int result, const char *text)
{
	const struct member members[] = { { "[Content_Types].xml", types, 0 },
		{ "word/document.xml", xml, len } };
	CLEANUP(buf_done) struct buf zip = { 0 };

	make_zip(members, ARRAY_LEN(members), &zip);
	refuse(&zip, result, text);
}

static size_t bomb_bytes(size_t bytes)
{
	return getenv("PLANFS_TEST_BYTES") && bytes < 33 * 1024 * 1024 ? bytes / 20 : bytes;
}

static void a_zip_bomb_is_refused(void **state)
{
	CLEANUP(buf_done) struct buf xml = { 0 };

	(void)state;
	if (getenv("PLANFS_TEST_BYTES"))
		skip(); /* to make it would take longer than to refuse it */
	repeat(BEGIN, P("          "), 100 * 1024 * 1024 / sizeof(P("          ")), END, &xml);
	attack(xml.data, xml.len, -EFBIG, "a.docx: holds more text than any document");
}

static void one_endless_token_is_refused(void **state)
{
	CLEANUP(buf_done) struct buf xml = { 0 };

	(void)state;
	assert_int_equal(buf_resize(&xml, bomb_bytes(30 * 1024 * 1024)), 0);
	memset(xml.data, 'a', xml.len);
	memcpy(xml.data, "<a b=\"", 6);
	attack(xml.data, xml.len, -EBADMSG, DAMAGED);
}

static void a_million_levels_are_refused(void **state)
{
	CLEANUP(buf_done) struct buf xml = { 0 };

	(void)state;
	repeat(BEGIN, "<w:p>", bomb_bytes(1000000), "", &xml);
	attack(xml.data, xml.len, -EBADMSG, DAMAGED);
	buf_done(&xml);
	repeat(BEGIN, "<x>", bomb_bytes(1000000), "", &xml);
	attack(xml.data, xml.len, -EBADMSG, DAMAGED);
}

static void a_bomb_of_entities_is_refused(void **state)
{
	static const char xml[] =
		"<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
		"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;\">]>"
		"<x>&d;&d;&d;&d;&d;&d;&d;</x>";

	(void)state;
	attack(xml, strlen(xml), -EBADMSG, DAMAGED);
}

static void what_is_cut_or_damaged_anywhere_is_refused_or_read(void **state)
{
	const struct member members[] = { { "[Content_Types].xml", types, 0 },
		{ "word/document.xml", BEGIN P(FILLER) P(FILLER) P(FILLER) END, 0 } };
	CLEANUP(buf_done) struct buf zip = { 0 };
	size_t i, step, refused = 0;

	(void)state;
	make_zip(members, ARRAY_LEN(members), &zip);
	step = getenv("PLANFS_TEST_BYTES") ? 37 : 1;
	for (i = 4; i < zip.len; i += step) {
		CLEANUP(import_done) struct import cut = { 0 };
		CLEANUP(import_done) struct import changed = { 0 };
		struct import_error error;
		char kept = zip.data[i];

		refused += import_parse("a.docx", zip.data, i, NULL, &cut, &error) < 0;
		zip.data[i] = (char)(kept ^ 0x41);
		if (import_parse("a.docx", zip.data, zip.len, NULL, &changed, &error) < 0)
			refused++;
		zip.data[i] = kept;
	}
	assert_true(refused > zip.len / step / 2);
	zip.len = zip.len / 2;
	refuse(&zip, -EBADMSG, DAMAGED);
}

static void a_package_without_a_document_is_refused(void **state)
{
	const struct member members[] = { { "[Content_Types].xml", types, 0 },
		{ "word/other.xml", "<x/>", 0 } };
	const struct member sheet[] = { { "xl/workbook.xml", "<x/>", 0 } };
	CLEANUP(buf_done) struct buf zip = { 0 };
	CLEANUP(buf_done) struct buf other = { 0 };

	(void)state;
	make_zip(members, ARRAY_LEN(members), &zip);
	refuse(&zip, -EBADMSG, DAMAGED);
	make_zip(sheet, ARRAY_LEN(sheet), &other);
	refuse(&other, -ENOTSUP, "a.docx: a zip file, which is no document");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_feature_is_read_as_word_shows_it),
		cmocka_unit_test(the_document_may_have_another_name_and_prefix),
		cmocka_unit_test(what_is_cut_or_damaged_anywhere_is_refused_or_read),
		cmocka_unit_test(a_package_without_a_document_is_refused),
		cmocka_unit_test(a_bomb_of_entities_is_refused),
		cmocka_unit_test(a_million_levels_are_refused),
		cmocka_unit_test(one_endless_token_is_refused),
		cmocka_unit_test(a_zip_bomb_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
