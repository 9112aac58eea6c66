/* Operations that change names: mkdir, mknod, symlink, link, unlink, rmdir. */
#include "ops_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* .planfs is ours, and nothing of it can be changed. */
int check_name(int64_t parent, const char *name)
{
	if (view_is_view(parent))
		return -EROFS;
	if (parent == STORE_ROOT && strcmp(name, NAME_VIEWS) == 0)
		return -EPERM;
	return strlen(name) > NAME_BYTES_MAX ? -ENAMETOOLONG : 0;
}

int new_inode(struct fs *fs, fuse_req_t req, int64_t parent, mode_t mode, struct inode *ret_inode)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	int64_t now = store_now();
	struct inode dir;
	int r;

	r = store_get(fs->store, parent, &dir);
	if (r < 0)
		return r;
	if (dir.nlink == 0)
		return -ENOENT;
	*ret_inode = (struct inode){ .mode = mode,
		.uid = ctx->uid,
		.gid = ctx->gid,
		.nlink = 1,
		.atime = now,
		.mtime = now,
		.ctime = now,
		.btime = now };
	if (dir.mode & S_ISGID) {
		ret_inode->gid = dir.gid;
		if (S_ISDIR(mode))
			ret_inode->mode |= S_ISGID;
	}
	return 0;
}

struct create {
	int64_t parent;
	const char *name;
	struct inode inode;
	struct text text;
};

static int apply_create(struct txn *t, void *arg)
{
	struct create *c = arg;
	struct inode inode = c->inode;
	int r;

	r = txn_create(t, c->parent, c->name, &inode, &c->text);
	if (r == 0)
		c->inode = inode;
	return r;
}

static void reply_made(fuse_req_t req, const struct create *c, int r)
{
	struct fuse_entry_param entry;

	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	entry = attr_entry(req_fs(req), c->name, &c->inode);
	fuse_reply_entry(req, &entry);
}

static void make(fuse_req_t req, struct create *c, mode_t mode, dev_t rdev)
{
	struct fs *fs = req_fs(req);
	struct node *waiting;
	int r;

	r = fs_was_done(fs);
	if (r > 0) {
		r = attr_lookup(fs, c->parent, c->name, &c->inode);
		reply_made(req, c, r);
		return;
	}
	if (r == 0)
		r = check_name(c->parent, c->name);
	waiting = node_find_pending(fs, c->parent, c->name);
	if (r == 0 && waiting)
		r = -EEXIST;
	node_put(fs, waiting);
	if (r == 0)
		r = new_inode(fs, req, c->parent, mode, &c->inode);
	if (r == 0) {
		c->inode.rdev = rdev;
		r = store_new_inode_id(fs->store, &c->inode.id);
	}
	if (r == 0)
		r = fs_change(fs, req, apply_create, c, CHANGE_PLAIN);
	reply_made(req, c, r);
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct create c = { .parent = (int64_t)parent, .name = name };

	make(req, &c, S_IFDIR | (mode & 07777), 0);
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct create c = { .parent = (int64_t)parent, .name = name };

	make(req, &c, mode, rdev);
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct create c = {
		.parent = (int64_t)parent, .name = name, .text = { target, strlen(target) }
	};

	make(req, &c, S_IFLNK | 0777, 0);
}

void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	CLEANUP(buf_done) struct buf target = { 0 };
	struct fs *fs = req_fs(req);
	int r;

	if (view_is_view((int64_t)ino))
		r = view_readlink(&fs->views, (int64_t)ino, &target);
	else
		r = store_readlink(fs->store, (int64_t)ino, &target);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_readlink(req, buf_str(&target));
}

struct link {
	int64_t id, parent;
	const char *name;
	struct inode inode; /* out */
};

static int apply_link(struct txn *t, void *arg)
{
	struct link *l = arg;

	return txn_link(t, l->id, l->parent, l->name, &l->inode);
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	struct link l = { .id = (int64_t)ino, .parent = (int64_t)parent, .name = name };
	struct fs *fs = req_fs(req);
	struct fuse_entry_param entry;
	struct inode now;
	bool done;
	int r;

	r = fs_was_done(fs);
	done = r > 0;
	if (r == 0)
		r = view_is_view(l.id) ? -EXDEV : check_name(l.parent, name);
	if (r == 0)
		r = store_pending(fs, req, l.id);
	if (r == 0)
		r = fs_change(fs, req, apply_link, &l, CHANGE_PLAIN);
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	r = attr_get(fs, l.id, &now); /* it may be being written */
	if (r < 0 && done) {
		fuse_reply_err(req, -r);
		return;
	}
	if (r == 0) {
		entry = attr_entry(fs, name, &now);
	} else {
		entry = attr_entry(fs, name, &l.inode);
		entry.attr_timeout = 0.0; /* the link is made, but this is not to be kept */
	}
	fuse_reply_entry(req, &entry);
}

struct removal {
	int64_t parent;
	const char *name;
	bool dir;
	struct inode inode; /* out */
};

static int apply_removal(struct txn *t, void *arg)
{
	struct removal *m = arg;

	return m->dir ? txn_rmdir(t, m->parent, m->name, &m->inode)
		      : txn_unlink(t, m->parent, m->name, &m->inode);
}

void mark_unlinked(struct fs *fs, struct node *n, const struct inode *gone)
{
	pthread_mutex_lock(&n->lock);
	if (!n->dirty && gone)
		n->inode = *gone;
	n->unlinked = true;
	n->inode.nlink = 0;
	pthread_mutex_unlock(&n->lock);
	node_keep_ghost(fs, n);
}

void after_removal(struct fs *fs, const struct inode *gone)
{
	struct node *n;

	if (gone->id == 0 || gone->nlink > 0)
		return;
	n = node_get(fs, gone->id);
	if (n)
		mark_unlinked(fs, n, gone);
	else
		log_dbg("no memory: inode %lld is purged by the next mount", (long long)gone->id);
	node_put(fs, n);
}

static int apply_touch(struct txn *t, void *arg)
{
	const struct removal *m = arg;

	return txn_touch_dir(t, m->parent, m->name);
}

/* Remove a name that was created but never stored. Returns 1 when that was done, 0 if it is stored. */
static int unlink_pending(struct fs *fs, fuse_req_t req, int64_t parent, const char *name)
{
	struct node *n = node_find_pending(fs, parent, name);
	struct removal m = { .parent = parent, .name = name };
	int r = 0;

	if (!n)
		return 0;
	loop_lock(&n->commit_lock);
	if (n->name) { /* changes only with commit_lock held */
		r = fs_change(fs, req, apply_touch, &m, CHANGE_REMOVE);
		if (r == 0) {
			mark_unlinked(fs, n, NULL);
			free(node_clear_pending(fs, n));
			r = 1;
		}
	}
	pthread_mutex_unlock(&n->commit_lock);
	node_put(fs, n);
	return r;
}

/* With what is open under the name locked: no commit may come between the removal and its mark. */
static int remove_stored(struct fs *fs, fuse_req_t req, struct removal *m)
{
	struct node *n = NULL;
	struct inode inode;
	int r;

	r = attr_lookup(fs, m->parent, m->name, &inode);
	if (r < 0)
		return r;
	if (m->dir && node_has_pending(fs, inode.id))
		return -ENOTEMPTY;
	n = node_find(fs, inode.id);
	if (n)
		loop_lock(&n->commit_lock);
	r = fs_change(fs, req, apply_removal, m, CHANGE_REMOVE);
	if (r == 0)
		after_removal(fs, &m->inode);
	if (n)
		pthread_mutex_unlock(&n->commit_lock);
	node_put(fs, n);
	return r;
}

static int remove_name(struct fs *fs, fuse_req_t req, struct removal *m)
{
	int r;

	r = fs_was_done(fs);
	if (r == 0)
		r = check_name(m->parent, m->name);
	if (r == 0 && !m->dir)
		r = unlink_pending(fs, req, m->parent, m->name);
	if (r != 0)
		return r < 0 ? r : 0;
	r = remove_stored(fs, req, m);
	/* a name that died with the last daemon is gone, as it was to be */
	return r == -ENOENT && state_has_lost_name(fs, m->parent, m->name) ? 0 : r;
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct removal m = { .parent = (int64_t)parent, .name = name };

	fuse_reply_err(req, -remove_name(req_fs(req), req, &m));
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct removal m = { .parent = (int64_t)parent, .name = name, .dir = true };

	fuse_reply_err(req, -remove_name(req_fs(req), req, &m));
}
