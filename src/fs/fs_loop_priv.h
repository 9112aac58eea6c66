/* Receiving requests, and answering them. */
#pragma once

#include "planfs/attr.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fs;

/* awake.c; used by the listener. */
struct awake {
	int fd;       /* of /dev/cpu_dma_latency, borrowed, or -1 */
	int64_t last; /* request, of clock_now() */
	unsigned row; /* requests that came soon after one another */
	bool is_awake;
};

/* loop.c */
struct loop {
	struct fs *fs; /* borrowed, as the session */
	struct fuse_session *se;
	int wake_fd;          /* readable when the listener is to look at paused */
	struct awake awake;   /* the listener's */
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t wake;  /* for idle threads */
	pthread_cond_t empty; /* no thread is left */
	unsigned threads, idle;
	bool has_listener, ended;
	atomic_bool paused;
	int result;
};

/*
 * loop.c. loop_run() receives and answers requests until the session ends, and returns 0 or -Exxx; loop_stop()
 * ends it from another thread. All threads have ended when loop_run() returns.
 */
int loop_init(struct loop *l, struct fs *fs) MUST_CHECK;
int loop_run(struct loop *l) MUST_CHECK;
void loop_stop(struct loop *l);
void loop_done(struct loop *l);

/* Receive nothing any more, and wait until what was received is answered. False: not before clock_now() @until. */
bool loop_pause(struct loop *l, int64_t until);
void loop_resume(struct loop *l);

/* The number of the request that this thread answers, and whether another daemon may have answered it before. */
uint64_t loop_request(void);
bool loop_is_sent_again(void);

/* Before this thread waits for anything: if it is the one that listens, another one is to. */
void loop_step_aside(void);
void loop_lock(pthread_mutex_t *mutex); /* one that is held over a transaction */

/* awake.c */
void awake_request(struct awake *a); /* one has come */
void awake_end(struct awake *a);     /* none comes any more */
