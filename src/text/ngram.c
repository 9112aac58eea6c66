/* The words of the search index; see planfs/ngram.h. */
#include "planfs/ngram.h"

#include "planfs/utf8.h"

#include <string.h>

enum { REPLACEMENT = 0xFFFD, CHAR_BYTES_MAX = 4 };

/* A line under way. */
struct run {
	char word[NGRAM_BYTES_MAX]; /* the last character, folded, and room for the next */
	size_t len;                 /* of the last character; 0: the line has none yet */
	size_t chars;
	const char *at; /* where the last character is in the text */
	size_t n;
	ngram_fn *fn;
	void *arg;
};

uint32_t ngram_fold(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		c -= 0xFEE0;
	if (c >= 'A' && c <= 'Z')
		return c + 'a' - 'A';
	return c == '\t' || c == 0xA0 || c == 0x3000 ? ' ' : c;
}

/* U+3001 to U+9FFF, which is nearly all there is, and which nothing folds. */
static bool is_unfolded_han(const unsigned char *u)
{
	if (u[0] < 0xE3 || u[0] > 0xE9 || (u[1] & 0xC0) != 0x80 || (u[2] & 0xC0) != 0x80)
		return false;
	return u[0] != 0xE3 || u[1] != 0x80 || u[2] != 0x80;
}

/* The character at @s goes to @ret_folded, its length there to *ret_len. Returns how many bytes it has in the text. */
static size_t next_char(const char *s, size_t len, char *ret_folded, size_t *ret_len)
{
	const unsigned char *u = (const unsigned char *)s;
	uint32_t c, folded;
	size_t n;

	if (len >= 3 && is_unfolded_han(u)) {
		memcpy(ret_folded, s, 3);
		*ret_len = 3;
		return 3;
	}
	n = utf8_decode(s, len, &c);
	folded = n ? ngram_fold(c) : REPLACEMENT;
	*ret_len = utf8_encode(folded, ret_folded);
	return n ? n : 1;
}

static int end_line(struct run *run, bool is_query)
{
	int r = 0;

	if (run->len > 0 && !(is_query && run->chars > 1))
		r = run->fn(run->arg, run->word, run->len, run->at, run->n);
	run->len = 0;
	run->chars = 0;
	return r;
}

/* @next: the folded character of the @n bytes at @at. */
static int add_char(struct run *run, const char *next, size_t len, const char *at, size_t n)
{
	int r = 0;

	if (run->len > 0) {
		memcpy(run->word + run->len, next, len);
		r = run->fn(run->arg, run->word, run->len + len, run->at, run->n + n);
	}
	memcpy(run->word, next, len);
	run->len = len;
	run->chars++;
	run->at = at;
	run->n = n;
	return r;
}

static int each(struct run *run, const char *s, size_t len, bool is_query)
{
	const char *end = len ? s + len : s; /* an empty text may have no address */
	int r = 0;

	while (s < end && r == 0) {
		char next[CHAR_BYTES_MAX];
		size_t bytes, n;

		if (*s == '\n') {
			r = end_line(run, is_query);
			s++;
			continue;
		}
		n = next_char(s, (size_t)(end - s), next, &bytes);
		r = add_char(run, next, bytes, s, n);
		s += n;
	}
	return r != 0 ? r : end_line(run, is_query);
}

int ngram_each(const char *s, size_t len, ngram_fn *fn, void *arg)
{
	struct run run = { .fn = fn, .arg = arg };

	return each(&run, s, len, false);
}

int ngram_each_of_query(const char *s, size_t len, ngram_fn *fn, void *arg)
{
	struct run run = { .fn = fn, .arg = arg };

	return each(&run, s, len, true);
}
