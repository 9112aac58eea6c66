/*
 * Step 5 of the schema: who makes sections by SQL is told when a name on the way is taken: by a file where a directory
 * must be, or by something else than a file where the text goes. Before, the text came to where no path leads.
 */
#include "store_priv.h"

// clang-format off

#define TAKEN(rule) \
	"WHEN EXISTS (SELECT 1 FROM dentry d JOIN inode i ON i.id = d.inode\n" \
	"  WHERE d.parent = NEW.parent AND d.name = NEW.name AND i.mode & 61440 <> " rule ")\n"

static const char taken[] =
	"CREATE TRIGGER sql_mkdir_taken INSTEAD OF INSERT ON sql_mkdir\n"
	TAKEN("16384")
	"BEGIN\n"
	"  SELECT RAISE(ABORT, 'year, district or plan: the name is that of a file');\n"
	"END;\n"
	"CREATE TRIGGER sql_put_taken INSTEAD OF INSERT ON sql_put\n"
	TAKEN("32768")
	"BEGIN\n"
	"  SELECT RAISE(ABORT, 'the name is that of a directory, a link or a device');\n"
	"END;\n";

// clang-format on

const char *const schema_taken[] = { taken, NULL };
