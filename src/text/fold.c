/* Characters as matching sees them: one form for full and half width, one blank. */
#include "text_priv.h"

#include "planfs/utf8.h"

#include <string.h>

uint32_t fold_char(uint32_t c)
{
	if (c < 0x80)
		return c == '\t' ? ' ' : c;
	if (c >= 0xFF01 && c <= 0xFF5E)
		return c - 0xFEE0;
	if (c == 0xA0 || c == 0x3000 || c == 0xFEFF || (c >= 0x2000 && c <= 0x200B))
		return ' ';
	if (c == 0x201C || c == 0x201D)
		return '"';
	return c;
}

struct cursor cursor_over(const char *s, size_t len)
{
	return (struct cursor){ s, s + len };
}

uint32_t cursor_next(struct cursor *c)
{
	uint32_t ch;
	size_t n;

	if (c->at == c->end)
		return 0;
	if ((unsigned char)*c->at >= 0xE4 && (unsigned char)*c->at <= 0xE9 && c->end - c->at >= 3) {
		/* Han, which is nearly all there is, and which nothing folds */
		const unsigned char *u = (const unsigned char *)c->at;

		c->at += 3;
		return (u[0] & 15u) << 12 | (u[1] & 63u) << 6 | (u[2] & 63u);
	}
	n = utf8_decode(c->at, (size_t)(c->end - c->at), &ch);
	if (n == 0) { /* half a character: a part of a text was handed in */
		c->at = c->end;
		return 0;
	}
	c->at += n;
	return fold_char(ch);
}

uint32_t cursor_peek(const struct cursor *c)
{
	struct cursor copy = *c;

	return cursor_next(&copy);
}

bool cursor_skip(struct cursor *c, uint32_t wanted)
{
	struct cursor copy = *c;

	if (cursor_next(&copy) != wanted)
		return false;
	*c = copy;
	return true;
}

bool cursor_skip_text(struct cursor *c, const char *wanted)
{
	struct cursor want = cursor_over(wanted, strlen(wanted));
	struct cursor copy = *c;

	while (want.at < want.end)
		if (cursor_next(&copy) != cursor_next(&want))
			return false;
	*c = copy;
	return true;
}

void cursor_skip_blanks(struct cursor *c)
{
	while (cursor_skip(c, ' '))
		;
}

uint32_t cursor_back(struct cursor *c, const char *begin)
{
	if (c->at == begin)
		return 0;
	do {
		c->at--;
	} while (c->at > begin && ((unsigned char)*c->at & 0xC0) == 0x80);
	return cursor_peek(c);
}

int fold_text(const char *s, size_t len, struct buf *ret_folded)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	struct cursor c = cursor_over(s, len);
	char bytes[4];
	int r;

	r = buf_reserve(&out, len);
	if (r < 0)
		return r;
	while (c.at < c.end) {
		uint32_t ch = cursor_next(&c);

		if (ch >= 'A' && ch <= 'Z')
			ch += 'a' - 'A';
		r = buf_add(&out, bytes, utf8_encode(ch, bytes));
		if (r < 0)
			return r;
	}

	*ret_folded = buf_steal(&out);
	return 0;
}

bool char_is_han(uint32_t c)
{
	return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || c == 0x3007 ||
	       (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

bool char_is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

bool char_ends_sentence(uint32_t c)
{
	switch (c) {
	case '!':
	case '?':
	case ';':
	case ':':
	case '.':
	case ')':
	case '"':
	case 0x3002: /* 。 */
	case 0x2026: /* … */
	case 0x300B: /* 》 */
	case 0x300D: /* 」 */
	case 0x3011: /* 】 */
		return true;
	default:
		return false;
	}
}

size_t text_chars(const char *s, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xC0) != 0x80;
	return n;
}

void text_trim(const char **s, size_t *len)
{
	struct cursor c = cursor_over(*s, *len);

	cursor_skip_blanks(&c);
	*s = c.at;
	c.at = c.end;
	while (cursor_back(&c, *s) == ' ')
		c.end = c.at;
	*len = (size_t)(c.end - *s);
}

bool text_has(const char *s, size_t len, const char *wanted)
{
	return len > 0 && memmem(s, len, wanted, strlen(wanted)) != NULL;
}

bool text_ends_with(const char *s, size_t len, const char *wanted)
{
	size_t n = strlen(wanted);

	return len >= n && memcmp(s + len - n, wanted, n) == 0;
}
