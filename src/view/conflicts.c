/*
 * .planfs/conflicts/: the directories in which a version overwrote another one that its writer had not seen, as they stand
 * in the tree, with their owners and permissions; and in them both texts side by side:
 *
 *     2016/合肥市/工作要点/01-总则.1234-kept-2026-11-21T10.15.02-李.txt
 *     2016/合肥市/工作要点/01-总则.1234-overwritten-2026-11-21T10.14.40-王.txt
 *
 * A directory has the number of the real one, 0 for the root; a file FILE_BIT and twice the revision that overwrote,
 * plus one for the text that was. What stood in a directory that is gone stands in the root.
 */
#include "view_priv.h"

#include "planfs/array.h"
#include "planfs/conflict.h"
#include "planfs/name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define FILE_BIT (INT64_C(1) << (VIEW_VOLATILE_BITS - 1))

enum { AUTHOR_BYTES_MAX = 80, SUFFIX_BYTES_MAX = 16 };

static int64_t dir_id(int64_t real)
{
	return view_id(VIEW_CONFLICTS, real == STORE_ROOT ? 0 : real);
}

static int64_t real_dir(int64_t id)
{
	return view_rest(id) ? view_rest(id) : STORE_ROOT;
}

static bool is_file(int64_t id)
{
	return (view_rest(id) & FILE_BIT) != 0;
}

static int64_t file_id(const struct conflict *c, bool overwritten)
{
	return view_id(VIEW_CONFLICTS, FILE_BIT | c->kept.rev << 1 | overwritten);
}

/* --- a file --- */

/* The dot behind which the kind of a file is named, or the end. */
static const char *find_suffix(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name && strlen(dot) <= SUFFIX_BYTES_MAX ? dot : name + strlen(name);
}

/* As much of @name as fits, without half a character at the end. */
static size_t cut(const char *name, size_t len, size_t max)
{
	if (len <= max)
		return len;
	len = max;
	while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80)
		len--;
	return len;
}

static int make_name(const struct conflict *c, bool overwritten, struct buf *ret_name)
{
	const struct moment_change *m = overwritten ? &c->overwritten : &c->kept;
	const char *name = c->kept.name, *suffix = find_suffix(name);
	CLEANUP(buf_done) struct buf author = { 0 };
	CLEANUP(buf_done) struct buf middle = { 0 };
	time_t seconds = (time_t)(m->time / 1000000000);
	char time[32] = "";
	struct tm tm;
	size_t stem;
	int r;

	if (localtime_r(&seconds, &tm))
		strftime(time, sizeof(time), "%Y-%m-%dT%H.%M.%S", &tm);
	r = name_generate(m->author, strlen(m->author), AUTHOR_BYTES_MAX, &author);
	if (r == 0)
		r = buf_printf(&middle, ".%" PRId64 "-%s-%s-%s", c->kept.rev,
			overwritten ? "overwritten" : "kept", time, buf_str(&author));
	if (r < 0)
		return r;
	stem = cut(name, (size_t)(suffix - name), NAME_BYTES_MAX - middle.len - strlen(suffix));
	return buf_printf(ret_name, "%.*s%s%s", (int)stem, name, buf_str(&middle), suffix);
}

/* Where the directory is gone, nobody but the owner is known to have been let in. */
static struct inode make_file(const struct conflict *c, bool overwritten)
{
	struct inode inode = overwritten ? c->overwritten.inode : c->kept.inode;

	inode.id = file_id(c, overwritten);
	inode.mode = S_IFREG | (inode.mode & (c->dirs ? 0444 : 0400));
	return inode;
}

/* --- the entries of a directory --- */

struct entry {
	struct inode inode;
	char name[NAME_BYTES_MAX + 1];
};

struct listing {
	int64_t dir;        /* the real one */
	struct entry *list; /* owned */
	size_t n, room;
};

static void listing_done(struct listing *l)
{
	free(l->list);
}

static int add(struct listing *l, const struct inode *inode, const char *name, size_t len)
{
	struct entry *e;

	if (len > NAME_BYTES_MAX)
		return 0; /* of a damaged database */
	if (array_grow(&l->list, l->n, &l->room, sizeof(*l->list)) < 0)
		return -ENOMEM;
	e = &l->list[l->n++];
	e->inode = *inode;
	memcpy(e->name, name, len);
	e->name[len] = '\0';
	return 0;
}

static int add_files(struct listing *l, const struct conflict *c)
{
	int overwritten, r = 0;

	for (overwritten = 0; overwritten <= 1 && r == 0; overwritten++) {
		const struct inode inode = make_file(c, overwritten);
		CLEANUP(buf_done) struct buf name = { 0 };

		r = make_name(c, overwritten, &name);
		if (r == 0)
			r = add(l, &inode, buf_str(&name), name.len);
	}
	return r;
}

/* The directory on the way of @c behind its @at-th. Its attributes come later, from the store. */
static int add_dir(struct listing *l, const struct conflict *c, size_t at)
{
	const struct inode inode = { .id = dir_id(c->dirs[at + 1]), .mode = S_IFDIR };
	const char *name = c->path;

	for (; at > 0; at--)
		name += strcspn(name, "/") + 1;
	return add(l, &inode, name, strcspn(name, "/"));
}

static int on_conflict(void *arg, const struct conflict *c)
{
	struct listing *l = arg;
	size_t at;

	if (!c->dirs)
		return l->dir == STORE_ROOT ? add_files(l, c) : 0;
	for (at = 0; at < c->n_dirs; at++)
		if (c->dirs[at] == l->dir)
			break;
	if (at == c->n_dirs)
		return 0;
	return at == c->n_dirs - 1 ? add_files(l, c) : add_dir(l, c, at);
}

static int by_id(const void *a, const void *b)
{
	int64_t x = ((const struct entry *)a)->inode.id, y = ((const struct entry *)b)->inode.id;

	return (x > y) - (x < y);
}

static int get_dir(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	struct inode inode;
	int r;

	r = store_get(v->store, real_dir(id), &inode);
	if (r < 0)
		return r;
	if (!S_ISDIR(inode.mode) || inode.nlink == 0)
		return -ENOENT;
	inode.id = id;
	inode.mode = S_IFDIR | (inode.mode & 0555);
	inode.nlink = 2;
	/* The kernel keeps a listing for as long as this stays. */
	inode.atime = inode.mtime = inode.ctime = store_now();
	*ret_inode = inode;
	return 0;
}

/* All that is in directory @id, by place. */
static int list(const struct view_source *v, int64_t id, struct listing *l)
{
	size_t i, kept = 0;
	int r;

	if (is_file(id))
		return -ENOTDIR;
	l->dir = real_dir(id);
	r = conflict_each(v->store, on_conflict, l);
	if (r < 0)
		return r;
	if (l->n > 0)
		qsort(l->list, l->n, sizeof(*l->list), by_id);
	for (i = 0; i < l->n; i++) {
		struct entry *e = &l->list[i];

		if (kept > 0 && l->list[kept - 1].inode.id == e->inode.id)
			continue;
		if (S_ISDIR(e->inode.mode) && get_dir(v, e->inode.id, &e->inode) < 0)
			continue; /* removed in this moment */
		l->list[kept++] = *e;
	}
	l->n = kept;
	return 0;
}

/* --- one file --- */

struct wanted {
	int64_t id;
	struct inode inode;
	int64_t body;
	int64_t dir; /* in which it is shown */
};

static int find_file(void *arg, const struct conflict *c)
{
	struct wanted *w = arg;
	bool overwritten = w->id & 1;

	if (file_id(c, overwritten) != w->id)
		return 0;
	w->inode = make_file(c, overwritten);
	w->body = w->inode.body;
	w->dir = c->dirs ? c->kept.parent : STORE_ROOT;
	return 1;
}

static int get_file(const struct view_source *v, int64_t id, struct wanted *ret_file)
{
	int r;

	*ret_file = (struct wanted){ .id = id };
	r = conflict_each(v->store, find_file, ret_file);
	return r == 0 ? -ENOENT : r < 0 ? r : 0;
}

/* --- the view --- */

static int conflicts_get(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	struct wanted file;
	int r;

	if (!is_file(id))
		return get_dir(v, id, ret_inode);
	r = get_file(v, id, &file);
	if (r == 0)
		*ret_inode = file.inode;
	return r;
}

static int conflicts_lookup(
	const struct view_source *v, int64_t parent, const char *name, struct inode *ret_inode)
{
	CLEANUP(listing_done) struct listing l = { 0 };
	size_t i;
	int r;

	r = list(v, parent, &l);
	for (i = 0; i < l.n && r == 0; i++) {
		if (strcmp(l.list[i].name, name) == 0) {
			*ret_inode = l.list[i].inode;
			return 0;
		}
	}
	return r < 0 ? r : -ENOENT;
}

/* Places are numbers: a directory keeps its own, and no other file ever gets that of a version. */
static int conflicts_scan(
	const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	CLEANUP(listing_done) struct listing l = { 0 };
	size_t i;
	int r;

	r = list(v, parent, &l);
	for (i = 0; i < l.n && r == 0; i++) {
		const struct entry *e = &l.list[i];

		if (view_rest(e->inode.id) > after)
			r = fn(arg,
				&(struct store_entry){ e->name, view_rest(e->inode.id), e->inode });
	}
	return r;
}

static int conflicts_parent(const struct view_source *v, int64_t id, int64_t *ret_parent)
{
	int64_t parent;
	int r;

	if (is_file(id))
		return -ENOENT;
	if (real_dir(id) == STORE_ROOT) {
		*ret_parent = VIEW_ROOT;
		return 0;
	}
	r = store_parent(v->store, real_dir(id), &parent);
	if (r == 0)
		*ret_parent = dir_id(parent);
	return r;
}

static int conflicts_read(const struct view_source *v, int64_t id, struct buf *ret_text)
{
	struct wanted file;
	int r;

	if (!is_file(id))
		return -EISDIR;
	r = get_file(v, id, &file);
	return r < 0 ? r : store_read_body(v->store, file.body, ret_text);
}

const struct view_ops view_conflicts = {
	.name = "conflicts",
	.get = conflicts_get,
	.lookup = conflicts_lookup,
	.scan = conflicts_scan,
	.parent = conflicts_parent,
	.read = conflicts_read,
};
