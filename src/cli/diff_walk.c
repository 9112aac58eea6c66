/* Two trees side by side, for planfs diff. */
#include "cli_diff_priv.h"

#include "planfs/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 200 };

struct listing {
	struct entry *entries; /* owned, with their names; by name */
	size_t n, room;
};

static void listing_done(struct listing *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free((char *)(uintptr_t)l->entries[i].name);
	free(l->entries);
}

static int add_entry(void *arg, const struct store_entry *e)
{
	struct listing *l = arg;

	if (array_grow(&l->entries, l->n, &l->room, sizeof(*l->entries)) < 0)
		return -ENOMEM;
	l->entries[l->n] = (struct entry){ strdup(e->name), e->inode };
	return l->entries[l->n].name ? (l->n++, 0) : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* @id 0: an empty listing. */
static int list(struct diff *d, const struct side *s, int64_t id, struct listing *l)
{
	int64_t rev = s->past.rev;
	int r = 0;

	if (id)
		r = rev == INT64_MAX ? store_list(d->base.s, id, add_entry, l)
				     : moment_scan(d->base.s, rev, id, 0, add_entry, l);
	if (l->n > 0)
		qsort(l->entries, l->n, sizeof(*l->entries), by_name);
	return r;
}

int diff_read(struct diff *d, const struct side *s, const struct entry *e, struct buf *ret_text)
{
	int r = 0;

	if (!e)
		return 0;
	if (S_ISREG(e->inode.mode))
		r = store_read_body(d->base.s, e->inode.body, ret_text);
	else if (S_ISLNK(e->inode.mode) && s->past.rev == INT64_MAX)
		r = store_readlink(d->base.s, e->inode.id, ret_text);
	else if (S_ISLNK(e->inode.mode))
		r = moment_readlink(d->base.s, s->past.rev, e->inode.id, ret_text);
	return r == -ENOENT ? buf_add_str(ret_text, "(this text was forgotten)\n") : r;
}

/* Is there nothing to compare? Texts are never changed, so that the same number is the same text. */
static bool are_same(struct diff *d, const struct entry *a, const struct entry *b)
{
	CLEANUP(buf_done) struct buf to_a = { 0 };
	CLEANUP(buf_done) struct buf to_b = { 0 };

	if (a->inode.mode != b->inode.mode)
		return false;
	if (S_ISREG(a->inode.mode) && a->inode.body == b->inode.body)
		return true;
	if (!S_ISREG(a->inode.mode) && !S_ISLNK(a->inode.mode))
		return true; /* pipes, sockets and devices have nothing in them */
	return diff_read(d, &d->a, a, &to_a) == 0 && diff_read(d, &d->b, b, &to_b) == 0 &&
	       to_a.len == to_b.len &&
	       (to_a.len == 0 || memcmp(to_a.data, to_b.data, to_a.len) == 0);
}

static int walk_below(struct diff *d, const struct walk *walk, const struct pair *p,
	const struct entry *a, const struct entry *b)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	const char *name = a ? a->name : b->name;
	struct pair below = { .a = a ? a->inode.id : 0,
		.b = b ? b->inode.id : 0,
		.dir_a = -1,
		.dir_b = -1,
		.depth = p->depth + 1 };
	int r;

	if (below.depth > DEPTH_MAX)
		return -ELOOP;
	r = buf_printf(&path, "%s%s%s", p->path, p->path[0] ? "/" : "", name);
	below.path = buf_str(&path);
	if (r == 0 && walk->enter)
		r = walk->enter(p, name, &below);
	if (r == 0)
		r = diff_walk(d, walk, &below);
	if (walk->leave)
		walk->leave(p, name, &below);
	return r;
}

/* @a or @b may be NULL. */
static int walk_pair(struct diff *d, const struct walk *walk, const struct pair *p,
	const struct entry *a, const struct entry *b)
{
	bool dir_a = a && S_ISDIR(a->inode.mode), dir_b = b && S_ISDIR(b->inode.mode);
	const struct entry *file_a = dir_a ? NULL : a, *file_b = dir_b ? NULL : b;
	int r = 0;

	temporary_check(&d->dir);
	if (dir_a || dir_b)
		r = walk_below(d, walk, p, dir_a ? a : NULL, dir_b ? b : NULL);
	if (r < 0 || (!file_a && !file_b) || (file_a && file_b && are_same(d, file_a, file_b)))
		return r;
	d->differs = true;
	return walk->differ(d, p, file_a, file_b);
}

int diff_walk(struct diff *d, const struct walk *walk, const struct pair *p)
{
	CLEANUP(listing_done) struct listing a = { 0 };
	CLEANUP(listing_done) struct listing b = { 0 };
	size_t i = 0, j = 0;
	int r;

	r = list(d, &d->a, p->a, &a);
	if (r == 0)
		r = list(d, &d->b, p->b, &b);
	while (r == 0 && (i < a.n || j < b.n)) {
		int c = i == a.n ? 1 : j == b.n ? -1 : by_name(&a.entries[i], &b.entries[j]);

		r = walk_pair(
			d, walk, p, c <= 0 ? &a.entries[i] : NULL, c >= 0 ? &b.entries[j] : NULL);
		i += c <= 0;
		j += c >= 0;
	}
	return r;
}
