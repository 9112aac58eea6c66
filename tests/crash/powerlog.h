/* The recorder's inside: powerlog.c keeps the state, powerlog_calls.c replaces the calls. */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "journal.h"

#define FD_MAX 4096

/* The calls that are replaced, as libc has them. */
struct powerlog_real {
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
};

struct powerlog {
	struct powerlog_real real;
	const char *prefix;   /* of the recorded paths; NULL: record nothing */
	const char *dir;      /* of the database */
	bool broken;          /* swallow fsyncs */
	int fd;               /* of the log */
	uint64_t serial;      /* of syncs; under the lock */
	ino_t fd_ino[FD_MAX]; /* inode of a recorded descriptor, or 0; under the lock */
	bool fd_dir[FD_MAX];  /* it is the directory of the database; under the lock */
	ino_t known[64];      /* inodes whose first content is in the log; under the lock */
};

extern struct powerlog powerlog;

/* Set up once, and take the lock; give it back, errno is kept. */
void powerlog_enter(void);
void powerlog_leave(void);

/* The following want the lock. A log with a hole proves nothing: they end the program instead. */
void powerlog_record(
	enum journal_type type, ino_t ino, uint64_t value, const void *data, size_t len);
void powerlog_open(int fd, const char *full, int flags, bool existed, off64_t old_size);

/* Is @path recorded? @ret_full has room for PATH_MAX and gets the absolute path. */
bool powerlog_wants(const char *path, char *ret_full);

/* The inode of a recorded descriptor, or 0. */
ino_t powerlog_ino(int fd);
