/* What the files share that find matches. */
#pragma once

#include "planfs/match.h"

#include <stdint.h>

/* ---- match_fold.c ---- */

enum folding {
	FOLD_NOTHING,
	FOLD_CASE,
	FOLD_LOOSE
}; /* case: of ASCII letters, so that lengths stay */

/* Put the folded @s into @ret_folded, in place of what was there. Returns 0 or -ENOMEM. */
int fold(enum folding how, const struct match_string *s, struct buf *ret_folded) MUST_CHECK;

/* The character (or bad byte) at the beginning of @s. Returns its bytes, and in *ret_folded those of it loosely folded. */
size_t fold_width(const char *s, size_t len, size_t *ret_folded);

/*
 * Is FOLD_CASE all there is to the cases of the letters in @s? *ret_twins becomes true for letters that have a third form, which
 * has_twin() finds: the long s, and the small i without a dot.
 */
bool case_is_simple(const char *s, size_t len, bool *ret_twins);
bool has_twin(const struct match_string *text);

enum { TWINS = 2 };
extern const struct match_string twins[TWINS];

/* ---- match_pattern.c: add the pattern to what is there; all return 0 or -ENOMEM ---- */

typedef int copy_fn(const struct match_string *pattern, struct buf *ret_bytes);

copy_fn copy_as_it_is, copy_small, copy_loose;
copy_fn copy_escaped;  /* a basic expression that matches what is in the pattern */
copy_fn copy_extended; /* of an extended expression */

/* ---- match_fixed.c ---- */

/* Any of several strings, by bytes. */
struct fixed {
	struct match_string *strings; /* the longest first; not the empty one */
	size_t n;
	bool has_empty;
	/* of more than one: by their first @key bytes */
	size_t key;
	uint64_t mask;
	unsigned shift;
	uint32_t *heads, *next; /* index + 1 */
};

/* @strings are copied, their bytes are borrowed. Returns 0 or -ENOMEM; to be released in any case. */
int fixed_init(struct fixed *f, const struct match_string *strings, size_t n) MUST_CHECK;
void fixed_done(struct fixed *f);

/* Where one stands first, from @from on. */
bool fixed_next(
	const struct fixed *f, const struct match_string *text, size_t from, size_t *ret_at);

/* How long the longest is that stands at @at and has at most @max bytes; SIZE_MAX: none. */
size_t fixed_at(const struct fixed *f, const struct match_string *text, size_t at, size_t max);

/* ---- match_word.c: how many bytes the word character at, or before, @at has; 0: it is none ---- */

size_t word_char_at(const struct match_string *text, size_t at);
size_t word_char_before(const struct match_string *text, size_t at);

/* ---- match_regex.c: one line at a time, without its newline ---- */

struct regex;

/* As match_new(). */
int regex_new(const struct match_string *patterns, size_t n, const struct match_options *options,
	struct regex **ret_regex, struct buf *ret_why) MUST_CHECK;
void regex_free(struct regex *x); /* accepts NULL */

/* Does it match? Where, from @from on? Both return 1, 0 or -ENOMEM. */
int regex_selects(struct regex *x, const struct match_string *line) MUST_CHECK;
int regex_find(struct regex *x, const struct match_string *line, size_t from,
	struct match_span *ret_match) MUST_CHECK;

/* ---- literal.c ---- */

struct literals {
	struct buf bytes; /* of all strings */
	struct match_string *strings;
	struct match_terms *needs; /* as match_needs() */
	size_t n, n_all;           /* behind the first @n: the twins, when there are some */
	bool is_exact;             /* the patterns are these strings, one to each alternative */
	bool has_twins;
};

/* The bracket that closes what begins at @s, behind "[" and "^"; NULL: there is none. */
const char *bracket_end(const char *s, const char *end);

/* What the expressions need. Returns 0, -ENOMEM, or -EINVAL and why not; to be released in any case. */
int literals_find(const struct match_string *patterns, size_t n,
	const struct match_options *options, struct literals *ret_literals,
	struct buf *ret_why) MUST_CHECK;
void literals_done(struct literals *l);

/* ---- literal_part.c ---- */

enum {
	PART_EXACT_MAX = 16,
	PART_STRINGS_MAX = 8,
	PART_ALTERNATIVES_MAX = 16,
	PART_BYTES_MAX = 240,
};

struct piece {
	size_t at, len; /* in the bytes of all */
};

/* All strings of one of the alternatives. */
struct any_of {
	struct all_of {
		struct piece strings[PART_STRINGS_MAX];
		unsigned n;
	} alternatives[PART_ALTERNATIVES_MAX];
	unsigned n; /* 0: nothing is known */
};

/* A part of an expression. */
struct part {
	struct piece exact[PART_EXACT_MAX]; /* it is one of these */
	unsigned n_exact;                   /* 0: not known, but what it needs */
	struct any_of needs;
};

extern const struct part part_nothing; /* the empty string */

/* One string of @part, which is exact, is there. */
void needs_exact(struct any_of *needs, const struct part *part);

/* @a becomes: one of @a and @b. */
void part_either(struct part *a, const struct part *b);

/* Parts behind each other. */
struct sequence {
	struct part run; /* exact: what came since the last thing that is not known */
	struct any_of needs;
	bool is_broken; /* it is more than the run */
	struct buf *bytes;
	int err;
};

void sequence_break(struct sequence *s); /* something follows that is not known */
void sequence_add(struct sequence *s, const struct part *part);
void sequence_repeat(struct sequence *s, struct part *part, unsigned min, unsigned max);
