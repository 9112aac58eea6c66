/*
 * The thread of a mount that keeps the search index up to date. When nobody has saved for a moment it works as fast as it
 * can; while somebody saves it takes a small part of the time, so that what waits for the index, which each search
 * must read, does not grow without end, and no save is held up.
 */
#include "store_leader_priv.h"

#include "planfs/log.h"
#include "planfs/search.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

enum {
	QUIET_NS = 100000000,    /* nobody has saved for so long: it is quiet */
	QUIET_BYTES = 256 << 10, /* some 10 ms; who saves meanwhile ends it sooner */
	BUSY_BYTES = 64 << 10,
	BUSY_SHARE = 25, /* while it is not quiet, one part in so many */
	MERGE_PAGES = 16,
	MERGE_AFTER = 16, /* steps; each leaves a piece */
	REST_MIN_NS = 500000,
	CHECKPOINT_NS = 30000000, /* what a checkpoint in a pause may take to begin */
	POLL_NS = 1000000000,     /* changes of other programs are looked for so often */
	INSIST_AFTER = 20,        /* others always came first: take part in what they commit */
	INSIST_BYTES = 8 << 10,
	INSIST_REST_NS = 50000000,
	BUSY_WAIT_NS = 5000000,
	ROOM_BYTES = 32 << 20, /* a disk with less is left to the texts */
};

static const int64_t back_off_ns = 5000000000, back_off_max_ns = 3600000000000;

/* Only the thread knows it. */
struct tender {
	struct store *s;
	bool has_work;
	uint64_t seen;      /* changes that were there when the work began */
	int64_t rest_until; /* of clock_now(): of the work when it is quiet … */
	int64_t busy_until; /* … and when not */
	unsigned steps;     /* since pieces were put together */
	unsigned refused;   /* in a row */
	int64_t back_off;
};

void search_note_change(struct store *s)
{
	struct indexer *x = &s->indexer;

	if (!x->runs)
		return;
	x->changes++;
	x->changed_at = clock_now();
	if (x->sleeps)
		pthread_cond_signal(&x->wake);
}

static bool disk_has_room(const struct store *s)
{
	struct statvfs v;

	return statvfs(s->path, &v) < 0 || v.f_bavail >= ROOM_BYTES / v.f_frsize;
}

/* --- work: without the lock --- */

/* Another program, too, may have left something. Returns 1, 0 or -Exxx. */
static int is_left(struct conn *c, enum search_sql id)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	int r;

	r = search_stmt(c, id, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, 0);
	return stmt_row(st, "find what the search index lacks");
}

static int look_for_work(struct store *s)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = is_left(c, SEARCH_NEXT_WAITING);
	if (r == 0)
		r = is_left(c, SEARCH_NEXT_GONE);
	reader_put(s, c);
	return r;
}

/* Returns more than 0 when something was done and more may be to do, 0 when nothing is, or -Exxx. */
static int work(struct tender *t, bool is_quiet)
{
	bool insists = t->refused >= INSIST_AFTER, merges = t->steps >= MERGE_AFTER;
	const struct search_merge how = {
		.pages = MERGE_PAGES, .insists = insists, .gives_back = !merges
	};
	size_t budget = insists ? INSIST_BYTES : is_quiet ? QUIET_BYTES : BUSY_BYTES;
	int r = 0;

	if (!disk_has_room(t->s))
		return -ENOSPC;
	if (!merges)
		r = search_step(t->s, budget, 0, insists);
	t->steps += r > 0;
	if (r != 0)
		return r;
	r = search_merge(t->s, &how);
	if (r != 0)
		return r;
	t->steps = 0;
	return merges; /* files may be waiting */
}

static void rest_after(struct tender *t, int64_t began, int64_t checkpoint_at)
{
	int64_t now = clock_now(), took = now - began;

	t->rest_until = now + (took / 2 > REST_MIN_NS ? took / 2 : REST_MIN_NS);
	if (checkpoint_at != INT64_MAX)
		t->rest_until = now + CHECKPOINT_NS;
	/* who shares a transaction has mostly waited for others */
	t->busy_until = now + (t->refused >= INSIST_AFTER ? INSIST_REST_NS : took * BUSY_SHARE);
}

/* One line when it begins, and less and less often a new attempt. */
static void back_off(struct tender *t, int err)
{
	if (err == -EAGAIN || err == -EBUSY) {
		t->refused++;
		t->rest_until = t->busy_until = clock_now() + BUSY_WAIT_NS;
		return;
	}
	if (t->back_off == 0)
		log_warn(
			"%s: the search index is not kept up to date: %s; searches read what is not in it",
			t->s->path, strerror(-err));
	t->back_off = t->back_off ? t->back_off * 2 : back_off_ns;
	if (t->back_off > back_off_max_ns)
		t->back_off = back_off_max_ns;
	t->rest_until = t->busy_until = clock_now() + t->back_off;
}

/* --- waiting: with the lock --- */

static bool is_quiet(const struct store *s)
{
	return clock_now() - s->indexer.changed_at >= QUIET_NS;
}

static int64_t next_time(const struct tender *t)
{
	int64_t quiet_at = t->s->indexer.changed_at + QUIET_NS;
	int64_t at = quiet_at > t->rest_until ? quiet_at : t->rest_until;

	return t->busy_until < at && t->busy_until >= t->rest_until ? t->busy_until : at;
}

static void wait_until(struct store *s, int64_t at)
{
	const struct timespec until = { at / 1000000000, at % 1000000000 };

	pthread_cond_timedwait(&s->indexer.wake, &s->queue_lock, &until);
}

/* Returns when there may be something to do. */
static void sleep_without_work(struct tender *t)
{
	struct indexer *x = &t->s->indexer;

	x->sleeps = true;
	if (x->changes == t->seen)
		wait_until(t->s, clock_now() + POLL_NS);
	x->sleeps = false;
}

static void work_once(struct tender *t)
{
	struct store *s = t->s;
	int64_t checkpoint_at, began = clock_now();
	uint64_t changes = s->indexer.changes;
	bool quiet = is_quiet(s);
	int r;

	pthread_mutex_unlock(&s->queue_lock);
	r = work(t, quiet);
	pthread_mutex_lock(&s->queue_lock);
	checkpoint_at = s->tend_at;
	if (r < 0) {
		back_off(t, r);
		return;
	}
	rest_after(t, began, checkpoint_at);
	t->refused = t->refused >= INSIST_AFTER ? INSIST_AFTER - 1 : 0;
	t->back_off = 0;
	if (r == 0) {
		t->has_work = false;
		t->seen = changes;
	}
}

static void *tender_main(void *arg)
{
	struct store *s = arg;
	struct tender t = { .s = s, .has_work = true };

	pthread_mutex_lock(&s->queue_lock);
	while (!s->indexer.stopping) {
		if (t.has_work && clock_now() < next_time(&t)) {
			wait_until(s, next_time(&t));
		} else if (t.has_work) {
			work_once(&t);
		} else {
			sleep_without_work(&t);
			t.has_work = s->indexer.changes != t.seen;
			/* whoever saves has often more to do: a rename, a copy of the old text */
			t.busy_until = clock_now() + QUIET_NS;
			if (t.has_work || s->indexer.stopping)
				continue;
			pthread_mutex_unlock(&s->queue_lock);
			t.has_work = look_for_work(s) > 0;
			pthread_mutex_lock(&s->queue_lock);
		}
	}
	pthread_mutex_unlock(&s->queue_lock);
	return NULL;
}

/* --- the thread --- */

int search_tend_start(struct store *s)
{
	struct indexer *x = &s->indexer;

	cond_init_monotonic(&x->wake);
	x->runs = true;
	if (pthread_create(&x->thread, NULL, tender_main, s) != 0) {
		x->runs = false;
		pthread_cond_destroy(&x->wake);
		return -ENOMEM;
	}
	return 0;
}

void search_tend_stop(struct store *s)
{
	struct indexer *x = &s->indexer;

	if (!x->runs)
		return;
	pthread_mutex_lock(&s->queue_lock);
	x->stopping = true;
	pthread_cond_signal(&x->wake);
	pthread_mutex_unlock(&s->queue_lock);
	pthread_join(x->thread, NULL);
	pthread_cond_destroy(&x->wake);
	x->runs = false;
}
