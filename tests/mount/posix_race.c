/* Many processes at once: exactly one wins, and what is left is sound. */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PROCESSES = 8,
	ROUNDS = 40,
};

static int race_mkdir(const char *own, const char *name)
{
	(void)own;
	return mkdir(name, 0755);
}

static int race_create(const char *own, const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	(void)own;
	return fd < 0 ? fd : close(fd);
}

static int race_symlink(const char *own, const char *name)
{
	return symlink(own, name);
}

static int race_link(const char *own, const char *name)
{
	return link(own, name);
}

static int race_rename(const char *own, const char *name)
{
	return renameat2(AT_FDCWD, own, AT_FDCWD, name, RENAME_NOREPLACE);
}

/* All processes try to make the same names; the number of those that made one is counted. */
static void one_of_many_makes_a_name(int (*make)(const char *own, const char *name))
{
	int *numbers = shared_numbers();
	char own[16], name[16];
	int me = fork_many(PROCESSES), i;

	if (me < 0) {
		for (i = 0; i < ROUNDS; i++)
			SAME(numbers[100 + i], 1);
		return;
	}
	snprintf(own, sizeof(own), "own-%d", me);
	for (i = 0; i < ROUNDS; i++) {
		make_file(own, "text");
		snprintf(name, sizeof(name), "name-%d", i);
		raise_number(&numbers[i]);
		wait_for_number(&numbers[i], PROCESSES);
		if (make(own, name) == 0)
			raise_number(&numbers[100 + i]);
		else
			SAME(errno, EEXIST);
		CHECK(exists(name));
	}
	child_done();
}

static void one_of_many_makes_a_directory(void)
{
	one_of_many_makes_a_name(race_mkdir);
	SAME(stat_of(".").st_nlink, 2 + ROUNDS);
}

static void one_of_many_creates_a_file(void)
{
	one_of_many_makes_a_name(race_create);
}

static void one_of_many_makes_a_symlink(void)
{
	one_of_many_makes_a_name(race_symlink);
}

static void one_of_many_links_a_name(void)
{
	one_of_many_makes_a_name(race_link);
}

static void one_of_many_renames_without_replacing(void)
{
	one_of_many_makes_a_name(race_rename);
}

static void one_of_many_removes_a_name(void)
{
	int *numbers = shared_numbers();
	char name[16];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		snprintf(name, sizeof(name), "name-%d", i);
		make_node(i % 2 ? NODE_FILE : NODE_DIR, name);
	}
	if (fork_many(PROCESSES) >= 0) {
		for (i = 0; i < ROUNDS; i++) {
			snprintf(name, sizeof(name), "name-%d", i);
			if ((i % 2 ? unlink(name) : rmdir(name)) == 0)
				raise_number(&numbers[i]);
			else
				SAME(errno, ENOENT);
		}
		child_done();
	}
	for (i = 0; i < ROUNDS; i++)
		SAME(numbers[i], 1);
	SAME(count_entries("."), 0);
	SAME(stat_of(".").st_nlink, 2);
}

enum {
	TEXT_BYTES = 5000,
	REPLACEMENTS = 150,
};

static void write_whole(const char *path, unsigned seed)
{
	static char data[TEXT_BYTES];
	int fd = OK(open(path, O_WRONLY | O_CREAT | O_EXCL, 0644));

	fill(data, TEXT_BYTES, seed);
	SAME(write(fd, data, TEXT_BYTES), TEXT_BYTES);
	OK(close(fd));
}

static void read_whole(const char *path)
{
	static char data[TEXT_BYTES];
	int fd = OK(open(path, O_RDONLY));
	unsigned seed;

	SAME(read(fd, data, TEXT_BYTES), TEXT_BYTES);
	OK(close(fd));
	for (seed = 0; seed < REPLACEMENTS * 2; seed++)
		if (is_filled(data, TEXT_BYTES, seed))
			return;
	posix_fail(__FILE__, __LINE__, "a text that nobody wrote");
}

/* Readers find one text or the other, never none and never a mixture. */
static void a_replaced_name_is_always_there_and_whole(void)
{
	char own[16];
	int me, i;

	write_whole("f", 0);
	me = fork_many(4);
	snprintf(own, sizeof(own), "own-%d", me);
	for (i = 0; me >= 0 && i < REPLACEMENTS; i++) {
		if (me >= 2) {
			read_whole("f");
			continue;
		}
		write_whole(own, (unsigned)(i * 2 + me));
		OK(rename(own, "f"));
	}
	if (me >= 0)
		child_done();
	SAME(count_entries("."), 1);
	SAME(stat_of("f").st_nlink, 1);
}

static void create_somehow(const char *name, int me)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	CHECK(fd >= 0 || errno == EEXIST);
	if (fd < 0)
		return;
	SAME(dprintf(fd, "written by %d.", me), 13);
	OK(close(fd));
}

/* One of twelve names; a process knows nothing of what the others do with it. */
static void do_something(unsigned *random, int me)
{
	char name[16], other[16];
	unsigned choice;

	*random = *random * 1103515245U + 12345U;
	choice = *random >> 16;
	snprintf(name, sizeof(name), "n%u", choice % 12);
	snprintf(other, sizeof(other), "%s%u", choice & 4096 ? "sub/n" : "n", choice / 12 % 12);
	switch (choice / 144 % 6) {
	case 0:
	case 1:
		create_somehow(name, me);
		return;
	case 2:
		CHECK(unlink(other) == 0 || errno == ENOENT);
		return;
	case 3:
		CHECK(rename(name, other) == 0 || errno == ENOENT);
		return;
	case 4:
		CHECK(link(name, other) == 0 || errno == ENOENT || errno == EEXIST);
		return;
	default:
		CHECK(renameat2(AT_FDCWD, name, AT_FDCWD, other, RENAME_EXCHANGE) == 0 ||
			errno == ENOENT);
	}
}

struct found {
	ino_t inode;
	nlink_t links;
	int names;
};

/* Look at every name of @path; count the names of each inode. */
static void examine(const char *path, struct found *found, int *n)
{
	struct dirent *entry;
	char name[300];
	DIR *dir = opendir(path);
	int i;

	CHECK(dir != NULL);
	while ((entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] != 'n')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		st = stat_of(name);
		CHECK(S_ISREG(st.st_mode));
		SAME(st.st_size, 13);
		SAME(st.st_ino, entry->d_ino);
		for (i = 0; i < *n && found[i].inode != st.st_ino; i++)
			;
		found[i].inode = st.st_ino;
		found[i].links = st.st_nlink;
		found[i].names++;
		*n += i == *n;
	}
	OK(closedir(dir));
}

static void many_processes_leave_a_sound_directory(void)
{
	struct found found[32] = { { 0, 0, 0 } };
	char name[16];
	int me, i, n = 0;

	OK(mkdir("sub", 0755));
	me = fork_many(PROCESSES);
	if (me >= 0) {
		unsigned random = (unsigned)me * 7919U + 1;

		for (i = 0; i < 500; i++)
			do_something(&random, me);
		child_done();
	}
	examine(".", found, &n);
	examine("sub", found, &n);
	for (i = 0; i < n; i++)
		SAME(found[i].names, found[i].links);
	for (i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		CHECK(unlink(name) == 0 || errno == ENOENT);
		snprintf(name, sizeof(name), "sub/n%d", i);
		CHECK(unlink(name) == 0 || errno == ENOENT);
	}
	OK(rmdir("sub"));
	SAME(count_entries("."), 0);
	SAME(stat_of(".").st_nlink, 2);
}

const struct posix_case posix_race_cases[] = {
	POSIX_CASE(one_of_many_makes_a_directory),
	POSIX_CASE(one_of_many_creates_a_file),
	POSIX_CASE(one_of_many_makes_a_symlink),
	POSIX_CASE(one_of_many_links_a_name),
	POSIX_CASE(one_of_many_renames_without_replacing),
	POSIX_CASE(one_of_many_removes_a_name),
	POSIX_CASE(a_replaced_name_is_always_there_and_whole),
	POSIX_CASE(many_processes_leave_a_sound_directory),
	POSIX_END,
};
