/*
 * Texts that tell which save they come from. A text is one or more records; a record is a pure
 * function of the name of the text and a number, so that every byte can be compared.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What is found where a text should be. Numbers of saves are positive. */
struct text_token {
	enum text_kind {
		TEXT_ABSENT, /* no such file */
		TEXT_WHOLE,  /* the records first ... last, each as it was written */
		TEXT_DIR,
		TEXT_EMPTY,
		TEXT_TORN, /* anything else: cut, mixed, or another's */
	} kind;
	unsigned int first, last;
};

/*
 * Append record @seq of the text @name to @*buf, which grows by realloc(). About one of @big_every
 * records is of some hundred KiB (0: none). The size is part of the record, so the reader needs no
 * such number.
 */
void text_make(const char *name, unsigned int seq, unsigned int big_every, char **buf, size_t *len);

struct text_token text_parse(const char *name, const char *data, size_t len);

int text_equal(struct text_token a, struct text_token b);

/* "-", "dir", "empty", "torn", "7" or "3-7"; @ret_s has room for 24 bytes. */
void text_print(struct text_token t, char *ret_s);
struct text_token text_scan(const char *s);

/* A cheap generator of reproducible numbers (splitmix64). */
uint64_t rnd_next(uint64_t *state);
unsigned int rnd_below(uint64_t *state, unsigned int n);

/* Memory of a test program: ends the program when there is none. */
void *must_realloc(void *p, size_t n);
