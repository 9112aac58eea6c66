/*
 * This year's text as the beginning of next year's: the plan's own year moves on, days of dates are emptied, and what a
 * writer must look at is told.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"

#include <stddef.h>

/* Something to look at. */
struct renew_note {
	unsigned line;      /* of the text, from 1 */
	const char *reason; /* static; English, a few words */
	const char *quote;  /* borrowed; the line */
	size_t quote_len;
};

/* A result other than 0 ends the work. */
typedef int renew_fn(void *arg, const struct renew_note *note);

struct renew {
	unsigned from, to; /* years */
	renew_fn *fn;      /* may be NULL */
	void *arg;
};

/*
 * Make the text for the year @r->to of @text, of the year @r->from (UTF-8). "2026年" and school years that hold it move on,
 * in ASCII, full-width and Han digits, but not in titles 《…》 and not at the end of a range; "3月15日" becomes "3月__日", and
 * the date of a signature "2027年__月__日".
 *
 * Returns 0 and *ret_text, -ENOMEM, or the result of @r->fn that was not 0.
 */
int renew_text(
	const char *text, size_t len, const struct renew *r, struct buf *ret_text) MUST_CHECK;
