/*
 * Versions that overwrite one which their writer has not seen: when a row is marked, and when not; the list of
 * them; and who made them.
 */
#include "store_fixture.h"

#include "planfs/conflict.h"

#include <errno.h>

#define FILE_PATH PLAN "/01-总则.txt"

/* A save, or a rename, by somebody who has seen some texts. */
struct by {
	const char *path, *to, *text;
	int64_t base;
	const int64_t *seen; /* see is_among(); ends in 0; NULL: nothing is known */
	int64_t unseen;
	int64_t body; /* out */
};

/* What was only written has a negative number. */
static enum sight is_among(void *arg, int64_t body)
{
	const int64_t *seen = arg;

	for (; *seen; seen++)
		if (*seen == body || *seen == -body)
			return *seen == body ? SEEN_READ : SEEN_WRITTEN;
	return SEEN_NOT;
}

static int apply_by(struct txn *t, void *arg)
{
	struct by *by = arg;
	struct act a = { .kind = by->to ? ACT_RENAME : ACT_CREATE,
		.path = by->path,
		.to = by->to,
		.mode = S_IFREG | 0644,
		.text = by->text };
	const struct text text = { by->text, by->text ? strlen(by->text) : 0 };
	const char *name;
	int64_t dir;
	int r;

	txn_set_reader(t, by->seen ? is_among : NULL, (void *)(uintptr_t)by->seen);
	if (by->unseen)
		txn_set_unseen(t, by->unseen);
	r = act_find_dir(t, by->path, &dir, &name);
	if (r < 0 || by->to)
		return r < 0 ? r : act_apply(t, &a);
	r = txn_lookup(t, dir, name, &a.inode);
	if (r == -ENOENT)
		return act_apply(t, &a);
	r = r < 0 ? r : txn_save(t, &a.inode, &text, by->base, TEXT_VERSION);
	by->body = a.inode.body;
	return r;
}

static int run_by(struct fixture *f, struct by *by)
{
	const struct change c = {
		.apply = apply_by, .arg = by, .author = "wang", .program = "vim", .wait_ms = 1000
	};

	return store_change(f->s, &c);
}

/* A section with the text "old", and what another program put in its place. */
struct overwritten {
	int64_t old, foreign;
};

static struct overwritten overwrite(struct fixture *f)
{
	struct overwritten o;

	make_plan(f);
	assert_int_equal(make_file(f, FILE_PATH, "old"), 0);
	o.old = stat_at(f, FILE_PATH).body;
	sql(f, "UPDATE section SET body = 'foreign'");
	o.foreign = stat_at(f, FILE_PATH).body;
	return o;
}

/* "op|author of the overwritten text" of every marked row. */
#define MARKS                                                                                      \
	"SELECT r.op, CAST(b.data AS TEXT), o.author, CAST(ob.data AS TEXT) FROM revision r "      \
	"JOIN revision o ON o.rev = r.conflict LEFT JOIN body b ON b.id = r.body "                 \
	"LEFT JOIN body ob ON ob.id = o.body ORDER BY r.rev"

static void a_text_made_of_another_body_is_marked(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	struct by by = { .path = FILE_PATH, .text = "mine", .base = o.old };

	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "save|mine|sql|foreign");
	by = (struct by){ .path = FILE_PATH, .text = "mine, too", .base = by.body };
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "save|mine|sql|foreign");
}

static void a_text_made_of_the_same_bytes_is_not_marked(void **state)
{
	struct fixture *f = *state;
	struct by by = { .path = FILE_PATH, .text = "mine" };

	by.base = overwrite(f).old;
	sql(f, "UPDATE section SET body = 'old'");
	assert_int_not_equal(stat_at(f, FILE_PATH).body, by.base);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "");
}

static void who_has_seen_an_older_version_only_overwrites_the_last(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { o.old, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .base = o.foreign, .seen = seen };

	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "save|mine|sql|foreign");
}

static void who_has_seen_the_last_version_overwrites_nothing(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { o.old, o.foreign, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .base = o.foreign, .seen = seen };

	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "");
}

static void who_has_seen_no_version_means_to_replace_it(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { INT64_MAX, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .base = o.foreign, .seen = seen };

	assert_int_equal(run_by(f, &by), 0);
	by = (struct by){ .path = FILE_PATH, .text = "again", .base = by.body };
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "");
}

static void the_same_bytes_as_were_seen_count_as_seen(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { o.old, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .seen = seen };

	sql(f, "UPDATE section SET body = 'old'");
	by.base = stat_at(f, FILE_PATH).body;
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "");
}

static void a_new_file_renamed_over_the_section_is_marked(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { o.old, 0 };
	struct by by = { .path = PLAN "/.new", .to = FILE_PATH, .seen = seen };

	assert_int_equal(make_file(f, PLAN "/.new", "mine"), 0);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "save|mine|sql|foreign");
}

static void a_file_made_anew_where_the_section_was_is_marked(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { o.old, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .seen = seen };

	assert_int_equal(move_to(f, FILE_PATH, FILE_PATH "~"), 0);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "save|mine|sql|foreign");
}

static void a_text_that_came_in_between_is_marked_whoever_writes(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	struct by by = { .path = FILE_PATH, .text = "mine", .unseen = o.foreign };

	assert_int_equal(remove_file(f, FILE_PATH), 0);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "save|mine|sql|foreign");
}

static void who_wrote_an_older_version_has_seen_it(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { -o.old, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .base = o.foreign, .seen = seen };

	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "save|mine|sql|foreign");
}

/* Two editors that write to one temporary name, and rename that onto the section. */
static void a_name_that_files_only_pass_through_is_not_marked(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { -o.old, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .seen = seen };

	assert_int_equal(move_to(f, FILE_PATH, PLAN "/02.txt"), 0);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "");
}

static void a_section_that_was_deleted_is_not_overwritten(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { o.old, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .seen = seen };

	assert_int_equal(remove_file(f, FILE_PATH), 0);
	assert_int_equal(run_by(f, &by), 0);
	assert_int_equal(remove_file(f, FILE_PATH), 0);
	purge_all(f);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "");
}

static void an_empty_text_is_nothing_to_be_overwritten(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	const int64_t seen[] = { o.old, 0 };
	struct by by = { .path = FILE_PATH, .text = "mine", .base = o.old, .seen = seen };

	sql(f, "UPDATE section SET body = ''");
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "");
}

static void scratch_files_are_never_marked(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	struct by by = { .path = FILE_PATH "~", .text = "mine", .base = o.old };

	assert_int_equal(move_to(f, FILE_PATH, FILE_PATH "~"), 0);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "");
}

static void each_name_of_the_file_is_marked(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	struct by by = { .path = FILE_PATH, .text = "mine", .base = o.old };

	assert_int_equal(link_file(f, FILE_PATH, PLAN "/02.txt"), 0);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, "SELECT name FROM revision WHERE conflict > 0 ORDER BY name",
		"01-总则.txt\n02.txt");
}

/* What changed mode and owner is no version: the mark names the one that brought the text. */
static void a_mark_names_the_version_that_brought_the_text(void **state)
{
	struct fixture *f = *state;
	struct overwritten o = overwrite(f);
	struct by by = { .path = FILE_PATH, .text = "mine", .base = o.old };

	assert_int_equal(set_mode(f, FILE_PATH, S_IFREG | 0600), 0);
	assert_int_equal(run_by(f, &by), 0);
	expect_rows(f, MARKS, "save|mine|sql|foreign");
}

/* --- the list --- */

static int add_line(void *arg, const struct conflict *c)
{
	struct buf *lines = arg;
	int64_t dir = c->dirs ? c->dirs[c->n_dirs - 1] : 0;

	return buf_printf(lines, "%s %s: %s (%s) over %s%s\n", c->path ? c->path : "(gone)",
		c->kept.name, c->kept.author, c->kept.program, c->overwritten.author,
		dir == c->kept.parent || !c->dirs ? "" : ", in another directory");
}

static void expect_conflicts(struct fixture *f, const char *lines)
{
	CLEANUP(buf_done) struct buf got = { 0 };
	int64_t count = -1, n = 0;

	assert_int_equal(conflict_each(f->s, add_line, &got), 0);
	assert_string_equal(buf_str(&got), lines);
	assert_int_equal(conflict_count(f->s, &count), 0);
	for (; *lines; lines++)
		n += *lines == '\n';
	assert_int_equal(count, n);
}

static void make_conflict(struct fixture *f)
{
	struct by by = { .path = FILE_PATH, .text = "mine" };

	by.base = overwrite(f).old;
	assert_int_equal(run_by(f, &by), 0);
}

static void conflicts_are_listed_where_they_are_now(void **state)
{
	struct fixture *f = *state;

	expect_conflicts(f, "");
	make_conflict(f);
	expect_conflicts(f, PLAN " 01-总则.txt: wang (vim) over sql\n");
	assert_int_equal(move_to(f, "2016", "2017"), 0);
	expect_conflicts(f, "2017/合肥市/2016年教育工作要点 01-总则.txt: wang (vim) over sql\n");
	sql(f, "DELETE FROM plan");
	expect_conflicts(f, "(gone) 01-总则.txt: wang (vim) over sql\n");
}

static void what_was_forgotten_is_in_no_list(void **state)
{
	struct fixture *f = *state;

	make_conflict(f);
	sql(f, "DELETE FROM revision WHERE author = 'sql' AND op = 'save'");
	expect_conflicts(f, "");
}

struct dismissal {
	int64_t rev;
};

static int apply_dismissal(struct txn *t, void *arg)
{
	return txn_dismiss_conflict(t, ((struct dismissal *)arg)->rev);
}

static void a_conflict_that_is_dismissed_is_gone(void **state)
{
	struct fixture *f = *state;
	struct dismissal d = { 0 };
	const struct change c = { .apply = apply_dismissal, .arg = &d, .wait_ms = 1000 };
	struct store_status status;

	make_conflict(f);
	assert_int_equal(store_get_status(f->s, &status), 0);
	d.rev = status.revision - 1;
	assert_int_equal(store_change(f->s, &c), -ENOENT);
	d.rev = status.revision;
	assert_int_equal(store_change(f->s, &c), 0);
	expect_conflicts(f, "");
	assert_int_equal(store_change(f->s, &c), -ENOENT);
	expect_rows(f, "SELECT CAST(data AS TEXT) FROM body ORDER BY data", "foreign\nmine\nold");
}

static int stop(void *arg, const struct conflict *c)
{
	(void)c;
	++*(int *)arg;
	return 7;
}

static void a_list_ends_when_it_is_told_to(void **state)
{
	struct fixture *f = *state;
	struct by by = { .path = FILE_PATH, .text = "mine" };
	int told = 0;

	by.base = overwrite(f).old;
	assert_int_equal(run_by(f, &by), 0);
	sql(f, "UPDATE section SET body = 'foreign again'");
	by.text = "mine again";
	assert_int_equal(run_by(f, &by), 0);
	assert_int_equal(conflict_each(f->s, stop, &told), 7);
	assert_int_equal(told, 1);
}

/* --- who --- */

static int apply_pretended(struct txn *t, void *arg)
{
	struct act *a = arg;
	int r;

	txn_pretend(t, "zhao", "wps", 1);
	r = act_apply(t, a);
	txn_pretend(t, NULL, NULL, 0);
	a->path = FILE_PATH;
	return r < 0 ? r : act_apply(t, a);
}

#define WHO                                                                                        \
	"SELECT name, author, program, time = 1 FROM revision WHERE name LIKE '%.txt' ORDER BY rev"

static void a_version_knows_author_and_program(void **state)
{
	struct fixture *f = *state;
	struct act a = {
		.kind = ACT_CREATE, .path = PLAN "/00.txt", .mode = S_IFREG | 0644, .text = "x"
	};
	const struct change told = { .apply = apply_pretended,
		.arg = &a,
		.author = "li",
		.program = "nano",
		.wait_ms = 1000 };

	make_plan(f);
	assert_int_equal(store_change(f->s, &told), 0);
	assert_int_equal(make_file(f, PLAN "/02.txt", "no program"), 0);
	expect_rows(f, WHO, "00.txt|zhao|wps|1\n01-总则.txt|li|nano|0\n02.txt|li|NULL|0");
}

static void who_says_nothing_is_whom_the_options_name(void **state)
{
	struct fixture *f = *state;
	const struct store_options options = { .author = "王", .program = "planfs import" };
	CLEANUP(buf_done) struct buf why = { 0 };
	struct act a = { .kind = ACT_CREATE, .path = "x.txt", .mode = S_IFREG | 0644, .text = "x" };
	const struct change untold = {
		.apply = act_apply, .arg = &a, .program = "not without an author", .wait_ms = 1000
	};

	store_close(f->s);
	f->s = NULL;
	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
	assert_int_equal(store_change(f->s, &untold), 0);
	expect_rows(f, WHO, "x.txt|王|planfs import|0");
}

static int take_program(void *arg, const struct store_version *v)
{
	struct buf *b = arg;

	return buf_printf(b, "%s: %s\n", v->name, v->program ? v->program : "-");
}

static void versions_are_listed_with_their_programs(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf got = { 0 };

	make_conflict(f);
	assert_int_equal(store_versions(f->s, stat_at(f, PLAN).id, take_program, &got), 0);
	assert_string_equal(buf_str(&got), "01-总则.txt: -\n01-总则.txt: -\n01-总则.txt: vim\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_text_made_of_another_body_is_marked),
		CASE(a_text_made_of_the_same_bytes_is_not_marked),
		CASE(who_has_seen_an_older_version_only_overwrites_the_last),
		CASE(who_has_seen_the_last_version_overwrites_nothing),
		CASE(who_has_seen_no_version_means_to_replace_it),
		CASE(the_same_bytes_as_were_seen_count_as_seen),
		CASE(a_new_file_renamed_over_the_section_is_marked),
		CASE(a_file_made_anew_where_the_section_was_is_marked),
		CASE(a_text_that_came_in_between_is_marked_whoever_writes),
		CASE(who_wrote_an_older_version_has_seen_it),
		CASE(a_name_that_files_only_pass_through_is_not_marked),
		CASE(a_section_that_was_deleted_is_not_overwritten),
		CASE(an_empty_text_is_nothing_to_be_overwritten),
		CASE(scratch_files_are_never_marked),
		CASE(each_name_of_the_file_is_marked),
		CASE(a_mark_names_the_version_that_brought_the_text),
		CASE(conflicts_are_listed_where_they_are_now),
		CASE(what_was_forgotten_is_in_no_list),
		CASE(a_conflict_that_is_dismissed_is_gone),
		CASE(a_list_ends_when_it_is_told_to),
		CASE(a_version_knows_author_and_program),
		CASE(who_says_nothing_is_whom_the_options_name),
		CASE(versions_are_listed_with_their_programs),
	};

	return cmocka_run_group_tests_name("store/conflict", tests, NULL, NULL);
}
