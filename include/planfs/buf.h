/*
 * A growable run of bytes: file texts, names, rendered views. It is always followed by a NUL that is
 * not counted in @len, so that a text without NULs can be used as a C string.
 */
#pragma once

#include "planfs/attr.h"

#include <stddef.h>

struct buf {
	char *data;      /* owned; NULL as long as nothing was stored */
	size_t len;      /* bytes in use */
	size_t capacity; /* bytes allocated, the final NUL included */
};

/* Free what @b holds and make it empty. Accepts a zeroed object. */
void buf_done(struct buf *b);

/* Hand over the contents: the result owns them and @b is empty. */
struct buf buf_steal(struct buf *b);

/* The contents as a C string, "" when empty. Valid until @b changes. */
const char *buf_str(const struct buf *b);

/* Make room for @capacity bytes in all. Returns 0 or -ENOMEM; @b is untouched on failure. */
int buf_reserve(struct buf *b, size_t capacity) MUST_CHECK;

/* Cut or extend to @len bytes; new bytes are zero. Returns 0 or -ENOMEM. */
int buf_resize(struct buf *b, size_t len) MUST_CHECK;

/* Append @len bytes of @data. Returns 0 or -ENOMEM. */
int buf_add(struct buf *b, const void *data, size_t len) MUST_CHECK;

/* Append the C string @s. Returns 0 or -ENOMEM. */
int buf_add_str(struct buf *b, const char *s) MUST_CHECK;

/* Append as printf() would. Returns 0 or -ENOMEM. */
int buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/* Write @len bytes at @offset; a gap before it is filled with zeros. Returns 0 or -ENOMEM. */
int buf_write(struct buf *b, size_t offset, const void *data, size_t len) MUST_CHECK;
