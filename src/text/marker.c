/* The number that a paragraph begins with: 一、 (一) 1. ① 第一部分 一是 附件1. */
#include "text_priv.h"

#include <string.h>

struct form {
	enum marker_kind kind;
	bool (*parse)(
		struct cursor *c, struct marker *m); /* steps over the marker when it is there */
};

static void skip_separators(struct cursor *c)
{
	while (cursor_skip(c, ' ') || cursor_skip(c, 0x3001) || cursor_skip(c, ':'))
		;
}

/* 第一部分, 第一章; not 第一季度, and not 第一章程. */
static bool parse_part(struct cursor *c, struct marker *m)
{
	static const char *const names[] = { "部分", "章", "编", "板块", "篇章" };
	uint32_t next;
	size_t i;

	if (!cursor_skip(c, 0x7B2C))
		return false;
	m->number = number_any(c);
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (cursor_skip_text(c, names[i]))
			break;
	if (m->number == 0 || i == ARRAY_LEN(names))
		return false;
	next = cursor_peek(c);
	skip_separators(c);
	return next != 0x7A0B && next != 0x8282 && !char_ends_sentence(next == ':' ? ' ' : next);
}

/* 一、 but not 一、二年级. */
static bool parse_han(struct cursor *c, struct marker *m)
{
	struct cursor next;

	m->number = number_han(c);
	cursor_skip_blanks(c);
	if (m->number == 0)
		return false;
	if (cursor_skip(c, '.')) {
		if (char_is_digit(cursor_peek(c)))
			return false; /* 二.1 is below 二 */
	} else if (!cursor_skip(c, 0x3001)) {
		return false;
	}
	next = *c;
	if (number_han(&next) == m->number + 1)
		return cursor_skip(&next, 0x662F); /* 一、二是: strange, but a heading */
	cursor_skip_blanks(c);
	return true;
}

/* (一) and ㈠, also with a 、 behind it. */
static bool parse_paren_han(struct cursor *c, struct marker *m)
{
	uint32_t ch = cursor_peek(c);

	if (ch >= 0x3220 && ch <= 0x3229) {
		m->number = cursor_next(c) - 0x3220 + 1;
	} else {
		if (!cursor_skip(c, '(') && !cursor_skip(c, 0x3014))
			return false;
		m->number = number_han(c);
		if (m->number == 0 || (!cursor_skip(c, ')') && !cursor_skip(c, 0x3015)))
			return false;
	}
	skip_separators(c);
	return true;
}

/* 一月份: 第一季度: 上半年: the periods of a schedule. */
static bool parse_period(struct cursor *c, struct marker *m)
{
	bool quarter = cursor_skip(c, 0x7B2C);

	m->number = number_any(c);
	if (quarter ? !cursor_skip_text(c, "季度") : !cursor_skip(c, 0x6708))
		return false;
	cursor_skip(c, 0x4EFD); /* 份 */
	cursor_skip_blanks(c);
	m->len = 0; /* 一月份 is the title */
	return m->number > 0 && m->number <= 12 && (cursor_peek(c) == ':' || c->at == c->end);
}

/* 1、 1. but not 3.34, 1、2班, 5.12. */
static bool parse_digit(struct cursor *c, struct marker *m)
{
	uint32_t ch = cursor_peek(c);

	if (ch >= 0x2488 && ch <= 0x249B) { /* ⒈ */
		m->number = cursor_next(c) - 0x2488 + 1;
	} else {
		m->number = number_digits(c, 2);
		cursor_skip_blanks(c);
		if (m->number == 0 || !(cursor_skip(c, 0x3001) || cursor_skip(c, '.')) ||
			char_is_digit(cursor_peek(c)))
			return false;
	}
	skip_separators(c);
	return true;
}

/* (1) 1) ⑴ */
static bool parse_paren_digit(struct cursor *c, struct marker *m)
{
	uint32_t ch = cursor_peek(c);

	if (ch >= 0x2474 && ch <= 0x2487) {
		m->number = cursor_next(c) - 0x2474 + 1;
	} else {
		cursor_skip(c, '(');
		m->number = number_digits(c, 2);
		if (m->number == 0 || !cursor_skip(c, ')'))
			return false;
	}
	skip_separators(c);
	return true;
}

static bool parse_circled(struct cursor *c, struct marker *m)
{
	uint32_t ch = cursor_next(c);

	if (ch >= 0x2460 && ch <= 0x2473)
		m->number = ch - 0x2460 + 1;
	else if (ch >= 0x2776 && ch <= 0x277F) /* ❶ */
		m->number = ch - 0x2776 + 1;
	skip_separators(c);
	return m->number > 0;
}

/* 附件1, 附: 附表二; a short line. */
static bool parse_annex(struct cursor *c, struct marker *m)
{
	bool named = cursor_skip_text(c, "附件") || cursor_skip_text(c, "附表");

	if (!named && !cursor_skip_text(c, "附"))
		return false;
	cursor_skip_blanks(c);
	m->number = number_any(c);
	m->len = 0; /* 附件1 is the title */
	return cursor_peek(c) == ':' || (named && (cursor_peek(c) == ' ' || c->at == c->end));
}

/* 一是, 一要: the number, then one character. */
static bool parse_chain_number(struct cursor *c, struct marker *m)
{
	m->number = number_han(c);
	m->label = c->at;
	if (m->number == 0 || (!cursor_skip(c, 0x662F) && !cursor_skip(c, 0x8981)))
		return false;
	m->label_len = (size_t)(c->at - m->label);
	cursor_skip(c, ',');
	return true;
}

/* 第一, 抓手一: a label of up to four characters, then the number. */
static bool parse_chain_label(struct cursor *c, struct marker *m)
{
	struct cursor number;
	unsigned chars;

	m->label = c->at;
	for (chars = 0; chars < 4 && char_is_han(cursor_peek(c)); chars++) {
		cursor_next(c);
		number = *c;
		m->number = number_any(&number);
		if (m->number == 0)
			continue;
		m->label_len = (size_t)(c->at - m->label);
		*c = number;
		if (chars == 0 && memcmp(m->label, "第", 3) == 0 && cursor_skip(c, ','))
			return true;
		return chars > 0 && cursor_skip(c, ':');
	}
	return false;
}

static bool parse_chain(struct cursor *c, struct marker *m)
{
	struct cursor copy = *c;

	if (parse_chain_number(&copy, m)) {
		*c = copy;
		return true;
	}
	*m = (struct marker){ .len = 1 };
	return parse_chain_label(c, m);
}

static const struct form forms[] = {
	{ MARKER_PART, parse_part },
	{ MARKER_HAN, parse_han },
	{ MARKER_PAREN_HAN, parse_paren_han },
	{ MARKER_PERIOD, parse_period },
	{ MARKER_DIGIT, parse_digit },
	{ MARKER_PAREN_DIGIT, parse_paren_digit },
	{ MARKER_CIRCLED, parse_circled },
	{ MARKER_ANNEX, parse_annex },
	{ MARKER_CHAIN, parse_chain },
};

struct marker marker_parse(const char *s, size_t len)
{
	struct cursor begin = cursor_over(s, len);
	size_t i;

	cursor_skip_blanks(&begin);
	for (i = 0; i < ARRAY_LEN(forms); i++) {
		struct marker m = { .len = 1 };
		struct cursor c = begin;

		if (!forms[i].parse(&c, &m))
			continue;
		m.kind = forms[i].kind;
		m.len = (size_t)((m.len > 0 ? c.at : begin.at) - s);
		return m;
	}
	return (struct marker){ 0 };
}
