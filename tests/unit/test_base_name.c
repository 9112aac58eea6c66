/* planfs/name.h */
#include "planfs/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void names_that_editors_use_for_a_moment_are_scratch(void **state)
{
	static const char *const scratch[] = { ".01-前言.txt.swp", ".x.txt.swx", ".x.txt.un~",
		"4913", "x.txt~", "x.txt.~1~", "#x.txt#", ".#x.txt", "sedAb3xYz", "tmp1a2b3c",
		"d2utmpaaaaaa", "cooleditAbCdEf", "x.txt.gawk.abcdef", "XXab12cd",
		".goutputstream-ABC123", ".~lock.x.txt#", "lu12345abcd.tmp", "~$x.docx", "x.tmp",
		".x.txt.kate-swp", ".x.txt.kak.AbCdEf", ".x.txt.A1b2C3", "x.txt___jb_tmp___",
		"x.txt___jb_old___", ".subl4a7.tmp", "._x.txt", ".DS_Store", "Thumbs.db" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(scratch); i++)
		if (!name_is_scratch(scratch[i]))
			fail_msg("%s", scratch[i]);
}

/* The tests run in the locale "C", where a byte is a character to fnmatch(3). */
static void scratch_names_are_counted_in_characters(void **state)
{
	(void)state;
	assert_true(name_is_scratch(".总则.六个字的名字"));
	assert_false(name_is_scratch(".总则.两字"));
	assert_false(name_is_scratch(".总则.七个字的名字啊"));
	assert_true(name_is_scratch(".a.b.六个字的名字"));
	assert_true(name_is_scratch("tmp09azAZ"));
	assert_false(name_is_scratch("tmp09az_Z"));
	assert_false(name_is_scratch("tmp09az"));
	assert_false(name_is_scratch(""));
}

static void names_that_people_give_are_not_scratch(void **state)
{
	static const char *const kept[] = { "01-前言.txt", "plan.json", "x.txt.bak", "x.txt.orig",
		"附件.docx", "sediment", "template", "4913.txt", ".hidden", "a#b" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(kept); i++)
		if (name_is_scratch(kept[i]))
			fail_msg("%s", kept[i]);
}

static void no_section_name_is_scratch_unless_hidden(void **state)
{
	static const struct {
		const char *name;
		bool section;
	} cases[] = { { "00-前言.txt", true }, { "a.txt", true }, { ".a.txt", false },
		{ "#a.txt", false }, { "~a.txt", false }, { ".txt", false }, { "a.TXT", false },
		{ "a.txt~", false }, { "plan.json", false }, { "a.txt.bak", false } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(name_is_section(cases[i].name), cases[i].section);
		if (cases[i].section)
			assert_false(name_is_scratch(cases[i].name));
	}
}

static void years_are_four_digits_or_unknown(void **state)
{
	(void)state;
	assert_true(name_is_year("2016"));
	assert_true(name_is_year("未知年份"));
	assert_false(name_is_year("20xx"));
	assert_false(name_is_year("02016"));
	assert_false(name_is_year(""));
}

static void components_that_posix_forbids_are_invalid(void **state)
{
	char longest[257];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	assert_true(name_is_valid("a", 1));
	assert_true(name_is_valid("...", 3));
	assert_true(name_is_valid(longest, 255));
	assert_false(name_is_valid(longest, 256));
	assert_false(name_is_valid("", 0));
	assert_false(name_is_valid(".", 1));
	assert_false(name_is_valid("..", 2));
	assert_false(name_is_valid("a/b", 3));
	assert_false(name_is_valid("a\0b", 3));
}

static void authors_are_what_can_stand_in_a_name(void **state)
{
	static const struct {
		const char *text;
		bool is_author;
	} cases[] = {
		{ "li", true }, { "王小明", true }, { "教研室 李", true },
		{ "一二三四五六七八九十一二三四五六七八九十一", true },   /* 63 bytes */
		{ "一二三四五六七八九十一二三四五六七八九十一x", false }, /* 64 */
		{ "", false }, { ".", false }, { "..", false }, { "a/b", false }, { "a\nb", false },
		{ "a\033[31mb", false }, { "a\x7F", false }, { "\xCD\xF5", false }, /* GBK */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (name_is_author(cases[i].text) != cases[i].is_author)
			fail_msg("%s", cases[i].text);
}

static void generated_names_are_legal_on_windows(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "一、指导思想", "一、指导思想" },
		{ "1/4小学", "1／4小学" },
		{ "a\\b:c*d?e\"f<g>h|i", "a＼b：c＊d？e＂f＜g＞h｜i" },
		{ "  . 工作 \t\n 计划 ... ", "工作 计划" },
		{ "con", "con_" },
		{ "NUL.txt", "NUL_.txt" },
		{ "COM2.COM5.", "COM2_.COM5" },
		{ "aux .", "aux_" },
		{ "", "无题" },
		{ "...", "无题" },
		{ "#~.标题", "标题" },
		{ "\xB5\xC2", "\xEF\xBF\xBD\xEF\xBF\xBD" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf name = { 0 };

		assert_int_equal(
			name_generate(cases[i].text, strlen(cases[i].text), 255, &name), 0);
		assert_string_equal(buf_str(&name), cases[i].name);
	}
}

static void generated_names_end_at_a_character(void **state)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(buf_done) struct buf name = { 0 };
	CLEANUP(buf_done) struct buf shorter = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		assert_int_equal(buf_add_str(&text, "德"), 0);
	assert_int_equal(name_generate(text.data, text.len, 255, &name), 0);
	assert_int_equal(name.len, 225);
	assert_int_equal(name_generate(text.data, text.len, 10, &shorter), 0);
	assert_int_equal(shorter.len, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_editors_use_for_a_moment_are_scratch),
		cmocka_unit_test(scratch_names_are_counted_in_characters),
		cmocka_unit_test(names_that_people_give_are_not_scratch),
		cmocka_unit_test(no_section_name_is_scratch_unless_hidden),
		cmocka_unit_test(years_are_four_digits_or_unknown),
		cmocka_unit_test(components_that_posix_forbids_are_invalid),
		cmocka_unit_test(authors_are_what_can_stand_in_a_name),
		cmocka_unit_test(generated_names_are_legal_on_windows),
		cmocka_unit_test(generated_names_end_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
