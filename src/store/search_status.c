/*
 * How much the index holds, without counting: FTS5 keeps the number of its rows and the pages of its pieces in two
 * records (fts5_index.c of SQLite: "AVERAGES" and "STRUCTURE"), which the file format of FTS5 has fixed.
 */
#include "store_priv.h"

#include "planfs/search.h"

#include <errno.h>

enum { RECORD_AVERAGES = 1, RECORD_STRUCTURE = 10, COOKIE_BYTES = 4, LEAF_BYTES = 4096 };

/* A record under way; when it is shorter than it says, zeros come. */
struct record {
	const unsigned char *at, *end;
};

/* A number as SQLite writes it: seven bits a byte, the first ones first, and eight in a ninth. */
static int64_t next_number(struct record *r)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < 9 && r->at < r->end; i++) {
		unsigned char byte = *r->at++;

		if (i == 8)
			return (int64_t)(value << 8 | byte);
		value = value << 7 | (byte & 0x7F);
		if (!(byte & 0x80))
			break;
	}
	return (int64_t)value;
}

static void add_piece(struct search_pages *pages, int64_t first, int64_t last)
{
	int64_t n = last >= first ? last - first + 1 : 0;

	pages->all += n;
	if (n > pages->largest)
		pages->largest = n;
}

/* The pieces of each level have their first and last page. */
static void read_structure(struct record *r, struct search_pages *pages)
{
	int64_t levels, segments;

	if (r->end - r->at <= COOKIE_BYTES || r->at[COOKIE_BYTES] == 0xFF)
		return; /* of a kind that our index is not */
	r->at += COOKIE_BYTES;
	levels = next_number(r);
	next_number(r); /* segments in all */
	next_number(r); /* what was ever written */
	for (; levels > 0 && r->at < r->end; levels--) {
		next_number(r); /* segments being merged */
		for (segments = next_number(r); segments > 0 && r->at < r->end; segments--) {
			int64_t first;

			next_number(r); /* its number */
			first = next_number(r);
			add_piece(pages, first, next_number(r));
		}
	}
}

static int query(struct conn *c, const char *sql, sqlite3_stmt **ret_st)
{
	if (sqlite3_prepare_v2(c->db, sql, -1, ret_st, NULL) != SQLITE_OK)
		return store_errno(c->db, "look at the search index");
	return stmt_row(*ret_st, "look at the search index");
}

/* Returns 1 and the record, valid as long as *ret_st, or 0. */
static int get_record(struct conn *c, int id, sqlite3_stmt **ret_st, struct record *ret_record)
{
	int r;

	r = query(c,
		id == RECORD_AVERAGES ? "SELECT block FROM search_index_data WHERE id = 1"
				      : "SELECT block FROM search_index_data WHERE id = 10",
		ret_st);
	if (r <= 0)
		return r;
	ret_record->at = sqlite3_column_blob(*ret_st, 0);
	if (!ret_record->at)
		return 0; /* of no bytes: damaged */
	ret_record->end = ret_record->at + sqlite3_column_bytes(*ret_st, 0);
	return 1;
}

int search_count_pages(struct conn *c, struct search_pages *ret_pages)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct search_pages pages = { 0 };
	struct record record;
	int r;

	r = get_record(c, RECORD_STRUCTURE, &st, &record);
	if (r > 0)
		read_structure(&record, &pages);
	if (r >= 0)
		*ret_pages = pages;
	return r < 0 ? r : 0;
}

static int count_rows(struct conn *c, int64_t *ret_rows)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct record record;
	int r;

	r = get_record(c, RECORD_AVERAGES, &st, &record);
	if (r >= 0)
		*ret_rows = r > 0 ? next_number(&record) : 0;
	return r < 0 ? r : 0;
}

/* All but the first column walk short indices. Rows of no text are files that stand apart or are empty. */
static const char counts[] =
	"SELECT (SELECT count(*) FROM inode INDEXED BY inode_waiting "
	"  WHERE " SEARCH_IS_WAITING "), "
	"(SELECT count(*) FROM inode INDEXED BY inode_apart "
	"  WHERE indexed <= 0 AND body = -indexed AND nlink <> 0), "
	"(SELECT count(*) FROM inode INDEXED BY inode_waiting WHERE " SEARCH_IS_WAITING
	" AND indexed > 0), "
	"(SELECT count(*) FROM inode INDEXED BY inode_unlinked WHERE nlink = 0 AND indexed > 0), "
	"(SELECT count(*) FROM inode INDEXED BY inode_apart WHERE indexed <= 0), "
	"(SELECT count(*) FROM search_gone)";

static int look(struct conn *c, struct search_status *status)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct search_pages pages;
	int64_t rows = 0, stale;
	int r;

	r = search_count_pages(c, &pages);
	if (r == 0)
		r = count_rows(c, &rows);
	if (r == 0)
		r = query(c, counts, &st);
	if (r < 0)
		return r;
	status->bytes = pages.all * LEAF_BYTES;
	status->waiting = sqlite3_column_int64(st, 0);
	status->apart = sqlite3_column_int64(st, 1);
	stale = sqlite3_column_int64(st, 2) + sqlite3_column_int64(st, 3) +
		sqlite3_column_int64(st, 4) + sqlite3_column_int64(st, 5);
	status->indexed = rows > stale ? rows - stale : 0;
	return 0;
}

int search_get_status(struct store *s, struct search_status *ret_status)
{
	struct search_status status = { 0 };
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = look(c, &status);
	reader_put(s, c);
	if (r == 0)
		*ret_status = status;
	return r;
}
