/*
 * The pages of a damaged database: first the b-trees that the schema names, then the pages that nothing leads
 * to, then what is in the -wal behind the last commit. Each page is read once.
 */
#include "pages_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DEPTH_MAX = 24,
	ROOTS_MAX = 400,
	GUESS_PAGES = 1500, /* looked at for each size that a page can have */
	TRUNK_FIRST = 32,   /* in the header: the first page of the list of free pages */
	TRUNK_COUNT = 36,
};

bool pages_mark(struct pages *p, uint32_t page)
{
	bool seen;

	if (page == 0 || page > p->stats.pages)
		return true;
	seen = p->seen[page / 8] & 1u << page % 8;
	p->seen[page / 8] |= (unsigned char)(1u << page % 8);
	return seen;
}

static int read_at(int fd, int64_t at, unsigned char *ret_data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, ret_data + done, len - done, (off_t)(at + (int64_t)done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* what a disk cannot read is zero, as what is cut off */
		done += (size_t)n;
	}
	memset(ret_data + done, 0, len - done);
	return 0;
}

int pages_read(struct pages *p, uint32_t page, unsigned char *ret_data)
{
	size_t low = 0, high = p->n_frames;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (p->frames[middle].page == page)
			return pages_read_frame(p, p->frames[middle].frame, ret_data);
		if (p->frames[middle].page < page)
			low = middle + 1;
		else
			high = middle;
	}
	return read_at(
		p->fd, (int64_t)(page - 1) * p->stats.page_size, ret_data, p->stats.page_size);
}

/* How many of the first pages look like pages of a b-tree, were they of @size bytes; in 1/1000. */
static unsigned rate_size(struct pages *p, uint32_t size, unsigned char *data)
{
	unsigned good = 0, n;

	for (n = 0; n < GUESS_PAGES && (int64_t)n * size < p->size; n++) {
		struct pages_page page;
		uint32_t i, top = 0;

		read_at(p->fd, (int64_t)n * size, data, size);
		if (!pages_parse(data, n + 1, size, &page))
			continue;
		for (i = 0; i < page.cells; i++)
			if (pages_cell(&page, i, size) > top)
				top = pages_cell(&page, i, size);
		good += top >= size / 2; /* a page is filled from its end */
	}
	return n ? good * 1000 / n : 0;
}

static int guess_page_size(struct pages *p)
{
	unsigned char *data = malloc(65536);
	unsigned best = 0, rate;
	uint32_t size;

	if (!data)
		return -ENOMEM;
	p->stats.page_size = 4096;
	for (size = 512; size <= 65536; size *= 2) {
		rate = rate_size(p, size, data);
		if (rate > best) {
			best = rate;
			p->stats.page_size = size;
		}
	}
	free(data);
	return 0;
}

static int read_header(struct pages *p)
{
	unsigned char header[100];
	uint32_t size;
	int r;

	read_at(p->fd, 0, header, sizeof(header));
	size = get_u16(header + 16) == 1 ? 65536 : get_u16(header + 16);
	p->stats.has_header = memcmp(header, "SQLite format 3", 16) == 0 && size >= 512 &&
			      (size & (size - 1)) == 0;
	if (p->stats.has_header)
		p->stats.page_size = size;
	r = pages_read_wal(p);
	if (r == 0 && p->stats.page_size == 0) {
		r = guess_page_size(p);
		if (r == 0)
			r = pages_read_wal(p);
	}
	size = p->stats.page_size;
	/* planfs reserves nothing at the end of a page; a header that says so is damaged */
	p->usable = size;
	if (p->stats.pages == 0) {
		int64_t pages = (p->size + size - 1) / size;

		p->stats.pages = pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX - 1;
	}
	return r;
}

static int open_wal(struct pages *p, const char *path)
{
	CLEANUP(buf_done) struct buf wal = { 0 };
	struct stat st;
	int r;

	r = buf_printf(&wal, "%s-wal", path);
	if (r < 0)
		return r;
	if (stat(buf_str(&wal), &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	p->wal_fd = open(buf_str(&wal), O_RDONLY | O_CLOEXEC);
	p->wal_size = st.st_size;
	return p->wal_fd < 0 ? -errno : 0;
}

int pages_open(const char *path, struct pages **ret_pages)
{
	CLEANUP(pages_closep) struct pages *p = calloc(1, sizeof(*p));
	struct stat st;
	int r;

	if (!p)
		return -ENOMEM;
	p->fd = p->wal_fd = -1;
	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EMEDIUMTYPE;
	p->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (p->fd < 0)
		return -errno;
	p->size = st.st_size;
	r = open_wal(p, path);
	if (r == 0 && p->size == 0 && p->wal_size == 0)
		r = -EMEDIUMTYPE;
	if (r == 0)
		r = read_header(p);
	if (r < 0)
		return r;
	p->seen = calloc(p->stats.pages / 8 + 1, 1);
	if (!p->seen)
		return -ENOMEM;
	*ret_pages = p;
	p = NULL;
	return 0;
}

void pages_close(struct pages *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	if (p->wal_fd >= 0)
		close(p->wal_fd);
	free(p->frames);
	free(p->seen);
	buf_done(&p->roots);
	free(p);
}

const struct pages_stats *pages_stats(const struct pages *p)
{
	return &p->stats;
}

/* --- b-trees --- */

/* All pages below @number. A page that is none ends its branch: its rows may be found loose. */
static int walk_tree(struct pages *p, uint32_t number, const char *name, int depth)
{
	unsigned char *data;
	struct pages_page page;
	uint32_t i, at;
	int r;

	if (depth == DEPTH_MAX || pages_mark(p, number))
		return 0;
	data = malloc(p->stats.page_size);
	r = data ? pages_read(p, number, data) : -ENOMEM;
	if (r == 0 && !pages_parse(data, number, p->usable, &page)) {
		p->stats.lost++;
		free(data);
		return 0;
	}
	if (r == 0)
		r = pages_rows(p, &page, PAGES_TREE, name);
	for (i = 0; r == 0 && page.type < 10 && i < page.cells; i++) {
		at = pages_cell(&page, i, p->usable);
		if (at)
			r = walk_tree(p, get_u32(data + at), name, depth + 1);
	}
	if (r == 0 && page.type < 10)
		r = walk_tree(p, get_u32(data + page.header + 8), name, depth + 1);
	free(data);
	return r;
}

/* A row of sqlite_schema: type, name, table, root page, SQL. */
static int add_root(void *arg, const struct pages_row *row)
{
	const struct pages_value *name = &row->values[1], *page = &row->values[3];
	struct pages *p = arg;
	struct pages_root root = { 0 };

	if (row->n < 4 || name->type != PAGES_TEXT || page->type != PAGES_INTEGER ||
		name->len >= sizeof(root.name) || page->integer < 1 ||
		page->integer > p->stats.pages || p->roots.len >= ROOTS_MAX * sizeof(root))
		return 0;
	root.page = (uint32_t)page->integer;
	memcpy(root.name, name->data, name->len);
	return buf_add(&p->roots, &root, sizeof(root));
}

static int walk_trees(struct pages *p, pages_row_fn *fn, void *arg)
{
	size_t i, n;
	int r;

	p->fn = add_root;
	p->arg = p;
	r = walk_tree(p, 1, "sqlite_schema", 0);
	p->fn = fn;
	p->arg = arg;
	n = p->roots.len / sizeof(struct pages_root);
	for (i = 0; i < n && r == 0; i++) {
		const struct pages_root *root =
			(const struct pages_root *)(void *)p->roots.data + i;

		r = walk_tree(p, root->page, root->name, 0);
	}
	return r;
}

/* --- what is left --- */

/*
 * Free pages hold rows of long ago. When the list of them is whole, they are passed over: each of its pages was
 * not seen before, and there are as many as the header says.
 */
static int mark_free_pages(struct pages *p)
{
	unsigned char *data = malloc(p->stats.page_size);
	unsigned char *before = malloc(p->stats.pages / 8 + 1);
	uint32_t trunk, count, found = 0, i, n;
	bool is_whole = true;
	int r = data && before ? pages_read(p, 1, data) : -ENOMEM;

	if (r < 0) {
		free(data);
		free(before);
		return r;
	}
	memcpy(before, p->seen, p->stats.pages / 8 + 1);
	trunk = get_u32(data + TRUNK_FIRST);
	count = get_u32(data + TRUNK_COUNT);
	while (r == 0 && trunk && is_whole) {
		is_whole = !pages_mark(p, trunk) && ++found <= count;
		r = is_whole ? pages_read(p, trunk, data) : 0;
		n = is_whole ? get_u32(data + 4) : 0;
		is_whole = is_whole && n <= p->usable / 4 - 2;
		for (i = 0; i < n && is_whole; i++)
			is_whole = !pages_mark(p, get_u32(data + 8 + 4 * i)) && ++found <= count;
		trunk = get_u32(data);
	}
	if (!is_whole || found != count)
		memcpy(p->seen, before, p->stats.pages / 8 + 1);
	free(data);
	free(before);
	return r;
}

static int look_at_loose(struct pages *p, unsigned char *data)
{
	struct pages_page page;
	uint32_t number;
	int r = 0;

	for (number = 1; number <= p->stats.pages && r == 0; number++) {
		if (p->seen[number / 8] & 1u << number % 8)
			continue;
		r = pages_read(p, number, data);
		if (r < 0)
			break;
		if (!pages_parse(data, number, p->usable, &page))
			continue; /* perhaps the rest of a long row of another page */
		pages_mark(p, number);
		p->stats.loose += page.cells > 0;
		r = pages_rows(p, &page, PAGES_LOOSE, NULL);
	}
	return r;
}

static void count_lost(struct pages *p)
{
	uint32_t lock_page = 0x40000000 / p->stats.page_size + 1; /* SQLite leaves it out */
	uint32_t number;

	for (number = 1; number <= p->stats.pages; number++)
		p->stats.lost += number != lock_page && !pages_mark(p, number);
}

static int look_at_stray(struct pages *p, unsigned char *data)
{
	struct pages_page page;
	uint32_t frame;
	int r = 0;

	for (frame = p->stray_from; frame < p->stray_to && r == 0; frame++) {
		if (pages_read_frame(p, frame, data) < 0)
			break;
		if (pages_parse(data, 2, p->usable, &page))
			r = pages_rows(p, &page, PAGES_STRAY, NULL);
	}
	return r;
}

int pages_each(struct pages *p, pages_row_fn *fn, void *arg)
{
	unsigned char *data = malloc(p->stats.page_size);
	int r = data ? 0 : -ENOMEM;

	if (r == 0)
		r = walk_trees(p, fn, arg);
	if (r == 0)
		r = mark_free_pages(p);
	if (r == 0)
		r = look_at_loose(p, data);
	if (r == 0)
		count_lost(p);
	if (r == 0)
		r = look_at_stray(p, data);
	free(data);
	return r;
}
