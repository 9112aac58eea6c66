/* Directory names: two plans of one year and district do not share one. */
#include "text_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct plan *x = *(struct plan *const *)a, *y = *(struct plan *const *)b;
	int r;

	r = strcmp(x->year, y->year);
	if (r == 0)
		r = strcmp(x->district, y->district);
	if (r == 0)
		r = strcmp(x->dir, y->dir);
	if (r == 0) /* the order of the document */
		r = x < y ? -1 : x > y;
	return r;
}

static bool same_dir(const struct plan *x, const struct plan *y)
{
	return strcmp(x->year, y->year) == 0 && strcmp(x->district, y->district) == 0 &&
	       strcmp(x->dir, y->dir) == 0;
}

/* @dir with "-2" behind it, cut so that it fits. */
static int rename_plan(struct plan *plan, unsigned number)
{
	CLEANUP(buf_done) struct buf stem = { 0 };
	CLEANUP(buf_done) struct buf name = { 0 };
	int r;

	r = name_generate(plan->dir, strlen(plan->dir), NAME_BYTES_MAX - 12, &stem);
	if (r < 0)
		return r;
	r = buf_printf(&name, "%s-%u", stem.data, number);
	if (r < 0)
		return r;

	free(plan->dir);
	plan->dir = buf_steal(&name).data;
	return 0;
}

/* Number the plans that share a name. Returns how many got another, or -ENOMEM. */
static int number_equals(struct plan **sorted, size_t n)
{
	size_t first, i;
	int renamed = 0, r;

	for (first = 0; first < n; first = i) {
		/* compared with the first, which keeps its name */
		for (i = first + 1; i < n && same_dir(sorted[first], sorted[i]); i++) {
			r = rename_plan(sorted[i], (unsigned)(i - first + 1));
			if (r < 0)
				return r;
			renamed++;
		}
	}
	return renamed;
}

int plan_name_all(struct document *doc)
{
	struct plan **sorted;
	size_t i;
	int r;

	sorted = calloc(doc->n_plans, sizeof(struct plan *));
	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < doc->n_plans; i++)
		sorted[i] = &doc->plans[i];
	do { /* a new name may be another plan's own: each round makes names longer, so it ends */
		qsort(sorted, doc->n_plans, sizeof(struct plan *), compare);
		r = number_equals(sorted, doc->n_plans);
	} while (r > 0);
	free(sorted);
	return r;
}
