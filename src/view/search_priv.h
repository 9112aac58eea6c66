/*
 * What the files of .planfs/search share. A query has a number: a hash of its words, by which the memory of the mount finds
 * them; a number that nobody asked for lately is not known, and the kernel looks the name up again. A hit is a symbolic
 * link that has the number of its file and a hash of its path: so a link that is kept always leads where it led.
 */
#pragma once

#include "view_priv.h"

#include "planfs/query.h"

enum {
	SEARCH_KIND_SHIFT = 38,
	SEARCH_HASH_BITS = 14, /* of a hit's path */
	SEARCH_LIST_MAX = 10000,
	SEARCH_TEXT_MAX = 8 << 20, /* bytes */
};

/* Bits 38 and 39 of the rest of a number. */
enum search_kind {
	SEARCH_FIXED, /* the directory itself: 0, README.txt: 1 */
	SEARCH_LIST,  /* the directory of a query */
	SEARCH_TEXT,  /* its text */
	SEARCH_HIT,
};

static inline int64_t search_id(enum search_kind kind, uint64_t bits)
{
	return view_id(VIEW_SEARCH, (int64_t)kind << SEARCH_KIND_SHIFT | (int64_t)bits);
}

/* A section that was found. */
struct hit {
	int64_t inode;
	char *path; /* owned; from the root */
	char *name; /* owned; in the directory of the query */
};

/* What a query found. Read-only once it is made, and shared. */
struct hits {
	unsigned users; /* guarded by the lock of the memory */
	int64_t rev;    /* before the search began */
	int64_t made;   /* clock_now() */
	size_t bytes;   /* in memory, about */
	const char *
		broken; /* static; the words are no query: the name of the file that says why; NULL: they are one */
	bool has_more;
	/* of a list */
	struct hit *items; /* owned; the newest year first */
	size_t n, capacity;
	uint32_t *by_name; /* owned */
	/* of a text */
	struct buf text;
};

/* --- search_find.c --- */

/* What is asked. */
struct asked {
	const char *words;
	const struct view_reader *reader; /* NULL: somebody who may see everything */
};

/* Search for it. @kind: SEARCH_LIST or SEARCH_TEXT. Returns 0 and *ret_hits, to be released with hits_free(). */
int hits_find(struct store *s, const struct asked *asked, enum search_kind kind,
	struct hits **ret_hits) MUST_CHECK;
void hits_free(struct hits *h); /* accepts NULL */

extern const char search_readme[]; /* search.c */

/* The hit called @name, NULL when there is none. */
const struct hit *hits_lookup(const struct hits *h, const char *name);

/* --- search_name.c --- */

/* Give every hit a name of its own, and sort by it. Returns 0 or -ENOMEM. */
int hits_name_all(struct hits *h) MUST_CHECK;

/* The number of the hit on file @inode at @path. */
int64_t hit_id(int64_t inode, const char *path);

/* The path that hit @id leads to. Returns 0, or -ENOENT when the file is not there any more. */
int hit_path(struct store *s, int64_t id, struct buf *ret_path) MUST_CHECK;

/* --- search_memory.c --- */

struct search_memory;

int search_memory_new(struct search_memory **ret_memory) MUST_CHECK;
void search_memory_free(struct search_memory *m); /* accepts NULL */

/* Remember what is asked. Returns 0 and its number, *ret_bits: another for everybody who may not see everything. */
int search_remember(
	struct search_memory *m, const struct asked *asked, uint64_t *ret_bits) MUST_CHECK;

/* Is there a query with the number @bits? Returns 0, or -ENOENT. */
int search_recall(struct search_memory *m, uint64_t bits) MUST_CHECK;

/* Somebody looks at what they find. */
void search_note_asked(struct search_memory *m, uint64_t bits);

/*
 * What the query with the number @bits finds: as of now, or @relaxed as of a second ago at most. Returns 0 and *ret_hits, to be given back
 * with search_put(); -ENOENT when it is not known.
 */
int search_get(const struct view_source *v, uint64_t bits, enum search_kind kind, bool relaxed,
	struct hits **ret_hits) MUST_CHECK;
void search_put(struct search_memory *m, struct hits *h);

/* A query that somebody looked at. @words is valid during the call. */
typedef int search_recent_fn(void *arg, int64_t place, uint64_t bits, const char *words);

/* Call @fn for the last ones of @reader, those behind place @after, in the order of their places. Returns 0 or the result of @fn. */
int search_each_recent(struct search_memory *m, const struct view_reader *reader, int64_t after,
	search_recent_fn *fn, void *arg) MUST_CHECK;
