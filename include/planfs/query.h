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

#include "planfs/attr.h"

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
