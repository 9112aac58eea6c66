/* Searching for what stands in a name below .planfs/search: the sections, or the lines of them. */
#include "search_priv.h"

#include "planfs/array.h"
#include "planfs/clock.h"
#include "planfs/grep.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { YEARS_MAX = QUERY_TERMS_MAX };

/* A search under way. */
struct finder {
	const struct query *query;
	struct query_match *match;
	enum search_kind kind;
	struct hits *hits;
	struct permission permission;
};

void hits_free(struct hits *h)
{
	size_t i;

	if (!h)
		return;
	for (i = 0; i < h->n; i++) {
		free(h->items[i].path);
		free(h->items[i].name);
	}
	free(h->items);
	free(h->by_name);
	buf_done(&h->text);
	free(h);
}

const struct hit *hits_lookup(const struct hits *h, const char *name)
{
	size_t low = 0, high = h->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct hit *hit = &h->items[h->by_name[mid]];
		int order = strcmp(hit->name, name);

		if (order == 0)
			return hit;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* --- what is found --- */

static int add_hit(struct hits *h, const struct grep_file *file)
{
	if (array_grow(&h->items, h->n, &h->capacity, sizeof(*h->items)) < 0)
		return -ENOMEM;
	h->items[h->n] = (struct hit){ .inode = file->inode, .path = strdup(file->path) };
	if (!h->items[h->n].path)
		return -ENOMEM;
	h->bytes += 2 * strlen(file->path) + sizeof(*h->items);
	h->n++;
	return 0;
}

/* The lines of the text that was matched, as grep -n prints them. */
static int add_lines(struct finder *f, const char *path, const char *text)
{
	struct buf *b = &f->hits->text;
	struct match_span line = { 0 };
	size_t number = 1, at = 0, end = 0;
	int r;

	while ((r = query_match_line(f->match, end, &line)) > 0) {
		for (; at < line.begin; at++)
			number += text[at] == '\n';
		end = line.end;
		r = buf_printf(b, "%s:%zu:", path, number);
		if (r == 0)
			r = buf_add(b, text + line.begin, end - line.begin);
		if (r == 0 && (end == line.begin || text[end - 1] != '\n'))
			r = buf_add_str(b, "\n");
		if (r < 0)
			break;
	}
	return r;
}

static bool is_full(const struct hits *h)
{
	return h->n >= SEARCH_LIST_MAX || h->text.len >= SEARCH_TEXT_MAX;
}

/* YEAR/DISTRICT/PLAN/SECTION.txt */
static bool is_section(const struct grep_file *file)
{
	const char *slash = file->path;
	int depth = 0;

	while ((slash = strchr(slash, '/'))) {
		slash++;
		depth++;
	}
	return depth == 3 && file->plan && name_is_section(file->name);
}

static int on_file(void *arg, const struct grep_file *file, const char *data, size_t len)
{
	struct finder *f = arg;
	int r;

	if (!is_section(file) || !data ||
		!query_admits(f->query, file->year, file->district, file->plan))
		return 0;
	r = query_match_text(f->match, data, len);
	if (r > 0)
		r = permission_to_read(&f->permission, file->path);
	if (r <= 0)
		return r;
	if (is_full(f->hits)) {
		f->hits->has_more = true;
		return 1;
	}
	return f->kind == SEARCH_LIST ? add_hit(f->hits, file) : add_lines(f, file->path, data);
}

/* The years that are asked for, so that others need not be read. */
static void limit_years(const struct query *q, struct grep_years *years, struct grep_query *g)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		const struct query_term *t = &q->terms[i];

		if (t->kind != QUERY_YEAR || t->exclude)
			continue;
		if (t->unknown)
			g->unknown_year = true;
		else
			years[g->n_years++] = (struct grep_years){ t->from, t->to };
	}
	g->years = years;
}

static int search(struct store *s, struct finder *f)
{
	struct grep_years years[YEARS_MAX];
	struct match_terms needs = query_match_needs(f->match);
	struct grep_query g = {
		.any = &needs, .n_any = needs.n > 0, .path = "", .order = GREP_NEWEST
	};
	int r;

	limit_years(f->query, years, &g);
	r = grep_store(s, &g, on_file, f);
	if (r >= 0 && f->kind == SEARCH_LIST)
		r = hits_name_all(f->hits);
	if (r >= 0 && f->hits->has_more && f->kind == SEARCH_TEXT)
		r = buf_add_str(
			&f->hits->text, "还有更多，请加词缩小范围 (there is more: add words)\n");
	f->hits->bytes += f->hits->text.len + sizeof(*f->hits);
	return r < 0 ? r : 0;
}

/* What is shown instead of hits. */
static int explain(struct hits *h, const struct query_error *error)
{
	h->broken = error->zh;
	return buf_printf(&h->text, "查询有误：%s。\nNot a query: %s.\n\n%s", error->zh, error->en,
		search_readme);
}

static int parse_and_search(struct store *s, const struct asked *asked, struct finder *f)
{
	CLEANUP(query_done) struct query query = { 0 };
	struct query_error error = { 0 };
	int r;

	r = query_parse(asked->words, strlen(asked->words), &query, &error);
	if (r == -EINVAL)
		return explain(f->hits, &error);
	if (r == 0)
		r = query_match_new(&query, &f->match);
	if (r < 0)
		return r;
	f->query = &query;
	r = search(s, f);
	query_match_free(f->match);
	return r;
}

int hits_find(
	struct store *s, const struct asked *asked, enum search_kind kind, struct hits **ret_hits)
{
	struct hits *h = calloc(1, sizeof(*h));
	struct finder f = { .kind = kind, .hits = h, .permission = { s, asked->reader, { 0 }, 0 } };
	struct store_status status;
	int r;

	if (!h)
		return -ENOMEM;
	h->made = clock_now();
	r = store_get_status(s, &status);
	h->rev = status.revision;
	if (r == 0)
		r = parse_and_search(s, asked, &f);
	permission_done(&f.permission);
	if (r < 0)
		hits_free(h);
	else
		*ret_hits = h;
	return r;
}
