/*
 * The stateful fuzz: random operations on a tree and on a model of it in memory, every result compared.
 *
 *   fuzz.c         the loop, the trace, and the search for a short one
 *   fuzz_tree.c    the model: objects, names, open files
 *   fuzz_names.c   operations on names        fuzz_files.c   on open files
 *   fuzz_attrs.c   on attributes              fuzz_look.c    looking at everything
 *   fuzz_world.c   what happens to the mount: new mounts, deaths of the daemon, other programs
 */
#pragma once

#include "planfs/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum {
	XATTRS = 3,
	HANDLES = 16,
	DIRS_MAX = 24,
	DEPTH_MAX = 7,
	TEXT_MAX = 70000,
	PATH_BYTES = 4096,
};

struct fuzz_object;

struct fuzz_child {
	char *name; /* owned */
	struct fuzz_object *object;
};

struct fuzz_object {
	mode_t mode;    /* with the type */
	unsigned nlink; /* of a file or symlink: names */
	unsigned opens; /* descriptions that stand on it */
	char *text; /* owned; of a file TEXT_MAX bytes, zero behind @len; of a symlink its target */
	size_t len;
	char *xattrs[XATTRS]; /* owned, or NULL */
	struct timespec mtime;
	bool mtime_known; /* set by hand, and nothing changed since */
	ino_t ino;        /* 0: not seen yet */
	/* of a directory */
	struct fuzz_object *parent;
	struct fuzz_child *children; /* owned */
	size_t n_children;
};

/* An open file: what dup(2) shares. */
struct fuzz_open {
	struct fuzz_object *object;
	int flags;
	size_t at;
	unsigned refs;
};

struct fuzz_handle {
	int fd; /* -1: free */
	struct fuzz_open *open;
};

struct fuzz_place {
	struct fuzz_object *dir;
	const char *name;           /* borrowed until the directory changes */
	struct fuzz_object *object; /* NULL: there is nothing */
	char path[PATH_BYTES];
};

struct fuzz {
	const char *base; /* of the tree */
	const char *db;   /* the database below it, or NULL */
	const char *planfs, *options;
	struct fuzz_object *root;
	struct fuzz_object *dirs[DIRS_MAX]; /* all that have a name; the root is the first */
	size_t n_dirs;
	struct fuzz_handle handles[HANDLES];
	uint64_t random;
	unsigned long op;
	unsigned long counts[8]; /* of what fuzz_world.c did */
};

extern struct fuzz fuzz;

/* fuzz.c */
size_t fuzz_random(size_t n); /* below n */
bool fuzz_one_in(size_t n);
void fuzz_note(const char *format, ...) PRINTF_LIKE(1, 2); /* what is done now */
void fuzz_fail(const char *format, ...) PRINTF_LIKE(1, 2) __attribute__((noreturn));
/* Compare a result, -1 with errno, with the errno that POSIX wants (0: success). Returns whether it succeeded. */
bool fuzz_expect(long result, int wanted);

/* fuzz_tree.c */
struct fuzz_object *fuzz_object_new(mode_t mode);
void fuzz_object_release(struct fuzz_object *o); /* when no name and no description is left */
void fuzz_add(struct fuzz_object *dir, const char *name, struct fuzz_object *o);
struct fuzz_object *fuzz_remove(struct fuzz_object *dir, const char *name);
struct fuzz_object *fuzz_find(struct fuzz_object *dir, const char *name);
bool fuzz_is_above(const struct fuzz_object *a, const struct fuzz_object *b); /* or the same */
unsigned fuzz_depth(const struct fuzz_object *dir);
void fuzz_path(const struct fuzz_object *dir, const char *name, char *ret_path);
void fuzz_pick(struct fuzz_place *ret_place);      /* a name, that of something or not */
bool fuzz_pick_file(struct fuzz_place *ret_place); /* a name of a regular file; false: found none */
struct fuzz_handle *fuzz_pick_handle(void);        /* NULL: none is open */
void fuzz_touch(struct fuzz_object *o);            /* its mtime is the clock's now */
void fuzz_resize(struct fuzz_object *o, size_t len);
void fuzz_clear(void); /* forget everything */
static inline int fuzz_name_error(const char *name)
{
	return __builtin_strlen(name) > 255 ? 36 /* ENAMETOOLONG */ : 0;
}

/* The operations, each one step. */
typedef void fuzz_op(void);
fuzz_op fuzz_mkdir, fuzz_rmdir, fuzz_unlink, fuzz_rename, fuzz_exchange, fuzz_link, fuzz_symlink,
	fuzz_readlink;
fuzz_op fuzz_open_file, fuzz_close, fuzz_dup, fuzz_write, fuzz_read, fuzz_ftruncate, fuzz_truncate,
	fuzz_fsync, fuzz_map, fuzz_seek, fuzz_allocate;
fuzz_op fuzz_chmod, fuzz_utimens, fuzz_set_xattr, fuzz_get_xattr, fuzz_list_xattr,
	fuzz_remove_xattr;
fuzz_op fuzz_stat, fuzz_list, fuzz_look_at_all;
fuzz_op fuzz_remount, fuzz_kill, fuzz_sql;

/* fuzz_files.c */
void fuzz_close_all(void);
void fuzz_forget_handles(void); /* after a death: close(2) may fail */

/* fuzz_look.c */
void fuzz_compare_stat(const struct stat *st, struct fuzz_object *o, const char *path);
void fuzz_compare_text(struct fuzz_object *o, const char *path);
