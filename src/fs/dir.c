/*
 * Listing directories. Entries come in the order of their names. A handle remembers the names that it
 * delivered, so that every place in the listing (telldir) is "behind this name" whatever happened to the
 * directory meanwhile: nothing that stays is lost or repeated.
 */
#include "fs_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dir_handle {
	uint64_t id;
	struct dir_handle *next;
	pthread_mutex_t lock; /* guards the names */
	struct buf names; /* of all entries delivered, each with its NUL; "." and ".." come first */
	size_t *starts;   /* owned; where entry i begins in names */
	size_t n_entries, room;
};

static void handle_free(struct dir_handle *h)
{
	buf_done(&h->names);
	free(h->starts);
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
	(void)ino;
	pthread_mutex_init(&h->lock, NULL);
	pthread_mutex_lock(&fs->dirs_lock);
	h->id = ++fs->next_dir;
	h->next = fs->dirs;
	fs->dirs = h;
	fi->fh = h->id;
	pthread_mutex_unlock(&fs->dirs_lock);
	/*
	 * No cache_readdir: when a foreign change drops the cached pages, the kernel goes on with a handle that
	 * has not delivered the entries before, and a place in the listing means nothing to it.
	 */
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

static int remember(struct dir_handle *h, const char *name)
{
	size_t start = h->names.len;

	if (h->n_entries == h->room) {
		size_t room = h->room ? h->room * 2 : 64;
		size_t *starts = reallocarray(h->starts, room, sizeof(*starts));

		if (!starts)
			return -ENOMEM;
		h->starts = starts;
		h->room = room;
	}
	if (buf_add(&h->names, name, strlen(name) + 1) < 0)
		return -ENOMEM;
	h->starts[h->n_entries++] = start;
	return 0;
}

/* Forget all but the first @n entries: the listing goes on from there. */
static void forget_from(struct dir_handle *h, size_t n)
{
	if (n >= h->n_entries)
		return;
	h->names.len = h->starts[n];
	h->n_entries = n;
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
	bool keep;                  /* the kernel may keep the attributes */
	unsigned long long commits; /* when the reply was begun */
	char *data;                 /* owned; size bytes */
	size_t size, len;
	char after[NAME_BYTES_MAX + 1]; /* the name where this reply begins */
	struct waiting *waiting;        /* owned; in order of names, behind after */
	size_t n_waiting, next_waiting;
};

/* Returns 0, or 1 when the reply is full. */
static int add_entry(struct listing *l, const char *name, const struct inode *inode)
{
	size_t room = l->size - l->len, need;
	off_t next = (off_t)l->handle->n_entries + 1;

	if (l->plus) {
		struct fuse_entry_param entry = attr_entry(inode);

		if (!l->keep) /* what we read may be older than what was committed since: see attr_get() */
			entry.attr_timeout = 0.0;
		need = fuse_add_direntry_plus(l->req, l->data + l->len, room, name, &entry, next);
	} else {
		struct stat st = attr_stat(inode);

		need = fuse_add_direntry(l->req, l->data + l->len, room, name, &st, next);
	}
	if (need > room)
		return 1;
	if (remember(l->handle, name) < 0)
		return -ENOMEM;
	l->len += need;
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
	l->keep = l->commits == atomic_load(&l->fs->commits);
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
	if (l->handle->n_entries == 0)
		r = add_entry(l, ".", &dot);
	if (r == 0 && l->handle->n_entries == 1)
		r = add_entry(l, "..", &up);
	return r;
}

static int fill(struct listing *l)
{
	struct dir_handle *h = l->handle;
	int r;

	if (h->n_entries > 2)
		snprintf(l->after, sizeof(l->after), "%s",
			h->names.data + h->starts[h->n_entries - 1]);
	r = add_dots(l);
	if (r == 0 && !view_is_view(l->dir))
		r = find_waiting(l);
	if (r == 0)
		r = view_is_view(l->dir) ? view_list(&l->fs->views, l->dir, l->after, on_entry, l)
					 : store_list(l->fs->store, l->dir, l->after, on_entry, l);
	if (r == 0)
		r = add_waiting(l, NULL);
	return r < 0 && l->len == 0 ? r : 0;
}

static void read_dir(fuse_req_t req, struct listing *l, off_t off)
{
	int r = -ENOMEM;

	l->req = req;
	l->fs = req_fs(req);
	l->commits = atomic_load(&l->fs->commits);
	if (!l->handle) {
		fuse_reply_err(req, EBADF);
		return;
	}
	l->data = malloc(l->size);
	pthread_mutex_lock(&l->handle->lock);
	forget_from(l->handle, (size_t)off);
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

void op_readdirplus(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct listing l = { .dir = (int64_t)ino, .size = size, .plus = true };

	l.handle = handle_find(req_fs(req), fi->fh);
	read_dir(req, &l, off);
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
