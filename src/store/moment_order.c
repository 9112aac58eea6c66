/*
 * A history that was loaded plan by plan, put into the order of time. The texts of the statements are here, because they
 * are needed once in the life of a database.
 */
#include "store_moment_priv.h"

#include <errno.h>

enum { DEPTH_MAX = 64 };

static int run_sql(struct txn *t, const char *sql)
{
	if (sqlite3_exec(t->c->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(t->c->db, "put the history in order");
	return 0;
}

int moment_all_loaded(struct store *s)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	if (sqlite3_prepare_v2(c->db, "SELECT 1 FROM revision WHERE ifnull(origin, 0) >= 0 LIMIT 1",
		    -1, &st, NULL) != SQLITE_OK)
		r = store_errno(c->db, "look for changes");
	else
		r = stmt_row(st, "look for changes");
	sqlite3_finalize(st);
	st = NULL;
	reader_put(s, c);
	return r < 0 ? r : r == 0;
}

/* A directory is there before what is in it, and so is the one above. */
static const char make_dirs_earlier[] =
	"UPDATE revision SET time = first, mtime = first FROM (SELECT parent AS dir, min(time) AS first "
	"FROM revision WHERE dir_mtime IS NOT NULL GROUP BY parent) "
	"WHERE op = 'create' AND mode & 61440 = 16384 AND inode = dir AND time > first";

/* By way of negative numbers: no two rows may have the same one at any time. */
static const char *const renumber[] = {
	"UPDATE revision SET dir_mtime = time WHERE dir_mtime IS NOT NULL",
	"CREATE TEMP TABLE rank AS SELECT rev, row_number() OVER (ORDER BY time, rev) AS number FROM revision",
	"CREATE UNIQUE INDEX temp.rank_rev ON rank(rev)",
	"UPDATE mark SET rev = (SELECT number FROM rank WHERE rank.rev = mark.rev) "
	"WHERE rev IN (SELECT rev FROM rank)",
	"UPDATE revision SET rev = -(SELECT number FROM rank WHERE rank.rev = revision.rev), origin = abs(origin)",
	"UPDATE revision SET rev = -rev",
	"DROP TABLE rank",
	mend_history_names,
	mend_history_files,
};

int txn_order_revisions(struct txn *t)
{
	int before, round, r = 0;
	size_t i;

	for (round = 0; round < DEPTH_MAX && r == 0; round++) {
		before = sqlite3_total_changes(t->c->db);
		r = run_sql(t, make_dirs_earlier);
		if (sqlite3_total_changes(t->c->db) == before)
			break;
	}
	for (i = 0; i < ARRAY_LEN(renumber) && r == 0; i++)
		r = run_sql(t, renumber[i]);
	return r;
}
