/*
 * Bringing back a tree as of a moment. What it was is read before the transaction, because it never changes; what is there
 * by now, inside it.
 */
#include "store_priv.h"

#include "planfs/array.h"
#include "planfs/moment.h"
#include "planfs/name.h"
#include "planfs/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 4096, WAIT_MS = 20000 };

void restored_done(struct restored *r)
{
	bring_plan_done(&r->plan);
	bring_list_done(&r->list);
}

/* A directory that was made anew: the number of the old one, and of the new one. */
struct anew {
	int64_t then, now;
};

/* A restore under way. */
struct work {
	struct store *s;
	const struct restore *what;
	int64_t parent; /* where it goes */
	const char *name;
	struct bring_list was;   /* the tree; its root first */
	struct bring_list above; /* the directories that lead to it, from the root on */
	struct restored *done;
	struct anew *anew; /* owned */
	size_t n_anew, anew_capacity;
};

static void work_done(struct work *w)
{
	bring_list_done(&w->was);
	bring_list_done(&w->above);
	free(w->anew);
}

/* --- what was --- */

/* The entries of a directory are read first, and what is in them afterwards. */
struct reading {
	struct work *w;
	int64_t parent;
	int result;
};

static int add_was(void *arg, const struct store_entry *e)
{
	struct reading *reading = arg;
	const struct bring item = {
		.parent = reading->parent,
		.name = e->name,
		.then = e->inode,
		.since = reading->w->what->rev,
		.rev = reading->w->what->rev,
	};

	return bring_list_add(&reading->w->was, &item);
}

static int read_target(struct work *w, struct bring *item)
{
	CLEANUP(buf_done) struct buf target = { 0 };
	int r;

	if (!S_ISLNK(item->then.mode))
		return 0;
	r = moment_readlink(w->s, w->what->rev, item->then.id, &target);
	if (r < 0)
		return r;
	item->target = strdup(buf_str(&target));
	return item->target ? 0 : -ENOMEM;
}

/* Every directory of the list adds its entries to the end of it. */
static int read_all(struct work *w, size_t from)
{
	size_t i;
	int r = 0;

	for (i = from; i < w->was.n && r == 0; i++) {
		struct reading reading = { .w = w, .parent = w->was.items[i].then.id };

		r = read_target(w, &w->was.items[i]);
		if (r == 0 && S_ISDIR(w->was.items[i].then.mode))
			r = moment_scan(w->s, w->what->rev, reading.parent, 0, add_was, &reading);
	}
	return r;
}

/* Only needed when the directory is gone now. */
static int read_above(struct work *w, int64_t rev)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	struct bring item = { .parent = STORE_ROOT, .since = rev, .rev = rev };
	char *name, *save = NULL;
	int r;

	r = moment_path(w->s, rev, w->parent, &path);
	if (r < 0 || path.len == 0)
		return r == -ENOENT ? 0 : r;
	for (name = strtok_r(path.data, "/", &save); name && r == 0;
		name = strtok_r(NULL, "/", &save)) {
		item.name = name;
		r = moment_lookup(w->s, rev, item.parent, name, &item.then);
		if (r == 0)
			r = bring_list_add(&w->above, &item);
		item.parent = item.then.id;
	}
	return r;
}

/* A copy of a directory cannot stand in what it is a copy of: its contents would be those of another directory, too. */
static int check_copy(const struct work *w)
{
	size_t i;

	for (i = 0; i < w->was.n; i++)
		if (w->was.items[i].then.id == w->parent)
			return -ELOOP;
	return 0;
}

static int read_was(struct work *w)
{
	const struct restore *what = w->what;
	struct bring top = { .parent = what->from_parent,
		.name = what->from_parent ? what->from_name : "",
		.since = what->rev,
		.rev = what->rev };
	int r;

	if (what->from_parent)
		r = moment_lookup(w->s, what->rev, top.parent, top.name, &top.then);
	else
		r = moment_get(w->s, what->rev, STORE_ROOT, &top.then);
	if (r == 0)
		r = bring_list_add(&w->was, &top);
	if (r == 0)
		r = read_all(w, 0);
	if (r == 0 && what->is_copy)
		r = check_copy(w);
	else if (r == 0 && what->from_parent)
		r = read_above(w, what->above_rev ? what->above_rev : what->rev);
	return r;
}

/* --- what is there now; in the transaction --- */

static bool is_dir(struct txn *t, int64_t id)
{
	return check_dir(t, id) == 0;
}

/*
 * The directories that lead to the place: the lowest that lives, wherever it is now; below it, those that stand at the
 * names of the others, or these themselves, brought back.
 */
static int add_above(struct work *w, struct txn *t, int64_t *ret_parent)
{
	struct bring_list *list = &w->done->list;
	size_t n = w->above.n;
	int64_t at = STORE_ROOT;
	struct inode there;
	int r = 0;

	if (is_dir(t, w->parent)) {
		*ret_parent = w->parent;
		return 0;
	}
	while (n > 0 && !is_dir(t, w->above.items[n - 1].then.id))
		n--;
	if (n > 0)
		at = w->above.items[n - 1].then.id;
	else if (w->above.n == 0)
		return -ENOENT;
	for (; n < w->above.n && r == 0; n++) {
		struct bring item = w->above.items[n];

		r = txn_lookup(t, at, item.name, &there);
		if (r == 0 && S_ISDIR(there.mode)) {
			at = there.id;
			continue;
		}
		if (r == 0)
			return -EEXIST;
		item.parent = at;
		item.keep_mtime = true;
		at = item.then.id;
		r = r == -ENOENT ? bring_list_add(list, &item) : r;
	}
	*ret_parent = at;
	return r;
}

/* The list to which what is there now is added, in the transaction. */
struct present {
	struct bring_list *list;
	struct txn *t;
	int64_t rev;
};

static int add_present_of(struct present *p, int64_t dir, unsigned depth)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	if (depth == DEPTH_MAX)
		return -ELOOP;
	if (sqlite3_prepare_v2(p->t->c->db,
		    "SELECT d.name, i.id, i.mode FROM dentry d CROSS JOIN inode i ON i.id = d.inode "
		    "WHERE d.parent = ?1",
		    -1, &st, NULL) != SQLITE_OK)
		return store_errno(p->t->c->db, "list a directory");
	sqlite3_bind_int64(st, 1, dir);
	while ((r = stmt_row(st, "list a directory")) > 0) {
		const struct bring item = { .parent = dir,
			.name = (const char *)sqlite3_column_text(st, 0),
			.rev = p->rev };

		if (!item.name)
			return -ENOMEM;
		if (name_is_scratch(item.name))
			continue; /* is in no version, and somebody works with it */
		r = bring_list_add(p->list, &item);
		if (r == 0 && S_ISDIR((mode_t)sqlite3_column_int64(st, 2)))
			r = add_present_of(p, sqlite3_column_int64(st, 1), depth + 1);
		if (r < 0)
			return r;
	}
	return r;
}

static int by_place(const void *a, const void *b, void *arg)
{
	const struct bring *items = arg, *i = &items[*(const size_t *)a],
			   *j = &items[*(const size_t *)b];

	if (i->parent != j->parent)
		return i->parent < j->parent ? -1 : 1;
	return strcmp(i->name, j->name);
}

static size_t *sort_places(const struct bring_list *list)
{
	size_t *order = reallocarray(NULL, list->n + 1, sizeof(*order));
	size_t i;

	for (i = 0; order && i < list->n; i++)
		order[i] = i;
	if (order)
		qsort_r(order, list->n, sizeof(*order), by_place, list->items);
	return order;
}

/* Is @item about one of the first @n places? */
static bool has_place(
	const struct bring_list *list, const size_t *order, size_t n, const struct bring *item)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct bring *i = &list->items[order[middle]];
		int c = i->parent != item->parent ? (i->parent < item->parent ? -1 : 1)
						  : strcmp(i->name, item->name);

		if (c == 0)
			return true;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* What was not there then goes away. */
static int add_new(struct work *w, struct txn *t, int64_t dir)
{
	CLEANUP(bring_list_done) struct bring_list present = { 0 };
	struct present p = { &present, t, w->what->rev };
	struct bring_list *list = &w->done->list;
	size_t i, n = list->n, *order;
	int r;

	r = add_present_of(&p, dir, 0);
	if (r < 0)
		return r;
	order = sort_places(list);
	if (!order)
		return -ENOMEM;
	for (i = 0; i < present.n && r == 0; i++)
		if (!has_place(list, order, n, &present.items[i]))
			r = bring_list_add(list, &present.items[i]);
	free(order);
	return r;
}

/* --keep-new: what comes back comes into the directory that was made anew in its place, if there is one. */
static int join_dir(struct work *w, struct txn *t, struct bring *item)
{
	struct inode there;
	int r = txn_lookup(t, item->parent, item->name, &there);

	if (r < 0 || !S_ISDIR(there.mode) || there.id == item->then.id)
		return r == -ENOENT ? 0 : r;
	if (array_grow(&w->anew, w->n_anew, &w->anew_capacity, sizeof(*w->anew)) < 0)
		return -ENOMEM;
	w->anew[w->n_anew++] = (struct anew){ item->then.id, there.id };
	item->then.id = there.id;
	return 0;
}

static int64_t number_now(const struct work *w, int64_t then)
{
	size_t i;

	for (i = w->n_anew; i > 0; i--)
		if (w->anew[i - 1].then == then)
			return w->anew[i - 1].now;
	return then;
}

static int add_was_list(struct work *w, struct txn *t, int64_t parent)
{
	size_t i;
	int r = 0;

	w->n_anew = 0;
	for (i = 0; i < w->was.n && r == 0; i++) {
		struct bring item = w->was.items[i];

		item.parent = number_now(w, item.parent);
		if (i == 0 && parent) {
			item.parent = parent;
			item.name = w->name;
		}
		if (w->what->keep_new && item.parent && S_ISDIR(item.then.mode))
			r = join_dir(w, t, &item);
		if (r == 0)
			r = bring_list_add(&w->done->list, &item);
	}
	return r;
}

/* What is at the place now must be of the same kind, and nothing when a copy goes there. */
static int look_at_place(struct work *w, struct txn *t, int64_t parent, struct inode *ret_there)
{
	int r = txn_lookup(t, parent, w->name, ret_there);

	if (r == -ENOENT)
		return 0;
	if (r == 0 &&
		(w->what->is_copy || ((ret_there->mode ^ w->was.items[0].then.mode) & S_IFMT)))
		return -EEXIST;
	return r;
}

static int add_places(struct work *w, struct txn *t)
{
	struct inode there = { 0 };
	int64_t parent = w->parent;
	int r = 0;

	if (!parent) {
		there = (struct inode){ .id = STORE_ROOT, .mode = S_IFDIR };
	} else {
		if (w->what->is_copy)
			r = is_dir(t, parent) ? 0 : -ENOENT;
		else
			r = add_above(w, t, &parent);
		if (r == 0)
			r = look_at_place(w, t, parent, &there);
	}
	if (r == 0)
		r = add_was_list(w, t, parent);
	if (r == 0 && S_ISDIR(there.mode) && !w->what->keep_new)
		r = add_new(w, t, there.id);
	return r;
}

static int apply_restore(struct txn *t, void *arg)
{
	struct work *w = arg;
	int r;

	restored_done(w->done); /* of a transaction that is tried again */
	r = add_places(w, t);
	if (r == 0)
		r = txn_plan_bringing(t, &w->done->list, w->what->is_copy ? BRING_COPY : BRING_BACK,
			&w->done->plan);
	if (r == 0)
		r = txn_bring(&w->done->plan);
	return r == 0 && w->what->dry_run ? -ECANCELED : r;
}

int store_restore(struct store *s, const struct restore *what, struct restored *ret_restored)
{
	CLEANUP(restored_done) struct restored done = { 0 };
	CLEANUP(work_done)
	struct work w = { .s = s,
		.what = what,
		.parent = what->name ? what->parent : what->from_parent,
		.name = what->name ? what->name : what->from_name,
		.done = &done };
	const struct change c = { .apply = apply_restore,
		.arg = &w,
		.author = what->author,
		.durable = true,
		.wait_ms = WAIT_MS };
	int r;

	r = read_was(&w);
	if (r == 0)
		r = store_change(s, &c);
	if (r == -ECANCELED && what->dry_run)
		r = 0;
	if (r < 0)
		return r;
	*ret_restored = done;
	done = (struct restored){ 0 };
	return 0;
}
