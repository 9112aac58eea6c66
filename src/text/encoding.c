/* From bytes to UTF-8; see planfs/encoding.h. */
#include "planfs/encoding.h"

#include "planfs/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = { "UTF-8", "UTF-16LE", "UTF-16BE", "GB18030", "BIG5" };

const char *encoding_name(enum encoding encoding)
{
	return names[encoding];
}

/* Bytes of the byte order mark, and what it says; 0 without one. */
static size_t read_mark(const char *data, size_t len, enum encoding *ret)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum encoding encoding;
	} marks[] = { { "\xEF\xBB\xBF", 3, ENCODING_UTF8 }, { "\xFF\xFE", 2, ENCODING_UTF16LE },
		{ "\xFE\xFF", 2, ENCODING_UTF16BE } };
	size_t i;

	for (i = 0; i < ARRAY_LEN(marks); i++) {
		if (len >= marks[i].len && memcmp(data, marks[i].bytes, marks[i].len) == 0) {
			*ret = marks[i].encoding;
			return marks[i].len;
		}
	}
	return 0;
}

/* Convert all of the input, strictly. */
static int convert_with(iconv_t cd, const char *data, size_t len, struct buf *out)
{
	char *in = (char *)(uintptr_t)data; /* iconv() does not write there */
	size_t used = 0;
	int r;

	do {
		char *to;
		size_t room;

		r = buf_resize(out, used + len * 2 + 64);
		if (r < 0)
			return r;
		to = out->data + used;
		room = out->len - used;
		r = iconv(cd, &in, &len, &to, &room) == (size_t)-1 ? -errno : 0;
		used = (size_t)(to - out->data);
	} while (r == -E2BIG);
	if (r < 0)
		return -EILSEQ; /* also EINVAL: half a character at the end */
	return buf_resize(out, used);
}

static int convert(enum encoding from, const char *data, size_t len, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	iconv_t cd;
	int r;

	cd = iconv_open("UTF-8", encoding_name(from));
	if (cd == (iconv_t)-1)
		return errno == ENOMEM ? -ENOMEM : -EILSEQ;
	r = convert_with(cd, data, len, &out);
	iconv_close(cd);
	if (r < 0)
		return r;

	*ret_text = buf_steal(&out);
	return 0;
}

/* CR LF and CR become LF, in place. */
static void unify_line_ends(struct buf *b)
{
	size_t from, to = 0;

	for (from = 0; from < b->len; from++) {
		if (b->data[from] == '\r' && from + 1 < b->len && b->data[from + 1] == '\n')
			continue;
		b->data[to++] = b->data[from] == '\r' ? '\n' : b->data[from];
	}
	b->len = to;
	if (b->data)
		b->data[to] = '\0';
}

static bool has_control_characters(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->data[i];

		if ((c < 0x20 && !strchr("\t\n\v\f\x1A", c)) || c == 0 || c == 0x7F)
			return true;
	}
	return false;
}

int encoding_decode(const char *data, size_t len, struct buf *ret_text, enum encoding *ret_encoding)
{
	enum encoding encoding = ENCODING_UTF8;
	size_t mark = read_mark(data, len, &encoding);
	int r;

	if (encoding == ENCODING_UTF8 && mark == 0 && !utf8_is_valid(data, len, NULL))
		encoding = ENCODING_GB18030;
	r = encoding_decode_as(encoding, data, len, ret_text);
	if (r == 0 && ret_encoding)
		*ret_encoding = encoding;
	return r;
}

int encoding_find(const char *name, enum encoding *ret_encoding)
{
	static const struct {
		const char *name;
		enum encoding encoding;
	} known[] = { { "utf-8", ENCODING_UTF8 }, { "utf8", ENCODING_UTF8 },
		{ "utf-16", ENCODING_UTF16LE }, { "utf-16le", ENCODING_UTF16LE },
		{ "utf-16be", ENCODING_UTF16BE }, { "gb18030", ENCODING_GB18030 },
		{ "gbk", ENCODING_GB18030 }, { "gb2312", ENCODING_GB18030 },
		{ "big5", ENCODING_BIG5 } };
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++) {
		if (strcasecmp(name, known[i].name) != 0)
			continue;
		*ret_encoding = known[i].encoding;
		return 0;
	}
	return -EINVAL;
}

int encoding_decode_as(enum encoding encoding, const char *data, size_t len, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	enum encoding marked = encoding;
	size_t mark = read_mark(data, len, &marked);
	int r;

	if (marked != encoding && encoding != ENCODING_UTF16LE)
		mark = 0; /* in other encodings these bytes are characters */
	else if (mark > 0)
		encoding = marked;
	data += mark;
	len -= mark;
	if (encoding == ENCODING_UTF8)
		r = utf8_is_valid(data, len, NULL) ? buf_add(&text, data, len) : -EILSEQ;
	else
		r = convert(encoding, data, len, &text);
	if (r < 0)
		return r;
	unify_line_ends(&text);
	if (has_control_characters(&text) || !utf8_is_valid(buf_str(&text), text.len, NULL))
		return -EILSEQ;

	*ret_text = buf_steal(&text);
	return 0;
}
