/* Hard links and inode numbers. */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void a_link_is_the_same_file(void)
{
	enum node_kind kind;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		if (kind == NODE_DIR)
			continue;
		make_node(kind, "a");
		OK(link("a", "b"));
		OK(link("b", "c"));
		SAME(stat_of("a").st_nlink, 3);
		SAME(stat_of("b").st_ino, stat_of("a").st_ino);
		SAME(stat_of("c").st_ino, stat_of("a").st_ino);
		SAME(stat_of("c").st_mode, stat_of("a").st_mode);
		OK(unlink("a"));
		SAME(stat_of("b").st_nlink, 2);
		OK(unlink("b"));
		SAME(stat_of("c").st_nlink, 1);
		OK(unlink("c"));
	}
}

static void links_share_text_and_attributes(void)
{
	int fd;

	make_file("a", "text");
	OK(link("a", "b"));
	make_file("b", "changed");
	TEXT("a", "changed");
	OK(chmod("a", 0600));
	SAME(mode_of("b"), 0600);
	OK(truncate("b", 3));
	SAME(stat_of("a").st_size, 3);
	fd = OK(open("a", O_WRONLY | O_APPEND));
	OK(unlink("a"));
	SAME(write(fd, "!", 1), 1);
	OK(close(fd));
	TEXT("b", "cha!");
}

static void link_moves_the_ctime_and_the_times_of_the_directory(void)
{
	struct timespec t;

	make_file("a", "text");
	OK(mkdir("d", 0755));
	t = tick();
	OK(link("a", "d/b"));
	CHECK(ctime_moved("a", t));
	CHECK(!mtime_moved("a", t));
	CHECK(mtime_moved("d", t) && ctime_moved("d", t));
	t = tick();
	OK(unlink("d/b"));
	CHECK(ctime_moved("a", t));
	CHECK(!mtime_moved("a", t));
	CHECK(mtime_moved("d", t) && ctime_moved("d", t));
	CHECK(!mtime_moved(".", t));
}

static void link_refuses_what_is_there(void)
{
	enum node_kind kind;
	struct timespec t;

	make_file("a", "text");
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		t = tick();
		FAILS(link("a", "n"), EEXIST);
		CHECK(!ctime_moved("a", t));
		CHECK(!mtime_moved(".", t));
		remove_node("n");
	}
	FAILS(link("a", "a"), EEXIST);
	SAME(stat_of("a").st_nlink, 1);
}

static void link_refuses_what_cannot_be(void)
{
	make_file("f", "text");
	OK(mkdir("d", 0755));
	FAILS(link("d", "e"), EPERM);
	FAILS(link("g", "h"), ENOENT);
	FAILS(link("f", "x/y"), ENOENT);
	FAILS(link("f", "f/y"), ENOTDIR);
	FAILS(link("f/y", "g"), ENOTDIR);
	FAILS(link("", "g"), ENOENT);
	FAILS(link("f", ""), ENOENT);
	FAILS(link("/proc/version", "g"), EXDEV);
	SAME(stat_of("f").st_nlink, 1);
	SAME(stat_of("d").st_nlink, 2);
}

static void link_does_not_follow_a_symlink_unless_asked(void)
{
	make_file("f", "text");
	OK(symlink("f", "l"));
	OK(link("l", "m"));
	CHECK(S_ISLNK(stat_of("m").st_mode));
	SAME(stat_of("l").st_nlink, 2);
	OK(linkat(AT_FDCWD, "l", AT_FDCWD, "n", AT_SYMLINK_FOLLOW));
	CHECK(S_ISREG(stat_of("n").st_mode));
	SAME(stat_of("f").st_nlink, 2);
}

static void links_to_one_file_may_be_many(void)
{
	char name[16];
	int i;

	make_file("f", "text");
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		OK(link("f", name));
	}
	SAME(stat_of("f").st_nlink, 1001);
	SAME(count_entries("."), 1001);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		OK(unlink(name));
	}
	SAME(stat_of("f").st_nlink, 1);
	TEXT("f", "text");
}

static void link_needs_the_right_to_write_the_directory(void)
{
	need_root();
	make_dir("mine", 0755);
	make_file("mine/f", "text");
	OK(chown("mine", NOBODY, NOBODY));
	OK(chown("mine/f", NOBODY, NOBODY));
	make_dir("theirs", 0755);
	make_dir("closed", 0700);
	if (child_as(NOBODY, NOBODY)) {
		OK(link("mine/f", "mine/g"));
		FAILS(link("mine/f", "theirs/g"), EACCES);
		FAILS(link("mine/f", "closed/g"), EACCES);
		OK(chmod("mine", 0600));
		FAILS(link("mine/f", "mine/h"), EACCES);
		child_done();
	}
}

static void inode_numbers_are_stable(void)
{
	ino_t file, dir;
	int i, fd;

	make_file("f", "text");
	OK(mkdir("d", 0755));
	file = stat_of("f").st_ino;
	dir = stat_of("d").st_ino;
	CHECK(file != dir && file != 0 && dir != 0);
	for (i = 0; i < 20; i++) {
		make_file("f", "changed");
		OK(rename("f", "d/g"));
		OK(rename("d/g", "f"));
		make_file("d/x", "");
		OK(unlink("d/x"));
		SAME(stat_of("f").st_ino, file);
		SAME(stat_of("d").st_ino, dir);
	}
	fd = OK(open("f", O_RDONLY));
	SAME(stat_of_fd(fd).st_ino, file);
	SAME(stat_of_fd(fd).st_dev, stat_of("d").st_dev);
	OK(close(fd));
}

static void readdir_and_stat_tell_the_same_inode_and_kind(void)
{
	static const char *const names[NODE_KINDS] = { "file", "dir", "fifo", "socket", "symlink" };
	struct dirent *entry;
	enum node_kind kind;
	int n = 0;
	DIR *dir;

	for (kind = 0; kind < NODE_KINDS; kind++)
		make_node(kind, names[kind]);
	dir = opendir(".");
	CHECK(dir != NULL);
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, "..") != 0)
			SAME(entry->d_ino, stat_of(entry->d_name).st_ino);
		if (entry->d_type != DT_UNKNOWN)
			SAME(DTTOIF(entry->d_type), stat_of(entry->d_name).st_mode & S_IFMT);
		n++;
	}
	SAME(n, NODE_KINDS + 2);
	OK(closedir(dir));
}

const struct posix_case posix_link_cases[] = {
	POSIX_CASE(a_link_is_the_same_file),
	POSIX_CASE(links_share_text_and_attributes),
	POSIX_CASE(link_moves_the_ctime_and_the_times_of_the_directory),
	POSIX_CASE(link_refuses_what_is_there),
	POSIX_CASE(link_refuses_what_cannot_be),
	POSIX_CASE(link_does_not_follow_a_symlink_unless_asked),
	POSIX_CASE(links_to_one_file_may_be_many),
	POSIX_CASE(link_needs_the_right_to_write_the_directory),
	POSIX_CASE(inode_numbers_are_stable),
	POSIX_CASE(readdir_and_stat_tell_the_same_inode_and_kind),
	POSIX_END,
};
