/* fallocate(2). Space is found when a text is stored; what counts here is the length and the zeros. */
#include "ops_priv.h"

#include <errno.h>
#include <linux/falloc.h>

/* Zero what is there of [off, off + len). */
static int punch(struct fs *fs, struct node *n, off_t off, off_t len)
{
	CLEANUP(buf_done) struct buf zeros = { 0 };
	int64_t size;
	int r;

	r = text_load(fs, n);
	if (r < 0)
		return r;
	size = (int64_t)n->text.len;
	if (off >= size)
		return 0;
	if (len > size - off)
		len = size - off;
	r = buf_resize(&zeros, (size_t)len);
	return r < 0 ? r : text_write(fs, n, off, zeros.data, zeros.len);
}

static int allocate(struct fs *fs, struct node *n, int mode, off_t off, off_t len)
{
	int64_t end;
	int r;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (off > fs->options->max_file_size - len)
		return -EFBIG;
	if (mode == FALLOC_FL_KEEP_SIZE)
		return 0; /* space is found when the text is stored */
	if (mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		return punch(fs, n, off, len);
	if (mode != 0)
		return -EOPNOTSUPP;
	end = off + len;
	r = text_load(fs, n);
	if (r < 0 || end <= (int64_t)n->text.len)
		return r;
	return text_resize(fs, n, end);
}

void op_fallocate(
	fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len, struct fuse_file_info *fi)
{
	struct fs *fs = req_fs(req);
	struct node *n = handle_node(fs, (int64_t)ino, fi->fh);
	int r = -EBADF;

	if (n && handle_is_lost(fs, n->id, fi->fh, false)) {
		r = -EIO;
	} else if (n) {
		who_changes(fs, req, n, fi);
		pthread_mutex_lock(&n->lock);
		r = allocate(fs, n, mode, off, len);
		pthread_mutex_unlock(&n->lock);
	}
	node_put(fs, n);
	fuse_reply_err(req, -r);
}
