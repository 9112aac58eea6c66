/* What the two files of planfs diff share. */
#pragma once

#include "cli_place_priv.h"

/* One of the two that are compared. */
struct side {
	struct place place;
	struct past past;
	const char *arg;  /* borrowed */
	struct buf label; /* a directory in the private one: "@7" */
	struct buf path;  /* what is compared: below that */
};

struct diff {
	struct place_base base;
	struct side a, b;
	struct temporary dir;
	bool by_lines;
	bool differs; /* something was written */
};

/* diff_write.c: write a text of a side, or both trees but for what they have in common. Returns 0 or -Exxx. */
int diff_write_text(struct diff *d, struct side *s, const struct buf *text) MUST_CHECK;
int diff_write_trees(struct diff *d) MUST_CHECK;
