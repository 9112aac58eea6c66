/* What the parts of the program damage share: a database with known texts, and what is seen of a damaged copy. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DISTRICTS = 4, PLANS = 6, SECTIONS = 5, VERSIONS = 3, FILES = DISTRICTS * PLANS * SECTIONS };

/* damage_make.c */

/* The path of file @n, and its text as version @version (1 to VERSIONS, the last is the present one). */
void file_path(int n, char ret_path[static 128]);
char *file_text(int n, int version, size_t *ret_len); /* to be freed */

/* Make the database @path; with_log: leave what was saved last in its -wal. */
void make_database(const char *path, bool with_log);

/* Copy the database @from to @to and damage it: number @i of the course @seed. Returns what was done. */
const char *damage_copy(
	const char *from, const char *to, uint64_t seed, unsigned i, bool *ret_log_only);

/* damage_look.c */

/* Make all texts once, for this process and its children. */
void look_prepare(void);

/* What is seen of a tree of which all files are known. */
struct look {
	unsigned right;   /* texts as they were */
	unsigned older;   /* an older version of the text */
	unsigned refused; /* an error: EIO, or not there though its directory is listed */
	unsigned wrong;   /* another text, without a word */
	unsigned missing; /* not there, without a word */
	unsigned extra;   /* files that were not made, as lost+found may have */
};

/* Tell @l of file @path with this text; NULL: reading failed. @seen has a byte per file. */
void look_at_text(
	struct look *l, char seen[static FILES], const char *path, const char *text, size_t len);

/* What a mounted tree shows. Returns the number of errors. */
unsigned look_at_mount(const char *mnt, struct look *ret_look);

/* What the store shows, and what check and recover say; ends the process when something hangs or crashes. */
struct verdict {
	bool opened, check_finished, recovered;
	unsigned found;        /* by the check: damage */
	struct look store;     /* read with verification */
	struct look saved;     /* in the recovered database */
	unsigned saved_anyhow; /* texts that it holds anywhere, of FILES */
	unsigned saved_found;  /* damage that the check finds in it */
};
void look_at_copy(const char *path, const char *saved, struct verdict *ret_verdict);
