/* What the files of planfs grep share. */
#pragma once

#include "cli_priv.h"

#include "planfs/grep.h"
#include "planfs/match.h"

#include <stdint.h>

/* Exit codes of grep(1), which planfs grep has instead of enum cli_exit. */
enum grep_exit { GREP_FOUND = 0, GREP_NOT_FOUND = 1, GREP_TROUBLE = 2 };

enum grep_listing { LIST_LINES, LIST_COUNTS, LIST_MATCHING, LIST_NOT_MATCHING };
enum grep_binary { BINARY_SAID, BINARY_TEXT, BINARY_SKIPPED };

/* Words of the command line. */
struct grep_word_list {
	const char **words; /* the array is owned */
	size_t n;
};

struct grep_options {
	struct match_options match;
	struct buf patterns; /* each followed by a newline */
	bool has_patterns;   /* given, though there may be none in a file */
	bool invert;

	int listing;      /* enum grep_listing */
	int counts;       /* -c was given; see listing */
	int is_recursive; /* -r was given: it always is */
	bool quiet, no_messages;
	bool only_matching, json;
	int file_names; /* 1 with, -1 without, 0 as grep does it */
	bool line_numbers, columns, offsets, null_behind_name, color;
	int64_t before, after; /* lines of context, -1: none */
	int64_t max_count;     /* of lines of a file */
	int binary;            /* enum grep_binary */

	enum grep_order order;
	struct grep_years *years;
	size_t n_years;
	bool unknown_year;
	struct grep_word_list districts, plans, sections;
};

/* --- grep_options.c --- */

/* Returns -1 to go on, with the operands at optind, or the exit code. */
int grep_options_parse(int argc, char **argv, struct grep_options *ret_options) MUST_CHECK;
void grep_options_done(struct grep_options *o);

/* --- grep_values.c --- */

/* Take the value of an option. Each returns -1 to go on, or the exit code. */
int grep_set_number(const char *what, const char *arg, int64_t *ret_number) MUST_CHECK;
int grep_set_color(const char *arg, struct grep_options *o) MUST_CHECK;
int grep_set_binary(const char *arg, struct grep_options *o) MUST_CHECK;
int grep_set_order(const char *arg, struct grep_options *o) MUST_CHECK;
int grep_add_word(struct grep_word_list *list, const char *arg) MUST_CHECK;
int grep_add_years(struct grep_options *o, const char *arg) MUST_CHECK;
int grep_add_pattern(struct grep_options *o, const char *pattern) MUST_CHECK;
int grep_add_pattern_file(struct grep_options *o, const char *path) MUST_CHECK;
bool grep_terminal_has_colors(void);

/* Make what @o asks for, or with @loose the same ignoring width, blanks and case. Says what is wrong; returns 0 or -Exxx. */
int grep_options_compile(
	const struct grep_options *o, bool loose, struct match **ret_match) MUST_CHECK;

/* --- grep_print.c --- */

/* What is printed, and how far. */
struct grep_printer {
	const struct grep_options *options;
	struct match *match;
	bool with_names; /* of the files of the present operand */
	bool is_used;    /* a group of lines was printed: a separator stands before the next */
	bool has_failed; /* a message was printed */
	int64_t lines;   /* that were selected, of all files */
	int64_t files;   /* that have such lines */
	int write_error; /* errno of the first write that failed, or 0 */

	/* the file under way */
	const struct grep_file *file;
	const char *name; /* as it is printed */
	struct match_string text;
	struct buf zapped;     /* the text, with newlines for NULs */
	struct match_span hit; /* the next line that matches, if it was looked for already */
	bool has_hit;
	bool is_quiet, is_done_soon, has_bad_bytes;
	size_t printed;  /* the end of what was printed last, SIZE_MAX: nothing */
	size_t counted;  /* up to here, the lines are counted */
	int64_t line;    /* so many */
	int64_t pending; /* lines of context to print yet */
	int64_t left;    /* lines that may yet be selected */
};

/*
 * Print what there is to print of a file; @name is how it is called. Returns 0, 1 when no other file needs to be looked at, or
 * -Exxx. Failures to write are left to ferror().
 */
int grep_print_file(struct grep_printer *p, const struct grep_file *file, const char *name,
	const char *data, size_t len) MUST_CHECK;
void grep_printer_done(struct grep_printer *p);

/* --- grep_line.c --- */

/* Print a line, or what matches in it. @sep is ':' for a selected line, '-' for its context. Returns 0 or -ENOMEM. */
int grep_print_line(struct grep_printer *p, const struct match_span *line, char sep) MUST_CHECK;
void grep_print_name(const struct grep_printer *p,
	char behind); /* and '\0' instead of @behind when it is wanted */
void grep_print_count(const struct grep_printer *p, int64_t count);
void grep_print_separator(const struct grep_printer *p);

/* Read the environment of those who want other colours. */
void grep_colors_init(void);

/* --- grep_json.c --- */

int grep_json_line(
	struct grep_printer *p, const struct match_span *line, bool is_context) MUST_CHECK;
void grep_json_file(const struct grep_printer *p, const char *key, int64_t value);

/* --- grep_operand.c --- */

/* Something to search. */
struct grep_operand {
	const char *arg;  /* as it was given; NULL: the present directory */
	struct buf db;    /* the database */
	struct buf root;  /* where it is mounted; empty: the operand is the database */
	struct buf below; /* what the operand is in the tree, "" for all of it */
	bool is_file;     /* of the tree */
	bool is_one;      /* of several: the name of a database stands before its paths */
};

void grep_operand_done(struct grep_operand *o);

/* Find out what @arg is; says what is wrong. Returns 0 or -Exxx. */
int grep_operand_find(const char *arg, bool silent, struct grep_operand *ret_operand) MUST_CHECK;

/* How the file at @path of the tree is called in the output. Returns 0 and *ret_name, which is replaced, or -ENOMEM. */
int grep_operand_name(
	const struct grep_operand *o, const char *path, struct buf *ret_name) MUST_CHECK;

/* --- grep_tree.c --- */

/* A search through the mount itself, for those who may not read the database. As grep_store(). */
int grep_tree(
	const char *root, const struct grep_query *query, grep_file_fn *fn, void *arg) MUST_CHECK;
