/*
 * What strings ask of the search index, in the language of FTS5: the words that a text must have, quoted, so that no string
 * can say anything else. It is bound to a statement, never part of one.
 */
#include "store_priv.h"

#include "planfs/ngram.h"
#include "planfs/search.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <string.h>

enum {
	WORDS_MAX = 128,         /* of an alternative; more would not make the answer shorter */
	WORDS_OF_ALL = 4096,     /* each holds a page of the index in memory */
	ALTERNATIVES_MAX = 1024, /* for more of them all texts are read sooner */
};

/* The words of an alternative. */
struct words {
	char texts[WORDS_MAX][NGRAM_BYTES_MAX];
	unsigned char lengths[WORDS_MAX];
	unsigned n, max;
	bool is_prefix[WORDS_MAX];
	bool asks_prefix; /* for the next word */
};

static int add_word(void *arg, const char *word, size_t len, const char *at, size_t n)
{
	struct words *w = arg;
	unsigned i;

	(void)at, (void)n;
	for (i = 0; i < w->n; i++)
		if (w->lengths[i] == len && memcmp(w->texts[i], word, len) == 0 &&
			w->is_prefix[i] == w->asks_prefix)
			return 0;
	if (w->n == w->max)
		return 1;
	memcpy(w->texts[w->n], word, len);
	w->lengths[w->n] = (unsigned char)len;
	w->is_prefix[w->n++] = w->asks_prefix;
	return 0;
}

static bool is_single_char(const struct text *s)
{
	uint32_t c;

	return utf8_decode(s->data, s->len, &c) == s->len;
}

/* Does the index know anything of @s? It holds no text with a NUL, and lines one by one. */
static bool is_askable(const struct text *s)
{
	return s->len > 0 && utf8_is_valid(s->data, s->len, NULL) &&
	       !memchr(s->data, '\n', s->len) && !memchr(s->data, '\0', s->len);
}

static void collect(const struct search_terms *terms, struct words *w)
{
	size_t i;

	for (i = 0; i < terms->n; i++) {
		const struct text *s = &terms->strings[i];

		if (!is_askable(s))
			continue;
		w->asks_prefix = is_single_char(s);
		if (ngram_each_of_query(s->data, s->len, add_word, w) != 0)
			return; /* enough */
	}
}

static int write_word(struct buf *b, const char *word, size_t len)
{
	size_t i;
	int r;

	r = buf_add_str(b, "\"");
	for (i = 0; i < len && r == 0; i++)
		r = buf_add(b, word[i] == '"' ? "\"\"" : word + i, word[i] == '"' ? 2 : 1);
	return r < 0 ? r : buf_add_str(b, "\"");
}

static int write_words(struct buf *b, const struct words *w)
{
	unsigned i;
	int r;

	r = buf_add_str(b, b->len ? " OR (" : "(");
	for (i = 0; i < w->n && r == 0; i++) {
		if (i > 0)
			r = buf_add_str(b, " AND ");
		if (r == 0)
			r = write_word(b, w->texts[i], w->lengths[i]);
		if (r == 0 && w->is_prefix[i])
			r = buf_add_str(b, "*");
	}
	return r < 0 ? r : buf_add_str(b, ")");
}

int search_match(const struct search_terms *any, size_t n, struct buf *ret_match)
{
	CLEANUP(buf_done) struct buf match = { 0 };
	size_t i;
	int r;

	if (n > ALTERNATIVES_MAX)
		n = 0;
	for (i = 0; i < n; i++) {
		struct words w = { .max = WORDS_OF_ALL / (unsigned)n };

		if (w.max > WORDS_MAX)
			w.max = WORDS_MAX;
		collect(&any[i], &w);
		if (w.n == 0)
			return 0; /* it may be in any text, and so may the others */
		r = write_words(&match, &w);
		if (r < 0)
			return r;
	}
	if (match.len == 0)
		return 0;
	*ret_match = buf_steal(&match);
	return 1;
}
