/*
 * The history must end in the present tree, or the latest moment would be one that never was: what a database of the
 * first schema did not record, what a daemon that died had stored as a part of a text, and what a repair or a
 * program without triggers changed is recorded here.
 */
#include "store_moment_priv.h"

#include "planfs/name.h"

#include <errno.h>

#define NOW          "(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000)"
#define IS_DIR(mode) "((" mode ") & 61440 = 16384)"
#define COLUMNS                                                                                    \
	"(time, author, op, parent, name, inode, mode, uid, gid, size, mtime, body, target, "      \
	"dir_mtime, nlink)"
#define NAMES             "CASE WHEN NOT " IS_DIR("i.mode") " AND i.nlink > 1 THEN i.nlink END"
#define DIR_MTIME(parent) "(SELECT mtime FROM inode WHERE id = " parent ")"

/* What the history has, and the tree has not. */
#define GONE                                                                                               \
	"FROM (SELECT max(rev) AS rev FROM revision GROUP BY parent, name) l JOIN revision r USING (rev) " \
	"LEFT JOIN dentry d ON d.parent = r.parent AND d.name = r.name "                                   \
	"WHERE r.op <> 'remove' AND r.parent <> 0 AND d.inode IS NULL AND NOT name_is_scratch(r.name)"

/* @p is the last row of the place, @n the last one of what stands there. */
#define PRESENT                                                                                    \
	"FROM dentry d JOIN inode i ON i.id = d.inode LEFT JOIN revision p ON p.rev = "            \
	"(SELECT max(rev) FROM revision WHERE parent = d.parent AND name = d.name) "               \
	"LEFT JOIN revision n ON n.rev = (SELECT max(rev) FROM revision WHERE inode = i.id) "
#define IS_ELSEWHERE "(p.rev IS NULL OR p.op = 'remove' OR p.inode <> i.id)"
#define IS_DIFFERENT                                                                               \
	"((n.mode, n.uid, n.gid, n.body, n.target) IS NOT (i.mode, i.uid, i.gid, i.body, "         \
	"i.target) OR (n.mtime <> i.mtime AND NOT " IS_DIR("i.mode") "))"

const char mend_history_names[] =
	"INSERT INTO revision " COLUMNS " SELECT " NOW
	", 'planfs', 'remove', r.parent, r.name, r.inode, r.mode, r.uid, r.gid, r.size, r.mtime, "
	"r.body, r.target, " DIR_MTIME("r.parent") ", r.nlink " GONE;

#define RECORD                                                                                     \
	"INSERT INTO revision " COLUMNS " SELECT " NOW                                             \
	", 'planfs', CASE WHEN p.rev IS NULL THEN 'create' WHEN " IS_ELSEWHERE                     \
	" THEN 'rename' WHEN n.body IS NOT i.body THEN 'save' ELSE 'attr' END, d.parent, d.name, " \
	"i.id, i.mode, i.uid, i.gid, i.size, i.mtime, i.body, i.target, "                          \
	"CASE WHEN " IS_ELSEWHERE " THEN " DIR_MTIME("d.parent") " END, " NAMES " " PRESENT

const char mend_history_files[] =
	RECORD "WHERE NOT name_is_scratch(d.name) AND (" IS_ELSEWHERE " OR " IS_DIFFERENT ")";

/* Before step 3, nobody counted the names of a file. */
const char mend_history_first[] =
	RECORD "WHERE NOT name_is_scratch(d.name) AND (" IS_ELSEWHERE " OR " IS_DIFFERENT
	       " OR (i.nlink > 1 AND NOT " IS_DIR("i.mode") "))";

#define COUNT(one, more)                                                                           \
	"SELECT NULL, NULL, NULL, count(*) || iif(count(*) = 1, ' name " one "', ' names " more    \
	"') "
const char check_history_names[] = COUNT("of the history that is not there any more",
	"of the history that are not there any more") GONE " HAVING count(*) > 0";
const char check_history_files[] = COUNT(
	"without its present state in the history", "without their present state in the history")
	PRESENT "WHERE NOT name_is_scratch(d.name) AND (" IS_ELSEWHERE " OR " IS_DIFFERENT
		") HAVING count(*) > 0";

static void is_scratch(sqlite3_context *context, int n, sqlite3_value **values)
{
	const char *name = (const char *)sqlite3_value_text(values[0]);

	(void)n;
	if (name)
		sqlite3_result_int(context, name_is_scratch(name));
	else
		sqlite3_result_error_nomem(context);
}

int moment_functions(sqlite3 *db)
{
	int rc = sqlite3_create_function(db, "name_is_scratch", 1,
		SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, is_scratch, NULL,
		NULL);

	return rc == SQLITE_OK ? 0 : sqlite_errno(db);
}
