/* Writing JSON; see planfs/json.h. */
#include "planfs/json.h"

#include "planfs/utf8.h"

#include <string.h>

static int add_char(struct buf *b, const char *s, size_t n, uint32_t c)
{
	if (n == 0)
		return buf_add_str(b, "\xEF\xBF\xBD");
	if (c == '"' || c == '\\')
		return buf_printf(b, "\\%c", (char)c);
	if (c < 0x20)
		return buf_printf(b, "\\u%04x", (unsigned)c);
	return buf_add(b, s, n);
}

int json_add_text(struct buf *b, const char *s, size_t len)
{
	uint32_t c = 0;
	size_t n;
	int r;

	r = buf_add_str(b, "\"");
	while (len > 0 && r == 0) {
		n = utf8_decode(s, len, &c);
		r = add_char(b, s, n, c);
		s += n ? n : 1;
		len -= n ? n : 1;
	}
	return r < 0 ? r : buf_add_str(b, "\"");
}

int json_add_string(struct buf *b, const char *s)
{
	return json_add_text(b, s, strlen(s));
}
