/* Which inode will stand at each place that is brought back: see planfs/bring.h. */
#include "store_restore_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Does the inode that was @then live, as what it was? Returns 1 or 0. */
static int lives(struct txn *t, const struct inode *then)
{
	struct inode inode;
	int r = conn_get(t->c, then->id, &inode);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (inode.nlink == 0 || (inode.mode & S_IFMT) != (then->mode & S_IFMT))
		return 0;
	return S_ISDIR(inode.mode) ? 1 : has_own_name(t, then->id);
}

static int make_new(struct bring_plan *p, struct bring_item *i)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(p->t->c, SQL_RESERVE);
	int r;

	i->is_fresh = true;
	if (id_take(p->t->s, &p->t->s->inode_ids, &i->use))
		return 0;
	bind_text(st, 1, "inode"); /* many: our range is used up */
	sqlite3_bind_int64(st, 2, 1);
	r = stmt_row(st, "take a number");
	if (r <= 0)
		return r < 0 ? r : -EIO;
	i->use = sqlite3_column_int64(st, 0);
	return stmt_run(st, "take a number");
}

/* --- directories --- */

static int decide_dir(struct bring_plan *p, struct bring_item *i);

/* Where directory @id stands. Returns 1, or 0 when it is nowhere. */
static int find_name(struct txn *t, int64_t id, int64_t *ret_parent, struct buf *ret_name)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_DENTRIES_OF);
	int r;

	sqlite3_bind_int64(st, 1, id);
	r = stmt_row(st, "find a directory");
	if (r <= 0)
		return r;
	*ret_parent = sqlite3_column_int64(st, 0);
	r = buf_add(ret_name, sqlite3_column_text(st, 1), (size_t)sqlite3_column_bytes(st, 1));
	return r < 0 ? r : 1;
}

/* Is the place where directory @id stands now one of the plan? Returns 1 or 0. */
static int stands_in_plan(struct bring_plan *p, int64_t id)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct bring_item *dir;
	int64_t parent = 0;
	int r;

	r = find_name(p->t, id, &parent, &name);
	if (r <= 0)
		return r;
	dir = bring_find_then(p, parent);
	r = dir ? decide_dir(p, dir) : 0;
	if (r < 0)
		return r;
	if (dir && dir->use && dir->use != parent)
		return 0; /* that one is made anew, and is another than the one where @id is */
	return bring_find_place(p, parent, buf_str(&name)) != NULL;
}

/* May the number of what is gone be given to the directory again? Returns 1 or 0. */
static int number_is_free(struct txn *t, int64_t id)
{
	struct inode inode;
	int r = conn_get(t->c, id, &inode);

	if (r < 0)
		return r == -ENOENT ? 1 : r;
	return inode.nlink == 0 && S_ISDIR(inode.mode);
}

/* It keeps its number, unless it lives elsewhere. */
static int choose_dir(struct bring_plan *p, struct bring_item *i)
{
	int lives_on, may_keep;

	if (p->mode == BRING_COPY)
		return make_new(p, i);
	if (!i->wanted.parent) {
		i->use = STORE_ROOT;
		return 0;
	}
	lives_on = lives(p->t, &i->wanted.then);
	if (lives_on < 0)
		return lives_on;
	may_keep = lives_on ? stands_in_plan(p, i->wanted.then.id)
			    : number_is_free(p->t, i->wanted.then.id);
	if (may_keep < 0)
		return may_keep;
	if (lives_on && !may_keep && p->mode == BRING_UNDO)
		return bring_leave(i, "is elsewhere now", "");
	if (!may_keep)
		return make_new(p, i);
	i->use = i->wanted.then.id;
	i->is_fresh = !lives_on;
	return 0;
}

static int decide_dir(struct bring_plan *p, struct bring_item *i)
{
	int r;

	if (i->is_decided || i->is_pending || i->how == BRING_LEAVE)
		return 0;
	i->is_pending = true;
	r = choose_dir(p, i);
	i->is_pending = false;
	i->is_decided = true;
	return r;
}

/* --- what stands there now --- */

static int look(struct bring_plan *p, struct bring_item *i)
{
	const struct bring_item *dir = bring_find_then(p, i->wanted.parent);
	struct inode parent;
	int r;

	if (!i->wanted.parent)
		return conn_get(p->t->c, STORE_ROOT, &i->now);
	i->parent = dir && dir->use ? dir->use : i->wanted.parent;
	if (dir && dir->is_fresh)
		return 0;
	r = conn_get(p->t->c, i->parent, &parent);
	if (r == 0 && S_ISDIR(parent.mode) && parent.nlink > 0)
		r = conn_lookup(p->t->c, i->parent, i->wanted.name, &i->now);
	else if (r == 0 || r == -ENOENT)
		return i->wanted.then.id ? bring_leave(i, "its directory is gone", "") : 0;
	return r == -ENOENT ? 0 : r;
}

/* --- files and the rest --- */

/* Did inode @id stand there after @rev? Returns 1 or 0. */
static int stood_at(struct txn *t, int64_t parent, const char *name, int64_t rev, int64_t id)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_MOMENT_PLACE);
	int r;

	sqlite3_bind_int64(st, 1, rev);
	sqlite3_bind_int64(st, 2, parent);
	bind_text(st, 3, name);
	r = stmt_row(st, "look for a link");
	if (r <= 0)
		return r;
	return sqlite3_column_int64(st, 0) == id &&
	       strcmp((const char *)sqlite3_column_text(st, 1), "remove") != 0;
}

/*
 * Has inode @id a name that is no place of the plan? When @at is given: one that it had then, too. Returns 1 or 0. A place of the
 * plan may be one that it keeps, in a directory that has gone elsewhere, and is made anew.
 */
static int has_name_outside(struct bring_plan *p, int64_t id, const struct bring *at)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(p->t->c, SQL_DENTRIES_OF);
	int r, found = 0;

	sqlite3_bind_int64(st, 1, id);
	while (found == 0 && (r = stmt_row(st, "find the names of a file")) > 0) {
		int64_t parent = sqlite3_column_int64(st, 0);
		const char *name = (const char *)sqlite3_column_text(st, 1);

		if (!name)
			return -ENOMEM;
		if (!bring_find_place(p, parent, name))
			found = at ? stood_at(p->t, parent, name, at->rev, id) : 1;
	}
	return found ? found : r;
}

/* Would another name change with it, if the file that lives became what it was @then? Returns 1 or 0. */
static int changes_others(struct bring_plan *p, const struct inode *then)
{
	struct inode now;
	int r = conn_get(p->t->c, then->id, &now);

	if (r < 0)
		return r;
	if (now.body == then->body && now.mode == then->mode && now.uid == then->uid &&
		now.gid == then->gid && now.mtime == then->mtime)
		return 0;
	return has_name_outside(p, then->id, NULL);
}

/* May the file that stands at @i get the text, instead of making way for a new one? */
static bool can_be_written(const struct bring_plan *p, const struct bring_item *i)
{
	return p->mode != BRING_COPY && S_ISREG(i->wanted.then.mode) && S_ISREG(i->now.mode) &&
	       i->now.nlink == 1 && !bring_find_then(p, i->now.id);
}

static int choose_file(struct bring_plan *p, struct bring_item *i)
{
	int r = p->mode == BRING_COPY ? 0 : lives(p->t, &i->wanted.then), others = 0;

	if (r > 0 && p->mode == BRING_BACK)
		others = changes_others(p, &i->wanted.then);
	if (others != 0)
		r = others < 0 ? others : 0; /* those stay what they are, and it is made anew */
	if (r > 0 && !bring_find_holder(p, i->wanted.then.id)) {
		r = has_name_outside(p, i->wanted.then.id, &i->wanted);
		i->is_link = r > 0;
		if (r == 0 && p->mode == BRING_UNDO)
			return bring_leave(i, "is elsewhere now", "");
	}
	if (r < 0)
		return r;
	if (r == 0 && !can_be_written(p, i))
		return make_new(p, i);
	i->use = r > 0 ? i->wanted.then.id : i->now.id;
	return 0;
}

static int decide_file(struct bring_plan *p, struct bring_item *i)
{
	struct bring_item *first = bring_find_then(p, i->wanted.then.id);
	int r = 0;

	if (i->how == BRING_LEAVE || i->is_decided)
		return 0;
	if (!first->is_decided && first->how != BRING_LEAVE)
		r = choose_file(p, first);
	first->is_decided = true;
	if (first == i || r < 0)
		return r;
	i->is_decided = true; /* one more name */
	i->use = first->use;
	i->is_link = first->is_link;
	i->is_fresh = first->is_fresh;
	return first->how == BRING_LEAVE ? bring_leave(i, buf_str(&first->why), "") : 0;
}

/*
 * What is taken back from several places where it was one after the other comes to the last of them; the others stay
 * empty, unless it had these names at the same time.
 */
static int leave_earlier(struct bring_plan *p, struct bring_item *i)
{
	const struct bring_item *last = bring_find_then(p, i->wanted.then.id);

	if (last == i || (last->wanted.since <= i->wanted.rev && !S_ISDIR(i->wanted.then.mode)))
		return 0;
	return bring_leave(i, "was elsewhere afterwards", "");
}

static int decide(struct bring_plan *p)
{
	size_t i;
	int r = 0;

	for (i = 0; i < p->n && r == 0; i++)
		if (p->items[i].wanted.then.id)
			r = leave_earlier(p, &p->items[i]);
	for (i = 0; i < p->n && r == 0; i++)
		if (S_ISDIR(p->items[i].wanted.then.mode))
			r = decide_dir(p, &p->items[i]);
	for (i = 0; i < p->n && r == 0; i++)
		r = look(p, &p->items[i]);
	if (r == 0)
		r = bring_make_now_index(p);
	for (i = 0; i < p->n && r == 0; i++)
		if (p->items[i].wanted.then.id && !S_ISDIR(p->items[i].wanted.then.mode))
			r = decide_file(p, &p->items[i]);
	return r;
}

int txn_plan_bringing(struct txn *t, const struct bring_list *list, enum bring_mode mode,
	struct bring_plan *ret_plan)
{
	CLEANUP(bring_plan_done) struct bring_plan plan = { .mode = mode, .t = t };
	size_t i;
	int r;

	plan.items = calloc(list->n + 1, sizeof(*plan.items));
	if (!plan.items)
		return -ENOMEM;
	plan.n = list->n;
	for (i = 0; i < list->n; i++)
		plan.items[i].wanted = list->items[i];
	r = bring_make_index(&plan);
	if (r == 0)
		r = decide(&plan);
	if (r == 0)
		r = bring_leave_what_must_be(&plan);
	if (r == 0)
		r = bring_tell(&plan);
	if (r < 0)
		return r;
	*ret_plan = plan;
	plan = (struct bring_plan){ 0 };
	return 0;
}
