/* The rows of the table "search": what search_table.c asks search_rows.c for. */
#pragma once

#include "grep_priv.h"
#include "planfs/query.h"

/* What restricts a search besides its query. */
enum search_limit {
	LIMIT_YEAR = 1,
	LIMIT_DISTRICT = 2,
	LIMIT_PLAN = 4,
	LIMIT_FROM = 8, /* the years, as texts are compared */
	LIMIT_TO = 16
};

enum { LIMITS = 5 };

struct search_rows {
	struct store *s;
	const volatile bool *interrupted; /* ends the search with -EINTR */
	struct query query;
	struct query_match *match;
	struct match_terms needs;
	struct grep_query wanted;
	struct grep_years years;
	struct buf district, plan; /* "=" and the name */
	const char *districts[1], *plans[1];
	struct grep_list list;
	size_t at;       /* the row; list.n_items: behind the last */
	struct buf text; /* of the row */
};

/*
 * Search with r->query, which is parsed, and go to the first row. @limits says which there are, and @values is what they are, in the
 * order of their bits. Returns 0 or -Exxx.
 */
int search_rows_begin(struct search_rows *r, int limits, const char *const *values) MUST_CHECK;
int search_rows_next(struct search_rows *r) MUST_CHECK;
void search_rows_done(struct search_rows *r); /* accepts a zeroed object */

static inline const struct grep_item *search_rows_item(const struct search_rows *r)
{
	return &r->list.items[r->at];
}

static inline bool search_rows_are_over(const struct search_rows *r)
{
	return r->at >= r->list.n_items;
}
