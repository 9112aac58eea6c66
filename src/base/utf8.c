/* Strict UTF-8; see planfs/utf8.h. */
#include "planfs/utf8.h"

#include "planfs/attr.h"

size_t utf8_decode(const char *s, size_t len, uint32_t *ret_char)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t min;
	} forms[] = { { 0x80, 0x00, 0 }, { 0xE0, 0xC0, 0x80 }, { 0xF0, 0xE0, 0x800 },
		{ 0xF8, 0xF0, 0x10000 } };
	const unsigned char *u = (const unsigned char *)s;
	uint32_t c;
	size_t more, k;

	for (more = 0; more < ARRAY_LEN(forms) && len > 0; more++)
		if ((u[0] & forms[more].mask) == forms[more].lead)
			break;
	if (more >= len || more == ARRAY_LEN(forms))
		return 0;
	c = u[0] & (unsigned char)~forms[more].mask;
	for (k = 1; k <= more; k++) {
		if ((u[k] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (u[k] & 0x3F);
	}
	if (c < forms[more].min || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;

	*ret_char = c;
	return more + 1;
}

size_t utf8_encode(uint32_t c, char *ret_bytes)
{
	static const unsigned char leads[] = { 0x00, 0xC0, 0xE0, 0xF0 };
	size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	size_t k;

	if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	for (k = more; k > 0; k--, c >>= 6)
		ret_bytes[k] = (char)(0x80 | (c & 0x3F));
	ret_bytes[0] = (char)(leads[more] | c);
	return more + 1;
}

bool utf8_is_valid(const char *s, size_t len, size_t *ret_bad)
{
	size_t at = 0;
	uint32_t c;

	while (at < len) {
		size_t n = utf8_decode(s + at, len - at, &c);

		if (n == 0) {
			if (ret_bad)
				*ret_bad = at;
			return false;
		}
		at += n;
	}
	return true;
}
