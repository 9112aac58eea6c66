/*
 * Finding the words of a query. A word of characters that have one form only is looked for as it is written, whatever was
 * asked for, because that needs no folded copy of the text.
 */
#include "planfs/query.h"

#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A word of the query. */
struct word {
	struct match *match; /* owned */
	bool exclude;
};

struct query_match {
	struct word *
		words; /* owned; what is as it is written before what is not, because that is faster */
	size_t n;
	struct match_string *needs; /* owned; the words that must be there */
	size_t n_needs;
	struct match *exact,
		*loose; /* owned; any word that must be there, by how it is looked for; NULL: there is none */
	const char *text;
	size_t len; /* of the text */
};

void query_match_free(struct query_match *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->n; i++)
		match_free(m->words[i].match);
	match_free(m->exact);
	match_free(m->loose);
	free(m->words);
	free(m->needs);
	free(m);
}

/* Han characters, and the signs that are as wide as they are and stand for themselves. */
static bool has_one_form(const struct query_term *t)
{
	struct cursor c = cursor_over(t->text, t->len);

	while (c.at < c.end) {
		uint32_t ch = cursor_next(&c);

		if (!char_is_han(ch) && !(ch > 0x3000 && ch <= 0x3011))
			return false;
	}
	return true;
}

static bool is_exact(const struct query_term *t)
{
	return t->exact || has_one_form(t);
}

static int make_match(const struct match_string *strings, size_t n, bool exact, struct match **ret)
{
	const struct match_options options = { .syntax = MATCH_FIXED, .loose = !exact };
	CLEANUP(buf_done) struct buf why = { 0 };

	return match_new(strings, n, &options, ret, &why); /* a fixed string is never a wrong one */
}

static int add_words(struct query_match *m, const struct query *q, bool exact)
{
	size_t i;
	int r = 0;

	for (i = 0; i < q->n && r == 0; i++) {
		const struct query_term *t = &q->terms[i];
		const struct match_string string = { t->text, t->len };
		struct word *w = &m->words[m->n];

		if (t->kind != QUERY_WORD || is_exact(t) != exact)
			continue;
		*w = (struct word){ .exclude = t->exclude };
		r = make_match(&string, 1, exact, &w->match);
		m->n += r == 0;
		if (!t->exclude)
			m->needs[m->n_needs++] = string;
	}
	return r;
}

int query_match_new(const struct query *q, struct query_match **ret_match)
{
	CLEANUP(query_match_freep) struct query_match *m = calloc(1, sizeof(*m));
	size_t n_exact;
	int r;

	if (!m)
		return -ENOMEM;
	m->words = calloc(q->n + 1, sizeof(*m->words));
	m->needs = calloc(q->n + 1, sizeof(*m->needs));
	if (!m->words || !m->needs)
		return -ENOMEM;
	r = add_words(m, q, true);
	n_exact = m->n_needs;
	if (r == 0)
		r = add_words(m, q, false);
	if (r == 0 && n_exact > 0)
		r = make_match(m->needs, n_exact, true, &m->exact);
	if (r == 0 && m->n_needs > n_exact)
		r = make_match(m->needs + n_exact, m->n_needs - n_exact, false, &m->loose);
	if (r < 0)
		return r;
	*ret_match = m;
	m = NULL;
	return 0;
}

struct match_terms query_match_needs(const struct query_match *m)
{
	return (struct match_terms){ m->needs, m->n_needs };
}

int query_match_text(struct query_match *m, const char *data, size_t len)
{
	struct match_span line;
	size_t i;
	int r;

	m->text = data;
	m->len = len;
	for (i = 0; i < m->n; i++) {
		r = match_set_text(m->words[i].match, data, len);
		if (r == 0)
			r = match_next_line(m->words[i].match, 0, &line);
		if (r < 0 || (r > 0) == m->words[i].exclude)
			return r < 0 ? r : 0;
	}
	r = m->exact ? match_set_text(m->exact, data, len) : 0;
	if (r == 0 && m->loose)
		r = match_set_text(m->loose, data, len);
	return r < 0 ? r : 1;
}

static int first_line(const struct query_match *m, size_t from, struct match_span *ret_line)
{
	const char *end = m->len > 0 ? memchr(m->text, '\n', m->len) : NULL;

	if (from > 0 || m->len == 0)
		return 0;
	*ret_line = (struct match_span){ 0, end ? (size_t)(end - m->text) + 1 : m->len };
	return 1;
}

int query_match_line(struct query_match *m, size_t from, struct match_span *ret_line)
{
	struct match_span exact = { 0 }, loose = { 0 };
	int r = 0, k = 0;

	if (!m->exact && !m->loose)
		return first_line(m, from, ret_line);
	if (m->exact)
		r = match_next_line(m->exact, from, &exact);
	if (r >= 0 && m->loose)
		k = match_next_line(m->loose, from, &loose);
	if (r < 0 || k < 0)
		return r < 0 ? r : k;
	if (r > 0 || k > 0)
		*ret_line = k == 0 || (r > 0 && exact.begin < loose.begin) ? exact : loose;
	return r > 0 || k > 0;
}
