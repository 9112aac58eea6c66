/*
 * Listing directories. A position in a listing is the place of the name before it, which never becomes that
 * of another name: so nothing has to be remembered between two requests, the kernel need not open a directory,
 * and it may keep what it was told, and go on behind any name with or without what it kept.
 */
#include "ops_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OFF_DOT = 1,
	OFF_DOTDOT = 2
}; /* positions behind "." and ".."; the others lie behind them */

/* The kernel takes this as "never ask again", and keeps all listings until it is told to forget them. */
void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, ENOSYS);
}

/* A name that waits to be stored; its place is the number of its inode. */
struct waiting {
	struct inode inode; /* id 0: gone since we looked */
	int64_t place;
	char name[NAME_BYTES_MAX + 1];
};

/* One reply under construction. */
struct listing {
	fuse_req_t req;
	struct fs *fs;
	int64_t dir;
	off_t off; /* where it begins */
	bool plus;
	char *data; /* owned; size bytes */
	size_t size, len;
	struct waiting *waiting; /* owned; by place */
	size_t n_waiting, next_waiting;
	unsigned long long commits; /* when the database was read */
};

static int64_t place_of(off_t off)
{
	return off > OFF_DOTDOT ? off - OFF_DOTDOT : 0;
}

/*
 * Returns 0, or 1 when the reply is full. Attributes that may be older than what was committed since (not @sure)
 * must not reach the kernel: it would cut the pages of the file to the old length, and show zeros when it
 * learns the new one. Without a node number it takes none.
 */
static int add_entry(struct listing *l, const struct store_entry *e, bool sure)
{
	off_t next = e->place + OFF_DOTDOT;
	char *at = l->data + l->len;
	size_t room = l->size - l->len, need;

	if (l->plus) {
		struct fuse_entry_param entry = attr_entry(l->fs, e->name, &e->inode);

		if (!sure)
			entry.ino = 0;
		need = fuse_add_direntry_plus(l->req, at, room, e->name, &entry, next);
	} else {
		struct stat st = attr_stat(&e->inode);

		need = fuse_add_direntry(l->req, at, room, e->name, &st, next);
	}
	if (need > room)
		return 1;
	l->len += need;
	return 0;
}

/* Deliver the waiting names whose places come before @limit. */
static int add_waiting(struct listing *l, int64_t limit)
{
	int r = 0;

	while (r == 0 && l->next_waiting < l->n_waiting) {
		struct waiting *w = &l->waiting[l->next_waiting];

		if (w->place > limit)
			break;
		if (w->inode.id != 0 && w->place < limit) /* else it is stored since we looked */
			r = add_entry(
				l, &(struct store_entry){ w->name, w->place, w->inode }, true);
		if (r == 0)
			l->next_waiting++;
	}
	return r;
}

static int on_entry(void *arg, const struct store_entry *found)
{
	struct listing *l = arg;
	struct store_entry e = *found;
	bool sure;
	int r;

	r = add_waiting(l, e.place);
	if (r != 0)
		return r;
	sure = l->plus && node_overlay(l->fs, &e.inode);
	sure |= l->commits == atomic_load(&l->fs->commits);
	return add_entry(l, &e, sure);
}

/* What may change, or is a moment, is looked up by those who want to know more. */
static int on_view_entry(void *arg, const struct store_entry *e)
{
	return add_entry(arg, e, view_is_fixed(e->inode.id));
}

static int count_waiting(void *arg, struct node *n)
{
	struct listing *l = arg;

	l->n_waiting += n->id > place_of(l->off);
	return 0;
}

static int copy_waiting(void *arg, struct node *n)
{
	struct listing *l = arg;

	if (n->id > place_of(l->off) && l->next_waiting < l->n_waiting) {
		struct waiting *w = &l->waiting[l->next_waiting++];

		w->place = w->inode.id = n->id;
		snprintf(w->name, sizeof(w->name), "%s", n->name);
	}
	return 0;
}

static int by_place(const void *a, const void *b)
{
	int64_t x = ((const struct waiting *)a)->place, y = ((const struct waiting *)b)->place;

	return (x > y) - (x < y);
}

static int find_waiting(struct listing *l)
{
	size_t i;

	node_each_pending(l->fs, l->dir, count_waiting, l);
	if (l->n_waiting == 0)
		return 0;
	l->waiting = calloc(l->n_waiting, sizeof(*l->waiting));
	if (!l->waiting)
		return -ENOMEM;
	node_each_pending(l->fs, l->dir, copy_waiting, l);
	l->n_waiting = l->next_waiting; /* some may have been stored in between */
	l->next_waiting = 0;
	qsort(l->waiting, l->n_waiting, sizeof(*l->waiting), by_place);
	for (i = 0; i < l->n_waiting; i++)
		if (attr_get(l->fs, l->waiting[i].inode.id, &l->waiting[i].inode) < 0)
			l->waiting[i].inode.id = 0;
	return 0;
}

static int add_dots(struct listing *l)
{
	struct store_entry dot = { ".", OFF_DOT - OFF_DOTDOT, { .id = l->dir, .mode = S_IFDIR } };
	struct store_entry up = { "..", 0, { .id = STORE_ROOT, .mode = S_IFDIR } };
	int r = 0;

	if (l->off < OFF_DOT)
		r = add_entry(l, &dot, false);
	if (r != 0 || l->off >= OFF_DOTDOT)
		return r;
	if (view_is_view(l->dir))
		r = view_parent(&l->fs->views, l->dir, &up.inode.id);
	else
		r = store_parent(l->fs->store, l->dir, &up.inode.id);
	if (r < 0)
		up.inode.id = l->dir; /* removed while it is open */
	return add_entry(l, &up, false);
}

static int fill(struct listing *l)
{
	int r;

	r = add_dots(l);
	if (r != 0)
		return r;
	if (view_is_view(l->dir))
		return view_scan(&l->fs->views, l->dir, place_of(l->off), on_view_entry, l);
	r = find_waiting(l);
	l->commits = atomic_load(&l->fs->commits);
	if (r == 0)
		r = store_scan(l->fs->store, l->dir, place_of(l->off), on_entry, l);
	return r != 0 ? r : add_waiting(l, INT64_MAX);
}

static void read_dir(struct listing *l)
{
	int r = -ENOMEM;

	l->fs = req_fs(l->req);
	l->data = malloc(l->size);
	if (l->data)
		r = fill(l);
	if (r < 0 && l->len == 0)
		fuse_reply_err(l->req, -r);
	else
		fuse_reply_buf(l->req, l->data, l->len);
	free(l->data);
	free(l->waiting);
}

void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)fi;
	read_dir(&(struct listing){ .req = req, .dir = (int64_t)ino, .size = size, .off = off });
}

void op_readdirplus(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)fi;
	read_dir(&(struct listing){
		.req = req, .dir = (int64_t)ino, .size = size, .off = off, .plus = true });
}

/* A name that was closed, or never written: what is being written comes with its own close. */
static bool is_whole(struct node *n)
{
	bool whole;

	pthread_mutex_lock(&n->lock);
	whole = !n->written;
	pthread_mutex_unlock(&n->lock);
	return whole;
}

/* Names that wait to be stored are part of the directory. */
static int store_names(struct fs *fs, fuse_req_t req, int64_t dir)
{
	struct node **all = node_all(fs), **at;
	int r = all ? 0 : -ENOMEM;

	for (at = all; at && *at; at++) {
		if (r == 0 && node_is_pending_in(fs, *at, dir) && is_whole(*at))
			r = commit_node(fs, req, *at, COMMIT_CLOSE);
		node_put(fs, *at);
	}
	free(all);
	return r;
}

void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	int r;

	(void)datasync;
	(void)fi;
	r = store_names(fs, req, (int64_t)ino);
	if (r == 0)
		r = fs_change(fs, req, NULL, NULL, CHANGE_DURABLE);
	fuse_reply_err(req, -r);
}
