/*
 * .planfs/at/MOMENT: the whole tree as it was then; .planfs/gmt/@GMT-…: the same for Samba. Numbers have the slot in
 * bits 40 to 57 and the inode below; slot 0 is the directory of the moments. All in a slot is fixed.
 */
#include "view_priv.h"

#include "planfs/moment.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { INODE_BITS = VIEW_VOLATILE_BITS };

#define INODE_MAX ((INT64_C(1) << INODE_BITS) - 1)

static uint32_t slot_of(int64_t id)
{
	return (uint32_t)(view_rest(id) >> INODE_BITS);
}

static int64_t inode_of(int64_t id)
{
	return view_rest(id) & INODE_MAX;
}

static int64_t at_id(uint32_t slot, int64_t inode)
{
	return view_id(VIEW_AT, (int64_t)slot << INODE_BITS | inode);
}

/* The tree that @id is in. Returns 0 and *ret_slot, or -ENOENT. */
static int get_slot(const struct view_source *v, int64_t id, struct view_slot *ret_slot)
{
	uint32_t slot = slot_of(id);

	return slot == 0 ? -ENOENT : slot_get(v, slot, ret_slot);
}

static bool at_is_fixed(int64_t id)
{
	return slot_of(id) != 0;
}

/* The way to a moment: who opens many files by their whole paths does not ask for it each time. */
static struct view_entry list_entry(const struct view_source *v, int64_t id)
{
	(void)v;
	(void)id;
	return (struct view_entry){ .name_is_fixed = true, .attr_seconds = 0.05 };
}

static struct view_entry at_entry(const struct view_source *v, int64_t id)
{
	struct view_slot slot;

	if (view_rest(id) == 0)
		return list_entry(v, id);
	if (get_slot(v, id, &slot) < 0)
		return (struct view_entry){ 0 };
	return (struct view_entry){ .name_is_fixed = slot.fixed || inode_of(id) != STORE_ROOT,
		.attr_seconds = VIEW_FOR_EVER,
		.generation = slot.generation };
}

/* Is @inode one that has a number here? Others are in no sane database. */
static int translate(uint32_t slot, struct inode *inode)
{
	if (inode->id > INODE_MAX)
		return -EIO;
	inode->id = at_id(slot, inode->id);
	return 0;
}

static int at_get(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	struct view_slot slot;
	struct inode inode;
	int r;

	if (view_rest(id) == 0) {
		*ret_inode = view_make_inode(id, S_IFDIR | 0555, 0);
		return 0;
	}
	r = get_slot(v, id, &slot);
	if (r == 0)
		r = moment_get(v->store, slot.rev, inode_of(id), &inode);
	if (r == 0)
		r = translate(slot_of(id), &inode);
	if (r == 0)
		*ret_inode = inode;
	return r;
}

static int lookup_moment(const struct view_source *v, enum view_family family, const char *name,
	struct inode *ret_inode)
{
	uint32_t slot;
	int r;

	r = slot_find(v, family, name, &slot);
	return r < 0 ? r : at_get(v, at_id(slot, STORE_ROOT), ret_inode);
}

static int at_lookup(
	const struct view_source *v, int64_t parent, const char *name, struct inode *ret_inode)
{
	struct view_slot slot;
	struct inode inode;
	int r;

	if (view_rest(parent) == 0)
		return lookup_moment(v, VIEW_AT, name, ret_inode);
	r = get_slot(v, parent, &slot);
	if (r == 0)
		r = moment_lookup(v->store, slot.rev, inode_of(parent), name, &inode);
	if (r == 0)
		r = translate(slot_of(parent), &inode);
	if (r == 0)
		*ret_inode = inode;
	return r;
}

struct scan {
	uint32_t slot;
	store_entry_fn *fn;
	void *arg;
};

static int add_entry(void *arg, const struct store_entry *found)
{
	const struct scan *scan = arg;
	struct store_entry e = *found;

	if (translate(scan->slot, &e.inode) < 0)
		return 0; /* not shown, as what else is damaged */
	return scan->fn(scan->arg, &e);
}

static int at_scan(
	const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	struct scan scan = { slot_of(parent), fn, arg };
	struct view_slot slot;
	int r;

	if (view_rest(parent) == 0)
		return at_list(v, after, fn, arg);
	r = get_slot(v, parent, &slot);
	if (r < 0)
		return r;
	return moment_scan(v->store, slot.rev, inode_of(parent), after, add_entry, &scan);
}

static int at_parent(const struct view_source *v, int64_t id, int64_t *ret_parent)
{
	int64_t parent = 0;
	struct view_slot slot;
	int r;

	if (view_rest(id) == 0) {
		*ret_parent = VIEW_ROOT;
		return 0;
	}
	r = get_slot(v, id, &slot);
	if (r < 0)
		return r;
	if (inode_of(id) == STORE_ROOT) {
		*ret_parent = view_id(slot.family, 0);
		return 0;
	}
	r = moment_parent(v->store, slot.rev, inode_of(id), &parent);
	if (r == 0)
		*ret_parent = at_id(slot_of(id), parent);
	return r;
}

static int at_read(const struct view_source *v, int64_t id, struct buf *ret_text)
{
	struct view_slot slot;
	struct inode inode;
	int r;

	if (view_rest(id) == 0)
		return -EISDIR;
	r = get_slot(v, id, &slot);
	if (r == 0)
		r = moment_get(v->store, slot.rev, inode_of(id), &inode);
	if (r < 0)
		return r;
	if (!S_ISREG(inode.mode))
		return S_ISDIR(inode.mode) ? -EISDIR : -EINVAL;
	return store_read_body(v->store, inode.body, ret_text);
}

static int at_readlink(const struct view_source *v, int64_t id, struct buf *ret_target)
{
	struct view_slot slot;
	int r;

	r = get_slot(v, id, &slot);
	return r < 0 ? r : moment_readlink(v->store, slot.rev, inode_of(id), ret_target);
}

const struct view_ops view_at = {
	.name = "at",
	.is_fixed = at_is_fixed,
	.entry = at_entry,
	.get = at_get,
	.lookup = at_lookup,
	.scan = at_scan,
	.parent = at_parent,
	.read = at_read,
	.readlink = at_readlink,
};

/* --- .planfs/gmt: one directory --- */

static int gmt_get(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	(void)v;
	if (view_rest(id) != 0)
		return -ENOENT;
	*ret_inode = view_make_inode(id, S_IFDIR | 0555, 0);
	return 0;
}

static int gmt_lookup(
	const struct view_source *v, int64_t parent, const char *name, struct inode *ret_inode)
{
	if (view_rest(parent) != 0)
		return -ENOENT;
	return strncmp(name, "@GMT-", 5) == 0 ? lookup_moment(v, VIEW_GMT, name, ret_inode)
					      : -ENOENT;
}

static int gmt_scan(
	const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	return view_rest(parent) == 0 ? gmt_list(v, after, fn, arg) : -ENOENT;
}

static int gmt_parent(const struct view_source *v, int64_t id, int64_t *ret_parent)
{
	(void)v;
	if (view_rest(id) != 0)
		return -ENOENT;
	*ret_parent = VIEW_ROOT;
	return 0;
}

static int gmt_read(const struct view_source *v, int64_t id, struct buf *ret_text)
{
	(void)v;
	(void)ret_text;
	return view_rest(id) == 0 ? -EISDIR : -ENOENT;
}

const struct view_ops view_gmt = {
	.name = "gmt",
	.entry = list_entry,
	.get = gmt_get,
	.lookup = gmt_lookup,
	.scan = gmt_scan,
	.parent = gmt_parent,
	.read = gmt_read,
};
