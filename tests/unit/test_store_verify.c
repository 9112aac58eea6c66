/*
 * What a damaged database shows: what cannot be a file never reaches the kernel, and a text that is not what was
 * written is an error when the store verifies.
 */
#include "store_fixture.h"

#include <errno.h>

#define AT(name) "(SELECT inode FROM dentry WHERE name = '" name "')"

static void damage(struct fixture *f, const char *statement)
{
	sqlite3_db_config(foreign(f), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sql(f, "PRAGMA ignore_check_constraints = 1");
	sql(f, statement);
}

static void reopen(struct fixture *f, bool verify)
{
	const struct store_options options = { .verify = verify };
	CLEANUP(buf_done) struct buf why = { 0 };

	store_close(f->s);
	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
}

static struct fixture *filled(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/1.txt", "one"), 0);
	assert_int_equal(make_file(f, PLAN "/2.txt", "two"), 0);
	assert_int_equal(make_file(f, PLAN "/empty.txt", NULL), 0);
	assert_int_equal(make_dir(f, PLAN "/d"), 0);
	assert_int_equal(make_dir(f, PLAN "/d/e"), 0);
	assert_int_equal(save_file(f, PLAN "/1.txt", "one more"), 0);
	return f;
}

static int copy(void *arg, const char *data, size_t len)
{
	return buf_add(arg, data, len);
}

/* Read both ways: whole, and without copying. */
static int read_both(struct fixture *f, const char *path)
{
	CLEANUP(buf_done) struct buf a = { 0 };
	CLEANUP(buf_done) struct buf b = { 0 };
	struct inode inode = stat_at(f, path);
	int r, r2;

	r = store_read_body(f->s, inode.body, &a);
	r2 = store_with_text(f->s, inode.id, copy, &b);
	if (r == 0 && r2 == 0)
		assert_string_equal(buf_str(&a), buf_str(&b));
	return r2 < 0 ? r2 : r;
}

static const struct {
	const char *damage;
	int plain, verified; /* what reading 1.txt gives */
} texts[] = {
	{ "SELECT 1", 0, 0 },
	{ "UPDATE body SET data = x'6f6e65206d6f7266' WHERE id = (SELECT body FROM inode WHERE id = " AT(
		  "1.txt") ")",
		0, -EIO },
	{ "UPDATE body SET hash = x'00' WHERE id = (SELECT body FROM inode WHERE id = " AT(
		  "1.txt") ")",
		0, -EIO },
	{ "UPDATE body SET hash = NULL WHERE id = (SELECT body FROM inode WHERE id = " AT(
		  "1.txt") ")",
		0, 0 },
	{ "UPDATE inode SET size = 7 WHERE id = " AT("1.txt"), 0, -EIO },
	{ "UPDATE inode SET body = NULL WHERE id = " AT("1.txt"), 0, -EIO },
	{ "UPDATE inode SET body = 99999 WHERE id = " AT("1.txt"), -EIO, -EIO },
	{ "UPDATE inode SET body = (SELECT body FROM inode WHERE id = " AT(
		  "2.txt") "), size = 3 WHERE id = " AT("1.txt"),
		0, -EIO },
};

static void a_wrong_text_is_an_error_when_it_is_verified(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(texts); i++) {
		struct fixture *f = filled(state);

		damage(f, texts[i].damage);
		if (read_both(f, PLAN "/1.txt") != texts[i].plain)
			fail_msg("%s, not verified", texts[i].damage);
		reopen(f, true);
		if (read_both(f, PLAN "/1.txt") != texts[i].verified)
			fail_msg("%s, verified", texts[i].damage);
		assert_int_equal(read_both(f, PLAN "/2.txt"), 0);
		assert_int_equal(read_both(f, PLAN "/empty.txt"), 0);
		fixture_teardown(state);
		fixture_setup(state);
	}
}

static int is_listed(void *arg, const struct store_entry *e)
{
	return strcmp(e->name, arg) == 0;
}

static const struct {
	const char *damage, *path, *dir, *name;
} hostile[] = {
	{ "UPDATE inode SET size = -1 WHERE id = " AT("2.txt"), PLAN "/2.txt", PLAN, "2.txt" },
	{ "UPDATE inode SET size = 1 << 62 WHERE id = " AT("2.txt"), PLAN "/2.txt", PLAN, "2.txt" },
	{ "UPDATE inode SET uid = -1 WHERE id = " AT("2.txt"), PLAN "/2.txt", PLAN, "2.txt" },
	{ "UPDATE inode SET id = 1 << 62 WHERE id = " AT(
		  "2.txt") "; UPDATE dentry SET inode = 1 << 62 WHERE name = '2.txt'",
		PLAN "/2.txt", PLAN, "2.txt" },
	{ "UPDATE inode SET id = -2 WHERE id = " AT(
		  "2.txt") "; UPDATE dentry SET inode = -2 WHERE name = '2.txt'",
		PLAN "/2.txt", PLAN, "2.txt" },
	{ "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'kind TEXT NOT', 'kind TEXT') "
	  "WHERE name = 'inode'; PRAGMA writable_schema = RESET; UPDATE inode SET mode = 420 WHERE id = " AT(
		  "2.txt"),
		PLAN "/2.txt", PLAN, "2.txt" },
	{ "INSERT INTO dentry (parent, name, inode) VALUES (" AT("e") ", 'up', " AT("d") ")",
		PLAN "/d/e/up", PLAN "/d/e", "up" },
	{ "INSERT INTO dentry (parent, name, inode) VALUES (" AT("e") ", 'root', 1)",
		PLAN "/d/e/root", PLAN "/d/e", "root" },
	{ "UPDATE inode SET mode = 33188 WHERE id = 1", "", NULL, NULL },
};

static void what_can_be_no_file_is_in_no_list(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(hostile); i++) {
		struct fixture *f = filled(state);
		struct inode inode;

		damage(f, hostile[i].damage);
		if (store_resolve(f->s, hostile[i].path, &inode) != -EIO)
			fail_msg("%s", hostile[i].damage);
		if (hostile[i].dir && store_list(f->s, stat_at(f, hostile[i].dir).id, is_listed,
					      (void *)(uintptr_t)hostile[i].name) != 0)
			fail_msg("%s: listed", hostile[i].damage);
		if (hostile[i].dir)
			assert_int_equal(read_both(f, PLAN "/1.txt"), 0);
		fixture_teardown(state);
		fixture_setup(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_wrong_text_is_an_error_when_it_is_verified),
		CASE(what_can_be_no_file_is_in_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
