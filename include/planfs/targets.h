/*
 * What a plan promises in numbers, and what it plans for which months. Found in the text, as it is now; nothing is
 * stored.
 */
#pragma once

#include "planfs/attr.h"

#include <stdbool.h>
#include <stddef.h>

/* "公办园在园幼儿占比达到52%以上": 公办园在园幼儿占比, 达到, 52, %以上. All texts are borrowed from the plan's text. */
struct target {
	unsigned line; /* in the text, from 1 */
	const char *indicator,
		*qualifier; /* what is measured; 达到, 不少于, … ("" when nothing is said) */
	const char *value, *unit; /* "52"; "%以上", "所", "万元" */
	size_t indicator_len, qualifier_len, value_len, unit_len;
};

/* A period of a schedule and what belongs to it. Borrowed likewise. */
struct period {
	unsigned line;
	unsigned first_month, last_month; /* 1 to 12; a quarter has three */
	const char *text;                 /* what is planned; up to the next period */
	size_t len;
};

/* A result other than 0 ends the search. */
typedef int target_fn(void *arg, const struct target *target);
typedef int period_fn(void *arg, const struct period *period);

/* Call @fn for every target in @text (UTF-8). Returns 0 or the result of @fn that was not 0. */
int targets_find(const char *text, size_t len, target_fn *fn, void *arg) MUST_CHECK;

/*
 * Call @fn for every month or quarter that the text plans for, when it has at least two of them: 三月份：…,
 * 第一季度：…, rows of a table that begin with a month. Returns as targets_find().
 */
int schedule_find(const char *text, size_t len, period_fn *fn, void *arg) MUST_CHECK;
