/* Values of the exchange format: texts of any bytes, times with nanoseconds, modes. */
#include "import_priv.h"

#include "planfs/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NS = 1000000000 };

/* A JSON string of any bytes; *ret_lossy when some of them were no UTF-8. */
json_t *value_text(const char *s, size_t len, bool *ret_lossy)
{
	CLEANUP(buf_done) struct buf clean = { 0 };
	uint32_t c;
	int r = 0;

	*ret_lossy = !utf8_is_valid(s, len, NULL);
	if (!*ret_lossy)
		return json_stringn(len ? s : "", len);
	while (len > 0 && r == 0) {
		size_t n = utf8_decode(s, len, &c);

		r = n ? buf_add(&clean, s, n) : buf_add_str(&clean, "\xEF\xBF\xBD");
		s += n ? n : 1;
		len -= n ? n : 1;
	}
	return r == 0 ? json_stringn(clean.data, clean.len) : NULL;
}

json_t *value_name(const char *name)
{
	bool lossy;

	return value_text(name, strlen(name), &lossy);
}

/* 2026-11-21T10:15:02.123456789Z */
json_t *value_time(int64_t ns)
{
	int64_t seconds = ns / NS - (ns % NS < 0);
	time_t t = (time_t)seconds;
	char day[64], text[96];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%09" PRId64 "Z", day, ns - seconds * NS);
	return json_string(text);
}

json_t *value_mode(uint32_t mode)
{
	char text[16];

	snprintf(text, sizeof(text), "%04o", mode & 07777u);
	return json_string(text);
}

/* ---- base64 ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int encode_base64(const char *s, size_t len, struct buf *out)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i;
	int r = 0;

	for (i = 0; i < len && r == 0; i += 3) {
		unsigned left = len - i < 3 ? (unsigned)(len - i) : 3;
		unsigned bits = u[i] * 65536u + (left > 1 ? u[i + 1] * 256u : 0) +
				(left > 2 ? u[i + 2] : 0);
		char four[4] = { digits[bits >> 18], digits[bits >> 12 & 63],
			digits[bits >> 6 & 63], digits[bits & 63] };

		memset(four + 1 + left, '=', 3 - left);
		r = buf_add(out, four, 4);
	}
	return r;
}

static int decode_base64(const char *s, size_t len, struct buf *out)
{
	uint32_t bits = 0;
	unsigned n = 0;
	size_t i;
	int r = 0;

	if (len % 4 != 0)
		return -EINVAL;
	while (len > 0 && s[len - 1] == '=')
		len--;
	for (i = 0; i < len && r == 0; i++) {
		const char *at = memchr(digits, s[i], sizeof(digits) - 1);
		char byte;

		if (!at)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)(at - digits);
		n += 6;
		if (n < 8)
			continue;
		n -= 8;
		byte = (char)(bits >> n & 255);
		r = buf_add(out, &byte, 1);
	}
	return r;
}

/* ---- texts ---- */

int value_set_text(json_t *object, const char *s, size_t len)
{
	CLEANUP(buf_done) struct buf base64 = { 0 };
	bool lossy = false;
	int r;

	r = json_object_set_new(object, "text", value_text(s, len, &lossy));
	if (r < 0 || !lossy)
		return r < 0 ? -ENOMEM : 0;
	r = encode_base64(s, len, &base64);
	if (r == 0)
		r = json_object_set_new(object, "lossy", json_true());
	if (r == 0)
		r = json_object_set_new(object, "base64", json_stringn(base64.data, base64.len));
	return r < 0 ? -ENOMEM : 0;
}

int value_get_text(const json_t *object, struct buf *ret)
{
	const json_t *base64 = json_object_get(object, "base64"),
		     *text = json_object_get(object, "text");

	if (base64)
		return json_is_string(base64) ? decode_base64(json_string_value(base64),
							json_string_length(base64), ret)
					      : -EINVAL;
	if (!json_is_string(text))
		return -EINVAL;
	return buf_add(ret, json_string_value(text), json_string_length(text));
}

int value_get_time(const json_t *value, int64_t *ret_ns)
{
	const char *s = json_string_value(value);
	struct tm tm = { 0 };
	char *end, nine[10] = "000000000";
	size_t n;

	if (!s)
		return -EINVAL;
	end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!end)
		return -EINVAL;
	if (*end == '.') {
		n = strspn(++end, "0123456789");
		if (n == 0 || n > 9)
			return -EINVAL;
		memcpy(nine, end, n);
		end += n;
	}
	if (strcmp(end, "Z") != 0)
		return -EINVAL;
	*ret_ns = (int64_t)timegm(&tm) * NS + strtol(nine, NULL, 10);
	return 0;
}

int value_get_mode(const json_t *value, uint32_t *ret_mode)
{
	const char *s = json_string_value(value);
	char *end;
	unsigned long mode = s ? strtoul(s, &end, 8) : 0;

	if (!s || !*s || *end || mode > 07777)
		return -EINVAL;
	*ret_mode = (uint32_t)mode;
	return 0;
}
