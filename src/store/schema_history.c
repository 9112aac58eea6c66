/*
 * Step 3 of the schema: what makes the revisions a history that can be asked. Who made a change with which program;
 * which text a save replaced without its writer having seen it; the directory's mtime where that is not
 * the time of the change; indices to find the changes of an inode and those of a time; named moments. See
 * docs/schema.md.
 */
#include "store_priv.h"

// clang-format off

static const char columns[] =
	"ALTER TABLE revision ADD COLUMN program TEXT;\n" /* NULL: not known */
	"ALTER TABLE revision ADD COLUMN dir_mtime INTEGER;\n" /* of the directory after the change; NULL: time */
	"ALTER TABLE revision ADD COLUMN conflict INTEGER;\n"; /* the revision that the writer had not seen */

/* The number of the row ends each index. */
static const char indices[] =
	"CREATE INDEX revision_inode ON revision(inode);\n"
	"CREATE INDEX revision_time ON revision(time);\n"
	"CREATE INDEX revision_conflict ON revision(conflict) WHERE conflict IS NOT NULL;\n";

static const char marks[] =
	"CREATE TABLE mark (\n"
	"  name TEXT PRIMARY KEY,\n"
	"  rev INTEGER NOT NULL,\n" /* the state after this revision */
	"  time INTEGER NOT NULL,\n"
	"  author TEXT NOT NULL\n"
	") STRICT, WITHOUT ROWID;\n";

// clang-format on

const char *const schema_history[] = { columns, indices, marks, NULL };
