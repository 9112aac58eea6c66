/*
 * Sections that a query finds, one after the other, the newest year first. The list of files comes first; their texts are
 * read one by one as rows are asked for, so that whoever wants a few ends the search.
 */
#include "search_rows_priv.h"
#include "store_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PLAN_DEPTH = 3 };

void search_rows_done(struct search_rows *r)
{
	grep_list_done(&r->list);
	query_match_free(r->match);
	query_done(&r->query);
	buf_done(&r->district);
	buf_done(&r->plan);
	buf_done(&r->text);
	*r = (struct search_rows){ .s = r->s, .interrupted = r->interrupted };
}

/* --- limits --- */

/* The number of a year of four digits, or -1. */
static int year_number(const char *s)
{
	return name_is_year(s) && strcmp(s, NAME_UNKNOWN_YEAR) != 0 ? atoi(s) : -1;
}

/* As texts 未知年份 comes behind all numbers. NULL: no limit. */
static void limit_years(struct search_rows *r, const char *from, const char *to)
{
	int first = from ? year_number(from) : 0, last = to ? year_number(to) : GREP_YEAR_MAX;

	if ((!from && !to) || first < 0 || last < 0)
		return;
	r->years = (struct grep_years){ first, last };
	r->wanted.years = &r->years;
	r->wanted.n_years = 1;
	r->wanted.unknown_year = !to;
}

static void limit_year(struct search_rows *r, const char *year)
{
	r->years = (struct grep_years){ year_number(year), year_number(year) };
	r->wanted.unknown_year = strcmp(year, NAME_UNKNOWN_YEAR) == 0;
	if (r->years.from < 0)
		return;
	r->wanted.years = &r->years;
	r->wanted.n_years = 1;
}

static int limit_name(
	struct buf *word, const char **words, struct grep_words *wanted, const char *name)
{
	int r = buf_printf(word, "=%s", name);

	words[0] = buf_str(word);
	*wanted = (struct grep_words){ words, 1 };
	return r;
}

static int set_limits(struct search_rows *rows, int limits, const char *const *values)
{
	const char *value[LIMITS] = { NULL };
	int i, r = 0;

	for (i = 0; i < LIMITS; i++)
		if (limits & 1 << i)
			value[i] = *values++;
	if (value[0])
		limit_year(rows, value[0]);
	else
		limit_years(rows, value[3], value[4]);
	if (value[1])
		r = limit_name(&rows->district, rows->districts, &rows->wanted.districts, value[1]);
	if (r == 0 && value[2])
		r = limit_name(&rows->plan, rows->plans, &rows->wanted.plans, value[2]);
	return r;
}

/* --- rows --- */

static int list_files(struct search_rows *rows)
{
	CLEANUP(search_closep) struct search *q = NULL;
	int r;

	rows->needs = query_match_needs(rows->match);
	rows->wanted.any = &rows->needs;
	rows->wanted.n_any = rows->needs.n > 0;
	rows->wanted.path = "";
	rows->wanted.order = GREP_NEWEST;
	r = grep_list_init(&rows->list, &rows->wanted);
	if (r == 0)
		r = search_open(rows->s, &q);
	if (r == 0)
		r = grep_find(rows->s, q, &rows->list);
	if (r == 0)
		grep_list_sort(&rows->list);
	return r;
}

static bool is_section(const struct grep_item *item)
{
	return item->dir->depth == PLAN_DEPTH && item->dir->plan && name_is_section(item->name);
}

static int read_text(struct search_rows *rows)
{
	struct conn *c;
	int r;

	rows->text.len = 0;
	r = reader_get(rows->s, &c);
	if (r < 0)
		return r;
	r = grep_read_text(rows->s, c, &rows->list.items[rows->at], &rows->text);
	reader_put(rows->s, c);
	return r;
}

/* Is the present row one? Returns 1 or 0. */
static int look(struct search_rows *rows)
{
	const struct grep_item *item = search_rows_item(rows);
	const struct grep_dir *dir = item->dir;
	int r;

	if (!is_section(item) || !query_admits(&rows->query, dir->year, dir->district, dir->plan))
		return 0;
	r = read_text(rows);
	if (r <= 0) /* gone since the list was made, or damaged, which the log tells */
		return r == -ENOMEM ? r : 0;
	return query_match_text(rows->match, buf_str(&rows->text), rows->text.len);
}

/* From the present row on. */
static int find_row(struct search_rows *rows)
{
	int r = 0;

	while (r == 0 && !search_rows_are_over(rows)) {
		r = *rows->interrupted ? -EINTR : look(rows);
		if (r == 0)
			rows->at++;
	}
	return r < 0 ? r : 0;
}

int search_rows_begin(struct search_rows *rows, int limits, const char *const *values)
{
	int r;

	r = query_match_new(&rows->query, &rows->match);
	if (r == 0)
		r = set_limits(rows, limits, values);
	if (r == 0)
		r = list_files(rows);
	return r < 0 ? r : find_row(rows);
}

int search_rows_next(struct search_rows *rows)
{
	rows->at++;
	return find_row(rows);
}
