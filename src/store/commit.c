/*
 * One writer with group commit. Whoever brings a change and finds no leader becomes the leader: it
 * runs all changes that are waiting in one transaction, commits it with one fdatasync if any of them
 * asks for the disk, and wakes the others. No thread switch when there is only one writer.
 */
#include "store_leader_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	BUSY_POLL_US =
		500, /* sqlite3_busy_timeout() starves beside a program that commits in a loop */
	IDS_LOW = ID_RANGE / 4,
};

struct request {
	const struct change *change;
	int64_t deadline; /* of clock_now() */
	int result;
	bool done;
	pthread_cond_t wake;
	struct request *next;
};

/* The requests of one transaction. */
struct batch {
	struct request *first, **last;
	const struct request *own; /* of the leader itself */
};

/* --- the queue: called with queue_lock held --- */

static void finish(struct request *rq, int result)
{
	rq->result = result;
	rq->done = true;
	pthread_cond_signal(&rq->wake);
}

static void batch_take_queue(struct store *s, struct batch *b)
{
	if (!s->first)
		return;
	*b->last = s->first;
	b->last = s->last;
	s->first = NULL;
	s->last = &s->first;
}

static void batch_give_back(struct store *s, struct batch *b)
{
	if (!b->first)
		return;
	*b->last = s->first;
	if (!s->first)
		s->last = b->last;
	s->first = b->first;
	b->first = NULL;
	b->last = &b->first;
}

/* End all requests of @b with @result, or only those whose time is up when @now is not 0. */
static void batch_finish(struct batch *b, int result, int64_t now)
{
	struct request **at = &b->first;

	while (*at) {
		struct request *rq = *at;

		if (now != 0 && rq->deadline > now) {
			at = &rq->next;
			continue;
		}
		*at = rq->next;
		finish(rq, result);
	}
	b->last = at;
}

bool id_take(struct store *s, struct id_range *range, int64_t *ret_id)
{
	bool taken;

	pthread_mutex_lock(&s->queue_lock);
	taken = range->next < range->end;
	if (taken)
		*ret_id = range->next++;
	pthread_mutex_unlock(&s->queue_lock);
	return taken;
}

/* --- the transaction: called by the leader without the lock --- */

/* Commits into a database that was deleted or replaced would be lost without a word: refuse them. */
static int check_identity(struct store *s)
{
	CLEANUP(buf_done) struct buf wal = { 0 };
	struct stat st;

	if (!database_is_ours(s)) {
		log_err("%s was deleted or replaced while it is open; unmount and mount again",
			s->path);
		return -ESTALE;
	}
	if (buf_printf(&wal, "%s-wal", s->path) < 0)
		return -ENOMEM;
	if (stat(buf_str(&wal), &st) < 0) {
		if (s->wal_ino == 0)
			return 0; /* made by the first commit */
		log_err("%s was deleted while it is open; unmount and mount again", buf_str(&wal));
		return -ESTALE;
	}
	if (s->wal_ino == 0) {
		s->wal_dev = st.st_dev;
		s->wal_ino = st.st_ino;
	}
	if (st.st_dev != s->wal_dev || st.st_ino != s->wal_ino) {
		log_err("%s was replaced while it is open; unmount and mount again", buf_str(&wal));
		return -ESTALE;
	}
	return 0;
}

static int run_simple(struct store *s, enum sql_id id)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(&s->writer, id);

	return stmt_run(st, sql_text[id]);
}

static int set_sync_mode(struct store *s, bool full)
{
	if (s->sync_full == full)
		return 0;
	if (sqlite3_exec(s->writer.db,
		    full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", NULL, NULL,
		    NULL) != SQLITE_OK)
		return store_errno(s->writer.db, "set the synchronous mode");
	s->sync_full = full;
	return 0;
}

/* Reserve numbers while we are at it, so that those who create a file need not wait for a lock. */
static int reserve(struct store *s, const char *table, const struct id_range *range,
	struct id_range *ret_fresh)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(&s->writer, SQL_RESERVE);
	int64_t end;
	bool enough;
	int r;

	pthread_mutex_lock(&s->queue_lock);
	enough = range->end - range->next >= IDS_LOW;
	pthread_mutex_unlock(&s->queue_lock);
	if (enough)
		return 0;
	bind_text(st, 1, table);
	sqlite3_bind_int64(st, 2, ID_RANGE);
	r = stmt_row(st, "reserve numbers");
	if (r <= 0)
		return r < 0 ? r : -EIO;
	end = sqlite3_column_int64(st, 0) + 1;
	*ret_fresh = (struct id_range){ end - ID_RANGE, end };
	return 0;
}

/*
 * Without memory it may fail: the statement has to be prepared again when the schema or a virtual table was touched. Then
 * whoever begins next tries again, and nobody reads through the writer's connection until then.
 */
static int rollback(struct store *s)
{
	return sqlite3_get_autocommit(s->writer.db) ? 0 : run_simple(s, SQL_ROLLBACK);
}

bool leader_is_wanted(struct store *s)
{
	bool is_wanted;

	pthread_mutex_lock(&s->queue_lock);
	is_wanted = s->first || s->indexer.stopping;
	pthread_mutex_unlock(&s->queue_lock);
	return is_wanted;
}

static int apply_change(struct store *s, const struct change *c)
{
	struct txn t = { .s = s, .c = &s->writer, .change = c };
	int r = 0;

	txn_pretend(&t, NULL, NULL, 0);
	if (c->apply)
		r = c->apply(&t, c->arg);
	return r == 0 && c->request && s->session ? note_request(s, c->request) : r;
}

/* Apply one of several changes so that its failure leaves the others alone. */
static int apply_isolated(struct store *s, const struct change *c, int *ret_result)
{
	int r;

	r = run_simple(s, SQL_SAVEPOINT);
	if (r < 0)
		return r;
	*ret_result = apply_change(s, c);
	if (sqlite3_get_autocommit(s->writer.db))
		return -EIO; /* SQLite gave the whole transaction up */
	if (*ret_result < 0) {
		r = run_simple(s, SQL_ROLLBACK_TO);
		if (r < 0)
			return r;
	}
	return run_simple(s, SQL_RELEASE);
}

/* Are there others than @own who change something? */
static bool has_company(const struct request *first, const struct request *own)
{
	for (; first; first = first->next)
		if (first != own && first->change->apply)
			return true;
	return false;
}

/* Inside BEGIN: apply all, commit. On failure nothing is left of any. */
static int apply_and_commit(struct store *s, struct request *first)
{
	struct id_range inodes = { 0 }, bodies = { 0 };
	bool durable = false, changed;
	struct request *rq;
	int before = sqlite3_total_changes(s->writer.db);
	int r = 0;

	for (rq = first; rq && r == 0; rq = rq->next) {
		durable |= rq->change->durable;
		if (rq->change->yields && has_company(first, rq))
			rq->result = -EAGAIN;
		else if (first->next)
			r = apply_isolated(s, rq->change, &rq->result);
		else
			r = rq->result = apply_change(s, rq->change);
	}
	/* last, so that numbers rise with time: a big change may have used up the range and more */
	if (r == 0)
		r = reserve(s, "inode", &s->inode_ids, &inodes);
	if (r == 0)
		r = reserve(s, "body", &s->body_ids, &bodies);
	changed = sqlite3_total_changes(s->writer.db) != before;
	if (r == 0) {
		r = run_simple(s, SQL_COMMIT);
		if (r < 0 && sqlite3_extended_errcode(s->writer.db) == SQLITE_IOERR_FSYNC)
			s->sync_failed = true;
	}
	if (r == 0 && durable && !changed)
		r = sync_wal(s);
	if (r < 0) {
		if (rollback(s) < 0)
			log_dbg("tried again by the next transaction");
		return r;
	}

	pthread_mutex_lock(&s->queue_lock);
	if (inodes.end)
		s->inode_ids = inodes;
	if (bodies.end)
		s->body_ids = bodies;
	if (changed || durable)
		sync_note(s, durable);
	if (changed && (first->next || !first->change->yields))
		search_note_change(s);
	pthread_mutex_unlock(&s->queue_lock);
	return 0;
}

static bool wants_disk(const struct request *rq)
{
	for (; rq; rq = rq->next)
		if (rq->change->durable)
			return true;
	return false;
}

static bool wants_change(const struct request *rq)
{
	for (; rq; rq = rq->next)
		if (rq->change->apply)
			return true;
	return false;
}

/* Returns 0 inside a transaction, -EBUSY when another program has the lock, or another error. */
static int begin(struct store *s, const struct request *first)
{
	int r;

	r = rollback(s);
	if (r == 0)
		r = check_identity(s);
	if (r == 0)
		r = heal_sync(s);
	if (r == 0)
		r = set_sync_mode(s, wants_disk(first));
	return r < 0 ? r : run_simple(s, SQL_BEGIN);
}

/* Run one request of a batch in a transaction of its own. */
static void run_alone(struct store *s, struct request *rq)
{
	struct request *rest = rq->next;
	int r;

	rq->next = NULL;
	while ((r = begin(s, rq)) == -EBUSY && clock_now() < rq->deadline) {
		store_waits();
		checkpoint_yield(s);
		usleep(BUSY_POLL_US);
	}
	rq->result = r < 0 ? r : apply_and_commit(s, rq);
	rq->next = rest;
}

static void run_one_by_one(struct store *s, struct request *first)
{
	struct request *rq;

	for (rq = first; rq; rq = rq->next)
		run_alone(s, rq);
}

/* The disk is full: what removes something may use the space that is kept for it. */
static void retry_removals(struct store *s, struct request *first)
{
	struct request *rq;
	bool has_room = false;

	for (rq = first; rq; rq = rq->next) {
		if (rq->result != -ENOSPC || !rq->change->removes)
			continue;
		if (!has_room)
			spare_give_up(s);
		has_room = true;
		run_alone(s, rq);
	}
}

/* Wait for the write lock; those whose time is up leave. Returns 0 inside a transaction. */
static int begin_waiting(struct store *s, struct batch *b)
{
	int r;

	while ((r = begin(s, b->first)) == -EBUSY) {
		store_waits();
		checkpoint_yield(s);
		usleep(BUSY_POLL_US);
		pthread_mutex_lock(&s->queue_lock);
		batch_take_queue(s, b);
		batch_finish(b, -EBUSY, clock_now());
		if (b->own->done)
			batch_give_back(s, b); /* somebody else leads on */
		pthread_mutex_unlock(&s->queue_lock);
		if (!b->first)
			return -EBUSY;
	}
	return r;
}

static void run_batch(struct store *s, struct batch *b)
{
	struct request *rq;
	int r;

	if (!wants_change(b->first)) {
		r = sync_wal(s);
	} else {
		r = begin_waiting(s, b);
		if (r == 0) {
			r = apply_and_commit(s, b->first);
			if (r < 0 && b->first->next) {
				run_one_by_one(s, b->first);
				return;
			}
			if (r == 0)
				return;
		}
	}
	for (rq = b->first; rq; rq = rq->next)
		rq->result = r;
}

/* With queue_lock held, which is given up in between. */
static void lead(struct store *s, const struct request *own)
{
	struct batch b = { .last = &b.first, .own = own };
	bool bare;

	s->has_leader = true;
	batch_take_queue(s, &b);
	pthread_mutex_unlock(&s->queue_lock);
	if (wants_disk(b.first))
		store_waits();
	bare = !wants_change(b.first);
	run_batch(s, &b);
	retry_removals(s, b.first);
	pthread_mutex_lock(&s->queue_lock);
	if (bare && b.first && b.first->result == 0)
		sync_note(s, true);
	while (b.first) {
		struct request *rq = b.first;

		b.first = rq->next;
		finish(rq, rq->result);
	}
	sync_plan_tending(s);
	if (checkpoint_is_due(s) || spare_is_due(s)) {
		pthread_mutex_unlock(&s->queue_lock);
		store_waits();
		checkpoint_tend(s);
		spare_tend(s);
		pthread_mutex_lock(&s->queue_lock);
	}
	s->has_leader = false;
	if (s->first)
		pthread_cond_signal(&s->first->wake);
}

bool leader_try(struct store *s)
{
	bool leads;

	pthread_mutex_lock(&s->queue_lock);
	leads = !s->has_leader && !s->first;
	if (leads)
		s->has_leader = true;
	pthread_mutex_unlock(&s->queue_lock);
	return leads;
}

void leader_resign(struct store *s)
{
	pthread_mutex_lock(&s->queue_lock);
	s->has_leader = false;
	if (s->first)
		pthread_cond_signal(&s->first->wake);
	pthread_mutex_unlock(&s->queue_lock);
}

int store_change(struct store *s, const struct change *c)
{
	struct request rq = { .change = c, .wake = PTHREAD_COND_INITIALIZER };

	if (s->readonly)
		return c->apply ? -EROFS : 0; /* a bare sync: nothing of ours is unsynced */
	rq.deadline = clock_now() + (int64_t)c->wait_ms * 1000000;
	pthread_mutex_lock(&s->queue_lock);
	*s->last = &rq;
	s->last = &rq.next;
	while (!rq.done) {
		if (s->has_leader) {
			store_waits();
			pthread_cond_wait(&rq.wake, &s->queue_lock);
		} else {
			lead(s, &rq);
		}
	}
	pthread_mutex_unlock(&s->queue_lock);
	pthread_cond_destroy(&rq.wake);
	return rq.result;
}

int change_nothing(struct txn *t, void *arg)
{
	(void)t;
	(void)arg;
	return 0;
}

int store_new_inode_id(struct store *s, int64_t *ret_id)
{
	const struct change refill = { .apply = change_nothing, .wait_ms = 10000 };
	int r;

	while (!id_take(s, &s->inode_ids, ret_id)) {
		r = store_change(s, &refill);
		if (r < 0)
			return r;
	}
	return 0;
}
