/*
 * The changes of a place and of what was below it. Whether something was below a directory is asked of the tree as it was
 * after the change; the answers are kept until a directory itself changes.
 */
#include "cli_place_priv.h"

#include "planfs/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ROWS_AT_ONCE = 1000, KNOWN_DIRS = 256, TOPS_MAX = 16, DEPTH_MAX = 4096 };

void change_rows_done(struct change_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->n; i++)
		free(rows->rows[i].texts);
	free(rows->rows);
	*rows = (struct change_rows){ 0 };
}

static const char *take_text(char **at, const char *text)
{
	const char *begin = *at;

	*at = stpcpy(*at, text) + 1;
	return begin;
}

int change_rows_add(struct change_rows *rows, const struct moment_change *c)
{
	size_t len = strlen(c->author) + strlen(c->op) + strlen(c->name) + 3;
	char *texts = malloc(len + (c->program ? strlen(c->program) + 1 : 0)), *at = texts;
	struct change_row row = { .c = *c, .texts = texts };

	if (!texts)
		return -ENOMEM;
	if (array_grow(&rows->rows, rows->n, &rows->room, sizeof(*rows->rows)) < 0) {
		free(texts);
		return -ENOMEM;
	}
	row.c.author = take_text(&at, c->author);
	row.c.op = take_text(&at, c->op);
	row.c.name = take_text(&at, c->name);
	row.c.program = c->program ? take_text(&at, c->program) : NULL;
	rows->rows[rows->n++] = row;
	return 0;
}

/* --- where directories were --- */

struct known_dir {
	int64_t id; /* 0: none */
	bool is_below;
	struct buf path;
};

struct walking {
	struct place_base *b;
	const struct change_walk *walk;
	int64_t tops
		[TOPS_MAX]; /* the directory, and those that stood there before it; their contents count */
	size_t n_tops; /* 0: it is no directory */
	struct known_dir known[KNOWN_DIRS];
};

static void forget_dirs(struct walking *w)
{
	size_t i;

	for (i = 0; i < KNOWN_DIRS; i++) {
		buf_done(&w->known[i].path);
		w->known[i].id = 0;
	}
}

static bool is_top(const struct walking *w, int64_t id)
{
	size_t i;

	for (i = 0; i < w->n_tops; i++)
		if (w->tops[i] == id)
			return true;
	return false;
}

/* Was directory @id the one that is asked about, or below it, after @rev? Returns 1 or 0. */
static int was_below(struct walking *w, int64_t rev, int64_t id)
{
	int depth, r;

	if (is_top(w, STORE_ROOT)) /* even what stands nowhere */
		return 1;
	for (depth = 0; depth < DEPTH_MAX; depth++) {
		if (is_top(w, id))
			return 1;
		if (id == STORE_ROOT)
			return 0;
		r = moment_parent(w->b->s, rev, id, &id);
		if (r < 0)
			return r == -ENOENT ? 0 : r;
	}
	return 0;
}

static int know_dir(struct walking *w, int64_t rev, int64_t id, struct known_dir **ret_dir)
{
	struct known_dir *d = &w->known[(uint64_t)id % KNOWN_DIRS];
	int r;

	*ret_dir = d;
	if (d->id == id)
		return 0;
	d->id = 0;
	buf_done(&d->path);
	r = was_below(w, rev, id);
	if (r < 0)
		return r;
	d->is_below = r > 0;
	r = d->is_below ? moment_path(w->b->s, rev, id, &d->path) : 0;
	if (r == -ENOENT)
		r = buf_add_str(&d->path, "?"); /* what led there was forgotten */
	if (r == 0)
		d->id = id;
	return r;
}

/* --- */

static int tell(struct walking *w, const struct moment_change *c)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	struct known_dir *dir;
	int r;

	if (S_ISDIR(c->inode.mode) && strcmp(c->op, "attr") != 0)
		forget_dirs(w);
	if (!c->parent) /* the root itself */
		return is_top(w, STORE_ROOT) ? w->walk->fn(w->walk->arg, c, "") : 0;
	r = know_dir(w, c->rev, c->parent, &dir);
	if (r < 0)
		return r;
	if (!dir->is_below && w->n_tops && !is_top(w, c->inode.id))
		return 0;
	if (dir->is_below)
		r = buf_add(&path, dir->path.data, dir->path.len);
	else
		r = moment_path(w->b->s, c->rev, c->parent, &path);
	if (r == -ENOENT)
		r = buf_add_str(&path, "?");
	if (r == 0)
		r = buf_printf(&path, "%s%s", path.len ? "/" : "", c->name);
	return r < 0 ? r : w->walk->fn(w->walk->arg, c, buf_str(&path));
}

static int collect(void *arg, const struct moment_change *c)
{
	return change_rows_add(arg, c);
}

/* What is listed cannot ask the store: some are taken at a time. */
static int walk_all(struct walking *w, int64_t to)
{
	int r = 0;

	while (to > w->walk->from && r == 0) {
		CLEANUP(change_rows_done) struct change_rows rows = { 0 };
		int64_t from =
			to - ROWS_AT_ONCE > w->walk->from ? to - ROWS_AT_ONCE : w->walk->from;
		size_t i;

		r = moment_changes(w->b->s, from + 1, to, collect, &rows);
		for (i = 0; i < rows.n && r == 0; i++)
			r = tell(w, &rows.rows[i].c);
		to = from;
	}
	return r;
}

static int walk_file(struct walking *w)
{
	CLEANUP(change_rows_done) struct change_rows rows = { 0 };
	const struct place *p = w->walk->place;
	size_t i;
	int r;

	r = moment_history(w->b->s, p->parent, buf_str(&p->name), INT64_MAX, collect, &rows);
	for (i = 0; i < rows.n && r == 0; i++)
		if (rows.rows[i].c.rev > w->walk->from && rows.rows[i].c.rev <= w->walk->to)
			r = tell(w, &rows.rows[i].c);
	return r;
}

/* The directory, and those that it was made anew for. */
static int find_tops(struct walking *w, int64_t id)
{
	int64_t before = 0, rev = 0;
	int r = 1;

	while (r > 0 && w->n_tops < TOPS_MAX) {
		w->tops[w->n_tops++] = id;
		r = moment_predecessor(w->b->s, id, &before, &rev);
		id = before;
	}
	return r < 0 ? r : 0;
}

int changes_walk(struct place_base *b, const struct change_walk *walk)
{
	const struct place *p = walk->place;
	struct inode inode = { .id = STORE_ROOT, .mode = S_IFDIR };
	struct walking *w = calloc(1, sizeof(*w));
	struct store_status status = { 0 };
	int r = 0;

	if (!w)
		return -ENOMEM;
	w->b = b;
	w->walk = walk;
	if (p->parent)
		r = moment_lookup(b->s, p->last, p->parent, buf_str(&p->name), &inode);
	if (r == 0)
		r = store_get_status(b->s, &status);
	if (r == 0 && S_ISDIR(inode.mode)) {
		r = find_tops(w, inode.id);
		if (r == 0)
			r = walk_all(w, walk->to < status.revision ? walk->to : status.revision);
	} else if (r == 0) {
		r = walk_file(w);
	}
	forget_dirs(w);
	free(w);
	return r;
}
