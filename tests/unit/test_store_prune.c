/* Forgetting: every kept moment is what it was, and nothing else is left. And snapshots of a moment. */
#include "store_drawing.h"

#include "planfs/prune.h"
#include "planfs/restore.h"
#include "planfs/search.h"
#include "planfs/snapshot.h"

#include <time.h>

enum { ACTS = 400, KEPT_MAX = 600 };

#define HOUR_NS INT64_C(3600000000000)

/* Berlin, because the days on which the clock is set are in the middle. */
static int64_t local_ns(int year, int month, int day, int hour)
{
	struct tm tm = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_isdst = -1 };

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return (int64_t)mktime(&tm) * 1000000000;
}

static int64_t number(struct fixture *f, const char *query)
{
	sqlite3_stmt *st = NULL;
	int64_t n = 0;

	assert_int_equal(sqlite3_prepare_v2(foreign(f), query, -1, &st, NULL), SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* The changes behind @rev happened at @time. */
static void set_time(struct fixture *f, int64_t rev, int64_t time)
{
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_prepare_v2(foreign(f),
				 "UPDATE revision SET time = ?2 WHERE rev > ?1", -1, &st, NULL),
		SQLITE_OK);
	sqlite3_bind_int64(st, 1, rev);
	sqlite3_bind_int64(st, 2, time);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	sqlite3_finalize(st);
}

/* Changes every few hours, from @from on. Returns the time of the last one. */
static int64_t live(struct fixture *f, unsigned *seed, int64_t from)
{
	int i;

	for (i = 0; i < ACTS; i++) {
		int64_t rev = newest(f);

		act_at_random(f, seed, 1 + rand_r(seed) % 3, NULL);
		from += HOUR_NS * (1 + rand_r(seed) % 9);
		set_time(f, rev, from);
	}
	return from;
}

static void index_all(struct fixture *f)
{
	int r;

	while ((r = search_index_step(f->s, 1 << 20, 1000)) > 0)
		;
	assert_int_equal(r, 0);
}

/* Moments and what the tree was. */
struct kept {
	size_t n;
	int64_t revs[KEPT_MAX];
	char *drawings[KEPT_MAX];
};

static void keep(struct fixture *f, struct kept *k, int64_t rev)
{
	assert_true(k->n < KEPT_MAX);
	k->revs[k->n] = rev;
	k->drawings[k->n++] = draw(f, rev);
}

static int64_t rev_of(struct fixture *f, const char *words, int64_t now)
{
	int64_t rev = 0;
	bool fixed;

	assert_int_equal(moment_find(f->s, words, now, &rev, &fixed), 0);
	return rev;
}

/* The days, as anybody would ask for them, whose end is in [@from, @to). */
static void keep_days(struct fixture *f, struct kept *k, int64_t from, int64_t to, int64_t now,
	bool last_of_month)
{
	int day;

	for (day = 0; day < 800; day++) {
		time_t noon = from / 1000000000 - 24 * 3600;
		struct tm tm, next;
		char words[32];
		int64_t end;

		localtime_r(&noon, &tm);
		tm.tm_mday += day;
		tm.tm_hour = 12;
		tm.tm_isdst = -1;
		noon = mktime(&tm);
		localtime_r(&noon, &tm);
		next = tm;
		next.tm_mday++;
		next.tm_hour = 0;
		next.tm_isdst = -1;
		end = (int64_t)mktime(&next) * 1000000000 - 1;
		if (end < from || end >= to || (last_of_month && next.tm_mday != 1))
			continue;
		strftime(words, sizeof(words), "%Y-%m-%d", &tm);
		keep(f, k, rev_of(f, words, now));
	}
}

static void check_kept(struct fixture *f, struct kept *k)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		char what[64];

		snprintf(what, sizeof(what), "the tree after %lld", (long long)k->revs[i]);
		expect_same(k->drawings[i], draw(f, k->revs[i]), what);
	}
}

static void nothing_is_left_over(struct fixture *f)
{
	assert_int_equal(store_check(f->s, on_finding, NULL), 0);
	assert_int_equal(
		number(f, "SELECT count(*) FROM body WHERE id NOT IN (SELECT body FROM revision "
			  "WHERE body IS NOT NULL) AND id NOT IN (SELECT body FROM inode "
			  "WHERE body IS NOT NULL)"),
		0);
}

static void prune(struct fixture *f, const struct prune *how, struct pruned *ret_done)
{
	assert_int_equal(store_prune(f->s, how, ret_done), 0);
}

static void kept_days_stay_exactly_what_they_were(void **state)
{
	static const struct prune_rules rules = { { PRUNE_DAYS, 10 }, { PRUNE_DAYS, 40 },
		{ PRUNE_YEARS, 1 } };
	struct fixture *f = *state;
	struct kept *k = calloc(1, sizeof(*k));
	struct pruned done, again;
	struct prune how = { .rules = rules };
	int64_t rev, begin, marked;
	unsigned seed = seed_from(1);

	how.now = live(f, &seed, local_ns(2026, 8, 20, 3)) +
		  HOUR_NS; /* over the end of summer time */
	sql(f, "INSERT INTO mark SELECT '交稿', rev, time, 'li' FROM revision ORDER BY rev LIMIT 1 OFFSET 30");
	marked = number(f, "SELECT rev FROM mark");
	begin = prune_begin(&rules.daily, how.now);
	keep_days(f, k, begin, how.now, how.now, false);
	keep_days(f, k, prune_begin(&rules.monthly, how.now), how.now, how.now, true);
	keep(f, k, marked);
	for (rev = rev_of(f, "-240h", how.now); rev <= newest(f); rev += 3)
		keep(f, k, rev);
	keep(f, k, newest(f));
	index_all(f);
	how.dry_run = true;
	prune(f, &how, &again);
	how.dry_run = false;
	prune(f, &how, &done);
	index_all(f);
	assert_int_equal(done.forgotten, again.forgotten);
	assert_int_equal(done.texts, again.texts);
	assert_int_equal(done.text_bytes, again.text_bytes);
	if (done.forgotten <= 100 || done.texts <= 20)
		fail_msg("only %lld of %lld, moments %lld, texts %lld", (long long)done.forgotten,
			(long long)done.changes, (long long)done.moments, (long long)done.texts);
	assert_int_equal(number(f, "SELECT count(*) FROM revision"), done.changes - done.forgotten);
	check_kept(f, k);
	nothing_is_left_over(f);
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment is not the present");
	prune(f, &how, &again);
	assert_int_equal(again.forgotten, 0);
	free(k);
}

static void the_present_and_its_marks_stay_without_any_rule(void **state)
{
	struct fixture *f = *state;
	struct prune how = { 0 };
	struct pruned done;
	unsigned seed = seed_from(2);
	char *was, *marked;

	how.now = live(f, &seed, local_ns(2026, 2, 20, 3)) + HOUR_NS;
	sql(f, "INSERT INTO mark SELECT 'half', rev, time, 'li' FROM revision ORDER BY rev LIMIT 1 OFFSET 300");
	was = draw(f, -1);
	marked = draw(f, number(f, "SELECT rev FROM mark"));
	index_all(f);
	prune(f, &how, &done);
	index_all(f);
	expect_same(was, draw(f, -1), "the present");
	expect_same(marked, draw(f, number(f, "SELECT rev FROM mark")), "the mark");
	nothing_is_left_over(f);
	/* without it, there is one row for what stands at each place, and a few for times of directories */
	sql(f, "DELETE FROM mark");
	prune(f, &how, &done);
	was = draw(f, -1);
	expect_same(was, draw(f, newest(f)), "the newest moment");
	assert_true(number(f, "SELECT count(*) FROM revision") <=
		    number(f, "SELECT 2 * count(*) + 3 FROM dentry"));
	index_all(f);
	nothing_is_left_over(f);
}

static void rules_that_keep_everything_forget_nothing(void **state)
{
	struct fixture *f = *state;
	struct prune how = { .rules = { .all = { PRUNE_FOREVER, 0 } } };
	struct pruned done;
	unsigned seed = seed_from(3);
	int64_t rows;

	how.now = live(f, &seed, local_ns(2025, 2, 20, 3));
	rows = number(f, "SELECT count(*) FROM revision");
	prune(f, &how, &done);
	assert_int_equal(done.forgotten, 0);
	assert_int_equal(number(f, "SELECT count(*) FROM revision"), rows);
}

static void what_was_overwritten_unseen_is_kept_as_long_as_a_rule_reaches(void **state)
{
	struct fixture *f = *state;
	struct prune how = { .rules = { .monthly = { PRUNE_YEARS, 1 } } };
	struct pruned done;
	int64_t rev;
	int i;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "one"), 0);
	for (i = 0; i < 5; i++) {
		char text[16];

		snprintf(text, sizeof(text), "text %d", i);
		assert_int_equal(save_file(f, PLAN "/a.txt", text), 0);
	}
	rev = newest(f) - 2;
	sql(f, "UPDATE revision SET conflict = rev - 1 WHERE rev = (SELECT max(rev) - 2 FROM revision)");
	set_time(f, 0, local_ns(2026, 3, 10, 12));
	how.now = local_ns(2026, 6, 1, 12);
	prune(f, &how, &done);
	assert_int_equal(number(f, "SELECT count(*) FROM revision WHERE conflict IS NOT NULL"), 1);
	assert_int_equal(
		number(f,
			"SELECT count(*) FROM revision WHERE rev = (SELECT max(conflict) FROM revision)"),
		1);
	assert_int_equal(count_versions(f, "a.txt"), 3);
	how.now = local_ns(2029, 6, 1, 12);
	prune(f, &how, &done);
	assert_int_equal(count_versions(f, "a.txt"), 1);
	assert_true(newest(f) > rev);
	index_all(f);
	nothing_is_left_over(f);
}

static void a_text_that_is_still_open_is_not_deleted(void **state)
{
	struct fixture *f = *state;
	struct prune how = { .now = INT64_MAX / 2 };
	CLEANUP(buf_done) struct buf text = { 0 };
	struct pruned done;
	struct inode inode;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "open"), 0);
	inode = stat_at(f, PLAN "/a.txt");
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0); /* somebody has it open */
	prune(f, &how, &done);
	assert_int_equal(number(f, "SELECT count(*) FROM revision WHERE name = 'a.txt'"),
		1); /* its directory's time */
	assert_int_equal(store_read_body(f->s, inode.body, &text), 0);
	assert_string_equal(buf_str(&text), "open");
	purge_all(f);
	index_all(f);
	nothing_is_left_over(f);
}

/* A restored copy has the text of the original, and under a scratch name no version says so. */
static void a_text_that_another_file_has_is_not_deleted(void **state)
{
	struct fixture *f = *state;
	struct prune how = { .now = INT64_MAX / 2 };
	struct restore what = { .from_name = "a.txt", .name = "b.txt", .is_copy = true };
	struct restored copied = { 0 };
	struct pruned done;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "shared"), 0);
	what.rev = newest(f);
	what.parent = what.from_parent = stat_at(f, PLAN).id;
	assert_int_equal(store_restore(f->s, &what, &copied), 0);
	restored_done(&copied);
	assert_int_equal(move_to(f, PLAN "/b.txt", PLAN "/b.txt~"), 0);
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	purge_all(f);
	prune(f, &how, &done);
	assert_int_equal(make_file(f, PLAN "/c.txt", "later"), 0);
	prune(f, &how, &done);
	expect_text(f, PLAN "/b.txt~", "shared");
	index_all(f);
	nothing_is_left_over(f);
}

/* --- spans --- */

/* The index holds the text of a file that is gone; what was restored had the same one. */
static void a_text_that_the_index_holds_for_another_file_is_not_deleted(void **state)
{
	struct fixture *f = *state;
	struct prune how = { .now = INT64_MAX / 2 };
	struct restore what = { .from_parent = STORE_ROOT, .from_name = "a.txt" };
	struct restored restored = { 0 };
	struct pruned done;

	assert_int_equal(make_file(f, "a.txt", "一份要恢复的文字"), 0);
	what.rev = newest(f);
	index_all(f);
	assert_int_equal(remove_file(f, "a.txt"), 0);
	purge_all(f);
	assert_int_equal(store_restore(f->s, &what, &restored), 0);
	restored_done(&restored);
	assert_int_equal(remove_file(f, "a.txt"), 0);
	purge_all(f);
	assert_int_equal(make_file(f, "later.txt", ""), 0); /* it changes the time of the directory */
	prune(f, &how, &done);
	assert_int_equal(number(f, "SELECT count(*) FROM body"), 1);
	index_all(f);
	assert_int_equal(number(f, "SELECT count(*) FROM body"), 0);
	nothing_is_left_over(f);
}

/* The same when the other file is there, and its new text waits for the index. */
static void a_text_that_the_index_holds_for_a_file_that_waits_is_not_deleted(void **state)
{
	struct fixture *f = *state;
	struct prune how = { .now = INT64_MAX / 2 };
	struct restore what = {
		.from_parent = STORE_ROOT, .from_name = "a.txt", .name = "b.txt", .is_copy = true
	};
	struct restored restored = { 0 };
	struct pruned done;

	assert_int_equal(make_file(f, "a.txt", "一份要复制的文字"), 0);
	what.rev = newest(f);
	what.parent = STORE_ROOT;
	index_all(f);
	assert_int_equal(store_restore(f->s, &what, &restored), 0);
	restored_done(&restored);
	assert_int_equal(save_file(f, "a.txt", "改好了"), 0);
	assert_int_equal(remove_file(f, "b.txt"), 0);
	purge_all(f);
	assert_int_equal(make_file(f, "later.txt", ""), 0); /* it changes the time of the directory */
	prune(f, &how, &done);
	assert_int_equal(number(f, "SELECT count(*) FROM body"), 2);
	index_all(f);
	assert_int_equal(number(f, "SELECT count(*) FROM body"), 1);
	nothing_is_left_over(f);
}

static void spans_are_read_strictly(void **state)
{
	static const char *const bad[] = { "", "d", "30", "30x", "-3d", "3 d", "3dd", "forever!",
		"99999999999999999999d", "1000001d", "0x10d", "+3d" };
	struct prune_span span;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		if (prune_parse_span(bad[i], &span) != -EINVAL)
			fail_msg("'%s' is taken for a time", bad[i]);
	assert_int_equal(prune_parse_span("30d", &span), 0);
	assert_true(span.unit == PRUNE_DAYS && span.n == 30);
	assert_int_equal(prune_parse_span("0", &span), 0);
	assert_int_equal(span.unit, PRUNE_NONE);
	assert_int_equal(prune_parse_span("0d", &span), 0);
	assert_int_equal(span.unit, PRUNE_NONE);
	assert_int_equal(prune_parse_span("forever", &span), 0);
	assert_int_equal(span.unit, PRUNE_FOREVER);
}

static void days_are_those_of_the_calendar(void **state)
{
	int64_t noon = local_ns(2026, 3, 29, 12); /* the clock was set forward in the night */

	(void)state;
	assert_int_equal(
		prune_begin(&(struct prune_span){ PRUNE_DAYS, 1 }, noon), noon - 23 * HOUR_NS);
	assert_int_equal(
		prune_begin(&(struct prune_span){ PRUNE_HOURS, 24 }, noon), noon - 24 * HOUR_NS);
	assert_int_equal(prune_begin(&(struct prune_span){ PRUNE_WEEKS, 1 }, noon),
		local_ns(2026, 3, 22, 12));
	assert_int_equal(prune_begin(&(struct prune_span){ PRUNE_YEARS, 2 }, noon),
		local_ns(2024, 3, 29, 12));
	noon = local_ns(2026, 10, 25, 12); /* set back */
	assert_int_equal(
		prune_begin(&(struct prune_span){ PRUNE_DAYS, 1 }, noon), noon - 25 * HOUR_NS);
	noon = local_ns(2024, 2, 29, 12); /* there is none in the year before */
	assert_int_equal(prune_begin(&(struct prune_span){ PRUNE_YEARS, 1 }, noon),
		local_ns(2023, 3, 1, 12));
	assert_int_equal(prune_begin(&(struct prune_span){ PRUNE_FOREVER, 0 }, noon), INT64_MIN);
	assert_int_equal(prune_begin(&(struct prune_span){ PRUNE_NONE, 0 }, noon), noon);
}

/* --- forgetting a place --- */

static struct pruned forget(struct fixture *f, const char *path, prune_copy_fn *copy, void *arg)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct forget what = { .copy = copy, .arg = arg };
	struct pruned done = { 0 };

	assert_int_equal(moment_find_place(f->s, path, &what.parent, &name, &what.rev), 0);
	what.name = buf_str(&name);
	assert_int_equal(store_forget(f->s, &what, &done), 0);
	return done;
}

static int add_copy(void *arg, const struct prune_copy *copy)
{
	return buf_printf(arg, "%s@%s;", copy->path, copy->rev ? "rev" : "now");
}

/* The bytes are in the file, or in its log. */
static bool file_has(struct fixture *f, const char *bytes)
{
	static const char *const suffixes[] = { "", "-wal" };
	bool found = false;
	size_t i;

	for (i = 0; i < ARRAY_LEN(suffixes); i++) {
		char command[256];

		snprintf(command, sizeof(command), "test -e %s%s && grep -aqF '%s' %s%s", f->path,
			suffixes[i], bytes, f->path, suffixes[i]);
		found |= system(command) == 0;
	}
	return found;
}

static void reopen(struct fixture *f, bool exclusive)
{
	sqlite3_close(f->db);
	f->db = NULL;
	store_close(f->s);
	store_open_at(f, exclusive);
}

static void what_is_forgotten_is_nowhere_in_the_file(void **state)
{
	struct fixture *f = *state;
	struct pruned done;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "secret-one"), 0);
	assert_int_equal(save_file(f, PLAN "/a.txt", "secret-two 囧犇"), 0);
	assert_int_equal(move_to(f, PLAN "/a.txt", PLAN "/secret-name.txt"), 0);
	index_all(f);
	assert_int_equal(save_file(f, PLAN "/secret-name.txt", "secret-three"), 0);
	assert_int_equal(make_file(f, PLAN "/b.txt", "something else"), 0);
	index_all(f);
	reopen(f, true);
	assert_true(file_has(f, "secret-one") && file_has(f, "secret-name"));
	assert_true(number(f,
		"SELECT count(*) FROM search_index_data WHERE instr(block, CAST('犇' AS BLOB))"));
	assert_int_equal(remove_file(f, PLAN "/secret-name.txt"), 0);
	purge_all(f);
	done = forget(f, PLAN "/secret-name.txt", NULL, NULL);
	assert_true(done.rewritten && !done.in_log && !done.no_room);
	assert_int_equal(done.texts, 3);
	assert_false(file_has(f, "secret"));
	assert_false(number(f,
		"SELECT count(*) FROM search_index_data WHERE instr(block, CAST('犇' AS BLOB))"));
	assert_false(file_has(f, "犇"));
	assert_int_equal(
		number(f,
			"SELECT count(*) FROM revision WHERE name IN ('a.txt', 'secret-name.txt')"),
		0);
	expect_text(f, PLAN "/b.txt", "something else");
	nothing_is_left_over(f);
}

static void what_is_there_now_stays(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "secret-one"), 0);
	assert_int_equal(save_file(f, PLAN "/a.txt", "public"), 0);
	reopen(f, true);
	forget(f, PLAN "/a.txt", NULL, NULL);
	expect_text(f, PLAN "/a.txt", "public");
	assert_false(file_has(f, "secret-one"));
	assert_int_equal(count_versions(f, "a.txt"), 1);
	expect_same(draw(f, -1), draw(f, newest(f)), "the newest moment is not the present");
	nothing_is_left_over(f);
}

static void a_directory_is_forgotten_with_all_that_was_in_it(void **state)
{
	struct fixture *f = *state;
	struct pruned done;

	make_plan(f);
	assert_int_equal(make_dir(f, PLAN "/deep"), 0);
	assert_int_equal(make_file(f, PLAN "/deep/a.txt", "secret-one"), 0);
	assert_int_equal(make_file(f, PLAN "/b.txt", "secret-two"), 0);
	assert_int_equal(make_dir(f, PLAN "/away"), 0);
	assert_int_equal(make_file(f, PLAN "/away/c.txt", "kept-one"), 0);
	assert_int_equal(save_file(f, PLAN "/away/c.txt", "kept-two"), 0);
	assert_int_equal(move_to(f, PLAN "/away", "2016/合肥市/away"),
		0); /* is another one's business now */
	assert_int_equal(remove_file(f, PLAN "/deep/a.txt"), 0);
	assert_int_equal(remove_dir(f, PLAN "/deep"), 0);
	reopen(f, true);
	purge_all(f);
	done = forget(f, PLAN, NULL, NULL);
	assert_false(file_has(f, "secret-one"));
	expect_text(f, PLAN "/b.txt", "secret-two"); /* is there now */
	assert_int_equal(done.texts, 1);
	assert_int_equal(count_versions(f, "c.txt"), 2);
	nothing_is_left_over(f);
}

static void who_else_has_the_text_is_told(void **state)
{
	CLEANUP(buf_done) struct buf copies = { 0 };
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "secret"), 0);
	assert_int_equal(make_file(f, PLAN "/a.txt~", "secret"), 0); /* scratch */
	assert_int_equal(make_file(f, PLAN "/b.txt", "secret"), 0);
	assert_int_equal(save_file(f, PLAN "/b.txt", "changed"), 0);
	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES ('2016', '合肥市', "
	       "'2016年教育工作要点', 'c.txt', 'secret')"); /* without a hash */
	assert_int_equal(save_file(f, PLAN "/a.txt", "public"), 0);
	reopen(f, true);
	forget(f, PLAN "/a.txt", add_copy, &copies);
	assert_string_equal(
		buf_str(&copies), PLAN "/a.txt~@now;" PLAN "/b.txt@rev;" PLAN "/c.txt@now;");
}

static void while_others_use_the_file_it_says_so(void **state)
{
	struct fixture *f = *state;
	struct pruned done;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/a.txt", "secret"), 0);
	assert_int_equal(remove_file(f, PLAN "/a.txt"), 0);
	purge_all(f);
	done = forget(f, PLAN "/a.txt", NULL, NULL); /* not exclusive */
	assert_true(done.in_log && !done.rewritten);
	assert_int_equal(done.texts, 1);
}

/* --- snapshots --- */

static void a_snapshot_is_the_tree_of_then(void **state)
{
	struct fixture *f = *state;
	unsigned seed = seed_from(4);
	int round;

	for (round = 0; round < 12; round++) {
		struct fixture copy = { 0 };
		CLEANUP(buf_done) struct buf why = { 0 };
		const struct store_options options = { 0 };
		int64_t rev;
		char *was;

		rev = newest(f);
		was = draw(f, rev);
		act_at_random(f, &seed, 20, NULL);
		snprintf(copy.path, sizeof(copy.path), "%s/copy-%d.db", f->dir, round);
		assert_int_equal(store_backup_at(f->s, rev, copy.path), 0);
		assert_int_equal(store_backup_at(f->s, rev, copy.path), -EEXIST);
		assert_int_equal(store_open(copy.path, &options, &copy.s, &why), 0);
		assert_int_equal(store_check(copy.s, on_finding, NULL), 0);
		expect_same(strdup(was), draw(&copy, -1), "a snapshot");
		expect_same(was, draw(&copy, newest(&copy)), "the newest moment of a snapshot");
		/* it lives on: numbers are not given twice */
		act_at_random(&copy, &seed, 10, NULL);
		assert_int_equal(store_check(copy.s, on_finding, NULL), 0);
		expect_same(draw(&copy, -1), draw(&copy, newest(&copy)), "a changed snapshot");
		sqlite3_close(copy.db);
		store_close(copy.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(kept_days_stay_exactly_what_they_were),
		CASE(the_present_and_its_marks_stay_without_any_rule),
		CASE(rules_that_keep_everything_forget_nothing),
		CASE(what_was_overwritten_unseen_is_kept_as_long_as_a_rule_reaches),
		CASE(a_text_that_is_still_open_is_not_deleted),
		CASE(a_text_that_another_file_has_is_not_deleted),
		CASE(a_text_that_the_index_holds_for_another_file_is_not_deleted),
		CASE(a_text_that_the_index_holds_for_a_file_that_waits_is_not_deleted),
		cmocka_unit_test(spans_are_read_strictly),
		cmocka_unit_test(days_are_those_of_the_calendar),
		CASE(what_is_forgotten_is_nowhere_in_the_file),
		CASE(what_is_there_now_stays),
		CASE(a_directory_is_forgotten_with_all_that_was_in_it),
		CASE(who_else_has_the_text_is_told),
		CASE(while_others_use_the_file_it_says_so),
		CASE(a_snapshot_is_the_tree_of_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
