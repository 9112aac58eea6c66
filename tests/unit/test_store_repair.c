/* What the repair mends: one damage, what is said, and what the tree is afterwards. No text is ever lost. */
#include "store_fixture.h"

#include "planfs/check.h"

#include <fcntl.h>
#include <glob.h>

/* What follows from the rest is not told here: each repair ends with it, where it changed names or texts. */
static int add_mended(void *arg, const struct store_finding *finding)
{
	assert_int_equal(finding->level, FINDING_MENDED);
	if (strcmp(finding->kind, "history") == 0)
		return 0;
	return buf_printf(arg, "%s %s: %s\n", finding->kind, finding->path, finding->text);
}

/* A history that does not end in the present tree is no damage, but a repair leaves none. */
static int add_damage(void *arg, const struct store_finding *finding)
{
	if (finding->level != FINDING_DAMAGE && strcmp(finding->kind, "history") != 0)
		return 0;
	return buf_printf(arg, "%s %s: %s\n", finding->kind, finding->path, finding->text);
}

/* Inodes: 1 the root, 2016 the first of the next range, 3 a, 4 p, 5 1.txt, 6 2.txt, 7 2.txt~, 8 d, 9 d/e, 10 l. */
static struct fixture *sound(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(make_dir(f, "2016/a"), 0);
	assert_int_equal(make_dir(f, "2016/a/p"), 0);
	assert_int_equal(make_file(f, "2016/a/p/1.txt", "one"), 0);
	assert_int_equal(make_file(f, "2016/a/p/2.txt", "two"), 0);
	assert_int_equal(make_file(f, "2016/a/p/2.txt~", "\n 草稿：一\nx"), 0);
	assert_int_equal(make_dir(f, "2016/a/p/d"), 0);
	assert_int_equal(make_dir(f, "2016/a/p/d/e"), 0);
	assert_int_equal(make_symlink(f, "2016/a/p/l", "1.txt"), 0);
	assert_int_equal(save_file(f, "2016/a/p/1.txt", "one\n"), 0);
	sql(f, "CREATE VIEW tree AS WITH RECURSIVE t(id, path) AS (VALUES (1, '') UNION ALL "
	       "SELECT d.inode, t.path || '/' || d.name FROM t JOIN dentry d ON d.parent = t.id "
	       "WHERE length(t.path) < 200) SELECT i.kind, t.path, i.nlink, i.size, "
	       "CAST(b.data AS TEXT) AS text FROM t JOIN inode i ON i.id = t.id "
	       "LEFT JOIN body b ON b.id = i.body WHERE path <> ''");
	return f;
}

#define AT(name) "(SELECT inode FROM dentry WHERE name = '" name "')"
#define TEXTS    "SELECT path, text FROM tree WHERE kind = 'file' ORDER BY path"
#define ALL      "/2016/a/p/1.txt|one\n\n/2016/a/p/2.txt|two\n/2016/a/p/2.txt~|\n 草稿：一\nx"
#define DIRS     "SELECT path, nlink FROM tree WHERE kind = 'dir' ORDER BY path"
#define ALL_DIRS "/2016|3\n/2016/a|3\n/2016/a/p|3\n/2016/a/p/d|3\n/2016/a/p/d/e|2"

static const struct {
	const char *damage;
	const char *mended;       /* all that is said, or how it begins when no newline ends it */
	const char *query, *rows; /* afterwards */
	const char *stays;        /* what the check still finds */
} cases[] = {
	/* names */
	{ "DELETE FROM dentry WHERE name = '2.txt'",
		"orphan 2016/a/p/2.txt: had lost its name; it is where the history has it\n", TEXTS,
		ALL, "" },
	{ "DELETE FROM dentry WHERE name = '2.txt~'",
		"orphan lost+found/7-草稿：一.txt: had lost its name\n"
		"links /: its link count said 3, and is 4\n",
		TEXTS " LIMIT 1 OFFSET 2", "/lost+found/7-草稿：一.txt|\n 草稿：一\nx", "" },
	{ "UPDATE dentry SET name = 'x/y' WHERE name = '2.txt'",
		"name 2016/a/p/x／y: had a name that is not legal\n", TEXTS " LIMIT 1 OFFSET 2",
		"/2016/a/p/x／y|two", "" },
	{ "UPDATE dentry SET name = '..' WHERE name = '2.txt'; UPDATE dentry SET name = '．．' "
	  "WHERE name = '1.txt'",
		"name 2016/a/p/．． (2): had a name that is not legal\n", TEXTS " LIMIT 2 OFFSET 1",
		"/2016/a/p/．．|one\n\n/2016/a/p/．． (2)|two", "" },
	{ "UPDATE dentry SET name = CAST(x'610062' AS TEXT) WHERE name = '2.txt'",
		"name 2016/a/p/a␀b: had a name that is not legal\n", TEXTS " LIMIT 1 OFFSET 2",
		"/2016/a/p/a␀b|two", "" },
	{ "UPDATE dentry SET name = '' WHERE name = '2.txt'",
		"name 2016/a/p/无名: had a name that is not legal\n", TEXTS " LIMIT 1 OFFSET 2",
		"/2016/a/p/无名|two", "" },
	{ "UPDATE dentry SET name = replace(hex(zeroblob(50)), '0', '计') WHERE name = '2.txt'",
		"name 2016/a/p/计计",
		"SELECT length(CAST(name AS BLOB)) FROM dentry WHERE inode = 6", "240", "" },
	/* inodes that are missing */
	{ "DELETE FROM inode WHERE id = " AT("2.txt"),
		"inode 2016/a/p/2.txt: inode 6 was missing; it is that of version 5\n", TEXTS, ALL,
		"" },
	{ "DELETE FROM inode WHERE id = " AT("2.txt~"),
		"inode 2016/a/p/2.txt~: named inode 7, of which nothing is known; removed\n",
		"SELECT count(*) FROM tree WHERE path GLOB '*~'", "0", "" },
	{ "DELETE FROM inode WHERE id = " AT("a"),
		"inode 2016/a: inode 3 was missing; it is that of version 2\n"
		"links 2016/a: its link count said 2, and is 3\n",
		TEXTS, ALL, "" },
	{ "DELETE FROM inode WHERE id = " AT("a") "; DELETE FROM revision WHERE inode = 3",
		"inode 2016/a: directory 3 was missing; it was made anew\n"
		"links 2016/a: its link count said 2, and is 3\n",
		TEXTS, ALL, "" },
	{ "DELETE FROM inode WHERE id = " AT("p") "; DELETE FROM dentry WHERE name = 'p'",
		"parent inode 4: the directory was missing; it was made anew\n"
		"orphan 2016/a/p: had lost its name; it is where the history has it\n"
		"links 2016/a/p: its link count said 2, and is 3\n",
		TEXTS, ALL, "" },
	{ "DELETE FROM inode WHERE id = 1",
		"root : the root directory was missing; it was made anew\n"
		"links /: its link count said 2, and is 3\n",
		TEXTS, ALL, "" },
	{ "UPDATE dentry SET parent = 999 WHERE name = '2.txt'",
		"parent inode 999: the directory was missing; it was made anew\n"
		"orphan lost+found/999-directory: had lost its name\n"
		"links /: its link count said 3, and is 4\n"
		"links lost+found: its link count said 2, and is 3\n",
		"SELECT path, text FROM tree WHERE path GLOB '*2.txt'",
		"/lost+found/999-directory/2.txt|two", "" },
	/* the tree */
	{ "INSERT INTO dentry (seq, parent, name, inode) VALUES (901, 1, 'd2', " AT(
		  "d") "); UPDATE inode SET nlink = 4 WHERE id = 1",
		"links 2016/a/p/d: was one name too many of a directory; removed\n"
		"links 2016/a/p: its link count said 3, and is 2\n",
		DIRS, "/2016|3\n/2016/a|3\n/2016/a/p|2\n/d2|3\n/d2/e|2", "" },
	{ "INSERT INTO dentry (seq, parent, name, inode) VALUES (901, " AT("d") ", 'up', " AT(
		  "p") ")",
		"links 2016/a/p/d/up: was one name too many of a directory; removed\n", DIRS,
		ALL_DIRS, "" },
	{ "INSERT INTO dentry (seq, parent, name, inode) VALUES (901, " AT("d") ", 'root', 1)",
		"root 2016/a/p/d/root: was another name of the root directory; removed\n", DIRS,
		ALL_DIRS, "" },
	{ "UPDATE dentry SET parent = " AT(
		  "e") " WHERE name = 'd'; UPDATE dentry SET parent = 8 WHERE name = 'e'",
		"unreachable inode 8", TEXTS, ALL, "" },
	{ "UPDATE dentry SET parent = " AT("e") ", name = '2016' WHERE name = '2016'",
		"unreachable inode ", TEXTS, ALL, "" },
	{ "UPDATE inode SET nlink = 0 WHERE id = " AT("p") "; DELETE FROM dentry WHERE name = 'p'",
		"orphan 2016/a/p: had lost its name; it is where the history has it\n"
		"links 2016/a/p: its link count said 0, and is 3\n",
		TEXTS, ALL, "" },
	{ "DELETE FROM dentry WHERE name = 'p'; DELETE FROM revision WHERE inode = 4; "
	  "INSERT INTO dentry (seq, parent, name, inode) VALUES (901, 1, 'lost+found', " AT(
		  "1.txt") ")",
		"orphan lost+found (2)/4-directory: had lost its name\n"
		"links /: its link count said 3, and is 4\n"
		"links 2016/a: its link count said 3, and is 2\n"
		"links lost+found: its link count said 1, and is 2\n"
		"links lost+found (2): its link count said 2, and is 3\n",
		"SELECT path FROM tree WHERE text = 'two'", "/lost+found (2)/4-directory/2.txt",
		"" },
	/* kinds */
	{ "UPDATE inode SET mode = 33188 WHERE id = 1",
		"root /: was no directory, and is one again\n", TEXTS, ALL, "" },
	{ "UPDATE inode SET mode = 33188 WHERE id = " AT("p"),
		"mode 2016/a/p: has entries and no text: it is a directory again\n", TEXTS, ALL,
		"" },
	{ "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'kind TEXT NOT', 'kind TEXT') "
	  "WHERE name = 'inode'; PRAGMA writable_schema = RESET; UPDATE inode SET mode = 420 WHERE id = 6; "
	  "UPDATE inode SET mode = 1 << 40 WHERE id = 4; UPDATE inode SET mode = -1 WHERE id = 10; "
	  "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'kind TEXT', 'kind TEXT NOT') "
	  "WHERE name = 'inode'; PRAGMA writable_schema = RESET",
		"mode 2016/a/p: its mode, 1099511627776, is of no kind; it is a directory now\n"
		"mode 2016/a/p/2.txt: its mode, 420, is of no kind; it is a file now\n"
		"mode 2016/a/p/l: its mode, -1, is of no kind; it is a symbolic link now\n",
		TEXTS, ALL, "" },
	{ "UPDATE inode SET mode = 4516 WHERE id = " AT("2.txt"),
		"mode 2016/a/p/2.txt: has a text, and nothing that speaks against a file: it is one again\n",
		TEXTS, ALL, "" },
	{ "UPDATE inode SET mode = 16804 WHERE id = " AT("2.txt"),
		"mode 2016/a/p/2.txt: has a text, and nothing that speaks against a file: it is one again\n",
		TEXTS, ALL, "" },
	{ "UPDATE inode SET mode = 33279 WHERE id = " AT("l"),
		"mode 2016/a/p/l: has a target and no text: it is a symbolic link again\n",
		"SELECT kind FROM tree WHERE path GLOB '*/l'", "symlink", "" },
	{ "UPDATE inode SET target = NULL WHERE id = " AT("l"),
		"mode 2016/a/p/l: the symbolic link had lost its target; it has that of the history\n",
		"SELECT target FROM inode WHERE kind = 'symlink'", "1.txt", "" },
	{ "UPDATE inode SET body = (SELECT body FROM inode WHERE id = 6) WHERE id = " AT("d"),
		"orphan lost+found/1027-two.txt: had lost its name\n"
		"mode 2016/a/p/d: had a text, which is in lost+found now\n"
		"links /: its link count said 3, and is 4\n",
		"SELECT path FROM tree WHERE text = 'two' ORDER BY path",
		"/2016/a/p/2.txt\n/lost+found/1027-two.txt", "" },
	{ "UPDATE inode SET uid = -1 WHERE id = " AT("2.txt"),
		"owner 2016/a/p/2.txt: had the owner -1:1000; it has that of the root\n", TEXTS,
		ALL, "" },
	{ "UPDATE inode SET id = -7 WHERE id = " AT(
		  "2.txt") "; UPDATE dentry SET inode = -7 WHERE name = '2.txt'",
		"number 2016/a/p/2.txt: had the number -7\n"
		"text 2016/a/p/2.txt: has the text of another file, and no version of its own; this one is "
		"recorded as one now\n",
		TEXTS, ALL, "" },
	{ "UPDATE dentry SET seq = 0 WHERE name = '2.txt'; UPDATE dentry SET seq = 5 WHERE name = '2.txt~'",
		"place 2016/a/p/2.txt: had no place of its own in its directory\n"
		"place 2016/a/p/2.txt~: had no place of its own in its directory\n",
		TEXTS, ALL, "" },
	/* sums */
	{ "UPDATE inode SET size = -5, nlink = 7", "size /: its size said -5, and is 0", TEXTS, ALL,
		"" },
	{ "DELETE FROM sqlite_sequence; UPDATE revision SET op = 'x', size = -1 WHERE rev = 5",
		"version 2016/a/p/2.txt: version 5 was of an unknown kind, x\n"
		"version 2016/a/p/2.txt: the size of version 5 said -1, and is 3\n"
		"number : the next number of inode was lost\n"
		"number : the next number of body was lost\n"
		"number : the next number of place was lost\n",
		"SELECT name FROM sqlite_sequence ORDER BY name", "body\ninode\nplace", "" },
	{ "INSERT INTO xattr VALUES (999, 'user.a', x'')",
		"xattr : attribute user.a of inode 999, which is missing, was removed\n", TEXTS,
		ALL, "" },
	/* texts */
	{ "DELETE FROM body WHERE id = (SELECT body FROM inode WHERE id = " AT("1.txt") ")",
		"text 2016/a/p/1.txt: its text was missing; it has that of version 4 now\n"
		"size 2016/a/p/1.txt: its size said 4, and is 3\n",
		TEXTS " LIMIT 1", "/2016/a/p/1.txt|one",
		"version 2016/a/p/1.txt: the text of version 9 is missing\n" },
	{ "DELETE FROM body WHERE id = (SELECT body FROM inode WHERE id = " AT("2.txt~") ")",
		"text 2016/a/p/2.txt~: its text is lost, and no version has one; it is empty now\n"
		"size 2016/a/p/2.txt~: its size said 16, and is 0\n",
		TEXTS " LIMIT 1 OFFSET 2", "/2016/a/p/2.txt~|NULL", "" },
	{ "UPDATE inode SET body = (SELECT body FROM inode WHERE id = 5) WHERE id = 6",
		"text 2016/a/p/2.txt: had the text of another file; it has that of version 5 now\n",
		TEXTS, ALL, "" },
	{ "UPDATE body SET data = x'6f6e66' WHERE data = x'6f6e65'", "", TEXTS, ALL,
		"hash 2016/a/p/1.txt: the text of version 4 is not what was written\n" },
	{ "UPDATE body SET data = x'6f6e660a' WHERE data = x'6f6e650a'; UPDATE inode SET size = 5 WHERE id = 6",
		"size 2016/a/p/2.txt: its size said 5, and is 3\n", TEXTS " LIMIT 1",
		"/2016/a/p/1.txt|onf\n",
		"hash 2016/a/p/1.txt: the text is not what was written; version 4 is intact\n"
		"hash 2016/a/p/1.txt: the text of version 9 is not what was written\n" },
	/* the schema */
	{ "DROP TRIGGER inode_save; DROP INDEX dentry_inode; DROP VIEW section",
		"schema : views, triggers and indices were made anew\n",
		"SELECT count(*) FROM section", "2", "" },
	{ "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE INDEX dentry_inode ON "
	  "dentry(name)' WHERE name = 'dentry_inode'; PRAGMA writable_schema = RESET; REINDEX dentry_inode; "
	  "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE INDEX dentry_inode ON "
	  "dentry(inode)' WHERE name = 'dentry_inode'; PRAGMA writable_schema = RESET",
		"index : the indices were built anew\n", TEXTS, ALL, "" },
	{ "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = rtrim(replace(replace(sql, 'STRICT', ''), "
	  "'mtime INTEGER NOT NULL', 'mtime')) WHERE name = 'inode'; PRAGMA writable_schema = RESET; "
	  "UPDATE inode SET mtime = NULL WHERE id = 1; UPDATE inode SET mtime = 'now' WHERE id = 6; "
	  "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = "
	  "replace(sql, '  mtime,', '  mtime INTEGER NOT NULL,') || ' STRICT' WHERE name = 'inode'; "
	  "PRAGMA writable_schema = RESET",
		"value : a mtime in inode was no integer\nvalue : a mtime in inode was no integer\n",
		"SELECT mtime FROM inode WHERE id IN (1, 6)", "0\n0", "" },
};

static void damage(struct fixture *f, const char *statement)
{
	sqlite3_db_config(foreign(f), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sql(f, "PRAGMA ignore_check_constraints = 1");
	sql(f, statement);
	sqlite3_close(f->db);
	f->db = NULL;
}

static int count_copies(struct fixture *f)
{
	char pattern[128];
	glob_t found;
	int n;

	snprintf(pattern, sizeof(pattern), "%s.before-repair-*", f->path);
	n = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
	globfree(&found);
	return n;
}

static bool begins_with(const char *text, const char *start)
{
	size_t len = strlen(start);

	return len > 0 && start[len - 1] != '\n' ? strncmp(text, start, len) == 0
						 : strcmp(text, start) == 0;
}

static void each_damage_is_mended_and_said(void **state)
{
	unsigned wrong = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f = sound(state);
		CLEANUP(buf_done) struct buf mended = { 0 };
		CLEANUP(buf_done) struct buf stays = { 0 };
		CLEANUP(buf_done) struct buf copy = { 0 };
		int n;

		damage(f, cases[i].damage);
		n = store_repair(f->s, add_mended, &mended, &copy);
		if (n < 0 || !begins_with(buf_str(&mended), cases[i].mended)) {
			print_error("%s\n%d\n%sinstead of\n%s\n", cases[i].damage, n,
				buf_str(&mended), cases[i].mended);
			wrong++;
		}
		assert_int_equal(copy.len > 0, n > 0);
		assert_int_equal(count_copies(f), n > 0);
		assert_int_equal(store_check(f->s, add_damage, &stays), 0);
		if (strcmp(buf_str(&stays), cases[i].stays) != 0) {
			print_error("%s\n%sstays\n", cases[i].damage, buf_str(&stays));
			wrong++;
		}
		if (n > 0)
			expect_rows(f, cases[i].query, cases[i].rows);
		fixture_teardown(state);
		fixture_setup(state);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_damage_is_mended_and_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
