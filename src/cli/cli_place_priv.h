/* What the commands about the past share: from what the user types to a place in the tree and a moment. */
#pragma once

#include "cli_priv.h"

#include "planfs/moment.h"
#include "planfs/versions.h"

#include <signal.h>

/* The planfs that the arguments of a command are about. */
struct place_base {
	struct store *s; /* owned */
	bool is_db; /* a database was named: paths are below its root, and not those of the shell */
	struct buf db; /* its path */
};

void place_base_done(struct place_base *b);

/*
 * Open the planfs that the arguments from optind on are about: [DB] and from @min to @max paths. The first one is a database when
 * there is one more than @max, or when it is a file that is in no mounted planfs; optind is moved behind it. Else the first
 * path says it, or the present directory when there is none. Returns CLI_OK; else a line was printed, and it is the
 * exit code.
 */
int place_base_open(int argc, char **argv, int min, int max, bool to_write,
	struct place_base *ret_base) MUST_CHECK;

/* A path that is in the tree or was, and a version of it. */
struct place {
	struct buf path; /* in the tree; "" for the root */
	int64_t parent;  /* the place; 0: the root */
	struct buf name;
	int64_t last; /* after which it was there last; INT64_MAX: it is there now */

	bool has_version;
	struct buf version; /* behind the @ */
	int64_t rev;        /* that it means; INT64_MAX: now */
	unsigned number;    /* of the version of a file; 0: not given by number */
};

void place_done(struct place *p);

/*
 * Find the path @arg, or PATH@VERSION when @has_versions: the last @ counts behind which there is a version and before which
 * there is, or was, a path. "PATH@" is what is there now, whatever other @ are in the name. Returns CLI_OK and
 * *ret_place; else a line was printed, and it is the exit code.
 */
int place_find(struct place_base *b, const char *arg, bool has_versions,
	struct place *ret_place) MUST_CHECK;

/* The path alone, without a word: 0, or -Exxx with only the path in *ret_place; and the word for that error, with the exit code. */
int place_read(struct place_base *b, const char *arg, struct place *ret_place) MUST_CHECK;
int place_refuse(struct place_base *b, const struct place *p, const char *arg, int err) MUST_CHECK;

/* What stands, or stood, at a place. */
struct past {
	int64_t rev; /* after which @inode was so; INT64_MAX: now */
	int64_t parent;
	struct buf name; /* where it was then; parent 0: the root */
	struct inode inode;
	bool is_path; /* it is what the path meant then, which may be another thing than now */
};

void past_done(struct past *p);

/*
 * What @p means: without a version what is there now, or was there last; in a moment what stood at the path then, or, when
 * nothing did, what the place of now was then, wherever. Returns CLI_OK and *ret_past; else a line was printed.
 */
int place_look(struct place_base *b, const struct place *p, const char *arg,
	struct past *ret_past) MUST_CHECK;

/* The text of a file or the target of a symbolic link; a line when it is something else. Returns CLI_OK or the exit code. */
int past_read(struct place_base *b, const struct past *past, const char *arg,
	struct buf *ret_text) MUST_CHECK;

/*
 * The moment that an option names, of which a day means its beginning when @is_from. Returns CLI_OK and *ret_rev; else a line
 * was printed, and it is the exit code.
 */
int place_moment(
	struct place_base *b, const char *words, bool is_from, int64_t *ret_rev) MUST_CHECK;

/* "2026-11-21 10:15:02", local time. */
enum { TIME_BYTES = 32 };
void format_time(int64_t ns, char ret_text[TIME_BYTES]);

/* "key": "2026-11-21T02:15:02.000000000Z" */
void json_print_time_field(const char *key, int64_t ns);

/* --- changes.c --- */

/* As struct moment_change, with texts of its own. */
struct change_row {
	struct moment_change c;
	char *texts; /* owned */
};

struct change_rows {
	struct change_row *rows; /* owned */
	size_t n, room;
};

void change_rows_done(struct change_rows *rows);
int change_rows_add(struct change_rows *rows, const struct moment_change *c) MUST_CHECK;

/* @path is where it was then. A result other than 0 ends the walk. It may call the store. */
typedef int change_row_fn(void *arg, const struct moment_change *c, const char *path);

/*
 * Call @fn for the changes behind @from up to @to (INT64_MAX: now) of the place @p, the newest first: of a file those of
 * moment_history(), of a directory those of it and of everything that was below it then. Returns 0 or the result of @fn.
 */
struct change_walk {
	const struct place *place;
	int64_t from, to;
	change_row_fn *fn;
	void *arg;
};

int changes_walk(struct place_base *b, const struct change_walk *walk) MUST_CHECK;

/* --- temporary.c --- */

/*
 * A private directory that goes away on every way out, but for SIGKILL: the signals that end a program wait from
 * temporary_make() on, until temporary_check() or temporary_run() finds one or the directory is removed.
 */
struct temporary {
	struct buf path;
	sigset_t before; /* the signals that were blocked */
};

/* Returns 0 and *ret_dir, to be removed with temporary_done(); or -errno. */
int temporary_make(const char *what, struct temporary *ret_dir) MUST_CHECK;
void temporary_done(struct temporary *t);

/* Has a signal come? Then the directory is removed, and the program ends by it. */
void temporary_check(struct temporary *t);

/*
 * Run a program in the directory to its end, by its argument vector. @set are variables of its environment, "NAME=value", or
 * "NAME" for one that it must not have; NULL at the end. Returns its exit code, -ENOENT when there is no such program, or -Exxx.
 */
int temporary_run(struct temporary *t, const char *const *argv, const char *const *set) MUST_CHECK;

/* --- restored.c --- */

/* How what was brought back is printed. */
struct restored_print {
	bool as_json, dry_run;
	unsigned long done, left; /* counted */
};

struct restored;
void restored_print(const struct restored *r, struct restored_print *how);

/* CLI_OK, or CLI_SKIPPED when something was left. */
int restored_exit_code(const struct restored_print *how);
