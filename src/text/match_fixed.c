/*
 * Where the first of several strings stands in a text: memmem(3) for one, a table of how they begin for more. The bytes are
 * compared as they are: who ignores something has folded both before.
 */
#include "match_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 8, TABLE_BITS_MIN = 8, TABLE_BITS_MAX = 20 };

static int by_length(const void *a, const void *b)
{
	const struct match_string *x = a, *y = b;

	return x->len < y->len ? 1 : x->len > y->len ? -1 : 0;
}

/* The first f->key bytes at @p decide; more must be readable when @whole. */
static size_t hash_at(const struct fixed *f, const char *p, bool whole)
{
	uint64_t bytes = 0;

	memcpy(&bytes, p, whole ? KEY_BYTES : f->key);
	return (size_t)(((bytes & f->mask) * UINT64_C(0x9E3779B97F4A7C15)) >> f->shift);
}

static void fill_table(struct fixed *f)
{
	size_t i;

	/* backwards: the longest is the first of its chain */
	for (i = f->n; i-- > 0;) {
		size_t at = hash_at(f, f->strings[i].data, false);

		f->next[i] = f->heads[at];
		f->heads[at] = (uint32_t)i + 1;
	}
}

static int make_table(struct fixed *f)
{
	unsigned bits = TABLE_BITS_MIN;

	while (bits < TABLE_BITS_MAX && (f->n << 3) >> bits > 0)
		bits++;
	f->key = f->strings[f->n - 1].len;
	if (f->key > KEY_BYTES)
		f->key = KEY_BYTES;
	memset(&f->mask, 0xFF, f->key);
	f->shift = 64 - bits;
	f->heads = calloc((size_t)1 << bits, sizeof(*f->heads));
	f->next = calloc(f->n, sizeof(*f->next));
	if (!f->heads || !f->next)
		return -ENOMEM;
	fill_table(f);
	return 0;
}

int fixed_init(struct fixed *f, const struct match_string *strings, size_t n)
{
	size_t i;

	*f = (struct fixed){ 0 };
	f->strings = calloc(n ? n : 1, sizeof(*f->strings));
	if (!f->strings)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (strings[i].len > 0)
			f->strings[f->n++] = strings[i];
		else
			f->has_empty = true;
	}
	qsort(f->strings, f->n, sizeof(*f->strings), by_length);
	return f->n > 1 ? make_table(f) : 0;
}

void fixed_done(struct fixed *f)
{
	free(f->strings);
	free(f->heads);
	free(f->next);
	*f = (struct fixed){ 0 };
}

static bool stands_at(const struct match_string *s, const struct match_string *text, size_t at)
{
	return text->len - at >= s->len && memcmp(text->data + at, s->data, s->len) == 0;
}

size_t fixed_at(const struct fixed *f, const struct match_string *text, size_t at, size_t max)
{
	size_t i = 0;

	if (f->n > 1 && text->len - at >= f->key)
		i = f->heads[hash_at(f, text->data + at, false)];
	else if (f->n == 1)
		i = 1;
	while (i > 0) {
		const struct match_string *s = &f->strings[i - 1];

		if (s->len <= max && stands_at(s, text, at))
			return s->len;
		i = f->n > 1 ? f->next[i - 1] : 0;
	}
	return f->has_empty ? 0 : SIZE_MAX;
}

static bool next_of_many(
	const struct fixed *f, const struct match_string *text, size_t from, size_t *ret_at)
{
	size_t at;

	for (at = from; at + KEY_BYTES <= text->len; at++)
		if (f->heads[hash_at(f, text->data + at, true)] &&
			fixed_at(f, text, at, SIZE_MAX) != SIZE_MAX)
			goto found;
	for (; at + f->key <= text->len; at++)
		if (fixed_at(f, text, at, SIZE_MAX) != SIZE_MAX)
			goto found;
	return false;
found:
	*ret_at = at;
	return true;
}

bool fixed_next(const struct fixed *f, const struct match_string *text, size_t from, size_t *ret_at)
{
	const char *hit;

	if (f->has_empty) {
		*ret_at = from;
		return true;
	}
	if (f->n != 1)
		return f->n > 0 && next_of_many(f, text, from, ret_at);
	hit = memmem(text->data + from, text->len - from, f->strings[0].data, f->strings[0].len);
	if (!hit)
		return false;
	*ret_at = (size_t)(hit - text->data);
	return true;
}
