/*
 * Step 3 of the schema: what makes the revisions a history that can be asked. Who made a change with which program;
 * which text a save replaced without its writer having seen it; what a change of a name did to the time of
 * the directory; how many names the file has; indices to find the changes of an inode, those of the names
 * in a directory and those of a time; named moments. The triggers of other programs write the same. See docs/schema.md.
 */
#include "store_moment_priv.h"

// clang-format off

#define NOW "(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000)"
#define IS_DIR(mode) "((" mode ") & 61440 = 16384)"

static const char columns[] =
	"ALTER TABLE revision ADD COLUMN program TEXT;\n" /* NULL: not known */
	/* of the directory, when its names have changed; NULL: they have not */
	"ALTER TABLE revision ADD COLUMN dir_mtime INTEGER;\n"
	"ALTER TABLE revision ADD COLUMN conflict INTEGER;\n" /* the revision that the writer had not seen */
	"ALTER TABLE revision ADD COLUMN nlink INTEGER;\n"; /* names of a file after the change; NULL: one */

/*
 * What was recorded before does not say whether a save put another file into the place: it did when the row before
 * tells of another one, or of none.
 */
static const char times[] =
	"UPDATE revision SET dir_mtime = time WHERE op IN ('create', 'rename', 'link', 'remove');\n"
	"UPDATE revision SET dir_mtime = time FROM (SELECT rev AS at, inode AS what, lag(inode) OVER w AS was,\n"
	"    lag(op) OVER w AS before FROM revision WINDOW w AS (PARTITION BY parent, name ORDER BY rev))\n"
	"  WHERE rev = at AND op = 'save' AND (was IS NOT what OR before = 'remove');\n";

/* The number of the row ends each index. Rows that were loaded have the times of another database. */
static const char indices[] =
	"CREATE INDEX revision_inode ON revision(inode);\n"
	"CREATE INDEX inode_body ON inode(body) WHERE body IS NOT NULL;\n" /* a restored copy shares its text */
	"CREATE INDEX revision_dir ON revision(parent) WHERE dir_mtime IS NOT NULL;\n"
	"CREATE INDEX revision_time ON revision(time) WHERE ifnull(origin, 0) >= 0;\n"
	"CREATE INDEX revision_conflict ON revision(conflict) WHERE conflict IS NOT NULL;\n";

#define COLUMNS "(time, author, op, parent, name, inode, mode, uid, gid, size, mtime, body, base, target,\n" \
	"      dir_mtime, nlink)"
/* Names that have rows, or get one now: those of planfs's scratch files have none. */
#define NAMES(row, or) \
	"CASE WHEN NOT " IS_DIR(row "mode") " AND " row "nlink > 1 THEN (SELECT nullif(count(*), 1)\n" \
	"        FROM dentry d WHERE d.inode = " row "id AND (EXISTS (SELECT 1 FROM revision r WHERE r.parent = d.parent\n" \
	"        AND r.name = d.name AND r.inode = d.inode)" or ")) END"
#define OR_NEW " OR (d.parent, d.name) = (NEW.parent, NEW.name)"
#define COUNT_LINKS(id) \
	"  UPDATE inode SET ctime = " NOW ", nlink = (SELECT count(*) FROM dentry WHERE inode = inode.id)\n" \
	"    WHERE id = " id " AND NOT " IS_DIR("mode") ";\n"
#define TOUCH_PARENT(parent, id, sign) \
	"  UPDATE inode SET mtime = " NOW ", ctime = " NOW ", nlink = nlink " sign "\n" \
	"    (SELECT " IS_DIR("mode") " FROM inode WHERE id = " id ") WHERE id = " parent " AND nlink > 0;\n"
#define RECORD(op, row, or) \
	"  INSERT INTO revision " COLUMNS "\n" \
	"    SELECT " NOW ", 'sql', '" op "', " row ".parent, " row ".name, id, mode, uid, gid, size, mtime, body,\n" \
	"      NULL, target, " NOW ", " NAMES("inode.", or) " FROM inode WHERE id = " row ".inode;\n"

static const char name_triggers[] =
	"DROP TRIGGER dentry_insert;\n"
	"CREATE TRIGGER dentry_insert AFTER INSERT ON dentry\n"
	"BEGIN\n"
	COUNT_LINKS("NEW.inode") TOUCH_PARENT("NEW.parent", "NEW.inode", "+") RECORD("create", "NEW", OR_NEW)
	"END;\n"
	"DROP TRIGGER dentry_delete;\n"
	"CREATE TRIGGER dentry_delete AFTER DELETE ON dentry\n"
	"BEGIN\n"
	COUNT_LINKS("OLD.inode") TOUCH_PARENT("OLD.parent", "OLD.inode", "-") RECORD("remove", "OLD", "")
	"  UPDATE inode SET nlink = 0 WHERE id = OLD.inode AND " IS_DIR("mode") "\n"
	"    AND NOT EXISTS (SELECT 1 FROM dentry WHERE inode = OLD.inode);\n"
	"END;\n"
	"DROP TRIGGER dentry_rename;\n"
	"CREATE TRIGGER dentry_rename AFTER UPDATE OF parent, name, inode ON dentry\n"
	"BEGIN\n"
	COUNT_LINKS("OLD.inode") TOUCH_PARENT("OLD.parent", "OLD.inode", "-") RECORD("remove", "OLD", "")
	COUNT_LINKS("NEW.inode") TOUCH_PARENT("NEW.parent", "NEW.inode", "+") RECORD("rename", "NEW", OR_NEW)
	"END;\n";

#define ROOT_ROW(row) \
	"  INSERT INTO revision " COLUMNS "\n" \
	"    SELECT " NOW ", 'sql', 'attr', 0, '', 1, " row ".mode, " row ".uid, " row ".gid, 0, " row ".mtime, NULL,\n" \
	"      NULL, NULL, NULL, NULL WHERE NEW.id = 1"

/*
 * A directory in which a name changes gets a new ctime, too; a time that somebody sets does not. The root has no name;
 * with its first change comes a row about what it was before.
 */
static const char save_trigger[] =
	"DROP TRIGGER inode_save;\n"
	"CREATE TRIGGER inode_save AFTER UPDATE OF body, mode, uid, gid, target, mtime ON inode\n"
	"WHEN (OLD.body, OLD.mode, OLD.uid, OLD.gid, OLD.target)\n"
	"  IS NOT (NEW.body, NEW.mode, NEW.uid, NEW.gid, NEW.target)\n"
	"  OR (OLD.mtime <> NEW.mtime AND NOT (" IS_DIR("NEW.mode") " AND OLD.ctime <> NEW.ctime))\n"
	"BEGIN\n"
	"  INSERT INTO revision " COLUMNS "\n"
	"    SELECT " NOW ", 'sql', CASE WHEN OLD.body IS NEW.body THEN 'attr' ELSE 'save' END, f.parent, f.name,\n"
	"      NEW.id, NEW.mode, NEW.uid, NEW.gid, NEW.size, NEW.mtime, NEW.body, OLD.body, NEW.target,\n"
	"      NULL, " NAMES("NEW.", "") " FROM dentry f WHERE f.inode = NEW.id;\n"
	ROOT_ROW("OLD") " AND NOT EXISTS (SELECT 1 FROM revision WHERE inode = 1);\n"
	ROOT_ROW("NEW") ";\n"
	"END;\n";

static const char marks[] =
	"CREATE TABLE mark (\n"
	"  name TEXT PRIMARY KEY,\n"
	"  rev INTEGER NOT NULL,\n" /* the state after this revision */
	"  time INTEGER NOT NULL,\n"
	"  author TEXT NOT NULL\n"
	") STRICT, WITHOUT ROWID;\n";

// clang-format on

const char *const schema_history[] = { columns, times, indices, mend_history_names,
	mend_history_first, name_triggers, save_trigger, marks, NULL };
