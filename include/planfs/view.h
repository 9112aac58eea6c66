/*
 * What .planfs/ shows: small read-only files and directories that are made from the database when somebody
 * looks. No FUSE here, so that views are tested without a mount. Each view is one entry of the table
 * in src/view/view.c.
 *
 * Views have inode numbers from VIEW_ROOT on, which the database never gives out.
 */
#pragma once

#include "planfs/store.h"

#define VIEW_ROOT (INT64_C(1) << 62) /* the directory .planfs itself */

/* What only the running mount knows. Plain data. */
struct view_mount {
	const char *mountpoint; /* borrowed */
	unsigned open_files;
	unsigned dirty_files; /* open files whose text is not in the database yet */
	int64_t started;      /* ns since 1970 */
};

/* Receives a named number. A result other than 0 ends the enumeration. */
typedef int view_number_fn(void *arg, const char *name, int64_t number);

/* Where views get their contents from. Borrowed by all functions for the time of the call. */
struct view_source {
	struct store *store;
	void (*mount_status)(void *arg, struct view_mount *ret_mount); /* NULL: not mounted */
	/* Requests of the kernel so far, by kind; NULL: not mounted. Returns 0 or the result of @fn. */
	int (*mount_requests)(void *arg, view_number_fn *fn, void *fn_arg);
	void *arg;
};

static inline bool view_is_view(int64_t id)
{
	return id >= VIEW_ROOT;
}

/* Returns 0 and *ret_inode, or -ENOENT. The size of a file is that of its present text. */
int view_get(const struct view_source *v, int64_t id, struct inode *ret_inode) MUST_CHECK;

/* Returns 0 and *ret_inode, or -ENOENT. */
int view_lookup(const struct view_source *v, int64_t parent, const char *name,
	struct inode *ret_inode) MUST_CHECK;

/* As store_scan(). */
int view_scan(const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn,
	void *arg) MUST_CHECK;

/* The text of a file as of now. Returns 0, -ENOENT, -EISDIR, or the error of the database. */
int view_read(const struct view_source *v, int64_t id, struct buf *ret_text) MUST_CHECK;
