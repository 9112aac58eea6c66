/* Changes of single inodes and names inside a transaction; see also rename.c and xattr.c. */
#include "store_priv.h"

#include "store_restore_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

enum {
	LINKS_MAX = 65000,          /* as ext4 */
	TEXT_BYTES_MAX = 999000000, /* SQLite keeps 1,000,000,000 bytes in a row */
};

int txn_get(struct txn *t, int64_t id, struct inode *ret_inode)
{
	return conn_get(t->c, id, ret_inode);
}

int txn_lookup(struct txn *t, int64_t parent, const char *name, struct inode *ret_inode)
{
	return conn_lookup(t->c, parent, name, ret_inode);
}

static int take_number(struct txn *t, const char *sequence, int64_t *ret_number)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_RESERVE);
	int r;

	bind_text(st, 1, sequence);
	sqlite3_bind_int64(st, 2, 1);
	r = stmt_row(st, "take a number");
	if (r <= 0)
		return r < 0 ? r : -EIO;
	*ret_number = sqlite3_column_int64(st, 0);
	return stmt_run(st, "take a number");
}

/* A number from our range; when a big change has used it up, one from the table itself. */
static int new_id(struct txn *t, struct id_range *range, const char *table, int64_t *ret_id)
{
	return id_take(t->s, range, ret_id) ? 0 : take_number(t, table, ret_id);
}

int new_place(struct txn *t, int64_t *ret_place)
{
	return take_number(t, "place", ret_place);
}

int insert_body(struct txn *t, const struct text *text, int64_t *ret_body)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	XXH128_canonical_t hash;
	int64_t id = 0;
	int r;

	if (!text || text->len == 0) {
		*ret_body = 0;
		return 0;
	}
	if (text->len > TEXT_BYTES_MAX)
		return -EFBIG;
	r = new_id(t, &t->s->body_ids, "body", &id);
	if (r < 0)
		return r;
	XXH128_canonicalFromHash(&hash, XXH3_128bits(text->data, text->len));
	st = conn_stmt(t->c, SQL_BODY_INSERT);
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_blob(st, 2, &hash, sizeof(hash), SQLITE_STATIC);
	sqlite3_bind_blob(st, 3, text->data, (int)text->len, SQLITE_STATIC);
	r = stmt_run(st, "store a text");
	if (r == 0)
		*ret_body = id;
	return r;
}

int drop_body(struct txn *t, int64_t inode, int64_t body)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_BODY_DROP);

	if (body == 0)
		return 0;
	sqlite3_bind_int64(st, 1, body);
	sqlite3_bind_int64(st, 2, inode);
	return stmt_run(st, "drop a text");
}

int body_is(struct txn *t, int64_t id, const struct text *text)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_BODY_EQUAL);
	int r;

	if (id == 0 || text->len == 0)
		return id == 0 && text->len == 0;
	if (text->len > TEXT_BYTES_MAX)
		return -EFBIG;
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_blob(st, 2, text->data, (int)text->len, SQLITE_STATIC);
	r = stmt_row(st, "compare a text");
	return r > 0 ? sqlite3_column_int(st, 0) : r;
}

static void bind_inode(sqlite3_stmt *st, const struct inode *i)
{
	const int64_t values[] = { i->id, i->mode, i->uid, i->gid, i->nlink, (int64_t)i->rdev,
		i->size, i->atime, i->mtime, i->ctime, i->btime };
	int at;

	for (at = 0; at < (int)ARRAY_LEN(values); at++)
		sqlite3_bind_int64(st, at + 1, values[at]);
	if (i->body)
		sqlite3_bind_int64(st, 12, i->body);
}

int insert_inode(struct txn *t, const struct inode *i, const struct text *target)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_INODE_INSERT);

	bind_inode(st, i);
	if (target)
		sqlite3_bind_text(st, 13, target->data, (int)target->len, SQLITE_STATIC);
	return stmt_run(st, "make an inode");
}

int update_inode(struct txn *t, const struct inode *i)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_INODE_UPDATE);

	bind_inode(st, i);
	return stmt_run(st, "change an inode");
}

int set_links(struct txn *t, struct inode *i, uint32_t nlink)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_INODE_LINKS);
	int r;

	sqlite3_bind_int64(st, 1, i->id);
	sqlite3_bind_int64(st, 2, nlink);
	sqlite3_bind_int64(st, 3, t->now);
	r = stmt_run(st, "count links");
	if (r == 0) {
		i->nlink = nlink;
		i->ctime = t->now;
	}
	return r;
}

int touch_dir(struct txn *t, int64_t id, int subdirs)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_DIR_TOUCH);

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, t->now);
	sqlite3_bind_int(st, 3, subdirs);
	return stmt_run(st, "change a directory");
}

static int touch_dir_at(struct txn *t, int64_t id, int subdirs, int64_t when)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_DIR_TOUCH_AT);

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, when);
	sqlite3_bind_int(st, 3, subdirs);
	return stmt_run(st, "change a directory");
}

int txn_touch_dir(struct txn *t, int64_t id, const char *name)
{
	struct inode dir;
	int r;

	if (name_is_scratch(name))
		return touch_dir(t, id, 0);
	r = record_root(t, id);
	if (r == 0)
		r = touch_dir(t, id, 0);
	if (r == 0)
		r = conn_get(t->c, id, &dir);
	return r < 0 ? r : record_change(t, &dir, false, 0);
}

/* @place: 0 takes a new one. */
int insert_dentry(struct txn *t, int64_t parent, const char *name, int64_t inode, int64_t place)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_DENTRY_INSERT);
	int r = 0;

	if (place == 0)
		r = new_place(t, &place);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	sqlite3_bind_int64(st, 3, inode);
	sqlite3_bind_int64(st, 4, place);
	return stmt_run(st, "add a name");
}

int delete_dentry(struct txn *t, int64_t parent, const char *name)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_DENTRY_DELETE);

	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	return stmt_run(st, "remove a name");
}

int check_dir(struct txn *t, int64_t id)
{
	struct inode dir;
	int r;

	r = conn_get(t->c, id, &dir);
	if (r < 0)
		return r;
	if (!S_ISDIR(dir.mode))
		return -ENOTDIR;
	return dir.nlink == 0 ? -ENOENT : 0;
}

/* Can a new @name stand in @parent? */
static int check_place(struct txn *t, int64_t parent, const char *name)
{
	struct inode there;
	int r;

	r = check_dir(t, parent);
	if (r < 0)
		return r;
	r = conn_lookup(t->c, parent, name, &there);
	return r == 0 ? -EEXIST : r == -ENOENT ? 0 : r;
}

int txn_create(struct txn *t, int64_t parent, const char *name, struct inode *inode,
	const struct text *text)
{
	bool is_dir = S_ISDIR(inode->mode), is_link = S_ISLNK(inode->mode);
	struct inode made = *inode;
	int r;

	r = check_place(t, parent, name);
	if (r == 0 && made.id == 0)
		r = new_id(t, &t->s->inode_ids, "inode", &made.id);
	if (r == 0)
		r = insert_body(t, is_link ? NULL : text, &made.body);
	if (r < 0)
		return r;
	made.nlink = is_dir ? 2 : 1;
	made.size = text ? (int64_t)text->len : 0;
	r = insert_inode(t, &made, is_link ? text : NULL);
	if (r == 0)
		r = insert_dentry(t, parent, name, made.id, made.id);
	if (r == 0)
		r = touch_dir_at(t, parent, is_dir, made.btime);
	if (r == 0)
		r = record_arrival(t, ARRIVAL_CREATE, parent, name, &made);
	if (r == 0)
		*inode = made;
	return r;
}

static int record_save(struct txn *t, const struct inode *saved, const struct inode *before,
	int64_t base, enum text_state state)
{
	if (state == TEXT_PART)
		return 0;
	if (saved->body != before->body || state == TEXT_WHOLE)
		return record_text(t, saved, base, before->body);
	if (saved->mode == before->mode && saved->uid == before->uid && saved->gid == before->gid &&
		saved->mtime == before->mtime)
		return 0;
	return record_change(t, saved, false, 0); /* no version */
}

int txn_save(struct txn *t, struct inode *inode, const struct text *text, int64_t base,
	enum text_state state)
{
	struct inode now, saved = *inode;
	int same, r;

	r = conn_get(t->c, inode->id, &now);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r;
	if (now.nlink == 0)
		return -ESTALE;
	same = body_is(t, now.body, text);
	if (same < 0)
		return same;
	saved.nlink = now.nlink;
	saved.btime = now.btime;
	saved.body = now.body;
	saved.size = (int64_t)text->len;
	if (!same)
		r = insert_body(t, text, &saved.body);
	if (r == 0)
		r = update_inode(t, &saved);
	if (r == 0)
		r = record_save(t, &saved, &now, base, state);
	if (r == 0 && !same)
		r = drop_body(t, now.id, now.body);
	if (r == 0)
		*inode = saved;
	return r;
}

int txn_set_attr(struct txn *t, const struct inode *inode)
{
	struct inode now, changed = *inode;
	int r;

	r = conn_get(t->c, inode->id, &now);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r;
	changed.nlink = now.nlink;
	changed.size = now.size;
	changed.body = now.body;
	changed.btime = now.btime;
	r = record_root(t, inode->id);
	if (r == 0)
		r = update_inode(t, &changed);
	return r < 0 ? r : record_change(t, &changed, false, 0);
}

int txn_link(struct txn *t, int64_t id, int64_t parent, const char *name, struct inode *ret_inode)
{
	struct inode inode;
	int r;

	r = conn_get(t->c, id, &inode);
	if (r == 0 && S_ISDIR(inode.mode))
		r = -EPERM;
	if (r == 0 && inode.nlink == 0)
		r = -ENOENT;
	if (r == 0 && inode.nlink >= LINKS_MAX)
		r = -EMLINK;
	if (r == 0)
		r = check_place(t, parent, name);
	if (r == 0)
		r = set_links(t, &inode, inode.nlink + 1);
	if (r == 0)
		r = insert_dentry(t, parent, name, id, 0);
	if (r == 0)
		r = touch_dir(t, parent, 0);
	if (r == 0)
		r = record_arrival(t, ARRIVAL_LINK, parent, name, &inode);
	if (r == 0)
		*ret_inode = inode;
	return r;
}

/* Where the newest revision of @id was. Returns 1, or 0 when there is none. */
static int last_place(struct txn *t, int64_t id, int64_t *ret_parent, struct buf *ret_name)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_LAST_PLACE);
	int r;

	sqlite3_bind_int64(st, 1, id);
	r = stmt_row(st, "find the last name");
	if (r <= 0)
		return r;
	*ret_parent = sqlite3_column_int64(st, 0);
	r = buf_add(ret_name, sqlite3_column_text(st, 1), (size_t)sqlite3_column_bytes(st, 1));
	return r < 0 ? r : 1;
}

int txn_relink(struct txn *t, int64_t id, int64_t *ret_parent, struct buf *ret_name)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	int64_t parent = 0;
	struct inode inode;
	int r;

	r = conn_get(t->c, id, &inode);
	if (r < 0 || inode.nlink > 0)
		return r < 0 && r != -ENOENT ? r : -ESTALE;
	r = last_place(t, id, &parent, &name);
	if (r <= 0)
		return r < 0 ? r : -ESTALE;
	r = check_place(t, parent, buf_str(&name));
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR || r == -EEXIST ? -ESTALE : r;
	r = set_links(t, &inode, 1);
	if (r == 0)
		r = insert_dentry(t, parent, buf_str(&name), id, 0);
	if (r == 0)
		r = touch_dir(t, parent, 0);
	if (r == 0)
		r = record_arrival(t, ARRIVAL_LINK, parent, buf_str(&name), &inode);
	if (r < 0)
		return r;

	*ret_parent = parent;
	buf_done(ret_name);
	*ret_name = buf_steal(&name);
	return 0;
}

int txn_drop_link(struct txn *t, struct inode *inode)
{
	bool is_dir = S_ISDIR(inode->mode);

	return set_links(t, inode, is_dir || inode->nlink == 0 ? 0 : inode->nlink - 1);
}

static int remove_name(struct txn *t, int64_t parent, const char *name, struct inode *inode)
{
	int r;

	r = delete_dentry(t, parent, name);
	if (r == 0)
		r = touch_dir(t, parent, S_ISDIR(inode->mode) ? -1 : 0);
	if (r == 0)
		r = txn_drop_link(t, inode);
	return r < 0 ? r : record_removal(t, parent, name, inode);
}

int txn_unlink(struct txn *t, int64_t parent, const char *name, struct inode *ret_inode)
{
	struct inode inode;
	int r;

	r = conn_lookup(t->c, parent, name, &inode);
	if (r == 0 && S_ISDIR(inode.mode))
		r = -EISDIR;
	if (r == 0)
		r = remove_name(t, parent, name, &inode);
	if (r == 0)
		*ret_inode = inode;
	return r;
}

/* Returns 0 when directory @id is empty, or -ENOTEMPTY. */
int check_empty(struct txn *t, int64_t id)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_HAS_CHILD);
	int r;

	sqlite3_bind_int64(st, 1, id);
	r = stmt_row(st, "look into a directory");
	return r > 0 ? -ENOTEMPTY : r;
}

int txn_rmdir(struct txn *t, int64_t parent, const char *name, struct inode *ret_inode)
{
	struct inode inode;
	int r;

	r = conn_lookup(t->c, parent, name, &inode);
	if (r == 0 && !S_ISDIR(inode.mode))
		r = -ENOTDIR;
	if (r == 0)
		r = check_empty(t, inode.id);
	if (r == 0)
		r = remove_name(t, parent, name, &inode);
	if (r == 0)
		*ret_inode = inode;
	return r;
}
