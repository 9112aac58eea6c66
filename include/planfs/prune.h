/*
 * Forgetting versions: by rules, or all of a place. The present tree is never changed. Errors as in planfs/store.h and
 * change.h.
 */
#pragma once

#include "planfs/store.h"

enum prune_unit { PRUNE_NONE, PRUNE_HOURS, PRUNE_DAYS, PRUNE_WEEKS, PRUNE_YEARS, PRUNE_FOREVER };

/* How far back a rule reaches. */
struct prune_span {
	enum prune_unit unit;
	unsigned n;
};

/* "36h", "30d", "8w", "10y", "forever", or "0": not at all. Returns 0 or -EINVAL. */
int prune_parse_span(const char *words, struct prune_span *ret_span) MUST_CHECK;

/* When @span began, seen from @now: by the calendar, at the same time of the day; INT64_MIN: before everything. */
int64_t prune_begin(const struct prune_span *span, int64_t now);

struct prune_rules {
	struct prune_span all;     /* keep every version so far back */
	struct prune_span daily;   /* the tree at the end of each day */
	struct prune_span monthly; /* the tree at the end of each month */
};

/*
 * The moments that the rules keep as they were, besides the present: revisions, in order, each once. From *all_from on
 * every revision is one. Marks are among them.
 */
struct prune_moments {
	int64_t *revs; /* owned */
	size_t n;
	int64_t all_from;
	int64_t rules_from; /* before this one, no rule reaches */
};

int prune_find_moments(struct store *s, const struct prune_rules *rules, int64_t now,
	struct prune_moments *ret_moments) MUST_CHECK;
void prune_moments_done(struct prune_moments *m);

/* What a call of the functions below has done, or would do. Plain data. */
struct pruned {
	int64_t moments;           /* days, months and marks that are kept */
	int64_t changes;           /* rows of the history before */
	int64_t forgotten;         /* of these */
	int64_t texts, text_bytes; /* that went with them */
	int64_t size_before, free_before, size,
		free;   /* of the database, bytes; free: of these, in pages that hold nothing */
	bool rewritten; /* the file was written anew, and what was free is given back */
	bool no_room;   /* there was no room to do that */
	bool in_log; /* other processes use the database: the log, and the file, may hold old bytes still */
};

struct prune {
	struct prune_rules rules;
	int64_t now; /* ns since 1970 */
	bool dry_run;

	/* Called when @done of @all rows are forgotten; may be NULL. */
	void (*progress)(void *arg, int64_t done, int64_t all);
	void *arg;
};

/*
 * Forget what the rules do not keep, in transactions of a few hundred versions between which others write. At each kept
 * moment the tree stays exactly what it was; between kept moments, each file is seen in its last state that was
 * kept. Texts that were overwritten unseen, and what replaced them, are kept as far back as the furthest rule reaches.
 * When the database is open exclusively and enough has become free, the file is written anew. An interruption at any
 * time leaves a sound database; the next call goes on.
 */
int store_prune(struct store *s, const struct prune *how, struct pruned *ret_pruned) MUST_CHECK;

/* Somewhere else where one of the forgotten texts is. @path and @name are valid during the call. */
struct prune_copy {
	const char *path; /* "" when nobody knows it */
	int64_t rev;      /* 0: now */
};

typedef int prune_copy_fn(void *arg, const struct prune_copy *copy);

struct forget {
	int64_t parent;   /* the place; a directory stands, or stood, for all that was ever in it */
	const char *name; /* borrowed */
	int64_t rev;      /* after which it was there last; INT64_MAX: now */
	bool dry_run;
	prune_copy_fn *copy; /* called for each other place with the same text, after all is done */
	void *arg;
};

/*
 * Forget all versions of a place but what is there now, also those that a mark or a rule would keep, in one transaction that
 * overwrites their bytes. When the database is open exclusively the file is written anew, and the log is emptied: then
 * nothing of them is left in either. Otherwise in_log is
 * set, and the next store_prune() that has the database alone does it.
 */
int store_forget(struct store *s, const struct forget *what, struct pruned *ret_pruned) MUST_CHECK;
