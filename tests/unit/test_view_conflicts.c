/* .planfs/conflicts/: the names, texts, owners and permissions of overwritten versions. */
#include "store_fixture.h"

#include "planfs/conflict.h"
#include "planfs/view.h"

#include <errno.h>

#define FILE_PATH PLAN "/01-总则.txt"

static struct view_source source(struct fixture *f)
{
	return (struct view_source){ .store = f->s };
}

static int apply_save(struct txn *t, void *arg)
{
	struct act *a = arg;
	const struct text text = { a->text, strlen(a->text) };
	const char *name;
	int64_t dir;
	int r;

	r = act_find_dir(t, a->path, &dir, &name);
	if (r == 0)
		r = txn_lookup(t, dir, name, &a->inode);
	return r < 0 ? r : txn_save(t, &a->inode, &text, INT64_MAX, TEXT_VERSION);
}

/* The text of @path becomes @text, made by @author of a text that nobody knows. */
static void overwrite(struct fixture *f, const char *path, const char *text, const char *author)
{
	struct act a = { .path = path, .text = text };
	const struct change c = {
		.apply = apply_save, .arg = &a, .author = author, .wait_ms = 1000
	};

	assert_int_equal(store_change(f->s, &c), 0);
}

static void make_conflict(struct fixture *f)
{
	make_plan(f);
	assert_int_equal(make_file(f, FILE_PATH, "old"), 0);
	overwrite(f, FILE_PATH, "new", "王");
}

/* The inode of @path below .planfs/conflicts, -ENOENT. */
static int look(struct fixture *f, const char *path, struct inode *ret_inode)
{
	const struct view_source v = source(f);
	CLEANUP(buf_done) struct buf copy = { 0 };
	char *name, *rest = NULL;
	int r;

	r = view_lookup(&v, VIEW_ROOT, "conflicts", ret_inode);
	assert_int_equal(buf_printf(&copy, "/%s", path), 0);
	for (name = strtok_r(copy.data, "/", &rest); name && r == 0;
		name = strtok_r(NULL, "/", &rest))
		r = view_lookup(&v, ret_inode->id, name, ret_inode);
	return r;
}

struct names {
	struct fixture *f;
	struct buf text;
	int64_t place;
};

/* The time is not known: '*'. */
static int take_name(void *arg, const struct store_entry *e)
{
	struct names *n = arg;
	const char *time = strstr(e->name, "-20");

	assert_true(e->place > n->place);
	n->place = e->place;
	if (S_ISREG(e->inode.mode))
		return buf_printf(&n->text, "%.*s-*%s %o %u %lld\n", (int)(time - e->name), e->name,
			time + strlen("-2026-11-21T10.15.02"), e->inode.mode & 07777, e->inode.uid,
			(long long)e->inode.size);
	return buf_printf(&n->text, "%s/ %o %u\n", e->name, e->inode.mode & 07777, e->inode.uid);
}

static void expect_names(struct fixture *f, const char *path, const char *wanted)
{
	const struct view_source v = source(f);
	CLEANUP(buf_done) struct buf got = { 0 };
	struct names n = { .f = f };
	struct inode dir;

	assert_int_equal(look(f, path, &dir), 0);
	assert_int_equal(view_scan(&v, dir.id, 0, take_name, &n), 0);
	got = n.text;
	assert_string_equal(buf_str(&got), wanted);
}

static void both_texts_stand_side_by_side(void **state)
{
	struct fixture *f = *state;

	expect_names(f, "", "");
	make_conflict(f);
	assert_int_equal(make_file(f, PLAN "/02.txt", "no conflict"), 0);
	expect_names(f, "", "2016/ 555 1000\n");
	expect_names(f, "2016/合肥市", "2016年教育工作要点/ 555 1000\n");
	expect_names(f, PLAN,
		"01-总则.5-kept-*-王.txt 444 1000 3\n"
		"01-总则.5-overwritten-*-li.txt 444 1000 3\n");
}

static int take_entry(void *arg, const struct store_entry *e)
{
	struct inode *both = arg;

	both[both[0].id != 0] = e->inode;
	return 0;
}

static void a_text_can_be_read(void **state)
{
	struct fixture *f = *state;
	const struct view_source v = source(f);
	struct inode dir, both[2] = { { 0 }, { 0 } }, again;
	CLEANUP(buf_done) struct buf kept = { 0 };
	CLEANUP(buf_done) struct buf overwritten = { 0 };
	int64_t parent;

	make_conflict(f);
	assert_int_equal(look(f, PLAN, &dir), 0);
	assert_int_equal(view_scan(&v, dir.id, 0, take_entry, both), 0);
	assert_int_equal(view_read(&v, both[0].id, &kept), 0);
	assert_int_equal(view_read(&v, both[1].id, &overwritten), 0);
	assert_string_equal(buf_str(&kept), "new");
	assert_string_equal(buf_str(&overwritten), "old");
	assert_int_equal(view_get(&v, both[1].id, &again), 0);
	assert_int_equal(again.mtime, both[1].mtime);
	assert_int_equal(view_read(&v, dir.id, &kept), -EISDIR);
	assert_int_equal(view_lookup(&v, both[0].id, "x", &again), -ENOTDIR);
	assert_int_equal(view_lookup(&v, dir.id, "01-总则.txt", &again), -ENOENT);
	assert_int_equal(view_parent(&v, dir.id, &parent), 0);
	assert_int_equal(look(f, "2016/合肥市", &again), 0);
	assert_int_equal(parent, again.id);
	assert_int_equal(look(f, "", &again), 0);
	assert_int_equal(view_parent(&v, again.id, &parent), 0);
	assert_int_equal(parent, VIEW_ROOT);
}

/* Who may not look into a directory learns nothing of it here. */
static void permissions_are_those_of_the_tree(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(set_mode(f, PLAN, S_IFDIR | 0700), 0);
	assert_int_equal(make_file(f, FILE_PATH, "old"), 0);
	assert_int_equal(set_mode(f, FILE_PATH, S_IFREG | 0640), 0);
	overwrite(f, FILE_PATH, "new", "王");
	expect_names(f, "2016/合肥市", "2016年教育工作要点/ 500 1000\n");
	expect_names(f, PLAN,
		"01-总则.7-kept-*-王.txt 440 1000 3\n"
		"01-总则.7-overwritten-*-li.txt 444 1000 3\n");
}

static void what_stood_in_a_removed_directory_is_its_owners(void **state)
{
	struct fixture *f = *state;

	make_conflict(f);
	sql(f, "DELETE FROM plan");
	expect_names(f, "",
		"01-总则.5-kept-*-王.txt 400 1000 3\n"
		"01-总则.5-overwritten-*-li.txt 400 1000 3\n");
}

static void a_directory_moves_with_its_conflicts(void **state)
{
	struct fixture *f = *state;
	struct inode inode;

	make_conflict(f);
	assert_int_equal(move_to(f, "2016", "2017"), 0);
	expect_names(f, "", "2017/ 555 1000\n");
	assert_int_equal(look(f, PLAN, &inode), -ENOENT);
}

static void each_directory_is_listed_once(void **state)
{
	struct fixture *f = *state;

	make_conflict(f);
	assert_int_equal(make_file(f, PLAN "/02.txt", "x"), 0);
	overwrite(f, PLAN "/02.txt", "y", "li");
	overwrite(f, PLAN "/02.txt", "z", "li");
	assert_int_equal(make_file(f, "2016/合肥市/x.txt", "x"), 0);
	overwrite(f, "2016/合肥市/x.txt", "y", "li");
	expect_names(f, "2016/合肥市",
		"2016年教育工作要点/ 555 1000\n"
		"x.10-kept-*-li.txt 444 1000 1\n"
		"x.10-overwritten-*-li.txt 444 1000 1\n");
	expect_names(f, PLAN,
		"01-总则.5-kept-*-王.txt 444 1000 3\n"
		"01-总则.5-overwritten-*-li.txt 444 1000 3\n"
		"02.7-kept-*-li.txt 444 1000 1\n"
		"02.7-overwritten-*-li.txt 444 1000 1\n"
		"02.8-kept-*-li.txt 444 1000 1\n"
		"02.8-overwritten-*-li.txt 444 1000 1\n");
}

static int check_length(void *arg, const struct store_entry *e)
{
	struct inode *found = arg;

	assert_true(strlen(e->name) <= 255);
	assert_string_equal(e->name + strlen(e->name) - 4, ".txt");
	assert_null(strpbrk(strstr(e->name, "-20"), "/:\\\"|<>*?"));
	found->id++;
	return 0;
}

/* Also of authors whom another program wrote, and of names that end in half a character. */
static void names_are_legal_and_short_enough(void **state)
{
	struct fixture *f = *state;
	const struct view_source v = source(f);
	struct inode dir, found = { 0 };
	char name[256] = "";
	int i;

	for (i = 0; i < 83; i++)
		strcat(name, "安");
	strcat(name, "xx.txt");
	assert_int_equal(strlen(name), 255);
	assert_int_equal(make_file(f, name, "old"), 0);
	overwrite(f, name, "new",
		"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十:/\n\"");
	assert_int_equal(look(f, "", &dir), 0);
	assert_int_equal(view_scan(&v, dir.id, 0, check_length, &found), 0);
	assert_int_equal(found.id, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(both_texts_stand_side_by_side),
		CASE(a_text_can_be_read),
		CASE(permissions_are_those_of_the_tree),
		CASE(what_stood_in_a_removed_directory_is_its_owners),
		CASE(a_directory_moves_with_its_conflicts),
		CASE(each_directory_is_listed_once),
		CASE(names_are_legal_and_short_enough),
	};

	return cmocka_run_group_tests_name("view/conflicts", tests, NULL, NULL);
}
