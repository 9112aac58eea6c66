/* rename(2) and renameat2(2), and what becomes of files that are open meanwhile. */
#include "ops_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A rename and the unsaved files that it touches: all in one transaction. */
struct move {
	struct rename rename;
	struct node *from, *to; /* references: what is open at both names, or NULL */
	bool to_pending;        /* the new name is one that was created but never stored */
	bool replaces;          /* something stands at the new name */
	struct commit commit_from, commit_to;
	struct reader reader;  /* fs NULL: nothing is known of what he has seen */
	struct inode replaced; /* out */
};

static int apply_move(struct txn *t, void *arg)
{
	struct move *m = arg;
	int r;

	r = commit_apply(t, &m->commit_from);
	if (r == 0)
		r = commit_apply(t, &m->commit_to);
	if (r < 0)
		return r;
	if (m->reader.fs)
		txn_set_reader(t, sight_has, &m->reader);
	else
		txn_set_reader(t, NULL, NULL);
	return txn_rename(t, &m->rename, &m->replaced);
}

/* @n is open, and does not stand at @name any more. Its writers may go on. */
static void note_place(struct fs *fs, struct node *n, int64_t parent, const char *name)
{
	char *place = name_is_scratch(name) ? NULL : strdup(name);
	struct inode inode = { 0 };

	if (!place)
		return;
	if (store_get(fs->store, n->id, &inode) < 0)
		log_dbg("file %lld was never stored", (long long)n->id);
	pthread_mutex_lock(&n->lock);
	if (handle_displace(n)) {
		free(n->place);
		n->place = place;
		n->place_parent = parent;
		n->place_body = inode.body;
		place = NULL;
	}
	pthread_mutex_unlock(&n->lock);
	free(place);
}

static void clear_place(struct node *n)
{
	pthread_mutex_lock(&n->lock);
	free(n->place);
	n->place = NULL;
	pthread_mutex_unlock(&n->lock);
}

/* What was open has another name now, or none. */
static void note_places(struct fs *fs, struct move *m)
{
	const struct rename *r = &m->rename;

	if (m->from && !name_is_scratch(r->new_name))
		clear_place(m->from);
	else if (m->from)
		note_place(fs, m->from, r->parent, r->name);
	if (m->to && m->to != m->from)
		note_place(fs, m->to, r->new_parent, r->new_name);
}

/* Find what is open at a name. */
static int find_open(struct fs *fs, int64_t parent, const char *name, struct node **ret_node,
	struct inode *ret_inode)
{
	int r;

	r = attr_lookup(fs, parent, name, ret_inode);
	if (r == 0)
		*ret_node = node_find(fs, ret_inode->id);
	return r;
}

static int prepare_move(struct fs *fs, struct move *m)
{
	struct rename *r = &m->rename;
	struct inode inode;
	int err;

	err = check_name(r->parent, r->name);
	if (err == 0)
		err = check_name(r->new_parent, r->new_name);
	if (err == 0)
		err = find_open(fs, r->parent, r->name, &m->from, &inode);
	if (err < 0)
		return err;
	err = find_open(fs, r->new_parent, r->new_name, &m->to, &inode);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	m->replaces = true;
	if (r->noreplace)
		return -EEXIST;
	return S_ISDIR(inode.mode) && !r->exchange && node_has_pending(fs, inode.id) ? -ENOTEMPTY
										     : 0;
}

static void lock_move(struct move *m)
{
	struct node *first = m->from, *second = m->to;

	if (first == second)
		second = NULL;
	if (first && second && first->id > second->id) {
		first = m->to;
		second = m->from;
	}
	if (first)
		loop_lock(&first->commit_lock);
	if (second)
		loop_lock(&second->commit_lock);
}

static void unlock_move(struct move *m)
{
	if (m->from)
		pthread_mutex_unlock(&m->from->commit_lock);
	if (m->to && m->to != m->from)
		pthread_mutex_unlock(&m->to->commit_lock);
}

/* With both commit locks held. */
static int run_move(struct fs *fs, fuse_req_t req, struct move *m)
{
	bool durable = m->replaces && fs->options->durability != FS_DURABLE_FSYNC;
	struct who who;
	int r = 0;

	who_asks(fs, req, &who);
	m->reader = sight_reader(fs, &who);

	m->to_pending = m->to && m->to->name && !m->rename.exchange;
	if (m->from)
		r = commit_begin(fs, m->from, &m->commit_from, COMMIT_CLOSE);
	if (r == 0 && m->to && !m->to_pending && m->to != m->from)
		r = commit_begin(fs, m->to, &m->commit_to, COMMIT_CLOSE);
	if (r == 0)
		r = fs_change_by(fs, &who, apply_move, m, durable ? CHANGE_DURABLE : CHANGE_PLAIN);
	commit_end(fs, &m->commit_from, r);
	commit_end(fs, &m->commit_to, r);
	if (r == 0 && m->to_pending) {
		mark_unlinked(fs, m->to, NULL);
		free(node_clear_pending(fs, m->to));
	}
	if (r < 0)
		return r;
	note_places(fs, m);
	after_removal(fs, &m->replaced);
	return 0;
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	const char *new_name, unsigned flags)
{
	struct move m = { .rename = { (int64_t)parent, (int64_t)new_parent, name, new_name,
				  (flags & RENAME_NOREPLACE) != 0,
				  (flags & RENAME_EXCHANGE) != 0 } };
	struct fs *fs = req_fs(req);
	int r;

	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	r = fs_was_done(fs);
	if (r > 0) {
		fuse_reply_err(req, 0);
		return;
	}
	if (r == 0)
		r = prepare_move(fs, &m);
	if (r == 0) {
		lock_move(&m);
		r = run_move(fs, req, &m);
		unlock_move(&m);
	}
	node_put(fs, m.from);
	node_put(fs, m.to);
	fuse_reply_err(req, -r);
}
