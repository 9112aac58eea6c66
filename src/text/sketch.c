/* Sketches: the smallest hash of each of 32 classes of shingles; see planfs/sketch.h. */
#include "planfs/sketch.h"

#include "text_priv.h"

enum { SHINGLE = 5, VALUES_MIN = 24, CLASS_SHIFT = 27 };

static uint32_t mix(const uint32_t *chars, unsigned at)
{
	uint64_t h = 0x9E3779B97F4A7C15u;
	unsigned i;

	for (i = 0; i < SHINGLE; i++)
		h = (h ^ chars[(at + i) % SHINGLE]) * 0xD6E8FEB86659FD93u;
	h ^= h >> 32;
	h *= 0xD6E8FEB86659FD93u;
	return (uint32_t)(h >> 32);
}

static void add(struct sketch *s, uint32_t hash)
{
	uint32_t *value = &s->values[hash >> CLASS_SHIFT];

	hash &= (1u << CLASS_SHIFT) - 1;
	if (hash < *value)
		*value = hash;
}

void sketch_make(const struct plan *plan, struct sketch *ret_sketch)
{
	struct sketch s;
	uint32_t chars[SHINGLE] = { 0 };
	unsigned n = 0;
	size_t i;

	for (i = 0; i < SKETCH_VALUES; i++)
		s.values[i] = UINT32_MAX;
	for (i = 0; i < plan->n_sections; i++) {
		const struct buf *text = &plan->sections[i].text;
		struct cursor c = cursor_over(buf_str(text), text->len);

		while (c.at < c.end) {
			uint32_t ch = cursor_next(&c);

			if (!char_is_han(ch) && !char_is_digit(ch) &&
				!((ch | 32) >= 'a' && (ch | 32) <= 'z'))
				continue;
			chars[n++ % SHINGLE] = ch;
			if (n >= SHINGLE)
				add(&s, mix(chars, n % SHINGLE));
		}
	}
	*ret_sketch = s;
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
