/* Group commit: many threads, other programs' locks, a database that vanishes, a full disk. */
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>

enum { THREADS = 16, ROUNDS = 60 };

/* One thread's work: files of its own, every third change fails after it has written. */
struct worker {
	struct store *s;
	int number;
	int made, failed;
	bool durable;
};

struct attempt {
	int64_t parent;
	char name[32];
	bool fail;
};

static int apply_attempt(struct txn *t, void *arg)
{
	const struct text text = { "text", 4 };
	struct inode inode = { .mode = S_IFREG | 0644 };
	struct attempt *a = arg;
	int r;

	r = txn_create(t, a->parent, a->name, &inode, &text);
	return r < 0 ? r : a->fail ? -EPERM : 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct attempt a = { .parent = STORE_ROOT, .fail = i % 3 == 2 };
		const struct change c = {
			.apply = apply_attempt, .arg = &a, .durable = w->durable, .wait_ms = 20000
		};
		int r;

		snprintf(a.name, sizeof(a.name), "%d-%d", w->number, i);
		r = store_change(w->s, &c);
		w->made += r == 0;
		w->failed += r == -EPERM;
	}
	return NULL;
}

static void run_workers(struct fixture *f, bool durable)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	char expected[32];
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .s = f->s, .number = i, .durable = durable && i % 2 };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].made, ROUNDS - ROUNDS / 3);
		assert_int_equal(workers[i].failed, ROUNDS / 3);
	}
	snprintf(expected, sizeof(expected), "%d", THREADS * (ROUNDS - ROUNDS / 3));
	expect_rows(f, "SELECT count(*) FROM dentry", expected);
	expect_rows(f, "SELECT count(*) FROM revision", expected);
	expect_rows(f, "SELECT count(*) FROM body", expected);
	expect_rows(f, "SELECT count(*) FROM dentry WHERE name LIKE '%-2'", "0");
}

static void many_threads_lose_nothing(void **state)
{
	run_workers(*state, false);
}

static void many_threads_that_want_the_disk_lose_nothing(void **state)
{
	run_workers(*state, true);
}

static void *take_numbers(void *arg)
{
	struct fixture *f = arg;
	int64_t *ids = calloc(3000, sizeof(*ids));
	int i;

	for (i = 0; ids && i < 3000; i++)
		if (store_new_inode_id(f->s, &ids[i]) < 0 || (i > 0 && ids[i] <= ids[i - 1]))
			ids[i] = 0;
	return ids;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void inode_numbers_are_given_once(void **state)
{
	static int64_t all[4 * 3000];
	pthread_t threads[4];
	size_t i;

	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_numbers, *state), 0);
	for (i = 0; i < 4; i++) {
		void *ids;

		pthread_join(threads[i], &ids);
		assert_non_null(ids);
		memcpy(&all[i * 3000], ids, 3000 * sizeof(all[0]));
		free(ids);
	}
	qsort(all, ARRAY_LEN(all), sizeof(all[0]), compare_ids);
	for (i = 0; i < ARRAY_LEN(all); i++)
		assert_true(all[i] > STORE_ROOT && (i == 0 || all[i] > all[i - 1]));
}

static void another_programs_lock_is_waited_for_and_then_ebusy(void **state)
{
	struct fixture *f = *state;
	struct attempt a = { .parent = STORE_ROOT, .name = "x" };
	struct change c = { .apply = apply_attempt, .arg = &a, .wait_ms = 60 };
	int64_t start = store_now(), took;

	sql(f, "BEGIN IMMEDIATE");
	assert_int_equal(store_change(f->s, &c), -EBUSY);
	took = (store_now() - start) / 1000000;
	assert_true(took >= 60 && took < 2000);
	assert_false(exists(f, "x")); /* reading goes on meanwhile */
	sql(f, "COMMIT");
	assert_int_equal(store_change(f->s, &c), 0);
	assert_true(exists(f, "x"));
}

static void *change_in_thread(void *arg)
{
	struct fixture *f = arg;

	return (void *)(intptr_t)make_dir(f, "2016");
}

static void a_short_lock_of_another_program_is_only_a_delay(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;
	void *result;

	sql(f, "BEGIN IMMEDIATE");
	assert_int_equal(pthread_create(&thread, NULL, change_in_thread, f), 0);
	sql(f, "INSERT INTO section (year, district, plan, name) VALUES ('2017', 'a', 'b', 'c.txt')");
	sql(f, "COMMIT");
	pthread_join(thread, &result);
	assert_int_equal((intptr_t)result, 0);
	assert_true(exists(f, "2016"));
	assert_true(exists(f, "2017"));
}

static void what_is_committed_is_seen_by_others_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_dir(f, "2016"), 0);
	expect_rows(f, "SELECT name FROM dentry", "2016");
}

static void a_bare_sync_needs_nothing_to_sync(void **state)
{
	static const struct change sync = { .durable = true, .wait_ms = 1000 };
	struct fixture *f = *state;

	assert_int_equal(store_change(f->s, &sync), 0);
	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(store_change(f->s, &sync), 0);
}

static void move_file(struct fixture *f, const char *suffix)
{
	char from[128], to[160];

	snprintf(from, sizeof(from), "%s%s", f->path, suffix);
	snprintf(to, sizeof(to), "%s.away", from);
	assert_int_equal(rename(from, to), 0);
}

static void a_deleted_database_takes_no_saves(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_dir(f, "2016"), 0);
	move_file(f, "");
	assert_int_equal(make_dir(f, "2017"), -ESTALE);
	assert_false(exists(f, "2017"));
}

static void a_replaced_database_takes_no_saves(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf why = { 0 };

	assert_int_equal(make_dir(f, "2016"), 0);
	move_file(f, "");
	assert_int_equal(store_create(f->path, &why), 0);
	assert_int_equal(make_dir(f, "2017"), -ESTALE);
}

static void a_deleted_log_takes_no_saves(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(make_dir(f, "2017"), 0);
	move_file(f, "-wal");
	assert_int_equal(make_dir(f, "2018"), -ESTALE);
}

/* Looks at the store, as another thread might, while the only reader connection is in use. */
static int look_beside(void *arg, const char *data, size_t len)
{
	CLEANUP(buf_done) struct buf names = { 0 };

	(void)data;
	(void)len;
	return store_list_xattr(arg, STORE_ROOT, &names);
}

static void a_database_in_the_place_of_ours_is_not_read(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf why = { 0 };
	char away[128], other[128];
	int64_t id;

	assert_int_equal(make_file(f, "file", "ours"), 0);
	id = stat_at(f, "file").id;
	move_file(f, "");
	snprintf(other, sizeof(other), "%s.other", f->path);
	assert_int_equal(store_create(other, &why), 0);
	assert_int_equal(rename(other, f->path), 0);
	assert_int_equal(store_with_text(f->s, id, look_beside, f->s), -ESTALE);
	snprintf(away, sizeof(away), "%s.away", f->path);
	assert_int_equal(rename(away, f->path), 0);
	assert_int_equal(store_with_text(f->s, id, look_beside, f->s), 0);
	assert_int_equal(save_file(f, "file", "still ours"), 0);
	expect_text(f, "file", "still ours");
}

static int apply_too_much(struct txn *t, void *arg)
{
	static char data[1 << 20];
	const struct text text = { data, sizeof(data) };
	struct inode inode = { .mode = S_IFREG | 0644 };
	int r = 0, i;

	(void)arg;
	for (i = 0; i < 16 && r == 0; i++) {
		char name[16];

		inode.id = 0;
		snprintf(name, sizeof(name), "big-%d", i);
		r = txn_create(t, STORE_ROOT, name, &inode, &text);
	}
	return r;
}

/* Make a store on a file system of its own; skips the case where that is not allowed. */
static void move_to_small_disk(struct fixture *f, const char *options)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	char dir[48];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		skip();
	store_close(f->s);
	f->s = NULL;
	snprintf(dir, sizeof(dir), "%s/small", f->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mount("planfs-test", dir, "tmpfs", 0, options), 0);
	snprintf(f->path, sizeof(f->path), "%s/plans.db", dir);
	assert_int_equal(store_create(f->path, &why), 0);
	store_open_at(f, true);
}

static void leave_small_disk(struct fixture *f)
{
	char dir[48];

	sqlite3_close(f->db);
	f->db = NULL;
	store_close(f->s);
	f->s = NULL;
	snprintf(dir, sizeof(dir), "%s/small", f->dir);
	assert_int_equal(umount2(dir, 0), 0);
}

static void a_full_disk_is_enospc_and_the_old_text_stays(void **state)
{
	const struct change c = { .apply = apply_too_much, .wait_ms = 1000, .durable = true };
	struct fixture *f = *state;

	move_to_small_disk(f, "size=7m");
	assert_int_equal(make_file(f, "a.txt", "one"), 0);
	assert_int_equal(store_change(f->s, &c), -ENOSPC);
	expect_text(f, "a.txt", "one");
	expect_rows(f, "SELECT count(*) FROM dentry", "1");
	assert_int_equal(save_file(f, "a.txt", "two"), 0);
	expect_text(f, "a.txt", "two");
	leave_small_disk(f);
}

enum { FILES = 600 };

/* Write into @path until there is no byte left. */
static void fill_disk(const char *path)
{
	static const char block[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static bool wait_for_file(struct fixture *f, const char *path)
{
	int64_t limit = store_now() + INT64_C(10000000000);

	while (access(path, F_OK) < 0 && store_now() < limit)
		assert_int_equal(save_file(f, "last", store_now() % 2 ? "1" : "0"), 0);
	return access(path, F_OK) == 0;
}

static void on_a_full_disk_files_can_be_removed(void **state)
{
	struct fixture *f = *state;
	char name[32], filler[80], spare[96];
	int i;

	move_to_small_disk(f, "size=24m");
	snprintf(filler, sizeof(filler), "%s/small/filler", f->dir);
	snprintf(spare, sizeof(spare), "%s-reserve", f->path);
	assert_int_equal(access(spare, F_OK), 0);
	assert_int_equal(make_file(f, "last", "x"), 0);
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%d.txt", i);
		assert_int_equal(make_file(f, name, "text"), 0);
	}
	fill_disk(filler);
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%d.txt", i);
		assert_int_equal(remove_file(f, name), 0);
	}
	expect_rows(f, "SELECT count(*) FROM dentry", "1");
	assert_true(access(spare, F_OK) < 0);

	assert_int_equal(unlink(filler), 0);
	assert_true(wait_for_file(f, spare));
	store_close(f->s);
	f->s = NULL;
	assert_true(access(spare, F_OK) < 0);
	leave_small_disk(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(many_threads_lose_nothing),
		CASE(many_threads_that_want_the_disk_lose_nothing),
		CASE(inode_numbers_are_given_once),
		CASE(another_programs_lock_is_waited_for_and_then_ebusy),
		CASE(a_short_lock_of_another_program_is_only_a_delay),
		CASE(what_is_committed_is_seen_by_others_at_once),
		CASE(a_bare_sync_needs_nothing_to_sync),
		CASE(a_deleted_database_takes_no_saves),
		CASE(a_replaced_database_takes_no_saves),
		CASE(a_deleted_log_takes_no_saves),
		CASE(a_database_in_the_place_of_ours_is_not_read),
		CASE(a_full_disk_is_enospc_and_the_old_text_stays),
		CASE(on_a_full_disk_files_can_be_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
