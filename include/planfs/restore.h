/*
 * Bringing back what was: a file or a directory as of a moment, or what somebody changed. All of it is one transaction and
 * makes new versions, so that it can be taken back in the same way. Errors as in planfs/store.h and change.h.
 */
#pragma once

#include "planfs/bring.h"

/* What was done, or would be. */
struct restored {
	struct bring_list list;
	struct bring_plan plan; /* items to read; what was left is BRING_LEAVE */
};

void restored_done(struct restored *r);

struct restore {
	int64_t rev;           /* the moment */
	int64_t from_parent;   /* where it stood then; 0: the whole tree */
	const char *from_name; /* borrowed, as the other texts */

	/* where it goes; NULL: to where it stood */
	int64_t parent;
	const char *name;

	int64_t above_rev; /* after which the directories above were there last; 0: @rev */
	bool is_copy;      /* make it anew, at a free place */

	bool keep_new; /* leave alone what has come into a directory since, or into one that was made anew in its place */
	bool dry_run;       /* do nothing */
	const char *author; /* NULL: the user that runs the process */
};

/*
 * Bring back what stood there, with everything below it: names, texts, modes, owners and mtimes. Directories above the place
 * that are gone come back, too, with nothing else in them. Outside, nothing is changed. What is at the place by now becomes
 * what was; what was not there then goes away, but for scratch files.
 *
 * A file that has a name outside, too, is made anew when it would change. Returns 0 and *ret_restored; -ENOENT: nothing stood there
 * then, or the directory of a copy is none; -EEXIST: there is something of another kind at the place, or anything where a copy
 * should go; -ELOOP: that is in the directory of which it is a copy. Then nothing was changed.
 */
int store_restore(
	struct store *s, const struct restore *what, struct restored *ret_restored) MUST_CHECK;

struct undo {
	const int64_t *revs; /* borrowed; in order: the changes that are taken back */
	size_t n;
	bool dry_run;
	const char
		*author; /* of the changes that this makes; NULL: the user that runs the process */
};

/*
 * Take changes back: their places hold again what they held before. Where other changes came later, the place is left alone,
 * with whatever hangs together with it. Returns 0 and *ret_restored.
 */
int store_undo(struct store *s, const struct undo *what, struct restored *ret_restored) MUST_CHECK;
