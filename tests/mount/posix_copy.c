/* Copies that the kernel makes: copy_file_range(), sendfile(), splice(). */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum {
	SIZE = 200003,
};

static void make_big_file(const char *path)
{
	char *data = malloc(SIZE);
	int fd = OK(open(path, O_WRONLY | O_CREAT, 0644));

	fill(data, SIZE, 9);
	SAME(write(fd, data, SIZE), SIZE);
	OK(close(fd));
	free(data);
}

static void check_big_file(const char *path)
{
	char *data = malloc(SIZE + 1);
	int fd = OK(open(path, O_RDONLY));

	SAME(read(fd, data, SIZE + 1), SIZE);
	CHECK(is_filled(data, SIZE, 9));
	OK(close(fd));
	free(data);
}

static void copy_file_range_copies_a_file(void)
{
	ssize_t n, total = 0;
	struct timespec t;
	int in, out;

	make_big_file("a");
	in = OK(open("a", O_RDONLY));
	out = OK(open("b", O_WRONLY | O_CREAT, 0644));
	t = tick();
	while ((n = OK(copy_file_range(in, NULL, out, NULL, 70000, 0))) > 0)
		total += n;
	SAME(total, SIZE);
	SAME(lseek(out, 0, SEEK_CUR), SIZE);
	OK(close(in));
	OK(close(out));
	check_big_file("b");
	CHECK(mtime_moved("b", t));
	CHECK(!mtime_moved("a", t));
}

static void copy_file_range_goes_by_the_places_given(void)
{
	off_t from = 2, to = 6;
	int in, out;

	make_file("a", "0123456789");
	make_file("b", "abcd");
	in = OK(open("a", O_RDONLY));
	out = OK(open("b", O_RDWR));
	SAME(copy_file_range(in, &from, out, &to, 3, 0), 3);
	SAME(from, 5);
	SAME(to, 9);
	SAME(lseek(in, 0, SEEK_CUR), 0);
	SAME(lseek(out, 0, SEEK_CUR), 0);
	SAME(stat_of_fd(out).st_size, 9);
	to = 4;
	SAME(copy_file_range(in, &(off_t){ 8 }, out, &to, 100, 0), 2);
	SAME(copy_file_range(in, &(off_t){ 10 }, out, &to, 100, 0), 0);
	OK(close(in));
	OK(close(out));
	TEXT("b", "abcd89234");
}

static void copy_file_range_works_within_one_file(void)
{
	off_t from = 0, to = 5;
	int fd;

	make_file("f", "0123456789");
	fd = OK(open("f", O_RDWR));
	SAME(copy_file_range(fd, &from, fd, &to, 5, 0), 5);
	from = 0;
	to = 2;
	FAILS(copy_file_range(fd, &from, fd, &to, 5, 0), EINVAL);
	OK(close(fd));
	TEXT("f", "0123401234");
}

static void copy_file_range_refuses_wrong_descriptors(void)
{
	int in, out, dir;

	make_file("a", "text");
	make_file("b", "");
	in = OK(open("a", O_RDONLY));
	out = OK(open("b", O_WRONLY | O_APPEND));
	dir = OK(open(".", O_RDONLY));
	FAILS(copy_file_range(in, NULL, out, NULL, 4, 0), EBADF);
	FAILS(copy_file_range(in, NULL, in, NULL, 4, 0), EBADF);
	FAILS(copy_file_range(dir, NULL, out, NULL, 4, 0), EISDIR);
	OK(close(in));
	OK(close(out));
	OK(close(dir));
	TEXT("b", "");
}

static void sendfile_copies_a_file(void)
{
	off_t at = 0;
	int in, out;

	make_big_file("a");
	in = OK(open("a", O_RDONLY));
	out = OK(open("b", O_WRONLY | O_CREAT, 0644));
	while (at < SIZE)
		CHECK(OK(sendfile(out, in, &at, 65536)) > 0);
	OK(close(in));
	OK(close(out));
	check_big_file("b");
}

static void splice_goes_through_a_pipe(void)
{
	int in, out, ends[2];
	ssize_t n, left = SIZE;

	make_big_file("a");
	OK(pipe(ends));
	in = OK(open("a", O_RDONLY));
	out = OK(open("b", O_WRONLY | O_CREAT, 0644));
	while (left > 0) {
		n = OK(splice(in, NULL, ends[1], NULL, 4096, 0));
		CHECK(n > 0);
		SAME(splice(ends[0], NULL, out, NULL, (size_t)n, 0), n);
		left -= n;
	}
	OK(close(in));
	OK(close(out));
	check_big_file("b");
}

const struct posix_case posix_copy_cases[] = {
	POSIX_CASE(copy_file_range_copies_a_file),
	POSIX_CASE(copy_file_range_goes_by_the_places_given),
	POSIX_CASE(copy_file_range_works_within_one_file),
	POSIX_CASE(copy_file_range_refuses_wrong_descriptors),
	POSIX_CASE(sendfile_copies_a_file),
	POSIX_CASE(splice_goes_through_a_pipe),
	POSIX_END,
};
