/* The lines of a document that are not blank, with their line numbers. */
#include "text_priv.h"

#include <stdlib.h>
#include <string.h>

void paras_done(struct paras *p)
{
	size_t i;

	for (i = 0; i < p->n_pool; i++)
		free(p->pool[i]);
	free(p->pool);
	free(p->items);
	*p = (struct paras){ 0 };
}

int paras_add(struct paras *p, const struct para *para)
{
	int r;

	r = array_grow(&p->items, p->n, &p->capacity, sizeof(*p->items));
	if (r < 0)
		return r;

	p->items[p->n++] = *para;
	return 0;
}

int paras_keep(struct paras *p, char *take_text)
{
	int r;

	r = array_grow(&p->pool, p->n_pool, &p->pool_capacity, sizeof(*p->pool));
	if (r < 0) {
		free(take_text);
		return r;
	}

	p->pool[p->n_pool++] = take_text;
	return 0;
}

static bool is_blank(const char *s, size_t len)
{
	text_trim(&s, &len);
	return len == 0;
}

int paras_split(
	struct paras *p, const char *text, size_t len, const struct document_options *options)
{
	const char *end = text + len;
	unsigned line = 0;
	bool gap = false;
	int r;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		struct para para = { .text = text, .line = ++line, .gap = gap };

		para.len = (size_t)((stop ? stop : end) - text);
		if (options && options->levels && line <= options->n_levels)
			para.level = options->levels[line - 1];
		gap = is_blank(para.text, para.len);
		if (!gap) {
			r = paras_add(p, &para);
			if (r < 0)
				return r;
		}
		text = stop ? stop + 1 : end;
	}
	return 0;
}
