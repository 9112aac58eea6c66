/* Where the places of a plan are in the tree, before it is done and afterwards. */
#include "store_restore_priv.h"

#include <errno.h>
#include <string.h>

enum { DEPTH_MAX = 4096 };

/* Put @name and a slash before @path. */
static int prepend(struct buf *path, const void *name, size_t len)
{
	CLEANUP(buf_done) struct buf longer = { 0 };
	int r;

	r = buf_add(&longer, name, len);
	if (r == 0 && path->len)
		r = buf_add_str(&longer, "/");
	if (r == 0)
		r = buf_add(&longer, path->data, path->len);
	if (r < 0)
		return r;
	buf_done(path);
	*path = buf_steal(&longer);
	return 0;
}

/* One directory up: now, or after @rev when that is not 0. Returns 1, or 0 when it is nowhere. */
static int climb_once(struct txn *t, int64_t rev, int64_t *id, struct buf *path)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, rev ? SQL_WAS_AT : SQL_DENTRIES_OF);
	int r;

	sqlite3_bind_int64(st, 1, *id);
	if (rev)
		sqlite3_bind_int64(st, 2, rev);
	r = stmt_row(st, "find a path");
	if (r <= 0)
		return r;
	*id = sqlite3_column_int64(st, 0);
	r = prepend(path, sqlite3_column_text(st, 1), (size_t)sqlite3_column_bytes(st, 1));
	return r < 0 ? r : 1;
}

/* Put the path of directory @id before @path. -ENOENT when it does not hang on the root. */
static int climb(struct txn *t, int64_t rev, int64_t id, struct buf *path)
{
	int depth, r = 1;

	for (depth = 0; id != STORE_ROOT && depth < DEPTH_MAX && r > 0; depth++)
		r = climb_once(t, rev, &id, path);
	return r < 0 ? r : id == STORE_ROOT ? 0 : -ENOENT;
}

int bring_path_now(struct bring_plan *plan, const struct bring_item *i, struct buf *ret_path)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	int r;

	if (!i->wanted.parent)
		return 0;
	r = buf_add_str(&path, i->wanted.name);
	if (r == 0)
		r = climb(plan->t, 0, i->parent ? i->parent : i->wanted.parent, &path);
	if (r == -ENOENT) { /* the directory has gone */
		buf_done(&path);
		r = buf_add_str(&path, i->wanted.name);
		if (r == 0)
			r = climb(plan->t, i->wanted.rev, i->wanted.parent, &path);
	}
	if (r < 0 && r != -ENOENT)
		return r;
	buf_done(ret_path);
	*ret_path = buf_steal(&path);
	return 0;
}

int bring_path_then(struct bring_plan *plan, const struct bring_item *i, struct buf *ret_path)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	int64_t parent = i->wanted.parent;
	int depth, r;

	if (!i->wanted.parent)
		return 0;
	r = buf_add_str(&path, i->wanted.name);
	for (depth = 0; r == 0 && parent != STORE_ROOT && depth < DEPTH_MAX; depth++) {
		const struct bring_item *up = bring_find_then(plan, parent);

		if (!up || up->how == BRING_LEAVE)
			break;
		r = prepend(&path, up->wanted.name, strlen(up->wanted.name));
		parent = up->wanted.parent;
	}
	if (r == 0)
		r = climb(plan->t, 0, parent, &path);
	if (r < 0 && r != -ENOENT)
		return r;
	buf_done(ret_path);
	*ret_path = buf_steal(&path);
	return 0;
}
