/* The texts of text.h. */
#include "text.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t rnd_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned int rnd_below(uint64_t *state, unsigned int n)
{
	return (unsigned int)(rnd_next(state) >> 33) % n;
}

void *must_realloc(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		err(3, "%zu bytes", n);
	return p;
}

static uint64_t seed_of(const char *name, unsigned int seq)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	h += seq;
	return rnd_next(&h);
}

/* Of few, as people use few: the search index is as large as there are pairs, and 'planfs check' asks it for each. */
static size_t put_han(char *to, uint64_t *rnd)
{
	unsigned int c = 0x4e00 + rnd_below(rnd, 0x40) * 0x140;

	to[0] = (char)(0xe0 | c >> 12);
	to[1] = (char)(0x80 | (c >> 6 & 0x3f));
	to[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

/* One record whose body has @size bytes or up to three more; appended to *buf. */
static void make_record(const char *name, unsigned int seq, size_t size, char **buf, size_t *len)
{
	uint64_t rnd = seed_of(name, seq);
	size_t room = size + 2 * strlen(name) + 200;
	char *p, *body;

	*buf = must_realloc(*buf, *len + room);
	p = *buf + *len;
	p += sprintf(p, "#%s %u %zu\n", name, seq, size);
	for (body = p; (size_t)(p - body) < size;)
		if (rnd_below(&rnd, 40) == 0)
			*p++ = '\n';
		else
			p += put_han(p, &rnd);
	p += sprintf(p, "\n.%s %u %016llx\n", name, seq, (unsigned long long)rnd_next(&rnd));
	*len = (size_t)(p - *buf);
}

void text_make(const char *name, unsigned int seq, unsigned int big_every, char **buf, size_t *len)
{
	uint64_t rnd = seed_of(name, seq) + 1;
	size_t size = 200 + rnd_below(&rnd, 3000);

	if (big_every && rnd_below(&rnd, big_every) == 0)
		size += 100000 + rnd_below(&rnd, 200000);
	make_record(name, seq, size, buf, len);
}

/* The length of the whole record at @data, 0 when it is not one; *ret_seq is its number. */
static size_t parse_record(const char *name, const char *data, size_t len, unsigned int *ret_seq)
{
	char head[300], *want = NULL;
	size_t size, want_len = 0, n = len < sizeof(head) - 1 ? len : sizeof(head) - 1;
	size_t name_len = strlen(name);
	int same;

	memcpy(head, data, n);
	head[n] = '\0';
	if (n < name_len + 2 || head[0] != '#' || strncmp(head + 1, name, name_len) != 0 ||
		sscanf(head + 1 + name_len, " %u %zu\n", ret_seq, &size) != 2 || size > len)
		return 0;
	make_record(name, *ret_seq, size, &want, &want_len);
	same = want_len <= len && memcmp(want, data, want_len) == 0;
	free(want);
	return same ? want_len : 0;
}

struct text_token text_parse(const char *name, const char *data, size_t len)
{
	struct text_token t = { .kind = TEXT_WHOLE };
	unsigned int seq = 0;
	size_t n;

	if (len == 0)
		return (struct text_token){ .kind = TEXT_EMPTY };
	for (; len > 0; data += n, len -= n) {
		n = parse_record(name, data, len, &seq);
		if (n == 0 || (t.first && seq != t.last + 1))
			return (struct text_token){ .kind = TEXT_TORN };
		if (!t.first)
			t.first = seq;
		t.last = seq;
	}
	return t;
}

int text_equal(struct text_token a, struct text_token b)
{
	return a.kind == b.kind &&
	       (a.kind != TEXT_WHOLE || (a.first == b.first && a.last == b.last));
}

static const char *const kind_names[] = {
	[TEXT_ABSENT] = "-",
	[TEXT_WHOLE] = "",
	[TEXT_DIR] = "dir",
	[TEXT_EMPTY] = "empty",
	[TEXT_TORN] = "torn",
};

void text_print(struct text_token t, char *ret_s)
{
	if (t.kind != TEXT_WHOLE)
		strcpy(ret_s, kind_names[t.kind]);
	else if (t.first == t.last)
		sprintf(ret_s, "%u", t.first);
	else
		sprintf(ret_s, "%u-%u", t.first, t.last);
}

struct text_token text_scan(const char *s)
{
	struct text_token t = { .kind = TEXT_WHOLE };
	unsigned int i;

	for (i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (strcmp(s, kind_names[i]) == 0)
			return (struct text_token){ .kind = (enum text_kind)i };
	switch (sscanf(s, "%u-%u", &t.first, &t.last)) {
	case 1:
		t.last = t.first;
		return t;
	case 2:
		return t;
	default:
		errx(3, "not a token: %s", s);
	}
}
