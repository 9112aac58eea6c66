/* SQL for people, and the table "search". */
#include "planfs/shell.h"

#include "planfs/search.h"
#include "store_fixture.h"

#include <errno.h>
#include <locale.h>

static struct shell *open_shell(struct fixture *f, bool readonly)
{
	struct shell *sh = NULL;

	assert_int_equal(shell_open(f->s, readonly, &sh), 0);
	return sh;
}

static int add_row(void *arg, const struct shell_row *row)
{
	struct buf *b = arg;
	size_t i;
	int r = b->len ? buf_add_str(b, "\n") : 0;

	for (i = 0; i < row->n && r == 0; i++) {
		if (i > 0)
			r = buf_add_str(b, "|");
		if (r == 0)
			r = buf_add(b, row->values[i].data, row->values[i].len);
	}
	return r;
}

/* Run all statements of @sql: the rows, or the first error and its offset. */
static int run(struct shell *sh, const char *sql, struct buf *ret_rows)
{
	struct shell_error error = { 0 };
	size_t used = 1;
	int r = 0;

	for (; *sql && used > 0 && r == 0; sql += used) {
		r = shell_run(sh, sql, add_row, ret_rows, &used, &error);
		if (r == -EINVAL)
			assert_int_equal(
				buf_printf(ret_rows, "%zu: %s", error.at, buf_str(&error.text)), 0);
		buf_done(&error.text);
		if (r < 0)
			break;
	}
	return r;
}

static void expect_of(struct shell *sh, const char *sql, const char *rows)
{
	CLEANUP(buf_done) struct buf got = { 0 };
	int r = run(sh, sql, &got);

	if (r != 0 || strcmp(buf_str(&got), rows) != 0)
		fail_msg("%s: %d, \"%s\", not \"%s\"", sql, r, buf_str(&got), rows);
}

static void expect_refusal(struct shell *sh, const char *sql, const char *why)
{
	CLEANUP(buf_done) struct buf got = { 0 };

	if (run(sh, sql, &got) != -EINVAL || strcmp(buf_str(&got), why) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", sql, buf_str(&got), why);
}

static void statements_run_one_by_one(void **state)
{
	CLEANUP(shell_closep) struct shell *sh = open_shell(*state, false);
	static const char two[] = "  SELECT 1; -- one\n SELECT 2";
	struct shell_error error = { 0 };
	CLEANUP(buf_done) struct buf got = { 0 };
	size_t used = 0;

	assert_int_equal(shell_run(sh, two, add_row, &got, &used, &error), 0);
	assert_int_equal(used, strcspn(two, ";") + 1);
	assert_int_equal(shell_run(sh, two + used, add_row, &got, &used, &error), 0);
	assert_int_equal(used, strlen(two) - strcspn(two, ";") - 1);
	assert_string_equal(buf_str(&got), "1\n2");
	expect_of(sh, "", "");
	expect_of(sh, " -- nothing\n /* at all */ ", "");
	expect_of(sh, ";;SELECT 3;;", "3");
}

static int look_at_types(void *arg, const struct shell_row *row)
{
	static const enum shell_type types[] = { SHELL_NULL, SHELL_INTEGER, SHELL_REAL, SHELL_TEXT,
		SHELL_BLOB, SHELL_BLOB };
	static const char *const values[] = { "", "-7", "1.5", "合\0肥", "\0\xFF", "" };
	static const size_t lens[] = { 0, 2, 3, 7, 2, 0 };
	size_t i;

	assert_int_equal(row->n, ARRAY_LEN(types));
	for (i = 0; i < row->n; i++) {
		assert_int_equal(row->values[i].type, types[i]);
		assert_int_equal(row->values[i].len, lens[i]);
		assert_memory_equal(row->values[i].data, values[i], lens[i]);
	}
	assert_string_equal(row->names[0], "none");
	assert_true(row->is_first);
	++*(int *)arg;
	return 0;
}

static void values_come_as_they_are(void **state)
{
	CLEANUP(shell_closep) struct shell *sh = open_shell(*state, false);
	struct shell_error error = { 0 };
	size_t used;
	int rows = 0;

	assert_int_equal(shell_run(sh,
				 "SELECT NULL AS none, -7, 1.5, CAST(x'E5908800E882A5' AS TEXT), "
				 "x'00FF', x''",
				 look_at_types, &rows, &used, &error),
		0);
	assert_int_equal(rows, 1);
}

static void mistakes_are_told_with_their_place(void **state)
{
	CLEANUP(shell_closep) struct shell *sh = open_shell(*state, false);

	expect_refusal(sh, "SELECT nix FROM plan", "7: no such column: nix");
	expect_refusal(sh, "SELECT 1 FROM", "0: incomplete input");
	expect_refusal(sh, "SELECT abs(-9223372036854775808)", "0: integer overflow");
	expect_refusal(sh, "INSERT INTO district_dir (year, district) VALUES ('16', 'x')",
		"0: year: four digits or 未知年份");
	expect_of(sh, "SELECT 1", "1");
}

static int end_it(void *arg, const struct shell_row *row)
{
	(void)arg;
	(void)row;
	return -EPIPE;
}

static int interrupt_it(void *arg, const struct shell_row *row)
{
	(void)row;
	shell_interrupt(arg);
	return 0;
}

static void a_statement_can_be_ended(void **state)
{
	static const char endless[] =
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
		"SELECT x FROM c";
	CLEANUP(shell_closep) struct shell *sh = open_shell(*state, false);
	struct shell_error error = { 0 };
	size_t used;

	assert_int_equal(shell_run(sh, endless, end_it, NULL, &used, &error), -EPIPE);
	assert_int_equal(shell_run(sh, endless, interrupt_it, sh, &used, &error), -EINTR);
	shell_interrupt(sh);
	expect_of(sh, "SELECT 1", "1");
}

static void what_is_written_is_like_that_of_any_program(void **state)
{
	struct fixture *f = *state;
	struct shell *sh = open_shell(f, false);

	expect_of(sh,
		"INSERT INTO section (year, district, plan, name, body) "
		"VALUES ('2016', '合肥市', '要点', '01.txt', '德育')",
		"");
	expect_text(f, "2016/合肥市/要点/01.txt", "德育");
	expect_of(sh, "UPDATE section SET body = '安全'; SELECT author, op, body FROM history",
		"sql|create|德育\nsql|save|安全");
	expect_of(sh, "UPDATE plan SET title = '题'; SELECT title FROM plan", "题");
	expect_of(sh, "BEGIN; UPDATE section SET body = '不'", "");
	shell_close(sh);
	expect_text(f, "2016/合肥市/要点/01.txt", "安全");
	expect_rows(f, "PRAGMA integrity_check", "ok");
}

static void what_makes_the_database_stays(void **state)
{
	static const struct {
		const char *sql, *why;
	} cases[] = {
		{ "DROP VIEW plan", "0: not authorized: it belongs to planfs" },
		{ "drop table Body", "0: not authorized: it belongs to planfs" },
		{ "DROP TRIGGER inode_save", "0: not authorized: it belongs to planfs" },
		{ "DROP INDEX dentry_inode", "0: not authorized: it belongs to planfs" },
		{ "DROP TABLE search_index", "0: not authorized: it belongs to planfs" },
		{ "ALTER TABLE inode ADD COLUMN x", "0: not authorized: it belongs to planfs" },
		{ "ALTER TABLE main.inode RENAME TO x", "0: not authorized: it belongs to planfs" },
		{ "PRAGMA journal_mode = DELETE", "0: not authorized: planfs keeps this setting" },
		{ "PRAGMA USER_VERSION = 9", "0: not authorized: planfs keeps this setting" },
		{ "PRAGMA wal_checkpoint", "0: not authorized: planfs keeps this setting" },
		{ "PRAGMA writable_schema(1)", "0: not authorized: planfs keeps this setting" },
		{ "UPDATE sqlite_schema SET sql = ''",
			"0: table sqlite_master may not be modified" },
		{ "INSERT INTO search_index (search_index) VALUES ('delete-all')",
			"0: not authorized: planfs keeps the search index" },
		{ "DELETE FROM search_index_data",
			"0: table search_index_data may not be modified" },
		{ "SELECT load_extension('x')", "0: not authorized" },
	};
	CLEANUP(shell_closep) struct shell *sh = open_shell(*state, false);
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++)
		expect_refusal(sh, cases[i].sql, cases[i].why);
	expect_of(sh, "PRAGMA journal_mode; PRAGMA user_version", "wal\n5");
	expect_of(sh,
		"CREATE TABLE mine (a); INSERT INTO mine VALUES (1); ALTER TABLE mine ADD COLUMN b; "
		"SELECT * FROM mine; DROP TABLE mine",
		"1|");
	expect_of(sh, "CREATE TEMP TABLE body (a); DROP TABLE temp.body", "");
	expect_of(sh, "ATTACH ':memory:' AS m; CREATE TABLE m.body (a); DROP TABLE m.body", "");
}

static void nothing_is_written_when_it_only_reads(void **state)
{
	static const char *const statements[] = { "DELETE FROM section", "CREATE TABLE t (a)",
		"CREATE TEMP TABLE t (a)", "PRAGMA query_only = OFF; DELETE FROM section",
		"VACUUM INTO '/tmp/planfs-test-copy.db'", "ATTACH '/tmp/planfs-test-new.db' AS x",
		"INSERT INTO plan (year, district, name) VALUES ('2016', 'a', 'b')" };
	struct fixture *f = *state;
	CLEANUP(shell_closep) struct shell *sh = NULL;
	size_t i;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/01.txt", "德育"), 0);
	sh = open_shell(f, true);
	for (i = 0; i < ARRAY_LEN(statements); i++) {
		CLEANUP(buf_done) struct buf got = { 0 };

		if (run(sh, statements[i], &got) != -EINVAL)
			fail_msg("%s", statements[i]);
	}
	expect_of(sh, "SELECT body FROM section", "德育");
	assert_int_not_equal(access("/tmp/planfs-test-copy.db", F_OK), 0);
	assert_int_not_equal(access("/tmp/planfs-test-new.db", F_OK), 0);
}

static void a_statement_is_whole_or_not(void **state)
{
	(void)state;
	assert_true(shell_is_complete("SELECT 1;"));
	assert_true(shell_is_complete("SELECT 1; -- x\n"));
	assert_false(shell_is_complete("SELECT 1"));
	assert_false(shell_is_complete("SELECT ';"));
	assert_false(shell_is_complete("CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1;"));
	assert_false(shell_is_complete(""));
}

/* --- search --- */

static void put_some(struct fixture *f)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "2014/合肥市/要点/01-德育.txt", "一、德育\n加强德育工作。\n控辍保学\n" },
		{ "2016/合肥市/要点/01-德育.txt", "德育 95％，ICT" },
		{ "2016/南通市通州区/总结/02-安全.txt", "安全\n控辍保学，德育\n食堂" },
		{ "2016/南通市通州区/总结/03-空.txt", "" },
		{ "2016/南通市通州区/总结/notes.md", "德育" },
		{ "未知年份/未知地区/计划/00-前言.txt", "前言：控辍保学" },
	};
	char dir[256];
	size_t i;

	for (i = 0; i < ARRAY_LEN(files); i++) {
		const char *slash;

		for (slash = strchr(files[i].path, '/'); slash; slash = strchr(slash + 1, '/')) {
			snprintf(dir, sizeof(dir), "%.*s", (int)(slash - files[i].path),
				files[i].path);
			if (!exists(f, dir))
				assert_int_equal(make_dir(f, dir), 0);
		}
		assert_int_equal(make_file(f, files[i].path, files[i].text), 0);
	}
}

static void sections_are_found_newest_year_first(void **state)
{
	struct fixture *f = *state;
	CLEANUP(shell_closep) struct shell *sh = NULL;
	int round;

	put_some(f);
	sh = open_shell(f, false);
	for (round = 0; round < 2; round++) {
		expect_of(sh,
			"SELECT year, district, plan, name, line, hits, text FROM search WHERE search MATCH '德育'",
			"2016|南通市通州区|总结|02-安全.txt|2|1|控辍保学，德育\n"
			"2016|合肥市|要点|01-德育.txt|1|1|德育 95％，ICT\n"
			"2014|合肥市|要点|01-德育.txt|1|2|一、德育");
		expect_of(sh, "SELECT path, body FROM search('食堂')",
			"2016/南通市通州区/总结/02-安全.txt|安全\n控辍保学，德育\n食堂");
		expect_of(sh,
			"SELECT s.inode = d.inode FROM search('食堂') s JOIN dentry d ON d.name = s.name",
			"1");
		expect_of(sh, "SELECT name, hits, quote(text) FROM search('year:2016 plan:总结')",
			"02-安全.txt|1|'安全'\n03-空.txt|0|''");
		expect_of(sh, "SELECT name FROM search WHERE search = 'ict'", "01-德育.txt");
		expect_of(sh, "SELECT name FROM search('德育') LIMIT 1", "02-安全.txt");
		expect_of(sh, "SELECT count(*) FROM search(NULL)", "0");
		expect_of(sh, "SELECT count(*), count(search) FROM search('德育')", "3|0");
		while (search_index_step(f->s, 1 << 20, 1000) > 0) /* and again with the index */
			;
	}
}

static void constraints_restrict_what_is_found(void **state)
{
	struct fixture *f = *state;
	CLEANUP(shell_closep) struct shell *sh = NULL;
	static const struct {
		const char *where, *rows;
	} cases[] = {
		{ "year = '2016'", "2" },
		{ "year = 2016", "2" },
		{ "year >= '2015'", "2" },
		{ "year > '2014' AND year <= '2016'", "2" },
		{ "year < '2016'", "1" },
		{ "year BETWEEN '2014' AND '2015'", "1" },
		{ "year IN ('2014', '2016')", "3" },
		{ "year = '未知年份'", "0" },
		{ "year = 'x' OR year = '2014'", "1" },
		{ "year = NULL", "0" },
		{ "district = '合肥市'", "2" },
		{ "district = '合肥'", "0" },
		{ "district = '*'", "0" },
		{ "district = '合肥市' AND year = '2014' AND plan = '要点'", "1" },
		{ "district = '合肥市' AND plan = '总结'", "0" },
		{ "district LIKE '合肥%'", "2" },
		{ "name = '01-德育.txt'", "2" },
	};
	size_t i;

	put_some(f);
	sh = open_shell(f, false);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		char sql[256];

		snprintf(sql, sizeof(sql),
			"SELECT count(*) FROM search WHERE search MATCH '德育' AND (%s)",
			cases[i].where);
		expect_of(sh, sql, cases[i].rows);
	}
	/* 未知年份 is greater than every year, as texts are compared */
	expect_of(sh, "SELECT year FROM search('控辍保学') WHERE year >= '2015'", "2016\n未知年份");
	expect_of(sh,
		"SELECT w, count(*) FROM (SELECT '食堂' AS w UNION SELECT '德育'), search "
		"WHERE search MATCH w GROUP BY w ORDER BY w",
		"德育|3\n食堂|1");
}

static void what_cannot_be_searched_is_told(void **state)
{
	struct fixture *f = *state;
	CLEANUP(shell_closep) struct shell *sh = NULL;

	put_some(f);
	sh = open_shell(f, false);
	expect_refusal(
		sh, "SELECT * FROM search", "0: search what? add: WHERE search MATCH 'words'");
	expect_refusal(sh, "SELECT * FROM search('\"德育')", "0: a quote is not closed");
	expect_refusal(sh, "SELECT * FROM search('')", "0: nothing to look for");
	expect_refusal(sh, "SELECT * FROM search(x'FF')", "0: not UTF-8");
	expect_refusal(sh, "INSERT INTO search (year) VALUES ('2016')",
		"0: table search may not be modified");
	expect_refusal(sh, "DELETE FROM search", "0: table search may not be modified");
	expect_of(sh, "SELECT count(*) FROM search('德育')", "3");
}

static void a_search_can_be_interrupted(void **state)
{
	struct fixture *f = *state;
	CLEANUP(shell_closep) struct shell *sh = NULL;
	struct shell_error error = { 0 };
	size_t used;

	put_some(f);
	sh = open_shell(f, false);
	assert_int_equal(
		shell_run(sh, "SELECT name FROM search('德育')", interrupt_it, sh, &used, &error),
		-EINTR);
	expect_of(sh, "SELECT count(*) FROM search('德育')", "3");
}

static void what_is_found_can_be_changed(void **state)
{
	struct fixture *f = *state;
	CLEANUP(shell_closep) struct shell *sh = NULL;

	put_some(f);
	sh = open_shell(f, false);
	expect_of(sh,
		"UPDATE section SET body = replace(body, '德育', '立德') WHERE inode IN (SELECT inode FROM search('德育'));"
		"SELECT count(*) FROM search('德育'); SELECT count(*) FROM search('立德')",
		"0\n3");
	/* but a trigger or a view with it would break other programs */
	expect_of(sh, "CREATE VIEW mine AS SELECT name FROM search('立德')", "");
	expect_refusal(sh, "SELECT * FROM mine", "0: unsafe use of virtual table \"search\"");
}

static void what_is_committed_is_found(void **state)
{
	struct fixture *f = *state;
	CLEANUP(shell_closep) struct shell *sh = NULL;

	put_some(f);
	sh = open_shell(f, false);
	expect_of(sh,
		"BEGIN; UPDATE section SET body = '饭堂' WHERE name = '02-安全.txt'; SELECT count(*) FROM search('饭堂')",
		"0");
	expect_of(sh,
		"COMMIT; SELECT count(*) FROM search('饭堂'); SELECT count(*) FROM search('食堂')",
		"1\n0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(statements_run_one_by_one),
		CASE(values_come_as_they_are),
		CASE(mistakes_are_told_with_their_place),
		CASE(a_statement_can_be_ended),
		CASE(what_is_written_is_like_that_of_any_program),
		CASE(what_makes_the_database_stays),
		CASE(nothing_is_written_when_it_only_reads),
		CASE(a_statement_is_whole_or_not),
		CASE(sections_are_found_newest_year_first),
		CASE(constraints_restrict_what_is_found),
		CASE(what_cannot_be_searched_is_told),
		CASE(a_search_can_be_interrupted),
		CASE(what_is_found_can_be_changed),
		CASE(what_is_committed_is_found),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
