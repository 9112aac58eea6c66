/* When mtime and ctime move by themselves, and when not. */
#include "posix.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

static void a_write_moves_mtime_and_ctime(void)
{
	struct timespec t;
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_WRONLY));
	t = tick();
	SAME(write(fd, "x", 1), 1);
	CHECK(is_later(stat_of_fd(fd).st_mtim, t));
	CHECK(is_later(stat_of_fd(fd).st_ctim, t));
	OK(close(fd));
	CHECK(mtime_moved("f", t) && ctime_moved("f", t));
}

static void closing_after_a_write_moves_nothing_more(void)
{
	struct timespec t, mtime;
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_WRONLY));
	SAME(write(fd, "x", 1), 1);
	OK(fsync(fd));
	mtime = stat_of_fd(fd).st_mtim;
	t = tick();
	OK(close(fd));
	CHECK(!mtime_moved("f", t));
	SAME(stat_of("f").st_mtim.tv_nsec, mtime.tv_nsec);
}

static void reading_moves_neither_mtime_nor_ctime(void)
{
	struct timespec t;

	make_file("f", "text");
	OK(mkdir("d", 0755));
	OK(symlink("f", "l"));
	t = tick();
	TEXT("f", "text");
	TEXT("l", "text");
	SAME(count_entries("d"), 0);
	CHECK(!mtime_moved("f", t) && !ctime_moved("f", t));
	CHECK(!mtime_moved("d", t) && !ctime_moved("d", t));
	CHECK(!mtime_moved("l", t));
}

static void opening_and_closing_for_writing_moves_nothing(void)
{
	struct timespec t;

	make_file("f", "text");
	t = tick();
	OK(close(OK(open("f", O_RDWR))));
	OK(close(OK(open("f", O_WRONLY | O_APPEND))));
	OK(close(OK(open("f", O_WRONLY | O_CREAT, 0644))));
	CHECK(!mtime_moved("f", t) && !ctime_moved("f", t));
}

static void new_times_lie_between_before_and_after(void)
{
	struct timespec before = tick(), after;
	enum node_kind kind;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		OK(clock_gettime(CLOCK_REALTIME, &after));
		CHECK(mtime_moved("n", before) && !mtime_moved("n", after));
		CHECK(ctime_moved("n", before) && !ctime_moved("n", after));
		CHECK(is_later(stat_of("n").st_atim, before));
		remove_node("n");
	}
}

static void extended_attributes_move_ctime_only(void)
{
	struct timespec t;

	make_file("f", "text");
	t = tick();
	OK(setxattr("f", "user.note", "x", 1, 0));
	CHECK(ctime_moved("f", t) && !mtime_moved("f", t));
	t = tick();
	OK(removexattr("f", "user.note"));
	CHECK(ctime_moved("f", t) && !mtime_moved("f", t));
}

static void rename_moves_no_mtime_of_what_is_renamed(void)
{
	struct timespec t;

	make_file("f", "text");
	OK(mkdir("d", 0755));
	make_file("d/x", "");
	t = tick();
	OK(rename("f", "g"));
	OK(rename("d", "e"));
	CHECK(!mtime_moved("g", t));
	CHECK(!mtime_moved("e", t));
	CHECK(!mtime_moved("e/x", t));
}

static void a_replaced_name_moves_the_ctime_of_the_file_that_lost_it(void)
{
	struct timespec t;

	make_file("old", "text");
	OK(link("old", "kept"));
	make_file("new", "text");
	t = tick();
	OK(rename("new", "old"));
	CHECK(ctime_moved("kept", t));
	CHECK(!mtime_moved("kept", t));
}

static void writing_through_a_mapping_moves_mtime(void)
{
	struct timespec t;
	char *map;
	int fd;

	if (is_tmpfs())
		posix_skip("tmpfs does not do it");
	fd = OK(open("f", O_RDWR | O_CREAT, 0644));
	OK(ftruncate(fd, 4096));
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	t = tick();
	map[0] = 'x';
	OK(msync(map, 4096, MS_SYNC));
	OK(munmap(map, 4096));
	OK(close(fd));
	CHECK(mtime_moved("f", t) && ctime_moved("f", t));
}

static void writes_are_seen_in_the_order_they_were_made(void)
{
	char name[] = "f0";
	int i;

	for (i = 0; i < 5; i++) {
		name[1] = (char)('0' + i);
		make_file(name, "text");
		tick();
	}
	for (i = 1; i < 5; i++) {
		struct timespec earlier;

		name[1] = (char)('0' + i - 1);
		earlier = stat_of(name).st_mtim;
		name[1] = (char)('0' + i);
		CHECK(mtime_moved(name, earlier));
	}
}

const struct posix_case posix_time_cases[] = {
	POSIX_CASE(a_write_moves_mtime_and_ctime),
	POSIX_CASE(closing_after_a_write_moves_nothing_more),
	POSIX_CASE(reading_moves_neither_mtime_nor_ctime),
	POSIX_CASE(opening_and_closing_for_writing_moves_nothing),
	POSIX_CASE(new_times_lie_between_before_and_after),
	POSIX_CASE(extended_attributes_move_ctime_only),
	POSIX_CASE(rename_moves_no_mtime_of_what_is_renamed),
	POSIX_CASE(a_replaced_name_moves_the_ctime_of_the_file_that_lost_it),
	POSIX_CASE(writing_through_a_mapping_moves_mtime),
	POSIX_CASE(writes_are_seen_in_the_order_they_were_made),
	POSIX_END,
};
