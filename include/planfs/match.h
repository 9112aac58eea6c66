/*
 * Which lines of a text match, as GNU grep sees it in a UTF-8 locale. No input or output here.
 *
 * Patterns are fixed strings or POSIX regular expressions (with GNU's extensions); a line matches when one of them does. The
 * locale of the process (LC_CTYPE) must be one of UTF-8. A struct match is used by one thread at a time.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Borrowed bytes; NULs and what is not UTF-8 are allowed. */
struct match_string {
	const char *data;
	size_t len;
};

enum match_syntax {
	MATCH_FIXED,    /* grep -F */
	MATCH_BASIC,    /* grep -G */
	MATCH_EXTENDED, /* grep -E */
};

struct match_options {
	enum match_syntax syntax;
	bool ignore_case; /* grep -i: of all letters that have cases, full-width ones among them */
	bool words; /* grep -w: no letter, digit or underscore (Han are letters) stands beside the match */
	bool lines; /* grep -x: the match is a whole line; goes before words */
	/* Full-width forms equal half-width ones, every blank a space, and case is ignored; for fixed strings. */
	bool loose;
};

struct match;

/*
 * Compile the @n patterns, which hold no newline and are copied; without patterns nothing matches. Returns 0 and *ret_match;
 * -EINVAL and one line in *ret_why when one is no regular expression.
 */
int match_new(const struct match_string *patterns, size_t n, const struct match_options *options,
	struct match **ret_match, struct buf *ret_why) MUST_CHECK;
void match_free(struct match *m); /* accepts NULL */
static inline void match_freep(struct match **m)
{
	match_free(*m);
}

/* From @begin to before @end, in bytes. */
struct match_span {
	size_t begin, end;
};

/* Look at this text from now on; it is borrowed until the next call, or match_free(). Returns 0 or -ENOMEM. */
int match_set_text(struct match *m, const char *data, size_t len) MUST_CHECK;

/*
 * The first line that matches, of those that begin at @from (where a line begins) or behind it. Returns 1 and *ret_line, its
 * newline included; 0: there is none; -ENOMEM.
 */
int match_next_line(struct match *m, size_t from, struct match_span *ret_line) MUST_CHECK;

/*
 * The first match in @line (without its newline) that begins at @from or behind it, and the longest that begins there.
 * It may be empty. Returns 1 and *ret_match, 0 or -ENOMEM.
 */
int match_in_line(struct match *m, const struct match_span *line, size_t from,
	struct match_span *ret_match) MUST_CHECK;

/* Strings that are all in a line that matches. */
struct match_terms {
	const struct match_string *strings;
	size_t n;
};

/*
 * What a line that matches must hold: all strings of at least one of the *ret_n alternatives (0: nothing is known), not
 * minding the case of ASCII letters, nor in a loose match the width of characters and the kind of blanks. Valid until match_free().
 */
const struct match_terms *match_needs(const struct match *m, size_t *ret_n);
