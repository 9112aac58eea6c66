/* planfs import: take documents apart and file their plans. */
#include "cli_priv.h"

#include "planfs/import_store.h"
#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct session {
	struct store *s;
	struct import_index *index;
	struct import_options options;
	struct import_target target;
	bool as_json, explain;
	struct rules *rules;    /* owned */
	enum encoding encoding; /* when the user says so */
	unsigned long files, skipped, written, present, sections;
};

enum { RULES_BYTES_MAX = 4 * 1024 * 1024 };

enum {
	OPT_DRY_RUN,
	OPT_JSON,
	OPT_KEEP_NOISE,
	OPT_YEAR,
	OPT_DISTRICT,
	OPT_EXPLAIN,
	OPT_RULES,
	OPT_ENCODING
};

static void print_bad_file(struct session *session, const char *path, const char *why)
{
	session->skipped++;
	log_err("%s", why);
	if (!session->as_json)
		return;
	putchar('{');
	json_print_text_field("file", path);
	fputs(", ", stdout);
	json_print_text_field("error", why);
	puts("}");
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_plan(const struct import_plan *plan, const struct import_outcome *o)
{
	size_t n = plan->plan->n_sections;

	printf("  %s %s  (%zu section%s%s%s%s%s)\n", o->was_there ? "=" : "+", o->path, n,
		plural(n), plan->plan->truncated ? ", breaks off" : "",
		o->was_there ? ", here already" : "", o->copy_of ? ", the same text as " : "",
		o->copy_of ? o->copy_of : "");
}

/* Why the plan is where it is, and what became of each line that is in no plan. */
static void print_reasons(const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_evidence; i++) {
		const struct evidence *e = &plan->evidence[i];
		char line[32] = "the file's name";

		if (e->line > 0)
			snprintf(line, sizeof(line), "line %u", e->line);
		printf("      %s %s: %s, %s%s%s\n", e->about, e->value, line, e->rule,
			e->quote[0] ? ": " : "", e->quote);
	}
}

static void print_changes(const struct document *doc)
{
	size_t i;

	for (i = 0; i < doc->n_repairs; i++)
		printf("    repaired %zu times: '%s' to '%s'\n", doc->repairs[i].count,
			doc->repairs[i].from, doc->repairs[i].to);
	for (i = 0; i < doc->n_dropped; i++)
		printf("    left out line %u, %s: %s\n", doc->dropped[i].line,
			doc->dropped[i].reason, doc->dropped[i].text);
}

static int print_result(struct session *session, const char *path, const struct import *import,
	const struct import_result *result)
{
	CLEANUP(buf_done) struct buf json = { 0 };
	size_t i;
	int r;

	for (i = 0; i < result->n_outcomes; i++) {
		session->present += result->outcomes[i].was_there;
		session->written += !result->outcomes[i].was_there;
		session->sections +=
			result->outcomes[i].was_there ? 0 : import->plans[i].plan->n_sections;
	}
	if (session->as_json) {
		r = import_result_json(import, result, &json);
		if (r == 0)
			puts(buf_str(&json));
		return r;
	}
	printf("%s  (%s, %zu plan%s, %zu line%s left out)\n", path,
		strcmp(import->format, "text") == 0 ? encoding_name(import->encoding)
						    : import->format,
		import->n_plans, plural(import->n_plans), import->doc.n_dropped,
		plural(import->doc.n_dropped));
	for (i = 0; i < result->n_outcomes; i++) {
		print_plan(&import->plans[i], &result->outcomes[i]);
		if (session->explain)
			print_reasons(import->plans[i].plan);
	}
	if (session->explain)
		print_changes(&import->doc);
	return 0;
}

/*
 * Is @path the database itself, or its -wal, -shm or -reserve? They must not even be opened: closing a file
 * drops the locks that SQLite has on it.
 */
static bool is_database(const struct session *session, const char *path)
{
	const char *db = store_path(session->s);
	char *real = realpath(path, NULL);
	bool is = real && strncmp(real, db, strlen(db)) == 0 && strchr("-", real[strlen(db)]);

	free(real);
	return is;
}

/* A bad document is told and the others go on; a database that takes nothing ends the import. */
static int import_file(void *arg, const char *path)
{
	CLEANUP(import_done) struct import import = { 0 };
	CLEANUP(import_result_done) struct import_result result = { 0 };
	struct session *session = arg;
	struct import_error error;
	int r;

	if (is_database(session, path))
		return 0;
	session->files++;
	r = import_read(path, &session->options, &import, &error);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		print_bad_file(session, path, error.text);
		return 0;
	}
	r = import_store(session->s, session->index, &import, &session->target, &result, &error);
	if (r == -ENOTDIR || r == -EEXIST) {
		print_bad_file(session, path, error.text);
		return 0;
	}
	if (r < 0) {
		log_err("%s", error.text);
		return r;
	}
	return print_result(session, path, &import, &result);
}

static int import_files(struct session *session, int n, char **paths)
{
	int i, r = 0;

	r = import_index_new(session->s, &session->index);
	if (r < 0)
		log_err("%s: %s", store_path(session->s), strerror(-r));
	for (i = 0; i < n && r == 0; i++) {
		unsigned long before = session->files;

		r = files_walk(paths[i], import_file, session);
		if (r == -ENOENT || r == -EACCES || r == -ENOTDIR || r == -ELOOP) {
			CLEANUP(buf_done) struct buf why = { 0 };

			session->files++;
			r = buf_printf(&why, "%s: %s", paths[i], strerror(-r));
			if (r == 0)
				print_bad_file(session, paths[i], buf_str(&why));
		} else if (r == 0 && session->files == before) {
			log_warn("%s: no files in it", paths[i]);
		}
	}
	if (r == 0 && !session->as_json)
		printf("%s %lu plan%s with %lu section%s; %lu here already; %lu of %lu file%s skipped\n",
			session->target.dry_run ? "would import" : "imported", session->written,
			plural(session->written), session->sections, plural(session->sections),
			session->present, session->skipped, session->files, plural(session->files));
	return r;
}

/* Now, as plan.json keeps it: 2026-11-21T10:15:02+08:00. */
static void format_now(char *ret_text, size_t size)
{
	char zone[8];
	time_t now = time(NULL);
	struct tm tm;
	size_t len;

	localtime_r(&now, &tm);
	len = strftime(ret_text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	if (strftime(zone, sizeof(zone), "%z", &tm) == 5)
		snprintf(ret_text + len, size - len, "%.3s:%.2s", zone, zone + 3);
}

/* Add the rules of the file @path. Returns CLI_OK, or another exit code when it said what is wrong. */
static int read_rules(struct session *session, const char *path, bool needed)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	const char *why;
	unsigned line;
	int r;

	r = files_read(path, RULES_BYTES_MAX, &text);
	if (r == -ENOENT && !needed)
		return CLI_OK;
	if (r < 0) {
		log_err("%s: %s", path, strerror(-r));
		return (int)cli_exit_code(r);
	}
	r = rules_add(session->rules, buf_str(&text), text.len, &line, &why);
	if (r == 0)
		return CLI_OK;
	log_err("%s: line %u: %s", path, line, r == -ENOMEM ? strerror(ENOMEM) : why);
	return CLI_FAILED;
}

/* The rules that come with planfs, those of the machine and those of the user. */
static int find_rules(struct session *session)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int r;

	r = rules_new(&session->rules);
	if (r == 0 && config && config[0] == '/')
		r = buf_printf(&path, "%s/planfs/import.rules", config);
	else if (r == 0 && home)
		r = buf_printf(&path, "%s/.config/planfs/import.rules", home);
	if (r < 0)
		return CLI_FAILED;
	session->options.rules = session->rules;
	r = read_rules(session, "/etc/planfs/import.rules", false);
	return r == CLI_OK && path.len > 0 ? read_rules(session, buf_str(&path), false) : r;
}

static int parse_options(int argc, char **argv, struct session *session)
{
	static const struct option longs[] = { { "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "keep-noise", no_argument, NULL, OPT_KEEP_NOISE },
		{ "year", required_argument, NULL, OPT_YEAR },
		{ "district", required_argument, NULL, OPT_DISTRICT },
		{ "encoding", required_argument, NULL, OPT_ENCODING },
		{ "explain", no_argument, NULL, OPT_EXPLAIN },
		{ "rules", required_argument, NULL, OPT_RULES }, { 0 } };
	int c, r;

	while ((c = cli_next_option(argc, argv, "", longs)) != -1) {
		session->target.dry_run |= c == OPT_DRY_RUN;
		session->as_json |= c == OPT_JSON;
		session->options.keep_noise |= c == OPT_KEEP_NOISE;
		session->explain |= c == OPT_EXPLAIN;
		if (c == OPT_RULES) {
			r = read_rules(session, optarg, true);
			if (r != CLI_OK)
				return r;
		}
		if (c == OPT_ENCODING) {
			if (encoding_find(optarg, &session->encoding) < 0)
				return cli_usage_error(
					"'%s' is no encoding that texts have", optarg);
			session->options.encoding = &session->encoding;
		}
		if (c == OPT_YEAR)
			session->target.year = optarg;
		if (c == OPT_DISTRICT)
			session->target.district = optarg;
	}
	if (session->target.year && !name_is_year(session->target.year))
		return cli_usage_error("a year has four digits, or is " NAME_UNKNOWN_YEAR);
	if (session->target.district &&
		(!name_is_plan_dir(session->target.district) ||
			!name_is_valid(session->target.district, strlen(session->target.district))))
		return cli_usage_error(
			"'%s' cannot be the name of a district", session->target.district);
	return cli_expect_args(argc, 2, argc);
}

static int import_into(struct session *session, int argc, char **argv)
{
	const struct store_options options = { 0 };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf db = { 0 };
	int r;

	r = cli_find_db(argv[optind], &db, NULL);
	if (r == 0)
		r = cli_open(buf_str(&db), &options, &s);
	if (r < 0)
		return (int)cli_exit_code(r);
	session->s = s;
	r = import_files(session, argc - optind - 1, argv + optind + 1);
	import_index_free(session->index);
	if (r < 0)
		return r == -EBUSY ? CLI_IN_USE : CLI_FAILED;
	return session->skipped ? CLI_SKIPPED : CLI_OK;
}

int cmd_import(int argc, char **argv)
{
	struct session session = { 0 };
	char now[64];
	int r;

	r = find_rules(&session);
	if (r == CLI_OK)
		r = parse_options(argc, argv, &session);
	format_now(now, sizeof(now));
	session.options.time = now;
	if (r == CLI_OK)
		r = import_into(&session, argc, argv);
	rules_free(session.rules);
	return r;
}
