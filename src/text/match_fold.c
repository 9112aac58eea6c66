/* What a match ignores: the case of ASCII letters, or also, as the search index does, the width of characters and the kind of blanks. */
#include "match_priv.h"

#include "planfs/ngram.h"
#include "planfs/utf8.h"

#include <string.h>
#include <wctype.h>

/* Their capitals are S and I, whose small letters are s and i. */
const struct match_string twins[TWINS] = { { "\xC5\xBF", 2 }, { "\xC4\xB1", 2 } };

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Returns how many bytes of @s one character is; a byte that is none stays. */
static size_t fold_one(const char *s, size_t len, char *ret_bytes, size_t *ret_len)
{
	uint32_t c;
	size_t n = utf8_decode(s, len, &c);

	if (n == 0) {
		ret_bytes[0] = s[0];
		*ret_len = 1;
		return 1;
	}
	*ret_len = utf8_encode(ngram_fold(c), ret_bytes);
	return n;
}

size_t fold_width(const char *s, size_t len, size_t *ret_folded)
{
	char bytes[4];

	return fold_one(s, len, bytes, ret_folded);
}

int fold(enum folding how, const struct match_string *s, struct buf *ret_folded)
{
	size_t at, n, len = 0;
	int r;

	ret_folded->len = 0;
	r = buf_resize(ret_folded, s->len); /* nothing becomes longer */
	if (r < 0)
		return r;
	if (how == FOLD_CASE) {
		for (at = 0; at < s->len; at++)
			ret_folded->data[at] = small(s->data[at]);
		return 0;
	}
	for (at = 0; at < s->len; len += n) {
		char bytes[4];

		at += fold_one(s->data + at, s->len - at, bytes, &n);
		memcpy(ret_folded->data + len, bytes, n);
	}
	return buf_resize(ret_folded, len);
}

static bool has_case(uint32_t c)
{
	return towupper((wint_t)c) != (wint_t)c || towlower((wint_t)c) != (wint_t)c;
}

bool case_is_simple(const char *s, size_t len, bool *ret_twins)
{
	bool found = false;
	uint32_t c;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = utf8_decode(s, len, &c);
		if (n == 0 || (c >= 0x80 && has_case(c)))
			return false;
		found |= c != 0 && c < 0x80 && strchr("iIsS", (int)c) != NULL;
	}
	*ret_twins |= found;
	return true;
}

bool has_twin(const struct match_string *text)
{
	int i;

	for (i = 0; i < TWINS; i++)
		if (memmem(text->data, text->len, twins[i].data, twins[i].len))
			return true;
	return false;
}
