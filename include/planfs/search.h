/*
 * Searching the texts of the present tree. The index (docs/search.md) knows which files may contain a string; whoever
 * searches compares the text of each of them. All functions of one struct search see the same state of the database,
 * the one of search_open(); it is used by one thread at a time. Errors as in planfs/store.h.
 */
#pragma once

#include "planfs/change.h"

struct search;

/* Returns 0 and *ret_search, to be closed soon: it keeps the log of the database from being reused. */
int search_open(struct store *s, struct search **ret_search) MUST_CHECK;
void search_close(struct search *q); /* accepts NULL */
static inline void search_closep(struct search **q)
{
	search_close(*q);
}

/* Strings that must all be in a text; borrowed. None: every text. */
struct search_terms {
	const struct text *strings;
	size_t n;
};

/* A file that may match: regular, with at least one name. Plain data. */
struct search_candidate {
	int64_t inode, body; /* body 0: empty */
	int64_t size;
};

/* A result other than 0 ends the search. It may call the functions of @q below, and nothing else of @q nor of the store. */
typedef int search_candidate_fn(void *arg, const struct search_candidate *candidate);

/*
 * Call @fn once, in no order, for every file whose text contains all strings of at least one of the @n alternatives @any (0: of
 * every file), and for some whose text does not: strings are compared folded (ASCII letters without case, full width as half
 * width, blanks alike), and files that are not in the index come in any case. Strings may be any bytes: what the index cannot
 * tell (the empty string, a newline, bytes that are not UTF-8) restricts nothing. Returns 0 or the result of @fn.
 */
int search_candidates(struct search *q, const struct search_terms *any, size_t n,
	search_candidate_fn *fn, void *arg) MUST_CHECK;

/* A name of a file. @name is valid during the call. */
typedef int search_name_fn(void *arg, int64_t parent, const char *name);

/* Call @fn for all names of file @inode. Returns 0 or the result of @fn. */
int search_names(struct search *q, int64_t inode, search_name_fn *fn, void *arg) MUST_CHECK;

/* A result other than 0 ends it. @name is valid during the call. */
typedef int search_each_fn(void *arg, int64_t parent, const char *name, int64_t inode);

/* Call @fn for every name in the database, directory by directory. Returns 0 or the result of @fn. */
int search_each_name(struct search *q, search_each_fn *fn, void *arg) MUST_CHECK;

/* Where directory @id stands: 0, *ret_parent and *ret_name. Of the root: its own number and "". -ENOENT: nowhere. */
int search_directory(
	struct search *q, int64_t id, int64_t *ret_parent, struct buf *ret_name) MUST_CHECK;

/* Call @fn with the text of @body (0: empty), without copying it. Returns what @fn returned, or -ENOENT. */
int search_text(struct search *q, int64_t body, store_text_fn *fn, void *arg) MUST_CHECK;

/* What the index holds. Plain data. */
struct search_status {
	int64_t indexed; /* files whose present text is in it */
	int64_t waiting; /* files that will be added */
	int64_t apart; /* files that are never added (binary, very long), and scanned by each search */
	int64_t bytes; /* of the index in the database */
};

int search_get_status(struct store *s, struct search_status *ret_status) MUST_CHECK;

/* Are there files that will be added to the index? Returns 1, 0 or -Exxx. */
int search_has_waiting(struct store *s) MUST_CHECK;

/*
 * Bring the index nearer to the texts: at most @budget bytes of text in one transaction that waits for nobody's lock
 * longer than @wait_ms. Returns the number of files that were dealt with (0: the index is up to date), -EBUSY, -EROFS,
 * or the error of store_change().
 */
int search_index_step(struct store *s, size_t budget, unsigned wait_ms) MUST_CHECK;

/*
 * The index grows by pieces, and each search looks into all of them: put some together, at most @pages pages of 4 KB in one
 * transaction. Returns 1 when it did something, 0 when there was nothing to do, or as search_index_step().
 */
int search_index_merge(struct store *s, unsigned pages, unsigned wait_ms) MUST_CHECK;

/*
 * Empty the index, make it anew where it is damaged; search_index_step() fills it again. Returns 0 or the error of
 * store_change().
 */
int search_index_clear(struct store *s) MUST_CHECK;
