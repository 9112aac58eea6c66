/* What the files of planfs diff share. */
#pragma once

#include "cli_place_priv.h"

/* One of the two that are compared. */
struct side {
	struct place place;
	struct past past;
	const char *arg;  /* borrowed */
	struct buf label; /* "@7": a directory in the private one, and what stands before paths */
	struct buf path;  /* what is compared: the label, and the path behind it */
};

struct diff {
	struct place_base base;
	struct side a, b;
	struct temporary dir;
	bool by_lines;
	bool differs; /* something was told */
};

/* --- diff_walk.c --- */

/* Something that is, or was, in a directory. */
struct entry {
	const char *name;
	struct inode inode;
};

/* A directory, or the place of one, on both sides. */
struct pair {
	int64_t a, b;     /* its inodes; 0: it is not there */
	const char *path; /* in the tree */
	int dir_a, dir_b; /* where what differs is written, -1: nowhere */
	unsigned depth;
};

/* @a or @b, which stand in @p, may be NULL; neither is a directory. */
typedef int entry_fn(
	struct diff *d, const struct pair *p, const struct entry *a, const struct entry *b);

/* Directories come and go: @enter makes @below of @p, in which @name stands, and @leave is called in any case. */
struct walk {
	entry_fn *differ;
	int (*enter)(const struct pair *p, const char *name, struct pair *below);
	void (*leave)(const struct pair *p, const char *name, struct pair *below);
};

/* Call walk->differ for all that is not the same in the directories of @p, in the order of the names. */
int diff_walk(struct diff *d, const struct walk *walk, const struct pair *p) MUST_CHECK;

/* What is in @e, for a comparison: a text, or the target of a symbolic link. NULL: nothing. */
int diff_read(struct diff *d, const struct side *s, const struct entry *e,
	struct buf *ret_text) MUST_CHECK;

/* --- diff_write.c: to the private directory. Returns 0 or -Exxx. --- */

int diff_write_text(struct diff *d, struct side *s, const struct buf *text) MUST_CHECK;
int diff_write_trees(struct diff *d) MUST_CHECK;

/* --- diff_print.c: by lines, to stdout. Returns 0 or -Exxx. --- */

int diff_print_texts(const char *path_a, const char *path_b, const struct buf *a,
	const struct buf *b) MUST_CHECK;
int diff_print_trees(struct diff *d) MUST_CHECK;
