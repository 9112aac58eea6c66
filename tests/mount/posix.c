/*
 * posix [-l] [-c CASE]... DIR: what a directory of a POSIX system does, asked one question at a time.
 * Each case prints one line, `ok name`, `ok name # SKIP why` or `not ok name: why (file:line)`. Ends
 * with 1 when a case failed. DIR may be on any file system; the cases hold on ext4 and tmpfs too.
 */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CASE_SECONDS = 60,
	EXIT_SKIPPED = 77,
};

static const struct posix_case *const groups[] = { posix_open_cases, posix_flag_cases,
	posix_io_cases, posix_append_cases, posix_truncate_cases, posix_copy_cases,
	posix_orphan_cases, posix_rename_cases, posix_sticky_cases, posix_link_cases,
	posix_symlink_cases, posix_dir_cases, posix_readdir_cases, posix_errno_cases,
	posix_name_cases, posix_attr_cases, posix_owner_cases, posix_time_cases, posix_utime_cases,
	posix_perm_cases, posix_xattr_cases, posix_lock_cases, posix_mmap_cases, posix_node_cases,
	posix_race_cases };

/* Why the running case ended; shared with its processes, the first of them to fail writes it. */
static struct {
	int taken;
	char why[1024];
} * verdict;

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void posix_fail(const char *file, int line, const char *format, ...)
{
	size_t len;
	va_list args;

	if (__atomic_exchange_n(&verdict->taken, 1, __ATOMIC_SEQ_CST) == 0) {
		va_start(args, format);
		vsnprintf(verdict->why, sizeof(verdict->why) - 64, format, args);
		va_end(args);
		len = strlen(verdict->why);
		snprintf(verdict->why + len, sizeof(verdict->why) - len, " (%s:%d)",
			base_name(file), line);
	}
	_exit(1);
}

void posix_skip(const char *why)
{
	if (__atomic_exchange_n(&verdict->taken, 1, __ATOMIC_SEQ_CST) == 0)
		snprintf(verdict->why, sizeof(verdict->why), "%s", why);
	_exit(EXIT_SKIPPED);
}

static void remove_tree(int parent, const char *name)
{
	struct dirent *entry;
	DIR *dir;
	int fd;

	if (unlinkat(parent, name, 0) == 0 || (errno != EISDIR && errno != EPERM))
		return;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_tree(fd, entry->d_name);
	if (dir)
		closedir(dir);
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
		fprintf(stderr, "posix: cannot remove %s: %s\n", name, strerror(errno));
}

static void run_here(const struct posix_case *c, const char *directory)
{
	setpgid(0, 0);
	umask(022);
	if (chdir(directory) < 0)
		posix_fail(__FILE__, __LINE__, "chdir %s: %s", directory, strerror(errno));
	c->run();
	_exit(0);
}

/* The exit status of the case; a process that hangs is killed with all it started. */
static int wait_for_case(pid_t pid)
{
	struct pollfd ended = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int status = 0;

	if (ended.fd >= 0 && poll(&ended, 1, CASE_SECONDS * 1000) == 0) {
		snprintf(verdict->why, sizeof(verdict->why), "still running after %d s",
			CASE_SECONDS);
		verdict->taken = 1;
	}
	kill(-pid, SIGKILL); /* itself, when it hangs, and what it left behind */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	close(ended.fd);
	if (WIFSIGNALED(status) && !verdict->taken)
		snprintf(verdict->why, sizeof(verdict->why), "signal %d", WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Returns whether the case failed. */
static int run_case(const struct posix_case *c)
{
	static char directory[] = "posix.XXXXXX";
	int status;
	pid_t pid;

	memset(verdict, 0, sizeof(*verdict));
	strcpy(directory, "posix.XXXXXX");
	if (!mkdtemp(directory) || chmod(directory, 0755) < 0) {
		printf("not ok %s: cannot make a directory: %s\n", c->name, strerror(errno));
		return 1;
	}
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run_here(c, directory);
	status = wait_for_case(pid);
	remove_tree(AT_FDCWD, directory);
	if (status == 0)
		printf("ok %s\n", c->name);
	else if (status == EXIT_SKIPPED)
		printf("ok %s # SKIP %s\n", c->name, verdict->why);
	else
		printf("not ok %s: %s\n", c->name, verdict->why);
	return status != 0 && status != EXIT_SKIPPED;
}

/* Run the cases called @only, or all; returns how many failed, -1 if there is none of this name. */
static int run_cases(const char *only, bool list)
{
	const struct posix_case *c;
	int failed = 0, ran = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(groups); i++) {
		for (c = groups[i]; c->name; c++) {
			if (only && strcmp(only, c->name) != 0)
				continue;
			ran++;
			if (list)
				puts(c->name);
			else
				failed += run_case(c);
		}
	}
	if (!only && !list)
		printf("# %d cases, %d failed\n", ran, failed);
	return ran ? failed : -1;
}

static int usage(void)
{
	fputs("usage: posix [-l] [-c CASE] DIR\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	int option, failed;

	while ((option = getopt(argc, argv, "lc:")) != -1) {
		if (option == 'l')
			return run_cases(NULL, true);
		if (option != 'c')
			return usage();
		only = optarg;
	}
	if (optind + 1 != argc)
		return usage();
	verdict = mmap(
		NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (verdict == MAP_FAILED || chdir(argv[optind]) < 0) {
		fprintf(stderr, "posix: %s: %s\n", argv[optind], strerror(errno));
		return 2;
	}
	failed = run_cases(only, false);
	if (failed < 0)
		fprintf(stderr, "posix: no case is called %s\n", only);
	return failed == 0 ? 0 : 1;
}
