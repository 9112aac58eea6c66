/* Which revision the words for a moment mean; periods with changes; marks. */
#include "store_fixture.h"

#include "planfs/moment.h"

#include <errno.h>
#include <time.h>

#define S INT64_C(1000000000)

/* 2026-11-21T10:15:30Z */
#define NOON INT64_C(1795256130)

static void set_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

/* Revisions 1 to n with these times, each a directory "1", "2" … */
static void make_times(struct fixture *f, const int64_t *times, int n)
{
	char name[16], text[128];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%d", i + 1);
		assert_int_equal(make_dir(f, name), 0);
		snprintf(text, sizeof(text), "UPDATE revision SET time = %lld WHERE rev = %d",
			(long long)times[i], i + 1);
		sql(f, text);
	}
}

struct word {
	const char *moment;
	int64_t rev; /* < 0: an error */
	bool fixed;
};

static void expect_words(struct fixture *f, int64_t now, const struct word *words, size_t n)
{
	int64_t rev;
	bool fixed;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		rev = -1;
		r = moment_find(f->s, words[i].moment, now, &rev, &fixed);
		if (words[i].rev < 0 ? r != words[i].rev : r != 0 || rev != words[i].rev)
			fail_msg("%s: %d, revision %lld", words[i].moment, r, (long long)rev);
		if (r == 0 && fixed != words[i].fixed)
			fail_msg("%s: fixed %d", words[i].moment, fixed);
	}
}

static void a_moment_is_a_time_or_a_number(void **state)
{
	/* 9:00, 10:15:30, 10:15:30.5, 23:59:59.9 UTC of the 21st, and 0:00 of the 22nd */
	static const int64_t times[] = { NOON * S - 4530 * S, NOON * S, NOON * S + S / 2,
		NOON * S + 49469 * S + S / 10 * 9, NOON * S + 49470 * S };
	static const struct word words[] = {
		{ "2026-11-20", 0, true },
		{ "2026-11-21", 4, true },
		{ "2026-11-22", 5, true },
		{ "2026-11-21T08:59:59", 0, true },
		{ "2026-11-21T09:00", 1, true },
		{ "2026-11-21T09.00", 1, true },
		{ "2026-11-21T10:15", 1, true },
		{ "2026-11-21T10:15:29", 1, true },
		{ "2026-11-21T10:15:29.999999999", 1, true },
		{ "2026-11-21T10:15:30", 3, true },
		{ "2026-11-21T10:15:30.000", 2, true },
		{ "2026-11-21T10:15:30.499", 2, true },
		{ "2026-11-21T10:15:30.5", 3, true },
		{ "2026-11-21 10:15:30Z", 3, true },
		{ "2026-11-21T10.15.30", 3, true },
		{ "2026-11-21T10.15.30.2Z", 2, true },
		{ "2026-11-21T18:15:30+08:00", 3, true },
		{ "2026-11-21T18:15:29+0800", 1, true },
		{ "2026-11-21T18:15:30.1+08", 2, true },
		{ "2026-11-21T04:45:30-05:30", 3, true },
		{ "@GMT-2026.11.21-10.15.30", 3, true },
		{ "@GMT-2026.11.21-10.15.29", 1, true },
		{ "1969-12-31", 0, true },
		{ "0001-01-01", 0, true },
		{ "rev-0", 0, true },
		{ "rev-3", 3, true },
		{ "rev-0005", 5, true },
		{ "rev-6", -ENOENT, false },
		{ "rev-99999999999999999999999", -ENOENT, false },
		{ "now", 5, false },
		{ "today", 5, false },
		{ "yesterday", 5, false },
		{ "-90s", 5, false },
		{ "-2d", 5, false },
		{ "-48h", 5, false },
		{ "-2880m", 5, false },
		{ "-172801s", 3, false },
		{ "-1w", 0, false },
		{ "-99999999999999999999w", 0, false },
		{ "2026-11-23T23:59:00", 5,
			false }, /* just now: something may still be under way */
		{ "2026-11-24", 5, false },
		{ "2099-01-01", 5, false },
		{ "9999-12-31", 5, false },
	};
	static const char *const bad[] = { "", "2026", "2026-11", "2026-13-01", "2026-02-29",
		"2026-11-00", "2026-11-31", "2026-11-21T", "2026-11-21T10", "2026-11-21T24:00",
		"2026-11-21T10:60", "2026-11-21T10:15:60", "2026-11-21T10:15:30.",
		"2026-11-21T10:15.30", "2026-11-21T10.15:30", "2026-11-21T10:15:30.0000000001",
		"2026-11-21T10:15X", "2026-11-21T10:15+", "2026-11-21T10:15+8",
		"2026-11-21T10:15+24:00", "2026-11-21T10:15Zx", "2026-11-21T10:15+08:0",
		"2026-11-21x", " 2026-11-21", "2026-11-21 ", "-5", "-s", "-5x", "-5ss", "--5s",
		"rev-", "rev-1x", "rev--1", "REV-1", "@GMT-2026.11.21", "@GMT-2026.11.21-10.15",
		"@GMT-2026.02.30-10.15.30", "@GMT-2026-11-21-10.15.30", "Now", "tomorrow", "\xFF",
		"rev-1/..", "2026-11-21\n", "%s" };
	struct fixture *f = *state;
	int64_t now = (NOON + 2 * 86400 + 49470) * S; /* 0:00 of the 24th */
	size_t i;

	set_zone("UTC");
	make_times(f, times, ARRAY_LEN(times));
	expect_words(f, now, words, ARRAY_LEN(words));
	for (i = 0; i < ARRAY_LEN(bad); i++)
		expect_words(f, now, &(struct word){ bad[i], -ENOENT, false }, 1);
}

static void days_are_those_of_the_clock_on_the_wall(void **state)
{
	/* the 21st in China is from 16:00 of the 20th on */
	static const int64_t times[] = { (NOON - 65730) * S - 1, (NOON - 65730) * S,
		(NOON + 20670) * S - 1, (NOON + 20670) * S };
	static const struct word words[] = {
		{ "2026-11-20", 1, true },
		{ "2026-11-21", 3, true },
		{ "2026-11-22", 4, false },
		{ "2026-11-21T00:00", 2, true },
		{ "yesterday", 3, false },
		{ "today", 4, false },
	};
	struct fixture *f = *state;

	set_zone("CST-8");
	make_times(f, times, ARRAY_LEN(times));
	expect_words(f, (NOON + 20670 + 3600) * S, words, ARRAY_LEN(words));
}

static void summer_time_begins_and_ends(void **state)
{
	/* 2026-03-29: 2:00 is 3:00 at 1:00Z; 2026-10-25: 3:00 is 2:00 at 1:00Z */
	static const int64_t times[] = {
		1774745999 * S,     /* 1:59:59 */
		1774746000 * S,     /* 3:00:00 */
		1774821600 * S - 1, /* the end of a day of 23 hours */
		1774821600 * S,
		1792888200 * S,     /* 2:30 in summer */
		1792891800 * S,     /* 2:30 in winter */
		1792969200 * S - 1, /* the end of a day of 25 hours */
		1792969200 * S,
	};
	static const struct word words[] = {
		{ "2026-03-29T01:59:59", 1, true },
		{ "2026-03-29T02:00", 2, true }, /* left out: when it happened */
		{ "2026-03-29T02:30", 2, true },
		{ "2026-03-29T03:00", 2, true },
		{ "2026-03-29", 3, true },
		{ "2026-10-25T02:29", 5, true }, /* the second 2:29 lies between */
		{ "2026-10-25T02:30", 6, true }, /* twice: the second */
		{ "2026-10-25T02:30+02:00", 5, true },
		{ "2026-10-25T02:30+01:00", 6, true },
		{ "2026-10-25", 7, true },
		{ "2026-10-26", 8, true },
	};
	struct fixture *f = *state;

	set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	make_times(f, times, ARRAY_LEN(times));
	expect_words(f, NOON * S, words, ARRAY_LEN(words));
}

static void a_day_may_begin_at_one_o_clock(void **state)
{
	/* the clock is set forward at midnight, which is left out, as in Lebanon */
	static const int64_t times[] = { 1774735200 * S - 1, 1774735200 * S };
	static const struct word words[] = {
		{ "2026-03-28", 1, true },
		{ "2026-03-29T00:30", 2, true },
		{ "2026-03-29", 2, true },
	};
	struct fixture *f = *state;

	set_zone("EET-2EEST,M3.5.0/0,M10.5.0/0");
	make_times(f, times, ARRAY_LEN(times));
	expect_words(f, NOON * S, words, ARRAY_LEN(words));
}

static void clocks_that_were_wrong_hide_little(void **state)
{
	/* ahead by a day for one change; at 1970 for another; coarser than the one before */
	static const int64_t times[] = { 1000 * S, 2000 * S, 90000 * S, 2100 * S, 5 * S, 3000 * S,
		4000 * S + 500, 4000 * S };
	static const struct word words[] = {
		{ "1970-01-01T00:16:40", 1, true },
		{ "1970-01-01T00:34:00", 2, true },
		{ "1970-01-01T00:36:00", 5, true },
		{ "1970-01-01T00:50:00", 6, true },
		{ "1970-01-01T02:00:00", 8, true },
		{ "1970-01-02", 8, true },
		{ "now", 8, false },
	};
	struct fixture *f = *state;

	set_zone("UTC");
	make_times(f, times, ARRAY_LEN(times));
	expect_words(f, NOON * S, words, ARRAY_LEN(words));
}

static int pretend(struct txn *t, void *arg)
{
	const int64_t *time = arg;
	struct inode dir = {
		.mode = S_IFDIR | 0755, .mtime = *time, .ctime = *time, .btime = *time
	};

	txn_pretend(t, "li", NULL, *time);
	return txn_create(t, STORE_ROOT, "loaded", &dir, NULL);
}

static void what_was_loaded_does_not_move_the_past(void **state)
{
	static const int64_t times[] = { 1000 * S, 2000 * S };
	static const struct word words[] = {
		{ "1970-01-01T00:16:40", 1, true },
		{ "1970-01-01T00:30:00", 1, true },
		{ "1970-01-01T00:40:00", 2, true },
	};
	int64_t loaded = 1500 * S;
	const struct change c = { .apply = pretend, .arg = &loaded, .wait_ms = 1000 };
	struct fixture *f = *state;

	set_zone("UTC");
	make_times(f, times, ARRAY_LEN(times));
	assert_int_equal(store_change(f->s, &c), 0);
	expect_rows(f, "SELECT time, origin < 0 FROM revision ORDER BY rev DESC LIMIT 1",
		"1500000000000|1");
	expect_words(f, NOON * S, words, 2);
	expect_words(f, NOON * S, &(struct word){ "now", 3, false }, 1);
}

/* --- periods --- */

struct periods {
	char text[1000];
	int n;
};

static int add_period(void *arg, int64_t begin, int64_t end)
{
	struct periods *p = arg;
	char a[32], b[32];
	time_t first = begin / S, last = end / S;
	struct tm tm;

	assert_int_equal((end + 1) % S, 0);
	strftime(a, sizeof(a), "%m-%dT%H:%M", localtime_r(&first, &tm));
	strftime(b, sizeof(b), "%m-%dT%H:%M:%S", localtime_r(&last, &tm));
	snprintf(p->text + strlen(p->text), sizeof(p->text) - strlen(p->text), "%s..%s ", a, b);
	p->n++;
	return 0;
}

static void expect_periods(
	struct fixture *f, enum moment_period period, unsigned max, const char *expected)
{
	const struct moment_range range = { .from = 0, .to = INT64_MAX, .max = max };
	struct periods p = { 0 };

	assert_int_equal(moment_periods(f->s, period, &range, add_period, &p), 0);
	assert_string_equal(p.text, expected);
}

static void periods_with_changes_are_found(void **state)
{
	static const int64_t times[] = {
		1774738800 * S,                 /* 03-29 0:00 */
		1774745999 * S,                 /* 03-29 1:59:59 */
		1774746000 * S,                 /* 03-29 3:00 */
		1792888200 * S,                 /* 10-25 2:30 in summer */
		1792891800 * S,                 /* 10-25 2:30 in winter */
		1792891801 * S, 1792969200 * S, /* 10-26 0:00 */
	};
	const struct moment_range some = {
		.from = 1774746000 * S, .to = 1792891800 * S, .max = 100
	};
	struct fixture *f = *state;
	struct periods p = { 0 };

	set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	make_times(f, times, ARRAY_LEN(times));
	expect_periods(f, MOMENT_DAY, 100,
		"10-26T00:00..10-26T23:59:59 10-25T00:00..10-25T23:59:59 03-29T00:00..03-29T23:59:59 ");
	expect_periods(
		f, MOMENT_DAY, 2, "10-26T00:00..10-26T23:59:59 10-25T00:00..10-25T23:59:59 ");
	expect_periods(
		f, MOMENT_MONTH, 100, "10-01T00:00..10-31T23:59:59 03-01T00:00..03-31T23:59:59 ");
	expect_periods(f, MOMENT_HOUR, 100,
		"10-26T00:00..10-26T00:59:59 10-25T02:00..10-25T02:59:59 10-25T02:00..10-25T02:59:59 "
		"03-29T03:00..03-29T03:59:59 03-29T01:00..03-29T01:59:59 03-29T00:00..03-29T00:59:59 ");
	expect_periods(
		f, MOMENT_MINUTE, 2, "10-26T00:00..10-26T00:00:59 10-25T02:30..10-25T02:30:59 ");
	assert_int_equal(moment_periods(f->s, MOMENT_HOUR, &some, add_period, &p), 0);
	assert_string_equal(p.text, "10-25T02:00..10-25T02:59:59 03-29T03:00..03-29T03:59:59 ");
}

static void no_change_is_no_period(void **state)
{
	expect_periods(*state, MOMENT_DAY, 10, "");
}

/* --- marks --- */

struct marking {
	const char *name;
	int64_t rev;
};

static int set(struct txn *t, void *arg)
{
	const struct marking *m = arg;

	return txn_set_mark(t, m->name, m->rev);
}

static int drop(struct txn *t, void *arg)
{
	return txn_delete_mark(t, ((const struct marking *)arg)->name);
}

static int mark(struct fixture *f, const char *name, int64_t rev)
{
	struct marking m = { name, rev };
	const struct change c = {
		.apply = rev < 0 ? drop : set, .arg = &m, .author = "li", .wait_ms = 1000
	};

	return store_change(f->s, &c);
}

static int add_mark(void *arg, const struct mark *m)
{
	char *text = arg;

	sprintf(text + strlen(text), "%s %lld %s;", m->name, (long long)m->rev, m->author);
	assert_true(m->time > NOON * S / 2);
	return 0;
}

static void marks_are_moments(void **state)
{
	static const int64_t times[] = { 1000 * S, 2000 * S, 3000 * S };
	struct fixture *f = *state;
	char text[200] = "";

	make_times(f, times, ARRAY_LEN(times));
	assert_int_equal(mark(f, "报送稿", 2), 0);
	assert_int_equal(mark(f, "送审", 1), 0);
	assert_int_equal(mark(f, "报送稿", 3), -EEXIST);
	expect_words(f, NOON * S, &(struct word){ "报送稿", 2, false }, 1);
	assert_int_equal(mark_each(f->s, add_mark, text), 0);
	assert_string_equal(text, "送审 1 li;报送稿 2 li;");
	assert_int_equal(mark(f, "报送稿", -1), 0);
	assert_int_equal(mark(f, "报送稿", -1), -ENOENT);
	expect_words(f, NOON * S, &(struct word){ "报送稿", -ENOENT, false }, 1);
	assert_int_equal(mark(f, "报送稿", 3), 0);
	expect_words(f, NOON * S, &(struct word){ "报送稿", 3, false }, 1);
}

static void names_of_marks_mean_nothing_else(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", ".hidden", "-x", "~x", "#x", "a:b",
		"a*", "a?", "a|b", "a<b", "a\"", "a\\b", "x@y", "12", "now", "today", "yesterday",
		"-2h", "2026-11-21", "2026-11-21T10:15", "rev-1", "rev-x", "a\nb", "a\x7F", "x.",
		"x ", " x", "x.tmp", "x~", "\xFF\xFE" };
	static const char *const good[] = { "a", "报送稿", "v1.0", "2026", "2026-11", "2026年底",
		"Now", "revision", "a b", "rev", "x-2h", "a(1)" };
	struct fixture *f = *state;
	char name[300];
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++)
		if (mark_refuse(bad[i]) == NULL || mark(f, bad[i], 0) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
	for (i = 0; i < ARRAY_LEN(good); i++)
		if (strcmp(good[i], "2026") != 0 && mark(f, good[i], 0) != 0)
			fail_msg("'%s' was not taken", good[i]);
	memset(name, 'x', 256);
	name[256] = '\0';
	assert_non_null(mark_refuse(name));
	name[255] = '\0';
	assert_null(mark_refuse(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_moment_is_a_time_or_a_number),
		CASE(days_are_those_of_the_clock_on_the_wall),
		CASE(summer_time_begins_and_ends),
		CASE(a_day_may_begin_at_one_o_clock),
		CASE(clocks_that_were_wrong_hide_little),
		CASE(what_was_loaded_does_not_move_the_past),
		CASE(periods_with_changes_are_found),
		CASE(no_change_is_no_period),
		CASE(marks_are_moments),
		CASE(names_of_marks_mean_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
