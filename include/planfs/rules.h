/*
 * What the importer knows of web pages, spam and places, as data: the rules that come with planfs
 * (src/text/data/rules.txt tells the form) and those that a user adds.
 */
#pragma once

#include "planfs/attr.h"

#include <stddef.h>

struct rules;

/* The rules that come with planfs. Returns 0 and *ret_rules, to be freed with rules_free(), or -ENOMEM. */
int rules_new(struct rules **ret_rules) MUST_CHECK;

/*
 * Add the rules in @text. Returns 0; -EINVAL when a line is no rule: *ret_line is its number from 1,
 * *ret_why (static) says what is wrong, and the rules before it were added; -EILSEQ when @text is not
 * UTF-8; -ENOMEM.
 */
int rules_add(struct rules *rules, const char *text, size_t len, unsigned *ret_line,
	const char **ret_why) MUST_CHECK;

/* Accepts NULL. */
void rules_free(struct rules *rules);
static inline void rules_freep(struct rules **rules)
{
	rules_free(*rules);
}
