/*
 * Writing the log in pieces that are larger than its pages. SQLite writes each page of a transaction with two system calls, one
 * for the header of its frame and one for the page: 20 for a save in place, and the whole costs 5 % less with one; a restore,
 * which hardly waits for the disk, a fifth. So what continues where the last write ended is held, below SQLite, until the
 * transaction is whole.
 *
 * Others look for a frame only when the index of the log, in shared memory, tells of it, and that is written behind the last
 * frame of a transaction, which says so in its header (https://sqlite.org/fileformat2.html#walformat, 4.1): with it everything
 * is written. What is still held when the lock for writing is given back belongs to a transaction that was rolled back, and
 * must not be written any more: the place belongs to the next writer, which may be another process.
 */
#include "store_ahead_priv.h"

#include <stdlib.h>
#include <string.h>

enum {
	FRAME_HEADER = 24,
	FRAME_SIZE_AT = 4, /* of the database behind the transaction; 0: there are more frames */
	/* SQLite cannot write 128 KB at once: it would say that the disk is full */
	ROOM = 64 << 10,
};

struct gather {
	struct sqlite3_io_methods methods;
	const struct sqlite3_io_methods *real;
	sqlite3_file *file; /* NULL: SQLite has closed it */
	sqlite3_int64 end;  /* where the last write ended, or will end */
	int len;            /* held, of what ends there */
	bool is_last;       /* the page of the last frame comes next */
	char room[ROOM];
};

static struct gather *gather_of(sqlite3_file *file)
{
	return (struct gather *)(uintptr_t)file->pMethods; /* its first member */
}

static int write_held(struct gather *g)
{
	int len = g->len;

	g->len = 0;
	return len > 0 ? g->real->xWrite(g->file, g->room, len, g->end - len) : SQLITE_OK;
}

static bool says_last(const void *header)
{
	static const char none[4];

	return memcmp((const char *)header + FRAME_SIZE_AT, none, sizeof(none)) != 0;
}

static int hold(struct gather *g, const void *from, int n)
{
	bool is_whole = g->is_last && n != FRAME_HEADER;

	memcpy(g->room + g->len, from, (size_t)n);
	g->len += n;
	g->end += n;
	g->is_last = n == FRAME_HEADER && says_last(from);
	return is_whole ? write_held(g) : SQLITE_OK;
}

static int gather_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
	struct gather *g = gather_of(file);
	bool goes_on = at == g->end && n <= ROOM;
	int rc = goes_on && n <= ROOM - g->len ? SQLITE_OK : write_held(g);

	if (rc != SQLITE_OK)
		return rc;
	if (goes_on)
		return hold(g, from, n);
	g->end = at + n;
	g->is_last = n == FRAME_HEADER && says_last(from);
	return g->real->xWrite(file, from, n, at);
}

static int gather_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	struct gather *g = gather_of(file);
	int rc = write_held(g);

	return rc != SQLITE_OK ? rc : g->real->xRead(file, to, n, at);
}

static int gather_sync(sqlite3_file *file, int flags)
{
	struct gather *g = gather_of(file);
	int rc = write_held(g);

	return rc != SQLITE_OK ? rc : g->real->xSync(file, flags);
}

static int gather_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct gather *g = gather_of(file);
	int rc = write_held(g);

	return rc != SQLITE_OK ? rc : g->real->xTruncate(file, size);
}

static int gather_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	struct gather *g = gather_of(file);
	int rc = write_held(g);

	return rc != SQLITE_OK ? rc : g->real->xFileSize(file, ret_size);
}

static int gather_close(sqlite3_file *file)
{
	struct gather *g = gather_of(file);

	file->pMethods = g->real;
	g->file = NULL;
	return g->real->xClose(file);
}

void gather_drop(struct gather *g)
{
	g->end -= g->len;
	g->len = 0;
}

struct gather *gather_start(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	struct gather *g;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK ||
		!file || !file->pMethods)
		return NULL;
	g = malloc(sizeof(*g));
	if (!g)
		return NULL;
	g->real = file->pMethods;
	g->file = file;
	g->end = 0;
	g->len = 0;
	g->is_last = false;
	g->methods = *g->real;
	g->methods.xWrite = gather_write;
	g->methods.xRead = gather_read;
	g->methods.xSync = gather_sync;
	g->methods.xTruncate = gather_truncate;
	g->methods.xFileSize = gather_size;
	g->methods.xClose = gather_close;
	file->pMethods = &g->methods;
	return g;
}

void gather_end(struct gather *g)
{
	if (!g)
		return;
	if (g->file)
		g->file->pMethods = g->real;
	free(g);
}
