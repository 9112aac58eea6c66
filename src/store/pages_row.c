/* From the cells of a page to rows: varints, overflow chains, records. Every length is checked. */
#include "pages_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INTERIOR_INDEX = 2, INTERIOR_TABLE = 5, LEAF_INDEX = 10, LEAF_TABLE = 13 };

/* A run of bytes that is read from the front. */
struct cursor {
	const unsigned char *at, *end;
	bool is_bad; /* it was too short */
};

static uint64_t take_varint(struct cursor *c)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < 9; i++) {
		if (c->at == c->end) {
			c->is_bad = true;
			return 0;
		}
		if (i == 8)
			return value << 8 | *c->at++;
		value = value << 7 | (*c->at & 0x7F);
		if (!(*c->at++ & 0x80))
			return value;
	}
	return value;
}

static uint32_t take_u32(struct cursor *c)
{
	uint32_t value;

	if (c->end - c->at < 4) {
		c->is_bad = true;
		return 0;
	}
	value = get_u32(c->at);
	c->at += 4;
	return value;
}

bool pages_parse(
	const unsigned char *data, uint32_t number, uint32_t size, struct pages_page *ret_page)
{
	struct pages_page page = {
		.data = data, .number = number, .header = number == 1 ? 100 : 0
	};
	uint32_t i, start;

	page.type = data[page.header];
	page.cells = get_u16(data + page.header + 3);
	start = page.header + (page.type == INTERIOR_INDEX || page.type == INTERIOR_TABLE ? 12 : 8);
	if (page.type != INTERIOR_INDEX && page.type != INTERIOR_TABLE && page.type != LEAF_INDEX &&
		page.type != LEAF_TABLE)
		return false;
	if (start + 2 * page.cells > size)
		return false;
	for (i = 0; i < page.cells; i++)
		if (pages_cell(&page, i, size))
			break;
	if (page.cells > 0 && i == page.cells)
		return false;
	*ret_page = page;
	return true;
}

uint32_t pages_cell(const struct pages_page *page, uint32_t i, uint32_t size)
{
	uint32_t start = page->header +
			 (page->type == INTERIOR_INDEX || page->type == INTERIOR_TABLE ? 12 : 8);
	uint32_t at = get_u16(page->data + start + 2 * i);

	return at >= start + 2 * page->cells && at + 4 <= size ? at : 0;
}

/* How much of a payload of @len bytes is in the cell itself. */
static size_t local_bytes(const struct pages *p, unsigned type, uint64_t len)
{
	uint32_t u = p->usable;
	uint32_t max = type == LEAF_TABLE ? u - 35 : (u - 12) * 64 / 255 - 23;
	uint32_t min = (u - 12) * 32 / 255 - 23;
	uint64_t local;

	if (len <= max)
		return (size_t)len;
	local = min + (len - min) % (u - 4);
	return (size_t)(local <= max ? local : min);
}

/* Follow the chain of overflow pages; a page that was seen before, or is none, ends it. */
static int add_overflow(struct pages *p, uint32_t page, uint64_t len, struct buf *payload)
{
	unsigned char *data = malloc(p->stats.page_size);
	int r = data ? 0 : -ENOMEM;

	while (r == 0 && payload->len < len && !pages_mark(p, page)) {
		size_t n = p->usable - 4;

		r = pages_read(p, page, data);
		if (n > len - payload->len)
			n = (size_t)(len - payload->len);
		if (r == 0)
			r = buf_add(payload, data + 4, n);
		page = get_u32(data);
	}
	free(data);
	return r;
}

/* The whole payload of a cell. Returns 1 and *ret_payload, or 0 when the cell is none. */
static int read_payload(struct pages *p, const struct pages_page *page, uint32_t at,
	struct pages_row *row, struct buf *ret_payload)
{
	struct cursor c = { page->data + at, page->data + p->usable, false };
	uint64_t len, max = (uint64_t)p->stats.pages * p->usable + p->stats.page_size;
	size_t local;
	int r;

	if (page->type == INTERIOR_INDEX)
		take_u32(&c);
	len = take_varint(&c);
	if (page->type == LEAF_TABLE)
		row->rowid = (int64_t)take_varint(&c);
	row->has_rowid = page->type == LEAF_TABLE;
	if (c.is_bad || len == 0 || len > max || len > INT32_MAX)
		return 0;
	local = local_bytes(p, page->type, len);
	if (local > (size_t)(c.end - c.at))
		return 0;
	r = buf_add(ret_payload, c.at, local);
	c.at += local;
	if (r == 0 && local < len) {
		uint32_t next = take_u32(&c);

		r = c.is_bad ? 0 : add_overflow(p, next, len, ret_payload);
	}
	row->is_cut = ret_payload->len < len;
	return r < 0 ? r : 1;
}

static size_t value_bytes(uint64_t serial)
{
	static const unsigned char bytes[] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0 };

	if (serial < sizeof(bytes))
		return bytes[serial];
	return serial < 12 ? SIZE_MAX : (size_t)((serial - 12) / 2);
}

static int64_t take_integer(const unsigned char *at, size_t n)
{
	uint64_t value = n > 0 && at[0] & 0x80 ? UINT64_MAX : 0;
	size_t i;

	for (i = 0; i < n; i++)
		value = value << 8 | at[i];
	return (int64_t)value;
}

static struct pages_value take_value(struct cursor *c, uint64_t serial, size_t n)
{
	struct pages_value v = { .type = PAGES_INTEGER, .data = (const char *)c->at, .len = n };

	if (serial == 0)
		v.type = PAGES_NULL;
	else if (serial == 7)
		v.type = PAGES_REAL;
	else if (serial >= 12)
		v.type = serial & 1 ? PAGES_TEXT : PAGES_BLOB;
	else
		v.integer = serial == 8 ? 0 : serial == 9 ? 1 : take_integer(c->at, n);
	c->at += n;
	return v;
}

/* Split a record. Only its last value may be cut. */
static bool parse_record(const struct buf *payload, struct pages_row *row)
{
	const unsigned char *data = (const unsigned char *)payload->data;
	struct cursor head = { data, data + payload->len, false };
	uint64_t len = take_varint(&head);
	struct cursor body = head;

	if (head.is_bad || len > payload->len)
		return false;
	body.at = head.end = data + len;
	row->n = 0;
	while (head.at < head.end) {
		uint64_t serial = take_varint(&head);
		size_t n = value_bytes(serial), left = (size_t)(body.end - body.at);

		if (head.is_bad || n == SIZE_MAX || row->n == PAGES_COLUMNS_MAX)
			return false;
		if (n > left) {
			if (!row->is_cut || head.at < head.end || serial < 12)
				return false;
			n = left;
		}
		row->values[row->n++] = take_value(&body, serial, n);
	}
	return row->n > 0;
}

int pages_rows(
	struct pages *p, const struct pages_page *page, enum pages_source source, const char *name)
{
	uint32_t i;
	int r = 0;

	if (page->type == INTERIOR_TABLE)
		return 0;
	for (i = 0; i < page->cells && r == 0; i++) {
		struct pages_row row = { .source = source, .name = name };
		CLEANUP(buf_done) struct buf payload = { 0 };
		uint32_t at = pages_cell(page, i, p->usable);

		r = at ? read_payload(p, page, at, &row, &payload) : 0;
		if (r > 0 && parse_record(&payload, &row)) {
			r = p->fn(p->arg, &row);
			continue;
		}
		p->stats.bad_cells++;
		r = r < 0 ? r : 0;
	}
	return r;
}
