/* Which files a search wants, by where they stand. */
#include "grep_priv.h"

#include "planfs/name.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { YEAR_DEPTH = 1, DISTRICT_DEPTH, PLAN_DEPTH };

/* --- words --- */

static bool word_fits(const char *word, const char *name)
{
	if (word[0] == '=')
		return strcmp(word + 1, name) == 0;
	if (strpbrk(word, "*?["))
		return fnmatch(word, name, 0) == 0;
	return strstr(name, word) != NULL;
}

static bool words_fit(const struct grep_words *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (word_fits(w->words[i], name))
			return true;
	return w->n == 0;
}

static bool year_fits(const struct grep_query *q, const char *year)
{
	int number = atoi(year);
	size_t i;

	if (q->n_years == 0 && !q->unknown_year)
		return true;
	if (strcmp(year, NAME_UNKNOWN_YEAR) == 0)
		return q->unknown_year;
	for (i = 0; i < q->n_years; i++)
		if (number >= q->years[i].from && number <= q->years[i].to)
			return true;
	return false;
}

/* --- places --- */

/* What of @path is below @dir; NULL: it is not there. */
static const char *path_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (strncmp(path, dir, len) != 0)
		return NULL;
	if (len == 0 || path[len] == '\0')
		return path + len;
	return path[len] == '/' ? path + len + 1 : NULL;
}

/* The depth at which all that is asked of directories is decided; 0: nothing is asked. */
static unsigned depth_wanted(const struct grep_query *q)
{
	if (q->plans.n > 0 || q->sections.n > 0)
		return PLAN_DEPTH;
	if (q->districts.n > 0)
		return DISTRICT_DEPTH;
	return q->n_years > 0 || q->unknown_year ? YEAR_DEPTH : 0;
}

bool grep_filter_is_set(const struct grep_query *query)
{
	return query->path[0] || depth_wanted(query) > 0;
}

const char *grep_filter_next(
	const struct grep_query *q, const struct grep_dir *dir, size_t *ret_len)
{
	const char *rest = dir->in_path ? NULL : path_below(q->path, dir->path);

	*ret_len = rest ? strcspn(rest, "/") : 0;
	return rest;
}

static void name_place(struct grep_dir *dir)
{
	const struct grep_dir *up = dir->parent;

	dir->year = up->year;
	dir->district = up->district;
	dir->plan = up->plan;
	if (dir->depth == YEAR_DEPTH && name_is_year(dir->name))
		dir->year = dir->name;
	else if (dir->depth == DISTRICT_DEPTH && up->year && name_is_plan_dir(dir->name))
		dir->district = dir->name;
	else if (dir->depth == PLAN_DEPTH && up->district && name_is_plan_dir(dir->name))
		dir->plan = dir->name;
}

static bool place_fits(const struct grep_query *q, const struct grep_dir *dir)
{
	if (dir->depth > depth_wanted(q))
		return true;
	if (dir->depth == YEAR_DEPTH)
		return dir->year && year_fits(q, dir->year);
	if (dir->depth == DISTRICT_DEPTH)
		return dir->district && words_fit(&q->districts, dir->district);
	return dir->plan && words_fit(&q->plans, dir->plan);
}

void grep_filter_dir(const struct grep_query *query, struct grep_dir *dir)
{
	const struct grep_dir *up = dir->parent;

	dir->in_path = path_below(dir->path, query->path) != NULL;
	if (dir->depth == 0) {
		dir->is_wanted = true;
		return;
	}
	name_place(dir);
	dir->is_wanted = up->is_wanted && place_fits(query, dir) &&
			 (dir->in_path || path_below(query->path, dir->path));
}

bool grep_filter_file(const struct grep_query *query, const struct grep_dir *dir, const char *name)
{
	const char *rest;

	if (!dir->is_wanted || dir->depth < depth_wanted(query))
		return false;
	if (query->sections.n > 0 &&
		(dir->depth != PLAN_DEPTH || !words_fit(&query->sections, name)))
		return false;
	if (dir->in_path)
		return true;
	rest = path_below(query->path, dir->path);
	return rest && strcmp(rest, name) == 0;
}

/* --- years --- */

static bool parse_year(const char **s, int *ret_year)
{
	int i, year = 0;

	for (i = 0; i < 4; i++, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return false;
		year = year * 10 + (**s - '0');
	}
	*ret_year = year;
	return true;
}

int grep_years_parse(const char *s, struct grep_years *ret_years)
{
	struct grep_years years = { 0, GREP_YEAR_MAX };
	bool open = strncmp(s, "..", 2) == 0;

	if (!open && !parse_year(&s, &years.from))
		return -EINVAL;
	if (*s == '\0') {
		years.to = years.from;
	} else if (strncmp(s, "..", 2) == 0) {
		s += 2;
		if ((*s || open) && !parse_year(&s, &years.to))
			return -EINVAL;
	}
	if (*s || years.from > years.to)
		return -EINVAL;
	*ret_years = years;
	return 0;
}
