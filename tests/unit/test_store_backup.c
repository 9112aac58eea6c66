/* Copies of a database in use. */
#include "store_fixture.h"

#include "planfs/check.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

static int refuse_finding(void *arg, const struct store_finding *finding)
{
	(void)arg;
	fail_msg("%s: %s", finding->path, finding->text);
	return 0;
}

/* Open the copy in place of the original. */
static void open_copy(struct fixture *f, const char *path)
{
	store_close(f->s);
	sqlite3_close(f->db);
	f->db = NULL;
	snprintf(f->path, sizeof(f->path), "%s", path);
	store_open_at(f, false);
	assert_int_equal(store_check(f->s, refuse_finding, NULL), 0);
}

static void a_copy_is_complete_and_private(void **state)
{
	struct fixture *f = *state;
	char path[64];
	struct stat st;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "文字"), 0);
	snprintf(path, sizeof(path), "%s/100%%?#.db", f->dir);
	assert_int_equal(store_backup(f->s, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	open_copy(f, path);
	expect_text(f, PLAN "/a.txt", "文字");
}

static void nothing_is_replaced(void **state)
{
	struct fixture *f = *state;
	char path[64];

	assert_int_equal(store_backup(f->s, f->path), -EEXIST);
	snprintf(path, sizeof(path), "%s/dangling", f->dir);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(store_backup(f->s, path), -EEXIST);
	assert_int_equal(store_backup(f->s, f->dir), -EEXIST);
	assert_int_equal(make_dir(f, "2016"), 0);
}

static void a_place_that_is_not_there_is_said(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/none/x.db", f->dir);
	assert_int_equal(store_backup(f->s, path), -ENOENT);
	snprintf(path, sizeof(path), "%s/x.db", f->path);
	assert_int_equal(store_backup(f->s, path), -ENOTDIR);
}

struct writer {
	struct fixture *f;
	atomic_bool stop;
	int saved;
};

static void *write_on(void *arg)
{
	struct writer *w = arg;
	char text[64];

	while (!atomic_load(&w->stop)) {
		snprintf(text, sizeof(text), "%d", w->saved);
		if (save_file(w->f, PLAN "/a.txt", text) != 0 ||
			save_file(w->f, PLAN "/b.txt", text) != 0)
			break;
		w->saved++;
	}
	return NULL;
}

static void writers_go_on_and_the_copy_is_of_one_moment(void **state)
{
	struct fixture *f = *state;
	struct writer w = { .f = f };
	CLEANUP(buf_done) struct buf a = { 0 };
	CLEANUP(buf_done) struct buf b = { 0 };
	char path[64];
	pthread_t thread;
	int i, gap;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "0"), 0);
	assert_int_equal(make_file(f, PLAN "/b.txt", "0"), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
	for (i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "%s/copy-%d.db", f->dir, i);
		assert_int_equal(store_backup(f->s, path), 0);
	}
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	assert_true(w.saved > 1);

	open_copy(f, path);
	assert_int_equal(store_read_body(f->s, stat_at(f, PLAN "/a.txt").body, &a), 0);
	assert_int_equal(store_read_body(f->s, stat_at(f, PLAN "/b.txt").body, &b), 0);
	gap = atoi(buf_str(&a)) - atoi(buf_str(&b));
	assert_true(gap == 0 || gap == 1);
}

static void a_mounted_database_can_be_copied_by_another(void **state)
{
	struct fixture *f = *state;
	const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	CLEANUP(store_closep) struct store *other = NULL;
	char path[64];

	store_close(f->s);
	store_open_at(f, true);
	make_plan(f);
	assert_int_equal(store_open(f->path, &options, &other, &why), 0);
	snprintf(path, sizeof(path), "%s/copy.db", f->dir);
	assert_int_equal(store_backup(other, path), 0);
	assert_int_equal(make_dir(f, "2017"), 0);
	open_copy(f, path);
	assert_true(exists(f, PLAN));
	assert_false(exists(f, "2017"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_copy_is_complete_and_private),
		CASE(nothing_is_replaced),
		CASE(a_place_that_is_not_there_is_said),
		CASE(writers_go_on_and_the_copy_is_of_one_moment),
		CASE(a_mounted_database_can_be_copied_by_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
