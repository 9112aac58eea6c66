/* Bringing back what was, and taking changes back: the tree afterwards against the tree that it was. */
#include "store_drawing.h"

#include "planfs/restore.h"

#include <errno.h>

/* The present is what it was after @rev, and so is the newest moment. */
static void expect_tree_of(struct fixture *f, int64_t rev, const char *what)
{
	expect_same(draw(f, rev), draw(f, -1), what);
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment is not the present");
}

/* --- doing --- */

static void restore_all(struct fixture *f, int64_t rev)
{
	const struct restore what = { .rev = rev, .author = "wang" };
	struct restored done = { 0 };

	assert_int_equal(store_restore(f->s, &what, &done), 0);
	restored_done(&done);
}

static int try_restore(struct fixture *f, const char *path, int64_t rev, struct restored *ret_done)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct restore what = { .rev = rev, .author = "wang" };
	int64_t last;

	assert_int_equal(moment_find_place(f->s, path, &what.from_parent, &name, &last), 0);
	what.from_name = buf_str(&name);
	return store_restore(f->s, &what, ret_done);
}

static void restore_path(struct fixture *f, const char *path, int64_t rev)
{
	struct restored done = { 0 };

	assert_int_equal(try_restore(f, path, rev, &done), 0);
	restored_done(&done);
}

/* All changes of @from to @to, or of those only the ones of @author. */
static struct restored undo(struct fixture *f, int64_t from, int64_t to, const char *author)
{
	struct restored done = { 0 };
	int64_t revs[4096];
	struct undo what = { .revs = revs, .author = "wang" };
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_prepare_v2(foreign(f),
				 "SELECT rev FROM revision WHERE rev BETWEEN ?1 AND ?2 AND "
				 "(?3 IS NULL OR author = ?3) ORDER BY rev",
				 -1, &st, NULL),
		SQLITE_OK);
	sqlite3_bind_int64(st, 1, from);
	sqlite3_bind_int64(st, 2, to);
	if (author)
		sqlite3_bind_text(st, 3, author, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW) {
		assert_true(what.n < ARRAY_LEN(revs));
		revs[what.n++] = sqlite3_column_int64(st, 0);
	}
	sqlite3_finalize(st);
	assert_int_equal(store_undo(f->s, &what, &done), 0);
	return done;
}

static void undo_since(struct fixture *f, int64_t rev)
{
	struct restored done = undo(f, rev + 1, newest(f), NULL);

	restored_done(&done);
}

/* What is told of a path: "MAKE", "LEAVE: why" …; "-" when nothing is. */
static void expect_told(const struct restored *done, const char *path, const char *wanted)
{
	static const char *const names[] = { [BRING_NOTHING] = "NOTHING",
		[BRING_MAKE] = "MAKE",
		[BRING_SAVE] = "SAVE",
		[BRING_ATTR] = "ATTR",
		[BRING_MOVE] = "MOVE",
		[BRING_LINK] = "LINK",
		[BRING_REMOVE] = "REMOVE",
		[BRING_LEAVE] = "LEAVE" };
	CLEANUP(buf_done) struct buf got = { 0 };
	size_t i;

	for (i = 0; i < done->plan.n; i++) {
		const struct bring_item *item = &done->plan.items[i];

		if (strcmp(buf_str(&item->path), path) != 0)
			continue;
		assert_int_equal(buf_printf(&got, "%s%s%s%s%s", names[item->how],
					 item->from.len ? " from " : "", buf_str(&item->from),
					 item->why.len ? ": " : "", buf_str(&item->why)),
			0);
	}
	assert_string_equal(got.len ? buf_str(&got) : "-", wanted);
}

static bool ends_with_number(const char *text, const char *begin)
{
	size_t n = strlen(begin);

	return strncmp(text, begin, n) == 0 && text[n] >= '0' && text[n] <= '9';
}

/* --- restore --- */

static void a_text_comes_back_as_a_new_version(void **state)
{
	struct fixture *f = *state;
	struct inode before, after;
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	rev = newest(f);
	assert_int_equal(save_file(f, PLAN "/a.txt", "two"), 0);
	assert_int_equal(set_mode(f, PLAN "/a.txt", S_IFREG | 0600), 0);
	before = stat_at(f, PLAN "/a.txt");
	restore_path(f, PLAN "/a.txt", rev);
	after = stat_at(f, PLAN "/a.txt");
	expect_text(f, PLAN "/a.txt", "one");
	assert_int_equal(after.id, before.id); /* who has it open sees it change */
	assert_int_equal(after.mode, S_IFREG | 0644);
	assert_int_equal(count_versions(f, "a.txt"), 3);
	expect_rows(f, "SELECT author, op FROM revision ORDER BY rev DESC LIMIT 1", "wang|save");
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment");
}

static void what_is_removed_comes_back_with_the_directories_above_it(void **state)
{
	struct fixture *f = *state;
	struct inode dir;
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	assert_int_equal(make_file(f, PLAN "/b.txt", "other"), 0);
	dir = stat_at(f, PLAN);
	rev = newest(f);
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	assert_int_equal(remove_file(f, PLAN "/b.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN), 0);
	assert_int_equal(remove_dir(f, "2016/合肥市"), 0);
	purge_all(f);
	restore_path(f, PLAN "/a.txt", rev);
	expect_text(f, PLAN "/a.txt", "one");
	assert_false(exists(f, PLAN "/b.txt"));
	assert_int_equal(stat_at(f, PLAN).id, dir.id);
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment");
	restore_path(f, PLAN, rev);
	expect_text(f, PLAN "/b.txt", "other");
	assert_int_equal(stat_at(f, PLAN).mtime, dir.mtime);
}

static void a_directory_that_was_made_anew_takes_its_file_back(void **state)
{
	struct fixture *f = *state;
	int64_t rev, id;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	rev = newest(f);
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN), 0);
	assert_int_equal(make_dir(f, PLAN), 0);
	assert_int_equal(make_file(f, PLAN "/new.txt", "new"), 0);
	id = stat_at(f, PLAN).id;
	restore_path(f, PLAN "/a.txt", rev);
	expect_text(f, PLAN "/a.txt", "one");
	expect_text(f, PLAN "/new.txt", "new");
	assert_int_equal(stat_at(f, PLAN).id, id);
	/* the directory itself: the old one, and nothing else */
	restore_path(f, PLAN, rev);
	expect_text(f, PLAN "/a.txt", "one");
	assert_false(exists(f, PLAN "/new.txt"));
	expect_tree_of(f, newest(f), "restored");
}

static void a_directory_becomes_what_it_was_and_nothing_else_does(void **state)
{
	struct fixture *f = *state;
	struct restored done = { 0 };
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_dir(f, PLAN "/附件"), 0);
	assert_int_equal(make_file(f, PLAN "/a.txt", "a"), 0);
	assert_int_equal(make_file(f, PLAN "/b.txt", "b"), 0);
	assert_int_equal(make_file(f, PLAN "/附件/c.doc", "c"), 0);
	assert_int_equal(make_symlink(f, PLAN "/link", "a.txt"), 0);
	assert_int_equal(make_file(f, "2016/合肥市/beside.txt", "beside"), 0);
	rev = newest(f);
	assert_int_equal(move_to(f, PLAN "/a.txt", PLAN "/moved.txt"), 0);
	assert_int_equal(save_file(f, PLAN "/moved.txt", "a later"), 0);
	assert_int_equal(save_file(f, PLAN "/b.txt", "b later"), 0);
	assert_int_equal(move_to(f, PLAN "/附件", PLAN "/attachments"), 0);
	assert_int_equal(make_file(f, PLAN "/new.txt", "new"), 0);
	assert_int_equal(make_file(f, PLAN "/.new.txt.swp", "swap"), 0);
	assert_int_equal(remove_file(f, PLAN "/link"), 0);
	assert_int_equal(save_file(f, "2016/合肥市/beside.txt", "later"), 0);
	assert_int_equal(try_restore(f, PLAN, rev, &done), 0);
	expect_told(&done, PLAN "/a.txt", "MOVE from " PLAN "/moved.txt");
	expect_told(&done, PLAN "/附件", "MOVE from " PLAN "/attachments");
	expect_told(&done, PLAN "/附件/c.doc", "NOTHING");
	expect_told(&done, PLAN "/b.txt", "SAVE");
	expect_told(&done, PLAN "/new.txt", "REMOVE");
	expect_told(&done, PLAN "/link", "MAKE");
	expect_told(&done, PLAN "/moved.txt", "NOTHING");
	restored_done(&done);
	expect_text(f, PLAN "/.new.txt.swp", "swap");
	expect_text(f, "2016/合肥市/beside.txt", "later");
	assert_int_equal(remove_file(f, PLAN "/.new.txt.swp"), 0);
	restore_path(f, "2016/合肥市/beside.txt", rev);
	restore_all(f, rev);
	expect_tree_of(f, rev, "restored");
}

static void what_was_moved_away_is_made_anew_and_left_there(void **state)
{
	struct fixture *f = *state;
	int64_t rev, moved;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	rev = newest(f);
	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(move_to(f, PLAN, "2017/plan"), 0);
	assert_int_equal(save_file(f, "2017/plan/a.txt", "two"), 0);
	moved = stat_at(f, "2017/plan").id;
	restore_path(f, "2016/合肥市", rev);
	expect_text(f, PLAN "/a.txt", "one");
	expect_text(f, "2017/plan/a.txt", "two");
	assert_int_equal(stat_at(f, "2017/plan").id, moved);
	assert_int_not_equal(stat_at(f, PLAN).id, moved);
	/* what holds both places moves it back */
	restore_all(f, rev);
	assert_int_equal(stat_at(f, PLAN).id, moved);
	assert_false(exists(f, "2017"));
	expect_tree_of(f, rev, "restored");
}

static void what_is_new_stays_when_that_is_wanted(void **state)
{
	struct fixture *f = *state;
	struct restore what = { .keep_new = true };
	struct restored done = { 0 };

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	what.rev = newest(f);
	assert_int_equal(save_file(f, PLAN "/a.txt", "two"), 0);
	assert_int_equal(make_file(f, PLAN "/new.txt", "new"), 0);
	assert_int_equal(store_restore(f->s, &what, &done), 0);
	restored_done(&done);
	expect_text(f, PLAN "/a.txt", "one");
	expect_text(f, PLAN "/new.txt", "new");
}

/* Also when the directories were made anew: what was in the old ones comes into them. */
static void what_is_new_stays_in_directories_that_were_made_anew(void **state)
{
	struct fixture *f = *state;
	struct restore what = { .keep_new = true };
	struct restored done = { 0 };
	int64_t plan;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	assert_int_equal(make_dir(f, PLAN "/old"), 0);
	assert_int_equal(make_file(f, PLAN "/old/b.txt", "two"), 0);
	what.rev = newest(f);
	assert_int_equal(remove_file(f, PLAN "/old/b.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN "/old"), 0);
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN), 0);
	assert_int_equal(make_dir(f, PLAN), 0);
	assert_int_equal(make_file(f, PLAN "/new.txt", "new"), 0);
	plan = stat_at(f, PLAN).id;
	assert_int_equal(store_restore(f->s, &what, &done), 0);
	expect_told(&done, PLAN "/old/b.txt", "MAKE");
	restored_done(&done);
	assert_int_equal(stat_at(f, PLAN).id, plan);
	expect_text(f, PLAN "/a.txt", "one");
	expect_text(f, PLAN "/old/b.txt", "two");
	expect_text(f, PLAN "/new.txt", "new");
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment is not the present");
}

static void a_copy_goes_to_a_free_place(void **state)
{
	struct fixture *f = *state;
	struct restore what = {
		.from_name = "2016年教育工作要点", .name = "copy", .is_copy = true
	};
	struct restored done = { 0 };
	struct inode copy;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	assert_int_equal(link_file(f, PLAN "/a.txt", PLAN "/b.txt"), 0);
	assert_int_equal(set_mode(f, PLAN "/a.txt", S_IFREG | 0400), 0);
	what.rev = newest(f);
	what.from_parent = stat_at(f, "2016/合肥市").id;
	what.parent = stat_at(f, "2016").id;
	assert_int_equal(save_file(f, PLAN "/a.txt", "two"), 0);
	assert_int_equal(store_restore(f->s, &what, &done), 0);
	restored_done(&done);
	expect_text(f, "2016/copy/a.txt", "one");
	expect_text(f, "2016/copy/b.txt", "one");
	expect_text(f, PLAN "/a.txt", "two");
	copy = stat_at(f, "2016/copy/a.txt");
	assert_int_equal(copy.nlink, 2);
	assert_int_equal(copy.mode, S_IFREG | 0400);
	assert_int_equal(stat_at(f, "2016/copy/b.txt").id, copy.id);
	assert_int_equal(store_restore(f->s, &what, &done), -EEXIST);
	what.parent = 4711;
	assert_int_equal(store_restore(f->s, &what, &done), -ENOENT);
	what.parent = copy.id;
	assert_int_equal(store_restore(f->s, &what, &done), -ENOENT);
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment");
}

static void what_is_of_another_kind_is_refused(void **state)
{
	struct fixture *f = *state;
	struct restored done = { 0 };
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a", "one"), 0);
	rev = newest(f);
	assert_int_equal(remove_file(f, PLAN "/a"), 0);
	assert_int_equal(make_dir(f, PLAN "/a"), 0);
	assert_int_equal(make_file(f, PLAN "/a/x.txt", "x"), 0);
	assert_int_equal(try_restore(f, PLAN "/a", rev, &done), -EEXIST);
	assert_int_equal(try_restore(f, PLAN "/a", 1, &done), -ENOENT);
	expect_text(f, PLAN "/a/x.txt", "x");
	restore_path(f, PLAN, rev); /* but what holds it may */
	expect_text(f, PLAN "/a", "one");
}

static void a_dry_run_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct restore what = { .dry_run = true };
	struct restored done = { 0 };
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	what.rev = newest(f);
	assert_int_equal(save_file(f, PLAN "/a.txt", "two"), 0);
	rev = newest(f);
	assert_int_equal(store_restore(f->s, &what, &done), 0);
	expect_told(&done, PLAN "/a.txt", "SAVE");
	restored_done(&done);
	assert_int_equal(newest(f), rev);
	expect_text(f, PLAN "/a.txt", "two");
}

static void names_of_one_file_are_names_of_one_file_again(void **state)
{
	struct fixture *f = *state;
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	assert_int_equal(link_file(f, PLAN "/a.txt", PLAN "/b.txt"), 0);
	assert_int_equal(link_file(f, PLAN "/a.txt", "2016/c.txt"), 0);
	rev = newest(f);
	assert_int_equal(remove_file(f, PLAN "/b.txt"), 0);
	restore_path(f, PLAN "/b.txt", rev); /* the two others are still there */
	expect_tree_of(f, newest(f), "restored");
	assert_int_equal(stat_at(f, PLAN "/b.txt").id, stat_at(f, "2016/c.txt").id);
	assert_int_equal(stat_at(f, PLAN "/b.txt").nlink, 3);
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	assert_int_equal(remove_file(f, PLAN "/b.txt"), 0);
	assert_int_equal(remove_file(f, "2016/c.txt"), 0);
	restore_all(f, rev);
	expect_tree_of(f, rev, "restored");
	assert_int_equal(stat_at(f, PLAN "/b.txt").id, stat_at(f, "2016/c.txt").id);
	/* a file that took one of the names goes */
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	assert_int_equal(make_file(f, PLAN "/a.txt", "another"), 0);
	restore_all(f, rev);
	expect_tree_of(f, rev, "restored");
}

/* --- undo --- */

static void what_an_editor_moved_away_and_wrote_anew_is_one_save(void **state)
{
	struct fixture *f = *state;
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	assert_int_equal(move_to(f, PLAN "/a.txt", PLAN "/a.txt~"), 0); /* as vim does it */
	assert_int_equal(make_file(f, PLAN "/a.txt", "two"), 0);
	rev = newest(f);
	undo_since(f, rev - 1); /* the last change alone */
	expect_text(f, PLAN "/a.txt", "one");
	/* removed by one and made by another: two things */
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', "
	       "'2016年教育工作要点', 'a.txt', 'three')");
	undo_since(f, newest(f) - 1);
	assert_false(exists(f, PLAN "/a.txt"));
}

static void renames_are_taken_back_with_the_things_themselves(void **state)
{
	struct fixture *f = *state;
	struct restored done;
	int64_t rev, dir, file;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	dir = stat_at(f, PLAN).id;
	file = stat_at(f, PLAN "/a.txt").id;
	rev = newest(f);
	assert_int_equal(move_to(f, "2016", "2017"), 0);
	done = undo(f, rev + 1, newest(f), NULL);
	expect_told(&done, "2016", "MOVE from 2017");
	restored_done(&done);
	expect_text(f, PLAN "/a.txt", "one");
	assert_int_equal(stat_at(f, PLAN).id, dir);
	assert_false(exists(f, "2017"));
	/* an undo is taken back by an undo */
	undo_since(f, rev + 2);
	expect_text(f, "2017/合肥市/2016年教育工作要点/a.txt", "one");
	undo_since(f, rev);
	assert_int_equal(stat_at(f, PLAN "/a.txt").id, file);
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment");
}

static void what_changed_places_changes_back(void **state)
{
	struct fixture *f = *state;
	int64_t rev;
	char *was;

	make_plan(f);
	assert_int_equal(make_dir(f, "2016/南通市"), 0);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	assert_int_equal(make_file(f, PLAN "/b.txt", "two"), 0);
	rev = newest(f);
	was = draw(f, -1);
	assert_int_equal(exchange(f, PLAN "/a.txt", PLAN "/b.txt"), 0);
	assert_int_equal(exchange(f, "2016/合肥市", "2016/南通市"), 0);
	assert_int_equal(exchange(f, "2016/南通市/2016年教育工作要点/a.txt", "2016/合肥市"), 0);
	undo_since(f, rev);
	expect_text(f, PLAN "/a.txt", "one");
	expect_text(f, PLAN "/b.txt", "two");
	assert_true(exists(f, "2016/南通市"));
	restore_all(f, rev); /* nothing but times of directories is left to do */
	expect_same(was, draw(f, -1), "restored");
}

static void removals_are_taken_back_and_creations_go(void **state)
{
	struct fixture *f = *state;
	int64_t rev, dir;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	dir = stat_at(f, PLAN).id;
	rev = newest(f);
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN), 0);
	assert_int_equal(make_file(f, PLAN, "a file in its place"), 0);
	assert_int_equal(make_dir(f, "2016/new"), 0);
	assert_int_equal(make_dir(f, "2016/new/deep"), 0);
	assert_int_equal(make_file(f, "2016/new/deep/x", "x"), 0);
	purge_all(f);
	undo_since(f, rev);
	expect_text(f, PLAN "/a.txt", "one");
	assert_int_equal(stat_at(f, PLAN).id, dir);
	assert_false(exists(f, "2016/new"));
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment");
}

static int save_as(struct fixture *f, const char *path, const char *text, const char *author)
{
	struct act a = { .kind = ACT_SAVE, .path = path, .text = text };
	const struct change c = {
		.apply = act_apply, .arg = &a, .author = author, .wait_ms = 1000
	};

	return store_change(f->s, &c);
}

static void what_others_changed_later_is_left_and_named(void **state)
{
	struct fixture *f = *state;
	struct restored done;
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	assert_int_equal(make_file(f, PLAN "/b.txt", "one"), 0);
	assert_int_equal(make_file(f, PLAN "/c.txt", "one"), 0);
	rev = newest(f);
	assert_int_equal(save_as(f, PLAN "/a.txt", "li", "li"), 0);
	assert_int_equal(save_as(f, PLAN "/a.txt", "zhao", "zhao"), 0);
	assert_int_equal(save_as(f, PLAN "/b.txt", "li", "li"), 0);
	assert_int_equal(save_as(f, PLAN "/b.txt", "zhao", "zhao"), 0);
	assert_int_equal(save_as(f, PLAN "/b.txt", "li again", "li"), 0);
	assert_int_equal(save_as(f, PLAN "/c.txt", "li", "li"), 0);
	assert_int_equal(save_as(f, PLAN "/c.txt", "li twice", "li"), 0);
	done = undo(f, rev + 1, newest(f), "li");
	expect_text(f, PLAN "/a.txt", "zhao");
	expect_text(f, PLAN "/b.txt", "zhao");
	expect_text(f, PLAN "/c.txt", "one");
	expect_told(&done, PLAN "/c.txt", "SAVE");
	expect_told(&done, PLAN "/b.txt", "SAVE");
	assert_int_equal(done.plan.n, 3);
	assert_true(
		ends_with_number(buf_str(&done.plan.items[0].why), "zhao changed it later, rev-"));
	assert_non_null(strstr(done.list.items[1].note, " of zhao"));
	restored_done(&done);
}

static void a_rename_whose_file_was_changed_by_others_stays(void **state)
{
	struct fixture *f = *state;
	struct restored done;
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	rev = newest(f);
	assert_int_equal(move_to(f, PLAN "/a.txt", PLAN "/b.txt"), 0);
	assert_int_equal(save_as(f, PLAN "/b.txt", "two", "zhao"), 0);
	done = undo(f, rev + 1, rev + 2, NULL);
	expect_told(&done, PLAN "/a.txt", "LEAVE: hangs together with " PLAN "/b.txt");
	restored_done(&done);
	expect_text(f, PLAN "/b.txt", "two");
	assert_false(exists(f, PLAN "/a.txt"));
	/* a file has taken the old name: then the new name is not given up either */
	assert_int_equal(make_file(f, PLAN "/c.txt", "three"), 0);
	rev = newest(f);
	assert_int_equal(move_to(f, PLAN "/c.txt", PLAN "/d.txt"), 0);
	assert_int_equal(make_file(f, PLAN "/c.txt", "four"), 0);
	done = undo(f, rev + 1, rev + 2, NULL);
	expect_told(&done, PLAN "/d.txt", "LEAVE: hangs together with " PLAN "/c.txt");
	restored_done(&done);
	expect_text(f, PLAN "/c.txt", "four");
	expect_text(f, PLAN "/d.txt", "three");
}

static void a_directory_that_others_use_stays(void **state)
{
	struct fixture *f = *state;
	struct restored done;
	int64_t rev, upto;

	make_plan(f);
	rev = newest(f);
	assert_int_equal(make_dir(f, "2016/new"), 0);
	assert_int_equal(make_dir(f, "2016/new/deep"), 0);
	assert_int_equal(make_dir(f, "2016/new/deep/empty"), 0);
	upto = newest(f);
	assert_int_equal(make_file(f, "2016/new/deep/x.txt", "x"), 0);
	done = undo(f, rev + 1, upto, NULL);
	expect_told(&done, "2016/new/deep", "LEAVE: something else is in it: x.txt");
	expect_told(&done, "2016/new", "LEAVE: something else is in it: deep");
	expect_told(&done, "2016/new/deep/empty", "REMOVE");
	restored_done(&done);
	expect_text(f, "2016/new/deep/x.txt", "x");
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment");
}

static void a_directory_does_not_come_to_stand_in_itself(void **state)
{
	struct fixture *f = *state;
	struct restored done;
	int64_t rev;

	assert_int_equal(make_dir(f, "a"), 0);
	assert_int_equal(make_dir(f, "a/x"), 0);
	rev = newest(f);
	assert_int_equal(move_to(f, "a/x", "x"), 0);
	assert_int_equal(move_to(f, "a", "x/a"), 0);
	done = undo(f, rev + 1, rev + 2, NULL); /* the first of the two */
	expect_told(&done, "x/a/x", "LEAVE: its directory is in it now");
	restored_done(&done);
	assert_true(exists(f, "x/a"));
	undo_since(f, rev);
	assert_true(exists(f, "a/x"));
}

static void a_text_that_was_forgotten_is_named(void **state)
{
	struct fixture *f = *state;
	struct restored done = { 0 };
	int64_t rev;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	rev = newest(f);
	assert_int_equal(save_file(f, PLAN "/a.txt", "two"), 0);
	sql(f, "PRAGMA foreign_keys = OFF; DELETE FROM body WHERE data = x'6f6e65'");
	assert_int_equal(try_restore(f, PLAN, rev, &done), 0);
	expect_told(&done, PLAN "/a.txt", "LEAVE: its text was forgotten");
	restored_done(&done);
	expect_text(f, PLAN "/a.txt", "two");
}

/* --- at random --- */

static void the_whole_tree_comes_back_whatever_it_was(void **state)
{
	struct fixture *f = *state;
	int64_t ends[100];
	unsigned seed = seed_from(7);
	int round;

	for (round = 0; round < 100; round++) {
		int64_t rev, before;
		char *was;

		act_at_random(f, &seed, 12, NULL);
		before = newest(f);
		ends[round] = before;
		rev = ends[rand_r(&seed) % (round + 1)]; /* not in the middle of a change */
		was = draw(f, -1);
		restore_all(f, rev);
		expect_tree_of(f, rev, "restored");
		restore_all(f, before);
		expect_same(was, draw(f, -1), "restored what was before");
	}
}

static void a_directory_comes_back_whatever_it_was(void **state)
{
	struct fixture *f = *state;
	int64_t ends[300];
	unsigned seed = seed_from(11);
	int round, n = 0;

	for (round = 0; round < 300; round++) {
		struct inode i;
		char path[64];
		int64_t rev;

		act_at_random(f, &seed, 6, NULL);
		ends[round] = newest(f);
		rev = ends[rand_r(&seed) % (round + 1)];
		if (moment_resolve(f->s, rev, random_path(&seed, path, sizeof(path)), &i) < 0)
			continue;
		{
			CLEANUP(restored_done) struct restored done = { 0 };
			int r = try_restore(f, path, rev, &done);

			if (r == -EEXIST || r == -ENOENT) /* of another kind, or found elsewhere */
				continue;
			assert_int_equal(r, 0);
			n++;
		}
		expect_same(
			draw(f, -1), draw(f, newest(f)), "the newest moment is not the present");
	}
	assert_true(n > 20);
}

/* A drawing without the times of directories. */
static char *without_times(char *drawing)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	char *save = NULL, *line;

	for (line = strtok_r(drawing, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char path[300];
		unsigned mode;
		long long id;

		if (sscanf(line, "%299s %o %*s %*s %*s %*s %lld", path, &mode, &id) == 3 &&
			S_ISDIR(mode))
			assert_int_equal(buf_printf(&out, "%s %o %lld\n", path, mode, id), 0);
		else if (line[0] == '/')
			assert_int_equal(buf_printf(&out, "%s\n", line), 0);
	}
	free(drawing);
	return strdup(buf_str(&out));
}

static void all_changes_are_taken_back_whatever_they_were(void **state)
{
	struct fixture *f = *state;
	unsigned seed = seed_from(3);
	int round;

	for (round = 0; round < 100; round++) {
		/* another one each time, because a removal and a new file of one may be one save */
		char name[16];
		const char *const authors[] = { name, name };
		int64_t rev = newest(f);

		snprintf(name, sizeof(name), "li %d", round);
		act_at_random(f, &seed, 10, authors);
		undo_since(f, rev);
		expect_same(without_times(draw(f, rev)), without_times(draw(f, -1)), "undone");
		expect_same(
			draw(f, -1), draw(f, newest(f)), "the newest moment is not the present");
		strcpy(name, "zhao");
		act_at_random(f, &seed, 4, authors);
	}
}

static void the_changes_of_one_are_taken_back_beside_those_of_others(void **state)
{
	static const char *const authors[] = { "li", "zhao" };
	struct fixture *f = *state;
	unsigned seed = seed_from(5);
	int round;

	for (round = 0; round < 150; round++) {
		CLEANUP(restored_done) struct restored done = { 0 };
		int64_t rev = newest(f), upto;
		size_t i;

		act_at_random(f, &seed, 14, authors);
		upto = newest(f);
		done = undo(f, rev + 1, upto, "li");
		for (i = 0; i < done.plan.n; i++) { /* what zhao changed last is not touched */
			const struct bring_item *item = &done.plan.items[i];
			sqlite3_stmt *st = NULL;

			assert_int_equal(
				sqlite3_prepare_v2(foreign(f),
					"SELECT author FROM revision WHERE parent = ?1 AND name = ?2 "
					"AND rev <= ?3 ORDER BY rev DESC LIMIT 1",
					-1, &st, NULL),
				SQLITE_OK);
			sqlite3_bind_int64(st, 1, item->wanted.parent);
			sqlite3_bind_text(st, 2, item->wanted.name, -1, SQLITE_STATIC);
			sqlite3_bind_int64(st, 3, upto);
			assert_int_equal(sqlite3_step(st), SQLITE_ROW);
			if (strcmp((const char *)sqlite3_column_text(st, 0), "zhao") == 0)
				assert_int_equal(item->how, BRING_LEAVE);
			sqlite3_finalize(st);
		}
		expect_same(
			draw(f, -1), draw(f, newest(f)), "the newest moment is not the present");
		assert_int_equal(store_check(f->s, on_finding, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_text_comes_back_as_a_new_version),
		CASE(what_is_removed_comes_back_with_the_directories_above_it),
		CASE(a_directory_that_was_made_anew_takes_its_file_back),
		CASE(a_directory_becomes_what_it_was_and_nothing_else_does),
		CASE(what_was_moved_away_is_made_anew_and_left_there),
		CASE(what_is_new_stays_when_that_is_wanted),
		CASE(what_is_new_stays_in_directories_that_were_made_anew),
		CASE(a_copy_goes_to_a_free_place),
		CASE(what_is_of_another_kind_is_refused),
		CASE(a_dry_run_changes_nothing),
		CASE(names_of_one_file_are_names_of_one_file_again),
		CASE(what_an_editor_moved_away_and_wrote_anew_is_one_save),
		CASE(renames_are_taken_back_with_the_things_themselves),
		CASE(what_changed_places_changes_back),
		CASE(removals_are_taken_back_and_creations_go),
		CASE(what_others_changed_later_is_left_and_named),
		CASE(a_rename_whose_file_was_changed_by_others_stays),
		CASE(a_directory_that_others_use_stays),
		CASE(a_directory_does_not_come_to_stand_in_itself),
		CASE(a_text_that_was_forgotten_is_named),
		CASE(the_whole_tree_comes_back_whatever_it_was),
		CASE(a_directory_comes_back_whatever_it_was),
		CASE(all_changes_are_taken_back_whatever_they_were),
		CASE(the_changes_of_one_are_taken_back_beside_those_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
