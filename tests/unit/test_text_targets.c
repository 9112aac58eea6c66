/* planfs/targets.h: numbers that are promised, and months that are planned for. */
#include "planfs/targets.h"

#include "planfs/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static int print_target(void *arg, const struct target *t)
{
	return buf_printf(arg, "%u %.*s|%.*s|%.*s|%.*s;", t->line, (int)t->indicator_len,
		t->indicator, (int)t->qualifier_len, t->qualifier, (int)t->value_len, t->value,
		(int)t->unit_len, t->unit);
}

static void targets_are_what_a_clause_wants_in_numbers(void **state)
{
	static const struct {
		const char *text, *targets;
	} cases[] = {
		{ "公办园占比达到52%以上,普惠率85%。",
			"1 公办园占比|达到|52|%以上;1 普惠率||85|%;" },
		{ "一、目标\n大班额控制在0.5%以内;\n新建学校6所,",
			"2 大班额|控制在|0.5|%以内;3 新建学校||6|所;" },
		{ "３．招聘教师１２０名", "1 招聘教师||１２０|名;" },
		{ "投入８６００万元", "1 投入||８６００|万元;" },
		{ "新增100余个学位", "1 新增||100|余个;" },
		{ "去年建成学校6所。", "" },
		{ "已经完成了5项任务", "" },
		{ "3-5周岁儿童入园", "" },
		{ "建党100周年", "" },
		{ "2016年5月1日前", "" },
		{ "实施“626”工程", "" },
		{ "第3所学校", "" },
		{ "A4纸和1+1项目", "" },
		{ "共有学校50所,累计投入3亿元", "" },
		{ "", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf found = { 0 };

		assert_int_equal(
			targets_find(cases[i].text, strlen(cases[i].text), print_target, &found),
			0);
		if (strcmp(buf_str(&found), cases[i].targets) != 0)
			fail_msg("%s: %s", cases[i].text, buf_str(&found));
	}
}

static int print_period(void *arg, const struct period *p)
{
	return buf_printf(arg, "%u %u-%u %.*s;", p->line, p->first_month, p->last_month,
		(int)p->len, p->text);
}

static void a_schedule_has_at_least_two_periods(void **state)
{
	static const struct {
		const char *text, *periods;
	} cases[] = {
		{ "三月份:开学。\n1、检查\n4月：期中\n", "1 3-3 开学。\n1、检查;3 4-4 期中;" },
		{ "第一季度：部署\n第二季度：落实\n三、要求\n认真", "1 1-3 部署;2 4-6 落实;" },
		{ "上半年:a\n下半年:b", "1 1-6 a;2 7-12 b;" },
		{ "月份\t工作\n三月\t开学\n四至五月\t复习", "2 3-3 开学;3 4-5 复习;" },
		{ "(一)3月—5月\n宣传\n(二)6月\n总结", "1 3-5 宣传;3 6-6 总结;" },
		{ "三月份:只有一个月", "" },
		{ "3月完成招标\n4月开工", "" },
		{ "十三月:没有\n零月:没有", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf found = { 0 };

		assert_int_equal(
			schedule_find(cases[i].text, strlen(cases[i].text), print_period, &found),
			0);
		if (strcmp(buf_str(&found), cases[i].periods) != 0)
			fail_msg("%s: %s", cases[i].text, buf_str(&found));
	}
}

static int stop_target(void *arg, const struct target *t)
{
	(void)arg;
	(void)t;
	return 7;
}

static int stop_period(void *arg, const struct period *p)
{
	(void)arg;
	(void)p;
	return 8;
}

static void a_search_can_be_stopped(void **state)
{
	static const char targets[] = "建成5所,招聘6名", periods[] = "3月:a\n4月:b";

	(void)state;
	assert_int_equal(targets_find(targets, strlen(targets), stop_target, NULL), 7);
	assert_int_equal(schedule_find(periods, strlen(periods), stop_period, NULL), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_what_a_clause_wants_in_numbers),
		cmocka_unit_test(a_schedule_has_at_least_two_periods),
		cmocka_unit_test(a_search_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
