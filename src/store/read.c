/* Reading: lookups, listings and texts on a connection of the pool. */
#include "store_leader_priv.h"
#include "store_moment_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int conn_get(struct conn *c, int64_t id, struct inode *ret_inode)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_INODE);
	int r;

	sqlite3_bind_int64(st, 1, id);
	r = stmt_row(st, "read an inode");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_inode = inode_from_row(st, 0);
	return 0;
}

int conn_lookup(struct conn *c, int64_t parent, const char *name, struct inode *ret_inode)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_LOOKUP);
	int r;

	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	r = stmt_row(st, "look up a name");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_inode = inode_from_row(st, 0);
	return 0;
}

int conn_parent(struct conn *c, int64_t id, int64_t *ret_parent)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_PARENT);
	int r;

	if (id == STORE_ROOT) {
		*ret_parent = STORE_ROOT;
		return 0;
	}
	sqlite3_bind_int64(st, 1, id);
	r = stmt_row(st, "find a parent");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_parent = sqlite3_column_int64(st, 0);
	return 0;
}

int store_look(struct store *s, look_fn *fn, const struct look_key *key, void *ret)
{
	struct conn *c;
	int r;

	if (!s->readonly && leader_try(s)) {
		/* a transaction that could not even be rolled back is nobody's business */
		r = sqlite3_get_autocommit(s->writer.db) ? fn(&s->writer, key, ret) : -EBUSY;
		leader_resign(s);
		if (r != -EBUSY) /* a recovery is left to those who can wait */
			return r;
	}
	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = fn(c, key, ret);
	reader_put(s, c);
	return r;
}

static int look_get(struct conn *c, const struct look_key *key, void *ret)
{
	struct inode inode;
	int r = conn_get(c, key->id, &inode);

	if (r == 0 && !inode_is_sound(&inode))
		r = -EIO;
	if (r == 0)
		*(struct inode *)ret = inode;
	return r;
}

static int look_lookup(struct conn *c, const struct look_key *key, void *ret)
{
	struct inode inode;
	int tries, sound = 0, r = 0;

	/* again: a directory may have been moved between the two looks */
	for (tries = 0; tries < 3 && r == 0 && sound == 0; tries++) {
		r = conn_lookup(c, key->id, key->name, &inode);
		sound = r == 0 ? entry_is_sound(c, key->id, &inode) : 0;
	}
	if (r < 0 || sound <= 0)
		return r < 0 ? r : sound < 0 ? sound : -EIO;
	*(struct inode *)ret = inode;
	return 0;
}

static int look_parent(struct conn *c, const struct look_key *key, void *ret)
{
	return conn_parent(c, key->id, ret);
}

int store_get(struct store *s, int64_t id, struct inode *ret_inode)
{
	return store_look(s, look_get, &(struct look_key){ .id = id }, ret_inode);
}

int store_lookup(struct store *s, int64_t parent, const char *name, struct inode *ret_inode)
{
	return store_look(
		s, look_lookup, &(struct look_key){ .id = parent, .name = name }, ret_inode);
}

int store_parent(struct store *s, int64_t id, int64_t *ret_parent)
{
	return store_look(s, look_parent, &(struct look_key){ .id = id }, ret_parent);
}

int path_walk(const char *path, step_fn *step, void *arg, struct inode *at)
{
	char name[NAME_BYTES_MAX + 1];
	int r = 0;

	while (r == 0) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 0)
			break;
		if (len > NAME_BYTES_MAX)
			return -ENAMETOOLONG;
		if (!S_ISDIR(at->mode))
			return -ENOTDIR;
		memcpy(name, path, len);
		name[len] = '\0';
		path += len;
		if (strcmp(name, ".") != 0)
			r = step(arg, at->id, name, at);
	}
	return r;
}

static int step_now(void *arg, int64_t parent, const char *name, struct inode *ret_inode)
{
	return store_lookup(arg, parent, name, ret_inode);
}

int store_resolve(struct store *s, const char *path, struct inode *ret_inode)
{
	struct inode at;
	int r;

	r = store_get(s, STORE_ROOT, &at);
	if (r == 0)
		r = path_walk(path, step_now, s, &at);
	if (r == 0)
		*ret_inode = at;
	return r;
}

/* A damaged row must not reach the kernel; 'check' names it. */
static int is_presentable(
	struct conn *c, sqlite3_stmt *st, int64_t parent, const struct store_entry *e)
{
	if (!name_is_valid(e->name, (size_t)sqlite3_column_bytes(st, 0)))
		return 0;
	return entry_is_sound(c, parent, &e->inode);
}

static int list_rows(
	struct conn *c, int64_t parent, sqlite3_stmt *st, store_entry_fn *fn, void *arg)
{
	int r;

	while ((r = stmt_row(st, "list a directory")) > 0) {
		const struct store_entry e = {
			.name = (const char *)sqlite3_column_text(st, 0),
			.place = sqlite3_column_int64(st, 1),
			.inode = inode_from_row(st, 2),
		};

		if (!e.name)
			return -ENOMEM;
		r = is_presentable(c, st, parent, &e);
		if (r > 0)
			r = fn(arg, &e);
		if (r != 0)
			return r;
	}
	return r;
}

/* @sql: SQL_LIST, or SQL_SCAN, which begins behind @after. */
static int list(struct store *s, enum sql_id sql, int64_t parent, int64_t after, store_entry_fn *fn,
	void *arg)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	{
		CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, sql);

		sqlite3_bind_int64(st, 1, parent);
		if (sql == SQL_SCAN)
			sqlite3_bind_int64(st, 2, after);
		r = list_rows(c, parent, st, fn, arg);
	}
	reader_put(s, c);
	return r;
}

int store_list(struct store *s, int64_t parent, store_entry_fn *fn, void *arg)
{
	return list(s, SQL_LIST, parent, 0, fn, arg);
}

int store_scan(struct store *s, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	return list(s, SQL_SCAN, parent, after, fn, arg);
}

/* A statement about inode or body @id (and @name) that gives one column. */
struct column {
	enum sql_id sql;
	int64_t id;
	const char *name; /* NULL: the statement has no second parameter */
	int missing;      /* the result when there is no row, or a NULL where that means the same */
};

/* Returns 1 when the text in @st can be believed. */
static int verify_column(
	struct store *s, struct conn *c, const struct column *column, sqlite3_stmt *st)
{
	int r = 0;

	if (column->sql == SQL_TEXT)
		r = verify_text(s, c, column->id, st);
	else if (column->sql == SQL_BODY)
		r = verify_body(s, c, 0, column->id, st);
	return r < 0 ? r : 1;
}

static int with_column(struct store *s, const struct column *column, store_text_fn *fn, void *arg)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	{
		CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, column->sql);

		sqlite3_bind_int64(st, 1, column->id);
		if (column->name)
			bind_text(st, 2, column->name);
		r = stmt_row(st, "read a text");
		if (r == 0)
			r = column->missing;
		else if (r > 0 && sqlite3_column_type(st, 0) == SQLITE_NULL &&
			 column->sql == SQL_TARGET)
			r = column->missing;
		else if (r > 0)
			r = verify_column(s, c, column, st);
		if (r > 0)
			r = fn(arg, sqlite3_column_blob(st, 0),
				(size_t)sqlite3_column_bytes(st, 0));
	}
	reader_put(s, c);
	return r;
}

static int copy_text(void *arg, const char *data, size_t len)
{
	return buf_add(arg, data, len);
}

static int copy_column(struct store *s, const struct column *column, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r;

	r = with_column(s, column, copy_text, &text);
	if (r < 0)
		return r;
	buf_done(ret_text);
	*ret_text = buf_steal(&text);
	return 0;
}

int store_read_body(struct store *s, int64_t body, struct buf *ret_text)
{
	if (body == 0) {
		buf_done(ret_text);
		return 0;
	}
	return copy_column(s, &(struct column){ SQL_BODY, body, NULL, -ENOENT }, ret_text);
}

int store_with_text(struct store *s, int64_t id, store_text_fn *fn, void *arg)
{
	return with_column(s, &(struct column){ SQL_TEXT, id, NULL, -ENOENT }, fn, arg);
}

static int each_text(
	struct conn *c, enum sql_id direction, int64_t id, store_texts_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, direction);
	int r;

	sqlite3_bind_int64(st, 1, id);
	while ((r = stmt_row(st, "read the texts of a directory")) > 0) {
		const struct store_neighbour n = {
			.id = sqlite3_column_int64(st, 0),
			.name = (const char *)sqlite3_column_text(st, 1),
			.data = sqlite3_column_blob(st, 2),
			.len = (size_t)sqlite3_column_bytes(st, 2),
		};

		r = n.name && n.data ? fn(arg, &n) : -ENOMEM;
		if (r != 0)
			break;
	}
	return r < 0 ? r : 0;
}

int store_texts_beside(struct store *s, int64_t id, store_texts_fn *fn, void *arg)
{
	struct conn *c;
	int r;

	if (s->verify)
		return 0;
	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = each_text(c, SQL_TEXTS_BEHIND, id, fn, arg);
	if (r == 0)
		r = each_text(c, SQL_TEXTS_BEFORE, id, fn, arg);
	reader_put(s, c);
	return r;
}

int store_readlink(struct store *s, int64_t id, struct buf *ret_target)
{
	return copy_column(s, &(struct column){ SQL_TARGET, id, NULL, -ENOENT }, ret_target);
}

int store_get_xattr(struct store *s, int64_t id, const char *name, struct buf *ret_value)
{
	return copy_column(s, &(struct column){ SQL_XATTR_GET, id, name, -ENODATA }, ret_value);
}

int store_list_xattr(struct store *s, int64_t id, struct buf *ret_names)
{
	CLEANUP(buf_done) struct buf names = { 0 };
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	{
		CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_XATTR_LIST);

		sqlite3_bind_int64(st, 1, id);
		while ((r = stmt_row(st, "list attributes")) > 0) {
			const char *name = (const char *)sqlite3_column_text(st, 0);

			r = name ? buf_add(&names, name, strlen(name) + 1) : -ENOMEM;
			if (r < 0)
				break;
		}
	}
	reader_put(s, c);
	if (r < 0)
		return r;
	buf_done(ret_names);
	*ret_names = buf_steal(&names);
	return 0;
}
