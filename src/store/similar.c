/* The sketches of the texts that the search index holds; see planfs/similar.h. */
#include "planfs/similar.h"

#include "planfs/shingles.h"
#include "store_priv.h"

int txn_sketch_drop(struct txn *t, int64_t inode)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_SKETCH_DROP);

	sqlite3_bind_int64(st, 1, inode);
	return stmt_run(st, "drop a sketch");
}

int txn_sketch_set(struct txn *t, int64_t inode, const struct text *text)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	struct text_sketch sketch;

	if (!text_sketch_make(text->data, text->len, &sketch))
		return txn_sketch_drop(t, inode);
	st = conn_stmt(t->c, SQL_SKETCH_SET);
	sqlite3_bind_int64(st, 1, inode);
	sqlite3_bind_blob(st, 2, sketch.values, sizeof(sketch.values), SQLITE_STATIC);
	return stmt_run(st, "store a sketch");
}
