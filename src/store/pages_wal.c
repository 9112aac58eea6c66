/* The -wal of a damaged database: which frames count, checked as SQLite checks them. */
#include "pages_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAL_HEADER = 32, FRAME_HEADER = 24, WAL_MAGIC = 0x377f0682, WAL_VERSION = 3007000 };

struct checksum {
	uint32_t a, b;
	bool is_big_endian;
};

static uint32_t get_word(const unsigned char *at, bool is_big_endian)
{
	return is_big_endian ? get_u32(at)
			     : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
				       (uint32_t)at[1] << 8 | at[0];
}

static void add_words(struct checksum *c, const unsigned char *data, size_t len)
{
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		c->a += get_word(data + i, c->is_big_endian) + c->b;
		c->b += get_word(data + i + 4, c->is_big_endian) + c->a;
	}
}

static bool is_page_size(uint32_t size)
{
	return size >= 512 && size <= 65536 && (size & (size - 1)) == 0;
}

static int64_t frame_at(const struct pages *p, uint32_t frame)
{
	return WAL_HEADER + (int64_t)frame * (FRAME_HEADER + p->stats.page_size);
}

int pages_read_frame(struct pages *p, uint32_t frame, unsigned char *ret_data)
{
	ssize_t n = pread(p->wal_fd, ret_data, p->stats.page_size,
		(off_t)(frame_at(p, frame) + FRAME_HEADER));

	return n == (ssize_t)p->stats.page_size ? 0 : -EIO;
}

static int by_page(const void *a, const void *b)
{
	const struct pages_frame *x = a, *y = b;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

/* Keep the last frame of each page. */
static void sort_frames(struct pages *p, size_t n)
{
	size_t i;

	p->n_frames = 0;
	if (n > 0)
		qsort(p->frames, n, sizeof(*p->frames), by_page);
	for (i = 0; i < n; i++)
		if (i + 1 == n || p->frames[i + 1].page != p->frames[i].page)
			p->frames[p->n_frames++] = p->frames[i];
}

/* Where the checksums of a log begin, and what its frames have in common. */
struct start {
	struct checksum sum;
	unsigned char salt[8];
	bool has_header; /* else the first frame is taken as it is: its checksum begins the chain */
};

static int read_frame(struct pages *p, uint32_t frame, unsigned char *ret_data, size_t len)
{
	ssize_t n = pread(p->wal_fd, ret_data, len, (off_t)frame_at(p, frame));

	return n == (ssize_t)len ? 0 : -EIO;
}

/* Walk the frames from the first as far as their checksums hold. Returns how many of them count. */
static uint32_t walk_frames(struct pages *p, const struct start *start, uint32_t total,
	unsigned char *data, uint32_t *ret_pages)
{
	size_t len = FRAME_HEADER + (size_t)p->stats.page_size;
	struct checksum sum = start->sum;
	uint32_t frame, committed = 0;

	for (frame = 0; frame < total; frame++) {
		if (read_frame(p, frame, data, len) < 0 || memcmp(data + 8, start->salt, 8) != 0)
			break; /* of an earlier round of the log */
		add_words(&sum, data, 8);
		add_words(&sum, data + FRAME_HEADER, p->stats.page_size);
		if (frame == 0 && !start->has_header) {
			sum.a = get_u32(data + 16);
			sum.b = get_u32(data + 20);
		}
		if (get_u32(data + 16) != sum.a || get_u32(data + 20) != sum.b)
			break;
		p->frames[frame] = (struct pages_frame){ get_u32(data), frame };
		if (get_u32(data + 4)) {
			committed = frame + 1;
			*ret_pages = get_u32(data + 4);
		}
	}
	return committed;
}

/* The frames of this round of the log behind those that count. */
static void find_stray(struct pages *p, const struct start *start, uint32_t total)
{
	unsigned char header[FRAME_HEADER];

	p->stray_from = p->stray_to = p->stats.wal_frames;
	while (p->stray_to < total && read_frame(p, p->stray_to, header, FRAME_HEADER) == 0 &&
		memcmp(header + 8, start->salt, 8) == 0)
		p->stray_to++;
}

static int find_start(
	struct pages *p, const unsigned char *header, bool is_big_endian, struct start *ret_start)
{
	struct start start = { .sum = { .is_big_endian = is_big_endian } };
	unsigned char frame[FRAME_HEADER];

	start.has_header =
		(get_u32(header) & ~1u) == WAL_MAGIC && get_u32(header + 8) == p->stats.page_size;
	if (start.has_header) {
		start.sum.is_big_endian = header[3] & 1;
		add_words(&start.sum, header, 24);
		memcpy(start.salt, header + 16, 8);
	} else {
		if (read_frame(p, 0, frame, FRAME_HEADER) < 0)
			return -EIO;
		memcpy(start.salt, frame + 8, 8);
	}
	*ret_start = start;
	return 0;
}

static int read_frames(struct pages *p, const unsigned char *header, uint32_t total)
{
	unsigned char *data = malloc(FRAME_HEADER + (size_t)p->stats.page_size);
	uint32_t pages = 0, n = 0;
	struct start start;
	int order;

	p->frames = calloc(total + 1, sizeof(*p->frames));
	if (!p->frames || !data) {
		free(data);
		return -ENOMEM;
	}
	for (order = 0; order < 2 && n < 2 && find_start(p, header, order, &start) == 0; order++)
		n = walk_frames(p, &start, total, data, &pages);
	free(data);
	if (n == 1 && !start.has_header)
		n = pages = 0; /* nothing speaks for it */
	sort_frames(p, n);
	p->stats.wal_frames = n;
	if (total > 0)
		find_stray(p, &start, total);
	if (pages > 0 && pages <= p->size / p->stats.page_size + n + 1)
		p->stats.pages = pages;
	return 0;
}

int pages_read_wal(struct pages *p)
{
	unsigned char header[WAL_HEADER];
	int64_t total;

	if (p->wal_fd < 0 || pread(p->wal_fd, header, sizeof(header), 0) != sizeof(header))
		return 0;
	if ((get_u32(header) & ~1u) == WAL_MAGIC && get_u32(header + 4) == WAL_VERSION &&
		is_page_size(get_u32(header + 8)) && p->stats.page_size == 0)
		p->stats.page_size = get_u32(header + 8);
	if (p->stats.page_size == 0)
		return 0;
	total = (p->wal_size - WAL_HEADER) / (FRAME_HEADER + (int64_t)p->stats.page_size);
	if (total > UINT32_MAX / 2)
		total = UINT32_MAX / 2;
	return total > 0 ? read_frames(p, header, (uint32_t)total) : 0;
}
