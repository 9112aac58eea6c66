/* What read.c and the files that look at the past share; see planfs/moment.h. */
#pragma once

#include "store_priv.h"

#include "planfs/moment.h"

/* What a short look is for. */
struct look_key {
	int64_t rev; /* the moment, where one is looked at */
	int64_t id;
	const char *name;
};

typedef int look_fn(struct conn *c, const struct look_key *key, void *ret);

/*
 * Look at a few rows: on the writer's connection when nobody leads, because its cache outlives our own commits, which
 * throw away those of the others. Returns what @fn returned, or the error of reader_get().
 */
int store_look(struct store *s, look_fn *fn, const struct look_key *key, void *ret) MUST_CHECK;

/* read.c: find @name in directory @parent, now or then. */
typedef int step_fn(void *arg, int64_t parent, const char *name, struct inode *ret_inode);

/* Go from *at along @path, as store_resolve() does. Returns 0, -ENOTDIR, -ENAMETOOLONG or what @step said. */
int path_walk(const char *path, step_fn *step, void *arg, struct inode *at) MUST_CHECK;

/* moment_mend.c: have the history end in the present tree, and queries for what would be recorded */
extern const char mend_history_names[], mend_history_files[], mend_history_first[];
extern const char check_history_names[], check_history_files[];
int moment_functions(sqlite3 *db) MUST_CHECK; /* what they need */

/* moment.c: on any connection */
int conn_moment_get(struct conn *c, int64_t rev, int64_t id, struct inode *ret_inode) MUST_CHECK;

/* The inode in the columns of @st that begin at @at, in the order of MOMENT_COLUMNS; *ret_rev is the row. */
enum { MOMENT_COLUMNS_N = 10 };
struct inode moment_from_row(sqlite3_stmt *st, int at, int64_t *ret_rev);

/* What the row of @inode, which has the number @own, does not say of it after revision @rev. */
int moment_complete(struct conn *c, int64_t rev, int64_t own, struct inode *inode) MUST_CHECK;
void moment_listings_done(struct store *s);

/* moment_past.c: the number of the first row of a place; *ret_first stays when there is none. Returns 0 or -Exxx. */
int moment_first_row(
	struct conn *c, int64_t parent, const char *name, int64_t *ret_first) MUST_CHECK;

/* moment_time.c: what words say of a time; MOMENT_MOVES: with the clock */
enum moment_words { MOMENT_NONE, MOMENT_STANDS, MOMENT_MOVES };
enum moment_words moment_parse(const char *words, int64_t now, int64_t *ret_time);

/* Nanoseconds since 1970; the first or the last moment, where that is out of range. */
int64_t moment_ns(int64_t seconds, int64_t ns);

/* moment_find.c: could moment_find() take @name for a time or a number? */
bool moment_is_words(const char *name);
