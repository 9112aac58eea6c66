/*
 * Reading what is not in memory yet. SQLite asks for one page at a time, in the order of the trees that it walks; the kernel
 * takes that for random and reads one page at a time, too, each after a wait for the disk. Here the first page of a piece that
 * is asked for brings all of the piece into memory.
 */
#include "store_around_priv.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
	PIECE = 65536,
	PIECES = 65536, /* behind 4 GB two share a bit, and one of them is read page by page */
};

static atomic_uchar seen[PIECES / 8];

static const struct around *around_of(const sqlite3_file *f)
{
	return (const struct around *)f->pMethods; /* its first member */
}

static bool is_new(sqlite3_int64 piece)
{
	atomic_uchar *bits = &seen[piece % PIECES / 8];
	unsigned char bit = (unsigned char)(1u << piece % 8);

	return !(atomic_load(bits) & bit) && !(atomic_fetch_or(bits, bit) & bit);
}

/* Whether it can be read, its pages tell when SQLite asks for them. */
static void read_piece(sqlite3_file *f, sqlite3_int64 piece)
{
	char *unused = malloc(PIECE);

	if (unused)
		around_of(f)->read_page(f, unused, PIECE, piece * PIECE);
	free(unused);
}

static int read_around(sqlite3_file *f, void *data, int n, sqlite3_int64 at)
{
	if (is_new(at / PIECE))
		read_piece(f, at / PIECE);
	return around_of(f)->read_page(f, data, n, at);
}

void around_start(sqlite3 *db, struct around *ret_around)
{
	sqlite3_file *f = NULL;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &f) != SQLITE_OK || !f ||
		!f->pMethods)
		return;
	*ret_around = (struct around){ *f->pMethods, f->pMethods->xRead };
	ret_around->methods.xRead = read_around;
	f->pMethods = &ret_around->methods;
}
