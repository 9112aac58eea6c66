/*
 * The five real documents. They are other people's property and not part of the sources: the test looks
 * for them beside the checkout and is skipped where they are not.
 */
#include "planfs/import.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SEEDS TEST_DATA "/../../../shared/seeds"

enum { SEEDS_MAX = 5 };

static struct import seeds[SEEDS_MAX];
static bool found;

/* Read the seed whose name begins with its number. */
static void read_seed(int number)
{
	struct import_error error;
	struct dirent **names;
	int i, n = scandir(SEEDS, &names, NULL, alphasort);
	char begin[16], path[4096];

	if (n < 0)
		return;
	snprintf(begin, sizeof(begin), "%03d_", number);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), SEEDS "/%s", names[i]->d_name);
		if (strncmp(names[i]->d_name, begin, 4) == 0)
			found = import_read(path, NULL, &seeds[number], &error) == 0;
		free(names[i]);
	}
	free(names);
}

static int read_seeds(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < SEEDS_MAX; i++)
		read_seed(i);
	return 0;
}

static int free_seeds(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < SEEDS_MAX; i++)
		import_done(&seeds[i]);
	return 0;
}

/* The plan with that number in the collection, the only one for 0. */
static const struct import_plan *plan_of(int seed, unsigned number)
{
	size_t i;

	if (!found)
		skip();
	for (i = 0; i < seeds[seed].n_plans; i++)
		if (seeds[seed].plans[i].plan->number == number)
			return &seeds[seed].plans[i];
	fail_msg("seed %d has no plan %u", seed, number);
	return NULL;
}

static void all_41_plans_are_found(void **state)
{
	static const size_t plans[SEEDS_MAX] = { 18, 5, 16, 1, 1 };
	int i;

	(void)state;
	if (!found)
		skip();
	for (i = 0; i < SEEDS_MAX; i++)
		assert_int_equal(seeds[i].n_plans, plans[i]);
}

static void only_years_that_a_plan_says_of_itself_are_taken(void **state)
{
	static const struct {
		int seed;
		unsigned number;
		const char *year;
	} years[] = { { 0, 5, "2020" }, { 0, 10, "2014" }, { 0, 17, "2016" }, { 2, 2, "2014" },
		{ 2, 9, "2016" }, { 2, 11, "2015" }, { 3, 0, "2015" } };
	size_t i, k, known = 0;

	(void)state;
	for (i = 0; i < sizeof(years) / sizeof(years[0]); i++)
		assert_string_equal(plan_of(years[i].seed, years[i].number)->year, years[i].year);
	for (i = 0; i < SEEDS_MAX; i++)
		for (k = 0; k < seeds[i].n_plans; k++)
			known += seeds[i].plans[k].year[0] == '2';
	assert_int_equal(known, sizeof(years) / sizeof(years[0]));
}

static void only_the_district_that_is_certain_is_taken(void **state)
{
	size_t i, k;

	(void)state;
	assert_string_equal(plan_of(2, 11)->district, "喀左县");
	for (i = 0; i < SEEDS_MAX; i++)
		for (k = 0; k < seeds[i].n_plans; k++)
			if (i != 2 || seeds[i].plans[k].plan->number != 11)
				assert_string_equal(seeds[i].plans[k].district, "未知地区");
}

static void the_number_of_sections_is_what_a_reader_counts(void **state)
{
	static const size_t counts[SEEDS_MAX][19] = {
		{ 16, 0, 1, 11, 3, 9, 13, 5, 9, 25, 5, 6, 5, 6, 6, 7, 3, 3, 32 },
		{ 4, 6, 4, 4, 3 },
		{ 9, 25, 2, 9, 5, 3, 3, 11, 3, 3, 26, 17, 16, 5, 7, 13 },
		{ 7 },
		{ 5 },
	};
	size_t i, k;

	(void)state;
	if (!found)
		skip();
	for (i = 0; i < SEEDS_MAX; i++) {
		for (k = 0; k < seeds[i].n_plans; k++) {
			const struct plan *p = seeds[i].plans[k].plan;

			assert_int_equal(
				p->n_sections, counts[i][p->number > 0 ? p->number - 1 : 0]);
		}
	}
}

static void sections_have_the_titles_of_the_text(void **state)
{
	static const struct {
		int seed;
		unsigned number;
		size_t section;
		const char *name;
	} names[] = {
		{ 0, 1, 14, "14-全面落实全国教师工作会议精神,努力建设学生喜爱的教师队伍.txt" },
		{ 0, 3, 0, "01-正文.txt" },
		{ 0, 5, 2, "02-主要措施.txt" },
		{ 0, 6, 8, "08-结语.txt" },
		{ 0, 7, 8, "08-大力加强全县教育系统的思想政治建设.txt" },
		{ 0, 9, 8, "08-发展职业教育.txt" },
		{ 0, 12, 5, "06-德能并抓,加强师资队伍建设.txt" },
		{ 0, 13, 1, "01-学前教育科.txt" },
		{ 0, 19, 31, "31-加强机关建设.txt" },
		{ 1, 1, 3, "03-工作日程安排.txt" },
		{ 1, 5, 0, "01-总体思路和目标.txt" },
		{ 2, 3, 1, "01-工作重点.txt" },
		{ 2, 7, 2, "02-有效运行工作机制,发挥党组引领作用.txt" },
		{ 2, 11, 25, "25-组织民族学校学生参加“八协”举办的“八骏杯”大中专、初中.txt" },
		{ 2, 12, 16, "16-开展“快乐校园”建设活动.txt" },
		{ 3, 0, 2, "02-抓改革,强内涵,进一步推进均衡发展.txt" },
		{ 4, 0, 0, "01-坚决打赢全区教育系统疫情防控阻击战.txt" },
		{ 4, 0, 2, "03-借力合作平台,扩大优质教育资源覆盖面.txt" },
		{ 4, 0, 4, "05-做好开学和招生准备工作.txt" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(plan_of(names[i].seed, names[i].number)
					    ->plan->sections[names[i].section]
					    .name,
			names[i].name);
}

static void summaries_are_told_from_plans_by_their_text(void **state)
{
	size_t i, k;

	(void)state;
	assert_string_equal(plan_of(0, 6)->plan->kind, "总结");
	assert_string_equal(plan_of(2, 1)->plan->kind, "总结");
	assert_string_equal(plan_of(4, 0)->plan->kind, "总结");
	assert_string_equal(plan_of(3, 0)->plan->kind, "要点");
	for (i = 0; i < 3; i++)
		for (k = 0; k < seeds[i].n_plans; k++)
			if (strcmp(seeds[i].plans[k].plan->kind, "总结") == 0)
				assert_int_equal(seeds[i].plans[k].plan->number, i == 0 ? 6 : 1);
}

static void the_ten_plans_that_stand_in_two_documents_have_equal_hashes(void **state)
{
	static const unsigned pairs[][2] = { { 1, 13 }, { 4, 8 }, { 6, 1 }, { 7, 16 }, { 9, 4 },
		{ 10, 2 }, { 11, 14 }, { 16, 15 }, { 17, 9 }, { 18, 6 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(plan_of(0, pairs[i][0])->hash, plan_of(2, pairs[i][1])->hash);
}

static void two_pairs_are_nearly_the_same_and_no_others(void **state)
{
	unsigned near = 0;
	size_t i, k, a, b;

	(void)state;
	assert_true(sketch_compare(&plan_of(0, 18)->sketch, &plan_of(0, 19)->sketch) > 80);
	assert_true(
		sketch_compare(&plan_of(0, 14)->sketch, &plan_of(0, 15)->sketch) >= SKETCH_NEAR);
	for (i = 0; i < SEEDS_MAX; i++) {
		for (k = i; k < SEEDS_MAX; k++)
			for (a = 0; a < seeds[i].n_plans; a++)
				for (b = i == k ? a + 1 : 0; b < seeds[k].n_plans; b++)
					near += sketch_compare(&seeds[i].plans[a].sketch,
							&seeds[k].plans[b].sketch) >= 10;
	}
	assert_int_equal(
		near, 10 + 2 + 1); /* the copies, the pairs, and 18 ~ 19 once more through a copy */
}

static void what_was_cut_off_is_marked(void **state)
{
	(void)state;
	assert_true(plan_of(0, 7)->plan->truncated);
	assert_true(plan_of(0, 17)->plan->truncated);
	assert_true(plan_of(2, 7)->plan->truncated);
	assert_true(plan_of(4, 0)->plan->truncated);
	assert_false(plan_of(0, 1)->plan->truncated);
	assert_false(plan_of(3, 0)->plan->truncated);
}

static void check_clean(const struct plan *p)
{
	static const char *const noise[] = { "小编", "开云", "-->", "Baidu", "免责声明",
		"content_2", "下载此文档", "上传日期", "贺词", "本站", "XuEfeN", "会员分享",
		"珍藏版", "限制150内" };
	size_t i, k;

	for (i = 0; i < p->n_sections; i++)
		for (k = 0; k < sizeof(noise) / sizeof(noise[0]); k++)
			assert_null(strstr(p->sections[i].text.data, noise[k]));
}

static void no_page_furniture_is_left_in_any_section(void **state)
{
	size_t i, k;

	(void)state;
	if (!found)
		skip();
	for (i = 0; i < SEEDS_MAX; i++)
		for (k = 0; k < seeds[i].n_plans; k++)
			check_clean(seeds[i].plans[k].plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_41_plans_are_found),
		cmocka_unit_test(only_years_that_a_plan_says_of_itself_are_taken),
		cmocka_unit_test(only_the_district_that_is_certain_is_taken),
		cmocka_unit_test(the_number_of_sections_is_what_a_reader_counts),
		cmocka_unit_test(sections_have_the_titles_of_the_text),
		cmocka_unit_test(summaries_are_told_from_plans_by_their_text),
		cmocka_unit_test(the_ten_plans_that_stand_in_two_documents_have_equal_hashes),
		cmocka_unit_test(two_pairs_are_nearly_the_same_and_no_others),
		cmocka_unit_test(what_was_cut_off_is_marked),
		cmocka_unit_test(no_page_furniture_is_left_in_any_section),
	};

	return cmocka_run_group_tests(tests, read_seeds, free_seeds);
}
