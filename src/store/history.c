/* The versions of what stands, or stood, in a directory. */
#include "store_priv.h"

#include <errno.h>

static int each_version(struct conn *c, int64_t parent, store_version_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_VERSIONS);
	int r;

	sqlite3_bind_int64(st, 1, parent);
	while ((r = stmt_row(st, "read the versions of a directory")) > 0) {
		struct store_version v = {
			.rev = sqlite3_column_int64(st, 0),
			.time = sqlite3_column_int64(st, 1),
			.author = (const char *)sqlite3_column_text(st, 2),
			.op = (const char *)sqlite3_column_text(st, 3),
			.name = (const char *)sqlite3_column_text(st, 4),
			.mode = (uint32_t)sqlite3_column_int64(st, 5),
			.mtime = sqlite3_column_int64(st, 6),
			.body = sqlite3_column_int64(st, 7),
			.program = (const char *)sqlite3_column_text(st, 8),
		};

		if (!v.author || !v.op || !v.name)
			return -ENOMEM;
		r = fn(arg, &v);
		if (r != 0)
			break;
	}
	return r;
}

int store_versions(struct store *s, int64_t parent, store_version_fn *fn, void *arg)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = each_version(c, parent, fn, arg);
	reader_put(s, c);
	return r;
}
