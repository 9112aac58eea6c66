/* truncate(), ftruncate() and fallocate(). */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void truncate_cuts_and_extends_with_zeros(void)
{
	char data[8];
	int fd;

	make_file("f", "0123456789");
	OK(truncate("f", 4));
	TEXT("f", "0123");
	OK(truncate("f", 8));
	SAME(stat_of("f").st_size, 8);
	fd = OK(open("f", O_RDWR));
	SAME(read(fd, data, 8), 8);
	CHECK(memcmp(data, "0123\0\0\0\0", 8) == 0);
	OK(ftruncate(fd, 1));
	SAME(stat_of_fd(fd).st_size, 1);
	OK(ftruncate(fd, 0));
	SAME(pread(fd, data, 8, 0), 0);
	OK(close(fd));
}

static void bytes_cut_off_never_come_back(void)
{
	static const off_t cuts[] = { 0, 1, 100, 4095, 4096, 4097, 50000, 65536 };
	enum { SIZE = 100000 };
	char *data = malloc(SIZE);
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_LEN(cuts); i++) {
		fd = OK(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));
		fill(data, SIZE, 5);
		SAME(write(fd, data, SIZE), SIZE);
		OK(ftruncate(fd, cuts[i]));
		OK(ftruncate(fd, SIZE));
		SAME(pread(fd, data, SIZE, 0), SIZE);
		CHECK(is_filled(data, (size_t)cuts[i], 5));
		CHECK(is_zero(data + cuts[i], SIZE - (size_t)cuts[i]));
		OK(close(fd));
	}
	free(data);
}

static void truncate_moves_mtime_and_ctime(void)
{
	struct timespec t;
	int fd;

	make_file("f", "");
	t = tick();
	OK(truncate("f", 123));
	CHECK(mtime_moved("f", t));
	CHECK(ctime_moved("f", t));
	fd = OK(open("f", O_WRONLY));
	t = tick();
	OK(ftruncate(fd, 7));
	CHECK(mtime_moved("f", t));
	CHECK(ctime_moved("f", t));
	OK(close(fd));
}

static void a_refused_truncate_changes_nothing(void)
{
	struct timespec t;

	make_file("f", "text");
	t = tick();
	FAILS(truncate("f", -1), EINVAL);
	FAILS(truncate("f/x", 0), ENOTDIR);
	FAILS(truncate("g", 0), ENOENT);
	FAILS(truncate(".", 0), EISDIR);
	if (geteuid() == 0 && child_as(NOBODY, NOBODY)) {
		FAILS(truncate("f", 0), EACCES);
		child_done();
	}
	CHECK(!ctime_moved("f", t));
	TEXT("f", "text");
}

static void truncate_of_other_kinds_is_refused(void)
{
	int fd;

	make_node(NODE_FIFO, "p");
	FAILS(truncate("p", 0), EINVAL);
	make_node(NODE_SOCKET, "s");
	FAILS(truncate("s", 0), EINVAL);
	fd = OK(open(".", O_RDONLY));
	FAILS(ftruncate(fd, 0), EINVAL);
	OK(close(fd));
}

static void truncate_works_while_others_have_the_file_open(void)
{
	char byte;
	int fd;

	make_file("f", "0123456789");
	fd = OK(open("f", O_RDWR));
	SAME(lseek(fd, 8, SEEK_SET), 8);
	OK(truncate("f", 5));
	SAME(read(fd, &byte, 1), 0);
	SAME(write(fd, "X", 1), 1);
	SAME(stat_of("f").st_size, 9);
	SAME(pread(fd, &byte, 1, 6), 1);
	SAME(byte, 0);
	OK(close(fd));
}

/* Nobody stores a tebibyte of zeros; a limit is an answer. */
static void truncate_to_a_tebibyte_is_sparse_or_refused(void)
{
	const off_t huge = (off_t)1 << 40;
	char byte = 1;
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_RDWR));
	if (ftruncate(fd, huge) == 0) {
		SAME(stat_of_fd(fd).st_size, huge);
		SAME(pread(fd, &byte, 1, huge - 1), 1);
		SAME(byte, 0);
		OK(ftruncate(fd, 4));
	} else {
		CHECK(errno == EFBIG || errno == ENOSPC || errno == EINVAL);
	}
	OK(close(fd));
	TEXT("f", "text");
}

static void posix_fallocate_extends_with_zeros(void)
{
	char data[8];
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_RDWR));
	SAME(posix_fallocate(fd, 2, 6), 0);
	SAME(stat_of_fd(fd).st_size, 8);
	SAME(pread(fd, data, 8, 0), 8);
	CHECK(memcmp(data, "text\0\0\0\0", 8) == 0);
	SAME(posix_fallocate(fd, 0, 2), 0);
	SAME(stat_of_fd(fd).st_size, 8);
	SAME(posix_fallocate(fd, 0, 0), EINVAL);
	OK(close(fd));
}

static void fallocate_keeps_the_size_and_punches_holes(void)
{
	static char data[16384];
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	fill(data, sizeof(data), 1);
	SAME(write(fd, data, sizeof(data)), sizeof(data));
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100000) < 0 && errno == EOPNOTSUPP)
		posix_skip("no fallocate here");
	SAME(stat_of_fd(fd).st_size, sizeof(data));
	OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 5000, 6000));
	SAME(stat_of_fd(fd).st_size, sizeof(data));
	SAME(pread(fd, data, sizeof(data), 0), sizeof(data));
	CHECK(is_filled(data, 5000, 1));
	CHECK(is_zero(data + 5000, 6000));
	CHECK(data[11000] != 0);
	FAILS(fallocate(fd, 0, -1, 10), EINVAL);
	OK(close(fd));
}

const struct posix_case posix_truncate_cases[] = {
	POSIX_CASE(truncate_cuts_and_extends_with_zeros),
	POSIX_CASE(bytes_cut_off_never_come_back),
	POSIX_CASE(truncate_moves_mtime_and_ctime),
	POSIX_CASE(a_refused_truncate_changes_nothing),
	POSIX_CASE(truncate_of_other_kinds_is_refused),
	POSIX_CASE(truncate_works_while_others_have_the_file_open),
	POSIX_CASE(truncate_to_a_tebibyte_is_sparse_or_refused),
	POSIX_CASE(posix_fallocate_extends_with_zeros),
	POSIX_CASE(fallocate_keeps_the_size_and_punches_holes),
	POSIX_END,
};
