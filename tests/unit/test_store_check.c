/* What the check finds: one statement of damage, one finding in words. */
#include "store_fixture.h"

#include "planfs/check.h"

#include <fcntl.h>

static const char *const level_names[] = { "note", "warning", "damage" };

/* Most damages below leave the history behind the tree as well: that has a case of its own. */
static int add_finding(void *arg, const struct store_finding *finding)
{
	if (strcmp(finding->kind, "history") == 0)
		return 0;
	return buf_printf(arg, "%s %s %s: %s\n", level_names[finding->level], finding->kind,
		finding->path, finding->text);
}

/* A plan with two sections and an attachment directory, checked, damaged and checked again. */
static struct fixture *sound(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf found = { 0 };

	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(make_dir(f, "2016/a"), 0);
	assert_int_equal(make_dir(f, "2016/a/p"), 0);
	assert_int_equal(make_file(f, "2016/a/p/1.txt", "one"), 0);
	assert_int_equal(make_file(f, "2016/a/p/2.txt", "two"), 0);
	assert_int_equal(make_file(f, "2016/a/p/2.txt~", "scratch"), 0);
	assert_int_equal(make_file(f, "2016/a/p/empty.txt", NULL), 0);
	assert_int_equal(make_file(f, "2016/a/p/plan.json", "{}"), 0);
	assert_int_equal(make_dir(f, "2016/a/p/d"), 0);
	assert_int_equal(make_symlink(f, "2016/a/p/l", "1.txt"), 0);
	assert_int_equal(save_file(f, "2016/a/p/1.txt", "one\n"), 0);
	assert_int_equal(link_file(f, "2016/a/p/1.txt", "other"), 0);
	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', 'a', 'p', '3.txt', 'x')");
	assert_int_equal(store_check(f->s, add_finding, &found), 0);
	assert_string_equal(buf_str(&found), "");
	return f;
}

#define AT(name) "(SELECT inode FROM dentry WHERE name = '" name "')"

static const struct {
	const char *damage, *findings;
} cases[] = {
	{ "UPDATE body SET data = CAST('onf' || char(10) AS BLOB) WHERE data = CAST('one' || char(10) AS BLOB)",
		"damage hash other: the text is not what was written\n"
		"damage hash 2016/a/p/1.txt: the text of version 10 is not what was written\n" },
	{ "UPDATE body SET data = x'6f6e66' WHERE data = x'6f6e65'",
		"damage hash 2016/a/p/1.txt: the text of version 4 is not what was written\n" },
	{ "UPDATE body SET hash = x'00' WHERE data = x'74776f'",
		"damage hash 2016/a/p/2.txt: the text is not what was written\n"
		"damage hash 2016/a/p/2.txt: the text of version 5 is not what was written\n" },
	{ "UPDATE body SET hash = NULL", "" },
	{ "DELETE FROM body WHERE data = x'6f6e65'",
		"damage version 2016/a/p/1.txt: the text of version 4 is missing\n" },
	{ "UPDATE revision SET op = 'x' WHERE rev = 5",
		"damage version 2016/a/p/2.txt: version 5 is of an unknown kind, x\n" },
	{ "UPDATE inode SET body = 99999 WHERE id = " AT("2.txt"),
		"damage text 2016/a/p/2.txt: the text is missing\n" },
	{ "INSERT INTO body (data) VALUES (x'41')",
		"note unused : 1 text without a file or a version that needs it\n" },
	{ "UPDATE inode SET body = (SELECT body FROM inode WHERE id = " AT(
		  "plan.json") "), size = 2 WHERE id = " AT("2.txt"),
		"damage text 2016/a/p/2.txt: has the text of another file\n" },
	{ "UPDATE inode SET size = 77 WHERE id = " AT("2.txt"),
		"damage size 2016/a/p/2.txt: has 3 bytes, but its size says 77\n" },
	{ "UPDATE inode SET size = 77 WHERE id = " AT("empty.txt"),
		"damage size 2016/a/p/empty.txt: has 0 bytes, but its size says 77\n" },
	{ "UPDATE inode SET target = NULL WHERE id = " AT("l"),
		"damage size 2016/a/p/l: the symbolic link has no target\n" },
	{ "UPDATE inode SET nlink = 7 WHERE id = " AT("2.txt"),
		"damage links 2016/a/p/2.txt: has 1 names, but its link count is 7\n" },
	{ "UPDATE inode SET nlink = 0 WHERE id = " AT("2.txt"),
		"damage links 2016/a/p/2.txt: has 1 names, but its link count is 0\n" },
	{ "UPDATE inode SET nlink = 1 WHERE id = " AT("p"),
		"damage links 2016/a/p: the directory has 1 subdirectories, but its link count is 1\n" },
	{ "UPDATE inode SET nlink = 9 WHERE id = 1",
		"damage links /: the directory has 1 subdirectories, but its link count is 9\n" },
	{ "DELETE FROM dentry WHERE name = '2.txt'",
		"damage orphan inode 6: has no name, though its link count is 1\n" },
	{ "UPDATE inode SET nlink = 0 WHERE id = " AT(
		  "2.txt") "; DELETE FROM dentry WHERE name = '2.txt'",
		"note unlinked : 1 file without a name, in use or waiting to be removed\n" },
	{ "DELETE FROM inode WHERE id = " AT("2.txt"),
		"damage inode 2016/a/p/2.txt: names inode 6, which is missing\n" },
	{ "UPDATE dentry SET parent = 999 WHERE name = '2.txt'",
		"damage parent inode 999/2.txt: directory 999 is missing\n" },
	{ "UPDATE dentry SET parent = " AT("2.txt") " WHERE name = 'empty.txt'",
		"damage parent 2016/a/p/2.txt/empty.txt: stands in what is no directory\n" },
	{ "UPDATE dentry SET name = 'x/y' WHERE name = '2.txt'",
		"damage name 2016/a/p/x/y: the name is not a legal one\n" },
	{ "UPDATE dentry SET name = '..' WHERE name = '2.txt'",
		"damage name 2016/a/p/..: the name is not a legal one\n" },
	{ "UPDATE dentry SET seq = 0 WHERE name = '2.txt'",
		"damage place 2016/a/p/2.txt: has no place in its directory\n" },
	{ "UPDATE dentry SET seq = (SELECT seq FROM dentry WHERE name = '2.txt') WHERE name = '3.txt'",
		"damage place 2016/a/p/3.txt: has the place of another name\n" },
	{ "INSERT INTO xattr VALUES (999, 'user.a', x'')",
		"damage xattr : attribute user.a belongs to inode 999, which is missing\n" },
	{ "DELETE FROM dentry WHERE parent = 1 AND name = '2016'; UPDATE inode SET nlink = 2 WHERE id = 1;"
	  "INSERT INTO dentry (seq, parent, name, inode) SELECT 901, " AT(
		  "d") ", '2016', 2; UPDATE inode SET nlink = 3 WHERE id = " AT("d"),
		"damage unreachable inode" },
	{ "INSERT INTO dentry (seq, parent, name, inode) VALUES (901, " AT(
		  "d") ", 'up', 1); UPDATE inode SET nlink = 3 WHERE id = " AT("d"),
		"damage root 2016/a/p/d/up: is another name of the root directory\n" },
	{ "INSERT INTO dentry (seq, parent, name, inode) VALUES (901, 1, 'd2', " AT(
		  "d") "); UPDATE inode SET nlink = 4 WHERE id = 1",
		"damage links d2: the directory has 2 names\n" },
	{ "UPDATE inode SET mode = 33188 WHERE id = 1",
		"damage root : the root directory is missing\n"
		"damage parent 2016: stands in what is no directory\n"
		"damage parent other: stands in what is no directory\n" },
	{ "UPDATE body SET data = CAST('[1]' AS BLOB), hash = NULL WHERE data = x'7b7d';"
	  "UPDATE revision SET size = 3 WHERE name = 'plan.json';"
	  "UPDATE inode SET size = 3 WHERE id = " AT("plan.json"),
		"warning metadata 2016/a/p/plan.json: is not a JSON object, so the plan has no metadata\n" },
	{ "UPDATE body SET data = CAST('{x' AS BLOB), hash = NULL WHERE data = x'7b7d'",
		"warning metadata 2016/a/p/plan.json: is not a JSON object, so the plan has no metadata\n" },
	{ "UPDATE inode SET body = NULL, size = 0 WHERE id = " AT("plan.json"),
		"warning metadata 2016/a/p/plan.json: is not a JSON object, so the plan has no metadata\n" },
	{ "UPDATE body SET data = x'410ad6d0', hash = NULL WHERE data = x'74776f';"
	  "UPDATE revision SET size = 4 WHERE name = '2.txt';"
	  "UPDATE inode SET size = 4 WHERE id = " AT("2.txt"),
		"warning utf8 2016/a/p/2.txt: is not UTF-8 (line 2, byte 3 of the file); searches miss it\n" },
	{ "UPDATE dentry SET name = CAST(x'd6d0' AS TEXT) WHERE name = '2.txt'",
		"warning utf8 2016/a/p/\xd6\xd0: the name is not UTF-8\n" },
	{ "UPDATE inode SET id = 1 << 62 WHERE id = " AT(
		  "2.txt") "; UPDATE dentry SET inode = 1 << 62 WHERE name = '2.txt'",
		"damage number 2016/a/p/2.txt: is a number that no inode can have\n"
		"damage text 2016/a/p/2.txt: has the text of another file\n" },
	{ "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'inode'; DELETE FROM sqlite_sequence WHERE name = 'body'",
		"damage number : the next number of inode is lost, and 1027 is taken\n"
		"damage number : the next number of body is lost, and 1025 is taken\n" },
	{ "UPDATE inode SET uid = -1, gid = 1 << 40 WHERE id = " AT("2.txt"),
		"damage owner 2016/a/p/2.txt: its owner, -1:1099511627776, cannot be one\n" },
	{ "UPDATE inode SET mode = 4516 WHERE id = " AT("2.txt"),
		"damage mode 2016/a/p/2.txt: has a text, but is no file\n"
		"damage size 2016/a/p/2.txt: is no file, but its size says 3\n" },
	{ "UPDATE inode SET target = 'x' WHERE id = " AT("2.txt"),
		"damage mode 2016/a/p/2.txt: has a target, but is no symbolic link\n" },
	{ "UPDATE inode SET size = -5 WHERE id = " AT("d"),
		"damage size 2016/a/p/d: is no file, but its size says -5\n" },
	{ "UPDATE inode SET size = -5 WHERE id = " AT("2.txt"),
		"damage size 2016/a/p/2.txt: has 3 bytes, but its size says -5\n" },
	{ "UPDATE inode SET nlink = -1 WHERE id = " AT("2.txt"),
		"damage links 2016/a/p/2.txt: has 1 names, but its link count is -1\n" },
	{ "UPDATE inode SET nlink = 0 WHERE id = " AT("p") "; UPDATE inode SET nlink = 2 WHERE id = " AT(
		  "a") "; DELETE FROM dentry WHERE name = 'p'",
		"damage unreachable inode 4/d: the directory cannot be reached from the root\n"
		"damage orphan inode 4: has no name, but something is in it\n"
		"note unlinked : 1 file without a name, in use or waiting to be removed\n" },
	{ "UPDATE revision SET size = 9 WHERE rev = 5",
		"damage version 2016/a/p/2.txt: version 5 has 3 bytes, but its size says 9\n" },
	{ "UPDATE dentry SET name = CAST(x'610062' AS TEXT) WHERE name = '2.txt'",
		"damage name 2016/a/p/a: the name is not a legal one\n" },
	{ "UPDATE dentry SET name = '' WHERE name = '2.txt'",
		"damage name 2016/a/p/\"\": the name is not a legal one\n" },
	{ "UPDATE dentry SET name = hex(zeroblob(128)) WHERE name = 'other'",
		"damage name 00000000" },
	{ "DROP TRIGGER inode_save; DROP INDEX dentry_inode; CREATE VIEW mine AS SELECT 1",
		"damage schema : the index dentry_inode is missing\n"
		"damage schema : the trigger inode_save is missing\n" },
	{ "DROP VIEW history; CREATE VIEW history AS SELECT 1",
		"damage schema : the view history is not the one that planfs makes\n" },
	{ "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'rdev INTEGER NOT NULL', "
	  "'rdev INTEGER') WHERE name = 'inode'",
		"damage schema : the table inode is not the one that planfs makes\n" },
	/* what another program can do that takes the constraints away for a moment */
	{ "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = rtrim(replace(replace(sql, 'STRICT', ''), "
	  "'mtime INTEGER NOT NULL', 'mtime')) WHERE name = 'inode'; PRAGMA writable_schema = RESET; "
	  "UPDATE inode SET mtime = NULL WHERE id = 1; UPDATE inode SET mtime = 'now' WHERE id = " AT(
		  "2.txt") "; PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = "
			   "replace(sql, '  mtime,', '  mtime INTEGER NOT NULL,') || ' STRICT' WHERE name = 'inode'; "
			   "PRAGMA writable_schema = RESET",
		"damage value : NULL value in inode.mtime\n"
		"damage value : non-INTEGER value in inode.mtime\n" },
	{ "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE INDEX dentry_inode ON "
	  "dentry(name)' WHERE name = 'dentry_inode'; PRAGMA writable_schema = RESET; REINDEX dentry_inode; "
	  "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE INDEX dentry_inode ON "
	  "dentry(inode)' WHERE name = 'dentry_inode'; PRAGMA writable_schema = RESET",
		"damage index : row 1 missing from index dentry_inode" },
};

/* All of it; but some damage is told often, or at length: then the first words are enough. */
static bool found_as_expected(const struct buf *found, const char *expected)
{
	size_t len = strlen(expected);

	if (len > 0 && expected[len - 1] != '\n')
		return strncmp(buf_str(found), expected, len) == 0;
	return strcmp(buf_str(found), expected) == 0;
}

static void each_damage_is_found_and_named(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f = sound(state);
		CLEANUP(buf_done) struct buf found = { 0 };

		sqlite3_db_config(foreign(f), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
		sql(f, "PRAGMA ignore_check_constraints = 1");
		sql(f, cases[i].damage);
		assert_int_equal(store_check(f->s, add_finding, &found), 0);
		if (!found_as_expected(&found, cases[i].findings))
			fail_msg("%s\n%sinstead of\n%s", cases[i].damage, buf_str(&found),
				cases[i].findings);
		fixture_teardown(state);
		fixture_setup(state);
	}
}

static void damaged_pages_end_the_check(void **state)
{
	static const char garbage[512] = "garbage";
	struct fixture *f = sound(state);
	CLEANUP(buf_done) struct buf found = { 0 };
	sqlite3_stmt *st;
	int fd, root;

	assert_int_equal(
		sqlite3_prepare_v2(foreign(f),
			"SELECT rootpage FROM sqlite_schema WHERE name = 'dentry'", -1, &st, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	root = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(f->db);
	f->db = NULL;
	store_close(f->s);
	fd = open(f->path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(
		pwrite(fd, garbage, sizeof(garbage), (root - 1) * 4096 + 8), sizeof(garbage));
	close(fd);
	store_open_at(f, false);
	assert_int_equal(store_check(f->s, add_finding, &found), 0);
	assert_non_null(strstr(buf_str(&found), "damage pages : "));
	assert_null(strstr(buf_str(&found), "links"));
}

static int stop_at_once(void *arg, const struct store_finding *finding)
{
	(void)finding;
	++*(int *)arg;
	return 5;
}

static void a_check_can_be_stopped(void **state)
{
	struct fixture *f = sound(state);
	int calls = 0;

	sql(f, "UPDATE inode SET size = 99");
	assert_int_equal(store_check(f->s, stop_at_once, &calls), 5);
	assert_int_equal(calls, 1);
	assert_int_equal(make_dir(f, "2017"), 0);
}

static int add_nothing(void *arg, const struct store_finding *finding)
{
	(void)arg, (void)finding;
	return 0;
}

static int add_history(void *arg, const struct store_finding *finding)
{
	assert_int_equal(finding->level, FINDING_NOTE);
	return strcmp(finding->kind, "history") == 0 ? buf_printf(arg, "%s\n", finding->text) : 0;
}

static void a_history_behind_the_tree_is_noted_and_mended(void **state)
{
	CLEANUP(buf_done) struct buf found = { 0 };
	CLEANUP(buf_done) struct buf copy = { 0 };
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/1.txt", "one"), 0);
	assert_int_equal(make_file(f, PLAN "/2.txt", "two"), 0);
	assert_int_equal(make_file(f, PLAN "/2.txt~", "three"), 0);
	assert_int_equal(store_check(f->s, add_history, &found), 0);
	assert_string_equal(buf_str(&found), "");
	sql(f, "DELETE FROM revision WHERE name = '1.txt'");
	sql(f, "UPDATE revision SET mtime = 1 WHERE name = '2.txt'");
	sql(f, "UPDATE revision SET name = 'x' WHERE name = '合肥市'");
	assert_int_equal(store_check(f->s, add_history, &found), 0);
	assert_string_equal(buf_str(&found),
		"1 name of the history that is not there any more\n"
		"3 names without their present state in the history\n");
	buf_done(&found);
	assert_int_equal(store_repair(f->s, add_nothing, NULL, &copy), 2);
	assert_int_equal(store_check(f->s, add_history, &found), 0);
	assert_string_equal(buf_str(&found), "");
	expect_rows(
		f, "SELECT op FROM revision WHERE author = 'planfs' AND name = '1.txt'", "create");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_history_behind_the_tree_is_noted_and_mended),
		CASE(each_damage_is_found_and_named),
		CASE(damaged_pages_end_the_check),
		CASE(a_check_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
