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

#include "journal.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FD_MAX 4096

/* Calls that glibc's fortified programs use and its headers do not declare. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

static struct {
	int (*openat)(int, const char *, int, ...);
	ssize_t (*pread)(int, void *, size_t, off64_t);
	ssize_t (*pwrite)(int, const void *, size_t, off64_t);
	ssize_t (*write)(int, const void *, size_t);
	ssize_t (*pwritev)(int, const struct iovec *, int, off64_t);
	ssize_t (*writev)(int, const struct iovec *, int);
	int (*ftruncate)(int, off64_t);
	int (*truncate)(const char *, off64_t);
	int (*fallocate)(int, int, off64_t, off64_t);
	int (*posix_fallocate)(int, off64_t, off64_t);
	int (*fsync)(int);
	int (*fdatasync)(int);
	int (*unlinkat)(int, const char *, int);
	int (*renameat2)(int, const char *, int, const char *, unsigned int);
} real;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *prefix; /* of the recorded paths; NULL: record nothing */
static char prefix_dir[PATH_MAX];
static bool broken;
static int log_fd = -1;
static uint64_t serial;      /* of syncs; under lock */
static ino_t fd_ino[FD_MAX]; /* inode of a recorded descriptor, or 0; under lock */
static bool fd_dir[FD_MAX];  /* the descriptor is the directory of the database; under lock */
static ino_t known[64];      /* inodes whose first content is in the log; under lock */

static void find_real_calls(void)
{
	real.openat = dlsym(RTLD_NEXT, "openat64");
	real.pread = dlsym(RTLD_NEXT, "pread64");
	real.pwrite = dlsym(RTLD_NEXT, "pwrite64");
	real.write = dlsym(RTLD_NEXT, "write");
	real.pwritev = dlsym(RTLD_NEXT, "pwritev64");
	real.writev = dlsym(RTLD_NEXT, "writev");
	real.ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
	real.truncate = dlsym(RTLD_NEXT, "truncate64");
	real.fallocate = dlsym(RTLD_NEXT, "fallocate64");
	real.posix_fallocate = dlsym(RTLD_NEXT, "posix_fallocate64");
	real.fsync = dlsym(RTLD_NEXT, "fsync");
	real.fdatasync = dlsym(RTLD_NEXT, "fdatasync");
	real.unlinkat = dlsym(RTLD_NEXT, "unlinkat");
	real.renameat2 = dlsym(RTLD_NEXT, "renameat2");
}

static void init(void)
{
	const char *path = getenv("POWERLOG_LOG");
	const char *db = getenv("POWERLOG_DB");
	char *slash;

	find_real_calls();
	if (!path || !db || db[0] != '/')
		return;
	log_fd = real.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		abort();
	/* SQLite leaves the low descriptors alone, a daemon closes them: go out of their way. */
	log_fd = fcntl(log_fd, F_DUPFD_CLOEXEC, 1000);
	if (log_fd < 0)
		abort();
	broken = getenv("POWERLOG_BREAK") != NULL;
	snprintf(prefix_dir, sizeof(prefix_dir), "%s", db);
	slash = strrchr(prefix_dir, '/');
	slash[slash == prefix_dir] = '\0';
	prefix = db;
}

static void enter(void)
{
	pthread_once(&once, init);
	pthread_mutex_lock(&lock);
}

static void leave(void)
{
	int e = errno;

	pthread_mutex_unlock(&lock);
	errno = e;
}

/* A log with a hole proves nothing: better to die at once. */
static void record(enum journal_type type, ino_t ino, uint64_t value, const void *data, size_t len)
{
	struct journal_rec rec = { .type = type, .ino = ino, .value = value, .len = len };
	int e = errno;

	if (journal_append(log_fd, rec, data) < 0)
		abort();
	errno = e;
}

static bool path_is_recorded(const char *path, char *ret_full)
{
	char cwd[PATH_MAX / 2];
	size_t len;

	if (!prefix)
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
	return strncmp(ret_full, prefix, strlen(prefix)) == 0;
}

static ino_t recorded_ino(int fd)
{
	struct stat64 st;

	if (fd < 0 || fd >= FD_MAX || !fd_ino[fd])
		return 0;
	if (fstat64(fd, &st) < 0 || st.st_ino != fd_ino[fd])
		fd_ino[fd] = 0; /* closed behind our back, and the number used again */
	return fd_ino[fd];
}

static bool learn(ino_t ino)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i] == ino)
			return false;
		if (!known[i]) {
			known[i] = ino;
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

	while ((n = real.pread(fd, block, sizeof(block), at)) > 0) {
		record(JOURNAL_BASE, ino, (uint64_t)at, block, (size_t)n);
		at += n;
	}
}

static void record_open(int fd, const char *full, int flags, bool existed, off64_t old_size)
{
	struct stat64 st;
	bool first;

	if (fstat64(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (!existed)
		record(JOURNAL_OPEN, st.st_ino, 1, full, strlen(full));
	first = learn(st.st_ino);
	if (existed && first) {
		if ((flags & O_ACCMODE) == O_WRONLY)
			abort(); /* its bytes cannot be read */
		record(JOURNAL_OPEN, st.st_ino, 0, full, strlen(full));
		record_base(fd, st.st_ino);
	}
	if (existed && (flags & O_TRUNC) && old_size > 0)
		record(JOURNAL_TRUNC, st.st_ino, 0, NULL, 0);
	fd_ino[fd] = st.st_ino;
}

static int open_any(int dirfd, const char *path, int flags, mode_t mode)
{
	struct stat64 st = { 0 };
	char full[PATH_MAX];
	bool recorded, existed;
	int fd;

	enter();
	recorded = (dirfd == AT_FDCWD || path[0] == '/') && path_is_recorded(path, full);
	existed = recorded && stat64(full, &st) == 0;
	fd = real.openat(dirfd, path, flags, mode);
	if (fd >= 0 && fd < FD_MAX) {
		fd_ino[fd] = 0;
		fd_dir[fd] = prefix && strcmp(path, prefix_dir) == 0;
		if (recorded)
			record_open(fd, full, flags, existed, st.st_size);
	}
	leave();
	return fd;
}

#define MODE_ARG(flags, mode)                                                                      \
	do {                                                                                       \
		va_list args;                                                                      \
		if (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE) {                       \
			va_start(args, flags);                                                     \
			(mode) = (mode_t)va_arg(args, int);                                        \
			va_end(args);                                                              \
		}                                                                                  \
	} while (0)

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_ARG(flags, mode);
	return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_ARG(flags, mode);
	return open_any(AT_FDCWD, path, flags, mode);
}

int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

int openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_ARG(flags, mode);
	return open_any(dirfd, path, flags, mode);
}

int openat64(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_ARG(flags, mode);
	return open_any(dirfd, path, flags, mode);
}

int creat(const char *path, mode_t mode)
{
	return open_any(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

static ssize_t pwrite_any(int fd, const void *data, size_t len, off64_t at)
{
	ssize_t n;
	ino_t ino;

	enter();
	n = real.pwrite(fd, data, len, at);
	ino = n > 0 ? recorded_ino(fd) : 0;
	if (ino)
		record(JOURNAL_WRITE, ino, (uint64_t)at, data, (size_t)n);
	leave();
	return n;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite_any(fd, data, len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return pwrite_any(fd, data, len, at);
}

/*
 * Calls without an offset are rare on a database, and frequent on everything else (the FUSE device
 * above all): those are made without the lock, or one full pipe would stop the whole program.
 */
static bool fd_is_recorded(int fd)
{
	bool yes;

	enter();
	yes = recorded_ino(fd) != 0;
	leave();
	return yes;
}

static void record_iov(int fd, const struct iovec *iov, int count, size_t left, off64_t at)
{
	int i;

	for (i = 0; i < count && left > 0; i++) {
		size_t n = iov[i].iov_len < left ? iov[i].iov_len : left;

		record(JOURNAL_WRITE, recorded_ino(fd), (uint64_t)at, iov[i].iov_base, n);
		at += (off64_t)n;
		left -= n;
	}
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	ssize_t n;

	if (!fd_is_recorded(fd))
		return real.writev(fd, iov, count);
	enter();
	n = real.writev(fd, iov, count);
	if (n > 0)
		record_iov(fd, iov, count, (size_t)n, lseek64(fd, 0, SEEK_CUR) - n);
	leave();
	return n;
}

ssize_t write(int fd, const void *data, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };

	if (!fd_is_recorded(fd))
		return real.write(fd, data, len);
	return writev(fd, &iov, 1);
}

static ssize_t pwritev_any(int fd, const struct iovec *iov, int count, off64_t at)
{
	ssize_t n;

	enter();
	n = real.pwritev(fd, iov, count, at);
	if (n > 0 && recorded_ino(fd))
		record_iov(fd, iov, count, (size_t)n, at);
	leave();
	return n;
}

ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
	return pwritev_any(fd, iov, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *iov, int count, off64_t at)
{
	return pwritev_any(fd, iov, count, at);
}

static int ftruncate_any(int fd, off64_t size)
{
	ino_t ino;
	int r;

	enter();
	r = real.ftruncate(fd, size);
	ino = r == 0 ? recorded_ino(fd) : 0;
	if (ino)
		record(JOURNAL_TRUNC, ino, (uint64_t)size, NULL, 0);
	leave();
	return r;
}

int ftruncate(int fd, off_t size)
{
	return ftruncate_any(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return ftruncate_any(fd, size);
}

static int truncate_any(const char *path, off64_t size)
{
	char full[PATH_MAX];
	struct stat64 st;
	int r;

	enter();
	r = real.truncate(path, size);
	if (r == 0 && path_is_recorded(path, full) && stat64(full, &st) == 0)
		record(JOURNAL_TRUNC, st.st_ino, (uint64_t)size, NULL, 0);
	leave();
	return r;
}

int truncate(const char *path, off_t size)
{
	return truncate_any(path, size);
}

int truncate64(const char *path, off64_t size)
{
	return truncate_any(path, size);
}

/* Room taken in advance shows only as a larger size. */
static void record_size(int fd)
{
	struct stat64 st;

	if (recorded_ino(fd) && fstat64(fd, &st) == 0)
		record(JOURNAL_TRUNC, st.st_ino, (uint64_t)st.st_size, NULL, 0);
}

int fallocate64(int fd, int mode, off64_t at, off64_t len)
{
	int r;

	enter();
	r = real.fallocate(fd, mode, at, len);
	if (r == 0)
		record_size(fd);
	leave();
	return r;
}

int fallocate(int fd, int mode, off_t at, off_t len)
{
	return fallocate64(fd, mode, at, len);
}

int posix_fallocate64(int fd, off64_t at, off64_t len)
{
	int r;

	enter();
	r = real.posix_fallocate(fd, at, len);
	if (r == 0)
		record_size(fd);
	leave();
	return r;
}

int posix_fallocate(int fd, off_t at, off_t len)
{
	return posix_fallocate64(fd, at, len);
}

static int sync_any(int fd, int (*call)(int))
{
	bool dir;
	uint64_t id;
	ino_t ino;
	int r;

	enter();
	ino = recorded_ino(fd);
	dir = fd >= 0 && fd < FD_MAX && fd_dir[fd];
	id = (uint64_t)getpid() << 32 | ++serial;
	if (broken && (ino || dir)) {
		leave();
		return 0;
	}
	if (ino || dir)
		record(ino ? JOURNAL_SYNC_BEGIN : JOURNAL_DIR_BEGIN, ino, id, NULL, 0);
	leave();
	r = call(fd);
	if (r == 0 && (ino || dir)) {
		enter();
		record(ino ? JOURNAL_SYNC_END : JOURNAL_DIR_END, ino, id, NULL, 0);
		leave();
	}
	return r;
}

int fsync(int fd)
{
	pthread_once(&once, init);
	return sync_any(fd, real.fsync);
}

int fdatasync(int fd)
{
	pthread_once(&once, init);
	return sync_any(fd, real.fdatasync);
}

int unlinkat(int dirfd, const char *path, int flags)
{
	char full[PATH_MAX];
	struct stat64 st;
	bool recorded;
	int r;

	enter();
	recorded = (dirfd == AT_FDCWD || path[0] == '/') && path_is_recorded(path, full) &&
		   stat64(full, &st) == 0;
	r = real.unlinkat(dirfd, path, flags);
	if (r == 0 && recorded)
		record(JOURNAL_UNLINK, st.st_ino, 0, full, strlen(full));
	leave();
	return r;
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int renameat2(int olddir, const char *from, int newdir, const char *to, unsigned int flags)
{
	char pair[2 * PATH_MAX], full[PATH_MAX];
	bool a, b;
	size_t len;
	int r;

	enter();
	if (!prefix) {
		leave();
		return real.renameat2(olddir, from, newdir, to, flags);
	}
	a = path_is_recorded(from, pair);
	len = strlen(pair) + 1;
	b = path_is_recorded(to, full);
	r = real.renameat2(olddir, from, newdir, to, flags);
	if (r == 0 && (a || b)) {
		memcpy(pair + len, full, strlen(full) + 1);
		record(JOURNAL_RENAME, 0, 0, pair, len + strlen(full));
	}
	leave();
	return r;
}

int renameat(int olddir, const char *from, int newdir, const char *to)
{
	return renameat2(olddir, from, newdir, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
