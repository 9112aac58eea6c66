/* Plans on their way out. */
#include "planfs/export.h"

#include "store_fixture.h"

#include <errno.h>

static struct fixture *with_plans(void **state)
{
	struct fixture *f = *state;

	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES "
	       "('2016', 'b', 'p', '01.txt', 'one'), ('2016', 'b', 'p', '00.txt', 'zero' || char(10)), "
	       "('2016', 'a', 'q', '1.txt', ''), ('2017', 'a', 'r', '1.txt', x'41ff')");
	sql(f, "UPDATE plan SET title = 'T' WHERE name = 'p'");
	assert_int_equal(make_dir(f, "notes"), 0);
	assert_int_equal(make_dir(f, "2016/.hidden"), 0);
	assert_int_equal(make_file(f, "2016/b/file", "x"), 0);
	assert_int_equal(make_file(f, "2016/b/p/attachment.doc", "x"), 0);
	return f;
}

static int add_path(void *arg, const struct export_plan *plan)
{
	return buf_printf(arg, "%s/%s/%s;", plan->year, plan->district, plan->name);
}

static void plans_are_found_below_a_path_in_order(void **state)
{
	static const struct {
		const char *path;
		int result;
		const char *plans;
	} cases[] = {
		{ "", 0, "2016/a/q;2016/b/p;2017/a/r;" },
		{ "/", 0, "2016/a/q;2016/b/p;2017/a/r;" },
		{ "2016", 0, "2016/a/q;2016/b/p;" },
		{ "/2016/b/", 0, "2016/b/p;" },
		{ "2017/a/r", 0, "2017/a/r;" },
		{ "2018", -ENOENT, "" },
		{ "2016/b/p/01.txt", -ENOTDIR, "" },
		{ "2016/b/file", -ENOTDIR, "" },
		{ "notes", -EINVAL, "" },
		{ "2016/.hidden", -EINVAL, "" },
	};
	struct fixture *f = with_plans(state);
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf found = { 0 };

		assert_int_equal(
			export_walk(f->s, cases[i].path, add_path, &found), cases[i].result);
		assert_string_equal(buf_str(&found), cases[i].plans);
	}
}

static int stop(void *arg, const struct export_plan *plan)
{
	(void)plan;
	++*(int *)arg;
	return 9;
}

static void a_walk_can_be_stopped(void **state)
{
	struct fixture *f = with_plans(state);
	int calls = 0;

	assert_int_equal(export_walk(f->s, "", stop, &calls), 9);
	assert_int_equal(calls, 1);
}

static int add_section(void *arg, const struct export_section *section)
{
	return buf_printf(arg, "%s=%s;", section->name, buf_str(section->text));
}

static void sections_come_in_their_order(void **state)
{
	struct fixture *f = with_plans(state);
	CLEANUP(buf_done) struct buf found = { 0 };

	assert_int_equal(export_sections(f->s, stat_at(f, "2016/b/p").id, add_section, &found), 0);
	assert_string_equal(buf_str(&found), "00.txt=zero\n;01.txt=one;");
}

static void expect_json(struct fixture *f, const struct export_plan *plan, const char *expected)
{
	CLEANUP(buf_done) struct buf json = { 0 };
	CLEANUP(buf_done) struct buf all = { 0 };
	char statement[32];

	assert_int_equal(export_plan_json(f->s, plan, &json), 0);
	/* SQLite's own JSON reader is the judge, and leaves out blanks */
	sql(f, "CREATE TEMP TABLE IF NOT EXISTS j (x); DELETE FROM j");
	assert_int_equal(
		buf_printf(&all,
			"INSERT INTO j VALUES (json_replace('%s', '$.sections[0].mtime', 0, "
			"'$.sections[1].mtime', 0))",
			buf_str(&json)),
		0);
	sql(f, buf_str(&all));
	snprintf(statement, sizeof(statement), "SELECT x FROM j");
	expect_rows(f, statement, expected);
}

static void a_plan_is_an_object(void **state)
{
	struct fixture *f = with_plans(state);
	struct export_plan plan = { "2016", "b", "p", stat_at(f, "2016/b/p").id };

	expect_json(f, &plan,
		"{\"year\":\"2016\",\"district\":\"b\",\"name\":\"p\",\"metadata\":{\"title\":\"T\"},"
		"\"sections\":[{\"name\":\"00.txt\",\"mtime\":0,\"text\":\"zero\\n\"},"
		"{\"name\":\"01.txt\",\"mtime\":0,\"text\":\"one\"}]}");
}

static void what_is_not_utf8_says_so(void **state)
{
	struct fixture *f = with_plans(state);
	struct export_plan plan = { "2017", "a", "r", stat_at(f, "2017/a/r").id };

	expect_json(f, &plan,
		"{\"year\":\"2017\",\"district\":\"a\",\"name\":\"r\",\"metadata\":null,"
		"\"sections\":[{\"name\":\"1.txt\",\"mtime\":0,\"text\":\"A\xEF\xBF\xBD\",\"lossy\":true}]}");
}

static void times_have_nanoseconds(void **state)
{
	struct fixture *f = with_plans(state);
	struct export_plan plan = { "2016", "a", "q", stat_at(f, "2016/a/q").id };
	CLEANUP(buf_done) struct buf json = { 0 };

	sql(f, "UPDATE inode SET mtime = 1479722400000000001 WHERE id = (SELECT inode FROM section "
	       "WHERE plan = 'q')");
	assert_int_equal(export_plan_json(f->s, &plan, &json), 0);
	assert_non_null(strstr(buf_str(&json), "\"mtime\": \"2016-11-21T10:00:00.000000001Z\""));
	sql(f, "UPDATE inode SET mtime = -1 WHERE id = (SELECT inode FROM section WHERE plan = 'q')");
	assert_int_equal(export_plan_json(f->s, &plan, &json), 0);
	assert_non_null(strstr(buf_str(&json), "\"mtime\": \"1969-12-31T23:59:59.999999999Z\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(plans_are_found_below_a_path_in_order),
		CASE(a_walk_can_be_stopped),
		CASE(sections_come_in_their_order),
		CASE(a_plan_is_an_object),
		CASE(what_is_not_utf8_says_so),
		CASE(times_have_nanoseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
