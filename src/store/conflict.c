/*
 * Overwritten texts: a version that replaces one that its writer has not seen is marked with the revision of that one
 * (revision.conflict). Both are kept, as all versions are.
 *
 * A text that was made of another one than the one that is there is certain to do so. A text that was made anew,
 * by an editor that loaded the file an hour ago, does so when its writer has seen an older version of this place, and not
 * the last. Who has seen none (cp, tar) means to replace whatever is there.
 */
#include "store_priv.h"

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

static bool has_seen(const struct txn *t, int64_t body)
{
	return t->has_seen && body != 0 && t->has_seen(t->seen_arg, body);
}

/*
 * Go back through the versions of the place. Returns 0 and in *ret_rev the one that brought @replaced, or 0 when it is not the
 * last, or when nothing older than it was seen and it is not @certain.
 */
static int look_back(
	struct txn *t, sqlite3_stmt *st, int64_t replaced, bool certain, int64_t *ret_rev)
{
	int64_t unseen = 0, body;
	int r;

	while ((r = stmt_row(st, "look for a version that was overwritten")) > 0) {
		body = sqlite3_column_int64(st, 1);
		if (body == replaced) { /* also where it was renamed, and came back */
			unseen = sqlite3_column_int64(st, 0);
			continue;
		}
		if (unseen == 0 || certain)
			break;
		if (!has_seen(t, body))
			continue;
		r = bodies_are_equal(t, body, replaced);
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

int conflict_find(struct txn *t, int64_t parent, const char *name, int64_t replaced, bool certain,
	int64_t *ret_rev)
{
	CLEANUP_STMT sqlite3_stmt *st = NULL;

	*ret_rev = 0;
	certain |= replaced != 0 && replaced == t->unseen;
	if (replaced == 0 || has_seen(t, replaced) || (!certain && !t->has_seen))
		return 0;
	st = conn_stmt(t->c, SQL_VERSION_BODIES);
	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	return look_back(t, st, replaced, certain, ret_rev);
}
