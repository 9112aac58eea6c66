/*
 * Plans that planfs export --json wrote, back into a database: texts, other files, metadata and history.
 */
#pragma once

#include "planfs/import.h"
#include "planfs/store.h"

/* Plans in the exchange format, checked as a whole. */
struct load;

/*
 * Read @len bytes of @data: an array of plans, or one plan. Returns 0 and *ret_load; -EINVAL when it is no JSON, or
 * not of that form: *ret_error says where and why; -ENOMEM.
 */
int load_parse(const char *name, const char *data, size_t len, struct load **ret_load,
	struct import_error *ret_error) MUST_CHECK;

/* Do the first bytes of a file look like the exchange format? */
bool load_is_exchange(const char *data, size_t len);

void load_free(struct load *load);
static inline void load_freep(struct load **load)
{
	load_free(*load);
}

size_t load_count(const struct load *load);

/* "2016/合肥市/…" of plan @i. Valid as long as @load. */
const char *load_path(const struct load *load, size_t i);

/*
 * When nothing else was ever made in the database, the histories that are loaded can become its own, so that
 * .planfs/at/ shows what was there at each time: load_begin() returns 1 then, and 0 when the plans come into being now,
 * with a history; or what the store says. If 1, say so to each struct load, and call load_finish() when all plans are
 * stored, also after a failure.
 */
int load_begin(struct store *s) MUST_CHECK;
void load_set_ordered(struct load *load, bool ordered);
int load_finish(struct store *s) MUST_CHECK;

/*
 * Write plan @i in one transaction that is on the disk when the call returns. Nothing is replaced. Returns 0; -EEXIST
 * when something stands at its path; -ENOTDIR when a file stands where its year or district must be; or what
 * store_change() says. On failure nothing of the plan is written and *ret_error says why in one line.
 */
int load_store(struct store *s, const struct load *load, size_t i,
	struct import_error *ret_error) MUST_CHECK;
