/* The items of a plan to bring places back, found by what they are about: see planfs/bring.h. */
#include "store_restore_priv.h"

#include "planfs/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *copy_text(const char *text, bool *failed)
{
	char *copy = text ? strdup(text) : NULL;

	*failed |= text && !copy;
	return copy;
}

static void item_done(struct bring *i)
{
	free((char *)(uintptr_t)i->name);
	free((char *)(uintptr_t)i->target);
	free((char *)(uintptr_t)i->why_not);
	free((char *)(uintptr_t)i->note);
}

int bring_list_add(struct bring_list *list, const struct bring *item)
{
	struct bring copy = *item;
	bool failed = false;

	if (array_grow(&list->items, list->n, &list->capacity, sizeof(*list->items)) < 0)
		return -ENOMEM;
	copy.name = copy_text(item->name, &failed);
	copy.target = copy_text(item->target, &failed);
	copy.why_not = copy_text(item->why_not, &failed);
	copy.note = copy_text(item->note, &failed);
	if (failed) {
		item_done(&copy);
		return -ENOMEM;
	}
	list->items[list->n++] = copy;
	return 0;
}

void bring_list_done(struct bring_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		item_done(&list->items[i]);
	free(list->items);
	*list = (struct bring_list){ 0 };
}

void bring_plan_done(struct bring_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		buf_done(&plan->items[i].path);
		buf_done(&plan->items[i].from);
		buf_done(&plan->items[i].why);
	}
	free(plan->items);
	free(plan->by_place);
	free(plan->by_then);
	free(plan->by_now);
	*plan = (struct bring_plan){ 0 };
}

static int compare_numbers(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_places(int64_t parent, const char *name, const struct bring_item *i)
{
	int c = compare_numbers(parent, i->wanted.parent);

	return c ? c : strcmp(name, i->wanted.name);
}

static int by_place(const void *a, const void *b, void *arg)
{
	const struct bring_item *items = arg, *i = &items[*(const size_t *)a];

	return compare_places(i->wanted.parent, i->wanted.name, &items[*(const size_t *)b]);
}

/* Equal ones: the latest state first, else in the order of what was asked for. */
static int by_then(const void *a, const void *b, void *arg)
{
	const struct bring_item *items = arg;
	size_t at = *(const size_t *)a, bt = *(const size_t *)b;
	int c = compare_numbers(items[at].wanted.then.id, items[bt].wanted.then.id);

	if (c == 0)
		c = compare_numbers(items[bt].wanted.rev, items[at].wanted.rev);
	return c ? c : at < bt ? -1 : at > bt;
}

static int by_now(const void *a, const void *b, void *arg)
{
	const struct bring_item *items = arg;
	size_t at = *(const size_t *)a, bt = *(const size_t *)b;
	int c = compare_numbers(items[at].now.id, items[bt].now.id);

	return c ? c : at < bt ? -1 : at > bt;
}

static int make_index(
	struct bring_plan *plan, size_t **index, int (*compare)(const void *, const void *, void *))
{
	size_t i;

	*index = reallocarray(NULL, plan->n + 1, sizeof(**index));
	if (!*index)
		return -ENOMEM;
	for (i = 0; i < plan->n; i++)
		(*index)[i] = i;
	qsort_r(*index, plan->n, sizeof(**index), compare, plan->items);
	return 0;
}

int bring_make_index(struct bring_plan *plan)
{
	int r = make_index(plan, &plan->by_place, by_place);

	return r < 0 ? r : make_index(plan, &plan->by_then, by_then);
}

int bring_make_now_index(struct bring_plan *plan)
{
	return make_index(plan, &plan->by_now, by_now);
}

struct bring_item *bring_find_place(const struct bring_plan *plan, int64_t parent, const char *name)
{
	size_t low = 0, high = plan->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct bring_item *i = &plan->items[plan->by_place[middle]];
		int c = compare_places(parent, name, i);

		if (c == 0)
			return i;
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

size_t bring_first_inside(const struct bring_plan *plan, int64_t parent)
{
	size_t low = 0, high = plan->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (plan->items[plan->by_place[middle]].wanted.parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct bring_item *bring_inside(const struct bring_plan *plan, int64_t parent, size_t at)
{
	struct bring_item *i = at < plan->n ? &plan->items[plan->by_place[at]] : NULL;

	return i && i->wanted.parent == parent ? i : NULL;
}

const struct bring_item *bring_find_inside(const struct bring_plan *plan, int64_t parent)
{
	size_t at = bring_first_inside(plan, parent);
	const struct bring_item *i;

	while ((i = bring_inside(plan, parent, at)) && (i->how == BRING_LEAVE || !i->use))
		at++;
	return i;
}

/* The items that want one inode, or those that hold one. */
struct run {
	const struct bring_plan *plan;
	const size_t *index;
	bool is_now;
	int64_t id;
	size_t at;
};

static int64_t number_at(const struct run *run, size_t at)
{
	const struct bring_item *i = &run->plan->items[run->index[at]];

	return run->is_now ? i->now.id : i->wanted.then.id;
}

static struct run run_over(const struct bring_plan *plan, bool is_now, int64_t id)
{
	struct run run = { plan, is_now ? plan->by_now : plan->by_then, is_now, id, 0 };
	size_t low = 0, high = plan->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (number_at(&run, middle) < id)
			low = middle + 1;
		else
			high = middle;
	}
	run.at = low;
	return run;
}

static struct bring_item *run_next(struct run *run)
{
	if (run->at >= run->plan->n || number_at(run, run->at) != run->id)
		return NULL;
	return &run->plan->items[run->index[run->at++]];
}

struct bring_item *bring_find_then(const struct bring_plan *plan, int64_t id)
{
	struct run run = run_over(plan, false, id);

	return run_next(&run);
}

struct bring_item *bring_find_holder(const struct bring_plan *plan, int64_t id)
{
	struct run run = run_over(plan, true, id);
	struct bring_item *i, *first = NULL;

	while ((i = run_next(&run)) && i->how == BRING_LEAVE)
		first = first ? first : i;
	return i ? i : first;
}

struct bring_item *bring_find_user(const struct bring_plan *plan, int64_t id)
{
	struct run run = run_over(plan, false, id);
	struct bring_item *i;

	while ((i = run_next(&run)) && (i->how == BRING_LEAVE || i->use != id))
		;
	return i;
}

struct bring_item *bring_find_source(const struct bring_plan *plan, int64_t id)
{
	struct run run = run_over(plan, true, id);
	struct bring_item *i;

	while ((i = run_next(&run)) && (i->how == BRING_LEAVE || i->use == id))
		;
	return i;
}
