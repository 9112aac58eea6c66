/* The lines that a reader makes, with the levels of their headings. */
#include "import_priv.h"

#include <stdlib.h>
#include <string.h>

void lines_done(struct lines *l)
{
	buf_done(&l->text);
	buf_done(&l->levels);
	free(l->title);
	*l = (struct lines){ 0 };
}

static int add_line(struct lines *l, const char *s, size_t len, unsigned char level)
{
	int r;

	r = buf_add(&l->text, s, len);
	if (r == 0)
		r = buf_add(&l->text, "\n", 1);
	return r < 0 ? r : buf_add(&l->levels, &level, 1);
}

int lines_add(struct lines *l, const char *s, size_t len, unsigned char level)
{
	const char *stop;
	int r = 0;

	while (r == 0 && len > 0 && (stop = memchr(s, '\n', len))) {
		r = add_line(l, s, (size_t)(stop - s), level);
		len -= (size_t)(stop + 1 - s);
		s = stop + 1;
	}
	return r < 0 ? r : add_line(l, s, len, level);
}

bool bytes_hold(const char *data, size_t len, const char *word)
{
	size_t n = strlen(word);
	const char *at = data, *end = data + len;

	while ((size_t)(end - at) >= n && (at = memchr(at, word[0], (size_t)(end - at) - n + 1))) {
		if (memcmp(at, word, n) == 0)
			return true;
		at++;
	}
	return false;
}
