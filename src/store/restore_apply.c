/*
 * Bringing places back as a plan has it: see planfs/bring.h. All names first, so that things may change places with each
 * other; then what the names have to do with inodes; the texts; and the rows of the table revision at the end, which
 * describe inodes as they are after the change.
 */
#include "store_restore_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_done(const struct bring_item *i)
{
	return i->how != BRING_LEAVE;
}

static bool changes_name(const struct bring_item *i)
{
	return is_done(i) && i->now.id != i->use;
}

/* Does @i speak for all names of what it wants? */
static bool is_first(const struct bring_plan *p, const struct bring_item *i)
{
	const struct bring_item *user;

	if (!is_done(i) || !i->use)
		return false;
	if (i->use != i->wanted.then.id)
		return bring_find_then(p, i->wanted.then.id) == i;
	user = bring_find_user(p, i->use);
	return user == i;
}

/* --- inodes --- */

static int make_inode(struct bring_plan *p, const struct bring_item *i)
{
	const struct text target = { i->wanted.target,
		i->wanted.target ? strlen(i->wanted.target) : 0 };
	struct inode made = i->wanted.then, there;
	int r;

	made.id = i->use;
	made.nlink = 0;
	made.rdev = 0;
	made.atime = made.mtime;
	made.ctime = made.btime = p->t->now;
	r = conn_get(p->t->c, made.id, &there);
	if (r == 0) /* a directory that was not purged yet, or another name of what was made here */
		return S_ISDIR(made.mode) ? update_inode(p->t, &made) : 0;
	return r == -ENOENT ? insert_inode(p->t, &made, S_ISLNK(made.mode) ? &target : NULL) : r;
}

static int make_inodes(struct bring_plan *p)
{
	size_t i;
	int r = 0;

	for (i = 0; i < p->n && r == 0; i++)
		if (is_done(&p->items[i]) && p->items[i].is_fresh)
			r = make_inode(p, &p->items[i]);
	return r;
}

/* --- names --- */

static int change_name(struct bring_plan *p, const struct bring_item *i)
{
	if (!i->use)
		return delete_dentry(p->t, i->parent, i->wanted.name);
	if (i->now.id) /* in its place in the listing */
		return point_dentry(p->t, i->parent, i->wanted.name, i->use);
	return insert_dentry(p->t, i->parent, i->wanted.name, i->use, 0);
}

static int change_names(struct bring_plan *p)
{
	size_t i;
	int r = 0;

	for (i = 0; i < p->n && r == 0; i++) {
		if (!changes_name(&p->items[i]))
			continue;
		r = change_name(p, &p->items[i]);
		if (p->items[i].use)
			bring_find_then(p, p->items[i].wanted.then.id)->n_arrivals++;
	}
	return r;
}

/* --- counts --- */

/* Inodes whose names changed, and directories in which they did. */
struct touched {
	int64_t id;
	bool is_parent;
};

static int by_id(const void *a, const void *b)
{
	const struct touched *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return y->is_parent - x->is_parent; /* the one that says more comes first */
}

static int count_links(struct bring_plan *p, sqlite3_stmt *names, sqlite3_stmt *subdirs, int64_t id)
{
	struct inode inode;
	uint32_t nlink = 0;
	int r;

	r = conn_get(p->t->c, id, &inode);
	if (r < 0)
		return r;
	sqlite3_reset(names);
	sqlite3_bind_int64(names, 1, id);
	r = stmt_row(names, "count names");
	if (r > 0)
		nlink = (uint32_t)sqlite3_column_int64(names, 0);
	if (r > 0 && S_ISDIR(inode.mode) && (nlink > 0 || id == STORE_ROOT)) {
		sqlite3_reset(subdirs);
		sqlite3_bind_int64(subdirs, 1, id);
		r = stmt_row(subdirs, "count subdirectories");
		if (r > 0)
			nlink = 2 + (uint32_t)sqlite3_column_int64(subdirs, 0);
	}
	return r < 0 ? r : set_links(p->t, &inode, nlink);
}

static int count_all(struct bring_plan *p, const struct touched *touched, size_t n)
{
	CLEANUP_FINALIZE sqlite3_stmt *names = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *subdirs = NULL;
	size_t i;
	int r = 0;

	if (sqlite3_prepare_v2(p->t->c->db, "SELECT count(*) FROM dentry WHERE inode = ?1", -1,
		    &names, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(p->t->c->db,
			"SELECT count(*) FROM dentry d CROSS JOIN inode i ON i.id = d.inode "
			"WHERE d.parent = ?1 AND i.mode & 61440 = 16384",
			-1, &subdirs, NULL) != SQLITE_OK)
		return store_errno(p->t->c->db, "count links");
	for (i = 0; i < n && r == 0; i++) {
		if (i > 0 && touched[i].id == touched[i - 1].id)
			continue;
		r = count_links(p, names, subdirs, touched[i].id);
		if (r == 0 && touched[i].is_parent)
			r = touch_dir(p->t, touched[i].id, 0);
	}
	return r;
}

static int count_touched(struct bring_plan *p)
{
	struct touched *touched = reallocarray(NULL, 3 * p->n + 1, sizeof(*touched));
	size_t i, n = 0;
	int r;

	if (!touched)
		return -ENOMEM;
	for (i = 0; i < p->n; i++) {
		const struct bring_item *item = &p->items[i];

		if (!changes_name(item))
			continue;
		touched[n++] = (struct touched){ item->parent, true };
		if (item->now.id)
			touched[n++] = (struct touched){ item->now.id, false };
		if (item->use)
			touched[n++] = (struct touched){ item->use, false };
	}
	qsort(touched, n, sizeof(*touched), by_id);
	r = count_all(p, touched, n);
	free(touched);
	return r;
}

/* --- texts and attributes --- */

/* The rows of new names tell of the inode as it is now; its other names need rows of their own. */
static int record_content(struct bring_plan *p, const struct bring_item *i,
	const struct inode *inode, const struct inode *before)
{
	uint32_t names = S_ISDIR(inode->mode) ? 1 : inode->nlink;
	bool saved = inode->body != before->body;

	if (i->is_fresh || bring_find_then(p, i->wanted.then.id)->n_arrivals >= names)
		return 0;
	return record_change(p->t, inode, saved, saved ? before->body : 0);
}

static int set_content(struct bring_plan *p, const struct bring_item *i)
{
	const struct inode *then = &i->wanted.then;
	struct inode inode, before;
	int r;

	r = conn_get(p->t->c, i->use, &inode);
	if (r < 0)
		return r;
	before = inode;
	inode.mode = then->mode;
	inode.uid = then->uid;
	inode.gid = then->gid;
	inode.size = then->size;
	inode.body = then->body;
	if (!(S_ISDIR(then->mode) && i->wanted.keep_mtime))
		inode.mtime = then->mtime;
	if (memcmp(&inode, &before, sizeof(inode)) == 0)
		return 0;
	inode.ctime = p->t->now;
	r = record_root(p->t, inode.id);
	if (r == 0)
		r = update_inode(p->t, &inode);
	if (r == 0)
		r = record_content(p, i, &inode, &before);
	return r < 0 || inode.body == before.body ? r : drop_body(p->t, before.id, before.body);
}

/* Contents before directories, whose mtime is changed by nothing else afterwards. */
static int set_contents(struct bring_plan *p)
{
	size_t n;
	int r = 0;

	for (n = p->n; n > 0 && r == 0; n--)
		if (is_first(p, &p->items[n - 1]) && !p->items[n - 1].is_link)
			r = set_content(p, &p->items[n - 1]);
	return r;
}

/* --- revisions --- */

static int record_gone(struct bring_plan *p, struct bring_item *i)
{
	struct inode inode;
	int r;

	if (i->is_recorded || i->use)
		return 0;
	i->is_recorded = true;
	r = conn_get(p->t->c, i->now.id, &inode);
	return r < 0 ? r : record_removal(p->t, i->parent, i->wanted.name, &inode);
}

/* A file that made way, and has other names: these have one less beside them. */
static int record_replaced(struct bring_plan *p, const struct bring_item *i)
{
	struct inode inode;
	int r;

	if (!i->now.id || S_ISDIR(i->now.mode) || i->now.nlink < 2)
		return 0;
	r = conn_get(p->t->c, i->now.id, &inode);
	if (r < 0 || inode.nlink == 0)
		return r;
	return record_change(p->t, &inode, false, 0);
}

static int record_came(struct bring_plan *p, struct bring_item *i)
{
	struct bring_item *from = i->is_fresh ? NULL : bring_find_source(p, i->use);
	enum arrival how = i->is_fresh ? ARRIVAL_CREATE : from ? ARRIVAL_RENAME : ARRIVAL_LINK;
	struct inode inode;
	int r;

	r = from ? record_gone(p, from) : 0; /* just before, as after any rename */
	if (r == 0)
		r = record_replaced(p, i);
	if (r == 0)
		r = conn_get(p->t->c, i->use, &inode);
	return r < 0 ? r : record_arrival(p->t, how, i->parent, i->wanted.name, &inode);
}

static int record_place(struct bring_plan *p, struct bring_item *i);

/* What is in directory @id now and will not be: while the directory stands where it is, so that what is told has a path. */
static int record_inside(struct bring_plan *p, int64_t id)
{
	size_t at = bring_first_inside(p, id);
	struct bring_item *i;
	int r = 0;

	for (; r == 0 && (i = bring_inside(p, id, at)); at++)
		if (i->parent == id && i->now.id)
			r = record_place(p, i);
	return r;
}

/* What comes into a directory: when that has come itself. */
static int record_above(struct bring_plan *p, const struct bring_item *i)
{
	struct bring_item *dir = i->use ? bring_find_user(p, i->parent) : NULL;

	return dir ? record_place(p, dir) : 0;
}

/* What only moves is told of before it is gone, where it comes. Names that change places with each other have no order. */
static int record_place(struct bring_plan *p, struct bring_item *i)
{
	struct bring_item *to = i->use || !i->now.id ? NULL : bring_find_user(p, i->now.id);
	int r = 0;

	if (i->is_told || !changes_name(i))
		return 0;
	i->is_told = true;
	if (to && changes_name(to))
		r = record_place(p, to);
	if (r == 0 && S_ISDIR(i->now.mode))
		r = record_inside(p, i->now.id);
	if (r == 0)
		r = record_above(p, i);
	if (r < 0)
		return r;
	return i->use ? record_came(p, i) : record_gone(p, i);
}

static int record_names(struct bring_plan *p)
{
	size_t i;
	int r = 0;

	for (i = 0; i < p->n && r == 0; i++)
		r = record_place(p, &p->items[i]);
	return r;
}

int txn_bring(struct bring_plan *p)
{
	int r;

	r = make_inodes(p);
	if (r == 0)
		r = change_names(p);
	if (r == 0)
		r = count_touched(p);
	if (r == 0)
		r = set_contents(p);
	return r < 0 ? r : record_names(p);
}
