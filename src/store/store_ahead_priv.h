/* Below SQLite: a database is read (ahead.c), and its log written (gather.c), in pieces that are larger than pages. */
#pragma once

#include "store_priv.h"

struct ahead;

/*
 * Have the file of @db, which one thread uses at a time, read ahead from now on. Who is long-lived gets what is not in memory yet
 * in pieces, too, wherever it is. Returns what ahead_end() takes before @db is closed; NULL when that cannot be done, and nothing
 * is missing then.
 */
struct ahead *ahead_start(sqlite3 *db, bool is_long_lived);
void ahead_end(struct ahead *a); /* accepts NULL */

/* Have what @db, which has read something, writes into its log gathered, too. When that cannot be done nothing is missing. */
void ahead_gather(struct ahead *a, sqlite3 *db);

struct gather;

/* Begin with the log of @db. Returns what gather_end() takes before @db is closed, or NULL. */
struct gather *gather_start(sqlite3 *db);
void gather_end(struct gather *g); /* accepts NULL */

/* Forget what is held: the lock for writing is about to be given back. */
void gather_drop(struct gather *g);
