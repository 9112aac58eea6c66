/* Which moments the rules of planfs/prune.h keep. */
#include "store_prune_priv.h"

#include "planfs/array.h"
#include "planfs/moment.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SPAN_MAX = 1000000, PERIODS_MAX = 1000000 };

int prune_parse_span(const char *words, struct prune_span *ret_span)
{
	static const struct {
		char letter;
		enum prune_unit unit;
	} units[] = { { 'h', PRUNE_HOURS }, { 'd', PRUNE_DAYS }, { 'w', PRUNE_WEEKS },
		{ 'y', PRUNE_YEARS } };
	unsigned long n;
	char *end;
	size_t i;

	if (strcmp(words, "forever") == 0 || strcmp(words, "0") == 0) {
		*ret_span = (struct prune_span){ words[0] == '0' ? PRUNE_NONE : PRUNE_FOREVER, 0 };
		return 0;
	}
	if (!isdigit((unsigned char)words[0]))
		return -EINVAL;
	errno = 0;
	n = strtoul(words, &end, 10);
	for (i = 0; i < ARRAY_LEN(units); i++) {
		if (end[0] != units[i].letter || end[1] || errno || n > SPAN_MAX)
			continue;
		*ret_span = (struct prune_span){ n ? units[i].unit : PRUNE_NONE, (unsigned)n };
		return 0;
	}
	return -EINVAL;
}

/* @now, @days and @years earlier by the calendar. */
static int64_t calendar_before(int64_t now, int days, int years)
{
	time_t seconds = now / 1000000000;
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return INT64_MIN;
	tm.tm_mday -= days;
	tm.tm_year -= years;
	tm.tm_isdst = -1; /* the clock on the wall shows the same */
	errno = 0;
	seconds = mktime(&tm);
	if (seconds < INT64_MIN / 1000000000 || (seconds == -1 && errno))
		return INT64_MIN;
	return seconds * 1000000000 + now % 1000000000;
}

int64_t prune_begin(const struct prune_span *span, int64_t now)
{
	switch (span->unit) {
	case PRUNE_HOURS:
		return now - (int64_t)span->n * 3600 * 1000000000;
	case PRUNE_DAYS:
		return calendar_before(now, (int)span->n, 0);
	case PRUNE_WEEKS:
		return calendar_before(now, (int)span->n * 7, 0);
	case PRUNE_YEARS:
		return span->n > 250 ? INT64_MIN : calendar_before(now, 0, (int)span->n);
	case PRUNE_FOREVER:
		return INT64_MIN;
	default:
		return now;
	}
}

/* Moments as they are found, in any order. */
struct finding {
	struct store *s;
	int64_t now;
	struct prune_moments moments;
	size_t capacity;
};

static int add_moment(struct finding *f, int64_t rev)
{
	struct prune_moments *m = &f->moments;

	if (array_grow(&m->revs, m->n, &f->capacity, sizeof(*m->revs)) < 0)
		return -ENOMEM;
	m->revs[m->n++] = rev;
	return 0;
}

/* The revision that a time names, as anybody would name it. */
static int find_rev(struct finding *f, int64_t time, int64_t *ret_rev)
{
	time_t seconds = time / 1000000000 - (time % 1000000000 < 0);
	char words[64];
	size_t len;
	struct tm tm;
	bool fixed;

	if (time >= f->now)
		return moment_find(f->s, "now", f->now, ret_rev, &fixed);
	if (!gmtime_r(&seconds, &tm) || tm.tm_year < 0) {
		*ret_rev = 0; /* before everything */
		return 0;
	}
	len = strftime(words, sizeof(words), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(words + len, sizeof(words) - len, ".%09dZ",
		(int)(time - (int64_t)seconds * 1000000000));
	return moment_find(f->s, words, f->now, ret_rev, &fixed);
}

static int add_time(struct finding *f, int64_t time)
{
	int64_t rev = 0;
	int r = find_rev(f, time, &rev);

	return r < 0 ? r : add_moment(f, rev);
}

static int add_period(void *arg, int64_t begin, int64_t end)
{
	(void)begin;
	return add_time(arg, end);
}

/* The ends of the periods from @from to @to, and the state that the first one began with. */
static int add_periods(struct finding *f, enum moment_period period, int64_t from, int64_t to)
{
	const struct moment_range range = { from, to, PERIODS_MAX };
	int r;

	if (from >= to)
		return 0;
	r = add_time(f, from);
	return r < 0 ? r : moment_periods(f->s, period, &range, add_period, f);
}

static int add_mark(void *arg, const struct mark *mark)
{
	return add_moment(arg, mark->rev);
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void sort_moments(struct prune_moments *m)
{
	size_t i, n = 0;

	if (m->n > 0)
		qsort(m->revs, m->n, sizeof(*m->revs), by_number);
	for (i = 0; i < m->n; i++)
		if (m->revs[i] > 0 && (n == 0 || m->revs[i] != m->revs[n - 1]))
			m->revs[n++] = m->revs[i];
	m->n = n;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int prune_find_moments(struct store *s, const struct prune_rules *rules, int64_t now,
	struct prune_moments *ret_moments)
{
	int64_t all = prune_begin(&rules->all, now), daily = prune_begin(&rules->daily, now),
		monthly = prune_begin(&rules->monthly, now);
	struct finding f = { .s = s, .now = now };
	int64_t before_all = 0, before_rules = 0;
	int r;

	r = find_rev(&f, all, &before_all);
	if (r == 0)
		r = find_rev(&f, least(all, least(daily, monthly)), &before_rules);
	if (r == 0)
		r = add_moment(&f, before_all);
	if (r == 0)
		r = add_periods(&f, MOMENT_DAY, daily, all);
	if (r == 0)
		r = add_periods(&f, MOMENT_MONTH, monthly, all);
	if (r == 0)
		r = mark_each(s, add_mark, &f);
	if (r < 0) {
		prune_moments_done(&f.moments);
		return r;
	}
	sort_moments(&f.moments);
	f.moments.all_from = before_all + 1;
	f.moments.rules_from = before_rules + 1;
	*ret_moments = f.moments;
	return 0;
}

void prune_moments_done(struct prune_moments *m)
{
	free(m->revs);
	*m = (struct prune_moments){ 0 };
}
