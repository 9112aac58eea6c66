/*
 * Every statement that the store runs, one per enum sql_id. None scans a table unless it says so.
 */
#include "store_priv.h"

#define INODE_COLUMNS                                                                              \
	"i.id, i.mode, i.uid, i.gid, i.nlink, i.rdev, i.size, i.atime, i.mtime, i.ctime, i.btime, i.body"

/* Of one directory, so that the index has the order: a sort would take all texts of it in hand for each that is asked for. */
#define OF_ITSELF(column) "(SELECT " column " FROM dentry WHERE inode = ?1 LIMIT 1)"
#define TEXTS_BESIDE(beside, order)                                                                \
	"SELECT i.id, d.name, b.data FROM dentry d INDEXED BY dentry_order "                       \
	"CROSS JOIN inode i ON i.id = d.inode CROSS JOIN body b ON b.id = i.body "                 \
	"WHERE d.parent = " OF_ITSELF("parent") " AND d.seq " beside OF_ITSELF(                    \
		"seq") " AND i.mode & 61440 = 32768 AND i.size = length(b.data) ORDER BY " order

/* In the order of moment_from_row(). */
#define MOMENT_COLUMNS                                                                             \
	"r.rev, r.inode, r.mode, r.uid, r.gid, r.nlink, r.size, r.mtime, r.time, r.body"

#define CHANGE_COLUMNS                                                                             \
	MOMENT_COLUMNS ", r.author, r.op, r.name, r.program, r.parent, r.base, r.conflict"

const char *const sql_text[SQL_COUNT] = {
	[SQL_INODE] = "SELECT " INODE_COLUMNS " FROM inode i WHERE i.id = ?1",
	[SQL_LOOKUP] =
		"SELECT " INODE_COLUMNS " FROM dentry d CROSS JOIN inode i ON i.id = d.inode "
		"WHERE d.parent = ?1 AND d.name = ?2",
	[SQL_PARENT] = "SELECT parent FROM dentry WHERE inode = ?1 LIMIT 1",
	[SQL_LIST] = "SELECT d.name, d.seq, " INODE_COLUMNS
		     " FROM dentry d CROSS JOIN inode i ON i.id = d.inode "
		     "WHERE d.parent = ?1 ORDER BY d.name",
	[SQL_SCAN] = "SELECT d.name, d.seq, " INODE_COLUMNS
		     " FROM dentry d INDEXED BY dentry_order CROSS JOIN inode i ON i.id = d.inode "
		     "WHERE d.parent = ?1 AND d.seq > ?2 ORDER BY d.seq",
	[SQL_BODY] = "SELECT data, hash FROM body WHERE id = ?1",
	[SQL_TEXT] =
		"SELECT b.data, b.hash, i.size, i.body FROM inode i LEFT JOIN body b ON b.id = i.body "
		"WHERE i.id = ?1",
	[SQL_TEXTS_BEHIND] = TEXTS_BESIDE("> ", "d.seq"),
	[SQL_TEXTS_BEFORE] = TEXTS_BESIDE("< ", "d.seq DESC"),
	[SQL_BODY_OWNERS] =
		"SELECT count(*), count(inode = ?2 OR NULL) FROM revision WHERE body = ?1",
	[SQL_TARGET] = "SELECT target FROM inode WHERE id = ?1",
	[SQL_XATTR_GET] = "SELECT value FROM xattr WHERE inode = ?1 AND name = ?2",
	[SQL_XATTR_LIST] = "SELECT name FROM xattr WHERE inode = ?1 ORDER BY name",
	[SQL_MAX_REV] = "SELECT max(rev) FROM revision",
	[SQL_MAX_INODE] = "SELECT seq FROM sqlite_sequence WHERE name = 'inode'",
	[SQL_FEED] =
		"SELECT rev, op, parent, inode, name, origin, dir_mtime IS NOT NULL FROM revision "
		"WHERE rev > ?1 ORDER BY rev LIMIT 1000",
	[SQL_VERSIONS] =
		"SELECT rev, time, author, op, name, mode, mtime, ifnull(body, 0), program FROM revision "
		"WHERE parent = ?1 ORDER BY rev",
	/* mid-row it keeps a read transaction open, until it is given back */
	[SQL_READ_HOLD] = "SELECT 1 FROM inode WHERE id = 1",
	[SQL_DATA_VERSION] = "PRAGMA data_version",
	[SQL_REQUEST_DONE] = "SELECT session = ?2 AND number = ?3 FROM request WHERE slot = ?1",

	/* the tree after revision ?1: the newest row of a place, or of an inode, that is not newer */
	[SQL_MOMENT_PLACE] =
		"SELECT inode, op, rev, time FROM revision WHERE parent = ?2 AND name = ?3 AND rev <= ?1 "
		"ORDER BY rev DESC LIMIT 1",
	[SQL_MOMENT_INODE] = "SELECT " MOMENT_COLUMNS ", op, parent, name FROM revision r "
			     "WHERE inode = ?2 AND rev <= ?1 ORDER BY rev DESC LIMIT 1",
	[SQL_MOMENT_ENTRY] = "SELECT p.name, " MOMENT_COLUMNS
			     ", p.rev FROM revision p CROSS JOIN revision r ON r.rev = "
			     "(SELECT max(rev) FROM revision WHERE inode = p.inode AND rev <= ?1) "
			     "WHERE p.rev = ?2 AND p.op <> 'remove'",
	[SQL_MOMENT_NAMES] = "SELECT max(rev) FROM revision INDEXED BY revision_name "
			     "WHERE parent = ?2 AND rev <= ?1 GROUP BY name",
	[SQL_MOMENT_DIR] = "SELECT rev, dir_mtime, time FROM revision WHERE parent = ?2 "
			   "AND dir_mtime IS NOT NULL AND rev <= ?1 ORDER BY rev DESC LIMIT 1",
	[SQL_MOMENT_TARGET] = "SELECT target FROM revision WHERE inode = ?2 AND rev <= ?1 "
			      "ORDER BY rev DESC LIMIT 1",
	/* what the root was before its first change is in its first row */
	[SQL_MOMENT_ROOT] =
		"SELECT " MOMENT_COLUMNS " FROM revision r WHERE inode = 1 ORDER BY rev LIMIT 1",
	[SQL_MOMENT_FIRST] = "SELECT " MOMENT_COLUMNS ", op, parent, name FROM revision r "
			     "WHERE inode = ?2 AND rev <= ?1 ORDER BY rev LIMIT 1",
	[SQL_MOMENT_TIME] = "SELECT rev FROM revision WHERE time <= ?1 AND ifnull(origin, 0) >= 0 "
			    "ORDER BY time DESC, rev DESC LIMIT 1",
	/* mostly the next row; the + keeps SQLite from sorting all by time */
	[SQL_MOMENT_LATER] = "SELECT rev FROM revision WHERE rev > ?1 AND +time > ?2 "
			     "AND ifnull(origin, 0) >= 0 ORDER BY rev LIMIT 1",
	[SQL_MOMENT_BEFORE] =
		"SELECT time FROM revision WHERE time < ?1 AND ifnull(origin, 0) >= 0 "
		"ORDER BY time DESC LIMIT 1",
	[SQL_MOMENT_HISTORY] =
		"SELECT " CHANGE_COLUMNS " FROM revision r WHERE parent = ?2 AND name = ?3 "
		"AND rev <= ?1 ORDER BY rev DESC",
	[SQL_MOMENT_CHANGES] = "SELECT " CHANGE_COLUMNS
			       " FROM revision r WHERE rev BETWEEN ?1 AND ?2 ORDER BY rev DESC",
	[SQL_PAST_NAMES] = "SELECT name, min(rev) FROM revision INDEXED BY revision_name "
			   "WHERE parent = ?1 GROUP BY name",
	[SQL_PAST_FIRST] = "SELECT min(rev) FROM revision WHERE parent = ?1 AND name = ?2",
	/* the hashes come first, so that long texts are seldom read */
	[SQL_SAME_TEXT] =
		"SELECT CASE WHEN a.hash NOT NULL AND b.hash NOT NULL THEN a.hash = b.hash "
		"ELSE a.data = b.data END FROM body a, body b WHERE a.id = ?1 AND b.id = ?2",
	[SQL_MARK] = "SELECT rev FROM mark WHERE name = ?1",
	[SQL_MARKS] = "SELECT name, author, rev, time FROM mark /*scan*/ ORDER BY rev, name",

	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SAVEPOINT] = "SAVEPOINT one",
	[SQL_RELEASE] = "RELEASE one",
	[SQL_ROLLBACK_TO] = "ROLLBACK TO one",
	[SQL_RESERVE] = "UPDATE sqlite_sequence SET seq = seq + ?2 WHERE name = ?1 RETURNING seq",

	[SQL_INODE_INSERT] =
		"INSERT INTO inode (id, mode, uid, gid, nlink, rdev, size, atime, mtime, ctime, "
		"btime, body, target) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	[SQL_INODE_UPDATE] =
		"UPDATE inode SET mode = ?2, uid = ?3, gid = ?4, nlink = ?5, rdev = ?6, "
		"size = ?7, atime = ?8, mtime = ?9, ctime = ?10, btime = ?11, body = ?12 WHERE id = ?1",
	[SQL_INODE_LINKS] = "UPDATE inode SET nlink = ?2, ctime = ?3 WHERE id = ?1",
	[SQL_INODE_DELETE] = "DELETE FROM inode WHERE id = ?1",
	[SQL_DIR_TOUCH] =
		"UPDATE inode SET mtime = ?2, ctime = ?2, nlink = nlink + ?3 WHERE id = ?1",

	/* For a name that came into being at ?2 but is stored only now: later changes of the directory stay. */
	[SQL_DIR_TOUCH_AT] =
		"UPDATE inode SET mtime = CASE WHEN ?2 >= ctime THEN ?2 ELSE mtime END, "
		"ctime = max(ctime, ?2), nlink = nlink + ?3 WHERE id = ?1",

	[SQL_DENTRY_INSERT] =
		"INSERT INTO dentry (parent, name, inode, seq) VALUES (?1, ?2, ?3, ?4)",
	[SQL_DENTRY_DELETE] = "DELETE FROM dentry WHERE parent = ?1 AND name = ?2",
	[SQL_DENTRY_MOVE] = "UPDATE dentry SET parent = ?3, name = ?4, seq = ifnull(?5, seq) "
			    "WHERE parent = ?1 AND name = ?2",
	[SQL_DENTRY_SET] = "UPDATE dentry SET inode = ?3 WHERE parent = ?1 AND name = ?2",
	[SQL_DENTRIES_OF] = "SELECT parent, name FROM dentry WHERE inode = ?1",
	[SQL_HAS_CHILD] = "SELECT 1 FROM dentry WHERE parent = ?1 LIMIT 1",

	[SQL_BODY_INSERT] = "INSERT INTO body (id, hash, data) VALUES (?1, ?2, ?3)",
	[SQL_BODY_EQUAL] = "SELECT data = ?2 FROM body WHERE id = ?1",
	[SQL_BODY_DROP] = "DELETE FROM body WHERE id = ?1 " SEARCH_NEEDS_NOT,
	/* Before the inode is deleted: what the index holds of it must be taken out with this text. */
	[SQL_SEARCH_GONE] =
		"INSERT OR REPLACE INTO search_gone (inode, body) "
		"SELECT id, nullif(max(indexed, 0), 0) FROM inode WHERE id = ?1 AND indexed NOT NULL",

	[SQL_XATTR_SET] = "INSERT OR REPLACE INTO xattr (inode, name, value) VALUES (?1, ?2, ?3)",
	[SQL_XATTR_DELETE] = "DELETE FROM xattr WHERE inode = ?1 AND name = ?2",
	[SQL_XATTR_DROP] = "DELETE FROM xattr WHERE inode = ?1",

	[SQL_REVISION] =
		"INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, "
		"mtime, body, base, target, origin, nlink, dir_mtime, program, conflict) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
		"?10, ?11, ?12, ?13, (SELECT target FROM inode WHERE id = ?6), ?14, ?15, "
		"CASE WHEN ?16 THEN (SELECT mtime FROM inode WHERE id = ?4) END, ?17, ?18)",
	[SQL_ROOT_BEFORE] =
		"INSERT INTO revision (time, author, op, parent, name, inode, mode, uid, gid, size, mtime, "
		"origin) SELECT ?1, ?2, 'attr', 0, '', id, mode, uid, gid, 0, mtime, ?3 FROM inode "
		"WHERE id = 1 AND NOT EXISTS (SELECT 1 FROM revision WHERE inode = 1)",
	[SQL_LAST_VERSION] =
		"SELECT body FROM revision WHERE parent = ?1 AND name = ?2 AND op <> 'remove' "
		"AND mode & 61440 = 32768 ORDER BY rev DESC LIMIT 1",
	[SQL_LAST_AUTHOR] = "SELECT author, program FROM revision WHERE parent = ?1 AND name = ?2 "
			    "AND op <> 'attr' ORDER BY rev DESC LIMIT 1",
	[SQL_LAST_REMOVAL] =
		"SELECT inode, op = 'remove' FROM revision WHERE parent = ?1 AND name = ?2 "
		"ORDER BY rev DESC LIMIT 1",
	[SQL_VERSION_BODIES] =
		"SELECT rev, ifnull(body, 0) FROM revision WHERE parent = ?1 AND name = ?2 "
		"AND op NOT IN ('remove', 'attr') AND mode & 61440 = 32768 ORDER BY rev DESC LIMIT 100",
	/* The removal was one of the last changes: look no further back. */
	[SQL_LAST_PLACE] =
		"SELECT parent, name FROM revision WHERE inode = ?1 "
		"AND rev > (SELECT max(rev) FROM revision) - 10000 ORDER BY rev DESC LIMIT 1",
	/* where inode ?1 came last before the end of ?2 */
	[SQL_WAS_AT] = "SELECT parent, name FROM revision WHERE inode = ?1 AND rev <= ?2 "
		       "AND op <> 'remove' ORDER BY rev DESC LIMIT 1",
	[SQL_ORPHANS] = "SELECT id FROM inode WHERE nlink = 0",
	[SQL_REQUEST_NOTE] =
		"INSERT OR REPLACE INTO request (slot, session, number) VALUES (?1, ?2, ?3)",
	[SQL_MARK_SET] = "INSERT INTO mark (name, rev, time, author) VALUES (?1, ?2, ?3, ?4)",
	[SQL_MARK_DELETE] = "DELETE FROM mark WHERE name = ?1",
	[SQL_SKETCH_SET] = "INSERT OR REPLACE INTO sketch (inode, data) VALUES (?1, ?2)",
	[SQL_SKETCH_DROP] = "DELETE FROM sketch WHERE inode = ?1",
};
