/* The growable byte buffer of planfs/buf.h. */
#include "planfs/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

struct buf buf_steal(struct buf *b)
{
	struct buf taken = *b;

	*b = (struct buf){ 0 };
	return taken;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

int buf_reserve(struct buf *b, size_t capacity)
{
	size_t want = b->capacity ? b->capacity : 64;
	char *data;

	if (capacity >= SIZE_MAX / 2)
		return -ENOMEM;
	capacity++; /* the final NUL */
	if (capacity <= b->capacity)
		return 0;
	while (want < capacity)
		want *= 2;
	data = realloc(b->data, want);
	if (!data)
		return -ENOMEM;

	if (!b->data)
		data[0] = '\0';
	b->data = data;
	b->capacity = want;
	return 0;
}

int buf_resize(struct buf *b, size_t len)
{
	int r;

	r = buf_reserve(b, len);
	if (r < 0)
		return r;
	if (len > b->len)
		memset(b->data + b->len, 0, len - b->len);
	b->len = len;
	b->data[len] = '\0';
	return 0;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	return buf_write(b, b->len, data, len);
}

int buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int len;
	int r;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	r = buf_reserve(b, b->len + (size_t)len);
	if (r < 0)
		return r;

	va_start(args, format);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
	return 0;
}

int buf_write(struct buf *b, size_t offset, const void *data, size_t len)
{
	int r;

	if (offset > SIZE_MAX / 2 || len > SIZE_MAX / 2)
		return -ENOMEM;
	if (offset + len > b->len) {
		r = buf_resize(b, offset + len);
		if (r < 0)
			return r;
	}
	if (len > 0)
		memcpy(b->data + offset, data, len);
	return 0;
}
