/* Patterns as they are looked for: folded, or as expressions that the C library takes as grep does. */
#include "match_priv.h"

#include <errno.h>
#include <string.h>

int copy_as_it_is(const struct match_string *pattern, struct buf *ret_bytes)
{
	return pattern->len ? buf_add(ret_bytes, pattern->data, pattern->len) : 0;
}

static int copy_folded(enum folding how, const struct match_string *pattern, struct buf *ret_bytes)
{
	CLEANUP(buf_done) struct buf folded = { 0 };
	int r = fold(how, pattern, &folded);

	return r < 0 ? r : buf_add(ret_bytes, buf_str(&folded), folded.len);
}

int copy_small(const struct match_string *pattern, struct buf *ret_bytes)
{
	return copy_folded(FOLD_CASE, pattern, ret_bytes);
}

int copy_loose(const struct match_string *pattern, struct buf *ret_bytes)
{
	return copy_folded(FOLD_LOOSE, pattern, ret_bytes);
}

int copy_escaped(const struct match_string *pattern, struct buf *ret_bytes)
{
	size_t i;
	int r = 0;

	for (i = 0; i < pattern->len && r == 0; i++) {
		if (pattern->data[i] && strchr("$*.[\\^", pattern->data[i]))
			r = buf_add(ret_bytes, "\\", 1);
		if (r == 0)
			r = buf_add(ret_bytes, pattern->data + i, 1);
	}
	return r;
}

/* The bytes of the bracket expression at the beginning of @s; all of @s when it does not end. */
static size_t bracket_width(const char *s, size_t len)
{
	size_t begin = len > 1 && s[1] == '^' ? 2 : 1;
	const char *close = bracket_end(s + begin, s + len);

	return close ? (size_t)(close - s) + 1 : len;
}

/* {3} {3,} {3,5} {,5} {,} */
static bool is_interval(const char *s, size_t len)
{
	size_t at = 1;

	while (at < len && s[at] >= '0' && s[at] <= '9')
		at++;
	if (at < len && s[at] == ',')
		for (at++; at < len && s[at] >= '0' && s[at] <= '9';)
			at++;
	return at > 1 && at < len && s[at] == '}';
}

/* As it is, but for a brace with nothing before it that it could repeat: grep takes it for itself, the C library leaves it out. */
int copy_extended(const struct match_string *pattern, struct buf *ret_bytes)
{
	bool is_first = true;
	size_t at, n;
	int r = 0;

	for (at = 0; at < pattern->len && r == 0; at += n) {
		const char *s = pattern->data + at;
		size_t left = pattern->len - at;

		n = *s == '\\' && left > 1 ? 2 : *s == '[' ? bracket_width(s, left) : 1;
		if (*s == '{' && is_first && !is_interval(s, left))
			r = buf_add(ret_bytes, "\\", 1);
		is_first = *s == '(' || *s == '|' || (*s == '^' && is_first);
		if (r == 0)
			r = buf_add(ret_bytes, s, n);
	}
	return r;
}
