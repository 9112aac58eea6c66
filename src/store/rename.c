/* rename(2) and renameat2(2) inside a transaction. */
#include "store_priv.h"

#include "store_restore_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Is directory @id the directory @below or one above it? Returns 1 or 0. */
static int is_above(struct txn *t, int64_t id, int64_t below)
{
	int64_t at = below;
	int depth, r;

	for (depth = 0; depth < 4096; depth++) {
		if (at == id)
			return 1;
		if (at == STORE_ROOT)
			return 0;
		r = conn_parent(t->c, at, &at);
		if (r < 0)
			return r;
	}
	return -ELOOP;
}

/* May @moved come to stand in directory @new_parent? */
static int check_move(struct txn *t, const struct inode *moved, int64_t new_parent)
{
	int r;

	r = check_dir(t, new_parent);
	if (r < 0 || !S_ISDIR(moved->mode))
		return r;
	r = is_above(t, moved->id, new_parent);
	return r > 0 ? -EINVAL : r;
}

/* May @moved replace @there? */
static int check_replace(struct txn *t, const struct inode *moved, const struct inode *there)
{
	if (S_ISDIR(there->mode) && !S_ISDIR(moved->mode))
		return -EISDIR;
	if (!S_ISDIR(there->mode) && S_ISDIR(moved->mode))
		return -ENOTDIR;
	return S_ISDIR(there->mode) ? check_empty(t, there->id) : 0;
}

int point_dentry(struct txn *t, int64_t parent, const char *name, int64_t inode)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_DENTRY_SET);

	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	sqlite3_bind_int64(st, 3, inode);
	return stmt_run(st, "rename");
}

/* In its directory a name keeps its place, so that a listing under way neither loses nor repeats it. */
static int move_dentry(struct txn *t, const struct rename *r)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_DENTRY_MOVE);
	int64_t place = 0;
	int err = 0;

	if (r->parent != r->new_parent)
		err = new_place(t, &place);
	if (err < 0)
		return err;
	if (place)
		sqlite3_bind_int64(st, 5, place);

	sqlite3_bind_int64(st, 1, r->parent);
	bind_text(st, 2, r->name);
	sqlite3_bind_int64(st, 3, r->new_parent);
	bind_text(st, 4, r->new_name);
	return stmt_run(st, "rename");
}

/* Both directories have changed: @out and @in are the subdirectories that they gained. */
static int touch_dirs(struct txn *t, const struct rename *r, int out, int in)
{
	int err;

	if (r->parent == r->new_parent)
		return touch_dir(t, r->parent, out + in);
	err = touch_dir(t, r->parent, out);
	return err < 0 ? err : touch_dir(t, r->new_parent, in);
}

/* What goes to a scratch name leaves the history: its other names have one less beside them. */
static int record_came(struct txn *t, int64_t parent, const char *name, struct inode *inode)
{
	return name_is_scratch(name) ? record_change(t, inode, false, 0)
				     : record_arrival(t, ARRIVAL_RENAME, parent, name, inode);
}

static int exchange(struct txn *t, const struct rename *r, struct inode *a, struct inode *b)
{
	int a_dir = S_ISDIR(a->mode), b_dir = S_ISDIR(b->mode);
	int err;

	err = check_move(t, b, r->parent);
	if (err == 0)
		err = point_dentry(t, r->parent, r->name, b->id);
	if (err == 0)
		err = point_dentry(t, r->new_parent, r->new_name, a->id);
	if (err == 0)
		err = touch_dirs(t, r, b_dir - a_dir, a_dir - b_dir);
	if (err == 0)
		err = set_links(t, a, a->nlink);
	if (err == 0)
		err = set_links(t, b, b->nlink);
	if (err == 0)
		err = record_came(t, r->parent, r->name, b);
	return err < 0 ? err : record_came(t, r->new_parent, r->new_name, a);
}

static int move(struct txn *t, const struct rename *r, struct inode *moved, struct inode *replaced)
{
	int is_dir = S_ISDIR(moved->mode);
	int err = 0;

	if (replaced->id) {
		err = point_dentry(t, r->new_parent, r->new_name, moved->id);
		if (err == 0)
			err = delete_dentry(t, r->parent, r->name);
		if (err == 0)
			err = txn_drop_link(t, replaced);
	} else {
		err = move_dentry(t, r);
	}
	if (err == 0)
		err = touch_dirs(t, r, -is_dir, is_dir - (replaced->id ? is_dir : 0));
	if (err == 0)
		err = set_links(t, moved, moved->nlink);
	if (err == 0)
		err = record_removal(t, r->parent, r->name, moved);
	if (err == 0 && replaced->id && replaced->nlink > 0)
		err = record_change(
			t, replaced, false, 0); /* its other names have one less beside them */
	return err < 0 ? err : record_arrival(t, ARRIVAL_RENAME, r->new_parent, r->new_name, moved);
}

int txn_rename(struct txn *t, const struct rename *r, struct inode *ret_replaced)
{
	struct inode moved, there = { 0 };
	int err;

	err = conn_lookup(t->c, r->parent, r->name, &moved);
	if (err == 0)
		err = check_move(t, &moved, r->new_parent);
	if (err < 0)
		return err;
	err = conn_lookup(t->c, r->new_parent, r->new_name, &there);
	if (err < 0 && err != -ENOENT)
		return err;
	if (err == 0 && r->noreplace)
		return -EEXIST;
	if (err == -ENOENT && r->exchange)
		return -ENOENT;
	err = 0;
	if (there.id == moved.id) {
		*ret_replaced = (struct inode){ 0 };
		return 0; /* two names of one file: POSIX wants nothing to happen */
	}
	if (r->exchange) {
		err = exchange(t, r, &moved, &there);
		there = (struct inode){ 0 };
	} else {
		if (there.id)
			err = check_replace(t, &moved, &there);
		if (err == 0)
			err = move(t, r, &moved, &there);
	}
	if (err == 0)
		*ret_replaced = there;
	return err;
}
