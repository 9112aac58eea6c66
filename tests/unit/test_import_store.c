/* Writing imported documents into a database. */
#include "planfs/import_store.h"

#include "store_fixture.h"

#include <errno.h>

static const char document[] =
	"2016年合肥市教育工作要点\n一、指导思想\n全面贯彻党的教育方针,落实立德树人根本任务。\n"
	"二、主要任务\n抓好控辍保学工作,保障学校安全。\n";

struct import_case {
	struct import import;
	struct import_index *index;
	struct import_target target;
	struct import_result result;
	struct import_error error;
};

static void case_done(struct import_case *c)
{
	import_done(&c->import);
	import_index_free(c->index);
	import_result_done(&c->result);
}

/* Import @text into the store, with what is in it already. */
static int import_text(struct fixture *f, const char *text, struct import_case *c)
{
	import_done(&c->import);
	import_index_free(c->index);
	c->index = NULL;
	import_result_done(&c->result);
	assert_int_equal(import_parse("a.txt", text, strlen(text), NULL, &c->import, &c->error), 0);
	assert_int_equal(import_index_new(f->s, &c->index), 0);
	return import_store(f->s, c->index, &c->import, &c->target, &c->result, &c->error);
}

static void a_document_becomes_directories_and_files(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	struct fixture *f = *state;

	assert_int_equal(import_text(f, document, &c), 0);
	assert_int_equal(c.result.n_outcomes, 1);
	assert_false(c.result.outcomes[0].was_there);
	assert_null(c.result.outcomes[0].copy_of);
	assert_true(S_ISDIR(stat_at(f, c.result.outcomes[0].path).mode));
	expect_rows(f, "SELECT year, district FROM plan", "2016|合肥市");
	expect_rows(f,
		"SELECT count(*) = (SELECT count(*) FROM history), count(*) > 1 FROM section",
		"1|1");
	expect_rows(f, "SELECT json_extract(meta, '$.source.file') FROM plan", "a.txt");
}

static void the_same_document_is_there_already(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	struct fixture *f = *state;
	char path[256];

	assert_int_equal(import_text(f, document, &c), 0);
	snprintf(path, sizeof(path), "%s", c.result.outcomes[0].path);
	sql(f, "UPDATE section SET body = body || 'edited'; UPDATE plan SET name = 'renamed'");
	assert_int_equal(import_text(f, document, &c), 0);
	assert_true(c.result.outcomes[0].was_there);
	assert_string_equal(c.result.outcomes[0].path, "2016/合肥市/renamed");
	expect_rows(f, "SELECT count(*) FROM plan", "1");
}

static void a_copy_from_another_document_says_so(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	struct fixture *f = *state;
	char first[256], expected[300];

	assert_int_equal(import_text(f, document, &c), 0);
	snprintf(first, sizeof(first), "%s", c.result.outcomes[0].path);
	/* the same plan, but its file is another one by what was dropped from it or by its hash */
	sql(f, "UPDATE plan SET source = json_set(source, '$.hash', 'x')");
	assert_int_equal(import_text(f, document, &c), 0);
	assert_false(c.result.outcomes[0].was_there);
	assert_string_equal(c.result.outcomes[0].copy_of, first);
	snprintf(expected, sizeof(expected), "%s (2)", first);
	assert_string_equal(c.result.outcomes[0].path, expected);
}

/* The document under another file's hash, so that its plan is a copy. */
static void copies_are_left_out_or_linked_as_wanted(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	struct fixture *f = *state;
	char first[256];

	assert_int_equal(import_text(f, document, &c), 0);
	snprintf(first, sizeof(first), "%s", c.result.outcomes[0].path);
	sql(f, "UPDATE plan SET source = json_set(source, '$.hash', 'x')");
	c.target.on_duplicate = DUPLICATE_SKIP;
	assert_int_equal(import_text(f, document, &c), 0);
	assert_true(c.result.outcomes[0].left_out);
	assert_null(c.result.outcomes[0].path);
	expect_rows(f, "SELECT count(*) FROM plan", "1");
	c.target = (struct import_target){ .on_duplicate = DUPLICATE_LINK, .year = "2017" };
	assert_int_equal(import_text(f, document, &c), 0);
	assert_true(c.result.outcomes[0].linked);
	assert_string_equal(c.result.outcomes[0].copy_of, first);
	expect_rows(f,
		"SELECT kind, target LIKE '../../2016/合肥市/%' FROM inode WHERE kind = 'symlink'",
		"symlink|1");
	expect_rows(f, "SELECT count(*) FROM plan", "1");
	assert_int_equal(import_text(f, document, &c), 0);
	assert_true(c.result.outcomes[0].was_there);
	expect_rows(f, "SELECT count(*) FROM inode WHERE kind = 'symlink'", "1");
	assert_int_equal(import_sync(f->s), 0);
}

static void a_plan_that_is_nearly_the_same_is_told(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	CLEANUP(buf_done) struct buf one = { 0 };
	CLEANUP(buf_done) struct buf two = { 0 };
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 60; i++)
		assert_int_equal(buf_printf(&one, "第%d所学校要在%d月完成%d项任务,抓好落实。\n", i,
					 i % 12 + 1, i * i * 7),
			0);
	assert_int_equal(buf_printf(&two, "%s另外还要再加上一句不同的话。\n", one.data), 0);
	assert_int_equal(import_text(f, one.data, &c), 0);
	assert_null(c.result.outcomes[0].near_to);
	assert_int_equal(import_text(f, two.data, &c), 0);
	assert_non_null(c.result.outcomes[0].near_to);
	assert_true(c.result.outcomes[0].near_percent >= 80);
	assert_int_equal(import_text(f, document, &c), 0);
	assert_null(c.result.outcomes[0].near_to);
}

static void a_name_that_is_taken_gets_a_number_and_fits(void **state)
{
	CLEANUP(case_done)
	struct import_case c = { .target = { .year = "2020", .district = "区" } };
	struct fixture *f = *state;
	char taken[600];
	int i;

	assert_int_equal(import_text(f, document, &c), 0);
	sql(f, "DELETE FROM plan");
	assert_int_equal(make_dir(f, c.result.outcomes[0].path), 0);
	for (i = 2; i < 12; i++) {
		snprintf(taken, sizeof(taken), "%s (%d)", c.import.plans[0].dir, i);
		assert_int_equal(make_file(f, taken, "x"), 0);
		snprintf(taken, sizeof(taken), "2020/区/%s (%d)", c.import.plans[0].dir, i);
		assert_int_equal(make_file(f, taken, "x"), 0);
	}
	assert_int_equal(import_text(f, document, &c), 0);
	snprintf(taken, sizeof(taken), "2020/区/%s (12)", c.import.plans[0].dir);
	assert_string_equal(c.result.outcomes[0].path, taken);
}

static void a_dry_run_writes_nothing(void **state)
{
	CLEANUP(case_done) struct import_case c = { .target = { .dry_run = true } };
	struct fixture *f = *state;

	assert_int_equal(import_text(f, document, &c), 0);
	assert_non_null(c.result.outcomes[0].path);
	expect_rows(f, "SELECT count(*) FROM dentry", "0");
	expect_rows(f, "SELECT count(*) FROM body", "0");
}

static void a_file_in_the_way_is_named_and_nothing_is_written(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	struct fixture *f = *state;

	assert_int_equal(make_file(f, "2016", "a file"), 0);
	assert_int_equal(import_text(f, document, &c), -ENOTDIR);
	assert_string_equal(c.error.text, "a.txt: cannot be written to 2016: Not a directory");
	assert_null(c.result.outcomes);
	expect_rows(f, "SELECT count(*) FROM dentry", "1");
}

static void owners_and_permissions_come_from_above(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	struct fixture *f = *state;

	sql(f, "UPDATE inode SET mode = 16384 | 504, uid = 1000, gid = 100 WHERE id = 1"); /* 0770 */
	assert_int_equal(import_text(f, document, &c), 0);
	expect_rows(f,
		"SELECT DISTINCT kind, printf('%o', mode & 4095), uid, gid FROM inode ORDER BY kind",
		"dir|770|1000|100\nfile|660|1000|100");
}

static void what_the_store_refuses_is_told(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	const struct store_options options = { .readonly = true };
	CLEANUP(buf_done) struct buf why = { 0 };
	struct fixture *f = *state;

	store_close(f->s);
	f->s = NULL;
	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
	assert_int_equal(import_text(f, document, &c), -EROFS);
	assert_string_equal(c.error.text, "a.txt: cannot be written: Read-only file system");
}

static void the_report_tells_what_became_of_each_plan(void **state)
{
	CLEANUP(case_done) struct import_case c = { 0 };
	CLEANUP(buf_done) struct buf json = { 0 };
	struct fixture *f = *state;

	assert_int_equal(import_text(f, document, &c), 0);
	assert_int_equal(import_result_json(&c.import, &c.result, &json), 0);
	assert_null(strchr(buf_str(&json), '\n'));
	assert_non_null(strstr(buf_str(&json), "\"was_there\":false,\"copy_of\":null"));
	assert_non_null(strstr(buf_str(&json), "\"path\":\"2016/合肥市/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_document_becomes_directories_and_files),
		CASE(the_same_document_is_there_already),
		CASE(a_copy_from_another_document_says_so),
		CASE(copies_are_left_out_or_linked_as_wanted),
		CASE(a_plan_that_is_nearly_the_same_is_told),
		CASE(a_name_that_is_taken_gets_a_number_and_fits),
		CASE(a_dry_run_writes_nothing),
		CASE(a_file_in_the_way_is_named_and_nothing_is_written),
		CASE(owners_and_permissions_come_from_above),
		CASE(what_the_store_refuses_is_told),
		CASE(the_report_tells_what_became_of_each_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
