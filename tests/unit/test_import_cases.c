/*
 * Documents as data: tests/data/import/<case>/input.txt and what becomes of it, byte for byte, in
 * <case>/expected; tests/data/import/bad/<case>/input.txt and the message in <case>/error.
 * With PLANFS_TEST_UPDATE=1 in the environment the expected files are written anew, to be read in a diff.
 */
#include "planfs/import.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

	assert_int_equal(buf_printf(out, "encoding %s, collection %s\n", encoding_name(im->encoding),
		doc->title ? doc->title : "-"), 0);
	for (i = 0; i < doc->n_repairs; i++)
		assert_int_equal(buf_printf(out, "repaired %zu: [%s] to [%s]\n",
			doc->repairs[i].count, doc->repairs[i].from, doc->repairs[i].to), 0);
	for (i = 0; i < doc->n_dropped; i++)
		assert_int_equal(buf_printf(out, "dropped line %u, %s: %s\n", doc->dropped[i].line,
			doc->dropped[i].reason, doc->dropped[i].text), 0);
	for (i = 0; i < doc->n_plans; i++) {
		const struct plan *p = &doc->plans[i];

		assert_int_equal(buf_printf(out, "%s/%s/%s\n    kind %s, topic %s, number %u, line %u%s\n",
			p->year, p->district, p->dir, p->kind, p->topic ? p->topic : "-", p->number,
			p->line, p->truncated ? ", truncated" : ""), 0);
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

static void check_good(const char *dir)
{
	CLEANUP(import_done) struct import im = { 0 };
	CLEANUP(buf_done) struct buf got = { 0 };
	struct import_error error = { "" };
	char path[4096];

	snprintf(path, sizeof(path), "%s/input.txt", dir);
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

	snprintf(path, sizeof(path), "%s/input.txt", dir);
	read_all(path, &input);
	assert_true(import_parse("input.txt", buf_str(&input), input.len, NULL, &im, &error) < 0);
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
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		snprintf(input, sizeof(input), "%s/input.txt", path);
		free(names[i]);
		if (stat(input, &st) < 0)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_document_becomes_the_expected_tree),
		cmocka_unit_test(every_bad_document_is_refused_with_the_expected_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
