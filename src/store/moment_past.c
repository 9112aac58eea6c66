/* All that ever stood in a directory, for those who list the history: names, and what they were last. */
#include "store_moment_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS_MAX = 10000 /* of a place, until something is found that can be shown */ };

static int each_name(struct conn *c, int64_t parent, moment_name_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_PAST_NAMES);
	int r;

	sqlite3_bind_int64(st, 1, parent);
	while ((r = stmt_row(st, "list names of the past")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		if (!name)
			return -ENOMEM;
		if (!name_is_valid(name, (size_t)sqlite3_column_bytes(st, 0)) ||
			name_is_scratch(name))
			continue;
		r = fn(arg, name, sqlite3_column_int64(st, 1));
		if (r != 0)
			break;
	}
	return r;
}

int moment_names(struct store *s, int64_t parent, moment_name_fn *fn, void *arg)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = each_name(c, parent, fn, arg);
	reader_put(s, c);
	return r;
}

/* Is the last that is known of directory @id that it stands, or stood, here? Returns 1 or 0. */
static int ended_here(struct conn *c, int64_t id, int64_t parent, const char *name)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_INODE);
	const char *last;
	int r;

	sqlite3_bind_int64(st, 1, INT64_MAX);
	sqlite3_bind_int64(st, 2, id);
	r = stmt_row(st, "find the last name");
	if (r <= 0)
		return r;
	last = (const char *)sqlite3_column_text(st, MOMENT_COLUMNS_N + 2);
	if (!last)
		return -ENOMEM;
	return sqlite3_column_int64(st, MOMENT_COLUMNS_N + 1) == parent && strcmp(last, name) == 0;
}

int moment_first_row(struct conn *c, int64_t parent, const char *name, int64_t *ret_first)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_PAST_FIRST);
	int r;

	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	r = stmt_row(st, "find the first row of a place");
	if (r > 0)
		*ret_first = sqlite3_column_int64(st, 0);
	return r < 0 ? r : 0;
}

/* Does the present row, or one behind it, say more than that something went away? Of what was forgotten that may be left. */
static int says_more(sqlite3_stmt *st)
{
	int r = 1;

	while (r > 0) {
		const char *op = (const char *)sqlite3_column_text(st, MOMENT_COLUMNS_N + 1);

		if (!op)
			return -ENOMEM;
		if (strcmp(op, "remove") != 0)
			return 1;
		r = stmt_row(st, "look into the past");
	}
	return r;
}

static int look_past(struct conn *c, const struct look_key *key, void *ret)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_HISTORY);
	struct moment_past past = { 0 };
	int64_t not_here = 0;
	unsigned rows;
	int r;

	sqlite3_bind_int64(st, 1, INT64_MAX);
	sqlite3_bind_int64(st, 2, key->id);
	bind_text(st, 3, key->name);
	for (rows = 0; rows < ROWS_MAX && (r = stmt_row(st, "look into the past")) > 0; rows++) {
		past.inode = moment_from_row(st, 0, &past.rev);
		if (S_ISREG(past.inode.mode))
			break;
		if (!S_ISDIR(past.inode.mode) || past.inode.id == not_here)
			continue;
		r = ended_here(c, past.inode.id, key->id, key->name);
		if (r != 0)
			break;
		not_here = past.inode.id;
	}
	if (r > 0 && rows < ROWS_MAX)
		r = says_more(st);
	if (r <= 0 || rows == ROWS_MAX)
		return r < 0 ? r : -ENOENT;
	r = moment_first_row(c, key->id, key->name, &past.first);
	if (r == 0 && !inode_is_sound(&past.inode))
		r = -EIO;
	if (r == 0)
		*(struct moment_past *)ret = past;
	return r;
}

int moment_past(struct store *s, int64_t parent, const char *name, struct moment_past *ret_past)
{
	if (name_is_scratch(name))
		return -ENOENT;
	return store_look(s, look_past, &(struct look_key){ .id = parent, .name = name }, ret_past);
}

/* The place of a row, while it is copied. */
struct row_place {
	int64_t parent, first;
	struct buf *name;
};

static int look_row(struct conn *c, const struct look_key *key, void *ret)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_CHANGES);
	struct row_place *place = ret;
	int r;

	sqlite3_bind_int64(st, 1, key->rev);
	sqlite3_bind_int64(st, 2, key->rev);
	r = stmt_row(st, "read a row of the past");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	place->parent = sqlite3_column_int64(st, MOMENT_COLUMNS_N + 4);
	place->name->len = 0;
	r = buf_add(place->name, sqlite3_column_text(st, MOMENT_COLUMNS_N + 2),
		(size_t)sqlite3_column_bytes(st, MOMENT_COLUMNS_N + 2));
	return r < 0 ? r : moment_first_row(c, place->parent, buf_str(place->name), &place->first);
}

int moment_place(struct store *s, int64_t first, int64_t *ret_parent, struct buf *ret_name)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct row_place place = { .name = &name };
	int r;

	r = store_look(s, look_row, &(struct look_key){ .rev = first }, &place);
	if (r < 0)
		return r;
	if (place.first != first)
		return -ENOENT;
	*ret_parent = place.parent;
	buf_done(ret_name);
	*ret_name = buf_steal(&name);
	return 0;
}

static int look_last(struct conn *c, const struct look_key *key, void *ret)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	struct inode inode;
	int r;

	r = conn_moment_get(c, INT64_MAX, key->id, &inode);
	if (r != -ENOENT) {
		if (r == 0)
			*(int64_t *)ret = INT64_MAX;
		return r;
	}
	st = conn_stmt(c, SQL_MOMENT_INODE);
	sqlite3_bind_int64(st, 1, INT64_MAX);
	sqlite3_bind_int64(st, 2, key->id);
	r = stmt_row(st, "find the end of an inode");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*(int64_t *)ret = sqlite3_column_int64(st, 0) - 1;
	return 0;
}

int moment_last(struct store *s, int64_t id, int64_t *ret_rev)
{
	return store_look(s, look_last, &(struct look_key){ .id = id }, ret_rev);
}

static int look_same(struct conn *c, const struct look_key *key, void *ret)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_SAME_TEXT);
	int r;

	(void)ret;
	sqlite3_bind_int64(st, 1, key->id);
	sqlite3_bind_int64(st, 2, key->rev);
	r = stmt_row(st, "compare texts");
	return r > 0 ? sqlite3_column_int(st, 0) : r;
}

int moment_same_text(struct store *s, int64_t body, int64_t other)
{
	if (body == other || body == 0 || other == 0)
		return body == other;
	return store_look(s, look_same, &(struct look_key){ .id = body, .rev = other }, NULL);
}
