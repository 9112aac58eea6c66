/* What the files that read the pages of a damaged database share. */
#pragma once

#include "planfs/buf.h"
#include "planfs/pages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last whole version of a page in the -wal. */
struct pages_frame {
	uint32_t page, frame;
};

struct pages {
	int fd, wal_fd; /* wal_fd: -1 when there is none */
	int64_t size, wal_size;
	struct pages_stats stats;
	uint32_t usable;            /* bytes of a page */
	struct pages_frame *frames; /* owned; sorted by page */
	size_t n_frames;
	uint32_t stray_from, stray_to; /* frames that are behind the last whole commit */
	unsigned char *seen;           /* owned; a bit per page */
	struct buf roots;              /* of struct pages_root */
	pages_row_fn *fn;
	void *arg;
};

struct pages_root {
	uint32_t page;
	char name[60];
};

static inline uint32_t get_u16(const unsigned char *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t get_u32(const unsigned char *at)
{
	return get_u16(at) << 16 | get_u16(at + 2);
}

/* Has page @page been seen? Mark it. A number that is no page counts as seen. */
bool pages_mark(struct pages *p, uint32_t page);

/* Read a page as of now into @ret_data of page_size bytes; what is behind the end of the file is zero. */
int pages_read(struct pages *p, uint32_t page, unsigned char *ret_data) MUST_CHECK;

/* Read the page in frame @frame of the -wal. */
int pages_read_frame(struct pages *p, uint32_t frame, unsigned char *ret_data) MUST_CHECK;

/* Fill in what the -wal says: frames, stray frames, page_size when that is 0. */
int pages_read_wal(struct pages *p) MUST_CHECK;

/* A page of a b-tree under way. */
struct pages_page {
	const unsigned char *data;
	uint32_t number;
	uint32_t header; /* offset: 100 on page 1 */
	unsigned type;   /* 2, 5, 10 or 13 */
	uint32_t cells;
};

/* Does @data look like a page of a b-tree of @size bytes? Fills *ret_page. */
bool pages_parse(
	const unsigned char *data, uint32_t number, uint32_t size, struct pages_page *ret_page);

/* Call p->fn for the rows that the cells of @page hold. */
int pages_rows(struct pages *p, const struct pages_page *page, enum pages_source source,
	const char *name) MUST_CHECK;

/* The offset of cell @i, 0 when it is on no sane place. */
uint32_t pages_cell(const struct pages_page *page, uint32_t i, uint32_t size);

/* recover_rows.c: what a row is of */
enum row_kind {
	ROW_NONE,
	ROW_BODY,
	ROW_INODE,
	ROW_DENTRY,
	ROW_MAYBE_DENTRY,
	ROW_NAME_INDEX,
	ROW_XATTR,
	ROW_REVISION,
	ROW_GONE
};
enum row_kind row_kind(const struct pages_row *row);
