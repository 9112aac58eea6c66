/* Files in memory. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PAGE = 4096,
};

static char *map_file(int fd, size_t size, int protection, int flags)
{
	char *map = mmap(NULL, size, protection, flags, fd, 0);

	CHECK(map != MAP_FAILED);
	return map;
}

static int open_pages(int pages)
{
	int fd = OK(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));

	OK(ftruncate(fd, (off_t)pages * PAGE));
	return fd;
}

static void a_mapping_shows_the_file_and_zeros_behind_its_end(void)
{
	char *map;
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_RDONLY));
	map = map_file(fd, PAGE, PROT_READ, MAP_SHARED);
	OK(close(fd));
	CHECK(memcmp(map, "text", 4) == 0);
	CHECK(is_zero(map + 4, PAGE - 4));
	OK(munmap(map, PAGE));
	map = map_file(fd = OK(open("f", O_RDONLY)), PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	map[0] = 'T';
	OK(munmap(map, PAGE));
	OK(close(fd));
	TEXT("f", "text");
}

static void a_shared_mapping_writes_the_file(void)
{
	static char back[3 * PAGE];
	int fd = open_pages(3);
	char *map = map_file(fd, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);

	fill(map + 100, 2 * PAGE, 4);
	OK(msync(map, 3 * PAGE, MS_SYNC));
	SAME(pread(fd, back, sizeof(back), 0), sizeof(back));
	CHECK(is_zero(back, 100));
	CHECK(is_filled(back + 100, 2 * PAGE, 4));
	map[0] = 'x';
	OK(munmap(map, 3 * PAGE));
	OK(close(fd));
	fd = OK(open("f", O_RDONLY));
	SAME(read(fd, back, sizeof(back)), sizeof(back));
	SAME(back[0], 'x');
	CHECK(is_filled(back + 100, 2 * PAGE, 4));
	OK(close(fd));
}

static void a_mapping_outlives_its_descriptor(void)
{
	char byte;
	int fd = open_pages(1);
	char *map = map_file(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);

	OK(close(fd));
	strcpy(map + 10, "after close");
	OK(munmap(map, PAGE));
	fd = OK(open("f", O_RDONLY));
	SAME(pread(fd, &byte, 1, 10), 1);
	SAME(byte, 'a');
	SAME(stat_of("f").st_size, PAGE);
	OK(close(fd));
}

static void a_mapping_and_writes_see_each_other(void)
{
	char byte;
	int fd = open_pages(2);
	char *map = map_file(fd, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	int i;

	for (i = 0; i < 100; i++) {
		off_t at = (i * 977) % (2 * PAGE);

		SAME(pwrite(fd, &(char){ (char)i }, 1, at), 1);
		SAME(map[at], i);
		map[at] = (char)(i + 1);
		SAME(pread(fd, &byte, 1, at), 1);
		SAME(byte, i + 1);
	}
	OK(munmap(map, 2 * PAGE));
	OK(close(fd));
}

static void processes_share_a_mapping(void)
{
	int *numbers = shared_numbers();
	int fd = open_pages(1), i;
	char *map = map_file(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid_t other = fork_beside();

	if (other == 0) {
		char *mine;

		OK(munmap(map, PAGE));
		mine = map_file(OK(open("f", O_RDWR)), PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
		for (i = 1; i <= 100; i++) {
			wait_for_number(&numbers[0], i);
			SAME(mine[0], i);
			mine[1] = (char)i;
			raise_number(&numbers[1]);
		}
		child_done();
	}
	for (i = 1; i <= 100; i++) {
		map[0] = (char)i;
		raise_number(&numbers[0]);
		wait_for_number(&numbers[1], i);
		SAME(map[1], i);
	}
	join(other);
	OK(munmap(map, PAGE));
	OK(close(fd));
}

static void an_extended_file_shows_in_a_mapping_made_before(void)
{
	int fd = open_pages(1);
	char *map = map_file(fd, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);

	OK(ftruncate(fd, 4 * PAGE));
	CHECK(is_zero(map, 4 * PAGE));
	SAME(pwrite(fd, "x", 1, 3 * PAGE), 1);
	SAME(map[3 * PAGE], 'x');
	map[3 * PAGE + 1] = 'y';
	OK(munmap(map, 4 * PAGE));
	OK(ftruncate(fd, 3 * PAGE));
	OK(ftruncate(fd, 4 * PAGE));
	map = map_file(fd, 4 * PAGE, PROT_READ, MAP_SHARED);
	CHECK(is_zero(map + 3 * PAGE, PAGE));
	OK(munmap(map, 4 * PAGE));
	OK(close(fd));
}

static void touching_a_page_cut_off_is_sigbus(void)
{
	int fd = open_pages(2), status;
	char *map = map_file(fd, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid_t child;

	map[PAGE] = 'x';
	OK(ftruncate(fd, PAGE));
	child = fork_beside();
	if (child == 0) {
		signal(SIGBUS, SIG_DFL); /* a sanitizer would catch it */
		*(volatile char *)(map + PAGE) = 'y';
		child_done();
	}
	SAME(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	map[0] = 'x';
	OK(munmap(map, 2 * PAGE));
	SAME(stat_of_fd(fd).st_size, PAGE);
	OK(close(fd));
}

static void what_is_written_behind_the_end_of_a_mapping_is_not_kept(void)
{
	char data[8];
	char *map;
	int fd;

	if (is_tmpfs())
		posix_skip("tmpfs keeps it");
	make_file("f", "text");
	fd = OK(open("f", O_RDWR));
	map = map_file(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	memcpy(map, "TEXTmore", 8);
	OK(munmap(map, PAGE));
	OK(fsync(fd));
	SAME(stat_of_fd(fd).st_size, 4);
	OK(ftruncate(fd, 8));
	SAME(pread(fd, data, 8, 0), 8);
	CHECK(memcmp(data, "TEXT\0\0\0\0", 8) == 0);
	OK(close(fd));
}

static void a_mapping_needs_a_descriptor_that_may(void)
{
	int fd = open_pages(1);

	OK(close(fd));
	fd = OK(open("f", O_RDONLY));
	CHECK(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	SAME(errno, EACCES);
	OK(close(fd));
	fd = OK(open("f", O_WRONLY));
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	SAME(errno, EACCES);
	OK(close(fd));
}

static void a_mapping_survives_rename_and_replacement(void)
{
	int fd = open_pages(1);
	char *map = map_file(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);

	OK(rename("f", "g"));
	strcpy(map, "one");
	OK(msync(map, PAGE, MS_SYNC));
	make_file("h", "new");
	OK(rename("h", "g"));
	strcpy(map, "two");
	OK(msync(map, PAGE, MS_SYNC));
	CHECK(strcmp(map, "two") == 0);
	TEXT("g", "new");
	OK(munmap(map, PAGE));
	OK(close(fd));
	TEXT("g", "new");
}

const struct posix_case posix_mmap_cases[] = {
	POSIX_CASE(a_mapping_shows_the_file_and_zeros_behind_its_end),
	POSIX_CASE(a_shared_mapping_writes_the_file),
	POSIX_CASE(a_mapping_outlives_its_descriptor),
	POSIX_CASE(a_mapping_and_writes_see_each_other),
	POSIX_CASE(processes_share_a_mapping),
	POSIX_CASE(an_extended_file_shows_in_a_mapping_made_before),
	POSIX_CASE(touching_a_page_cut_off_is_sigbus),
	POSIX_CASE(what_is_written_behind_the_end_of_a_mapping_is_not_kept),
	POSIX_CASE(a_mapping_needs_a_descriptor_that_may),
	POSIX_CASE(a_mapping_survives_rename_and_replacement),
	POSIX_END,
};
