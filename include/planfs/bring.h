/*
 * Bringing places of the tree back to what they held after a revision, inside a transaction: what planfs/restore.h is made
 * of. First a plan is made of all places, then it is followed. Errors as in planfs/change.h.
 */
#pragma once

#include "planfs/change.h"

/* A place, and what shall stand there. */
struct bring {
	int64_t parent;     /* the directory, by the number that it had then; 0: this is the root */
	const char *name;   /* borrowed, as the other texts */
	struct inode then;  /* id 0: nothing; atime, ctime, btime, nlink and rdev do not matter */
	const char *target; /* of a symbolic link, else NULL */
	int64_t since, rev; /* it was so after the changes from the one to the other */
	bool keep_mtime;    /* of a directory: leave its mtime as the changes in it make it */
	const char *why_not; /* not NULL: leave it alone, and what hangs together with it */
	const char *note;    /* what else is to be said of it, or NULL */
};

/* Places, with texts of their own. */
struct bring_list {
	struct bring *items; /* owned, and the texts in them */
	size_t n, capacity;
};

int bring_list_add(struct bring_list *list, const struct bring *item) MUST_CHECK;
void bring_list_done(struct bring_list *list);

enum bring_how {
	BRING_NOTHING, /* it is so already, or is told of elsewhere */
	BRING_MAKE,
	BRING_SAVE, /* gets the text that it had */
	BRING_ATTR, /* gets mode, owner and mtime only */
	BRING_MOVE, /* comes from another place, with its text and mode of then */
	BRING_LINK, /* becomes one more name of a file, which stays as it is */
	BRING_REMOVE,
	BRING_LEAVE, /* left alone: see @why */
};

enum bring_mode {
	BRING_BACK, /* what lives elsewhere stays there, and is made anew at its place */
	BRING_COPY, /* everything is made anew */
	BRING_UNDO, /* what lives elsewhere stays there, and its place is left */
};

/* What becomes of a place. */
struct bring_item {
	struct bring wanted;
	enum bring_how how;
	struct buf
		path; /* in the tree, as it is afterwards; of what is removed or left as it was */
	struct buf from; /* of what is moved */
	struct buf why;  /* of what is left: a few words */

	/* for the files that make the plan and follow it */
	int64_t parent;   /* the directory as it is called now; 0: not known */
	struct inode now; /* what stands there; id 0: nothing */
	int64_t use;      /* what will stand there; 0: nothing */
	bool is_fresh;    /* @use must be made */
	bool is_link;     /* @use stays as it is */
	bool is_decided, is_pending, is_recorded, is_told;
	uint32_t n_arrivals; /* of the first item that wants an inode: new names of it */
};

struct bring_plan {
	struct bring_item *items; /* owned; in the order of what was asked for */
	size_t n;
	enum bring_mode mode;

	struct txn *t;                       /* borrowed */
	size_t *by_place, *by_then, *by_now; /* owned; items in order, see restore_items.c */
};

void bring_plan_done(struct bring_plan *plan);

/*
 * Find out how to bring back what is in @list, each place once; it is borrowed as long as the plan. Nothing else in the
 * tree will be changed: what stands elsewhere is not taken from there, but what has gone from one of these places to
 * another is moved back, so that it keeps its number and its other names. Directories come back under their own numbers,
 * and their contents with their history. What cannot be done is left.
 */
int txn_plan_bringing(struct txn *t, const struct bring_list *list, enum bring_mode mode,
	struct bring_plan *ret_plan) MUST_CHECK;

/* Do it, in the same transaction. */
int txn_bring(struct bring_plan *plan) MUST_CHECK;
