/*
 * Views that are open: what a handle shows is what was there when it was opened, however many reads it takes. What is
 * fixed is read when the kernel asks for it, and kept by the kernel as the text of a file is.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

struct open_view {
	uint64_t handle;
	struct buf text;
	struct open_view *next;
};

/* With views_lock held: where @handle stands, or the end. */
static struct open_view **find(struct fs *fs, uint64_t handle)
{
	struct open_view **at = &fs->open_views;

	while (*at && (*at)->handle != handle)
		at = &(*at)->next;
	return at;
}

static int keep(struct fs *fs, uint64_t handle, struct buf *text)
{
	struct open_view *v = calloc(1, sizeof(*v));
	bool there;

	if (!v)
		return -ENOMEM;
	v->handle = handle;
	v->text = buf_steal(text);
	pthread_mutex_lock(&fs->views_lock);
	there = *find(fs, handle) != NULL; /* two pieces were asked for at the same time */
	if (!there) {
		v->next = fs->open_views;
		fs->open_views = v;
	}
	pthread_mutex_unlock(&fs->views_lock);
	if (there) {
		buf_done(&v->text);
		free(v);
	}
	return 0;
}

void view_open(fuse_req_t req, int64_t id, struct fuse_file_info *fi)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct fs *fs = req_fs(req);
	bool fixed = view_is_fixed(id);
	int r = 0;

	/* the kernel takes O_TRUNC for done when we let it pass */
	if ((fi->flags & O_ACCMODE) != O_RDONLY || (fi->flags & O_TRUNC))
		r = -EROFS;
	if (r == 0 && !fixed)
		r = view_read(&fs->views, id, &text);
	fi->fh = handle_new(fs, fuse_req_ctx(req)->pid);
	fi->direct_io = !fixed; /* its length changes */
	fi->keep_cache = fixed;
	fi->noflush = 1;
	if (r == 0 && !fixed)
		r = keep(fs, fi->fh, &text);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_open(req, fi);
}

/*
 * Nothing is opened on a read-only mount, and what the last daemon opened shows what there is now. A fixed text that
 * is not asked for at once is kept, so that a long one is not read from the database once for each piece.
 */
int view_reply(fuse_req_t req, int64_t id, const struct fuse_file_info *fi, struct slice *s)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct fs *fs = req_fs(req);
	struct open_view *v;
	int r;

	pthread_mutex_lock(&fs->views_lock);
	v = *find(fs, fi->fh);
	if (v)
		slice_reply(s, v->text.data, v->text.len);
	pthread_mutex_unlock(&fs->views_lock);
	if (v)
		return 0;
	r = view_read(&fs->views, id, &text);
	if (r < 0)
		return r;
	slice_reply(s, text.data, text.len);
	if (!fs->options->readonly && s->offset + s->size < text.len && keep(fs, fi->fh, &text) < 0)
		log_dbg("a view is read again for its next piece");
	return 0;
}

void view_release(struct fs *fs, uint64_t handle)
{
	struct open_view **at, *v;

	pthread_mutex_lock(&fs->views_lock);
	at = find(fs, handle);
	v = *at;
	if (v)
		*at = v->next;
	pthread_mutex_unlock(&fs->views_lock);
	if (v)
		buf_done(&v->text);
	free(v);
}
