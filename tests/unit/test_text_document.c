/* planfs/document.h: the rules one by one; whole documents are in tests/data/import. */
#include "planfs/document.h"

#include "planfs/name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FILLER "全面贯彻党的教育方针,落实立德树人根本任务,扎实推进各项工作。"

static struct document parse(const char *text, bool keep_noise)
{
	struct document_options options = { .name = "x.txt", .keep_noise = keep_noise };
	struct document doc = { 0 };

	assert_int_equal(document_parse(text, strlen(text), &options, &doc), 0);
	return doc;
}

/* ---- errors ---- */

static void a_text_without_a_plan_is_enodata(void **state)
{
	static const char *const texts[] = { "", "\n \n", "hello\n", "-->\n", "手机阅读\n",
		"工作计划\n", "\xE3\x80\x80\n" };
	struct document doc = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(document_parse(texts[i], strlen(texts[i]), NULL, &doc), -ENODATA);
		assert_null(doc.plans);
	}
}

static void a_text_that_is_not_utf8_is_eilseq(void **state)
{
	struct document doc = { 0 };

	(void)state;
	assert_int_equal(document_parse("\xFF", 1, NULL, &doc), -EILSEQ);
	assert_int_equal(document_parse("a\0b", 3, NULL, &doc), -EILSEQ);
	assert_null(doc.plans);
}

static void an_empty_document_can_be_released(void **state)
{
	struct document doc = { 0 };

	(void)state;
	document_done(&doc);
	document_done(&doc);
}

/* ---- headings ---- */

static void a_paragraph_is_a_heading_only_by_its_marker(void **state)
{
	static const struct {
		const char *line;
		bool heading;
	} lines[] = {
		{ "一、指导思想", true },
		{ "二．指导思想", true },
		{ "十二、指导思想", true },
		{ "廿一、指导思想", true },
		{ "  三、指导思想", true },
		{ "　　三、指导思想", true },
		{ "一、二年级不留作业", false },
		{ "一年来的工作", false },
		{ "二〇一六年", false },
		{ "三-六年级", false },
		{ "3.34亿元", false },
		{ "5.12演练", false },
		{ "2016年是开局之年", false },
		{ "20xx年工作", false },
		{ "3-5周岁", false },
		{ "2月19—21日", false },
		{ "1/4小学", false },
		{ "第一季度完成", false },
		{ "第一章程", false },
		{ "一月份开学", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		CLEANUP(document_done) struct document doc = { 0 };

		assert_int_equal(
			buf_printf(&text, FILLER "\n\n%s\n\n" FILLER "\n", lines[i].line), 0);
		doc = parse(text.data, false);
		if (doc.plans[0].n_sections != (lines[i].heading ? 2 : 1))
			fail_msg("%s", lines[i].line);
	}
}

static void numbers_below_the_highest_level_are_text(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse("一、德育\n\n(一)措施\n\n1、" FILLER "\n\n①" FILLER
				    "\n\n二、教学\n\n1." FILLER "\n",
		false);

	(void)state;
	assert_int_equal(doc.plans[0].n_sections, 2);
	assert_string_equal(doc.plans[0].sections[0].name, "01-德育.txt");
	assert_string_equal(doc.plans[0].sections[1].text.data, "二、教学\n\n1." FILLER "\n");
}

static void a_list_may_begin_late_and_begin_again(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse(FILLER "\n二、甲。\n四、乙。\n一、丙。\n二、丁。\n", false);

	(void)state;
	assert_int_equal(doc.plans[0].n_sections, 5);
	assert_string_equal(doc.plans[0].sections[0].name, "00-前言.txt");
	assert_string_equal(doc.plans[0].sections[4].name, "04-丁.txt");
}

static void two_links_are_no_chain_and_three_are(void **state)
{
	CLEANUP(document_done) struct document two = parse("一是甲。" FILLER "\n二是乙。\n", false);
	CLEANUP(document_done)
	struct document three = parse("一是甲。" FILLER "\n二是乙。\n三是丙。\n", false);

	(void)state;
	assert_int_equal(two.plans[0].n_sections, 1);
	assert_int_equal(three.plans[0].n_sections, 3);
	assert_string_equal(three.plans[0].sections[2].name, "03-丙.txt");
}

static void a_paragraph_that_holds_the_next_link_is_no_link(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse("一是甲,二是乙。" FILLER "\n二是丙。\n三是丁。\n", false);

	(void)state;
	assert_int_equal(doc.plans[0].n_sections, 1);
}

static void names_of_sections_are_legal_on_windows_and_short(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse(FILLER "\n一、甲/乙:“丙”?<丁>|*\n" FILLER
					   "\n二、" FILLER FILLER FILLER FILLER "\n",
		false);
	size_t i;

	(void)state;
	assert_string_equal(doc.plans[0].sections[1].name, "01-甲／乙.txt");
	for (i = 0; i < doc.plans[0].n_sections; i++) {
		assert_true(name_is_section(doc.plans[0].sections[i].name));
		assert_null(strpbrk(doc.plans[0].sections[i].name, "\\/:*?\"<>|"));
		assert_true(strlen(doc.plans[0].sections[i].name) <= 140);
	}
}

static void a_hundred_sections_have_three_digits(void **state)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(document_done) struct document doc = { 0 };
	int i;

	(void)state;
	assert_int_equal(buf_add_str(&text, FILLER "\n"), 0);
	for (i = 0; i < 99; i++)
		assert_int_equal(buf_printf(&text, "(一)第%d件事\n", i), 0);
	doc = parse(text.data, false);
	assert_string_equal(doc.plans[0].sections[99].name, "99-第98件事.txt");
	document_done(&doc);
	assert_int_equal(buf_add_str(&text, "(二)最后一件\n"), 0);
	doc = parse(text.data, false);
	assert_string_equal(doc.plans[0].sections[0].name, "000-前言.txt");
	assert_string_equal(doc.plans[0].sections[100].name, "100-最后一件.txt");
}

static void the_sections_together_are_the_text(void **state)
{
	static const char text[] =
		FILLER "\n\n一、甲\n\n  " FILLER " \n" FILLER "\n\n二、乙\n\n(一)丙\n";
	static const char wanted[] = FILLER "\n"
					    "一、甲\n\n  " FILLER " \n" FILLER "\n"
					    "二、乙\n\n(一)丙\n";
	CLEANUP(document_done) struct document doc = parse(text, false);
	CLEANUP(buf_done) struct buf all = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < doc.plans[0].n_sections; i++)
		assert_int_equal(buf_add(&all, doc.plans[0].sections[i].text.data,
					 doc.plans[0].sections[i].text.len),
			0);
	assert_string_equal(buf_str(&all), wanted);
}

/* ---- collections ---- */

static void every_form_of_heading_splits_a_collection(void **state)
{
	static const char *const forms[][2] = { { "教育局计划篇一", "教育局计划篇二" },
		{ "教育局计划 篇1", "教育局计划 篇2" }, { "第一篇", "第二篇" },
		{ "第1篇:安全", "第2篇:德育" }, { "【篇一】", "【篇二】" },
		{ "【第一篇】", "【第二篇】" }, { "范文一", "范文二" },
		{ "教育局计划范文1", "教育局计划范文2" },
		{ "教育局工作计划一", "教育局工作计划二" },
		{ "教育局工作计划(一)", "教育局工作计划(二)" },
		{ "教育局工作总结（1）", "教育局工作总结（2）" }, { "篇一：甲", "篇三：丙" } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(forms); i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		CLEANUP(document_done) struct document doc = { 0 };

		assert_int_equal(buf_printf(&text, "大全\n%s\n" FILLER "\n%s\n" FILLER "\n",
					 forms[i][0], forms[i][1]),
			0);
		doc = parse(text.data, false);
		if (doc.n_plans != 2)
			fail_msg("%s", forms[i][0]);
		assert_string_equal(doc.title, "大全");
	}
}

static void one_heading_or_falling_numbers_are_no_collection(void **state)
{
	static const char *const texts[] = { "计划篇一\n" FILLER "\n",
		"计划篇二\n" FILLER "\n计划篇一\n" FILLER "\n",
		"计划篇一\n" FILLER "\n总结篇二\n" FILLER "\n",
		FILLER "第一篇。\n" FILLER "第二篇。\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(document_done) struct document doc = parse(texts[i], false);

		assert_int_equal(doc.n_plans, 1);
		assert_null(doc.title);
	}
}

static void the_largest_family_is_the_collection(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse("计划篇一\n" FILLER "\n第一篇\n" FILLER "\n第二篇\n" FILLER
				    "\n计划篇二\n" FILLER "\n计划篇三\n" FILLER "\n",
		false);

	(void)state;
	assert_int_equal(doc.n_plans, 3);
	assert_int_equal(doc.plans[2].number, 3);
	assert_int_equal(doc.plans[2].line, 9);
}

static void plans_with_one_title_get_numbers(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse("篇一:工作计划\n" FILLER "\n篇二:工作计划\n" FILLER
				    "\n篇三:工作计划-2\n" FILLER "\n篇四:工作计划\n" FILLER "\n",
		false);
	size_t i, k;

	(void)state;
	assert_int_equal(doc.n_plans, 4);
	assert_string_equal(doc.plans[0].dir, "工作计划");
	assert_string_equal(doc.plans[3].title, "工作计划");
	for (i = 0; i < 4; i++)
		for (k = 0; k < i; k++)
			assert_string_not_equal(doc.plans[i].dir, doc.plans[k].dir);
}

/* ---- noise ---- */

static void dropped_lines_are_reported_with_their_numbers(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse("手机阅读\n\n" FILLER "\n来源:网络整理\n", false);

	(void)state;
	assert_int_equal(doc.n_dropped, 2);
	assert_int_equal(doc.dropped[0].line, 1);
	assert_string_equal(doc.dropped[0].reason, "page furniture");
	assert_int_equal(doc.dropped[1].line, 4);
	assert_string_equal(doc.dropped[1].text, "来源:网络整理");
}

static void keep_noise_drops_and_repairs_nothing(void **state)
{
	static const char text[] = "手机阅读\n计划篇一\n开云KY官方登录入口 招生。" FILLER
				   "\n-->\n计划篇二\n下载此文档\n";
	CLEANUP(document_done) struct document doc = parse(text, true);

	(void)state;
	assert_int_equal(doc.n_repairs, 0);
	assert_non_null(strstr(doc.plans[0].sections[0].text.data, "手机阅读"));
	assert_non_null(strstr(doc.plans[0].sections[0].text.data, "开云KY"));
	assert_non_null(strstr(doc.plans[0].sections[0].text.data, "-->"));
}

static void what_a_plan_can_say_is_not_noise(void **state)
{
	static const char *const lines[] = { "邮箱:jyj@example.com,网址:www.example.cn",
		"时间:2016年5月4日", "时间:2016-05-04 地点:一中操场",
		"缩小编制差距,完善编制管理办法。", "来源:2015年教育统计年报。",
		"下载学习资料,上传学习心得。", "请各校上报发言稿。", "下一篇章从今天开始。" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		CLEANUP(document_done) struct document doc = { 0 };

		assert_int_equal(buf_printf(&text, FILLER "\n%s\n" FILLER "\n", lines[i]), 0);
		doc = parse(text.data, false);
		if (doc.n_dropped > 0)
			fail_msg("%s", lines[i]);
	}
}

/* ---- year, district, kind ---- */

static void the_year_is_taken_from_what_a_plan_says_of_itself(void **state)
{
	static const struct {
		const char *text, *year;
	} cases[] = {
		{ "2016年,全县教育工作要坚持稳中求进。", "2016" },
		{ "2016年全市教育工作的总体思路是提高质量。", "2016" },
		{ "２０１６年全市教育工作的总体思路是提高质量。", "2016" },
		{ "2018年是实施规划的第三年。", "2018" },
		{ "为做好2015年教育工作,制定本计划。", "2015" },
		{ "确保完成2014年职校招生工作任务。", "2014" },
		{ "2017年,力争新建幼儿园5所。", "2017" },
		{ "2016—2017学年度第一学期,我校工作重点是德育。", "2016" },
		{ "2016-2017学年第二学期,我校工作重点是德育。", "2017" },
		{ "20xx年全市教育工作的总体思路是提高质量。", NULL },
		{ "__年,全区教育工作以提高质量为中心。", NULL },
		{ "认真学习2006年教育部颁布的办法。", NULL },
		{ "落实2008至2012年教育事业发展规划。", NULL },
		{ "落实《2016年教育工作要点》。", NULL },
		{ "做好09年年终工作总结材料报送工作。", NULL },
		{ "确保2016年高中招生。", NULL },
		{ "2014年首批组建的三个集团要探索新模式。", NULL },
		{ "自2013年实行校车制度以来,运行平稳。", NULL },
		{ "2015年,我局取得了较好成绩。", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		CLEANUP(document_done) struct document doc = { 0 };

		assert_int_equal(buf_printf(&text, "%s\n" FILLER "\n", cases[i].text), 0);
		doc = parse(text.data, false);
		if (strcmp(doc.plans[0].year, cases[i].year ? cases[i].year : NAME_UNKNOWN_YEAR) !=
			0)
			fail_msg("%s: %s", cases[i].text, doc.plans[0].year);
	}
}

static void the_district_is_taken_from_bureau_and_title_only(void **state)
{
	static const struct {
		const char *text, *district;
	} cases[] = {
		{ "合肥市教育局2016年工作要点", "合肥市" },
		{ "2016年合肥市教育工作要点", "合肥市" },
		{ "安徽省合肥市2016年教育工作要点", "合肥市" },
		{ "徐州市铜山区2016年教育工作要点", "铜山区" },
		{ "南通市通州区教育局工作计划", "南通市通州区" },
		{ "通州区教育局工作计划", NULL },
		{ "歙县教育局工作计划", "歙县" },
		{ "喀喇沁左翼蒙古族自治县民族教育工作计划", "喀喇沁左翼蒙古族自治县" },
		{ "乌鲁木齐市教育局工作计划", "乌鲁木齐市" },
		{ "县教育局工作计划", NULL },
		{ "全市教育工作计划", NULL },
		{ "我区教育工作计划", NULL },
		{ "xx市教育局工作计划", NULL },
		{ "经济开发区教育局工作计划", NULL },
		{ "推进合肥市教育现代化工作计划", NULL },
		{ "赴上海市静安区教育局学习计划", NULL },
		{ "合肥市建筑业发展工作计划", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		CLEANUP(document_done) struct document doc = { 0 };

		assert_int_equal(
			buf_printf(&text, "%s\n" FILLER "\n" FILLER "\n", cases[i].text), 0);
		doc = parse(text.data, false);
		if (strcmp(doc.plans[0].district,
			    cases[i].district ? cases[i].district : NAME_UNKNOWN_DISTRICT) != 0)
			fail_msg("%s: %s", cases[i].text, doc.plans[0].district);
	}
}

static void a_signature_tells_the_district(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse(FILLER "\n" FILLER "\n" FILLER "\n" FILLER "\n"
					   "肥西县教育局\n2016年2月18日\n",
		false);

	(void)state;
	assert_string_equal(doc.plans[0].district, "肥西县");
}

static void two_districts_are_none(void **state)
{
	CLEANUP(document_done)
	struct document doc = parse("2016年肥西县教育工作稳步推进。" FILLER "\n"
				    "肥东县教育局与我们结对。" FILLER "\n",
		false);

	(void)state;
	assert_string_equal(doc.plans[0].district, NAME_UNKNOWN_DISTRICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_without_a_plan_is_enodata),
		cmocka_unit_test(a_text_that_is_not_utf8_is_eilseq),
		cmocka_unit_test(an_empty_document_can_be_released),
		cmocka_unit_test(a_paragraph_is_a_heading_only_by_its_marker),
		cmocka_unit_test(numbers_below_the_highest_level_are_text),
		cmocka_unit_test(a_list_may_begin_late_and_begin_again),
		cmocka_unit_test(two_links_are_no_chain_and_three_are),
		cmocka_unit_test(a_paragraph_that_holds_the_next_link_is_no_link),
		cmocka_unit_test(names_of_sections_are_legal_on_windows_and_short),
		cmocka_unit_test(a_hundred_sections_have_three_digits),
		cmocka_unit_test(the_sections_together_are_the_text),
		cmocka_unit_test(every_form_of_heading_splits_a_collection),
		cmocka_unit_test(one_heading_or_falling_numbers_are_no_collection),
		cmocka_unit_test(the_largest_family_is_the_collection),
		cmocka_unit_test(plans_with_one_title_get_numbers),
		cmocka_unit_test(dropped_lines_are_reported_with_their_numbers),
		cmocka_unit_test(keep_noise_drops_and_repairs_nothing),
		cmocka_unit_test(what_a_plan_can_say_is_not_noise),
		cmocka_unit_test(the_year_is_taken_from_what_a_plan_says_of_itself),
		cmocka_unit_test(the_district_is_taken_from_bureau_and_title_only),
		cmocka_unit_test(a_signature_tells_the_district),
		cmocka_unit_test(two_districts_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
