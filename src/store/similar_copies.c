/*
 * Groups of plans and sections that are copies of each other: read, found by planfs/copies.h, and told. All plans and
 * sections are in memory for the time of this: some 300 bytes for each section.
 */
#include "planfs/array.h"
#include "planfs/similar.h"

#include "planfs/copies.h"
#include "planfs/name.h"
#include "store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A section as it is read. */
struct row {
	char *name; /* owned */
	unsigned weight;
	struct text_sketch sketch;
};

struct row_plan {
	char *year, *district, *name; /* owned */
	int64_t dir;
	size_t from, to; /* its rows */
};

struct copies {
	struct row_plan *plans; /* owned */
	struct row *rows;       /* owned */
	size_t n_plans, plans_capacity, n_rows, rows_capacity;
	struct copies_plan *found_plans; /* owned; in the order of plans */
	struct copies_section *found;    /* owned; in the order of rows */
};

static const char sql_sections[] =
	"SELECT y.name, d.name, p.name, p.inode, f.name, i.size, s.data FROM dentry y "
	"CROSS JOIN dentry d ON d.parent = y.inode CROSS JOIN dentry p ON p.parent = d.inode "
	"CROSS JOIN dentry f ON f.parent = p.inode CROSS JOIN sketch s ON s.inode = f.inode "
	"CROSS JOIN inode i ON i.id = f.inode WHERE y.parent = 1 /*scan*/";

static void copies_done(struct copies *c)
{
	size_t i;

	for (i = 0; i < c->n_plans; i++) {
		free(c->plans[i].year);
		free(c->plans[i].district);
		free(c->plans[i].name);
	}
	for (i = 0; i < c->n_rows; i++)
		free(c->rows[i].name);
	free(c->plans);
	free(c->rows);
	free(c->found_plans);
	free(c->found);
}

static const char *name_at(sqlite3_stmt *st, int at)
{
	const char *name = (const char *)sqlite3_column_text(st, at);

	return name ? name : "";
}

static int add_plan(struct copies *c, sqlite3_stmt *st)
{
	struct row_plan *p;
	int r;

	r = array_grow(&c->plans, c->n_plans, &c->plans_capacity, sizeof(*c->plans));
	if (r < 0)
		return r;
	p = &c->plans[c->n_plans++];
	*p = (struct row_plan){ .dir = sqlite3_column_int64(st, 3),
		.from = c->n_rows,
		.to = c->n_rows,
		.year = strdup(name_at(st, 0)),
		.district = strdup(name_at(st, 1)),
		.name = strdup(name_at(st, 2)) };
	return p->year && p->district && p->name ? 0 : -ENOMEM;
}

static int add_section(struct copies *c, sqlite3_stmt *st)
{
	int64_t size = sqlite3_column_int64(st, 5);
	struct row *row;
	int r;

	r = array_grow(&c->rows, c->n_rows, &c->rows_capacity, sizeof(*c->rows));
	if (r < 0)
		return r;
	row = &c->rows[c->n_rows++];
	*row = (struct row){ .name = strdup(name_at(st, 4)),
		.weight = size < UINT32_MAX ? (unsigned)size : UINT32_MAX };
	memcpy(row->sketch.values, sqlite3_column_blob(st, 6), sizeof(row->sketch.values));
	return row->name ? 0 : -ENOMEM;
}

/* Columns as of sql_sections; the rows of one plan follow each other. */
static int add_row(struct copies *c, sqlite3_stmt *st)
{
	int r = 0;

	if (!name_is_year(name_at(st, 0)) || !name_is_plan_dir(name_at(st, 1)) ||
		!name_is_plan_dir(name_at(st, 2)) || !name_is_section(name_at(st, 4)) ||
		sqlite3_column_bytes(st, 6) != SKETCH_BYTES)
		return 0;
	if (c->n_plans == 0 || c->plans[c->n_plans - 1].dir != sqlite3_column_int64(st, 3))
		r = add_plan(c, st);
	if (r == 0)
		r = add_section(c, st);
	if (r == 0)
		c->plans[c->n_plans - 1].to = c->n_rows;
	return r;
}

static int read_sections(struct copies *c, struct store *s)
{
	struct conn *conn;
	int r;

	r = reader_get(s, &conn);
	if (r < 0)
		return r;
	{
		CLEANUP_FINALIZE sqlite3_stmt *st = NULL;

		if (sqlite3_prepare_v2(conn->db, sql_sections, -1, &st, NULL) != SQLITE_OK)
			r = store_errno(conn->db, "read the sketches");
		while (r == 0 && (r = stmt_row(st, "read the sketches")) > 0)
			r = add_row(c, st);
	}
	reader_put(s, conn);
	return r;
}

static int by_time(const void *a, const void *b)
{
	const struct row_plan *x = a, *y = b;
	int r = strcmp(x->year, y->year);

	if (r == 0)
		r = strcmp(x->district, y->district);
	return r ? r : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

/* What copies_find() wants: the earliest plan first, and the sections of each in their order. */
static int put_in_order(struct copies *c)
{
	size_t i, k, n = 0;

	c->found_plans = calloc(c->n_plans + 1, sizeof(*c->found_plans));
	c->found = calloc(c->n_rows + 1, sizeof(*c->found));
	if (!c->found_plans || !c->found)
		return -ENOMEM;
	if (c->n_plans > 0)
		qsort(c->plans, c->n_plans, sizeof(*c->plans), by_time);
	for (i = 0; i < c->n_plans; i++) {
		struct row_plan *p = &c->plans[i];

		qsort(&c->rows[p->from], p->to - p->from, sizeof(*c->rows), by_name);
		c->found_plans[i].from = (int)n;
		for (k = p->from; k < p->to; k++)
			c->found[n++] = (struct copies_section){ .sketch = c->rows[k].sketch,
				.weight = c->rows[k].weight,
				.plan = (int)i };
		c->found_plans[i].to = (int)n;
	}
	return 0;
}

/* --- what is told --- */

/* A group that has members besides its first. */
struct group {
	int first;
	size_t members;
};

struct groups {
	struct group *items; /* owned */
	size_t n, capacity;
};

static int by_members(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->members != y->members)
		return x->members > y->members ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static int add_group(struct groups *g, int first, size_t members)
{
	int r;

	if (members < 2)
		return 0;
	r = array_grow(&g->items, g->n, &g->capacity, sizeof(*g->items));
	if (r == 0)
		g->items[g->n++] = (struct group){ first, members };
	return r;
}

/* The groups of plans, the largest first. */
static int find_plans(const struct copies *c, struct groups *ret_groups)
{
	size_t i, members;
	int at, r = 0;

	for (i = 0; i < c->n_plans && r == 0; i++) {
		if (c->found_plans[i].place.first != (int)i)
			continue;
		members = 0;
		for (at = (int)i; at != COPIES_NONE; at = c->found_plans[at].place.next)
			members++;
		r = add_group(ret_groups, (int)i, members);
	}
	if (ret_groups->n > 0)
		qsort(ret_groups->items, ret_groups->n, sizeof(struct group), by_members);
	return r;
}

static int find_sections(const struct copies *c, struct groups *ret_groups)
{
	size_t i, members;
	int at, r = 0;

	for (i = 0; i < c->n_rows && r == 0; i++) {
		if (c->found[i].place.first != (int)i)
			continue;
		members = 0;
		for (at = (int)i; at != COPIES_NONE; at = c->found[at].place.next)
			members += !c->found[at].in_copy;
		r = add_group(ret_groups, (int)i, members);
	}
	if (ret_groups->n > 0)
		qsort(ret_groups->items, ret_groups->n, sizeof(struct group), by_members);
	return r;
}

struct teller {
	const struct copies *c;
	unsigned long group;
	similar_copy_fn *fn;
	void *arg;
};

static int tell(struct teller *t, const struct copies_place *place, int plan, const char *section)
{
	const struct row_plan *p = &t->c->plans[plan];
	const struct similar_copy copy = { .group = t->group,
		.percent = place->percent,
		.year = p->year,
		.district = p->district,
		.plan = p->name,
		.section = section };

	return t->fn(t->arg, &copy);
}

static int tell_plans(struct teller *t, int first)
{
	int at, r = 0;

	for (at = first; at != COPIES_NONE && r == 0; at = t->c->found_plans[at].place.next)
		r = tell(t, &t->c->found_plans[at].place, at, NULL);
	return r;
}

/* Rows of a plan are where its sections are, in the same order. */
static const char *section_name(const struct copies *c, int at)
{
	int plan = c->found[at].plan;

	return c->rows[c->plans[plan].from + (size_t)(at - c->found_plans[plan].from)].name;
}

static int tell_sections(struct teller *t, int first)
{
	const struct copies_section *s;
	int at, r = 0;

	for (at = first; at != COPIES_NONE && r == 0; at = s->place.next) {
		s = &t->c->found[at];
		if (!s->in_copy)
			r = tell(t, &s->place, s->plan, section_name(t->c, at));
	}
	return r;
}

static int tell_all(struct teller *t)
{
	struct groups plans = { 0 }, sections = { 0 };
	size_t i;
	int r;

	r = find_plans(t->c, &plans);
	if (r == 0)
		r = find_sections(t->c, &sections);
	for (i = 0; i < plans.n && r == 0; i++) {
		t->group++;
		r = tell_plans(t, plans.items[i].first);
	}
	for (i = 0; i < sections.n && r == 0; i++) {
		t->group++;
		r = tell_sections(t, sections.items[i].first);
	}
	free(plans.items);
	free(sections.items);
	return r;
}

int similar_each_copy(struct store *s, similar_copy_fn *fn, void *arg)
{
	CLEANUP(copies_done) struct copies c = { 0 };
	int r;

	store_waits();
	r = read_sections(&c, s);
	if (r == 0)
		r = put_in_order(&c);
	if (r == 0)
		r = copies_find(c.found_plans, c.n_plans, c.found, c.n_rows);
	return r < 0 ? r : tell_all(&(struct teller){ .c = &c, .fn = fn, .arg = arg });
}
