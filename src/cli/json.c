/* JSON on stdout. */
#include "cli_priv.h"

#include "planfs/json.h"

#include <inttypes.h>
#include <stdio.h>

void json_print_string(const char *s)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	if (json_add_string(&b, s) == 0)
		fputs(buf_str(&b), stdout);
	else
		fputs("null", stdout);
}

void json_print_text_field(const char *key, const char *value)
{
	json_print_string(key);
	fputs(": ", stdout);
	json_print_string(value);
}

void json_print_number_field(const char *key, int64_t value)
{
	json_print_string(key);
	printf(": %" PRId64, value);
}

void json_print_numbers(const struct json_number *numbers, size_t n, const char *between)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			fputs(between, stdout);
		json_print_number_field(numbers[i].key, numbers[i].value);
	}
}
