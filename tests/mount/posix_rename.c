/* rename() and renameat2(). */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int rename_flags(const char *from, const char *to, unsigned flags)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void rename_keeps_everything_but_the_name(void)
{
	struct stat before, after;
	enum node_kind kind;
	struct timespec t;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "a");
		before = stat_of("a");
		t = tick();
		OK(rename("a", "b"));
		CHECK(!exists("a"));
		after = stat_of("b");
		SAME(after.st_ino, before.st_ino);
		SAME(after.st_mode, before.st_mode);
		SAME(after.st_nlink, before.st_nlink);
		SAME(after.st_size, before.st_size);
		CHECK(!mtime_moved("b", t));
		CHECK(mtime_moved(".", t));
		CHECK(ctime_moved(".", t));
		remove_node("b");
	}
}

static void rename_to_another_directory_moves_the_times_of_both(void)
{
	struct timespec t;

	OK(mkdir("d", 0755));
	OK(mkdir("e", 0755));
	make_file("d/f", "text");
	t = tick();
	OK(rename("d/f", "e/g"));
	CHECK(mtime_moved("d", t) && ctime_moved("d", t));
	CHECK(mtime_moved("e", t) && ctime_moved("e", t));
	CHECK(!mtime_moved(".", t));
	SAME(count_entries("d"), 0);
	TEXT("e/g", "text");
}

static void rename_replaces_a_file(void)
{
	ino_t moved;

	make_file("a", "new");
	make_file("b", "old");
	OK(link("b", "c"));
	moved = stat_of("a").st_ino;
	OK(rename("a", "b"));
	CHECK(!exists("a"));
	SAME(stat_of("b").st_ino, moved);
	SAME(stat_of("c").st_nlink, 1);
	TEXT("b", "new");
	TEXT("c", "old");
}

static void rename_replaces_every_kind_that_is_no_directory(void)
{
	enum node_kind from, to;
	ino_t moved;

	for (from = 0; from < NODE_KINDS; from++) {
		for (to = 0; to < NODE_KINDS; to++) {
			if ((from == NODE_DIR) != (to == NODE_DIR))
				continue;
			make_node(from, "a");
			make_node(to, "b");
			moved = stat_of("a").st_ino;
			OK(rename("a", "b"));
			SAME(stat_of("b").st_ino, moved);
			SAME(count_entries("."), 1);
			remove_node("b");
		}
	}
}

static void rename_onto_a_link_of_the_same_file_does_nothing(void)
{
	make_file("a", "text");
	OK(link("a", "b"));
	OK(rename("a", "b"));
	SAME(count_entries("."), 2);
	SAME(stat_of("a").st_nlink, 2);
	OK(rename("a", "a"));
	TEXT("a", "text");
}

static void rename_moves_a_link_and_leaves_the_other(void)
{
	make_file("a", "text");
	OK(link("a", "b"));
	OK(rename("a", "c"));
	SAME(stat_of("b").st_ino, stat_of("c").st_ino);
	SAME(stat_of("b").st_nlink, 2);
	CHECK(!exists("a"));
}

static void rename_moves_a_symlink_not_what_it_points_to(void)
{
	make_file("f", "text");
	OK(symlink("f", "l"));
	OK(rename("l", "m"));
	CHECK(S_ISLNK(stat_of("m").st_mode));
	TEXT("f", "text");
	TEXT("m", "text");
}

static void rename_of_a_directory_carries_its_tree(void)
{
	OK(mkdir("a", 0755));
	OK(mkdir("a/b", 0755));
	make_file("a/b/f", "text");
	OK(rename("a", "z"));
	TEXT("z/b/f", "text");
	FAILS(open("a/b/f", O_RDONLY), ENOENT);
	OK(rename("z/b", "y"));
	TEXT("y/f", "text");
	SAME(count_entries("z"), 0);
}

static void rename_of_a_directory_moves_dot_dot_and_link_counts(void)
{
	OK(mkdir("from", 0755));
	OK(mkdir("to", 0755));
	OK(mkdir("from/d", 0755));
	SAME(stat_of("from").st_nlink, 3);
	SAME(stat_of("from/d/..").st_ino, stat_of("from").st_ino);
	OK(rename("from/d", "to/e"));
	SAME(stat_of("from").st_nlink, 2);
	SAME(stat_of("to").st_nlink, 3);
	SAME(stat_of("to/e/..").st_ino, stat_of("to").st_ino);
	OK(mkdir("from/d", 0755));
	OK(rename("from/d", "to/e"));
	SAME(stat_of("to").st_nlink, 3);
	SAME(stat_of("from").st_nlink, 2);
}

static void rename_replaces_an_empty_directory_only(void)
{
	OK(mkdir("a", 0755));
	make_file("a/f", "text");
	OK(mkdir("b", 0755));
	OK(rename("a", "b"));
	TEXT("b/f", "text");
	OK(mkdir("c", 0755));
	FAILS_EITHER(rename("c", "b"), ENOTEMPTY, EEXIST);
	OK(mkdir("b/sub", 0755));
	OK(unlink("b/f"));
	FAILS_EITHER(rename("c", "b"), ENOTEMPTY, EEXIST);
	OK(rename("b", "c"));
	CHECK(exists("c/sub"));
}

static void rename_mixes_no_files_and_directories(void)
{
	enum node_kind kind;

	OK(mkdir("d", 0755));
	for (kind = 0; kind < NODE_KINDS; kind++) {
		if (kind == NODE_DIR)
			continue;
		make_node(kind, "n");
		FAILS(rename("n", "d"), EISDIR);
		FAILS(rename("d", "n"), ENOTDIR);
		CHECK(S_ISDIR(stat_of("d").st_mode));
		CHECK((stat_of("n").st_mode & S_IFMT) == type_of(kind));
		remove_node("n");
	}
}

static void rename_of_a_directory_into_itself_is_refused(void)
{
	OK(mkdir("a", 0755));
	OK(mkdir("a/b", 0755));
	FAILS(rename("a", "a/c"), EINVAL);
	FAILS(rename("a", "a/b/c"), EINVAL);
	FAILS_EITHER(rename("a/b", "a"), ENOTEMPTY, EEXIST);
	OK(rename("a", "a"));
	FAILS_EITHER(rename("a/.", "x"), EBUSY, EINVAL);
	FAILS_EITHER(rename("a/..", "x"), EBUSY, EINVAL);
	FAILS_EITHER(rename("a/b", "a/b/."), EBUSY, EINVAL);
	SAME(count_entries("a"), 1);
}

static void rename_refuses_what_is_not_there(void)
{
	make_file("f", "text");
	FAILS(rename("g", "h"), ENOENT);
	FAILS(rename("f", "d/f"), ENOENT);
	FAILS(rename("d/f", "f"), ENOENT);
	FAILS(rename("f/x", "g"), ENOTDIR);
	FAILS(rename("f", "f/x"), ENOTDIR);
	FAILS(rename("f", "g/"), ENOTDIR);
	FAILS(rename("", "g"), ENOENT);
	FAILS(rename("f", ""), ENOENT);
	FAILS(rename("f", "/proc/f"), EXDEV);
	TEXT("f", "text");
}

static void a_refused_rename_moves_no_times(void)
{
	struct timespec t;

	make_file("f", "");
	OK(mkdir("d", 0755));
	t = tick();
	FAILS(rename("f", "d"), EISDIR);
	FAILS(rename_flags("f", "d", RENAME_NOREPLACE), EEXIST);
	CHECK(!mtime_moved(".", t) && !ctime_moved(".", t));
	CHECK(!mtime_moved("f", t) && !ctime_moved("f", t));
	CHECK(!mtime_moved("d", t) && !ctime_moved("d", t));
}

static void noreplace_moves_only_to_a_free_name(void)
{
	enum node_kind kind;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "a");
		make_file("b", "text");
		FAILS(rename_flags("a", "b", RENAME_NOREPLACE), EEXIST);
		TEXT("b", "text");
		OK(rename_flags("a", "c", RENAME_NOREPLACE));
		CHECK(!exists("a"));
		remove_node("c");
	}
	OK(link("b", "same"));
	FAILS(rename_flags("b", "same", RENAME_NOREPLACE), EEXIST);
	FAILS(rename_flags("b", "b", RENAME_NOREPLACE), EEXIST);
}

static void exchange_swaps_any_two(void)
{
	enum node_kind from, to;
	ino_t a, b;

	for (from = 0; from < NODE_KINDS; from++) {
		for (to = 0; to < NODE_KINDS; to++) {
			make_node(from, "a");
			make_node(to, "b");
			a = stat_of("a").st_ino;
			b = stat_of("b").st_ino;
			OK(rename_flags("a", "b", RENAME_EXCHANGE));
			SAME(stat_of("a").st_ino, b);
			SAME(stat_of("b").st_ino, a);
			SAME(stat_of("b").st_mode & S_IFMT, type_of(from));
			remove_node("a");
			remove_node("b");
		}
	}
}

static void exchange_across_directories_keeps_the_link_counts(void)
{
	OK(mkdir("d", 0755));
	OK(mkdir("e", 0755));
	OK(mkdir("d/sub", 0755));
	make_file("d/sub/f", "deep");
	make_file("e/g", "text");
	OK(rename_flags("d/sub", "e/g", RENAME_EXCHANGE));
	TEXT("d/sub", "text");
	TEXT("e/g/f", "deep");
	SAME(stat_of("d").st_nlink, 2);
	SAME(stat_of("e").st_nlink, 3);
	SAME(stat_of("e/g/..").st_ino, stat_of("e").st_ino);
}

static void exchange_refuses_what_cannot_be(void)
{
	OK(mkdir("d", 0755));
	OK(mkdir("d/e", 0755));
	make_file("f", "text");
	FAILS(rename_flags("f", "g", RENAME_EXCHANGE), ENOENT);
	FAILS(rename_flags("g", "f", RENAME_EXCHANGE), ENOENT);
	FAILS(rename_flags("d", "d/e", RENAME_EXCHANGE), EINVAL);
	FAILS(rename_flags("d/e", "d", RENAME_EXCHANGE), EINVAL);
	FAILS(rename_flags("f", "d", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL);
	OK(rename_flags("f", "f", RENAME_EXCHANGE));
	TEXT("f", "text");
}

const struct posix_case posix_rename_cases[] = {
	POSIX_CASE(rename_keeps_everything_but_the_name),
	POSIX_CASE(rename_to_another_directory_moves_the_times_of_both),
	POSIX_CASE(rename_replaces_a_file),
	POSIX_CASE(rename_replaces_every_kind_that_is_no_directory),
	POSIX_CASE(rename_onto_a_link_of_the_same_file_does_nothing),
	POSIX_CASE(rename_moves_a_link_and_leaves_the_other),
	POSIX_CASE(rename_moves_a_symlink_not_what_it_points_to),
	POSIX_CASE(rename_of_a_directory_carries_its_tree),
	POSIX_CASE(rename_of_a_directory_moves_dot_dot_and_link_counts),
	POSIX_CASE(rename_replaces_an_empty_directory_only),
	POSIX_CASE(rename_mixes_no_files_and_directories),
	POSIX_CASE(rename_of_a_directory_into_itself_is_refused),
	POSIX_CASE(rename_refuses_what_is_not_there),
	POSIX_CASE(a_refused_rename_moves_no_times),
	POSIX_CASE(noreplace_moves_only_to_a_free_name),
	POSIX_CASE(exchange_swaps_any_two),
	POSIX_CASE(exchange_across_directories_keeps_the_link_counts),
	POSIX_CASE(exchange_refuses_what_cannot_be),
	POSIX_END,
};
