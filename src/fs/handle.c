/*
 * The numbers of open handles. The kernel keeps them when a daemon dies, and goes on with the next one, which knows
 * by the number that the handle is not its own, counts it among the open ones when it hears of it first, and
 * refuses to write through it when the file's last change died with the other.
 */
#include "fs_priv.h"

#include <errno.h>
#include <stdlib.h>

/* 12 bits of the daemon, 30 of the handle, 22 of the thread: as many as Linux has (PID_MAX_LIMIT). */
enum { OPENER_BITS = 22, SERIAL_BITS = 30, GENERATIONS = 1 << 12 };

struct handle {
	uint64_t number;
	uid_t user;        /* of one that may write: who opened it */
	bool is_displaced; /* the file has lost its place since */
	struct handle *next;
};

uint64_t handle_new(struct fs *fs, pid_t opener)
{
	uint64_t serial = atomic_fetch_add(&fs->handles, 1) & ((UINT32_C(1) << SERIAL_BITS) - 1);

	return ((uint64_t)(fs->generation % GENERATIONS) << SERIAL_BITS | serial) << OPENER_BITS |
	       ((uint64_t)opener & ((1 << OPENER_BITS) - 1));
}

pid_t handle_opener(uint64_t handle)
{
	return (pid_t)(handle & ((1 << OPENER_BITS) - 1));
}

/* How many daemons ago it was given out. */
static uint32_t age(struct fs *fs, uint64_t handle)
{
	return (fs->generation - (uint32_t)(handle >> (SERIAL_BITS + OPENER_BITS))) % GENERATIONS;
}

static bool is_ours(struct fs *fs, uint64_t handle)
{
	return age(fs, handle) == 0;
}

/* Where @number stands in the list @at, or its end. */
static struct handle **find(struct handle **at, uint64_t number)
{
	while (*at && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

/* Count @number among the opens of @n. Returns false when there is no memory. */
static bool adopt(struct fs *fs, struct node *n, uint64_t number)
{
	struct handle **at;
	bool known;

	pthread_mutex_lock(&fs->table_lock);
	at = find(&n->adopted, number);
	known = *at != NULL;
	if (!known) {
		*at = calloc(1, sizeof(**at));
		known = *at != NULL;
		if (known) {
			(*at)->number = number;
			n->opens++;
			n->refs++;
		}
	}
	pthread_mutex_unlock(&fs->table_lock);
	return known;
}

struct node *handle_node(struct fs *fs, int64_t id, uint64_t handle)
{
	struct node *n;

	if (view_is_view(id) || is_ours(fs, handle))
		return node_find(fs, id);
	n = node_get(fs, id);
	if (n && !adopt(fs, n, handle)) {
		node_put(fs, n);
		n = NULL;
	}
	return n;
}

bool handle_is_lost(struct fs *fs, int64_t id, uint64_t handle, bool tell)
{
	return !is_ours(fs, handle) && state_is_lost(fs, id, age(fs, handle), tell);
}

/* Take @number from the list @at. Returns whether it was there. */
static bool drop(struct handle **at, uint64_t number)
{
	struct handle *h;

	at = find(at, number);
	h = *at;
	if (h)
		*at = h->next;
	free(h);
	return h != NULL;
}

bool handle_displace(struct node *n)
{
	struct handle *h;

	for (h = n->writers; h; h = h->next)
		h->is_displaced = true;
	return n->writers != NULL;
}

/* The last that wrote before has gone, and what it wrote is kept: others do not mean the place where it stood. */
static void forget_place(struct node *n)
{
	const struct handle *h = n->writers;

	while (h && !h->is_displaced)
		h = h->next;
	if (h || n->written || n->unkept)
		return;
	free(n->place);
	n->place = NULL;
}

bool handle_close(struct fs *fs, struct node *n, uint64_t handle)
{
	bool adopted;

	pthread_mutex_lock(&n->lock);
	drop(&n->writers, handle);
	forget_place(n);
	pthread_mutex_unlock(&n->lock);
	if (is_ours(fs, handle))
		return true;
	pthread_mutex_lock(&fs->table_lock);
	adopted = drop(&n->adopted, handle);
	pthread_mutex_unlock(&fs->table_lock);
	return adopted;
}

void handle_note_writer(struct node *n, uint64_t handle, uid_t user)
{
	struct handle *h = calloc(1, sizeof(*h));

	if (!h)
		return; /* whoever writes is taken for whoever opened it */
	h->number = handle;
	h->user = user;
	pthread_mutex_lock(&n->lock);
	h->next = n->writers;
	n->writers = h;
	pthread_mutex_unlock(&n->lock);
}

uid_t handle_user(struct node *n, uint64_t handle, uid_t otherwise)
{
	const struct handle *h = *find(&n->writers, handle);

	return h ? h->user : otherwise;
}
