/*
 * Reading a database in pieces that are larger than its pages. SQLite asks for one page at a time, in the order of the trees that
 * it walks. What is not in memory yet costs a wait for the disk each time, because the kernel takes that for random; what is, a
 * system call of 3 us on a virtual machine, where sixteen pages at once take 7. So the reads of a connection are watched, below
 * SQLite: one that goes on not far behind the last gets a whole piece, and in a process that lives long so does the first one of
 * each piece.
 *
 * What is in the piece is good for a transaction: nothing is written into those pages of the database that a reader takes from
 * it, and not from the log, before the reader has ended (https://sqlite.org/walformat.html, 2.3). It begins and ends with a lock.
 */
#include "store_ahead_priv.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIECE = 64 << 10,
	PIECES = 65536, /* behind 4 GB two share a bit, and one of them is read page by page */
	WRITE_LOCK = 0,
};

/* The methods are those of the file itself, but for three. SQLite numbers its locks (https://sqlite.org/walformat.html, 2.3). */
struct ahead {
	struct sqlite3_io_methods methods;
	const struct sqlite3_io_methods *real; /* of SQLite */
	sqlite3_file *file;
	struct gather *gather; /* of the log; NULL: it is written frame by frame */
	bool is_long_lived;
	sqlite3_int64 next; /* where the last read of one page ended: often that of another table */
	sqlite3_int64 end;  /* where the last piece ended */
	int len;            /* of that piece; 0: there is none */
	char piece[PIECE];
};

static atomic_uchar seen[PIECES / 8];

static struct ahead *ahead_of(sqlite3_file *file)
{
	return (struct ahead *)(uintptr_t)file->pMethods; /* its first member */
}

static bool is_new(sqlite3_int64 number)
{
	atomic_uchar *bits = &seen[number % PIECES / 8];
	unsigned char bit = (unsigned char)(1u << number % 8);

	return !(atomic_load(bits) & bit) && !(atomic_fetch_or(bits, bit) & bit);
}

static bool is_behind(sqlite3_int64 end, int n, sqlite3_int64 at)
{
	return at >= end && at + n <= end + PIECE;
}

static bool is_there(const struct ahead *a, int n, sqlite3_int64 at)
{
	return at >= a->end - a->len && at + n <= a->end;
}

/* There is none at the end of the file, which the read itself finds out. */
static void read_piece(struct ahead *a, sqlite3_int64 at)
{
	a->len = a->real->xRead(a->file, a->piece, PIECE, at) == SQLITE_OK ? PIECE : 0;
	a->end = at + a->len;
}

static int ahead_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	struct ahead *a = ahead_of(file);

	if (!is_there(a, n, at)) {
		if (a->is_long_lived && is_new(at / PIECE))
			read_piece(a, at - at % PIECE);
		else if (is_behind(a->end, n, at) || is_behind(a->next, n, at))
			read_piece(a, at);
	}
	if (is_there(a, n, at)) {
		memcpy(to, a->piece + (at - (a->end - a->len)), (size_t)n);
		return SQLITE_OK;
	}
	a->next = at + n;
	return a->real->xRead(file, to, n, at);
}

static int ahead_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
	struct ahead *a = ahead_of(file);

	a->len = 0;
	if (a->gather && at == WRITE_LOCK && flags & SQLITE_SHM_UNLOCK)
		gather_drop(a->gather);
	return a->real->xShmLock(file, at, n, flags);
}

/* How a transaction begins in a database that is not in WAL mode: a copy, which is read only. */
static int ahead_lock(sqlite3_file *file, int lock)
{
	struct ahead *a = ahead_of(file);

	a->len = 0;
	return a->real->xLock(file, lock);
}

struct ahead *ahead_start(sqlite3 *db, bool is_long_lived)
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
	a->gather = NULL;
	a->is_long_lived = is_long_lived;
	a->next = 0;
	a->end = 0;
	a->len = 0;
	a->methods = *a->real;
	a->methods.xRead = ahead_read;
	a->methods.xLock = ahead_lock;
	a->methods.xShmLock = ahead_shm_lock;
	file->pMethods = &a->methods;
	return a;
}

void ahead_gather(struct ahead *a, sqlite3 *db)
{
	a->gather = gather_start(db);
}

void ahead_end(struct ahead *a)
{
	if (!a)
		return;
	gather_end(a->gather);
	a->file->pMethods = a->real;
	free(a);
}
