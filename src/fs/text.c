/* The text of an open file in memory: whole, because a commit stores it whole. */
#include "fs_priv.h"

#include <errno.h>

/* Take the attributes from the database when the node becomes dirty. */
static int begin_change(struct fs *fs, struct node *n)
{
	int r;

	if (n->dirty)
		return 0;
	r = store_get(fs->store, n->id, &n->inode);
	if (r == 0 && !n->part)
		n->anew = 0;
	return r == -ENOENT ? -ESTALE : r;
}

static void changed(struct fs *fs, struct node *n)
{
	if (!n->mark)
		state_mark(fs, n, 0, "");
	n->dirty = true;
	n->change++;
	n->inode.mtime = n->inode.ctime = store_now();
	n->inode.size = (int64_t)n->text.len;
}

int text_load(struct fs *fs, struct node *n)
{
	struct inode inode;
	int r;

	if (n->dirty)
		return 0; /* a dirty text is always loaded */
	r = store_get(fs->store, n->id, &inode);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r;
	if (n->loaded && n->base == inode.body)
		return 0;
	n->loaded = false;
	r = store_read_body(fs->store, inode.body, &n->text);
	if (r < 0)
		return r == -ENOENT ? -EIO : r;
	n->loaded = true;
	n->base = inode.body;
	return 0;
}

int text_write(struct fs *fs, struct node *n, int64_t offset, const char *data, size_t len)
{
	int r;

	if (offset < 0 || offset > fs->options->max_file_size - (int64_t)len)
		return -EFBIG;
	r = text_load(fs, n);
	if (r == 0)
		r = begin_change(fs, n);
	if (r == 0)
		r = buf_write(&n->text, (size_t)offset, data, len);
	if (r < 0)
		return r;
	if ((size_t)offset <= n->anew && (size_t)offset + len > n->anew)
		n->anew = (size_t)offset + len;
	n->written = true;
	changed(fs, n);
	return 0;
}

int text_resize(struct fs *fs, struct node *n, int64_t size)
{
	int r;

	if (size < 0)
		return -EINVAL;
	if (size == 0) {
		r = text_clear(fs, n);
		if (r == 0)
			n->written = true;
		return r;
	}
	if (size > fs->options->max_file_size)
		return -EFBIG;
	r = text_load(fs, n);
	if (r == 0)
		r = begin_change(fs, n);
	if (r == 0)
		r = buf_resize(&n->text, (size_t)size);
	if (r < 0)
		return r;
	n->written = true;
	changed(fs, n);
	return 0;
}

int text_clear(struct fs *fs, struct node *n)
{
	int r;

	r = begin_change(fs, n);
	if (r < 0)
		return r;
	if (!n->dirty)
		n->base = n->inode.body;
	buf_done(&n->text);
	n->anew = 0;
	n->loaded = true;
	n->written = false; /* a write, or the last close, makes it worth a commit */
	changed(fs, n);
	return 0;
}
