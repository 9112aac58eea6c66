/* Files and directories without a name: unlinked, replaced or removed while somebody has them open. */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

static void an_unlinked_file_lives_until_it_is_closed(void)
{
	struct stat st;
	char text[16];
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	SAME(write(fd, "before", 6), 6);
	OK(unlink("f"));
	CHECK(!exists("f"));
	st = stat_of_fd(fd);
	SAME(st.st_nlink, 0);
	SAME(st.st_size, 6);
	SAME(write(fd, "after", 5), 5);
	SAME(pread(fd, text, 16, 0), 11);
	CHECK(memcmp(text, "beforeafter", 11) == 0);
	OK(ftruncate(fd, 3));
	OK(ftruncate(fd, 8));
	SAME(pread(fd, text, 16, 0), 8);
	CHECK(memcmp(text, "bef\0\0\0\0\0", 8) == 0);
	OK(fsync(fd));
	OK(close(fd));
	SAME(count_entries("."), 0);
}

static void an_unlinked_file_keeps_its_attributes(void)
{
	const struct timespec times[2] = { { 1000, 1 }, { 2000, 2 } };
	char value[8];
	int fd;

	make_file("f", "text");
	fd = OK(open("f", O_RDWR));
	OK(unlink("f"));
	OK(fchmod(fd, 0600));
	SAME(stat_of_fd(fd).st_mode & 07777, 0600);
	OK(futimens(fd, times));
	SAME(stat_of_fd(fd).st_mtim.tv_sec, 2000);
	SAME(stat_of_fd(fd).st_mtim.tv_nsec, 2);
	OK(fsetxattr(fd, "user.note", "x", 1, 0));
	SAME(fgetxattr(fd, "user.note", value, sizeof(value)), 1);
	SAME(stat_of_fd(fd).st_nlink, 0);
	OK(close(fd));
}

static void a_name_used_again_is_another_file(void)
{
	char text[8];
	int fd;

	make_file("f", "old");
	fd = OK(open("f", O_RDWR));
	OK(unlink("f"));
	make_file("f", "new!");
	CHECK(stat_of("f").st_ino != stat_of_fd(fd).st_ino);
	SAME(write(fd, "OLD", 3), 3);
	TEXT("f", "new!");
	SAME(pread(fd, text, 8, 0), 3);
	CHECK(memcmp(text, "OLD", 3) == 0);
	OK(close(fd));
	TEXT("f", "new!");
}

static void a_replaced_file_lives_until_it_is_closed(void)
{
	char text[8];
	int fd;

	make_file("f", "old");
	make_file("g", "new");
	fd = OK(open("f", O_RDWR));
	OK(rename("g", "f"));
	SAME(stat_of_fd(fd).st_nlink, 0);
	SAME(pread(fd, text, 8, 0), 3);
	CHECK(memcmp(text, "old", 3) == 0);
	SAME(pwrite(fd, "changed", 7, 0), 7);
	TEXT("f", "new");
	SAME(pread(fd, text, 8, 0), 7);
	OK(close(fd));
	TEXT("f", "new");
}

/* As it happens to an open() that has found the name when another file takes its place. */
static void a_replaced_file_that_was_found_is_opened(void)
{
	char path[64], text[8];
	int fd, again;

	make_file("f", "old");
	make_file("g", "new!");
	fd = OK(open("f", O_PATH));
	OK(rename("g", "f"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = OK(open(path, O_RDONLY));
	SAME(read(again, text, sizeof(text)), 3);
	CHECK(memcmp(text, "old", 3) == 0);
	SAME(stat_of_fd(again).st_nlink, 0);
	OK(close(again));
	OK(close(fd));
	TEXT("f", "new!");
}

static void an_unlinked_file_can_be_mapped(void)
{
	char *map;
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	OK(ftruncate(fd, 8192));
	OK(unlink("f"));
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	OK(close(fd));
	CHECK(is_zero(map, 8192));
	fill(map, 8192, 2);
	OK(msync(map, 8192, MS_SYNC));
	CHECK(is_filled(map, 8192, 2));
	OK(munmap(map, 8192));
}

static void an_unlinked_file_cannot_be_linked_again(void)
{
	char self[64];
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	OK(unlink("f"));
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	FAILS(linkat(AT_FDCWD, self, AT_FDCWD, "g", AT_SYMLINK_FOLLOW), ENOENT);
	OK(close(fd));
	CHECK(!exists("g"));
}

static void many_unlinked_files_are_kept_apart(void)
{
	char name[16], text[16];
	int fds[100], i;

	for (i = 0; i < 100; i++) {
		fds[i] = OK(open("f", O_RDWR | O_CREAT | O_EXCL, 0644));
		snprintf(name, sizeof(name), "file %d", i);
		SAME(write(fds[i], name, strlen(name)), strlen(name));
		OK(unlink("f"));
	}
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "file %d", i);
		SAME(pread(fds[i], text, sizeof(text), 0), strlen(name));
		CHECK(memcmp(text, name, strlen(name)) == 0);
		OK(close(fds[i]));
	}
}

static void a_removed_directory_is_empty_and_takes_nothing(void)
{
	struct dirent *entry;
	int fd, n = 0;
	DIR *dir;

	OK(mkdir("d", 0755));
	fd = OK(open("d", O_RDONLY | O_DIRECTORY));
	dir = opendir("d");
	CHECK(dir != NULL);
	OK(rmdir("d"));
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	SAME(n, 0);
	OK(closedir(dir));
	SAME(stat_of_fd(fd).st_nlink, 0);
	FAILS(openat(fd, "f", O_WRONLY | O_CREAT, 0644), ENOENT);
	FAILS(mkdirat(fd, "e", 0755), ENOENT);
	FAILS(symlinkat("x", fd, "l"), ENOENT);
	FAILS(openat(fd, "f", O_RDONLY), ENOENT);
	OK(close(fd));
}

static void a_removed_directory_read_half_way_ends(void)
{
	struct dirent *entry;
	char name[16];
	DIR *dir;
	int i;

	OK(mkdir("d", 0755));
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		make_file(name, "");
	}
	dir = opendir("d");
	CHECK(dir != NULL && readdir(dir) != NULL);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		OK(unlink(name));
	}
	OK(rmdir("d"));
	for (i = 0; i < 60 && (entry = readdir(dir)); i++)
		;
	CHECK(i < 60);
	OK(closedir(dir));
}

static void a_working_directory_can_be_removed(void)
{
	char path[PATH_MAX];

	OK(mkdir("d", 0755));
	OK(chdir("d"));
	OK(rmdir("../d"));
	FAILS(open("f", O_WRONLY | O_CREAT, 0644), ENOENT);
	FAILS(mkdir("e", 0755), ENOENT);
	FAILS(rename("x", "y"), ENOENT);
	CHECK(getcwd(path, sizeof(path)) == NULL);
	SAME(errno, ENOENT);
	SAME(stat_of(".").st_nlink, 0);
	OK(chdir(".."));
	SAME(count_entries("."), 0);
}

const struct posix_case posix_orphan_cases[] = {
	POSIX_CASE(an_unlinked_file_lives_until_it_is_closed),
	POSIX_CASE(an_unlinked_file_keeps_its_attributes),
	POSIX_CASE(a_name_used_again_is_another_file),
	POSIX_CASE(a_replaced_file_lives_until_it_is_closed),
	POSIX_CASE(a_replaced_file_that_was_found_is_opened),
	POSIX_CASE(an_unlinked_file_can_be_mapped),
	POSIX_CASE(an_unlinked_file_cannot_be_linked_again),
	POSIX_CASE(many_unlinked_files_are_kept_apart),
	POSIX_CASE(a_removed_directory_is_empty_and_takes_nothing),
	POSIX_CASE(a_removed_directory_read_half_way_ends),
	POSIX_CASE(a_working_directory_can_be_removed),
	POSIX_END,
};
