/* What a search finds, and what it must find: for the tests of planfs/search.h. */
#pragma once

#include "store_fixture.h"

#include "planfs/search.h"

#include <errno.h>

/* Texts of any bytes, by path; the directory must be there. */
struct put {
	const char *path;
	struct text text;
};

static inline int put_apply(struct txn *t, void *arg)
{
	const struct put *p = arg;
	struct inode inode = { 0 };
	const char *name = NULL;
	int64_t dir = 0;
	int r;

	r = act_find_dir(t, p->path, &dir, &name);
	if (r == 0)
		r = txn_lookup(t, dir, name, &inode);
	if (r == 0)
		return txn_save(t, &inode, &p->text, inode.body, TEXT_VERSION);
	inode = (struct inode){ .mode = S_IFREG | 0644, .btime = store_now() };
	return r == -ENOENT ? txn_create(t, dir, name, &inode, &p->text) : r;
}

static inline void put_file(struct fixture *f, const char *path, const char *data, size_t len)
{
	struct put p = { path, { data, len } };
	const struct change c = { .apply = put_apply, .arg = &p, .author = "li", .wait_ms = 1000 };

	assert_int_equal(store_change(f->s, &c), 0);
}

/* Bring the index up to date, with steps of @budget bytes. Returns how many files were dealt with. */
static inline int index_all(struct fixture *f, size_t budget)
{
	int r, all = 0;

	while ((r = search_index_step(f->s, budget, 1000)) > 0)
		all += r;
	assert_int_equal(r, 0);
	return all;
}

enum { FOUND_MAX = 4096 };

struct found {
	struct search_candidate files[FOUND_MAX];
	size_t n;
};

static inline int found_add(void *arg, const struct search_candidate *c)
{
	struct found *f = arg;
	size_t i;

	for (i = 0; i < f->n; i++)
		assert_true(f->files[i].inode != c->inode); /* each file once */
	assert_true(f->n < FOUND_MAX);
	f->files[f->n++] = *c;
	return 0;
}

static inline void find(
	struct search *q, const struct search_terms *any, size_t n, struct found *ret_found)
{
	ret_found->n = 0;
	assert_int_equal(search_candidates(q, any, n, found_add, ret_found), 0);
}

/* How many files may contain all of @strings (up to a NULL)? */
static inline size_t count_all_of(struct fixture *f, const char *const *strings)
{
	CLEANUP(search_closep) struct search *q = NULL;
	static struct found found;
	struct text texts[16];
	struct search_terms terms = { texts, 0 };

	for (; strings[terms.n]; terms.n++)
		texts[terms.n] = (struct text){ strings[terms.n], strlen(strings[terms.n]) };
	assert_int_equal(search_open(f->s, &q), 0);
	find(q, &terms, 1, &found);
	return found.n;
}

static inline size_t count_of(struct fixture *f, const char *string)
{
	const char *const strings[] = { string, NULL };

	return count_all_of(f, strings);
}

/* store_priv.h; a connection that can read the index, which other programs cannot */
int tokenizer_register(sqlite3 *db);

/* What SQLite itself says about index and texts. */
static inline void expect_index_is_sound(struct fixture *f)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	assert_int_equal(tokenizer_register(db), 0);
	if (sqlite3_exec(db,
		    "INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)",
		    NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}
