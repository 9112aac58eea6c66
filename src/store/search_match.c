/*
 * What strings ask of the search index, in the language of FTS5: the words that a text must have, quoted, so that no string
 * can say anything else. It is bound to a statement, never part of one.
 *
 * FTS5 walks through the whole list of each word, and most words of a long string are in half of the texts, which they hardly
 * narrow: so the rare ones are also asked alone. Which are rare is measured. It costs a seek for each word.
 */
#include "store_priv.h"

#include "planfs/ngram.h"
#include "planfs/search.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WORDS_MAX = 128,         /* of an alternative; more would not make the answer shorter */
	WORDS_OF_ALL = 4096,     /* each holds a page of the index in memory */
	ALTERNATIVES_MAX = 1024, /* for more of them all texts are read sooner */
	FEW_WORDS = 3,           /* and those that are hardly more frequent than the rarest: */
	FEW_TIMES = 16,
	WEIGHED_MAX =
		32, /* of all alternatives: the seeks would take longer than what they spare */
};

struct word {
	char text[NGRAM_BYTES_MAX];
	unsigned char len;
	bool is_prefix;
	unsigned char at; /* which of the alternative it is */
	int64_t rarity;
};

/* The words of an alternative. */
struct words {
	struct word items[WORDS_MAX];
	unsigned n, max;
	bool asks_prefix; /* for the next word */
};

static int add_word(void *arg, const char *word, size_t len, const char *at, size_t n)
{
	struct words *w = arg;
	struct word *added;
	unsigned i;

	(void)at, (void)n;
	for (i = 0; i < w->n; i++)
		if (w->items[i].len == len && memcmp(w->items[i].text, word, len) == 0 &&
			w->items[i].is_prefix == w->asks_prefix)
			return 0;
	if (w->n == w->max)
		return 1;
	added = &w->items[w->n];
	*added = (struct word){
		.len = (unsigned char)len, .is_prefix = w->asks_prefix, .at = (unsigned char)w->n++
	};
	memcpy(added->text, word, len);
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

static int write_word(struct buf *b, const struct word *word)
{
	size_t i;
	int r;

	r = buf_add_str(b, "\"");
	for (i = 0; i < word->len && r == 0; i++)
		r = buf_add(b, word->text[i] == '"' ? "\"\"" : word->text + i,
			word->text[i] == '"' ? 2 : 1);
	return r < 0 ? r : buf_add_str(b, word->is_prefix ? "\"*" : "\"");
}

static int write_words(struct buf *b, const struct words *w, unsigned n)
{
	unsigned i;
	int r;

	r = buf_add_str(b, b->len ? " OR (" : "(");
	for (i = 0; i < n && r == 0; i++) {
		if (i > 0)
			r = buf_add_str(b, " AND ");
		if (r == 0)
			r = write_word(b, &w->items[i]);
	}
	return r < 0 ? r : buf_add_str(b, ")");
}

/* --- which words are rare --- */

static int compare_rarity(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	if (x->rarity != y->rarity)
		return x->rarity < y->rarity ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

/* The rare ones first; a beginning stands for many words, and is left for the last. Returns as search_rarity_fn. */
static int weigh_words(struct words *w, search_rarity_fn *rarity, void *arg)
{
	CLEANUP(buf_done) struct buf alone = { 0 };
	unsigned i;
	int r = 0;

	for (i = 0; i < w->n && r == 0; i++) {
		if (w->items[i].is_prefix)
			continue;
		alone.len = 0;
		r = write_word(&alone, &w->items[i]);
		if (r == 0)
			r = rarity(arg, &alone, &w->items[i].rarity);
	}
	if (r == 0)
		qsort(w->items, w->n, sizeof(*w->items), compare_rarity);
	return r;
}

static unsigned count_rare(const struct words *w)
{
	unsigned n = FEW_WORDS;

	while (n < w->n && w->items[0].rarity < INT64_MAX &&
		w->items[n].rarity >= w->items[0].rarity / FEW_TIMES)
		n++;
	return n;
}

int search_match(const struct search_terms *any, size_t n, search_rarity_fn *rarity, void *arg,
	struct search_match *ret_match)
{
	CLEANUP(search_match_done) struct search_match match = { 0 };
	unsigned weighed = 0, few;
	bool is_less = false;
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
		few = w.n;
		if (few > FEW_WORDS && weighed + w.n <= WEIGHED_MAX) {
			r = weigh_words(&w, rarity, arg);
			if (r < 0)
				return r;
			few = r == 0 ? count_rare(&w) : w.n;
			weighed = r == 0 ? weighed + w.n : WEIGHED_MAX;
			is_less |= few < w.n;
		}
		r = write_words(&match.all, &w, w.n);
		if (r == 0)
			r = write_words(&match.few, &w, few);
		if (r < 0)
			return r;
	}
	if (match.all.len == 0)
		return 0;
	if (!is_less)
		buf_done(&match.few);
	*ret_match = match;
	match = (struct search_match){ 0 };
	return 1;
}

void search_match_done(struct search_match *m)
{
	buf_done(&m->all);
	buf_done(&m->few);
}
