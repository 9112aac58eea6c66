/* What texts have in common, and groups of copies. */
#include "planfs/copies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char original[] =
	"2016年，合肥市将继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到99.9%。"
	"各县区教育局要建立健全学籍管理制度，落实责任，加强督导检查，确保义务教育巩固率达到95%以上。";

static unsigned exact(const char *a, const char *b)
{
	struct shingles x = { 0 }, y = { 0 };
	unsigned percent;

	assert_int_equal(shingles_add(&x, a, strlen(a)), 0);
	assert_int_equal(shingles_add(&y, b, strlen(b)), 0);
	shingles_sort(&x);
	shingles_sort(&y);
	percent = shingles_percent(&x, &y);
	assert_int_equal(percent, shingles_percent(&y, &x));
	shingles_done(&x);
	shingles_done(&y);
	return percent;
}

static unsigned sketched(const char *a, const char *b)
{
	struct text_sketch x, y;

	assert_true(text_sketch_make(a, strlen(a), &x));
	assert_true(text_sketch_make(b, strlen(b), &y));
	return text_sketch_compare(&x, &y);
}

static void years_numbers_masks_width_and_signs_do_not_hide_a_copy(void **state)
{
	static const char *const copies[] = {
		"2017年，合肥市将继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到100%。"
		"各县区教育局要建立健全学籍管理制度，落实责任，加强督导检查，确保义务教育巩固率达到96%以上。",
		"20xx年合肥市将继续推进义务教育均衡发展；加大控辍保学力度，适龄儿童入学率达到××%。\n"
		"各县区教育局要建立健全学籍管理制度、落实责任、加强督导检查，确保义务教育巩固率达到95％以上。",
		"２０１６年，　合肥市将继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到９９．９％。"
		"各县区教育局要建立健全学籍管理制度，落实责任，加强督导检查，确保义务教育巩固率达到**%以上。",
		"XXXX年，合肥市将继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到○○%。"
		"各县区教育局要建立健全学籍管理制度，落实责任，加强督导检查，确保义务教育巩固率达到□□%以上。",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(copies); i++) {
		assert_int_equal(exact(original, copies[i]), 100);
		assert_int_equal(sketched(original, copies[i]), 100);
	}
}

static void another_place_leaves_most_of_a_copy(void **state)
{
	static const char copy[] =
		"2016年，庐江县将继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到99.9%。"
		"各县区教育局要建立健全学籍管理制度，落实责任，加强督导检查，确保义务教育巩固率达到95%以上。";

	(void)state;
	assert_in_range(exact(original, copy), 85, 99);
	assert_in_range(sketched(original, copy), 70, 99);
}

static void what_has_nothing_in_common_is_not_alike(void **state)
{
	static const char other[] =
		"学校要求全体教师认真备课、上课、批改作业，每周组织一次教研活动，期末进行总结评比。";

	(void)state;
	assert_int_equal(exact(original, other), 0);
	assert_in_range(sketched(original, other), 0, 6);
	assert_int_equal(exact("", ""), 0);
	assert_int_equal(exact(original, ""), 0);
}

static void half_of_the_text_is_half_in_common(void **state)
{
	char both[sizeof(original) * 2];

	(void)state;
	snprintf(both, sizeof(both), "%s%s", original,
		"学校要求全体教师认真备课、上课、批改作业，每周组织一次教研活动，期末进行总结评比。"
		"门卫值班人员要坚守岗位，外来车辆一律登记，夜间巡逻不少于三次，发现隐患立即报告。");
	assert_in_range(exact(original, both), 60, 75);
}

static void little_text_has_no_sketch(void **state)
{
	static const char *const texts[] = { "", "一、指导思想", "\n\n，。！？\n",
		"2016 2017 2018 2019 2020 2021", "一二三四五六七八九十一二三四五六七八九十一二三" };
	struct text_sketch sketch = { { 7 } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(text_sketch_make(texts[i], strlen(texts[i]), &sketch));
	assert_int_equal(sketch.values[0], 7);
	assert_true(
		text_sketch_make("一二三四五六七八九十一二三四五六七八九十一二三四", 72, &sketch));
}

static void bytes_that_are_no_characters_are_stepped_over(void **state)
{
	char broken[sizeof(original) + 4];

	(void)state;
	snprintf(broken, sizeof(broken), "\xFF\xE5%s", original);
	assert_in_range(exact(original, broken), 99, 100);
	assert_in_range(sketched("\xB0\xAE\xC8\xF8\xFF abcdefghijklmnopqrstuvwxyz0\xE5",
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ5"),
		100, 100);
}

/* --- copies --- */

enum { PLANS = 5, SECTIONS = 4 };

struct world {
	struct copies_plan plans[PLANS];
	struct copies_section sections[PLANS * SECTIONS];
};

/* Texts that have nothing in common but for their number: @parts of @n sentences of @seed. */
static void make_text(char *ret, size_t size, unsigned seed)
{
	static const char *const words[] = { "教育", "学校", "教师", "学生", "安全", "管理", "检查",
		"培训", "德育", "质量", "课程", "活动", "制度", "经费", "食堂", "宿舍" };
	size_t len = 0;
	unsigned i;

	for (i = 0; i < 100; i++) {
		seed = seed * 1103515245 + 12345;
		len += (size_t)snprintf(ret + len, size - len, "%s", words[seed >> 16 & 15]);
	}
}

/* Plan @i holds the texts @seeds; 0: none. */
static void make_world(struct world *w, const unsigned seeds[PLANS][SECTIONS])
{
	char text[1024];
	int i, k, n = 0;

	for (i = 0; i < PLANS; i++) {
		w->plans[i].from = n;
		for (k = 0; k < SECTIONS; k++) {
			if (!seeds[i][k])
				continue;
			make_text(text, sizeof(text), seeds[i][k]);
			w->sections[n] = (struct copies_section){ .plan = i,
				.weight = (unsigned)strlen(text) };
			assert_true(text_sketch_make(text, strlen(text), &w->sections[n].sketch));
			n++;
		}
		w->plans[i].to = n;
	}
	assert_int_equal(copies_find(w->plans, PLANS, w->sections, (size_t)n), 0);
}

static void a_plan_is_a_copy_of_the_earliest_that_has_its_sections(void **state)
{
	static const unsigned seeds[PLANS][SECTIONS] = { { 1, 2, 3 }, { 4, 5, 6 }, { 1, 2, 3 },
		{ 1, 2, 3 }, { 1, 5, 9 } };
	struct world w;

	(void)state;
	make_world(&w, seeds);
	assert_int_equal(w.plans[0].place.first, 0);
	assert_int_equal(w.plans[0].place.next, 2);
	assert_int_equal(w.plans[2].place.next, 3);
	assert_int_equal(w.plans[3].place.next, COPIES_NONE);
	assert_int_equal(w.plans[0].place.last, 3);
	assert_int_equal(w.plans[2].place.percent, 100);
	assert_int_equal(w.plans[1].place.first, 1);
	assert_int_equal(w.plans[4].place.first, 4);
	assert_true(w.sections[6].in_copy);
	/* a section that a plan shares with others */
	assert_int_equal(w.sections[12].place.first, 0);
	assert_int_equal(w.sections[13].place.first, 4);
	assert_int_equal(w.sections[14].place.first, 14);
	assert_false(w.sections[12].in_copy);
}

static void a_plan_of_other_sections_is_no_copy(void **state)
{
	static const unsigned seeds[PLANS][SECTIONS] = { { 1 }, { 1, 2, 3, 4 }, { 0 }, { 7, 7 },
		{ 7 } };
	struct world w;

	(void)state;
	make_world(&w, seeds);
	assert_int_equal(w.plans[1].place.first, 1);
	assert_int_equal(w.sections[1].place.first, 0);
	assert_int_equal(w.plans[2].place.first, 2);
	assert_int_equal(w.plans[3].place.first, 3);
	assert_int_equal(w.sections[6].place.first, 5); /* in the same plan */
	assert_int_equal(w.plans[4].place.first, 4);    /* half of it is missing */
}

static void very_many_equal_texts_are_one_group(void **state)
{
	enum { N = 20000 };
	struct copies_section *sections = calloc(N, sizeof(*sections));
	struct copies_plan *plans = calloc(N, sizeof(*plans));
	struct text_sketch sketch;
	int i;

	(void)state;
	assert_non_null(sections);
	assert_non_null(plans);
	assert_true(text_sketch_make(original, strlen(original), &sketch));
	for (i = 0; i < N; i++) {
		sections[i] = (struct copies_section){ .sketch = sketch, .weight = 100, .plan = i };
		plans[i] = (struct copies_plan){ .from = i, .to = i + 1 };
	}
	assert_int_equal(copies_find(plans, N, sections, N), 0);
	assert_int_equal(plans[0].place.last, N - 1);
	free(sections);
	free(plans);
}

static void no_plans_have_no_copies(void **state)
{
	(void)state;
	assert_int_equal(copies_find(NULL, 0, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(years_numbers_masks_width_and_signs_do_not_hide_a_copy),
		cmocka_unit_test(another_place_leaves_most_of_a_copy),
		cmocka_unit_test(what_has_nothing_in_common_is_not_alike),
		cmocka_unit_test(half_of_the_text_is_half_in_common),
		cmocka_unit_test(little_text_has_no_sketch),
		cmocka_unit_test(bytes_that_are_no_characters_are_stepped_over),
		cmocka_unit_test(a_plan_is_a_copy_of_the_earliest_that_has_its_sections),
		cmocka_unit_test(a_plan_of_other_sections_is_no_copy),
		cmocka_unit_test(very_many_equal_texts_are_one_group),
		cmocka_unit_test(no_plans_have_no_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
