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

/* What stands at the place: a file, something else, or nothing (id 0). Returns 1 when there is a reason to keep @text. */
static int look_at_place(struct txn *t, const struct lost_text *lost, struct inode *ret_now)
{
	int r;

	*ret_now = (struct inode){ 0 };
	if (lost->text->len == 0)
		return 0;
	r = has_own_name(t, lost->inode->id); /* it is a version there */
	if (r == 0)
		r = body_is(t, lost->base, lost->text);
	if (r != 0)
		return r < 0 ? r : 0;
	r = conn_lookup(t->c, lost->parent, lost->name, ret_now);
	if (r == -ENOENT) {
		struct inode dir;

		r = conn_get(t->c, lost->parent, &dir);
		return r == -ENOENT ? 0 : r < 0 ? r : 1;
	}
	if (r < 0 || S_ISDIR(ret_now->mode))
		return r;
	r = S_ISREG(ret_now->mode) ? body_is(t, ret_now->body, lost->text) : 0;
	return r < 0 ? r : !r;
}

/* The present state of the place, behind the text that was kept as revision @kept_rev. */
static int record_again(struct txn *t, const struct lost_text *lost, const struct inode *kept,
	const struct inode *now, int64_t kept_rev)
{
	if (now->id == 0)
		return record_at(t, lost, "remove", kept, 0, 0);
	if (!S_ISREG(now->mode))
		return record_at(t, lost, "rename", now, 0, 0);
	return record_at(t, lost, "save", now, kept->body, kept_rev);
}

int txn_keep_text(struct txn *t, const struct lost_text *lost, int64_t *ret_body)
{
	CLEANUP(buf_done) struct buf author = { 0 };
	CLEANUP(buf_done) struct buf program = { 0 };
	struct inode now, kept = *lost->inode;
	int r;

	*ret_body = 0;
	r = look_at_place(t, lost, &now);
	if (r <= 0)
		return r;
	kept.size = (int64_t)lost->text->len;
	kept.mtime = t->now;
	kept.nlink = 1;
	r = last_author(t, lost->parent, lost->name, &author, &program);
	if (r >= 0)
		r = insert_body(t, lost->text, &kept.body);
	if (r == 0)
		r = record_at(t, lost, S_ISREG(now.mode) ? "save" : "create", &kept, lost->base, 0);
	if (r < 0)
		return r;
	txn_pretend(
		t, author.len ? buf_str(&author) : NULL, program.len ? buf_str(&program) : NULL, 0);
	r = record_again(t, lost, &kept, &now, sqlite3_last_insert_rowid(t->c->db));
	txn_pretend(t, NULL, NULL, 0);
	if (r == 0)
		*ret_body = kept.body;
	return r;
}
