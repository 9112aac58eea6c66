/* The SQL views and their triggers, as the stock sqlite3 shell sees them. */
#include "store_fixture.h"

static struct fixture *with_plan(void **state)
{
	struct fixture *f = *state;

	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES "
	       "('2016', '合肥市', '要点', '01-总则.txt', '一、总则'), "
	       "('2016', '合肥市', '要点', '02-安全.txt', '二、安全')");
	return f;
}

static void inserting_a_section_makes_its_directories(void **state)
{
	struct fixture *f = with_plan(state);
	struct inode dir = stat_at(f, "2016/合肥市/要点");

	assert_true(S_ISDIR(dir.mode));
	assert_int_equal(dir.nlink, 2);
	assert_int_equal(stat_at(f, "2016").nlink, 3);
	assert_int_equal(stat_at(f, "").nlink, 3);
	expect_text(f, "2016/合肥市/要点/01-总则.txt", "一、总则");
	assert_int_equal(stat_at(f, "2016/合肥市/要点/01-总则.txt").mode, S_IFREG | 0644);
	assert_int_equal(stat_at(f, "2016/合肥市/要点/01-总则.txt").nlink, 1);
	expect_rows(f, "SELECT author, op, origin FROM revision WHERE name = '02-安全.txt'",
		"sql|create|NULL");
	expect_rows(f, "SELECT year, district, plan, name, body, size FROM section",
		"2016|合肥市|要点|01-总则.txt|一、总则|12\n2016|合肥市|要点|02-安全.txt|二、安全|12");
}

static void updating_a_body_is_a_version(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "UPDATE section SET body = body || '\n新' WHERE name = '02-安全.txt'");
	expect_text(f, "2016/合肥市/要点/02-安全.txt", "二、安全\n新");
	expect_rows(f, "SELECT op, body FROM history WHERE name = '02-安全.txt' ORDER BY rev",
		"create|二、安全\nsave|二、安全\n新");
	sql(f, "UPDATE section SET body = body");
	assert_int_equal(count_versions(f, "02-安全.txt"), 2);
	assert_int_equal(count_versions(f, "01-总则.txt"), 1);
}

static void a_body_may_become_empty_and_back(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "UPDATE section SET body = NULL WHERE name = '02-安全.txt'");
	expect_text(f, "2016/合肥市/要点/02-安全.txt", "");
	sql(f, "UPDATE section SET body = 'x' WHERE name = '02-安全.txt'");
	expect_text(f, "2016/合肥市/要点/02-安全.txt", "x");
	sql(f, "INSERT INTO section (year, district, plan, name) VALUES ('2016', '合肥市', '要点', '03.txt')");
	expect_text(f, "2016/合肥市/要点/03.txt", "");
	expect_rows(f, "SELECT length(body) FROM section WHERE name = '03.txt'", "0");
}

static void updating_a_name_moves_the_file(void **state)
{
	struct fixture *f = with_plan(state);
	int64_t id = stat_at(f, "2016/合肥市/要点/02-安全.txt").id;

	sql(f, "UPDATE section SET year = '2017', name = '09-安全.txt' WHERE name = '02-安全.txt'");
	assert_false(exists(f, "2016/合肥市/要点/02-安全.txt"));
	assert_int_equal(stat_at(f, "2017/合肥市/要点/09-安全.txt").id, id);
	expect_rows(f, "SELECT op FROM revision WHERE name LIKE '0_-安全.txt' ORDER BY rev",
		"create\nremove\nrename");
}

static void name_and_body_can_change_together(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "UPDATE section SET name = '09.txt', body = 'neu' WHERE name = '02-安全.txt'");
	expect_text(f, "2016/合肥市/要点/09.txt", "neu");
	assert_false(exists(f, "2016/合肥市/要点/02-安全.txt"));
}

static void deleting_a_section_keeps_its_history(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "DELETE FROM section WHERE name = '01-总则.txt'");
	assert_false(exists(f, "2016/合肥市/要点/01-总则.txt"));
	assert_int_equal(count_versions(f, "01-总则.txt"), 1);
	expect_rows(f,
		"SELECT nlink FROM inode WHERE id = (SELECT inode FROM history "
		"WHERE name = '01-总则.txt')",
		"0");
}

static void what_is_no_section_is_refused_in_words(void **state)
{
	static const struct {
		const char *statement, *message;
	} cases[] = {
		{ "INSERT INTO section (year, district, plan, name) VALUES ('2016', 'a', 'b', 'c')",
			"section name: *.txt, not beginning with . # or ~" },
		{ "INSERT INTO section (year, district, plan, name) VALUES ('16', 'a', 'b', 'c.txt')",
			"year: four digits or 未知年份" },
		{ "INSERT INTO section (year, district, plan, name) VALUES ('2016', '.a', 'b', 'c.txt')",
			"district: a name that does not begin with a dot" },
		{ "INSERT INTO section (year, district, name) VALUES ('2016', 'a', 'c.txt')",
			"plan: a name that does not begin with a dot" },
		{ "INSERT INTO section (year, district, plan, name) "
		  "VALUES ('2016', '合肥市', '要点', '01-总则.txt')",
			"section exists" },
		{ "UPDATE section SET name = 'x.doc'",
			"section name: *.txt, not beginning with . # or ~" },
		{ "UPDATE section SET year = 'x'", "year: four digits or 未知年份" },
		{ "UPDATE section SET size = 1", "size, mtime and inode follow from the text" },
		{ "UPDATE section SET name = 'a/b.txt'",
			"CHECK constraint failed: a name has 1 to 255 bytes, no slash, no NUL, "
			"and is not . or .." },
		{ "INSERT INTO dentry (parent, name, inode) SELECT parent, 'a' || char(0) || 'b', inode FROM dentry LIMIT 1",
			"CHECK constraint failed: a name has 1 to 255 bytes, no slash, no NUL, "
			"and is not . or .." },
		{ "INSERT INTO plan (year, district, name) VALUES ('2016', '合肥市', '要点')",
			"plan exists" },
		{ "INSERT INTO plan (year, district, name) VALUES ('2016', '合肥市', '.x')",
			"plan: a name that does not begin with a dot" },
		{ "UPDATE plan SET meta = '[]'", "meta: not a JSON object" },
		{ "UPDATE plan SET meta = 'x'", "meta: not a JSON object" },
		{ "UPDATE plan SET name = '.x'", "plan: a name that does not begin with a dot" },
		{ "UPDATE plan SET mtime = 0", "mtime and inode follow from the files" },
		{ "UPDATE inode SET mode = 420", "NOT NULL constraint failed: inode.kind" },
	};
	struct fixture *f = with_plan(state);
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++)
		sql_fails(f, cases[i].statement, cases[i].message);
	expect_rows(f, "SELECT count(*) FROM dentry", "5");
}

/* By a file on the way, or by what is no file at the end: nothing is written then. */
static void a_name_that_is_taken_is_refused_in_words(void **state)
{
	static const char file_on_the_way[] = "year, district or plan: the name is that of a file";
	static const char no_file[] = "the name is that of a directory, a link or a device";
	struct fixture *f = with_plan(state);

	assert_int_equal(make_file(f, "2018", "x"), 0);
	assert_int_equal(make_symlink(f, "2019", "2016"), 0);
	assert_int_equal(make_file(f, "2016/a", "x"), 0);
	assert_int_equal(make_file(f, "2016/合肥市/b", "x"), 0);
	assert_int_equal(make_dir(f, "2016/合肥市/要点/plan.json"), 0);
	sql_fails(f,
		"INSERT INTO section (year, district, plan, name, body) VALUES ('2018', 'a', 'b', 'c.txt', 'x')",
		file_on_the_way);
	sql_fails(f,
		"INSERT INTO section (year, district, plan, name, body) VALUES ('2019', 'a', 'b', 'c.txt', 'x')",
		file_on_the_way);
	sql_fails(f,
		"INSERT INTO section (year, district, plan, name, body) VALUES ('2016', 'a', 'b', 'c.txt', 'x')",
		file_on_the_way);
	sql_fails(f, "INSERT INTO plan (year, district, name) VALUES ('2016', '合肥市', 'b')",
		file_on_the_way);
	sql_fails(f, "UPDATE plan SET district = 'a'", file_on_the_way);
	sql_fails(f, "UPDATE section SET year = '2018'", file_on_the_way);
	sql_fails(f, "UPDATE plan SET title = 'x'", no_file);
	expect_rows(f, "SELECT count(*) FROM body", "5");
	expect_rows(f, "SELECT count(*) FROM dentry WHERE parent = 1", "3");
}

static void inserting_a_plan_writes_its_metadata(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "INSERT INTO plan (year, district, name, title, kind, meta) "
	       "VALUES ('2018', '安庆市', '计划', '工作计划', '计划', '{\"author\": \"李\"}')");
	expect_text(f, "2018/安庆市/计划/plan.json",
		"{\"author\":\"李\",\"title\":\"工作计划\",\"kind\":\"计划\"}\n");
	expect_rows(f,
		"SELECT year, district, name, title, kind, topic, json_extract(meta, '$.author') "
		"FROM plan WHERE year = '2018'",
		"2018|安庆市|计划|工作计划|计划|NULL|李");
	expect_rows(f, "SELECT title, kind, meta FROM plan WHERE year = '2016'", "NULL|NULL|{}");
}

static void one_field_of_the_metadata_changes_alone(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "UPDATE plan SET title = 'A', meta = '{\"x\": [1]}'");
	sql(f, "UPDATE plan SET kind = '要点'");
	expect_rows(f, "SELECT meta FROM plan", "{\"x\":[1],\"title\":\"A\",\"kind\":\"要点\"}\n");
	sql(f, "UPDATE plan SET title = NULL");
	expect_rows(f, "SELECT meta FROM plan", "{\"x\":[1],\"kind\":\"要点\"}\n");
	sql(f, "UPDATE plan SET source = '{\"url\": \"u\"}'");
	expect_rows(f, "SELECT source, json_extract(meta, '$.source.url') FROM plan",
		"{\"url\":\"u\"}|u");
	sql(f, "UPDATE plan SET source = '合肥市教育局'");
	expect_rows(f, "SELECT source FROM plan", "合肥市教育局");
}

static void new_metadata_replaces_the_old(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "UPDATE plan SET title = 'A', kind = '要点'");
	sql(f, "UPDATE plan SET meta = '{\"title\": \"B\"}'");
	expect_rows(f, "SELECT title, kind FROM plan", "B|NULL");
}

static void unreadable_metadata_is_kept_and_ignored(void **state)
{
	struct fixture *f = with_plan(state);

	assert_int_equal(make_file(f, "2016/合肥市/要点/plan.json", "{ not json"), 0);
	expect_rows(f, "SELECT title, meta FROM plan", "NULL|{}");
	expect_text(f, "2016/合肥市/要点/plan.json", "{ not json");
}

static void updating_the_year_moves_a_plan(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "UPDATE plan SET year = '2017', district = '安庆市', name = '新要点'");
	expect_text(f, "2017/安庆市/新要点/01-总则.txt", "一、总则");
	assert_false(exists(f, "2016/合肥市/要点"));
	assert_int_equal(stat_at(f, "2016/合肥市").nlink, 2);
	assert_int_equal(stat_at(f, "2017/安庆市").nlink, 3);
	expect_rows(f, "SELECT year, district, plan FROM history WHERE name = '01-总则.txt'",
		"2017|安庆市|新要点");
}

static void deleting_a_plan_deletes_what_is_in_it(void **state)
{
	struct fixture *f = with_plan(state);

	assert_int_equal(make_dir(f, "2016/合肥市/要点/附件"), 0);
	assert_int_equal(make_file(f, "2016/合肥市/要点/附件/a.bin", "x"), 0);
	sql(f, "DELETE FROM plan WHERE year = '2016'");
	assert_false(exists(f, "2016/合肥市/要点"));
	assert_int_equal(stat_at(f, "2016/合肥市").nlink, 2);
	expect_rows(f, "SELECT count(*) FROM dentry", "2");
	expect_rows(f, "SELECT count(*) FROM inode WHERE nlink > 0", "3");
	expect_rows(f, "SELECT year, plan, body FROM history WHERE name = '01-总则.txt'",
		"NULL|NULL|一、总则");
}

static void triggers_do_not_run_for_our_own_changes(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "x"), 0);
	assert_int_equal(save_file(f, PLAN "/a.txt", "y"), 0);
	assert_int_equal(move_to(f, PLAN "/a.txt", PLAN "/b.txt"), 0);
	assert_int_equal(remove_file(f, PLAN "/b.txt"), 0);
	expect_rows(f, "SELECT count(*), count(origin) FROM revision", "8|8");
	expect_rows(f, "SELECT group_concat(op) FROM revision WHERE rev > 3",
		"create,save,remove,rename,remove");
	assert_int_equal(stat_at(f, PLAN).nlink, 2);
}

static void a_foreign_rename_counts_links_right(void **state)
{
	struct fixture *f = with_plan(state);
	struct inode plan = stat_at(f, "2016/合肥市/要点");
	char statement[256];

	snprintf(statement, sizeof(statement),
		"INSERT INTO dentry (parent, name, inode) SELECT %lld, 'b.txt', inode FROM dentry "
		"WHERE name = '01-总则.txt'",
		(long long)plan.id);
	sql(f, statement);
	assert_int_equal(stat_at(f, "2016/合肥市/要点/b.txt").nlink, 2);
	sql(f, "DELETE FROM section WHERE name = 'b.txt'");
	assert_int_equal(stat_at(f, "2016/合肥市/要点/01-总则.txt").nlink, 1);
}

static void names_outside_of_plans_are_not_in_the_views(void **state)
{
	struct fixture *f = with_plan(state);

	assert_int_equal(make_dir(f, "notes"), 0);
	assert_int_equal(make_dir(f, "notes/a"), 0);
	assert_int_equal(make_dir(f, "notes/a/b"), 0);
	assert_int_equal(make_file(f, "notes/a/b/c.txt", "x"), 0);
	assert_int_equal(make_dir(f, "2016/.git"), 0);
	assert_int_equal(make_dir(f, "2016/.git/objects"), 0);
	assert_int_equal(make_file(f, "2016/.git/objects/x.txt", "x"), 0);
	assert_int_equal(make_symlink(f, "2016/合肥市/要点/link.txt", "01-总则.txt"), 0);
	assert_int_equal(make_file(f, "2016/合肥市/要点/~a.txt", "x"), 0);
	expect_rows(f, "SELECT count(*) FROM section", "2");
	expect_rows(f, "SELECT count(*) FROM plan", "1");
}

static void new_numbers_never_collide(void **state)
{
	struct fixture *f = with_plan(state);
	char path[64];
	int i;

	for (i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "2016/合肥市/要点/%d.txt", i);
		assert_int_equal(make_file(f, path, path), 0);
		sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES "
		       "('2017', 'a', 'b', (SELECT count(*) FROM dentry) || '.txt', random())");
		assert_int_equal(save_file(f, path, "x"), 0);
	}
	expect_rows(f, "SELECT count(*) FROM section", "12");
}

static void every_name_has_a_place_that_it_keeps(void **state)
{
	struct fixture *f = with_plan(state);

	sql(f, "CREATE TEMP TABLE old AS SELECT name, seq FROM dentry");
	expect_rows(f, "SELECT count(DISTINCT seq), min(seq) > 0 FROM dentry", "5|1");
	sql(f, "UPDATE section SET name = '09.txt' WHERE name = '01-总则.txt'");
	expect_rows(f,
		"SELECT d.seq = o.seq FROM dentry d, old o WHERE d.name = '09.txt' AND o.name = '01-总则.txt'",
		"1");
	sql(f, "UPDATE section SET year = '2017' WHERE name = '02-安全.txt'");
	expect_rows(f,
		"SELECT d.seq > (SELECT max(seq) FROM old) FROM dentry d WHERE d.name = '02-安全.txt'",
		"1");
	expect_rows(f, "SELECT count(*), count(DISTINCT seq) FROM dentry", "8|8");
	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES "
	       "('2017', '合肥市', '要点', 'z.txt', 'x'), ('2018', 'a', 'b', 'z.txt', 'x')");
	expect_rows(f, "SELECT count(*), count(DISTINCT seq) FROM dentry", "13|13");
	expect_rows(f, "SELECT op, name FROM revision WHERE name GLOB '0*' ORDER BY rev",
		"create|01-总则.txt\ncreate|02-安全.txt\nremove|01-总则.txt\nrename|09.txt\n"
		"remove|02-安全.txt\nrename|02-安全.txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(inserting_a_section_makes_its_directories),
		CASE(updating_a_body_is_a_version),
		CASE(a_body_may_become_empty_and_back),
		CASE(updating_a_name_moves_the_file),
		CASE(name_and_body_can_change_together),
		CASE(deleting_a_section_keeps_its_history),
		CASE(what_is_no_section_is_refused_in_words),
		CASE(a_name_that_is_taken_is_refused_in_words),
		CASE(inserting_a_plan_writes_its_metadata),
		CASE(one_field_of_the_metadata_changes_alone),
		CASE(new_metadata_replaces_the_old),
		CASE(unreadable_metadata_is_kept_and_ignored),
		CASE(updating_the_year_moves_a_plan),
		CASE(deleting_a_plan_deletes_what_is_in_it),
		CASE(triggers_do_not_run_for_our_own_changes),
		CASE(a_foreign_rename_counts_links_right),
		CASE(names_outside_of_plans_are_not_in_the_views),
		CASE(new_numbers_never_collide),
		CASE(every_name_has_a_place_that_it_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
