/*
 * Reading the pages of a SQLite file without SQLite: for a file that SQLite refuses. The file and its -wal are
 * only read. Whatever the bytes are, the time is linear in the size of the files, and memory is bounded by
 * one row and a bit per page.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { PAGES_COLUMNS_MAX = 24 };

enum pages_type { PAGES_NULL, PAGES_INTEGER, PAGES_REAL, PAGES_TEXT, PAGES_BLOB };

/* One value of a record. @data is valid during the call of pages_row_fn. */
struct pages_value {
	enum pages_type type;
	int64_t integer;
	const char *data; /* of TEXT and BLOB */
	size_t len;
};

/* Where a row was found: the later, the less it is to be believed. */
enum pages_source {
	PAGES_TREE,  /* in the b-tree that the schema names */
	PAGES_LOOSE, /* on a page that nothing leads to */
	PAGES_STRAY, /* in the -wal, behind the last commit that is whole */
};

struct pages_row {
	enum pages_source source;
	const char *name; /* of the table or index; NULL when it is not known */
	bool has_rowid;   /* a row of an ordinary table, not of an index or a table without rowid */
	bool is_cut;      /* the end of its last value could not be read */
	int64_t rowid;
	unsigned n;
	struct pages_value values[PAGES_COLUMNS_MAX];
};

/* A result other than 0 ends the walk. */
typedef int pages_row_fn(void *arg, const struct pages_row *row);

/* Numbers about the file, as far as it was walked. Plain data. */
struct pages_stats {
	uint32_t page_size, pages;
	uint32_t wal_frames; /* that count: whole, and committed */
	uint32_t loose;      /* pages that nothing leads to, with rows on them */
	uint32_t lost;       /* pages that nothing leads to and nothing can be read from */
	uint32_t bad_cells;  /* rows that could not be read */
	bool has_header;     /* of SQLite */
};

struct pages;

/*
 * Open the file @path, a regular file. Returns 0 and *ret_pages, to be closed with pages_close(); -EMEDIUMTYPE
 * when it is no regular file or holds nothing; -ENOMEM, or what open(2) says.
 */
int pages_open(const char *path, struct pages **ret_pages) MUST_CHECK;
void pages_close(struct pages *p);
static inline void pages_closep(struct pages **p)
{
	pages_close(*p);
}

/* Call @fn for every row. Once only. Returns 0, the result of @fn that was not 0, -ENOMEM or -EIO. */
int pages_each(struct pages *p, pages_row_fn *fn, void *arg) MUST_CHECK;

/* Complete after pages_each(). Valid until pages_close(). */
const struct pages_stats *pages_stats(const struct pages *p);
