/*
 * Step 4 of the schema: the search index, and which texts it holds. See docs/search.md. No trigger feeds it, because
 * programs without our tokenizer could not write then: a file whose text is another than the index has seen is in the
 * index inode_waiting, whoever has changed it.
 */
#include "store_priv.h"

// clang-format off

/*
 * inode.indexed is the body whose text the search index holds for the file, NULL: it has no row there. Negative, it is a
 * body that was looked at and is not one for the index: such texts are read by each search. There the row is of no text, as for
 * a file without one any more (0).
 */
static const char columns[] =
	"ALTER TABLE inode ADD COLUMN indexed INTEGER;\n"
	"CREATE INDEX inode_waiting ON inode(id)\n"
	"  WHERE " SEARCH_IS_WAITING ";\n"
	"CREATE INDEX inode_apart ON inode(id) WHERE indexed <= 0;\n";

/* What the index holds of inodes that are deleted: only with the old text can it be taken out. NULL: a row of no text. */
static const char gone[] =
	"CREATE TABLE search_gone (\n"
	"  inode INTEGER PRIMARY KEY,\n"
	"  body INTEGER REFERENCES body(id)\n"
	") STRICT;\n";

/* Merging is left to those who have the time: search_tend.c. */
const char schema_search_index[] =
	"CREATE VIEW search_text(inode, body) AS\n"
	"  SELECT i.id, ifnull(CAST(b.data AS TEXT), '') FROM inode i LEFT JOIN body b ON b.id = i.indexed\n"
	"    WHERE i.indexed NOT NULL\n"
	"  UNION ALL\n"
	"  SELECT g.inode, ifnull(CAST(b.data AS TEXT), '') FROM search_gone g LEFT JOIN body b ON b.id = g.body;\n"
	"CREATE VIRTUAL TABLE search_index USING fts5(body, content='search_text', content_rowid='inode',\n"
	"  tokenize='zhgram', detail=none, columnsize=0);\n"
	"INSERT INTO search_index (search_index, rank) VALUES ('automerge', 0), ('crisismerge', 1000),\n"
	"  ('hashsize', 33554432);\n";

/* Of the same texts, unless there is too little of them; see planfs/shingles.h. */
static const char sketches[] =
	"CREATE TABLE sketch (\n"
	"  inode INTEGER PRIMARY KEY,\n"
	"  data BLOB NOT NULL\n"
	") STRICT;\n";

// clang-format on

const char *const schema_search[] = { columns, gone, schema_search_index, sketches, NULL };
