/*
 * Pushing texts into the kernel's pages before it asks for them, on a read-only mount, when somebody reads many
 * files one after the other: the texts beside the one that is asked for, with one query; grep and tar read a directory
 * forwards, rg backwards. A mount that is written does not push: what was read from the database could replace what was
 * written since.
 *
 * A push must not overtake the order to forget what it holds: it is read and sent under the lock under which the
 * notifier looks for changes and sends what is to be forgotten (see notify.c). Scratch files change unheard, and
 * are not pushed. Nothing is waited for: what finds the
 * lock taken, or the way to the kernel full, is left out, and read when it is asked for.
 */
#include "fs_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	ROW_NS = 20000000, /* so soon after one another, reads are a row */
	KNOWN_NS = 500000000,
	ROW_LENGTH = 3,   /* so many have been in a row when the next will be, too */
	TEXT_MAX = 32768, /* longer texts are read ahead by the kernel itself */
	PASSED_MAX = 32,  /* texts that are not pushed, on the way to others */
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

/* One more notification in the message. Returns 1 where there is no room, or nothing that is worth looking for. */
static int add_text(void *arg, const struct store_neighbour *file)
{
	struct pusher *p = arg;
	struct fuse_notify_store_out store = { .nodeid = (uint64_t)file->id,
		.size = (uint32_t)file->len };
	struct fuse_out_header header = { .error = FUSE_NOTIFY_STORE };
	char *at = p->message + p->len;

	if (file->len > TEXT_MAX || name_is_scratch(file->name) || note_known(p, file->id))
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

void push_beside(struct fs *fs, int64_t id)
{
	struct pusher *p = &fs->pusher;

	if (!p->message || note_known(p, id) || !is_in_a_row(p) ||
		pthread_mutex_trylock(&p->lock) != 0)
		return;
	p->len = p->passed = 0;
	if (store_texts_beside(fs->store, id, add_text, p) >= 0 && p->len > 0 &&
		send(fs->options->notify_fd, p->message, p->len, MSG_DONTWAIT) < 0)
		log_dbg("texts are not pushed: %s", strerror(errno));
	pthread_mutex_unlock(&p->lock);
}

int push_start(struct fs *fs)
{
	pthread_mutex_init(&fs->pusher.lock, NULL);
	if (!fs->options->readonly)
		return 0;
	fs->pusher.message = malloc(NOTIFICATION_MAX);
	return fs->pusher.message ? 0 : -ENOMEM;
}

void push_stop(struct fs *fs)
{
	free(fs->pusher.message);
	fs->pusher.message = NULL;
}
