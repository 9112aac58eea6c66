/*
 * What a person types to find sections: words that are all in one section, and where it stands.
 *
 *   控辍保学              contains it; full-width forms equal half-width ones, letters have no case, every blank is a space
 *   "义务教育 均衡"       contains exactly this, blanks included
 *   -食堂  -"食堂 管理"   does not contain it
 *   year:2016  year:2014..2020  year:..2016  year:未知年份        (also 年:)
 *   district:合肥  plan:工作要点       a part of the name          (also 地区: and 计划:)
 *   -year:2016  -district:合肥  -plan:总结                          none of these
 *
 * Of several years (districts, plans) the section stands in any; everything else must hold. Quotes, the colon, the minus
 * and digits may be full-width, quotes also curly; for the colon = may stand, which a file name may contain on Windows. Control
 * characters are blanks.
 */
#pragma once

#include "planfs/match.h"

#include <stdbool.h>
#include <stddef.h>

enum query_kind { QUERY_WORD, QUERY_YEAR, QUERY_DISTRICT, QUERY_PLAN };

enum { QUERY_TERMS_MAX = 64, QUERY_BYTES_MAX = 4096 };

/* Plain data, but for @text. */
struct query_term {
	enum query_kind kind;
	bool exclude;
	bool exact; /* of a word: as it is written */
	char *text; /* owned; of a word as it was written, of a district or plan folded */
	size_t len;
	int from, to; /* of a year: 0 to 9999, both included */
	bool unknown; /* of a year: 未知年份 */
};

struct query {
	struct query_term *terms; /* owned */
	size_t n;
	bool has_words; /* that must be there */
};

/* Why something is no query, in one line without a full stop. */
struct query_error {
	const char *zh, *en; /* static */
};

void query_done(struct query *q); /* accepts a zeroed object */

/* Returns 0 and *ret_query; -EINVAL and *ret_error when it is none; -ENOMEM. */
int query_parse(const char *text, size_t len, struct query *ret_query,
	struct query_error *ret_error) MUST_CHECK;

/* May a section of this plan be what is looked for? */
bool query_admits(const struct query *q, const char *year, const char *district, const char *plan);

/* What finds the words of a query in texts. Used by one thread at a time. */
struct query_match;

/* @q is borrowed until query_match_free(). Returns 0 and *ret_match, or -ENOMEM. */
int query_match_new(const struct query *q, struct query_match **ret_match) MUST_CHECK;
void query_match_free(struct query_match *m); /* accepts NULL */
static inline void query_match_freep(struct query_match **m)
{
	query_match_free(*m);
}

/* What a text must have, not minding case, width and the kind of blanks; without strings nothing is known. */
struct match_terms query_match_needs(const struct query_match *m);

/* Has @data every word, and none that is to be avoided? It is borrowed as of match_set_text(). Returns 1, 0 or -ENOMEM. */
int query_match_text(struct query_match *m, const char *data, size_t len) MUST_CHECK;

/*
 * In the text that query_match_text() said yes to: the first line from @from on (where a line begins) that has one of the words; when
 * no words are looked for, only the first line of all. Returns 1 and *ret_line, its newline included; 0: there is none; -ENOMEM.
 */
int query_match_line(struct query_match *m, size_t from, struct match_span *ret_line) MUST_CHECK;
