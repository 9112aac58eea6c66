/* Web pages and Markdown: the rules one by one, and pages that nobody should write. Whole pages are in tests/data. */
#include "planfs/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FILLER "全面贯彻党的教育方针,落实立德树人根本任务,扎实推进各项工作。"
#define BODY   "<p>" FILLER "</p><p>" FILLER "</p>"

static void read_text(const char *data, size_t len, const char *format, struct buf *ret)
{
	CLEANUP(import_done) struct import im = { 0 };
	struct import_error error = { "" };
	size_t i;

	if (import_parse("a", data, len, NULL, &im, &error) < 0)
		fail_msg("%s", error.text);
	assert_string_equal(im.format, format);
	for (i = 0; i < im.doc.plans[0].n_sections; i++)
		assert_int_equal(buf_printf(ret, "[%s]\n%s", im.doc.plans[0].sections[i].name,
					 im.doc.plans[0].sections[i].text.data),
			0);
}

static void a_page_is_read_as_a_browser_shows_it(void **state)
{
	static const struct {
		const char *html, *text;
	} cases[] = {
		{ "<p>" FILLER
		  "&ldquo;双减&rdquo;&#x4E00;&#19968;&nbsp;A&amp;B &lt;1&gt; &unknown; &#xD800;</p>",
			"[01-正文.txt]\n" FILLER "“双减”一一\xC2\xA0"
			"A&B <1> &unknown; \xEF\xBF\xBD\n" },
		{ "<div>甲<br>乙" FILLER
		  "<!-- <p>丙 --><script>丁<p>戊</script><style>p{}</style></div>",
			"[01-正文.txt]\n甲\n乙" FILLER "\n" },
		{ "<p>" FILLER "<ol start=3><li>甲<li>乙<ul><li>子</ul><li>丙</ol>",
			"[00-前言.txt]\n" FILLER
			"\n[01-甲.txt]\n3. 甲\n[02-乙.txt]\n4. 乙\n子\n[03-丙.txt]\n5. 丙\n" },
		{ "<h2>目标</h2>" BODY "<h3>小</h3><h2>措施</h2>" BODY,
			"[01-目标.txt]\n目标\n" FILLER "\n" FILLER
			"\n小\n[02-措施.txt]\n措施\n" FILLER "\n" FILLER "\n" },
		{ "<p>" FILLER
		  "<p style='display:none'>密</p><p hidden-x>开<span>的</span> <b>字</b>\n行</p>",
			"[01-正文.txt]\n" FILLER "\n开的 字 行\n" },
		{ "<table><tr><td>" BODY "</td><td><a href=x>链接一二三</a></td></tr></table>",
			"[01-正文.txt]\n" FILLER "\n" FILLER "\n" },
		{ "<div>" BODY
		  "<ul><li><a href=x>另一篇文章的题目</a><li><a href=y>又一篇文章的题目</a></ul></div>",
			"[01-正文.txt]\n" FILLER "\n" FILLER "\n" },
		{ "<p>" FILLER "a < b, 3<5 和 </p></nothing></div>完。",
			"[01-正文.txt]\n" FILLER "a < b, 3<5 和\n完。\n" },
		{ "<pre>" FILLER "\n  行</pre>", "[01-正文.txt]\n" FILLER "\n  行\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(buf_done) struct buf page = { 0 };
		CLEANUP(buf_done) struct buf text = { 0 };

		assert_int_equal(buf_printf(&page, "<html><body>%s", cases[i].html), 0);
		read_text(page.data, page.len, "web page", &text);
		if (strcmp(buf_str(&text), cases[i].text) != 0)
			fail_msg("%s: got\n%s", cases[i].html, buf_str(&text));
	}
}

static void markdown_loses_its_signs_and_masks_stay(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "# 题目计划\n" FILLER "\n", "[01-正文.txt]\n" FILLER "\n" },
		{ "## 一\n\\*甲\\* **乙** *丙* `丁` ~~戊~~\n## 二\n20**年 x_y_z __己__\n",
			"[01-一.txt]\n一\n*甲* 乙 丙 丁 戊\n[02-二.txt]\n二\n20**年 x_y_z 己\n" },
		{ "## 一\n[链接](http://a/b) ![图](c.png)[无\n## 二 ##\n|甲|乙|\n|--|--|\n| 1 | 2 |\n",
			"[01-一.txt]\n一\n链接 [无\n[02-二.txt]\n二\n甲\t乙\n1\t2\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(buf_done) struct buf page = { 0 };
		CLEANUP(buf_done) struct buf text = { 0 };

		assert_int_equal(buf_printf(&page, "%s<!-- " FILLER " -->\n", cases[i].text), 0);
		page.len = strlen(cases[i].text);
		if (i > 0) {
			buf_done(&page);
			assert_int_equal(buf_printf(&page, "%s\n" FILLER "\n", cases[i].text), 0);
		}
		read_text(page.data, page.len, "Markdown", &text);
		if (strncmp(buf_str(&text), cases[i].wanted, strlen(cases[i].wanted)) != 0)
			fail_msg("%s: got\n%s", cases[i].text, buf_str(&text));
	}
}

/* Time that is not linear meets the time limit of the test. */
static void pages_of_nonsense_end(void **state)
{
	static const char *const pieces[] = { "<div>", "<p>教育", "<", "<a ", "<a \">",
		"<a '\"><b>", "</div>", "<!--", "<script>", "&", "&#x41", "<table><tr><td>教育",
		"<ol><li>教育", "<li>教育", "<ul>", "<td>教育</td>", "<h1>教育</h1>",
		"<a href=x>教育</a>", "教育&nbsp;<br>", "<div class=nav>教育", "<title>",
		"<meta name=", "# 教育\n", "**", "[教育](", "`教", "|教|育|\n", "教\n---\n", "\\*",
		"![教](x" };
	const char *wanted = getenv("PLANFS_TEST_BYTES");
	size_t bytes = wanted ? strtoul(wanted, NULL, 10) / 5 : 300000, i, k;

	(void)state;
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		for (k = 0; k < 2; k++) {
			CLEANUP(buf_done) struct buf b = { 0 };
			CLEANUP(import_done) struct import im = { 0 };
			struct import_error error;

			assert_int_equal(
				buf_add_str(&b, k ? "# 教育计划\n" : "<html><body><p>"), 0);
			while (b.len < bytes)
				assert_int_equal(buf_add_str(&b, pieces[i]), 0);
			if (import_parse("a", b.data, b.len, NULL, &im, &error) < 0)
				assert_non_null(strstr(error.text, "a: "));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_read_as_a_browser_shows_it),
		cmocka_unit_test(markdown_loses_its_signs_and_masks_stay),
		cmocka_unit_test(pages_of_nonsense_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
