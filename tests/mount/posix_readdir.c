/* Reading directories, also while they change. */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	STAY = 7000, /* entries that nobody touches */
	OVER = 3000, /* entries that are replaced by rename, but are always there */
	SCANS = 3,
	CHANGES = 100, /* at least so many before and while a scan goes on */
};

/* What the process that changes and the one that reads tell each other. */
enum {
	NUMBER_CHANGES,
	NUMBER_STOP,
};

static void make_entry(const char *kind, int i)
{
	char name[32];

	snprintf(name, sizeof(name), "d/%s-%d", kind, i);
	OK(mknod(name, S_IFREG | 0644, 0));
}

/* Names are never used twice, so that a name seen twice in one scan is an error. */
static void change_until_told(int *numbers)
{
	char name[32], target[32];
	int i;

	for (i = 0; !number_now(&numbers[NUMBER_STOP]); i++) {
		make_entry("temp", i);
		snprintf(name, sizeof(name), "d/temp-%d", i);
		if (i % 2 == 0) {
			snprintf(target, sizeof(target), "d/over-%d", i * 37 % OVER);
			OK(rename(name, target));
		} else if (i % 3 == 0) {
			snprintf(target, sizeof(target), "d/moved-%d", i);
			OK(rename(name, target));
			OK(unlink(target));
		} else {
			OK(unlink(name));
		}
		raise_number(&numbers[NUMBER_CHANGES]);
	}
}

/* How often each name was seen in a scan. */
static struct tally {
	const char *kind;
	bool always; /* there all the time, so seen once; else at most once */
	int n;
	unsigned char seen[1 << 18];
} tallies[] = { { "stay", true, STAY, { 0 } }, { "over", true, OVER, { 0 } },
	{ "temp", false, 1 << 18, { 0 } }, { "moved", false, 1 << 18, { 0 } } };

static void count_name(const char *name)
{
	const char *dash = strchr(name, '-');
	size_t i;
	int n;

	for (i = 0; dash && i < ARRAY_LEN(tallies); i++) {
		n = atoi(dash + 1);
		if (strncmp(name, tallies[i].kind, (size_t)(dash - name)) != 0)
			continue;
		CHECK(n >= 0 && n < tallies[i].n);
		tallies[i].seen[n]++;
		return;
	}
	CHECK(strcmp(name, ".") == 0 || strcmp(name, "..") == 0);
}

static void check_tally(const struct tally *t)
{
	int i;

	for (i = 0; i < t->n; i++)
		if (t->seen[i] > 1 || (t->always && t->seen[i] == 0))
			posix_fail(__FILE__, __LINE__, "%s-%d is listed %d times", t->kind, i,
				t->seen[i]);
}

/* One pass; on the way it waits until more has changed. */
static void scan(const int *numbers)
{
	struct dirent *entry;
	DIR *dir = opendir("d");
	size_t i;
	int n = 0;

	CHECK(dir != NULL);
	for (i = 0; i < ARRAY_LEN(tallies); i++)
		memset(tallies[i].seen, 0, sizeof(tallies[i].seen));
	while ((entry = readdir(dir))) {
		count_name(entry->d_name);
		if (++n % 2500 == 0)
			wait_for_number(&numbers[NUMBER_CHANGES],
				number_now(&numbers[NUMBER_CHANGES]) + CHANGES);
	}
	OK(closedir(dir));
	for (i = 0; i < ARRAY_LEN(tallies); i++)
		check_tally(&tallies[i]);
}

static void readdir_loses_and_repeats_nothing_while_the_directory_changes(void)
{
	int *numbers = shared_numbers();
	pid_t changer;
	int i;

	if (is_tmpfs())
		tallies[1].always = false; /* it may miss what is replaced meanwhile */
	OK(mkdir("d", 0755));
	for (i = 0; i < STAY; i++)
		make_entry("stay", i);
	for (i = 0; i < OVER; i++)
		make_entry("over", i);
	changer = fork_beside();
	if (changer == 0) {
		change_until_told(numbers);
		child_done();
	}
	wait_for_number(&numbers[NUMBER_CHANGES], CHANGES);
	for (i = 0; i < SCANS; i++)
		scan(numbers);
	raise_number(&numbers[NUMBER_STOP]);
	join(changer);
	SAME(count_entries("d"), STAY + OVER);
}

/* What rm -r, and many a program, does. */
static void removing_while_reading_removes_all(void)
{
	struct dirent *entry;
	DIR *dir;
	int i;

	OK(mkdir("d", 0755));
	for (i = 0; i < 2000; i++)
		make_entry("file", i);
	dir = opendir("d");
	CHECK(dir != NULL);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			OK(unlinkat(dirfd(dir), entry->d_name, 0));
	OK(closedir(dir));
	SAME(count_entries("d"), 0);
	OK(rmdir("d"));
}

/* Read all of @fd in pieces of @size bytes and unlink what each of them holds. */
static void remove_piecewise(int fd, char *piece, size_t size)
{
	long n, at;

	while ((n = OK(syscall(SYS_getdents64, fd, piece, size))) > 0) {
		for (at = 0; at < n;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(piece + at);

			at += entry->d_reclen;
			if (entry->d_name[0] != '.')
				OK(unlinkat(fd, entry->d_name, 0));
		}
	}
}

/* C libraries differ in how much they read at once; busybox rm reads 2 kB. */
static void removing_while_reading_small_pieces_removes_all(void)
{
	static const size_t sizes[] = { 100, 500, 2048 };
	static char piece[2048] __attribute__((aligned(8)));
	size_t size;
	int fd, i;

	for (size = 0; size < ARRAY_LEN(sizes); size++) {
		OK(mkdir("d", 0755));
		for (i = 0; i < 700; i++)
			make_entry("file", i);
		fd = OK(open("d", O_RDONLY | O_DIRECTORY));
		remove_piecewise(fd, piece, sizes[size]);
		OK(close(fd));
		SAME(count_entries("d"), 0);
		OK(rmdir("d"));
	}
}

/* An empty directory has its two dots, each once. */
static void dot_and_dot_dot_are_listed_once(void)
{
	struct dirent *entry;
	int dot = 0, dot_dot = 0;
	DIR *dir;

	OK(mkdir("d", 0755));
	dir = opendir("d");
	CHECK(dir != NULL);
	while ((entry = readdir(dir))) {
		dot += strcmp(entry->d_name, ".") == 0;
		dot_dot += strcmp(entry->d_name, "..") == 0;
	}
	OK(closedir(dir));
	SAME(dot, 1);
	SAME(dot_dot, 1);
}

static void seekdir_returns_to_where_telldir_was(void)
{
	enum { N = 500 };
	static char names[N][32];
	static long places[N];
	struct dirent *entry;
	DIR *dir;
	int i, n = 0;

	OK(mkdir("d", 0755));
	for (i = 0; i < N - 2; i++)
		make_entry("file", i);
	dir = opendir("d");
	CHECK(dir != NULL);
	for (;;) {
		long place = telldir(dir);

		entry = readdir(dir);
		if (!entry)
			break;
		CHECK(n < N);
		places[n] = place;
		strcpy(names[n++], entry->d_name);
	}
	SAME(n, N);
	for (i = 0; i < N; i++) {
		n = i * 197 % N;
		seekdir(dir, places[n]);
		entry = readdir(dir);
		CHECK(entry != NULL);
		CHECK(strcmp(entry->d_name, names[n]) == 0);
	}
	OK(closedir(dir));
}

static void a_place_stays_right_when_entries_before_it_vanish(void)
{
	enum { N = 400 };
	unsigned char seen[N] = { 0 };
	struct dirent *entry;
	char name[32];
	DIR *dir;
	int i, n;

	OK(mkdir("d", 0755));
	for (i = 0; i < N; i++)
		make_entry("file", i);
	dir = opendir("d");
	CHECK(dir != NULL);
	for (n = 0; n < N / 2 && (entry = readdir(dir));)
		if (sscanf(entry->d_name, "file-%d", &i) == 1) {
			seen[i]++;
			n++;
		}
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "d/file-%d", i);
		if (seen[i])
			OK(unlink(name));
	}
	seekdir(dir, telldir(dir));
	while ((entry = readdir(dir)))
		if (sscanf(entry->d_name, "file-%d", &i) == 1)
			seen[i]++;
	OK(closedir(dir));
	for (i = 0; i < N; i++)
		SAME(seen[i], 1);
}

static void rewinddir_sees_the_directory_as_it_is_now(void)
{
	struct dirent *entry;
	int n = 0;
	DIR *dir;

	OK(mkdir("d", 0755));
	make_entry("file", 1);
	dir = opendir("d");
	CHECK(dir != NULL);
	while ((entry = readdir(dir)))
		n++;
	SAME(n, 3);
	make_entry("file", 2);
	make_entry("file", 3);
	OK(unlink("d/file-1"));
	rewinddir(dir);
	for (n = 0; (entry = readdir(dir)); n++)
		CHECK(strcmp(entry->d_name, "file-1") != 0);
	SAME(n, 4);
	OK(closedir(dir));
}

static void two_readers_of_one_directory_do_not_disturb_each_other(void)
{
	DIR *a, *b;
	int i, n = 0;

	OK(mkdir("d", 0755));
	for (i = 0; i < 300; i++)
		make_entry("file", i);
	a = opendir("d");
	b = opendir("d");
	CHECK(a != NULL && b != NULL);
	while (readdir(a)) {
		n++;
		if (n % 2 == 0)
			CHECK(readdir(b) != NULL);
	}
	SAME(n, 302);
	for (n = 0; readdir(b); n++)
		;
	SAME(n, 151);
	OK(closedir(a));
	OK(closedir(b));
}

const struct posix_case posix_readdir_cases[] = {
	POSIX_CASE(readdir_loses_and_repeats_nothing_while_the_directory_changes),
	POSIX_CASE(removing_while_reading_removes_all),
	POSIX_CASE(removing_while_reading_small_pieces_removes_all),
	POSIX_CASE(dot_and_dot_dot_are_listed_once),
	POSIX_CASE(seekdir_returns_to_where_telldir_was),
	POSIX_CASE(a_place_stays_right_when_entries_before_it_vanish),
	POSIX_CASE(rewinddir_sees_the_directory_as_it_is_now),
	POSIX_CASE(two_readers_of_one_directory_do_not_disturb_each_other),
	POSIX_END,
};
