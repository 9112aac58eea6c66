/*
 * A tree as text, of now and of any moment, for tests that compare trees: one line a name, without what is scratch:
 * path, mode, owner, names, size, mtime, and the number of the body or of the directory; and the targets of symbolic links.
 */
#pragma once

#include "store_fixture.h"

#include "planfs/check.h"
#include "planfs/moment.h"
#include "planfs/name.h"

#include <errno.h>

struct drawing {
	struct fixture *f;
	int64_t rev; /* < 0: the present */
	struct buf text;
	char *paths[512];
	int64_t ids[512];
	size_t n; /* directories that are still to be drawn */
	const char *path;
	char *links[512]; /* symbolic links */
	int64_t link_ids[512];
	size_t n_links;
};

/* Files may get other numbers, directories not. */
static inline int draw_entry(void *arg, const struct store_entry *e)
{
	struct drawing *d = arg;
	const struct inode *i = &e->inode;
	bool is_dir = S_ISDIR(i->mode);
	CLEANUP(buf_done) struct buf path = { 0 };

	if (name_is_scratch(e->name))
		return 0;
	assert_int_equal(buf_printf(&path, "%s/%s", d->path, e->name), 0);
	assert_int_equal(
		buf_printf(&d->text, "%s %o %u:%u %u %lld %lld %lld\n", buf_str(&path), i->mode,
			i->uid, i->gid, is_dir ? 1 : i->nlink, is_dir ? 0LL : (long long)i->size,
			(long long)i->mtime, is_dir ? (long long)i->id : (long long)i->body),
		0);
	assert_true(d->n < ARRAY_LEN(d->ids) && d->n_links < ARRAY_LEN(d->link_ids));
	if (is_dir) {
		d->ids[d->n] = i->id;
		d->paths[d->n++] = strdup(buf_str(&path));
	} else if (S_ISLNK(i->mode)) {
		d->link_ids[d->n_links] = i->id;
		d->links[d->n_links++] = strdup(buf_str(&path));
	}
	return 0;
}

static inline void draw_links(struct drawing *d)
{
	size_t i;

	for (i = 0; i < d->n_links; i++) {
		CLEANUP(buf_done) struct buf target = { 0 };

		assert_int_equal(
			d->rev < 0 ? store_readlink(d->f->s, d->link_ids[i], &target)
				   : moment_readlink(d->f->s, d->rev, d->link_ids[i], &target),
			0);
		assert_int_equal(
			buf_printf(&d->text, "%s -> %s\n", d->links[i], buf_str(&target)), 0);
		free(d->links[i]);
	}
}

static inline int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline char *sort_lines(const struct buf *b)
{
	CLEANUP(buf_done) struct buf sorted = { 0 };
	char *copy = strdup(buf_str(b)), *lines[2000], *save = NULL, *line;
	size_t n = 0, i;

	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		assert_true(n < ARRAY_LEN(lines));
		lines[n++] = line;
	}
	if (n > 0)
		qsort(lines, n, sizeof(*lines), by_line);
	for (i = 0; i < n; i++)
		assert_int_equal(buf_printf(&sorted, "%s\n", lines[i]), 0);
	free(copy);
	return strdup(buf_str(&sorted));
}

/* The tree as it is (@rev < 0) or was, one line a name; to be freed. */
static inline char *draw(struct fixture *f, int64_t rev)
{
	struct drawing *d = calloc(1, sizeof(*d));
	struct inode root;
	char *text;
	size_t i;

	assert_non_null(d);
	d->f = f;
	d->rev = rev;
	assert_int_equal(rev < 0 ? store_get(f->s, STORE_ROOT, &root)
				 : moment_get(f->s, rev, STORE_ROOT, &root),
		0);
	assert_int_equal(buf_printf(&d->text, "%o %lld\n", root.mode, (long long)root.mtime), 0);
	d->ids[0] = STORE_ROOT;
	d->paths[0] = strdup("");
	for (d->n = 1, i = 0; i < d->n; i++) {
		d->path = d->paths[i];
		assert_int_equal(rev < 0 ? store_scan(f->s, d->ids[i], 0, draw_entry, d)
					 : moment_scan(f->s, rev, d->ids[i], 0, draw_entry, d),
			0);
		free(d->paths[i]);
	}
	draw_links(d);
	text = sort_lines(&d->text);
	buf_done(&d->text);
	free(d);
	return text;
}

static inline void expect_same(char *was, char *is, const char *what)
{
	size_t line = 0, i;

	for (i = 0; was[i] && was[i] == is[i]; i++)
		if (was[i] == '\n')
			line = i + 1;
	if (was[i] != is[i])
		fail_msg("%s\nwas: %.400s\nis: %.400s", what, was + line, is + line);
	free(was);
	free(is);
}

static inline int64_t newest(struct fixture *f)
{
	struct store_status status;

	assert_int_equal(store_get_status(f->s, &status), 0);
	return status.revision;
}

/* --- at random --- */

/* PLANFS_SEED tries other ones. */
static inline unsigned seed_from(unsigned seed)
{
	const char *more = getenv("PLANFS_SEED");

	return more ? seed + (unsigned)atoi(more) * 1000 : seed;
}

enum { DIRS = 4, NAMES = 5 };

static inline const char *random_path(unsigned *seed, char *out, size_t size)
{
	static const char *const dirs[DIRS] = { "", "甲/", "乙/", "甲/丙/" };
	static const char *const names[NAMES] = { "a.txt", "b", "甲", "丙", "乙" };

	snprintf(out, size, "%s%s", dirs[rand_r(seed) % DIRS], names[rand_r(seed) % NAMES]);
	return out;
}

static inline int random_act(struct fixture *f, unsigned *seed, const char *author)
{
	static const enum act_kind kinds[] = { ACT_CREATE, ACT_CREATE, ACT_CREATE, ACT_SAVE,
		ACT_SAVE, ACT_SET_ATTR, ACT_LINK, ACT_UNLINK, ACT_RMDIR, ACT_RENAME, ACT_RENAME,
		ACT_RENAME };
	static const uint32_t modes[] = { S_IFREG | 0644, S_IFREG | 0600, S_IFDIR | 0755,
		S_IFDIR | 0750, S_IFLNK | 0777 };
	char path[64], to[64], text[32];
	struct inode there;
	struct act a = { .path = random_path(seed, path, sizeof(path)),
		.to = random_path(seed, to, sizeof(to)),
		.text = text,
		.kind = kinds[(size_t)rand_r(seed) % ARRAY_LEN(kinds)],
		.mode = modes[(size_t)rand_r(seed) % ARRAY_LEN(modes)],
		.exchange = rand_r(seed) % 3 == 0 };
	const struct change c = {
		.apply = act_apply, .arg = &a, .author = author, .wait_ms = 1000
	};

	snprintf(text, sizeof(text), "text %d", rand_r(seed) % 5);
	if (a.kind == ACT_CREATE && S_ISDIR(a.mode))
		a.text = NULL;
	if (store_resolve(f->s, path, &there) == 0) {
		if (a.kind == ACT_SET_ATTR)
			a.mode = (there.mode & S_IFMT) | (unsigned)(rand_r(seed) % 512);
		if (a.kind == ACT_SAVE && !S_ISREG(there.mode))
			return -EISDIR;
	}
	return store_change(f->s, &c);
}

/* Some changes that go through; *authors may be NULL. */
static inline void act_at_random(
	struct fixture *f, unsigned *seed, int n, const char *const *authors)
{
	while (n > 0)
		n -= random_act(f, seed, authors ? authors[rand_r(seed) % 2] : NULL) == 0;
	if (rand_r(seed) % 3 == 0)
		purge_all(f);
}

/* What is wrong in a tree that was changed in any way: nothing. */
static inline int on_finding(void *arg, const struct store_finding *finding)
{
	(void)arg;
	if (finding->level == FINDING_DAMAGE)
		fail_msg("%s: %s: %s", finding->kind, finding->path, finding->text);
	return 0;
}
