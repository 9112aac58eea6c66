/*
 * Documents as data: tests/data/import/<case>/input.* and what becomes of it, byte for byte, in
 * <case>/expected; tests/data/import/bad/<case>/input.* and the message in <case>/error.
 * With PLANFS_TEST_UPDATE=1 in the environment the expected files are written anew, to be read in a diff.
 */
#include "planfs/import.h"

#include <dirent.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void read_all(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "rb");
	char piece[4096];
	size_t n;

	if (!f)
		return;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		assert_int_equal(buf_add(ret, piece, n), 0);
	fclose(f);
}

static void write_all(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

/* Every line of the section behind a bar, so that blank lines and ends can be seen. */
static void show_section(const struct section *s, struct buf *out)
{
	const char *at = s->text.data, *end = at + s->text.len, *stop;

	assert_int_equal(buf_printf(out, "    %s\n", s->name), 0);
	for (; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		assert_non_null(stop);
		assert_int_equal(buf_printf(out, "        |%.*s\n", (int)(stop - at), at), 0);
	}
}

static void show(const struct import *im, struct buf *out)
{
	const struct document *doc = &im->doc;
	size_t i, k;

	assert_int_equal(
		buf_printf(out, "%s%s, collection %s\n",
			strcmp(im->format, "text") == 0 ? "encoding " : "",
			strcmp(im->format, "text") == 0 ? encoding_name(im->encoding) : im->format,
			doc->title ? doc->title : "-"),
		0);
	for (i = 0; i < doc->n_repairs; i++)
		assert_int_equal(
			buf_printf(out, "repaired %zu: [%s] to [%s]\n", doc->repairs[i].count,
				doc->repairs[i].from, doc->repairs[i].to),
			0);
	for (i = 0; i < doc->n_dropped; i++)
		assert_int_equal(buf_printf(out, "dropped line %u, %s: %s\n", doc->dropped[i].line,
					 doc->dropped[i].reason, doc->dropped[i].text),
			0);
	for (i = 0; i < doc->n_plans; i++) {
		const struct plan *p = &doc->plans[i];

		assert_int_equal(
			buf_printf(out, "%s/%s/%s\n    kind %s, topic %s, number %u, line %u%s\n",
				p->year, p->district, p->dir, p->kind, p->topic ? p->topic : "-",
				p->number, p->line, p->truncated ? ", truncated" : ""),
			0);
		for (k = 0; k < p->n_sections; k++)
			show_section(&p->sections[k], out);
	}
}

/* Compare with the file, or write it. */
static void expect(const char *path, const struct buf *got)
{
	CLEANUP(buf_done) struct buf wanted = { 0 };

	if (getenv("PLANFS_TEST_UPDATE")) {
		write_all(path, got);
		return;
	}
	read_all(path, &wanted);
	if (strcmp(buf_str(&wanted), buf_str(got)) != 0)
		fail_msg("%s: got\n%s", path, buf_str(got));
}

/* The document of a case. */
static bool find_input(const char *dir, char *ret_path, size_t size)
{
	glob_t g = { 0 };
	bool found;

	snprintf(ret_path, size, "%s/input.*", dir);
	found = glob(ret_path, 0, NULL, &g) == 0;
	if (found)
		snprintf(ret_path, size, "%s", g.gl_pathv[0]);
	globfree(&g);
	return found;
}

static void check_good(const char *dir)
{
	CLEANUP(import_done) struct import im = { 0 };
	CLEANUP(buf_done) struct buf got = { 0 };
	struct import_error error = { "" };
	char path[4096];

	assert_true(find_input(dir, path, sizeof(path)));
	if (import_read(path, NULL, &im, &error) < 0)
		fail_msg("%s", error.text);
	show(&im, &got);
	snprintf(path, sizeof(path), "%s/expected", dir);
	expect(path, &got);
}

static void check_bad(const char *dir)
{
	CLEANUP(import_done) struct import im = { 0 };
	CLEANUP(buf_done) struct buf got = { 0 };
	CLEANUP(buf_done) struct buf input = { 0 };
	struct import_error error = { "" };
	char path[4096];

	assert_true(find_input(dir, path, sizeof(path)));
	read_all(path, &input);
	assert_true(import_parse(strrchr(path, '/') + 1, buf_str(&input), input.len, NULL, &im,
			    &error) < 0);
	assert_null(im.plans);
	assert_int_equal(buf_printf(&got, "%s\n", error.text), 0);
	snprintf(path, sizeof(path), "%s/error", dir);
	expect(path, &got);
}

/* Call @check for every case below @dir. Returns how many there were. */
static int check_all(const char *dir, void (*check)(const char *dir))
{
	struct dirent **names;
	int i, cases = 0, n = scandir(dir, &names, NULL, alphasort);

	assert_true(n > 0);
	for (i = 0; i < n; i++) {
		char path[4096], input[4200];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		free(names[i]);
		if (!find_input(path, input, sizeof(input)))
			continue;
		check(path);
		cases++;
	}
	free(names);
	return cases;
}

static void every_document_becomes_the_expected_tree(void **state)
{
	(void)state;
	assert_true(check_all(TEST_DATA "/import", check_good) >= 12);
}

static void every_bad_document_is_refused_with_the_expected_message(void **state)
{
	(void)state;
	assert_true(check_all(TEST_DATA "/import/bad", check_bad) >= 8);
}

static void the_examples_have_the_plans_that_their_names_promise(void **state)
{
	static const struct {
		const char *file;
		size_t plans;
		const char *year, *district, *kind; /* of the first plan */
	} examples[] = {
		{ "2013年合肥市教育工作计划", 1, "2013", "合肥市", "计划" },
		{ "2014年合肥市教育工作要点", 1, "2014", "合肥市", "要点" },
		{ "2015年合肥市教育工作要点", 1, "2015", "合肥市", "要点" },
		{ "2016年合肥市教育工作要点", 1, "2016", "合肥市", "要点" },
		{ "2017年合肥市教育局工作计划", 1, "2017", "合肥市", "计划" },
		{ "2018年合肥市教育工作要点", 1, "2018", "合肥市", "要点" },
		{ "2019年合肥市教育工作要点", 1, "2019", "合肥市", "要点" },
		{ "2020年合肥市教育工作计划", 1, "2020", "合肥市", "计划" },
		{ "2022年合肥市教育工作要点", 1, "2022", "合肥市", "要点" },
		{ "合肥市教育局2016年工作总结", 1, "2016", "合肥市", "总结" },
		{ "2021年肥西县教育局工作计划", 1, "2021", "肥西县", "计划" },
		{ "2017年南通市通州区教育局工作计划", 1, "2017", "南通市通州区", "计划" },
		{ "2018年南通市通州区教育工作计划", 1, "2018", "南通市通州区", "计划" },
		{ "2019年南通市通州区教育工作要点", 1, "2019", "南通市通州区", "要点" },
		{ "教育局工作计划九篇", 8, "未知年份", "未知地区", "计划" },
		{ "教育局工作总结四篇", 4, "未知年份", "未知地区", "总结" },
		{ "学校工作计划六篇", 6, "未知年份", "未知地区", "计划" },
		{ "教育局暑期工作安排", 1, "未知年份", "未知地区", "计划" },
		{ "区教育局德育工作总结和打算", 1, "未知年份", "未知地区", "总结" },
		{ "县教育局预防学生溺水专项行动方案", 1, "未知年份", "未知地区", "方案" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(examples); i++) {
		CLEANUP(import_done) struct import im = { 0 };
		struct import_error error;
		char path[4096];

		snprintf(path, sizeof(path), TEST_DATA "/../../examples/%s.txt", examples[i].file);
		if (import_read(path, NULL, &im, &error) < 0)
			fail_msg("%s", error.text);
		assert_int_equal(im.n_plans, examples[i].plans);
		assert_string_equal(im.plans[0].year, examples[i].year);
		assert_string_equal(im.plans[0].district, examples[i].district);
		assert_string_equal(im.plans[0].plan->kind, examples[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_document_becomes_the_expected_tree),
		cmocka_unit_test(every_bad_document_is_refused_with_the_expected_message),
		cmocka_unit_test(the_examples_have_the_plans_that_their_names_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
