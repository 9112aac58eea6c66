/*
 * Forgetting all versions of a place, whatever would keep them, so that their bytes are nowhere in the file: rows and
 * texts are overwritten as they are deleted, the file is written anew, and the log is emptied. What else has one of
 * these texts is looked for, and told.
 */
#include "store_prune_priv.h"

#include "planfs/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

enum { WAIT_MS = 20000, DIRS_MAX = 1000000 };

/* The hash of a text that goes. */
struct gone_text {
	XXH128_canonical_t hash;
	int64_t len;
};

struct forgetting {
	struct store *s;
	const struct forget *what;
	struct prune_rows rows; /* of the history of the place */
	struct prune_rows dirs; /* directories whose contents go, too */
	struct buf texts;       /* of struct gone_text, sorted */
	struct pruned done;
};

static void forgetting_done(struct forgetting *f)
{
	prune_rows_done(&f->rows);
	prune_rows_done(&f->dirs);
	buf_done(&f->texts);
}

/* --- which rows --- */

struct history {
	struct forgetting *f;
	int64_t upto;
};

static int add_row(void *arg, const struct moment_change *c)
{
	struct history *h = arg;

	return c->rev <= h->upto ? prune_rows_add(&h->f->rows, c->rev) : 0;
}

static int add_history(struct forgetting *f, int64_t parent, const char *name)
{
	struct history h = { f, INT64_MAX };

	return moment_history(f->s, parent, name, INT64_MAX, add_row, &h);
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
	if (n->n == n->room) {
		size_t room = n->room ? n->room * 2 : 64;
		char **names = reallocarray(n->names, room, sizeof(*names));

		if (!names)
			return -ENOMEM;
		n->names = names;
		n->room = room;
	}
	n->names[n->n] = strdup(name);
	return n->names[n->n] ? (n->n++, 0) : -ENOMEM;
}

static bool has_dir(const struct prune_rows *dirs, int64_t id)
{
	size_t i;

	for (i = 0; i < dirs->n; i++)
		if (dirs->revs[i] == id)
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
	return prune_rows_add(&st->found, c->inode.id);
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
		if (has_dir(&f->dirs, st.found.revs[i]))
			continue;
		r = belongs(&st, st.found.revs[i]);
		if (r > 0)
			r = prune_rows_add(&f->dirs, st.found.revs[i]);
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
		int64_t dir = f->dirs.revs[d];

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
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int find_rows(struct forgetting *f)
{
	size_t i, n = 0;
	int r;

	r = add_history(f, f->what->parent, f->what->name);
	if (r == 0)
		r = add_dirs_at(f, f->what->parent, f->what->name);
	if (r == 0)
		r = add_contents(f);
	if (r < 0)
		return r;
	if (f->rows.n > 0)
		qsort(f->rows.revs, f->rows.n, sizeof(*f->rows.revs), by_number);
	for (i = 0; i < f->rows.n; i++)
		if (n == 0 || f->rows.revs[i] != f->rows.revs[n - 1])
			f->rows.revs[n++] = f->rows.revs[i];
	f->rows.n = n;
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
		sqlite3_bind_int64(st, 1, f->rows.revs[i]);
		r = stmt_row(st, "look for versions to forget");
		if (r == 0)
			r = prune_rows_add(ret_rows, f->rows.revs[i]);
	}
	return r < 0 ? r : 0;
}

static int by_text(const void *a, const void *b)
{
	const struct gone_text *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(&x->hash, &y->hash, sizeof(x->hash));
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
		sqlite3_bind_int64(st, 1, rows->revs[i]);
		r = stmt_row(st, "read what is forgotten");
		if (r > 0) {
			struct gone_text text = { .len = sqlite3_column_bytes(st, 0) };

			XXH128_canonicalFromHash(&text.hash,
				XXH3_128bits(sqlite3_column_blob(st, 0), (size_t)text.len));
			r = buf_add(&f->texts, &text, sizeof(text));
		}
	}
	if (r >= 0 && f->texts.len)
		qsort(f->texts.data, f->texts.len / sizeof(struct gone_text),
			sizeof(struct gone_text), by_text);
	return r < 0 ? r : 0;
}

static int delete_rows(struct forgetting *f, struct txn *t, const struct prune_rows *rows)
{
	CLEANUP(prune_sql_done) struct prune_sql sql = { 0 };
	size_t i;
	int r;

	r = prune_sql_init(&sql, t);
	for (i = 0; i < rows->n && r == 0; i++)
		r = prune_delete_row(&sql, rows->revs[i], &f->done);
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
	if (sqlite3_exec(t->c->db, "PRAGMA secure_delete = OFF", NULL, NULL, NULL) != SQLITE_OK &&
		r == 0)
		r = store_errno(t->c->db, "set the connection back");
	return r == 0 && f->what->dry_run ? -ECANCELED : r;
}

/* --- where else --- */

static const char same_texts[] = "SELECT id, length(data), hash, data FROM body /*scan*/";

/* Files of now, scratch ones as well, and versions. */
static const char holders[] =
	"SELECT d.parent, d.name, 0 FROM inode i JOIN dentry d ON d.inode = i.id WHERE i.body = ?1 /*scan*/ "
	"UNION ALL SELECT parent, name, rev FROM revision r WHERE r.body = ?1 AND op <> 'remove' "
	"AND NOT EXISTS (SELECT 1 FROM dentry d JOIN inode i ON i.id = d.inode "
	"WHERE d.parent = r.parent AND d.name = r.name AND i.body = ?1)";

static int has_gone_text(const struct forgetting *f, sqlite3_stmt *st)
{
	struct gone_text text = { .len = sqlite3_column_int64(st, 1) };

	if (sqlite3_column_bytes(st, 2) == (int)sizeof(text.hash))
		memcpy(&text.hash, sqlite3_column_blob(st, 2), sizeof(text.hash));
	else
		XXH128_canonicalFromHash(
			&text.hash, XXH3_128bits(sqlite3_column_blob(st, 3), (size_t)text.len));
	return bsearch(&text, f->texts.data, f->texts.len / sizeof(text), sizeof(text), by_text) !=
	       NULL;
}

static int tell_holder(struct forgetting *f, int64_t parent, const char *name, int64_t rev)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	const struct prune_copy copy = { .rev = rev };
	struct prune_copy told = copy;
	int r;

	r = moment_path(f->s, rev ? rev : INT64_MAX, parent, &path);
	if (r == 0)
		r = buf_printf(&path, "%s%s", path.len ? "/" : "", name);
	if (r < 0 && r != -ENOENT)
		return r;
	told.path = r == 0 ? buf_str(&path) : "";
	return f->what->copy ? f->what->copy(f->what->arg, &told) : 0;
}

/* Who has these texts is collected before anybody is told, who may ask the store. */
struct holder {
	int64_t parent, rev;
	char name[256];
};

static int collect_of(sqlite3_stmt *st, int64_t body, struct buf *holding)
{
	struct holder h = { 0 };
	int r;

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, body);
	while ((r = stmt_row(st, "look for copies of a text")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		h.parent = sqlite3_column_int64(st, 0);
		h.rev = sqlite3_column_int64(st, 2);
		snprintf(h.name, sizeof(h.name), "%s", name ? name : "");
		r = buf_add(holding, &h, sizeof(h));
		if (r < 0)
			break;
	}
	return r;
}

static int collect_copies(struct forgetting *f, struct conn *c, struct buf *holding)
{
	CLEANUP_FINALIZE sqlite3_stmt *texts = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *of = NULL;
	int r;

	if (sqlite3_prepare_v2(c->db, same_texts, -1, &texts, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(c->db, holders, -1, &of, NULL) != SQLITE_OK)
		return store_errno(c->db, "look for copies of a text");
	while ((r = stmt_row(texts, "look for copies of a text")) > 0) {
		if (!has_gone_text(f, texts))
			continue;
		r = collect_of(of, sqlite3_column_int64(texts, 0), holding);
		if (r < 0)
			break;
	}
	return r;
}

static int tell_copies(struct forgetting *f)
{
	CLEANUP(buf_done) struct buf holding = { 0 };
	struct holder h;
	struct conn *c;
	size_t at;
	int r;

	if (!f->texts.len)
		return 0;
	r = reader_get(f->s, &c);
	if (r < 0)
		return r;
	r = collect_copies(f, c, &holding);
	reader_put(f->s, c);
	for (at = 0; at < holding.len && r == 0; at += sizeof(h)) {
		memcpy(&h, holding.data + at, sizeof(h));
		r = tell_holder(f, h.parent, h.name, h.rev);
	}
	return r;
}

/* --- */

static int forget(struct forgetting *f)
{
	const struct change c = {
		.apply = apply_forget, .arg = f, .wait_ms = WAIT_MS, .durable = true
	};
	int r;

	r = prune_measure(f->s, &f->done.size_before, &f->done.free_before);
	if (r == 0)
		r = find_rows(f);
	if (r == 0)
		r = store_change(f->s, &c);
	f->done.size = f->done.size_before;
	f->done.free = f->done.free_before;
	if (r == -ECANCELED && f->what->dry_run)
		return 0;
	if (r == 0)
		r = prune_give_back(f->s, true, &f->done);
	if (r == 0)
		r = prune_empty_log(f->s, &f->done);
	return r < 0 ? r : tell_copies(f);
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
