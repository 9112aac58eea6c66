/*
 * The harness of the conformance suite: posix.c runs the cases, posix_help.c holds what they share.
 *
 * A case is a function with a sentence as its name. It runs in a process and in an empty directory of
 * its own, which is its working directory, so that it may change its identity, its umask or its
 * directory and need not clean up. The first thing that is not as it should be ends it.
 */
#pragma once

#include "planfs/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

struct posix_case {
	const char *name;
	void (*run)(void);
};

#define POSIX_CASE(function)                                                                       \
	{                                                                                          \
#function, function                                                                \
	}
#define POSIX_END                                                                                  \
	{                                                                                          \
		NULL, NULL                                                                         \
	}

extern const struct posix_case posix_append_cases[];
extern const struct posix_case posix_attr_cases[];
extern const struct posix_case posix_copy_cases[];
extern const struct posix_case posix_dir_cases[];
extern const struct posix_case posix_errno_cases[];
extern const struct posix_case posix_flag_cases[];
extern const struct posix_case posix_io_cases[];
extern const struct posix_case posix_link_cases[];
extern const struct posix_case posix_lock_cases[];
extern const struct posix_case posix_mmap_cases[];
extern const struct posix_case posix_name_cases[];
extern const struct posix_case posix_node_cases[];
extern const struct posix_case posix_open_cases[];
extern const struct posix_case posix_orphan_cases[];
extern const struct posix_case posix_owner_cases[];
extern const struct posix_case posix_perm_cases[];
extern const struct posix_case posix_race_cases[];
extern const struct posix_case posix_readdir_cases[];
extern const struct posix_case posix_rename_cases[];
extern const struct posix_case posix_sticky_cases[];
extern const struct posix_case posix_symlink_cases[];
extern const struct posix_case posix_time_cases[];
extern const struct posix_case posix_truncate_cases[];
extern const struct posix_case posix_utime_cases[];
extern const struct posix_case posix_xattr_cases[];

/* End the case, or the child of a case that calls it. */
void posix_fail(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4)
	__attribute__((noreturn));
void posix_skip(const char *why) __attribute__((noreturn));

long long posix_ok(long long result, const char *what, const char *file, int line);
void posix_fails(
	long long result, const int errors[2], const char *what, const char *file, int line);
void posix_same(long long a, long long b, const char *what, const char *file, int line);
void posix_text(const char *path, const char *text, const char *file, int line);

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			posix_fail(__FILE__, __LINE__, #condition);                                \
	} while (0)

/* The call succeeds (its result is not negative); the value is the result. */
#define OK(call) posix_ok((call), #call, __FILE__, __LINE__)

/* The call fails with @error, or with one of two. */
#define FAILS(call, error) FAILS_EITHER(call, error, error)
#define FAILS_EITHER(call, error, other)                                                           \
	posix_fails((call), (const int[2]){ error, other }, #call, __FILE__, __LINE__)

#define SAME(a, b)       posix_same((long long)(a), (long long)(b), #a " is " #b, __FILE__, __LINE__)
#define TEXT(path, text) posix_text(path, text, __FILE__, __LINE__)

/* Ids that own nothing and have no name to be looked up. */
#define NOBODY   65534
#define STRANGER 65533

/* Every kind of node that a user makes; devices are for the super-user. */
enum node_kind {
	NODE_FILE,
	NODE_DIR,
	NODE_FIFO,
	NODE_SOCKET,
	NODE_SYMLINK,
	NODE_KINDS,
};

void make_node(enum node_kind kind, const char *path);
void remove_node(const char *path);
mode_t type_of(enum node_kind kind);

/* Create or replace @path, mode 0644 before the umask. */
void make_file(const char *path, const char *text);
void make_dir(const char *path, mode_t mode);

/* The attributes of @path itself, not of what a symlink points to. */
struct stat stat_of(const char *path);
struct stat stat_of_fd(int fd);
unsigned mode_of(const char *path);
bool exists(const char *path);

/* Some of tmpfs is not what POSIX says; nobody else is excused. */
bool is_tmpfs(void);

/* The names of a directory, without . and .. */
int count_entries(const char *path);

/* Fill with bytes that differ by @seed and place, none of them zero. */
void fill(char *data, size_t size, unsigned seed);
bool is_filled(const char *data, size_t size, unsigned seed);
bool is_zero(const char *data, size_t size);

/*
 * Wait until the clock that stamps files has moved, and return a time that is not before any stamp
 * set until now and before any stamp set from now on.
 */
struct timespec tick(void);
bool is_later(struct timespec a, struct timespec b);
bool mtime_moved(const char *path, struct timespec since);
bool ctime_moved(const char *path, struct timespec since);

/*
 * Children. in_child() and child_as() are true in a child, which ends with child_done(); the case
 * waits for it, fails as it fails, and sees false. child_as() skips the case without privileges.
 */
bool in_child(void);
bool child_as(uid_t uid, gid_t gid);
bool child_as_member(uid_t uid, gid_t gid, gid_t extra);
void child_done(void) __attribute__((noreturn));
void need_root(void);

/* @n children at once: 0 … @n-1 in the children, -1 in the case when all have ended well. */
int fork_many(int n);

/* A child beside the case, which calls join(): 0 in the child. */
pid_t fork_beside(void);
void join(pid_t child);

/* A page of zeros shared with the children, and waiting for a number in it, with a limit. */
int *shared_numbers(void);
void raise_number(int *number);
int number_now(const int *number);
void wait_for_number(const int *number, int at_least);
