/*
 * LD_PRELOAD library that records everything a program does to a database and its companion files
 * (-wal, -journal, a reserve; not -shm, which is memory), so that replay can build the disk as a
 * power failure may leave it.
 *
 *   POWERLOG_DB=/abs/plans.db   files whose path begins so are recorded
 *   POWERLOG_LOG=/abs/log       where to (journal.h); appended
 *   POWERLOG_BREAK=1            swallow every fsync and fdatasync: a daemon that forgets them, to
 *                               prove that the test would notice
 *
 * A lock is held over each call and its record, so that a sync that follows a write also follows it
 * in the log. The library opens no second descriptor of a database file: closing one would drop the
 * POSIX locks that SQLite holds.
 */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "powerlog.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char prefix_dir[PATH_MAX];

struct powerlog powerlog = { .fd = -1 };

static void find_real_calls(void)
{
	powerlog.real.openat = dlsym(RTLD_NEXT, "openat64");
	powerlog.real.pread = dlsym(RTLD_NEXT, "pread64");
	powerlog.real.pwrite = dlsym(RTLD_NEXT, "pwrite64");
	powerlog.real.write = dlsym(RTLD_NEXT, "write");
	powerlog.real.pwritev = dlsym(RTLD_NEXT, "pwritev64");
	powerlog.real.writev = dlsym(RTLD_NEXT, "writev");
	powerlog.real.ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
	powerlog.real.truncate = dlsym(RTLD_NEXT, "truncate64");
	powerlog.real.fallocate = dlsym(RTLD_NEXT, "fallocate64");
	powerlog.real.posix_fallocate = dlsym(RTLD_NEXT, "posix_fallocate64");
	powerlog.real.fsync = dlsym(RTLD_NEXT, "fsync");
	powerlog.real.fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	powerlog.real.unlinkat = dlsym(RTLD_NEXT, "unlinkat");
	powerlog.real.renameat2 = dlsym(RTLD_NEXT, "renameat2");
}

static void init(void)
{
	const char *path = getenv("POWERLOG_LOG");
	const char *db = getenv("POWERLOG_DB");
	char *slash;

	find_real_calls();
	if (!path || !db || db[0] != '/')
		return;
	powerlog.fd = powerlog.real.openat(
		AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (powerlog.fd < 0)
		abort();
	/* SQLite leaves the low descriptors alone, a daemon closes them: go out of their way. */
	powerlog.fd = fcntl(powerlog.fd, F_DUPFD_CLOEXEC, 1000);
	if (powerlog.fd < 0)
		abort();
	powerlog.broken = getenv("POWERLOG_BREAK") != NULL;
	snprintf(prefix_dir, sizeof(prefix_dir), "%s", db);
	slash = strrchr(prefix_dir, '/');
	slash[slash == prefix_dir] = '\0';
	powerlog.dir = prefix_dir;
	powerlog.prefix = db;
}

void powerlog_enter(void)
{
	pthread_once(&once, init);
	pthread_mutex_lock(&lock);
}

void powerlog_leave(void)
{
	int e = errno;

	pthread_mutex_unlock(&lock);
	errno = e;
}

void powerlog_record(
	enum journal_type type, ino_t ino, uint64_t value, const void *data, size_t len)
{
	struct journal_rec rec = { .type = type, .ino = ino, .value = value, .len = len };
	int e = errno;

	if (journal_append(powerlog.fd, rec, data) < 0)
		abort();
	errno = e;
}

bool powerlog_wants(const char *path, char *ret_full)
{
	char cwd[PATH_MAX / 2];
	size_t len;

	if (!powerlog.prefix)
		return false;
	if (path[0] == '/')
		snprintf(ret_full, PATH_MAX, "%s", path);
	else if (getcwd(cwd, sizeof(cwd)))
		snprintf(ret_full, PATH_MAX, "%s/%.2000s", cwd, path);
	else
		return false;
	len = strlen(ret_full);
	if (len >= 4 && strcmp(ret_full + len - 4, "-shm") == 0)
		return false;
	return strncmp(ret_full, powerlog.prefix, strlen(powerlog.prefix)) == 0;
}

ino_t powerlog_ino(int fd)
{
	struct stat64 st;

	if (fd < 0 || fd >= FD_MAX || !powerlog.fd_ino[fd])
		return 0;
	if (fstat64(fd, &st) < 0 || st.st_ino != powerlog.fd_ino[fd])
		powerlog.fd_ino[fd] = 0; /* closed behind our back, and the number used again */
	return powerlog.fd_ino[fd];
}

static bool learn(ino_t ino)
{
	size_t i;

	for (i = 0; i < sizeof(powerlog.known) / sizeof(powerlog.known[0]); i++) {
		if (powerlog.known[i] == ino)
			return false;
		if (!powerlog.known[i]) {
			powerlog.known[i] = ino;
			return true;
		}
	}
	abort();
}

static void record_base(int fd, ino_t ino)
{
	static char block[1 << 16];
	off64_t at = 0;
	ssize_t n;

	while ((n = powerlog.real.pread(fd, block, sizeof(block), at)) > 0) {
		powerlog_record(JOURNAL_BASE, ino, (uint64_t)at, block, (size_t)n);
		at += n;
	}
}

void powerlog_open(int fd, const char *full, int flags, bool existed, off64_t old_size)
{
	struct stat64 st;
	bool first;

	if (fstat64(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (!existed)
		powerlog_record(JOURNAL_OPEN, st.st_ino, 1, full, strlen(full));
	first = learn(st.st_ino);
	if (existed && first) {
		if ((flags & O_ACCMODE) == O_WRONLY)
			abort(); /* its bytes cannot be read */
		powerlog_record(JOURNAL_OPEN, st.st_ino, 0, full, strlen(full));
		record_base(fd, st.st_ino);
	}
	if (existed && (flags & O_TRUNC) && old_size > 0)
		powerlog_record(JOURNAL_TRUNC, st.st_ino, 0, NULL, 0);
	powerlog.fd_ino[fd] = st.st_ino;
}
