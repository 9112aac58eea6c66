/*
 * Which moments are listed, of all that there are. .planfs/at: now, the days on which something changed, the newest
 * first, and marks. .planfs/gmt, which Windows shows as previous versions: the ends of the minutes, hours, days and
 * months with changes, the finer the more recent, none of them twice.
 *
 * Who is listed is not looked up: that comes when somebody goes there.
 */
#include "view_priv.h"

#include "planfs/moment.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SECOND    INT64_C(1000000000)
#define UNSETTLED (60 * SECOND) /* what ends later may still change: see moment_find() */

enum {
	DAYS_MAX = 366,
	PERIODS_MAX = 150, /* of one kind in .planfs/gmt */
	MINUTES_HOURS = 1, /* minutes of this hour and as many before it */
	HOURS_DAYS = 2,
	DAYS_MONTHS = 2,
};

/* Places of the kinds of entries, which grow with what is listed later. */
#define PLACE_DAYS  (INT64_C(1) << 36)
#define PLACE_MARKS (INT64_C(1) << 37)

struct list {
	enum view_family family;
	int64_t after, now, marks;
	store_entry_fn *fn;
	void *arg;
};

/* The number is not that which the moment will have. */
static int add(struct list *l, const char *name, int64_t place)
{
	if (place <= l->after)
		return 0;
	return l->fn(
		l->arg, &(struct store_entry){ name, place,
				view_make_inode(view_id(l->family, place), S_IFDIR | 0555, 0) });
}

static int add_day(void *arg, int64_t begin, int64_t end)
{
	time_t t = begin / SECOND;
	struct list *l = arg;
	char name[32];
	struct tm tm;

	if (end >= l->now)
		return 0; /* today is now */
	if (!localtime_r(&t, &tm) || strftime(name, sizeof(name), "%Y-%m-%d", &tm) == 0)
		return 0;
	return add(l, name, PLACE_DAYS - begin / SECOND);
}

static int add_mark(void *arg, const struct mark *mark)
{
	struct list *l = arg;

	return add(l, mark->name, PLACE_MARKS + ++l->marks);
}

int at_list(const struct view_source *v, int64_t after, store_entry_fn *fn, void *arg)
{
	struct list l = { VIEW_AT, after, store_now(), 0, fn, arg };
	const struct moment_range range = { .from = 0, .to = INT64_MAX, .max = DAYS_MAX };
	int r;

	r = add(&l, "now", 1);
	if (r == 0)
		r = moment_periods(v->store, MOMENT_DAY, &range, add_day, &l);
	return r != 0 ? r : mark_each(v->store, add_mark, &l);
}

static int add_gmt(void *arg, int64_t begin, int64_t end)
{
	time_t t = end / SECOND;
	struct list *l = arg;
	char name[40];
	struct tm tm;

	(void)begin;
	if (end >= l->now - UNSETTLED)
		return 0;
	if (!gmtime_r(&t, &tm) || strftime(name, sizeof(name), "@GMT-%Y.%m.%d-%H.%M.%S", &tm) == 0)
		return 0;
	return add(l, name, PLACE_DAYS - t);
}

int gmt_list(const struct view_source *v, int64_t after, store_entry_fn *fn, void *arg)
{
	struct list l = { VIEW_GMT, after, store_now(), 0, fn, arg };
	int64_t minutes = moment_period_begin(MOMENT_HOUR, l.now, -MINUTES_HOURS);
	int64_t hours = moment_period_begin(MOMENT_DAY, minutes, -HOURS_DAYS);
	int64_t days = moment_period_begin(MOMENT_MONTH, hours, -DAYS_MONTHS);
	const struct {
		enum moment_period period;
		struct moment_range range;
	} parts[] = {
		{ MOMENT_MINUTE, { minutes, l.now, PERIODS_MAX } },
		{ MOMENT_HOUR, { hours, minutes, PERIODS_MAX } },
		{ MOMENT_DAY, { days, hours, PERIODS_MAX } },
		{ MOMENT_MONTH, { 0, days, PERIODS_MAX } },
	};
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_LEN(parts) && r == 0; i++)
		r = moment_periods(v->store, parts[i].period, &parts[i].range, add_gmt, &l);
	return r;
}
