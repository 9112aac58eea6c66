/*
 * planfs/encoding.h and planfs/document.h with input that nobody wrote for them: it may be refused, but
 * what is accepted is well formed, and the time grows with the length only.
 */
#include "planfs/document.h"
#include "planfs/encoding.h"
#include "planfs/name.h"
#include "planfs/utf8.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
	MUTATIONS = 3000,
	RANDOM_TEXTS = 2000,
	WINDOW = 8192,
	LINE_BYTES = 10 * 1000 * 1000,
	LINES_BYTES = 2 * 1000 * 1000
};

static uint64_t seed = 88172645463325252u;

/* xorshift: the same numbers in every run. */
static size_t random_below(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % n);
}

static void check_section(const struct section *s)
{
	assert_true(name_is_section(s->name) && name_is_valid(s->name, strlen(s->name)));
	assert_true(utf8_is_valid(s->name, strlen(s->name), NULL));
	assert_true(s->text.len > 0 && s->text.data[s->text.len - 1] == '\n');
	assert_true(s->text.len < 2 || s->text.data[s->text.len - 2] != '\n');
	assert_true(utf8_is_valid(s->text.data, s->text.len, NULL));
}

static void check_document(const struct document *doc)
{
	size_t i, k;

	assert_true(doc->n_plans > 0);
	for (i = 0; i < doc->n_plans; i++) {
		const struct plan *p = &doc->plans[i];

		assert_true(name_is_year(p->year) && name_is_plan_dir(p->district));
		assert_true(name_is_plan_dir(p->dir) && name_is_valid(p->dir, strlen(p->dir)));
		assert_true(p->n_sections > 0);
		for (k = 0; k < p->n_sections; k++) {
			check_section(&p->sections[k]);
			assert_true(
				k == 0 || strcmp(p->sections[k - 1].name, p->sections[k].name) < 0);
		}
	}
}

/* Returns how many plans there were: none is no failure. */
static size_t try_bytes(const char *data, size_t len)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(document_done) struct document doc = { 0 };

	if (encoding_decode(data, len, &text, NULL) < 0)
		return 0;
	if (document_parse(buf_str(&text), text.len, NULL, &doc) < 0)
		return 0;
	check_document(&doc);
	return doc.n_plans;
}

static void read_file(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "rb");
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		assert_int_equal(buf_add(ret, piece, n), 0);
	fclose(f);
}

/* Change bytes, cut, repeat and join pieces of a text. */
static void mutate(struct buf *b)
{
	static const char *const pieces[] = { "\n", "一、", "(一)", "1、", "篇一\n", "\n计划篇二\n",
		"第一篇\n", "-->\n", "20xx年", "2016年", "《", "》", "“", "\r", "\xFF", "一是",
		"附件1\n", "第一部分 ", "①", "教育局", "市", "年" };
	size_t at = random_below(b->len), n = random_below(64) + 1, i;
	const char *piece = pieces[random_below(ARRAY_LEN(pieces))];

	if (at + n > b->len)
		n = b->len - at;
	switch (random_below(4)) {
	case 0:
		b->data[at] = (char)random_below(256);
		break;
	case 1:
		memmove(b->data + at, b->data + at + n, b->len - at - n);
		assert_int_equal(buf_resize(b, b->len - n), 0);
		break;
	default:
		for (i = 0; i < strlen(piece) && at + i < b->len; i++)
			b->data[at + i] = piece[i];
	}
}

static void mutated_examples_are_taken_apart_or_refused(void **state)
{
	glob_t g = { 0 };
	size_t i, k, accepted = 0;

	(void)state;
	assert_int_equal(glob(TEST_DATA "/import/*/input.txt", 0, NULL, &g), 0);
	glob(TEST_DATA "/../../examples/*.txt", GLOB_APPEND, NULL, &g);
	for (i = 0; i < MUTATIONS; i++) {
		CLEANUP(buf_done) struct buf all = { 0 };
		CLEANUP(buf_done) struct buf part = { 0 };
		size_t from;

		read_file(g.gl_pathv[i % g.gl_pathc], &all);
		from = all.len > WINDOW ? random_below(all.len - WINDOW) : 0;
		assert_int_equal(
			buf_add(&part, all.data + from, all.len > WINDOW ? WINDOW : all.len), 0);
		for (k = random_below(12); k > 0 && part.len > 0; k--)
			mutate(&part);
		accepted += try_bytes(buf_str(&part), part.len) > 0;
	}
	globfree(&g);
	assert_true(accepted > MUTATIONS / 20);
}

static void random_bytes_and_random_headings_do_no_harm(void **state)
{
	static const char *const pieces[] = { "一", "二", "十", "、", "(", ")", "（", "）", "1",
		"2", ".", "．", "篇", "第", "章", "部分", "是", "要", "附件", "月", ":", "：", "\n",
		"\n\n", " ", "　", "年", "20", "xx", "市", "区", "县", "教育", "局", "《", "》",
		"。", ",", "-->", "计划", "总结", "的", "`", "①", "㈠", "⑴", "【", "】" };
	size_t i, k;

	(void)state;
	for (i = 0; i < RANDOM_TEXTS; i++) {
		CLEANUP(buf_done) struct buf b = { 0 };

		for (k = random_below(400); k > 0; k--) {
			const char *piece = pieces[random_below(ARRAY_LEN(pieces))];
			char byte = (char)random_below(256);

			assert_int_equal(
				i % 10 == 0 ? buf_add(&b, &byte, 1) : buf_add_str(&b, piece), 0);
		}
		try_bytes(buf_str(&b), b.len);
	}
}

/* @piece again and again: 10 MB when that is one line, less when it is a million. */
static void try_repeated(const char *piece)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	const char *wanted = getenv("PLANFS_TEST_BYTES"); /* fewer, where a byte costs more */
	size_t bytes = strchr(piece, '\n') ? LINES_BYTES : LINE_BYTES;

	if (wanted)
		bytes = strtoul(wanted, NULL, 10);
	while (b.len < bytes)
		assert_int_equal(buf_add_str(&b, piece), 0);
	try_bytes(b.data, b.len);
}

/* Time that is not linear meets the time limit of the test. */
static void megabytes_of_nonsense_end(void **state)
{
	static const char *const pieces[] = { "育", "一", "年", "2016年", "《", "(一)", "教育\n",
		"一、\n", "一、教育\n", "1、教育局\n", "篇一\n", "篇一\n篇二\n", "第一篇教育\n",
		"一是教育。二是\n", "一是教育\n二是安全\n三是德育\n", "-->\n", "附件1\n",
		"开云KY官方登录入口 ", "的`", "小编整理\n", "　", " \n", "a", "2016-2017学年",
		"教育局市", "工作计划一\n工作计划二\n", "2016年是,", "任务一:\n",
		"抓手一:目标一:\n", "1、育\n2、育\n3、育\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(pieces); i++)
		try_repeated(pieces[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutated_examples_are_taken_apart_or_refused),
		cmocka_unit_test(random_bytes_and_random_headings_do_no_harm),
		cmocka_unit_test(megabytes_of_nonsense_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
