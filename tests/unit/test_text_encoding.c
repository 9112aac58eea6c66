/* planfs/encoding.h */
#include "planfs/encoding.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct sample {
	const char *bytes;
	size_t len;
	enum encoding encoding;
	const char *text; /* NULL: refused */
};

#define BYTES(s) (s), sizeof(s) - 1

static void check(const struct sample *samples, size_t n)
{
	enum encoding encoding;
	size_t i;

	for (i = 0; i < n; i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		int r = encoding_decode(samples[i].bytes, samples[i].len, &text, &encoding);

		if (!samples[i].text) {
			assert_int_equal(r, -EILSEQ);
			assert_null(text.data);
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(encoding, samples[i].encoding);
		assert_string_equal(buf_str(&text), samples[i].text);
	}
}

static void encodings_are_told_by_mark_then_by_validity(void **state)
{
	static const struct sample samples[] = {
		{ BYTES(""), ENCODING_UTF8, "" },
		{ BYTES("plan\n"), ENCODING_UTF8, "plan\n" },
		{ BYTES("德育"), ENCODING_UTF8, "德育" },
		{ BYTES("\xEF\xBB\xBF德育"), ENCODING_UTF8, "德育" },
		{ BYTES("\xFF\xFE\xB7\x5F\xB2\x80"), ENCODING_UTF16LE, "德育" },
		{ BYTES("\xFE\xFF\x5F\xB7\x80\xB2"), ENCODING_UTF16BE, "德育" },
		{ BYTES("\xB5\xC2\xD3\xFD"), ENCODING_GB18030, "德育" },
	};

	(void)state;
	check(samples, ARRAY_LEN(samples));
}

static void line_ends_become_lf(void **state)
{
	static const struct sample samples[] = {
		{ BYTES("a\r\nb\r\n"), ENCODING_UTF8, "a\nb\n" },
		{ BYTES("a\rb"), ENCODING_UTF8, "a\nb" },
		{ BYTES("a\n\r\nb\r"), ENCODING_UTF8, "a\n\nb\n" },
		{ BYTES("\r\r\n\n"), ENCODING_UTF8, "\n\n\n" },
	};

	(void)state;
	check(samples, ARRAY_LEN(samples));
}

static void what_is_no_text_is_refused(void **state)
{
	static const struct sample samples[] = {
		{ BYTES("\x89PNG\r\n\x1a\n\0\0"), 0, NULL }, { BYTES("a\0b"), 0, NULL },
		{ BYTES("a\x01"), 0, NULL }, { BYTES("\x7F"), 0, NULL }, { BYTES("\xFF"), 0, NULL },
		{ BYTES("\x80"), 0, NULL }, { BYTES("caf\xE9 noir"), 0, NULL }, /* Latin-1 */
		{ BYTES("\xEF\xBB\xBF\xB5\xC2"), 0, NULL }, /* the mark is binding */
		{ BYTES("\xFF\xFE\xB7"), 0, NULL },         /* half a character */
		{ BYTES("\xFE\xFF\xD8\x00"), 0, NULL },     /* half a pair */
		{ BYTES("\xFF\xFE\x00\x00"), 0, NULL },     /* a NUL */
		{ BYTES("\xB5\xC2\xD3"), 0, NULL },         /* half a character at the end */
	};

	(void)state;
	check(samples, ARRAY_LEN(samples));
}

static void four_byte_characters_of_gb18030_survive(void **state)
{
	static const struct sample samples[] = {
		{ BYTES("\xB5\xC2\x95\x32\x82\x36"), ENCODING_GB18030,
			"德\xF0\xA0\x80\x80" }, /* U+20000 */
	};

	(void)state;
	check(samples, ARRAY_LEN(samples));
}

static void large_texts_are_converted_whole(void **state)
{
	CLEANUP(buf_done) struct buf in = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		assert_int_equal(buf_add(&in, "\xB5\xC2\xD3\xFD\r\n", 6), 0);
	assert_int_equal(encoding_decode(in.data, in.len, &out, NULL), 0);
	assert_int_equal(out.len, 700000);
	assert_memory_equal(out.data + out.len - 7, "德育\n", 7);
}

static void encodings_have_names(void **state)
{
	(void)state;
	assert_string_equal(encoding_name(ENCODING_UTF8), "UTF-8");
	assert_string_equal(encoding_name(ENCODING_GB18030), "GB18030");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodings_are_told_by_mark_then_by_validity),
		cmocka_unit_test(line_ends_become_lf),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(four_byte_characters_of_gb18030_survive),
		cmocka_unit_test(large_texts_are_converted_whole),
		cmocka_unit_test(encodings_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
