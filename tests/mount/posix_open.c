/* open(): creating, truncating, excluding, and what it refuses. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void open_creates_a_file_with_the_mode_less_the_umask(void)
{
	static const struct {
		mode_t umask, mode, result;
	} cases[] = { { 0, 0755, 0755 }, { 0, 0151, 0151 }, { 077, 0151, 0100 },
		{ 070, 0345, 0305 }, { 0501, 0345, 0244 }, { 022, 0666, 0644 } };
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		umask(cases[i].umask);
		OK(close(OK(open("f", O_WRONLY | O_CREAT | O_EXCL, cases[i].mode))));
		SAME(mode_of("f"), cases[i].result);
		CHECK(S_ISREG(stat_of("f").st_mode));
		SAME(stat_of("f").st_size, 0);
		SAME(stat_of("f").st_nlink, 1);
		OK(unlink("f"));
	}
}

static void open_with_creat_of_an_existing_file_changes_nothing(void)
{
	struct stat before;
	struct timespec t;

	make_file("f", "text");
	OK(chmod("f", 0640));
	before = stat_of("f");
	t = tick();
	OK(close(OK(open("f", O_RDWR | O_CREAT, 0777))));
	SAME(stat_of("f").st_ino, before.st_ino);
	SAME(mode_of("f"), 0640);
	CHECK(!mtime_moved("f", t));
	CHECK(!ctime_moved("f", t));
	CHECK(!mtime_moved(".", t));
	TEXT("f", "text");
}

static void creating_a_file_moves_the_times_of_its_directory(void)
{
	struct timespec t;

	make_dir("d", 0755);
	t = tick();
	make_file("d/f", "");
	CHECK(mtime_moved("d", t));
	CHECK(ctime_moved("d", t));
	CHECK(is_later(stat_of("d/f").st_atim, t));
	CHECK(mtime_moved("d/f", t));
	CHECK(ctime_moved("d/f", t));
}

static void o_excl_refuses_whatever_is_there(void)
{
	enum node_kind kind;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		FAILS(open("n", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
		FAILS(open("n", O_RDONLY | O_CREAT | O_EXCL, 0644), EEXIST);
		remove_node("n");
	}
	CHECK(!exists("nowhere"));
}

static void o_trunc_empties_and_moves_the_times(void)
{
	struct timespec t;

	make_file("f", "something");
	t = tick();
	OK(close(OK(open("f", O_WRONLY | O_TRUNC))));
	SAME(stat_of("f").st_size, 0);
	CHECK(mtime_moved("f", t));
	CHECK(ctime_moved("f", t));
	TEXT("f", "");
}

static void o_trunc_is_seen_by_descriptors_that_are_open(void)
{
	char byte;
	int fd;

	make_file("f", "something");
	fd = OK(open("f", O_RDWR));
	make_file("f", "ab");
	SAME(stat_of_fd(fd).st_size, 2);
	SAME(pread(fd, &byte, 1, 1), 1);
	SAME(byte, 'b');
	SAME(pread(fd, &byte, 1, 2), 0);
	OK(close(fd));
}

static void a_file_made_read_only_is_written_through_the_descriptor_that_made_it(void)
{
	int fd = OK(open("f", O_WRONLY | O_CREAT | O_EXCL, 0444));

	SAME(write(fd, "text", 4), 4);
	OK(close(fd));
	TEXT("f", "text");
	SAME(mode_of("f"), 0444);
}

static void the_maker_of_a_mode_zero_file_may_write_it(void)
{
	int fd;

	OK(mkdir("d", 0777));
	OK(chmod("d", 0777));
	if (child_as(NOBODY, NOBODY)) {
		fd = OK(open("d/f", O_RDWR | O_CREAT | O_EXCL, 0));
		SAME(write(fd, "text", 4), 4);
		OK(close(fd));
		FAILS(open("d/f", O_RDONLY), EACCES);
		FAILS(open("d/f", O_WRONLY), EACCES);
		child_done();
	}
	SAME(mode_of("d/f"), 0);
	SAME(stat_of("d/f").st_size, 4);
	SAME(stat_of("d/f").st_uid, NOBODY);
}

static void open_refuses_what_is_not_there(void)
{
	FAILS(open("f", O_RDONLY), ENOENT);
	FAILS(open("f", O_WRONLY | O_TRUNC), ENOENT);
	FAILS(open("d/f", O_RDWR | O_CREAT, 0644), ENOENT);
	FAILS(open("", O_RDONLY), ENOENT);
	FAILS(open("", O_RDWR | O_CREAT, 0644), ENOENT);
}

static void a_file_is_no_directory_on_the_way(void)
{
	make_file("f", "");
	FAILS(open("f/x", O_RDONLY), ENOTDIR);
	FAILS(open("f/x", O_RDWR | O_CREAT, 0644), ENOTDIR);
	FAILS(open("f/", O_RDONLY), ENOTDIR);
	FAILS(open("f/.", O_RDONLY), ENOTDIR);
	FAILS(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
}

static void a_directory_opens_for_reading_only(void)
{
	char byte;
	int fd;

	OK(mkdir("d", 0755));
	FAILS(open("d", O_WRONLY), EISDIR);
	FAILS(open("d", O_RDWR), EISDIR);
	FAILS(open("d", O_RDONLY | O_CREAT, 0644), EISDIR);
	FAILS(open("d", O_RDWR | O_TRUNC), EISDIR);
	fd = OK(open("d", O_RDONLY));
	FAILS(read(fd, &byte, 1), EISDIR);
	OK(close(fd));
	fd = OK(open("d", O_RDONLY | O_DIRECTORY));
	FAILS(write(fd, "x", 1), EBADF);
	OK(close(fd));
	FAILS(open("new/", O_RDWR | O_CREAT, 0644), EISDIR);
}

static void the_descriptor_allows_what_it_was_opened_for(void)
{
	char byte;
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_RDONLY));
	FAILS(write(fd, "x", 1), EBADF);
	FAILS(ftruncate(fd, 1), EINVAL);
	OK(close(fd));
	fd = OK(open("f", O_WRONLY));
	FAILS(read(fd, &byte, 1), EBADF);
	OK(close(fd));
	TEXT("f", "text");
}

static void a_descriptor_opened_read_write_keeps_its_right_after_chmod(void)
{
	int fd;

	make_dir("d", 0777);
	if (child_as(NOBODY, NOBODY)) {
		fd = OK(open("d/f", O_RDWR | O_CREAT, 0644));
		OK(chmod("d/f", 0));
		SAME(write(fd, "text", 4), 4);
		OK(ftruncate(fd, 2));
		OK(fsync(fd));
		OK(close(fd));
		FAILS(open("d/f", O_RDONLY), EACCES);
		child_done();
	}
	SAME(stat_of("d/f").st_size, 2);
}

static void a_file_has_many_descriptors_with_places_of_their_own(void)
{
	char byte;
	int a, b, i;

	make_file("f", "0123456789");
	a = OK(open("f", O_RDONLY));
	b = OK(open("f", O_RDONLY));
	for (i = 0; i < 10; i++) {
		SAME(read(a, &byte, 1), 1);
		SAME(byte, '0' + i);
	}
	SAME(read(a, &byte, 1), 0);
	SAME(read(b, &byte, 1), 1);
	SAME(byte, '0');
	OK(close(a));
	SAME(read(b, &byte, 1), 1);
	SAME(byte, '1');
	OK(close(b));
}

static void openat_goes_from_an_open_directory(void)
{
	int dir, fd;

	OK(mkdir("d", 0755));
	dir = OK(open("d", O_RDONLY | O_DIRECTORY));
	OK(rename("d", "e"));
	fd = OK(openat(dir, "f", O_WRONLY | O_CREAT | O_EXCL, 0644));
	SAME(write(fd, "text", 4), 4);
	OK(close(fd));
	TEXT("e/f", "text");
	fd = OK(open("e/f", O_RDONLY));
	FAILS(openat(fd, "x", O_RDONLY), ENOTDIR);
	OK(close(fd));
	OK(close(dir));
}

const struct posix_case posix_open_cases[] = {
	POSIX_CASE(open_creates_a_file_with_the_mode_less_the_umask),
	POSIX_CASE(open_with_creat_of_an_existing_file_changes_nothing),
	POSIX_CASE(creating_a_file_moves_the_times_of_its_directory),
	POSIX_CASE(o_excl_refuses_whatever_is_there),
	POSIX_CASE(o_trunc_empties_and_moves_the_times),
	POSIX_CASE(o_trunc_is_seen_by_descriptors_that_are_open),
	POSIX_CASE(a_file_made_read_only_is_written_through_the_descriptor_that_made_it),
	POSIX_CASE(the_maker_of_a_mode_zero_file_may_write_it),
	POSIX_CASE(open_refuses_what_is_not_there),
	POSIX_CASE(a_file_is_no_directory_on_the_way),
	POSIX_CASE(a_directory_opens_for_reading_only),
	POSIX_CASE(the_descriptor_allows_what_it_was_opened_for),
	POSIX_CASE(a_descriptor_opened_read_write_keeps_its_right_after_chmod),
	POSIX_CASE(a_file_has_many_descriptors_with_places_of_their_own),
	POSIX_CASE(openat_goes_from_an_open_directory),
	POSIX_END,
};
