/* Texts that the kernel is given before it asks for them. */
#pragma once

#include "planfs/attr.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fs;

enum {
	NOTIFICATION_MAX =
		65536, /* bytes of a message to the notifier: one or more notifications */
	KNOWN_KEPT = 8192,
};

/* push.c */
struct pusher {
	pthread_mutex_t
		lock; /* while texts are read and sent, or changes looked for and what they touch */
	bool is_behind;     /* what others changed is to be forgotten once more; under the lock */
	atomic_bool is_off; /* the kernel does not take what is sent */
	atomic_bool
		under_way; /* the kernel may not have all that was sent; cleared under the lock */
	char *message;     /* owned; NULL: nothing is pushed */
	size_t len;
	unsigned passed;
	_Atomic int64_t last_read; /* clock_now() */
	atomic_uint row;           /* reads soon after one another */
	struct {
		_Atomic int64_t id, since; /* clock_now() */
	} known[KNOWN_KEPT]; /* inodes whose text was read or pushed lately, by their number */
};

/* push.c */
int push_start(struct fs *fs) MUST_CHECK;
void push_stop(struct fs *fs);
void push_beside(struct fs *fs, int64_t id); /* the text of @id is asked for */
void push_arrive(struct fs *fs); /* with the lock held: wait until the kernel has what was sent */
/*
 * The text of @id is going to change through the kernel, and its node exists: none that was pushed will be put over it.
 */
void push_settle(struct fs *fs, int64_t id);
