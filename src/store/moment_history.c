/*
 * What changed: at a place, through all the ways in which a text came there, or in a time. And where a path led
 * that leads nowhere now.
 */
#include "store_moment_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 1000, AT_AUTHOR = MOMENT_COLUMNS_N };

/* The row in which a search stands. */
struct at {
	int64_t rev, inode, parent;
	uint32_t mode;
	bool is_removal, is_rename;
	char name[NAME_BYTES_MAX + 1];
};

static bool text_is(sqlite3_stmt *st, int column, const char *text)
{
	const char *value = (const char *)sqlite3_column_text(st, column);

	return value && strcmp(value, text) == 0;
}

/* @op, @parent and @name are columns. */
static int at_from_row(sqlite3_stmt *st, int op, int parent, int name, struct at *ret_at)
{
	const char *text = (const char *)sqlite3_column_text(st, name);
	size_t len = (size_t)sqlite3_column_bytes(st, name);

	if (!text)
		return -ENOMEM;
	if (len > NAME_BYTES_MAX)
		return -EIO;
	ret_at->rev = sqlite3_column_int64(st, 0);
	ret_at->inode = sqlite3_column_int64(st, 1);
	ret_at->mode = (uint32_t)sqlite3_column_int64(st, 2);
	ret_at->is_removal = text_is(st, op, "remove");
	ret_at->is_rename = text_is(st, op, "rename");
	ret_at->parent = sqlite3_column_int64(st, parent);
	memcpy(ret_at->name, text, len + 1);
	return 0;
}

/* The newest row of a place up to @rev. Returns 1 or 0. */
static int row_at_place(
	struct conn *c, int64_t rev, int64_t parent, const char *name, struct at *ret_at)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_HISTORY);
	int r;

	sqlite3_bind_int64(st, 1, rev);
	sqlite3_bind_int64(st, 2, parent);
	bind_text(st, 3, name);
	r = stmt_row(st, "find a row of a place");
	if (r > 0) {
		r = at_from_row(st, AT_AUTHOR + 1, AT_AUTHOR + 4, AT_AUTHOR + 2, ret_at);
		return r < 0 ? r : 1;
	}
	return r;
}

/* The newest row of an inode up to @rev, or its first one. Returns 1 or 0. */
static int row_of_inode(struct conn *c, enum sql_id sql, int64_t rev, int64_t id, struct at *ret_at)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, sql);
	int r;

	sqlite3_bind_int64(st, 1, rev);
	sqlite3_bind_int64(st, 2, id);
	r = stmt_row(st, "find a row of an inode");
	if (r > 0) {
		r = at_from_row(
			st, MOMENT_COLUMNS_N, MOMENT_COLUMNS_N + 1, MOMENT_COLUMNS_N + 2, ret_at);
		return r < 0 ? r : 1;
	}
	return r;
}

/* --- the history of a place --- */

struct history {
	struct conn *c;
	moment_change_fn *fn;
	void *arg;
};

static int tell(struct history *h, sqlite3_stmt *st)
{
	struct moment_change change = {
		.author = (const char *)sqlite3_column_text(st, AT_AUTHOR),
		.op = (const char *)sqlite3_column_text(st, AT_AUTHOR + 1),
		.name = (const char *)sqlite3_column_text(st, AT_AUTHOR + 2),
		.program = (const char *)sqlite3_column_text(st, AT_AUTHOR + 3),
		.parent = sqlite3_column_int64(st, AT_AUTHOR + 4),
		.base = sqlite3_column_int64(st, AT_AUTHOR + 5),
		.conflict = sqlite3_column_int64(st, AT_AUTHOR + 6),
	};

	if (!change.author || !change.op || !change.name)
		return -ENOMEM;
	change.inode = moment_from_row(st, 0, &change.rev);
	change.time = change.inode.ctime;
	return h->fn(h->arg, &change);
}

/*
 * Tell of the rows of a place up to @at->rev, the newest first, until one says that the file came from
 * elsewhere, or to the end. Then @at is the last one told of. Returns 0 or the result of the moment_change_fn; 1 is
 * in *ret_more when a row was found.
 */
static int tell_place(struct history *h, struct at *at, bool *ret_more)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(h->c, SQL_MOMENT_HISTORY);
	struct at row = *at;
	int r;

	*ret_more = false;
	sqlite3_bind_int64(st, 1, at->rev);
	sqlite3_bind_int64(st, 2, at->parent);
	sqlite3_bind_text(st, 3, row.name, -1, SQLITE_STATIC);
	while ((r = stmt_row(st, "read the history of a place")) > 0) {
		*ret_more = true;
		r = at_from_row(st, AT_AUTHOR + 1, AT_AUTHOR + 4, AT_AUTHOR + 2, at);
		if (r == 0)
			r = tell(h, st);
		if (r != 0 || at->is_rename)
			break;
	}
	return r;
}

/* Where what was renamed to @at had been: *at is to go on with. Returns 1, or 0 when nobody knows. */
static int follow_rename(struct conn *c, struct at *at)
{
	struct at before;
	int r;

	r = row_of_inode(c, SQL_MOMENT_INODE, at->rev - 1, at->inode, &before);
	if (r <= 0 || !name_is_valid(before.name, strlen(before.name)))
		return r < 0 ? r : 0;
	if (before.is_removal)
		before.rev--; /* half of the renaming */
	*at = before;
	return 1;
}

/*
 * The directory that stood where @dir was made, and was there up to revision *ret_rev: one that was removed, or
 * moved away. Also when it was a directory above that was made anew. Returns 1 or 0.
 */
static int find_predecessor(
	struct conn *c, int64_t dir, unsigned depth, int64_t *ret_dir, int64_t *ret_rev)
{
	struct at first, before;
	int64_t parent, rev;
	int r;

	if (dir == STORE_ROOT || depth == DEPTH_MAX)
		return 0;
	r = row_of_inode(c, SQL_MOMENT_FIRST, INT64_MAX, dir, &first);
	if (r <= 0)
		return r;
	parent = first.parent;
	rev = first.rev - 1;
	r = row_at_place(c, rev, parent, first.name, &before);
	if (r == 0) {
		r = find_predecessor(c, parent, depth + 1, &parent, &rev);
		if (r > 0)
			r = row_at_place(c, rev, parent, first.name, &before);
	}
	if (r <= 0 || !S_ISDIR(before.mode) || before.inode == dir)
		return r < 0 ? r : 0;
	*ret_dir = before.inode;
	*ret_rev = before.is_removal ? before.rev : rev;
	return 1;
}

static int each_change(struct history *h, struct at *at)
{
	bool more = false;
	unsigned hops;
	int r = 0;

	/* each hop leads to older rows; the limit is for damaged ones */
	for (hops = 0; hops < DEPTH_MAX && r == 0; hops++) {
		r = tell_place(h, at, &more);
		if (r != 0)
			return r;
		if (more && at->is_rename) {
			r = follow_rename(h->c, at);
			if (r == 0)
				at->rev--; /* it came from nowhere: what stood here before */
		} else {
			r = find_predecessor(h->c, at->parent, 0, &at->parent, &at->rev);
			if (r == 0)
				return 0;
		}
		r = r < 0 ? r : 0;
	}
	return r;
}

int moment_history(struct store *s, int64_t parent, const char *name, int64_t rev,
	moment_change_fn *fn, void *arg)
{
	struct history h = { .fn = fn, .arg = arg };
	struct at at = { .rev = rev, .parent = parent };
	size_t len = strlen(name);
	int r;

	if (len > NAME_BYTES_MAX)
		return 0;
	memcpy(at.name, name, len + 1);
	r = reader_get(s, &h.c);
	if (r < 0)
		return r;
	r = each_change(&h, &at);
	reader_put(s, h.c);
	return r;
}

int moment_predecessor(struct store *s, int64_t dir, int64_t *ret_dir, int64_t *ret_rev)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = find_predecessor(c, dir, 0, ret_dir, ret_rev);
	reader_put(s, c);
	return r;
}

int moment_changes(struct store *s, int64_t from, int64_t to, moment_change_fn *fn, void *arg)
{
	struct history h = { .fn = fn, .arg = arg };
	int r;

	r = reader_get(s, &h.c);
	if (r < 0)
		return r;
	{
		CLEANUP_STMT sqlite3_stmt *st = conn_stmt(h.c, SQL_MOMENT_CHANGES);

		sqlite3_bind_int64(st, 1, from);
		sqlite3_bind_int64(st, 2, to);
		while ((r = stmt_row(st, "read the changes")) > 0) {
			r = tell(&h, st);
			if (r != 0)
				break;
		}
	}
	reader_put(s, h.c);
	return r;
}

/* --- where a path led --- */

/* A path that is looked for, and what is left of it. */
struct search {
	struct conn *c;
	int64_t *ret_parent;
	struct buf *ret_name;
	unsigned rows; /* looked at so far: a limit for what was made to be slow */
};

enum { ROWS_MAX = 1000000 };

/* The first component of @path. Returns its length, 0 at the end, or -ENAMETOOLONG. */
static int take_component(const char **path, char *ret_name)
{
	size_t len;

	for (;;) {
		*path += strspn(*path, "/");
		len = strcspn(*path, "/");
		if (len != 1 || **path != '.')
			break;
		(*path)++;
	}
	if (len > NAME_BYTES_MAX)
		return -ENAMETOOLONG;
	memcpy(ret_name, *path, len);
	ret_name[len] = '\0';
	*path += len;
	return (int)len;
}

static bool is_end(const char *path)
{
	while (*path == '/' || (*path == '.' && (path[1] == '/' || !path[1])))
		path++;
	return !*path;
}

/*
 * The newest revision up to @upto after which @path, below directory @dir, was there. Returns 1 and *ret_rev, or 0.
 * A row of a place tells what stood there until the next one: what is found below must lie in that time.
 */
static int search_below(
	struct search *s, int64_t dir, const char *path, int64_t upto, int64_t *ret_rev)
{
	char name[NAME_BYTES_MAX + 1];
	int64_t end, found = 0;
	struct at at = { 0 };
	int r;

	r = take_component(&path, name);
	if (r <= 0)
		return r;
	for (end = upto; (r = row_at_place(s->c, end, dir, name, &at)) > 0; end = at.rev - 1) {
		if (++s->rows > ROWS_MAX)
			return 0;
		if (at.is_removal)
			continue;
		if (is_end(path)) {
			*s->ret_parent = dir;
			*ret_rev = end;
			s->ret_name->len = 0;
			r = buf_add_str(s->ret_name, name);
			return r < 0 ? r : 1;
		}
		if (!S_ISDIR(at.mode))
			continue;
		r = search_below(s, at.inode, path, end, &found);
		if (r < 0 || (r > 0 && found >= at.rev)) {
			*ret_rev = found;
			return r;
		}
	}
	return r;
}

int moment_find_place(struct store *s, const char *path, int64_t *ret_parent, struct buf *ret_name,
	int64_t *ret_rev)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct search search = { .ret_parent = ret_parent, .ret_name = &name };
	int64_t parent = 0, rev = 0;
	int r;

	if (is_end(path))
		return -EISDIR;
	search.ret_parent = &parent;
	r = reader_get(s, &search.c);
	if (r < 0)
		return r;
	r = search_below(&search, STORE_ROOT, path, INT64_MAX, &rev);
	reader_put(s, search.c);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_parent = parent;
	*ret_rev = rev;
	buf_done(ret_name);
	*ret_name = buf_steal(&name);
	return 0;
}
