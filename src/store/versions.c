/* Which of the changes of a place are versions; see planfs/versions.h. */
#include "planfs/array.h"
#include "planfs/versions.h"

#include "planfs/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void versions_done(struct versions *v)
{
	free(v->list);
	*v = (struct versions){ 0 };
}

static int add_version(struct versions *v, const struct moment_change *c)
{
	struct version *to;

	if (array_grow(&v->list, v->n, &v->room, sizeof(*v->list)) < 0)
		return -ENOMEM;
	to = &v->list[v->n++];
	*to = (struct version){ .rev = c->rev, .time = c->time, .inode = c->inode };
	strncpy(to->author, c->author, sizeof(to->author) - 1);
	return 0;
}

/* A text that is there: what was created or cut empty waits for one. */
static int on_change(void *arg, const struct moment_change *c)
{
	static const char *const ops[] = { "save", "create", "rename" };
	size_t i;

	if (!S_ISREG(c->inode.mode) || c->inode.size == 0)
		return 0;
	for (i = 0; i < ARRAY_LEN(ops); i++)
		if (strcmp(c->op, ops[i]) == 0)
			return add_version(arg, c);
	return 0;
}

/* Leave out what has the text of the one before it; the oldest is the last of what comes in, and the first then. */
static int keep_different(struct store *s, struct versions *v)
{
	size_t i, kept = 0;
	int r;

	for (i = 0; i < v->n / 2; i++) {
		struct version swapped = v->list[i];

		v->list[i] = v->list[v->n - 1 - i];
		v->list[v->n - 1 - i] = swapped;
	}
	for (i = 0; i < v->n; i++) {
		r = kept ? moment_same_text(s, v->list[kept - 1].inode.body, v->list[i].inode.body)
			 : 0;
		if (r < 0)
			return r;
		if (r == 0)
			v->list[kept++] = v->list[i];
	}
	v->n = kept;
	return 0;
}

int versions_find(struct store *s, int64_t parent, const char *name, struct versions *ret_versions)
{
	CLEANUP(versions_done) struct versions v = { 0 };
	int r;

	r = moment_history(s, parent, name, INT64_MAX, on_change, &v);
	if (r == 0)
		r = keep_different(s, &v);
	if (r < 0)
		return r;
	*ret_versions = v;
	v = (struct versions){ 0 };
	return 0;
}
