/* flock() and fcntl() locks between processes. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static int lock_range(int fd, int command, short type, off_t start, off_t length)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length
	};

	return fcntl(fd, command, &lock);
}

static int open_locked_file(void)
{
	make_file("f", "0123456789");
	return OK(open("f", O_RDWR));
}

static void flock_excludes_other_processes(void)
{
	int fd = open_locked_file();

	OK(flock(fd, LOCK_EX));
	if (in_child()) {
		int other = OK(open("f", O_RDONLY));

		FAILS(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
		FAILS(flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
		child_done();
	}
	OK(flock(fd, LOCK_SH));
	if (in_child()) {
		int other = OK(open("f", O_RDONLY));

		OK(flock(other, LOCK_SH | LOCK_NB));
		FAILS(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
		child_done();
	}
	OK(flock(fd, LOCK_UN));
	if (in_child()) {
		OK(flock(OK(open("f", O_RDONLY)), LOCK_EX | LOCK_NB));
		child_done();
	}
}

static void flock_is_released_by_the_last_close(void)
{
	int fd = open_locked_file(), copy = OK(dup(fd)), other = OK(open("f", O_RDONLY));

	OK(flock(fd, LOCK_EX));
	OK(close(fd));
	FAILS(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	OK(close(copy));
	OK(flock(other, LOCK_EX | LOCK_NB));
	OK(close(other));
}

static void flock_follows_the_file_not_the_name(void)
{
	int fd = open_locked_file();

	OK(flock(fd, LOCK_EX));
	OK(link("f", "g"));
	OK(rename("f", "h"));
	if (in_child()) {
		FAILS(flock(OK(open("g", O_RDONLY)), LOCK_SH | LOCK_NB), EWOULDBLOCK);
		FAILS(flock(OK(open("h", O_RDONLY)), LOCK_SH | LOCK_NB), EWOULDBLOCK);
		child_done();
	}
}

static void flock_waits_until_the_other_is_done(void)
{
	int *numbers = shared_numbers();
	int fd = open_locked_file();
	pid_t waiter;

	OK(flock(fd, LOCK_EX));
	waiter = fork_beside();
	if (waiter == 0) {
		int other = OK(open("f", O_RDWR));

		raise_number(&numbers[0]);
		OK(flock(other, LOCK_EX));
		SAME(number_now(&numbers[1]), 1);
		child_done();
	}
	wait_for_number(&numbers[0], 1);
	raise_number(&numbers[1]);
	OK(flock(fd, LOCK_UN));
	join(waiter);
}

static void fcntl_locks_exclude_by_range(void)
{
	int fd = open_locked_file();

	OK(lock_range(fd, F_SETLK, F_WRLCK, 2, 4));
	if (in_child()) {
		FAILS_EITHER(lock_range(fd, F_SETLK, F_WRLCK, 0, 0), EAGAIN, EACCES);
		FAILS_EITHER(lock_range(fd, F_SETLK, F_RDLCK, 5, 1), EAGAIN, EACCES);
		OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 2));
		OK(lock_range(fd, F_SETLK, F_WRLCK, 6, 0));
		child_done();
	}
	OK(lock_range(fd, F_SETLK, F_UNLCK, 3, 1));
	if (in_child()) {
		OK(lock_range(fd, F_SETLK, F_WRLCK, 3, 1));
		FAILS_EITHER(lock_range(fd, F_SETLK, F_RDLCK, 4, 1), EAGAIN, EACCES);
		child_done();
	}
}

static void fcntl_read_locks_are_shared(void)
{
	int fd = open_locked_file();

	OK(lock_range(fd, F_SETLK, F_RDLCK, 0, 0));
	if (in_child()) {
		OK(lock_range(fd, F_SETLK, F_RDLCK, 0, 0));
		FAILS_EITHER(lock_range(fd, F_SETLK, F_WRLCK, 0, 1), EAGAIN, EACCES);
		child_done();
	}
	OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 0));
}

static void getlk_tells_who_holds_what(void)
{
	pid_t holder = getpid();
	int fd = open_locked_file();

	OK(lock_range(fd, F_SETLK, F_WRLCK, 2, 4));
	if (in_child()) {
		struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

		OK(fcntl(fd, F_GETLK, &lock));
		SAME(lock.l_type, F_WRLCK);
		SAME(lock.l_start, 2);
		SAME(lock.l_len, 4);
		SAME(lock.l_pid, holder);
		lock = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 6 };
		OK(fcntl(fd, F_GETLK, &lock));
		SAME(lock.l_type, F_UNLCK);
		child_done();
	}
}

static void fcntl_locks_go_with_any_close_of_the_process(void)
{
	int fd = open_locked_file();

	OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 0));
	if (in_child()) {
		FAILS_EITHER(lock_range(fd, F_SETLK, F_RDLCK, 0, 0), EAGAIN, EACCES);
		child_done();
	}
	OK(close(OK(open("f", O_RDONLY))));
	if (in_child()) {
		OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 0));
		child_done();
	}
}

static void locks_go_with_the_process(void)
{
	int *numbers = shared_numbers();
	int fd = open_locked_file(), status;
	pid_t holder = fork_beside();

	if (holder == 0) {
		int mine = OK(open("f", O_RDWR));

		OK(lock_range(mine, F_SETLK, F_WRLCK, 0, 0));
		OK(flock(mine, LOCK_EX));
		raise_number(numbers);
		for (;;)
			pause();
	}
	wait_for_number(numbers, 1);
	FAILS_EITHER(lock_range(fd, F_SETLK, F_WRLCK, 0, 0), EAGAIN, EACCES);
	FAILS(flock(fd, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	OK(kill(holder, SIGKILL));
	SAME(waitpid(holder, &status, 0), holder);
	OK(lock_range(fd, F_SETLKW, F_WRLCK, 0, 0));
	OK(flock(fd, LOCK_EX));
}

static void setlkw_waits_until_the_other_is_done(void)
{
	int *numbers = shared_numbers();
	int fd = open_locked_file();
	pid_t waiter;

	OK(lock_range(fd, F_SETLK, F_WRLCK, 0, 0));
	waiter = fork_beside();
	if (waiter == 0) {
		raise_number(&numbers[0]);
		OK(lock_range(fd, F_SETLKW, F_WRLCK, 0, 0));
		SAME(number_now(&numbers[1]), 1);
		child_done();
	}
	wait_for_number(&numbers[0], 1);
	raise_number(&numbers[1]);
	OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
	join(waiter);
}

static void fcntl_locks_need_a_descriptor_that_may(void)
{
	int in, out;

	make_file("f", "");
	in = OK(open("f", O_RDONLY));
	out = OK(open("f", O_WRONLY));
	FAILS(lock_range(in, F_SETLK, F_WRLCK, 0, 0), EBADF);
	FAILS(lock_range(out, F_SETLK, F_RDLCK, 0, 0), EBADF);
	OK(lock_range(in, F_SETLK, F_RDLCK, 0, 0));
	OK(close(in));
	OK(close(out));
}

static void locks_of_open_descriptions_exclude_within_a_process(void)
{
	int a = open_locked_file(), b = OK(open("f", O_RDWR));

	OK(lock_range(a, F_OFD_SETLK, F_WRLCK, 0, 0));
	FAILS(lock_range(b, F_OFD_SETLK, F_WRLCK, 0, 0), EAGAIN);
	OK(close(a));
	OK(lock_range(b, F_OFD_SETLK, F_WRLCK, 0, 0));
	OK(close(b));
}

/* Lock, read, add one, write, unlock: no addition is lost. */
static void a_lock_protects_a_counter_of_many_processes(void)
{
	enum { PROCESSES = 6, ROUNDS = 50 };
	unsigned char count[2];
	int i, fd;

	make_file("f", "\1\1");
	if (fork_many(PROCESSES) >= 0) {
		fd = OK(open("f", O_RDWR));
		for (i = 0; i < ROUNDS; i++) {
			OK(lock_range(fd, F_SETLKW, F_WRLCK, 0, 0));
			SAME(pread(fd, count, 2, 0), 2);
			if (++count[0] == 0)
				count[1]++;
			SAME(pwrite(fd, count, 2, 0), 2);
			OK(lock_range(fd, F_SETLK, F_UNLCK, 0, 0));
		}
		child_done();
	}
	fd = OK(open("f", O_RDONLY));
	SAME(read(fd, count, 2), 2);
	SAME(count[1] * 256 + count[0], 257 + PROCESSES * ROUNDS);
	OK(close(fd));
}

const struct posix_case posix_lock_cases[] = {
	POSIX_CASE(flock_excludes_other_processes),
	POSIX_CASE(flock_is_released_by_the_last_close),
	POSIX_CASE(flock_follows_the_file_not_the_name),
	POSIX_CASE(flock_waits_until_the_other_is_done),
	POSIX_CASE(fcntl_locks_exclude_by_range),
	POSIX_CASE(fcntl_read_locks_are_shared),
	POSIX_CASE(getlk_tells_who_holds_what),
	POSIX_CASE(fcntl_locks_go_with_any_close_of_the_process),
	POSIX_CASE(locks_go_with_the_process),
	POSIX_CASE(setlkw_waits_until_the_other_is_done),
	POSIX_CASE(fcntl_locks_need_a_descriptor_that_may),
	POSIX_CASE(locks_of_open_descriptions_exclude_within_a_process),
	POSIX_CASE(a_lock_protects_a_counter_of_many_processes),
	POSIX_END,
};
