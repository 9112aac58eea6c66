/* What a document loses is noted line by line. */
#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTE_CHARS = 40 };

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

/* The first characters of what is quoted, in one line. */
static char *shorten(const char *s, size_t len)
{
	struct cursor c;
	unsigned chars;

	text_trim(&s, &len);
	c = cursor_over(s, len);
	for (chars = 0; chars < QUOTE_CHARS && c.at < c.end && *c.at != '\n'; chars++)
		cursor_next(&c);
	return text_dup(s, (size_t)(c.at - s));
}

int report_evidence(
	struct plan *plan, const char *about, const char *value, const struct found *found)
{
	struct evidence e = { .about = about, .rule = found->rule, .line = found->line };
	struct evidence *grown =
		realloc(plan->evidence, (plan->n_evidence + 1) * sizeof(*plan->evidence));

	if (!grown)
		return -ENOMEM;
	plan->evidence = grown;
	e.value = strdup(value);
	e.quote = shorten(found->quote ? found->quote : "", found->quote_len);
	plan->evidence[plan->n_evidence++] = e;
	return e.value && e.quote ? 0 : -ENOMEM;
}
