/*
 * What names mean: which are legal, which are scratch, which are years, districts, plans and
 * sections. Pure functions on one path component in UTF-8; no tree, no database.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define NAME_UNKNOWN_YEAR     "未知年份"
#define NAME_UNKNOWN_DISTRICT "未知地区"
#define NAME_METADATA         "plan.json"
#define NAME_PREFACE          "前言"
#define NAME_VIEWS            ".planfs"

enum {
	NAME_BYTES_MAX = 255, /* NAME_MAX of Linux: bytes, not characters */
	NAME_GENERATED_CHARS =
		75,            /* of a name that planfs makes: 75 Han characters are 225 bytes */
	NAME_AUTHOR_BYTES = 63 /* of an author: 21 Han characters */
};

/* Can @name (of @len bytes) stand in a directory: 1 to 255 bytes, no '/', no NUL, not "." or ".."? */
bool name_is_valid(const char *name, size_t len);

/*
 * Is @name one that editors and tools use for a moment: swap, backup, lock and temporary files? Such
 * files behave as files in every respect but leave no version. The patterns were recorded with
 * strace from the programs that docs/tree.md lists.
 */
bool name_is_scratch(const char *name);

/* The patterns of name_is_scratch(), for documentation and tests: globs in UTF-8, NULL at the end. */
const char *const *name_scratch_patterns(void);

/* Is @name, at depth 1, a year: four digits or 未知年份? */
bool name_is_year(const char *name);

/* Is @name, at depth 2 or 3, a district or a plan: any name that is not hidden? */
bool name_is_plan_dir(const char *name);

/* Is @name, of a regular file in a plan's directory, a section: *.txt, not beginning with . # or ~? */
bool name_is_section(const char *name);

/*
 * Can @text be recorded as an author: UTF-8 of 1 to NAME_AUTHOR_BYTES bytes, without control characters, that can stand in
 * a file's name?
 */
bool name_is_author(const char *text);

/*
 * Make a component from any @text (UTF-8): the characters that Windows forbids (\ / : * ? " < > |)
 * become their full-width forms, control characters and runs of white space one space, no dot or space
 * stands at the end, none begins it with a dot, '#' or '~', reserved Windows names (CON, NUL, …) get an
 * underscore, and it is at most NAME_GENERATED_CHARS characters and @max_bytes bytes long. An empty
 * result becomes "无题". Bytes that are not UTF-8 become U+FFFD.
 *
 * Returns 0 and *ret_name (released by the caller with buf_done()), or -ENOMEM.
 */
int name_generate(const char *text, size_t len, size_t max_bytes, struct buf *ret_name) MUST_CHECK;
