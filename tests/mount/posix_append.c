/* O_APPEND: nothing is lost, whoever else writes. */
#include "posix.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WRITERS = 6,
	LINES = 300,
	LINE_BYTES = 32,
};

static void append_writes_at_the_end_wherever_the_place_is(void)
{
	char byte;
	int fd;

	make_file("f", "one");
	fd = OK(open("f", O_RDWR | O_APPEND));
	SAME(lseek(fd, 0, SEEK_SET), 0);
	SAME(write(fd, "two", 3), 3);
	SAME(lseek(fd, 0, SEEK_CUR), 6);
	SAME(pread(fd, &byte, 1, 0), 1);
	SAME(byte, 'o');
	OK(close(fd));
	TEXT("f", "onetwo");
}

static void append_sees_what_others_appended_before(void)
{
	int a, b;

	make_file("f", "");
	a = OK(open("f", O_WRONLY | O_APPEND));
	b = OK(open("f", O_WRONLY | O_APPEND));
	SAME(write(a, "1", 1), 1);
	SAME(write(b, "22", 2), 2);
	SAME(write(a, "333", 3), 3);
	OK(truncate("f", 4));
	SAME(write(b, "4", 1), 1);
	OK(close(a));
	OK(close(b));
	TEXT("f", "12234");
}

static void append_can_be_switched_on_and_off(void)
{
	int fd;

	make_file("f", "abc");
	fd = OK(open("f", O_WRONLY));
	OK(fcntl(fd, F_SETFL, O_APPEND));
	SAME(write(fd, "d", 1), 1);
	OK(fcntl(fd, F_SETFL, 0));
	SAME(lseek(fd, 0, SEEK_SET), 0);
	SAME(write(fd, "A", 1), 1);
	OK(close(fd));
	TEXT("f", "Abcd");
}

/* Each line is one write: its writer, its number, and filling. */
static void write_line(int fd, int writer, int number)
{
	char line[64];

	snprintf(line, sizeof(line), "%02d %06d .....................\n", writer, number);
	SAME(write(fd, line, LINE_BYTES), LINE_BYTES);
}

static void write_lines(int writer, bool reopen)
{
	int fd = -1, i;

	for (i = 0; i < LINES; i++) {
		if (fd < 0)
			fd = OK(open("f", O_WRONLY | O_APPEND));
		write_line(fd, writer, i);
		if (reopen) {
			OK(close(fd));
			fd = -1;
		}
	}
}

/* Every line of every writer is there once, in the order of its writer. */
static void check_lines(void)
{
	int next[WRITERS] = { 0 };
	char line[LINE_BYTES + 1];
	int fd = OK(open("f", O_RDONLY));
	int writer, number, i;

	SAME(stat_of("f").st_size, WRITERS * LINES * LINE_BYTES);
	for (i = 0; i < WRITERS * LINES; i++) {
		SAME(read(fd, line, LINE_BYTES), LINE_BYTES);
		line[LINE_BYTES] = '\0';
		SAME(sscanf(line, "%d %d", &writer, &number), 2);
		SAME(line[LINE_BYTES - 1], '\n');
		CHECK(writer >= 0 && writer < WRITERS);
		SAME(number, next[writer]);
		next[writer]++;
	}
	OK(close(fd));
}

static void appends_of_several_processes_are_all_kept(void)
{
	int writer;

	make_file("f", "");
	writer = fork_many(WRITERS);
	if (writer >= 0) {
		write_lines(writer, false);
		child_done();
	}
	check_lines();
}

static void appends_of_processes_that_open_and_close_are_all_kept(void)
{
	int writer;

	make_file("f", "");
	writer = fork_many(WRITERS);
	if (writer >= 0) {
		write_lines(writer, true);
		child_done();
	}
	check_lines();
}

static void appends_through_one_shared_descriptor_are_all_kept(void)
{
	int fd = OK(open("f", O_WRONLY | O_CREAT, 0644));
	int writer, i;

	writer = fork_many(WRITERS);
	if (writer >= 0) {
		for (i = 0; i < LINES; i++)
			write_line(fd, writer, i);
		child_done();
	}
	OK(close(fd));
	check_lines();
}

const struct posix_case posix_append_cases[] = {
	POSIX_CASE(append_writes_at_the_end_wherever_the_place_is),
	POSIX_CASE(append_sees_what_others_appended_before),
	POSIX_CASE(append_can_be_switched_on_and_off),
	POSIX_CASE(appends_of_several_processes_are_all_kept),
	POSIX_CASE(appends_of_processes_that_open_and_close_are_all_kept),
	POSIX_CASE(appends_through_one_shared_descriptor_are_all_kept),
	POSIX_END,
};
