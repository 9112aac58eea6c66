/* store_create(), store_open(), the mount lock. */
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Opening @name in the fixture's directory fails with @err and the line "PATH: @why". */
static void expect_refusal(
	struct fixture *f, const char *name, bool exclusive, int err, const char *why)
{
	const struct store_options options = { .exclusive = exclusive };
	CLEANUP(buf_done) struct buf line = { 0 };
	struct store *s = NULL;
	char path[128], expected[256];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	snprintf(expected, sizeof(expected), "%s: %s", path, why);
	assert_int_equal(store_open(path, &options, &s, &line), err);
	assert_null(s);
	assert_string_equal(buf_str(&line), expected);
}

static void write_file(struct fixture *f, const char *name, const char *text, off_t at)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
	close(fd);
}

static int count_files(struct fixture *f, const char *pattern)
{
	char command[128];
	FILE *p;
	int n = -1;

	snprintf(command, sizeof(command), "find %s -name '%s' | wc -l", f->dir, pattern);
	p = popen(command, "re");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%d", &n), 1);
	pclose(p);
	return n;
}

static void a_missing_database_says_how_to_make_one(void **state)
{
	expect_refusal(
		*state, "none.db", false, -ENOENT, "no such database; make one with 'planfs init'");
}

static void what_is_no_file_is_refused_without_waiting(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/fifo", f->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_refusal(f, "fifo", false, -EMEDIUMTYPE, "not a regular file; a database is one");
	snprintf(path, sizeof(path), "%s/dir", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_refusal(f, "dir", true, -EMEDIUMTYPE, "not a regular file; a database is one");
}

static void other_files_are_refused_and_left_alone(void **state)
{
	struct fixture *f = *state;
	char path[128];
	struct stat st;
	sqlite3 *db;

	write_file(f, "text", "2016年工作要点\n", 0);
	expect_refusal(f, "text", false, -EMEDIUMTYPE, "not a planfs database");
	write_file(f, "empty", "", 0);
	expect_refusal(f, "empty", true, -EMEDIUMTYPE, "not a planfs database");
	snprintf(path, sizeof(path), "%s/empty", f->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);

	snprintf(path, sizeof(path), "%s/other", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	expect_refusal(f, "other", false, -EMEDIUMTYPE, "not a planfs database");
}

static void a_newer_database_is_refused(void **state)
{
	struct fixture *f = *state;

	sql(f, "PRAGMA user_version = 99");
	expect_refusal(f, "plans.db", false, -EPROTONOSUPPORT,
		"written by a newer planfs; install that version");
	expect_rows(f, "PRAGMA user_version", "99");
}

/* As version 1 wrote it: a plan of two sections, one with two names, made out of their order. */
static void an_older_database_is_upgraded(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf why = { 0 };
	char command[256];

	store_close(f->s);
	f->s = NULL;
	snprintf(command, sizeof(command),
		"rm -f %s*; sqlite3 -batch %s <" TEST_DATA "/schema/version_1.sql >/dev/null",
		f->path, f->path);
	assert_int_equal(system(command), 0);
	expect_rows(f, "PRAGMA user_version", "1");
	assert_int_equal(
		store_open(f->path, &(struct store_options){ .readonly = true }, &f->s, &why),
		-EROFS);
	assert_non_null(strstr(buf_str(&why), "of an older version; open it once for writing"));
	store_open_at(f, false);
	expect_rows(f, "PRAGMA user_version", "5");
	expect_text(f, "2016/合肥市/要点/02-安全.txt", "二、安全第一");
	expect_rows(f, "SELECT name FROM dentry WHERE name GLOB '0*' ORDER BY seq",
		"00-also.txt\n01-总则.txt\n02-安全.txt");
	expect_rows(f, "SELECT count(DISTINCT seq) = count(*) FROM dentry", "1");
	expect_rows(f, "SELECT rev, op, dir_mtime - time, nlink FROM revision ORDER BY rev",
		"1|create|0|NULL\n2|create|0|NULL\n3|create|0|NULL\n4|create|0|NULL\n5|create|0|NULL\n"
		"6|create|0|NULL\n7|save|NULL|NULL\n8|attr|NULL|2\n9|attr|NULL|2");
	assert_int_equal(make_file(f, "2016/合肥市/要点/03.txt", "三"), 0);
	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', '要点', '04.txt', '四')");
	expect_rows(f,
		"SELECT count(DISTINCT seq) = count(*), max(seq) = (SELECT seq FROM sqlite_sequence "
		"WHERE name = 'place') FROM dentry",
		"1|1");
}

static void a_damaged_schema_is_refused(void **state)
{
	struct fixture *f = *state;

	store_close(f->s);
	f->s = NULL;
	write_file(f, "plans.db", "damage damage damage damage damage", 100);
	expect_refusal(f, "plans.db", false, -EIO,
		"damaged; restore a backup, or save what can be read with 'planfs recover'");
}

static void a_symlink_leads_to_the_database(void **state)
{
	struct fixture *f = *state;
	const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	CLEANUP(store_closep) struct store *s = NULL;
	char path[128];

	snprintf(path, sizeof(path), "%s/link", f->dir);
	assert_int_equal(symlink("plans.db", path), 0);
	assert_int_equal(store_open(path, &options, &s, &why), 0);
	assert_string_equal(store_path(s), f->path);
}

static void a_read_only_store_reads_and_refuses_changes(void **state)
{
	struct fixture *f = *state;
	const struct store_options options = { .readonly = true };
	CLEANUP(buf_done) struct buf why = { 0 };

	assert_int_equal(make_dir(f, "2016"), 0);
	store_close(f->s);
	f->s = NULL;
	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
	assert_true(exists(f, "2016"));
	assert_int_equal(make_dir(f, "2017"), -EROFS);
}

/* Open the database as a user who may write nowhere here. Returns the result of store_open(). */
static int open_as_nobody(struct fixture *f, bool readonly, bool look)
{
	const struct store_options options = { .readonly = readonly };
	CLEANUP(buf_done) struct buf why = { 0 };
	struct store *s = NULL;
	struct inode inode;
	pid_t pid = fork();
	int status, r;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(200);
		r = store_open(f->path, &options, &s, &why);
		if (r == 0 && look)
			r = store_lookup(s, STORE_ROOT, "2016", &inode);
		_exit(-r);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void who_may_not_write_can_read(void **state)
{
	struct fixture *f = *state;

	if (getuid() != 0)
		skip();
	assert_int_equal(make_dir(f, "2016"), 0);
	store_close(f->s);
	f->s = NULL;
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(open_as_nobody(f, true, false), -EACCES);
	assert_int_equal(chmod(f->path, 0644), 0);
	assert_int_equal(open_as_nobody(f, false, false), -EACCES);
	assert_int_equal(open_as_nobody(f, true, true), 0);
	assert_int_equal(count_files(f, "plans.db*"), 1);
	/* in use by its owner: through -wal and -shm, which have the permissions of the database */
	store_open_at(f, false);
	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(open_as_nobody(f, true, true), 0);
}

static void only_one_process_mounts(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_wait_unmounted(f->path, 0), 0);
	store_close(f->s);
	store_open_at(f, true);
	assert_int_equal(store_wait_unmounted(f->path, 30), -ETIMEDOUT);
	expect_refusal(f, "plans.db", true, -EBUSY,
		"mounted already; see 'planfs status' of the database");

	store_close(f->s);
	f->s = NULL;
	assert_int_equal(store_wait_unmounted(f->path, 0), 0);
	store_open_at(f, true);
	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(store_wait_unmounted("/nonexistent/x.db", 0), -ENOENT);
}

static void others_open_a_mounted_database(void **state)
{
	struct fixture *f = *state;
	const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	CLEANUP(store_closep) struct store *other = NULL;
	struct inode inode;

	store_close(f->s);
	store_open_at(f, true);
	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(store_open(f->path, &options, &other, &why), 0);
	assert_int_equal(store_lookup(other, STORE_ROOT, "2016", &inode), 0);
}

static void closing_leaves_one_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_dir(f, "2016"), 0);
	store_close(f->s);
	f->s = NULL;
	assert_int_equal(count_files(f, "plans.db*"), 1);
	store_open_at(f, true);
	assert_int_equal(make_dir(f, "2017"), 0);
	store_close(f->s);
	f->s = NULL;
	assert_int_equal(count_files(f, "plans.db*"), 1);
	store_close(NULL);
}

static void a_new_database_is_private_and_empty(void **state)
{
	struct fixture *f = *state;
	struct store_status status;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(store_get_status(f->s, &status), 0);
	assert_int_equal(status.revision, 0);
	assert_int_equal(status.schema_version, 5);
	assert_int_equal(stat_at(f, "").mode, S_IFDIR | 0755);
	assert_int_equal(stat_at(f, "").uid, getuid());
}

static void creating_never_replaces(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf why = { 0 };
	char expected[128];

	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(store_create(f->path, &why), -EEXIST);
	snprintf(expected, sizeof(expected), "%s: exists already; nothing was changed", f->path);
	assert_string_equal(buf_str(&why), expected);
	assert_true(exists(f, "2016"));
	assert_int_equal(store_create("/nonexistent/x.db", &why), -ENOENT);
	assert_string_equal(buf_str(&why), "/nonexistent/x.db: No such file or directory");
}

static void a_failed_creation_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf why = { 0 };
	struct rlimit old, small;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "%s/new.db", f->dir);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 8192;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = store_create(path, &why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(r < 0);
	assert_true(why.len > 0);
	assert_int_equal(count_files(f, "new.db*"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_missing_database_says_how_to_make_one),
		CASE(what_is_no_file_is_refused_without_waiting),
		CASE(other_files_are_refused_and_left_alone),
		CASE(a_newer_database_is_refused),
		CASE(an_older_database_is_upgraded),
		CASE(a_damaged_schema_is_refused),
		CASE(a_symlink_leads_to_the_database),
		CASE(a_read_only_store_reads_and_refuses_changes),
		CASE(who_may_not_write_can_read),
		CASE(only_one_process_mounts),
		CASE(others_open_a_mounted_database),
		CASE(closing_leaves_one_file),
		CASE(a_new_database_is_private_and_empty),
		CASE(creating_never_replaces),
		CASE(a_failed_creation_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
