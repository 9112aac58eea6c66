/* What a document loses is noted line by line. */
#include "text_priv.h"

#include <errno.h>

int report_dropped(struct build *b, const struct para *p, const char *reason)
{
	struct document *doc = &b->doc;
	struct dropped_line line = { .line = p->line, .reason = reason };
	int r;

	r = array_grow(&doc->dropped, doc->n_dropped, &b->dropped_capacity, sizeof(line));
	if (r < 0)
		return r;
	line.text = text_dup(p->text, p->len);
	if (!line.text)
		return -ENOMEM;

	doc->dropped[doc->n_dropped++] = line;
	return 0;
}
