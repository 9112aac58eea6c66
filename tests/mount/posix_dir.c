/* Directories: making, removing, counting, moving under those who use them. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void mkdir_applies_the_umask(void)
{
	static const struct {
		mode_t umask, mode, result;
	} cases[] = { { 0, 0755, 0755 }, { 0, 0151, 0151 }, { 077, 0151, 0100 },
		{ 070, 0345, 0305 }, { 0501, 0345, 0244 }, { 022, 0777, 0755 } };
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		umask(cases[i].umask);
		OK(mkdir("d", cases[i].mode));
		SAME(mode_of("d"), cases[i].result);
		CHECK(S_ISDIR(stat_of("d").st_mode));
		SAME(stat_of("d").st_nlink, 2);
		OK(rmdir("d"));
	}
}

static void mkdir_and_rmdir_move_the_times_and_the_link_count_of_the_parent(void)
{
	struct timespec t;

	OK(mkdir("d", 0755));
	t = tick();
	OK(mkdir("d/e", 0755));
	CHECK(mtime_moved("d", t) && ctime_moved("d", t));
	CHECK(mtime_moved("d/e", t) && ctime_moved("d/e", t));
	CHECK(is_later(stat_of("d/e").st_atim, t));
	SAME(stat_of("d").st_nlink, 3);
	OK(mkdir("d/f", 0755));
	SAME(stat_of("d").st_nlink, 4);
	make_file("d/file", "");
	SAME(stat_of("d").st_nlink, 4);
	t = tick();
	OK(rmdir("d/e"));
	CHECK(mtime_moved("d", t) && ctime_moved("d", t));
	SAME(stat_of("d").st_nlink, 3);
}

static void mkdir_refuses_what_is_there(void)
{
	enum node_kind kind;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		FAILS(mkdir("n", 0755), EEXIST);
		remove_node("n");
	}
	FAILS(mkdir(".", 0755), EEXIST);
	FAILS(mkdir("..", 0755), EEXIST);
	FAILS(mkdir("/", 0755), EEXIST);
	FAILS(mkdir("", 0755), ENOENT);
	FAILS(mkdir("d/e", 0755), ENOENT);
	make_file("f", "");
	FAILS(mkdir("f/e", 0755), ENOTDIR);
	OK(mkdir("slash/", 0755));
	OK(rmdir("slash/"));
}

static void rmdir_takes_only_empty_directories(void)
{
	enum node_kind kind;

	OK(mkdir("d", 0755));
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "d/n");
		FAILS_EITHER(rmdir("d"), ENOTEMPTY, EEXIST);
		remove_node("d/n");
		if (kind == NODE_DIR)
			continue;
		make_node(kind, "n");
		FAILS(rmdir("n"), ENOTDIR);
		remove_node("n");
	}
	OK(rmdir("d"));
	CHECK(!exists("d"));
}

static void rmdir_refuses_dots_and_what_is_not_there(void)
{
	OK(mkdir("d", 0755));
	OK(mkdir("d/e", 0755));
	FAILS(rmdir("d/e/."), EINVAL);
	FAILS(rmdir("."), EINVAL);
	FAILS_EITHER(rmdir("d/e/.."), ENOTEMPTY, EEXIST);
	FAILS(rmdir("none"), ENOENT);
	FAILS(rmdir("none/d"), ENOENT);
	FAILS(rmdir(""), ENOENT);
	make_file("f", "");
	FAILS(rmdir("f/d"), ENOTDIR);
	FAILS(rmdir("f/"), ENOTDIR);
	CHECK(exists("d/e"));
}

static void a_refused_rmdir_moves_no_times(void)
{
	struct timespec t;

	OK(mkdir("d", 0755));
	make_file("d/f", "");
	t = tick();
	FAILS_EITHER(rmdir("d"), ENOTEMPTY, EEXIST);
	CHECK(!mtime_moved("d", t) && !ctime_moved("d", t));
	CHECK(!mtime_moved(".", t));
}

static void unlink_takes_all_but_directories(void)
{
	enum node_kind kind;
	struct timespec t;

	OK(mkdir("d", 0755));
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "d/n");
		t = tick();
		if (kind == NODE_DIR) {
			FAILS_EITHER(unlink("d/n"), EISDIR, EPERM);
			CHECK(!mtime_moved("d", t));
			OK(rmdir("d/n"));
			continue;
		}
		OK(unlink("d/n"));
		CHECK(!exists("d/n"));
		CHECK(mtime_moved("d", t) && ctime_moved("d", t));
	}
}

static void unlink_refuses_what_is_not_there(void)
{
	make_file("f", "text");
	FAILS(unlink("none"), ENOENT);
	FAILS(unlink("none/f"), ENOENT);
	FAILS(unlink("f/x"), ENOTDIR);
	FAILS(unlink("f/"), ENOTDIR);
	FAILS(unlink(""), ENOENT);
	FAILS_EITHER(unlink("."), EISDIR, EPERM);
	FAILS_EITHER(unlink(".."), EISDIR, EPERM);
	FAILS(unlinkat(AT_FDCWD, "f", AT_REMOVEDIR), ENOTDIR);
	TEXT("f", "text");
}

static void writing_into_a_file_leaves_its_directory_alone(void)
{
	struct timespec t;
	int fd;

	OK(mkdir("d", 0755));
	make_file("d/f", "text");
	t = tick();
	fd = OK(open("d/f", O_WRONLY));
	SAME(write(fd, "more text", 9), 9);
	OK(ftruncate(fd, 2));
	OK(fchmod(fd, 0600));
	OK(close(fd));
	CHECK(!mtime_moved("d", t));
	CHECK(!ctime_moved("d", t));
}

static void dot_and_dot_dot_are_what_they_should_be(void)
{
	OK(mkdir("d", 0755));
	OK(mkdir("d/e", 0755));
	SAME(stat_of("d/.").st_ino, stat_of("d").st_ino);
	SAME(stat_of("d/..").st_ino, stat_of(".").st_ino);
	SAME(stat_of("d/e/../..").st_ino, stat_of(".").st_ino);
	OK(chdir("d/e"));
	SAME(stat_of("../../d/e").st_ino, stat_of(".").st_ino);
}

static void open_files_do_not_mind_that_their_parents_move(void)
{
	char text[16];
	int fd;

	OK(mkdir("a", 0755));
	OK(mkdir("a/b", 0755));
	fd = OK(open("a/b/f", O_RDWR | O_CREAT, 0644));
	SAME(write(fd, "one", 3), 3);
	OK(rename("a", "z"));
	SAME(write(fd, "two", 3), 3);
	TEXT("z/b/f", "onetwo");
	OK(mkdir("y", 0755));
	OK(rename("z/b", "y/c"));
	OK(rmdir("z"));
	SAME(write(fd, "three", 5), 5);
	OK(fsync(fd));
	SAME(pread(fd, text, 16, 0), 11);
	OK(close(fd));
	TEXT("y/c/f", "onetwothree");
}

static void a_working_directory_moves_along(void)
{
	char path[PATH_MAX];

	OK(mkdir("a", 0755));
	OK(mkdir("a/b", 0755));
	OK(chdir("a/b"));
	OK(rename("../../a", "../../z"));
	make_file("f", "text");
	CHECK(getcwd(path, sizeof(path)) != NULL);
	CHECK(strlen(path) > 4 && strcmp(path + strlen(path) - 4, "/z/b") == 0);
	TEXT("../../z/b/f", "text");
	OK(chdir("../.."));
	TEXT("z/b/f", "text");
}

static void a_directory_takes_many_directories(void)
{
	char name[16];
	int i;

	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		OK(mkdir(name, 0755));
	}
	SAME(stat_of(".").st_nlink, 502);
	SAME(count_entries("."), 500);
	for (i = 0; i < 500; i += 2) {
		snprintf(name, sizeof(name), "d%d", i);
		OK(rmdir(name));
	}
	SAME(stat_of(".").st_nlink, 252);
	SAME(count_entries("."), 250);
}

const struct posix_case posix_dir_cases[] = {
	POSIX_CASE(mkdir_applies_the_umask),
	POSIX_CASE(mkdir_and_rmdir_move_the_times_and_the_link_count_of_the_parent),
	POSIX_CASE(mkdir_refuses_what_is_there),
	POSIX_CASE(rmdir_takes_only_empty_directories),
	POSIX_CASE(rmdir_refuses_dots_and_what_is_not_there),
	POSIX_CASE(a_refused_rmdir_moves_no_times),
	POSIX_CASE(unlink_takes_all_but_directories),
	POSIX_CASE(unlink_refuses_what_is_not_there),
	POSIX_CASE(writing_into_a_file_leaves_its_directory_alone),
	POSIX_CASE(dot_and_dot_dot_are_what_they_should_be),
	POSIX_CASE(open_files_do_not_mind_that_their_parents_move),
	POSIX_CASE(a_working_directory_moves_along),
	POSIX_CASE(a_directory_takes_many_directories),
	POSIX_END,
};
