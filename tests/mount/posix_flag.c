/* The flags of open() that change how a name is found, or how a write is kept. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void o_nofollow_refuses_a_symlink(void)
{
	make_file("f", "text");
	OK(symlink("f", "l"));
	FAILS(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	FAILS(open("l", O_RDWR | O_CREAT | O_NOFOLLOW, 0644), ELOOP);
	OK(close(OK(open("f", O_RDONLY | O_NOFOLLOW))));
	OK(mkdir("d", 0755));
	OK(symlink("d", "m"));
	make_file("d/x", "text");
	OK(close(OK(open("m/x", O_RDONLY | O_NOFOLLOW))));
	FAILS_EITHER(open("m", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR, ELOOP);
}

static void o_directory_refuses_all_but_directories(void)
{
	static const int errors[NODE_KINDS] = { [NODE_FILE] = ENOTDIR,
		[NODE_FIFO] = ENOTDIR,
		[NODE_SOCKET] = ENOTDIR,
		[NODE_SYMLINK] = ENOENT };
	enum node_kind kind;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		if (kind == NODE_DIR)
			OK(close(OK(open("n", O_RDONLY | O_DIRECTORY))));
		else
			FAILS(open("n", O_RDONLY | O_DIRECTORY), errors[kind]);
		remove_node("n");
	}
}

static void o_path_looks_without_opening(void)
{
	struct stat st;
	char byte;
	int fd;

	OK(symlink("nowhere", "l"));
	fd = OK(open("l", O_PATH | O_NOFOLLOW));
	st = stat_of_fd(fd);
	CHECK(S_ISLNK(st.st_mode));
	FAILS(read(fd, &byte, 1), EBADF);
	OK(close(fd));
}

static void a_socket_cannot_be_opened(void)
{
	make_node(NODE_SOCKET, "s");
	FAILS(open("s", O_RDONLY), ENXIO);
	FAILS(open("s", O_RDWR), ENXIO);
}

static void a_fifo_without_readers_refuses_a_writer_that_will_not_wait(void)
{
	make_node(NODE_FIFO, "p");
	FAILS(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
	OK(close(OK(open("p", O_RDONLY | O_NONBLOCK))));
}

/* What a program does for a file that nobody sees before it is whole; EOPNOTSUPP is an answer, too. */
static void o_tmpfile_has_no_name_until_it_is_linked(void)
{
	char self[64];
	int fd;

	fd = open(".", O_TMPFILE | O_RDWR, 0640);
	if (fd < 0 && errno == EOPNOTSUPP)
		posix_skip("no O_TMPFILE here");
	OK(fd);
	SAME(count_entries("."), 0);
	SAME(stat_of_fd(fd).st_nlink, 0);
	SAME(write(fd, "text", 4), 4);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	OK(linkat(AT_FDCWD, self, AT_FDCWD, "f", AT_SYMLINK_FOLLOW));
	SAME(stat_of_fd(fd).st_nlink, 1);
	SAME(mode_of("f"), 0640);
	SAME(write(fd, "more", 4), 4);
	OK(close(fd));
	TEXT("f", "textmore");
}

static void o_tmpfile_with_o_excl_is_never_linked(void)
{
	char self[64];
	int fd;

	fd = open(".", O_TMPFILE | O_EXCL | O_RDWR, 0640);
	if (fd < 0 && errno == EOPNOTSUPP)
		posix_skip("no O_TMPFILE here");
	OK(fd);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	FAILS(linkat(AT_FDCWD, self, AT_FDCWD, "f", AT_SYMLINK_FOLLOW), ENOENT);
	OK(close(fd));
	SAME(count_entries("."), 0);
}

static void o_sync_and_o_dsync_writes_are_kept(void)
{
	static const int flags[] = { O_SYNC, O_DSYNC, O_SYNC | O_APPEND };
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_LEN(flags); i++) {
		fd = OK(open("f", O_RDWR | O_CREAT | O_TRUNC | flags[i], 0644));
		SAME(write(fd, "one", 3), 3);
		SAME(write(fd, "two", 3), 3);
		TEXT("f", "onetwo");
		OK(close(fd));
		TEXT("f", "onetwo");
	}
}

static void files_and_directories_can_be_synced(void)
{
	int dir, fd;

	OK(mkdir("d", 0755));
	dir = OK(open("d", O_RDONLY | O_DIRECTORY));
	fd = OK(openat(dir, "f", O_RDWR | O_CREAT, 0644));
	SAME(write(fd, "text", 4), 4);
	OK(fsync(fd));
	OK(fdatasync(fd));
	OK(fsync(dir));
	OK(fdatasync(dir));
	OK(syncfs(dir));
	OK(close(fd));
	fd = OK(open("d/f", O_RDONLY));
	OK(fsync(fd));
	OK(close(fd));
	OK(close(dir));
	TEXT("d/f", "text");
}

static void direct_io_is_refused_or_works(void)
{
	static char data[4096] __attribute__((aligned(4096)));
	static char back[4096] __attribute__((aligned(4096)));
	int fd = open("f", O_RDWR | O_CREAT | O_DIRECT, 0644);

	if (fd < 0) {
		SAME(errno, EINVAL);
		posix_skip("no O_DIRECT here");
	}
	fill(data, sizeof(data), 1);
	SAME(pwrite(fd, data, sizeof(data), 0), sizeof(data));
	SAME(pread(fd, back, sizeof(back), 0), sizeof(back));
	CHECK(memcmp(data, back, sizeof(data)) == 0);
	OK(close(fd));
	SAME(stat_of("f").st_size, sizeof(data));
}

static void close_tells_and_the_text_is_there_for_all(void)
{
	int fd = OK(open("f", O_WRONLY | O_CREAT, 0644));
	int copy = OK(dup(fd));

	SAME(write(fd, "one", 3), 3);
	OK(close(fd));
	FAILS(close(fd), EBADF);
	if (in_child()) {
		TEXT("f", "one");
		child_done();
	}
	SAME(write(copy, "two", 3), 3);
	OK(close(copy));
	if (in_child()) {
		TEXT("f", "onetwo");
		SAME(stat_of("f").st_size, 6);
		child_done();
	}
}

static void a_descriptor_is_shared_with_children(void)
{
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	if (in_child()) {
		SAME(write(fd, "child", 5), 5);
		OK(close(fd));
		child_done();
	}
	SAME(lseek(fd, 0, SEEK_CUR), 5);
	SAME(write(fd, "parent", 6), 6);
	OK(close(fd));
	TEXT("f", "childparent");
}

const struct posix_case posix_flag_cases[] = {
	POSIX_CASE(o_nofollow_refuses_a_symlink),
	POSIX_CASE(o_directory_refuses_all_but_directories),
	POSIX_CASE(o_path_looks_without_opening),
	POSIX_CASE(a_socket_cannot_be_opened),
	POSIX_CASE(a_fifo_without_readers_refuses_a_writer_that_will_not_wait),
	POSIX_CASE(o_tmpfile_has_no_name_until_it_is_linked),
	POSIX_CASE(o_tmpfile_with_o_excl_is_never_linked),
	POSIX_CASE(o_sync_and_o_dsync_writes_are_kept),
	POSIX_CASE(files_and_directories_can_be_synced),
	POSIX_CASE(direct_io_is_refused_or_works),
	POSIX_CASE(close_tells_and_the_text_is_there_for_all),
	POSIX_CASE(a_descriptor_is_shared_with_children),
	POSIX_END,
};
