/* Numbers as headings and years write them. */
#include "text_priv.h"

#include <stdio.h>
#include <string.h>

static const char *const han_digits[] = { "〇", "一", "二", "三", "四", "五", "六", "七", "八",
	"九" };

/* The value of one Han digit, -1 for another character. */
static int han_digit(uint32_t c)
{
	if (c < 0x25CB)
		return -1;
	switch (c) {
	case 0x3007: /* 〇 */
	case 0x96F6: /* 零 */
	case 0x25CB: /* ○ */
		return 0;
	case 0x4E00:
		return 1;
	case 0x4E8C:
		return 2;
	case 0x4E09:
		return 3;
	case 0x56DB:
		return 4;
	case 0x4E94:
		return 5;
	case 0x516D:
		return 6;
	case 0x4E03:
		return 7;
	case 0x516B:
		return 8;
	case 0x4E5D:
		return 9;
	default:
		return -1;
	}
}

/* The unit that multiplies what stands before it, 0 for another character. */
static unsigned han_unit(uint32_t c)
{
	switch (c) {
	case 0x5341: /* 十 */
		return 10;
	case 0x767E: /* 百 */
		return 100;
	default:
		return 0;
	}
}

int number_digit(uint32_t c)
{
	return char_is_digit(c) ? (int)(c - '0') : han_digit(c);
}

unsigned number_han(struct cursor *c)
{
	unsigned value = 0, digit = 0, chars;

	for (chars = 0; chars < 6; chars++) {
		uint32_t ch = cursor_peek(c);
		unsigned unit = han_unit(ch);

		if (unit > 0) {
			value += (digit > 0 ? digit : 1) * unit;
			digit = 0;
		} else if (han_digit(ch) >= 0) {
			digit = digit * 10 + (unsigned)han_digit(ch);
		} else if (ch == 0x5EFF) { /* 廿 */
			value += 20;
		} else {
			break;
		}
		cursor_next(c);
	}
	return value + digit;
}

unsigned number_digits(struct cursor *c, unsigned digits)
{
	unsigned value = 0;

	for (; digits > 0 && char_is_digit(cursor_peek(c)); digits--)
		value = value * 10 + (cursor_next(c) - '0');
	return value;
}

unsigned number_any(struct cursor *c)
{
	return char_is_digit(cursor_peek(c)) ? number_digits(c, 3) : number_han(c);
}

void number_to_han(unsigned n, char *ret, size_t size)
{
	const char *tens = n >= 20 ? han_digits[n / 10 % 10] : "";

	snprintf(ret, size, "%s%s%s", tens, n >= 10 ? "十" : "", n % 10 ? han_digits[n % 10] : "");
}
