/* A search through a tree that has no index: every file that is wanted is read. */
#include "grep_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
	const struct grep_source *source;
	struct grep_list *list;
	const struct grep_dir *dir; /* whose names are told */
};

static int add_entry(void *arg, const char *name, uint32_t mode)
{
	struct walk *w = arg;
	struct grep_dir *below;

	if (S_ISDIR(mode))
		return grep_list_add_dir(w->list, w->dir, 0, name, &below);
	return S_ISREG(mode) ? grep_list_add_file(w->list, w->dir, 0, name, true) : 0;
}

/* On the way to the path of the query nothing is listed: who may pass a directory may not read it, perhaps. */
static int add_next(struct walk *w, const char *name, size_t len)
{
	CLEANUP(buf_done) struct buf copy = { 0 };
	struct grep_dir *below;
	int r = buf_add(&copy, name, len);

	return r < 0 ? r : grep_list_add_dir(w->list, w->dir, 0, copy.data, &below);
}

static int walk_dir(struct walk *w)
{
	size_t len;
	const char *next = grep_filter_next(w->list->query, w->dir, &len);
	int r;

	if (next)
		return add_next(w, next, len);
	r = w->source->list(w->source->arg, w->dir->path, add_entry, w);
	if (r == -ENOTDIR && w->dir->parent) /* the path of the query is that of a file */
		return grep_list_add_file(w->list, w->dir->parent, 0, w->dir->name, true);
	if (r == -ENOENT)
		return 0; /* it went away */
	return r < 0 && r != -ENOMEM ? grep_list_add_error(w->list, w->dir, r) : r;
}

/* What is added on the way is walked, too. */
static int walk(const struct grep_source *source, struct grep_list *l)
{
	struct walk w = { source, l, NULL };
	size_t i;
	int r = 0;

	for (i = 0; i < l->n_dirs && r == 0; i++) {
		w.dir = l->dirs[i];
		r = w.dir->is_wanted ? walk_dir(&w) : 0;
	}
	return r;
}

/* Where a text, and the path to it, are put. */
struct room {
	struct buf path, text;
};

static void room_done(struct room *room)
{
	buf_done(&room->path);
	buf_done(&room->text);
}

static int read_text(
	const struct grep_source *source, const struct grep_item *item, struct room *room)
{
	int r;

	room->path.len = 0;
	r = buf_add_str(&room->path, item->dir->path);
	if (r == 0 && room->path.len > 0)
		r = buf_add(&room->path, "/", 1);
	if (r == 0)
		r = buf_add_str(&room->path, item->name);
	return r < 0 ? r : source->read(source->arg, buf_str(&room->path), &room->text);
}

static int tell(const struct grep_source *source, struct grep_item *item, struct room *room,
	grep_file_fn *fn, void *arg)
{
	struct match_string text;

	if (item->error == 0)
		item->error = read_text(source, item, room);
	if (item->error == -ENOENT)
		return 0; /* it went away */
	text = (struct match_string){ buf_str(&room->text), room->text.len };
	return grep_list_tell(item, &room->path, item->error ? NULL : &text, fn, arg);
}

int grep_source(const struct grep_source *source, const struct grep_query *query, grep_file_fn *fn,
	void *arg)
{
	CLEANUP(grep_list_done) struct grep_list list = { 0 };
	CLEANUP(room_done) struct room room = { 0 };
	size_t i;
	int r;

	r = grep_list_init(&list, query);
	if (r == 0)
		r = walk(source, &list);
	if (r != 0)
		return r;
	grep_list_sort(&list);
	for (i = 0; i < list.n_items && r == 0; i++)
		r = tell(source, &list.items[i], &room, fn, arg);
	return r;
}
