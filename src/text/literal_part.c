/*
 * What is known of the parts of an expression: which strings they are, as long as those are few, or which strings they need.
 * Whatever is too much to know is forgotten, which restricts less.
 */
#include "match_priv.h"

#include <errno.h>
#include <string.h>

/* --- needs --- */

static size_t longest(const struct all_of *all)
{
	size_t most = 0;
	unsigned i;

	for (i = 0; i < all->n; i++)
		if (all->strings[i].len > most)
			most = all->strings[i].len;
	return most;
}

/* How much an alternative restricts at least. */
static size_t worth(const struct any_of *any)
{
	size_t least = SIZE_MAX;
	unsigned i;

	for (i = 0; i < any->n; i++)
		if (longest(&any->alternatives[i]) < least)
			least = longest(&any->alternatives[i]);
	return any->n ? least : 0;
}

/* Both hold. Of two with alternatives the better one is enough. */
static void needs_both(struct any_of *a, const struct any_of *b)
{
	struct any_of one = *b;
	unsigned i, k;

	if (b->n == 0)
		return;
	if (b->n == 1 && a->n > 0) {
		struct any_of swap = *a;

		*a = one;
		one = swap;
	}
	if (a->n == 1) {
		for (i = 0; i < one.n; i++)
			for (k = 0; k < a->alternatives[0].n; k++)
				if (one.alternatives[i].n < PART_STRINGS_MAX)
					one.alternatives[i].strings[one.alternatives[i].n++] =
						a->alternatives[0].strings[k];
		*a = one;
	} else if (worth(&one) > worth(a)) {
		*a = one;
	}
}

/* One of the strings of @part is there. */
void needs_exact(struct any_of *needs, const struct part *part)
{
	struct any_of one = { .n = part->n_exact };
	unsigned i;

	for (i = 0; i < part->n_exact; i++) {
		if (part->exact[i].len == 0)
			return;
		one.alternatives[i] = (struct all_of){ .strings = { part->exact[i] }, .n = 1 };
	}
	needs_both(needs, &one);
}

/* One of @a and @b is there. */
void part_either(struct part *a, const struct part *b)
{
	struct any_of needs[2] = { a->needs, b->needs };
	bool exact = a->n_exact > 0 && b->n_exact > 0 && a->n_exact + b->n_exact <= PART_EXACT_MAX;

	if (exact) {
		memcpy(a->exact + a->n_exact, b->exact, b->n_exact * sizeof(*b->exact));
		a->n_exact += b->n_exact;
		return;
	}
	if (a->n_exact > 0)
		needs_exact(&needs[0], a);
	if (b->n_exact > 0)
		needs_exact(&needs[1], b);
	a->n_exact = 0;
	a->needs = (struct any_of){ 0 };
	if (needs[0].n == 0 || needs[1].n == 0 || needs[0].n + needs[1].n > PART_ALTERNATIVES_MAX)
		return;
	a->needs = needs[0];
	memcpy(a->needs.alternatives + needs[0].n, needs[1].alternatives,
		needs[1].n * sizeof(needs[1].alternatives[0]));
	a->needs.n += needs[1].n;
}

/* --- sequences --- */

const struct part part_nothing = { .exact = { { 0, 0 } }, .n_exact = 1 };

void sequence_break(struct sequence *s)
{
	needs_exact(&s->needs, &s->run);
	s->run = part_nothing;
	s->is_broken = true;
}

static struct piece join(struct sequence *s, const struct piece *a, const struct piece *b)
{
	struct piece both = { s->bytes->len, a->len + b->len };
	size_t len = s->bytes->len;

	if (a->len == 0 || b->len == 0)
		return a->len ? *a : *b;
	if (buf_resize(s->bytes, len + both.len) < 0) {
		s->err = -ENOMEM;
		return *a;
	}
	memcpy(s->bytes->data + len, s->bytes->data + a->at, a->len);
	memcpy(s->bytes->data + len + a->len, s->bytes->data + b->at, b->len);
	return both;
}

/* Each string of the run with each of @part behind it; false: too many, or too long. */
static bool run_extend(struct sequence *s, const struct part *part)
{
	struct part *run = &s->run;
	struct part product = { .n_exact = run->n_exact * part->n_exact };
	unsigned i, k;

	if (product.n_exact > PART_EXACT_MAX)
		return false;
	for (i = 0; i < run->n_exact; i++)
		for (k = 0; k < part->n_exact; k++)
			if (run->exact[i].len + part->exact[k].len > PART_BYTES_MAX)
				return false;
	for (i = 0; i < run->n_exact; i++)
		for (k = 0; k < part->n_exact; k++)
			product.exact[i * part->n_exact + k] =
				join(s, &run->exact[i], &part->exact[k]);
	*run = product;
	return true;
}

void sequence_add(struct sequence *s, const struct part *part)
{
	if (part->n_exact > 0 && run_extend(s, part))
		return;
	sequence_break(s);
	if (part->n_exact > 0)
		s->run = *part;
	else
		needs_both(&s->needs, &part->needs);
}

/* @part stands there from @min to @max times. */
void sequence_repeat(struct sequence *s, struct part *part, unsigned min, unsigned max)
{
	unsigned i;

	if (min == 0 && max == 1) {
		part_either(part, &part_nothing);
		sequence_add(s, part);
		return;
	}
	for (i = 0; i < min && i < 4; i++)
		sequence_add(s, part);
	if (min == max && min <= 4)
		return;
	sequence_break(s);
	if (min > 0 && part->n_exact > 0) /* the last time */
		sequence_add(s, part);
}
