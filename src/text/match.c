/*
 * Lines that match. Fixed strings are looked for in the whole text, folded when something is ignored; expressions are tried on the
 * lines that hold a string which the expression needs, if there is one.
 */
#include "match_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct match {
	struct match_options options;
	struct buf bytes;              /* of the patterns */
	struct match_string *patterns; /* as expressions when they are not fixed */
	size_t n;
	struct literals literals;
	struct fixed fixed;   /* each line that matches has one of these; empty: not known */
	bool decides;         /* and a line that has one does match */
	struct regex *regex;  /* NULL: not needed */
	enum folding folding; /* of @fixed and @hay */

	struct match_string text, hay; /* the text, and the same folded */
	struct buf folded;
	bool is_odd; /* it has letters that the folding does not know: only the expressions decide */
	size_t text_mark, hay_mark; /* the same place in both */
};

void match_free(struct match *m)
{
	if (!m)
		return;
	fixed_done(&m->fixed);
	regex_free(m->regex);
	literals_done(&m->literals);
	buf_done(&m->folded);
	buf_done(&m->bytes);
	free(m->patterns);
	free(m);
}

/* --- making --- */

/* All patterns into one buffer, which moves while it grows: the strings point into it in the end. */
static int copy_patterns(
	struct match *m, const struct match_string *patterns, size_t n, copy_fn *copy)
{
	size_t i, at = 0;
	int r = 0;

	m->patterns = calloc(n ? n : 1, sizeof(*m->patterns));
	if (!m->patterns)
		return -ENOMEM;
	for (i = 0; i < n && r == 0; i++) {
		r = copy(&patterns[i], &m->bytes);
		m->patterns[i].len = m->bytes.len - at;
		at = m->bytes.len;
	}
	for (i = 0, at = 0; i < n; i++) {
		m->patterns[i].data = buf_str(&m->bytes) + at;
		at += m->patterns[i].len;
	}
	m->n = n;
	return r;
}

/* The patterns are all there is to look for: each is an alternative. */
static int need_patterns(struct match *m)
{
	struct literals *l = &m->literals;
	size_t i;

	l->needs = calloc(m->n ? m->n : 1, sizeof(*l->needs));
	if (!l->needs)
		return -ENOMEM;
	for (i = 0; i < m->n; i++)
		l->needs[i] = (struct match_terms){ &m->patterns[i], 1 };
	l->n = l->n_all = m->fixed.has_empty ? 0 : m->n;
	return 0;
}

static int make_fixed(struct match *m)
{
	int r = fixed_init(&m->fixed, m->patterns, m->n);

	m->decides = true;
	return r < 0 ? r : need_patterns(m);
}

/* One string of each alternative, the longest, finds the lines that may match. */
static int make_filter(struct match *m)
{
	const struct literals *l = &m->literals;
	struct match_string *strings = calloc(l->n ? l->n : 1, sizeof(*strings));
	size_t i, k;
	int r;

	if (!strings)
		return -ENOMEM;
	for (i = 0; i < l->n; i++)
		for (k = 0; k < l->needs[i].n; k++)
			if (l->needs[i].strings[k].len > strings[i].len)
				strings[i] = l->needs[i].strings[k];
	r = fixed_init(&m->fixed, strings, l->n);
	free(strings);
	return r;
}

static int make_regex(struct match *m, struct buf *ret_why)
{
	int r;

	r = regex_new(m->patterns, m->n, &m->options, &m->regex, ret_why);
	if (r == 0)
		r = literals_find(m->patterns, m->n, &m->options, &m->literals, ret_why);
	if (r == 0)
		r = make_filter(m);
	if (r < 0)
		return r;
	m->decides = m->literals.is_exact;
	m->folding = m->options.ignore_case ? FOLD_CASE : FOLD_NOTHING;
	if (m->decides && !m->literals.has_twins) {
		regex_free(m->regex);
		m->regex = NULL;
	}
	return 0;
}

/* Can the strings be compared byte by byte when ASCII letters are folded? */
static bool cases_are_simple(const struct match_string *patterns, size_t n)
{
	bool found = false;
	size_t i;

	for (i = 0; i < n; i++)
		if (!case_is_simple(patterns[i].data, patterns[i].len, &found))
			return false;
	return !found;
}

static int make(struct match *m, const struct match_string *patterns, size_t n, struct buf *ret_why)
{
	struct match_options *o = &m->options;
	copy_fn *copy = copy_as_it_is;
	int r;

	if (o->syntax == MATCH_FIXED && o->loose) {
		m->folding = FOLD_LOOSE;
		copy = copy_loose;
	} else if (o->syntax == MATCH_FIXED && o->ignore_case && cases_are_simple(patterns, n)) {
		m->folding = FOLD_CASE;
		copy = copy_small;
	} else if (o->syntax == MATCH_FIXED && o->ignore_case) {
		o->syntax = MATCH_BASIC;
		copy = copy_escaped;
	} else if (o->syntax == MATCH_EXTENDED) {
		copy = copy_extended;
	}
	r = copy_patterns(m, patterns, n, copy);
	if (r < 0)
		return r;
	return o->syntax == MATCH_FIXED || n == 0 ? make_fixed(m) : make_regex(m, ret_why);
}

int match_new(const struct match_string *patterns, size_t n, const struct match_options *options,
	struct match **ret_match, struct buf *ret_why)
{
	CLEANUP(match_freep) struct match *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->options = *options;
	r = make(m, patterns, n, ret_why);
	if (r == 0)
		r = match_set_text(m, "", 0);
	if (r < 0)
		return r;
	*ret_match = m;
	m = NULL;
	return 0;
}

const struct match_terms *match_needs(const struct match *m, size_t *ret_n)
{
	*ret_n = m->literals.n_all;
	return m->literals.needs;
}

/* --- the text --- */

int match_set_text(struct match *m, const char *data, size_t len)
{
	int r;

	m->text = m->hay = (struct match_string){ len ? data : "", len };
	m->text_mark = m->hay_mark = 0;
	m->is_odd = m->literals.has_twins && has_twin(&m->text);
	if (m->folding == FOLD_NOTHING || m->is_odd)
		return 0;
	r = fold(m->folding, &m->text, &m->folded);
	m->hay = (struct match_string){ buf_str(&m->folded), m->folded.len };
	return r;
}

/* Go on, from the beginning if need be, to where @mark, one of the two marks, is @until. */
static void walk(struct match *m, const size_t *mark, size_t until)
{
	size_t n;

	if (*mark > until)
		m->hay_mark = m->text_mark = 0;
	while (*mark < until) {
		m->text_mark +=
			fold_width(m->text.data + m->text_mark, m->text.len - m->text_mark, &n);
		m->hay_mark += n;
	}
}

/* The place in the text that is @at in the folded text, and the other way round. */
static size_t to_text(struct match *m, size_t at)
{
	if (m->folding != FOLD_LOOSE)
		return at;
	walk(m, &m->hay_mark, at);
	return m->text_mark;
}

static size_t to_hay(struct match *m, size_t at)
{
	if (m->folding != FOLD_LOOSE)
		return at;
	walk(m, &m->text_mark, at);
	return m->hay_mark;
}

static size_t line_begin(const struct match_string *text, size_t at)
{
	const char *newline = at ? memrchr(text->data, '\n', at) : NULL;

	return newline ? (size_t)(newline - text->data) + 1 : 0;
}

/* Behind the newline, if there is one. */
static size_t line_end(const struct match_string *text, size_t at)
{
	const char *newline = memchr(text->data + at, '\n', text->len - at);

	return newline ? (size_t)(newline - text->data) + 1 : text->len;
}

/* The same without the newline. */
static size_t content_end(const struct match_string *text, size_t at)
{
	const char *newline = memchr(text->data + at, '\n', text->len - at);

	return newline ? (size_t)(newline - text->data) : text->len;
}

/* --- fixed strings, in the folded text --- */

/* A string that is all of a line; *ret_at is where it begins. */
static bool next_whole(
	const struct match *m, const struct match_string *hay, size_t from, size_t *ret_at)
{
	size_t at;

	while (from < hay->len && fixed_next(&m->fixed, hay, from, &at)) {
		size_t begin = line_begin(hay, at), len = content_end(hay, at) - begin;

		if (at == begin && fixed_at(&m->fixed, hay, at, len) == len) {
			*ret_at = at;
			return true;
		}
		from = line_end(hay, at);
	}
	return false;
}

/*
 * The longest string at @at that ends where a word can end; SIZE_MAX: none. What stands before @first is not looked at: GNU grep
 * takes the end of a match for the beginning of a word.
 */
static size_t word_length(
	const struct match *m, const struct match_string *hay, size_t first, size_t at)
{
	size_t len = fixed_at(&m->fixed, hay, at, SIZE_MAX);

	if (at > first && word_char_before(hay, at))
		return SIZE_MAX;
	while (len != SIZE_MAX && word_char_at(hay, at + len))
		len = len ? fixed_at(&m->fixed, hay, at, len - 1) : SIZE_MAX;
	return len;
}

static bool next_word(const struct match *m, const struct match_string *hay, size_t from,
	struct match_span *ret_span)
{
	size_t first = from, at, len;

	for (; from <= hay->len && fixed_next(&m->fixed, hay, from, &at); from = at + 1) {
		size_t n;

		len = word_length(m, hay, first, at);
		if (len != SIZE_MAX) {
			*ret_span = (struct match_span){ at, at + len };
			return true;
		}
		/* what stands behind a word character begins no word */
		while ((n = word_char_at(hay, at)) > 0)
			at += n;
	}
	return false;
}

static bool next_fixed(const struct match *m, const struct match_string *hay, size_t from,
	struct match_span *ret_span)
{
	size_t at;

	if (m->options.words && !m->options.lines)
		return next_word(m, hay, from, ret_span);
	if (m->options.lines ? !next_whole(m, hay, from, &at)
			     : !fixed_next(&m->fixed, hay, from, &at))
		return false;
	*ret_span = (struct match_span){ at,
		m->options.lines ? content_end(hay, at)
				 : at + fixed_at(&m->fixed, hay, at, SIZE_MAX) };
	return true;
}

/* --- lines --- */

/*
 * Does the line have all strings of one of the alternatives? The matcher would find out, too, but for x.*y that takes the square
 * of the length when there are many x and no y.
 */
static bool may_match(const struct match *m, const struct match_span *line)
{
	const char *data = m->hay.data + line->begin;
	size_t len = line->end - line->begin, i, k;

	for (i = 0; i < m->literals.n; i++) {
		const struct match_terms *needs = &m->literals.needs[i];

		for (k = 0; k < needs->n; k++)
			if (!memmem(data, len, needs->strings[k].data, needs->strings[k].len))
				break;
		if (k == needs->n)
			return true;
	}
	return false;
}

static int next_line_of_regex(struct match *m, size_t from, struct match_span *ret_line)
{
	bool filter = m->fixed.n > 0 && !m->is_odd;
	int r = 0;

	while (from < m->text.len && r == 0) {
		struct match_span line = { from, 0 };
		struct match_string content;

		if (filter) {
			if (!fixed_next(&m->fixed, &m->hay, from, &line.begin))
				return 0;
			line.begin = line_begin(&m->hay, line.begin);
		}
		line.end = line_end(&m->text, line.begin);
		content = (struct match_string){ m->text.data + line.begin,
			content_end(&m->text, line.begin) - line.begin };
		r = filter && !may_match(m, &line) ? 0 : regex_selects(m->regex, &content);
		if (r > 0)
			*ret_line = line;
		from = line.end;
	}
	return r;
}

int match_next_line(struct match *m, size_t from, struct match_span *ret_line)
{
	struct match_span found;
	size_t at;

	if (from >= m->text.len)
		return 0;
	if (!m->decides || m->is_odd)
		return next_line_of_regex(m, from, ret_line);
	if (!next_fixed(m, &m->hay, to_hay(m, from), &found))
		return 0;
	at = to_text(m, found.begin);
	if (at == m->text.len && m->text.data[at - 1] == '\n') /* behind the last line */
		return 0;
	*ret_line = (struct match_span){ line_begin(&m->text, at), line_end(&m->text, at) };
	return 1;
}

int match_in_line(
	struct match *m, const struct match_span *line, size_t from, struct match_span *ret_match)
{
	struct match_string part;
	struct match_span found;
	int r;

	if (!m->decides || m->is_odd) {
		part = (struct match_string){ m->text.data + line->begin, line->end - line->begin };
		r = regex_find(m->regex, &part, from - line->begin, &found);
		if (r > 0)
			*ret_match = (struct match_span){ line->begin + found.begin,
				line->begin + found.end };
		return r;
	}
	part = (struct match_string){ m->hay.data, to_hay(m, line->end) };
	if (m->options.lines && from > line->begin)
		return 0;
	if (!next_fixed(m, &part, to_hay(m, from), &found))
		return 0;
	ret_match->begin = to_text(m, found.begin);
	ret_match->end = to_text(m, found.end);
	return 1;
}
