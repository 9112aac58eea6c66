/* What the files of src/view share. */
#pragma once

#include "planfs/versions.h"
#include "planfs/view.h"

enum { VIEW_FAMILY_SHIFT = 58 };

/* Bits 58 to 61 of a number: the index into the table of view.c. A number is never given to another family. */
enum view_family {
	VIEW_TOP, /* .planfs and the files in it */
	VIEW_AT,  /* moments, and the trees of then */
	VIEW_GMT, /* the same moments under the names that Samba wants; its trees have numbers of VIEW_AT */
	VIEW_HISTORY,
	VIEW_CONFLICTS,
	VIEW_SEARCH,
	VIEW_FAMILIES
};

static inline int64_t view_id(enum view_family family, int64_t rest)
{
	return VIEW_ROOT | (int64_t)family << VIEW_FAMILY_SHIFT | rest;
}

static inline int64_t view_rest(int64_t id)
{
	return id & ((INT64_C(1) << VIEW_FAMILY_SHIFT) - 1);
}

/* A family of views: the functions of planfs/view.h for its own numbers. */
struct view_ops {
	const char *
		name; /* of its directory in .planfs, whose number has the rest 0; NULL: has none */
	bool (*is_fixed)(int64_t id); /* NULL: nothing is */
	struct view_entry (*entry)(
		const struct view_source *v, int64_t id); /* NULL: nothing special */
	int (*get)(const struct view_source *v, int64_t id, struct inode *ret_inode);
	int (*lookup)(const struct view_source *v, int64_t parent, const char *name,
		struct inode *ret_inode);
	int (*scan)(const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn,
		void *arg);
	int (*parent)(const struct view_source *v, int64_t id, int64_t *ret_parent);
	int (*read)(const struct view_source *v, int64_t id, struct buf *ret_text);
	int (*readlink)(const struct view_source *v, int64_t id,
		struct buf *ret_target); /* NULL: no symlinks */
};

extern const struct view_ops view_top, view_at, view_gmt, view_history, view_conflicts, view_search;

/* slots.c: the number of the slot that @name means in the directory of @family, and the tree that it shows. */
int slot_find(const struct view_source *v, enum view_family family, const char *name,
	uint32_t *ret_slot) MUST_CHECK;
/* Returns 0, or -ENOENT when the slot was never given out. */
int slot_get(const struct view_source *v, uint32_t slot, struct view_slot *ret_slot) MUST_CHECK;

/* at_list.c */
int at_list(const struct view_source *v, int64_t after, store_entry_fn *fn, void *arg) MUST_CHECK;
int gmt_list(const struct view_source *v, int64_t after, store_entry_fn *fn, void *arg) MUST_CHECK;

/* versions.c */

/* What version @i of the file @file is called. */
int version_name(
	const struct versions *v, size_t i, const char *file, struct buf *ret_name) MUST_CHECK;

/* The families that have a directory in .planfs: from VIEW_TOP + 1 on. Returns NULL behind the last. */
const struct view_ops *view_family_ops(size_t family);

/* A file (S_IFREG | 0444) or directory (S_IFDIR | 0555) as of now, owned by the daemon. */
struct inode view_make_inode(int64_t id, uint32_t mode, int64_t size);

/* Make the text of a view. Returns 0, -ENOMEM, or the error of the database. */
typedef int view_render_fn(const struct view_source *v, struct buf *ret_text);

view_render_fn readme_render;
view_render_fn status_render;
view_render_fn duplicates_render;

/* Each view that keeps something has a part of its own, with its own lock. */
struct view_memory {
	struct search_memory *search;
	struct kept_text *duplicates;
};

/* duplicates.c */
int kept_text_new(struct kept_text **ret_kept) MUST_CHECK;
void kept_text_free(struct kept_text *k); /* accepts NULL */

/* reader.c: may somebody read files, as their permissions and those of the directories above say? */
struct permission {
	struct store *s;                  /* borrowed */
	const struct view_reader *reader; /* borrowed; NULL: he may */
	struct buf dir;                   /* that was looked at last */
	int64_t dir_id;                   /* of it, 0: not for him */
};

/* Who asks, in @reader, or NULL: somebody who may see everything. */
const struct view_reader *view_get_reader(const struct view_source *v, struct view_reader *reader);

void permission_done(struct permission *p);

/* The file at @path; with nothing behind its last slash, the list of the directory. Returns 1, 0 (also when it is gone), or -Exxx. */
int permission_to_read(struct permission *p, const char *path) MUST_CHECK;
