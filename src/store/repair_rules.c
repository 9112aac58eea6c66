/*
 * What is mended by one statement: each rule finds rows, in the words that are told when they are mended, and
 * mends them. The order matters: what a rule makes sound is taken for granted by those below it.
 */
#include "store_check_priv.h"
#include "store_moment_priv.h"

#define IS_DIR(mode)     "((" mode ") & 61440 = 16384)"
#define IS_FILE(mode)    "((" mode ") & 61440 = 32768)"
#define IS_SYMLINK(mode) "((" mode ") & 61440 = 40960)"
#define HAS_KIND         "((mode & 61440) IN (4096, 8192, 16384, 24576, 32768, 40960, 49152))"
#define HAS_CHILDREN     "EXISTS (SELECT 1 FROM dentry WHERE parent = inode.id)"

#define LAST_TARGET                                                                                \
	"(SELECT r.target FROM revision r WHERE r.inode = inode.id AND r.target NOT NULL "         \
	"ORDER BY r.rev DESC LIMIT 1)"

#define GUESSED_KIND                                                                               \
	"(CASE WHEN " HAS_CHILDREN " THEN 16384 WHEN target NOT NULL THEN 40960 ELSE 32768 END)"

/* In a STRICT table only those who took the constraints away can have written anything else. */
#define VALUE(table, column, type, cast, otherwise)                                                \
	{                                                                                          \
		"value",                                                                           \
			"SELECT NULL, NULL, NULL, 'a " column " in " table " was no " type         \
			"' FROM " table " WHERE typeof(" column ") <> '" type "'",                 \
			"UPDATE " table " SET " column " = ifnull(CAST(" column " AS " cast        \
			"), " otherwise ") WHERE typeof(" column ") <> '" type "'"                 \
	}
#define INTEGER(table, column) VALUE(table, column, "integer", "INTEGER", "0")
#define OPTIONAL(table, column, type, cast)                                                        \
	{                                                                                          \
		"value",                                                                           \
			"SELECT NULL, NULL, NULL, 'a " column " in " table " was no " type         \
			"' FROM " table " WHERE typeof(" column ") NOT IN ('null', '" type "')",   \
			"UPDATE " table " SET " column " = CAST(" column " AS " cast               \
			") WHERE typeof(" column ") NOT IN ('null', '" type "')"                   \
	}

const struct repair_rule repair_values[] = {
	{ "value",
		"SELECT NULL, NULL, id, 'its mode was no number' FROM inode WHERE typeof(mode) <> 'integer'",
		"UPDATE inode SET mode = 33152 WHERE typeof(mode) <> 'integer'" },
	INTEGER("inode", "uid"),
	INTEGER("inode", "gid"),
	INTEGER("inode", "nlink"),
	INTEGER("inode", "size"),
	INTEGER("inode", "rdev"),
	INTEGER("inode", "atime"),
	INTEGER("inode", "mtime"),
	INTEGER("inode", "ctime"),
	INTEGER("inode", "btime"),
	OPTIONAL("inode", "body", "integer", "INTEGER"),
	OPTIONAL("inode", "target", "text", "TEXT"),
	OPTIONAL("inode", "indexed", "integer", "INTEGER"),
	VALUE("body", "data", "blob", "BLOB", "x''"),
	OPTIONAL("body", "hash", "blob", "BLOB"),
	INTEGER("dentry", "inode"),
	INTEGER("dentry", "seq"),
	VALUE("dentry", "name", "text", "TEXT", "'?'"),
	VALUE("xattr", "value", "blob", "BLOB", "x''"),
	INTEGER("revision", "time"),
	VALUE("revision", "author", "text", "TEXT", "'?'"),
	VALUE("revision", "op", "text", "TEXT", "'save'"),
	INTEGER("revision", "parent"),
	VALUE("revision", "name", "text", "TEXT", "'?'"),
	INTEGER("revision", "inode"),
	INTEGER("revision", "mode"),
	INTEGER("revision", "uid"),
	INTEGER("revision", "gid"),
	INTEGER("revision", "size"),
	INTEGER("revision", "mtime"),
	OPTIONAL("revision", "body", "integer", "INTEGER"),
	OPTIONAL("revision", "base", "integer", "INTEGER"),
	OPTIONAL("revision", "program", "text", "TEXT"),
	OPTIONAL("revision", "dir_mtime", "integer", "INTEGER"),
	OPTIONAL("revision", "conflict", "integer", "INTEGER"),
	OPTIONAL("revision", "nlink", "integer", "INTEGER"),
	{ 0 },
};

/* Of single inodes, before the tree is looked at. */
const struct repair_rule repair_inodes[] = {
	{ "root",
		"SELECT NULL, NULL, NULL, 'the root directory was missing; it was made anew' "
		"WHERE NOT EXISTS (SELECT 1 FROM inode WHERE id = 1)",
		"INSERT INTO inode (id, mode, uid, gid, nlink, atime, mtime, ctime, btime) "
		"SELECT 1, 16877, ?2, ?3, 2, ?1, ?1, ?1, ?1 WHERE NOT EXISTS (SELECT 1 FROM inode WHERE id = 1)" },
	{ "root",
		"SELECT NULL, NULL, 1, 'was no directory, and is one again' FROM inode "
		"WHERE id = 1 AND NOT " IS_DIR("mode"),
		"UPDATE inode SET mode = 16877 WHERE id = 1 AND NOT " IS_DIR("mode") },
	{ "root",
		"SELECT parent, name, NULL, 'was another name of the root directory; removed' "
		"FROM dentry WHERE inode = 1",
		"DELETE FROM dentry WHERE inode = 1" },

	{ "mode",
		"SELECT NULL, NULL, id, 'its mode, ' || mode || ', is of no kind; it is a ' || CASE " GUESSED_KIND
		" WHEN 16384 THEN 'directory' WHEN 40960 THEN 'symbolic link' ELSE 'file' END || ' now' "
		"FROM inode WHERE mode & ~65535 OR NOT " HAS_KIND,
		"UPDATE inode SET mode = mode & 4095 | 384 | " GUESSED_KIND
		" WHERE mode & ~65535 OR NOT " HAS_KIND },
	{ "mode",
		"SELECT NULL, NULL, id, 'has entries and no text: it is a directory again' FROM inode "
		"WHERE NOT " IS_DIR(
			"mode") " AND body IS NULL AND target IS NULL AND " HAS_CHILDREN,
		"UPDATE inode SET mode = mode & 4095 | 16384 | 448 WHERE NOT " IS_DIR(
			"mode") " AND body IS NULL AND target IS NULL AND " HAS_CHILDREN },
	{ "mode",
		"SELECT NULL, NULL, id, 'has a text, and nothing that speaks against a file: it is one again' "
		"FROM inode WHERE body IS NOT NULL AND NOT " IS_FILE(
			"mode") " AND id <> 1 AND target IS NULL AND NOT " HAS_CHILDREN,
		"UPDATE inode SET mode = mode & 4095 | 32768 WHERE body IS NOT NULL AND NOT " IS_FILE(
			"mode") " AND id <> 1 AND target IS NULL AND NOT " HAS_CHILDREN },
	{ "mode",
		"SELECT NULL, NULL, id, 'has a target and no text: it is a symbolic link again' FROM inode "
		"WHERE target IS NOT NULL AND body IS NULL AND NOT " IS_SYMLINK(
			"mode") " AND NOT " IS_DIR("mode"),
		"UPDATE inode SET mode = mode & 4095 | 40960 "
		"WHERE target IS NOT NULL AND body IS NULL AND NOT " IS_SYMLINK(
			"mode") " AND NOT " IS_DIR("mode") },
	{ "mode",
		"SELECT NULL, NULL, id, 'is no symbolic link; its target, ' || target || ', was dropped' "
		"FROM inode WHERE target IS NOT NULL AND NOT " IS_SYMLINK("mode"),
		"UPDATE inode SET target = NULL WHERE target IS NOT NULL AND NOT " IS_SYMLINK(
			"mode") },
	{ "mode",
		"SELECT NULL, NULL, id, 'the symbolic link had lost its target; it has that of the history' "
		"FROM inode WHERE target IS NULL AND " IS_SYMLINK("mode") " AND " LAST_TARGET
									  " NOT NULL",
		"UPDATE inode SET target = " LAST_TARGET
		" WHERE target IS NULL AND " IS_SYMLINK("mode") },
	{ "mode",
		"SELECT NULL, NULL, id, 'the symbolic link had lost its target; it is an empty file now' "
		"FROM inode WHERE target IS NULL AND " IS_SYMLINK("mode"),
		"UPDATE inode SET mode = 33188, size = 0 WHERE target IS NULL AND " IS_SYMLINK(
			"mode") },
	{ "owner",
		"SELECT NULL, NULL, id, 'had the owner ' || uid || ':' || gid || '; it has that of the root' "
		"FROM inode WHERE uid NOT BETWEEN 0 AND 4294967294 OR gid NOT BETWEEN 0 AND 4294967294",
		"UPDATE inode SET uid = ?2, gid = ?3 "
		"WHERE uid NOT BETWEEN 0 AND 4294967294 OR gid NOT BETWEEN 0 AND 4294967294" },
	{ 0 },
};

/* Names that stand where no name can, before the tree is put together. */
const struct repair_rule repair_places[] = {
	{ "parent",
		"SELECT d.parent, d.name, NULL, 'stood in what is no directory' "
		"FROM dentry d JOIN inode p ON p.id = d.parent WHERE NOT " IS_DIR("p.mode"),
		"DELETE FROM dentry WHERE parent IN (SELECT id FROM inode WHERE NOT " IS_DIR(
			"mode") ")" },
	{ 0 },
};

#define GOOD_BODY                                                                                  \
	"(SELECT body FROM revision r WHERE r.inode = inode.id AND r.body NOT NULL AND "           \
	"EXISTS (SELECT 1 FROM body WHERE id = r.body) ORDER BY r.rev DESC LIMIT 1)"
#define GOOD_REV                                                                                   \
	"(SELECT rev FROM revision r WHERE r.inode = inode.id AND r.body NOT NULL AND "            \
	"EXISTS (SELECT 1 FROM body WHERE id = r.body) ORDER BY r.rev DESC LIMIT 1)"
#define LOST_BODY "body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM body WHERE id = inode.body)"

#define SUBDIRS                                                                                                \
	"(SELECT count(*) FROM dentry d JOIN inode c ON c.id = d.inode WHERE d.parent = inode.id AND " IS_DIR( \
		"c.mode") ")"
#define LINKS    "(CASE WHEN " IS_DIR("mode") " THEN 2 + " SUBDIRS " ELSE " DENTRIES " END)"
#define DENTRIES "(SELECT count(*) FROM dentry d WHERE d.inode = inode.id)"
#define WRONG_LINKS                                                                                \
	"(id = 1 OR EXISTS (SELECT 1 FROM dentry d WHERE d.inode = inode.id)) AND nlink <> " LINKS
#define TRUE_SIZE                                                                                  \
	"(CASE WHEN " IS_FILE(                                                                     \
		"mode") " THEN ifnull((SELECT length(data) FROM body WHERE "                       \
			"id = inode.body), 0) WHEN " IS_SYMLINK(                                   \
				"mode") " THEN length(CAST(target AS BLOB)) ELSE 0 END)"

#define OF_ANOTHER                                                                                 \
	"EXISTS (SELECT 1 FROM revision r WHERE r.body = inode.body) AND NOT EXISTS "              \
	"(SELECT 1 FROM revision r WHERE r.body = inode.body AND r.inode = inode.id)"

#define NO_PLACE                                                                                   \
	"(d.seq < 1 OR EXISTS (SELECT 1 FROM dentry e WHERE e.parent = d.parent "                  \
	"AND e.seq = d.seq AND +e.name < d.name))"
#define HIGHEST                                                                                    \
	"(SELECT max(1 << 40, ifnull(max(seq), 0), (SELECT max(seq) FROM dentry)) "                \
	"FROM sqlite_sequence WHERE name = 'place')"

/* What follows from the rest, when that is sound. */
const struct repair_rule repair_sums[] = {
	{ "text",
		"SELECT NULL, NULL, id, 'had the text of another file; it has that of version ' || " GOOD_REV
		" || ' now' FROM inode WHERE " OF_ANOTHER " AND " GOOD_REV " NOT NULL",
		"UPDATE inode SET body = " GOOD_BODY " WHERE " OF_ANOTHER " AND " GOOD_REV
		" NOT NULL" },
	{ "text",
		"SELECT d.parent, d.name, NULL, 'has the text of another file, and no version of its own; this one "
		"is recorded as one now' FROM dentry d JOIN inode ON inode.id = d.inode WHERE " OF_ANOTHER,
		"INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime, body) "
		"SELECT ?1, 'planfs repair', 'link', d.parent, d.name, inode.id, mode, uid, gid, size, mtime, body "
		"FROM dentry d JOIN inode ON inode.id = d.inode WHERE " OF_ANOTHER },
	{ "text",
		"SELECT NULL, NULL, id, 'its text was missing; it has that of version ' || " GOOD_REV
		" || ' now' FROM inode WHERE " LOST_BODY " AND " GOOD_REV " NOT NULL",
		"UPDATE inode SET body = " GOOD_BODY " WHERE " LOST_BODY " AND " GOOD_REV
		" NOT NULL" },
	{ "text",
		"SELECT NULL, NULL, id, 'its text is lost, and no version has one; it is empty now' FROM inode "
		"WHERE " LOST_BODY,
		"UPDATE inode SET body = NULL WHERE " LOST_BODY },
	{ "size",
		"SELECT NULL, NULL, id, 'its size said ' || size || ', and is ' || " TRUE_SIZE
		" FROM inode WHERE size <> " TRUE_SIZE,
		"UPDATE inode SET size = " TRUE_SIZE " WHERE size <> " TRUE_SIZE },
	{ "xattr",
		"SELECT NULL, NULL, NULL, 'attribute ' || name || ' of inode ' || inode || ', which is "
		"missing, was removed' FROM xattr WHERE NOT EXISTS (SELECT 1 FROM inode WHERE id = xattr.inode)",
		"DELETE FROM xattr WHERE NOT EXISTS (SELECT 1 FROM inode WHERE id = xattr.inode)" },
	{ "version",
		"SELECT parent, name, NULL, 'version ' || rev || ' was of an unknown kind, ' || op FROM revision "
		"WHERE op NOT IN ('create', 'save', 'rename', 'link', 'attr', 'remove')",
		"UPDATE revision SET op = 'save' "
		"WHERE op NOT IN ('create', 'save', 'rename', 'link', 'attr', 'remove')" },
	{ "version",
		"SELECT r.parent, r.name, NULL, 'the size of version ' || r.rev || ' said ' || r.size || "
		"', and is ' || length(b.data) FROM revision r JOIN body b ON b.id = r.body "
		"WHERE r.size <> length(b.data)",
		"UPDATE revision SET size = (SELECT length(data) FROM body WHERE id = revision.body) "
		"WHERE size <> (SELECT length(data) FROM body WHERE id = revision.body)" },
	{ "links",
		"SELECT NULL, NULL, id, 'its link count said ' || nlink || ', and is ' || " LINKS
		" FROM inode WHERE " WRONG_LINKS,
		"UPDATE inode SET nlink = " LINKS " WHERE " WRONG_LINKS },
	{ "number",
		"SELECT NULL, NULL, NULL, 'the next number of ' || t.name || ' was lost' FROM "
		"(SELECT 'inode' AS name, max(id) AS top FROM inode UNION ALL "
		"SELECT 'body', ifnull(max(id), 0) FROM body UNION ALL "
		"SELECT 'place', max(1 << 40, ifnull(max(seq), 0)) FROM dentry) t "
		"LEFT JOIN sqlite_sequence s ON s.name = t.name "
		"WHERE typeof(s.seq) <> 'integer' OR s.seq < t.top",
		"DELETE FROM sqlite_sequence WHERE name IN ('inode', 'body', 'place') AND (typeof(seq) <> 'integer' OR "
		"seq < CASE name WHEN 'inode' THEN (SELECT max(id) FROM inode) WHEN 'body' THEN (SELECT max(id) FROM body) "
		"ELSE (SELECT max(1 << 40, ifnull(max(seq), 0)) FROM dentry) END)" },
	{ "place",
		"SELECT parent, name, NULL, 'had no place of its own in its directory' FROM dentry d "
		"WHERE " NO_PLACE,
		"UPDATE dentry SET seq = o.n FROM (SELECT parent AS p, name AS m, " HIGHEST
		" + row_number() OVER (ORDER BY parent, name) AS n FROM dentry d WHERE " NO_PLACE
		") o WHERE parent = o.p AND name = o.m" },
	{ 0 },
};

#define NOT_FOR_INDEX                                                                              \
	"indexed > 0 AND (SELECT length(data) > 4 << 20 OR instr(data, x'00') FROM body WHERE id = inode.indexed)"

/* What the search index is said to hold, and cannot be asked about. */
const struct repair_rule repair_held[] = {
	{ "search",
		"SELECT NULL, NULL, id, 'the search index held a text of it that is lost' FROM inode "
		"WHERE indexed > 0 AND NOT EXISTS (SELECT 1 FROM body WHERE id = inode.indexed)",
		"UPDATE inode SET indexed = NULL "
		"WHERE indexed > 0 AND NOT EXISTS (SELECT 1 FROM body WHERE id = inode.indexed)" },
	{ "search",
		"SELECT NULL, NULL, id, 'the search index was said to hold its text, which is binary or very long' "
		"FROM inode WHERE " NOT_FOR_INDEX,
		"UPDATE inode SET indexed = NULL WHERE " NOT_FOR_INDEX },
	{ "search",
		"SELECT NULL, NULL, NULL, 'the search index held a text of inode ' || inode || ' that is lost, or of a "
		"file that is there' FROM search_gone WHERE inode IN (SELECT id FROM inode) OR body NOT IN "
		"(SELECT id FROM body)",
		"DELETE FROM search_gone WHERE inode IN (SELECT id FROM inode) OR body NOT IN (SELECT id FROM body)" },
	{ 0 },
};

/* At the end: the latest moment is the tree as it is now. */
const struct repair_rule repair_history[] = {
	{ "history", check_history_names, mend_history_names },
	{ "history", check_history_files, mend_history_files },
	{ 0 },
};

const char repair_sequences[] =
	"INSERT INTO sqlite_sequence (name, seq) SELECT t.name, t.top FROM "
	"(SELECT 'inode' AS name, max(id) AS top FROM inode UNION ALL "
	"SELECT 'body', ifnull(max(id), 0) FROM body UNION ALL SELECT 'place', 1 << 40) t "
	"WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = t.name)";

const char repair_highest[] =
	"UPDATE sqlite_sequence SET seq = max(seq, (SELECT ifnull(max(seq), 1) FROM dentry)) "
	"WHERE name = 'place'";
