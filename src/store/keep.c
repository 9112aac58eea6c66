/*
 * Keeping a text that has no place any more: it was written into a file that another one replaced meanwhile. On a disk it would
 * go with the last descriptor; here every save is a version.
 */
#include "store_priv.h"

#include <errno.h>
#include <sys/stat.h>

/* Who made the text that stands at a place, as copies. Returns 1, or 0 when that is not known. */
static int last_author(struct txn *t, int64_t parent, const char *name, struct buf *ret_author,
	struct buf *ret_program)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_LAST_AUTHOR);
	const char *author, *program;
	int r;

	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	r = stmt_row(st, "find the last author");
	if (r <= 0)
		return r;
	author = (const char *)sqlite3_column_text(st, 0);
	program = (const char *)sqlite3_column_text(st, 1);
	r = author ? buf_add_str(ret_author, author) : -ENOMEM;
	if (r == 0 && program)
		r = buf_add_str(ret_program, program);
	return r < 0 ? r : 1;
}

int txn_keep_text(struct txn *t, int64_t parent, const char *name, const struct text *text,
	int64_t base, int64_t *ret_body)
{
	CLEANUP(buf_done) struct buf author = { 0 };
	CLEANUP(buf_done) struct buf program = { 0 };
	struct inode now, kept;
	int r;

	*ret_body = 0;
	r = conn_lookup(t->c, parent, name, &now);
	if (r < 0 || !S_ISREG(now.mode) || text->len == 0)
		return r == -ENOENT ? 0 : r;
	r = body_is(t, now.body, text);
	if (r != 0)
		return r < 0 ? r : 0;
	kept = now;
	kept.size = (int64_t)text->len;
	kept.mtime = t->now;
	r = last_author(t, parent, name, &author, &program);
	if (r >= 0)
		r = insert_body(t, text, &kept.body);
	if (r == 0)
		r = record_change(t, &kept, true, base);
	if (r < 0)
		return r;
	/* who made the text that stands has not seen this one */
	txn_set_reader(t, NULL, NULL);
	txn_pretend(
		t, author.len ? buf_str(&author) : NULL, program.len ? buf_str(&program) : NULL, 0);
	r = record_text(t, &now, now.body, kept.body);
	txn_pretend(t, NULL, NULL, 0);
	if (r == 0)
		*ret_body = kept.body;
	return r;
}
