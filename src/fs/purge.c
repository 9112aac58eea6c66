/*
 * Removing what has lost its last name and its last user, and what the kernel has forgotten: see node_purge_unused(). It is done
 * some milliseconds later, many at a time; and at once when the disk is full.
 */
#include "fs_priv.h"

#include "planfs/array.h"
#include "planfs/log.h"

#include <errno.h>
#include <stdlib.h>

struct purge {
	int64_t *ids; /* owned */
	size_t n;
};

void purge_later(struct fs *fs, int64_t id)
{
	if (id < fs->purge_from)
		return; /* a handle that the last daemon gave out may keep it; the next mount purges it */
	pthread_mutex_lock(&fs->purge_lock);
	if (array_grow(&fs->purge, fs->n_purge, &fs->purge_room, sizeof(*fs->purge)) == 0)
		fs->purge[fs->n_purge++] = id;
	else
		log_dbg("no memory: inode %lld is purged by the next mount", (long long)id);
	pthread_mutex_unlock(&fs->purge_lock);
}

static struct purge take_all(struct fs *fs)
{
	struct purge p;

	pthread_mutex_lock(&fs->purge_lock);
	p = (struct purge){ fs->purge, fs->n_purge };
	fs->purge = NULL;
	fs->n_purge = fs->purge_room = 0;
	pthread_mutex_unlock(&fs->purge_lock);
	return p;
}

static int apply_purge(struct txn *t, void *arg)
{
	const struct purge *p = arg;
	size_t i;
	int r = 0;

	for (i = 0; i < p->n && r == 0; i++)
		r = txn_purge(t, p->ids[i]);
	return r;
}

/* The kernel may forget one of two lookups and open the file by the other: that is purged when it is closed. */
static void drop_open(struct fs *fs, struct purge *p)
{
	size_t i, kept = 0;

	for (i = 0; i < p->n; i++)
		if (!node_in_use(fs, p->ids[i]))
			p->ids[kept++] = p->ids[i];
	p->n = kept;
}

int purge_now(struct fs *fs)
{
	struct purge p = take_all(fs);
	const struct change c = { .apply = apply_purge, .arg = &p, .removes = true };
	size_t i;
	int r = 0;

	drop_open(fs, &p);
	if (p.n > 0)
		r = store_change(fs->store, &c);
	for (i = 0; i < p.n && r < 0; i++)
		purge_later(fs, p.ids[i]);
	free(p.ids);
	return r < 0 ? r : (int)(p.n > 0);
}

int run_change(struct fs *fs, const struct change *c)
{
	int r = store_change(fs->store, c);

	if (r == -ENOSPC && purge_now(fs) > 0)
		r = store_change(fs->store, c);
	return r;
}
