/* Automatic numbers of a .docx as Word shows them: 一、 （一） 1. （1） ① and the rest. */
#include "import_priv.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTS_MAX = 20000, NUMBER_MAX = 32767 };

struct level {
	char *format, *text, *style; /* owned; numFmt, lvlText, pStyle */
	int start;
	bool legal, no_separator;
};

struct abstract {
	int id;
	struct level levels[DOCX_LEVELS];
	int counters[DOCX_LEVELS]; /* 0: not begun */
};

struct list {
	int id, abstract;
	int starts[DOCX_LEVELS]; /* -1: not overridden */
	bool used;
};

struct docx_numbering {
	struct abstract *abstracts; /* owned */
	struct list *lists;         /* owned */
	size_t n_abstracts, n_lists;
	struct level *level; /* while reading: the one under way, or NULL */
	int override;        /* likewise, -1: none */
	enum { IN_NOTHING, IN_ABSTRACT, IN_LIST } in;
};

void docx_numbering_free(struct docx_numbering *n)
{
	size_t i, k;

	for (i = 0; n && i < n->n_abstracts; i++) {
		for (k = 0; k < DOCX_LEVELS; k++) {
			free(n->abstracts[i].levels[k].format);
			free(n->abstracts[i].levels[k].text);
			free(n->abstracts[i].levels[k].style);
		}
	}
	if (n) {
		free(n->abstracts);
		free(n->lists);
	}
	free(n);
}

static int level_of(const char **atts)
{
	const char *value = xml_attr(atts, "ilvl");
	int level = value ? atoi(value) : -1;

	return level >= 0 && level < DOCX_LEVELS ? level : -1;
}

static int begin_abstract(struct docx_numbering *n, const char **atts)
{
	const char *id = xml_attr(atts, "abstractNumId");
	struct abstract *grown;
	size_t i;

	n->in = IN_NOTHING;
	n->level = NULL;
	if (!id || n->n_abstracts >= LISTS_MAX)
		return 0;
	grown = realloc(n->abstracts, (n->n_abstracts + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	n->abstracts = grown;
	n->abstracts[n->n_abstracts] = (struct abstract){ .id = atoi(id) };
	for (i = 0; i < DOCX_LEVELS; i++)
		n->abstracts[n->n_abstracts].levels[i].start = 1;
	n->n_abstracts++;
	n->in = IN_ABSTRACT;
	return 0;
}

static int begin_list(struct docx_numbering *n, const char **atts)
{
	const char *id = xml_attr(atts, "numId");
	struct list *grown;
	size_t i;

	n->in = IN_NOTHING;
	n->level = NULL;
	n->override = -1;
	if (!id || n->n_lists >= LISTS_MAX)
		return 0;
	grown = realloc(n->lists, (n->n_lists + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	n->lists = grown;
	n->lists[n->n_lists] = (struct list){ .id = atoi(id), .abstract = -1 };
	for (i = 0; i < DOCX_LEVELS; i++)
		n->lists[n->n_lists].starts[i] = -1;
	n->n_lists++;
	n->in = IN_LIST;
	return 0;
}

static int set_text(char **field, const char *value)
{
	free(*field);
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

/* A property of the level under way. */
static int set_level(struct level *level, const char *name, const char **atts, const char *value)
{
	if (strcmp(name, "start") == 0)
		level->start = atoi(value);
	else if (strcmp(name, "numFmt") == 0)
		return set_text(&level->format, value);
	else if (strcmp(name, "lvlText") == 0)
		return set_text(&level->text, value);
	else if (strcmp(name, "pStyle") == 0)
		return set_text(&level->style, value);
	else if (strcmp(name, "suff") == 0)
		level->no_separator = strcmp(value, "nothing") == 0;
	else if (strcmp(name, "isLgl") == 0)
		level->legal = xml_is_on(atts);
	return 0;
}

static int on_start(void *arg, enum xml_space space, const char *name, const char **atts)
{
	const char *value = xml_attr(atts, "val");
	struct docx_numbering *n = arg;
	int level;

	if (space != XML_WORD)
		return 0;
	if (strcmp(name, "abstractNum") == 0)
		return begin_abstract(n, atts);
	if (strcmp(name, "num") == 0)
		return begin_list(n, atts);
	level = level_of(atts);
	if (n->in == IN_ABSTRACT && strcmp(name, "lvl") == 0)
		n->level = level < 0 ? NULL : &n->abstracts[n->n_abstracts - 1].levels[level];
	else if (n->in == IN_LIST && strcmp(name, "lvlOverride") == 0)
		n->override = level;
	else if (n->in == IN_LIST && value && strcmp(name, "abstractNumId") == 0)
		n->lists[n->n_lists - 1].abstract = atoi(value);
	else if (n->in == IN_LIST && value && n->override >= 0 &&
		 strcmp(name, "startOverride") == 0)
		n->lists[n->n_lists - 1].starts[n->override] = atoi(value);
	else if (n->in == IN_ABSTRACT && n->level)
		return strcmp(name, "isLgl") == 0 || value ? set_level(n->level, name, atts, value)
							   : 0;
	return 0;
}

int docx_numbering_read(struct package *p, struct docx_numbering **ret)
{
	struct docx_numbering *n = calloc(1, sizeof(*n));
	struct xml_handler handler = { .start = on_start, .arg = n };
	int r;

	if (!n)
		return -ENOMEM;
	r = xml_read(p, "word/numbering.xml", &handler);
	if (r < 0 && r != -ENOENT) {
		docx_numbering_free(n);
		return r;
	}
	*ret = n;
	return 0;
}

static struct list *find_list(const struct docx_numbering *n, int number)
{
	size_t i;

	for (i = 0; i < n->n_lists; i++)
		if (n->lists[i].id == number)
			return &n->lists[i];
	return NULL;
}

static struct abstract *find_abstract(const struct docx_numbering *n, const struct list *list)
{
	size_t i;

	for (i = 0; list && i < n->n_abstracts; i++)
		if (n->abstracts[i].id == list->abstract)
			return &n->abstracts[i];
	return NULL;
}

int docx_numbering_depth(const struct docx_numbering *n, int number, const char *id)
{
	const struct abstract *a = find_abstract(n, find_list(n, number));
	int i;

	for (i = 0; a && id && i < DOCX_LEVELS; i++)
		if (a->levels[i].style && strcmp(a->levels[i].style, id) == 0)
			return i;
	return -1;
}

/* ---- numbers ---- */

static int add_han(struct buf *out, int number, const char *const *digits, const char *const *units)
{
	static const int powers[] = { 10000, 1000, 100, 10, 1 };
	bool begun = false, zero = false;
	size_t i;
	int r = 0;

	for (i = 0; i < 5 && r == 0; i++) {
		int digit = number / powers[i] % 10;

		if (digit == 0) {
			zero = begun;
			continue;
		}
		if (zero)
			r = buf_add_str(out, digits[0]);
		zero = false;
		if (r == 0 && !(powers[i] == 10 && digit == 1 && !begun))
			r = buf_add_str(out, digits[digit]);
		if (r == 0)
			r = buf_add_str(out, units[i]);
		begun = true;
	}
	return r;
}

static int add_digits(struct buf *out, int number, const char *const *digits)
{
	char text[16];
	int r = 0;
	const char *at;

	snprintf(text, sizeof(text), "%d", number);
	for (at = text; *at && r == 0; at++)
		r = buf_add_str(out, digits[*at - '0']);
	return r;
}

static int add_letters(struct buf *out, int number, char first)
{
	int times = (number - 1) / 26 + 1, r = 0;
	char letter = (char)(first + (number - 1) % 26);

	for (; times > 0 && r == 0; times--)
		r = buf_add(out, &letter, 1);
	return r;
}

static int add_roman(struct buf *out, int number, bool small)
{
	static const struct {
		int value;
		const char *great, *small;
	} signs[] = { { 1000, "M", "m" }, { 900, "CM", "cm" }, { 500, "D", "d" },
		{ 400, "CD", "cd" }, { 100, "C", "c" }, { 90, "XC", "xc" }, { 50, "L", "l" },
		{ 40, "XL", "xl" }, { 10, "X", "x" }, { 9, "IX", "ix" }, { 5, "V", "v" },
		{ 4, "IV", "iv" }, { 1, "I", "i" } };
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_LEN(signs); i++)
		for (; number >= signs[i].value && r == 0; number -= signs[i].value)
			r = buf_add_str(out, small ? signs[i].small : signs[i].great);
	return r;
}

/* ①, ㉑, ㊱: Unicode has fifty of them. */
static int add_circled(struct buf *out, int number)
{
	uint32_t c = number <= 20   ? 0x2460u + (uint32_t)number - 1
		     : number <= 35 ? 0x3251u + (uint32_t)number - 21
				    : 0x32B1u + (uint32_t)number - 36;
	char bytes[4] = { (char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 63)),
		(char)(0x80 | (c & 63)), 0 };

	return number >= 1 && number <= 50 ? buf_add_str(out, bytes)
					   : buf_printf(out, "%d", number);
}

static int add_from(struct buf *out, int number, const char *const *names, int n)
{
	return buf_add_str(out, names[(number - 1) % n]);
}

static int add_number(struct buf *out, int number, const char *format)
{
	static const char *const plain[] = { "〇", "一", "二", "三", "四", "五", "六", "七", "八",
		"九" };
	static const char *const counting[] = { "零", "一", "二", "三", "四", "五", "六", "七",
		"八", "九" };
	static const char *const units[] = { "万", "千", "百", "十", "" };
	static const char *const formal[] = { "零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌",
		"玖" };
	static const char *const formal_units[] = { "万", "仟", "佰", "拾", "" };
	static const char *const wide[] = { "０", "１", "２", "３", "４", "５", "６", "７", "８",
		"９" };
	static const char *const stems[] = { "甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬",
		"癸" };
	static const char *const branches[] = { "子", "丑", "寅", "卯", "辰", "巳", "午", "未",
		"申", "酉", "戌", "亥" };

	if (number < 1 || number > NUMBER_MAX)
		return buf_printf(out, "%d", number);
	if (strncmp(format, "chineseCounting", 15) == 0 ||
		strncmp(format, "japaneseCounting", 16) == 0 ||
		strncmp(format, "taiwaneseCounting", 17) == 0)
		return add_han(out, number, counting, units);
	if (strcmp(format, "chineseLegalSimplified") == 0 ||
		strcmp(format, "ideographLegalTraditional") == 0 ||
		strcmp(format, "japaneseLegal") == 0)
		return add_han(out, number, formal, formal_units);
	if (strcmp(format, "ideographDigital") == 0 || strcmp(format, "taiwaneseDigital") == 0 ||
		strcmp(format, "japaneseDigitalTenThousand") == 0)
		return add_digits(out, number, plain);
	if (strncmp(format, "decimalFullWidth", 16) == 0)
		return add_digits(out, number, wide);
	if (strncmp(format, "decimalEnclosedCircle", 21) == 0)
		return add_circled(out, number);
	if (strcmp(format, "ideographTraditional") == 0)
		return add_from(out, number, stems, 10);
	if (strcmp(format, "ideographZodiac") == 0)
		return add_from(out, number, branches, 12);
	if (strcmp(format, "upperLetter") == 0 || strcmp(format, "lowerLetter") == 0)
		return add_letters(out, number, format[0] == 'u' ? 'A' : 'a');
	if (strcmp(format, "upperRoman") == 0 || strcmp(format, "lowerRoman") == 0)
		return add_roman(out, number, format[0] == 'l');
	return buf_printf(out, strcmp(format, "decimalZero") == 0 ? "%02d" : "%d", number);
}

/* ---- the marker ---- */

/* Count on at @depth; what is below it begins anew. */
static void count(struct abstract *a, struct list *list, int depth)
{
	int i;

	for (i = 0; i < DOCX_LEVELS && !list->used; i++)
		if (list->starts[i] >= 0)
			a->counters[i] = 0;
	for (i = 0; i <= depth; i++) {
		int start = list->starts[i] >= 0 ? list->starts[i] : a->levels[i].start;

		if (a->counters[i] == 0)
			a->counters[i] = start > 0 ? start : 1;
		else if (i == depth && a->counters[i] < NUMBER_MAX)
			a->counters[i]++;
	}
	for (; i < DOCX_LEVELS; i++)
		a->counters[i] = 0;
	list->used = true;
}

static int add_bullet(struct buf *out, const char *text)
{
	/* signs of the fonts Wingdings and Symbol lie in the private use area, U+E000 to U+F8FF */
	bool own =
		text && text[0] && (unsigned char)text[0] != 0xEE && (unsigned char)text[0] != 0xEF;

	return buf_add_str(out, own ? text : "•");
}

/* "（%1）", "%1.%2": the numbers of the levels put into the level's text. */
static int add_marker(const struct abstract *a, int depth, struct buf *out)
{
	const struct level *level = &a->levels[depth];
	const char *at = level->text ? level->text : "";
	int r = 0;

	for (; *at && r == 0; at++) {
		int of = at[0] == '%' && at[1] >= '1' && at[1] <= '9' ? at[1] - '1' : -1;
		const char *format =
			of >= 0 && a->levels[of].format ? a->levels[of].format : "decimal";

		if (of < 0) {
			r = buf_add(out, at, 1);
			continue;
		}
		at++;
		if (strcmp(format, "none") != 0)
			r = add_number(out, a->counters[of] ? a->counters[of] : 1,
				level->legal ? "decimal" : format);
	}
	return r;
}

int docx_numbering_next(struct docx_numbering *n, int number, int depth, struct buf *out)
{
	struct list *list = find_list(n, number);
	struct abstract *a = find_abstract(n, list);
	size_t before = out->len;
	const struct level *level;
	bool bullet;
	int r;

	if (!a || depth < 0 || depth >= DOCX_LEVELS)
		return 0;
	level = &a->levels[depth];
	count(a, list, depth);
	if (level->format && strcmp(level->format, "bullet") == 0)
		r = add_bullet(out, level->text);
	else
		r = add_marker(a, depth, out);
	if (r < 0 || out->len == before || level->no_separator)
		return r;
	/* behind a full-width sign Word leaves a gap that nobody would type */
	bullet = level->format && strcmp(level->format, "bullet") == 0;
	return bullet || (unsigned char)out->data[out->len - 1] < 0x80 ? buf_add(out, " ", 1) : 0;
}
