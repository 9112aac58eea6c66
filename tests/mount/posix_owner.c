/* chown(). */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LEAVE ((uid_t)-1)

static void the_super_user_gives_everything_to_everybody(void)
{
	enum node_kind kind;
	struct timespec t;

	need_root();
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		t = tick();
		OK(lchown("n", 123, 456));
		SAME(stat_of("n").st_uid, 123);
		SAME(stat_of("n").st_gid, 456);
		CHECK(ctime_moved("n", t));
		CHECK(!mtime_moved("n", t));
		CHECK(!mtime_moved(".", t));
		OK(lchown("n", LEAVE, 789));
		SAME(stat_of("n").st_uid, 123);
		SAME(stat_of("n").st_gid, 789);
		OK(lchown("n", 321, LEAVE));
		SAME(stat_of("n").st_uid, 321);
		SAME(stat_of("n").st_gid, 789);
		SAME(stat_of("n").st_mode & S_IFMT, type_of(kind));
		remove_node("n");
	}
}

static void large_ids_are_kept(void)
{
	need_root();
	make_file("f", "");
	OK(chown("f", 4294967294U, 4294967293U));
	SAME(stat_of("f").st_uid, 4294967294U);
	SAME(stat_of("f").st_gid, 4294967293U);
}

static void an_owner_gives_a_file_to_a_group_of_his(void)
{
	enum node_kind kind;

	need_root();
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		OK(lchown("n", NOBODY, STRANGER));
		if (child_as_member(NOBODY, 65532, 65531)) {
			OK(lchown("n", LEAVE, 65532));
			SAME(stat_of("n").st_gid, 65532);
			OK(lchown("n", NOBODY, 65531));
			SAME(stat_of("n").st_gid, 65531);
			FAILS(lchown("n", LEAVE, STRANGER), EPERM);
			FAILS(lchown("n", STRANGER, LEAVE), EPERM);
			child_done();
		}
		SAME(stat_of("n").st_uid, NOBODY);
		SAME(stat_of("n").st_gid, 65531);
		remove_node("n");
	}
}

static void others_change_no_owner(void)
{
	enum node_kind kind;
	struct timespec t;

	need_root();
	for (kind = 0; kind < NODE_KINDS; kind++) {
		make_node(kind, "n");
		t = tick();
		if (child_as(NOBODY, NOBODY)) {
			FAILS(lchown("n", NOBODY, LEAVE), EPERM);
			FAILS(lchown("n", LEAVE, NOBODY), EPERM);
			FAILS(lchown("n", NOBODY, NOBODY), EPERM);
			child_done();
		}
		CHECK(!ctime_moved("n", t));
		if (child_as(NOBODY, NOBODY)) {
			OK(lchown("n", LEAVE, LEAVE));
			child_done();
		}
		SAME(stat_of("n").st_uid, 0);
		remove_node("n");
	}
}

static void chown_by_the_owner_clears_set_user_and_group_id(void)
{
	need_root();
	make_file("f", "");
	OK(chown("f", NOBODY, STRANGER));
	OK(chmod("f", 06555));
	if (child_as_member(NOBODY, STRANGER, 65532)) {
		OK(chown("f", NOBODY, 65532));
		child_done();
	}
	SAME(mode_of("f"), 0555);
	OK(chmod("f", 06555));
	if (child_as_member(NOBODY, STRANGER, 65532)) {
		OK(chown("f", LEAVE, STRANGER));
		child_done();
	}
	SAME(mode_of("f"), 0555);
}

static void chown_of_a_directory_keeps_set_group_id(void)
{
	need_root();
	make_dir("d", 02755);
	OK(chown("d", NOBODY, STRANGER));
	SAME(mode_of("d"), 02755);
}

static void chown_follows_symlinks_and_lchown_does_not(void)
{
	int fd;

	need_root();
	make_file("f", "");
	OK(symlink("f", "l"));
	OK(chown("l", 1, 2));
	SAME(stat_of("f").st_uid, 1);
	SAME(stat_of("l").st_uid, 0);
	OK(lchown("l", 3, 4));
	SAME(stat_of("f").st_gid, 2);
	SAME(stat_of("l").st_gid, 4);
	fd = OK(open("f", O_RDONLY));
	OK(fchown(fd, 5, 6));
	OK(close(fd));
	SAME(stat_of("f").st_uid, 5);
	SAME(stat_of("f").st_gid, 6);
}

static void a_new_node_belongs_to_who_made_it(void)
{
	enum node_kind kind;

	need_root();
	make_dir("d", 0777);
	if (child_as(NOBODY, STRANGER)) {
		for (kind = 0; kind < NODE_KINDS; kind++) {
			make_node(kind, "d/n");
			SAME(stat_of("d/n").st_uid, NOBODY);
			SAME(stat_of("d/n").st_gid, STRANGER);
			remove_node("d/n");
		}
		child_done();
	}
}

const struct posix_case posix_owner_cases[] = {
	POSIX_CASE(the_super_user_gives_everything_to_everybody),
	POSIX_CASE(large_ids_are_kept),
	POSIX_CASE(an_owner_gives_a_file_to_a_group_of_his),
	POSIX_CASE(others_change_no_owner),
	POSIX_CASE(chown_by_the_owner_clears_set_user_and_group_id),
	POSIX_CASE(chown_of_a_directory_keeps_set_group_id),
	POSIX_CASE(chown_follows_symlinks_and_lchown_does_not),
	POSIX_CASE(a_new_node_belongs_to_who_made_it),
	POSIX_END,
};
