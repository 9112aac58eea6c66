/*
 * The strings without which an expression cannot match. Only what is certain: whatever is not understood restricts nothing.
 */
#include "match_priv.h"

#include "planfs/array.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

struct parser {
	const char *at, *end;
	bool extended, ignore_case;
	bool at_start; /* of a sequence, but for anchors */
	unsigned depth;
	struct buf *bytes; /* of all pieces */
	bool asserts;      /* a place is asked for: the strings do not decide */
	bool twins;
	int err; /* -ENOMEM; -ECANCELED: not understood; -EINVAL: [:space:] */
};

static void give_up(struct parser *p, int err)
{
	if (p->err == 0)
		p->err = err;
}

/* --- tokens --- */

enum token {
	TOKEN_END,
	TOKEN_OR,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_CHAR,
	TOKEN_BRACKET,
	TOKEN_ASSERTION,
	TOKEN_REPEAT,
	TOKEN_OTHER, /* one character, and nothing is known of it */
};

struct lexeme {
	enum token token;
	const char *s; /* of a character: itself; of what repeats: the operator */
	size_t len, skip;
};

static struct lexeme lex_escaped(const struct parser *p)
{
	struct lexeme x = { TOKEN_OTHER, p->at + 1, 1, 2 };
	uint32_t c = 0;

	x.len = utf8_decode(x.s, (size_t)(p->end - x.s), &c);
	x.skip = 1 + (x.len ? x.len : 1);
	if (x.len == 1 && strchr("bB<>`'", (int)c) && c)
		x.token = TOKEN_ASSERTION;
	else if (!p->extended && c == '(')
		x.token = TOKEN_OPEN;
	else if (!p->extended && c == ')')
		x.token = TOKEN_CLOSE;
	else if (!p->extended && c == '|')
		x.token = TOKEN_OR;
	else if (!p->extended && (c == '+' || c == '?' || c == '{'))
		x.token = TOKEN_REPEAT;
	else if (x.len == 1 && c && strchr(".[]*^$\\/-,:;!\"#%&=@~ ()|+?{}", (int)c) &&
		 (p->extended || c != '}'))
		x.token = TOKEN_CHAR;
	return x;
}

/* An anchor of a basic expression is a character where it cannot be an anchor. */
static bool is_anchor(const struct parser *p)
{
	if (p->extended)
		return true;
	if (*p->at == '^')
		return p->at_start;
	return p->end - p->at == 1 ||
	       (p->end - p->at > 2 && p->at[1] == '\\' && strchr(")|", p->at[2]) && p->at[2]);
}

static struct lexeme lex(const struct parser *p)
{
	struct lexeme x = { TOKEN_END, p->at, 1, 1 };
	uint32_t c = 0;

	if (p->at == p->end)
		return x;
	x.len = utf8_decode(p->at, (size_t)(p->end - p->at), &c);
	x.skip = x.len ? x.len : 1;
	x.token = x.len ? TOKEN_CHAR : TOKEN_OTHER;
	if (c == '\\' && p->end - p->at > 1)
		return lex_escaped(p);
	if (c == '[')
		x.token = TOKEN_BRACKET;
	else if (c == '.' || c == '\\')
		x.token = TOKEN_OTHER;
	else if (c == '^' || c == '$')
		x.token = is_anchor(p) ? TOKEN_ASSERTION : TOKEN_OTHER;
	else if (c == '*')
		x.token = !p->extended && p->at_start ? TOKEN_OTHER : TOKEN_REPEAT;
	else if (p->extended && (c == '+' || c == '?' || c == '{'))
		x.token = TOKEN_REPEAT;
	else if (p->extended && c == '|')
		x.token = TOKEN_OR;
	else if (p->extended && c == '(')
		x.token = TOKEN_OPEN;
	else if (p->extended && c == ')' && p->depth > 0)
		x.token = TOKEN_CLOSE;
	return x;
}

/* --- parts --- */

static void part_of_char(struct parser *p, const char *s, size_t len, struct part *ret_part)
{
	char c = *s;

	*ret_part = (struct part){ 0 };
	if (p->ignore_case && !case_is_simple(s, len, &p->twins))
		return;
	if (p->ignore_case && c >= 'A' && c <= 'Z')
		c = (char)(c + ('a' - 'A'));
	*ret_part = (struct part){ .exact = { { p->bytes->len, len } }, .n_exact = 1 };
	if (buf_add(p->bytes, len == 1 ? &c : s, len) < 0)
		give_up(p, -ENOMEM);
}

/* Returns false when the set becomes too large. */
static bool part_add_range(struct parser *p, struct part *set, uint32_t from, uint32_t to)
{
	char bytes[4];

	for (; from <= to; from++) {
		struct part one;

		part_of_char(p, bytes, utf8_encode(from, bytes), &one);
		if (one.n_exact == 0 || set->n_exact == PART_EXACT_MAX)
			return false;
		set->exact[set->n_exact++] = one.exact[0];
	}
	return true;
}

/* The character of a bracket at *@s, and step over it; false when none is there, or what begins a class. */
static bool bracket_char(const char **s, const char *end, uint32_t *ret_char)
{
	size_t n;

	if (end - *s > 1 && **s == '[' && strchr(":.=", (*s)[1]) && (*s)[1])
		return false;
	n = utf8_decode(*s, (size_t)(end - *s), ret_char);
	*s += n;
	return n > 0;
}

/* What stands between the brackets, when it is a few characters. */
static void part_of_set(struct parser *p, const char *s, const char *end, struct part *ret_part)
{
	struct part set = { 0 };
	uint32_t from, to;

	while (s < end) {
		if (!bracket_char(&s, end, &from))
			return;
		to = from;
		if (end - s > 1 && *s == '-') {
			s++;
			if (!bracket_char(&s, end, &to) || to < from || to - from > PART_EXACT_MAX)
				return;
		}
		if (!part_add_range(p, &set, from, to))
			return;
	}
	*ret_part = set;
}

const char *bracket_end(const char *s, const char *end)
{
	const char *begin = s;

	for (; s < end; s++) {
		if (*s == ']' && s > begin)
			return s;
		if (*s == '[' && end - s > 1 && strchr(":.=", s[1]) && s[1]) {
			char close[2] = { s[1], ']' };

			s = memmem(s + 2, (size_t)(end - s - 2), close, 2);
			if (!s)
				return NULL;
			s++;
		}
	}
	return NULL;
}

static void parse_bracket(struct parser *p, struct part *ret_part)
{
	const char *s = p->at + 1, *end;
	bool inverted = s < p->end && *s == '^';

	s += inverted;
	end = bracket_end(s, p->end);
	if (!end) {
		give_up(p, -ECANCELED);
		return;
	}
	/* GNU grep refuses what is nearly always a slip */
	if (end - s > 2 && *s == ':' && end[-1] == ':' && !memchr(s, '[', (size_t)(end - s)) &&
		!memchr(s, '-', (size_t)(end - s)))
		give_up(p, -EINVAL);
	p->at = end + 1;
	if (!inverted)
		part_of_set(p, s, end, ret_part);
}

/* --- expressions --- */

static void parse_either(struct parser *p, struct part *ret_part);

static void parse_group(struct parser *p, struct part *ret_part)
{
	if (p->depth == DEPTH_MAX) {
		give_up(p, -ECANCELED);
		return;
	}
	p->depth++;
	parse_either(p, ret_part);
	if (p->err == 0 && lex(p).token == TOKEN_CLOSE)
		p->at += lex(p).skip;
	else
		give_up(p, -ECANCELED);
	p->depth--;
}

static bool parse_number(struct parser *p, unsigned *ret_number)
{
	unsigned n = 0;
	const char *begin = p->at;

	while (p->at < p->end && *p->at >= '0' && *p->at <= '9' && n < 10000)
		n = n * 10 + (unsigned)(*p->at++ - '0');
	*ret_number = n;
	return p->at > begin;
}

/* {2}, {2,}, {,3} or {2,3}, behind the opening brace. */
static void parse_interval(struct parser *p, unsigned *ret_min, unsigned *ret_max)
{
	bool has_min = parse_number(p, ret_min);

	*ret_max = *ret_min;
	if (p->at < p->end && *p->at == ',') {
		p->at++;
		if (!parse_number(p, ret_max))
			*ret_max = UINT32_MAX;
	} else if (!has_min) {
		give_up(p, -ECANCELED);
	}
	if (!p->extended && p->at < p->end && *p->at == '\\')
		p->at++;
	if (p->at < p->end && *p->at == '}' && *ret_min <= *ret_max)
		p->at++;
	else
		give_up(p, -ECANCELED);
}

static void parse_repeat(
	struct parser *p, const struct lexeme *x, unsigned *ret_min, unsigned *ret_max)
{
	p->at += x->skip;
	*ret_min = *x->s == '+';
	*ret_max = *x->s == '?' ? 1 : UINT32_MAX;
	if (*x->s == '{')
		parse_interval(p, ret_min, ret_max);
}

/* A character, a bracket, a group or a place, with what repeats it. */
static void parse_atom(struct parser *p, const struct lexeme *x, struct sequence *s)
{
	struct part part = { 0 };
	unsigned min, max;
	struct lexeme repeat;

	if (x->token == TOKEN_BRACKET) {
		parse_bracket(p, &part);
	} else {
		p->at += x->skip;
		if (x->token == TOKEN_CHAR)
			part_of_char(p, x->s, x->len, &part);
		else if (x->token == TOKEN_OPEN)
			parse_group(p, &part);
		else if (x->token == TOKEN_ASSERTION)
			part = part_nothing;
	}
	p->asserts |= x->token == TOKEN_ASSERTION;
	p->at_start = x->token == TOKEN_ASSERTION && p->at_start;
	repeat = lex(p);
	if (p->err != 0 || repeat.token != TOKEN_REPEAT) {
		sequence_add(s, &part);
		return;
	}
	parse_repeat(p, &repeat, &min, &max);
	/* one repetition of another, or of a place: seldom meant, and seldom clear */
	if (x->token == TOKEN_ASSERTION || lex(p).token == TOKEN_REPEAT)
		give_up(p, -ECANCELED);
	sequence_repeat(s, &part, min, max);
}

static void parse_sequence(struct parser *p, struct part *ret_part)
{
	struct sequence s = { .run = part_nothing, .bytes = p->bytes };
	struct lexeme x;

	p->at_start = true;
	while (p->err == 0) {
		x = lex(p);
		if (x.token == TOKEN_END || x.token == TOKEN_OR || x.token == TOKEN_CLOSE)
			break;
		if (x.token == TOKEN_REPEAT)
			give_up(p, -ECANCELED);
		else
			parse_atom(p, &x, &s);
		if (s.err < 0)
			give_up(p, s.err);
	}
	if (s.is_broken)
		sequence_break(&s);
	*ret_part = s.run;
	if (s.is_broken)
		*ret_part = (struct part){ .needs = s.needs };
}

static void parse_either(struct parser *p, struct part *ret_part)
{
	parse_sequence(p, ret_part);
	while (p->err == 0 && lex(p).token == TOKEN_OR) {
		struct part other;

		p->at += lex(p).skip;
		parse_sequence(p, &other);
		part_either(ret_part, &other);
	}
}

/* --- the strings of all patterns --- */

/* The strings as pieces, until all bytes are there. */
struct collection {
	struct piece *pieces;
	size_t n_pieces, pieces_capacity;
	size_t *counts; /* of pieces, for each alternative */
	size_t n_counts, counts_capacity;
};

static int collect(struct collection *c, const struct any_of *needs)
{
	unsigned i, k;
	int r = 0;

	for (i = 0; i < needs->n && r == 0; i++) {
		r = array_grow(&c->counts, c->n_counts, &c->counts_capacity, sizeof(*c->counts));
		if (r == 0)
			c->counts[c->n_counts++] = needs->alternatives[i].n;
		for (k = 0; k < needs->alternatives[i].n && r == 0; k++) {
			r = array_grow(
				&c->pieces, c->n_pieces, &c->pieces_capacity, sizeof(*c->pieces));
			if (r == 0)
				c->pieces[c->n_pieces++] = needs->alternatives[i].strings[k];
		}
	}
	return r;
}

/* Returns 1 when @pattern needs something, 0 when nothing is known, or -ENOMEM or -EINVAL. */
static int find_one(const struct match_string *pattern, const struct match_options *options,
	struct literals *l, struct collection *c)
{
	struct parser p = { .at = pattern->data,
		.end = pattern->data + pattern->len,
		.extended = options->syntax == MATCH_EXTENDED,
		.ignore_case = options->ignore_case,
		.bytes = &l->bytes };
	struct part part = { 0 };
	int r;

	parse_either(&p, &part);
	if (p.err == -EINVAL || p.err == -ENOMEM)
		return p.err;
	if (p.err != 0 || p.at != p.end)
		part = (struct part){ 0 };
	l->is_exact &= part.n_exact > 0 && !p.asserts;
	l->has_twins |= p.twins;
	if (part.n_exact > 0)
		needs_exact(&part.needs, &part);
	r = collect(c, &part.needs);
	return r < 0 ? r : part.needs.n > 0;
}

static int make_strings(struct literals *l, const struct collection *c)
{
	size_t i, at = 0;

	l->strings = calloc(c->n_pieces ? c->n_pieces : 1, sizeof(*l->strings));
	l->needs = calloc(c->n_counts + TWINS, sizeof(*l->needs));
	if (!l->strings || !l->needs)
		return -ENOMEM;
	for (i = 0; i < c->n_pieces; i++)
		l->strings[i] = (struct match_string){ buf_str(&l->bytes) + c->pieces[i].at,
			c->pieces[i].len };
	for (i = 0; i < c->n_counts; i++) {
		l->needs[i] = (struct match_terms){ l->strings + at, c->counts[i] };
		at += c->counts[i];
	}
	l->n = l->n_all = c->n_counts;
	for (i = 0; i < TWINS && l->has_twins && l->n > 0; i++)
		l->needs[l->n_all++] = (struct match_terms){ &twins[i], 1 };
	return 0;
}

int literals_find(const struct match_string *patterns, size_t n,
	const struct match_options *options, struct literals *ret_literals, struct buf *ret_why)
{
	struct collection c = { 0 };
	bool all = true;
	size_t i;
	int r = 0;

	ret_literals->is_exact = true;
	for (i = 0; i < n && r >= 0; i++) {
		r = find_one(&patterns[i], options, ret_literals, &c);
		all &= r > 0;
	}
	ret_literals->is_exact &= all;
	if (r == -EINVAL) {
		buf_done(ret_why);
		if (buf_add_str(ret_why, "a class of characters is [[:space:]], not [:space:]") < 0)
			r = -ENOMEM;
	}
	if (!all)
		c.n_counts = c.n_pieces = 0;
	if (r >= 0)
		r = make_strings(ret_literals, &c);
	free(c.pieces);
	free(c.counts);
	return r;
}

void literals_done(struct literals *l)
{
	free(l->strings);
	free(l->needs);
	buf_done(&l->bytes);
	*l = (struct literals){ 0 };
}
