/*
 * Checkpoints. SQLite up to 3.51.2 can lose commits when another program runs a PASSIVE checkpoint at the
 * wrong moment, whatever SQLite we are linked with. So the process that mounts the database is the
 * only one that checkpoints: it holds the checkpoint lock of the WAL index all the time, through the
 * public shared-memory methods of the VFS, and gives it back only for a checkpoint of its own. Others
 * get "busy" from their checkpoints; their reads and writes go on.
 */
#include "store_leader_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <sys/statvfs.h>

enum {
	CHECKPOINT_LOCK =
		1, /* WAL_CKPT_LOCK of the file format: https://sqlite.org/walformat.html, 2.2.2 */
	FRAMES_IN_PAUSE = 1000, /* a log of so many pages is written back when nobody saves … */
	PAUSE_NS =
		20000000, /* … for so long: a checkpoint is several syncs, which no save should wait for */
	FRAMES_MAX = 8000, /* and whatever happens now: 32 MB */
	FRAMES_TOO_MANY =
		32000,  /* 128 MB, because others read all the time: wait for them, saves and all */
	WAIT_MS = 8000, /* twice the longest reader, and less than those who change names wait */
	BACK_OFF_NS = 1000000000,
	ROOM_BYTES = 64 << 20, /* on a disk with less the log is not let grow */
	LOG_BYTES =
		4 << 20, /* of FRAMES_IN_PAUSE pages: what it grows to when somebody saves much */
};

/* After a wait in vain, for a program that stays: longer each time. */
static const int64_t wait_back_off_ns = 10000000000, wait_back_off_max_ns = 3600000000000;

static int shm_lock(struct store *s, int flags)
{
	sqlite3_file *f = NULL;
	int rc;

	rc = sqlite3_file_control(s->writer.db, "main", SQLITE_FCNTL_FILE_POINTER, &f);
	if (rc != SQLITE_OK || !f || !f->pMethods || f->pMethods->iVersion < 2)
		return SQLITE_ERROR;
	return f->pMethods->xShmLock(f, CHECKPOINT_LOCK, 1, flags);
}

int checkpoint_hold(struct store *s)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(&s->writer, SQL_MAX_REV);

	if (!s->exclusive || s->holds_checkpoint)
		return 0;
	/* A read maps the shared memory, and recovers it if need be. */
	if (stmt_row(st, "read the database") < 0)
		return -EIO;
	if (shm_lock(s, SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE) != SQLITE_OK)
		return -EBUSY;
	s->holds_checkpoint = true;
	return 0;
}

void checkpoint_release(struct store *s)
{
	if (s->holds_checkpoint &&
		shm_lock(s, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE) != SQLITE_OK)
		log_warn(
			"cannot give the checkpoint lock back; the next checkpoint is tried in a second");
	s->holds_checkpoint = false;
}

/*
 * A program that died while it committed leaves the WAL index to be recovered, which takes all locks:
 * let go, so that the read in checkpoint_hold() can do it.
 */
void checkpoint_yield(struct store *s)
{
	if (sqlite3_extended_errcode(s->writer.db) != SQLITE_BUSY_RECOVERY)
		return;
	checkpoint_release(s);
	if (checkpoint_hold(s) < 0)
		log_dbg("the WAL index is recovered by another program");
}

static bool waits_for_readers(const struct store *s)
{
	return s->wal_frames >= FRAMES_TOO_MANY && clock_now() >= s->wait_after;
}

static void note_wait(struct store *s, bool succeeded)
{
	int64_t next = s->wait_back_off ? s->wait_back_off * 2 : wait_back_off_ns;

	s->wait_back_off = succeeded                     ? 0
			   : next < wait_back_off_max_ns ? next
							 : wait_back_off_max_ns;
	s->wait_after = clock_now() + s->wait_back_off;
	if (!succeeded)
		log_warn("%s-wal has %d MB: another program has been reading for long", s->path,
			s->wal_frames / 256);
}

void checkpoint_run(struct store *s)
{
	bool waits = waits_for_readers(s);
	int log_frames = 0, done_frames = 0;
	int rc;

	checkpoint_release(s);
	if (waits)
		sqlite3_busy_timeout(s->writer.db, WAIT_MS);
	rc = sqlite3_wal_checkpoint_v2(
		s->writer.db, "main", SQLITE_CHECKPOINT_RESTART, &log_frames, &done_frames);
	if (waits)
		sqlite3_busy_timeout(s->writer.db, 0);
	if (waits)
		note_wait(s, rc == SQLITE_OK);
	if (rc == SQLITE_OK)
		s->wal_frames = 0;
	s->checkpoint_after = rc == SQLITE_OK ? 0 : clock_now() + BACK_OFF_NS;
	if (rc != SQLITE_OK && (rc & 0xFF) != SQLITE_BUSY)
		log_warn("checkpoint failed (%s); the log goes on growing and it is tried again",
			sqlite3_errstr(rc));
	if (checkpoint_hold(s) < 0)
		log_dbg("another program is checkpointing; held after a later commit");
}

static bool disk_is_tight(const struct store *s)
{
	struct statvfs v;

	return statvfs(s->path, &v) == 0 && v.f_bavail < ROOM_BYTES / v.f_frsize;
}

/*
 * What does not make a file longer is synced with fewer writes: 0.6 ms instead of 1.0 for a save of 4 KB, on an ext4 without a
 * journal, which would be written, too. Zeros are no frames (https://sqlite.org/walformat.html, 4.1): a reader finds
 * in the log what was in it before. Within a transaction nobody else writes to it.
 */
static int fill_log(struct txn *t, void *arg)
{
	static const char zeros[64 << 10];
	sqlite3_file *log = NULL;
	sqlite3_int64 at;
	int rc;

	(void)arg;
	rc = sqlite3_file_control(t->c->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (rc != SQLITE_OK || !log || !log->pMethods)
		return 0;
	rc = log->pMethods->xFileSize(log, &at);
	for (; rc == SQLITE_OK && at < LOG_BYTES; at += (sqlite3_int64)sizeof(zeros))
		rc = log->pMethods->xWrite(log, zeros, sizeof(zeros), at);
	if (rc == SQLITE_OK)
		rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
	if (rc != SQLITE_OK)
		log_dbg("the log grows with what is saved: %s", sqlite3_errstr(rc));
	return 0;
}

void checkpoint_prepare_log(struct store *s)
{
	static const struct change fill = { .apply = fill_log, .wait_ms = 1000 };

	if (s->session && !disk_is_tight(s) && store_change(s, &fill) < 0)
		log_dbg("another program is writing; the log grows with what is saved");
}

static bool log_is_long(const struct store *s)
{
	if (waits_for_readers(s))
		return true;
	return s->wal_frames >= FRAMES_IN_PAUSE && clock_now() >= s->checkpoint_after &&
	       (s->wal_frames >= FRAMES_MAX || disk_is_tight(s));
}

int64_t checkpoint_wanted_at(const struct store *s)
{
	int64_t pause = s->committed + PAUSE_NS;

	if (s->wal_frames < FRAMES_IN_PAUSE)
		return INT64_MAX;
	return pause > s->checkpoint_after ? pause : s->checkpoint_after;
}

bool checkpoint_is_due(const struct store *s)
{
	return (s->exclusive && !s->holds_checkpoint) || log_is_long(s);
}

void checkpoint_tend(struct store *s)
{
	if (log_is_long(s))
		checkpoint_run(s);
	else if (checkpoint_hold(s) < 0)
		log_dbg("another program is checkpointing; held after a later commit");
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int frames)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	s->wal_frames = frames;
	s->committed = clock_now();
	return SQLITE_OK;
}

void checkpoint_watch(struct store *s)
{
	sqlite3_wal_hook(s->writer.db, on_commit, s);
}
