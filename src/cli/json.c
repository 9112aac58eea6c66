/* JSON on stdout, written by hand: the library's home is import. */
#include "cli_priv.h"

#include "planfs/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void json_print_string(const char *s)
{
	size_t len = strlen(s), n;
	uint32_t c;

	putchar('"');
	for (; len > 0; s += n, len -= n) {
		n = utf8_decode(s, len, &c);
		if (n == 0) {
			fputs("\xEF\xBF\xBD",
				stdout); /* what stands for a byte that is no character */
			n = 1;
		} else if (c == '"' || c == '\\') {
			printf("\\%c", (char)c);
		} else if (c < 0x20) {
			printf("\\u%04x", (unsigned)c);
		} else {
			fwrite(s, 1, n, stdout);
		}
	}
	putchar('"');
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
