/* planfs/rules.h, and how rules and the table of divisions work on documents. */
#include "planfs/rules.h"

#include "planfs/document.h"
#include "planfs/name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define FILLER "全面贯彻党的教育方针,落实立德树人根本任务,扎实推进各项工作。"

static struct document parse_with(const struct rules *rules, const char *text)
{
	struct document_options options = { .name = "x.txt", .rules = rules };
	struct document doc = { 0 };

	assert_int_equal(document_parse(text, strlen(text), &options, &doc), 0);
	return doc;
}

static void a_line_that_is_no_rule_is_named(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		int result;
	} cases[] = {
		{ "", 0, 0 },
		{ "# a comment\n\n", 2, 0 },
		{ "drop\thas\t广告\t-\t40\t-\tadvertisement\r\n", 1, 0 },
		{ "drop\thas\t广告\t-\t40\t-\tmy own reason", 1, 0 },
		{ "#\ndrop\thas\t广告\n", 2, -EINVAL },
		{ "drop\tholds\t广告\t-\t40\t-\tlink\n", 1, -EINVAL },
		{ "drop\thas\t-\t-\t40\t-\tlink\n", 1, -EINVAL },
		{ "drop\thas\t广告\t-\t0\t-\tlink\n", 1, -EINVAL },
		{ "drop\thas\t广告\t-\t40\tnever\tlink\n", 1, -EINVAL },
		{ "repair\tx\ty\n", 1, -EINVAL },
		{ "repair\t某某\n", 1, -EINVAL },
		{ "repair\t某某\t高中\tsometimes\n", 1, -EINVAL },
		{ "place\t中关村\t没有这个县\n", 1, -EINVAL },
		{ "forget\tit\n", 1, -EINVAL },
		{ "a\tb\tc\td\te\tf\tg\th\n", 1, -EINVAL },
		{ "repair\t\xFF\xFF\tx\n", 0, -EILSEQ },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(rules_freep) struct rules *rules = NULL;
		const char *why = NULL;
		unsigned line = 99;
		int r;

		assert_int_equal(rules_new(&rules), 0);
		r = rules_add(rules, cases[i].text, strlen(cases[i].text), &line, &why);
		if (r != cases[i].result || line != cases[i].line || (r < 0 && !why))
			fail_msg("%s: %d, line %u", cases[i].text, r, line);
	}
}

static void rules_of_the_user_work_on_documents(void **state)
{
	static const char rules_text[] = "drop\tprefix\t欢迎访问我的网站\t-\t40\t-\tmy site\n"
					 "repair\t澳门某某官网\t初中\n"
					 "place\t滨江新城\t合肥市\n";
	CLEANUP(rules_freep) struct rules *rules = NULL;
	CLEANUP(document_done) struct document doc = { 0 };
	const char *why;
	unsigned line;

	(void)state;
	assert_int_equal(rules_new(&rules), 0);
	assert_int_equal(rules_add(rules, rules_text, strlen(rules_text), &line, &why), 0);
	doc = parse_with(rules, "滨江新城教育局2016年工作要点\n欢迎访问我的网站，谢谢\n"
				"一、办好澳门某某官网\n" FILLER "\n二、办好小学\n" FILLER "\n");
	assert_string_equal(doc.plans[0].district, "合肥市");
	assert_int_equal(doc.n_dropped, 1);
	assert_string_equal(doc.dropped[0].reason, "rule of the user");
	assert_int_equal(doc.n_repairs, 1);
	assert_string_equal(doc.repairs[0].from, "澳门某某官网");
	assert_string_equal(doc.plans[0].sections[0].name, "01-办好初中.txt");
}

/* Each text stands before 60 words that name no place. */
static void districts_are_what_a_text_claims(void **state)
{
	static const struct {
		const char *text, *district, *rule;
	} cases[] = {
		{ "浙江省嘉兴市平湖市2020年教育工作要点", "平湖市", "the title" },
		{ "关于印发《藁城市2012年教育工作要点》的通知", "藁城市", "the title" },
		{ "中共苏州市吴江区委教育工作委员会2021年工作要点", "吴江区", "the title" },
		{ "喀左县2015年民族教育工作计划", "喀左县", "the title" },
		{ "北京市朝阳区教育委员会2018年工作总结", "北京市朝阳区", "the title" },
		{ "北京朝阳区教育工作要点", "北京市朝阳区", "the title" },
		{ "长春朝阳区教育工作要点", "长春市朝阳区", "the title" },
		{ "朝阳区教育工作要点", NULL, NULL },
		{ "朝阳区教育工作要点\n我们在长春市委领导下工作。", "长春市朝阳区", "the title" },
		{ "福建省教育厅2020年工作要点", "福建省", "the title" },
		{ "江苏省平安校园创建学校工作计划", NULL, NULL },
		{ "合肥市第四十五中学2019年工作计划", "合肥市", "the title" },
		{ "振兴县域教育工作计划", NULL, NULL },
		{ "主城区学校工作计划", NULL, NULL },
		{ "合作市民学校工作计划", NULL, NULL },
		{ "资源教室建设工作计划", NULL, NULL },
		{ "赴黄山市学习教育工作计划", NULL, NULL },
		{ "工作要点\n来源:庐阳区教育体育局 浏览次数:12\n发布日期:2019-03-04", "庐阳区",
			"the publisher" },
		{ "工作要点\n为此金溪县教育局提出要求。\n每月由金溪县教育局通报。", "金溪县",
			"its bureau, named more than once" },
		{ "工作要点\n学习金溪县教育局的做法。", NULL, NULL },
		{ "工作要点\n按黄冈市教育局部署,黄冈市教育局要求全县各校,我县落实。\n我县全县如此,我县也是。",
			NULL, NULL },
		{ "工作要点\n先进有金溪县教育局,青岛市教育局,苏州市教育局,都是先进。", NULL, NULL },
		{ "工作要点\n有静安区教育局的经验,静安区教育局来了,也有青岛市教育局。", NULL,
			NULL },
		{ "江山县教育局工作计划", "江山县", "a bureau in the title" },
		{ "推进示范区教育局工作计划", NULL, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(document_done) struct document doc = { 0 };
		CLEANUP(buf_done) struct buf text = { 0 };
		const char *wanted = cases[i].district ? cases[i].district : NAME_UNKNOWN_DISTRICT;
		const char *rule = NULL;
		size_t k;

		assert_int_equal(
			buf_printf(&text, "%s\n" FILLER "\n" FILLER "\n", cases[i].text), 0);
		doc = parse_with(NULL, text.data);
		for (k = 0; k < doc.plans[0].n_evidence; k++)
			if (strcmp(doc.plans[0].evidence[k].about, "district") == 0)
				rule = doc.plans[0].evidence[k].rule;
		if (strcmp(doc.plans[0].district, wanted) != 0)
			fail_msg("%s: %s", cases[i].text, doc.plans[0].district);
		if (rule ? !cases[i].rule || strcmp(rule, cases[i].rule) != 0
			 : cases[i].rule != NULL)
			fail_msg("%s: by %s", cases[i].text, rule ? rule : "nothing");
	}
}

static void a_date_under_the_text_is_the_last_resort_for_the_year(void **state)
{
	static const struct {
		const char *text, *date, *year;
	} cases[] = {
		{ "学校工作计划", "2019年2月20日", "2019" },
		{ "学校工作计划", "二〇一九年二月二十日", "2019" },
		{ "学校工作计划", "2019.9.1", "2019" },
		{ "学校工作计划", "2019年12月20日", NAME_UNKNOWN_YEAR },
		{ "2018年学校工作计划", "2019年2月20日", "2018" },
		{ "20xx年学校工作计划\nxx年要继续努力。", "2019年2月20日", NAME_UNKNOWN_YEAR },
		{ "学校工作总结\n取得了成绩,完成了任务,获得了好评,已经达标,先后五次。",
			"2019年1月20日", "2018" },
		{ "学校工作总结\n取得了成绩,完成了任务,获得了好评,已经达标,先后五次。",
			"2019年12月20日", "2019" },
		{ "学校工作计划", "截至2019年2月20日", NAME_UNKNOWN_YEAR },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(document_done) struct document doc = { 0 };
		CLEANUP(buf_done) struct buf text = { 0 };

		assert_int_equal(buf_printf(&text, "%s\n" FILLER "\n" FILLER "\n" FILLER "\n%s\n",
					 cases[i].text, cases[i].date),
			0);
		doc = parse_with(NULL, text.data);
		if (strcmp(doc.plans[0].year, cases[i].year) != 0)
			fail_msg("%s %s: %s", cases[i].text, cases[i].date, doc.plans[0].year);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_is_no_rule_is_named),
		cmocka_unit_test(rules_of_the_user_work_on_documents),
		cmocka_unit_test(districts_are_what_a_text_claims),
		cmocka_unit_test(a_date_under_the_text_is_the_last_resort_for_the_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
