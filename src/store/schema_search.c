/*
 * Step 4 of the schema: which texts the search index holds. See docs/schema.md.
 */
#include "store_priv.h"

// clang-format off

static const char columns[] =
	"ALTER TABLE inode ADD COLUMN indexed INTEGER;\n"; /* the body whose text the search index holds for it */

/* Of the same texts, unless there is too little of them; see planfs/shingles.h. */
static const char sketches[] =
	"CREATE TABLE sketch (\n"
	"  inode INTEGER PRIMARY KEY,\n"
	"  data BLOB NOT NULL\n"
	") STRICT;\n";

// clang-format on

const char *const schema_search[] = { columns, sketches, NULL };
