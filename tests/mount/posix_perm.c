/* Permissions, as the kernel checks them with default_permissions. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
	MAY_READ = 4,
	MAY_WRITE = 2,
	MAY_RUN = 1,
};

static void check_open(const char *path, int flags, bool allowed)
{
	int fd = open(path, flags | O_NONBLOCK);

	if (allowed) {
		OK(fd);
		OK(close(fd));
	} else {
		FAILS(fd, EACCES);
	}
}

/* What a process with these three bits may open. */
static void check_opens(unsigned bits, bool directory)
{
	check_open("n", O_RDONLY, bits & MAY_READ);
	if (directory)
		return;
	check_open("n", O_RDWR, (bits & MAY_READ) && (bits & MAY_WRITE));
	check_open("f", O_WRONLY, bits & MAY_WRITE);
}

/* Owner, group and others each go by their own three bits, and by them alone. */
static void each_class_goes_by_its_own_bits(enum node_kind kind)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		int shift;
	} classes[] = { { NOBODY, NOBODY, 6 }, { STRANGER, NOBODY, 3 }, { STRANGER, STRANGER, 0 } };
	unsigned bits, mode;
	size_t i;

	need_root();
	make_node(kind, "n");
	OK(chown("n", NOBODY, NOBODY));
	make_file("f", "");
	OK(chown("f", NOBODY, NOBODY));
	for (i = 0; i < ARRAY_LEN(classes); i++) {
		for (bits = 0; bits < 8; bits++) {
			mode = (0777U & ~(7U << classes[i].shift)) | bits << classes[i].shift;
			OK(chmod("n", mode));
			OK(chmod("f", mode));
			if (child_as(classes[i].uid, classes[i].gid)) {
				check_opens(bits, kind == NODE_DIR);
				child_done();
			}
		}
	}
}

static void owner_group_and_others_open_a_file_by_their_bits(void)
{
	each_class_goes_by_its_own_bits(NODE_FILE);
}

static void owner_group_and_others_open_a_directory_by_their_bits(void)
{
	each_class_goes_by_its_own_bits(NODE_DIR);
}

static void owner_group_and_others_open_a_fifo_by_their_bits(void)
{
	each_class_goes_by_its_own_bits(NODE_FIFO);
}

static void a_further_group_of_a_process_counts(void)
{
	need_root();
	make_file("f", "text");
	OK(chown("f", 0, STRANGER));
	OK(chmod("f", 0640));
	if (child_as_member(NOBODY, NOBODY, STRANGER)) {
		TEXT("f", "text");
		FAILS(open("f", O_WRONLY), EACCES);
		child_done();
	}
	if (child_as(NOBODY, NOBODY)) {
		FAILS(open("f", O_RDONLY), EACCES);
		child_done();
	}
}

static void make_and_remove(enum node_kind kind, const char *path)
{
	make_node(kind, path);
	remove_node(path);
}

static void changing_a_directory_needs_the_right_to_write_it(void)
{
	enum node_kind kind;
	struct timespec t;

	need_root();
	make_dir("d", 0755);
	make_file("d/f", "text");
	OK(mkdir("d/sub", 0777));
	t = tick();
	if (child_as(NOBODY, NOBODY)) {
		FAILS(open("d/new", O_WRONLY | O_CREAT, 0644), EACCES);
		FAILS(mkdir("d/new", 0755), EACCES);
		FAILS(mkfifo("d/new", 0644), EACCES);
		FAILS(symlink("x", "d/new"), EACCES);
		FAILS(unlink("d/f"), EACCES);
		FAILS(rmdir("d/sub"), EACCES);
		FAILS(rename("d/f", "d/new"), EACCES);
		FAILS(rename("d/f", "/proc/x"), EXDEV);
		TEXT("d/f", "text");
		child_done();
	}
	CHECK(!mtime_moved("d", t) && !ctime_moved("d", t));
	CHECK(!ctime_moved("d/f", t));
	OK(chmod("d", 0777));
	if (child_as(NOBODY, NOBODY)) {
		for (kind = 0; kind < NODE_KINDS; kind++)
			make_and_remove(kind, "d/new");
		OK(rename("d/f", "d/new"));
		OK(unlink("d/new"));
		OK(rmdir("d/sub"));
		child_done();
	}
	SAME(count_entries("d"), 0);
}

static void passing_a_directory_needs_the_right_to_search_it(void)
{
	need_root();
	make_dir("d", 0766);
	make_file("d/f", "text");
	OK(chmod("d/f", 0666));
	if (child_as(NOBODY, NOBODY)) {
		SAME(count_entries("d"), 1);
		FAILS(open("d/f", O_RDONLY), EACCES);
		FAILS(open("d/new", O_WRONLY | O_CREAT, 0644), EACCES);
		FAILS(unlink("d/f"), EACCES);
		FAILS(chdir("d"), EACCES);
		child_done();
	}
	OK(chmod("d", 0711));
	if (child_as(NOBODY, NOBODY)) {
		TEXT("d/f", "text");
		FAILS(open("d", O_RDONLY), EACCES);
		OK(chdir("d"));
		child_done();
	}
}

static void access_tells_what_open_would(void)
{
	need_root();
	make_file("f", "text");
	OK(chmod("f", 0754));
	OK(access("f", R_OK | W_OK | X_OK));
	if (child_as(NOBODY, NOBODY)) {
		OK(access("f", F_OK));
		OK(access("f", R_OK));
		FAILS(access("f", W_OK), EACCES);
		FAILS(access("f", X_OK), EACCES);
		child_done();
	}
	OK(chmod("f", 0644));
	FAILS(access("f", X_OK), EACCES);
}

static void truncating_needs_the_right_to_write(void)
{
	need_root();
	make_file("f", "text");
	if (child_as(NOBODY, NOBODY)) {
		FAILS(truncate("f", 0), EACCES);
		FAILS(open("f", O_RDONLY | O_TRUNC), EACCES);
		child_done();
	}
	TEXT("f", "text");
}

static void an_owner_removes_a_file_that_he_may_not_write(void)
{
	need_root();
	make_dir("d", 0777);
	make_file("d/f", "text");
	OK(chmod("d/f", 0));
	if (child_as(NOBODY, NOBODY)) {
		OK(unlink("d/f"));
		child_done();
	}
	CHECK(!exists("d/f"));
}

static void a_program_on_it_runs(void)
{
	const char *script = "#!/bin/sh\nexit 0\n";

	make_file("run", script);
	FAILS(execl("run", "run", NULL), EACCES);
	OK(chmod("run", 0755));
	if (in_child()) {
		execl("./run", "run", NULL);
		posix_fail(__FILE__, __LINE__, "cannot run a script");
	}
}

static void the_super_user_passes_everywhere(void)
{
	int fd;

	need_root();
	make_dir("d", 0);
	fd = OK(open("d/f", O_RDWR | O_CREAT, 0));
	SAME(write(fd, "text", 4), 4);
	OK(close(fd));
	OK(chown("d/f", NOBODY, NOBODY));
	OK(chown("d", NOBODY, NOBODY));
	TEXT("d/f", "text");
	make_file("d/f", "new");
	SAME(stat_of("d/f").st_uid, NOBODY);
	OK(unlink("d/f"));
}

const struct posix_case posix_perm_cases[] = {
	POSIX_CASE(owner_group_and_others_open_a_file_by_their_bits),
	POSIX_CASE(owner_group_and_others_open_a_directory_by_their_bits),
	POSIX_CASE(owner_group_and_others_open_a_fifo_by_their_bits),
	POSIX_CASE(a_further_group_of_a_process_counts),
	POSIX_CASE(changing_a_directory_needs_the_right_to_write_it),
	POSIX_CASE(passing_a_directory_needs_the_right_to_search_it),
	POSIX_CASE(access_tells_what_open_would),
	POSIX_CASE(truncating_needs_the_right_to_write),
	POSIX_CASE(an_owner_removes_a_file_that_he_may_not_write),
	POSIX_CASE(a_program_on_it_runs),
	POSIX_CASE(the_super_user_passes_everywhere),
	POSIX_END,
};
