/* The same wrong path, given to every call: one table of calls, one case per mistake. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

static int call_open(const char *path)
{
	return open(path, O_RDONLY);
}

static int call_create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0644);

	return fd < 0 ? fd : close(fd);
}

static int call_mkdir(const char *path)
{
	return mkdir(path, 0755);
}

static int call_mkfifo(const char *path)
{
	return mkfifo(path, 0644);
}

static int call_mknod(const char *path)
{
	return mknod(path, S_IFREG | 0644, 0);
}

static int call_symlink(const char *path)
{
	return symlink("target", path);
}

static int call_link_to(const char *path)
{
	return link("there", path);
}

static int call_link_from(const char *path)
{
	return link(path, "free");
}

static int call_rename_to(const char *path)
{
	return rename("there", path);
}

static int call_rename_from(const char *path)
{
	return rename(path, "free");
}

static int call_stat(const char *path)
{
	struct stat st;

	return lstat(path, &st);
}

static int call_chmod(const char *path)
{
	return chmod(path, 0644);
}

static int call_chown(const char *path)
{
	return lchown(path, geteuid(), getegid());
}

static int call_truncate(const char *path)
{
	return truncate(path, 1);
}

static int call_utimensat(const char *path)
{
	return utimensat(AT_FDCWD, path, NULL, 0);
}

static int call_statvfs(const char *path)
{
	struct statvfs st;

	return statvfs(path, &st);
}

static int call_setxattr(const char *path)
{
	return setxattr(path, "user.x", "x", 1, 0);
}

static int call_getxattr(const char *path)
{
	char byte;

	return (int)getxattr(path, "user.x", &byte, 1);
}

static int call_access(const char *path)
{
	return access(path, F_OK);
}

static int call_readlink(const char *path)
{
	char text[4];

	return (int)readlink(path, text, sizeof(text));
}

static const struct call {
	const char *name;
	int (*run)(const char *path);
	bool makes; /* the last component need not be there */
} calls[] = { { "open", call_open, false }, { "create", call_create, true },
	{ "mkdir", call_mkdir, true }, { "mkfifo", call_mkfifo, true },
	{ "mknod", call_mknod, true }, { "symlink", call_symlink, true },
	{ "link to", call_link_to, true }, { "link from", call_link_from, false },
	{ "rename to", call_rename_to, true }, { "rename from", call_rename_from, false },
	{ "stat", call_stat, false }, { "chmod", call_chmod, false },
	{ "chown", call_chown, false }, { "truncate", call_truncate, false },
	{ "utimensat", call_utimensat, false }, { "statvfs", call_statvfs, false },
	{ "setxattr", call_setxattr, false }, { "getxattr", call_getxattr, false },
	{ "access", call_access, false }, { "readlink", call_readlink, false },
	{ "unlink", unlink, false }, { "rmdir", rmdir, false } };

/* All calls on @path end with @error; those that make a last component only if @makers. */
static void all_fail(const char *path, int error, bool makers)
{
	size_t i;
	int r;

	for (i = 0; i < ARRAY_LEN(calls); i++) {
		if (calls[i].makes && !makers)
			continue;
		errno = 0;
		r = calls[i].run(path);
		if (r >= 0 || errno != error)
			posix_fail(__FILE__, __LINE__, "%s %.20s: %s, should be %s", calls[i].name,
				path, r < 0 ? strerrorname_np(errno) : "succeeds",
				strerrorname_np(error));
	}
}

static void every_call_knows_what_is_not_there(void)
{
	make_file("there", "text");
	all_fail("none", ENOENT, false);
	all_fail("none/x", ENOENT, true);
	all_fail("none/../there", ENOENT, true);
	all_fail("", ENOENT, true);
}

static void every_call_knows_what_is_no_directory(void)
{
	static const enum node_kind kinds[] = { NODE_FILE, NODE_FIFO, NODE_SOCKET };
	size_t i;

	make_file("there", "text");
	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		make_node(kinds[i], "n");
		all_fail("n/x", ENOTDIR, true);
		remove_node("n");
	}
}

static void every_call_knows_when_a_name_is_too_long(void)
{
	char name[300];

	make_file("there", "text");
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	all_fail(name, ENAMETOOLONG, true);
	name[200] = '/';
	all_fail(name, ENOENT, true);
	memset(name, 'n', sizeof(name));
	name[256] = '/';
	name[258] = '\0';
	all_fail(name, ENAMETOOLONG, true);
}

static void every_call_knows_when_a_path_is_too_long(void)
{
	char path[PATH_MAX + 1];
	int i;

	make_file("there", "text");
	for (i = 0; i < PATH_MAX; i += 2)
		memcpy(path + i, "./", 2);
	path[PATH_MAX] = '\0';
	all_fail(path, ENAMETOOLONG, true);
}

static void every_call_knows_a_circle(void)
{
	make_file("there", "text");
	OK(symlink("b", "a"));
	OK(symlink("a", "b"));
	all_fail("a/x", ELOOP, true);
}

static void every_call_needs_the_right_to_pass(void)
{
	make_dir("closed", 0700);
	make_file("closed/f", "text");
	make_dir("mine", 0777);
	OK(chdir("mine"));
	if (child_as(NOBODY, NOBODY)) {
		make_file("there", "text");
		all_fail("../closed/f", EACCES, true);
		all_fail("../closed/none", EACCES, true);
		child_done();
	}
}

static void a_path_of_the_full_length_works(void)
{
	char path[PATH_MAX];
	size_t i, at = 0;

	memset(path, 'd', sizeof(path));
	for (i = 0; i < 15; i++) {
		path[at + 255] = '\0';
		OK(mkdir(path, 0755));
		path[at + 255] = '/';
		at += 256;
	}
	memset(path + at, 'f', PATH_MAX - 1 - at);
	path[PATH_MAX - 1] = '\0';
	for (i = 0; i < ARRAY_LEN(calls); i++) {
		if (!calls[i].makes || calls[i].run == call_link_to ||
			calls[i].run == call_rename_to)
			continue;
		OK(calls[i].run(path));
		remove_node(path);
	}
	make_file(path, "text");
	OK(rename(path, "short"));
	OK(link("short", path));
	TEXT(path, "text");
	OK(chmod(path, 0600));
	OK(truncate(path, 2));
	SAME(mode_of("short"), 0600);
	OK(unlink(path));
}

static void statfs_gives_real_numbers(void)
{
	struct statvfs st;
	int fd;

	make_file("f", "text");
	OK(statvfs("f", &st));
	CHECK(st.f_bsize >= 512 && st.f_frsize >= 512);
	CHECK(st.f_blocks > 0);
	CHECK(st.f_bavail > 0);
	CHECK(st.f_bfree >= st.f_bavail && st.f_bfree <= st.f_blocks);
	CHECK(st.f_files == 0 || st.f_ffree <= st.f_files);
	SAME(st.f_namemax, 255);
	fd = OK(open("f", O_RDONLY));
	OK(fstatvfs(fd, &st));
	OK(close(fd));
	CHECK(st.f_blocks > 0);
}

const struct posix_case posix_errno_cases[] = {
	POSIX_CASE(every_call_knows_what_is_not_there),
	POSIX_CASE(every_call_knows_what_is_no_directory),
	POSIX_CASE(every_call_knows_when_a_name_is_too_long),
	POSIX_CASE(every_call_knows_when_a_path_is_too_long),
	POSIX_CASE(every_call_knows_a_circle),
	POSIX_CASE(every_call_needs_the_right_to_pass),
	POSIX_CASE(a_path_of_the_full_length_works),
	POSIX_CASE(statfs_gives_real_numbers),
	POSIX_END,
};
