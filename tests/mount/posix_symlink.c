/* Symbolic links. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void a_symlink_holds_its_text_byte_for_byte(void)
{
	static const char *const targets[] = { "x", "../a/b", "/absolute/path", "with space",
		"\xE8\xAE\xA1\xE5\x88\x92.txt", "\xFF\xFE\n\x01", "user@host.1234:5" };
	char text[64];
	size_t i;

	for (i = 0; i < ARRAY_LEN(targets); i++) {
		OK(symlink(targets[i], "l"));
		SAME(readlink("l", text, sizeof(text)), strlen(targets[i]));
		CHECK(memcmp(text, targets[i], strlen(targets[i])) == 0);
		SAME(stat_of("l").st_size, strlen(targets[i]));
		CHECK(S_ISLNK(stat_of("l").st_mode));
		SAME(mode_of("l"), 0777);
		SAME(stat_of("l").st_nlink, 1);
		OK(unlink("l"));
	}
}

static void readlink_gives_as_much_as_there_is_room(void)
{
	char text[4] = "----";

	OK(symlink("target", "l"));
	SAME(readlink("l", text, 3), 3);
	CHECK(memcmp(text, "tar-", 4) == 0);
	FAILS(readlink("l", text, 0), EINVAL);
	make_file("f", "");
	FAILS(readlink("f", text, 4), EINVAL);
	FAILS(readlink(".", text, 4), EINVAL);
	FAILS(readlink("none", text, 4), ENOENT);
}

static void a_symlink_may_be_as_long_as_a_path(void)
{
	char target[PATH_MAX + 1], text[PATH_MAX + 1];

	memset(target, 'a', sizeof(target));
	target[PATH_MAX] = '\0';
	FAILS(symlink(target, "l"), ENAMETOOLONG);
	CHECK(!exists("l"));
	target[PATH_MAX - 1] = '\0';
	OK(symlink(target, "l"));
	SAME(readlink("l", text, sizeof(text)), PATH_MAX - 1);
	CHECK(memcmp(text, target, PATH_MAX - 1) == 0);
	SAME(stat_of("l").st_size, PATH_MAX - 1);
}

static void symlinks_are_followed_on_the_way_and_at_the_end(void)
{
	struct stat st;
	int fd;

	OK(mkdir("d", 0755));
	make_file("d/f", "text");
	OK(symlink("d", "to_d"));
	OK(symlink("to_d/f", "to_f"));
	TEXT("to_d/f", "text");
	TEXT("to_f", "text");
	OK(stat("to_f", &st));
	SAME(st.st_ino, stat_of("d/f").st_ino);
	fd = OK(open("to_f", O_WRONLY | O_TRUNC));
	SAME(write(fd, "new", 3), 3);
	OK(close(fd));
	TEXT("d/f", "new");
	OK(chmod("to_f", 0600));
	SAME(mode_of("d/f"), 0600);
	OK(unlink("to_f"));
	CHECK(exists("d/f"));
}

static void a_symlink_to_nothing_can_be_written_through(void)
{
	struct stat st;

	OK(symlink("f", "l"));
	FAILS(stat("l", &st), ENOENT);
	FAILS(open("l", O_RDONLY), ENOENT);
	FAILS(open("l", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
	make_file("l", "text");
	TEXT("f", "text");
	CHECK(S_ISLNK(stat_of("l").st_mode));
}

static void symlinks_in_a_circle_are_eloop(void)
{
	struct stat st;

	OK(symlink("b", "a"));
	OK(symlink("a", "b"));
	OK(symlink("self", "self"));
	FAILS(stat("a", &st), ELOOP);
	FAILS(open("self", O_RDONLY), ELOOP);
	FAILS(open("a/x", O_RDONLY), ELOOP);
	FAILS(mkdir("a/x", 0755), ELOOP);
	FAILS(unlink("a/x"), ELOOP);
	FAILS(rmdir("a/x"), ELOOP);
	FAILS(rename("a/x", "y"), ELOOP);
	FAILS(link("a/x", "y"), ELOOP);
	FAILS(symlink("x", "a/x"), ELOOP);
	FAILS(chmod("a", 0644), ELOOP);
	FAILS(chown("a", 0, 0), ELOOP);
	FAILS(truncate("a", 0), ELOOP);
	FAILS(mkfifo("a/x", 0644), ELOOP);
	FAILS(utimensat(AT_FDCWD, "a", NULL, 0), ELOOP);
	OK(unlink("a"));
	FAILS(stat("b", &st), ENOENT);
}

static void a_chain_of_forty_symlinks_is_followed(void)
{
	char from[] = "l00", to[] = "l00";
	int i;

	make_file("l00", "text");
	for (i = 1; i <= 41; i++) {
		memcpy(from, to, sizeof(to));
		to[1] = (char)('0' + i / 10);
		to[2] = (char)('0' + i % 10);
		OK(symlink(from, to));
	}
	TEXT("l40", "text");
	FAILS(open("l41", O_RDONLY), ELOOP);
}

static void symlink_refuses_what_is_there(void)
{
	enum node_kind kind;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		FAILS(symlink("x", "n"), EEXIST);
		SAME(stat_of("n").st_mode & S_IFMT, type_of(kind));
		remove_node("n");
	}
	make_file("f", "");
	FAILS(symlink("x", "f/l"), ENOTDIR);
	FAILS(symlink("x", "d/l"), ENOENT);
	FAILS(symlink("", "l"), ENOENT);
	FAILS(symlink("x", ""), ENOENT);
}

static void symlink_moves_the_times_of_its_directory(void)
{
	struct timespec t;

	OK(mkdir("d", 0755));
	t = tick();
	OK(symlink("x", "d/l"));
	CHECK(mtime_moved("d", t) && ctime_moved("d", t));
	CHECK(mtime_moved("d/l", t) && ctime_moved("d/l", t));
	t = tick();
	OK(unlink("d/l"));
	CHECK(mtime_moved("d", t) && ctime_moved("d", t));
}

static void operations_on_names_do_not_follow_symlinks(void)
{
	OK(mkdir("d", 0755));
	OK(symlink("d", "l"));
	FAILS(rmdir("l"), ENOTDIR);
	FAILS(mkdir("l", 0755), EEXIST);
	FAILS(rename("d", "l"), ENOTDIR);
	OK(unlink("l"));
	CHECK(exists("d"));
}

static void a_symlink_has_an_owner_and_times_of_its_own(void)
{
	const struct timespec times[2] = { { 1000, 1 }, { 2000, 2 } };

	make_file("f", "text");
	OK(symlink("f", "l"));
	OK(utimensat(AT_FDCWD, "l", times, AT_SYMLINK_NOFOLLOW));
	SAME(stat_of("l").st_mtim.tv_sec, 2000);
	SAME(stat_of("l").st_mtim.tv_nsec, 2);
	CHECK(stat_of("f").st_mtim.tv_sec != 2000);
	need_root();
	OK(lchown("l", NOBODY, STRANGER));
	SAME(stat_of("l").st_uid, NOBODY);
	SAME(stat_of("l").st_gid, STRANGER);
	SAME(stat_of("f").st_uid, 0);
	OK(chown("l", 1, 2));
	SAME(stat_of("f").st_uid, 1);
	SAME(stat_of("f").st_gid, 2);
	SAME(stat_of("l").st_uid, NOBODY);
}

const struct posix_case posix_symlink_cases[] = {
	POSIX_CASE(a_symlink_holds_its_text_byte_for_byte),
	POSIX_CASE(readlink_gives_as_much_as_there_is_room),
	POSIX_CASE(a_symlink_may_be_as_long_as_a_path),
	POSIX_CASE(symlinks_are_followed_on_the_way_and_at_the_end),
	POSIX_CASE(a_symlink_to_nothing_can_be_written_through),
	POSIX_CASE(symlinks_in_a_circle_are_eloop),
	POSIX_CASE(a_chain_of_forty_symlinks_is_followed),
	POSIX_CASE(symlink_refuses_what_is_there),
	POSIX_CASE(symlink_moves_the_times_of_its_directory),
	POSIX_CASE(operations_on_names_do_not_follow_symlinks),
	POSIX_CASE(a_symlink_has_an_owner_and_times_of_its_own),
	POSIX_END,
};
