/*
 * .planfs/history/PATH/: every version of a file. The tree is that of all names that there ever were: what is there, and
 * what was removed. A directory that was made anew shows what its predecessors had, too; one that was moved is
 * where it is now, with all that is in it.
 *
 * Numbers: a directory is its inode, a file's directory the first row of the place (bit 39 says so), a version its
 * row (bit 40). A version never changes; the directories may have more any time.
 */
#include "view_priv.h"

#include "planfs/array.h"
#include "planfs/moment.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PLACE   (INT64_C(1) << 39)
#define VERSION (INT64_C(1) << 40)

enum { CHAIN_MAX = 64 /* predecessors that are shown */ };

/* What a number stands for. */
enum kind { KIND_DIR, KIND_PLACE, KIND_VERSION };

struct item {
	enum kind kind;
	int64_t number; /* the inode, or the row */
};

static struct item item_of(int64_t id)
{
	int64_t rest = view_rest(id);

	if (rest >= VERSION)
		return (struct item){ KIND_VERSION, rest - VERSION };
	if (rest >= PLACE)
		return (struct item){ KIND_PLACE, rest - PLACE };
	return (struct item){ KIND_DIR, rest ? rest : STORE_ROOT };
}

static int64_t dir_id(int64_t inode)
{
	return view_id(VIEW_HISTORY, inode == STORE_ROOT ? 0 : inode);
}

static bool history_is_fixed(int64_t id)
{
	return item_of(id).kind == KIND_VERSION;
}

/* --- attributes --- */

/* As a directory, or a file, that nobody can change; who could not read it cannot now. */
static struct inode show_as(const struct inode *i, int64_t id, uint32_t type)
{
	struct inode shown = *i;
	uint32_t read = i->mode & 0444;

	shown.id = id;
	shown.mode = type | read;
	if (type == S_IFDIR) {
		shown.mode |= S_ISDIR(i->mode) ? i->mode & 0111 : read >> 2;
		shown.size = 0;
	}
	shown.body = 0;
	shown.nlink = 1;
	shown.rdev = 0;
	return shown;
}

static int get_dir(const struct view_source *v, int64_t dir, struct inode *ret_inode)
{
	struct inode inode;
	int64_t rev = INT64_MAX;
	int r;

	r = moment_last(v->store, dir, &rev);
	if (r == 0)
		r = moment_get(v->store, rev, dir, &inode);
	if (r == 0 && !S_ISDIR(inode.mode))
		r = -ENOENT;
	if (r == 0)
		*ret_inode = show_as(&inode, dir_id(dir), S_IFDIR);
	return r;
}

/* Its time is that of its last row, so that the kernel sees when there is another one. */
static int show_place(const struct moment_past *past, struct inode *ret_inode)
{
	if (past->first >= PLACE)
		return -EIO;
	*ret_inode = show_as(&past->inode, view_id(VIEW_HISTORY, PLACE | past->first), S_IFDIR);
	ret_inode->mtime = ret_inode->ctime;
	return 0;
}

static int get_place(const struct view_source *v, int64_t first, struct inode *ret_inode)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct moment_past past;
	int64_t parent;
	int r;

	r = moment_place(v->store, first, &parent, &name);
	if (r == 0)
		r = moment_past(v->store, parent, buf_str(&name), &past);
	if (r == 0 && !S_ISREG(past.inode.mode))
		r = -ENOENT;
	return r < 0 ? r : show_place(&past, ret_inode);
}

static int copy_change(void *arg, const struct moment_change *c)
{
	*(struct inode *)arg = c->inode;
	return 0;
}

static int get_version(const struct view_source *v, int64_t rev, struct inode *ret_inode)
{
	struct inode inode = { 0 };
	int r;

	r = moment_changes(v->store, rev, rev, copy_change, &inode);
	if (r == 0 && !S_ISREG(inode.mode))
		r = -ENOENT;
	if (r == 0)
		*ret_inode = inode;
	return r;
}

static int history_get(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	struct item item = item_of(id);
	struct inode inode;
	int r;

	if (item.kind == KIND_DIR)
		return get_dir(v, item.number, ret_inode);
	if (item.kind == KIND_PLACE)
		return get_place(v, item.number, ret_inode);
	r = get_version(v, item.number, &inode);
	if (r == 0)
		*ret_inode = show_as(&inode, id, S_IFREG);
	return r;
}

/* --- directories of the tree --- */

static int show_past(
	const struct view_source *v, const struct moment_past *past, struct inode *ret_inode)
{
	if (!S_ISDIR(past->inode.mode))
		return show_place(past, ret_inode);
	return past->inode.id < PLACE ? get_dir(v, past->inode.id, ret_inode) : -EIO;
}

static int lookup_in_dir(
	const struct view_source *v, int64_t dir, const char *name, struct inode *ret_inode)
{
	struct moment_past past;
	int64_t rev;
	unsigned i;
	int r;

	for (i = 0; i < CHAIN_MAX; i++) {
		r = moment_past(v->store, dir, name, &past);
		if (r != -ENOENT)
			return r < 0 ? r : show_past(v, &past, ret_inode);
		r = moment_predecessor(v->store, dir, &dir, &rev);
		if (r <= 0)
			return r < 0 ? r : -ENOENT;
	}
	return -ENOENT;
}

/* What a listing tells: number and kind. Who wants more looks it up. */
static int list_past(const struct moment_past *past, struct inode *ret_inode)
{
	if (!S_ISDIR(past->inode.mode))
		return show_place(past, ret_inode);
	if (past->inode.id >= PLACE)
		return -EIO;
	*ret_inode = show_as(&past->inode, dir_id(past->inode.id), S_IFDIR);
	return 0;
}

/* A name of a directory or of one of its predecessors. */
struct entry {
	char *name; /* owned */
	int64_t dir, first;
	unsigned age; /* how many directories back */
};

struct entries {
	struct entry *list; /* owned */
	size_t n, room;
	int64_t dir;
	unsigned age;
};

static void entries_done(struct entries *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		free(e->list[i].name);
	free(e->list);
	*e = (struct entries){ 0 };
}

static int add_name(void *arg, const char *name, int64_t first)
{
	struct entries *e = arg;

	if (array_grow(&e->list, e->n, &e->room, sizeof(*e->list)) < 0)
		return -ENOMEM;
	e->list[e->n] = (struct entry){ strdup(name), e->dir, first, e->age };
	if (!e->list[e->n].name)
		return -ENOMEM;
	e->n++;
	return 0;
}

static int find_entries(const struct view_source *v, int64_t dir, struct entries *e)
{
	int64_t rev;
	int r;

	for (e->dir = dir; e->age < CHAIN_MAX; e->age++) {
		r = moment_names(v->store, e->dir, add_name, e);
		if (r == 0)
			r = moment_predecessor(v->store, e->dir, &e->dir, &rev);
		if (r <= 0)
			return r;
	}
	return 0;
}

/* The rows of a predecessor are older: places rise with the numbers through all of them. */
static int by_place(const void *a, const void *b)
{
	int64_t x = ((const struct entry *)a)->first, y = ((const struct entry *)b)->first;

	return (x > y) - (x < y);
}

/* Does a newer directory show this name already? Few have predecessors, and those few names. */
static int is_hidden(const struct view_source *v, const struct entries *e, size_t i)
{
	struct moment_past past;
	size_t j;
	int r;

	for (j = i + 1; j < e->n; j++) {
		if (e->list[j].age >= e->list[i].age ||
			strcmp(e->list[j].name, e->list[i].name) != 0)
			continue;
		r = moment_past(v->store, e->list[j].dir, e->list[j].name, &past);
		if (r != -ENOENT)
			return r < 0 ? r : 1;
	}
	return 0;
}

static int scan_dir(
	const struct view_source *v, int64_t dir, int64_t after, store_entry_fn *fn, void *arg)
{
	CLEANUP(entries_done) struct entries e = { 0 };
	struct moment_past past;
	struct inode inode;
	size_t i;
	int r;

	r = find_entries(v, dir, &e);
	if (e.n > 0)
		qsort(e.list, e.n, sizeof(*e.list), by_place);
	for (i = 0; i < e.n && r == 0; i++) {
		if (e.list[i].first <= after)
			continue;
		r = e.list[i].age ? is_hidden(v, &e, i) : 0;
		if (r == 0)
			r = moment_past(v->store, e.list[i].dir, e.list[i].name, &past);
		if (r == 0)
			r = list_past(&past, &inode);
		if (r == 0)
			r = fn(arg,
				&(struct store_entry){ e.list[i].name, e.list[i].first, inode });
		else if (r == 1 || r == -ENOENT || r == -EIO)
			r = 0; /* hidden, gone elsewhere, or damaged */
	}
	return r;
}

/* --- the versions of a place --- */

static int find_versions(const struct view_source *v, int64_t first, struct versions *ret_versions,
	struct buf *ret_name)
{
	int64_t parent;
	int r;

	r = moment_place(v->store, first, &parent, ret_name);
	return r < 0 ? r : versions_find(v->store, parent, buf_str(ret_name), ret_versions);
}

static struct inode show_version(const struct version *version)
{
	return show_as(&version->inode, view_id(VIEW_HISTORY, VERSION + version->rev), S_IFREG);
}

static int scan_place(
	const struct view_source *v, int64_t first, int64_t after, store_entry_fn *fn, void *arg)
{
	CLEANUP(versions_done) struct versions versions = { 0 };
	CLEANUP(buf_done) struct buf file = { 0 };
	size_t i;
	int r;

	r = find_versions(v, first, &versions, &file);
	for (i = 0; i < versions.n && r == 0; i++) {
		CLEANUP(buf_done) struct buf name = { 0 };

		if (versions.list[i].rev <= after)
			continue;
		r = version_name(&versions, i, buf_str(&file), &name);
		if (r == 0)
			r = fn(arg, &(struct store_entry){ buf_str(&name), versions.list[i].rev,
					    show_version(&versions.list[i]) });
	}
	return r;
}

static int lookup_version(
	const struct view_source *v, int64_t first, const char *name, struct inode *ret_inode)
{
	CLEANUP(versions_done) struct versions versions = { 0 };
	CLEANUP(buf_done) struct buf file = { 0 };
	CLEANUP(buf_done) struct buf right = { 0 };
	unsigned long number = strtoul(name, NULL, 10);
	int r;

	if (name[0] < '0' || name[0] > '9')
		return -ENOENT; /* what file managers look for */
	r = find_versions(v, first, &versions, &file);
	if (r < 0)
		return r;
	if (number < 1 || number > versions.n)
		return -ENOENT;
	r = version_name(&versions, number - 1, buf_str(&file), &right);
	if (r == 0 && strcmp(buf_str(&right), name) != 0)
		r = -ENOENT;
	if (r == 0)
		*ret_inode = show_version(&versions.list[number - 1]);
	return r;
}

/* --- what others call --- */

static int history_lookup(
	const struct view_source *v, int64_t parent, const char *name, struct inode *ret_inode)
{
	struct item item = item_of(parent);

	if (item.kind == KIND_DIR)
		return lookup_in_dir(v, item.number, name, ret_inode);
	return item.kind == KIND_PLACE ? lookup_version(v, item.number, name, ret_inode) : -ENOTDIR;
}

static int history_scan(
	const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	struct item item = item_of(parent);

	if (item.kind == KIND_DIR)
		return scan_dir(v, item.number, after, fn, arg);
	return item.kind == KIND_PLACE ? scan_place(v, item.number, after, fn, arg) : -ENOTDIR;
}

/* The directory that is shown where @dir, or a successor of it, has its place. */
static int find_shown(const struct view_source *v, int64_t dir, int64_t *ret_id)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	struct inode at = { .id = dir_id(STORE_ROOT) };
	char *save = NULL, *name;
	int64_t rev = INT64_MAX;
	int r = 0;

	if (dir != STORE_ROOT)
		r = moment_last(v->store, dir, &rev);
	if (r == 0 && dir != STORE_ROOT)
		r = moment_path(v->store, rev, dir, &path);
	if (r < 0)
		return r;
	name = path.len ? strtok_r(path.data, "/", &save) : NULL;
	for (; name && r == 0; name = strtok_r(NULL, "/", &save))
		r = history_lookup(v, at.id, name, &at);
	if (r == 0)
		*ret_id = at.id;
	return r;
}

static int history_parent(const struct view_source *v, int64_t id, int64_t *ret_parent)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct item item = item_of(id);
	int64_t parent = 0, rev;
	int r;

	if (item.kind == KIND_VERSION)
		return -ENOENT; /* a file may be in the history of several */
	if (item.kind == KIND_DIR && item.number == STORE_ROOT) {
		*ret_parent = VIEW_ROOT;
		return 0;
	}
	if (item.kind == KIND_PLACE) {
		r = moment_place(v->store, item.number, &parent, &name);
	} else {
		r = moment_last(v->store, item.number, &rev);
		if (r == 0)
			r = moment_parent(v->store, rev, item.number, &parent);
	}
	return r < 0 ? r : find_shown(v, parent, ret_parent);
}

static int history_read(const struct view_source *v, int64_t id, struct buf *ret_text)
{
	struct item item = item_of(id);
	struct inode inode = { 0 };
	int r;

	if (item.kind != KIND_VERSION)
		return -EISDIR;
	r = get_version(v, item.number, &inode);
	return r < 0 ? r : store_read_body(v->store, inode.body, ret_text);
}

const struct view_ops view_history = {
	.name = "history",
	.is_fixed = history_is_fixed,
	.get = history_get,
	.lookup = history_lookup,
	.scan = history_scan,
	.parent = history_parent,
	.read = history_read,
};
