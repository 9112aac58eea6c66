/*
 * SQL for people: statements that are run one after the other on a connection of their own, as another program would. So
 * the triggers of the views run, and what is written appears in a mounted tree within a second, with the author 'sql'.
 *
 * Besides the tables and views of the database there is the table "search": a row for each section that planfs/query.h finds, the
 * newest year first, as committed:
 *
 *     SELECT year, district, plan, name, line, text FROM search WHERE search MATCH '控辍保学 -食堂 year:2014..2020'
 *
 * path is that of the file, line and text are the first line with a hit, hits counts such lines, body is all of the text.
 *
 * What makes the database one of planfs cannot be dropped or altered, and its journal stays what it is. A struct shell is used
 * by one thread at a time. Errors that are not named as in planfs/store.h.
 */
#pragma once

#include "planfs/store.h"

struct shell;

/* Returns 0 and *ret_shell, to be closed before @s; @readonly: nothing can be written, also not to another file. */
int shell_open(struct store *s, bool readonly, struct shell **ret_shell) MUST_CHECK;
void shell_close(struct shell *sh); /* accepts NULL; what was not committed is rolled back */
static inline void shell_closep(struct shell **sh)
{
	shell_close(*sh);
}

enum shell_type { SHELL_NULL, SHELL_INTEGER, SHELL_REAL, SHELL_TEXT, SHELL_BLOB };

/* A value of a row, as it is written; of a NULL empty. Valid during the call of shell_row_fn. */
struct shell_value {
	enum shell_type type;
	const char *data; /* followed by a NUL, unless it is a BLOB */
	size_t len;
};

struct shell_row {
	const char *const *names; /* of the columns */
	const struct shell_value *values;
	size_t n;
	bool is_first; /* of its statement */
};

/* A result other than 0 ends the statement. */
typedef int shell_row_fn(void *arg, const struct shell_row *row);

/* Why a statement failed. */
struct shell_error {
	size_t at;       /* offset in the text; of an error while it ran 0 */
	struct buf text; /* one line; to be released */
};

/*
 * Run the first statement in @sql and call @fn for its rows. Returns 0 and *ret_used, the bytes of it with what ends
 * it: all that is left of @sql when that holds no more than blanks and comments. -EINVAL: it failed, and *ret_error says why; -EINTR: shell_interrupt() was called; the
 * result of @fn that was not 0.
 */
int shell_run(struct shell *sh, const char *sql, shell_row_fn *fn, void *arg, size_t *ret_used,
	struct shell_error *ret_error) MUST_CHECK;

/* End the statement that is running, if there is one. May be called in a signal handler and in any thread. */
void shell_interrupt(struct shell *sh);

/* Does @sql end with a whole statement? Nothing, and a comment, is none. */
bool shell_is_complete(const char *sql);
