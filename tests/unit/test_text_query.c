/* What a person types to find sections. */
#include "planfs/query.h"

#include "planfs/buf.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* "词 "exact" -词 year:2014..2020 year:? district:x": the terms as they were understood. */
static void print_terms(const struct query *q, struct buf *b)
{
	static const char *const names[] = { "", "year:", "district:", "plan:" };
	size_t i;

	for (i = 0; i < q->n; i++) {
		const struct query_term *t = &q->terms[i];
		const char *quote = t->kind == QUERY_WORD && t->exact ? "\"" : "";

		assert_int_equal(buf_printf(b, "%s%s%s", i ? " " : "", t->exclude ? "-" : "",
					 names[t->kind]),
			0);
		if (t->kind == QUERY_YEAR && t->unknown)
			assert_int_equal(buf_add_str(b, "?"), 0);
		else if (t->kind == QUERY_YEAR)
			assert_int_equal(buf_printf(b, "%d..%d", t->from, t->to), 0);
		else {
			assert_int_equal(strlen(t->text), t->len);
			assert_int_equal(buf_printf(b, "%s%s%s", quote, t->text, quote), 0);
		}
	}
}

static void terms_are_understood(void **state)
{
	static const struct {
		const char *text, *terms;
	} cases[] = {
		{ "控辍保学", "控辍保学" },
		{ "  控辍保学\t食堂\n", "控辍保学 食堂" },
		{ "控辍保学　食堂", "控辍保学 食堂" },
		{ "\"义务教育 均衡\"", "\"义务教育 均衡\"" },
		{ "“义务教育 均衡”食堂", "\"义务教育 均衡\" 食堂" },
		{ "＂a b＂", "\"a b\"" },
		{ "开展“阳光体育”活动", "开展“阳光体育”活动" },
		{ "5\"", "5\"" },
		{ "德育 -食堂 －安全 -\"a b\"", "德育 -食堂 -安全 -\"a b\"" },
		{ "德育 --x", "德育 --x" },
		{ "year:2016", "year:2016..2016" },
		{ "YEAR：２０１６", "year:2016..2016" },
		{ "year=2014..2020", "year:2014..2020" },
		{ "year:2014.. year:..2020", "year:2014..9999 year:0..2020" },
		{ "year:2014-2020 年:2014～2020 年份:2014至2020",
			"year:2014..2020 year:2014..2020 year:2014..2020" },
		{ "年:2014年—2020年 year:\"2016\"", "year:2014..2020 year:2016..2016" },
		{ "year:未知年份 -year:未知 -年:2016", "year:? -year:? -year:2016..2016" },
		{ "district:合肥市 地区：ＡＢ -plan:\"a B\"",
			"district:合肥市 district:ab -plan:a b" },
		{ "计划:要点", "plan:要点" },
		{ "时间:9月 年会 yearly:2016 years", "时间:9月 年会 yearly:2016 years" },
		{ "ＩＣＴ 95％", "ＩＣＴ 95％" },
		{ "德育 -", NULL },
		{ "德育 - 食堂", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(query_done) struct query q = { 0 };
		CLEANUP(buf_done) struct buf got = { 0 };
		struct query_error error = { 0 };
		int r = query_parse(cases[i].text, strlen(cases[i].text), &q, &error);

		if (r != (cases[i].terms ? 0 : -EINVAL))
			fail_msg("%s: %s", cases[i].text, error.en ? error.en : "understood");
		if (r < 0)
			continue;
		print_terms(&q, &got);
		assert_string_equal(buf_str(&got), cases[i].terms);
	}
}

static void what_is_no_query_is_explained(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "nothing to look for" },
		{ " \t　\n", "nothing to look for" },
		{ "-食堂", "nothing to look for" },
		{ "-year:2016 -district:合肥", "nothing to look for" },
		{ "-", "no word behind a minus or between quotes" },
		{ "\"\"", "no word behind a minus or between quotes" },
		{ "-\"\"", "no word behind a minus or between quotes" },
		{ "\"义务教育", "a quote is not closed" },
		{ "德育 -\"", "a quote is not closed" },
		{ "plan:\"a", "a quote is not closed" },
		{ "year:", "nothing behind the colon" },
		{ "year: 2016", "nothing behind the colon" },
		{ "plan:\"\"", "nothing behind the colon" },
		{ "year:16", "a year is 2016, 2014..2020 or 未知年份" },
		{ "year:20166", "a year is 2016, 2014..2020 or 未知年份" },
		{ "year:2016x", "a year is 2016, 2014..2020 or 未知年份" },
		{ "year:..", "a year is 2016, 2014..2020 or 未知年份" },
		{ "year:2020..2014", "a year is 2016, 2014..2020 or 未知年份" },
		{ "year:2014..2015..2016", "a year is 2016, 2014..2020 or 未知年份" },
		{ "year:未知年份x", "a year is 2016, 2014..2020 or 未知年份" },
		{ "year:-5", "a year is 2016, 2014..2020 or 未知年份" },
		{ "\xFF", "not UTF-8" },
		{ "德\xE8", "not UTF-8" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct query q = { 0 };
		struct query_error error = { 0 };

		if (query_parse(cases[i].text, strlen(cases[i].text), &q, &error) != -EINVAL)
			fail_msg("%s: understood", cases[i].text);
		assert_string_equal(error.en, cases[i].why);
		assert_true(strlen(error.zh) > 0);
		assert_null(q.terms);
	}
}

static void very_many_and_very_long_words_are_refused(void **state)
{
	CLEANUP(query_done) struct query q = { 0 };
	struct query_error error = { 0 };
	char text[QUERY_BYTES_MAX + 1];
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(query_parse(text, sizeof(text), &q, &error), -EINVAL);
	assert_string_equal(error.en, "too long");
	for (i = 0; i < 2 * QUERY_TERMS_MAX; i += 2)
		text[i + 1] = ' ';
	assert_int_equal(query_parse(text, 2 * QUERY_TERMS_MAX + 1, &q, &error), -EINVAL);
	assert_string_equal(error.en, "too many words; 64 are allowed");
	assert_int_equal(query_parse(text, 2 * QUERY_TERMS_MAX, &q, &error), 0);
	assert_int_equal(q.n, QUERY_TERMS_MAX);
}

static void places_are_admitted_by_every_kind_of_term(void **state)
{
	static const struct {
		const char *text, *year, *district, *plan;
		bool admitted;
	} cases[] = {
		{ "德育", "2016", "合肥市", "要点", true },
		{ "德育 year:2016", "2016", "合肥市", "要点", true },
		{ "德育 year:2016", "2017", "合肥市", "要点", false },
		{ "year:2016 year:2018..", "2019", "合肥市", "要点", true },
		{ "year:2016 year:2018..", "2017", "合肥市", "要点", false },
		{ "year:2016 -year:2016", "2016", "合肥市", "要点", false },
		{ "德育 -year:2016", "未知年份", "合肥市", "要点", true },
		{ "德育 year:0000..", "未知年份", "合肥市", "要点", false },
		{ "德育 year:未知年份", "未知年份", "合肥市", "要点", true },
		{ "德育 year:未知年份", "2016", "合肥市", "要点", false },
		{ "district:通州", "2016", "南通市通州区", "要点", true },
		{ "district:通州 year:2015", "2016", "南通市通州区", "要点", false },
		{ "district:ａｂ", "2016", "xABx", "要点", true },
		{ "district:合肥 district:南通", "2016", "南通市", "要点", true },
		{ "district:合肥 plan:总结", "2016", "合肥市", "2016年工作要点", false },
		{ "district:合肥 -plan:总结", "2016", "合肥市", "2016年工作要点", true },
		{ "district:合肥 -plan:总结", "2016", "合肥市", "2016年工作总结", false },
		{ "plan:\"\xE4\xB8\x80 二\"", "2016", "合肥市", "一　二", true },
		{ "plan:x", "2016", "\xFF", "\xFFx", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(query_done) struct query q = { 0 };
		struct query_error error = { 0 };

		assert_int_equal(query_parse(cases[i].text, strlen(cases[i].text), &q, &error), 0);
		if (query_admits(&q, cases[i].year, cases[i].district, cases[i].plan) !=
			cases[i].admitted)
			fail_msg("%s: %s/%s/%s", cases[i].text, cases[i].year, cases[i].district,
				cases[i].plan);
	}
}

/* The numbers of the lines that are told of @text: "1 3"; "no" when the text is none. */
static void expect_lines(const char *query, const char *text, const char *lines)
{
	CLEANUP(query_done) struct query q = { 0 };
	CLEANUP(query_match_freep) struct query_match *m = NULL;
	CLEANUP(buf_done) struct buf got = { 0 };
	struct query_error error = { 0 };
	struct match_span line = { 0 };
	size_t i, at = 0, number = 1;
	int r;

	assert_int_equal(query_parse(query, strlen(query), &q, &error), 0);
	assert_int_equal(query_match_new(&q, &m), 0);
	r = query_match_text(m, text, strlen(text));
	if (r == 0)
		assert_int_equal(buf_add_str(&got, "no"), 0);
	while (r > 0 && (r = query_match_line(m, at, &line)) > 0) {
		for (i = at; i < line.begin; i++)
			number += text[i] == '\n';
		assert_int_equal(buf_printf(&got, "%s%zu", got.len ? " " : "", number), 0);
		for (i = line.begin; i < line.end; i++)
			number += text[i] == '\n';
		at = line.end;
	}
	assert_true(r >= 0);
	if (strcmp(buf_str(&got), lines) != 0)
		fail_msg("%s: lines %s, not %s", query, buf_str(&got), lines);
}

static void words_are_found_in_one_text(void **state)
{
	static const char text[] =
		"一、德育\n２０１６年　ＩＣＴ 培训\n德育 工作，食堂\n\nict Training";

	(void)state;
	expect_lines("德育", text, "1 3");
	expect_lines("德育 食堂", text, "1 3");
	expect_lines("德育 没有", text, "no");
	expect_lines("德育 -食堂", text, "no");
	expect_lines("德育 -没有", text, "1 3");
	expect_lines("ict", text, "2 5");
	expect_lines("\"ict\"", text, "5");
	expect_lines("\"ICT\"", text, "no");
	expect_lines("2016年", text, "2");
	expect_lines("“德育 工作”", text, "3");
	expect_lines("\"德育工作\"", text, "no");
	expect_lines("食堂 TRAINING", text, "3 5");
	expect_lines("\"2016年\"", text, "no");
	expect_lines("-\"2016年\" -x 培训", text, "2");
	expect_lines("-2016 培训", text, "no");
	expect_lines("year:2016", text, "1");
	expect_lines("year:2016 -没有", text, "1");
	expect_lines("year:2016 -食堂", text, "no");
	expect_lines("year:2016", "", "");
	expect_lines("year:2016", "\n", "1");
	expect_lines("德", "", "no");
	expect_lines("德", "\xFF\xFE德\n", "1");
	expect_lines("德\xE8\x82\xB2，", "德育,", "1");
}

static void the_index_is_asked_for_the_words_that_must_be_there(void **state)
{
	static const char text[] = "ict 德育 -食堂 \"a b\" year:2016 plan:x";
	CLEANUP(query_done) struct query q = { 0 };
	CLEANUP(query_match_freep) struct query_match *m = NULL;
	struct query_error error = { 0 };
	struct match_terms needs;

	(void)state;
	assert_int_equal(query_parse(text, strlen(text), &q, &error), 0);
	assert_int_equal(query_match_new(&q, &m), 0);
	needs = query_match_needs(m);
	assert_int_equal(needs.n, 3);
	assert_memory_equal(needs.strings[0].data, "德育", needs.strings[0].len);
	assert_memory_equal(needs.strings[1].data, "a b", needs.strings[1].len);
	assert_memory_equal(needs.strings[2].data, "ict", needs.strings[2].len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_are_understood),
		cmocka_unit_test(what_is_no_query_is_explained),
		cmocka_unit_test(very_many_and_very_long_words_are_refused),
		cmocka_unit_test(places_are_admitted_by_every_kind_of_term),
		cmocka_unit_test(words_are_found_in_one_text),
		cmocka_unit_test(the_index_is_asked_for_the_words_that_must_be_there),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
