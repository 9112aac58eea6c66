/*
 * What .planfs/ shows: read-only files and directories that are made from the database when somebody
 * looks. No FUSE here, so that views are tested without a mount. Views come in families, one file of
 * src/view each, which the table in src/view/view.c lists.
 *
 * Views have inode numbers from VIEW_ROOT on, which the database never gives out: the family in bits 58 to 61, and
 * what the family makes of the bits below. What is not fixed keeps below 2^40 there, because a read-only mount
 * hands out such files under changing numbers.
 */
#pragma once

#include "planfs/name.h"
#include "planfs/store.h"

#define VIEW_ROOT (INT64_C(1) << 62) /* the directory .planfs itself */

enum { VIEW_VOLATILE_BITS = 40 }; /* of the numbers of what is not fixed */

#define VIEW_FOR_EVER 86400.0 /* seconds */

/* What only the running mount knows. Plain data. */
struct view_mount {
	const char *mountpoint; /* borrowed */
	unsigned open_files;
	unsigned dirty_files; /* open files whose text is not in the database yet */
	int64_t started;      /* ns since 1970 */
	int supervisor;       /* its process */
	unsigned restarts;    /* daemons that served this mount before */
	bool resumes;         /* another daemon could go on if this one died */
};

enum {
	VIEW_SLOTS =
		1
		<< 18, /* moments that are looked at, the old ones included that the kernel may still show */
	VIEW_MOMENTS = 4096, /* names that keep their slot */
};

/* A moment that was looked up, which is a tree of its own from then on. */
struct view_slot {
	int64_t rev;         /* it shows the tree after this revision */
	uint32_t generation; /* how often the slot was given to a moment; 0: never */
	bool fixed;          /* its name will mean the same for ever */
	bool named;          /* it is the one that its name means */
	uint8_t family;      /* of the directory in which it was looked up */
};

/* The name of a moment, and the slot that it means. */
struct view_moment {
	uint32_t slot; /* 0: none; written last, because the daemon may die at any time */
	uint32_t used; /* grows with each use */
	uint8_t family;
	char name[NAME_BYTES_MAX + 1];
};

/* What was looked up: memory that outlives the daemon, as the kernel does; all zero in the beginning. view/slots.c */
struct view_slots {
	uint32_t last, uses;
	struct view_slot slots[VIEW_SLOTS];
	struct view_moment moments[VIEW_MOMENTS];
};

/* Receives a named number. A result other than 0 ends the enumeration. */
typedef int view_number_fn(void *arg, const char *name, int64_t number);

enum { VIEW_GROUPS_MAX = 64 };

/* Who looks at a view, and may not see what permissions keep from him. Plain data. */
struct view_reader {
	uint32_t uid, gid;
	uint32_t groups[VIEW_GROUPS_MAX]; /* besides */
	uint32_t n_groups;
};

/* What views keep between two looks at them: bounded, and nothing is lost with it. Used by many threads at once. */
struct view_memory;

int view_memory_new(struct view_memory **ret_memory) MUST_CHECK;
void view_memory_free(struct view_memory *m); /* accepts NULL */
static inline void view_memory_freep(struct view_memory **m)
{
	view_memory_free(*m);
}

/* Where views get their contents from. Borrowed by all functions for the time of the call. */
struct view_source {
	struct store *store;
	struct view_memory *memory; /* NULL: there is no search, and nothing is kept */
	void (*mount_status)(void *arg, struct view_mount *ret_mount); /* NULL: not mounted */
	/* Requests of the kernel so far, by kind; NULL: not mounted. Returns 0 or the result of @fn. */
	int (*mount_requests)(void *arg, view_number_fn *fn, void *fn_arg);
	/* Who asks; false, or NULL: somebody who may see everything. */
	bool (*reader)(void *arg, struct view_reader *ret_reader);
	void *arg;
	struct view_slots *slots; /* NULL: no moments can be looked up */
};

static inline bool view_is_view(int64_t id)
{
	return id >= VIEW_ROOT;
}

/* Is what is in @id, names, attributes and text, the same for ever, so that it may be kept without asking again? */
bool view_is_fixed(int64_t id);

/*
 * What the kernel is told besides: does the name under which @id was found mean it for ever; for how long may its
 * attributes be kept, and with them a listing, as they say when that is another one; and how often was the number given to
 * something else before, so that the two are not taken for one?
 */
struct view_entry {
	bool name_is_fixed;
	double attr_seconds;
	uint32_t generation;
};

struct view_entry view_entry(const struct view_source *v, int64_t id);

/* Returns 0 and *ret_inode, or -ENOENT. The size of a file is that of its present text. */
int view_get(const struct view_source *v, int64_t id, struct inode *ret_inode) MUST_CHECK;

/* Returns 0 and *ret_inode, or -ENOENT. */
int view_lookup(const struct view_source *v, int64_t parent, const char *name,
	struct inode *ret_inode) MUST_CHECK;

/* The directory that holds directory @id (of VIEW_ROOT: the root of the mount). Returns 0 or -ENOENT. */
int view_parent(const struct view_source *v, int64_t id, int64_t *ret_parent) MUST_CHECK;

/* The target of a symlink. Returns 0, or -ENOENT (also when @id is no symlink). */
int view_readlink(const struct view_source *v, int64_t id, struct buf *ret_target) MUST_CHECK;

/* As store_scan(). */
int view_scan(const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn,
	void *arg) MUST_CHECK;

/* The text of a file as of now. Returns 0, -ENOENT, -EISDIR, or the error of the database. */
int view_read(const struct view_source *v, int64_t id, struct buf *ret_text) MUST_CHECK;
