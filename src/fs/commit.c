/*
 * Bringing the text of an open file into the database. A commit works on a snapshot, so that others can
 * read and write the file while the transaction waits for a lock or for the disk.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_TEXT = 256 * 1024 };

static void commit_done(struct commit *c)
{
	buf_done(&c->text);
	buf_done(&c->relinked);
	free(c->name);
	free(c->place);
	*c = (struct commit){ 0 };
}

/* The name that waits for @n, as a copy, or NULL. */
static int copy_pending_name(struct fs *fs, struct node *n, struct commit *c)
{
	int r = 0;

	pthread_mutex_lock(&fs->table_lock);
	if (n->name) {
		c->name = strdup(n->name);
		c->parent = n->parent;
		r = c->name ? 0 : -ENOMEM;
	}
	pthread_mutex_unlock(&fs->table_lock);
	return r;
}

/*
 * Is there a text that is to become a version of the place that its file has lost? When it is closed: a log that is synced after each line
 * would be one version a line. With n->lock held.
 */
static bool is_to_keep(const struct node *n, enum commit_why why)
{
	return n->place && (n->written || n->unkept) && (why == COMMIT_CLOSE || why == COMMIT_LAST);
}

/* Is there anything of @n to commit? With n->lock held. */
static bool has_work(struct fs *fs, struct node *n, enum commit_why why)
{
	if (why == COMMIT_LAST && node_in_use(fs, n->id))
		return false;
	if (n->unlinked)
		return is_to_keep(n, why);
	if (why == COMMIT_PART)
		return n->dirty && n->in_db; /* a new file waits: there is no old text to be lost */
	return n->dirty || n->part || is_to_keep(n, why);
}

/* With n->lock held. */
static int copy_place(struct node *n, struct commit *c, enum commit_why why)
{
	c->is_unlinked = n->unlinked;
	if (!is_to_keep(n, why))
		return 0;
	c->place = strdup(n->place);
	c->place_parent = n->place_parent;
	c->place_body = n->place_body;
	return c->place ? 0 : -ENOMEM;
}

/* With n->lock held. */
static int take_snapshot(struct fs *fs, struct node *n, struct commit *c, enum commit_why why)
{
	int r = 0;

	if (!n->dirty) { /* stored as a part: only the version is missing */
		r = store_get(fs->store, n->id, &n->inode);
		if (r == 0)
			r = text_load(fs, n);
	}
	if (r == 0)
		r = copy_pending_name(fs, n, c);
	if (r == 0)
		r = copy_place(n, c, why);
	if (r == 0)
		r = buf_add(&c->text, n->text.data, n->text.len);
	c->inode = n->inode;
	c->base = n->base;
	c->is_anew = n->anew >= n->text.len;
	if (n->by_known) {
		c->by = n->by;
		c->reader = sight_reader(fs, &c->by);
	}
	c->change = n->change;
	c->set = n->set;
	return r;
}

int commit_begin(struct fs *fs, struct node *n, struct commit *c, enum commit_why why)
{
	int r = 0;

	pthread_mutex_lock(&n->lock);
	if (has_work(fs, n, why)) {
		c->state = why == COMMIT_PART ? TEXT_PART : n->part ? TEXT_WHOLE : TEXT_VERSION;
		r = take_snapshot(fs, n, c, why);
		c->node = r == 0 ? n : NULL;
		if (r < 0)
			n->refused = n->change;
	}
	pthread_mutex_unlock(&n->lock);
	if (r < 0)
		commit_done(c);
	return r;
}

/* Another program took the name meanwhile: the last close wins, and both texts are versions. */
static int create_over(
	struct txn *t, struct commit *c, struct inode *inode, const struct text *text)
{
	struct inode other;
	int r;

	r = txn_unlink(t, c->parent, c->name, &other);
	if (r == 0)
		txn_set_unseen(t, other.body);
	return r < 0 ? r : txn_create(t, c->parent, c->name, inode, text);
}

/* Attributes that were not set while the file was written are those that it has now. */
static int take_newer(struct txn *t, struct inode *inode, int set)
{
	struct inode now;
	int r;

	r = txn_get(t, inode->id, &now);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r;
	if (!(set & FUSE_SET_ATTR_MODE))
		inode->mode = now.mode;
	if (!(set & FUSE_SET_ATTR_UID))
		inode->uid = now.uid;
	if (!(set & FUSE_SET_ATTR_GID))
		inode->gid = now.gid;
	if (!(set & FUSE_SET_ATTR_ATIME))
		inode->atime = now.atime;
	return 0;
}

/* Another program may have removed the file: the last close wins. */
static int save_over_removal(
	struct txn *t, struct commit *c, struct inode *inode, const struct text *text)
{
	int r;

	buf_done(&c->relinked);
	r = take_newer(t, inode, c->set);
	if (r == 0)
		r = txn_save(t, inode, text, c->base, c->state);
	if (r != -ESTALE)
		return r;
	r = txn_relink(t, inode->id, &c->parent, &c->relinked);
	return r < 0 ? r : txn_save(t, inode, text, c->base, c->state);
}

/* Of a text that was made of the one that is there, no more need be known. */
static void set_reader(struct txn *t, struct commit *c)
{
	if (c->is_anew && c->reader.fs)
		txn_set_reader(t, sight_has, &c->reader);
	else
		txn_set_reader(t, NULL, NULL);
}

/* The place where the file stood has another one now: both texts are versions there. */
static int keep_text(struct txn *t, struct commit *c, const struct text *text)
{
	const struct lost_text lost = { .parent = c->place_parent,
		.name = c->place,
		.inode = &c->inode,
		.text = text,
		.base = c->place_body };

	c->kept = 0;
	return c->place ? txn_keep_text(t, &lost, &c->kept) : 0;
}

int commit_apply(struct txn *t, struct commit *c)
{
	const struct text text = { c->text.data, c->text.len };
	struct inode inode = c->inode;
	int r;

	if (!c->node)
		return 0;
	set_reader(t, c);
	if (c->is_unlinked)
		return keep_text(t, c, &text);
	if (c->name) {
		r = txn_create(t, c->parent, c->name, &inode, &text);
		if (r == -EEXIST)
			r = create_over(t, c, &inode, &text);
	} else {
		r = save_over_removal(t, c, &inode, &text);
	}
	if (r < 0)
		return r;
	c->inode.body = inode.body;
	return keep_text(t, c, &text);
}

/* @n has no name: what was kept is a version of its place, and the text goes on being in memory only. With n->lock held. */
static void end_kept(struct node *n, const struct commit *c)
{
	if (n->change == c->change)
		n->written = false;
}

/* The file holds what was committed. With n->lock held. */
static void end_stored(struct fs *fs, struct node *n, const struct commit *c)
{
	n->in_db = true;
	n->part = c->state == TEXT_PART;
	n->base = c->inode.body;
	if (n->change != c->change)
		return;
	n->dirty = n->written = false;
	n->by_known &= n->part; /* which is recorded later */
	n->set = 0;
	state_unmark(fs, n);
}

void commit_end(struct fs *fs, struct commit *c, int result)
{
	struct node *n = c->node;

	if (n && result == 0) {
		pthread_mutex_lock(&n->lock);
		atomic_fetch_add(&fs->commits, 1); /* before dirty is cleared */
		n->unkept = n->place && !c->place && (n->unkept || n->written);
		if (c->kept)
			n->place_body = c->kept;
		if (c->is_unlinked)
			end_kept(n, c);
		else
			end_stored(fs, n, c);
		pthread_mutex_unlock(&n->lock);
		if (c->name)
			free(node_clear_pending(fs, n));
		sight_wrote(fs, &c->by, n->id, c->inode.body);
		if (c->relinked.len > 0)
			notify_invalid(fs, n->id, c->parent, buf_str(&c->relinked));
	} else if (n) {
		pthread_mutex_lock(&n->lock);
		n->refused = c->change;
		pthread_mutex_unlock(&n->lock);
	}
	commit_done(c);
}

static int apply_one(struct txn *t, void *arg)
{
	return commit_apply(t, arg);
}

/* Does the contract want @c on the disk when close() returns? */
static bool is_durable(struct fs *fs, const struct commit *c)
{
	switch (fs->options->durability) {
	case FS_DURABLE_CLOSE:
		return true;
	case FS_DURABLE_FSYNC:
		return false;
	case FS_DURABLE_REPLACE:
		break;
	}
	return !c->name && c->base != 0;
}

/* Whose change is it that @n waits with? @req: of whoever wants it stored; NULL: nobody that we know of. */
static void find_who(struct fs *fs, fuse_req_t req, struct node *n, struct who *ret_who)
{
	bool known, changed;

	pthread_mutex_lock(&n->lock);
	*ret_who = n->by;
	known = n->by_known;
	changed = n->dirty || n->part;
	pthread_mutex_unlock(&n->lock);
	if (!known && req && changed)
		who_asks(fs, req, ret_who);
	else if (!known)
		who_find(fs, req ? fuse_req_ctx(req)->uid : ret_who->uid, 0, ret_who);
}

int commit_node(struct fs *fs, fuse_req_t req, struct node *n, enum commit_why why)
{
	struct commit c = { 0 };
	struct who who;
	struct change change = {
		.apply = apply_one,
		.arg = &c,
		.author = who.author,
		.program = who.program,
		.wait_ms = WAIT_TEXT_MS,
	};
	int r;

	find_who(fs, why == COMMIT_LAST ? NULL : req, n,
		&who); /* the kernel does not say who closed it */
	loop_lock(&n->commit_lock);
	r = commit_begin(fs, n, &c, why);
	if (r == 0 && c.node) {
		change.durable = why == COMMIT_FSYNC || is_durable(fs, &c);
		change.removes = c.text.len == 0 && !c.name;
		if (c.text.len > LONG_TEXT)
			loop_step_aside(); /* milliseconds of work */
		r = run_change(fs, &change);
		commit_end(fs, &c, r);
	} else if (r == 0 && why == COMMIT_FSYNC) {
		change.apply = NULL;
		change.durable = true;
		r = store_change(fs->store, &change);
	}
	pthread_mutex_unlock(&n->commit_lock);
	return r;
}

int store_pending(struct fs *fs, fuse_req_t req, int64_t id)
{
	struct node *n = node_find(fs, id);
	bool stored = true;
	int r = 0;

	if (n) {
		pthread_mutex_lock(&n->lock);
		stored = n->in_db;
		pthread_mutex_unlock(&n->lock);
	}
	if (!stored)
		r = commit_node(fs, req, n, COMMIT_CLOSE);
	node_put(fs, n);
	return r;
}

void commit_give_up(struct fs *fs, struct node *n)
{
	bool given_up;
	char *name;

	pthread_mutex_lock(&n->lock);
	given_up = (n->dirty || n->part) && n->refused == n->change && !n->unlinked;
	if (!given_up) {
		pthread_mutex_unlock(&n->lock);
		return;
	}
	log_err("the last change of file %lld could not be stored; its old text stands",
		(long long)n->id);
	n->dirty = n->written = n->loaded = n->part = false;
	state_unmark(fs, n);
	buf_done(&n->text);
	pthread_mutex_unlock(&n->lock);
	name = node_clear_pending(fs, n);
	notify_invalid(fs, n->id, n->parent, name);
	free(name);
}
