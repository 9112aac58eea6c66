/*
 * The tree as it was after a revision. A name stands for what the newest row of its place says that is not newer
 * than the revision; what that was like, the newest row of the inode says, because a file may have changed
 * under another name. Rows are never changed, so that no transaction is needed over several looks.
 */
#include "store_moment_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 4096 };

struct inode moment_from_row(sqlite3_stmt *st, int at, int64_t *ret_rev)
{
	int64_t mtime = sqlite3_column_int64(st, at + 7);
	int64_t nlink = sqlite3_column_int64(st, at + 5);

	*ret_rev = sqlite3_column_int64(st, at);
	return (struct inode){
		.id = sqlite3_column_int64(st, at + 1),
		.mode = (uint32_t)sqlite3_column_int64(st, at + 2),
		.uid = (uint32_t)sqlite3_column_int64(st, at + 3),
		.gid = (uint32_t)sqlite3_column_int64(st, at + 4),
		.nlink = nlink > 1 ? (uint32_t)nlink : 1,
		.size = sqlite3_column_int64(st, at + 6),
		.mtime = mtime,
		.atime = mtime,
		.btime = mtime,
		.ctime = sqlite3_column_int64(st, at + 8),
		.body = sqlite3_column_int64(st, at + 9),
	};
}

static int add_dir_time(struct conn *c, int64_t rev, int64_t own, struct inode *inode)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_DIR);
	int r;

	sqlite3_bind_int64(st, 1, rev);
	sqlite3_bind_int64(st, 2, inode->id);
	r = stmt_row(st, "find the last change in a directory");
	if (r <= 0 || sqlite3_column_int64(st, 0) < own)
		return r < 0 ? r : 0;
	inode->mtime = inode->atime = inode->btime = sqlite3_column_int64(st, 1);
	inode->ctime = sqlite3_column_int64(st, 2);
	return 0;
}

/* The numbers of devices never change, and are in the inode only. */
static int add_device(struct conn *c, struct inode *inode)
{
	struct inode now;
	int r;

	r = conn_get(c, inode->id, &now);
	if (r == 0)
		inode->rdev = now.rdev;
	return r == -ENOENT ? 0 : r;
}

int moment_complete(struct conn *c, int64_t rev, int64_t own, struct inode *inode)
{
	if (S_ISDIR(inode->mode))
		return add_dir_time(c, rev, own, inode);
	return S_ISCHR(inode->mode) || S_ISBLK(inode->mode) ? add_device(c, inode) : 0;
}

/* --- names --- */

/* Where an inode was, or the place that is looked at. */
struct place {
	int64_t parent;
	char name[NAME_BYTES_MAX + 1];
};

/* Returns 1 and what stood at a place, or 0. */
static int find_at_place(
	struct conn *c, int64_t rev, int64_t parent, const char *name, int64_t *ret_inode)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_PLACE);
	int r;

	sqlite3_bind_int64(st, 1, rev);
	sqlite3_bind_int64(st, 2, parent);
	bind_text(st, 3, name);
	r = stmt_row(st, "look up a name of the past");
	if (r <= 0 || strcmp((const char *)sqlite3_column_text(st, 1), "remove") == 0)
		return r < 0 ? r : 0;
	*ret_inode = sqlite3_column_int64(st, 0);
	return 1;
}

/* The place in the columns at @at and behind it. Returns 1, 0 when it is none, or -ENOMEM. */
static int place_from_row(sqlite3_stmt *st, int at, struct place *ret_place)
{
	const char *name = (const char *)sqlite3_column_text(st, at + 1);
	size_t len = (size_t)sqlite3_column_bytes(st, at + 1);

	if (!name)
		return -ENOMEM;
	if (!name_is_valid(name, len) || name_is_scratch(name))
		return 0;
	ret_place->parent = sqlite3_column_int64(st, at);
	memcpy(ret_place->name, name, len + 1);
	return 1;
}

static int last_place(
	struct conn *c, int64_t rev, int64_t id, int64_t *ret_rev, struct place *ret_place)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_INODE);
	int r;

	sqlite3_bind_int64(st, 1, rev);
	sqlite3_bind_int64(st, 2, id);
	r = stmt_row(st, "find a name of the past");
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_rev = sqlite3_column_int64(st, 0);
	return place_from_row(st, MOMENT_COLUMNS_N + 1, ret_place);
}

/*
 * A place where inode @id stood after @rev: of several the one that changed last. Of a file that is gone every
 * row is looked at, but each place only once when they come in a row. Returns 0 or -ENOENT.
 */
static int find_place(struct conn *c, int64_t rev, int64_t id, struct place *ret_place)
{
	struct place place = { 0 }, seen = { 0 };
	int64_t at = rev, there = 0;
	int r;

	for (;; at--) {
		r = last_place(c, at, id, &at, &place);
		if (r < 0)
			return r;
		if (r == 0 || (place.parent == seen.parent && strcmp(place.name, seen.name) == 0))
			continue;
		r = find_at_place(c, rev, place.parent, place.name, &there);
		if (r < 0)
			return r;
		if (r > 0 && there == id) {
			*ret_place = place;
			return 0;
		}
		seen = place;
	}
}

/* --- inodes --- */

static int first_root(struct conn *c, struct inode *ret_root)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_ROOT);
	int64_t unused;
	int r;

	r = stmt_row(st, "read what the root was");
	if (r <= 0)
		return r < 0 ? r : conn_get(c, STORE_ROOT, ret_root);
	*ret_root = moment_from_row(st, 0, &unused);
	return 0;
}

/*
 * The root has no name, and rows only from its first change on. Before anything changed in it, it was as old as the
 * database.
 */
static int get_root(struct conn *c, int64_t rev, struct inode *ret_root)
{
	struct inode root, now;
	int r;

	r = conn_get(c, STORE_ROOT, &now);
	if (r == 0)
		r = first_root(c, &root);
	if (r < 0)
		return r;
	root.mtime = root.atime = root.btime = root.ctime = now.btime;
	root.nlink = 1;
	root.size = root.body = 0;
	r = moment_complete(c, rev, 0, &root);
	if (r == 0)
		*ret_root = root;
	return r;
}

/* Whether it had a name or not. Returns 0 or -ENOENT; @ret_place (may be NULL): of that row, "": of a removal. */
static int get_row(
	struct conn *c, int64_t rev, int64_t id, struct inode *ret_inode, struct place *ret_place)
{
	struct inode inode = { 0 };
	int64_t own = 0;
	int r;

	{
		CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_INODE);

		sqlite3_bind_int64(st, 1, rev);
		sqlite3_bind_int64(st, 2, id);
		r = stmt_row(st, "read an inode of the past");
		if (r > 0) {
			inode = moment_from_row(st, 0, &own);
			if (ret_place && place_from_row(st, MOMENT_COLUMNS_N + 1, ret_place) < 0)
				return -ENOMEM;
			if (ret_place && sqlite3_column_bytes(st, MOMENT_COLUMNS_N) == 6 &&
				memcmp(sqlite3_column_text(st, MOMENT_COLUMNS_N), "remove", 6) == 0)
				ret_place->name[0] = '\0';
		}
	}
	if (r == 0)
		return id == STORE_ROOT ? get_root(c, rev, ret_inode) : -ENOENT;
	if (r < 0)
		return r;
	r = moment_complete(c, rev, own, &inode);
	if (r == 0)
		*ret_inode = inode;
	return r;
}

int conn_moment_get(struct conn *c, int64_t rev, int64_t id, struct inode *ret_inode)
{
	struct place place = { 0 };
	struct inode inode;
	int64_t there = 0;
	int r;

	r = get_row(c, rev, id, &inode, &place);
	if (r == 0 && id != STORE_ROOT) {
		r = place.name[0] ? find_at_place(c, rev, place.parent, place.name, &there) : 0;
		if (r >= 0)
			r = r > 0 && there == id ? 0 : find_place(c, rev, id, &place);
	}
	if (r == 0 && !inode_is_sound(&inode))
		r = -EIO;
	if (r == 0)
		*ret_inode = inode;
	return r;
}

/* --- what others call --- */

static int look_get(struct conn *c, const struct look_key *key, void *ret)
{
	return conn_moment_get(c, key->rev, key->id, ret);
}

static int look_lookup(struct conn *c, const struct look_key *key, void *ret)
{
	struct inode inode;
	int64_t id = 0;
	int r;

	if (name_is_scratch(key->name))
		return -ENOENT;
	r = find_at_place(c, key->rev, key->id, key->name, &id);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	r = get_row(c, key->rev, id, &inode, NULL);
	if (r == 0 && !inode_is_sound(&inode))
		r = -EIO;
	if (r == 0)
		*(struct inode *)ret = inode;
	return r;
}

static int look_place(struct conn *c, const struct look_key *key, void *ret)
{
	return find_place(c, key->rev, key->id, ret);
}

int moment_get(struct store *s, int64_t rev, int64_t id, struct inode *ret_inode)
{
	return store_look(s, look_get, &(struct look_key){ .rev = rev, .id = id }, ret_inode);
}

int moment_lookup(
	struct store *s, int64_t rev, int64_t parent, const char *name, struct inode *ret_inode)
{
	return store_look(s, look_lookup,
		&(struct look_key){ .rev = rev, .id = parent, .name = name }, ret_inode);
}

int moment_parent(struct store *s, int64_t rev, int64_t id, int64_t *ret_parent)
{
	struct place place = { .parent = STORE_ROOT };
	int r = 0;

	if (id != STORE_ROOT)
		r = store_look(s, look_place, &(struct look_key){ .rev = rev, .id = id }, &place);
	if (r == 0)
		*ret_parent = place.parent;
	return r;
}

struct then {
	struct store *s;
	int64_t rev;
};

static int step_then(void *arg, int64_t parent, const char *name, struct inode *ret_inode)
{
	const struct then *then = arg;

	return moment_lookup(then->s, then->rev, parent, name, ret_inode);
}

int moment_resolve(struct store *s, int64_t rev, const char *path, struct inode *ret_inode)
{
	struct then then = { s, rev };
	struct inode at;
	int r;

	r = moment_get(s, rev, STORE_ROOT, &at);
	if (r == 0)
		r = path_walk(path, step_then, &then, &at);
	if (r == 0)
		*ret_inode = at;
	return r;
}

static int look_target(struct conn *c, const struct look_key *key, void *ret)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MOMENT_TARGET);
	struct buf *target = ret;
	int r;

	buf_done(target);
	sqlite3_bind_int64(st, 1, key->rev);
	sqlite3_bind_int64(st, 2, key->id);
	r = stmt_row(st, "read a target of the past");
	if (r < 0)
		return r;
	if (r == 0 || sqlite3_column_type(st, 0) == SQLITE_NULL)
		return -ENOENT;
	return buf_add(target, sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0));
}

int moment_readlink(struct store *s, int64_t rev, int64_t id, struct buf *ret_target)
{
	CLEANUP(buf_done) struct buf target = { 0 };
	int r;

	r = store_look(s, look_target, &(struct look_key){ .rev = rev, .id = id }, &target);
	if (r < 0)
		return r;
	buf_done(ret_target);
	*ret_target = buf_steal(&target);
	return 0;
}

/* Put @name before what is in @path. */
static int prepend(struct buf *path, const char *name)
{
	CLEANUP(buf_done) struct buf longer = { 0 };
	int r;

	r = buf_add_str(&longer, name);
	if (r == 0 && path->len > 0)
		r = buf_printf(&longer, "/%s", buf_str(path));
	if (r < 0)
		return r;
	buf_done(path);
	*path = buf_steal(&longer);
	return 0;
}

int moment_path(struct store *s, int64_t rev, int64_t id, struct buf *ret_path)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	struct place place;
	unsigned depth;
	int r;

	for (depth = 0; id != STORE_ROOT; depth++) {
		if (depth == DEPTH_MAX)
			return -EIO; /* damaged: it stands in itself */
		r = store_look(s, look_place, &(struct look_key){ .rev = rev, .id = id }, &place);
		if (r == 0)
			r = prepend(&path, place.name);
		if (r < 0)
			return r;
		id = place.parent;
	}
	buf_done(ret_path);
	*ret_path = buf_steal(&path);
	return 0;
}
