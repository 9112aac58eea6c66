/* From a text to plans: clean, split, name; see planfs/document.h. */
#include "planfs/document.h"

#include "planfs/utf8.h"
#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COLLECTION_TITLE_CHARS = 60 };

void document_done(struct document *doc)
{
	size_t i;

	for (i = 0; i < doc->n_plans; i++)
		plan_done(&doc->plans[i]);
	for (i = 0; i < doc->n_dropped; i++)
		free(doc->dropped[i].text);
	for (i = 0; i < doc->n_repairs; i++) {
		free(doc->repairs[i].from);
		free(doc->repairs[i].to);
	}
	free(doc->plans);
	free(doc->dropped);
	free(doc->repairs);
	free(doc->title);
	*doc = (struct document){ 0 };
}

static void build_done(struct build *b)
{
	document_done(&b->doc);
	paras_done(&b->paras);
	buf_done(&b->text);
	rules_free(b->own_rules);
}

static void members_done(struct members *m)
{
	free(m->items);
	*m = (struct members){ 0 };
}

/* Repair, cut into lines, and drop those that are no text. */
static int clean(struct build *b)
{
	bool keep = b->options && b->options->keep_noise;
	int r = 0;

	if (!keep)
		r = noise_repair(b);
	if (r == 0)
		r = paras_split(&b->paras, buf_str(&b->text), b->text.len, b->options);
	if (r == 0 && !keep)
		r = noise_drop_lines(b);
	if (r == 0 && !keep)
		r = pages_join(b);
	return r;
}

/* ---- a collection ---- */

static bool is_collection_title(const struct para *p)
{
	return p->len <= COLLECTION_TITLE_CHARS * 4 && !text_has(p->text, p->len, "。") &&
	       text_chars(p->text, p->len) <= COLLECTION_TITLE_CHARS;
}

/* The title of the collection, and what else stands before its first plan. */
static int read_head(struct build *b, const struct member *first)
{
	const struct para *p = b->paras.items;
	const char *s = first->stem;
	size_t len = first->stem_len, i;
	int r;

	if (first->para > 0 && is_collection_title(p)) {
		s = p->text;
		len = p->len;
		text_trim(&s, &len);
	}
	b->doc.title = text_dup(s, len);
	if (!b->doc.title)
		return -ENOMEM;
	for (i = 0; i < first->para; i++) {
		const char *own = p[i].text;
		size_t own_len = p[i].len;
		bool same;

		text_trim(&own, &own_len);
		same = own_len == len && memcmp(own, s, len) == 0;
		if (same && i == 0)
			continue; /* it is the title */
		r = report_dropped(b, &p[i], same ? "repeated title" : "before the first plan");
		if (r < 0)
			return r;
	}
	return 0;
}

static int split_collection(struct build *b, const struct members *members)
{
	bool keep = b->options && b->options->keep_noise;
	size_t i;
	int r;

	r = keep ? 0 : read_head(b, &members->items[0]);
	for (i = 0; i < members->n && r == 0; i++) {
		const struct member *m = &members->items[i];
		struct range range = { m->para + 1, b->paras.n, m };

		if (i + 1 < members->n)
			range.to = m[1].para;
		if (i == 0 && keep)
			range.from = 0;
		r = plan_make(b, &range);
	}
	return r;
}

/* ---- all of it ---- */

static int find_plans(struct build *b)
{
	CLEANUP(members_done) struct members members = { 0 };
	struct range all = { 0, b->paras.n, NULL };
	int r;

	r = collection_find(&b->paras, &members);
	if (r < 0)
		return r;
	if (members.n > 0)
		r = split_collection(b, &members);
	else
		r = plan_make(b, &all);
	if (r < 0)
		return r;
	return b->doc.n_plans > 0 ? 0 : -ENODATA;
}

static int compare_lines(const void *a, const void *b)
{
	const struct dropped_line *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

static int find_rules(struct build *b)
{
	int r = 0;

	if (!b->options || !b->options->rules)
		r = rules_new(&b->own_rules);
	b->rules = b->own_rules ? b->own_rules : b->options ? b->options->rules : NULL;
	return r;
}

int document_parse(const char *text, size_t len, const struct document_options *options,
	struct document *ret_document)
{
	CLEANUP(build_done) struct build b = { .options = options };
	int r;

	if (!utf8_is_valid(text, len, NULL) || (len > 0 && memchr(text, '\0', len)))
		return -EILSEQ;
	if (len == 0)
		return -ENODATA;
	r = find_rules(&b);
	if (r == 0)
		r = buf_add(&b.text, text, len);
	if (r == 0)
		r = clean(&b);
	if (r == 0)
		r = find_plans(&b);
	if (r == 0)
		r = plan_name_all(&b.doc);
	if (r < 0)
		return r;
	if (b.doc.n_dropped > 0)
		qsort(b.doc.dropped, b.doc.n_dropped, sizeof(*b.doc.dropped), compare_lines);

	*ret_document = b.doc;
	b.doc = (struct document){ 0 };
	return 0;
}
