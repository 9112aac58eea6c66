/*
 * Regular expressions by the matcher of the C library, which is that of GNU grep: the same syntax bits, the same order of
 * alternatives, the longest match. How words and whole lines are found follows grep step by step, because what is not found first
 * decides what is found next.
 */
#include "match_priv.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* One expression, or several without references to groups, a newline between them. */
struct expression {
	struct buf source;
	regex_t select; /* tells whether there is a match */
	regex_t exact;  /* tells where; compiled when it is wanted */
	bool has_select, has_exact;
	struct re_registers found; /* of the last match */
};

struct regex {
	reg_syntax_t syntax;
	struct match_options options;
	struct expression *expressions;
	size_t n;
};

static void expression_done(struct expression *e)
{
	if (e->has_select)
		regfree(&e->select);
	if (e->has_exact)
		regfree(&e->exact);
	free(e->found.start);
	free(e->found.end);
	buf_done(&e->source);
}

void regex_free(struct regex *x)
{
	size_t i;

	if (!x)
		return;
	for (i = 0; i < x->n; i++)
		expression_done(&x->expressions[i]);
	free(x->expressions);
	free(x);
}

/* Returns 0, -ENOMEM, or -EINVAL and why not. */
static int compile(const struct regex *x, const struct buf *source, reg_syntax_t more,
	regex_t *ret_compiled, const char **ret_why)
{
	regex_t re = { 0 };
	const char *why;

	if (source->len > INT_MAX / 8)
		return -ENOMEM;
	/* not when case is ignored: glibc's bug 20381 */
	re.fastmap = x->options.ignore_case ? NULL : malloc(UCHAR_MAX + 1);
	re_set_syntax(x->syntax | more);
	why = re_compile_pattern(buf_str(source), source->len, &re);
	if (why) {
		regfree(&re);
		*ret_why = why;
		return -EINVAL;
	}
	*ret_compiled = re;
	return 0;
}

/* Might there be a reference to a group? Too often yes does no harm. */
static bool may_refer_back(const struct match_string *pattern)
{
	size_t i;

	for (i = 0; i + 1 < pattern->len; i++) {
		if (pattern->data[i] != '\\')
			continue;
		if (pattern->data[i + 1] >= '1' && pattern->data[i + 1] <= '9')
			return true;
		i++;
	}
	return false;
}

static int add_source(struct buf *source, const struct match_string *pattern, bool is_first)
{
	int r = is_first ? 0 : buf_add(source, "\n", 1);

	return r < 0 ? r : buf_add(source, pattern->data, pattern->len);
}

/* Each pattern alone, so that one cannot close a bracket of another. */
static int check_pattern(
	const struct regex *x, const struct match_string *pattern, struct buf *ret_why)
{
	CLEANUP(buf_done) struct buf source = { 0 };
	const char *why = NULL;
	regex_t re;
	int r;

	r = add_source(&source, pattern, true);
	if (r == 0)
		r = compile(x, &source, RE_NO_SUB, &re, &why);
	if (r == 0)
		regfree(&re);
	if (r == -EINVAL) {
		buf_done(ret_why);
		if (buf_add_str(ret_why, why) < 0)
			return -ENOMEM;
	}
	return r;
}

/* References count the groups of their own pattern; the other patterns become one expression, the last. */
static int collect(
	struct regex *x, const struct match_string *patterns, size_t n, struct buf *ret_why)
{
	struct expression *rest = &x->expressions[n];
	bool has_rest = false;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		bool alone = may_refer_back(&patterns[i]);

		r = check_pattern(x, &patterns[i], ret_why);
		if (r == 0)
			r = add_source(alone ? &x->expressions[x->n].source : &rest->source,
				&patterns[i], alone || !has_rest);
		if (alone)
			x->n++;
		else
			has_rest = true;
	}
	if (has_rest && rest != &x->expressions[x->n]) {
		x->expressions[x->n] = *rest;
		*rest = (struct expression){ 0 };
	}
	x->n += has_rest;
	return r;
}

/* Words and whole lines are decided with the exact expression. */
static bool wants_place(const struct regex *x)
{
	return x->options.words || x->options.lines;
}

int regex_new(const struct match_string *patterns, size_t n, const struct match_options *options,
	struct regex **ret_regex, struct buf *ret_why)
{
	struct regex *x = calloc(1, sizeof(*x));
	const char *why = NULL;
	size_t i;
	int r;

	if (!x)
		return -ENOMEM;
	x->options = *options;
	x->syntax = options->syntax == MATCH_EXTENDED ? RE_SYNTAX_EGREP : RE_SYNTAX_GREP;
	if (options->ignore_case)
		x->syntax |= RE_ICASE;
	x->expressions = calloc(n + 1, sizeof(*x->expressions));
	r = x->expressions ? collect(x, patterns, n, ret_why) : -ENOMEM;
	for (i = 0; i < x->n && r == 0 && !wants_place(x); i++) {
		struct expression *e = &x->expressions[i];

		r = compile(x, &e->source, RE_NO_SUB, &e->select, &why);
		e->has_select = r == 0;
	}
	if (r < 0) {
		regex_free(x);
		return r;
	}
	*ret_regex = x;
	return 0;
}

/* Compile what tells where a match is, when it is wanted first. */
static int need_exact(const struct regex *x, struct expression *e)
{
	const char *why;
	int r;

	if (e->has_exact)
		return 0;
	r = compile(x, &e->source, 0, &e->exact, &why);
	e->has_exact = r == 0;
	return r < 0 ? -ENOMEM : 0; /* its syntax was looked at */
}

/* The first match from @from on. Returns 1 and *ret_match, 0, or -ENOMEM. */
static int search_from(struct expression *e, const struct match_string *line, size_t from,
	struct match_span *ret_match)
{
	regoff_t len = (regoff_t)line->len, at = (regoff_t)from;
	regoff_t start = re_search(&e->exact, line->data, len, at, len - at, &e->found);

	if (start < 0)
		return start < -1 ? -ENOMEM : 0;
	*ret_match = (struct match_span){ (size_t)start, (size_t)e->found.end[0] };
	return 1;
}

/* The longest match at @match->begin that ends before @match->end. Returns 1, 0 (none that is not empty), or -ENOMEM. */
static int shorten(struct expression *e, const struct match_string *line, struct match_span *match)
{
	regoff_t len;

	if (match->end == match->begin)
		return 0;
	e->exact.not_eol = 1;
	len = re_match(
		&e->exact, line->data, (regoff_t)match->end - 1, (regoff_t)match->begin, &e->found);
	e->exact.not_eol = 0;
	if (len < -1)
		return -ENOMEM;
	if (len > 0)
		match->end = match->begin + (size_t)len;
	return len > 0;
}

static bool is_word(const struct match_string *line, const struct match_span *match)
{
	return word_char_at(line, match->end) == 0 && word_char_before(line, match->begin) == 0;
}

/* From *match on, the first match that is a word and does not begin behind @limit. Returns 1, 0 or -ENOMEM. */
static int search_word(struct expression *e, const struct match_string *line, size_t limit,
	struct match_span *match)
{
	int r;

	while (match->begin <= limit) {
		if (is_word(line, match))
			return 1;
		r = shorten(e, line, match);
		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (match->begin == line->len)
			break;
		r = search_from(e, line, match->begin + 1, match);
		if (r <= 0)
			return r;
	}
	return 0;
}

/* Does all of @line match? */
static int match_whole(struct expression *e, const struct match_string *line)
{
	regoff_t len = (regoff_t)line->len;
	regoff_t got = re_match(&e->exact, line->data, len, 0, &e->found);

	return got < -1 ? -ENOMEM : got == len;
}

int regex_find(
	struct regex *x, const struct match_string *line, size_t from, struct match_span *ret_match)
{
	struct match_span best = { SIZE_MAX, 0 };
	size_t i;
	int r;

	if (line->len > INT_MAX)
		return -ENOMEM;
	for (i = 0; i < x->n; i++) {
		struct expression *e = &x->expressions[i];
		struct match_span match;

		r = need_exact(x, e);
		if (r == 0)
			r = search_from(e, line, from, &match);
		if (r > 0 && x->options.words && !x->options.lines)
			r = search_word(e, line, best.begin, &match);
		if (r < 0)
			return r;
		if (r > 0 && (match.begin < best.begin ||
				     (match.begin == best.begin && match.end > best.end)))
			best = match;
	}
	if (best.begin == SIZE_MAX)
		return 0;
	*ret_match = best;
	return 1;
}

static int select_one(const struct regex *x, struct expression *e, const struct match_string *line)
{
	regmatch_t whole = { 0, (regoff_t)line->len };
	struct match_span match;
	int r;

	if (!wants_place(x)) {
		r = regexec(&e->select, line->data, 0, &whole, REG_STARTEND);
		return r == 0 ? 1 : r == REG_NOMATCH ? 0 : -ENOMEM;
	}
	r = need_exact(x, e);
	if (r < 0 || x->options.lines)
		return r < 0 ? r : match_whole(e, line);
	r = search_from(e, line, 0, &match);
	return r <= 0 ? r : search_word(e, line, SIZE_MAX, &match);
}

int regex_selects(struct regex *x, const struct match_string *line)
{
	size_t i;
	int r = 0;

	if (line->len > INT_MAX)
		return -ENOMEM;
	for (i = 0; i < x->n && r == 0; i++)
		r = select_one(x, &x->expressions[i], line);
	return r;
}
