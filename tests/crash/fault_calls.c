/*
 * The plan of a fault, memory that runs out, and the file calls of the store itself. The linker sends
 * our calls of malloc() and the like here (--wrap).
 */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

static _Thread_local struct {
	bool armed, on_and_on;
	enum fault_kind kind;
	long left; /* operations until the one that fails */
	long failed;
} plan;

static sqlite3_mem_methods real_memory;

void fault_arm(enum fault_kind kind, long at, bool on_and_on)
{
	plan.kind = kind;
	plan.left = at;
	plan.on_and_on = on_and_on;
	plan.failed = 0;
	plan.armed = true;
}

long fault_disarm(void)
{
	plan.armed = false;
	return plan.failed;
}

static bool is_turn(void)
{
	plan.left--;
	if (plan.left > 0 || (plan.left < 0 && !plan.on_and_on))
		return false;
	plan.failed++;
	return true;
}

bool fault_hits(enum fault_kind kind)
{
	return plan.armed && plan.kind == kind && is_turn();
}

bool fault_hits_output(enum fault_kind *ret_kind)
{
	if (!plan.armed || plan.kind == FAULT_READ || plan.kind == FAULT_MEMORY || !is_turn())
		return false;
	*ret_kind = plan.kind;
	return true;
}

/* For a call of the C library: sets errno. */
static bool call_fails(void)
{
	enum fault_kind kind;

	if (!fault_hits_output(&kind))
		return false;
	errno = kind == FAULT_EIO ? EIO : ENOSPC;
	return true;
}

static bool memory_fails(void)
{
	if (!fault_hits(FAULT_MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

static void *sqlite_malloc(int size)
{
	return fault_hits(FAULT_MEMORY) ? NULL : real_memory.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
	return fault_hits(FAULT_MEMORY) ? NULL : real_memory.xRealloc(old, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return memory_fails() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	return memory_fails() ? NULL : __real_calloc(n, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
	return memory_fails() ? NULL : __real_realloc(old, size);
}

char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *__wrap_strdup(const char *s)
{
	return memory_fails() ? NULL : __real_strdup(s);
}

char *__real_realpath(const char *path, char *ret_path);
char *__wrap_realpath(const char *path, char *ret_path);
char *__wrap_realpath(const char *path, char *ret_path)
{
	return memory_fails() ? NULL : __real_realpath(path, ret_path);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	if (flags & O_CREAT) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return call_fails() ? -1 : __real_open64(path, flags, mode);
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd; /* see on_sync() of fault_vfs.c */
	return call_fails() ? -1 : 0;
}

int __real_fallocate64(int fd, int mode, off_t at, off_t len);
int __wrap_fallocate64(int fd, int mode, off_t at, off_t len);
int __wrap_fallocate64(int fd, int mode, off_t at, off_t len)
{
	return call_fails() ? -1 : __real_fallocate64(fd, mode, at, len);
}

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return call_fails() ? -1 : __real_renameat2(from_dir, from, to_dir, to, flags);
}

void fault_install(void)
{
	sqlite3_mem_methods memory;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
	memory = real_memory;
	memory.xMalloc = sqlite_malloc;
	memory.xRealloc = sqlite_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* each allocation is one of ours */
	json_set_alloc_funcs(__wrap_malloc, free);
	fault_vfs_register();
}
