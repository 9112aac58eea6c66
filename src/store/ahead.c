/*
 * Reading ahead. Who reads the texts of many files reads one page of the database after the other, each by a system call of some
 * 3 us on a virtual machine; sixteen at a time take 7. So the reads of a connection that only reads are watched, below
 * SQLite: when one goes on not far behind the last, it gets a piece at once.
 *
 * What is in the piece is good for a transaction: nothing is written into those pages of the database that a reader takes from
 * it, and not from the log, before the reader has ended (https://sqlite.org/walformat.html, 2.3). It begins and ends with a
 * lock of the shared memory.
 */
#include "store_ahead_priv.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 64 << 10 };

/* The methods are those of the file itself, but for two. */
struct ahead {
	struct sqlite3_io_methods methods;
	const struct sqlite3_io_methods *real; /* of SQLite */
	sqlite3_file *file;
	sqlite3_int64 next; /* where the last read of one page ended: often that of another table */
	sqlite3_int64 end;  /* where the last piece ended */
	int len;            /* of that piece; 0: there is none */
	char piece[PIECE];
};

static struct ahead *ahead_of(sqlite3_file *file)
{
	return (struct ahead *)(uintptr_t)file->pMethods; /* its first member */
}

static bool is_behind(sqlite3_int64 end, int n, sqlite3_int64 at)
{
	return at >= end && at + n <= end + PIECE;
}

/* Returns whether there is one: not at the end of the file, which the read itself finds out. */
static bool read_piece(struct ahead *a, sqlite3_int64 at)
{
	bool is_whole = a->real->xRead(a->file, a->piece, PIECE, at) == SQLITE_OK;

	a->len = is_whole ? PIECE : 0;
	a->end = at + a->len;
	return is_whole;
}

static int ahead_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	struct ahead *a = ahead_of(file);
	bool is_there = at >= a->end - a->len && at + n <= a->end;

	if (!is_there && (is_behind(a->end, n, at) || is_behind(a->next, n, at)))
		is_there = read_piece(a, at);
	if (is_there) {
		memcpy(to, a->piece + (at - (a->end - a->len)), (size_t)n);
		return SQLITE_OK;
	}
	a->next = at + n;
	return a->real->xRead(file, to, n, at);
}

static int ahead_lock(sqlite3_file *file, int at, int n, int flags)
{
	struct ahead *a = ahead_of(file);

	a->len = 0;
	return a->real->xShmLock(file, at, n, flags);
}

struct ahead *ahead_start(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	struct ahead *a;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
		!file || !file->pMethods || file->pMethods->iVersion < 2)
		return NULL;
	a = malloc(sizeof(*a));
	if (!a)
		return NULL;
	a->real = file->pMethods;
	a->file = file;
	a->next = 0;
	a->end = 0;
	a->len = 0;
	a->methods = *a->real;
	a->methods.xRead = ahead_read;
	a->methods.xShmLock = ahead_lock;
	file->pMethods = &a->methods;
	return a;
}

void ahead_end(struct ahead *a)
{
	if (a)
		a->file->pMethods = a->real;
	free(a);
}
