/* Reading ahead in the file of a database. */
#pragma once

#include "store_priv.h"

struct ahead;

/*
 * Have the reads of @db, which nobody else uses meanwhile, go ahead. Returns what ahead_end() takes, before @db is closed; NULL when
 * that cannot be done, and nothing is missing then.
 */
struct ahead *ahead_start(sqlite3 *db);
void ahead_end(struct ahead *a); /* accepts NULL */
