/*
 * From the bytes of a file to UTF-8 with LF. The encoding is decided by what the bytes can be, never
 * by statistics: a byte order mark, then strict UTF-8, then GB18030.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"

#include <stddef.h>

enum encoding {
	ENCODING_UTF8,
	ENCODING_UTF16LE, /* with a byte order mark only */
	ENCODING_UTF16BE, /* with a byte order mark only */
	ENCODING_GB18030, /* GBK and GB2312 are parts of it */
	ENCODING_BIG5,    /* only when the user says so */
};

/* "UTF-8", "UTF-16LE", "UTF-16BE", "GB18030" or "BIG5". */
const char *encoding_name(enum encoding encoding);

/*
 * Make valid UTF-8 of @len bytes of @data: the byte order mark is taken away, CR LF and lone CR become
 * LF.
 *
 * Returns 0, *ret_text (released by the caller with buf_done()) and *ret_encoding (may be NULL);
 * -EILSEQ when the bytes are a text in none of the encodings, or hold control characters that no text
 * has (NUL and the like: a picture, a .doc); -ENOMEM.
 */
int encoding_decode(
	const char *data, size_t len, struct buf *ret_text, enum encoding *ret_encoding) MUST_CHECK;

/* The encoding that @name ("gbk", "utf-16") means. Returns 0 and *ret_encoding, or -EINVAL. */
int encoding_find(const char *name, enum encoding *ret_encoding) MUST_CHECK;

/* The same as encoding_decode() for a text whose encoding is known; a byte order mark is taken away. */
int encoding_decode_as(
	enum encoding encoding, const char *data, size_t len, struct buf *ret_text) MUST_CHECK;
