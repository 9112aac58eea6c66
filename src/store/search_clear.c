/*
 * The index made anew, whatever it has become: its tables go away and come back empty, and every file waits for it
 * again.
 */
#include "store_priv.h"

#include "planfs/search.h"

#include <errno.h>

// clang-format off

/* A damaged index cannot be dropped, because FTS5 opens it first: its name goes away, and its tables are like any others then. */
static const char drop_index[] =
	"DELETE FROM sqlite_schema WHERE name = 'search_index';\n"
	"PRAGMA writable_schema = RESET;\n"
	"DROP TABLE IF EXISTS search_index_data;\n"
	"DROP TABLE IF EXISTS search_index_idx;\n"
	"DROP TABLE IF EXISTS search_index_config;\n"
	"DROP VIEW IF EXISTS search_text;\n";

/* Texts that were kept for the index only go, too. */
static const char forget_texts[] =
	"DELETE FROM body WHERE id IN (SELECT indexed FROM inode WHERE indexed > 0 AND indexed IS NOT body\n"
	"    UNION SELECT body FROM search_gone) /*scan*/\n"
	"  AND NOT EXISTS (SELECT 1 FROM revision WHERE body = body.id)\n"
	"  AND id NOT IN (SELECT body FROM inode WHERE body NOT NULL);\n"
	"DELETE FROM search_gone;\n"
	"DELETE FROM sketch;\n"
	"UPDATE inode SET indexed = NULL WHERE indexed NOT NULL /*scan*/;\n";

// clang-format on

static int run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(db, "make the search index anew");
	return 0;
}

int search_remake(sqlite3 *db)
{
	int r;

	/* else nobody but FTS5 may touch its tables; and no pragma, which might fail when it is to be taken back */
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
	r = run(db, drop_index);
	if (r == 0)
		r = run(db, schema_search_index);
	sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return r;
}

int search_empty(sqlite3 *db)
{
	int r;

	r = search_remake(db);
	return r < 0 ? r : run(db, forget_texts);
}

static int apply_clear(struct txn *t, void *arg)
{
	(void)arg;
	return search_empty(t->c->db);
}

int search_index_clear(struct store *s)
{
	static const struct change c = { .apply = apply_clear, .wait_ms = 20000 };

	return store_change(s, &c);
}
