/* Where a finding is: the path of an inode or a name, as far as it can be followed. */
#include "store_check_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

enum { PATH_DEPTH_MAX = 200 };

const char check_up[] = "SELECT parent, name FROM dentry WHERE inode = ?1 LIMIT 1";

int check_prepare(struct check *k, const char *sql, sqlite3_stmt **ret_st)
{
	if (sqlite3_prepare_v2(k->db, sql, -1, ret_st, NULL) != SQLITE_OK)
		return store_errno(k->db, "check the database");
	return 0;
}

/* A name may be of no type that a name has. */
static const char *name_of_row(sqlite3_stmt *st, int at)
{
	const char *name = (const char *)sqlite3_column_text(st, at);

	return name ? name : "?";
}

/* Put @name before *path. */
static int prefix(struct buf *path, const char *name)
{
	CLEANUP(buf_done) struct buf longer = { 0 };
	int r;

	r = buf_printf(&longer, "%s%s%s", name, path->len ? "/" : "", buf_str(path));
	if (r < 0)
		return r;
	buf_done(path);
	*path = buf_steal(&longer);
	return 0;
}

/* Put the path of directory @id before *path; what cannot be reached begins with "inode N". */
static int prefix_dirs(struct check *k, int64_t id, struct buf *path)
{
	char number[32];
	int depth, r;

	for (depth = 0; id != STORE_ROOT && depth < PATH_DEPTH_MAX; depth++) {
		CLEANUP_STMT sqlite3_stmt *st = k->up;

		sqlite3_bind_int64(st, 1, id);
		r = stmt_row(st, "find a path");
		if (r <= 0)
			break;
		r = prefix(path, name_of_row(st, 1));
		if (r < 0)
			return r;
		id = sqlite3_column_int64(st, 0);
	}
	if (id == STORE_ROOT)
		return 0;
	snprintf(number, sizeof(number), "inode %" PRId64, id);
	return prefix(path, number);
}

/* Tell of a finding about @name in @parent, or about inode @id when @name is NULL; 0: neither. */
int check_tell(struct check *k, struct store_finding *finding, int64_t id, const char *name)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	int r = 0;

	if (name)
		r = prefix(&path, name[0] ? name : "\"\"");
	if (r == 0 && id)
		r = prefix_dirs(k, id, &path);
	if (r == 0 && id == STORE_ROOT && path.len == 0)
		r = buf_add_str(&path, "/");
	if (r < 0)
		return r;
	finding->path = buf_str(&path);
	return k->fn(k->arg, finding);
}

bool text_has_hash(const void *data, size_t len, const void *hash)
{
	XXH128_canonical_t real;

	XXH128_canonicalFromHash(&real, XXH3_128bits(data, len));
	return memcmp(hash, &real, sizeof(real)) == 0;
}

bool body_is_intact(sqlite3_stmt *st, int at)
{
	if (sqlite3_column_type(st, at) == SQLITE_NULL)
		return true; /* of another program: nobody knows */
	return sqlite3_column_bytes(st, at) == (int)sizeof(XXH128_canonical_t) &&
	       text_has_hash(sqlite3_column_blob(st, at + 1),
		       (size_t)sqlite3_column_bytes(st, at + 1), sqlite3_column_blob(st, at));
}
