/*
 * Sketches: the smallest hash of each class of shingles; see planfs/sketch.h and planfs/shingles.h. What two texts have in common is the
 * share of classes whose smallest hash is the same.
 */
#include "planfs/sketch.h"

#include "planfs/shingles.h"

#include "text_priv.h"

#include <string.h>

enum {
	VALUES_MIN = 24,
	CLASS_SHIFT = 27,     /* of a struct sketch */
	TEXT_CLASS_SHIFT = 26 /* of a struct text_sketch */
};

static uint32_t mix(const uint32_t *chars)
{
	uint64_t h = 0x9E3779B97F4A7C15u;
	unsigned i;

	for (i = 0; i < SHINGLE; i++)
		h = (h ^ chars[i]) * 0xD6E8FEB86659FD93u;
	h ^= h >> 32;
	h *= 0xD6E8FEB86659FD93u;
	return (uint32_t)(h >> 32);
}

static bool is_letter(uint32_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_common_han(uint32_t c)
{
	return c >= 0x4E00 && c <= 0x9FFF;
}

/* What stands for a digit in documents that are passed on without their numbers. */
static bool is_mask(uint32_t c)
{
	switch (c) {
	case '*':
	case 0xD7:   /* × */
	case 0x25A1: /* □ */
	case 0x25CB: /* ○ */
	case 0x3007: /* 〇 */
		return true;
	default:
		return false;
	}
}

/* Runs of what stands for digits are one '0'; an x does when it is not alone. */
static uint32_t fold(const struct shingler *s, const struct cursor *c, uint32_t ch)
{
	uint32_t last = s->chars[SHINGLE - 1];

	if (char_is_digit(ch) || is_mask(ch) ||
		((ch | 32) == 'x' && (last == '0' || (cursor_peek(c) | 32) == 'x')))
		return last == '0' ? 0 : '0';
	return is_letter(ch) ? ch | 32 : ch;
}

/* What is no character is stepped over byte by byte. */
static uint32_t next_char(struct cursor *c)
{
	const char *before = c->at;
	uint32_t ch = cursor_next(c);

	if (ch == 0)
		c->at = before + 1;
	return ch;
}

int shingle(struct shingler *s, const char *text, size_t len)
{
	struct cursor c = cursor_over(text, len);
	int r = 0;

	while (c.at < c.end && r == 0) {
		uint32_t ch = next_char(&c);

		if (!is_common_han(ch)) {
			if (s->fold)
				ch = fold(s, &c, ch);
			if (!char_is_han(ch) && !char_is_digit(ch) && !is_letter(ch))
				continue;
		}
		memmove(s->chars, s->chars + 1, sizeof(s->chars) - sizeof(s->chars[0]));
		s->chars[SHINGLE - 1] = ch;
		s->n += s->n < SHINGLE;
		if (s->n == SHINGLE)
			r = s->fn(s->arg, mix(s->chars));
	}
	return r;
}

static int add_value(void *arg, uint32_t hash)
{
	struct sketch *s = arg;
	uint32_t *value = &s->values[hash >> CLASS_SHIFT];

	hash &= (1u << CLASS_SHIFT) - 1;
	if (hash < *value)
		*value = hash;
	return 0;
}

void sketch_make(const struct plan *plan, struct sketch *ret_sketch)
{
	struct shingler shingler = { .fn = add_value, .arg = ret_sketch };
	size_t i;

	for (i = 0; i < SKETCH_VALUES; i++)
		ret_sketch->values[i] = UINT32_MAX;
	for (i = 0; i < plan->n_sections; i++) {
		const struct buf *text = &plan->sections[i].text;

		if (shingle(&shingler, buf_str(text), text->len) != 0)
			break; /* add_value() ends nothing */
	}
}

unsigned sketch_compare(const struct sketch *a, const struct sketch *b)
{
	unsigned i, same = 0, n = 0;

	for (i = 0; i < SKETCH_VALUES; i++) {
		if (a->values[i] == UINT32_MAX || b->values[i] == UINT32_MAX)
			continue;
		n++;
		same += a->values[i] == b->values[i];
	}
	return n < VALUES_MIN ? 0 : same * 100 / n;
}

struct smallest {
	uint32_t hashes[SKETCH_BYTES];
	size_t n;
};

static int add_smallest(void *arg, uint32_t hash)
{
	struct smallest *s = arg;
	uint32_t *smallest = &s->hashes[hash >> TEXT_CLASS_SHIFT];

	if (hash < *smallest)
		*smallest = hash;
	s->n++;
	return 0;
}

bool text_sketch_make(const char *text, size_t len, struct text_sketch *ret_sketch)
{
	struct smallest smallest = { .n = 0 };
	struct shingler shingler = { .fold = true, .fn = add_smallest, .arg = &smallest };
	size_t i;

	memset(smallest.hashes, 0xFF, sizeof(smallest.hashes));
	if (shingle(&shingler, text, len) != 0 || smallest.n < SKETCH_SHINGLES_MIN)
		return false;
	for (i = 0; i < SKETCH_BYTES; i++)
		ret_sketch->values[i] = smallest.hashes[i] == UINT32_MAX
						? 0
						: (unsigned char)(smallest.hashes[i] % 255 + 1);
	return true;
}

/* A share of the union becomes one of the sum, as shingles_percent() tells it. */
unsigned text_sketch_compare(const struct text_sketch *a, const struct text_sketch *b)
{
	unsigned char same = 0, any = 0; /* so small that one instruction adds many */
	size_t i;

	for (i = 0; i < SKETCH_BYTES; i++) {
		same += a->values[i] == b->values[i] && a->values[i];
		any += (a->values[i] | b->values[i]) != 0;
	}
	return any ? 200u * same / (any + same) : 0;
}
