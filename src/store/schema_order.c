/*
 * Step 2 of the schema: every name has a place in its directory that it keeps as long as it is there, so that
 * a listing can be interrupted and go on, and the kernel may keep listings, without the daemon remembering
 * anything. A file that is made takes the number of its inode; other places have a sequence of their own, from 2^40
 * on, which no inode reaches. (AUTOINCREMENT writes the number of its table back at the end of a statement, so
 * that triggers cannot raise that one.) And a note of the requests that changed names last, so that one that is sent again after
 * the death of a daemon is not done twice. See docs/schema.md.
 */
#include "store_priv.h"

// clang-format off

#define NOW "(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000)"
#define NAME_RULE \
	"  SELECT RAISE(ABORT, 'a name has 1 to 255 bytes, no slash, no NUL, and is not . or ..')\n" \
	"    WHERE NOT (length(CAST(NEW.name AS BLOB)) BETWEEN 1 AND 255 AND NEW.name NOT IN ('.', '..')\n" \
	"      AND instr(NEW.name, '/') = 0 AND instr(CAST(NEW.name AS BLOB), x'00') = 0);\n"

/* Names that were there before come in their byte order. */
static const char places[] =
	"DROP TRIGGER dentry_rename;\n"
	"ALTER TABLE dentry ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;\n"
	"UPDATE dentry SET seq = o.n FROM (SELECT parent AS p, name AS m, row_number() OVER\n"
	"    (ORDER BY parent, name) AS n FROM dentry) o WHERE parent = o.p AND name = o.m;\n"
	"UPDATE dentry SET seq = seq + (1 << 40);\n"
	"INSERT INTO sqlite_sequence (name, seq) SELECT 'place', (1 << 40) + count(*) FROM dentry;\n"
	"CREATE INDEX dentry_order ON dentry(parent, seq, inode);\n"; /* all that a listing needs */

/* As in step 1, but the columns are named. */
static const char makers[] =
	"DROP TRIGGER sql_mkdir_insert;\n"
	"CREATE TRIGGER sql_mkdir_insert INSTEAD OF INSERT ON sql_mkdir\n"
	"WHEN NOT EXISTS (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name)\n"
	"BEGIN\n"
	NAME_RULE
	"  INSERT INTO inode (mode, uid, gid, nlink, atime, mtime, ctime, btime)\n"
	"    SELECT mode, uid, gid, 2, " NOW ", " NOW ", " NOW ", " NOW " FROM inode WHERE id = NEW.parent;\n"
	"  INSERT INTO dentry (parent, name, inode)\n"
	"    VALUES (NEW.parent, NEW.name, (SELECT max(id) FROM inode));\n"
	"END;\n"

	"DROP TRIGGER sql_put_insert;\n"
	"CREATE TRIGGER sql_put_insert INSTEAD OF INSERT ON sql_put\n"
	"BEGIN\n"
	NAME_RULE
	"  INSERT INTO inode (mode, uid, gid, nlink, atime, mtime, ctime, btime)\n"
	"    SELECT 32768 | (mode & 438), uid, gid, 0, " NOW ", " NOW ", " NOW ", " NOW "\n"
	"    FROM inode WHERE id = NEW.parent AND NOT EXISTS\n"
	"      (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name);\n"
	"  INSERT INTO body (data) SELECT CAST(NEW.data AS BLOB)\n"
	"    WHERE length(CAST(NEW.data AS BLOB)) > 0 AND CAST(NEW.data AS BLOB) IS NOT (SELECT b.data\n"
	"      FROM dentry d JOIN inode i ON i.id = d.inode JOIN body b ON b.id = i.body\n"
	"      WHERE d.parent = NEW.parent AND d.name = NEW.name);\n"
	"  UPDATE inode SET size = length(CAST(NEW.data AS BLOB)), mtime = " NOW ", ctime = " NOW ",\n"
	"      body = CASE WHEN length(CAST(NEW.data AS BLOB)) > 0 THEN (SELECT max(id) FROM body) END\n"
	"    WHERE id = coalesce((SELECT inode FROM dentry WHERE parent = NEW.parent AND name = NEW.name),\n"
	"        (SELECT max(id) FROM inode)) AND CAST(NEW.data AS BLOB) IS NOT\n"
	"      coalesce((SELECT data FROM body WHERE id = inode.body), x'');\n"
	"  INSERT INTO dentry (parent, name, inode)\n"
	"    SELECT NEW.parent, NEW.name, (SELECT max(id) FROM inode) WHERE NOT EXISTS\n"
	"    (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name);\n"
	"END;\n";

#define TAKE_PLACE \
	"  UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'place';\n" \
	"  UPDATE dentry SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'place')\n" \
	"    WHERE parent = NEW.parent AND name = NEW.name;\n"
#define COUNT_LINKS(id) \
	"  UPDATE inode SET ctime = " NOW ", nlink = (SELECT count(*) FROM dentry WHERE inode = inode.id)\n" \
	"    WHERE id = " id " AND mode & 61440 <> 16384;\n"
#define TOUCH_PARENT(parent, id, sign) \
	"  UPDATE inode SET mtime = " NOW ", ctime = " NOW ", nlink = nlink " sign "\n" \
	"    (SELECT mode & 61440 = 16384 FROM inode WHERE id = " id ") WHERE id = " parent " AND nlink > 0;\n"
#define RECORD(op, row) \
	"  INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime,\n" \
	"      body, target) SELECT " NOW ", 'sql', '" op "', " row ".parent, " row ".name, id, mode, uid,\n" \
	"      gid, size, mtime, body, target FROM inode WHERE id = " row ".inode;\n"

/* Who adds or moves a name by SQL gives it no place. A change of the place alone is no change of a name. */
static const char triggers[] =
	"CREATE TRIGGER dentry_place AFTER INSERT ON dentry WHEN NEW.seq = 0\n"
	"BEGIN\n"
	TAKE_PLACE
	"END;\n"
	"CREATE TRIGGER dentry_move AFTER UPDATE OF parent ON dentry WHEN OLD.parent <> NEW.parent\n"
	"BEGIN\n"
	TAKE_PLACE
	"END;\n"
	"CREATE TRIGGER dentry_rename AFTER UPDATE OF parent, name, inode ON dentry\n"
	"BEGIN\n"
	COUNT_LINKS("OLD.inode") TOUCH_PARENT("OLD.parent", "OLD.inode", "-") RECORD("remove", "OLD")
	COUNT_LINKS("NEW.inode") TOUCH_PARENT("NEW.parent", "NEW.inode", "+") RECORD("rename", "NEW")
	"END;\n";

static const char requests[] =
	"CREATE TABLE request (\n"
	"  slot INTEGER PRIMARY KEY,\n"
	"  session INTEGER NOT NULL,\n" /* the mount, whose requests are numbered */
	"  number INTEGER NOT NULL\n"
	") STRICT;\n";

// clang-format on

const char *const schema_order[] = { places, makers, triggers, requests, NULL };
