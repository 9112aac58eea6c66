/* ahead.c: reading a database in pieces that are larger than its pages. */
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
