/* The names of a search: directories and files, their strings, their order. */
#include "grep_priv.h"

#include "planfs/array.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 << 10 };

/* Memory that is given back all at once. */
struct grep_chunk {
	struct grep_chunk *next;
	size_t used, size;
	char bytes[];
};

static void *take(struct grep_list *l, size_t size)
{
	struct grep_chunk *c = l->chunks;

	size = (size + 7) & ~(size_t)7;
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;

		c = malloc(sizeof(*c) + room);
		if (!c)
			return NULL;
		*c = (struct grep_chunk){ .next = l->chunks, .size = room };
		l->chunks = c;
	}
	c->used += size;
	return c->bytes + c->used - size;
}

/* @dir with @name behind it; @dir "": @name alone. */
static char *take_path(struct grep_list *l, const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), len = strlen(name);
	char *path = take(l, dir_len + 1 + len + 1);

	if (!path)
		return NULL;
	memcpy(path, dir, dir_len);
	if (dir_len > 0)
		path[dir_len++] = '/';
	memcpy(path + dir_len, name, len + 1);
	return path;
}

int grep_list_init(struct grep_list *l, const struct grep_query *query)
{
	struct grep_dir *root;
	int r;

	*l = (struct grep_list){ .query = query };
	r = grep_list_add_dir(l, NULL, STORE_ROOT, "", &root);
	if (r < 0)
		return r;
	root->is_lost = false;
	grep_filter_dir(query, root);
	return 0;
}

void grep_list_done(struct grep_list *l)
{
	while (l->chunks) {
		struct grep_chunk *c = l->chunks;

		l->chunks = c->next;
		free(c);
	}
	free(l->dirs);
	free(l->items);
	*l = (struct grep_list){ 0 };
}

void grep_list_empty(struct grep_list *l)
{
	l->n_dirs = 1; /* the others keep their memory until the end */
	l->n_items = 0;
}

int grep_list_add_dir(struct grep_list *l, const struct grep_dir *parent, int64_t id,
	const char *name, struct grep_dir **ret_dir)
{
	struct grep_dir *dir = take(l, sizeof(*dir));
	char *path;

	if (!dir || array_grow(&l->dirs, l->n_dirs, &l->dirs_capacity, sizeof(*l->dirs)) < 0)
		return -ENOMEM;
	path = take_path(l, parent ? parent->path : "", name);
	if (!path)
		return -ENOMEM;
	*dir = (struct grep_dir){ .id = id, .parent = parent, .path = path, .is_lost = !parent };
	dir->name = path + strlen(path) - strlen(name);
	if (parent) {
		dir->depth = parent->depth + 1;
		dir->is_lost = parent->is_lost;
		grep_filter_dir(l->query, dir);
	}
	l->dirs[l->n_dirs++] = dir;
	*ret_dir = dir;
	return 0;
}

int grep_list_add_file(struct grep_list *l, const struct grep_dir *dir, int64_t inode,
	const char *name, bool may_match)
{
	char *copy;

	if (dir->is_lost || !grep_filter_file(l->query, dir, name))
		return 0;
	copy = take_path(l, "", name);
	if (!copy || array_grow(&l->items, l->n_items, &l->items_capacity, sizeof(*l->items)) < 0)
		return -ENOMEM;
	l->items[l->n_items++] = (struct grep_item){
		.dir = dir, .name = copy, .inode = inode, .may_match = may_match
	};
	return 0;
}

int grep_list_add_error(struct grep_list *l, const struct grep_dir *dir, int error)
{
	if (array_grow(&l->items, l->n_items, &l->items_capacity, sizeof(*l->items)) < 0)
		return -ENOMEM;
	l->items[l->n_items++] = (struct grep_item){ .dir = dir, .name = "", .error = error };
	return 0;
}

/* --- order --- */

/* Years, the newest first; then what is not known, then what is no year. */
static int compare_years(const char *a, const char *b)
{
	const char *names[2] = { a, b };
	int value[2], i;

	for (i = 0; i < 2; i++) {
		value[i] = name_is_year(names[i]) ? atoi(names[i]) : -2;
		if (strcmp(names[i], NAME_UNKNOWN_YEAR) == 0)
			value[i] = -1;
	}
	return value[0] != value[1] ? value[1] - value[0] : strcmp(a, b);
}

static int compare_names(const struct grep_dir *a, const struct grep_dir *b, enum grep_order order)
{
	if (order == GREP_NEWEST && a->depth == 1)
		return compare_years(a->name, b->name);
	return strcmp(a->name, b->name);
}

/* A directory stands before those in it. */
static int compare_dirs(const void *x, const void *y, void *arg)
{
	const struct grep_dir *a = *(struct grep_dir *const *)x, *b = *(struct grep_dir *const *)y;
	const enum grep_order *order = arg;
	int deeper = (int)a->depth - (int)b->depth;

	if (a == b)
		return 0;
	while (a->depth > b->depth)
		a = a->parent;
	while (b->depth > a->depth)
		b = b->parent;
	if (a == b)
		return deeper;
	while (a->parent != b->parent) {
		a = a->parent;
		b = b->parent;
	}
	return compare_names(a, b, *order);
}

static int compare_items(const void *x, const void *y)
{
	const struct grep_item *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* The rank of the directory, and the first bytes of the name. */
static uint64_t key_of(const struct grep_item *item)
{
	uint64_t key = item->dir->rank;
	const char *s = item->name;
	int i;

	for (i = 0; i < 4; i++)
		key = key << 8 | (unsigned char)(*s ? *s++ : 0);
	return key;
}

void grep_list_sort(struct grep_list *l)
{
	enum grep_order order = l->query->order;
	size_t i, n = 0;

	/* those that are lost hang on nothing, and hold nothing */
	for (i = 0; i < l->n_dirs; i++)
		if (!l->dirs[i]->is_lost)
			l->dirs[n++] = l->dirs[i];
	l->n_dirs = n;
	qsort_r(l->dirs, n, sizeof(struct grep_dir *), compare_dirs, &order);
	for (i = 0; i < n; i++)
		l->dirs[i]->rank = (uint32_t)i;
	for (i = 0; i < l->n_items; i++)
		l->items[i].key = key_of(&l->items[i]);
	if (l->n_items > 0)
		qsort(l->items, l->n_items, sizeof(*l->items), compare_items);
}

int grep_list_tell(const struct grep_item *item, struct buf *path, const struct match_string *text,
	grep_file_fn *fn, void *arg)
{
	const struct grep_dir *dir = item->dir;
	struct grep_file file = { .year = dir->year,
		.district = dir->district,
		.plan = dir->plan,
		.inode = item->inode,
		.may_match = item->may_match,
		.error = item->error };
	int r;

	path->len = 0;
	r = buf_add_str(path, dir->path);
	if (r == 0 && path->len > 0 && item->name[0])
		r = buf_add(path, "/", 1);
	if (r == 0)
		r = buf_add_str(path, item->name);
	if (r < 0)
		return r;
	file.path = buf_str(path);
	file.name = file.path + path->len - strlen(item->name);
	return fn(arg, &file, text ? text->data : NULL, text ? text->len : 0);
}
