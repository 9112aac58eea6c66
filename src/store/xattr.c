/* Extended attributes inside a transaction. */
#include "store_priv.h"

#include <errno.h>
#include <sys/xattr.h>

/* Attributes belong to an inode that exists; their change is one of its status. */
static int touch_inode(struct txn *t, int64_t id)
{
	struct inode inode;
	int r;

	r = conn_get(t->c, id, &inode);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r;
	return set_links(t, &inode, inode.nlink);
}

int txn_set_xattr(struct txn *t, int64_t id, const char *name, const struct text *value, int flags)
{
	CLEANUP_STMT sqlite3_stmt *get = conn_stmt(t->c, SQL_XATTR_GET);
	CLEANUP_STMT sqlite3_stmt *set = conn_stmt(t->c, SQL_XATTR_SET);
	int r;

	sqlite3_bind_int64(get, 1, id);
	bind_text(get, 2, name);
	r = stmt_row(get, "read an attribute");
	if (r < 0)
		return r;
	if (r > 0 && (flags & XATTR_CREATE))
		return -EEXIST;
	if (r == 0 && (flags & XATTR_REPLACE))
		return -ENODATA;
	r = touch_inode(t, id);
	if (r < 0)
		return r;
	sqlite3_bind_int64(set, 1, id);
	bind_text(set, 2, name);
	sqlite3_bind_blob(set, 3, value->len ? value->data : "", (int)value->len, SQLITE_STATIC);
	return stmt_run(set, "set an attribute");
}

int txn_remove_xattr(struct txn *t, int64_t id, const char *name)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_XATTR_DELETE);
	int r;

	sqlite3_bind_int64(st, 1, id);
	bind_text(st, 2, name);
	r = stmt_run(st, "remove an attribute");
	if (r < 0)
		return r;
	return sqlite3_changes(t->c->db) > 0 ? touch_inode(t, id) : -ENODATA;
}
