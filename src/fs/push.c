/*
 * Pushing texts into the kernel's pages before it asks for them, when somebody reads many files one after the other:
 * the texts beside the one that is asked for, with one query; grep and tar read a directory forwards, rg backwards.
 *
 * A push must never put an old text over a newer one, nor a text beside the size of another:
 * - It does not overtake the order to forget what it holds: it is read and sent under the lock under which the notifier
 *   looks for changes and sends what is to be forgotten (see notify.c). While there is a change of which the kernel has not
 *   heard, nothing is pushed.
 * - What somebody has open is not pushed, and who opens a file to write it, or cuts it, waits until what was pushed has
 *   reached the kernel. The notifier (see channel.c) may be kept waiting by a program that waits for us, but not for a page:
 *   reads are answered. So texts are not sent behind anything else, nor anything else before they have arrived.
 * - A daemon that took over does not know what is open, and pushes only where nobody writes. When the notifier is stopped,
 *   nothing is pushed any more.
 *
 * Scratch files change unheard on a read-only mount, and are not pushed. Nothing is waited for to push: what finds the
 * lock taken, or the way to the kernel full, is left out, and read when it is asked for.
 */
#include "fs_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <linux/fuse.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ROW_NS = 20000000, /* so soon after one another, reads are a row */
	KNOWN_NS = 500000000,
	ROW_LENGTH = 3,         /* so many have been in a row when the next will be, too */
	TEXT_MAX = 32768,       /* longer texts are read ahead by the kernel itself */
	PASSED_MAX = 32,        /* texts that are not pushed, on the way to others */
	ARRIVE_NS = 2000000000, /* longer than any read, which alone the kernel waits for */
	LOOK_US = 20,
};

/*
 * The kernel has, or will have, the text of @id. Returns whether that was known: for a moment only, because it may
 * have to drop it.
 */
static bool note_known(struct pusher *p, int64_t id)
{
	int64_t now = clock_now();
	int64_t since = atomic_exchange(&p->known[(uint64_t)id % KNOWN_KEPT].since, now);

	return atomic_exchange(&p->known[(uint64_t)id % KNOWN_KEPT].id, id) == id &&
	       now - since < KNOWN_NS;
}

static bool is_open(struct fs *fs, int64_t id)
{
	struct node *n = node_find(fs, id);

	node_put(fs, n);
	return n != NULL;
}

/* One more notification in the message. Returns 1 where there is no room, or nothing that is worth looking for. */
static int add_text(void *arg, const struct store_neighbour *file)
{
	struct fs *fs = arg;
	struct pusher *p = &fs->pusher;
	struct fuse_notify_store_out store = { .nodeid = (uint64_t)file->id,
		.size = (uint32_t)file->len };
	struct fuse_out_header header = { .error = FUSE_NOTIFY_STORE };
	char *at = p->message + p->len;

	if (file->len > TEXT_MAX || name_is_scratch(file->name) || is_open(fs, file->id) ||
		note_known(p, file->id))
		return ++p->passed > PASSED_MAX;
	header.len = (uint32_t)(sizeof(header) + sizeof(store) + file->len);
	if (header.len > NOTIFICATION_MAX - p->len)
		return 1;
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), &store, sizeof(store));
	memcpy(at + sizeof(header) + sizeof(store), file->data, file->len);
	p->len += header.len;
	return 0;
}

static bool is_in_a_row(struct pusher *p)
{
	int64_t now = clock_now();

	if (now - atomic_exchange(&p->last_read, now) > ROW_NS)
		atomic_store(&p->row, 0);
	return atomic_fetch_add(&p->row, 1) >= ROW_LENGTH;
}

/* Has the notifier passed on all that was sent? It takes a message from the socket when that is done. */
static bool has_arrived(struct fs *fs)
{
	int left = 0;

	return ioctl(fs->options->notify_fd, SIOCOUTQ, &left) < 0 || left == 0;
}

static void on_foreign(void *arg, const struct store_feed *change)
{
	bool *foreign = arg;

	(void)change;
	*foreign = true;
}

/* Has another program changed something that the kernel has not been told of? It may have the size of the text before. */
static bool is_behind(struct fs *fs)
{
	int64_t rev = fs->seen_rev;
	bool foreign = fs->pusher.is_behind;

	return store_feed(fs->store, &rev, on_foreign, &foreign) < 0 || foreign;
}

/*
 * What is open is looked at behind the texts: a file that was stored and closed in between has counted as a commit. What others store in
 * between is among the revisions.
 */
static void push(struct fs *fs, int64_t id)
{
	unsigned long long commits = atomic_load(&fs->commits);
	struct pusher *p = &fs->pusher;

	p->len = p->passed = 0;
	if (store_texts_beside(fs->store, id, add_text, fs) < 0 || p->len == 0 || is_behind(fs) ||
		commits != atomic_load(&fs->commits))
		return;
	if (send(fs->options->notify_fd, p->message, p->len, MSG_DONTWAIT) < 0)
		log_dbg("texts are not pushed: %s", strerror(errno));
}

void push_beside(struct fs *fs, int64_t id)
{
	struct pusher *p = &fs->pusher;

	if (!p->message || atomic_load(&p->is_off) || note_known(p, id) || !is_in_a_row(p) ||
		pthread_mutex_trylock(&p->lock) != 0)
		return;
	if (atomic_load(&p->under_way) || has_arrived(fs)) {
		atomic_store(&p->under_way, true); /* before we look at what is open */
		push(fs, id);
	}
	pthread_mutex_unlock(&p->lock);
}

/* With the lock held. */
static bool wait_to_arrive(struct fs *fs, int64_t until)
{
	while (!has_arrived(fs)) {
		if (clock_now() > until) {
			atomic_store(&fs->pusher.is_off, true);
			return false;
		}
		usleep(LOOK_US);
	}
	atomic_store(&fs->pusher.under_way, false);
	return true;
}

void push_arrive(struct fs *fs)
{
	struct pusher *p = &fs->pusher;

	if (atomic_load(&p->under_way) && !atomic_load(&p->is_off) &&
		!wait_to_arrive(fs, clock_now() + ARRIVE_NS))
		log_warn("the kernel does not take what is sent: texts are not pushed any more");
}

/* The lock is not waited for: the notifier may have it, and wait for a program that waits for us. Then nothing is under way. */
static bool settle(struct fs *fs)
{
	int64_t until = clock_now() + ARRIVE_NS;
	struct pusher *p = &fs->pusher;
	bool settled;

	if (atomic_load(&p->is_off))
		return has_arrived(fs);
	loop_step_aside();
	while (clock_now() < until) {
		if (pthread_mutex_trylock(&p->lock) == 0) {
			settled = wait_to_arrive(fs, until);
			pthread_mutex_unlock(&p->lock);
			return settled;
		}
		usleep(LOOK_US);
		if (!atomic_load(&p->under_way))
			return true;
	}
	return false;
}

void push_settle(struct fs *fs, int64_t id)
{
	if (!atomic_load(&fs->pusher.under_way) || settle(fs))
		return;
	log_warn("file %lld may look old for a moment", (long long)id);
	notify_invalid(fs, id, 0, NULL);
}

int push_start(struct fs *fs)
{
	struct pusher *p = &fs->pusher;

	pthread_mutex_init(&p->lock, NULL);
	atomic_store(&p->under_way, fs->resumed); /* what the last daemon sent */
	if (fs->resumed && !fs->options->readonly)
		return 0;
	p->message = malloc(NOTIFICATION_MAX);
	return p->message ? 0 : -ENOMEM;
}

void push_stop(struct fs *fs)
{
	free(fs->pusher.message);
	fs->pusher.message = NULL;
}
