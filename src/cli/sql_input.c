/* Lines of SQL: typed, with editing where libedit is there, or of a file. */
#include "cli_priv.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Read up to a newline, which is kept. Returns 1, 0 at the end, or -Exxx; the line may be an incomplete one then. */
static int read_line(struct buf *line)
{
	int c, r = 0;

	errno = 0;
	while (r == 0 && (c = getc(stdin)) != EOF) {
		char byte = (char)c;

		r = line->len < SQL_BYTES_MAX ? buf_add(line, &byte, 1) : -EFBIG;
		if (c == '\n')
			break;
	}
	if (r == 0 && ferror(stdin)) {
		r = errno == EINTR ? -EINTR : errno ? -errno : -EIO;
		clearerr(stdin);
	}
	return r < 0 ? r : line->len > 0;
}

/* libedit, which is loaded when somebody types, so that no other command starts more slowly. */
struct editor {
	bool is_known;
	char *(*read)(const char *prompt); /* NULL: not there */
	int (*remember)(const char *line);
};

static const struct editor *editor_get(void)
{
	static struct editor e;
	void *library = e.is_known ? NULL : dlopen("libedit.so.2", RTLD_NOW);

	if (library) {
		*(void **)&e.read = dlsym(library, "readline");
		*(void **)&e.remember = dlsym(library, "add_history");
	}
	e.is_known = true;
	return &e;
}

static int edit_line(const struct editor *e, const char *prompt, struct buf *line)
{
	char *typed;
	int r;

	errno = 0;
	typed = e->read(prompt);
	if (!typed)
		return errno == EINTR ? -EINTR : 0;
	if (typed[strspn(typed, " \t")] && e->remember)
		e->remember(typed);
	r = buf_printf(line, "%s\n", typed);
	free(typed);
	return r < 0 ? r : 1;
}

static int ask_line(const char *prompt, struct buf *line)
{
	const struct editor *e = editor_get();

	if (e->read && isatty(STDOUT_FILENO))
		return edit_line(e, prompt, line);
	fputs(prompt, stdout);
	fflush(stdout);
	return read_line(line);
}

int sql_read_line(const char *prompt, struct buf *ret_line)
{
	CLEANUP(buf_done) struct buf line = { 0 };
	int r;

	r = prompt ? ask_line(prompt, &line) : read_line(&line);
	if (r <= 0)
		return r;
	if (memchr(line.data, '\0', line.len))
		return -EILSEQ;
	buf_done(ret_line);
	*ret_line = buf_steal(&line);
	return 1;
}
