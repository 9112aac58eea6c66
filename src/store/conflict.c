/*
 * Overwritten texts: a version that replaces one that its writer has not seen is marked with the revision of that one
 * (revision.conflict). Both are kept, as all versions are.
 *
 * A text that was made of another one than the one that is there is certain to do so. A text that was made anew,
 * by an editor that loaded the file an hour ago, does so when its writer has seen an older version of this place, and not
 * the last. Who has seen none (cp, tar) means to replace whatever is there.
 */
#include "store_priv.h"

#include <errno.h>

void txn_set_reader(struct txn *t, seen_fn *has_seen, void *arg)
{
	t->has_seen = has_seen;
	t->seen_arg = arg;
	t->unseen = 0;
}

void txn_set_unseen(struct txn *t, int64_t body)
{
	t->unseen = body;
}

static enum sight has_seen(const struct txn *t, int64_t body)
{
	return t->has_seen && body != 0 ? t->has_seen(t->seen_arg, body) : SEEN_NOT;
}

/* A text that is to be replaced, and what must be known to say that it is overwritten. */
struct look {
	int64_t body;
	bool certain;    /* nothing more */
	enum sight least; /* how the writer has seen an older one */
};

/*
 * Go back through the versions of the place. Returns 0 and in *ret_rev the one that brought the text, or 0 when it is not the
 * last, or when no older one was seen.
 */
static int look_back(struct txn *t, sqlite3_stmt *st, const struct look *look, int64_t *ret_rev)
{
	bool certain = look->certain;
	int64_t unseen = 0, body;
	int r;

	while ((r = stmt_row(st, "look for a version that was overwritten")) > 0) {
		body = sqlite3_column_int64(st, 1);
		if (body == look->body) { /* also where it was renamed, and came back */
			unseen = sqlite3_column_int64(st, 0);
			continue;
		}
		if (unseen == 0 || certain)
			break;
		if (has_seen(t, body) < look->least)
			continue;
		r = bodies_are_equal(t, body, look->body);
		if (r < 0)
			return r;
		certain = r == 0;
		break;
	}
	if (r < 0)
		return r;
	*ret_rev = certain ? unseen : 0;
	return 0;
}

/*
 * Does anything stand here? Of a file that was deleted nothing can be overwritten. One that was renamed away may have been
 * a section that an editor writes anew, or a temporary file that has become one: he who has only written such files has
 * seen nothing here. Returns 1, or 0 when there is nothing to look for.
 */
static int look_at_place(struct txn *t, int64_t parent, const char *name, struct look *look)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_LAST_REMOVAL);
	struct inode inode;
	int r;

	look->least = SEEN_WRITTEN;
	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	r = stmt_row(st, "look for a removal");
	if (r < 0 || look->certain)
		return r < 0 ? r : 1;
	if (r == 0 || sqlite3_column_int(st, 1) == 0)
		return 1;
	look->least = SEEN_READ;
	r = conn_get(t->c, sqlite3_column_int64(st, 0), &inode);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : inode.nlink > 0;
}

int conflict_find(struct txn *t, int64_t parent, const char *name, int64_t replaced, bool certain,
	int64_t *ret_rev)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;
	struct look look = { .body = replaced,
		.certain = certain || (replaced != 0 && replaced == t->unseen) };
	int r;

	*ret_rev = 0;
	if (replaced == 0 || has_seen(t, replaced) || (!look.certain && !t->has_seen))
		return 0;
	r = look_at_place(t, parent, name, &look);
	if (r <= 0)
		return r;
	st = conn_stmt(t->c, SQL_VERSION_BODIES);
	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	return look_back(t, st, &look, ret_rev);
}
