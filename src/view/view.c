/* The table of the families of views; see planfs/view.h. */
#include "view_priv.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct view_ops *const families[VIEW_FAMILIES] = {
	[VIEW_TOP] = &view_top,
	[VIEW_AT] = &view_at,
	[VIEW_GMT] = &view_gmt,
	[VIEW_HISTORY] = &view_history,
	[VIEW_CONFLICTS] = &view_conflicts,
	[VIEW_SEARCH] = &view_search,
};

const struct view_ops *view_family_ops(size_t family)
{
	return family < ARRAY_LEN(families) ? families[family] : NULL;
}

static const struct view_ops *ops_of(int64_t id)
{
	return view_family_ops((size_t)(id >> VIEW_FAMILY_SHIFT & 15));
}

struct inode view_make_inode(int64_t id, uint32_t mode, int64_t size)
{
	int64_t now = store_now();

	return (struct inode){ .id = id,
		.mode = mode,
		.uid = getuid(),
		.gid = getgid(),
		.nlink = 1, /* of a directory: nobody counts what is below */
		.size = size,
		.atime = now,
		.mtime = now,
		.ctime = now,
		.btime = now };
}

bool view_is_fixed(int64_t id)
{
	const struct view_ops *ops = ops_of(id);

	return ops && ops->is_fixed && ops->is_fixed(id);
}

struct view_entry view_entry(const struct view_source *v, int64_t id)
{
	const struct view_ops *ops = ops_of(id);
	bool fixed = view_is_fixed(id);

	if (ops && ops->entry)
		return ops->entry(v, id);
	return (struct view_entry){ .name_is_fixed = fixed,
		.attr_seconds = fixed ? VIEW_FOR_EVER : 0.0 };
}

int view_get(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	const struct view_ops *ops = ops_of(id);

	return ops ? ops->get(v, id, ret_inode) : -ENOENT;
}

int view_lookup(
	const struct view_source *v, int64_t parent, const char *name, struct inode *ret_inode)
{
	const struct view_ops *ops = ops_of(parent);

	return ops ? ops->lookup(v, parent, name, ret_inode) : -ENOENT;
}

int view_scan(
	const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	const struct view_ops *ops = ops_of(parent);

	return ops ? ops->scan(v, parent, after, fn, arg) : -ENOENT;
}

int view_parent(const struct view_source *v, int64_t id, int64_t *ret_parent)
{
	const struct view_ops *ops = ops_of(id);

	return ops ? ops->parent(v, id, ret_parent) : -ENOENT;
}

int view_read(const struct view_source *v, int64_t id, struct buf *ret_text)
{
	const struct view_ops *ops = ops_of(id);

	return ops ? ops->read(v, id, ret_text) : -ENOENT;
}

int view_readlink(const struct view_source *v, int64_t id, struct buf *ret_target)
{
	const struct view_ops *ops = ops_of(id);

	return ops && ops->readlink ? ops->readlink(v, id, ret_target) : -ENOENT;
}
