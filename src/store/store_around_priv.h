/* around.c: reading a database in pieces that are larger than its pages. */
#pragma once

#include <sqlite3.h>

/* What SQLite calls for the file of a connection, and what really reads it. */
struct around {
	sqlite3_io_methods methods;
	int (*read_page)(sqlite3_file *, void *, int, sqlite3_int64);
};

/*
 * Have the file of @db, which does not read ahead (store_ahead_priv.h), read in pieces from now on. *ret_around is needed until
 * @db is closed.
 */
void around_start(sqlite3 *db, struct around *ret_around);
