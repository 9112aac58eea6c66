/*
 * The statements of the search index. They are prepared when they are needed first, so that a damaged index stops
 * nobody who does not search. None scans a table unless it says so.
 */
#include "store_priv.h"

#define CANDIDATE "i.id, i.body, i.size"

/* Has a name and a text. What is here and not in the two sets below, the index knows. */
#define HAS_TEXT "i.mode & 61440 = 32768 AND i.nlink <> 0 AND i.body NOT NULL"

#define TEXT(id) "ifnull((SELECT CAST(data AS TEXT) FROM body WHERE id = " id "), '')"

static const char *const texts[SEARCH_SQL_COUNT] = {
	[SEARCH_BEGIN] = "BEGIN",
	[SEARCH_END] = "COMMIT",

	/* in the order of the numbers, so that a scan can go on where a damaged index ends */
	[SEARCH_MATCH] = "SELECT " CANDIDATE
			 " FROM search_index CROSS JOIN inode i ON i.id = search_index.rowid "
			 "WHERE search_index MATCH ?1 AND i.indexed = i.body AND " HAS_TEXT
			 " ORDER BY search_index.rowid",
	[SEARCH_REACH] = "SELECT rowid FROM search_index WHERE search_index MATCH ?1 "
			 "ORDER BY rowid LIMIT 1 OFFSET 63",
	[SEARCH_INDEXED] = "SELECT " CANDIDATE " FROM inode i /*scan: the index is damaged*/ "
			   "WHERE i.id > ?1 AND i.indexed = i.body AND " HAS_TEXT " ORDER BY i.id",
	[SEARCH_WAITING] = "SELECT " CANDIDATE " FROM inode i INDEXED BY inode_waiting "
			   "WHERE " SEARCH_IS_WAITING " AND " HAS_TEXT,
	[SEARCH_APART] = "SELECT " CANDIDATE " FROM inode i INDEXED BY inode_apart "
			 "WHERE indexed <= 0 AND i.body = -i.indexed AND " HAS_TEXT,
	[SEARCH_ALL] = "SELECT " CANDIDATE " FROM inode i /*scan: every file*/ "
		       "WHERE i.mode & 61440 = 32768 AND i.nlink <> 0",
	[SEARCH_NAMES] = "SELECT parent, name FROM dentry WHERE inode = ?1",
	[SEARCH_EACH_NAME] = "SELECT parent, name, inode FROM dentry /*scan: every name*/ "
			     "ORDER BY parent, name",
	[SEARCH_DIRECTORY] = "SELECT parent, name FROM dentry WHERE inode = ?1 LIMIT 1",

	[SEARCH_NEXT_WAITING] = "SELECT id, body, indexed FROM inode INDEXED BY inode_waiting "
				"WHERE " SEARCH_IS_WAITING " AND id > ?1 ORDER BY id LIMIT 1",
	[SEARCH_NEXT_GONE] =
		"SELECT inode, body FROM search_gone WHERE inode > ?1 ORDER BY inode LIMIT 1",
	[SEARCH_SIZE] = "SELECT length(data) FROM body WHERE id = ?1",
	[SEARCH_ADD] = "INSERT INTO search_index (rowid, body) VALUES (?1, " TEXT("?2") ")",
	[SEARCH_TAKE] = "INSERT INTO search_index (search_index, rowid, body) "
			"VALUES ('delete', ?1, " TEXT("?3") " || char(10) || " TEXT("?2") ")",
	[SEARCH_NOTE] = "UPDATE inode SET indexed = ?2 WHERE id = ?1",
	[SEARCH_FORGET] = "DELETE FROM search_gone WHERE inode = ?1",
	[SEARCH_MERGE] = "INSERT INTO search_index (search_index, rank) VALUES ('merge', ?1)",
};

int search_stmt(struct conn *c, enum search_sql id, sqlite3_stmt **ret_st)
{
	if (!c->search[id] && sqlite3_prepare_v3(c->db, texts[id], -1, SQLITE_PREPARE_PERSISTENT,
				      &c->search[id], NULL) != SQLITE_OK)
		return store_errno(c->db, "prepare a search");
	*ret_st = c->search[id];
	return 0;
}
