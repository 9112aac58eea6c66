/* Changes of single inodes and names: what they do and every errno that planfs/change.h promises. */
#include "store_fixture.h"

#include <errno.h>
#include <limits.h>
#include <sys/xattr.h>

#define X PLAN "/x.txt"

static struct fixture *with_file(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, X, "one"), 0);
	return f;
}

/* A call of a txn function by numbers instead of paths. */
struct call {
	int64_t id, parent;
	const char *name;
	struct text text;
	int flags;
	struct inode inode; /* result */
};

static int run(struct fixture *f, change_fn *apply, struct call *call)
{
	const struct change c = { .apply = apply, .arg = call, .wait_ms = 1000 };

	return store_change(f->s, &c);
}

static int call_get(struct txn *t, void *arg)
{
	struct call *c = arg;

	return txn_get(t, c->id, &c->inode);
}

static int call_lookup(struct txn *t, void *arg)
{
	struct call *c = arg;

	return txn_lookup(t, c->parent, c->name, &c->inode);
}

static int call_create(struct txn *t, void *arg)
{
	struct call *c = arg;

	c->inode = (struct inode){ .id = c->id, .mode = S_IFREG | 0644 };
	return txn_create(t, c->parent, c->name, &c->inode, &c->text);
}

static int call_save(struct txn *t, void *arg)
{
	struct call *c = arg;

	c->inode = (struct inode){ .id = c->id, .mode = S_IFREG | 0644 };
	return txn_save(t, &c->inode, &c->text, 0, TEXT_VERSION);
}

static int call_set_attr(struct txn *t, void *arg)
{
	struct call *c = arg;

	c->inode.id = c->id;
	return txn_set_attr(t, &c->inode);
}

static int call_link(struct txn *t, void *arg)
{
	struct call *c = arg;

	return txn_link(t, c->id, c->parent, c->name, &c->inode);
}

static int call_purge(struct txn *t, void *arg)
{
	struct call *c = arg;

	return txn_purge(t, c->id);
}

static int call_set_xattr(struct txn *t, void *arg)
{
	struct call *c = arg;

	return txn_set_xattr(t, c->id, c->name, &c->text, c->flags);
}

static int call_remove_xattr(struct txn *t, void *arg)
{
	struct call *c = arg;

	return txn_remove_xattr(t, c->id, c->name);
}

static void looking_at_what_is_not_there_is_enoent(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .id = 999, .parent = STORE_ROOT, .name = "none" };

	assert_int_equal(run(f, call_get, &c), -ENOENT);
	assert_int_equal(run(f, call_lookup, &c), -ENOENT);
	c.id = STORE_ROOT;
	assert_int_equal(run(f, call_get, &c), 0);
	assert_int_equal(c.inode.mode, S_IFDIR | 0755);
}

static void creating_sets_links_sizes_and_times(void **state)
{
	struct fixture *f = with_file(state);
	int64_t before = store_now();
	struct inode file, dir;

	assert_int_equal(make_file(f, PLAN "/y.txt", "文字"), 0);
	file = stat_at(f, PLAN "/y.txt");
	dir = stat_at(f, PLAN);
	assert_int_equal(file.nlink, 1);
	assert_int_equal(file.size, 6);
	assert_true(file.body > 0);
	assert_true(dir.mtime >= before && dir.mtime == dir.ctime);
	assert_int_equal(dir.nlink, 2);
	assert_int_equal(make_dir(f, PLAN "/附件"), 0);
	assert_int_equal(stat_at(f, PLAN).nlink, 3);
	assert_int_equal(stat_at(f, PLAN "/附件").nlink, 2);
	assert_int_equal(make_symlink(f, PLAN "/l", "x.txt"), 0);
	assert_int_equal(stat_at(f, PLAN "/l").size, 5);
	assert_int_equal(stat_at(f, PLAN "/l").body, 0);
}

static void creating_where_it_cannot_be_fails(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .parent = stat_at(f, X).id, .name = "y.txt" };

	assert_int_equal(make_file(f, X, "two"), -EEXIST);
	assert_int_equal(make_dir(f, X), -EEXIST);
	assert_int_equal(run(f, call_create, &c), -ENOTDIR);
	c.parent = 999;
	assert_int_equal(run(f, call_create, &c), -ENOENT);
	expect_text(f, X, "one");
}

static void a_removed_directory_takes_no_file(void **state)
{
	struct fixture *f = *state;
	struct call c = { .name = "y.txt" };

	assert_int_equal(make_dir(f, "2016"), 0);
	c.parent = stat_at(f, "2016").id;
	assert_int_equal(remove_dir(f, "2016"), 0);
	assert_int_equal(run(f, call_create, &c), -ENOENT);
}

static void a_file_gets_the_number_that_was_taken_before(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .parent = STORE_ROOT, .name = "y", .text = { "y", 1 } };

	assert_int_equal(store_new_inode_id(f->s, &c.id), 0);
	assert_int_equal(run(f, call_create, &c), 0);
	assert_int_equal(stat_at(f, "y").id, c.id);
}

static void saving_replaces_text_and_attributes(void **state)
{
	struct fixture *f = with_file(state);
	struct inode before = stat_at(f, X), after;

	assert_int_equal(save_file(f, X, "two\n"), 0);
	after = stat_at(f, X);
	assert_int_equal(after.id, before.id);
	assert_int_equal(after.btime, before.btime);
	assert_true(after.mtime > before.mtime);
	assert_true(after.body != before.body);
	expect_text(f, X, "two\n");
	assert_int_equal(save_file(f, X, "two\n"), 0);
	assert_int_equal(stat_at(f, X).body, after.body);
	assert_true(stat_at(f, X).mtime > after.mtime);
}

static void what_is_gone_is_estale(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .id = 999, .name = "user.x", .text = { "v", 1 } };

	assert_int_equal(run(f, call_save, &c), -ESTALE);
	assert_int_equal(run(f, call_set_attr, &c), -ESTALE);
	assert_int_equal(run(f, call_set_xattr, &c), -ESTALE);
	assert_int_equal(run(f, call_remove_xattr, &c), -ENODATA);
}

static void a_text_too_big_for_the_database_is_efbig(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .id = stat_at(f, X).id, .parent = STORE_ROOT, .name = "y" };

	c.text = (struct text){ "", (size_t)INT_MAX + 1 };
	assert_int_equal(run(f, call_save, &c), -EFBIG);
	c.text.len = 1000000000; /* more than SQLite keeps in a row */
	assert_int_equal(run(f, call_save, &c), -EFBIG);
	c.id = 0;
	assert_int_equal(run(f, call_create, &c), -EFBIG);
	expect_text(f, X, "one");
}

static void attributes_are_stored_and_the_text_is_not_touched(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .id = stat_at(f, X).id };
	struct inode inode;

	c.inode = (struct inode){ .mode = S_IFREG | 04711,
		.uid = 7,
		.gid = 8,
		.atime = 1,
		.mtime = -2,
		.ctime = INT64_C(4102444800123456789),
		.nlink = 77,
		.size = 99 };
	assert_int_equal(run(f, call_set_attr, &c), 0);
	inode = stat_at(f, X);
	assert_int_equal(inode.mode, S_IFREG | 04711);
	assert_int_equal(inode.uid, 7);
	assert_int_equal(inode.gid, 8);
	assert_int_equal(inode.atime, 1);
	assert_int_equal(inode.mtime, -2);
	assert_true(inode.ctime == INT64_C(4102444800123456789));
	assert_int_equal(inode.nlink, 1);
	expect_text(f, X, "one");
}

static void links_are_counted(void **state)
{
	struct fixture *f = with_file(state);

	assert_int_equal(link_file(f, X, "y"), 0);
	assert_int_equal(stat_at(f, X).nlink, 2);
	assert_int_equal(stat_at(f, "y").id, stat_at(f, X).id);
	assert_int_equal(remove_file(f, X), 0);
	assert_int_equal(stat_at(f, "y").nlink, 1);
	expect_text(f, "y", "one");
}

static void linking_where_it_cannot_be_fails(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .id = 999, .parent = STORE_ROOT, .name = "y" };

	assert_int_equal(run(f, call_link, &c), -ENOENT);
	c.id = stat_at(f, PLAN).id;
	assert_int_equal(run(f, call_link, &c), -EPERM);
	c.id = stat_at(f, X).id;
	c.parent = c.id;
	assert_int_equal(run(f, call_link, &c), -ENOTDIR);
	assert_int_equal(link_file(f, X, "2016"), -EEXIST);
	sql(f, "UPDATE inode SET nlink = 65000 WHERE kind = 'file'");
	assert_int_equal(link_file(f, X, "y"), -EMLINK);
	sql(f, "UPDATE inode SET nlink = 0 WHERE kind = 'file'");
	assert_int_equal(link_file(f, X, "y"), -ENOENT);
}

static void removing_what_it_cannot_fails(void **state)
{
	struct fixture *f = with_file(state);

	assert_int_equal(remove_file(f, "none"), -ENOENT);
	assert_int_equal(remove_dir(f, "none"), -ENOENT);
	assert_int_equal(remove_file(f, PLAN), -EISDIR);
	assert_int_equal(remove_dir(f, X), -ENOTDIR);
	assert_int_equal(remove_dir(f, PLAN), -ENOTEMPTY);
	assert_int_equal(remove_file(f, X), 0);
	assert_int_equal(remove_dir(f, PLAN), 0);
	assert_int_equal(stat_at(f, "2016/合肥市").nlink, 2);
}

static void an_unlinked_file_lives_until_it_is_purged(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .id = stat_at(f, X).id, .name = "user.a", .text = { "v", 1 } };
	struct inode inode;

	assert_int_equal(run(f, call_set_xattr, &c), 0);
	assert_int_equal(run(f, call_purge, &c), 0); /* it has a name: nothing happens */
	assert_int_equal(remove_file(f, X), 0);
	assert_int_equal(store_get(f->s, c.id, &inode), 0);
	assert_int_equal(inode.nlink, 0);
	assert_int_equal(run(f, call_save, &c), -ESTALE);
	assert_int_equal(run(f, call_purge, &c), 0);
	assert_int_equal(store_get(f->s, c.id, &inode), -ENOENT);
	assert_int_equal(run(f, call_purge, &c), 0);
	expect_rows(f, "SELECT count(*) FROM xattr", "0");
	expect_rows(f, "SELECT count(*) FROM body", "1"); /* that of the version */
}

static void attributes_come_and_go(void **state)
{
	struct fixture *f = with_file(state);
	struct call c = { .id = stat_at(f, X).id, .name = "user.a", .text = { "v\0w", 3 } };
	CLEANUP(buf_done) struct buf value = { 0 };

	c.flags = XATTR_REPLACE;
	assert_int_equal(run(f, call_set_xattr, &c), -ENODATA);
	c.flags = XATTR_CREATE;
	assert_int_equal(run(f, call_set_xattr, &c), 0);
	assert_int_equal(run(f, call_set_xattr, &c), -EEXIST);
	assert_int_equal(store_get_xattr(f->s, c.id, "user.a", &value), 0);
	assert_int_equal(value.len, 3);
	assert_memory_equal(value.data, "v\0w", 3);
	c.flags = 0;
	c.text = (struct text){ NULL, 0 };
	assert_int_equal(run(f, call_set_xattr, &c), 0);
	assert_int_equal(store_get_xattr(f->s, c.id, "user.a", &value), 0);
	assert_int_equal(value.len, 0);
	c.name = "user.b";
	assert_int_equal(run(f, call_set_xattr, &c), 0);
	assert_int_equal(store_list_xattr(f->s, c.id, &value), 0);
	assert_int_equal(value.len, 14);
	assert_memory_equal(value.data, "user.a\0user.b\0", 14);
	assert_int_equal(run(f, call_remove_xattr, &c), 0);
	assert_int_equal(run(f, call_remove_xattr, &c), -ENODATA);
	assert_int_equal(store_get_xattr(f->s, c.id, "user.b", &value), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(looking_at_what_is_not_there_is_enoent),
		CASE(creating_sets_links_sizes_and_times),
		CASE(creating_where_it_cannot_be_fails),
		CASE(a_removed_directory_takes_no_file),
		CASE(a_file_gets_the_number_that_was_taken_before),
		CASE(saving_replaces_text_and_attributes),
		CASE(what_is_gone_is_estale),
		CASE(a_text_too_big_for_the_database_is_efbig),
		CASE(attributes_are_stored_and_the_text_is_not_touched),
		CASE(links_are_counted),
		CASE(linking_where_it_cannot_be_fails),
		CASE(removing_what_it_cannot_fails),
		CASE(an_unlinked_file_lives_until_it_is_purged),
		CASE(attributes_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
