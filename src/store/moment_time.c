/*
 * From the words for a time to nanoseconds, and from these to the borders of minutes, hours, days and months as
 * the clock on the wall has them: with summer time, hours that are missing and hours that come twice.
 */
#include "store_moment_priv.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { HOUR_S = 3600, SEARCH_S = 4 * HOUR_S };

static bool shows(time_t t, const struct tm *wanted)
{
	struct tm tm;

	return localtime_r(&t, &tm) && tm.tm_year == wanted->tm_year &&
	       tm.tm_mon == wanted->tm_mon && tm.tm_mday == wanted->tm_mday &&
	       tm.tm_hour == wanted->tm_hour && tm.tm_min == wanted->tm_min &&
	       tm.tm_sec == wanted->tm_sec;
}

/* What the clock shows at @t, as a number that grows but where it is set back. */
static int64_t clock_number(const struct tm *tm)
{
	return ((((tm->tm_year * INT64_C(12) + tm->tm_mon) * 31 + tm->tm_mday - 1) * 24 +
			tm->tm_hour) *
			       60 +
		       tm->tm_min) *
		       60 +
	       tm->tm_sec;
}

/* The first second near @guess at which the clock shows @wanted or more: it was set forward over it. */
static time_t find_jump(time_t guess, const struct tm *wanted)
{
	time_t low = guess - SEARCH_S, high = guess + SEARCH_S;
	struct tm tm;

	while (low < high) {
		time_t middle = low + (high - low) / 2;

		if (!localtime_r(&middle, &tm))
			return guess;
		if (clock_number(&tm) >= clock_number(wanted))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * The second at which the clock on the wall shows @wanted (normalized first): of two the later one when
 * @later. When it never does, because the clock was set forward, the second at which that happened.
 */
static time_t local_second(const struct tm *wanted, bool later)
{
	struct tm tm = *wanted, plain = *wanted;
	time_t guess, found = 0;
	bool any = false;
	int shift;

	(void)timegm(&plain); /* 24:00 becomes 0:00 of the next day, the 13th month January */
	tm.tm_isdst = -1;
	guess = mktime(&tm);
	for (shift = -SEARCH_S; shift <= SEARCH_S; shift += HOUR_S / 4) {
		if (!shows(guess + shift, &plain) || (any && !later))
			continue;
		found = guess + shift;
		any = true;
	}
	return any ? found : find_jump(guess, &plain);
}

int64_t moment_ns(int64_t seconds, int64_t ns)
{
	int64_t all;

	if (__builtin_mul_overflow(seconds, INT64_C(1000000000), &all) ||
		__builtin_add_overflow(all, ns, &all))
		return seconds < 0 ? INT64_MIN : INT64_MAX;
	return all;
}

int64_t moment_period_begin(enum moment_period period, int64_t time, int step)
{
	int64_t seconds = time / 1000000000 - (time % 1000000000 < 0);
	time_t t = seconds;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return time;
	tm.tm_sec = 0;
	if (period == MOMENT_MINUTE || period == MOMENT_HOUR) {
		/* counted, and not read off the clock, which may show the same hour twice */
		int unit = period == MOMENT_MINUTE ? 60 : HOUR_S;
		int64_t offset = tm.tm_gmtoff;
		int64_t local = seconds + offset;

		local -= (local % unit + unit) % unit;
		return moment_ns(local - offset + (int64_t)step * unit, 0);
	}
	tm.tm_min = tm.tm_hour = 0;
	if (period == MOMENT_DAY)
		tm.tm_mday += step;
	else
		tm.tm_mday = 1, tm.tm_mon += step;
	return moment_ns(local_second(&tm, false), 0);
}

/* --- words --- */

static bool take_digits(const char **at, int n, int *ret_number)
{
	int i, number = 0;

	for (i = 0; i < n; i++) {
		if (!isdigit((unsigned char)(*at)[i]))
			return false;
		number = number * 10 + (*at)[i] - '0';
	}
	*at += n;
	*ret_number = number;
	return true;
}

static bool take_char(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* "2026-11-21". Is it a day of the calendar? */
static bool take_date(const char **at, char separator, struct tm *tm)
{
	struct tm same;

	if (!take_digits(at, 4, &tm->tm_year) || !take_char(at, separator) ||
		!take_digits(at, 2, &tm->tm_mon) || !take_char(at, separator) ||
		!take_digits(at, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	same = *tm;
	(void)timegm(&same);
	return tm->tm_mon >= 0 && same.tm_mon == tm->tm_mon && same.tm_mday == tm->tm_mday;
}

/* "10:15" or "10:15:30"; dots will do as well, as in names for Windows. */
static bool take_clock(const char **at, struct tm *tm, bool *ret_has_seconds)
{
	char separator;

	if (!take_digits(at, 2, &tm->tm_hour))
		return false;
	separator = **at;
	if ((separator != ':' && separator != '.') || !take_char(at, separator) ||
		!take_digits(at, 2, &tm->tm_min))
		return false;
	*ret_has_seconds = **at == separator;
	if (*ret_has_seconds && (!take_char(at, separator) || !take_digits(at, 2, &tm->tm_sec)))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

/* ".123": the end of what was named, so that a time that was printed short is not before what it tells of. */
static bool take_fraction(const char **at, int64_t *ret_ns)
{
	int64_t unit = 1000000000, ns = 0;

	if (take_char(at, '.')) {
		if (!isdigit((unsigned char)**at))
			return false;
		for (; isdigit((unsigned char)**at); (*at)++) {
			if (unit == 1)
				return false;
			unit /= 10;
			ns += (**at - '0') * unit;
		}
	}
	*ret_ns = ns + unit - 1;
	return true;
}

/* "Z", "+08:00", "+0800", "+08" or nothing. */
static bool take_zone(const char **at, bool *ret_given, int *ret_seconds)
{
	int sign = **at == '-' ? -1 : 1, hours = 0, minutes = 0;

	*ret_seconds = 0;
	*ret_given = **at != '\0';
	if (!**at || take_char(at, 'Z'))
		return **at == '\0';
	if (!take_char(at, '+') && !take_char(at, '-'))
		return false;
	if (!take_digits(at, 2, &hours))
		return false;
	(void)take_char(at, ':');
	if (**at && !take_digits(at, 2, &minutes))
		return false;
	*ret_seconds = sign * (hours * HOUR_S + minutes * 60);
	return **at == '\0' && hours < 24 && minutes < 60;
}

/* A day: its end. */
static bool parse_date(const char *at, int64_t *ret_time)
{
	struct tm tm = { 0 };

	if (!take_date(&at, '-', &tm) || *at)
		return false;
	tm.tm_mday++;
	*ret_time = moment_ns(local_second(&tm, false), -1);
	return true;
}

static bool parse_time(const char *at, int64_t *ret_time)
{
	bool has_seconds, has_zone;
	struct tm tm = { 0 };
	int64_t ns = 999999999;
	int offset;

	if (!take_date(&at, '-', &tm) || (!take_char(&at, 'T') && !take_char(&at, ' ')) ||
		!take_clock(&at, &tm, &has_seconds) || (has_seconds && !take_fraction(&at, &ns)) ||
		!take_zone(&at, &has_zone, &offset))
		return false;
	if (has_zone)
		*ret_time = moment_ns((int64_t)timegm(&tm) - offset, ns);
	else
		*ret_time = moment_ns(local_second(&tm, true), ns);
	return true;
}

/* As Samba writes it: "@GMT-2026.11.21-02.15.00". */
static bool parse_gmt(const char *at, int64_t *ret_time)
{
	struct tm tm = { 0 };
	bool has_seconds;

	if (strncmp(at, "@GMT-", 5) != 0)
		return false;
	at += 5;
	if (!take_date(&at, '.', &tm) || !take_char(&at, '-') ||
		!take_clock(&at, &tm, &has_seconds) || !has_seconds || *at)
		return false;
	*ret_time = moment_ns(timegm(&tm), 999999999);
	return true;
}

/* "-90s", "-30m", "-2h", "-7d", "-3w". */
static bool parse_ago(const char *at, int64_t now, int64_t *ret_time)
{
	static const struct {
		char unit;
		int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', HOUR_S }, { 'd', 24 * HOUR_S },
		{ 'w', 7 * 24 * HOUR_S } };
	int64_t n = 0, ago;
	size_t i;

	if (*at++ != '-' || !isdigit((unsigned char)*at))
		return false;
	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *at - '0', &n))
			n = INT64_MAX; /* a long time */
	for (i = 0; i < ARRAY_LEN(units) && units[i].unit != *at; i++)
		;
	if (i == ARRAY_LEN(units) || at[1])
		return false;
	if (__builtin_mul_overflow(n, units[i].seconds * INT64_C(1000000000), &ago) ||
		__builtin_sub_overflow(now, ago, ret_time))
		*ret_time = INT64_MIN;
	return true;
}

enum moment_words moment_parse(const char *words, int64_t now, int64_t *ret_time)
{
	if (strcmp(words, "now") == 0) {
		*ret_time = INT64_MAX;
		return MOMENT_MOVES;
	}
	if (strcmp(words, "today") == 0 || strcmp(words, "yesterday") == 0) {
		int64_t end = moment_period_begin(MOMENT_DAY, now, words[0] == 't');

		*ret_time = end == INT64_MIN ? end : end - 1;
		return MOMENT_MOVES;
	}
	if (parse_ago(words, now, ret_time))
		return MOMENT_MOVES;
	if (parse_date(words, ret_time) || parse_time(words, ret_time) ||
		parse_gmt(words, ret_time))
		return MOMENT_STANDS;
	return MOMENT_NONE;
}
