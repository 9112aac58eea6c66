/* The feed of other programs' changes, and the numbers about a database. */
#include "store_fixture.h"

struct seen {
	struct buf text;
	int64_t last;
};

static void remember(void *arg, const struct store_feed *change)
{
	struct seen *seen = arg;

	assert_int_equal(buf_printf(&seen->text, "%s %s;", change->op, change->name), 0);
	assert_true(change->rev > seen->last);
	assert_true(change->parent > 0 && change->inode > 0);
	seen->last = change->rev;
}

static void expect_feed(struct fixture *f, int64_t *rev, int count, const char *text)
{
	struct seen seen = { 0 };

	assert_int_equal(store_feed(f->s, rev, remember, &seen), count);
	assert_string_equal(buf_str(&seen.text), text);
	buf_done(&seen.text);
}

static void only_changes_of_others_are_told(void **state)
{
	struct fixture *f = *state;
	int64_t rev = 0;

	make_plan(f);
	expect_feed(f, &rev, 3, "");
	assert_int_equal(rev, 3);
	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES ('2017', 'a', 'b', 'c.txt', 'x')");
	assert_int_equal(make_file(f, PLAN "/a.txt", "x"), 0);
	sql(f, "UPDATE section SET body = 'y' WHERE name = 'c.txt'");
	expect_feed(f, &rev, 6, "create 2017;create a;create b;create c.txt;save c.txt;");
	expect_feed(f, &rev, 0, "");
}

static void another_planfs_is_another(void **state)
{
	struct fixture *f = *state;
	const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	struct store *own = f->s;
	int64_t rev = 0;

	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
	assert_int_equal(make_dir(f, "2016"), 0);
	store_close(f->s);
	f->s = own;
	expect_feed(f, &rev, 1, "create 2016;");
}

static void a_long_feed_comes_in_pieces(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { 0 };
	int64_t rev = 0;

	sql(f, "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
	       "INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime) "
	       "SELECT i, 'sql', 'attr', 1, 'n' || i, 1, 16877, 0, 0, 0, 0 FROM n");
	assert_int_equal(store_feed(f->s, &rev, remember, &seen), 1000);
	assert_int_equal(rev, 1000);
	assert_int_equal(store_feed(f->s, &rev, remember, &seen), 500);
	assert_int_equal(store_feed(f->s, &rev, remember, &seen), 0);
	assert_int_equal(rev, 1500);
	buf_done(&seen.text);
}

static void plans_and_versions_are_counted(void **state)
{
	struct fixture *f = *state;
	struct store_counts n;
	struct store_status status;

	make_plan(f);
	assert_int_equal(make_dir(f, "notes"), 0);
	assert_int_equal(make_dir(f, "未知年份"), 0);
	assert_int_equal(make_file(f, PLAN "/a.txt", "1"), 0);
	assert_int_equal(save_file(f, PLAN "/a.txt", "2"), 0);
	assert_int_equal(make_file(f, PLAN "/plan.json", "{}"), 0);
	assert_int_equal(make_file(f, PLAN "/b.txt~", "1"), 0);
	assert_int_equal(store_count(f->s, &n), 0);
	assert_int_equal(n.years, 2);
	assert_int_equal(n.districts, 1);
	assert_int_equal(n.plans, 1);
	assert_int_equal(n.sections, 1);
	assert_int_equal(n.versions, 2);
	assert_int_equal(store_get_status(f->s, &status), 0);
	assert_int_equal(status.revision, 8);
	assert_true(status.file_size > 0 && status.wal_size > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_changes_of_others_are_told),
		CASE(another_planfs_is_another),
		CASE(a_long_feed_comes_in_pieces),
		CASE(plans_and_versions_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
