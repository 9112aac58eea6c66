/*
 * A document as people keep it (one plan, or a collection of plans from a web page) and the plans that
 * are in it: cleaned, split and named. Pure text: no files, no database.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/buf.h"
#include "planfs/rules.h"

#include <stdbool.h>
#include <stddef.h>

/* One file of a plan. */
struct section {
	char *name;      /* owned; "01-指导思想.txt", legal on Windows, at most 255 bytes */
	char *title;     /* owned; the whole heading without its number: "指导思想" */
	struct buf text; /* owned; UTF-8, the heading is its first line, ends in one '\n' */
};

/* Why something about a plan was decided as it was. */
struct evidence {
	const char *about; /* static; "year", "district", "kind", "topic", "sections" */
	char *value;       /* owned */
	const char *rule;  /* static; English, a few words */
	unsigned line;     /* in the document, from 1; 0: the document's name */
	char *quote;       /* owned; the words that decided, at most some 40 characters */
};

struct plan {
	char *year;     /* owned; "2016" or NAME_UNKNOWN_YEAR */
	char *district; /* owned; "合肥市" or NAME_UNKNOWN_DISTRICT */
	char *title;    /* owned; as the document has it, or made from the collection's */
	char *dir;      /* owned; unique in this document within its year and district */
	const char *
		kind; /* static; 计划, 要点, 总结 or 方案: what the text is, not what it is called */
	const char *topic;        /* static; NULL when no topic stands out */
	unsigned number;          /* in the collection; 0 when the document is one plan */
	unsigned line;            /* where it begins in the document, from 1 */
	bool truncated;           /* the source breaks off */
	struct section *sections; /* owned; at least one, in the order of the text */
	size_t n_sections;
	struct evidence *evidence; /* owned */
	size_t n_evidence;
};

/* A line, or the part of one, that is in the document and in no plan. */
struct dropped_line {
	unsigned line;      /* in the document, from 1 */
	const char *reason; /* static; English, a few words */
	char *text;         /* owned */
};

/* A known spoiling of the text that was undone. */
struct repair {
	char *from; /* owned */
	char *to;   /* owned */
	size_t count;
};

struct document {
	char *title;        /* owned; of the collection; NULL when the document is one plan */
	struct plan *plans; /* owned, in the order of the document */
	size_t n_plans;
	struct dropped_line *dropped; /* owned, in the order of the document */
	size_t n_dropped;
	struct repair *repairs; /* owned; only those that occurred */
	size_t n_repairs;
};

/* The level of a line that is marked as the title of the document, see below. */
enum { DOCUMENT_TITLE = 10 };

struct document_options {
	const char
		*name; /* the file's name without directories, a last resort for a title; or NULL */
	bool keep_noise; /* drop nothing, repair nothing, join no pages */
	/* What a program marked as headings, one byte per line of the text: 0 for none, 1 to 9, or
	   DOCUMENT_TITLE; NULL when nothing is known, as in a plain text. Borrowed. */
	const unsigned char *levels;
	size_t n_levels;
	const char *title; /* what the file calls itself, when the text has no title; or NULL */
	const struct rules *rules; /* NULL: those that come with planfs */
};

/*
 * Find the plans in @text (valid UTF-8 with LF, as encoding_decode() makes it), in time linear in @len.
 * @options may be NULL.
 *
 * Returns 0 and fills *ret_document, to be released with document_done(); it holds nothing of @text.
 * -ENODATA when there is no plan in it: nothing is left after cleaning, or hardly a Han character;
 * -EILSEQ when @text is not UTF-8; -ENOMEM.
 */
int document_parse(const char *text, size_t len, const struct document_options *options,
	struct document *ret_document) MUST_CHECK;

/* Free what @doc holds. Accepts a zeroed object. */
void document_done(struct document *doc);
