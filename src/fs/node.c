/* The table of open files; see struct node. */
#include "fs_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct node **bucket(struct fs *fs, int64_t id)
{
	return &fs->buckets[(uint64_t)id % NODE_BUCKETS];
}

/* With the table locked. */
static struct node *find(struct fs *fs, int64_t id)
{
	struct node *n = *bucket(fs, id);

	while (n && n->id != id)
		n = n->next_in_bucket;
	return n;
}

struct node *node_find(struct fs *fs, int64_t id)
{
	struct node *n;

	pthread_mutex_lock(&fs->table_lock);
	n = find(fs, id);
	if (n)
		n->refs++;
	pthread_mutex_unlock(&fs->table_lock);
	return n;
}

static struct node *node_new(int64_t id)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->id = id;
	n->in_db = true;
	n->change = 1;
	pthread_mutex_init(&n->commit_lock, NULL);
	pthread_mutex_init(&n->lock, NULL);
	return n;
}

static void node_free(struct node *n)
{
	pthread_mutex_destroy(&n->commit_lock);
	pthread_mutex_destroy(&n->lock);
	buf_done(&n->text);
	free(n->name);
	free(n->place);
	free(n);
}

struct node *node_get(struct fs *fs, int64_t id)
{
	struct node *n;

	pthread_mutex_lock(&fs->table_lock);
	n = find(fs, id);
	if (!n) {
		n = node_new(id);
		if (n) {
			n->next_in_bucket = *bucket(fs, id);
			*bucket(fs, id) = n;
			fs->n_nodes++;
		}
	}
	if (n)
		n->refs++;
	pthread_mutex_unlock(&fs->table_lock);
	return n;
}

void node_put(struct fs *fs, struct node *n)
{
	struct node **at;

	if (!n)
		return;
	pthread_mutex_lock(&fs->table_lock);
	if (--n->refs > 0) {
		pthread_mutex_unlock(&fs->table_lock);
		return;
	}
	for (at = bucket(fs, n->id); *at != n;)
		at = &(*at)->next_in_bucket;
	*at = n->next_in_bucket;
	fs->n_nodes--;
	pthread_mutex_unlock(&fs->table_lock);
	pthread_mutex_lock(&n->lock);
	state_unmark(fs, n);
	pthread_mutex_unlock(&n->lock);
	node_free(n);
}

unsigned node_add_open(struct fs *fs, struct node *n)
{
	unsigned before;

	pthread_mutex_lock(&fs->table_lock);
	before = n->opens++;
	n->refs++;
	pthread_mutex_unlock(&fs->table_lock);
	return before;
}

unsigned node_drop_open(struct fs *fs, struct node *n)
{
	unsigned left;

	pthread_mutex_lock(&fs->table_lock);
	left = --n->opens;
	n->refs--; /* the caller holds another reference */
	pthread_mutex_unlock(&fs->table_lock);
	return left;
}

void node_keep_ghost(struct fs *fs, struct node *n)
{
	pthread_mutex_lock(&fs->table_lock);
	if (!n->ghost) {
		n->ghost = true;
		n->refs++;
	}
	pthread_mutex_unlock(&fs->table_lock);
}

void node_forget(struct fs *fs, int64_t id)
{
	struct node *n;

	pthread_mutex_lock(&fs->table_lock);
	n = find(fs, id);
	if (n && n->ghost)
		n->ghost = false;
	else
		n = NULL;
	pthread_mutex_unlock(&fs->table_lock);
	if (n)
		node_purge_unused(fs, n);
	node_put(fs, n);
}

void node_purge_unused(struct fs *fs, struct node *n)
{
	bool is_used, has_row;

	pthread_mutex_lock(&fs->table_lock);
	is_used = n->opens > 0 || n->ghost;
	pthread_mutex_unlock(&fs->table_lock);
	pthread_mutex_lock(&n->lock);
	has_row = n->unlinked && n->in_db;
	pthread_mutex_unlock(&n->lock);
	if (!is_used && has_row)
		purge_later(fs, n->id);
}

bool node_in_use(struct fs *fs, int64_t id)
{
	struct node *n;
	bool used;

	pthread_mutex_lock(&fs->table_lock);
	n = find(fs, id);
	used = n && n->opens > 0;
	pthread_mutex_unlock(&fs->table_lock);
	return used;
}

int node_set_pending(struct fs *fs, struct node *n, int64_t parent, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	pthread_mutex_lock(&fs->table_lock);
	n->parent = parent;
	n->name = copy;
	n->next_pending = fs->pending;
	fs->pending = n;
	pthread_mutex_unlock(&fs->table_lock);
	return 0;
}

char *node_clear_pending(struct fs *fs, struct node *n)
{
	struct node **at;
	char *name;

	pthread_mutex_lock(&fs->table_lock);
	name = n->name;
	if (name) {
		for (at = &fs->pending; *at != n;)
			at = &(*at)->next_pending;
		*at = n->next_pending;
		n->name = NULL;
	}
	pthread_mutex_unlock(&fs->table_lock);
	return name;
}

struct node *node_find_pending(struct fs *fs, int64_t parent, const char *name)
{
	struct node *n;

	pthread_mutex_lock(&fs->table_lock);
	for (n = fs->pending; n; n = n->next_pending)
		if (n->parent == parent && strcmp(n->name, name) == 0)
			break;
	if (n)
		n->refs++;
	pthread_mutex_unlock(&fs->table_lock);
	return n;
}

bool node_is_pending_in(struct fs *fs, struct node *n, int64_t parent)
{
	bool is;

	pthread_mutex_lock(&fs->table_lock);
	is = n->name && n->parent == parent;
	pthread_mutex_unlock(&fs->table_lock);
	return is;
}

int node_each_pending(struct fs *fs, int64_t parent, node_fn *fn, void *arg)
{
	struct node *n;
	int r = 0;

	pthread_mutex_lock(&fs->table_lock);
	for (n = fs->pending; n && r == 0; n = n->next_pending)
		if (n->parent == parent)
			r = fn(arg, n);
	pthread_mutex_unlock(&fs->table_lock);
	return r;
}

static int stop_at_once(void *arg, struct node *n)
{
	(void)arg;
	(void)n;
	return 1;
}

bool node_has_pending(struct fs *fs, int64_t parent)
{
	return node_each_pending(fs, parent, stop_at_once, NULL) > 0;
}

struct node **node_all(struct fs *fs)
{
	struct node **all, *n;
	size_t i, count = 0;

	pthread_mutex_lock(&fs->table_lock);
	all = calloc(fs->n_nodes + 1, sizeof(struct node *));
	for (i = 0; i < NODE_BUCKETS && all; i++) {
		for (n = fs->buckets[i]; n; n = n->next_in_bucket) {
			n->refs++;
			all[count++] = n;
		}
	}
	pthread_mutex_unlock(&fs->table_lock);
	return all;
}

/* A name that is not stored yet has changed its directory already. */
static int show_in_directory(void *arg, struct node *n)
{
	struct inode *dir = arg;

	/* btime never changes once the node is pending: no need for its lock */
	if (n->inode.btime > dir->ctime)
		dir->mtime = dir->ctime = n->inode.btime;
	return 0;
}

bool node_overlay(struct fs *fs, struct inode *inode)
{
	struct node *n;
	bool newer;

	if (S_ISDIR(inode->mode))
		node_each_pending(fs, inode->id, show_in_directory, inode);
	if (!S_ISREG(inode->mode))
		return false;
	n = node_find(fs, inode->id);
	if (!n)
		return false;
	pthread_mutex_lock(&n->lock);
	newer = n->dirty;
	if (newer) {
		uint32_t nlink = inode->nlink;

		*inode = n->inode;
		if (n->in_db)
			inode->nlink = nlink;
	}
	pthread_mutex_unlock(&n->lock);
	node_put(fs, n);
	return newer;
}
