/* Directories with the sticky bit or the set-group-id bit. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void make_owned(enum node_kind kind, const char *path, uid_t owner)
{
	make_node(kind, path);
	OK(lchown(path, owner, owner));
}

/* In a sticky directory its owner and the owner of the file remove and rename, nobody else. */
static void a_sticky_directory_protects_the_files_of_others(void)
{
	enum node_kind kind;

	need_root();
	make_dir("s", 01777);
	make_dir("open", 0777);
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_owned(kind, "s/theirs", STRANGER);
		if (child_as(NOBODY, NOBODY)) {
			FAILS(kind == NODE_DIR ? rmdir("s/theirs") : unlink("s/theirs"), EPERM);
			FAILS(rename("s/theirs", "s/new"), EPERM);
			FAILS_EITHER(rename("s/theirs", "open/new"), EPERM, EACCES);
			child_done();
		}
		remove_node("s/theirs");
	}
}

static void the_owner_of_a_file_moves_it_out_of_a_sticky_directory(void)
{
	enum node_kind kind;

	need_root();
	make_dir("s", 01777);
	make_dir("open", 0777);
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_owned(kind, "s/mine", NOBODY);
		if (child_as(NOBODY, NOBODY)) {
			OK(rename("s/mine", "s/new"));
			OK(rename("s/new", "open/new"));
			OK(rename("open/new", "s/mine"));
			remove_node("s/mine");
			child_done();
		}
		CHECK(!exists("s/mine"));
	}
}

static void the_owner_of_a_sticky_directory_removes_what_others_made(void)
{
	enum node_kind kind;

	need_root();
	make_dir("s", 01777);
	OK(chown("s", NOBODY, NOBODY));
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_owned(kind, "s/theirs", STRANGER);
		if (child_as(NOBODY, NOBODY)) {
			OK(rename("s/theirs", "s/new"));
			remove_node("s/new");
			child_done();
		}
	}
}

static void a_file_in_a_sticky_directory_is_not_replaced_by_others(void)
{
	need_root();
	make_dir("s", 01777);
	make_owned(NODE_FILE, "s/theirs", STRANGER);
	make_owned(NODE_FILE, "s/mine", NOBODY);
	if (child_as(NOBODY, NOBODY)) {
		FAILS(rename("s/mine", "s/theirs"), EPERM);
		FAILS(renameat2(AT_FDCWD, "s/mine", AT_FDCWD, "s/theirs", RENAME_EXCHANGE), EPERM);
		child_done();
	}
	CHECK(exists("s/mine") && exists("s/theirs"));
}

static void moving_the_directory_of_another_needs_the_right_to_write_it(void)
{
	need_root();
	make_dir("a", 0777);
	make_dir("b", 0777);
	make_dir("a/theirs", 0755);
	make_file("a/f", "text");
	if (child_as(NOBODY, NOBODY)) {
		OK(rename("a/theirs", "a/new"));
		FAILS_EITHER(rename("a/new", "b/new"), EACCES, EPERM);
		OK(rename("a/f", "b/f"));
		child_done();
	}
	CHECK(exists("a/new"));
	TEXT("b/f", "text");
}

static void a_set_group_directory_hands_down_its_group(void)
{
	enum node_kind kind;

	need_root();
	make_dir("g", 0777);
	OK(chown("g", 0, STRANGER));
	OK(chmod("g", 02777));
	if (child_as(NOBODY, NOBODY)) {
		for (kind = 0; kind < NODE_KINDS; kind++) {
			make_node(kind, "g/n");
			SAME(stat_of("g/n").st_uid, NOBODY);
			SAME(stat_of("g/n").st_gid, STRANGER);
			SAME(mode_of("g/n") & S_ISGID, kind == NODE_DIR ? S_ISGID : 0);
			remove_node("g/n");
		}
		OK(mkdir("g/d", 0755));
		make_file("g/d/f", "");
		child_done();
	}
	SAME(stat_of("g/d/f").st_gid, STRANGER);
}

static void a_plain_directory_hands_down_nothing(void)
{
	need_root();
	make_dir("d", 0777);
	OK(chown("d", STRANGER, STRANGER));
	if (child_as(NOBODY, NOBODY)) {
		OK(mkdir("d/e", 0755));
		make_file("d/f", "");
		OK(symlink("x", "d/l"));
		child_done();
	}
	SAME(stat_of("d/e").st_uid, NOBODY);
	SAME(stat_of("d/e").st_gid, NOBODY);
	SAME(stat_of("d/f").st_uid, NOBODY);
	SAME(stat_of("d/f").st_gid, NOBODY);
	SAME(stat_of("d/l").st_uid, NOBODY);
	SAME(mode_of("d/e"), 0755);
}

static void sticky_and_set_group_bits_are_kept_on_directories(void)
{
	make_dir("d", 01755);
	SAME(mode_of("d"), 01755);
	OK(chmod("d", 03770));
	SAME(mode_of("d"), 03770);
	OK(chmod("d", 0755));
	SAME(mode_of("d"), 0755);
	OK(mkdir("e", 01777));
	SAME(mode_of("e"), 01755);
}

const struct posix_case posix_sticky_cases[] = {
	POSIX_CASE(a_sticky_directory_protects_the_files_of_others),
	POSIX_CASE(the_owner_of_a_file_moves_it_out_of_a_sticky_directory),
	POSIX_CASE(the_owner_of_a_sticky_directory_removes_what_others_made),
	POSIX_CASE(a_file_in_a_sticky_directory_is_not_replaced_by_others),
	POSIX_CASE(moving_the_directory_of_another_needs_the_right_to_write_it),
	POSIX_CASE(a_set_group_directory_hands_down_its_group),
	POSIX_CASE(a_plain_directory_hands_down_nothing),
	POSIX_CASE(sticky_and_set_group_bits_are_kept_on_directories),
	POSIX_END,
};
