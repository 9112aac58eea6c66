/* Tests of src/text/linediff.c and its neighbours. */
#include "planfs/clock.h"
#include "planfs/linediff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Two texts taken apart by one table. */
struct pair {
	struct linediff_table *table;
	struct linediff_text a, b;
	struct linediff_hunks hunks;
};

static void pair_init(struct pair *p, const char *a, const char *b)
{
	*p = (struct pair){ 0 };
	assert_int_equal(linediff_table_new(&p->table), 0);
	assert_int_equal(linediff_split(p->table, a, strlen(a), &p->a), 0);
	assert_int_equal(linediff_split(p->table, b, strlen(b), &p->b), 0);
	assert_int_equal(linediff_compare(&p->a, &p->b, &p->hunks), 0);
}

static void pair_done(struct pair *p)
{
	linediff_hunks_done(&p->hunks);
	linediff_text_done(&p->a);
	linediff_text_done(&p->b);
	linediff_table_free(p->table);
}

/* The hunks lead from one text to the other, and touch nothing twice. Returns the lines that are common. */
static size_t check_hunks(const struct pair *p)
{
	size_t a = 0, b = 0, common = 0, i;

	for (i = 0; i <= p->hunks.n; i++) {
		const struct linediff_hunk end = { p->a.n, 0, p->b.n, 0 };
		const struct linediff_hunk *h = i < p->hunks.n ? &p->hunks.items[i] : &end;

		assert_true(i == p->hunks.n || h->n_a + h->n_b > 0);
		assert_true(i == 0 || i == p->hunks.n || h->a > a);
		assert_int_equal(h->a - a, h->b - b);
		for (; a < h->a; a++, b++, common++)
			assert_int_equal(p->a.lines[a].number, p->b.lines[b].number);
		a += h->n_a;
		b += h->n_b;
	}
	assert_int_equal(a, p->a.n);
	assert_int_equal(b, p->b.n);
	return common;
}

static void expect_unified(const char *a, const char *b, const char *wanted)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	struct pair p;

	pair_init(&p, a, b);
	check_hunks(&p);
	assert_int_equal(linediff_unified(&p.a, &p.b, &out), 0);
	assert_string_equal(buf_str(&out), wanted);
	pair_done(&p);
}

static void hunks_are_those_of_diff(void **state)
{
	(void)state;
	expect_unified("", "", "");
	expect_unified("一\n二\n", "一\n二\n", "");
	expect_unified("", "一\n", "@@ -0,0 +1 @@\n+一\n");
	expect_unified("一\n二\n", "", "@@ -1,2 +0,0 @@\n-一\n-二\n");
	expect_unified("一\n二\n三\n", "一\n2\n三\n", "@@ -1,3 +1,3 @@\n 一\n-二\n+2\n 三\n");
	expect_unified("一", "一\n", "@@ -1 +1 @@\n-一\n\\ No newline at end of file\n+一\n");
	expect_unified("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
		"@@ -7,3 +7,4 @@\n 7\n 8\n 9\n+10\n");
	/* contexts that touch are one hunk, others are two */
	expect_unified("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
		"@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
	expect_unified("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
		"@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

static void bytes_decide_and_nul_is_one(void **state)
{
	static const char a[] = "x\0y\nz\n", b[] = "x\0Y\nz\n";
	struct linediff_table *table;
	struct linediff_text ta, tb;

	(void)state;
	assert_int_equal(linediff_table_new(&table), 0);
	assert_int_equal(linediff_split(table, a, sizeof(a) - 1, &ta), 0);
	assert_int_equal(linediff_split(table, b, sizeof(b) - 1, &tb), 0);
	assert_int_equal(ta.n, 2);
	assert_int_not_equal(ta.lines[0].number, tb.lines[0].number);
	assert_int_equal(ta.lines[1].number, tb.lines[1].number);
	linediff_text_done(&ta);
	linediff_text_done(&tb);
	linediff_table_free(table);
}

/* The length of the longest common subsequence, the slow way. */
static size_t count_common(const struct pair *p)
{
	size_t row[64] = { 0 }, i, j;

	assert_true(p->b.n < 64);
	for (i = 0; i < p->a.n; i++) {
		size_t diagonal = 0;

		for (j = 0; j < p->b.n; j++) {
			size_t above = row[j + 1], left = row[j];

			if (p->a.lines[i].number == p->b.lines[j].number)
				row[j + 1] = diagonal + 1;
			else
				row[j + 1] = above > left ? above : left;
			diagonal = above;
		}
	}
	return row[p->b.n];
}

static void short_texts_keep_all_that_is_common(void **state)
{
	unsigned seed = 1;
	int round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		char texts[2][128] = { "", "" };
		int alphabet = 1 + rand_r(&seed) % 6;
		struct pair p;

		for (i = 0; i < 2; i++) {
			int n = rand_r(&seed) % 40;
			char *at = texts[i];

			for (; n > 0; n--) {
				*at++ = (char)('a' + rand_r(&seed) % alphabet);
				*at++ = '\n';
			}
			*at = '\0';
		}
		pair_init(&p, texts[0], texts[1]);
		assert_int_equal(check_hunks(&p), count_common(&p));
		pair_done(&p);
	}
}

/* @n lines of numbers below @kinds. */
static void add_noise(struct buf *out, unsigned seed, int n, int kinds)
{
	for (; n > 0; n--)
		assert_int_equal(buf_printf(out, "%d\n", rand_r(&seed) % kinds), 0);
}

static void long_texts_that_differ_wholly_take_a_moment_only(void **state)
{
	static const int kinds[] = { 2, 20, 2000, 1000000000 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(buf_done) struct buf a = { 0 };
		CLEANUP(buf_done) struct buf b = { 0 };
		int64_t begin = clock_now();
		struct pair p;

		add_noise(&a, 1, 200000, kinds[i]);
		add_noise(&b, 2, 200000, kinds[i]);
		pair_init(&p, buf_str(&a), buf_str(&b));
		check_hunks(&p);
		pair_done(&p);
		assert_true(clock_now() - begin < INT64_C(60000000000)); /* also in valgrind */
	}
}

static void a_line_in_the_middle_of_a_long_text_is_one_hunk(void **state)
{
	CLEANUP(buf_done) struct buf a = { 0 };
	CLEANUP(buf_done) struct buf b = { 0 };
	struct pair p;

	(void)state;
	add_noise(&a, 1, 50000, 1000000000);
	add_noise(&b, 1, 50000, 1000000000);
	assert_int_equal(buf_add_str(&b, "more\n"), 0);
	add_noise(&a, 3, 50000, 1000000000);
	add_noise(&b, 3, 50000, 1000000000);
	pair_init(&p, buf_str(&a), buf_str(&b));
	assert_int_equal(p.hunks.n, 1);
	assert_int_equal(p.hunks.items[0].b, 50000);
	assert_int_equal(p.hunks.items[0].n_b, 1);
	pair_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hunks_are_those_of_diff),
		cmocka_unit_test(bytes_decide_and_nul_is_one),
		cmocka_unit_test(short_texts_keep_all_that_is_common),
		cmocka_unit_test(long_texts_that_differ_wholly_take_a_moment_only),
		cmocka_unit_test(a_line_in_the_middle_of_a_long_text_is_one_hunk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
