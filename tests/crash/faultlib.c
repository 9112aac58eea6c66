/*
 * LD_PRELOAD library that makes writes to a database, or allocations, of a whole program fail on demand.
 *
 *   FAULT_DB=/abs/plans.db      files whose path begins so
 *   FAULT_CONTROL=/abs/control  a file of 64 bytes that another program maps, too: struct control
 *
 * Not under a sanitizer that replaces malloc() itself.
 */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { KIND_EIO = 1, KIND_ENOSPC, KIND_MEMORY };

struct control {
	atomic_llong kind;      /* 0: nothing fails */
	atomic_llong left;      /* operations until the one that fails */
	atomic_llong on_and_on; /* and all behind it */
	atomic_llong failed;    /* how many did */
};

static struct control *control;
static const char *prefix;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULT_CONTROL");
	void *map;
	int fd;

	prefix = getenv("FAULT_DB");
	if (!path || !prefix)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	map = mmap(NULL, 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		abort();
	control = map;
}

static bool is_turn(void)
{
	long long left = atomic_fetch_sub(&control->left, 1) - 1;

	if (left > 0 || (left < 0 && !atomic_load(&control->on_and_on)))
		return false;
	atomic_fetch_add(&control->failed, 1);
	return true;
}

static bool is_armed(long long kind)
{
	return control && atomic_load(&control->kind) == kind;
}

static bool memory_fails(void)
{
	if (!is_armed(KIND_MEMORY) || !is_turn())
		return false;
	errno = ENOMEM;
	return true;
}

/* Is @fd one of the database's files? Asked only while something is to fail. */
static bool is_ours(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

static bool output_fails(int fd)
{
	bool eio = is_armed(KIND_EIO);

	if ((!eio && !is_armed(KIND_ENOSPC)) || !is_ours(fd) || !is_turn())
		return false;
	errno = eio ? EIO : ENOSPC;
	return true;
}

void *malloc(size_t size)
{
	return memory_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return memory_fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return memory_fails() ? NULL : __libc_realloc(old, size);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);

	if (!real)
		real = dlsym(RTLD_NEXT, "pwrite64");
	return output_fails(fd) ? -1 : real(fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}

int ftruncate64(int fd, off64_t size)
{
	static int (*real)(int, off64_t);

	if (!real)
		real = dlsym(RTLD_NEXT, "ftruncate64");
	return output_fails(fd) ? -1 : real(fd, size);
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

int fsync(int fd)
{
	static int (*real)(int);

	if (!real)
		real = dlsym(RTLD_NEXT, "fsync");
	return output_fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd)
{
	static int (*real)(int);

	if (!real)
		real = dlsym(RTLD_NEXT, "fdatasync");
	return output_fails(fd) ? -1 : real(fd);
}
