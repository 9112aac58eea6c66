/* Characters that make words, as GNU grep's -w sees them: letters (Han among them), digits and the underscore. */
#include "match_priv.h"

#include "planfs/utf8.h"

#include <wctype.h>

size_t word_char_at(const struct match_string *text, size_t at)
{
	uint32_t c = 0;
	size_t n;

	if (at >= text->len)
		return 0;
	n = utf8_decode(text->data + at, text->len - at, &c);
	return n > 0 && (c == '_' || iswalnum((wint_t)c)) ? n : 0;
}

size_t word_char_before(const struct match_string *text, size_t at)
{
	size_t begin;
	uint32_t c;

	if (at == 0)
		return 0;
	/* the character that the byte before @at is in, which may go on behind it in a text that is not UTF-8 */
	for (begin = at - 1; begin > 0 && at - begin < 4; begin--)
		if (((unsigned char)text->data[begin] & 0xC0) != 0x80)
			break;
	if (utf8_decode(text->data + begin, text->len - begin, &c) < at - begin)
		return 0;
	return word_char_at(text, begin);
}
