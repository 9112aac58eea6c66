/* Fifos, sockets, devices, and watching a directory. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static void mkfifo_and_mknod_apply_the_umask(void)
{
	static const struct {
		mode_t umask, mode, result;
	} cases[] = { { 0, 0755, 0755 }, { 0, 0151, 0151 }, { 077, 0151, 0100 },
		{ 070, 0345, 0305 }, { 0501, 0345, 0244 } };
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		umask(cases[i].umask);
		OK(mkfifo("p", cases[i].mode));
		OK(mknod("f", S_IFREG | cases[i].mode, 0));
		SAME(mode_of("p"), cases[i].result);
		SAME(mode_of("f"), cases[i].result);
		CHECK(S_ISFIFO(stat_of("p").st_mode));
		CHECK(S_ISREG(stat_of("f").st_mode));
		OK(unlink("p"));
		OK(unlink("f"));
	}
}

static void a_new_node_moves_the_times_of_its_directory(void)
{
	enum node_kind kind;
	struct timespec t;

	OK(mkdir("d", 0755));
	for (kind = 0; kind < NODE_KINDS; kind++) {
		t = tick();
		make_node(kind, "d/n");
		CHECK(mtime_moved("d", t) && ctime_moved("d", t));
		CHECK(mtime_moved("d/n", t) && ctime_moved("d/n", t));
		t = tick();
		remove_node("d/n");
		CHECK(mtime_moved("d", t) && ctime_moved("d", t));
	}
}

static void a_node_is_not_made_where_one_is(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "n" };
	enum node_kind kind;
	int fd;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		FAILS(mkfifo("n", 0644), EEXIST);
		FAILS(mknod("n", S_IFREG | 0644, 0), EEXIST);
		fd = OK(socket(AF_UNIX, SOCK_STREAM, 0));
		FAILS(bind(fd, (struct sockaddr *)&address, sizeof(address)), EADDRINUSE);
		OK(close(fd));
		remove_node("n");
	}
}

static void a_file_made_by_mknod_is_a_file(void)
{
	OK(mknod("f", S_IFREG | 0640, 0));
	SAME(stat_of("f").st_size, 0);
	SAME(stat_of("f").st_nlink, 1);
	make_file("f", "text");
	TEXT("f", "text");
	SAME(mode_of("f"), 0640);
}

static void a_fifo_joins_two_processes(void)
{
	char text[8];
	pid_t writer;
	int fd;

	OK(mkfifo("p", 0644));
	writer = fork_beside();
	if (writer == 0) {
		fd = OK(open("p", O_WRONLY));
		SAME(write(fd, "through", 7), 7);
		child_done();
	}
	fd = OK(open("p", O_RDONLY));
	SAME(read(fd, text, sizeof(text)), 7);
	CHECK(memcmp(text, "through", 7) == 0);
	SAME(read(fd, text, sizeof(text)), 0);
	OK(close(fd));
	join(writer);
	SAME(stat_of("p").st_size, 0);
}

static void a_socket_joins_two_processes(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "s" };
	int fd = OK(socket(AF_UNIX, SOCK_STREAM, 0)), peer;
	char text[8];
	pid_t client;

	OK(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	OK(listen(fd, 1));
	CHECK(S_ISSOCK(stat_of("s").st_mode));
	client = fork_beside();
	if (client == 0) {
		peer = OK(socket(AF_UNIX, SOCK_STREAM, 0));
		OK(connect(peer, (struct sockaddr *)&address, sizeof(address)));
		SAME(write(peer, "hello", 5), 5);
		child_done();
	}
	peer = OK(accept(fd, NULL, NULL));
	SAME(read(peer, text, sizeof(text)), 5);
	join(client);
	OK(close(peer));
	OK(close(fd));
}

/* On a mount with nodev a device may be made or refused, but a user makes none. */
static void devices_are_for_the_super_user(void)
{
	need_root();
	make_dir("d", 0777);
	if (child_as(NOBODY, NOBODY)) {
		FAILS(mknod("d/n", S_IFCHR | 0644, makedev(1, 3)), EPERM);
		FAILS(mknod("d/n", S_IFBLK | 0644, makedev(7, 0)), EPERM);
		child_done();
	}
	SAME(count_entries("d"), 0);
	if (mknod("n", S_IFCHR | 0644, makedev(1, 3)) < 0) {
		SAME(errno, EPERM);
		posix_skip("no devices here");
	}
	CHECK(S_ISCHR(stat_of("n").st_mode));
	SAME(stat_of("n").st_rdev, makedev(1, 3));
	OK(rename("n", "m"));
	SAME(stat_of("m").st_rdev, makedev(1, 3));
}

/* The kind of the next event, and its name; waits for it, but not for ever. */
static unsigned next_event(int watch, const char *name)
{
	static char events[4096] __attribute__((aligned(8)));
	static ssize_t have, at;
	struct pollfd ready = { .fd = watch, .events = POLLIN };
	const struct inotify_event *event;

	if (at >= have) {
		SAME(poll(&ready, 1, 5000), 1);
		have = OK(read(watch, events, sizeof(events)));
		at = 0;
	}
	event = (const struct inotify_event *)(const void *)(events + at);
	at += (ssize_t)(sizeof(*event) + event->len);
	CHECK(strcmp(event->name, name) == 0);
	return event->mask;
}

static void a_watch_tells_what_changes(void)
{
	int watch = OK(inotify_init1(IN_CLOEXEC));

	OK(mkdir("d", 0755));
	OK(inotify_add_watch(
		watch, "d", IN_CREATE | IN_CLOSE_WRITE | IN_MOVE | IN_DELETE | IN_MODIFY));
	make_file("d/f", "text");
	OK(rename("d/f", "d/g"));
	OK(unlink("d/g"));
	SAME(next_event(watch, "f"), IN_CREATE);
	SAME(next_event(watch, "f"), IN_MODIFY);
	SAME(next_event(watch, "f"), IN_CLOSE_WRITE);
	SAME(next_event(watch, "f"), IN_MOVED_FROM);
	SAME(next_event(watch, "g"), IN_MOVED_TO);
	SAME(next_event(watch, "g"), IN_DELETE);
	OK(close(watch));
}

const struct posix_case posix_node_cases[] = {
	POSIX_CASE(mkfifo_and_mknod_apply_the_umask),
	POSIX_CASE(a_new_node_moves_the_times_of_its_directory),
	POSIX_CASE(a_node_is_not_made_where_one_is),
	POSIX_CASE(a_file_made_by_mknod_is_a_file),
	POSIX_CASE(a_fifo_joins_two_processes),
	POSIX_CASE(a_socket_joins_two_processes),
	POSIX_CASE(devices_are_for_the_super_user),
	POSIX_CASE(a_watch_tells_what_changes),
	POSIX_END,
};
