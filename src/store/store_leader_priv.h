/* The thread that leads commits: what it does besides, and what others need of it. */
#pragma once

#include "store_priv.h"

/* commit.c. Lead when nobody does: the writer's connection is the caller's then, until leader_resign(). Never waits. */
bool leader_try(struct store *s);
void leader_resign(struct store *s);

/* Does anybody wait for the leader? Who can put things off ends then. */
bool leader_is_wanted(struct store *s);

/* checkpoint.c: called by the leader */
int checkpoint_hold(struct store *s) MUST_CHECK;
void checkpoint_release(struct store *s);
bool checkpoint_is_due(const struct store *s); /* so much that the leader must not put it off */
/* When a checkpoint would be welcome if nothing is committed until then, of clock_now(); INT64_MAX: none. */
int64_t checkpoint_wanted_at(const struct store *s);
void checkpoint_run(struct store *s);
void checkpoint_tend(struct store *s);  /* what is due after a commit */
void checkpoint_watch(struct store *s); /* count the frames of the log from now on */
void checkpoint_yield(struct store *s);

/* Give the log of a mount the size that it keeps between two checkpoints. Not called by the leader. */
void checkpoint_prepare_log(struct store *s);

/* sync.c */
void cond_init_monotonic(pthread_cond_t *cond); /* its times are those of clock_now() */
int sync_start(struct store *s) MUST_CHECK;
void sync_stop(struct store *s);

/* One fdatasync of the WAL: everything that is committed is on the disk afterwards. */
int heal_sync(struct store *s) MUST_CHECK;
int sync_wal(struct store *s) MUST_CHECK;

/* Something was committed, on the disk already when @synced. Called with queue_lock held. */
void sync_note(struct store *s, bool synced);

/* Look when the log wants a checkpoint. Called by the leader with queue_lock held. */
void sync_plan_tending(struct store *s);

/* spare.c: called by the leader */
bool spare_is_due(const struct store *s);
void spare_tend(struct store *s); /* make the file when it is missing and the disk has room */
void spare_give_up(struct store *s);
void spare_done(struct store *s);
