/* planfs/renew.h: what moves on with the year, what is emptied, and what is told. */
#include "planfs/renew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static int print_note(void *arg, const struct renew_note *note)
{
	return buf_printf(arg, "%u %s;", note->line, note->reason);
}

static void only_the_plans_own_year_moves_on(void **state)
{
	static const struct {
		const char *text, *wanted, *notes;
	} cases[] = {
		{ "2026年工作要点", "2027年工作要点", "" },
		{ "2026 年工作", "2027 年工作", "" },
		{ "２０２６年和二〇二六年", "２０２７年和二〇二七年", "" },
		{ "2026—2027学年度第一学期", "2027—2028学年度第一学期", "" },
		{ "2025-2026学年第二学期", "2026-2027学年第二学期", "" },
		{ "2025年底的数据", "2025年底的数据", "1 another year;" },
		{ "2021-2026年规划", "2021-2026年规划", "1 another year;" },
		{ "落实《2026年教育工作要点》", "落实《2026年教育工作要点》", "" },
		{ "电话12026年", "电话12026年", "" },
		{ "投入2026万元", "投入2026万元", "" },
		{ "3月15日开学,4月1—3日放假", "3月__日开学,4月__—__日放假", "" },
		{ "3月开学", "3月开学", "" },
		{ "局办公室\n2026年3月5日", "局办公室\n2027年__月__日", "" },
		{ "二〇二六年三月五日", "二〇二七年__月__日", "" },
		{ "迎接建党105周年\n落实“十五五”规划\n20xx年",
			"迎接建党105周年\n落实“十五五”规划\n20xx年",
			"1 an anniversary;2 a five-year plan;3 a mask;" },
		{ "党的二十大精神和四中全会", "党的二十大精神和四中全会",
			"1 a meeting;1 a congress;" },
		{ "", "", "" },
		{ "2026", "2026", "" },
		{ "《2026年", "《2026年", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		CLEANUP(buf_done) struct buf notes = { 0 };
		const struct renew r = { 2026, 2027, print_note, &notes };

		assert_int_equal(renew_text(cases[i].text, strlen(cases[i].text), &r, &text), 0);
		if (strcmp(buf_str(&text), cases[i].wanted) != 0)
			fail_msg("%s: %s", cases[i].text, buf_str(&text));
		if (strcmp(buf_str(&notes), cases[i].notes) != 0)
			fail_msg("%s: %s", cases[i].text, buf_str(&notes));
	}
}

static int stop(void *arg, const struct renew_note *note)
{
	(void)arg;
	(void)note;
	return 5;
}

static void the_work_can_be_stopped(void **state)
{
	const struct renew r = { 2026, 2027, stop, NULL };
	CLEANUP(buf_done) struct buf text = { 0 };

	(void)state;
	assert_int_equal(renew_text("a\n2025年", strlen("a\n2025年"), &r, &text), 5);
	assert_null(text.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_plans_own_year_moves_on),
		cmocka_unit_test(the_work_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
