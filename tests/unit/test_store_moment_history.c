/* What the history of a place tells, and where a path led. */
#include "store_fixture.h"

#include "planfs/moment.h"

#include <errno.h>

struct log {
	struct fixture *f;
	char text[2000];
	int64_t revs[100];
	int n, limit;
};

static int64_t newest(struct fixture *f)
{
	struct store_status status;

	assert_int_equal(store_get_status(f->s, &status), 0);
	return status.revision;
}

static int add_change(void *arg, const struct moment_change *c)
{
	struct log *l = arg;

	if (l->limit && l->n == l->limit)
		return 7;
	assert_true(l->n == 0 || c->rev < l->revs[l->n - 1]);
	assert_true(c->time > 0 && c->author[0]);
	l->revs[l->n++] = c->rev;
	sprintf(l->text + strlen(l->text), "%s:%s:%lld ", c->op, c->name, (long long)c->inode.size);
	return 0;
}

/* The changes at @path, the newest first: "op:name:size " each. */
static void expect_history(struct fixture *f, const char *path, const char *expected)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct log l = { .f = f };
	int64_t parent, rev;

	assert_int_equal(moment_find_place(f->s, path, &parent, &name, &rev), 0);
	assert_int_equal(
		moment_history(f->s, parent, buf_str(&name), INT64_MAX, add_change, &l), 0);
	if (strcmp(l.text, expected) != 0)
		fail_msg("%s: %s", path, l.text);
}

static struct fixture *with_section(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/x.txt", "1"), 0);
	assert_int_equal(save_file(f, PLAN "/x.txt", "22"), 0);
	return f;
}

static void saves_are_told_newest_first(void **state)
{
	struct fixture *f = with_section(state);
	struct log l = { .limit = 1 };
	int64_t plan = stat_at(f, PLAN).id;

	expect_history(f, PLAN "/x.txt", "save:x.txt:2 create:x.txt:1 ");
	assert_int_equal(moment_history(f->s, plan, "x.txt", INT64_MAX, add_change, &l), 7);
	assert_string_equal(l.text, "save:x.txt:2 ");
	l = (struct log){ 0 };
	assert_int_equal(moment_history(f->s, plan, "x.txt", newest(f) - 1, add_change, &l), 0);
	assert_string_equal(l.text, "create:x.txt:1 ");
	l = (struct log){ 0 };
	assert_int_equal(moment_history(f->s, plan, "none", INT64_MAX, add_change, &l), 0);
	assert_int_equal(l.n, 0);
}

static void editors_do_not_break_it(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(move_to(f, PLAN "/x.txt", PLAN "/x.txt~"), 0);
	assert_int_equal(make_file(f, PLAN "/x.txt", "333"), 0);
	assert_int_equal(make_file(f, PLAN "/sedAbCdEf", "4444"), 0);
	assert_int_equal(move_to(f, PLAN "/sedAbCdEf", PLAN "/x.txt"), 0);
	expect_history(f, PLAN "/x.txt",
		"save:x.txt:4 save:x.txt:3 remove:x.txt:2 save:x.txt:2 create:x.txt:1 ");
}

static void it_follows_renames(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(move_to(f, PLAN "/x.txt", PLAN "/y.txt"), 0);
	assert_int_equal(save_file(f, PLAN "/y.txt", "333"), 0);
	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(move_to(f, PLAN "/y.txt", "2017/z.txt"), 0);
	expect_history(f, "2017/z.txt",
		"rename:z.txt:3 save:y.txt:3 rename:y.txt:2 save:x.txt:2 create:x.txt:1 ");
	expect_history(f, PLAN "/y.txt",
		"remove:y.txt:3 save:y.txt:3 rename:y.txt:2 save:x.txt:2 create:x.txt:1 ");
	assert_int_equal(move_to(f, PLAN, "2017/p"), 0);
	assert_int_equal(make_file(f, "2017/p/x.txt", "new"), 0);
	expect_history(
		f, "2017/p/x.txt", "save:x.txt:3 remove:x.txt:2 save:x.txt:2 create:x.txt:1 ");
	expect_history(f, "2017/p", "rename:p:0 create:2016年教育工作要点:0 ");
}

static void it_stays_where_a_file_was_before(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/draft.txt", "333"), 0);
	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	assert_int_equal(move_to(f, PLAN "/draft.txt", PLAN "/x.txt"), 0);
	expect_history(
		f, PLAN "/x.txt", "save:x.txt:3 remove:x.txt:2 save:x.txt:2 create:x.txt:1 ");
}

static void scratch_that_comes_to_a_free_name_begins_there(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/n.tmp", "1"), 0);
	assert_int_equal(move_to(f, PLAN "/n.tmp", PLAN "/n.txt"), 0);
	expect_history(f, PLAN "/n.txt", "rename:n.txt:1 ");
}

static void two_that_were_exchanged_keep_their_places(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/y.txt", "333"), 0);
	assert_int_equal(exchange(f, PLAN "/x.txt", PLAN "/y.txt"), 0);
	expect_history(f, PLAN "/x.txt", "save:x.txt:3 save:x.txt:2 create:x.txt:1 ");
	expect_history(f, PLAN "/y.txt", "save:y.txt:2 create:y.txt:3 ");
}

/* Remove the plan and all above it, and make it anew. */
static void make_anew(struct fixture *f)
{
	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN), 0);
	assert_int_equal(remove_dir(f, "2016/合肥市"), 0);
	assert_int_equal(remove_dir(f, "2016"), 0);
	purge_all(f);
	make_plan(f);
}

static void a_directory_that_is_made_anew_goes_on(void **state)
{
	struct fixture *f = with_section(state);
	int64_t old = stat_at(f, PLAN).id, was = 0, rev = 0;

	assert_int_equal(moment_predecessor(f->s, old, &was, &rev), 0);
	make_anew(f);
	expect_history(f, PLAN "/x.txt", "remove:x.txt:2 save:x.txt:2 create:x.txt:1 ");
	assert_int_equal(make_file(f, PLAN "/x.txt", "333"), 0);
	expect_history(
		f, PLAN "/x.txt", "create:x.txt:3 remove:x.txt:2 save:x.txt:2 create:x.txt:1 ");
	assert_int_equal(moment_predecessor(f->s, stat_at(f, PLAN).id, &was, &rev), 1);
	assert_int_equal(was, old);
	assert_true(rev < newest(f));
	make_anew(f);
	assert_int_equal(make_file(f, PLAN "/x.txt", "4444"), 0);
	expect_history(f, PLAN "/x.txt",
		"create:x.txt:4 remove:x.txt:3 create:x.txt:3 remove:x.txt:2 save:x.txt:2 create:x.txt:1 ");
	assert_int_equal(moment_predecessor(f->s, STORE_ROOT, &was, &rev), 0);
}

static void changes_of_a_time_are_told(void **state)
{
	struct fixture *f = with_section(state);
	int64_t last = newest(f);
	struct log l = { 0 };

	assert_int_equal(moment_changes(f->s, last - 1, last, add_change, &l), 0);
	assert_string_equal(l.text, "save:x.txt:2 create:x.txt:1 ");
	l = (struct log){ 0 };
	assert_int_equal(moment_changes(f->s, last + 1, INT64_MAX, add_change, &l), 0);
	assert_int_equal(l.n, 0);
}

/* --- places --- */

static void expect_place(
	struct fixture *f, const char *path, int64_t parent, const char *name, int64_t rev)
{
	CLEANUP(buf_done) struct buf found = { 0 };
	int64_t found_parent, found_rev;
	int r;

	r = moment_find_place(f->s, path, &found_parent, &found, &found_rev);
	if (r < 0)
		fail_msg("%s: %s", path, strerror(-r));
	assert_string_equal(buf_str(&found), name);
	assert_int_equal(found_parent, parent);
	assert_int_equal(found_rev, rev);
}

static void paths_are_found_where_they_were(void **state)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct fixture *f = with_section(state);
	int64_t plan = stat_at(f, PLAN).id, parent, rev, moved;
	char path[600];

	expect_place(f, PLAN "/x.txt", plan, "x.txt", INT64_MAX);
	expect_place(f, "/2016//合肥市/./2016年教育工作要点/", stat_at(f, "2016/合肥市").id,
		"2016年教育工作要点", INT64_MAX);
	moved = newest(f);
	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(move_to(f, PLAN, "2017/p"), 0);
	expect_place(f, PLAN "/x.txt", plan, "x.txt", moved + 1);
	expect_place(f, "2017/p/x.txt", plan, "x.txt", INT64_MAX);
	assert_int_equal(remove_file(f, "2017/p/x.txt"), 0);
	expect_place(f, "2017/p/x.txt", plan, "x.txt", newest(f) - 1);
	assert_int_equal(make_file(f, "2017/p/x.txt", "1"), 0);
	expect_place(f, "2017/p/x.txt", plan, "x.txt", INT64_MAX);
	/* under the old path there is another directory now, without it */
	make_dir(f, PLAN);
	expect_place(f, PLAN "/x.txt", plan, "x.txt", moved + 1);
	assert_int_equal(moment_find_place(f->s, PLAN "/y.txt", &parent, &name, &rev), -ENOENT);
	assert_int_equal(moment_find_place(f->s, "2017/p/x.txt/y", &parent, &name, &rev), -ENOENT);
	assert_int_equal(moment_find_place(f->s, "", &parent, &name, &rev), -EISDIR);
	assert_int_equal(moment_find_place(f->s, "/./", &parent, &name, &rev), -EISDIR);
	memset(path, 'x', 500);
	path[500] = '\0';
	assert_int_equal(moment_find_place(f->s, path, &parent, &name, &rev), -ENAMETOOLONG);
}

static void the_place_was_there_when_it_is_said_to_have_been(void **state)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct fixture *f = with_section(state);
	int64_t parent, rev;
	struct inode inode;

	/* the file goes first, then the plan is moved; then something else takes its name */
	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	assert_int_equal(move_to(f, PLAN, "2016/合肥市/q"), 0);
	assert_int_equal(make_file(f, "2016/合肥市/q/x.txt", "later"), 0);
	assert_int_equal(make_dir(f, PLAN), 0);
	assert_int_equal(moment_find_place(f->s, PLAN "/x.txt", &parent, &name, &rev), 0);
	assert_int_equal(moment_resolve(f->s, rev, PLAN "/x.txt", &inode), 0);
	assert_int_equal(inode.size, 2);
	assert_int_equal(moment_resolve(f->s, rev + 1, PLAN "/x.txt", &inode), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(saves_are_told_newest_first),
		CASE(editors_do_not_break_it),
		CASE(it_follows_renames),
		CASE(it_stays_where_a_file_was_before),
		CASE(scratch_that_comes_to_a_free_name_begins_there),
		CASE(two_that_were_exchanged_keep_their_places),
		CASE(a_directory_that_is_made_anew_goes_on),
		CASE(changes_of_a_time_are_told),
		CASE(paths_are_found_where_they_were),
		CASE(the_place_was_there_when_it_is_said_to_have_been),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
