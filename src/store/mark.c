/* Named moments. */
#include "store_moment_priv.h"

#include "planfs/name.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <string.h>

static int each_mark(struct conn *c, mark_fn *fn, void *arg)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_MARKS);
	int r;

	while ((r = stmt_row(st, "list the marks")) > 0) {
		const struct mark mark = {
			.name = (const char *)sqlite3_column_text(st, 0),
			.author = (const char *)sqlite3_column_text(st, 1),
			.rev = sqlite3_column_int64(st, 2),
			.time = sqlite3_column_int64(st, 3),
		};

		if (!mark.name || !mark.author)
			return -ENOMEM;
		r = fn(arg, &mark);
		if (r != 0)
			break;
	}
	return r;
}

int mark_each(struct store *s, mark_fn *fn, void *arg)
{
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = each_mark(c, fn, arg);
	reader_put(s, c);
	return r;
}

/* Marks are names of directories, and "PATH@MARK" is how commands are told of them. */
const char *mark_refuse(const char *name)
{
	static const char forbidden[] = "\\/:*?\"<>|@";
	size_t len = strlen(name), i;

	if (!name_is_valid(name, len))
		return "a name has 1 to 255 bytes, no slash, and is not . or ..";
	for (i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7F || strchr(forbidden, name[i]))
			return "none of \\ / : * ? \" < > | @ and no control characters";
	if (strchr(".-~#+ ", name[0]) || strchr(". ", name[len - 1]))
		return "it begins with none of . - ~ # + and blanks, and does not end in a dot or blank";
	if (strspn(name, "0123456789") == len)
		return "a number alone would be taken for a version";
	if (moment_is_words(name) || strncmp(name, "rev-", 4) == 0)
		return "it already means a moment";
	if (name_is_scratch(name))
		return "editors use such names for temporary files";
	return utf8_is_valid(name, len, NULL) ? NULL : "not UTF-8";
}

int txn_set_mark(struct txn *t, const char *name, int64_t rev)
{
	CLEANUP_STMT sqlite3_stmt *there = conn_stmt(t->c, SQL_MARK);
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_MARK_SET);
	int r;

	if (mark_refuse(name))
		return -EINVAL;
	bind_text(there, 1, name);
	r = stmt_row(there, "find a mark");
	if (r != 0)
		return r < 0 ? r : -EEXIST;
	bind_text(st, 1, name);
	sqlite3_bind_int64(st, 2, rev);
	sqlite3_bind_int64(st, 3, t->now);
	bind_text(st, 4, t->author);
	return stmt_run(st, "set a mark");
}

int txn_delete_mark(struct txn *t, const char *name)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(t->c, SQL_MARK_DELETE);
	int r;

	bind_text(st, 1, name);
	r = stmt_run(st, "delete a mark");
	if (r < 0)
		return r;
	return sqlite3_changes(t->c->db) > 0 ? 0 : -ENOENT;
}
