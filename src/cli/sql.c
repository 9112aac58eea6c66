/* planfs sql: statements on the database, with the searches that the sqlite3 shell does not know. */
#include "cli_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct sql {
	struct shell *sh;
	struct sql_output out;
	unsigned begin;   /* the line in which what is being read began */
	bool is_terminal; /* a person types */
	bool quit;
};

/* For the signal handler, which knows nothing else. */
static struct shell *volatile running;
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
	if (running)
		shell_interrupt(running);
}

/* Ctrl-C ends the statement, not the shell; without SA_RESTART also the line that is typed. */
static void catch_interrupts(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGINT, &action, NULL) < 0)
		log_dbg("Ctrl-C ends the shell");
}

/* --- statements --- */

static void complain(const struct sql *q, const char *text, unsigned line, struct shell_error *e)
{
	size_t i;

	for (i = 0; i < e->at && text[i]; i++)
		line += text[i] == '\n';
	if (line > 0 && !q->is_terminal)
		log_err("line %u: %s", line, buf_str(&e->text));
	else
		log_err("%s", buf_str(&e->text));
	buf_done(&e->text);
}

static unsigned count_lines(const char *text, size_t len)
{
	unsigned lines = 0;
	size_t i;

	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Run all statements of @text, which begins in @line (0: lines are not told). Stops at the first that fails. */
static int run_all(struct sql *q, const char *text, unsigned line)
{
	struct shell_error error = { 0 };
	size_t used, blanks;
	int r = 0;

	while (r == 0 && *text) {
		blanks = strspn(text, " \t\r\n");
		line += line > 0 ? count_lines(text, blanks) : 0;
		text += blanks;
		r = shell_run(q->sh, text, sql_print_row, &q->out, &used, &error);
		sql_print_end(&q->out);
		if (r == -EINVAL)
			complain(q, text, line, &error);
		else if (r == -EINTR)
			log_err("interrupted");
		else if (r < 0 && r != -EPIPE)
			log_err("%s", strerror(-r));
		if (r < 0)
			break;
		line += line > 0 ? count_lines(text, used) : 0;
		text += used;
		if (used == 0)
			break;
	}
	return r;
}

/* --- commands that begin with a dot --- */

static int print_table(void *arg, const struct shell_row *row)
{
	const char *name = row->values[0].data;

	(void)arg;
	/* what FTS5 keeps its index in */
	if (strncmp(name, "search_index_", 13) != 0)
		printf("%s\n", name);
	return 0;
}

static int print_schema(void *arg, const struct shell_row *row)
{
	const char *wanted = arg;

	if (!wanted || fnmatch(wanted, row->values[0].data, FNM_CASEFOLD) == 0 ||
		fnmatch(wanted, row->values[1].data, FNM_CASEFOLD) == 0)
		printf("%s;\n", row->values[2].data);
	return 0;
}

/* A statement of our own: its failure is told like that of any other. */
static int ask(struct sql *q, const char *sql, shell_row_fn *fn, void *arg)
{
	struct shell_error error = { 0 };
	size_t used;
	int r = shell_run(q->sh, sql, fn, arg, &used, &error);

	if (r == -EINVAL)
		complain(q, sql, 0, &error);
	return r;
}

static int dot_tables(struct sql *q, char *word)
{
	(void)word;
	return ask(q,
		"SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') "
		"AND name NOT GLOB 'sqlite_*' UNION SELECT 'search' ORDER BY 1",
		print_table, NULL);
}

static int dot_schema(struct sql *q, char *word)
{
	return ask(q,
		"SELECT name, tbl_name, sql FROM sqlite_schema WHERE sql NOT NULL "
		"AND name NOT GLOB 'sqlite_*' ORDER BY tbl_name, type = 'trigger', name",
		print_schema, word);
}

static int dot_mode(struct sql *q, char *word)
{
	if (word && sql_mode_find(word, &q->out.mode))
		return 0;
	log_err(".mode list, csv, json or tabs?");
	return -EINVAL;
}

static int dot_headers(struct sql *q, char *word)
{
	bool on = word && strcasecmp(word, "on") == 0;

	if (on || (word && strcasecmp(word, "off") == 0)) {
		q->out.header = on;
		return 0;
	}
	log_err(".headers on or off?");
	return -EINVAL;
}

static int dot_quit(struct sql *q, char *word)
{
	(void)word;
	q->quit = true;
	return 0;
}

static int dot_help(struct sql *q, char *word);

static const struct dot {
	const char *name, *help;
	int (*run)(struct sql *q, char *word);
} dots[] = {
	{ ".exit", NULL, dot_quit },
	{ ".headers", ".headers on|off   the names of the columns above the rows", dot_headers },
	{ ".help", ".help             this", dot_help },
	{ ".mode", ".mode MODE        list, csv, json or tabs", dot_mode },
	{ ".quit", ".quit             leave; so does Ctrl-D", dot_quit },
	{ ".schema", ".schema [NAME]    what tables, views and triggers are made of", dot_schema },
	{ ".tables", ".tables           names of tables and views", dot_tables },
};

static int dot_help(struct sql *q, char *word)
{
	size_t i;

	(void)q;
	(void)word;
	for (i = 0; i < ARRAY_LEN(dots); i++)
		if (dots[i].help)
			printf("%s\n", dots[i].help);
	printf("\nA statement ends with a semicolon. Sections are found by\n"
	       "  SELECT year, district, plan, name, text FROM search WHERE search MATCH '控辍保学';\n");
	return 0;
}

static int run_dot(struct sql *q, char *text)
{
	static const char blanks[] = " \t\r\n;";
	char *save = NULL, *name = strtok_r(text, blanks, &save),
	     *word = strtok_r(NULL, blanks, &save);
	size_t i;

	for (i = 0; i < ARRAY_LEN(dots); i++)
		if (strcmp(dots[i].name, name) == 0)
			return dots[i].run(q, word);
	log_err("'%s' is no command; see .help", name);
	return -EINVAL;
}

/* --- input --- */

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static void say_input_error(int err, unsigned line)
{
	if (err == -EILSEQ)
		log_err("line %u: a NUL is no text", line);
	else if (err == -EFBIG)
		log_err("line %u: longer than %d MB", line, SQL_BYTES_MAX >> 20);
	else
		log_err("cannot read the input: %s", strerror(-err));
}

/* What was typed so far: @line is a whole line more. Returns 0, or -Exxx when something failed. */
static int take_line(struct sql *q, struct buf *text, struct buf *line, unsigned number)
{
	int r;

	if (text->len == 0 && is_blank(buf_str(line)))
		return 0;
	if (text->len == 0 && line->data[0] == '.')
		return run_dot(q, line->data);
	if (text->len + line->len > SQL_BYTES_MAX) {
		say_input_error(-EFBIG, number);
		return -EFBIG;
	}
	if (text->len == 0)
		q->begin = number;
	r = buf_add(text, line->data, line->len);
	if (r < 0 || !strchr(buf_str(line), ';') || !shell_is_complete(buf_str(text)))
		return r; /* a long text is not looked through for each of its lines */
	r = run_all(q, buf_str(text), q->begin);
	buf_done(text);
	return r;
}

/* A person goes on after a mistake. */
static int type_statements(struct sql *q)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r = 1;

	catch_interrupts();
	running = q->sh;
	while (!q->quit && r != 0) {
		CLEANUP(buf_done) struct buf line = { 0 };

		interrupted = 0;
		r = sql_read_line(text.len ? "   ...> " : "planfs> ", &line);
		if (interrupted || r == -EINTR) {
			putchar('\n');
			buf_done(&text);
			r = 1;
		} else if (r < 0) {
			say_input_error(r, 1);
			if (r != -EILSEQ)
				break;
		} else if (r > 0 && take_line(q, &text, &line, 1) < 0) {
			buf_done(&text);
		}
		fflush(stdout);
	}
	if (r == 0)
		putchar('\n');
	running = NULL;
	return 0;
}

/* A script ends at the first mistake. */
static int read_statements(struct sql *q)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	unsigned number = 0;
	int r = 0;

	while (!q->quit && r == 0) {
		CLEANUP(buf_done) struct buf line = { 0 };

		r = sql_read_line(NULL, &line);
		if (r < 0)
			say_input_error(r, number + 1);
		if (r <= 0)
			break;
		number++;
		r = take_line(q, &text, &line, number);
		if (r > 0)
			r = 0;
	}
	if (r == 0 && text.len > 0 && !q->quit) /* the last one needs no semicolon */
		r = run_all(q, buf_str(&text), q->begin);
	return r;
}

static int run_words(struct sql *q, char **words, int n)
{
	int i, r = 0;

	for (i = 0; i < n && r == 0 && !q->quit; i++)
		r = words[i][0] == '.' ? run_dot(q, words[i])
				       : run_all(q, words[i], strchr(words[i], '\n') ? 1 : 0);
	return r;
}

static int open_and_run(const char *arg, bool readonly, struct sql *q, char **words, int n)
{
	static const struct store_options reading = { .readonly = true };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(shell_closep) struct shell *sh = NULL;
	CLEANUP(buf_done) struct buf db = { 0 };
	int r;

	r = cli_find_db(arg, &db, NULL);
	if (r == 0)
		r = readonly ? cli_open(buf_str(&db), &reading, &s)
			     : cli_open_to_read(buf_str(&db), &s);
	if (r < 0)
		return (int)cli_exit_code(r);
	r = shell_open(s, readonly, &sh);
	if (r < 0) {
		log_err("%s: %s", buf_str(&db), strerror(-r));
		return (int)cli_exit_code(r);
	}
	q->sh = sh;
	q->is_terminal = n == 0 && isatty(STDIN_FILENO);
	if (n > 0)
		r = run_words(q, words, n);
	else if (q->is_terminal)
		r = type_statements(q);
	else
		r = read_statements(q);
	shell_close(sh); /* what was not committed must not be waited for */
	sh = NULL;
	index_catch_up(s);
	return r < 0 ? CLI_FAILED : CLI_OK;
}

int cmd_sql(int argc, char **argv)
{
	static const struct option longs[] = { { "list", no_argument, NULL, SQL_LIST },
		{ "csv", no_argument, NULL, SQL_CSV }, { "json", no_argument, NULL, SQL_JSON },
		{ "tabs", no_argument, NULL, SQL_TABS }, { "header", no_argument, NULL, 'h' },
		{ "readonly", no_argument, NULL, 'r' }, { 0 } };
	struct sql q = { 0 };
	bool readonly = false;
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1) {
		if (r == 'h')
			q.out.header = true;
		else if (r == 'r')
			readonly = true;
		else
			q.out.mode = (enum sql_mode)r;
	}
	if (argc - optind < 1)
		return cli_usage_error("too few arguments");
	return open_and_run(argv[optind], readonly, &q, argv + optind + 1, argc - optind - 1);
}
