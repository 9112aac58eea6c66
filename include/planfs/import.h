/*
 * Documents from outside: a file is read, taken apart into plans (planfs/document.h), and becomes the
 * list of files that the tree will hold, plan.json among them. Nothing is written here.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"
#include "planfs/document.h"
#include "planfs/encoding.h"
#include "planfs/sketch.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	IMPORT_BYTES_MAX = 64 * 1024 * 1024, /* a document that is larger is refused */
	IMPORT_HASH_CHARS = 32               /* XXH3, 128 bits, in hexadecimal */
};

struct import_options {
	const char *
		time; /* when the import happens, for plan.json ("2026-11-21T10:15:02+08:00"); or NULL */
	bool keep_noise;               /* see struct document_options */
	const struct rules *rules;     /* likewise */
	const enum encoding *encoding; /* of texts; NULL: find out */
};

/* One file to write into a plan's directory: a section or plan.json. */
struct import_file {
	const char *name; /* borrowed from the import */
	const char *data; /* borrowed from the import */
	size_t len;
};

/* One plan to write: year/district/dir, and the files in it. */
struct import_plan {
	const char *year, *district, *dir; /* borrowed from the import */
	const struct plan *plan;           /* borrowed from the import: title, kind, … */
	struct import_file *files;         /* owned; the sections in order, then plan.json */
	size_t n_files;
	char *json;                       /* owned; the text of plan.json */
	char hash[IMPORT_HASH_CHARS + 1]; /* of the sections' texts: equal for copies of a plan */
	struct sketch sketch;             /* alike for plans that are nearly the same */
};

/* All that one document gives. */
struct import {
	char *name; /* owned; the document's file name, UTF-8 */
	char hash[IMPORT_HASH_CHARS +
		  1];           /* of the cleaned text: equal when the same text comes again */
	const char *format;     /* static; "text", "Word", "web page", … */
	enum encoding encoding; /* of a text */
	struct document doc;
	struct import_plan *plans; /* owned, in the order of the document */
	size_t n_plans;
};

/* Why it did not work: one line without a full stop that names the file. */
struct import_error {
	char text[512];
};

/*
 * Read the document in the regular file @path. @options may be NULL.
 *
 * Returns 0 and *ret_import, to be released with import_done(). On failure *ret_error says what to tell
 * the user: -EINVAL when @path is no regular file, -EFBIG when it is larger than IMPORT_BYTES_MAX,
 * -EBADMSG when it is damaged, -ENOTSUP when it is no document, -ENOPKG when a program that reads it is not
 * installed, -ETIMEDOUT when that takes minutes, -EILSEQ when it is no text (see encoding_decode()), -ENODATA when it is empty or no plan is in it,
 * -ENOMEM, or what open() and read() say.
 */
int import_read(const char *path, const struct import_options *options, struct import *ret_import,
	struct import_error *ret_error) MUST_CHECK;

/*
 * The same for @len bytes of @data that are called @name (a file name without directories). Returns what
 * import_read() does, but for the errors of files.
 */
int import_parse(const char *name, const char *data, size_t len,
	const struct import_options *options, struct import *ret_import,
	struct import_error *ret_error) MUST_CHECK;

/*
 * What was found and what was left out, as JSON for programs: the document, its plans with their
 * sections, the dropped lines and the repairs. Returns 0 and *ret_text, or -ENOMEM.
 */
int import_report_json(const struct import *import, struct buf *ret_text) MUST_CHECK;

/* Free what @import holds. Accepts a zeroed object. */
void import_done(struct import *import);
