/* The model of the stateful fuzz. */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HAN_20 "控辍保学工作要点控辍保学工作要点控辍保学"

/* Few, so that they meet: years, districts and plans, sections, what is none, and what editors make. */
static const char *const names[] = {
	"2016", "2017", "合肥市", "南通市通州区", "2016年教育工作要点", "01-前言.txt",
	"02-控辍保学.txt", "plan.json", "附件.doc", ".01-前言.txt.swp", "4913", "01-前言.txt~",
	"sedAbC1d2", ".goutputstream-X1Y2Z3", "a",
	HAN_20 HAN_20 HAN_20 HAN_20 "工作要点.",    /* 253 bytes */
	HAN_20 HAN_20 HAN_20 HAN_20 "工作要点超出", /* 258: too long */
};

/* Where these names stand they make sections, which other programs can write; see fuzz_sql(). */
static const char *const names_by_depth[] = { "2016", "合肥市", "2016年教育工作要点",
	"01-前言.txt" };

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct fuzz_object *fuzz_object_new(mode_t mode)
{
	struct fuzz_object *o = must(calloc(1, sizeof(*o)));

	o->mode = mode;
	if (S_ISREG(mode))
		o->text = must(calloc(1, TEXT_MAX));
	return o;
}

void fuzz_object_release(struct fuzz_object *o)
{
	size_t i;

	if (o->nlink > 0 || o->opens > 0)
		return;
	for (i = 0; i < XATTRS; i++)
		free(o->xattrs[i]);
	for (i = 0; i < o->n_children; i++)
		free(o->children[i].name);
	free(o->children);
	free(o->text);
	free(o);
}

void fuzz_touch(struct fuzz_object *o)
{
	o->mtime_known = false;
}

void fuzz_add(struct fuzz_object *dir, const char *name, struct fuzz_object *o)
{
	dir->children =
		must(realloc(dir->children, (dir->n_children + 1) * sizeof(*dir->children)));
	dir->children[dir->n_children++] = (struct fuzz_child){ must(strdup(name)), o };
	o->nlink++;
	fuzz_touch(dir);
	if (S_ISDIR(o->mode)) {
		if (!o->parent)
			fuzz.dirs[fuzz.n_dirs++] = o;
		o->parent = dir;
	}
}

struct fuzz_object *fuzz_remove(struct fuzz_object *dir, const char *name)
{
	struct fuzz_object *o;
	size_t i = 0;

	while (strcmp(dir->children[i].name, name) != 0)
		i++;
	o = dir->children[i].object;
	free(dir->children[i].name);
	dir->children[i] = dir->children[--dir->n_children];
	o->nlink--;
	fuzz_touch(dir);
	return o;
}

struct fuzz_object *fuzz_find(struct fuzz_object *dir, const char *name)
{
	size_t i;

	for (i = 0; i < dir->n_children; i++)
		if (strcmp(dir->children[i].name, name) == 0)
			return dir->children[i].object;
	return NULL;
}

bool fuzz_is_above(const struct fuzz_object *a, const struct fuzz_object *b)
{
	for (; b; b = b->parent)
		if (a == b)
			return true;
	return false;
}

unsigned fuzz_depth(const struct fuzz_object *dir)
{
	unsigned depth = 0;

	for (; dir->parent; dir = dir->parent)
		depth++;
	return depth;
}

static const char *name_of(const struct fuzz_object *dir)
{
	size_t i = 0;

	while (dir->parent->children[i].object != dir)
		i++;
	return dir->parent->children[i].name;
}

void fuzz_path(const struct fuzz_object *dir, const char *name, char *ret_path)
{
	size_t len;

	if (dir->parent)
		fuzz_path(dir->parent, name_of(dir), ret_path);
	else
		snprintf(ret_path, PATH_BYTES, "%s", fuzz.base);
	len = strlen(ret_path);
	snprintf(ret_path + len, PATH_BYTES - len, "/%s", name);
}

void fuzz_pick(struct fuzz_place *p)
{
	unsigned depth;

	p->dir = fuzz.dirs[fuzz_random(fuzz.n_dirs)];
	depth = fuzz_depth(p->dir);
	if (p->dir->n_children > 0 && fuzz_random(10) < 6)
		p->name = p->dir->children[fuzz_random(p->dir->n_children)].name;
	else if (depth < ARRAY_LEN(names_by_depth) && fuzz_one_in(4))
		p->name = names_by_depth[depth];
	else
		p->name = names[fuzz_random(ARRAY_LEN(names))];
	p->object = fuzz_find(p->dir, p->name);
	fuzz_path(p->dir, p->name, p->path);
}

bool fuzz_pick_file(struct fuzz_place *p)
{
	int tries;

	for (tries = 0; tries < 20; tries++) {
		fuzz_pick(p);
		if (p->object && S_ISREG(p->object->mode))
			return true;
	}
	return false;
}

struct fuzz_handle *fuzz_pick_handle(void)
{
	size_t at = fuzz_random(HANDLES), i;

	for (i = 0; i < HANDLES; i++) {
		struct fuzz_handle *h = &fuzz.handles[(at + i) % HANDLES];

		if (h->fd >= 0)
			return h;
	}
	return NULL;
}

void fuzz_resize(struct fuzz_object *o, size_t len)
{
	if (len < o->len)
		memset(o->text + len, 0, o->len - len);
	o->len = len;
	fuzz_touch(o);
}

static void clear(struct fuzz_object *dir)
{
	while (dir->n_children > 0) {
		struct fuzz_object *o = dir->children[0].object;

		if (S_ISDIR(o->mode))
			clear(o);
		fuzz_remove(dir, dir->children[0].name);
		fuzz_object_release(o);
	}
}

void fuzz_clear(void)
{
	clear(fuzz.root);
	fuzz.n_dirs = 1;
}
