/*
 * Plans on their way out: found below a path, one at a time, as text or as JSON.
 */
#pragma once

#include "planfs/store.h"

/* A plan's directory. Valid during the call of export_plan_fn. */
struct export_plan {
	const char *year, *district, *name;
	int64_t inode;
};

/* A result other than 0 ends the walk. */
typedef int export_plan_fn(void *arg, const struct export_plan *plan);

/*
 * Call @fn for every plan at or below @path ("", a year, a district or a plan), in the order of their
 * names. @fn may call the store. Returns 0 or the result of @fn that was not 0; -ENOENT when @path is
 * not there; -ENOTDIR when it is no directory; -EINVAL when it is a directory that is not one of these.
 */
int export_walk(struct store *s, const char *path, export_plan_fn *fn, void *arg) MUST_CHECK;

/* A section of a plan. Valid during the call of export_section_fn. */
struct export_section {
	const char *name;
	int64_t mtime; /* ns since 1970 */
	const struct buf *text;
};

typedef int export_section_fn(void *arg, const struct export_section *section);

/* Call @fn for the sections of the plan whose directory is @dir, in their order. As export_walk(). */
int export_sections(struct store *s, int64_t dir, export_section_fn *fn, void *arg) MUST_CHECK;

/*
 * A plan as a JSON object that load_plan_json() makes the same plan of: year, district, name, metadata (what
 * plan.json holds; null when that cannot be read), sections, the other files, and the history of all files in the
 * plan's directory. docs/plans.schema.json tells the form. Bytes that are not UTF-8 become U+FFFD in "text", which
 * then has "lossy": true and all bytes in "base64" beside it. Returns 0 and *ret_text (without a final newline), or the error of the store.
 */
int export_plan_json(
	struct store *s, const struct export_plan *plan, struct buf *ret_text) MUST_CHECK;

/*
 * A plan as Markdown: "# " and its title (of plan.json, or its name), each section's heading as "## ". planfs import
 * makes the same sections of it. Returns as export_plan_json().
 */
int export_plan_md(
	struct store *s, const struct export_plan *plan, struct buf *ret_text) MUST_CHECK;

/*
 * A plan as a .docx with the layout of GB/T 9704-2012. Blank lines and indents are left to the layout. Returns 0 and
 * *ret_data, or the error of the store.
 */
int export_plan_docx(
	struct store *s, const struct export_plan *plan, struct buf *ret_data) MUST_CHECK;
