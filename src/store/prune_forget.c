/*
 * Forgetting all versions of a place, whatever would keep them, so that their bytes are nowhere in the file: rows and
 * texts are overwritten as they are deleted, the file is written anew, and the log is emptied. What else has one of
 * these texts is looked for, and told.
 */
#include "store_prune_priv.h"

#include "store_moment_priv.h"

#include "planfs/array.h"
#include "planfs/search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WAIT_MS = 20000, DIRS_MAX = 1000000, STEP_BYTES = 1 << 20 };

struct forgetting {
	struct store *s;
	const struct forget *what;
	struct prune_rows rows; /* of the history of the place */
	struct prune_rows dirs; /* directories whose contents go, too */
	struct buf stays;       /* of struct stay */
	struct buf texts;       /* of struct gone_text, sorted */
	struct pruned done;
};

static void forgetting_done(struct forgetting *f)
{
	prune_rows_done(&f->rows);
	prune_rows_done(&f->dirs);
	buf_done(&f->stays);
	buf_done(&f->texts);
}

/* --- which rows --- */

/* What stood at a place: the history does not tell of its going away to where it goes on. */
struct stay {
	int64_t parent, inode;
	char name[256];
};

static int add_row(void *arg, const struct moment_change *c)
{
	struct forgetting *f = arg;
	struct stay stay = { .parent = c->parent, .inode = c->inode.id };
	const struct stay *last = NULL;
	int r;

	snprintf(stay.name, sizeof(stay.name), "%s", c->name);
	if (f->stays.len)
		last = (const void *)(f->stays.data + f->stays.len - sizeof(stay));
	r = last && memcmp(last, &stay, sizeof(stay)) == 0
		    ? 0
		    : buf_add(&f->stays, &stay, sizeof(stay));
	return r < 0 ? r : prune_rows_add(&f->rows, (struct prune_row){ c->rev, 0 });
}

static int add_history(struct forgetting *f, int64_t parent, const char *name)
{
	return moment_history(f->s, parent, name, INT64_MAX, add_row, f);
}

static int add_removals_in(struct forgetting *f, struct conn *c)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct stay stay;
	size_t at;
	int r = 0;

	if (sqlite3_prepare_v2(c->db,
		    "SELECT rev FROM revision WHERE parent = ?1 AND name = ?2 AND inode = ?3 "
		    "AND op = 'remove'",
		    -1, &st, NULL) != SQLITE_OK)
		return store_errno(c->db, "look for versions to forget");
	for (at = 0; at < f->stays.len && r == 0; at += sizeof(stay)) {
		memcpy(&stay, f->stays.data + at, sizeof(stay));
		sqlite3_reset(st);
		sqlite3_bind_int64(st, 1, stay.parent);
		bind_text(st, 2, stay.name);
		sqlite3_bind_int64(st, 3, stay.inode);
		while ((r = stmt_row(st, "look for versions to forget")) > 0) {
			r = prune_rows_add(
				&f->rows, (struct prune_row){ sqlite3_column_int64(st, 0), 0 });
			if (r < 0)
				break;
		}
	}
	return r;
}

static int add_removals(struct forgetting *f)
{
	struct conn *c;
	int r;

	r = reader_get(f->s, &c);
	if (r < 0)
		return r;
	r = add_removals_in(f, c);
	reader_put(f->s, c);
	return r;
}

/* Names that ever stood in a directory, to be looked at when the listing has ended. */
struct names {
	char **names; /* owned */
	size_t n, room;
};

static void names_done(struct names *n)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		free(n->names[i]);
	free(n->names);
}

static int add_name(void *arg, const char *name, int64_t first)
{
	struct names *n = arg;

	(void)first;
	if (array_grow(&n->names, n->n, &n->room, sizeof(*n->names)) < 0)
		return -ENOMEM;
	n->names[n->n] = strdup(name);
	return n->names[n->n] ? (n->n++, 0) : -ENOMEM;
}

static bool has_dir(const struct prune_rows *dirs, int64_t id)
{
	size_t i;

	for (i = 0; i < dirs->n; i++)
		if (dirs->rows[i].rev == id)
			return true;
	return false;
}

/* The directories that ever stood at a place, but for those that stand elsewhere now. */
struct standing {
	struct forgetting *f;
	int64_t parent;
	const char *name;
	struct prune_rows found;
};

static int note_dir(void *arg, const struct moment_change *c)
{
	struct standing *st = arg;

	if (!S_ISDIR(c->inode.mode) || has_dir(&st->found, c->inode.id))
		return 0;
	return prune_rows_add(&st->found, (struct prune_row){ c->inode.id, 0 });
}

/* Returns 1 when directory @id is gone, or stands at the place. */
static int belongs(struct standing *st, int64_t id)
{
	struct inode there, dir;
	int r;

	r = store_get(st->f->s, id, &dir);
	if (r == -ENOENT || (r == 0 && dir.nlink == 0))
		return 1;
	if (r == 0)
		r = store_lookup(st->f->s, st->parent, st->name, &there);
	return r == 0 ? there.id == id : r == -ENOENT ? 0 : r;
}

static int add_dirs_at(struct forgetting *f, int64_t parent, const char *name)
{
	struct standing st = { f, parent, name, { 0 } };
	size_t i;
	int r;

	r = moment_history(f->s, parent, name, INT64_MAX, note_dir, &st);
	for (i = 0; i < st.found.n && r >= 0; i++) {
		if (has_dir(&f->dirs, st.found.rows[i].rev))
			continue;
		r = belongs(&st, st.found.rows[i].rev);
		if (r > 0)
			r = prune_rows_add(&f->dirs, st.found.rows[i]);
	}
	prune_rows_done(&st.found);
	return r < 0 ? r : 0;
}

/* Everything that ever stood in the directories, and in those in them: the list grows while it is gone through. */
static int add_contents(struct forgetting *f)
{
	size_t d, i;
	int r = 0;

	for (d = 0; d < f->dirs.n && r == 0; d++) {
		CLEANUP(names_done) struct names names = { 0 };
		int64_t dir = f->dirs.rows[d].rev;

		if (d == DIRS_MAX)
			return -EFBIG;
		r = moment_names(f->s, dir, add_name, &names);
		for (i = 0; i < names.n && r == 0; i++) {
			r = add_history(f, dir, names.names[i]);
			if (r == 0)
				r = add_dirs_at(f, dir, names.names[i]);
		}
	}
	return r;
}

static int by_number(const void *a, const void *b)
{
	const struct prune_row *x = a, *y = b;

	return (x->rev > y->rev) - (x->rev < y->rev);
}

static int find_rows(struct forgetting *f)
{
	struct prune_rows *rows = &f->rows;
	size_t i, n = 0;
	int r;

	r = add_history(f, f->what->parent, f->what->name);
	if (r == 0)
		r = add_dirs_at(f, f->what->parent, f->what->name);
	if (r == 0)
		r = add_contents(f);
	if (r == 0)
		r = add_removals(f);
	if (r < 0)
		return r;
	if (rows->n > 0)
		qsort(rows->rows, rows->n, sizeof(*rows->rows), by_number);
	for (i = 0; i < rows->n; i++)
		if (n == 0 || rows->rows[i].rev != rows->rows[n - 1].rev)
			rows->rows[n++] = rows->rows[i];
	rows->n = n;
	return 0;
}

/* --- in the transaction --- */

/* Is it the last row of a name or of an inode that is there? These tell what the present is. */
static const char is_needed[] =
	"SELECT 1 FROM revision r WHERE r.rev = ?1 AND ((EXISTS (SELECT 1 FROM dentry WHERE parent = r.parent "
	"AND name = r.name) AND r.rev = (SELECT max(rev) FROM revision WHERE parent = r.parent "
	"AND name = r.name)) OR (EXISTS (SELECT 1 FROM inode WHERE id = r.inode AND nlink > 0) "
	"AND r.rev = (SELECT max(rev) FROM revision WHERE inode = r.inode)))";

static int keep_needed(struct forgetting *f, struct txn *t, struct prune_rows *ret_rows)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	size_t i;
	int r = 0;

	if (sqlite3_prepare_v2(t->c->db, is_needed, -1, &st, NULL) != SQLITE_OK)
		return store_errno(t->c->db, "look for versions to forget");
	for (i = 0; i < f->rows.n && r >= 0; i++) {
		sqlite3_reset(st);
		sqlite3_bind_int64(st, 1, f->rows.rows[i].rev);
		r = stmt_row(st, "look for versions to forget");
		if (r == 0)
			r = prune_rows_add(ret_rows, f->rows.rows[i]);
	}
	return r < 0 ? r : 0;
}

/* Note what the texts were, so that others like them can be found. Other programs store no hash. */
static int note_texts(struct forgetting *f, struct txn *t, const struct prune_rows *rows)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	size_t i;
	int r = 0;

	if (sqlite3_prepare_v2(t->c->db,
		    "SELECT b.data FROM revision r JOIN body b ON b.id = r.body WHERE r.rev = ?1",
		    -1, &st, NULL) != SQLITE_OK)
		return store_errno(t->c->db, "read what is forgotten");
	for (i = 0; i < rows->n && r >= 0; i++) {
		sqlite3_reset(st);
		sqlite3_bind_int64(st, 1, rows->rows[i].rev);
		r = stmt_row(st, "read what is forgotten");
		if (r > 0)
			r = prune_note_text(&f->texts, sqlite3_column_blob(st, 0),
				(size_t)sqlite3_column_bytes(st, 0));
	}
	return r < 0 ? r : 0;
}

static int delete_rows(struct forgetting *f, struct txn *t, const struct prune_rows *rows)
{
	CLEANUP(prune_sql_done) struct prune_sql sql = { 0 };
	size_t i;
	int r;

	r = prune_sql_init(&sql, t);
	for (i = 0; i < rows->n && r == 0; i++)
		r = prune_apply_row(&sql, PRUNE_DELETED, &rows->rows[i], &f->done);
	return r;
}

/* The rows told when their directories changed last; what is known of that now is told anew. */
static int tell_dirs(struct forgetting *f, struct txn *t)
{
	struct inode now, known;
	int64_t last = 0;
	struct stay stay;
	size_t at;
	int r = 0;

	for (at = 0; at < f->stays.len && r == 0; at += sizeof(stay)) {
		memcpy(&stay, f->stays.data + at, sizeof(stay));
		if (stay.parent == last)
			continue;
		last = stay.parent;
		r = conn_get(t->c, stay.parent, &now);
		if (r == 0 && now.nlink > 0)
			r = conn_moment_get(t->c, INT64_MAX, stay.parent, &known);
		if (r == 0 && now.nlink > 0 && now.mtime != known.mtime)
			r = record_change(t, &now, false, 0);
		if (r == -ENOENT)
			r = 0; /* it is gone, too */
	}
	return r;
}

static int apply_forget(struct txn *t, void *arg)
{
	CLEANUP(prune_rows_done) struct prune_rows rows = { 0 };
	struct forgetting *f = arg;
	int r;

	f->done.forgotten = f->done.texts = f->done.text_bytes = 0;
	buf_done(&f->texts);
	if (sqlite3_exec(t->c->db, "PRAGMA secure_delete = ON", NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(t->c->db, "have what is deleted overwritten");
	r = keep_needed(f, t, &rows);
	if (r == 0)
		r = note_texts(f, t, &rows);
	if (r == 0)
		r = delete_rows(f, t, &rows);
	if (r == 0)
		r = tell_dirs(f, t);
	if (r == 0)
		r = prune_note_debt(t->c->db);
	if (sqlite3_exec(t->c->db, "PRAGMA secure_delete = OFF", NULL, NULL, NULL) != SQLITE_OK &&
		r == 0)
		r = store_errno(t->c->db, "set the connection back");
	return r == 0 && f->what->dry_run ? -ECANCELED : r;
}

/* --- */

/* What the search index holds of texts that nobody has any more is taken out, or they would have to stay. */
static int tend_index(struct store *s)
{
	int r;

	do {
		r = search_index_step(s, STEP_BYTES, WAIT_MS);
	} while (r > 0 || r == -EBUSY);
	return r;
}

static int forget(struct forgetting *f)
{
	const struct change c = {
		.apply = apply_forget, .arg = f, .wait_ms = WAIT_MS, .durable = true
	};
	int r;

	r = prune_measure(f->s, &f->done.size_before, &f->done.free_before);
	if (r == 0 && !f->what->dry_run)
		r = prune_purge(f->s);
	if (r == 0 && !f->what->dry_run)
		r = tend_index(f->s);
	if (r == 0)
		r = find_rows(f);
	if (r == 0)
		r = store_change(f->s, &c);
	f->done.size = f->done.size_before;
	f->done.free = f->done.free_before;
	if (r == -ECANCELED && f->what->dry_run)
		return 0;
	if (r == 0)
		r = prune_give_back(f->s, &f->done);
	return r < 0 ? r : prune_tell_copies(f->s, &f->texts, f->what->copy, f->what->arg);
}

int store_forget(struct store *s, const struct forget *what, struct pruned *ret_pruned)
{
	CLEANUP(forgetting_done) struct forgetting f = { .s = s, .what = what };
	int r = forget(&f);

	if (r < 0)
		return r;
	f.done.changes = (int64_t)f.rows.n;
	*ret_pruned = f.done;
	return 0;
}
