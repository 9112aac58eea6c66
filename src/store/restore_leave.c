/*
 * What of a plan cannot be done is left, and with it what hangs together with it, until nothing more has to be left; and
 * how each place will be told of. See planfs/bring.h.
 */
#include "store_restore_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 4096 };

static bool is_left(const struct bring_item *i)
{
	return i->how == BRING_LEAVE;
}

int bring_leave(struct bring_item *i, const char *why, const char *name)
{
	i->how = BRING_LEAVE;
	buf_done(&i->why);
	return buf_printf(&i->why, "%s%s", why, name);
}

static int leave_beside(struct bring_plan *p, struct bring_item *i, const struct bring_item *other)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	int r = bring_path_now(p, other, &path);

	return r < 0 ? r : bring_leave(i, "hangs together with ", buf_str(&path));
}

/* --- what makes way --- */

/* Will something be in directory @id, which goes away? Returns 1 and its name, or 0. */
static int keeps_something(struct bring_plan *p, int64_t id, struct buf *ret_name)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(p->t->c, SQL_LIST);
	int r;

	sqlite3_bind_int64(st, 1, id);
	while ((r = stmt_row(st, "look into a directory")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		const struct bring_item *i = name ? bring_find_place(p, id, name) : NULL;

		if (i && !is_left(i) && i->use == 0)
			continue;
		r = name ? buf_add_str(ret_name, name) : -ENOMEM;
		return r < 0 ? r : 1;
	}
	return r;
}

static int check_gone(struct bring_plan *p, struct bring_item *i)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	const struct bring_item *other, *inside;
	int r;

	if (bring_find_user(p, i->now.id))
		return 0; /* it only moves */
	other = bring_find_then(p, i->now.id);
	if (other && other->use == i->now.id)
		return leave_beside(p, i, other); /* it would have moved */
	if (!S_ISDIR(i->now.mode))
		return 0;
	inside = bring_find_inside(p, i->now.id);
	if (inside)
		return leave_beside(p, i, inside);
	r = keeps_something(p, i->now.id, &name);
	return r > 0 ? bring_leave(i, "something else is in it: ", buf_str(&name)) : r;
}

/* --- what is wanted --- */

/* Would directory @i stand in itself? Items of the plan go up in the tree of then, all else in that of now. */
static bool bites_its_tail(struct bring_plan *p, const struct bring_item *i)
{
	int64_t at = i->wanted.parent;
	int depth;

	for (depth = 0; at != STORE_ROOT && depth < DEPTH_MAX; depth++) {
		const struct bring_item *up = bring_find_then(p, at);

		if (at == i->wanted.then.id)
			return true;
		if (up && !is_left(up))
			at = up->wanted.parent;
		else if (conn_parent(p->t->c, at, &at) < 0)
			return true; /* it hangs on nothing */
	}
	return at != STORE_ROOT;
}

static int text_is_there(struct bring_plan *p, const struct inode *then)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(p->t->c, SQL_BODY);

	if (!S_ISREG(then->mode) || then->body == 0)
		return 1;
	sqlite3_bind_int64(st, 1, then->body);
	return stmt_row(st, "look for a text");
}

/* What is moved there must leave the place where it is. */
static int check_source(struct bring_plan *p, struct bring_item *i)
{
	const struct bring_item *holder = bring_find_holder(p, i->use);

	if (!holder)
		return bring_leave(i, "is elsewhere now", "");
	return is_left(holder) && holder != i ? leave_beside(p, i, holder) : 0;
}

static int check_wanted(struct bring_plan *p, struct bring_item *i)
{
	const struct bring_item *dir = bring_find_then(p, i->wanted.parent);
	const struct inode *then = &i->wanted.then;
	int r;

	if (dir && dir->is_fresh && is_left(dir))
		return leave_beside(p, i, dir);
	if (i->is_fresh && (S_ISCHR(then->mode) || S_ISBLK(then->mode)))
		return bring_leave(i, "a device, whose number is in no version", "");
	if (i->is_link)
		return 0;
	if (!i->is_fresh && i->use != then->id && is_left(bring_find_then(p, then->id)))
		return leave_beside(p, i, bring_find_then(p, then->id));
	if (!i->is_fresh && i->use == then->id) {
		r = check_source(p, i);
		if (r < 0 || is_left(i))
			return r;
	}
	if (S_ISDIR(then->mode) && i->now.id != i->use && bites_its_tail(p, i))
		return bring_leave(i, "its directory is in it now", "");
	r = text_is_there(p, then);
	return r == 0 ? bring_leave(i, "its text was forgotten", "") : r < 0 ? r : 0;
}

static int check(struct bring_plan *p, struct bring_item *i)
{
	int r = 0;

	if (i->wanted.why_not)
		return bring_leave(i, i->wanted.why_not, "");
	if (i->use)
		r = check_wanted(p, i);
	if (r == 0 && !is_left(i) && i->now.id && i->now.id != i->use)
		r = check_gone(p, i);
	return r;
}

/* Everything that is left may be the reason to leave something else. */
int bring_leave_what_must_be(struct bring_plan *p)
{
	bool more = true;
	size_t n;
	int r = 0;

	while (more && r == 0) {
		more = false;
		for (n = p->n; n > 0 && r == 0; n--) { /* contents before directories */
			struct bring_item *i = &p->items[n - 1];

			if (is_left(i))
				continue;
			r = check(p, i);
			more |= is_left(i);
		}
	}
	return r;
}

/* --- how it will be told --- */

static bool has_other_attr(const struct bring_item *i)
{
	const struct inode *then = &i->wanted.then, *now = &i->now;

	return then->mode != now->mode || then->uid != now->uid || then->gid != now->gid ||
	       (then->mtime != now->mtime && !(S_ISDIR(then->mode) && i->wanted.keep_mtime));
}

static enum bring_how how_in_place(const struct bring_item *i)
{
	if (i->now.body != i->wanted.then.body)
		return BRING_SAVE;
	return has_other_attr(i) ? BRING_ATTR : BRING_NOTHING;
}

static int tell_present(struct bring_plan *p, struct bring_item *i)
{
	const struct bring_item *from;

	if (i->now.id == i->use) {
		i->how = i->is_link ? BRING_NOTHING : how_in_place(i);
		return 0;
	}
	from = i->is_fresh ? NULL : bring_find_source(p, i->use);
	i->how = from                                                   ? BRING_MOVE
		 : i->is_link                                           ? BRING_LINK
		 : S_ISREG(i->now.mode) && S_ISREG(i->wanted.then.mode) ? BRING_SAVE
									: BRING_MAKE;
	return from ? bring_path_now(p, from, &i->from) : 0;
}

static int tell(struct bring_plan *p, struct bring_item *i)
{
	if (is_left(i))
		return bring_path_now(p, i, &i->path);
	if (i->use) {
		int r = tell_present(p, i);

		return r < 0 ? r : bring_path_then(p, i, &i->path);
	}
	i->how = !i->now.id || bring_find_user(p, i->now.id) ? BRING_NOTHING : BRING_REMOVE;
	return bring_path_now(p, i, &i->path);
}

int bring_tell(struct bring_plan *p)
{
	size_t i;
	int r = 0;

	for (i = 0; i < p->n && r == 0; i++)
		r = tell(p, &p->items[i]);
	return r;
}
