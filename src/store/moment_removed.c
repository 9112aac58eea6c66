/*
 * What a directory held before it was removed. Nobody can remove a directory with something in it: rm -r, a file manager and SQL
 * remove the contents first, one by one, and nobody means by the directory the empty one that is left for a moment. So the
 * removals that led to it are found: of what was inside, by the same person with the same program, each soon before the next.
 */
#include "store_priv.h"

#include "planfs/array.h"
#include "planfs/moment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SOON_NS INT64_C(60000000000)

enum { ROWS_AT_ONCE = 1000 };

/* Going back from the removal of the directory. */
struct removal {
	int64_t rev; /* before the oldest removal that belongs to it */
	int64_t time;
	char author[80], program[80];
	int64_t *dirs; /* owned: it, and what was below it */
	size_t n, capacity;
	int64_t arrived; /* the inode of the row behind, when it came to its place */
};

static bool is_inside(const struct removal *r, int64_t dir)
{
	size_t i;

	for (i = r->n; i > 0; i--) /* the one that was met last, as a rule */
		if (r->dirs[i - 1] == dir)
			return true;
	return false;
}

static const char *program_of(const struct moment_change *c)
{
	return c->program ? c->program : "";
}

static bool is_by_the_same(const struct removal *r, const struct moment_change *c)
{
	return strcmp(c->author, r->author) == 0 && strcmp(program_of(c), r->program) == 0;
}

static int add_removed(struct removal *r, const struct moment_change *c)
{
	if (array_grow(&r->dirs, r->n, &r->capacity, sizeof(*r->dirs)) < 0)
		return -ENOMEM;
	if (S_ISDIR(c->inode.mode))
		r->dirs[r->n++] = c->inode.id;
	r->rev = c->rev - 1;
	r->time = c->time;
	return 0;
}

/* The first row is the removal itself. */
static int begin(struct removal *r, const struct moment_change *c)
{
	snprintf(r->author, sizeof(r->author), "%s", c->author);
	snprintf(r->program, sizeof(r->program), "%s", program_of(c));
	return add_removed(r, c);
}

/* Returns 1 when nothing more belongs to it. */
static int on_change(void *arg, const struct moment_change *c)
{
	struct removal *r = arg;
	bool is_removal = strcmp(c->op, "remove") == 0;
	bool is_move = is_removal && r->arrived == c->inode.id;

	r->arrived = is_removal ? 0 : c->inode.id;
	if (r->n == 0)
		return is_removal && c->rev == r->rev + 1 ? begin(r, c) : 1;
	if (r->time - c->time > SOON_NS)
		return 1;
	if (!is_inside(r, c->parent) && !is_inside(r, c->inode.id))
		return 0;
	if (is_removal && !is_move && is_by_the_same(r, c))
		return add_removed(r, c);
	/* another name of a file that was removed has one less beside it now */
	return strcmp(c->op, "attr") != 0 || !is_by_the_same(r, c);
}

int moment_before_removal(struct store *s, int64_t rev, int64_t *ret_rev)
{
	struct removal r = { .rev = rev };
	int64_t to = rev + 1;
	int result = 0;

	while (to > 0 && result == 0) {
		int64_t from = to > ROWS_AT_ONCE ? to - ROWS_AT_ONCE + 1 : 1;

		result = moment_changes(s, from, to, on_change, &r);
		to = from - 1;
	}
	free(r.dirs);
	if (result < 0)
		return result;
	*ret_rev = r.rev;
	return 0;
}
