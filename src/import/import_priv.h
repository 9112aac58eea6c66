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
