/* What the files share that find the files of a search. */
#pragma once

#include "planfs/grep.h"

/* A directory on the way to a file. */
struct grep_dir {
	int64_t id;                    /* 0: of a tree without numbers */
	const struct grep_dir *parent; /* NULL: the root, or it stands nowhere */
	const char *name;
	const char *path; /* "" for the root */
	const char *year, *district, *plan;
	unsigned depth; /* 0: the root */
	bool in_path;   /* at or below query->path */
	bool is_wanted; /* it may hold wanted files, at any depth */
	bool is_lost;   /* it stands nowhere */
	uint32_t rank;  /* in the order of the query */
};

/* A name of a file. */
struct grep_item {
	const struct grep_dir *dir;
	const char *name;
	int64_t inode;
	uint64_t key; /* the beginning of its place in the order */
	bool may_match;
	int error;
};

struct grep_chunk;

/* The names of a search. Strings and directories stay where they are until it is released. */
struct grep_list {
	const struct grep_query *query;
	struct grep_chunk *chunks;
	struct grep_dir **dirs; /* every one */
	size_t n_dirs, dirs_capacity;
	struct grep_item *items;
	size_t n_items, items_capacity;
};

/* --- grep_list.c --- */

int grep_list_init(
	struct grep_list *l, const struct grep_query *query) MUST_CHECK; /* with the root */
void grep_list_done(struct grep_list *l);
void grep_list_empty(struct grep_list *l); /* but for the root */
static inline const struct grep_dir *grep_list_root(const struct grep_list *l)
{
	return l->dirs[0];
}

/* A directory called @name in @parent (NULL: one that stands nowhere). Returns 0 and *ret_dir, or -ENOMEM. */
int grep_list_add_dir(struct grep_list *l, const struct grep_dir *parent, int64_t id,
	const char *name, struct grep_dir **ret_dir) MUST_CHECK;

/* A file called @name in @dir, if it is wanted. Returns 0 or -ENOMEM. */
int grep_list_add_file(struct grep_list *l, const struct grep_dir *dir, int64_t inode,
	const char *name, bool may_match) MUST_CHECK;

/* A directory that cannot be listed: a file without a name. */
int grep_list_add_error(struct grep_list *l, const struct grep_dir *dir, int error) MUST_CHECK;

/* Bring the files into the order of the query. */
void grep_list_sort(struct grep_list *l);

/* Tell @fn of a file with its text (NULL: without). @path is where its path is put together. */
int grep_list_tell(const struct grep_item *item, struct buf *path, const struct match_string *text,
	grep_file_fn *fn, void *arg) MUST_CHECK;

struct search;

/* --- grep_store.c --- */

struct conn;

/*
 * Add the text of @item, of the file that has its name by now when the one that was listed is gone, to @text. Returns 1, 0 when there
 * is none, or -Exxx.
 */
int grep_read_text(
	struct store *s, struct conn *c, struct grep_item *item, struct buf *text) MUST_CHECK;

/* --- grep_find.c --- */

/* Fill @l with the files that the query may want, as of @q. Returns 0 or -Exxx. */
int grep_find(struct store *s, struct search *q, struct grep_list *l) MUST_CHECK;

/* --- grep_map.c: from numbers to numbers --- */

struct grep_map {
	struct grep_map_place *places; /* so many that half of them are free */
	size_t n, n_places;
};

void grep_map_done(struct grep_map *m);
int grep_map_put(
	struct grep_map *m, int64_t key, size_t value) MUST_CHECK; /* in place of what was there */
bool grep_map_get(const struct grep_map *m, int64_t key, size_t *ret_value);

/* --- grep_filter.c --- */

/* Fill in what follows from the parent. */
void grep_filter_dir(const struct grep_query *query, struct grep_dir *dir);

/* Is a file called @name in @dir wanted? */
bool grep_filter_file(const struct grep_query *query, const struct grep_dir *dir, const char *name);
bool grep_filter_is_set(const struct grep_query *query);

/* The name that the path of the query has below @dir; NULL: it ends here, or above. */
const char *grep_filter_next(
	const struct grep_query *query, const struct grep_dir *dir, size_t *ret_len);
