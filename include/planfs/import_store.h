/*
 * Writing imported documents into a database: all plans of a document or none, each into a directory of
 * its own, and nothing that is there already.
 */
#pragma once

#include "planfs/import.h"
#include "planfs/store.h"

/*
 * What was imported before, known by the hashes in each plan.json: a plan that was edited since is
 * known still. Not to be used by two threads at once.
 */
struct import_index;

/* Read the metadata of all plans. Returns 0 and *ret_index, -ENOMEM, or the error of the store. */
int import_index_new(struct store *s, struct import_index **ret_index) MUST_CHECK;

void import_index_free(struct import_index *index);
static inline void import_index_freep(struct import_index **index)
{
	import_index_free(*index);
}

/* What to do with a plan whose text is there already, from another document. */
enum import_duplicate {
	DUPLICATE_KEEP, /* import it, too */
	DUPLICATE_SKIP, /* leave it out */
	DUPLICATE_LINK, /* put a symbolic link to the first one in its place */
};

struct import_target {
	enum import_duplicate on_duplicate;
	const char *year, *district; /* instead of what the text says; NULL: as the text says */
	bool dry_run;                /* find out what would happen, and write nothing */
};

/* What became of one plan of a document. */
struct import_outcome {
	char *path; /* owned; "2016/合肥市/…": where it was written, or where it is already */
	bool was_there;        /* this very document brought it before; nothing was written */
	char *copy_of;         /* owned; another place that has the same text, or NULL */
	bool left_out;         /* because of that; path is NULL */
	bool linked;           /* because of that; path is a symbolic link */
	char *near_to;         /* owned; a plan that is nearly the same, or NULL */
	unsigned near_percent; /* of the text that they have in common, about */
};

struct import_result {
	struct import_outcome *outcomes; /* owned; one per plan of the document */
	size_t n_outcomes;
};

void import_result_done(struct import_result *result);

/*
 * Write the plans of @import in one transaction and enter them into @index. It is committed when the call
 * returns, and on the disk within a second or after import_sync(). A name that is taken gets a number: "计划 (2)". Owners and permissions are those of
 * the directory above.
 *
 * Returns 0 and *ret_result, to be released with import_result_done(). On failure nothing of the
 * document is written and *ret_error says why in one line: -ENOTDIR when a file stands where a directory
 * must be, or what store_change() says.
 */
int import_store(struct store *s, struct import_index *index, const struct import *import,
	const struct import_target *target, struct import_result *ret_result,
	struct import_error *ret_error) MUST_CHECK;

/* Return when all that was imported is on the disk: 0, or what store_change() says. */
int import_sync(struct store *s) MUST_CHECK;

/*
 * import_report_json() in one line, with "path", "was_there", "copy_of", "left_out", "linked" and "near" for each
 * plan. Returns 0 and
 * *ret_text, or -ENOMEM.
 */
int import_result_json(const struct import *import, const struct import_result *result,
	struct buf *ret_text) MUST_CHECK;
