/* Which revision a moment is: times, numbers and marks. */
#include "store_moment_priv.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* A change is committed after the time that it bears, by seconds when it waits for a lock. */
#define SETTLED_NS INT64_C(60000000000)

static int one_number(
	struct conn *c, enum sql_id sql, const struct look_key *key, int64_t *ret_number)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, sql);
	int r;

	if (sqlite3_bind_parameter_count(st) > 0)
		sqlite3_bind_int64(st, 1, key->rev);
	if (sqlite3_bind_parameter_count(st) > 1)
		sqlite3_bind_int64(st, 2, key->id);
	r = stmt_row(st, "find a moment");
	if (r > 0 && sqlite3_column_type(st, 0) == SQLITE_NULL)
		return 0;
	if (r > 0)
		*ret_number = sqlite3_column_int64(st, 0);
	return r;
}

static int look_newest(struct conn *c, const struct look_key *key, void *ret)
{
	int64_t newest = 0;
	int r;

	r = one_number(c, SQL_MAX_REV, key, &newest);
	if (r >= 0)
		*(int64_t *)ret = newest;
	return r < 0 ? r : 0;
}

/*
 * The last change of a time, and what follows it before the first one of a later time: clocks are set back, and
 * those of other programs are coarser, so that times do not rise with the numbers everywhere. @key->id is the time.
 */
static int look_at_time(struct conn *c, const struct look_key *key, void *ret)
{
	struct look_key from = { .id = key->id };
	int64_t rev = 0;
	int r;

	r = one_number(c, SQL_MOMENT_TIME, &(struct look_key){ .rev = key->id }, &from.rev);
	if (r >= 0)
		r = one_number(c, SQL_MOMENT_LATER, &from, &rev);
	if (r == 0)
		return look_newest(c, key, ret);
	if (r > 0)
		*(int64_t *)ret = rev - 1;
	return r < 0 ? r : 0;
}

static int look_mark(struct conn *c, const struct look_key *key, void *ret)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MARK);
	int r;

	bind_text(st, 1, key->name);
	r = stmt_row(st, "find a mark");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*(int64_t *)ret = sqlite3_column_int64(st, 0);
	return 0;
}

/* "rev-1234". */
static bool parse_number(const char *words, int64_t *ret_rev)
{
	int64_t n = 0;

	if (strncmp(words, "rev-", 4) != 0 || !isdigit((unsigned char)words[4]))
		return false;
	for (words += 4; isdigit((unsigned char)*words); words++)
		if (__builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, *words - '0', &n))
			n = INT64_MAX;
	*ret_rev = n;
	return *words == '\0';
}

static int find_number(struct store *s, int64_t rev, int64_t *ret_rev)
{
	int64_t newest = 0;
	int r;

	r = store_look(s, look_newest, &(struct look_key){ 0 }, &newest);
	if (r < 0)
		return r;
	if (rev > newest)
		return -ENOENT;
	*ret_rev = rev;
	return 0;
}

int moment_find(struct store *s, const char *moment, int64_t now, int64_t *ret_rev, bool *ret_fixed)
{
	enum moment_words words;
	int64_t time = 0, rev = 0;
	bool fixed;
	int r;

	words = moment_parse(moment, now, &time);
	if (words != MOMENT_NONE) {
		fixed = words == MOMENT_STANDS && time < now - SETTLED_NS;
		r = store_look(s, time < now ? look_at_time : look_newest,
			&(struct look_key){ .id = time }, &rev);
	} else if (parse_number(moment, &rev)) {
		fixed = true;
		r = find_number(s, rev, &rev);
	} else {
		fixed = false; /* it can be given to another one */
		r = store_look(s, look_mark, &(struct look_key){ .name = moment }, &rev);
	}
	if (r < 0)
		return r;
	*ret_rev = rev;
	*ret_fixed = fixed;
	return 0;
}

bool moment_is_words(const char *name)
{
	int64_t unused = 0;

	return moment_parse(name, 0, &unused) != MOMENT_NONE || parse_number(name, &unused);
}

/* --- periods with changes --- */

static int look_time_before(struct conn *c, const struct look_key *key, void *ret)
{
	int64_t rev = 0;
	int r;

	r = one_number(c, SQL_MOMENT_BEFORE, &(struct look_key){ .rev = key->id }, &rev);
	if (r > 0)
		*(int64_t *)ret = rev;
	return r;
}

int moment_periods(struct store *s, enum moment_period period, const struct moment_range *range,
	moment_period_fn *fn, void *arg)
{
	int64_t time = range->to, at = 0, begin;
	unsigned n;
	int r = 0;

	for (n = 0; n < range->max && r == 0; n++) {
		r = store_look(s, look_time_before, &(struct look_key){ .id = time }, &at);
		if (r <= 0 || at < range->from)
			return r < 0 ? r : 0;
		begin = moment_period_begin(period, at, 0);
		r = fn(arg, begin, moment_period_begin(period, at, 1) - 1);
		time = begin <= at ? begin : at; /* a clock that is set back in a strange way */
	}
	return r;
}
