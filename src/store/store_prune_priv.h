/* What the files that forget versions share: prune_*.c. */
#pragma once

#include "store_priv.h"

#include "planfs/prune.h"

/* What becomes of a row of the table revision. */
enum prune_kind {
	PRUNE_MOVED,   /* deleted, but for the directory's time, which goes to another row */
	PRUNE_EMPTIED, /* a removal that loses the text it names */
	PRUNE_DELETED,
	PRUNE_KINDS
};

struct prune_row {
	int64_t rev, heir; /* the other row */
};

struct prune_rows {
	enum prune_kind kind;
	struct prune_row *rows; /* owned */
	size_t n, capacity;
};

void prune_rows_done(struct prune_rows *rows);
int prune_rows_add(struct prune_rows *rows, struct prune_row row) MUST_CHECK;

struct prune_found {
	struct prune_rows rows[PRUNE_KINDS];
};

void prune_found_done(struct prune_found *found);

/* prune_keep.c: the rows that no kept moment needs as they are, in order; fills in the counts of @done. */
int prune_find_rows(struct store *s, const struct prune_moments *moments,
	struct prune_found *ret_found, struct pruned *done) MUST_CHECK;

/* prune.c: statements that both ways to forget use */
enum {
	PRUNE_SQL_ROW,
	PRUNE_SQL_DELETE,
	PRUNE_SQL_EMPTY,
	PRUNE_SQL_MOVE,
	PRUNE_SQL_DROP,
	PRUNE_SQL_COUNT
};

struct prune_sql {
	sqlite3_stmt *st[PRUNE_SQL_COUNT]; /* owned */
};

int prune_sql_init(struct prune_sql *sql, struct txn *t) MUST_CHECK;
void prune_sql_done(struct prune_sql *sql);

/* Do with @row what @kind says, and delete its text when nothing needs it any more. Adds to the counts of @done. */
int prune_apply_row(struct prune_sql *sql, enum prune_kind kind, const struct prune_row *row,
	struct pruned *done) MUST_CHECK;

/* What has no name any more is in nobody's use when we have the database alone: delete it. */
int prune_purge(struct store *s) MUST_CHECK;

/* prune_space.c: numbers about the file */
int prune_measure(struct store *s, int64_t *ret_size, int64_t *ret_free) MUST_CHECK;

/* In the transaction under way on @db: note that old bytes must not stay in the file. */
int prune_note_debt(sqlite3 *db) MUST_CHECK;

/*
 * Write the file anew, and empty its log, when old bytes must not stay in it; or write it anew when that pays. Only when we have
 * the database alone; fills in what became of it.
 */
int prune_give_back(struct store *s, struct pruned *done) MUST_CHECK;

/* prune_copies.c: add a text to those that are forgotten; and call @fn for whatever else has one of them */
int prune_note_text(struct buf *texts, const void *data, size_t len) MUST_CHECK;
int prune_tell_copies(struct store *s, struct buf *texts, prune_copy_fn *fn, void *arg) MUST_CHECK;
