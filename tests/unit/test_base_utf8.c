/* planfs/utf8.h */
#include "planfs/utf8.h"

#include "planfs/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void every_character_survives_there_and_back(void **state)
{
	char bytes[4];
	uint32_t c, back;

	(void)state;
	for (c = 0; c <= 0x10FFFF; c++) {
		size_t n = utf8_encode(c, bytes);

		if (c >= 0xD800 && c <= 0xDFFF) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(utf8_decode(bytes, n, &back), n);
		assert_int_equal(back, c);
		assert_int_equal(utf8_decode(bytes, n - 1, &back), 0);
	}
	assert_int_equal(utf8_encode(0x110000, bytes), 0);
}

static void malformed_bytes_are_refused(void **state)
{
	static const char *const bad[] = { "\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80",
		"\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80",
		"\xFE", "\xFF", "\xE6\x95", "\xE6\x41\x41" };
	uint32_t c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &c), 0);
}

static void first_bad_byte_is_named(void **state)
{
	size_t bad = 0;

	(void)state;
	assert_true(utf8_is_valid("德育", 6, NULL));
	assert_true(utf8_is_valid("", 0, NULL));
	assert_false(utf8_is_valid("德\xB5\xC2", 5, &bad));
	assert_int_equal(bad, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_survives_there_and_back),
		cmocka_unit_test(malformed_bytes_are_refused),
		cmocka_unit_test(first_bad_byte_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
