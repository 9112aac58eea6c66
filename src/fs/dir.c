/*
 * Listing directories. Entries come in the order of their names; a handle remembers the name at which each reply
 * ended, so that a listing goes on behind that name whatever happened to the directory meanwhile:
 * nothing that stays is lost or repeated, and nothing is copied into memory.
 */
#include "fs_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The place behind @count entries ("." and ".." are the first two) is behind the name @name. */
struct mark {
	off_t count;
	char *name; /* owned */
};

struct dir_handle {
	uint64_t id;
	struct dir_handle *next;
	pthread_mutex_t lock; /* guards the marks */
	struct mark *marks;   /* owned; rising */
	size_t n_marks, room;
};

static void handle_free(struct dir_handle *h)
{
	size_t i;

	for (i = 0; i < h->n_marks; i++)
		free(h->marks[i].name);
	free(h->marks);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static struct dir_handle *handle_find(struct fs *fs, uint64_t id)
{
	struct dir_handle *h;

	pthread_mutex_lock(&fs->dirs_lock);
	for (h = fs->dirs; h && h->id != id;)
		h = h->next;
	pthread_mutex_unlock(&fs->dirs_lock);
	return h;
}

void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct dir_handle *h = calloc(1, sizeof(*h));
	struct fs *fs = req_fs(req);

	if (!h) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	pthread_mutex_init(&h->lock, NULL);
	pthread_mutex_lock(&fs->dirs_lock);
	h->id = ++fs->next_dir;
	h->next = fs->dirs;
	fs->dirs = h;
	fi->fh = h->id;
	pthread_mutex_unlock(&fs->dirs_lock);
	if (!view_is_view((int64_t)ino))
		fi->cache_readdir = fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	struct dir_handle **at, *h = NULL;

	(void)ino;
	pthread_mutex_lock(&fs->dirs_lock);
	for (at = &fs->dirs; *at && (*at)->id != fi->fh;)
		at = &(*at)->next;
	if (*at) {
		h = *at;
		*at = h->next;
	}
	pthread_mutex_unlock(&fs->dirs_lock);
	if (h)
		handle_free(h);
	fuse_reply_err(req, 0);
}

static int add_mark(struct dir_handle *h, off_t count, const char *name)
{
	struct mark *marks;
	char *copy;

	if (h->n_marks > 0 && h->marks[h->n_marks - 1].count >= count)
		return 0;
	if (h->n_marks == h->room) {
		size_t room = h->room ? h->room * 2 : 8;

		marks = reallocarray(h->marks, room, sizeof(*marks));
		if (!marks)
			return -ENOMEM;
		h->marks = marks;
		h->room = room;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	h->marks[h->n_marks++] = (struct mark){ count, copy };
	return 0;
}

/* A name that waits to be stored. */
struct waiting {
	struct inode inode; /* id 0: gone since we looked */
	char name[NAME_BYTES_MAX + 1];
};

/* One reply under construction. */
struct listing {
	fuse_req_t req;
	struct fs *fs;
	struct dir_handle *handle;
	int64_t dir;
	bool plus;
	char *data; /* owned; size bytes */
	size_t size, len;
	off_t want;  /* entries before this one were delivered already */
	off_t count; /* entries passed so far */
	char after[NAME_BYTES_MAX + 1];
	struct waiting *waiting; /* owned; in order of names, behind after */
	size_t n_waiting, next_waiting;
};

/* Returns 0, or 1 when the reply is full. */
static int add_entry(struct listing *l, const char *name, const struct inode *inode)
{
	size_t room = l->size - l->len, need;

	if (l->count < l->want) {
		l->count++;
		snprintf(l->after, sizeof(l->after), "%s", name);
		return 0;
	}
	if (l->plus) {
		struct fuse_entry_param entry = attr_entry(inode);

		need = fuse_add_direntry_plus(l->req, l->data + l->len, room, name, &entry, l->count + 1);
	} else {
		struct stat st = attr_stat(inode);

		need = fuse_add_direntry(l->req, l->data + l->len, room, name, &st, l->count + 1);
	}
	if (need > room)
		return 1;
	l->len += need;
	l->count++;
	snprintf(l->after, sizeof(l->after), "%s", name);
	return 0;
}

/* Deliver the waiting names that come before @limit (NULL: all). */
static int add_waiting(struct listing *l, const char *limit)
{
	int r = 0;

	while (r == 0 && l->next_waiting < l->n_waiting) {
		struct waiting *w = &l->waiting[l->next_waiting];

		if (limit && strcmp(w->name, limit) > 0)
			break;
		if (w->inode.id == 0 || (limit && strcmp(w->name, limit) == 0)) {
			l->next_waiting++; /* stored since we looked: delivered as stored */
			continue;
		}
		r = add_entry(l, w->name, &w->inode);
		if (r == 0)
			l->next_waiting++;
	}
	return r;
}

static int on_entry(void *arg, const char *name, const struct inode *inode)
{
	struct listing *l = arg;
	struct inode now = *inode;
	int r = 0;

	if (l->n_waiting > 0)
		r = add_waiting(l, name);
	if (r != 0)
		return r;
	if (l->plus)
		node_overlay(l->fs, &now);
	return add_entry(l, name, &now);
}

static int count_waiting(void *arg, struct node *n)
{
	struct listing *l = arg;

	l->n_waiting += strcmp(n->name, l->after) > 0;
	return 0;
}

static int copy_waiting(void *arg, struct node *n)
{
	struct listing *l = arg;

	if (strcmp(n->name, l->after) > 0 && l->next_waiting < l->n_waiting) {
		struct waiting *w = &l->waiting[l->next_waiting++];

		w->inode.id = n->id;
		snprintf(w->name, sizeof(w->name), "%s", n->name);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct waiting *)a)->name, ((const struct waiting *)b)->name);
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
	qsort(l->waiting, l->n_waiting, sizeof(*l->waiting), by_name);
	for (i = 0; i < l->n_waiting; i++)
		if (attr_get(l->fs, l->waiting[i].inode.id, &l->waiting[i].inode) < 0)
			l->waiting[i].inode.id = 0;
	return 0;
}

static int add_dots(struct listing *l)
{
	struct inode dot = { .id = l->dir, .mode = S_IFDIR }, up = { .mode = S_IFDIR };
	int r = 0;

	up.id = STORE_ROOT;
	if (!view_is_view(l->dir) && store_parent(l->fs->store, l->dir, &up.id) < 0)
		up.id = l->dir; /* removed while it is open */
	r = add_entry(l, ".", &dot);
	if (r == 0)
		r = add_entry(l, "..", &up);
	l->after[0] = '\0';
	return r;
}

/* Go to where the last reply ended; with the handle locked. */
static void seek_mark(struct listing *l)
{
	struct dir_handle *h = l->handle;
	size_t i = h->n_marks;

	while (i > 0 && h->marks[i - 1].count > l->want)
		i--;
	if (i > 0) {
		l->count = h->marks[i - 1].count;
		snprintf(l->after, sizeof(l->after), "%s", h->marks[i - 1].name);
	}
}

static int fill(struct listing *l)
{
	int r = 0;

	seek_mark(l);
	if (l->count < 2)
		r = add_dots(l);
	if (r == 0 && !view_is_view(l->dir))
		r = find_waiting(l);
	if (r == 0) {
		char after[NAME_BYTES_MAX + 1];

		snprintf(after, sizeof(after), "%s", l->after);
		r = view_is_view(l->dir) ? view_list(&l->fs->views, l->dir, after, on_entry, l) :
					   store_list(l->fs->store, l->dir, after, on_entry, l);
	}
	if (r == 0)
		r = add_waiting(l, NULL);
	if (r < 0 && l->len == 0)
		return r;
	return l->count >= 2 ? add_mark(l->handle, l->count, l->after) : 0;
}

static void read_dir(fuse_req_t req, struct listing *l, off_t off)
{
	int r = -ENOMEM;

	l->req = req;
	l->fs = req_fs(req);
	l->want = off;
	if (!l->handle) {
		fuse_reply_err(req, EBADF);
		return;
	}
	l->data = malloc(l->size);
	pthread_mutex_lock(&l->handle->lock);
	if (off == 0) /* rewinddir: look again */
		while (l->handle->n_marks > 0)
			free(l->handle->marks[--l->handle->n_marks].name);
	if (l->data)
		r = fill(l);
	pthread_mutex_unlock(&l->handle->lock);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_buf(req, l->data, l->len);
	free(l->data);
	free(l->waiting);
}

void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct listing l = { .dir = (int64_t)ino, .size = size };

	l.handle = handle_find(req_fs(req), fi->fh);
	read_dir(req, &l, off);
}

void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct listing l = { .dir = (int64_t)ino, .size = size, .plus = true };

	l.handle = handle_find(req_fs(req), fi->fh);
	read_dir(req, &l, off);
}

void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	struct node **all, **at;
	int r = 0;

	(void)datasync;
	(void)fi;
	all = node_all(fs);
	for (at = all; at && *at; at++) {
		/* names that wait to be stored are part of the directory */
		if (r == 0 && (*at)->name && (*at)->parent == (int64_t)ino)
			r = commit_node(fs, req, *at, false);
		node_put(fs, *at);
	}
	free(all);
	if (r == 0)
		r = fs_change(fs, req, NULL, NULL, true);
	fuse_reply_err(req, -r);
}
