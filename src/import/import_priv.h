/* What the files of the import module share. */
#pragma once

#include "planfs/import.h"

/* ---- plan_json.c ---- */

/* The text of plan.json. Returns 0 and *ret_text (to be freed), or -ENOMEM. */
int plan_json_make(const struct import *import, const struct import_plan *plan,
	const struct import_options *options, char **ret_text) MUST_CHECK;

/* ---- hash.c ---- */

/* Hashes of every plan's text, and of the document's. Returns 0 or -ENOMEM. */
int hash_texts(struct import *import) MUST_CHECK;

/* ---- import_index.c ---- */

struct import_index;

/* Enter the plan at @path under the hashes of its document and of its text. Returns 0 or -ENOMEM. */
int index_add(struct import_index *index, const char *document, const char *text,
	const char *path) MUST_CHECK;

/* The first place that has this text; NULL: none. Valid as long as the index. */
const char *index_find_text(const struct import_index *index, const char *text);

/* Where this text from this document is; NULL: nowhere. Valid as long as the index. */
const char *index_find_place(
	const struct import_index *index, const char *document, const char *text);
