/*
 * The files of a database that a search has to look at. There are three ways to them, and each is the fastest for some searches:
 * a small part of the tree is walked, without the index; the index tells the files, and each of them where it stands; when it
 * tells many, or all are wanted, the names of everything are read in one go.
 */
#include "grep_priv.h"
#include "store_priv.h"

#include "planfs/array.h"
#include "planfs/name.h"
#include "planfs/search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	WALK_MAX = 2000, /* names: so many are read in the time of a search in the index */
	MANY = 8, /* when one file in so many is a candidate, the names of everything are read */
	LEVELS_MAX = 1 << 16, /* of directories: more of them are a ring in a damaged database */
};

/* A file that the index told. */
struct found {
	int64_t inode;
	bool may_match;
};

/* A name, as the database has it. */
struct name_row {
	int64_t parent, inode;
	size_t name; /* where it begins in the names */
};

struct find {
	struct search *q;
	struct grep_list *list;
	struct grep_map dirs; /* the number of a directory -> its index in the list */
	struct grep_map
		above; /* the same -> the index of the row with its name, when all rows were read */
	struct grep_map files; /* the number of a file -> its index in @found, when it was told */
	struct found *found;
	size_t n_found, found_capacity;
	struct name_row *rows;
	size_t n_rows, rows_capacity;
	struct buf names;
	int64_t inode; /* whose names are told */
};

static void find_done(struct find *f)
{
	grep_map_done(&f->dirs);
	grep_map_done(&f->above);
	grep_map_done(&f->files);
	free(f->found);
	free(f->rows);
	buf_done(&f->names);
}

/* --- directories, from below --- */

static int add_row(struct find *f, struct name_row row)
{
	if (array_grow(&f->rows, f->n_rows, &f->rows_capacity, sizeof(*f->rows)) < 0)
		return -ENOMEM;
	f->rows[f->n_rows++] = row;
	return 0;
}

static int add_named_row(struct find *f, int64_t parent, int64_t inode, const char *name)
{
	int r = add_row(f, (struct name_row){ parent, inode, f->names.len });

	return r < 0 ? r : buf_add(&f->names, name, strlen(name) + 1);
}

/* Where directory @id stands, as the last row. Returns 0, -ENOENT or -Exxx. */
static int ask_above(struct find *f, int64_t id)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	int64_t parent;
	size_t at;
	int r;

	if (grep_map_get(&f->above, id, &at))
		return add_row(f, f->rows[at]);
	if (f->above.n > 0)
		return -ENOENT;
	r = search_directory(f->q, id, &parent, &name);
	return r < 0 ? r : add_named_row(f, parent, id, buf_str(&name));
}

static int add_dir(struct find *f, const struct grep_dir *parent, int64_t id, const char *name,
	struct grep_dir **ret_dir)
{
	size_t at = f->list->n_dirs;
	int r;

	r = grep_list_add_dir(f->list, parent, id, name, ret_dir);
	return r < 0 ? r : grep_map_put(&f->dirs, id, at);
}

/* Up to a directory that is known, with a row for each on the way; then down again. One that is lost stands nowhere. */
static int get_dir(struct find *f, int64_t id, struct grep_dir **ret_dir)
{
	struct grep_dir *dir = NULL;
	size_t first = f->n_rows, at, n;
	int64_t up = id;
	int r = 0;

	while (!grep_map_get(&f->dirs, up, &at) && r == 0 && f->n_rows - first < LEVELS_MAX) {
		r = ask_above(f, up);
		if (r == 0)
			up = f->rows[f->n_rows - 1].parent;
	}
	if (r < 0 && r != -ENOENT)
		return r;
	r = 0;
	if (grep_map_get(&f->dirs, up, &at))
		dir = f->list->dirs[at];
	else
		r = add_dir(f, NULL, up, "", &dir);
	for (n = f->n_rows; n-- > first && r == 0;)
		if (f->rows[n].inode != up)
			r = add_dir(
				f, dir, f->rows[n].inode, f->names.data + f->rows[n].name, &dir);
	f->n_rows = first;
	*ret_dir = dir;
	return r;
}

static int add_file(struct find *f, const struct name_row *row, bool may_match)
{
	struct grep_dir *dir;
	size_t at;
	int r = 0;

	if (grep_map_get(&f->dirs, row->parent, &at))
		dir = f->list->dirs[at];
	else
		r = get_dir(f, row->parent, &dir);
	if (r < 0)
		return r;
	return grep_list_add_file(f->list, dir, row->inode, f->names.data + row->name, may_match);
}

/* --- the index --- */

static int note_candidate(void *arg, const struct search_candidate *c)
{
	struct find *f = arg;

	if (array_grow(&f->found, f->n_found, &f->found_capacity, sizeof(*f->found)) < 0)
		return -ENOMEM;
	f->found[f->n_found++] = (struct found){ c->inode, true };
	return 0;
}

/* Those that cannot match, too. */
static int note_file(void *arg, const struct search_candidate *c)
{
	struct find *f = arg;
	size_t at;
	int r;

	if (grep_map_get(&f->files, c->inode, &at))
		return 0;
	r = note_candidate(f, c);
	if (r == 0)
		f->found[f->n_found - 1].may_match = false;
	return r;
}

static int note_name(void *arg, int64_t parent, const char *name)
{
	struct find *f = arg;

	return add_named_row(f, parent, f->inode, name);
}

static int find_names(struct find *f)
{
	size_t i, k;
	int r = 0;

	for (i = 0; i < f->n_found && r == 0; i++) {
		f->inode = f->found[i].inode;
		f->n_rows = f->names.len = 0;
		r = search_names(f->q, f->inode, note_name, f);
		for (k = f->n_rows; k-- > 0 && r == 0;) {
			struct name_row row = f->rows[k];

			r = add_file(f, &row, f->found[i].may_match);
		}
	}
	return r;
}

/* --- everything --- */

static int note_row(void *arg, int64_t parent, const char *name, int64_t inode)
{
	return add_named_row(arg, parent, inode, name);
}

/* A directory is what something stands in. The rows come directory by directory. */
static int map_dirs(struct find *f)
{
	size_t i, at;
	int r = 0;

	for (i = 0; i < f->n_rows && r == 0; i++)
		if (i == 0 || f->rows[i].parent != f->rows[i - 1].parent)
			r = grep_map_put(&f->above, f->rows[i].parent, SIZE_MAX);
	for (i = 0; i < f->n_rows && r == 0; i++)
		if (grep_map_get(&f->above, f->rows[i].inode, &at))
			r = grep_map_put(&f->above, f->rows[i].inode, i);
	return r;
}

static int map_files(struct find *f)
{
	size_t i;
	int r = 0;

	for (i = f->files.n; i < f->n_found && r == 0; i++)
		r = grep_map_put(&f->files, f->found[i].inode, i);
	return r;
}

static int find_among_all(struct find *f)
{
	size_t i, at, n;
	int r;

	r = search_each_name(f->q, note_row, f);
	if (r == 0)
		r = map_dirs(f);
	if (r == 0)
		r = map_files(f);
	for (i = 0, n = f->n_rows; i < n && r == 0; i++) {
		struct name_row row = f->rows[i];

		if (grep_map_get(&f->files, row.inode, &at))
			r = add_file(f, &row, f->found[at].may_match);
	}
	return r;
}

/* --- a walk --- */

static const char children[] =
	"SELECT d.name, d.inode, i.mode FROM dentry d CROSS JOIN inode i ON i.id = d.inode "
	"WHERE d.parent = ?1 AND d.name BETWEEN ?2 AND ?3";

/* All names; on the way to the path of the query only the next one. A blob stands behind every text. */
static void bind_dir(sqlite3_stmt *st, const struct grep_list *l, const struct grep_dir *dir)
{
	size_t len;
	const char *next = grep_filter_next(l->query, dir, &len);

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, dir->id);
	sqlite3_bind_text(st, 2, next ? next : "", (int)len, SQLITE_STATIC);
	if (next)
		sqlite3_bind_text(st, 3, next, (int)len, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(st, 3, 0);
}

/* Returns 0, or -E2BIG when more than *budget names are there. */
static int walk_dir(
	struct grep_list *l, sqlite3_stmt *st, const struct grep_dir *dir, unsigned *budget)
{
	struct grep_dir *below;
	int r;

	bind_dir(st, l, dir);
	while ((r = stmt_row(st, "list a directory")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 0);
		int64_t inode = sqlite3_column_int64(st, 1);
		int mode = sqlite3_column_int(st, 2);

		if (!name)
			return -ENOMEM;
		if ((*budget)-- == 0)
			return -E2BIG;
		if (!name_is_valid(name, (size_t)sqlite3_column_bytes(st, 0)))
			continue;
		r = 0;
		if (S_ISDIR(mode))
			r = grep_list_add_dir(l, dir, inode, name, &below);
		else if (S_ISREG(mode))
			r = grep_list_add_file(l, dir, inode, name, true);
		if (r < 0)
			return r;
	}
	return r;
}

/* What is put into the list on the way is walked, too, if it is wanted. */
static int walk(sqlite3 *db, struct grep_list *l)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	unsigned budget = WALK_MAX;
	size_t i;
	int r = 0;

	if (sqlite3_prepare_v2(db, children, -1, &st, NULL) != SQLITE_OK)
		return store_errno(db, "list a directory");
	for (i = 0; i < l->n_dirs && r == 0; i++)
		if (l->dirs[i]->is_wanted)
			r = walk_dir(l, st, l->dirs[i], &budget);
	return r;
}

/* Returns 1 when the list is complete, 0 when it is not, or -Exxx. */
static int find_by_walking(struct find *f)
{
	int r;

	if (!grep_filter_is_set(f->list->query))
		return 0;
	r = walk(search_conn(f->q)->db, f->list);
	if (r != -E2BIG)
		return r < 0 ? r : 1;
	grep_list_empty(f->list);
	return 0;
}

/* --- which way --- */

/* Tell the candidates, and the others when all are wanted. */
static int ask_index(struct find *f)
{
	const struct grep_query *query = f->list->query;
	struct search_terms *any = calloc(query->n_any ? query->n_any : 1, sizeof(*any));
	struct text *strings = NULL;
	size_t i, k, n = 0;
	int r = any ? 0 : -ENOMEM;

	for (i = 0; i < query->n_any; i++)
		n += query->any[i].n;
	if (r == 0)
		strings = calloc(n ? n : 1, sizeof(*strings));
	if (!strings)
		r = -ENOMEM;
	for (i = n = 0; i < query->n_any && r == 0; i++) {
		any[i] = (struct search_terms){ strings + n, query->any[i].n };
		for (k = 0; k < query->any[i].n; k++)
			strings[n++] = (struct text){ query->any[i].strings[k].data,
				query->any[i].strings[k].len };
	}
	if (r == 0)
		r = search_candidates(f->q, any, query->n_any, note_candidate, f);
	free(strings);
	free(any);
	if (r != 0 || !query->all || query->n_any == 0)
		return r;
	r = map_files(f);
	return r < 0 ? r : search_candidates(f->q, NULL, 0, note_file, f);
}

/* Is it so much that one look at everything is cheaper? */
static int is_much(struct store *s, size_t n, bool *ret_much)
{
	struct store_status status;
	int r;

	*ret_much = false;
	if (n < WALK_MAX)
		return 0;
	r = store_get_status(s, &status);
	if (r == 0)
		*ret_much = n > (size_t)status.inodes / MANY;
	return r;
}

int grep_find(struct store *s, struct search *q, struct grep_list *l)
{
	CLEANUP(find_done) struct find f = { .q = q, .list = l };
	bool much = false;
	int r;

	r = find_by_walking(&f);
	if (r != 0)
		return r < 0 ? r : 0;
	r = grep_map_put(&f.dirs, STORE_ROOT, 0);
	if (r == 0)
		r = ask_index(&f);
	if (r == 0)
		r = is_much(s, f.n_found, &much);
	if (r < 0)
		return r;
	return much ? find_among_all(&f) : find_names(&f);
}
