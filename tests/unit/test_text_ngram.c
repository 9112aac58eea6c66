/* planfs/ngram.h */
#include "planfs/ngram.h"

#include "planfs/attr.h"
#include "planfs/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct words {
	char text[4096]; /* each followed by a bar */
	size_t len;
	const char *from;
	int left; /* until the enumeration is ended; -1: never */
};

static int add_word(void *arg, const char *word, size_t len, const char *at, size_t n)
{
	struct words *w = arg;

	if (w->left == 0)
		return 7;
	w->left--;
	assert_true(len > 0 && len <= NGRAM_BYTES_MAX);
	assert_true(at >= w->from && n > 0);
	w->len += (size_t)snprintf(
		w->text + w->len, sizeof(w->text) - w->len, "%.*s|", (int)len, word);
	return 0;
}

static void expect(const char *s, size_t len, bool is_query, const char *words)
{
	struct words w = { .from = s, .left = -1 };
	int r = is_query ? ngram_each_of_query(s, len, add_word, &w)
			 : ngram_each(s, len, add_word, &w);

	assert_int_equal(r, 0);
	assert_string_equal(w.text, words);
}

static void a_line_is_its_pairs_and_its_last_character(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "" },
		{ "\n\n\n", "" },
		{ "德", "德|" },
		{ "德育", "德育|育|" },
		{ "控辍保学", "控辍|辍保|保学|学|" },
		{ "一、安", "一、|、安|安|" },
		{ "93%", "93|3%|%|" },
		{ "a b", "a | b|b|" },
		{ "一\n二三\n", "一|二三|三|" },
		{ "一\r\n二", "一\r|\r|二|" },
		{ "😀好", "😀好|好|" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		expect(cases[i].text, strlen(cases[i].text), false, cases[i].words);
}

static void a_query_has_no_word_that_its_text_may_lack(void **state)
{
	(void)state;
	expect("", 0, true, "");
	expect("德", 3, true, "德|");
	expect("德育", 6, true, "德育|");
	expect("控辍保学", 12, true, "控辍|辍保|保学|");
}

static void characters_are_folded_one_by_one(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "AbZ", "ab|bz|z|" }, { "Ａｚ", "az|z|" }, { "９３％", "93|3%|%|" },
		{ "，。", ",。|。|" }, { "！～", "!~|~|" },
		{ "\t\xC2\xA0\xE3\x80\x80x", "  |  | x|x|" }, { "、〇", "、〇|〇|" },
		{ "“”", "“”|”|" }, { "ÄÉ", "ÄÉ|É|" }, /* and nothing else */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		expect(cases[i].text, strlen(cases[i].text), false, cases[i].words);
}

/* Also those that the short way through the decoder takes. */
static void every_character_is_folded_as_fold_says(void **state)
{
	uint32_t c;

	(void)state;
	for (c = 1; c <= 0x10FFFF; c++) {
		char text[4], wanted[8] = "";
		size_t n = utf8_encode(c, text);

		if (n == 0 || c == '\n')
			continue;
		wanted[utf8_encode(ngram_fold(c), wanted)] = '|';
		expect(text, n, false, wanted);
		assert_int_equal(ngram_fold(ngram_fold(c)), ngram_fold(c));
	}
}

static void a_bad_byte_is_a_character_of_its_own(void **state)
{
#define BAD "\xEF\xBF\xBD"
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "\x80", BAD "|" },
		{ "\xE5\xBE", BAD BAD "|" BAD "|" },
		{ "\xE5\xBE安", BAD BAD "|" BAD "安|安|" },
		{ "\xE5\xBE\x97\xBE安", "得" BAD "|" BAD "安|安|" },
		{ "\xED\xA0\x80", BAD BAD "|" BAD BAD "|" BAD "|" },
		{ "\xC0\xAF", BAD BAD "|" BAD "|" },
		{ "\xFF\n\xFF", BAD "|" BAD "|" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		expect(cases[i].text, strlen(cases[i].text), false, cases[i].words);
}

static void a_text_may_hold_nuls_and_end_in_the_middle_of_a_character(void **state)
{
	struct words w = { .from = "a\0b", .left = -1 };

	(void)state;
	assert_int_equal(ngram_each(w.from, 3, add_word, &w), 0);
	assert_int_equal(w.left, -4); /* a+NUL, NUL+b, b */
	expect("安全", 4, false, "安" BAD "|" BAD "|");
}

static void where_a_word_stands_is_told(void **state)
{
	struct words w = { .from = "Ａ，b", .left = 1 };

	(void)state;
	assert_int_equal(ngram_each(w.from, strlen(w.from), add_word, &w), 7);
	assert_string_equal(w.text, "a,|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_its_pairs_and_its_last_character),
		cmocka_unit_test(a_query_has_no_word_that_its_text_may_lack),
		cmocka_unit_test(characters_are_folded_one_by_one),
		cmocka_unit_test(every_character_is_folded_as_fold_says),
		cmocka_unit_test(a_bad_byte_is_a_character_of_its_own),
		cmocka_unit_test(a_text_may_hold_nuls_and_end_in_the_middle_of_a_character),
		cmocka_unit_test(where_a_word_stands_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
