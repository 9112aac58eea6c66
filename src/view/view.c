/* The table of views and the directory .planfs; see planfs/view.h. */
#include "view_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	view_render_fn *render;
} views[] = {
	{ "README.txt", readme_render },
	{ "status.json", status_render },
};

static struct inode view_inode(size_t i)
{
	int64_t now = store_now();

	return (struct inode){ .id = VIEW_ROOT + 1 + (int64_t)i,
		.mode = S_IFREG | 0444,
		.uid = getuid(),
		.gid = getgid(),
		.nlink = 1,
		.atime = now,
		.mtime = now,
		.ctime = now,
		.btime = now };
}

int view_get(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct inode inode;
	size_t i;
	int r;

	if (id == VIEW_ROOT) {
		inode = view_inode(0);
		inode.id = VIEW_ROOT;
		inode.mode = S_IFDIR | 0555;
		inode.nlink = 2;
		*ret_inode = inode;
		return 0;
	}
	i = (size_t)(id - VIEW_ROOT - 1);
	if (i >= ARRAY_LEN(views))
		return -ENOENT;
	r = views[i].render(v, &text);
	if (r < 0)
		return r;
	inode = view_inode(i);
	inode.size = (int64_t)text.len;
	*ret_inode = inode;
	return 0;
}

int view_lookup(
	const struct view_source *v, int64_t parent, const char *name, struct inode *ret_inode)
{
	size_t i;

	if (parent != VIEW_ROOT)
		return -ENOENT;
	for (i = 0; i < ARRAY_LEN(views); i++)
		if (strcmp(views[i].name, name) == 0)
			return view_get(v, VIEW_ROOT + 1 + (int64_t)i, ret_inode);
	return -ENOENT;
}

int view_scan(
	const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	size_t i;
	int r = 0;

	(void)v;
	if (parent != VIEW_ROOT)
		return -ENOENT;
	for (i = (size_t)after; i < ARRAY_LEN(views) && r == 0; i++)
		r = fn(arg, &(struct store_entry){ views[i].name, (int64_t)i + 1, view_inode(i) });
	return r;
}

int view_read(const struct view_source *v, int64_t id, struct buf *ret_text)
{
	size_t i = (size_t)(id - VIEW_ROOT - 1);

	if (id == VIEW_ROOT)
		return -EISDIR;
	return i < ARRAY_LEN(views) ? views[i].render(v, ret_text) : -ENOENT;
}
