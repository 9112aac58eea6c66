/* .planfs/at and .planfs/gmt without a mount: slots, what they show, and what is listed. */
#include "store_fixture.h"

#include "planfs/moment.h"
#include "planfs/view.h"

#include <errno.h>

static struct view_slots *slots;

static struct view_source source(struct fixture *f)
{
	return (struct view_source){ .store = f->s, .slots = slots };
}

static int setup(void **state)
{
	slots = calloc(1, sizeof(*slots));
	assert_non_null(slots);
	return fixture_setup(state);
}

static int teardown(void **state)
{
	free(slots);
	return fixture_teardown(state);
}

static struct fixture *with_section(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/x.txt", "one"), 0);
	return f;
}

/* What @path below .planfs is; the result of the lookup that failed. */
static int walk(struct fixture *f, const char *path, struct inode *ret_inode)
{
	struct view_source v = source(f);
	char copy[600], *save = NULL, *name;
	int r;

	snprintf(copy, sizeof(copy), "%s", path);
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

static void expect_view(struct fixture *f, const char *path, const char *text)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	struct view_source v = source(f);
	struct inode inode = at(f, path);

	assert_int_equal(view_read(&v, inode.id, &b), 0);
	assert_string_equal(buf_str(&b), text);
	assert_int_equal(inode.size, strlen(text));
}

static void a_moment_is_the_tree_of_then(void **state)
{
	CLEANUP(buf_done) struct buf target = { 0 };
	struct fixture *f = with_section(state);
	struct view_source v = source(f);
	struct inode inode, now;

	assert_int_equal(make_symlink(f, "l", "x"), 0);
	assert_int_equal(save_file(f, PLAN "/x.txt", "two"), 0);
	expect_view(f, "at/rev-4/" PLAN "/x.txt", "one");
	expect_view(f, "at/now/" PLAN "/x.txt", "two");
	expect_view(f, "gmt/@GMT-2099.01.01-00.00.00/" PLAN "/x.txt", "two");
	assert_int_equal(walk(f, "at/rev-4/l", &inode), -ENOENT);
	assert_int_equal(walk(f, "at/rev-99", &inode), -ENOENT);
	assert_int_equal(walk(f, "at/tomorrow", &inode), -ENOENT);
	assert_int_equal(walk(f, "gmt/now", &inode), -ENOENT);
	assert_int_equal(view_readlink(&v, at(f, "at/now/l").id, &target), 0);
	assert_string_equal(buf_str(&target), "x");
	assert_int_equal(view_read(&v, at(f, "at/now/l").id, &target), -EINVAL);
	assert_int_equal(view_read(&v, at(f, "at/now").id, &target), -EISDIR);
	assert_int_equal(view_read(&v, at(f, "at").id, &target), -EISDIR);
	inode = at(f, "at/now/" PLAN "/x.txt");
	now = stat_at(f, PLAN "/x.txt");
	assert_int_equal(inode.id & ((INT64_C(1) << 40) - 1), now.id);
	assert_int_equal(inode.mode, now.mode);
	assert_int_equal(inode.mtime, now.mtime);
	assert_true(view_is_fixed(inode.id));
	assert_false(view_is_fixed(at(f, "at").id));
}

static void now_moves_and_what_is_looked_at_stays(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = source(f);
	struct inode first = at(f, "at/now"), again = at(f, "at/now"), then;
	CLEANUP(buf_done) struct buf b = { 0 };

	assert_int_equal(first.id, again.id);
	assert_int_equal(save_file(f, PLAN "/x.txt", "two"), 0);
	again = at(f, "at/now");
	assert_true(first.id != again.id);
	assert_int_equal(view_lookup(&v, first.id, "2016", &then), 0);
	assert_int_equal(view_lookup(&v, then.id, "合肥市", &then), 0);
	assert_int_equal(view_lookup(&v, then.id, "2016年教育工作要点", &then), 0);
	assert_int_equal(view_lookup(&v, then.id, "x.txt", &then), 0);
	assert_int_equal(view_read(&v, then.id, &b), 0);
	assert_string_equal(buf_str(&b), "one");
	expect_view(f, "at/now/" PLAN "/x.txt", "two");
}

static void a_name_keeps_its_slot_as_long_as_it_means_the_same(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = source(f);
	struct inode rev = at(f, "at/rev-2"), past = at(f, "at/1999-01-01"), now = at(f, "at/now");

	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(at(f, "at/rev-2").id, rev.id);
	assert_int_equal(at(f, "at/1999-01-01").id, past.id);
	assert_true(past.id != at(f, "at/1999-01-02").id); /* no directory has two names */
	assert_true(at(f, "at/@GMT-1999.01.01-00.00.00").id !=
		    at(f, "gmt/@GMT-1999.01.01-00.00.00").id);
	assert_true(view_entry(&v, rev.id).name_is_fixed);
	assert_true(view_entry(&v, past.id).name_is_fixed);
	assert_false(view_entry(&v, now.id).name_is_fixed);
	assert_false(view_entry(&v, at(f, "at/2099-01-01").id).name_is_fixed);
	assert_true(view_entry(&v, at(f, "at/now/2016").id).name_is_fixed);
	assert_int_equal(view_entry(&v, at(f, "at/now/2016").id).generation, 1);
	assert_int_equal(view_entry(&v, STORE_ROOT | VIEW_ROOT).generation, 0);
}

static void parents_lead_back(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = source(f);
	int64_t parent;

	assert_int_equal(view_parent(&v, at(f, "at/now/" PLAN).id, &parent), 0);
	assert_int_equal(parent, at(f, "at/now/2016/合肥市").id);
	assert_int_equal(view_parent(&v, at(f, "at/now/2016").id, &parent), 0);
	assert_int_equal(parent, at(f, "at/now").id);
	assert_int_equal(view_parent(&v, at(f, "at/now").id, &parent), 0);
	assert_int_equal(parent, at(f, "at").id);
	assert_int_equal(view_parent(&v, at(f, "gmt/@GMT-2099.01.01-00.00.00").id, &parent), 0);
	assert_int_equal(parent, at(f, "gmt").id);
	assert_int_equal(view_parent(&v, at(f, "at").id, &parent), 0);
	assert_int_equal(parent, VIEW_ROOT);
}

/* Slots are used up by a long life; names keep theirs. */
static void slots_are_given_out_again(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = source(f);
	struct inode kept = at(f, "at/rev-2"), first = at(f, "at/now"), later;

	slots->last = VIEW_SLOTS - 2;
	assert_int_equal(make_dir(f, "a"), 0);
	assert_int_equal(at(f, "at/now").id >> 40 & (VIEW_SLOTS - 1), VIEW_SLOTS - 1);
	assert_int_equal(make_dir(f, "b"), 0);
	later = at(f, "at/now");
	assert_int_equal(later.id, first.id); /* the slot of rev-2 is passed over */
	assert_int_equal(view_entry(&v, later.id).generation, 2);
	assert_int_equal(at(f, "at/rev-2").id, kept.id);
	assert_int_equal(view_entry(&v, kept.id).generation, 1);
}

static void many_names_are_too_many(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = source(f);
	struct inode kept = at(f, "at/rev-2");
	char name[40];
	int i;

	for (i = 0; i < 3 * VIEW_MOMENTS; i++) {
		snprintf(name, sizeof(name), "at/-%dd", i + 1);
		at(f, name);
		if (i % 100 == 0)
			assert_int_equal(at(f, "at/rev-2").id, kept.id);
	}
	assert_true(view_get(&v, kept.id, &kept) == 0);
}

static void what_was_never_given_out_is_not_there(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = source(f);
	struct inode inode = at(f, "at/now");
	int64_t id = inode.id + (INT64_C(1) << 40), parent;
	CLEANUP(buf_done) struct buf b = { 0 };

	assert_int_equal(view_get(&v, id, &inode), -ENOENT);
	assert_int_equal(view_lookup(&v, id, "2016", &inode), -ENOENT);
	assert_int_equal(view_parent(&v, id, &parent), -ENOENT);
	assert_int_equal(view_read(&v, id, &b), -ENOENT);
	assert_int_equal(view_readlink(&v, id, &b), -ENOENT);
	v.slots = NULL;
	assert_int_equal(view_lookup(&v, at(f, "at").id, "now", &inode), -ENOENT);
}

static void a_mark_may_be_given_to_another_moment(void **state)
{
	struct fixture *f = with_section(state);
	struct view_source v = source(f);
	struct inode inode;

	sql(f, "INSERT INTO mark VALUES ('m', 4, 0, 'li')");
	inode = at(f, "at/m");
	assert_false(view_entry(&v, inode.id).name_is_fixed);
	assert_int_equal(at(f, "at/m").id, inode.id);
	sql(f, "UPDATE mark SET rev = 2");
	assert_true(at(f, "at/m").id != inode.id);
	sql(f, "DELETE FROM mark");
	assert_int_equal(walk(f, "at/m", &inode), -ENOENT);
}

/* --- listings --- */

struct names {
	char text[8000];
	int64_t last;
	int left, n;
};

static int add_name(void *arg, const struct store_entry *e)
{
	struct names *n = arg;

	if (n->left && n->left-- == 1)
		return 1;
	assert_true(e->place > n->last);
	assert_false(view_is_fixed(e->inode.id));
	assert_true(S_ISDIR(e->inode.mode));
	n->last = e->place;
	n->n++;
	strcat(strcat(n->text, e->name), " ");
	return 0;
}

static void list(struct fixture *f, const char *path, struct names *n)
{
	struct view_source v = source(f);
	int r;

	do {
		r = view_scan(&v, at(f, path).id, n->last, add_name, n);
		n->left = 3;
	} while (r == 1);
	assert_int_equal(r, 0);
}

/* Revision 1 to 4 at these times. */
static void set_times(struct fixture *f, const char *const *times)
{
	char text[200];
	int i;

	for (i = 0; times[i]; i++) {
		snprintf(text, sizeof(text),
			"UPDATE revision SET time = CAST(strftime('%%s', '%s') AS INTEGER) * 1000000000 WHERE rev = %d",
			times[i], i + 1);
		sql(f, text);
	}
}

static void days_with_changes_and_marks_are_listed(void **state)
{
	static const char *const times[] = { "2026-03-01", "2026-03-01 12:00", "2026-03-02",
		"2026-05-07", NULL };
	struct fixture *f = with_section(state);
	struct names n = { .left = 2 };

	set_times(f, times);
	sql(f, "INSERT INTO mark VALUES ('送审', 4, 0, 'li'), ('草稿', 2, 0, 'li')");
	list(f, "at", &n);
	assert_string_equal(n.text, "now 2026-05-07 2026-03-02 2026-03-01 草稿 送审 ");
}

static void a_year_of_days_is_enough(void **state)
{
	struct fixture *f = with_section(state);
	struct names n = { 0 };

	sql(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
	       "INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime) "
	       "SELECT (1600000000 + i * 86400) * 1000000000, 'x', 'attr', 1, '2016', 2, 16877, 0, 0, 0, 0 FROM n");
	list(f, "at", &n);
	assert_true(n.n == 366 || n.n == 367); /* today may be one of them */
}

static void for_samba_recent_moments_are_listed_finer(void **state)
{
	struct fixture *f = with_section(state);
	struct names n = { 0 };
	char *at_name, *save = NULL;
	char before[64] = "~";
	int64_t rev;
	bool fixed;

	/* two changes in one minute, two hours ago and ten minutes ago; days and months ago */
	sql(f, "WITH t(ago) AS (VALUES (86400 * 400), (86400 * 200), (86400 * 200 - 5), (86400 * 40), (86400 * 40 - 7000), "
	       "(86400), (86400 - 5), (86400 - 4000), (7201), (600), (601)) "
	       "INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime) "
	       "SELECT (strftime('%s', 'now') - ago) * 1000000000, 'x', 'attr', 1, '2016', 2, 16877, 0, 0, 0, 0 "
	       "FROM t ORDER BY ago DESC");
	list(f, "gmt", &n);
	assert_true(n.n >= 7 && n.n <= 11);
	for (at_name = strtok_r(n.text, " ", &save); at_name;
		at_name = strtok_r(NULL, " ", &save)) {
		assert_int_equal(strlen(at_name), 24);
		assert_true(strcmp(at_name, before) < 0); /* the newest first, and none twice */
		snprintf(before, sizeof(before), "%s", at_name);
		assert_int_equal(moment_find(f->s, at_name, store_now(), &rev, &fixed), 0);
		assert_true(fixed);
	}
}

static int add_family(void *arg, const struct store_entry *e)
{
	strcat(strcat(arg, e->name), " ");
	return 0;
}

static void the_top_lists_what_there_is(void **state)
{
	struct fixture *f = *state;
	struct view_source v = source(f);
	char text[200] = "";

	assert_int_equal(view_scan(&v, VIEW_ROOT, 0, add_family, text), 0);
	assert_non_null(strstr(text, "README.txt status.json at gmt history "));
	assert_true(view_entry(&v, VIEW_ROOT).name_is_fixed);
}

#define AT_CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_CASE(a_moment_is_the_tree_of_then),
		AT_CASE(now_moves_and_what_is_looked_at_stays),
		AT_CASE(a_name_keeps_its_slot_as_long_as_it_means_the_same),
		AT_CASE(parents_lead_back),
		AT_CASE(slots_are_given_out_again),
		AT_CASE(many_names_are_too_many),
		AT_CASE(what_was_never_given_out_is_not_there),
		AT_CASE(a_mark_may_be_given_to_another_moment),
		AT_CASE(days_with_changes_and_marks_are_listed),
		AT_CASE(a_year_of_days_is_enough),
		AT_CASE(for_samba_recent_moments_are_listed_finer),
		AT_CASE(the_top_lists_what_there_is),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
