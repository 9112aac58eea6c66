/* What planfs optimize moves, what it leaves alone, and that nothing of it shows. */
#include "store_fixture.h"

#include "planfs/check.h"
#include "planfs/optimize.h"

#include <errno.h>
#include <signal.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/wait.h>

enum { KILLS = 20, PLAN_SIZE = 20 };

static int64_t room_left = -1; /* bytes that the next statvfs() answers; -1: the truth */

int statvfs(const char *path, struct statvfs *v)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return -1;
	memset(v, 0, sizeof(*v));
	v->f_frsize = v->f_bsize = (unsigned long)fs.f_bsize;
	v->f_bavail = fs.f_bavail;
	if (room_left >= 0) {
		v->f_frsize = 1;
		v->f_bavail = (fsblkcnt_t)room_left;
	}
	return 0;
}

/* --- what there is --- */

/* @n sections of PLAN_SIZE to a plan, saved in turn, so that no two of one plan are neighbours; every third has two versions. */
static void scatter(struct fixture *f, int n)
{
	char statement[900];

	snprintf(statement, sizeof(statement),
		"BEGIN; INSERT INTO section (year, district, plan, name, body) "
		"WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < %d - 1) "
		"SELECT '2016', 'd' || (i %% (%d / %d) %% 7), 'p' || (i %% (%d / %d)), "
		"printf('%%05d.txt', i), replace(hex(zeroblob(50 + i %% 900)), '0', 'x') || i FROM n; "
		"UPDATE section SET body = body || '2' WHERE CAST(name AS INTEGER) %% 3 = 0; COMMIT",
		n, n, PLAN_SIZE, n, PLAN_SIZE);
	sql(f, statement);
}

static void add_rows(struct fixture *f, const char *query, struct buf *rows)
{
	sqlite3_stmt *st = NULL;
	int at;

	if (sqlite3_prepare_v2(foreign(f), query, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(f->db));
	while (sqlite3_step(st) == SQLITE_ROW)
		for (at = 0; at < sqlite3_column_count(st); at++) {
			const char *text = (const char *)sqlite3_column_text(st, at);

			assert_int_equal(buf_printf(rows, "%s|", text ? text : "NULL"), 0);
		}
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
}

/* All that can be observed: all but the numbers of the bodies. */
static void dump(struct fixture *f, struct buf *ret_rows)
{
	static const char *const queries[] = {
		"SELECT i.*, NULL FROM (SELECT id, mode, uid, gid, nlink, size, rdev, atime, mtime, ctime, btime, "
		"target, (SELECT hash FROM body WHERE id = body) IS NULL, (SELECT data FROM body b WHERE b.id = "
		"inode.body) FROM inode) i ORDER BY id",
		"SELECT * FROM dentry ORDER BY parent, name",
		"SELECT * FROM xattr ORDER BY inode, name",
		"SELECT rev, time, author, op, parent, name, inode, mode, uid, gid, size, mtime, target, origin, "
		"(SELECT data FROM body b WHERE b.id = r.body), (SELECT data FROM body b WHERE b.id = r.base), "
		"body IS NULL, base IS NULL OR base = 0 FROM revision r ORDER BY rev",
		"SELECT * FROM section ORDER BY year, district, plan, name",
		"SELECT * FROM history ORDER BY rev",
		"SELECT hex(hash), data FROM body ORDER BY data, hash",
		"PRAGMA application_id",
		"PRAGMA user_version",
		"SELECT type, name, sql FROM sqlite_schema ORDER BY type, name",
	};
	size_t i;

	for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		add_rows(f, queries[i], ret_rows);
}

static int add_damage(void *arg, const struct store_finding *finding)
{
	if (finding->level != FINDING_DAMAGE)
		return 0;
	return buf_printf(arg, "%s %s: %s\n", finding->kind, finding->path, finding->text);
}

static void expect_sound(struct fixture *f)
{
	CLEANUP(buf_done) struct buf damage = { 0 };

	assert_int_equal(store_check(f->s, add_damage, &damage), 0);
	assert_string_equal(buf_str(&damage), "");
}

static struct store_optimized optimize(struct fixture *f)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	struct store_optimized done = { 0 };
	int r = store_optimize(f->s, &done, &why);

	if (r < 0)
		fail_msg("%d %s", r, buf_str(&why));
	return done;
}

static void close_all(struct fixture *f)
{
	sqlite3_close(f->db);
	f->db = NULL;
	store_close(f->s);
	f->s = NULL;
}

static void reopen(struct fixture *f)
{
	close_all(f);
	store_open_at(f, true);
}

static int64_t number(struct fixture *f, const char *query)
{
	CLEANUP(buf_done) struct buf rows = { 0 };

	add_rows(f, query, &rows);
	return strtoll(buf_str(&rows), NULL, 10);
}

/* --- order --- */

static void texts_of_a_scattered_tree_lie_side_by_side(void **state)
{
	struct fixture *f = *state;
	struct store_optimized done;

	scatter(f, 5000);
	done = optimize(f);
	print_message("%d of %d neighbours side by side before, %d now\n",
		(int)done.side_by_side_before, (int)done.neighbours, (int)done.side_by_side);
	assert_int_equal(done.texts, 5000);
	assert_int_equal(done.neighbours, 4999);
	assert_true(done.side_by_side_before < 100);
	assert_int_equal(done.side_by_side, 4999);
	assert_int_equal(done.moved, 5000);
	assert_true(done.rewritten);
	assert_int_equal(number(f, "PRAGMA freelist_count"), 0);
	/* as the plans are read: each by the order of its listing */
	expect_rows(f,
		"SELECT count(*), sum(step = 1) FROM (SELECT i.body - lag(i.body) OVER "
		"(PARTITION BY d.parent ORDER BY d.seq) AS step FROM dentry d JOIN inode i ON i.id = d.inode "
		"WHERE i.body IS NOT NULL) WHERE step IS NOT NULL",
		"4750|4750");
	expect_sound(f);
}

/* Files of a directory come before its directories, and those depth first. */
static void the_order_is_that_of_listings_depth_first(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_dir(f, "b"), 0);
	assert_int_equal(make_dir(f, "a"), 0);
	assert_int_equal(make_dir(f, "b/sub"), 0);
	assert_int_equal(make_file(f, "a/1", "5"), 0);
	assert_int_equal(make_file(f, "b/sub/x", "4"), 0);
	assert_int_equal(make_file(f, "top", "1"), 0);
	assert_int_equal(make_file(f, "b/z", "2"), 0);
	assert_int_equal(make_file(f, "b/y", "3"), 0);
	assert_int_equal(make_file(f, "a/empty", ""), 0);
	assert_int_equal(make_symlink(f, "a/link", "1"), 0);
	assert_int_equal(link_file(f, "b/z", "a/z"), 0);
	reopen(f);
	assert_int_equal(optimize(f).texts, 5);
	expect_rows(f, "SELECT CAST(data AS TEXT) FROM body ORDER BY id", "1\n2\n3\n4\n5");
}

static void nothing_that_shows_is_changed(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf before = { 0 };
	CLEANUP(buf_done) struct buf after = { 0 };

	scatter(f, 400);
	make_file(f, "note", "one");
	save_file(f, "note", "two");
	save_file(f, "note", "three");
	make_file(f, "scratch~", "no version has this");
	make_file(f, "gone", "removed");
	remove_file(f, "gone");
	sql(f, "INSERT INTO xattr SELECT inode, 'user.a', x'00ff' FROM dentry WHERE name = 'note'");
	/* who goes back to a text and on from there has read one that is present */
	sql(f, "UPDATE revision SET base = (SELECT max(body) FROM inode WHERE nlink > 0) WHERE rev % 50 = 7");
	reopen(f);
	dump(f, &before);
	assert_int_equal(optimize(f).moved, 402);
	dump(f, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	assert_true(number(f, "SELECT count(*) FROM revision WHERE base > 0") > 100);
	expect_sound(f);
	reopen(f);
	buf_done(&after);
	dump(f, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	expect_text(f, "note", "three");
}

static void old_versions_stay_and_numbers_are_not_used_again(void **state)
{
	struct fixture *f = *state;
	int64_t top, old;

	scatter(f, 400);
	reopen(f);
	top = number(f, "SELECT seq FROM sqlite_sequence WHERE name = 'body'");
	old = number(f, "SELECT sum(body) FROM revision WHERE body NOT IN (SELECT body FROM inode "
			"WHERE body IS NOT NULL)");
	assert_int_equal(optimize(f).moved, 400);
	assert_true(number(f, "SELECT min(body) FROM inode WHERE body IS NOT NULL") > top);
	assert_int_equal(old, number(f, "SELECT sum(body) FROM revision WHERE body < "
					"(SELECT min(body) FROM inode WHERE body > 0)"));
	top = number(f, "SELECT max(id) FROM body");
	assert_true(number(f, "SELECT seq FROM sqlite_sequence WHERE name = 'body'") >= top);
	assert_int_equal(make_file(f, "new", "text"), 0);
	assert_true(stat_at(f, "new").body > top);
	sql(f, "UPDATE section SET body = 'by SQL' WHERE name = '00001.txt'");
	expect_rows(f, "SELECT count(*) FROM section WHERE body = 'by SQL'", "1");
	expect_sound(f);
}

static void what_is_in_order_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct store_optimized done;

	scatter(f, 400);
	assert_int_equal(optimize(f).moved, 400);
	sql(f, "UPDATE section SET body = 'edited' WHERE name = '00100.txt'");
	done = optimize(f);
	assert_int_equal(done.moved, 0);
	assert_false(done.rewritten);
	assert_int_equal(done.side_by_side_before, 397);
	assert_int_equal(done.size, done.size_before);
}

static void free_pages_are_given_back(void **state)
{
	struct fixture *f = *state;
	struct store_optimized done;

	scatter(f, 400);
	assert_int_equal(optimize(f).moved, 400);
	sql(f, "CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(400000)); DROP TABLE big");
	done = optimize(f);
	assert_int_equal(done.moved, 0);
	assert_true(done.rewritten);
	assert_true(done.free_before >= 400000);
	assert_true(done.size <= done.size_before - 400000);
	reopen(f);
	assert_int_equal(stat(f->path, &(struct stat){ 0 }), 0);
	assert_int_equal(number(f, "PRAGMA page_count") * 4096, done.size);
}

/* Killed between the two transactions: the ids are in order, the pages are not. */
static void the_next_call_finishes_what_was_interrupted(void **state)
{
	struct fixture *f = *state;

	scatter(f, 400);
	assert_int_equal(optimize(f).moved, 400);
	sql(f, "INSERT INTO sqlite_sequence VALUES ('vacuum', 1)");
	expect_sound(f);
	assert_true(optimize(f).rewritten);
	assert_false(optimize(f).rewritten);
}

static void an_empty_tree_is_in_order(void **state)
{
	struct store_optimized done = optimize(*state);

	assert_int_equal(done.texts, 0);
	assert_int_equal(done.neighbours, 0);
	assert_false(done.rewritten);
}

/* --- errors --- */

static void expect_refused(struct fixture *f, int err, const char *line)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	CLEANUP(buf_done) struct buf before = { 0 };
	CLEANUP(buf_done) struct buf after = { 0 };
	struct store_optimized done = { .texts = -7 };

	add_rows(f, "SELECT id, body FROM inode", &before);
	assert_int_equal(store_optimize(f->s, &done, &why), err);
	if (!strstr(buf_str(&why), line))
		fail_msg("%s instead of %s", buf_str(&why), line);
	assert_int_equal(done.texts, -7);
	add_rows(f, "SELECT id, body FROM inode", &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
}

static void a_damaged_database_is_refused(void **state)
{
	struct fixture *f = *state;

	scatter(f, 40);
	sql(f, "UPDATE inode SET size = 7 WHERE body = 3");
	expect_refused(
		f, -EUCLEAN, "plans.db: damaged, and nothing was changed; see 'planfs check'");
}

static void rot_in_a_text_is_no_obstacle(void **state)
{
	struct fixture *f = *state;

	scatter(f, 40);
	make_file(f, "rotten", "abc");
	sql(f, "UPDATE body SET data = CAST('abd' AS BLOB) WHERE data = CAST('abc' AS BLOB)");
	assert_int_equal(optimize(f).moved, 41);
	expect_text(f, "rotten", "abd");
}

static void missing_room_is_said_beforehand(void **state)
{
	struct fixture *f = *state;

	scatter(f, 400);
	room_left = 100000;
	expect_refused(f, -ENOSPC, "plans.db: needs ");
	expect_refused(
		f, -ENOSPC, " MB more room in the directory of the database; nothing was changed");
	room_left = -1;
	assert_int_equal(optimize(f).moved, 400);
	room_left = 0;
	assert_int_equal(optimize(f).moved, 0); /* what needs no room is not refused */
	room_left = -1;
}

static void used_up_numbers_are_said(void **state)
{
	struct fixture *f = *state;

	scatter(f, 40);
	sql(f, "UPDATE sqlite_sequence SET seq = 1 << 62 WHERE name = 'body'");
	expect_refused(f, -EOVERFLOW, "no numbers are left for its texts");
}

static void another_writer_is_busy(void **state)
{
	struct fixture *f = *state;

	scatter(f, 40);
	sql(f, "BEGIN IMMEDIATE");
	expect_refused(f, -EBUSY, "");
	sql(f, "ROLLBACK");
	assert_int_equal(optimize(f).moved, 40);
}

/* --- kill -9 --- */

static _Noreturn void run_child(struct fixture *f)
{
	const struct store_options options = { .exclusive = true };
	CLEANUP(buf_done) struct buf why = { 0 };
	struct store_optimized done;
	int r;

	r = store_open(f->path, &options, &f->s, &why);
	if (r == 0)
		r = store_optimize(f->s, &done, &why);
	if (r == 0)
		store_close(f->s);
	_exit(r == 0 ? 0 : 1);
}

static int64_t log_size(const struct fixture *f)
{
	struct stat st;
	char path[80];

	snprintf(path, sizeof(path), "%s-wal", f->path);
	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/*
 * Kill it when the log has @size bytes: all that is written goes there, so that every step has its turn. Returns
 * whether it was killed; *ret_largest is the largest log that was seen.
 */
static bool run_and_kill(struct fixture *f, int64_t size, int64_t *ret_largest)
{
	int status = 0;
	pid_t pid = fork(), done = 0;

	assert_true(pid >= 0);
	if (pid == 0)
		run_child(f);
	*ret_largest = 0;
	while (done == 0) {
		int64_t now = log_size(f);

		if (now > *ret_largest)
			*ret_largest = now;
		if (now >= size)
			kill(pid, SIGKILL);
		done = waitpid(pid, &status, WNOHANG);
		usleep(20);
	}
	assert_int_equal(done, pid);
	assert_true(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
	return WIFSIGNALED(status);
}

static void copy_file(const struct fixture *f, const char *from, const char *to)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -f %s/plans.db-* && cp %s/%s %s/%s", f->dir, f->dir,
		from, f->dir, to);
	assert_int_equal(system(command), 0);
}

static void a_kill_at_any_moment_leaves_all_as_it_was(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf before = { 0 };
	const int kills =
		getenv("PLANFS_TEST_BYTES") ? KILLS / 3 : KILLS; /* a sanitizer is at work */
	int killed = 0, old = 0, between = 0, i;
	int64_t whole = 0, size;

	scatter(f, 200);
	reopen(f);
	dump(f, &before);
	close_all(f);
	copy_file(f, "plans.db", "before");
	assert_false(run_and_kill(f, INT64_MAX, &whole));
	for (i = 0; i < kills; i++) {
		CLEANUP(buf_done) struct buf after = { 0 };

		copy_file(f, "before", "plans.db");
		killed += run_and_kill(f, whole * i / (kills - 1), &size);
		store_open_at(f, true);
		expect_sound(f);
		dump(f, &after);
		assert_string_equal(buf_str(&before), buf_str(&after));
		between += (int)number(
			f, "SELECT count(*) FROM sqlite_sequence WHERE name = 'vacuum'");
		old += optimize(f).moved > 0;
		assert_false(optimize(f).rewritten);
		close_all(f);
	}
	print_message(
		"%d killed of %d, %d before the numbers were changed, %d before the file was\n",
		killed, kills, old, between);
	assert_true(killed > 0 && old > 0 && between > 0);
	store_open_at(f, true);
}

static int setup_exclusive(void **state)
{
	int r = fixture_setup(state);

	if (r == 0)
		reopen(*state);
	return r;
}

#define EXCLUSIVE(name) cmocka_unit_test_setup_teardown(name, setup_exclusive, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXCLUSIVE(texts_of_a_scattered_tree_lie_side_by_side),
		EXCLUSIVE(the_order_is_that_of_listings_depth_first),
		EXCLUSIVE(nothing_that_shows_is_changed),
		EXCLUSIVE(old_versions_stay_and_numbers_are_not_used_again),
		EXCLUSIVE(what_is_in_order_is_left_alone),
		EXCLUSIVE(free_pages_are_given_back),
		EXCLUSIVE(the_next_call_finishes_what_was_interrupted),
		EXCLUSIVE(an_empty_tree_is_in_order),
		EXCLUSIVE(a_damaged_database_is_refused),
		EXCLUSIVE(rot_in_a_text_is_no_obstacle),
		EXCLUSIVE(missing_room_is_said_beforehand),
		EXCLUSIVE(used_up_numbers_are_said),
		EXCLUSIVE(another_writer_is_busy),
		EXCLUSIVE(a_kill_at_any_moment_leaves_all_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
