/* The directory .planfs: the files in it, and the directories of the other families. */
#include "view_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	view_render_fn *render;
} files[] = {
	{ "README.txt", readme_render },
	{ "status.json", status_render },
	{ "duplicates.tsv", duplicates_render },
};

/* Files have the rest 1 and so on; places in the listing are the same, and those of the families lie behind. */
static int64_t file_id(size_t i)
{
	return view_id(VIEW_TOP, (int64_t)i + 1);
}

static int top_get(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	size_t i = (size_t)view_rest(id) - 1;
	int r;

	if (id == VIEW_ROOT) {
		*ret_inode = view_make_inode(id, S_IFDIR | 0555, 0);
		return 0;
	}
	if (i >= ARRAY_LEN(files))
		return -ENOENT;
	r = files[i].render(v, &text);
	if (r < 0)
		return r;
	*ret_inode = view_make_inode(id, S_IFREG | 0444, (int64_t)text.len);
	return 0;
}

static int top_lookup(
	const struct view_source *v, int64_t parent, const char *name, struct inode *ret_inode)
{
	const struct view_ops *ops;
	size_t i;

	if (parent != VIEW_ROOT)
		return -ENOTDIR;
	for (i = 0; i < ARRAY_LEN(files); i++)
		if (strcmp(files[i].name, name) == 0)
			return top_get(v, file_id(i), ret_inode);
	for (i = VIEW_TOP + 1; (ops = view_family_ops(i)) != NULL; i++)
		if (ops->name && strcmp(ops->name, name) == 0)
			return ops->get(v, view_id(i, 0), ret_inode);
	return -ENOENT;
}

static int top_scan(
	const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	const struct view_ops *ops;
	size_t i, family;
	int r = 0;

	(void)v;
	if (parent != VIEW_ROOT)
		return -ENOTDIR;
	for (i = (size_t)after; i < ARRAY_LEN(files) && r == 0; i++)
		r = fn(arg, &(struct store_entry){ files[i].name, (int64_t)i + 1,
				    view_make_inode(file_id(i), S_IFREG | 0444, 0) });
	for (; r == 0; i++) {
		family = i - ARRAY_LEN(files) + VIEW_TOP + 1;
		ops = view_family_ops(family);
		if (!ops)
			break;
		if (ops->name)
			r = fn(arg,
				&(struct store_entry){ ops->name, (int64_t)i + 1,
					view_make_inode(view_id(family, 0), S_IFDIR | 0555, 0) });
	}
	return r;
}

static int top_parent(const struct view_source *v, int64_t id, int64_t *ret_parent)
{
	(void)v;
	if (id != VIEW_ROOT)
		return -ENOENT;
	*ret_parent = STORE_ROOT;
	return 0;
}

static int top_read(const struct view_source *v, int64_t id, struct buf *ret_text)
{
	size_t i = (size_t)view_rest(id) - 1;

	if (id == VIEW_ROOT)
		return -EISDIR;
	return i < ARRAY_LEN(files) ? files[i].render(v, ret_text) : -ENOENT;
}

/* What is in .planfs itself changes with the version of planfs only. */
static struct view_entry top_entry(const struct view_source *v, int64_t id)
{
	(void)v;
	return (struct view_entry){ .name_is_fixed = id == VIEW_ROOT,
		.attr_seconds = id == VIEW_ROOT ? VIEW_FOR_EVER : 0.0 };
}

const struct view_ops view_top = {
	.entry = top_entry,
	.get = top_get,
	.lookup = top_lookup,
	.scan = top_scan,
	.parent = top_parent,
	.read = top_read,
};
