/*
 * What a sound database looks like, as queries that find where it does not. They scan tables: the check
 * looks at everything, once, and prepares them itself.
 */
#include "store_check_priv.h"
#include "store_moment_priv.h"

#define IS_DIR(mode)     "((" mode ") & 61440 = 16384)"
#define IS_FILE(mode)    "((" mode ") & 61440 = 32768)"
#define IS_SYMLINK(mode) "((" mode ") & 61440 = 40960)"

#define HAS_KIND "((mode & 61440) IN (4096, 8192, 16384, 24576, 32768, 40960, 49152))"

#define NAMES    "(SELECT count(*) FROM dentry WHERE inode = i.id)"
#define NO_NAMES "NOT EXISTS (SELECT 1 FROM dentry WHERE inode = i.id)"
#define SUBDIRS                                                                                            \
	"(SELECT count(*) FROM dentry d JOIN inode c ON c.id = d.inode WHERE d.parent = i.id AND " IS_DIR( \
		"c.mode") ")"

/* Each row: the directory and the name it is about, or else the inode; the text. */
const struct check_rule check_rules[] = {
	{ FINDING_DAMAGE, "root",
		"SELECT NULL, NULL, NULL, 'the root directory is missing' "
		"WHERE NOT EXISTS (SELECT 1 FROM inode WHERE id = 1 AND " IS_DIR("mode") ")" },
	{ FINDING_DAMAGE, "root",
		"SELECT parent, name, NULL, 'is another name of the root directory' "
		"FROM dentry WHERE inode = 1" },

	{ FINDING_DAMAGE, "number",
		"SELECT NULL, NULL, id, 'is a number that no inode can have' FROM inode "
		"WHERE id < 1 OR id >= 1 << 62" },
	{ FINDING_DAMAGE, "number",
		"SELECT NULL, NULL, NULL, 'the next number of ' || t.name || ' is lost, and ' || t.top || "
		"' is taken' FROM (SELECT 'inode' AS name, max(id) AS top FROM inode WHERE id < 1 << 62 "
		"UNION ALL SELECT 'body', ifnull(max(id), 0) FROM body UNION ALL "
		"SELECT 'place', max(1 << 40, ifnull(max(seq), 0)) FROM dentry WHERE seq < 1 << 62) t "
		"LEFT JOIN sqlite_sequence s ON s.name = t.name "
		"WHERE typeof(s.seq) <> 'integer' OR s.seq < t.top" },

	{ FINDING_DAMAGE, "mode",
		"SELECT NULL, NULL, id, 'its mode, ' || ifnull(mode, 'NULL') || ', is of no kind of file' "
		"FROM inode WHERE typeof(mode) <> 'integer' OR mode & ~65535 OR NOT " HAS_KIND },
	{ FINDING_DAMAGE, "mode",
		"SELECT NULL, NULL, id, 'has a text, but is no file' FROM inode WHERE body IS NOT NULL "
		"AND " HAS_KIND " AND NOT " IS_FILE("mode") },
	{ FINDING_DAMAGE, "mode",
		"SELECT NULL, NULL, id, 'has a target, but is no symbolic link' FROM inode "
		"WHERE target IS NOT NULL AND " HAS_KIND " AND NOT " IS_SYMLINK("mode") },
	{ FINDING_DAMAGE, "owner",
		"SELECT NULL, NULL, id, 'its owner, ' || uid || ':' || gid || ', cannot be one' FROM inode "
		"WHERE uid NOT BETWEEN 0 AND 4294967294 OR gid NOT BETWEEN 0 AND 4294967294" },

	{ FINDING_DAMAGE, "name",
		"SELECT parent, name, NULL, 'the name is not a legal one' FROM dentry "
		"WHERE name IN ('', '.', '..') OR instr(name, '/') OR length(CAST(name AS BLOB)) > 255 "
		"OR instr(CAST(name AS BLOB), x'00')" },
	{ FINDING_DAMAGE, "parent",
		"SELECT parent, name, NULL, 'directory ' || parent || ' is missing' "
		"FROM dentry d WHERE NOT EXISTS (SELECT 1 FROM inode WHERE id = d.parent)" },
	{ FINDING_DAMAGE, "parent",
		"SELECT d.parent, d.name, NULL, 'stands in what is no directory' "
		"FROM dentry d JOIN inode p ON p.id = d.parent WHERE NOT " IS_DIR("p.mode") },
	{ FINDING_DAMAGE, "inode",
		"SELECT parent, name, NULL, 'names inode ' || inode || ', which is missing' "
		"FROM dentry d WHERE NOT EXISTS (SELECT 1 FROM inode WHERE id = d.inode)" },
	{ FINDING_DAMAGE, "place",
		"SELECT parent, name, NULL, 'has no place in its directory' FROM dentry WHERE seq < 1" },
	/* the + keeps SQLite from searching by name, which is quadratic in a large directory */
	{ FINDING_DAMAGE, "place",
		"SELECT parent, name, NULL, 'has the place of another name' FROM dentry d WHERE EXISTS "
		"(SELECT 1 FROM dentry WHERE parent = d.parent AND seq = d.seq AND +name < d.name)" },
	{ FINDING_DAMAGE, "unreachable",
		"WITH RECURSIVE reached(id) AS (VALUES (1) UNION "
		"SELECT d.inode FROM reached r CROSS JOIN dentry d ON d.parent = r.id) "
		"SELECT NULL, NULL, i.id, 'the directory cannot be reached from the root' FROM inode i "
		"WHERE " IS_DIR("i.mode") " AND NOT " NO_NAMES
					  " AND i.id NOT IN (SELECT id FROM reached)" },

	{ FINDING_DAMAGE, "orphan",
		"SELECT NULL, NULL, i.id, 'has no name, though its link count is ' || "
		"i.nlink FROM inode i WHERE i.id <> 1 AND i.nlink <> 0 AND " NO_NAMES },
	{ FINDING_DAMAGE, "orphan",
		"SELECT NULL, NULL, i.id, 'has no name, but something is in it' FROM inode i "
		"WHERE i.id <> 1 AND i.nlink = 0 AND " NO_NAMES
		" AND EXISTS (SELECT 1 FROM dentry WHERE parent = i.id)" },
	{ FINDING_DAMAGE, "links",
		"SELECT NULL, NULL, i.id, 'has ' || " NAMES " || ' names, but its link "
		"count is ' || i.nlink FROM inode i WHERE NOT " IS_DIR(
			"i.mode") " AND NOT " NO_NAMES " AND i.nlink <> " NAMES },
	{ FINDING_DAMAGE, "links",
		"SELECT NULL, NULL, i.id, 'the directory has ' || " NAMES " || ' names' "
		"FROM inode i WHERE i.id <> 1 AND " IS_DIR("i.mode") " AND " NAMES " > 1" },
	{ FINDING_DAMAGE, "links",
		"SELECT NULL, NULL, i.id, 'the directory has ' || " SUBDIRS " || "
		"' subdirectories, but its link count is ' || i.nlink FROM inode i WHERE " IS_DIR(
			"i.mode") " AND (i.id = 1 OR NOT " NO_NAMES
				  ") AND i.nlink <> 2 + " SUBDIRS },
	{ FINDING_NOTE, "unlinked",
		"SELECT NULL, NULL, NULL, count(*) || iif(count(*) = 1, ' file', "
		"' files') || ' without a name, in use or waiting to be removed' FROM inode i "
		"WHERE i.nlink = 0 AND " NO_NAMES " HAVING count(*) > 0" },

	{ FINDING_DAMAGE, "text",
		"SELECT NULL, NULL, i.id, 'the text is missing' FROM inode i "
		"WHERE i.body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM body WHERE id = i.body)" },
	{ FINDING_DAMAGE, "text",
		"SELECT NULL, NULL, i.id, 'has the text of another file' FROM inode i "
		"WHERE i.nlink > 0 AND EXISTS (SELECT 1 FROM revision r WHERE r.body = i.body) AND NOT EXISTS "
		"(SELECT 1 FROM revision r WHERE r.body = i.body AND r.inode = i.id)" },
	{ FINDING_DAMAGE, "size",
		"SELECT NULL, NULL, i.id, 'has ' || coalesce(length(b.data), 0) || "
		"' bytes, but its size says ' || i.size FROM inode i LEFT JOIN body b ON b.id = i.body "
		"WHERE " IS_FILE("i.mode") " AND i.size <> coalesce(length(b.data), 0) "
					   "AND (i.body IS NULL OR b.id IS NOT NULL)" },
	{ FINDING_DAMAGE, "size",
		"SELECT NULL, NULL, id, 'the symbolic link has ' || "
		"coalesce(length(CAST(target AS BLOB)) || ' bytes, but its size says ' || size, 'no target') "
		"FROM inode WHERE " IS_SYMLINK(
			"mode") " AND size IS NOT length(CAST(target AS BLOB))" },
	{ FINDING_DAMAGE, "size",
		"SELECT NULL, NULL, id, 'is no file, but its size says ' || size FROM inode "
		"WHERE size <> 0 AND NOT " IS_FILE("mode") " AND NOT " IS_SYMLINK("mode") },
	{ FINDING_DAMAGE, "search",
		"SELECT NULL, NULL, id, 'the search index holds a text of it that is missing; ''planfs reindex'' makes it anew' "
		"FROM inode i WHERE indexed > 0 AND NOT EXISTS (SELECT 1 FROM body WHERE id = i.indexed)" },
	{ FINDING_DAMAGE, "search",
		"SELECT NULL, NULL, NULL, 'the search index holds a text of inode ' || g.inode || "
		"iif(i.id IS NULL, ', and the text is missing; ', ', which was deleted, and is there; ') || "
		"'''planfs reindex'' makes it anew' FROM search_gone g LEFT JOIN body b ON b.id = g.body "
		"LEFT JOIN inode i ON i.id = g.inode WHERE (b.id IS NULL AND g.body NOT NULL) OR i.id NOT NULL" },
	{ FINDING_DAMAGE, "xattr",
		"SELECT NULL, NULL, NULL, 'attribute ' || name || ' belongs to inode ' "
		"|| inode || ', which is missing' FROM xattr x WHERE NOT EXISTS "
		"(SELECT 1 FROM inode WHERE id = x.inode)" },
	{ FINDING_DAMAGE, "version",
		"SELECT parent, name, NULL, 'the text of version ' || rev || ' is missing' "
		"FROM revision r WHERE body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM body WHERE id = r.body)" },
	{ FINDING_DAMAGE, "version",
		"SELECT r.parent, r.name, NULL, 'version ' || r.rev || ' has ' || length(b.data) || "
		"' bytes, but its size says ' || r.size FROM revision r JOIN body b ON b.id = r.body "
		"WHERE r.size <> length(b.data)" },
	{ FINDING_DAMAGE, "version",
		"SELECT parent, name, NULL, 'version ' || rev || ' is of an unknown "
		"kind, ' || op FROM revision WHERE op NOT IN ('create', 'save', 'rename', 'link', 'attr', "
		"'remove')" },
	{ FINDING_NOTE, "unused",
		"SELECT NULL, NULL, NULL, count(*) || iif(count(*) = 1, ' text', ' texts') "
		"|| ' without a file or a version that needs it' FROM body b WHERE NOT EXISTS (SELECT 1 FROM revision WHERE body = b.id) "
		"AND b.id NOT IN (SELECT body FROM inode WHERE body NOT NULL UNION ALL SELECT indexed FROM inode "
		"WHERE indexed NOT NULL UNION ALL SELECT body FROM search_gone WHERE body NOT NULL) HAVING count(*) > 0" },

	{ FINDING_NOTE, "history", check_history_names },
	{ FINDING_NOTE, "history", check_history_files },

	{ FINDING_WARNING, "metadata",
		"SELECT p.inode, m.name, NULL, 'is not a JSON object, so the plan has "
		"no metadata' FROM plan_dir p CROSS JOIN dentry m ON m.parent = p.inode AND m.name = 'plan.json' "
		"CROSS JOIN inode i ON i.id = m.inode LEFT JOIN body b ON b.id = i.body "
		"WHERE " IS_FILE(
			"i.mode") " AND CASE WHEN json_valid(CAST(b.data AS TEXT)) "
				  "THEN json_type(CAST(b.data AS TEXT)) END IS NOT 'object'" },
	{ 0 },
};

const char check_sections[] =
	"SELECT p.inode, f.name, b.data FROM plan_dir p "
	"CROSS JOIN dentry f ON f.parent = p.inode CROSS JOIN inode i ON i.id = f.inode "
	"CROSS JOIN body b ON b.id = i.body WHERE f.name GLOB '?*.txt' AND f.name NOT GLOB '[.#~]*' "
	"AND " IS_FILE("i.mode");

const char check_names[] = "SELECT parent, name FROM dentry";

const char check_bodies[] = "SELECT id, hash, data FROM body WHERE hash IS NOT NULL";

const char check_owner[] =
	"SELECT * FROM (SELECT d.parent, d.name, 0 FROM inode i "
	"JOIN dentry d ON d.inode = i.id WHERE i.body = ?1 LIMIT 1) UNION ALL "
	"SELECT * FROM (SELECT parent, name, rev FROM revision WHERE body = ?1 ORDER BY rev LIMIT 1)";

const char check_versions[] =
	"SELECT r.rev, b.hash, b.data FROM revision r JOIN body b ON b.id = r.body "
	"WHERE r.parent = ?1 AND r.name = ?2 AND r.body <> ?3 ORDER BY r.rev DESC";

/* Not the lists that ANALYZE makes, and not what belongs to SQLite. */
const char schema_objects[] = "SELECT type, name, sql FROM sqlite_schema "
			      "WHERE sql NOT NULL AND name NOT GLOB 'sqlite_*' ORDER BY rowid";
