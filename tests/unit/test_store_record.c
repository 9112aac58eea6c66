/* Revisions: what is a version and what is not, for every way in which editors save. */
#include "store_fixture.h"

#define TEXT PLAN "/x.txt"

static struct fixture *with_section(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, TEXT, "one"), 0);
	assert_int_equal(count_versions(f, "x.txt"), 1);
	return f;
}

/* After a save of "two" over "one". */
static void expect_one_more(struct fixture *f)
{
	expect_text(f, TEXT, "two");
	expect_rows(f, "SELECT body FROM history WHERE name = 'x.txt' ORDER BY rev", "one\ntwo");
	expect_rows(f, "SELECT DISTINCT name FROM history", "x.txt");
}

static void saving_in_place_is_one_version(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(save_file(f, TEXT, "two"), 0);
	expect_one_more(f);
}

static void vim_and_emacs_rename_away_and_write_anew(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/4913", NULL), 0);
	assert_int_equal(remove_file(f, PLAN "/4913"), 0);
	assert_int_equal(move_to(f, TEXT, TEXT "~"), 0);
	assert_int_equal(make_file(f, TEXT, "two"), 0);
	expect_one_more(f);
	assert_int_equal(remove_file(f, TEXT "~"), 0);
	expect_one_more(f);
	expect_text(f, TEXT, "two");
}

static void sed_renames_a_temporary_over_it(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/sedAbCdEf", NULL), 0);
	assert_int_equal(save_file(f, PLAN "/sedAbCdEf", "two"), 0);
	assert_int_equal(move_to(f, PLAN "/sedAbCdEf", TEXT), 0);
	expect_one_more(f);
}

static void sed_with_a_backup_keeps_the_old_one(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/sedAbCdEf", "two"), 0);
	assert_int_equal(move_to(f, TEXT, TEXT ".bak"), 0);
	assert_int_equal(move_to(f, PLAN "/sedAbCdEf", TEXT), 0);
	expect_one_more(f);
	expect_text(f, TEXT ".bak", "one");
}

static void gnome_writes_an_output_stream(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/.goutputstream-A1B2C3", "two"), 0);
	assert_int_equal(move_to(f, PLAN "/.goutputstream-A1B2C3", TEXT), 0);
	expect_one_more(f);
}

static void gnome_writes_after_the_rename(void **state)
{
	struct fixture *f = with_section(state);

	/* nothing is written yet when it renames: the empty text is what the rename saved */
	assert_int_equal(make_file(f, PLAN "/.goutputstream-A1B2C3", "tw"), 0);
	assert_int_equal(move_to(f, PLAN "/.goutputstream-A1B2C3", TEXT), 0);
	assert_int_equal(save_file(f, TEXT, "two"), 0);
	expect_rows(
		f, "SELECT body FROM history WHERE name = 'x.txt' ORDER BY rev", "one\ntw\ntwo");
}

static void jetbrains_swaps_by_two_renames(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, TEXT "___jb_tmp___", "two"), 0);
	assert_int_equal(move_to(f, TEXT, TEXT "___jb_old___"), 0);
	assert_int_equal(move_to(f, TEXT "___jb_tmp___", TEXT), 0);
	assert_int_equal(remove_file(f, TEXT "___jb_old___"), 0);
	expect_one_more(f);
}

static void a_hard_link_as_backup_is_no_version(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(link_file(f, TEXT, TEXT "~"), 0);
	assert_int_equal(make_file(f, TEXT ".new", "two"), 0);
	assert_int_equal(move_to(f, TEXT ".new", TEXT), 0);
	expect_one_more(f);
	expect_text(f, TEXT "~", "one");
}

static void perl_links_and_renames(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, PLAN "/XXaBcDeF", "two"), 0);
	assert_int_equal(link_file(f, TEXT, TEXT ".orig"), 0);
	assert_int_equal(move_to(f, PLAN "/XXaBcDeF", TEXT), 0);
	expect_one_more(f);
}

static void an_exchange_is_one_version(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, TEXT ".new", "two"), 0);
	assert_int_equal(exchange(f, TEXT ".new", TEXT), 0);
	assert_int_equal(remove_file(f, TEXT ".new"), 0);
	expect_one_more(f);
}

static void the_same_bytes_are_no_version(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(save_file(f, TEXT, "one"), 0);
	assert_int_equal(make_file(f, PLAN "/sedAbCdEf", "one"), 0);
	assert_int_equal(move_to(f, PLAN "/sedAbCdEf", TEXT), 0);
	assert_int_equal(move_to(f, TEXT, TEXT "~"), 0);
	assert_int_equal(make_file(f, TEXT, "one"), 0);
	assert_int_equal(count_versions(f, "x.txt"), 1);
}

static void an_empty_text_waits_for_one(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(save_file(f, TEXT, ""), 0);
	assert_int_equal(save_file(f, TEXT, ""), 0);
	assert_int_equal(count_versions(f, "x.txt"), 1);
	assert_int_equal(save_file(f, TEXT, "two"), 0);
	expect_one_more(f);
	expect_rows(f, "SELECT op, size FROM revision WHERE name = 'x.txt' ORDER BY rev",
		"create|3\nsave|0\nattr|0\nsave|3");
}

static void going_back_to_an_old_text_is_a_version(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(save_file(f, TEXT, "two"), 0);
	assert_int_equal(save_file(f, TEXT, "one"), 0);
	expect_rows(
		f, "SELECT body FROM history WHERE name = 'x.txt' ORDER BY rev", "one\ntwo\none");
}

static void scratch_leaves_no_row_and_no_text(void **state)
{
	static const char *const names[] = { "/.x.txt.swp", "/x.txt~", "/#x.txt#", "/.~lock.x.txt#",
		"/tmpAbCdEf", "/x.tmp" };
	struct fixture *f = with_section(state);
	char path[256], to[300];
	size_t i;

	expect_rows(f, "SELECT count(*) FROM revision", "4");
	for (i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), PLAN "%s", names[i]);
		assert_int_equal(make_file(f, path, "one"), 0);
		assert_int_equal(save_file(f, path, "two"), 0);
		assert_int_equal(set_mode(f, path, S_IFREG | 0600), 0);
		snprintf(to, sizeof(to), "%s~", path);
		assert_int_equal(move_to(f, path, to), 0);
		assert_int_equal(remove_file(f, to), 0);
	}
	expect_rows(f, "SELECT count(*) FROM revision", "4");
	purge_all(f);
	expect_rows(f, "SELECT count(*) FROM body", "1");
	expect_rows(f, "SELECT count(*) FROM inode", "5");
}

static void a_text_that_a_version_names_outlives_its_file(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(save_file(f, TEXT, "two"), 0);
	assert_int_equal(remove_file(f, TEXT), 0);
	expect_rows(f, "SELECT body FROM history WHERE name = 'x.txt' ORDER BY rev", "one\ntwo");
	expect_rows(f, "SELECT group_concat(op) FROM revision WHERE name = 'x.txt'",
		"create,save,remove");
}

static void a_moved_plan_takes_its_history_along(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(make_dir(f, "2017/合肥市"), 0);
	assert_int_equal(move_to(f, PLAN, "2017/合肥市/新"), 0);
	expect_rows(f, "SELECT year, plan, body FROM history", "2017|新|one");
}

static void a_file_with_two_names_has_a_version_for_each(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(link_file(f, TEXT, PLAN "/y.txt"), 0);
	assert_int_equal(save_file(f, TEXT, "two"), 0);
	assert_int_equal(count_versions(f, "x.txt"), 2);
	expect_rows(f, "SELECT body FROM history WHERE name = 'y.txt' AND op = 'save'", "two");
}

static void files_outside_of_plans_are_not_in_the_history(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(make_file(f, "notes.txt", "root"), 0);
	assert_int_equal(make_file(f, "2016/notes.txt", "year"), 0);
	assert_int_equal(make_dir(f, PLAN "/附件"), 0);
	assert_int_equal(make_file(f, PLAN "/附件/a.txt", "deep"), 0);
	assert_int_equal(make_file(f, PLAN "/plan.json", "{}"), 0);
	expect_rows(f, "SELECT DISTINCT name FROM history", "x.txt");
}

static void a_version_knows_author_base_and_time(void **state)
{
	struct fixture *f = with_section(state);

	assert_int_equal(save_file(f, TEXT, "two"), 0);
	expect_rows(f,
		"SELECT r.author, r.op, b.data, r.origin IS NULL, r.size FROM revision r "
		"JOIN body b ON b.id = r.base",
		"li|save|one|0|3");
	expect_rows(f,
		"SELECT abs(strftime('%s', time) - strftime('%s', 'now')) < 60 FROM history LIMIT 1",
		"1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(saving_in_place_is_one_version),
		CASE(vim_and_emacs_rename_away_and_write_anew),
		CASE(sed_renames_a_temporary_over_it),
		CASE(sed_with_a_backup_keeps_the_old_one),
		CASE(gnome_writes_an_output_stream),
		CASE(gnome_writes_after_the_rename),
		CASE(jetbrains_swaps_by_two_renames),
		CASE(a_hard_link_as_backup_is_no_version),
		CASE(perl_links_and_renames),
		CASE(an_exchange_is_one_version),
		CASE(the_same_bytes_are_no_version),
		CASE(an_empty_text_waits_for_one),
		CASE(going_back_to_an_old_text_is_a_version),
		CASE(scratch_leaves_no_row_and_no_text),
		CASE(a_text_that_a_version_names_outlives_its_file),
		CASE(a_moved_plan_takes_its_history_along),
		CASE(a_file_with_two_names_has_a_version_for_each),
		CASE(files_outside_of_plans_are_not_in_the_history),
		CASE(a_version_knows_author_base_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
