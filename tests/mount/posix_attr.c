/* chmod() and the mode bits. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void chmod_sets_every_bit(void)
{
	unsigned mode;

	make_file("f", "");
	for (mode = 0; mode <= 07777; mode += 0111) {
		OK(chmod("f", mode));
		SAME(mode_of("f"), mode);
	}
	OK(mkdir("d", 0755));
	OK(chmod("d", 07777));
	SAME(mode_of("d"), 07777);
	CHECK(S_ISDIR(stat_of("d").st_mode));
}

static void chmod_works_on_every_kind_and_through_a_symlink(void)
{
	enum node_kind kind;
	struct timespec t;

	OK(symlink("n", "l"));
	for (kind = 0; kind < NODE_SYMLINK; kind++) {
		make_node(kind, "n");
		t = tick();
		OK(chmod("n", 0111));
		SAME(mode_of("n"), 0111);
		CHECK(ctime_moved("n", t));
		CHECK(!mtime_moved("n", t));
		CHECK(!mtime_moved(".", t));
		OK(chmod("l", 0222));
		SAME(mode_of("n"), 0222);
		SAME(stat_of("n").st_mode & S_IFMT, type_of(kind));
		remove_node("n");
	}
	SAME(mode_of("l"), 0777);
}

static void fchmod_changes_the_open_file(void)
{
	int fd;

	make_file("f", "");
	fd = OK(open("f", O_RDONLY));
	OK(rename("f", "g"));
	OK(fchmod(fd, 0421));
	SAME(mode_of("g"), 0421);
	SAME(stat_of_fd(fd).st_mode & 07777, 0421);
	OK(close(fd));
}

static void chmod_is_for_the_owner(void)
{
	enum node_kind kind;
	struct timespec t;

	need_root();
	for (kind = 0; kind < NODE_SYMLINK; kind++) {
		make_node(kind, "n");
		t = tick();
		if (child_as(NOBODY, NOBODY)) {
			FAILS(chmod("n", 0111), EPERM);
			child_done();
		}
		CHECK(!ctime_moved("n", t));
		OK(chown("n", NOBODY, NOBODY));
		if (child_as(NOBODY, NOBODY)) {
			OK(chmod("n", 0111));
			child_done();
		}
		SAME(mode_of("n"), 0111);
		remove_node("n");
	}
}

static void set_group_id_is_for_members_of_the_group(void)
{
	need_root();
	make_file("f", "");
	OK(chown("f", NOBODY, NOBODY));
	if (child_as(NOBODY, NOBODY)) {
		OK(chmod("f", 02755));
		SAME(mode_of("f"), 02755);
		OK(chmod("f", 0755));
		child_done();
	}
	if (child_as(NOBODY, STRANGER)) {
		OK(chmod("f", 02755));
		child_done();
	}
	SAME(mode_of("f"), 0755);
}

/* Whoever changes a program must not run it as somebody else. */
static void a_write_by_a_user_clears_set_user_and_group_id(void)
{
	static const unsigned modes[] = { 04777, 02777, 06777 };
	size_t i;
	int fd;

	need_root();
	for (i = 0; i < ARRAY_LEN(modes); i++) {
		make_file("f", "text");
		OK(chmod("f", modes[i]));
		if (child_as(NOBODY, NOBODY)) {
			fd = OK(open("f", O_WRONLY));
			SAME(write(fd, "x", 1), 1);
			SAME(stat_of_fd(fd).st_mode & 07777, 0777);
			OK(close(fd));
			child_done();
		}
		SAME(mode_of("f"), 0777);
		TEXT("f", "xext");
	}
}

static void a_truncate_by_a_user_clears_set_user_and_group_id(void)
{
	need_root();
	make_file("f", "text");
	OK(chmod("f", 06777));
	if (child_as(NOBODY, NOBODY)) {
		OK(truncate("f", 2));
		child_done();
	}
	SAME(mode_of("f"), 0777);
	OK(chmod("f", 06777));
	if (child_as(NOBODY, NOBODY)) {
		OK(close(OK(open("f", O_WRONLY | O_TRUNC))));
		child_done();
	}
	SAME(mode_of("f"), 0777);
}

static void the_super_user_keeps_set_user_id_when_writing(void)
{
	int fd;

	need_root();
	make_file("f", "text");
	OK(chmod("f", 04755));
	fd = OK(open("f", O_WRONLY));
	SAME(write(fd, "x", 1), 1);
	OK(close(fd));
	SAME(mode_of("f"), 04755);
}

static void set_group_id_without_execute_is_kept_by_a_write(void)
{
	int fd;

	need_root();
	make_file("f", "text");
	OK(chown("f", NOBODY, NOBODY));
	OK(chmod("f", 02666));
	if (child_as(NOBODY, NOBODY)) {
		fd = OK(open("f", O_WRONLY));
		SAME(write(fd, "x", 1), 1);
		OK(close(fd));
		child_done();
	}
	SAME(mode_of("f"), 02666);
}

static void attributes_are_seen_through_every_name_and_descriptor(void)
{
	struct stat a, b;
	int fd;

	make_file("f", "text");
	OK(link("f", "g"));
	fd = OK(open("g", O_RDONLY));
	OK(chmod("f", 0640));
	a = stat_of("g");
	b = stat_of_fd(fd);
	SAME(a.st_mode, b.st_mode);
	SAME(a.st_mode & 07777, 0640);
	SAME(a.st_ino, b.st_ino);
	SAME(a.st_size, b.st_size);
	CHECK(memcmp(&a.st_ctim, &b.st_ctim, sizeof(a.st_ctim)) == 0);
	OK(close(fd));
}

const struct posix_case posix_attr_cases[] = {
	POSIX_CASE(chmod_sets_every_bit),
	POSIX_CASE(chmod_works_on_every_kind_and_through_a_symlink),
	POSIX_CASE(fchmod_changes_the_open_file),
	POSIX_CASE(chmod_is_for_the_owner),
	POSIX_CASE(set_group_id_is_for_members_of_the_group),
	POSIX_CASE(a_write_by_a_user_clears_set_user_and_group_id),
	POSIX_CASE(a_truncate_by_a_user_clears_set_user_and_group_id),
	POSIX_CASE(the_super_user_keeps_set_user_id_when_writing),
	POSIX_CASE(set_group_id_without_execute_is_kept_by_a_write),
	POSIX_CASE(attributes_are_seen_through_every_name_and_descriptor),
	POSIX_END,
};
