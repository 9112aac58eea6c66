/* What happens to a mount: it is made anew, its daemon dies, another program writes the database. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	WAIT_SECONDS = 30,
	EXIT_IN_USE = 4,
};

extern char **environ;

static bool wait_for(bool (*is_so)(const void *), const void *arg)
{
	const struct timespec pause = { 0, 2000000 };
	time_t end = time(NULL) + WAIT_SECONDS;

	while (!is_so(arg)) {
		if (time(NULL) > end)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Returns the exit status. */
static int run_planfs(const char *const *argv)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execv(fuzz.planfs, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		fuzz_fail("planfs %s: status %d", argv[1], status);
	return WEXITSTATUS(status);
}

/* @goes_on: where the kernel can, a new daemon takes the mount over before we come. */
static void mount_again(bool goes_on)
{
	const char *argv[] = { "planfs", "mount", "-o", fuzz.options, fuzz.db, fuzz.base, NULL };
	int status = run_planfs(argv);

	if (status != 0 && !(goes_on && status == EXIT_IN_USE))
		fuzz_fail("planfs mount: exit status %d", status);
	fuzz_look_at_all();
}

void fuzz_remount(void)
{
	const char *argv[] = { "planfs", "umount", fuzz.base, NULL };

	if (!fuzz.db)
		return;
	fuzz_close_all();
	fuzz_note("a new mount");
	if (run_planfs(argv) != 0)
		fuzz_fail("planfs umount failed");
	mount_again(false);
	fuzz.counts[0]++;
}

/* A number of .planfs/status.json. */
static long status_number(const char *key)
{
	char path[PATH_BYTES + 32], text[8192];
	const char *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/.planfs/status.json", fuzz.base);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, key);
	if (!at)
		fuzz_fail("no %s in %s", key, path);
	return atol(at + strlen(key));
}

/*
 * Has the daemon heard of every close? A file that was only made or cut is stored with the last one, of which
 * the kernel tells after close(2) has returned.
 */
static bool is_all_closed(const void *unused)
{
	const struct fuzz_object *seen[HANDLES];
	size_t i, j, n = 0;

	(void)unused;
	for (i = 0; i < HANDLES; i++) {
		const struct fuzz_object *o =
			fuzz.handles[i].fd >= 0 ? fuzz.handles[i].open->object : NULL;

		for (j = 0; j < n && seen[j] != o;)
			j++;
		if (o && o->nlink > 0 && j == n)
			seen[n++] = o;
	}
	return status_number("\"open_files\": ") <= (long)n;
}

static bool is_gone(const void *pid)
{
	return kill(*(const pid_t *)pid, 0) < 0 && errno == ESRCH;
}

/* What was closed or synced is there after a death; what has no name any more is not. */
void fuzz_kill(void)
{
	bool synced = fuzz_one_in(2);
	pid_t pid;
	size_t i;

	if (!fuzz.db)
		return;
	if (!synced)
		fuzz_close_all();
	for (i = 0; i < HANDLES; i++)
		if (fuzz.handles[i].fd >= 0)
			fuzz_expect(fsync(fuzz.handles[i].fd), 0);
	if (!wait_for(is_all_closed, NULL))
		fuzz_fail("the daemon holds files that are closed");
	pid = (pid_t)status_number("\"pid\": ");
	fuzz_note("kill -9 %d, files %s", pid, synced ? "synced" : "closed");
	kill(pid, SIGKILL);
	if (!wait_for(is_gone, &pid))
		fuzz_fail("the daemon does not die");
	fuzz_forget_handles();
	mount_again(true);
	fuzz.counts[1]++;
}

static bool has_writer(const struct fuzz_object *o)
{
	size_t i;

	for (i = 0; i < HANDLES; i++)
		if (fuzz.handles[i].fd >= 0 && fuzz.handles[i].open->object == o &&
			(fuzz.handles[i].open->flags & O_ACCMODE) != O_RDONLY)
			return true;
	return false;
}

/* A section that nobody writes. */
static bool pick_section(struct fuzz_place *p)
{
	const char *dot;
	int tries;

	for (tries = 0; tries < 200; tries++) {
		if (!fuzz_pick_file(p) || fuzz_depth(p->dir) != 3 || has_writer(p->object))
			continue;
		dot = strrchr(p->name, '.');
		if (dot && strcmp(dot, ".txt") == 0 && p->name[0] != '.')
			return true;
	}
	return false;
}

/* Returns whether @sql gave a row. */
static bool run_sql(sqlite3 *db, const char *sql, ino_t ino, const char *body)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	sqlite3_bind_int64(st, 1, (sqlite3_int64)ino);
	if (body)
		sqlite3_bind_text(st, 2, body, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		fuzz_fail("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_finalize(st);
	return rc == SQLITE_ROW;
}

/* Returns false when the file is no section: only below a year it is one. */
static bool update(const struct fuzz_place *p, const char *body)
{
	sqlite3 *db = NULL;
	bool is_section;

	if (sqlite3_open_v2(fuzz.db, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		fuzz_fail("%s: %s", fuzz.db, sqlite3_errmsg(db));
	sqlite3_busy_timeout(db, 10000);
	is_section = run_sql(db, "SELECT 1 FROM section WHERE inode = ?1", p->object->ino, NULL);
	if (is_section)
		run_sql(db, "UPDATE section SET body = ?2 WHERE inode = ?1", p->object->ino, body);
	sqlite3_close(db);
	return is_section;
}

/* Does the file hold what the model says? */
static bool has_come(const void *arg)
{
	const struct fuzz_place *p = arg;
	static char text[TEXT_MAX + 1];
	int fd = open(p->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && stat(p->path, &st) == 0 && (size_t)st.st_size == p->object->len)
		n = pread(fd, text, sizeof(text), 0);
	close(fd);
	return n == (ssize_t)p->object->len && memcmp(text, p->object->text, p->object->len) == 0;
}

void fuzz_sql(void)
{
	struct fuzz_place p;
	struct stat st;
	char body[64];

	if (!fuzz.db || !pick_section(&p))
		return;
	snprintf(body, sizeof(body), "外部程序 %zu\n", fuzz_random(1000000));
	fuzz_note("UPDATE section SET body = %.*s: %s", (int)strcspn(body, "\n"), body, p.path);
	if (fuzz_expect(lstat(p.path, &st), 0))
		fuzz_compare_stat(&st, p.object, p.path);
	if (!update(&p, body))
		return;
	fuzz.counts[2]++;
	fuzz_resize(p.object, 0);
	memcpy(p.object->text, body, strlen(body));
	p.object->len = strlen(body);
	if (!wait_for(has_come, &p))
		fuzz_fail("%s: the change from outside does not come", p.path);
}
