/* Deleting inodes that have no name any more. */
#include "store_priv.h"

#include <errno.h>

static int delete_by_id(struct txn *t, enum sql_id sql, int64_t id)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, sql);

	sqlite3_bind_int64(st, 1, id);
	return stmt_run(st, "remove an inode");
}

int txn_purge(struct txn *t, int64_t id)
{
	struct inode inode;
	int r;

	r = conn_get(t->c, id, &inode);
	if (r == -ENOENT || (r == 0 && inode.nlink > 0))
		return 0;
	if (r == 0)
		r = delete_by_id(t, SQL_XATTR_DROP, id);
	if (r == 0)
		r = delete_by_id(t, SQL_SEARCH_GONE, id);
	if (r == 0)
		r = delete_by_id(t, SQL_INODE_DELETE, id);
	return r < 0 ? r : drop_body(t, id, inode.body);
}

int txn_purge_all(struct txn *t)
{
	int64_t id = 0;
	int r = 0;

	while (r == 0) {
		CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_ORPHANS);

		r = stmt_row(st, "find unlinked inodes");
		if (r <= 0)
			return r;
		id = sqlite3_column_int64(st, 0);
		sqlite3_reset(st);
		r = txn_purge(t, id);
	}
	return r;
}
