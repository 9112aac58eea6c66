/* .planfs/history without a mount: every version of what is, and of what was. */
#include "store_fixture.h"

#include "planfs/view.h"

#include <errno.h>

static struct fixture *with_section(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/x.txt", "1"), 0);
	assert_int_equal(save_file(f, PLAN "/x.txt", "22"), 0);
	return f;
}

static int walk(struct fixture *f, const char *path, struct inode *ret_inode)
{
	struct view_source v = { .store = f->s };
	char copy[600], *save = NULL, *name;
	int r;

	snprintf(copy, sizeof(copy), "history/%s", path);
	r = view_get(&v, VIEW_ROOT, ret_inode);
	for (name = strtok_r(copy, "/", &save); name && r == 0; name = strtok_r(NULL, "/", &save))
		r = view_lookup(&v, ret_inode->id, name, ret_inode);
	return r;
}

static struct inode at(struct fixture *f, const char *path)
{
	struct inode inode = { 0 };
	int r = walk(f, path, &inode);

	if (r < 0)
		fail_msg("%s: %s", path, strerror(-r));
	return inode;
}

struct names {
	char text[8000];
	int64_t last, ids[200];
	int left, n;
};

static int add_name(void *arg, const struct store_entry *e)
{
	struct names *n = arg;

	if (n->left && n->left-- == 1)
		return 1;
	assert_true(e->place > n->last);
	n->last = e->place;
	n->ids[n->n++] = e->inode.id;
	strcat(strcat(n->text, e->name), " ");
	return 0;
}

/* In pieces; each name that is listed is found, under the number that was listed. */
static void list(struct fixture *f, const char *path, struct names *n)
{
	struct view_source v = { .store = f->s };
	char copy[8000], *save = NULL, *name;
	struct inode dir = at(f, path), inode;
	int i = 0, r;

	*n = (struct names){ .left = 2 };
	do {
		r = view_scan(&v, dir.id, n->last, add_name, n);
		n->left = 2 + n->n % 3;
	} while (r == 1);
	assert_int_equal(r, 0);
	snprintf(copy, sizeof(copy), "%s", n->text);
	for (name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		assert_int_equal(view_lookup(&v, dir.id, name, &inode), 0);
		assert_int_equal(inode.id, n->ids[i++]);
	}
}

static void expect_list(struct fixture *f, const char *path, const char *names)
{
	struct names n;

	list(f, path, &n);
	if (strcmp(n.text, names) != 0)
		fail_msg("%s: %s", path, n.text);
}

/* The texts of the versions at @path, in order, each followed by a blank. */
static void expect_versions(struct fixture *f, const char *path, const char *texts)
{
	struct view_source v = { .store = f->s };
	CLEANUP(buf_done) struct buf all = { 0 };
	struct names n;
	int i;

	list(f, path, &n);
	for (i = 0; i < n.n; i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		struct inode inode;

		assert_true(view_is_fixed(n.ids[i]));
		assert_int_equal(view_get(&v, n.ids[i], &inode), 0);
		assert_int_equal(view_read(&v, n.ids[i], &text), 0);
		assert_int_equal(inode.size, text.len);
		assert_int_equal(inode.mode, S_IFREG | 0444);
		assert_int_equal(buf_printf(&all, "%s ", buf_str(&text)), 0);
	}
	if (strcmp(buf_str(&all), texts) != 0)
		fail_msg("%s: %s", path, buf_str(&all));
}

static void each_version_is_a_file(void **state)
{
	struct fixture *f = with_section(state);
	struct names n;
	char *save = NULL, *name;

	expect_versions(f, PLAN "/x.txt", "1 22 ");
	list(f, PLAN "/x.txt", &n);
	name = strtok_r(n.text, " ", &save);
	assert_int_equal(strlen(name), strlen("0001-2026-11-21T10.15.02-li.txt"));
	assert_memory_equal(name, "0001-20", 7);
	assert_string_equal(name + 24, "-li.txt");
	assert_memory_equal(strtok_r(NULL, " ", &save), "0002-20", 7);
	expect_list(f, "", "2016 ");
	expect_list(f, "2016/合肥市", "2016年教育工作要点 ");
	expect_list(f, PLAN, "x.txt ");
	assert_int_equal(at(f, "").mode, S_IFDIR | 0555);
	assert_int_equal(at(f, PLAN "/x.txt").mode, S_IFDIR | 0555);
	assert_true(at(f, PLAN "/x.txt").mtime >= at(f, PLAN).mtime);
}

static void what_is_no_version_is_not_found(void **state)
{
	static const char *const names[] = { "0001", "0001-x", "0000-2026-11-21T10.15.02-li.txt",
		"9999-x", "x.txt", ".hidden", "99999999999999999999-x" };
	struct fixture *f = with_section(state);
	struct inode inode;
	char path[200];
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), PLAN "/x.txt/%s", names[i]);
		assert_int_equal(walk(f, path, &inode), -ENOENT);
	}
	assert_int_equal(walk(f, PLAN "/none", &inode), -ENOENT);
	assert_int_equal(walk(f, PLAN "/x.txt~", &inode), -ENOENT);
}

static void saves_that_change_nothing_are_left_out(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(save_file(f, PLAN "/x.txt", "22"), 0);
	assert_int_equal(set_mode(f, PLAN "/x.txt", S_IFREG | 0640), 0);
	assert_int_equal(save_file(f, PLAN "/x.txt", ""), 0);
	assert_int_equal(save_file(f, PLAN "/x.txt", "22"), 0);
	assert_int_equal(move_to(f, PLAN "/x.txt", PLAN "/x.txt~"), 0);
	assert_int_equal(make_file(f, PLAN "/x.txt", "22"), 0);
	sql(f, "INSERT INTO body (data) SELECT data FROM body WHERE data = x'3232'");
	sql(f, "UPDATE inode SET body = (SELECT max(id) FROM body) WHERE body NOT NULL AND size = 2");
	expect_versions(f, PLAN "/x.txt", "1 22 ");
	assert_int_equal(save_file(f, PLAN "/x.txt", "1"), 0);
	expect_versions(f, PLAN "/x.txt", "1 22 1 ");
}

static void editors_and_renames_do_not_break_it(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(move_to(f, PLAN "/x.txt", PLAN "/x.txt~"), 0);
	assert_int_equal(make_file(f, PLAN "/x.txt", "333"), 0);
	assert_int_equal(make_file(f, PLAN "/sedAbCdEf", "4444"), 0);
	assert_int_equal(move_to(f, PLAN "/sedAbCdEf", PLAN "/x.txt"), 0);
	assert_int_equal(move_to(f, PLAN "/x.txt", PLAN "/y.txt"), 0);
	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(move_to(f, "2016/合肥市", "2017/安庆市"), 0);
	assert_int_equal(save_file(f, "2017/安庆市/2016年教育工作要点/y.txt", "5"), 0);
	expect_versions(f, "2017/安庆市/2016年教育工作要点/y.txt", "1 22 333 4444 5 ");
	expect_versions(f, "2017/安庆市/2016年教育工作要点/x.txt", "1 22 333 4444 ");
	/* a directory is where it is now */
	expect_list(f, "", "2016 2017 ");
	expect_list(f, "2016", "");
}

static void what_was_removed_is_there(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	expect_versions(f, PLAN "/x.txt", "1 22 ");
	assert_int_equal(make_file(f, PLAN "/x.txt", "333"), 0);
	expect_versions(f, PLAN "/x.txt", "1 22 333 ");
	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN), 0);
	assert_int_equal(remove_dir(f, "2016/合肥市"), 0);
	assert_int_equal(remove_dir(f, "2016"), 0);
	purge_all(f);
	expect_list(f, "", "2016 ");
	expect_versions(f, PLAN "/x.txt", "1 22 333 ");
}

static void a_directory_made_anew_shows_what_was_in_the_old_one(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = { .store = f->s };
	int64_t parent;

	assert_int_equal(make_file(f, PLAN "/old.txt", "o"), 0);
	assert_int_equal(make_dir(f, PLAN "/附件"), 0);
	assert_int_equal(make_file(f, PLAN "/附件/a", "a"), 0);
	assert_int_equal(remove_file(f, PLAN "/附件/a"), 0);
	assert_int_equal(remove_dir(f, PLAN "/附件"), 0);
	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	assert_int_equal(remove_file(f, PLAN "/old.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN), 0);
	assert_int_equal(remove_dir(f, "2016/合肥市"), 0);
	purge_all(f);
	assert_int_equal(make_dir(f, "2016/合肥市"), 0);
	assert_int_equal(make_dir(f, PLAN), 0);
	assert_int_equal(make_file(f, PLAN "/x.txt", "333"), 0);
	assert_int_equal(make_file(f, PLAN "/new.txt", "n"), 0);
	expect_list(f, "2016", "合肥市 ");
	expect_list(f, "2016/合肥市", "2016年教育工作要点 ");
	expect_list(f, PLAN, "old.txt 附件 x.txt new.txt ");
	expect_versions(f, PLAN "/x.txt", "1 22 333 ");
	expect_versions(f, PLAN "/old.txt", "o ");
	expect_versions(f, PLAN "/附件/a", "a ");
	assert_int_equal(view_parent(&v, at(f, PLAN "/附件").id, &parent), 0);
	assert_int_equal(parent, at(f, PLAN).id);
	assert_int_equal(view_parent(&v, at(f, PLAN "/old.txt").id, &parent), 0);
	assert_int_equal(parent, at(f, PLAN).id);
}

static void parents_lead_back(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = { .store = f->s };
	int64_t parent;

	assert_int_equal(view_parent(&v, at(f, PLAN "/x.txt").id, &parent), 0);
	assert_int_equal(parent, at(f, PLAN).id);
	assert_int_equal(view_parent(&v, at(f, "2016").id, &parent), 0);
	assert_int_equal(parent, at(f, "").id);
	assert_int_equal(view_parent(&v, at(f, "").id, &parent), 0);
	assert_int_equal(parent, VIEW_ROOT);
}

static void a_file_and_a_directory_may_have_had_one_name(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/n", "file"), 0);
	assert_int_equal(remove_file(f, PLAN "/n"), 0);
	assert_int_equal(make_dir(f, PLAN "/n"), 0);
	assert_int_equal(make_file(f, PLAN "/n/a", "a"), 0);
	expect_versions(f, PLAN "/n/a", "a ");
	assert_int_equal(move_to(f, PLAN "/n", PLAN "/m"), 0);
	expect_versions(f, PLAN "/n", "file ");
	expect_versions(f, PLAN "/m/a", "a ");
	assert_int_equal(make_symlink(f, PLAN "/n", "m"), 0);
	expect_versions(f, PLAN "/n", "file ");
}

static void who_could_not_read_it_cannot_now(void **state)
{
	struct fixture *f = with_section(state);
	struct inode inode;
	struct names n;

	assert_int_equal(set_mode(f, PLAN, S_IFDIR | 0750), 0);
	assert_int_equal(set_mode(f, PLAN "/x.txt", S_IFREG | 0600), 0);
	assert_int_equal(save_file(f, PLAN "/x.txt", "secret"), 0);
	assert_int_equal(at(f, PLAN).mode, S_IFDIR | 0550);
	inode = at(f, PLAN "/x.txt");
	assert_int_equal(inode.mode, S_IFDIR | 0500);
	assert_int_equal(inode.uid, 1000);
	list(f, PLAN "/x.txt", &n);
	assert_int_equal(view_get(&(struct view_source){ .store = f->s }, n.ids[2], &inode), 0);
	assert_int_equal(inode.mode, S_IFREG | 0400);
	assert_int_equal(inode.uid, 1000);
}

static void names_of_versions_are_legal_everywhere(void **state)
{
	struct fixture *f = with_section(state);
	struct names n;

	assert_int_equal(make_file(f, PLAN "/no extension", "x"), 0);
	assert_int_equal(make_file(f, PLAN "/a.b:c", "x"), 0);
	assert_int_equal(make_file(f, PLAN "/a.docx", "x"), 0);
	sql(f, "UPDATE revision SET author = 'DOMAIN\\li:*' WHERE name = 'a.docx'");
	sql(f, "UPDATE revision SET author = '' WHERE name = 'a.b:c'");
	list(f, PLAN "/no extension", &n);
	assert_string_equal(n.text + 24, "-li ");
	list(f, PLAN "/a.b:c", &n);
	assert_string_equal(n.text + 24, "-无题 ");
	list(f, PLAN "/a.docx", &n);
	assert_non_null(strstr(n.text, "-DOMAIN＼li"));
	assert_non_null(strstr(n.text, "：＊.docx"));
}

static void numbers_that_are_nothing_are_not_there(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = { .store = f->s };
	struct inode root = at(f, ""), inode;
	CLEANUP(buf_done) struct buf b = { 0 };
	int64_t file = stat_at(f, PLAN "/x.txt").id;

	assert_int_equal(view_get(&v, root.id + 99999, &inode), -ENOENT);
	assert_int_equal(view_get(&v, root.id + file, &inode), -ENOENT); /* no directory */
	assert_int_equal(view_get(&v, root.id + (INT64_C(1) << 39) + 99999, &inode), -ENOENT);
	assert_int_equal(view_get(&v, root.id + (INT64_C(1) << 39) + 5, &inode),
		-ENOENT); /* not the first row */
	assert_int_equal(view_get(&v, root.id + (INT64_C(1) << 40) + 99999, &inode), -ENOENT);
	assert_int_equal(view_get(&v, root.id + (INT64_C(1) << 40) + 1, &inode),
		-ENOENT); /* of a directory */
	assert_int_equal(view_read(&v, root.id, &b), -EISDIR);
	assert_int_equal(view_readlink(&v, root.id, &b), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_version_is_a_file),
		CASE(what_is_no_version_is_not_found),
		CASE(saves_that_change_nothing_are_left_out),
		CASE(editors_and_renames_do_not_break_it),
		CASE(what_was_removed_is_there),
		CASE(a_directory_made_anew_shows_what_was_in_the_old_one),
		CASE(parents_lead_back),
		CASE(a_file_and_a_directory_may_have_had_one_name),
		CASE(who_could_not_read_it_cannot_now),
		CASE(names_of_versions_are_legal_everywhere),
		CASE(numbers_that_are_nothing_are_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
