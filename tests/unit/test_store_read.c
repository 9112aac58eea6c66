/* Lookups, listings and texts. */
#include "store_fixture.h"

#include <errno.h>

static void a_path_is_followed_by_names(void **state)
{
	static const struct {
		const char *path;
		int result;
	} cases[] = {
		{ "", 0 },
		{ "/", 0 },
		{ "2016", 0 },
		{ "/2016/", 0 },
		{ "2016//合肥市", 0 },
		{ "./2016/.", 0 },
		{ PLAN "/a.txt", 0 },
		{ "2017", -ENOENT },
		{ PLAN "/b.txt", -ENOENT },
		{ PLAN "/a.txt/b", -ENOTDIR },
		{ "l", 0 },
		{ "l/x", -ENOTDIR },
	};
	struct fixture *f = *state;
	struct inode inode;
	char name[300];
	size_t i;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "x"), 0);
	assert_int_equal(make_symlink(f, "l", "2016"), 0);
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (store_resolve(f->s, cases[i].path, &inode) != cases[i].result)
			fail_msg("%s", cases[i].path);
	memset(name, 'x', 256);
	name[256] = '\0';
	assert_int_equal(store_resolve(f->s, name, &inode), -ENAMETOOLONG);
}

struct listing {
	struct buf names;
	int left; /* stop after so many */
	int64_t place;
};

static int add_name(void *arg, const struct store_entry *e)
{
	struct listing *l = arg;

	assert_true(e->inode.id > STORE_ROOT);
	assert_true(e->place > 0);
	assert_int_equal(buf_printf(&l->names, "%s;", e->name), 0);
	l->place = e->place;
	return --l->left == 0 ? 7 : 0;
}

static void expect_names(struct fixture *f, const char *names)
{
	struct listing l = { 0 };

	assert_int_equal(store_list(f->s, STORE_ROOT, add_name, &l), 0);
	assert_string_equal(buf_str(&l.names), names);
	buf_done(&l.names);
}

/* List the root behind @after, at most @stop entries (0: all). Returns the place of the last. */
static int64_t scan(struct fixture *f, int64_t after, int stop, const char *names)
{
	struct listing l = { .left = stop, .place = after };

	assert_int_equal(store_scan(f->s, STORE_ROOT, after, add_name, &l), stop ? 7 : 0);
	assert_string_equal(buf_str(&l.names), names);
	buf_done(&l.names);
	return l.place;
}

static void a_listing_by_name_is_in_byte_order(void **state)
{
	struct fixture *f = *state;

	expect_names(f, "");
	assert_int_equal(make_dir(f, "b"), 0);
	assert_int_equal(make_dir(f, "未知年份"), 0);
	assert_int_equal(make_dir(f, "a"), 0);
	assert_int_equal(make_dir(f, "B"), 0);
	expect_names(f, "B;a;b;未知年份;");
}

static void a_listing_goes_on_where_it_stopped(void **state)
{
	struct fixture *f = *state;
	int64_t at;

	scan(f, 0, 0, "");
	assert_int_equal(make_dir(f, "b"), 0);
	assert_int_equal(make_dir(f, "未知年份"), 0);
	assert_int_equal(make_dir(f, "a"), 0);
	assert_int_equal(make_dir(f, "B"), 0);
	scan(f, 0, 0, "b;未知年份;a;B;");
	at = scan(f, 0, 2, "b;未知年份;");
	assert_int_equal(remove_dir(f, "b"), 0);
	assert_int_equal(remove_dir(f, "未知年份"), 0);
	assert_int_equal(make_dir(f, "b"), 0);
	scan(f, at, 0, "a;B;b;");
}

static void a_damaged_name_is_not_listed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_dir(f, "a"), 0);
	sql(f, "PRAGMA ignore_check_constraints = 1; UPDATE dentry SET name = 'x/y'");
	expect_names(f, "");
	scan(f, 0, 0, "");
}

static int compare_text(void *arg, const char *data, size_t len)
{
	const char *expected = arg;

	assert_int_equal(len, strlen(expected));
	if (len > 0)
		assert_memory_equal(data, expected, len);
	return 42;
}

static void texts_are_handed_out(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf b = { 0 };
	char text[] = "文字", empty[] = "";

	assert_int_equal(make_file(f, "a", text), 0);
	assert_int_equal(make_file(f, "e", NULL), 0);
	assert_int_equal(store_with_text(f->s, stat_at(f, "a").id, compare_text, text), 42);
	assert_int_equal(store_with_text(f->s, stat_at(f, "e").id, compare_text, empty), 42);
	assert_int_equal(store_with_text(f->s, 999, compare_text, empty), -ENOENT);
	assert_int_equal(store_read_body(f->s, 999, &b), -ENOENT);
	assert_int_equal(store_read_body(f->s, stat_at(f, "a").body, &b), 0);
	assert_string_equal(buf_str(&b), text);
	assert_int_equal(store_read_body(f->s, 0, &b), 0);
	assert_int_equal(b.len, 0);
}

static void only_a_symlink_has_a_target(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf b = { 0 };

	assert_int_equal(make_file(f, "a", "x"), 0);
	assert_int_equal(make_symlink(f, "l", "到/别处"), 0);
	assert_int_equal(store_readlink(f->s, stat_at(f, "l").id, &b), 0);
	assert_string_equal(buf_str(&b), "到/别处");
	assert_int_equal(store_readlink(f->s, stat_at(f, "a").id, &b), -ENOENT);
	assert_int_equal(store_readlink(f->s, 999, &b), -ENOENT);
}

static void parents_lead_to_the_root(void **state)
{
	struct fixture *f = *state;
	int64_t parent;

	make_plan(f);
	assert_int_equal(store_parent(f->s, stat_at(f, PLAN).id, &parent), 0);
	assert_int_equal(parent, stat_at(f, "2016/合肥市").id);
	assert_int_equal(store_parent(f->s, STORE_ROOT, &parent), 0);
	assert_int_equal(parent, STORE_ROOT);
	assert_int_equal(store_parent(f->s, 999, &parent), -ENOENT);
}

static void attributes_of_what_is_not_there_are_enodata(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf b = { 0 };

	assert_int_equal(store_get_xattr(f->s, STORE_ROOT, "user.a", &b), -ENODATA);
	assert_int_equal(store_list_xattr(f->s, STORE_ROOT, &b), 0);
	assert_int_equal(b.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_path_is_followed_by_names),
		CASE(a_listing_by_name_is_in_byte_order),
		CASE(a_listing_goes_on_where_it_stopped),
		CASE(a_damaged_name_is_not_listed),
		CASE(texts_are_handed_out),
		CASE(only_a_symlink_has_a_target),
		CASE(parents_lead_to_the_root),
		CASE(attributes_of_what_is_not_there_are_enodata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
