/* Plans on their way out. */
#include "planfs/export.h"
#include "planfs/load.h"

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
	assert_int_equal(buf_printf(&all,
				 "INSERT INTO j VALUES (json_remove('%s', '$.sections[0].mtime', "
				 "'$.sections[1].mtime', '$.files', '$.history', '$.mtime'))",
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
		"\"sections\":[{\"name\":\"00.txt\",\"mode\":\"0644\",\"text\":\"zero\\n\"},"
		"{\"name\":\"01.txt\",\"mode\":\"0644\",\"text\":\"one\"}],\"mode\":\"0755\"}");
}

static void what_is_not_utf8_says_so(void **state)
{
	struct fixture *f = with_plans(state);
	struct export_plan plan = { "2017", "a", "r", stat_at(f, "2017/a/r").id };

	expect_json(f, &plan,
		"{\"year\":\"2017\",\"district\":\"a\",\"name\":\"r\",\"metadata\":null,"
		"\"sections\":[{\"name\":\"1.txt\",\"mode\":\"0644\",\"text\":\"A\xEF\xBF\xBD\",\"lossy\":true,"
		"\"base64\":\"Qf8=\"}],\"mode\":\"0755\"}");
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

/* ---- and back ---- */

static struct load *parse(const char *json, struct import_error *error)
{
	struct load *load = NULL;

	if (load_parse("x.json", json, strlen(json), &load, error) < 0)
		return NULL;
	return load;
}

static void what_is_exported_and_loaded_is_the_same(void **state)
{
	struct fixture *f = with_plans(state);
	struct export_plan plan = { "2016", "b", "p", stat_at(f, "2016/b/p").id };
	CLEANUP(buf_done) struct buf before = { 0 };
	CLEANUP(buf_done) struct buf after = { 0 };
	CLEANUP(load_freep) struct load *load = NULL;
	struct import_error error = { "" };
	char *year;

	assert_int_equal(save_file(f, "2016/b/p/01.txt", "two\xFF"), 0);
	assert_int_equal(save_file(f, "2016/b/p/01.txt", "three"), 0);
	assert_int_equal(make_file(f, "2016/b/p/02.txt", "gone"), 0);
	assert_int_equal(remove_file(f, "2016/b/p/02.txt"), 0);
	sql(f, "UPDATE revision SET program = 'wps' WHERE op = 'save'");
	assert_int_equal(make_dir(f, "2016/b/p/deep"), 0);
	assert_int_equal(make_file(f, "2016/b/p/deep/x", "y"), 0);
	assert_int_equal(make_symlink(f, "2016/b/p/link", "../q"), 0);
	assert_int_equal(export_plan_json(f->s, &plan, &before), 0);
	assert_non_null(strstr(before.data, "\"program\": \"wps\""));
	year = strstr(before.data, "\"2016\"");
	memcpy(year, "\"2018\"", 6);
	load = parse(before.data, &error);
	assert_non_null(load);
	assert_int_equal(load_count(load), 1);
	assert_string_equal(load_path(load, 0), "2018/b/p");
	assert_int_equal(load_store(f->s, load, 0, &error), 0);
	plan = (struct export_plan){ "2018", "b", "p", stat_at(f, "2018/b/p").id };
	assert_int_equal(export_plan_json(f->s, &plan, &after), 0);
	assert_string_equal(after.data, before.data);
	assert_int_equal(load_store(f->s, load, 0, &error), -EEXIST);
	assert_string_equal(error.text, "2018/b/p: exists already; nothing was changed");
	assert_int_equal(make_file(f, "2019", "a file"), 0);
}

static void what_is_not_of_the_form_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *json, *error;
	} cases[] = {
		{ "", "x.json: line 1, column 0: '[' or '{' expected near end of file" },
		{ "[{]", "x.json: line 1, column 3: string or '}' expected near ']'" },
		{ "[1]", "x.json: plan 1: \"year\" is no year" },
		{ "{\"year\": \"16\"}", "x.json: plan 1: \"year\" is no year" },
		{ "{\"year\": \"2016\", \"district\": \"a/b\", \"name\": \"p\"}",
			"x.json: plan 1: \"district\" or \"name\" is no legal name" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \".p\"}",
			"x.json: plan 1: \"district\" or \"name\" is no legal name" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"sections\": 1}",
			"x.json: plan 1: \"sections\" is no array" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"sections\": [{\"name\": \"..\"}]}",
			"x.json: plan 1: a section without a legal name" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"sections\": [{\"name\": \"1.txt\"}]}",
			"x.json: plan 1: 1.txt has neither \"text\" nor \"base64\"" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"sections\": [{\"name\": \"1.txt\", "
		  "\"base64\": \"A\"}]}",
			"x.json: plan 1: 1.txt has neither \"text\" nor \"base64\"" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"sections\": [{\"name\": \"1.txt\", "
		  "\"text\": \"\", \"mode\": \"9\"}]}",
			"x.json: plan 1: the mode of 1.txt is no octal number" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"mtime\": \"now\"}",
			"x.json: plan 1: the mtime of the plan is no time" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"files\": [{\"path\": \"../x\"}]}",
			"x.json: plan 1: a file without a legal path" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"files\": [{\"path\": \"/x\"}]}",
			"x.json: plan 1: a file without a legal path" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"history\": [{}]}",
			"x.json: plan 1: a version needs \"time\", \"author\", \"op\" and \"name\"" },
		{ "{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"history\": [{\"time\": "
		  "\"2026-11-21T10:15:00Z\", \"author\": \"li\", \"op\": \"save\", \"name\": \"1.txt\", "
		  "\"program\": 1}]}",
			"x.json: plan 1: \"program\" of a version is no text" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(load_freep) struct load *load = NULL;
		struct import_error error = { "" };

		assert_int_equal(
			load_parse("x.json", cases[i].json, strlen(cases[i].json), &load, &error),
			-EINVAL);
		assert_string_equal(error.text, cases[i].error);
	}
}

static void a_plan_without_history_and_files_can_be_loaded(void **state)
{
	struct fixture *f = *state;
	struct import_error error = { "" };
	CLEANUP(load_freep)
	struct load *load = parse(
		"[{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"metadata\": "
		"{\"title\": \"T\"}, \"sections\": [{\"name\": \"1.txt\", \"text\": \"x\"}]}]",
		&error);

	assert_non_null(load);
	assert_int_equal(load_store(f->s, load, 0, &error), 0);
	expect_text(f, "2016/a/p/1.txt", "x");
	expect_rows(f, "SELECT title FROM plan", "T");
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
		CASE(what_is_exported_and_loaded_is_the_same),
		CASE(what_is_not_of_the_form_is_refused_with_its_place),
		CASE(a_plan_without_history_and_files_can_be_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
