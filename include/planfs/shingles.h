/*
 * What texts have in common, by their shingles: runs of five characters. Letters, digits and Han characters count, spaces and signs do
 * not. A number is a number here, and so is its mask: 2016年, 2017年 and 20xx年 are the same, and letters have no case.
 */
#pragma once

#include "planfs/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sample of the shingles of a text: a byte for each class of them, 0 where there is none. */
enum {
	SKETCH_BYTES = 64,
	SKETCH_SHINGLES_MIN = 20 /* of less text nothing can be told */
};

struct text_sketch {
	unsigned char values[SKETCH_BYTES];
};

/* Returns false, and leaves *ret_sketch alone, when there is too little text. */
bool text_sketch_make(const char *text, size_t len, struct text_sketch *ret_sketch);

/* How much two texts have in common, as shingles_percent() would tell it; off by some 6 per cent. */
unsigned text_sketch_compare(const struct text_sketch *a, const struct text_sketch *b);

/* All shingles of some texts, as they are counted for a struct text_sketch. */
struct shingles {
	uint32_t *hashes; /* owned; once they are sorted: rising, each once */
	size_t n, capacity;
};

void shingles_done(struct shingles *s); /* accepts a zeroed object */

/* Add those of one more text. Returns 0 or -ENOMEM. */
int shingles_add(struct shingles *s, const char *text, size_t len) MUST_CHECK;
void shingles_sort(struct shingles *s); /* when all were added */

/* Twice the shingles that both have for a hundred of those that they have together: 100 is the same text. */
unsigned shingles_percent(const struct shingles *a, const struct shingles *b);

/* Some texts, by which others are looked for: the one of a file, or the sections of a plan. */
struct sketched_text {
	char *name;   /* owned; NULL: has none */
	int64_t id;   /* of whoever added it */
	bool is_long; /* enough for a sketch */
	struct text_sketch sketch;
	struct shingles shingles;
};

struct sketched_texts {
	struct sketched_text *items; /* owned */
	size_t n, capacity;
	struct shingles all; /* of all of them together */
};

void sketched_texts_done(struct sketched_texts *t); /* accepts a zeroed object */

/* Add a text. Returns 0 or -ENOMEM. */
int sketched_texts_add(struct sketched_texts *t, const char *name, int64_t id, const char *data,
	size_t len) MUST_CHECK;
void sketched_texts_sort(struct sketched_texts *t); /* when all were added */

/* The one that has most in common with @text, and how much that is; NULL when they have nothing in common. */
const struct sketched_text *sketched_texts_nearest(
	const struct sketched_texts *t, const struct sketched_text *text, unsigned *ret_percent);
