/*
 * What is committed comes to the disk: at once for those who ask, and within a second for all, by a thread
 * of its own.
 */
#include "store_leader_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <time.h>

enum { SYNC_AFTER_NS = 400000000, TRY_AGAIN_NS = 20000000 };

int sync_wal(struct store *s)
{
	sqlite3_file *f = NULL;
	int rc;

	rc = sqlite3_file_control(s->writer.db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f);
	if (rc != SQLITE_OK || !f || !f->pMethods)
		return 0; /* nothing was written yet */
	rc = f->pMethods->xSync(f, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
	if (rc == SQLITE_OK)
		return 0;
	log_err("cannot sync %s-wal: %s", s->path, sqlite3_errstr(rc));
	s->sync_failed = true;
	return -EIO;
}

/*
 * A failed sync is reported once, and the kernel takes the pages for clean afterwards: the log may have a
 * hole for ever. Only a whole checkpoint, which reads them from memory, mends that: until one succeeds
 * nothing is committed.
 */
int heal_sync(struct store *s)
{
	if (!s->sync_failed)
		return 0;
	s->wal_frames++; /* set to 0 by a checkpoint that succeeds */
	checkpoint_run(s);
	if (s->wal_frames != 0)
		return -EIO;
	s->sync_failed = false;
	log_info("a checkpoint has brought everything to the disk after a failed sync");
	return 0;
}

void sync_note(struct store *s, bool synced)
{
	if (synced) {
		s->unsynced_since = 0;
	} else if (s->unsynced_since == 0) {
		s->unsynced_since = clock_now();
		pthread_cond_signal(&s->syncer_wake);
	}
}

void sync_plan_tending(struct store *s)
{
	int64_t at = checkpoint_wanted_at(s);

	if (at < s->tend_at) /* later is found out when the time has come */
		pthread_cond_signal(&s->syncer_wake);
	s->tend_at = at;
}

/* Nobody has committed for a while, it seems: write the log back, unless somebody is faster. */
static void tend_log(struct store *s)
{
	bool leads = leader_try(s);

	if (leads)
		checkpoint_run(s);
	pthread_mutex_lock(&s->queue_lock);
	if (leads)
		s->tend_at = checkpoint_wanted_at(s);
	else if (s->tend_at == INT64_MAX)
		s->tend_at =
			clock_now() + TRY_AGAIN_NS; /* who leads may only look, and plan nothing */
	pthread_mutex_unlock(&s->queue_lock);
	if (leads)
		leader_resign(s);
}

static void sync_all(struct store *s)
{
	static const struct change sync = { .durable = true };

	if (store_change(s, &sync) == 0)
		return;
	log_warn("commits of the last second may not be on the disk; tried again");
	pthread_mutex_lock(&s->queue_lock);
	sync_note(s, false);
	pthread_mutex_unlock(&s->queue_lock);
}

/* With queue_lock held: wait until @at, or until something has changed. Returns whether the time has come. */
static bool wait_until(struct store *s, int64_t at)
{
	const struct timespec until = { at / 1000000000, at % 1000000000 };

	if (at == INT64_MAX)
		pthread_cond_wait(&s->syncer_wake, &s->queue_lock);
	else if (clock_now() < at)
		pthread_cond_timedwait(&s->syncer_wake, &s->queue_lock, &until);
	return clock_now() >= at;
}

static void *syncer_main(void *arg)
{
	struct store *s = arg;

	checkpoint_prepare_log(s);
	pthread_mutex_lock(&s->queue_lock);
	while (!s->stopping) {
		int64_t sync_at = s->unsynced_since ? s->unsynced_since + SYNC_AFTER_NS : INT64_MAX;
		bool tend = s->tend_at < sync_at;

		if (!wait_until(s, tend ? s->tend_at : sync_at) || s->stopping)
			continue;
		if (tend && clock_now() < s->tend_at)
			continue; /* somebody has committed meanwhile */
		if (tend)
			s->tend_at = INT64_MAX;
		else
			s->unsynced_since = 0;
		pthread_mutex_unlock(&s->queue_lock);
		if (tend)
			tend_log(s);
		else
			sync_all(s);
		pthread_mutex_lock(&s->queue_lock);
	}
	pthread_mutex_unlock(&s->queue_lock);
	return NULL;
}

/* The wall clock may be set back: then "within a second" must not become an hour. */
void cond_init_monotonic(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

int sync_start(struct store *s)
{
	cond_init_monotonic(&s->syncer_wake);
	s->tend_at = INT64_MAX;
	if (pthread_create(&s->syncer, NULL, syncer_main, s) != 0) {
		pthread_cond_destroy(&s->syncer_wake);
		return -ENOMEM;
	}
	s->syncer_runs = true;
	return 0;
}

void sync_stop(struct store *s)
{
	if (!s->syncer_runs)
		return;
	pthread_mutex_lock(&s->queue_lock);
	s->stopping = true;
	pthread_cond_signal(&s->syncer_wake);
	pthread_mutex_unlock(&s->queue_lock);
	pthread_join(s->syncer, NULL);
	pthread_cond_destroy(&s->syncer_wake);
	s->syncer_runs = false;
	if (sync_wal(s) < 0)
		log_err("the last commits may not be on the disk");
}
