/*
 * A fresh store for each case, changes by path (each one transaction), and a connection as another
 * program has it. All fail the running test when something is not as it must be.
 */
#pragma once

#include "planfs/change.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#define PLAN "2016/合肥市/2016年教育工作要点"

struct fixture {
	char dir[32];
	char path[72]; /* of the database */
	struct store *s;
	sqlite3 *db; /* another program's connection, with triggers; opened by the first sql() */
};

static inline void store_open_at(struct fixture *f, bool exclusive)
{
	const struct store_options options = { .exclusive = exclusive };
	CLEANUP(buf_done) struct buf why = { 0 };

	if (store_open(f->path, &options, &f->s, &why) < 0)
		fail_msg("%s", buf_str(&why));
}

/* A new database at @path: the first is made, and the others are copies of it, because valgrind takes seconds to make one. */
static inline void fixture_create(const char *path)
{
	static char *made;
	static size_t size;
	CLEANUP(buf_done) struct buf why = { 0 };
	FILE *file;

	if (!made) {
		struct stat st;

		assert_int_equal(store_create(path, &why), 0);
		assert_int_equal(stat(path, &st), 0);
		size = (size_t)st.st_size;
		made = malloc(size);
		file = fopen(path, "r");
		assert_true(made && file && fread(made, 1, size, file) == size);
	} else {
		file = fopen(path, "wx");
		assert_true(file && fwrite(made, 1, size, file) == size);
		assert_int_equal(chmod(path, 0600), 0);
	}
	assert_int_equal(fclose(file), 0);
}

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dir, "/tmp/planfs-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/plans.db", f->dir);
	fixture_create(f->path);
	store_open_at(f, false);
	*state = f;
	return 0;
}

static inline int fixture_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	sqlite3_close(f->db);
	store_close(f->s);
	assert_int_equal(nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(f);
	return 0;
}

/* System calls of this process: "syscr" that read, "syscw" that write. */
static inline long long count_calls(const char *kind)
{
	FILE *file = fopen("/proc/self/io", "r");
	char name[32];
	long long n = -1, value;

	assert_non_null(file);
	while (n < 0 && fscanf(file, "%31[^:]: %lld\n", name, &value) == 2)
		n = strcmp(name, kind) == 0 ? value : -1;
	fclose(file);
	assert_true(n >= 0);
	return n;
}

/* --- changes by path --- */

enum act_kind { ACT_CREATE, ACT_SAVE, ACT_SET_ATTR, ACT_LINK, ACT_UNLINK, ACT_RMDIR, ACT_RENAME };

struct act {
	enum act_kind kind;
	const char *path, *to;
	const char *text;
	uint32_t mode;
	bool noreplace, exchange;
	struct inode inode; /* result */
};

/* The directory that holds @path and the name in it. */
static inline int act_find_dir(
	struct txn *t, const char *path, int64_t *ret_dir, const char **ret_name)
{
	struct inode dir = { .id = STORE_ROOT };
	const char *slash;
	char name[256];
	int r;

	for (; (slash = strchr(path, '/')); path = slash + 1) {
		snprintf(name, sizeof(name), "%.*s", (int)(slash - path), path);
		r = txn_lookup(t, dir.id, name, &dir);
		if (r < 0)
			return r;
	}
	*ret_dir = dir.id;
	*ret_name = path;
	return 0;
}

static inline int act_save(struct txn *t, struct act *a, int64_t dir, const char *name)
{
	const struct text text = { a->text, strlen(a->text) };
	int64_t base;
	int r;

	r = txn_lookup(t, dir, name, &a->inode);
	if (r < 0)
		return r;
	base = a->inode.body;
	a->inode.mtime = a->inode.ctime = store_now();
	return txn_save(t, &a->inode, &text, base, TEXT_VERSION);
}

static inline int act_create(struct txn *t, struct act *a, int64_t dir, const char *name)
{
	const struct text text = { a->text, a->text ? strlen(a->text) : 0 };
	int64_t now = store_now();

	a->inode = (struct inode){ .mode = a->mode,
		.uid = 1000,
		.gid = 1000,
		.atime = now,
		.mtime = now,
		.ctime = now,
		.btime = now };
	return txn_create(t, dir, name, &a->inode, a->text ? &text : NULL);
}

static inline int act_on_two(struct txn *t, struct act *a, int64_t dir, const char *name)
{
	struct rename rename = {
		.parent = dir, .name = name, .noreplace = a->noreplace, .exchange = a->exchange
	};
	int r;

	r = act_find_dir(t, a->to, &rename.new_parent, &rename.new_name);
	if (r < 0)
		return r;
	if (a->kind == ACT_RENAME)
		return txn_rename(t, &rename, &a->inode);
	r = txn_lookup(t, dir, name, &a->inode);
	return r < 0 ? r : txn_link(t, a->inode.id, rename.new_parent, rename.new_name, &a->inode);
}

static inline int act_apply(struct txn *t, void *arg)
{
	struct act *a = arg;
	const char *name;
	int64_t dir;
	int r;

	r = act_find_dir(t, a->path, &dir, &name);
	if (r < 0)
		return r;
	switch (a->kind) {
	case ACT_CREATE:
		return act_create(t, a, dir, name);
	case ACT_SAVE:
		return act_save(t, a, dir, name);
	case ACT_SET_ATTR:
		r = txn_lookup(t, dir, name, &a->inode);
		a->inode.mode = a->mode;
		return r < 0 ? r : txn_set_attr(t, &a->inode);
	case ACT_UNLINK:
		return txn_unlink(t, dir, name, &a->inode);
	case ACT_RMDIR:
		return txn_rmdir(t, dir, name, &a->inode);
	default:
		return act_on_two(t, a, dir, name);
	}
}

static inline int act_run(struct fixture *f, struct act *a)
{
	const struct change c = { .apply = act_apply,
		.arg = a,
		.author = "li",
		.wait_ms = 1000,
		.removes = a->kind == ACT_UNLINK || a->kind == ACT_RMDIR };

	return store_change(f->s, &c);
}

static inline int make_dir(struct fixture *f, const char *path)
{
	struct act a = { .kind = ACT_CREATE, .path = path, .mode = S_IFDIR | 0755 };

	return act_run(f, &a);
}

static inline int make_file(struct fixture *f, const char *path, const char *text)
{
	struct act a = { .kind = ACT_CREATE, .path = path, .mode = S_IFREG | 0644, .text = text };

	return act_run(f, &a);
}

static inline int make_symlink(struct fixture *f, const char *path, const char *target)
{
	struct act a = { .kind = ACT_CREATE, .path = path, .mode = S_IFLNK | 0777, .text = target };

	return act_run(f, &a);
}

static inline int save_file(struct fixture *f, const char *path, const char *text)
{
	struct act a = { .kind = ACT_SAVE, .path = path, .text = text };

	return act_run(f, &a);
}

static inline int set_mode(struct fixture *f, const char *path, uint32_t mode)
{
	struct act a = { .kind = ACT_SET_ATTR, .path = path, .mode = mode };

	return act_run(f, &a);
}

static inline int link_file(struct fixture *f, const char *path, const char *to)
{
	struct act a = { .kind = ACT_LINK, .path = path, .to = to };

	return act_run(f, &a);
}

static inline int move_to(struct fixture *f, const char *path, const char *to)
{
	struct act a = { .kind = ACT_RENAME, .path = path, .to = to };

	return act_run(f, &a);
}

static inline int exchange(struct fixture *f, const char *path, const char *to)
{
	struct act a = { .kind = ACT_RENAME, .path = path, .to = to, .exchange = true };

	return act_run(f, &a);
}

static inline int call_purge_all(struct txn *t, void *arg)
{
	(void)arg;
	return txn_purge_all(t);
}

/* What has lost its last name lives on until it is purged. */
static inline void purge_all(struct fixture *f)
{
	const struct change c = { .apply = call_purge_all, .wait_ms = 1000 };

	assert_int_equal(store_change(f->s, &c), 0);
}

static inline int remove_file(struct fixture *f, const char *path)
{
	struct act a = { .kind = ACT_UNLINK, .path = path };

	return act_run(f, &a);
}

static inline int remove_dir(struct fixture *f, const char *path)
{
	struct act a = { .kind = ACT_RMDIR, .path = path };

	return act_run(f, &a);
}

/* Make the directories of PLAN. */
static inline void make_plan(struct fixture *f)
{
	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(make_dir(f, "2016/合肥市"), 0);
	assert_int_equal(make_dir(f, PLAN), 0);
}

/* --- looking --- */

static inline struct inode stat_at(struct fixture *f, const char *path)
{
	struct inode inode = { 0 };
	int r = store_resolve(f->s, path, &inode);

	if (r < 0)
		fail_msg("%s: %s", path, strerror(-r));
	return inode;
}

static inline bool exists(struct fixture *f, const char *path)
{
	struct inode inode;

	return store_resolve(f->s, path, &inode) == 0;
}

static inline void expect_text(struct fixture *f, const char *path, const char *text)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	struct inode inode = stat_at(f, path);

	assert_int_equal(store_read_body(f->s, inode.body, &b), 0);
	assert_string_equal(buf_str(&b), text);
	assert_int_equal(inode.size, strlen(text));
}

/* --- another program: the stock sqlite3 shell --- */

static inline sqlite3 *foreign(struct fixture *f)
{
	if (!f->db) {
		assert_int_equal(sqlite3_open(f->path, &f->db), SQLITE_OK);
		sqlite3_busy_timeout(f->db, 2000);
	}
	return f->db;
}

static inline void sql(struct fixture *f, const char *statement)
{
	if (sqlite3_exec(foreign(f), statement, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", statement, sqlite3_errmsg(f->db));
}

static inline void sql_fails(struct fixture *f, const char *statement, const char *message)
{
	if (sqlite3_exec(foreign(f), statement, NULL, NULL, NULL) == SQLITE_OK)
		fail_msg("%s: went through", statement);
	assert_string_equal(sqlite3_errmsg(f->db), message);
}

/* The rows of a query: columns separated by '|', rows by newlines. */
static inline void expect_rows(struct fixture *f, const char *query, const char *rows)
{
	CLEANUP(buf_done) struct buf got = { 0 };
	sqlite3_stmt *st = NULL;
	int at;

	if (sqlite3_prepare_v2(foreign(f), query, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(f->db));
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *separator = got.len ? "\n" : "";

		for (at = 0; at < sqlite3_column_count(st); at++, separator = "|") {
			const char *text = (const char *)sqlite3_column_text(st, at);

			assert_int_equal(
				buf_printf(&got, "%s%s", separator, text ? text : "NULL"), 0);
		}
	}
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_string_equal(buf_str(&got), rows);
}

/* Versions of the file @name that the view history shows. */
static inline int count_versions(struct fixture *f, const char *name)
{
	sqlite3_stmt *st = NULL;
	int n;

	assert_int_equal(sqlite3_prepare_v2(foreign(f),
				 "SELECT count(*) FROM history WHERE name = ?1", -1, &st, NULL),
		SQLITE_OK);
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
