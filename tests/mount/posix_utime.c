/* utimensat() and futimens(). */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const struct timespec both_now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
static const struct timespec both_omit[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
static const struct timespec some_time[2] = { { 1000000000, 123456789 },
	{ 1100000000, 987654321 } };

static int set_times(const char *path, const struct timespec times[2])
{
	return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

static void check_times(const char *path, const struct timespec times[2])
{
	struct stat st = stat_of(path);

	SAME(st.st_atim.tv_sec, times[0].tv_sec);
	SAME(st.st_atim.tv_nsec, times[0].tv_nsec);
	SAME(st.st_mtim.tv_sec, times[1].tv_sec);
	SAME(st.st_mtim.tv_nsec, times[1].tv_nsec);
}

static void times_are_kept_to_the_nanosecond_on_every_kind(void)
{
	enum node_kind kind;
	struct timespec t;

	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		t = tick();
		OK(set_times("n", some_time));
		check_times("n", some_time);
		CHECK(ctime_moved("n", t));
		CHECK(!mtime_moved(".", t));
		remove_node("n");
	}
}

static void times_far_away_are_kept(void)
{
	static const struct timespec times[][2] = { { { 0, 0 }, { 0, 0 } },
		{ { 0, 1 }, { 0, 999999999 } }, { { -1, 500000000 }, { -86400, 1 } },
		{ { 2147483647, 0 }, { 2147483648, 0 } }, { { 4294967295, 0 }, { 4294967296, 5 } },
		{ { 7000000000, 0 }, { 8000000000, 1 } } };
	size_t i;

	make_file("f", "");
	for (i = 0; i < ARRAY_LEN(times); i++) {
		OK(set_times("f", times[i]));
		check_times("f", times[i]);
	}
}

static void utime_now_is_now(void)
{
	struct timespec t, after;

	make_file("f", "");
	OK(set_times("f", some_time));
	t = tick();
	OK(set_times("f", both_now));
	OK(clock_gettime(CLOCK_REALTIME, &after));
	CHECK(mtime_moved("f", t) && !mtime_moved("f", after));
	CHECK(is_later(stat_of("f").st_atim, t));
	OK(set_times("f", some_time));
	t = tick();
	OK(set_times("f", NULL));
	CHECK(mtime_moved("f", t) && ctime_moved("f", t));
}

static void utime_omit_leaves_a_time_alone(void)
{
	const struct timespec atime_only[2] = { { 5, 6 }, { 0, UTIME_OMIT } };
	const struct timespec mtime_only[2] = { { 0, UTIME_OMIT }, { 7, 8 } };
	const struct timespec first[2] = { { 5, 6 }, { 1100000000, 987654321 } };
	const struct timespec second[2] = { { 5, 6 }, { 7, 8 } };
	struct timespec t;

	make_file("f", "");
	OK(set_times("f", some_time));
	OK(set_times("f", atime_only));
	check_times("f", first);
	OK(set_times("f", mtime_only));
	check_times("f", second);
	t = tick();
	OK(set_times("f", both_omit));
	check_times("f", second);
	CHECK(!ctime_moved("f", t));
}

static void one_time_now_and_the_other_omitted(void)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, UTIME_NOW } };
	struct timespec t;

	make_file("f", "");
	OK(set_times("f", some_time));
	t = tick();
	OK(set_times("f", times));
	CHECK(mtime_moved("f", t));
	SAME(stat_of("f").st_atim.tv_sec, some_time[0].tv_sec);
}

static void times_of_a_symlink_or_of_its_target(void)
{
	make_file("f", "");
	OK(symlink("f", "l"));
	OK(utimensat(AT_FDCWD, "l", some_time, 0));
	check_times("f", some_time);
	CHECK(stat_of("l").st_mtim.tv_sec != some_time[1].tv_sec);
}

static void futimens_sets_the_open_file_even_after_writes(void)
{
	int fd = OK(open("f", O_RDWR | O_CREAT, 0644));

	SAME(write(fd, "text", 4), 4);
	OK(futimens(fd, some_time));
	check_times("f", some_time);
	OK(close(fd));
	check_times("f", some_time);
	fd = OK(open("f", O_RDONLY));
	OK(close(fd));
	check_times("f", some_time);
}

/* What cp -p, tar and rsync do: nothing they do afterwards may move the time again. */
static void times_set_by_name_stay_while_the_writer_closes(void)
{
	int fd = OK(open("temp", O_RDWR | O_CREAT, 0600));

	SAME(write(fd, "text", 4), 4);
	OK(set_times("temp", some_time));
	OK(fchmod(fd, 0644));
	OK(close(fd));
	OK(rename("temp", "f"));
	check_times("f", some_time);
	TEXT("f", "text");
	SAME(stat_of("f").st_mtim.tv_nsec, some_time[1].tv_nsec);
}

static void explicit_times_are_for_the_owner(void)
{
	const struct timespec now_and_omit[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };

	need_root();
	make_file("f", "");
	OK(chmod("f", 0666));
	if (child_as(NOBODY, NOBODY)) {
		FAILS(set_times("f", some_time), EPERM);
		FAILS(set_times("f", now_and_omit), EPERM);
		OK(set_times("f", both_now));
		OK(set_times("f", NULL));
		OK(set_times("f", both_omit));
		child_done();
	}
	OK(chmod("f", 0444));
	OK(chown("f", NOBODY, NOBODY));
	if (child_as(NOBODY, NOBODY)) {
		OK(set_times("f", some_time));
		OK(set_times("f", both_now));
		child_done();
	}
}

static void the_present_time_is_for_those_who_may_write(void)
{
	need_root();
	make_file("f", "");
	if (child_as(NOBODY, NOBODY)) {
		FAILS(set_times("f", both_now), EACCES);
		FAILS(set_times("f", NULL), EACCES);
		OK(set_times("f", both_omit));
		child_done();
	}
	OK(chown("f", NOBODY, NOBODY));
	OK(chmod("f", 0));
	if (child_as(NOBODY, NOBODY)) {
		OK(set_times("f", both_now));
		child_done();
	}
}

static void wrong_times_are_refused(void)
{
	const struct timespec wrong[2] = { { 0, 1000000000 }, { 0, 0 } };

	make_file("f", "");
	OK(set_times("f", some_time));
	FAILS(set_times("f", wrong), EINVAL);
	FAILS(set_times("none", some_time), ENOENT);
	FAILS(set_times("f/x", some_time), ENOTDIR);
	check_times("f", some_time);
}

const struct posix_case posix_utime_cases[] = {
	POSIX_CASE(times_are_kept_to_the_nanosecond_on_every_kind),
	POSIX_CASE(times_far_away_are_kept),
	POSIX_CASE(utime_now_is_now),
	POSIX_CASE(utime_omit_leaves_a_time_alone),
	POSIX_CASE(one_time_now_and_the_other_omitted),
	POSIX_CASE(times_of_a_symlink_or_of_its_target),
	POSIX_CASE(futimens_sets_the_open_file_even_after_writes),
	POSIX_CASE(times_set_by_name_stay_while_the_writer_closes),
	POSIX_CASE(explicit_times_are_for_the_owner),
	POSIX_CASE(the_present_time_is_for_those_who_may_write),
	POSIX_CASE(wrong_times_are_refused),
	POSIX_END,
};
