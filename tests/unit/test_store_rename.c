/* rename(2) and renameat2(2): every pair of kinds, flags, directories and links. */
#include "store_fixture.h"

#include <errno.h>

/* file, other: files; dir: holds sub; empty: a directory; link: symlink */
static struct fixture *with_kinds(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_file(f, "file", "file"), 0);
	assert_int_equal(make_file(f, "other", "other"), 0);
	assert_int_equal(make_dir(f, "dir"), 0);
	assert_int_equal(make_dir(f, "dir/sub"), 0);
	assert_int_equal(make_dir(f, "empty"), 0);
	assert_int_equal(make_symlink(f, "link", "file"), 0);
	return f;
}

static void every_pair_of_kinds(void **state)
{
	enum { PLAIN, NOREPLACE, EXCHANGE };
	static const struct {
		const char *from, *to;
		int flag, result;
	} cases[] = {
		{ "file", "new", PLAIN, 0 },
		{ "file", "other", PLAIN, 0 },
		{ "file", "file", PLAIN, 0 },
		{ "file", "link", PLAIN, 0 },
		{ "link", "file", PLAIN, 0 },
		{ "dir", "new", PLAIN, 0 },
		{ "dir", "empty", PLAIN, 0 },
		{ "dir", "dir", PLAIN, 0 },
		{ "file", "dir/new", PLAIN, 0 },
		{ "dir/sub", "new", PLAIN, 0 },
		{ "none", "new", PLAIN, -ENOENT },
		{ "none", "file", PLAIN, -ENOENT },
		{ "file", "none/new", PLAIN, -ENOENT },
		{ "file", "other/new", PLAIN, -ENOTDIR },
		{ "file", "dir", PLAIN, -EISDIR },
		{ "file", "empty", PLAIN, -EISDIR },
		{ "dir", "file", PLAIN, -ENOTDIR },
		{ "empty", "link", PLAIN, -ENOTDIR },
		{ "empty", "dir", PLAIN, -ENOTEMPTY },
		{ "dir/sub", "dir", PLAIN, -ENOTEMPTY },
		{ "dir", "dir/new", PLAIN, -EINVAL },
		{ "dir", "dir/sub", PLAIN, -EINVAL },
		{ "dir", "dir/sub/new", PLAIN, -EINVAL },
		{ "file", "new", NOREPLACE, 0 },
		{ "file", "other", NOREPLACE, -EEXIST },
		{ "file", "file", NOREPLACE, -EEXIST },
		{ "empty", "dir", NOREPLACE, -EEXIST },
		{ "none", "other", NOREPLACE, -ENOENT },
		{ "file", "other", EXCHANGE, 0 },
		{ "file", "dir", EXCHANGE, 0 },
		{ "dir", "file", EXCHANGE, 0 },
		{ "file", "dir/sub", EXCHANGE, 0 },
		{ "file", "file", EXCHANGE, 0 },
		{ "file", "new", EXCHANGE, -ENOENT },
		{ "none", "file", EXCHANGE, -ENOENT },
		{ "dir", "dir/sub", EXCHANGE, -EINVAL },
		{ "dir/sub", "dir", EXCHANGE, -EINVAL },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct act a = { .kind = ACT_RENAME,
			.path = cases[i].from,
			.to = cases[i].to,
			.noreplace = cases[i].flag == NOREPLACE,
			.exchange = cases[i].flag == EXCHANGE };
		int r;

		r = act_run(with_kinds(state), &a);
		if (r != cases[i].result)
			fail_msg("%s to %s (%d): %d", a.path, a.to, cases[i].flag, r);
		fixture_teardown(state);
		fixture_setup(state);
	}
}

static void the_moved_file_keeps_number_and_text(void **state)
{
	struct fixture *f = with_kinds(state);
	int64_t id = stat_at(f, "file").id, replaced = stat_at(f, "other").id;
	struct act a = { .kind = ACT_RENAME, .path = "file", .to = "other" };
	struct inode inode;

	assert_int_equal(act_run(f, &a), 0);
	assert_int_equal(stat_at(f, "other").id, id);
	expect_text(f, "other", "file");
	assert_false(exists(f, "file"));
	assert_int_equal(a.inode.id, replaced);
	assert_int_equal(a.inode.nlink, 0);
	assert_int_equal(store_get(f->s, replaced, &inode), 0);
	purge_all(f);
	assert_int_equal(store_get(f->s, replaced, &inode), -ENOENT);
}

static void a_replaced_file_with_another_name_lives(void **state)
{
	struct fixture *f = with_kinds(state);
	struct act a = { .kind = ACT_RENAME, .path = "file", .to = "other" };

	assert_int_equal(link_file(f, "other", "third"), 0);
	assert_int_equal(act_run(f, &a), 0);
	assert_int_equal(a.inode.nlink, 1);
	expect_text(f, "third", "other");
	assert_int_equal(stat_at(f, "third").nlink, 1);
}

static void two_names_of_one_file_stay(void **state)
{
	struct fixture *f = with_kinds(state);
	struct act a = { .kind = ACT_RENAME, .path = "file", .to = "third" };

	assert_int_equal(link_file(f, "file", "third"), 0);
	assert_int_equal(act_run(f, &a), 0);
	assert_int_equal(a.inode.id, 0);
	assert_true(exists(f, "file"));
	assert_int_equal(stat_at(f, "third").nlink, 2);
}

static void directories_count_their_subdirectories(void **state)
{
	struct fixture *f = with_kinds(state);

	assert_int_equal(stat_at(f, "").nlink, 4);
	assert_int_equal(move_to(f, "dir", "empty/dir"), 0);
	assert_int_equal(stat_at(f, "").nlink, 3);
	assert_int_equal(stat_at(f, "empty").nlink, 3);
	assert_int_equal(make_dir(f, "empty/new"), 0);
	assert_int_equal(move_to(f, "empty/dir/sub", "empty/new"), 0); /* over an empty one */
	assert_int_equal(stat_at(f, "empty/dir").nlink, 2);
	assert_int_equal(stat_at(f, "empty").nlink, 4);
	assert_int_equal(exchange(f, "empty/new", "file"), 0);
	assert_int_equal(stat_at(f, "empty").nlink, 3);
	assert_int_equal(stat_at(f, "").nlink, 4);
	purge_all(f);
	expect_rows(f,
		"SELECT count(*) FROM inode d WHERE kind = 'dir' AND nlink <> 2 + (SELECT count(*) "
		"FROM dentry e JOIN inode c ON c.id = e.inode AND c.kind = 'dir' WHERE e.parent = d.id)",
		"0");
}

static void both_directories_and_the_file_show_the_time(void **state)
{
	struct fixture *f = with_kinds(state);
	int64_t mtime = stat_at(f, "file").mtime, before = store_now();

	assert_int_equal(move_to(f, "file", "empty/file"), 0);
	assert_true(stat_at(f, "").mtime >= before);
	assert_true(stat_at(f, "empty").mtime >= before);
	assert_true(stat_at(f, "empty/file").ctime >= before);
	assert_int_equal(stat_at(f, "empty/file").mtime, mtime);
}

static void a_moved_directory_is_found_below_its_new_parent(void **state)
{
	struct fixture *f = with_kinds(state);
	int64_t parent;

	assert_int_equal(move_to(f, "dir", "empty/dir"), 0);
	assert_int_equal(store_parent(f->s, stat_at(f, "empty/dir").id, &parent), 0);
	assert_int_equal(parent, stat_at(f, "empty").id);
	assert_true(exists(f, "empty/dir/sub"));
}

static int64_t place_of(struct fixture *f, const char *name)
{
	CLEANUP(buf_done) struct buf query = { 0 };
	sqlite3_stmt *st = NULL;
	int64_t place;

	assert_int_equal(buf_printf(&query, "SELECT seq FROM dentry WHERE name = '%s'", name), 0);
	assert_int_equal(sqlite3_prepare_v2(foreign(f), buf_str(&query), -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	place = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return place;
}

static void a_name_keeps_its_place_in_its_directory(void **state)
{
	struct fixture *f = with_kinds(state);
	int64_t file = place_of(f, "file"), other = place_of(f, "other"),
		link = place_of(f, "link");

	assert_int_equal(move_to(f, "file", "renamed"), 0);
	assert_int_equal(place_of(f, "renamed"), file);
	assert_int_equal(move_to(f, "renamed", "other"), 0); /* a save by renaming */
	assert_int_equal(place_of(f, "other"), other);
	assert_int_equal(exchange(f, "other", "link"), 0);
	assert_int_equal(place_of(f, "other"), other);
	assert_int_equal(place_of(f, "link"), link);
	assert_int_equal(move_to(f, "other", "dir/other"), 0);
	assert_true(place_of(f, "other") > link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_name_keeps_its_place_in_its_directory),
		CASE(every_pair_of_kinds),
		CASE(the_moved_file_keeps_number_and_text),
		CASE(a_replaced_file_with_another_name_lives),
		CASE(two_names_of_one_file_stay),
		CASE(directories_count_their_subdirectories),
		CASE(both_directories_and_the_file_show_the_time),
		CASE(a_moved_directory_is_found_below_its_new_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
