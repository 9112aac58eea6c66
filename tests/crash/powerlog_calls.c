/* The calls that powerlog.so replaces: each does what libc does, and says so in the log. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "powerlog.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls that glibc's fortified programs use and its headers do not declare. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

static int open_any(int dirfd, const char *path, int flags, mode_t mode)
{
	struct stat64 st = { 0 };
	char full[PATH_MAX];
	bool recorded, existed;
	int fd;

	powerlog_enter();
	recorded = (dirfd == AT_FDCWD || path[0] == '/') && powerlog_wants(path, full);
	existed = recorded && stat64(full, &st) == 0;
	fd = powerlog.real.openat(dirfd, path, flags, mode);
	if (fd >= 0 && fd < FD_MAX) {
		powerlog.fd_ino[fd] = 0;
		powerlog.fd_dir[fd] = powerlog.prefix && strcmp(path, powerlog.dir) == 0;
		if (recorded)
			powerlog_open(fd, full, flags, existed, st.st_size);
	}
	powerlog_leave();
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

	powerlog_enter();
	n = powerlog.real.pwrite(fd, data, len, at);
	ino = n > 0 ? powerlog_ino(fd) : 0;
	if (ino)
		powerlog_record(JOURNAL_WRITE, ino, (uint64_t)at, data, (size_t)n);
	powerlog_leave();
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

	powerlog_enter();
	yes = powerlog_ino(fd) != 0;
	powerlog_leave();
	return yes;
}

static void record_iov(int fd, const struct iovec *iov, int count, size_t left, off64_t at)
{
	int i;

	for (i = 0; i < count && left > 0; i++) {
		size_t n = iov[i].iov_len < left ? iov[i].iov_len : left;

		powerlog_record(JOURNAL_WRITE, powerlog_ino(fd), (uint64_t)at, iov[i].iov_base, n);
		at += (off64_t)n;
		left -= n;
	}
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	ssize_t n;

	if (!fd_is_recorded(fd))
		return powerlog.real.writev(fd, iov, count);
	powerlog_enter();
	n = powerlog.real.writev(fd, iov, count);
	if (n > 0)
		record_iov(fd, iov, count, (size_t)n, lseek64(fd, 0, SEEK_CUR) - n);
	powerlog_leave();
	return n;
}

ssize_t write(int fd, const void *data, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };

	if (!fd_is_recorded(fd))
		return powerlog.real.write(fd, data, len);
	return writev(fd, &iov, 1);
}

static ssize_t pwritev_any(int fd, const struct iovec *iov, int count, off64_t at)
{
	ssize_t n;

	powerlog_enter();
	n = powerlog.real.pwritev(fd, iov, count, at);
	if (n > 0 && powerlog_ino(fd))
		record_iov(fd, iov, count, (size_t)n, at);
	powerlog_leave();
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

	powerlog_enter();
	r = powerlog.real.ftruncate(fd, size);
	ino = r == 0 ? powerlog_ino(fd) : 0;
	if (ino)
		powerlog_record(JOURNAL_TRUNC, ino, (uint64_t)size, NULL, 0);
	powerlog_leave();
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

	powerlog_enter();
	r = powerlog.real.truncate(path, size);
	if (r == 0 && powerlog_wants(path, full) && stat64(full, &st) == 0)
		powerlog_record(JOURNAL_TRUNC, st.st_ino, (uint64_t)size, NULL, 0);
	powerlog_leave();
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

	if (powerlog_ino(fd) && fstat64(fd, &st) == 0)
		powerlog_record(JOURNAL_TRUNC, st.st_ino, (uint64_t)st.st_size, NULL, 0);
}

int fallocate64(int fd, int mode, off64_t at, off64_t len)
{
	int r;

	powerlog_enter();
	r = powerlog.real.fallocate(fd, mode, at, len);
	if (r == 0)
		record_size(fd);
	powerlog_leave();
	return r;
}

int fallocate(int fd, int mode, off_t at, off_t len)
{
	return fallocate64(fd, mode, at, len);
}

int posix_fallocate64(int fd, off64_t at, off64_t len)
{
	int r;

	powerlog_enter();
	r = powerlog.real.posix_fallocate(fd, at, len);
	if (r == 0)
		record_size(fd);
	powerlog_leave();
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

	powerlog_enter();
	ino = powerlog_ino(fd);
	dir = fd >= 0 && fd < FD_MAX && powerlog.fd_dir[fd];
	id = (uint64_t)getpid() << 32 | ++powerlog.serial;
	if (powerlog.broken && (ino || dir)) {
		powerlog_leave();
		return 0;
	}
	if (ino || dir)
		powerlog_record(ino ? JOURNAL_SYNC_BEGIN : JOURNAL_DIR_BEGIN, ino, id, NULL, 0);
	powerlog_leave();
	r = call(fd);
	if (r == 0 && (ino || dir)) {
		powerlog_enter();
		powerlog_record(ino ? JOURNAL_SYNC_END : JOURNAL_DIR_END, ino, id, NULL, 0);
		powerlog_leave();
	}
	return r;
}

int fsync(int fd)
{
	powerlog_enter();
	powerlog_leave();
	return sync_any(fd, powerlog.real.fsync);
}

int fdatasync(int fd)
{
	powerlog_enter();
	powerlog_leave();
	return sync_any(fd, powerlog.real.fdatasync);
}

int unlinkat(int dirfd, const char *path, int flags)
{
	char full[PATH_MAX];
	struct stat64 st;
	bool recorded;
	int r;

	powerlog_enter();
	recorded = (dirfd == AT_FDCWD || path[0] == '/') && powerlog_wants(path, full) &&
		   stat64(full, &st) == 0;
	r = powerlog.real.unlinkat(dirfd, path, flags);
	if (r == 0 && recorded)
		powerlog_record(JOURNAL_UNLINK, st.st_ino, 0, full, strlen(full));
	powerlog_leave();
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

	powerlog_enter();
	if (!powerlog.prefix) {
		powerlog_leave();
		return powerlog.real.renameat2(olddir, from, newdir, to, flags);
	}
	a = powerlog_wants(from, pair);
	len = strlen(pair) + 1;
	b = powerlog_wants(to, full);
	r = powerlog.real.renameat2(olddir, from, newdir, to, flags);
	if (r == 0 && (a || b)) {
		memcpy(pair + len, full, strlen(full) + 1);
		powerlog_record(JOURNAL_RENAME, 0, 0, pair, len + strlen(full));
	}
	powerlog_leave();
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
