/* What the commands share. exit() and stdout live in this folder only. */
#pragma once

#include "planfs/buf.h"
#include "planfs/check.h"
#include "planfs/fs.h"
#include "planfs/shell.h"
#include "planfs/store.h"

#include <getopt.h>
#include <stdbool.h>

/* Exit codes; docs/planfs.1 lists them. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,     /* the command failed, or check found something */
	CLI_USAGE = 2,      /* wrong arguments; nothing was done */
	CLI_NOT_FOUND = 3,  /* no such database, mount or path */
	CLI_IN_USE = 4,     /* mounted already, or another program keeps it locked */
	CLI_NOT_PLANFS = 5, /* not a planfs database, or one of a newer planfs */
	CLI_SKIPPED = 16,   /* done, but for some files that were skipped and named */
};

struct command {
	const char *name;
	const char *usage;   /* the arguments: "DB [--json]"; "": not for users, not listed */
	const char *summary; /* one line, lower case, no full stop */
	const char *options; /* lines for --help, each ending in '\n'; NULL: none */
	int (*run)(int argc, char **argv); /* argv[0] is the name; returns an enum cli_exit */
};

/* One file each. */
int cmd_backup(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_conflicts(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_grep(int argc, char **argv); /* returns what grep(1) does */
int cmd_import(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_mark(int argc, char **argv);
int cmd_mount(int argc, char **argv); /* argv[0] is not "mount" when cli_is_helper() */
int cmd_new_year(int argc, char **argv);
int cmd_optimize(int argc, char **argv);
int cmd_recover(int argc, char **argv);
int cmd_reindex(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_similar(int argc, char **argv);
int cmd_sql(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_umount(int argc, char **argv);
int cmd_upgrade(int argc, char **argv);

/* What was: see cli_place_priv.h */
int cmd_blame(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_prune(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_undo(int argc, char **argv);
/* grep_options.c: the lines about them */
extern const char grep_help[];

/* --- mount_option.c --- */

struct mount_args {
	struct fs_options fs;
	struct buf kernel_options; /* comma-separated */
	struct buf given;          /* all options, as they were given */
	char *db, *point;          /* owned; absolute */
	bool foreground, verify;
	int report_fd; /* where the parent waits for the exit code, or -1 */
};

#define MOUNT_ARGS_INIT                                                                            \
	{                                                                                          \
		.fs = { .max_file_size = FS_MAX_FILE_SIZE, .latency_fd = -1 }, .report_fd = -1     \
	}

void mount_args_done(struct mount_args *a);

/* Returns -1 to go on, with the database at optind and the mount point behind it, or an enum cli_exit. */
int mount_parse(int argc, char **argv, struct mount_args *a) MUST_CHECK;

/* The mount answers: unless it stays in the foreground, words go to syslog from now on. */
void mount_leave_terminal(const struct mount_args *a);

/* --- supervise.c --- */

/* Mount and see to it that a daemon serves until the mount ends. Returns an enum cli_exit, which is reported, too. */
int supervise(struct mount_args *a) MUST_CHECK;

/* --- privilege.c --- */

/* Become the owner of @db when we are the super-user, and keep no capability. Returns 0 or -Exxx. */
int privilege_drop(const char *db) MUST_CHECK;

/* --- status.c --- */

/* What the mount at @point says of itself, JSON. Returns 0 and *ret_json, or -Exxx. */
int status_of_mount(const char *point, struct buf *ret_json) MUST_CHECK;

/* Where the value of the member @key of that JSON begins, which has a line for each member; NULL: none. */
const char *status_member(const char *json, const char *key);

/* --- main.c --- */

/* The command under way. */
const struct command *cli_command(void);

/* Was the program called as a helper of mount(8): mount.planfs, mount.fuse.planfs, mount.fuse? */
bool cli_is_helper(void);

/* --- option.c --- */

/*
 * The next option as getopt_long(3) returns it, -1 at the end. @longs ends in a zeroed entry and need
 * not list --help: that one prints the help and exits 0. An unknown option or a missing argument is
 * one line on stderr and exits 2. @shorts must not begin with ':' and may be "".
 */
int cli_next_option(int argc, char **argv, const char *shorts, const struct option *longs);

/* Say what is wrong with the arguments in one line, with the usage. Returns CLI_USAGE. */
int cli_usage_error(const char *format, ...) PRINTF_LIKE(1, 2) MUST_CHECK;

/* CLI_OK when from @min to @max arguments follow the options, or the usage error. */
int cli_expect_args(int argc, int min, int max) MUST_CHECK;

/* The exit code for -Exxx. */
enum cli_exit cli_exit_code(int err);

/* Print the lines of --help for @c to stdout. */
void cli_print_help(const struct command *c);

/* --- target.c --- */

/* A planfs that is mounted, as /proc/self/mountinfo has it. */
struct mounted {
	struct buf db;    /* absolute path of the database */
	struct buf point; /* absolute path of the mount point */
	bool readonly;
};

void mounted_done(struct mounted *m);

/*
 * Find the mount whose mount point is, or is above, @path (a mount whose daemon died is found, too).
 * Returns 0 and *ret_mounted; *ret_below (may be NULL) is what of @path is below the mount point,
 * without a leading slash. -ENOENT when @path is in no planfs, or an errno of realpath(3).
 */
int mounted_find(const char *path, struct mounted *ret_mounted, struct buf *ret_below) MUST_CHECK;

/* Find where the database @db is mounted; the mount that writes before one that only reads. Returns 0 and *ret_mounted, -ENOENT, or an errno of realpath(3). */
int mounted_find_db(const char *db, struct mounted *ret_mounted) MUST_CHECK;

/* Refuse @db when it is mounted, in one line that ends with @advice. Returns 0 or -EBUSY. */
int mounted_refuse(const char *db, const char *advice) MUST_CHECK;

/*
 * realpath(3), also of a mount point whose daemon died: that cannot be looked at, its parent can.
 * Returns 0 and *ret_real, or -Exxx.
 */
int cli_real_path(const char *path, struct buf *ret_real) MUST_CHECK;

/* Unmount @point; says what went wrong in one line. @lazy: also when it is in use. Returns 0 or -Exxx. */
int cli_unmount(const char *point, bool lazy) MUST_CHECK;

/*
 * The path of the database that @arg (a database or a path in a mount) names; *ret_below (may be NULL) is
 * what of @arg is below a mount point, "" for a database. Returns 0, or -ENOMEM.
 */
int cli_find_db(const char *arg, struct buf *ret_db, struct buf *ret_below) MUST_CHECK;

/* What a command is given that has the option --json and one argument, a database. Returns CLI_OK, or what to exit with. */
int cli_take_db(int argc, char **argv, bool *ret_as_json, struct buf *ret_db) MUST_CHECK;

/*
 * Open the database at @path; says what went wrong in one line. What is changed is of $PLANFS_AUTHOR, or of the user, with
 * this command. Returns 0 and *ret_store, to be closed with store_close(), or -Exxx as store_open() does; -EINVAL when
 * $PLANFS_AUTHOR cannot be recorded.
 */
int cli_open(
	const char *path, const struct store_options *options, struct store **ret_store) MUST_CHECK;

/* May SQLite write the database at @path, and beside it? */
bool cli_is_writable(const char *path);

/* The same for a command that only reads: also when the database may not be written. */
int cli_open_to_read(const char *path, struct store **ret_store) MUST_CHECK;

/* --- json.c: JSON on stdout --- */

/* Print @s as a string; bytes that are not UTF-8 become U+FFFD. */
void json_print_string(const char *s);

/* Print "key": value. */
void json_print_text_field(const char *key, const char *value);
void json_print_number_field(const char *key, int64_t value);

/* The same for @n fields, with @between between them. */
struct json_number {
	const char *key;
	int64_t value;
};
void json_print_numbers(const struct json_number *numbers, size_t n, const char *between);

/* --- findings.c --- */

/* How findings are printed, and how many there were. */
struct findings {
	bool as_json;
	unsigned long damage, warnings, mended;
};

/* Print @s, which may hold anything: what would break the line is shown as an escape. */
void print_in_one_line(const char *s);

/* A store_finding_fn whose argument is a struct findings. Never ends the check. */
int findings_print(void *arg, const struct store_finding *finding);

/* --- files.c --- */

/* Receives a file; a result other than 0 ends the walk. @path is valid during the call. */
typedef int files_fn(void *arg, const char *path);

/*
 * Call @fn for the file @path, or for every file below the directory @path in the order of their names,
 * without those that are hidden or scratch and without following symlinks below @path. Returns 0, the
 * result of @fn that was not 0, or -errno when @path or a directory below it cannot be read.
 */
int files_walk(const char *path, files_fn *fn, void *arg) MUST_CHECK;

/* All of a file of at most @max bytes. Returns 0 and *ret_text, -EFBIG, or -errno. */
int files_read(const char *path, size_t max, struct buf *ret_text) MUST_CHECK;

/* --- index.c --- */

/* Bring the search index up to date, with a bar. Returns 0 or -Exxx. */
int index_fill(struct store *s) MUST_CHECK;

/* The same at the end of a command that wrote; the database of a mount is left to it. Says what went wrong. */
void index_update(struct store *s);

/* The same as far as it takes no time that anybody notices: before a search, when the database may be written. */
void index_catch_up(struct store *s);

/* --- progress.c --- */

struct progress {
	const char *what; /* borrowed */
	unsigned long done, all;
	int64_t last_ms;
	bool shown, drawn;
	bool both; /* stdout is a terminal, too: the bar makes way for what is printed there */
};

/* Is stderr a terminal that a bar can be drawn on? */
bool progress_is_wanted(void);

void progress_begin(struct progress *p, const char *what, unsigned long all);
void progress_step(struct progress *p);  /* one more is done */
void progress_pause(struct progress *p); /* something else will be printed */
void progress_end(struct progress *p);

/* --- sql_print.c, sql_input.c --- */

enum sql_mode { SQL_LIST, SQL_CSV, SQL_JSON, SQL_TABS };
enum { SQL_BYTES_MAX = 64 << 20 /* of a statement */ };

/* How rows are printed. */
struct sql_output {
	enum sql_mode mode;
	bool header;
	bool in_array; /* of JSON, which is to be closed */
};

bool sql_mode_find(const char *name, enum sql_mode *ret_mode);

/* A shell_row_fn whose argument is a struct sql_output. */
int sql_print_row(void *arg, const struct shell_row *row) MUST_CHECK;
void sql_print_end(struct sql_output *out); /* after each statement */

/*
 * The next line of stdin, with its newline. @prompt: a person types it at that prompt; NULL: it is read. Returns 1; 0 at the end;
 * -EINTR when a signal came; -EILSEQ when there is a NUL in it; -EFBIG when it is longer than SQL_BYTES_MAX.
 */
int sql_read_line(const char *prompt, struct buf *ret_line) MUST_CHECK;
