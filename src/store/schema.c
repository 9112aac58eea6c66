/*
 * The tables, the SQL views and the triggers that make the views writable; docs/schema.md explains
 * them. One step per user_version, each in one transaction; a released step is never edited.
 *
 * The triggers serve other programs (the sqlite3 shell): planfs itself switches triggers off on its
 * connections and writes the same rows with more knowledge (author, scratch names). They are plain
 * SQL, without functions of our own, so that every SQLite can run them.
 */
#include "store_moment_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NOW     "(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000)"
#define ISO(ns) "strftime('%Y-%m-%dT%H:%M:%fZ', " ns " / 1e9, 'unixepoch')"

#define IS_DIR(mode)  "((" mode ") & 61440 = 16384)"
#define IS_FILE(mode) "((" mode ") & 61440 = 32768)"

#define IS_YEAR(name)     "(" name " GLOB '[0-9][0-9][0-9][0-9]' OR " name " = '未知年份')"
#define IS_PLAN_DIR(name) "(" name " NOT GLOB '.*')"
#define IS_SECTION(name)  "(" name " GLOB '?*.txt' AND " name " NOT GLOB '[.#~]*')"

#define NAME_IS_VALID(name)                                                                        \
	"length(CAST(" name " AS BLOB)) BETWEEN 1 AND 255 AND " name " NOT IN ('.', '..') AND "    \
	"instr(" name ", '/') = 0 AND instr(CAST(" name " AS BLOB), x'00') = 0"
#define NAME_RULE  "a name has 1 to 255 bytes, no slash, no NUL, and is not . or .."
#define NAME_CHECK "CONSTRAINT \"" NAME_RULE "\" CHECK (" NAME_IS_VALID("name") ")"

static const char tables[] =
	"CREATE TABLE body (\n"
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
	"  hash BLOB,\n" /* XXH3-128, canonical; NULL when another program wrote the row */
	"  data BLOB NOT NULL\n"
	") STRICT;\n"

	"CREATE TABLE inode (\n"
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,\n" /* st_ino: stable, never reused */
	"  mode INTEGER NOT NULL,\n"                /* type and permissions, as st_mode */
	"  kind TEXT NOT NULL GENERATED ALWAYS AS (CASE mode & 61440 WHEN 16384 THEN 'dir' "
	"WHEN 32768 THEN 'file' WHEN 40960 THEN 'symlink' WHEN 4096 THEN 'fifo' "
	"WHEN 49152 THEN 'socket' WHEN 8192 THEN 'char' WHEN 24576 THEN 'block' END) VIRTUAL,\n"
	"  uid INTEGER NOT NULL,\n"
	"  gid INTEGER NOT NULL,\n"
	"  nlink INTEGER NOT NULL,\n" /* 0: unlinked, removed when nobody has it open */
	"  size INTEGER NOT NULL DEFAULT 0,\n"
	"  rdev INTEGER NOT NULL DEFAULT 0,\n"
	"  atime INTEGER NOT NULL,\n" /* nanoseconds since 1970 */
	"  mtime INTEGER NOT NULL,\n"
	"  ctime INTEGER NOT NULL,\n"
	"  btime INTEGER NOT NULL,\n"
	"  body INTEGER REFERENCES body(id),\n" /* NULL: empty */
	"  target TEXT\n"                       /* of a symlink */
	") STRICT;\n"
	"CREATE INDEX inode_unlinked ON inode(id) WHERE nlink = 0;\n"

	"CREATE TABLE dentry (\n"
	"  parent INTEGER NOT NULL REFERENCES inode(id),\n"
	"  name TEXT NOT NULL " NAME_CHECK ",\n"
	"  inode INTEGER NOT NULL REFERENCES inode(id),\n"
	"  PRIMARY KEY (parent, name)\n"
	") STRICT, WITHOUT ROWID;\n"
	"CREATE INDEX dentry_inode ON dentry(inode);\n"

	"CREATE TABLE xattr (\n"
	"  inode INTEGER NOT NULL REFERENCES inode(id),\n"
	"  name TEXT NOT NULL,\n"
	"  value BLOB NOT NULL,\n"
	"  PRIMARY KEY (inode, name)\n"
	") STRICT, WITHOUT ROWID;\n"

	"CREATE TABLE revision (\n"
	"  rev INTEGER PRIMARY KEY AUTOINCREMENT,\n"
	"  time INTEGER NOT NULL,\n" /* nanoseconds since 1970 */
	"  author TEXT NOT NULL,\n"
	"  op TEXT NOT NULL CHECK (op IN ('create', 'save', 'rename', 'link', 'attr', 'remove')),\n"
	"  parent INTEGER NOT NULL,\n"
	"  name TEXT NOT NULL,\n"
	"  inode INTEGER NOT NULL,\n"
	"  mode INTEGER NOT NULL,\n" /* this and the following: of the inode after the change */
	"  uid INTEGER NOT NULL,\n"
	"  gid INTEGER NOT NULL,\n"
	"  size INTEGER NOT NULL,\n"
	"  mtime INTEGER NOT NULL,\n"
	"  body INTEGER REFERENCES body(id),\n"
	"  base INTEGER,\n" /* the body that the writer had read; 0 or NULL: none */
	"  target TEXT,\n"
	"  origin INTEGER\n" /* the process that wrote it; NULL: a program other than planfs */
	") STRICT;\n"
	"CREATE INDEX revision_name ON revision(parent, name, rev);\n"
	"CREATE INDEX revision_body ON revision(body) WHERE body IS NOT NULL;\n"

	/* planfs takes numbers in advance by raising these */
	"INSERT INTO sqlite_sequence (name, seq) VALUES ('inode', 0), ('body', 0);\n";

/* What the triggers below have in common; nobody else needs these views. */
static const char helper_views[] =
	"CREATE VIEW sql_mkdir(parent, name) AS SELECT NULL, NULL WHERE 0;\n"
	"CREATE TRIGGER sql_mkdir_insert INSTEAD OF INSERT ON sql_mkdir\n"
	"WHEN NOT EXISTS (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name)\n"
	"BEGIN\n"
	"  SELECT RAISE(ABORT, '" NAME_RULE "') WHERE NOT (" NAME_IS_VALID(
		"NEW.name") ");\n"
			    "  INSERT INTO inode (mode, uid, gid, nlink, atime, mtime, ctime, btime)\n"
			    "    SELECT mode, uid, gid, 2, " NOW ", " NOW ", " NOW ", " NOW
			    " FROM inode WHERE id = NEW.parent;\n"
			    "  INSERT INTO dentry VALUES (NEW.parent, NEW.name, (SELECT max(id) FROM inode));\n"
			    "END;\n"

			    "CREATE VIEW sql_put(parent, name, data) AS SELECT NULL, NULL, NULL WHERE 0;\n"
			    "CREATE TRIGGER sql_put_insert INSTEAD OF INSERT ON sql_put\n"
			    "BEGIN\n"
			    "  SELECT RAISE(ABORT, '" NAME_RULE "') WHERE NOT (" NAME_IS_VALID(
				    "NEW.name") ");\n"
						"  INSERT INTO inode (mode, uid, gid, nlink, atime, mtime, ctime, btime)\n"
						"    SELECT 32768 | (mode & 438), uid, gid, 0, " NOW
						", " NOW ", " NOW ", " NOW "\n"
						"    FROM inode WHERE id = NEW.parent AND NOT EXISTS\n"
						"      (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name);\n"
						"  INSERT INTO body (data) SELECT CAST(NEW.data AS BLOB)\n"
						"    WHERE length(CAST(NEW.data AS BLOB)) > 0 AND CAST(NEW.data AS BLOB) IS NOT (SELECT b.data\n"
						"      FROM dentry d JOIN inode i ON i.id = d.inode JOIN body b ON b.id = i.body\n"
						"      WHERE d.parent = NEW.parent AND d.name = NEW.name);\n"
						"  UPDATE inode SET size = length(CAST(NEW.data AS BLOB)), mtime = " NOW
						", ctime = " NOW ",\n"
						"      body = CASE WHEN length(CAST(NEW.data AS BLOB)) > 0 THEN (SELECT max(id) FROM body) END\n"
						"    WHERE id = coalesce((SELECT inode FROM dentry WHERE parent = NEW.parent AND name = NEW.name),\n"
						"        (SELECT max(id) FROM inode)) AND CAST(NEW.data AS BLOB) IS NOT\n"
						"      coalesce((SELECT data FROM body WHERE id = inode.body), x'');\n"
						"  INSERT INTO dentry SELECT NEW.parent, NEW.name, (SELECT max(id) FROM inode) WHERE NOT EXISTS\n"
						"    (SELECT 1 FROM dentry WHERE parent = NEW.parent AND name = NEW.name);\n"
						"END;\n"

						"CREATE VIEW plan_dir(year, district, plan, inode) AS\n"
						"  SELECT y.name, d.name, p.name, p.inode FROM dentry y\n"
						"  CROSS JOIN dentry d ON d.parent = y.inode CROSS JOIN dentry p ON p.parent = d.inode\n"
						"  CROSS JOIN inode i ON i.id = p.inode\n"
						"  WHERE y.parent = 1 AND " IS_YEAR("y.name") " AND " IS_PLAN_DIR(
							"d.name") "\n"
								  "    AND " IS_PLAN_DIR("p.name") " AND " IS_DIR(
									  "i.mode") ";\n"

										    "CREATE VIEW district_dir(year, district, inode) AS\n"
										    "  SELECT y.name, d.name, d.inode FROM dentry y CROSS JOIN dentry d ON d.parent = y.inode\n"
										    "  CROSS JOIN inode i ON i.id = d.inode\n"
										    "  WHERE y.parent = 1 AND " IS_YEAR("y.name") " AND " IS_PLAN_DIR("d.name") " AND " IS_DIR(
											    "i.mode") ";\n"
												      "CREATE TRIGGER district_dir_insert INSTEAD OF INSERT ON district_dir\n"
												      "BEGIN\n"
												      "  SELECT RAISE(ABORT, 'year: four digits or 未知年份') WHERE NEW.year IS NULL\n"
												      "    OR NOT " IS_YEAR(
													      "NEW.year") ";\n"
															  "  SELECT RAISE(ABORT, 'district: a name that does not begin with a dot')\n"
															  "    WHERE NEW.district IS NULL OR NOT " IS_PLAN_DIR(
																  "NEW.district") ";\n"
																		  "  INSERT INTO sql_mkdir VALUES (1, NEW.year);\n"
																		  "  INSERT INTO sql_mkdir SELECT inode, NEW.district FROM dentry\n"
																		  "    WHERE parent = 1 AND name = NEW.year;\n"
																		  "END;\n"
																		  "CREATE TRIGGER plan_dir_insert INSTEAD OF INSERT ON plan_dir\n"
																		  "BEGIN\n"
																		  "  INSERT INTO district_dir (year, district) VALUES (NEW.year, NEW.district);\n"
																		  "  SELECT RAISE(ABORT, 'plan: a name that does not begin with a dot')\n"
																		  "    WHERE NEW.plan IS NULL OR NOT " IS_PLAN_DIR(
																			  "NEW.plan") ";\n"
																				      "  INSERT INTO sql_mkdir SELECT inode, NEW.plan FROM district_dir\n"
																				      "    WHERE year = NEW.year AND district = NEW.district;\n"
																				      "END;\n";

static const char section_view[] =
	"CREATE VIEW section(year, district, plan, name, body, size, mtime, inode) AS\n"
	"  SELECT p.year, p.district, p.plan, f.name, coalesce(CAST(b.data AS TEXT), ''), i.size,\n"
	"    " ISO(
		"i.mtime") ", i.id\n"
			   "  FROM plan_dir p CROSS JOIN dentry f ON f.parent = p.inode\n"
			   "  CROSS JOIN inode i ON i.id = f.inode LEFT JOIN body b ON b.id = i.body\n"
			   "  WHERE " IS_SECTION("f.name") " AND " IS_FILE(
				   "i.mode") ";\n"

					     "CREATE TRIGGER section_insert INSTEAD OF INSERT ON section\n"
					     "BEGIN\n"
					     "  SELECT RAISE(ABORT, 'section name: *.txt, not beginning with . # or ~')\n"
					     "    WHERE NEW.name IS NULL OR NOT " IS_SECTION(
						     "NEW.name") ";\n"
								 "  INSERT INTO plan_dir (year, district, plan) VALUES (NEW.year, NEW.district, NEW.plan);\n"
								 "  SELECT RAISE(ABORT, 'section exists') FROM plan_dir p JOIN dentry f ON f.parent = p.inode\n"
								 "    WHERE p.year = NEW.year AND p.district = NEW.district AND p.plan = NEW.plan\n"
								 "      AND f.name = NEW.name;\n"
								 "  INSERT INTO sql_put SELECT inode, NEW.name, coalesce(NEW.body, '') FROM plan_dir\n"
								 "    WHERE year = NEW.year AND district = NEW.district AND plan = NEW.plan;\n"
								 "END;\n"

								 "CREATE TRIGGER section_delete INSTEAD OF DELETE ON section\n"
								 "BEGIN\n"
								 "  DELETE FROM dentry WHERE name = OLD.name AND parent = (SELECT inode FROM plan_dir\n"
								 "    WHERE year = OLD.year AND district = OLD.district AND plan = OLD.plan);\n"
								 "END;\n"

								 "CREATE TRIGGER section_move INSTEAD OF UPDATE OF year, district, plan, name ON section\n"
								 "WHEN (OLD.year, OLD.district, OLD.plan, OLD.name)\n"
								 "  IS NOT (NEW.year, NEW.district, NEW.plan, NEW.name)\n"
								 "BEGIN\n"
								 "  SELECT RAISE(ABORT, 'section name: *.txt, not beginning with . # or ~')\n"
								 "    WHERE NEW.name IS NULL OR NOT " IS_SECTION(
									 "NEW.name") ";\n"
										     "  INSERT INTO plan_dir (year, district, plan) VALUES (NEW.year, NEW.district, NEW.plan);\n"
										     "  SELECT RAISE(ABORT, 'section exists') FROM plan_dir p JOIN dentry f ON f.parent = p.inode\n"
										     "    WHERE p.year = NEW.year AND p.district = NEW.district AND p.plan = NEW.plan\n"
										     "      AND f.name = NEW.name;\n"
										     "  UPDATE dentry SET name = NEW.name, parent = (SELECT inode FROM plan_dir\n"
										     "      WHERE year = NEW.year AND district = NEW.district AND plan = NEW.plan)\n"
										     "    WHERE name = OLD.name AND parent = (SELECT inode FROM plan_dir\n"
										     "      WHERE year = OLD.year AND district = OLD.district AND plan = OLD.plan);\n"
										     "END;\n"
										     "CREATE TRIGGER section_save INSTEAD OF UPDATE OF body ON section\n"
										     "BEGIN\n"
										     "  INSERT INTO sql_put SELECT d.parent, d.name, coalesce(NEW.body, '') FROM dentry d\n"
										     "    JOIN plan_dir p ON p.inode = d.parent WHERE d.inode = OLD.inode\n"
										     "      AND d.name IN (OLD.name, NEW.name) LIMIT 1;\n"
										     "END;\n"
										     "CREATE TRIGGER section_fixed INSTEAD OF UPDATE OF size, mtime, inode ON section\n"
										     "BEGIN\n"
										     "  SELECT RAISE(ABORT, 'size, mtime and inode follow from the text');\n"
										     "END;\n";

#define META "CASE WHEN json_valid(CAST(b.data AS TEXT)) THEN CAST(b.data AS TEXT) ELSE '{}' END"

static const char plan_view[] =
	"CREATE VIEW plan(year, district, name, title, kind, topic, source, meta, mtime, inode) AS\n"
	"  SELECT year, district, plan, json_extract(meta, '$.title'), json_extract(meta, '$.kind'),\n"
	"    json_extract(meta, '$.topic'), json_extract(meta, '$.source'), meta, mtime, inode\n"
	"  FROM (SELECT p.year, p.district, p.plan, " META " AS meta, " ISO(
		"i.mtime") " AS mtime, p.inode\n"
			   "    FROM plan_dir p CROSS JOIN inode i ON i.id = p.inode\n"
			   "    LEFT JOIN dentry m ON m.parent = p.inode AND m.name = 'plan.json'\n"
			   "    LEFT JOIN inode mi ON mi.id = m.inode LEFT JOIN body b ON b.id = mi.body);\n"

			   "CREATE TRIGGER plan_insert INSTEAD OF INSERT ON plan\n"
			   "BEGIN\n"
			   "  SELECT RAISE(ABORT, 'plan exists') FROM plan_dir\n"
			   "    WHERE year = NEW.year AND district = NEW.district AND plan = NEW.name;\n"
			   "  INSERT INTO plan_dir (year, district, plan) VALUES (NEW.year, NEW.district, NEW.name);\n"
			   "  UPDATE plan SET meta = coalesce(NEW.meta, '{}'), title = NEW.title, kind = NEW.kind,\n"
			   "      topic = NEW.topic, source = NEW.source\n"
			   "    WHERE year = NEW.year AND district = NEW.district AND name = NEW.name;\n"
			   "END;\n"

			   "CREATE TRIGGER plan_delete INSTEAD OF DELETE ON plan\n"
			   "BEGIN\n"
			   "  DELETE FROM dentry WHERE parent IN (WITH RECURSIVE below(id) AS (VALUES(OLD.inode)\n"
			   "    UNION SELECT d.inode FROM below JOIN dentry d ON d.parent = below.id) SELECT id FROM below);\n"
			   "  DELETE FROM dentry WHERE inode = OLD.inode;\n"
			   "END;\n"

			   "CREATE TRIGGER plan_move INSTEAD OF UPDATE OF year, district, name ON plan\n"
			   "WHEN (OLD.year, OLD.district, OLD.name) IS NOT (NEW.year, NEW.district, NEW.name)\n"
			   "BEGIN\n"
			   "  SELECT RAISE(ABORT, 'plan: a name that does not begin with a dot')\n"
			   "    WHERE NEW.name IS NULL OR NOT " IS_PLAN_DIR(
				   "NEW.name") ";\n"
					       "  INSERT INTO district_dir (year, district) VALUES (NEW.year, NEW.district);\n"
					       "  SELECT RAISE(ABORT, 'plan exists') FROM district_dir d JOIN dentry p ON p.parent = d.inode\n"
					       "    WHERE d.year = NEW.year AND d.district = NEW.district AND p.name = NEW.name;\n"
					       "  UPDATE dentry SET name = NEW.name, parent = (SELECT inode FROM district_dir\n"
					       "      WHERE year = NEW.year AND district = NEW.district) WHERE inode = OLD.inode;\n"
					       "END;\n"
					       "CREATE TRIGGER plan_meta INSTEAD OF UPDATE OF title, kind, topic, source, meta ON plan\n"
					       "BEGIN\n"
					       "  SELECT RAISE(ABORT, 'meta: not a JSON object')\n"
					       "    WHERE NOT json_valid(NEW.meta) OR json_type(NEW.meta) <> 'object';\n"
					       /* A column that was not set has its old value: only what differs goes into the new metadata. */
					       "  INSERT INTO sql_put VALUES (OLD.inode, 'plan.json', (WITH given(key, value, before) AS (VALUES\n"
					       "      ('title', NEW.title, OLD.title), ('kind', NEW.kind, OLD.kind),\n"
					       "      ('topic', NEW.topic, OLD.topic), ('source', NEW.source, OLD.source))\n"
					       "    SELECT json_patch(NEW.meta, json_group_object(key, CASE WHEN key = 'source' AND\n"
					       "      CASE WHEN json_valid(value) THEN json_type(value) END IN ('object', 'array')\n"
					       "      THEN json(value) ELSE value END)) FROM given WHERE value IS NOT before) || char(10));\n"
					       "END;\n"
					       "CREATE TRIGGER plan_fixed INSTEAD OF UPDATE OF mtime, inode ON plan\n"
					       "BEGIN\n"
					       "  SELECT RAISE(ABORT, 'mtime and inode follow from the files');\n"
					       "END;\n";

#define VERSION_COLUMNS                                                                            \
	"coalesce(CAST(b.data AS TEXT), ''), r.size, " ISO("r.mtime") ", r.parent, r.inode\n"
#define VERSION_FILTER                                                                             \
	IS_SECTION("r.name")                                                                       \
	" AND " IS_FILE(                                                                           \
		"r.mode") " AND r.op IN ('create', 'save', 'rename')\n"                            \
			  "    AND r.size > 0\n" /* a version is a text: what is created or cut empty waits for one */

static const char history_view[] =
	"CREATE VIEW history(rev, time, author, op, year, district, plan, name, body, size, mtime,\n"
	"    parent, inode) AS\n"
	"  SELECT r.rev, " ISO(
		"r.time") ", r.author, r.op, p.year, p.district, p.plan, r.name,\n"
			  "    " VERSION_COLUMNS
			  "  FROM plan_dir p CROSS JOIN revision r ON r.parent = p.inode LEFT JOIN body b ON b.id = r.body\n"
			  "  WHERE " VERSION_FILTER
			  "  UNION ALL\n" /* of plans that are no longer there */
			  "  SELECT r.rev, " ISO(
				  "r.time") ", r.author, r.op, NULL, NULL, NULL, r.name,\n"
					    "    " VERSION_COLUMNS
					    "  FROM revision r LEFT JOIN body b ON b.id = r.body\n"
					    "  WHERE " VERSION_FILTER
					    "    AND r.parent <> 1 AND NOT EXISTS (SELECT 1 FROM dentry WHERE inode = r.parent);\n";

#define RECORD(op, parent, name, inode)                                                                 \
	"  INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime,\n" \
	"      body, target) SELECT " NOW ", 'sql', " op ", " parent ", " name                          \
	", id, mode, uid, gid,\n"                                                                       \
	"      size, mtime, body, target FROM inode WHERE id = " inode ";\n"
#define TOUCH_PARENT(parent, inode, sign)                                                          \
	"  UPDATE inode SET mtime = " NOW ", ctime = " NOW ", nlink = nlink " sign                 \
	" (SELECT " IS_DIR("mode") " FROM inode WHERE id = " inode ") WHERE id = " parent          \
				   " AND nlink > 0;\n"
#define COUNT_LINKS(inode)                                                                         \
	"  UPDATE inode SET ctime = " NOW                                                          \
	", nlink = (SELECT count(*) FROM dentry WHERE inode = inode.id)\n"                         \
	"    WHERE id = " inode " AND NOT " IS_DIR("mode") ";\n"

static const char record_triggers[] =
	"CREATE TRIGGER dentry_insert AFTER INSERT ON dentry\n"
	"BEGIN\n" COUNT_LINKS("NEW.inode") TOUCH_PARENT("NEW.parent", "NEW.inode", "+") RECORD(
		"'create'", "NEW.parent", "NEW.name",
		"NEW.inode") "END;\n"
			     "CREATE TRIGGER dentry_delete AFTER DELETE ON dentry\n"
			     "BEGIN\n" COUNT_LINKS("OLD.inode") TOUCH_PARENT(
				     "OLD.parent", "OLD.inode", "-")
				     RECORD("'remove'", "OLD.parent", "OLD.name", "OLD.inode") "  UPDATE inode SET nlink = 0 WHERE id = OLD.inode AND " IS_DIR(
					     "mode") "\n"
						     "    AND NOT EXISTS (SELECT 1 FROM dentry WHERE inode = OLD.inode);\n"
						     "END;\n"
						     "CREATE TRIGGER dentry_rename AFTER UPDATE ON dentry\n"
						     "BEGIN\n" COUNT_LINKS(
							     "OLD.inode") TOUCH_PARENT("OLD.parent",
							     "OLD.inode", "-") RECORD("'remove'",
							     "OLD.parent", "OLD.name",
							     "OLD.inode") COUNT_LINKS("NEW.inode") TOUCH_PARENT("NEW.parent",
							     "NEW.inode", "+") RECORD("'rename'",
							     "NEW.parent", "NEW.name",
							     "NEW.inode") "END;\n"
									  "CREATE TRIGGER inode_save AFTER UPDATE OF body, mode, uid, gid, target ON inode\n"
									  "WHEN (OLD.body, OLD.mode, OLD.uid, OLD.gid, OLD.target)\n"
									  "  IS NOT (NEW.body, NEW.mode, NEW.uid, NEW.gid, NEW.target)\n"
									  "BEGIN\n"
									  "  INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime, body,\n"
									  "      base, target) SELECT " NOW
									  ", 'sql', CASE WHEN OLD.body IS NEW.body THEN 'attr' ELSE 'save' END,\n"
									  "      d.parent, d.name, NEW.id, NEW.mode, NEW.uid, NEW.gid, NEW.size, NEW.mtime, NEW.body,\n"
									  "      OLD.body, NEW.target FROM dentry d WHERE d.inode = NEW.id;\n"
									  "END;\n";

static const char *const step_1[] = { tables, helper_views, section_view, plan_view, history_view,
	record_triggers, NULL };

/* Entry N brings a database from version N to N + 1. */
static const char *const *const steps[] = { step_1, schema_order, schema_history, schema_search,
	schema_taken };

static int run_step(sqlite3 *db, size_t step)
{
	char pragma[64];
	size_t i;
	int rc = SQLITE_OK;

	for (i = 0; steps[step][i] && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(db, steps[step][i], NULL, NULL, NULL);
	if (rc == SQLITE_OK) {
		snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %zu", step + 1);
		rc = sqlite3_exec(db, pragma, NULL, NULL, NULL);
	}
	return rc;
}

/* The root directory belongs to whoever makes the database. */
static int insert_root(sqlite3 *db)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int rc;

	rc = sqlite3_prepare_v2(db,
		"INSERT INTO inode (id, mode, uid, gid, nlink, atime, mtime, ctime, btime) "
		"VALUES (1, ?1, ?2, ?3, 2, ?4, ?4, ?4, ?4)",
		-1, &st, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(st, 1, S_IFDIR | 0755);
	sqlite3_bind_int64(st, 2, getuid());
	sqlite3_bind_int64(st, 3, getgid());
	sqlite3_bind_int64(st, 4, store_now());
	rc = sqlite3_step(st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int schema_version(void)
{
	return ARRAY_LEN(steps);
}

int schema_upgrade(sqlite3 *db, int from)
{
	size_t step;
	int rc;

	rc = moment_functions(db);
	if (rc < 0)
		return rc;
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	for (step = (size_t)from; step < ARRAY_LEN(steps) && rc == SQLITE_OK; step++)
		rc = run_step(db, step);
	if (rc == SQLITE_OK && from == 0)
		rc = insert_root(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return 0;

	rc = store_errno(db, "make the tables");
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}
