/*
 * The thread that tells the kernel what it must forget: what other programs changed in the database,
 * and texts that could not be stored. It serves no request and holds no lock while it notifies, because
 * the kernel may wait for a request of ours before it returns.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	POLL_NS = 50000000
}; /* a foreign change is visible in less than a second; one poll costs 3 µs */

static void forget_name(struct fs *fs, int64_t parent, const char *name)
{
	int r;

	/* Expired, a name is looked up again; invalidated, a directory in use would lose its path. */
	if (fs->expire_only)
		r = fuse_lowlevel_notify_expire_entry(
			fs->se, (fuse_ino_t)parent, name, strlen(name), FUSE_LL_EXPIRE_ONLY);
	else
		r = fuse_lowlevel_notify_inval_entry(
			fs->se, (fuse_ino_t)parent, name, strlen(name));
	if (r < 0 && r != -ENOENT)
		log_dbg("forget '%s': %s", name, strerror(-r));
}

static void forget_inode(struct fs *fs, int64_t id)
{
	int r;

	r = fuse_lowlevel_notify_inval_inode(fs->se, (fuse_ino_t)id, 0, 0);
	if (r < 0 && r != -ENOENT)
		log_dbg("forget inode %lld: %s", (long long)id, strerror(-r));
}

/* Changes are collected first: the kernel must not be called from inside a statement. */
struct foreign {
	unsigned n;
	struct {
		int64_t parent, inode;
		bool name_changed;
		char name[256];
	} changes[1000];
};

static void on_foreign_change(void *arg, const struct store_feed *change)
{
	struct foreign *f = arg;

	if (f->n == ARRAY_LEN(f->changes))
		return;
	f->changes[f->n].parent = change->parent;
	f->changes[f->n].inode = change->inode;
	f->changes[f->n].name_changed = change->names_changed;
	snprintf(f->changes[f->n].name, sizeof(f->changes[f->n].name), "%s", change->name);
	f->n++;
}

/* Each inode and directory once, when it comes several times in a row. */
static void forget_inodes(struct fs *fs, const struct foreign *f)
{
	int64_t inode = 0, parent = 0;
	unsigned i;

	for (i = 0; i < f->n; i++) {
		if (f->changes[i].inode != inode)
			forget_inode(fs, f->changes[i].inode);
		if (f->changes[i].name_changed && f->changes[i].parent != parent)
			forget_inode(fs, f->changes[i].parent);
		inode = f->changes[i].inode;
		parent = f->changes[i].parent;
	}
}

/* Names last: whoever looks one up again finds the attributes and the listing forgotten. */
static void forget_foreign(struct fs *fs, const struct foreign *f)
{
	unsigned i;

	forget_inodes(fs, f);
	for (i = 0; i < f->n; i++)
		if (f->changes[i].name_changed)
			forget_name(fs, f->changes[i].parent, f->changes[i].name);
}

struct invalid {
	int64_t id;     /* an inode whose pages the kernel must drop */
	int64_t parent; /* and a name that it must look up again, or "" */
	char name[256];
	struct invalid *next;
};

static void forget_queued(struct fs *fs)
{
	struct invalid *first, *i;

	pthread_mutex_lock(&fs->notify_lock);
	first = fs->invalid;
	fs->invalid = NULL;
	pthread_mutex_unlock(&fs->notify_lock);
	for (i = first; i; i = first) {
		forget_inode(fs, i->id);
		if (i->name[0]) {
			forget_name(fs, i->parent, i->name);
			forget_inode(fs, i->parent);
		}
		first = i->next;
		free(i);
	}
}

static bool wait_for_work(struct fs *fs)
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_MONOTONIC, &until); /* the wall clock may be set back */
	until.tv_nsec += POLL_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&fs->notify_lock);
	if (!fs->stopping && !fs->invalid)
		pthread_cond_timedwait(&fs->notify_wake, &fs->notify_lock, &until);
	stopping = fs->stopping;
	pthread_mutex_unlock(&fs->notify_lock);
	return !stopping;
}

/*
 * The answer to a request that was under way may have been read before the change and have reached the kernel
 * behind what it forgot: pieces of a listing are not protected against that as attributes are. So each
 * batch is forgotten once more before the next, or with the next look.
 */
static void *notifier_main(void *arg)
{
	static struct foreign foreign; /* one mount a process; too large for a stack */
	struct fs *fs = arg;
	int r;

	while (wait_for_work(fs)) {
		if (purge_now(fs) < 0)
			log_dbg("what was unlinked is purged later");
		do {
			pthread_mutex_lock(&fs->pusher.lock);
			push_arrive(fs);
			forget_queued(fs);
			forget_inodes(fs, &foreign);
			foreign.n = 0;
			r = store_feed(fs->store, &fs->seen_rev, on_foreign_change, &foreign);
			forget_foreign(fs, &foreign);
			state_set_seen_rev(fs, fs->seen_rev);
			fs->pusher.is_behind = foreign.n > 0;
			pthread_mutex_unlock(&fs->pusher.lock);
		} while (r == (int)ARRAY_LEN(foreign.changes));
	}
	return NULL;
}

void notify_invalid(struct fs *fs, int64_t id, int64_t parent, const char *name)
{
	struct invalid *i = calloc(1, sizeof(*i));

	if (!i) {
		log_warn("no memory: the kernel may show what was not stored until the next mount");
		return;
	}
	i->id = id;
	i->parent = parent;
	snprintf(i->name, sizeof(i->name), "%s", name ? name : "");
	pthread_mutex_lock(&fs->notify_lock);
	i->next = fs->invalid;
	fs->invalid = i;
	pthread_cond_signal(&fs->notify_wake);
	pthread_mutex_unlock(&fs->notify_lock);
}

int notify_start(struct fs *fs)
{
	struct store_status status;
	pthread_condattr_t attr;
	int r;

	r = store_get_status(fs->store, &status); /* before the first request is answered */
	if (r < 0)
		return r;
	fs->seen_rev = fs->resumed ? state_seen_rev(fs) : status.revision;
	state_set_seen_rev(fs, fs->seen_rev);
	fs->purge_from = fs->resumed ? status.inodes + 1 : 0;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&fs->notify_wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&fs->notifier, NULL, notifier_main, fs) != 0)
		return -ENOMEM;
	fs->notifier_runs = true;
	return 0;
}

void notify_stop(struct fs *fs)
{
	if (!fs->notifier_runs)
		return;
	pthread_mutex_lock(&fs->notify_lock);
	fs->stopping = true;
	pthread_cond_signal(&fs->notify_wake);
	pthread_mutex_unlock(&fs->notify_lock);
	pthread_join(fs->notifier, NULL);
	forget_queued(fs);
	fs->notifier_runs = false;
}
