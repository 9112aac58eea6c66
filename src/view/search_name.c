/* How hits are called and numbered. */
#include "search_priv.h"

#include "planfs/name.h"
#include "planfs/search.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SECTION_BYTES = 120, /* of 255; the plan has what is left */
	DISTRICT_BYTES = 45,
	INODE_BITS = 24, /* of a hit's number; greater numbers of files are tried one by one */
	PASSES_MAX = 4,
};

/* --- names --- */

/* The parts of YEAR/DISTRICT/PLAN/SECTION.txt. */
struct parts {
	const char *at[4];
	size_t len[4];
};

static struct parts split(const char *path)
{
	struct parts p;
	int i;

	for (i = 0; i < 4; i++) {
		p.at[i] = path;
		p.len[i] = strcspn(path, "/");
		path += p.len[i] + (path[p.len[i]] == '/');
	}
	p.len[3] -= strlen(".txt");
	return p;
}

/* "2016 合肥市 2016年教育工作要点 03-控辍保学.txt", legal on Windows; @number: when another hit has that name. */
static int make_name(const char *path, const char *number, char **ret_name)
{
	CLEANUP(buf_done) struct buf district = { 0 };
	CLEANUP(buf_done) struct buf plan = { 0 };
	CLEANUP(buf_done) struct buf section = { 0 };
	CLEANUP(buf_done) struct buf name = { 0 };
	struct parts p = split(path);
	size_t room = NAME_BYTES_MAX - strlen("   .txt") - p.len[0] - strlen(number);
	int r;

	r = name_generate(p.at[3], p.len[3], SECTION_BYTES, &section);
	if (r == 0)
		r = name_generate(p.at[1], p.len[1], DISTRICT_BYTES, &district);
	if (r == 0)
		r = name_generate(p.at[2], p.len[2], room - section.len - district.len, &plan);
	if (r == 0)
		r = buf_printf(&name, "%.*s %s %s %s%s.txt", (int)p.len[0], p.at[0],
			buf_str(&district), buf_str(&plan), buf_str(&section), number);
	if (r < 0)
		return r;
	free(*ret_name);
	*ret_name = buf_steal(&name).data;
	return 0;
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct hit *items = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(items[x].name, items[y].name);

	return order ? order : x < y ? -1 : x > y;
}

/* Put the number of its file behind the name of a hit. */
static int number_hit(struct hit *hit, int pass)
{
	char number[64];

	snprintf(number, sizeof(number), pass ? " (%lld-%d)" : " (%lld)", (long long)hit->inode,
		pass);
	return make_name(hit->path, number, &hit->name);
}

/*
 * All that have the same name get a number: when one comes later, the name goes away instead of leading to another section.
 * Returns how many there were, or -ENOMEM.
 */
static int tell_apart(struct hits *h, int pass)
{
	size_t i, end, n = 0;
	int r = 0;

	qsort_r(h->by_name, h->n, sizeof(*h->by_name), by_name, h->items);
	for (i = 0; i < h->n && r == 0; i = end) {
		const char *name = h->items[h->by_name[i]].name;

		for (end = i + 1; end < h->n; end++)
			if (strcmp(h->items[h->by_name[end]].name, name) != 0)
				break;
		if (end == i + 1)
			continue;
		for (n += end - i; i < end && r == 0; i++)
			r = number_hit(&h->items[h->by_name[i]], pass);
	}
	return r < 0 ? r : (int)n;
}

int hits_name_all(struct hits *h)
{
	size_t i;
	int pass, r = 0;

	h->by_name = calloc(h->n + 1, sizeof(*h->by_name));
	if (!h->by_name)
		return -ENOMEM;
	for (i = 0; i < h->n && r == 0; i++) {
		h->by_name[i] = (uint32_t)i;
		r = make_name(h->items[i].path, "", &h->items[i].name);
	}
	if (r == 0 && h->n > 0)
		for (pass = 0, r = 1; r > 0 && pass < PASSES_MAX; pass++)
			r = tell_apart(h, pass);
	return r < 0 ? r : 0;
}

/* --- numbers --- */

/* FNV-1a. */
static uint64_t hash_path(const char *path)
{
	uint64_t hash = 0xCBF29CE484222325;

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 0x100000001B3;
	return hash >> (64 - SEARCH_HASH_BITS);
}

int64_t hit_id(int64_t inode, const char *path)
{
	uint64_t low = (uint64_t)inode & ((UINT64_C(1) << INODE_BITS) - 1);

	return search_id(SEARCH_HIT, low << SEARCH_HASH_BITS | hash_path(path));
}

/* Which name of a file is meant. */
struct path_search {
	struct search *q;
	int64_t inode, id;
	struct buf *path; /* result */
};

static int put_before(struct buf *path, const struct buf *name)
{
	CLEANUP(buf_done) struct buf whole = { 0 };
	int r = buf_printf(&whole, "%s/%s", buf_str(name), buf_str(path));

	if (r < 0)
		return r;
	buf_done(path);
	*path = buf_steal(&whole);
	return 0;
}

/* A search_name_fn. Returns 1 when it is the one. */
static int try_name(void *arg, int64_t parent, const char *name)
{
	struct path_search *p = arg;
	CLEANUP(buf_done) struct buf path = { 0 };
	int depth, r;

	r = buf_add_str(&path, name);
	for (depth = 0; depth < 3 && parent != STORE_ROOT && r == 0; depth++) {
		CLEANUP(buf_done) struct buf dir = { 0 };

		r = search_directory(p->q, parent, &parent, &dir);
		if (r == 0)
			r = put_before(&path, &dir);
	}
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (parent != STORE_ROOT || depth != 3 || hit_id(p->inode, buf_str(&path)) != p->id)
		return 0;
	*p->path = buf_steal(&path);
	return 1;
}

int hit_path(struct store *s, int64_t id, struct buf *ret_path)
{
	CLEANUP(search_closep) struct search *q = NULL;
	CLEANUP(buf_done) struct buf path = { 0 };
	struct path_search p = { .id = id, .path = &path };
	struct store_status status;
	int r;

	r = store_get_status(s, &status);
	if (r == 0)
		r = search_open(s, &q);
	if (r < 0)
		return r;
	p.q = q;
	p.inode = (id >> SEARCH_HASH_BITS) & ((INT64_C(1) << INODE_BITS) - 1);
	for (; p.inode <= status.inodes && r == 0; p.inode += INT64_C(1) << INODE_BITS)
		r = search_names(q, p.inode, try_name, &p);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_path = buf_steal(&path);
	return 0;
}
