/* Operations on open files. */
#include "ops_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WHOLE_TEXT_KEPT = 512 * 1024 /* longer texts are kept in memory while they are being read */
};

/* What the kernel may do with a file that is opened. The handle is the thread that opened it. */
static void set_open_flags(fuse_req_t req, struct node *n, struct fuse_file_info *fi)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	fi->fh = handle_new(req_fs(req), ctx->pid);
	/*
	 * notify.c invalidates what others change. Who may read and write must ask for what he reads: else nobody would
	 * know whether he has seen the text that he replaces.
	 */
	fi->keep_cache = (fi->flags & O_ACCMODE) != O_RDWR;
	if ((fi->flags & O_ACCMODE) == O_RDONLY) {
		fi->noflush = 1;
	} else {
		handle_note_writer(n, fi->fh, ctx->uid);
		push_settle(req_fs(req), n->id);
	}
}

/* The name may have appeared behind the kernel's back, or be waiting to be stored. */
static int check_free(struct fs *fs, int64_t parent, const char *name)
{
	struct inode there;
	int r;

	r = check_name(parent, name);
	if (r < 0)
		return r;
	r = attr_lookup(fs, parent, name, &there);
	return r == 0 ? -EEXIST : r == -ENOENT ? 0 : r;
}

/* Make a file that exists in memory only, until it is written, synced, renamed or closed. */
static int create_pending(
	fuse_req_t req, int64_t parent, const char *name, mode_t mode, struct node **ret_node)
{
	struct fs *fs = req_fs(req);
	struct inode inode;
	struct node *n;
	int r;

	r = new_inode(fs, req, parent, S_IFREG | (mode & 07777), &inode);
	if (r == 0)
		r = store_new_inode_id(fs->store, &inode.id);
	if (r < 0)
		return r;
	n = node_get(fs, inode.id);
	if (!n)
		return -ENOMEM;
	n->inode = inode; /* nobody else knows the number yet */
	n->by.uid = fuse_req_ctx(req)->uid;
	n->in_db = false;
	n->dirty = n->loaded = true;
	pthread_mutex_lock(&n->lock);
	state_mark(fs, n, parent, name);
	pthread_mutex_unlock(&n->lock);
	r = node_set_pending(fs, n, parent, name);
	if (r < 0) {
		node_put(fs, n);
		return r;
	}
	*ret_node = n;
	return 0;
}

/* O_TRUNC. The kernel leaves it to us to take away the set-user-ID that a user's write must not keep. */
static int truncate_open(fuse_req_t req, struct node *n, struct inode *ret_inode)
{
	bool written;
	int r = 0;

	/* What another writer has not closed yet is a version, too, before it is cut. */
	pthread_mutex_lock(&n->lock);
	written = n->written;
	pthread_mutex_unlock(&n->lock);
	if (written)
		r = commit_node(req_fs(req), req, n, COMMIT_CLOSE);
	if (r < 0)
		return r;
	pthread_mutex_lock(&n->lock);
	r = text_clear(req_fs(req), n);
	if (r == 0) {
		if (fuse_req_ctx(req)->uid != 0 && (n->inode.mode & (S_ISUID | S_ISGID))) {
			n->inode.mode &=
				~(uint32_t)(n->inode.mode & S_IXGRP ? S_ISUID | S_ISGID : S_ISUID);
			n->set |= FUSE_SET_ATTR_MODE;
		}
		*ret_inode = n->inode;
	}
	pthread_mutex_unlock(&n->lock);
	return r;
}

/*
 * May @n be opened though it has lost its last name? That was when the kernel had found it already, or a descriptor holds it
 * (O_PATH). It is read as on a disk, but not written: the text would be lost with it.
 */
static bool may_open_again(struct node *n, int flags)
{
	bool is_ours;

	pthread_mutex_lock(&n->lock);
	is_ours = n->unlinked; /* and its row stays until the kernel forgets it */
	pthread_mutex_unlock(&n->lock);
	return is_ours && (flags & O_ACCMODE) == O_RDONLY;
}

static int open_node(
	fuse_req_t req, int64_t id, int flags, struct node **ret_node, struct inode *ret_inode)
{
	struct fs *fs = req_fs(req);
	struct node *n = node_get(fs, id);
	unsigned before;
	int r = 0;

	if (!n)
		return -ENOMEM;
	before = node_add_open(fs, n); /* before we look: a purge must see it */
	r = attr_get(fs, id, ret_inode);
	if (r == -ENOENT ||
		(r == 0 && ret_inode->nlink == 0 && before == 0 && !may_open_again(n, flags)))
		r = -ESTALE; /* the kernel looks the name up again, once */
	if (r == 0 && (flags & O_ACCMODE) != O_RDONLY) {
		pthread_mutex_lock(&n->lock);
		if (!n->by_known)
			n->by = (struct who){ .uid = fuse_req_ctx(req)->uid };
		pthread_mutex_unlock(&n->lock);
		if (flags & O_TRUNC)
			r = truncate_open(req, n, ret_inode);
	} else if (r == 0) {
		sight_open(fs, fuse_req_ctx(req)->pid, n, ret_inode->body);
	}
	if (r < 0) {
		node_drop_open(fs, n);
		node_put(fs, n);
		return r;
	}
	*ret_node = n;
	return 0;
}

void op_create(
	fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	struct fuse_entry_param entry;
	struct inode inode;
	struct node *n = NULL;
	int r;

	r = check_free(fs, (int64_t)parent, name);
	if (r == 0) {
		r = create_pending(req, (int64_t)parent, name, mode, &n);
		if (r == 0) {
			node_add_open(fs, n);
			inode = n->inode;
		}
	} else if (r == -EEXIST && !(fi->flags & O_EXCL)) {
		r = attr_lookup(fs, (int64_t)parent, name, &inode);
		if (r == 0)
			r = S_ISREG(inode.mode) ? open_node(req, inode.id, fi->flags, &n, &inode)
						: -ESTALE;
	}
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	set_open_flags(req, n, fi);
	entry = attr_entry(fs, name, &inode);
	fuse_reply_create(req, &entry, fi);
	node_put(fs, n);
}

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	struct node *n = NULL;
	struct inode inode;
	int r;

	if (fs->options->readonly) { /* the kernel does not ask again, neither to open nor to flush */
		fuse_reply_err(req, ENOSYS);
		return;
	}
	if (view_is_view((int64_t)ino)) {
		view_open(req, (int64_t)ino, fi);
		return;
	}
	r = open_node(req, (int64_t)ino, fi->flags, &n, &inode);
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	set_open_flags(req, n, fi);
	fuse_reply_open(req, fi);
	node_put(fs, n);
}

void slice_reply(struct slice *s, const char *data, size_t len)
{
	size_t from = s->offset < len ? s->offset : len;
	size_t n = len - from < s->size ? len - from : s->size;

	s->replied = true;
	fuse_reply_buf(s->req, n ? data + from : NULL, n);
}

static int on_text(void *arg, const char *data, size_t len)
{
	struct slice *s = arg;

	if (len > WHOLE_TEXT_KEPT && s->is_open)
		return 0;
	slice_reply(s, data, len);
	return 0;
}

/* From memory, when the text is there or long. Returns 1 when it replied, 0 when not. */
static int read_node(struct fs *fs, int64_t id, struct slice *s, bool load)
{
	struct node *n = node_find(fs, id);
	int r = 0;

	s->is_open = n != NULL;
	if (!n)
		return 0;
	pthread_mutex_lock(&n->lock);
	if (n->dirty || n->loaded || load) {
		r = text_load(fs, n);
		if (r == 0) {
			slice_reply(s, n->text.data, n->text.len);
			r = 1;
		}
	}
	pthread_mutex_unlock(&n->lock);
	node_put(fs, n);
	return r;
}

/* Who may write, too, has not seen what he opened before he asks for it. */
static void note_read(fuse_req_t req, int64_t id)
{
	struct fs *fs = req_fs(req);
	struct node *n = node_find(fs, id);
	struct inode inode;

	if (n && store_get(fs->store, id, &inode) == 0)
		sight_open(fs, fuse_req_ctx(req)->pid, n, inode.body);
	node_put(fs, n);
}

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct slice s = { .req = req, .offset = (size_t)off, .size = size };
	struct fs *fs = req_fs(req);
	int r;

	if (view_is_view((int64_t)ino)) {
		r = view_reply(req, attr_id(ino), fi, &s);
	} else {
		if (off == 0)
			push_beside(fs, (int64_t)ino);
		if ((fi->flags & O_ACCMODE) == O_RDWR && off == 0)
			note_read(req, (int64_t)ino);
		r = read_node(fs, (int64_t)ino, &s, false);
		if (r == 0)
			r = store_with_text(fs->store, (int64_t)ino, on_text, &s);
		if (r == 0 && !s.replied)
			r = read_node(fs, (int64_t)ino, &s, true);
		if (r == 0 && !s.replied)
			r = -EBADF; /* not open: the kernel does not do this */
	}
	if (!s.replied)
		fuse_reply_err(req, r == -ENOENT ? ESTALE : -r);
}

/* The bytes of a write request in one piece. Returns 0 and *ret_data (in @copy when it had to be copied). */
static int gather(struct fuse_bufvec *in, struct buf *copy, const char **ret_data)
{
	struct fuse_bufvec out = FUSE_BUFVEC_INIT(fuse_buf_size(in));
	ssize_t n;
	int r;

	if (in->count == 1 && !(in->buf[0].flags & FUSE_BUF_IS_FD)) {
		*ret_data = (const char *)in->buf[0].mem + in->off;
		return 0;
	}
	r = buf_resize(copy, out.buf[0].size);
	if (r < 0)
		return r;
	out.buf[0].mem = copy->data;
	n = fuse_buf_copy(&out, in, 0);
	if (n < 0)
		return (int)n;
	*ret_data = copy->data;
	return (size_t)n == copy->len ? 0 : -EIO;
}

/*
 * The kernel appends at the size that it remembers, which is wrong after another program changed the
 * text; then it has put the page in the wrong place, too. With n->lock held.
 */
static int find_end(struct fs *fs, struct node *n, off_t *off)
{
	int r;

	r = text_load(fs, n);
	if (r < 0 || *off == (off_t)n->text.len)
		return r;
	*off = (off_t)n->text.len;
	notify_invalid(fs, n->id, 0, NULL);
	return 0;
}

/*
 * What was cut to be written anew and could not be written keeps its old text, unless somebody writes on.
 * With n->lock held.
 */
static void write_failed(struct node *n)
{
	if (n->dirty && !n->written && n->in_db)
		n->refused = n->change;
}

void op_write_buf(fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *in, off_t off,
	struct fuse_file_info *fi)
{
	CLEANUP(buf_done) struct buf copy = { 0 };
	struct fs *fs = req_fs(req);
	size_t len = fuse_buf_size(in);
	const char *data = NULL;
	struct node *n;
	int r;

	r = gather(in, &copy, &data);
	n = handle_node(fs, (int64_t)ino, fi->fh);
	if (r == 0 && n && handle_is_lost(fs, n->id, fi->fh, false))
		r = -EIO;
	if (r == 0 && n)
		who_changes(fs, req, n, fi);
	if (n) {
		pthread_mutex_lock(&n->lock);
		if (r == 0 && (fi->flags & O_APPEND) && !fi->writepage)
			r = find_end(fs, n, &off);
		if (r == 0)
			r = text_write(fs, n, off, data, len);
		if (r < 0)
			write_failed(n);
		pthread_mutex_unlock(&n->lock);
	} else if (r == 0) {
		r = -EBADF;
	}
	node_put(fs, n);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_write(req, len);
}

/* Is this close() by the process that opened the file, and not by a child that got a copy? */
static bool is_opener(fuse_req_t req, const struct fuse_file_info *fi)
{
	pid_t closer = fuse_req_ctx(req)->pid, opener = handle_opener(fi->fh);
	char path[64];

	if (closer == opener || closer == 0)
		return true;
	snprintf(path, sizeof(path), "/proc/%d", opener);
	if (access(path, F_OK) < 0)
		return true; /* it has gone, and whoever has its files stands for it */
	snprintf(
		path, sizeof(path), "/proc/%d/task/%d", closer, opener); /* another thread of it? */
	return access(path, F_OK) == 0;
}

/*
 * Each close() of a descriptor flushes, also that of a copy: the shell's "> file" closes one before
 * the first write. So a file that was only created or truncated waits for a write or for the last
 * close. In "{ a; b; } > file" each program closes its copy: what it wrote is stored, and made a
 * version when the shell closes the file.
 */
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	struct node *n = handle_node(fs, (int64_t)ino, fi->fh);
	bool written = false, unnamed = false;
	int r = fs->options->readonly ? -ENOSYS : 0;

	if (handle_is_lost(fs, (int64_t)ino, fi->fh, true))
		r = -EIO;
	if (n) {
		pthread_mutex_lock(&n->lock);
		written = n->written || n->part;
		unnamed = n->dirty && !n->by_known;
		pthread_mutex_unlock(&n->lock);
	}
	if (unnamed) /* the last chance: the kernel does not say who closed it for good */
		who_changes(fs, req, n, fi);
	if (r == 0 && written)
		r = commit_node(fs, req, n, is_opener(req, fi) ? COMMIT_CLOSE : COMMIT_PART);
	node_put(fs, n);
	fuse_reply_err(req, -r);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	struct node *n = handle_node(fs, (int64_t)ino, fi->fh);
	int r;

	(void)datasync;
	if (handle_is_lost(fs, (int64_t)ino, fi->fh, true))
		r = -EIO;
	else if (n)
		r = commit_node(fs, req, n, COMMIT_FSYNC);
	else
		r = fs_change(fs, req, NULL, NULL, CHANGE_DURABLE);
	node_put(fs, n);
	fuse_reply_err(req, -r);
}

/* The last handle is gone: nothing may stay in memory only. What close() refused stays refused. */
static void last_close(struct fs *fs, fuse_req_t req, struct node *n)
{
	bool dirty;

	do {
		commit_give_up(fs, n);
		pthread_mutex_lock(&n->lock);
		/* again, when it was changed meanwhile */
		dirty = n->unlinked ? n->place && n->written : n->dirty || n->part || n->unkept;
		dirty = dirty && n->refused != n->change && !node_in_use(fs, n->id);
		pthread_mutex_unlock(&n->lock);
		if (dirty && commit_node(fs, req, n, COMMIT_LAST) < 0)
			log_dbg("file %lld is given up", (long long)n->id);
	} while (dirty);
	node_purge_unused(fs, n);
}

void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	struct node *n = NULL;

	if (view_is_view((int64_t)ino))
		view_release(fs, fi->fh);
	else
		n = node_find(fs, (int64_t)ino);
	if (n && !handle_close(fs, n, fi->fh))
		log_dbg("file %lld was opened by the last daemon", (long long)n->id);
	else if (n && node_drop_open(fs, n) == 0)
		last_close(fs, req, n);
	else if (n)
		commit_give_up(fs, n); /* others read it: they must not see what was refused */
	node_put(fs, n);
	fuse_reply_err(req, 0);
}
