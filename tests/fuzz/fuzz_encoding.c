/* Encodings: whatever is accepted becomes valid UTF-8 without CR, and is then a text of that encoding. */
#include "fuzz.h"

#include "planfs/encoding.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(buf_done) struct buf again = { 0 };
	enum encoding encoding;
	int r;

	r = encoding_decode((const char *)data, len, &text, &encoding);
	MUST(r == 0 || r == -EILSEQ);
	if (r < 0)
		return 0;
	MUST(encoding_name(encoding));
	MUST(utf8_is_valid(buf_str(&text), text.len, NULL));
	MUST(!text.len || !memchr(text.data, '\r', text.len));
	MUST(!text.len || !memchr(text.data, '\0', text.len));
	if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
		return 0; /* a second mark */
	MUST(encoding_decode(buf_str(&text), text.len, &again, &encoding) == 0);
	MUST(encoding == ENCODING_UTF8 && again.len == text.len);
	MUST(!text.len || memcmp(again.data, text.data, text.len) == 0);
	return 0;
}
