/* Repairs of single rows that take more than a statement: numbers, inodes that are missing, illegal names. */
#include "store_check_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The first column of the first row of @sql. Returns 1, or 0 when there is none. */
static int find_number(struct repair *p, const char *sql, int64_t *ret_number)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(&p->k, sql, &st);
	if (r == 0)
		r = stmt_row(st, "look for damage");
	if (r > 0)
		*ret_number = sqlite3_column_int64(st, 0);
	return r;
}

static int renumber(struct repair *p, int64_t from, int64_t to)
{
	static const char *const updates[] = {
		"UPDATE inode SET id = ?2 WHERE id = ?1",
		"UPDATE dentry SET inode = ?2 WHERE inode = ?1",
		"UPDATE dentry SET parent = ?2 WHERE parent = ?1",
		"UPDATE xattr SET inode = ?2 WHERE inode = ?1",
		"UPDATE revision SET inode = ?2 WHERE inode = ?1",
		"UPDATE revision SET parent = ?2 WHERE parent = ?1",
	};
	const int64_t values[] = { from, to };
	char text[64];
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_LEN(updates) && r == 0; i++)
		r = repair_run(p, updates[i], values, 2);
	snprintf(text, sizeof(text), "had the number %" PRId64, from);
	return r < 0 ? r : repair_tell(p, "number", to, NULL, text);
}

int repair_new_id(struct repair *p, int64_t *ret_id)
{
	int64_t values[1];
	int r;

	r = find_number(p,
		"SELECT 1 + max(ifnull((SELECT max(id) FROM inode WHERE id < 1 << 62), 1), "
		"ifnull((SELECT max(inode) FROM revision WHERE inode < 1 << 62), 1), "
		"ifnull((SELECT max(seq) FROM dentry WHERE seq < 1 << 40), 1), "
		"ifnull((SELECT max(seq) FROM sqlite_sequence WHERE name = 'inode' "
		"AND typeof(seq) = 'integer' AND seq < 1 << 62), 1))",
		ret_id);
	if (r < 0)
		return r;
	values[0] = *ret_id;
	return repair_run(p, "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'inode'", values, 1);
}

int repair_numbers(struct repair *p)
{
	int64_t bad = 0, id = 0;
	int r;

	while ((r = find_number(p, "SELECT id FROM inode WHERE id < 1 OR id >= 1 << 62 LIMIT 1",
			&bad)) > 0) {
		r = repair_new_id(p, &id);
		if (r == 0)
			r = renumber(p, bad, id);
		if (r != 0)
			return r;
	}
	return r;
}

int repair_insert_inode(struct repair *p, const struct inode *i, const char *target)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(&p->k,
		"INSERT INTO inode (id, mode, uid, gid, nlink, size, atime, mtime, ctime, btime, body, "
		"target) VALUES (?1, ?2, ?3, ?4, ?10, ?5, ?6, ?6, ?7, ?6, ?8, ?9)",
		&st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, i->id);
	sqlite3_bind_int64(st, 2, i->mode);
	sqlite3_bind_int64(st, 3, i->uid);
	sqlite3_bind_int64(st, 4, i->gid);
	sqlite3_bind_int64(st, 5, i->size);
	sqlite3_bind_int64(st, 6, i->mtime);
	sqlite3_bind_int64(st, 7, p->t.now);
	if (i->body)
		sqlite3_bind_int64(st, 8, i->body);
	if (target)
		bind_text(st, 9, target);
	sqlite3_bind_int(st, 10, S_ISDIR(i->mode) ? 2 : 1); /* counted later */
	return stmt_run(st, "make an inode anew");
}

#define VERSION_COLUMNS "r.rev, r.mode, r.uid, r.gid, r.size, r.mtime, r.body, r.target"
#define HAS_TEXT        "(r.body IS NULL OR EXISTS (SELECT 1 FROM body WHERE id = r.body))"
#define IS_KNOWN        "(r.mode & 61440) IN (4096, 8192, 16384, 24576, 32768, 40960, 49152)"

/*
 * Make inode @id anew as the history knows it: by its number or, else, by its name in @parent (NULL: by its
 * number only). Returns 1 and *ret_rev, or 0 when the history knows nothing.
 */
static int restore_inode(
	struct repair *p, int64_t id, int64_t parent, const char *name, int64_t *ret_rev)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct inode i = { .id = id };
	int r;

	r = check_prepare(&p->k,
		"SELECT " VERSION_COLUMNS ", 1 AS own FROM revision r WHERE r.inode = ?1 "
		"AND " IS_KNOWN " AND " HAS_TEXT " UNION ALL "
		"SELECT " VERSION_COLUMNS ", 0 AS own FROM revision r WHERE r.parent = ?2 "
		"AND r.name = ?3 AND " IS_KNOWN " AND r.mode & 61440 <> 16384 AND " HAS_TEXT
		" ORDER BY own DESC, 1 DESC LIMIT 1",
		&st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, parent);
	bind_text(st, 3, name);
	r = stmt_row(st, "look into the history");
	if (r <= 0)
		return r;
	i.mode = (uint32_t)sqlite3_column_int64(st, 1);
	i.uid = (uint32_t)sqlite3_column_int64(st, 2);
	i.gid = (uint32_t)sqlite3_column_int64(st, 3);
	i.size = sqlite3_column_int64(st, 4);
	i.mtime = sqlite3_column_int64(st, 5);
	i.body = S_ISREG(i.mode) ? sqlite3_column_int64(st, 6) : 0;
	r = repair_insert_inode(
		p, &i, S_ISLNK(i.mode) ? (const char *)sqlite3_column_text(st, 7) : NULL);
	if (r == 0 && !sqlite3_column_int(st, 8))
		r = record_arrival(
			&p->t, ARRIVAL_LINK, parent, name, &i); /* the text is its own now */
	*ret_rev = sqlite3_column_int64(st, 0);
	return r < 0 ? r : 1;
}

static int restore_dir(struct repair *p, int64_t id)
{
	const struct inode dir = {
		.id = id, .mode = S_IFDIR | 0700, .uid = p->uid, .gid = p->gid, .mtime = p->t.now
	};

	return repair_insert_inode(p, &dir, NULL);
}

/* A name whose inode is missing: the inode comes back from the history, or as a directory, or the name goes. */
static int mend_dangling(struct repair *p, int64_t parent, const struct buf *name, int64_t id)
{
	const int64_t values[] = { id };
	char text[96];
	int64_t rev = 0, children = 0;
	int r;

	r = restore_inode(p, id, parent, buf_str(name), &rev);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text),
		"inode %" PRId64 " was missing; it is that of version %" PRId64, id, rev);
	if (r == 0) {
		CLEANUP_FINALIZE sqlite3_stmt *st = NULL;

		r = check_prepare(&p->k, "SELECT count(*) FROM dentry WHERE parent = ?1", &st);
		if (r < 0)
			return r;
		sqlite3_bind_int64(st, 1, id);
		r = stmt_row(st, "look into a directory");
		children = sqlite3_column_int64(st, 0);
		if (r < 0)
			return r;
		if (children) {
			r = restore_dir(p, id);
			snprintf(text, sizeof(text),
				"directory %" PRId64 " was missing; it was made anew", id);
		} else {
			r = repair_run(p, "DELETE FROM dentry WHERE inode = ?1", values, 1);
			snprintf(text, sizeof(text),
				"named inode %" PRId64 ", of which nothing is known; removed", id);
		}
	}
	return r < 0 ? r : repair_tell(p, "inode", parent, buf_str(name), text);
}

/* Returns 1 and one such name, 0 when there is none. */
static int find_dangling(
	struct repair *p, int64_t *ret_parent, struct buf *ret_name, int64_t *ret_id)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(&p->k,
		"SELECT parent, name, inode FROM dentry WHERE inode > ?1 AND NOT EXISTS "
		"(SELECT 1 FROM inode WHERE id = dentry.inode) ORDER BY inode LIMIT 1",
		&st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, *ret_id);
	r = stmt_row(st, "look for damage");
	if (r <= 0)
		return r;
	*ret_parent = sqlite3_column_int64(st, 0);
	*ret_id = sqlite3_column_int64(st, 2);
	buf_done(ret_name);
	r = buf_add(ret_name, sqlite3_column_text(st, 1), (size_t)sqlite3_column_bytes(st, 1));
	return r < 0 ? r : 1;
}

/* A directory that others stand in, though it is missing and has no name. */
static int mend_missing_parents(struct repair *p)
{
	int64_t id = 0, rev;
	int r;

	while ((r = find_number(p,
			"SELECT parent FROM dentry WHERE NOT EXISTS (SELECT 1 FROM inode "
			"WHERE id = dentry.parent) LIMIT 1",
			&id)) > 0) {
		r = id < 1 || id >= INT64_C(1) << 62 ? repair_new_id(p, &rev) : 0;
		if (r == 0 && (id < 1 || id >= INT64_C(1) << 62)) {
			const int64_t values[] = { id, rev };

			r = repair_run(
				p, "UPDATE dentry SET parent = ?2 WHERE parent = ?1", values, 2);
			id = rev;
		}
		if (r == 0)
			r = restore_inode(p, id, 0, NULL, &rev);
		if (r == 0)
			r = restore_dir(p, id);
		if (r >= 0)
			r = repair_tell(p, "parent", id, NULL,
				"the directory was missing; it was made anew");
		if (r != 0)
			return r;
	}
	return r;
}

int repair_missing_inodes(struct repair *p)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	int64_t parent = 0, id = INT64_MIN;
	int r;

	r = repair_run(p, "DELETE FROM dentry WHERE inode < 1 OR inode >= 1 << 62", NULL, 0);
	while (r == 0 && (r = find_dangling(p, &parent, &name, &id)) > 0)
		r = mend_dangling(p, parent, &name, id);
	return r != 0 ? r : mend_missing_parents(p);
}

/* --- names --- */

/* A legal name that shows what the illegal one was; at most 240 bytes, so that a number has room. */
static int make_legal(const char *bad, size_t len, struct buf *ret_name)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	size_t i;
	int r = 0;

	if (len == 0)
		r = buf_add_str(&name, "无名");
	for (i = 0; i < len && r == 0; i++) {
		if (bad[i] == '/')
			r = buf_add_str(&name, "／");
		else if (bad[i] == '\0')
			r = buf_add_str(&name, "␀");
		else if (bad[i] == '.' && len <= 2)
			r = buf_add_str(&name, "．");
		else
			r = buf_add(&name, bad + i, 1);
	}
	if (r < 0)
		return r;
	if (name.len > 240) {
		name.len = 240;
		while (name.len > 236 && ((unsigned char)name.data[name.len] & 0xC0) == 0x80)
			name.len--;
		name.data[name.len] = '\0';
	}
	*ret_name = buf_steal(&name);
	return 0;
}

int repair_free_name(struct repair *p, int64_t parent, const char *wanted, struct buf *ret_name)
{
	struct inode there;
	int n, r = 0;

	for (n = 1; r == 0; n++) {
		CLEANUP(buf_done) struct buf name = { 0 };

		r = n == 1 ? buf_add_str(&name, wanted) : buf_printf(&name, "%s (%d)", wanted, n);
		if (r < 0)
			return r;
		r = repair_lookup(p, parent, buf_str(&name), &there);
		if (r == 0) {
			buf_done(ret_name);
			*ret_name = buf_steal(&name);
			return 0;
		}
		r = r < 0 ? r : 0;
	}
	return r;
}

static int rename_illegal(struct repair *p, int64_t parent, sqlite3_value *bad)
{
	CLEANUP(buf_done) struct buf legal = { 0 };
	CLEANUP(buf_done) struct buf name = { 0 };
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	const char *bytes = sqlite3_value_blob(bad);
	int r;

	r = make_legal(bytes, (size_t)sqlite3_value_bytes(bad), &legal);
	if (r == 0)
		r = repair_free_name(p, parent, buf_str(&legal), &name);
	if (r == 0)
		r = check_prepare(
			&p->k, "UPDATE dentry SET name = ?3 WHERE parent = ?1 AND name = ?2", &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, parent);
	sqlite3_bind_value(st, 2, bad);
	bind_text(st, 3, buf_str(&name));
	r = stmt_run(st, "give a legal name");
	return r < 0 ? r
		     : repair_tell(
			       p, "name", parent, buf_str(&name), "had a name that is not legal");
}

int repair_names(struct repair *p)
{
	int r;

	do {
		CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
		sqlite3_value *bad;
		int64_t parent;

		r = check_prepare(&p->k,
			"SELECT parent, name FROM dentry WHERE name IN ('', '.', '..') OR "
			"instr(name, '/') OR length(CAST(name AS BLOB)) NOT BETWEEN 1 AND 255 OR "
			"instr(CAST(name AS BLOB), x'00') LIMIT 1",
			&st);
		if (r == 0)
			r = stmt_row(st, "look for damage");
		if (r <= 0)
			return r;
		parent = sqlite3_column_int64(st, 0);
		bad = sqlite3_value_dup(sqlite3_column_value(st, 1));
		sqlite3_reset(st);
		r = bad ? rename_illegal(p, parent, bad) : -ENOMEM;
		sqlite3_value_free(bad);
	} while (r == 0);
	return r;
}
