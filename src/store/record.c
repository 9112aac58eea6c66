/*
 * Rows of the table revision: the one mechanism behind history, the tree of a moment, undo and the feed
 * of changes. Scratch names leave no row. Each row is keyed by (parent, name), not by inode, so that a
 * section keeps its history through every editor's way of saving. What a row says is what moment.c shows: it is
 * written after the change, the directory's time and the link count included.
 */
#include "store_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct row {
	const char *op;
	int64_t parent;
	const char *name;
	const struct inode *inode;
	int64_t base;
	int64_t conflict; /* 0: none */
	int64_t names;    /* of the file that are no scratch */
	bool names_dir;   /* a name came or went: the directory has another time */
};

static int insert_row(struct txn *t, const struct row *row)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_REVISION);
	const struct inode *i = row->inode;

	sqlite3_bind_int64(st, 1, t->now);
	bind_text(st, 2, t->author);
	bind_text(st, 3, row->op);
	sqlite3_bind_int64(st, 4, row->parent);
	bind_text(st, 5, row->name);
	sqlite3_bind_int64(st, 6, i->id);
	sqlite3_bind_int64(st, 7, i->mode);
	sqlite3_bind_int64(st, 8, i->uid);
	sqlite3_bind_int64(st, 9, i->gid);
	sqlite3_bind_int64(st, 10, i->size);
	sqlite3_bind_int64(st, 11, i->mtime);
	if (i->body)
		sqlite3_bind_int64(st, 12, i->body);
	if (row->base)
		sqlite3_bind_int64(st, 13, row->base);
	sqlite3_bind_int64(st, 14, t->is_loaded ? -t->s->origin : t->s->origin);
	if (row->names > 1)
		sqlite3_bind_int64(st, 15, row->names);
	sqlite3_bind_int(st, 16, row->names_dir);
	if (t->program)
		bind_text(st, 17, t->program);
	if (row->conflict)
		sqlite3_bind_int64(st, 18, row->conflict);
	return stmt_run(st, "record a revision");
}

/* How many names of @inode the history knows. Counted only where there is more than one. */
static int count_names(struct txn *t, const struct inode *inode, int64_t *ret_names)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int64_t names = 0;
	int r;

	*ret_names = 1;
	if (S_ISDIR(inode->mode) || inode->nlink < 2)
		return 0;
	st = conn_stmt(t->c, SQL_DENTRIES_OF);
	sqlite3_bind_int64(st, 1, inode->id);
	while ((r = stmt_row(st, "count the names of a file")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		if (!name)
			return -ENOMEM;
		names += !name_is_scratch(name);
	}
	if (r == 0)
		*ret_names = names;
	return r;
}

int has_own_name(struct txn *t, int64_t id)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_DENTRIES_OF);
	int r;

	sqlite3_bind_int64(st, 1, id);
	while ((r = stmt_row(st, "find the names of a file")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		if (!name)
			return -ENOMEM;
		if (!name_is_scratch(name))
			return 1;
	}
	return r;
}

/* Returns 1 and the body of the last version of a file at this place, 0 when there never was one. */
static int last_version(struct txn *t, int64_t parent, const char *name, int64_t *ret_body)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_LAST_VERSION);
	int r;

	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	r = stmt_row(st, "find the last version");
	if (r > 0)
		*ret_body = sqlite3_column_int64(st, 0);
	return r;
}

int bodies_are_equal(struct txn *t, int64_t a, int64_t b)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_SAME_TEXT);
	int r;

	if (a == b)
		return 1;
	if (a == 0 || b == 0)
		return 0;
	sqlite3_bind_int64(st, 1, a);
	sqlite3_bind_int64(st, 2, b);
	r = stmt_row(st, "compare bodies");
	return r > 0 ? sqlite3_column_int(st, 0) : r;
}

int record_arrival(
	struct txn *t, enum arrival how, int64_t parent, const char *name, struct inode *inode)
{
	struct row row = { .parent = parent, .name = name, .inode = inode, .names_dir = true };
	int64_t before = 0;
	int r = 0;

	if (name_is_scratch(name))
		return 0;
	row.op = how == ARRIVAL_CREATE ? "create" : how == ARRIVAL_RENAME ? "rename" : "link";
	if (S_ISREG(inode->mode))
		r = last_version(t, parent, name, &before);
	if (r > 0) {
		row.base = before;
		r = bodies_are_equal(t, before, inode->body);
		if (r >= 0)
			row.op = r ? "link" : "save";
		if (r == 0)
			r = conflict_find(t, parent, name, before, false, &row.conflict);
	} else if (r == 0 && S_ISREG(inode->mode) && how == ARRIVAL_LINK) {
		row.op = "create"; /* its first text here */
	}
	if (r >= 0)
		r = count_names(t, inode, &row.names);
	return r < 0 ? r : insert_row(t, &row);
}

int record_removal(struct txn *t, int64_t parent, const char *name, const struct inode *inode)
{
	struct row row = {
		.op = "remove", .parent = parent, .name = name, .inode = inode, .names_dir = true
	};
	int r;

	if (name_is_scratch(name))
		return 0;
	r = count_names(t, inode, &row.names);
	return r < 0 ? r : insert_row(t, &row);
}

int record_at(struct txn *t, const struct lost_text *at, const char *op, const struct inode *inode,
	int64_t base, int64_t conflict)
{
	struct row row = { .op = op,
		.parent = at->parent,
		.name = at->name,
		.inode = inode,
		.base = base,
		.conflict = conflict,
		.names_dir = true };
	int r = count_names(t, inode, &row.names);

	return r < 0 ? r : insert_row(t, &row);
}

/* The root has no name; nothing stands in the directory 0. */
static int record_root_change(struct txn *t, const struct inode *inode)
{
	const struct row row = { .op = "attr", .name = "", .inode = inode };

	return insert_row(t, &row);
}

int record_root(struct txn *t, int64_t id)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;

	if (id != STORE_ROOT)
		return 0;
	st = conn_stmt(t->c, SQL_ROOT_BEFORE);
	sqlite3_bind_int64(st, 1, t->now);
	bind_text(st, 2, t->author);
	sqlite3_bind_int64(st, 3, t->s->origin);
	return stmt_run(st, "record a revision");
}

/* @replaced 0: nothing that could have been overwritten. */
static int record_names(
	struct txn *t, const struct inode *inode, const char *op, int64_t base, int64_t replaced)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int64_t names = 0;
	int r;

	if (inode->id == STORE_ROOT)
		return record_root_change(t, inode);
	r = count_names(t, inode, &names);
	if (r < 0)
		return r;
	st = conn_stmt(t->c, SQL_DENTRIES_OF);
	sqlite3_bind_int64(st, 1, inode->id);
	while ((r = stmt_row(st, "find the names of a file")) > 0) {
		struct row row = {
			.op = op,
			.parent = sqlite3_column_int64(st, 0),
			.name = (const char *)sqlite3_column_text(st, 1),
			.inode = inode,
			.base = base,
			.names = names,
		};

		if (!row.name)
			return -ENOMEM;
		if (name_is_scratch(row.name))
			continue;
		r = conflict_find(
			t, row.parent, row.name, replaced, base != replaced, &row.conflict);
		if (r == 0)
			r = insert_row(t, &row);
		if (r < 0)
			break;
	}
	return r;
}

int record_change(struct txn *t, const struct inode *inode, bool saved, int64_t base)
{
	return record_names(t, inode, saved ? "save" : "attr", base, 0);
}

int record_text(struct txn *t, const struct inode *inode, int64_t base, int64_t replaced)
{
	int r;

	r = base == replaced ? 0 : bodies_are_equal(t, base, replaced);
	if (r < 0)
		return r;
	return record_names(t, inode, "save", base, r > 0 ? 0 : replaced);
}

void txn_pretend(struct txn *t, const char *author, const char *program, int64_t time)
{
	const struct store *s = t->s;

	t->now = time ? time : store_now();
	t->is_loaded = time != 0;
	t->author = author;
	t->program = program;
	if (author)
		return;
	t->author = t->change->author;
	t->program = t->change->program && t->change->program[0] ? t->change->program : NULL;
	if (t->author)
		return;
	t->author = s->author;
	t->program = s->program[0] ? s->program : NULL;
}
