/* Looking for many words in one pass, so that the time does not grow with their number. */
#include "text_priv.h"

#include <assert.h>
#include <string.h>

enum { NONE = 255 };

static unsigned bucket(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	return (u[0] * 31u + u[1] * 7u) % WORDS_BUCKETS;
}

void words_init(struct words *w)
{
	w->n = 0;
	memset(w->head, NONE, sizeof(w->head));
}

void words_add(struct words *w, const char *word)
{
	size_t len = strlen(word);
	unsigned at = bucket(word);

	assert(w->n < WORDS_MAX && len >= 2 && len < 256);
	w->words[w->n] = word;
	w->len[w->n] = (unsigned char)len;
	w->next[w->n] = w->head[at];
	w->head[at] = (unsigned char)w->n++;
}

void words_count(const struct words *w, const char *s, size_t len, unsigned *counts)
{
	size_t i;
	unsigned k;

	for (i = 0; i + 1 < len; i++) {
		if (((unsigned char)s[i] & 0xC0) == 0x80)
			continue; /* no word begins inside a character */
		for (k = w->head[bucket(s + i)]; k != NONE; k = w->next[k])
			if (w->len[k] <= len - i && memcmp(s + i, w->words[k], w->len[k]) == 0)
				counts[k]++;
	}
}
