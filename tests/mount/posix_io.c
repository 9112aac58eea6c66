/* Reading and writing. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static void what_is_written_is_read_at_once_by_everybody(void)
{
	int out = OK(open("f", O_WRONLY | O_CREAT, 0644));
	int in = OK(open("f", O_RDONLY));
	char byte;
	int i;

	for (i = 0; i < 100; i++) {
		SAME(write(out, &(char){ (char)('a' + i % 26) }, 1), 1);
		SAME(read(in, &byte, 1), 1);
		SAME(byte, 'a' + i % 26);
		SAME(stat_of("f").st_size, i + 1);
	}
	if (in_child()) {
		SAME(pread(in, &byte, 1, 99), 1);
		SAME(stat_of("f").st_size, 100);
		child_done();
	}
	OK(close(out));
	OK(close(in));
}

static void pwrite_and_pread_leave_the_place_alone(void)
{
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
	char text[4];

	SAME(write(fd, "0123456789", 10), 10);
	SAME(lseek(fd, 2, SEEK_SET), 2);
	SAME(pwrite(fd, "XY", 2, 5), 2);
	SAME(pread(fd, text, 4, 4), 4);
	CHECK(memcmp(text, "4XY7", 4) == 0);
	SAME(lseek(fd, 0, SEEK_CUR), 2);
	SAME(read(fd, text, 2), 2);
	CHECK(memcmp(text, "23", 2) == 0);
	OK(close(fd));
	TEXT("f", "01234XY789");
}

static void reading_stops_at_the_end(void)
{
	char text[16];
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_RDONLY));
	SAME(read(fd, text, 16), 4);
	SAME(read(fd, text, 16), 0);
	SAME(pread(fd, text, 16, 2), 2);
	SAME(pread(fd, text, 16, 4), 0);
	SAME(pread(fd, text, 16, 1000000), 0);
	SAME(read(fd, text, 0), 0);
	FAILS(pread(fd, text, 1, -1), EINVAL);
	OK(close(fd));
}

static void writing_no_bytes_changes_nothing(void)
{
	struct timespec t;
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_RDWR));
	t = tick();
	SAME(write(fd, "", 0), 0);
	SAME(pwrite(fd, "", 0, 100), 0);
	OK(close(fd));
	SAME(stat_of("f").st_size, 4);
	CHECK(!mtime_moved("f", t));
	TEXT("f", "text");
}

static void a_gap_before_a_write_reads_as_zeros(void)
{
	static const off_t places[] = { 1, 4095, 4096, 4097, 65536, 131073, 1000000 };
	char *data = malloc(1000001);
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_LEN(places); i++) {
		fd = OK(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));
		SAME(pwrite(fd, "x", 1, places[i]), 1);
		SAME(stat_of_fd(fd).st_size, places[i] + 1);
		SAME(pread(fd, data, 1000001, 0), places[i] + 1);
		CHECK(is_zero(data, (size_t)places[i]));
		SAME(data[places[i]], 'x');
		OK(close(fd));
	}
	free(data);
}

static void vectors_are_written_and_read_in_order(void)
{
	char one[2], two[3], ab[] = "ab", cde[] = "cde";
	struct iovec out[] = { { ab, 2 }, { ab, 0 }, { cde, 3 } };
	struct iovec in[] = { { one, 2 }, { two, 3 } };
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	SAME(writev(fd, out, 3), 5);
	SAME(preadv(fd, in, 2, 0), 5);
	CHECK(memcmp(one, "ab", 2) == 0 && memcmp(two, "cde", 3) == 0);
	SAME(pwritev(fd, out, 3, 3), 5);
	OK(close(fd));
	TEXT("f", "abcabcde");
}

static void a_file_of_megabytes_is_kept_byte_for_byte(void)
{
	enum { PIECE = 1 << 20, PIECES = 6 };
	char *data = malloc(PIECE);
	unsigned i;
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	for (i = 0; i < PIECES; i++) {
		fill(data, PIECE, i);
		SAME(write(fd, data, PIECE), PIECE);
	}
	OK(close(fd));
	SAME(stat_of("f").st_size, (off_t)PIECE * PIECES);
	fd = OK(open("f", O_RDWR));
	SAME(pwrite(fd, "change", 6, PIECE / 2), 6);
	for (i = 0; i < PIECES; i++) {
		SAME(pread(fd, data, PIECE, (off_t)i * PIECE), PIECE);
		if (i == 0)
			CHECK(memcmp(data + PIECE / 2, "change", 6) == 0);
		else
			CHECK(is_filled(data, PIECE, i));
	}
	OK(close(fd));
	free(data);
}

static void odd_pieces_in_any_order_make_a_whole(void)
{
	enum { SIZE = 300001, PIECE = 777 };
	char *data = malloc(SIZE), *back = malloc(SIZE);
	unsigned i, pieces = (SIZE + PIECE - 1) / PIECE;
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));
	size_t at, n;

	fill(data, SIZE, 3);
	for (i = 0; i < pieces; i++) {
		at = (size_t)(i * 211 % pieces) * PIECE;
		n = SIZE - at < PIECE ? SIZE - at : PIECE;
		SAME(pwrite(fd, data + at, n, (off_t)at), n);
	}
	SAME(pread(fd, back, SIZE, 0), SIZE);
	CHECK(memcmp(data, back, SIZE) == 0);
	OK(close(fd));
	free(data);
	free(back);
}

/* A limit may stop it, but neither the file nor the file system is hurt. */
static void a_write_beyond_every_limit_does_no_harm(void)
{
	const off_t far = (off_t)1 << 62;
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_RDWR));
	if (pwrite(fd, "x", 1, far) == 1) {
		SAME(stat_of_fd(fd).st_size, far + 1);
		OK(ftruncate(fd, 4));
	} else {
		CHECK(errno == EFBIG || errno == ENOSPC || errno == EINVAL);
	}
	SAME(pwrite(fd, "T", 1, 0), 1);
	OK(close(fd));
	TEXT("f", "Text");
}

static void seek_counts_from_the_start_the_place_and_the_end(void)
{
	int fd;

	make_file("f", "0123456789");
	fd = OK(open("f", O_RDWR));
	SAME(lseek(fd, 3, SEEK_SET), 3);
	SAME(lseek(fd, 3, SEEK_CUR), 6);
	SAME(lseek(fd, -4, SEEK_END), 6);
	SAME(lseek(fd, 100, SEEK_END), 110);
	SAME(stat_of_fd(fd).st_size, 10);
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	SAME(lseek(fd, 0, SEEK_CUR), 110);
	OK(close(fd));
}

static void seek_finds_data_and_the_hole_at_the_end(void)
{
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	SAME(pwrite(fd, "x", 1, 0), 1);
	SAME(pwrite(fd, "x", 1, 1000000), 1);
	SAME(lseek(fd, 0, SEEK_DATA), 0);
	SAME(lseek(fd, 1000000, SEEK_DATA), 1000000);
	CHECK(OK(lseek(fd, 0, SEEK_HOLE)) <= 1000001);
	SAME(lseek(fd, 1000000, SEEK_HOLE), 1000001);
	FAILS(lseek(fd, 1000001, SEEK_DATA), ENXIO);
	FAILS(lseek(fd, 1000001, SEEK_HOLE), ENXIO);
	OK(close(fd));
}

static void blocks_count_what_is_stored(void)
{
	static char data[65536];
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	SAME(stat_of("f").st_blocks, 0);
	fill(data, sizeof(data), 1);
	SAME(write(fd, data, sizeof(data)), sizeof(data));
	OK(fsync(fd));
	OK(close(fd));
	CHECK(stat_of("f").st_blocks >= 64);
	CHECK(stat_of("f").st_blksize >= 512);
}

const struct posix_case posix_io_cases[] = {
	POSIX_CASE(what_is_written_is_read_at_once_by_everybody),
	POSIX_CASE(pwrite_and_pread_leave_the_place_alone),
	POSIX_CASE(reading_stops_at_the_end),
	POSIX_CASE(writing_no_bytes_changes_nothing),
	POSIX_CASE(a_gap_before_a_write_reads_as_zeros),
	POSIX_CASE(vectors_are_written_and_read_in_order),
	POSIX_CASE(a_file_of_megabytes_is_kept_byte_for_byte),
	POSIX_CASE(odd_pieces_in_any_order_make_a_whole),
	POSIX_CASE(a_write_beyond_every_limit_does_no_harm),
	POSIX_CASE(seek_counts_from_the_start_the_place_and_the_end),
	POSIX_CASE(seek_finds_data_and_the_hole_at_the_end),
	POSIX_CASE(blocks_count_what_is_stored),
	POSIX_END,
};
