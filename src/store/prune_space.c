/* What forgetting has made free goes back to the disk: the file is written anew, when nobody else uses it. */
#include "store_leader_priv.h"
#include "store_prune_priv.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FREE_PERCENT = 10 /* of the pages, which are worth it */, ROOM_EXTRA = 1 << 20 };

static int pragma(sqlite3 *db, const char *sql, int64_t *ret_value)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_errno(db, "measure the database");
	r = stmt_row(st, "measure the database");
	if (r > 0 && ret_value)
		*ret_value = sqlite3_column_int64(st, 0);
	return r < 0 ? r : 0;
}

static int measure(sqlite3 *db, int64_t *ret_size, int64_t *ret_free)
{
	int64_t page = 0, all = 0, unused = 0;
	int r;

	r = pragma(db, "PRAGMA page_size", &page);
	if (r == 0)
		r = pragma(db, "PRAGMA page_count", &all);
	if (r == 0)
		r = pragma(db, "PRAGMA freelist_count", &unused);
	if (r < 0)
		return r;
	*ret_size = all * page;
	*ret_free = unused * page;
	return 0;
}

int prune_measure(struct store *s, int64_t *ret_size, int64_t *ret_free)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = measure(c->db, ret_size, ret_free);
	reader_put(s, c);
	return r;
}

/* VACUUM needs a copy where SQLite has its temporary files, and one in the log. Both may be on this disk. */
static bool has_room(struct store *s, const struct pruned *done)
{
	char *path = strdup(s->path);
	struct statvfs v;
	bool enough;

	enough = path && statvfs(dirname(path), &v) == 0 &&
		 (int64_t)v.f_bavail * (int64_t)v.f_frsize >
			 2 * (done->size - done->free) + ROOM_EXTRA;
	free(path);
	return enough;
}

/*
 * Bytes that should go may still be in the file: noted in SQLite's own table, so that the schema stays what it is, until
 * the file is written anew.
 */
#define DEBT "'forget'"

int prune_note_debt(sqlite3 *db)
{
	return pragma(db,
		"INSERT INTO sqlite_sequence (name, seq) SELECT " DEBT
		", 1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = " DEBT ")",
		NULL);
}

static int has_debt(struct store *s, bool *ret_has)
{
	int64_t n = 0;
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = pragma(c->db, "SELECT count(*) FROM sqlite_sequence WHERE name = " DEBT, &n);
	reader_put(s, c);
	*ret_has = n > 0;
	return r;
}

/* What was taken out of the search index is only marked in it until its pieces are put together. */
static const char clean_index[] = "INSERT INTO search_index (search_index) VALUES ('optimize')";

static int write_anew(struct store *s, bool always)
{
	struct conn c = { 0 };
	int r;

	r = conn_open(&c, s->path, false, true);
	if (r < 0)
		return r;
	sqlite3_busy_timeout(c.db, 20000);
	r = pragma(c.db, "PRAGMA secure_delete = ON", NULL);
	if (r == 0 && always)
		r = pragma(c.db, clean_index, NULL);
	if (r == 0)
		r = pragma(c.db, "VACUUM", NULL);
	if (r == 0 && always)
		r = pragma(c.db, "DELETE FROM sqlite_sequence WHERE name = " DEBT, NULL);
	conn_close(&c);
	return r;
}

/* The leader's connection holds the lock of checkpoints, which it gives up for one of its own. */
static bool cut_log(struct store *s)
{
	int rc;

	checkpoint_release(s);
	sqlite3_busy_timeout(s->writer.db, 5000);
	rc = sqlite3_wal_checkpoint_v2(
		s->writer.db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(s->writer.db, 0);
	if (checkpoint_hold(s) < 0)
		return false;
	return rc == SQLITE_OK;
}

/* Write the log back and cut it to nothing; in_log stays when others hinder that. */
static void empty_log(struct store *s, struct pruned *done)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (!leader_try(s)) {
			usleep(10000); /* a checkpoint in a pause */
			continue;
		}
		done->in_log = !cut_log(s);
		leader_resign(s);
		break;
	}
}

int prune_give_back(struct store *s, struct pruned *done)
{
	bool must = false;
	int r;

	r = prune_measure(s, &done->size, &done->free);
	if (r == 0)
		r = has_debt(s, &must);
	done->in_log = must;
	if (r < 0 || !s->exclusive || (!must && done->free <= done->size / FREE_PERCENT))
		return r;
	done->no_room = !has_room(s, done);
	if (done->no_room)
		return 0;
	r = write_anew(s, must);
	if (r == -ENOSPC) {
		done->no_room = true;
		return 0;
	}
	done->rewritten = r == 0;
	if (r == 0 && must)
		empty_log(s, done);
	return r < 0 ? r : prune_measure(s, &done->size, &done->free);
}
