/* The process that mounts a database is the only one that checkpoints it. */
#include "store_fixture.h"

static struct fixture *mounted(void **state)
{
	struct fixture *f = *state;

	store_close(f->s);
	store_open_at(f, true);
	assert_int_equal(make_dir(f, "2016"), 0);
	return f;
}

/* The first column is 1 when the checkpoint did not get its lock. */
static void expect_checkpoint(struct fixture *f, const char *mode, bool busy)
{
	char pragma[64];
	sqlite3_stmt *st = NULL;

	snprintf(pragma, sizeof(pragma), "PRAGMA wal_checkpoint(%s)", mode);
	sqlite3_busy_timeout(foreign(f), 0);
	assert_int_equal(sqlite3_prepare_v2(f->db, pragma, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), busy);
	sqlite3_finalize(st);
	sqlite3_busy_timeout(f->db, 2000);
}

static void others_cannot_checkpoint_a_mounted_database(void **state)
{
	static const char *const modes[] = { "PASSIVE", "FULL", "RESTART", "TRUNCATE" };
	struct fixture *f = mounted(state);
	size_t i;

	for (i = 0; i < ARRAY_LEN(modes); i++)
		expect_checkpoint(f, modes[i], true);
}

static void others_still_read_and_write(void **state)
{
	struct fixture *f = mounted(state);

	sql(f, "INSERT INTO section (year, district, plan, name) VALUES ('2017', 'a', 'b', 'c.txt')");
	assert_true(exists(f, "2017/a/b/c.txt"));
	sql(f, "VACUUM");
	assert_int_equal(make_dir(f, "2018"), 0);
	expect_checkpoint(f, "PASSIVE", true);
}

static void after_the_mount_they_can(void **state)
{
	struct fixture *f = mounted(state);

	expect_checkpoint(f, "PASSIVE", true);
	store_close(f->s);
	f->s = NULL;
	sql(f, "CREATE TABLE note (x)");
	expect_checkpoint(f, "PASSIVE", false);
}

/* What another program does while it checkpoints. */
static void lock_checkpoint(struct fixture *f, int flags)
{
	sqlite3_file *file = NULL;

	expect_rows(f, "SELECT count(*) FROM dentry", "0"); /* maps the shared memory */
	assert_int_equal(
		sqlite3_file_control(f->db, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
	assert_int_equal(
		file->pMethods->xShmLock(file, 1, 1, flags | SQLITE_SHM_EXCLUSIVE), SQLITE_OK);
}

static void the_lock_is_taken_later_when_another_has_it(void **state)
{
	struct fixture *f = *state;

	store_close(f->s);
	lock_checkpoint(f, SQLITE_SHM_LOCK);
	store_open_at(f, true);
	lock_checkpoint(f, SQLITE_SHM_UNLOCK);
	assert_int_equal(make_dir(f, "2016"), 0);
	expect_checkpoint(f, "PASSIVE", true);
}

static void the_log_stays_small_and_the_lock_is_kept(void **state)
{
	struct fixture *f = mounted(state);
	static char text[20000];
	struct store_status status;
	int i;

	assert_int_equal(make_file(f, "a", "x"), 0);
	for (i = 0; i < 4000; i++) { /* without a pause */
		memset(text, 'a' + i % 26, sizeof(text) - 1);
		assert_int_equal(save_file(f, "a", text), 0);
		if (i == 700)
			expect_checkpoint(f, "PASSIVE", true);
	}
	assert_int_equal(store_get_status(f->s, &status), 0);
	assert_true(status.wal_size < 48 << 20);
	assert_true(status.file_size > 20 << 20);
	expect_checkpoint(f, "PASSIVE", true);
}

static void the_log_is_written_back_in_a_pause(void **state)
{
	struct fixture *f = mounted(state);
	static char text[20000];
	struct store_status status = { 0 };
	int i;

	assert_int_equal(make_file(f, "a", "x"), 0);
	for (i = 0; i < 400; i++) {
		memset(text, 'a' + i % 26, sizeof(text) - 1);
		assert_int_equal(save_file(f, "a", text), 0);
	}
	for (i = 0; i < 30000 && status.file_size < 7 << 20; i++) { /* half a minute at most */
		usleep(1000);
		assert_int_equal(store_get_status(f->s, &status), 0);
	}
	assert_true(status.file_size >= 7 << 20);
	expect_checkpoint(f, "PASSIVE", true);
}

static void a_reader_of_an_old_moment_only_delays_it(void **state)
{
	struct fixture *f = mounted(state);
	static char text[20000];
	struct store_status status;
	int i;

	assert_int_equal(make_file(f, "a", "x"), 0);
	sql(f, "BEGIN; SELECT count(*) FROM dentry");
	for (i = 0; i < 400; i++) {
		memset(text, 'a' + i % 26, sizeof(text) - 1);
		assert_int_equal(save_file(f, "a", text), 0);
	}
	expect_rows(f, "SELECT count(*) FROM body", "1");
	sql(f, "COMMIT");
	expect_rows(f, "SELECT count(*) FROM body", "401");
	assert_int_equal(store_get_status(f->s, &status), 0);
	assert_true(status.wal_size > 8 << 20);
	expect_checkpoint(f, "PASSIVE", true);
}

static int64_t log_size(struct fixture *f)
{
	struct store_status status;

	assert_int_equal(store_get_status(f->s, &status), 0);
	return status.wal_size;
}

/* What a kill at this moment leaves. */
static void expect_copy(struct fixture *f, const char *rows)
{
	struct fixture copy = { 0 };
	char command[512];

	snprintf(copy.path, sizeof(copy.path), "%s/copy.db", f->dir);
	snprintf(command, sizeof(command), "rm -f %s*; cp %s %s && cp %s-wal %s-wal", copy.path,
		f->path, copy.path, f->path, copy.path);
	assert_int_equal(system(command), 0);
	expect_rows(&copy, "SELECT count(*) FROM dentry", rows);
	expect_rows(&copy, "PRAGMA integrity_check", "ok");
	sqlite3_close(copy.db);
}

static void the_log_gets_its_room_before_it_is_needed(void **state)
{
	const struct store_options options = { .exclusive = true, .session = 1 };
	CLEANUP(buf_done) struct buf why = { 0 };
	struct fixture *f = *state;
	int i;

	store_close(f->s);
	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
	for (i = 0; i < 30000 && log_size(f) < 4 << 20; i++) /* half a minute at most */
		usleep(1000);
	assert_true(log_size(f) >= 4 << 20);
	expect_copy(f, "0");
	for (i = 0; i < 30; i++)
		assert_int_equal(make_dir(f, (char[]){ 'a' + i / 10, '0' + i % 10, '\0' }), 0);
	assert_true(log_size(f) < 5 << 20); /* it was written over */
	expect_copy(f, "30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(others_cannot_checkpoint_a_mounted_database),
		CASE(others_still_read_and_write),
		CASE(after_the_mount_they_can),
		CASE(the_lock_is_taken_later_when_another_has_it),
		CASE(the_log_stays_small_and_the_lock_is_kept),
		CASE(the_log_is_written_back_in_a_pause),
		CASE(a_reader_of_an_old_moment_only_delays_it),
		CASE(the_log_gets_its_room_before_it_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
