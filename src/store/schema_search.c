/*
 * Step 4 of the schema: which texts the search index holds. See docs/schema.md.
 */
#include "store_priv.h"

// clang-format off

static const char columns[] =
	"ALTER TABLE inode ADD COLUMN indexed INTEGER;\n"; /* the body whose text the search index holds for it */

// clang-format on

const char *const schema_search[] = { columns, NULL };
