/* Texts as rows of numbers: a number for every line that differs from all before. See planfs/linediff.h. */
#include "text_priv.h"

#include "planfs/linediff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SLOTS_MIN = 1024 };

#define LINES_MAX ((size_t)1 << 31)

/* A line that was seen; its bytes are in table.bytes, because the text that it came from may be gone. */
struct known {
	uint64_t hash;
	size_t at, len;
};

struct linediff_table {
	struct buf bytes;
	struct known *known; /* owned; the number of a line is its index */
	size_t n, capacity;
	uint32_t *slots; /* owned; number + 1, 0: free; a power of two, half of them free */
	size_t n_slots;
	uint64_t seed; /* nobody can choose lines that have the same hash */
};

int linediff_table_new(struct linediff_table **ret_table)
{
	struct linediff_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->n_slots = SLOTS_MIN;
	t->slots = calloc(t->n_slots, sizeof(*t->slots));
	if (!t->slots) {
		linediff_table_free(t);
		return -ENOMEM;
	}
	if (getrandom(&t->seed, sizeof(t->seed), 0) < 0)
		t->seed = (uintptr_t)t;
	*ret_table = t;
	return 0;
}

void linediff_table_free(struct linediff_table *t)
{
	if (!t)
		return;
	buf_done(&t->bytes);
	free(t->known);
	free(t->slots);
	free(t);
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0x9E3779B97F4A7C15);
	return h ^ h >> 29;
}

static uint64_t hash_of(const struct linediff_table *t, const char *s, size_t len)
{
	uint64_t h = t->seed ^ len, word;

	for (; len >= sizeof(word); s += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		h = mix(h + word * UINT64_C(0xD6E8FEB86659FD93));
	}
	word = 0;
	memcpy(&word, s, len);
	return mix(mix(h + word * UINT64_C(0xD6E8FEB86659FD93)));
}

/* The slot of this line, or the free one where it belongs. */
static uint32_t *slot_of(struct linediff_table *t, uint64_t hash, const char *s, size_t len)
{
	size_t at = hash & (t->n_slots - 1);

	for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1)) {
		const struct known *k = &t->known[t->slots[at] - 1];

		if (s && k->hash == hash && k->len == len &&
			memcmp(t->bytes.data + k->at, s, len) == 0)
			break;
	}
	return &t->slots[at];
}

static int make_room(struct linediff_table *t)
{
	uint32_t *old = t->slots, *slots;
	size_t i;

	if (t->n < t->n_slots / 2)
		return 0;
	slots = calloc(t->n_slots * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	t->slots = slots;
	t->n_slots *= 2;
	for (i = 0; i < t->n; i++)
		*slot_of(t, t->known[i].hash, NULL, 0) = (uint32_t)i + 1;
	free(old);
	return 0;
}

static int number_of(struct linediff_table *t, const char *s, size_t len, uint32_t *ret_number)
{
	uint64_t hash = hash_of(t, s, len);
	uint32_t *slot;
	int r;

	r = make_room(t);
	if (r < 0)
		return r;
	slot = slot_of(t, hash, s, len);
	if (!*slot) {
		r = t->n >= LINES_MAX
			    ? -EFBIG
			    : array_grow(&t->known, t->n, &t->capacity, sizeof(*t->known));
		if (r == 0)
			r = buf_add(&t->bytes, s, len);
		if (r < 0)
			return r;
		t->known[t->n] = (struct known){ hash, t->bytes.len - len, len };
		*slot = (uint32_t)++t->n;
	}
	*ret_number = *slot - 1;
	return 0;
}

int linediff_split(
	struct linediff_table *t, const char *data, size_t len, struct linediff_text *ret_text)
{
	CLEANUP(linediff_text_done) struct linediff_text text = { 0 };
	size_t capacity = 0;
	int r = 0;

	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t n = newline ? (size_t)(newline - data) + 1 : len;
		struct linediff_line *line;

		r = text.n >= LINES_MAX ? -EFBIG
					: array_grow(&text.lines, text.n, &capacity, sizeof(*line));
		if (r < 0)
			return r;
		line = &text.lines[text.n];
		*line = (struct linediff_line){ data, n, 0 };
		r = number_of(t, data, n, &line->number);
		if (r < 0)
			return r;
		text.n++;
		data += n;
		len -= n;
	}
	*ret_text = text;
	text = (struct linediff_text){ 0 };
	return 0;
}

void linediff_text_done(struct linediff_text *text)
{
	free(text->lines);
	*text = (struct linediff_text){ 0 };
}
