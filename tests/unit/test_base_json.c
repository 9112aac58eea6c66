/* planfs/json.h */
#include "planfs/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void strings_are_escaped(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "德育", "\"德育\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\x01", "\"a\\u000ab\\u0001\"" },
		{ "\xB5x", "\"\xEF\xBF\xBDx\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf b = { 0 };

		assert_int_equal(json_add_string(&b, cases[i].text), 0);
		assert_string_equal(buf_str(&b), cases[i].json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
