/*
 * Which lines two texts have in common. Lines are compared as bytes, each with its newline; a last line without one
 * differs from the same with one. The time is bounded: for texts that have little in common the result may call more
 * lines changed than are.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"

#include <stddef.h>
#include <stdint.h>

/* The lines of many texts as numbers: equal lines have equal numbers. */
struct linediff_table;

/* Returns 0 and *ret_table, to be freed with linediff_table_free(); -ENOMEM. */
int linediff_table_new(struct linediff_table **ret_table) MUST_CHECK;
void linediff_table_free(struct linediff_table *t); /* accepts NULL */
static inline void linediff_table_freep(struct linediff_table **t)
{
	linediff_table_free(*t);
}

struct linediff_line {
	const char *data; /* borrowed from the text; with its newline */
	size_t len;
	uint32_t number;
};

/* A text taken apart. Plain data but for @lines. */
struct linediff_text {
	struct linediff_line *lines; /* owned */
	size_t n;
};

/* Take the text @data apart, which must outlive *ret_text. Returns 0, -ENOMEM, or -EFBIG for more than 2^31 lines. */
int linediff_split(struct linediff_table *t, const char *data, size_t len,
	struct linediff_text *ret_text) MUST_CHECK;
void linediff_text_done(struct linediff_text *text);

/* Lines @a to @a + @n_a - 1 of the first text became @b to @b + @n_b - 1 of the second. One of the two may be none. */
struct linediff_hunk {
	size_t a, n_a, b, n_b;
};

struct linediff_hunks {
	struct linediff_hunk *items; /* owned; in order, with common lines between them */
	size_t n;
};

/* Both texts are of one table. Returns 0 and *ret_hunks, or -ENOMEM. */
int linediff_compare(const struct linediff_text *a, const struct linediff_text *b,
	struct linediff_hunks *ret_hunks) MUST_CHECK;
void linediff_hunks_done(struct linediff_hunks *hunks);

/* Append the hunks of "diff -u" from @a to @b to @out, without its two first lines; nothing when they are equal. */
int linediff_unified(
	const struct linediff_text *a, const struct linediff_text *b, struct buf *out) MUST_CHECK;
