/* What the files that forget versions share: prune_*.c. */
#pragma once

#include "store_priv.h"

#include "planfs/prune.h"

/* Numbers of rows of the table revision. */
struct prune_rows {
	int64_t *revs; /* owned */
	size_t n, capacity;
};

void prune_rows_done(struct prune_rows *rows);
int prune_rows_add(struct prune_rows *rows, int64_t rev) MUST_CHECK;

/* prune_keep.c: the rows that no kept moment needs, in order; fills in the counts of @done. */
int prune_find_rows(struct store *s, const struct prune_moments *moments,
	struct prune_rows *ret_rows, struct pruned *done) MUST_CHECK;

/* prune.c: statements that both ways to forget use */
enum { PRUNE_ROW, PRUNE_DELETE, PRUNE_DROP, PRUNE_SQL_COUNT };

struct prune_sql {
	sqlite3_stmt *st[PRUNE_SQL_COUNT]; /* owned */
};

int prune_sql_init(struct prune_sql *sql, struct txn *t) MUST_CHECK;
void prune_sql_done(struct prune_sql *sql);

/* Delete row @rev, and its text when nothing needs it any more. Adds to the counts of @done. */
int prune_delete_row(struct prune_sql *sql, int64_t rev, struct pruned *done) MUST_CHECK;

/* prune_space.c: numbers about the file; and write it anew when it pays, or when @always */
int prune_measure(struct store *s, int64_t *ret_size, int64_t *ret_free) MUST_CHECK;
int prune_give_back(struct store *s, bool always, struct pruned *done) MUST_CHECK;

/* Write the log back and cut it to nothing; in_log is set when others hinder that. */
int prune_empty_log(struct store *s, struct pruned *done) MUST_CHECK;
