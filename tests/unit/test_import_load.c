/* Histories that are loaded: into a database of their own, where they become its past, and into another one. */
#include "store_fixture.h"

#include "planfs/load.h"
#include "planfs/moment.h"

#include <errno.h>
#include <time.h>

/* The second plan is older than the first; a clock was set back; a file was removed. */
static const char plans[] =
	"[{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", \"mode\": \"0750\", \"mtime\": \"2020-06-01T00:00:00Z\", "
	"\"sections\": [{\"name\": \"1.txt\", \"text\": \"three\", \"mtime\": \"2020-01-03T00:00:00Z\", \"mode\": \"0644\"}], "
	"\"history\": ["
	"{\"time\": \"2020-01-01T00:00:00Z\", \"author\": \"li\", \"op\": \"create\", \"name\": \"1.txt\", \"text\": \"one\", "
	"\"mode\": \"0644\", \"mtime\": \"2020-01-01T00:00:00Z\"},"
	"{\"time\": \"2020-01-02T00:00:00Z\", \"author\": \"li\", \"op\": \"save\", \"name\": \"1.txt\", \"text\": \"two\", "
	"\"mode\": \"0644\", \"mtime\": \"2020-01-02T00:00:00Z\"},"
	"{\"time\": \"2020-01-01T12:00:00Z\", \"author\": \"wu\", \"op\": \"save\", \"name\": \"1.txt\", \"text\": \"three\", "
	"\"mode\": \"0644\", \"mtime\": \"2020-01-03T00:00:00Z\"}]},"
	"{\"year\": \"2016\", \"district\": \"a\", \"name\": \"q\", \"history\": ["
	"{\"time\": \"2018-01-01T00:00:00Z\", \"author\": \"wu\", \"op\": \"create\", \"name\": \"1.txt\", \"text\": \"q\"},"
	"{\"time\": \"2019-01-01T00:00:00Z\", \"author\": \"wu\", \"op\": \"remove\", \"name\": \"1.txt\"},"
	"{\"time\": \"2019-06-01T00:00:00Z\", \"author\": \"wu\", \"op\": \"create\", \"name\": \"2.txt\", \"text\": \"q2\"}], "
	"\"sections\": [{\"name\": \"2.txt\", \"text\": \"q2\"}]}]";

static void load_all(struct fixture *f, int ordered)
{
	CLEANUP(load_freep) struct load *load = NULL;
	struct import_error error = { "" };
	size_t i;

	assert_int_equal(load_parse("x.json", plans, strlen(plans), &load, &error), 0);
	assert_int_equal(load_begin(f->s), ordered);
	load_set_ordered(load, ordered);
	for (i = 0; i < load_count(load); i++)
		assert_int_equal(load_store(f->s, load, i, &error), 0);
	if (ordered)
		assert_int_equal(load_finish(f->s), 0);
}

static int64_t rev_at(struct fixture *f, const char *moment)
{
	int64_t rev = -1;
	bool fixed;

	assert_int_equal(moment_find(f->s, moment, store_now(), &rev, &fixed), 0);
	return rev;
}

/* @text NULL: it is not there. */
static void expect_then(struct fixture *f, const char *moment, const char *path, const char *text)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	struct inode inode;
	int r = moment_resolve(f->s, rev_at(f, moment), path, &inode);

	if (r != (text ? 0 : -ENOENT))
		fail_msg("%s of %s: %d", path, moment, r);
	if (!text)
		return;
	assert_int_equal(store_read_body(f->s, inode.body, &b), 0);
	assert_string_equal(buf_str(&b), text);
}

static void in_an_empty_database_it_is_the_past(void **state)
{
	struct fixture *f = *state;
	struct inode dir;

	load_all(f, 1);
	expect_then(f, "2017-12-31", "2016", NULL);
	expect_then(f, "2018-01-01", "2016/a/q/1.txt", "q");
	expect_then(f, "2018-01-01", "2016/a/p", NULL);
	expect_then(f, "2019-01-02", "2016/a/q/1.txt", NULL);
	expect_then(f, "2019-06-01", "2016/a/q/2.txt", "q2");
	expect_then(f, "2020-01-01", "2016/a/p/1.txt", "one");
	expect_then(f, "2020-01-02", "2016/a/p/1.txt", "three"); /* its clock was behind */
	expect_then(f, "now", "2016/a/p/1.txt", "three");
	expect_then(f, "now", "2016/a/q/1.txt", NULL);
	expect_rows(f,
		"SELECT count(*), min(rev) = 1, max(rev) = count(*), min(origin) > 0 FROM revision",
		"12|1|1|1");
	expect_rows(f,
		"SELECT count(*) FROM revision a JOIN revision b ON b.rev = a.rev + 1 WHERE b.time < a.time",
		"0");
	assert_int_equal(moment_resolve(f->s, rev_at(f, "2018-06-01"), "2016", &dir), 0);
	assert_int_equal(dir.mtime / 1000000000, 1514764800);
	assert_int_equal(stat_at(f, "2016/a/p").mode, S_IFDIR | 0750);
	assert_int_equal(stat_at(f, "2016/a/p").mtime / 1000000000, 1590969600);
	assert_int_equal(moment_resolve(f->s, rev_at(f, "now"), "2016/a/p", &dir), 0);
	assert_int_equal(dir.mode, S_IFDIR | 0750);
	assert_int_equal(dir.mtime / 1000000000, 1590969600);
	/* what is loaded later is not put in order once more */
	assert_int_equal(load_begin(f->s), 0);
}

static void in_another_database_the_past_stays_as_it_was(void **state)
{
	struct fixture *f = *state;
	char then[40], sql_text[200];
	int64_t before, loaded;
	time_t t;
	struct tm tm;

	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(make_dir(f, "2016"), 0);
	sql(f, "UPDATE revision SET time = 1577836800000000000 + rev"); /* 2020-01-01 */
	before = rev_at(f, "now");
	load_all(f, 0);
	loaded = rev_at(f, "now");
	expect_then(f, "2019-12-31", "2017", NULL);
	assert_int_equal(rev_at(f, "2020-01-01"), before);
	assert_int_equal(rev_at(f, "2022-01-01"), before);
	assert_true(loaded > before);
	expect_then(f, "now", "2016/a/p/1.txt", "three");
	expect_then(f, "2022-01-01", "2016/a", NULL);
	/* changes that follow are found as ever */
	snprintf(sql_text, sizeof(sql_text),
		"UPDATE revision SET time = time - 7200000000000 WHERE time > 1600000000000000000");
	sql(f, sql_text);
	assert_int_equal(save_file(f, "2016/a/p/1.txt", "four"), 0);
	t = time(NULL) - 3600;
	strftime(then, sizeof(then), "%Y-%m-%dT%H:%M:%S", localtime_r(&t, &tm));
	assert_int_equal(rev_at(f, then), loaded);
	expect_then(f, "now", "2016/a/p/1.txt", "four");
}

static int mark_it(struct txn *t, void *arg)
{
	return txn_set_mark(t, "m", *(const int64_t *)arg);
}

static void marks_stay_where_they_were(void **state)
{
	CLEANUP(load_freep) struct load *load = NULL;
	struct fixture *f = *state;
	struct import_error error = { "" };
	int64_t rev;
	const struct change c = { .apply = mark_it, .arg = &rev, .wait_ms = 1000 };

	/* an order that was interrupted is made up for by the next one */
	assert_int_equal(load_parse("x.json", plans, strlen(plans), &load, &error), 0);
	load_set_ordered(load, true);
	assert_int_equal(load_store(f->s, load, 0, &error), 0);
	rev = rev_at(f, "now");
	assert_int_equal(store_change(f->s, &c), 0);
	assert_int_equal(load_begin(f->s), 1);
	assert_int_equal(load_store(f->s, load, 1, &error), 0);
	assert_int_equal(load_finish(f->s), 0);
	expect_then(f, "m", "2016/a/p/1.txt", "three");
	expect_rows(f, "SELECT r.op, r.name FROM revision r JOIN mark USING (rev)", "attr|p");
}

static void a_plan_without_history_is_of_now(void **state)
{
	static const char json[] =
		"{\"year\": \"2016\", \"district\": \"a\", \"name\": \"p\", "
		"\"sections\": [{\"name\": \"1.txt\", \"text\": \"x\", \"mtime\": \"2016-01-01T00:00:00Z\"}]}";
	CLEANUP(load_freep) struct load *load = NULL;
	struct fixture *f = *state;
	struct import_error error = { "" };

	assert_int_equal(load_parse("x.json", json, strlen(json), &load, &error), 0);
	assert_int_equal(load_begin(f->s), 1);
	load_set_ordered(load, true);
	assert_int_equal(load_store(f->s, load, 0, &error), 0);
	assert_int_equal(load_finish(f->s), 0);
	expect_then(f, "2020-01-01", "2016", NULL);
	expect_then(f, "now", "2016/a/p/1.txt", "x");
	expect_rows(f, "SELECT count(*) FROM revision WHERE origin < 0", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(in_an_empty_database_it_is_the_past),
		CASE(in_another_database_the_past_stays_as_it_was),
		CASE(marks_stay_where_they_were),
		CASE(a_plan_without_history_is_of_now),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
