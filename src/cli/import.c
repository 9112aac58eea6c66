/* planfs import: take documents apart and file their plans. */
#include "cli_priv.h"

#include "planfs/import_store.h"
#include "planfs/load.h"
#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct session {
	struct store *s;
	struct import_index *index;
	struct import_options options;
	struct import_target target;
	struct progress progress;
	bool as_json, explain;
	bool loads, is_ordered; /* planfs JSON: see begin_loading() */
	struct rules *rules;    /* owned */
	enum encoding encoding; /* when the user says so */
	unsigned long files, skipped, written, present, copies, sections;
};

enum { RULES_BYTES_MAX = 4 * 1024 * 1024, EXCHANGE_BYTES_MAX = 1024 * 1024 * 1024 };

enum {
	OPT_DRY_RUN,
	OPT_JSON,
	OPT_KEEP_NOISE,
	OPT_YEAR,
	OPT_DISTRICT,
	OPT_EXPLAIN,
	OPT_RULES,
	OPT_ENCODING,
	OPT_ON_DUPLICATE
};

static void print_bad_file(struct session *session, const char *path, const char *why)
{
	session->skipped++;
	progress_pause(&session->progress);
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
	const char *sign = o->was_there ? "=" : o->left_out ? "-" : o->linked ? "@" : "+";
	size_t n = plan->plan->n_sections;

	printf("  %s %s  (%zu section%s", sign, o->path ? o->path : plan->dir, n, plural(n));
	if (plan->plan->truncated)
		fputs(", breaks off", stdout);
	if (o->was_there)
		fputs(", here already", stdout);
	if (o->copy_of)
		printf(", %s %s", o->linked ? "a link to" : "the same text as", o->copy_of);
	if (o->near_to)
		printf(", some %u%% the same as %s", o->near_percent, o->near_to);
	puts(o->left_out ? ", left out)" : ")");
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
		const struct import_outcome *o = &result->outcomes[i];
		bool written = !o->was_there && !o->left_out && !o->linked;

		session->present += o->was_there;
		session->copies += !o->was_there && (o->left_out || o->linked);
		session->written += written;
		session->sections += written ? import->plans[i].plan->n_sections : 0;
	}
	progress_pause(&session->progress);
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

static int load_plans(struct session *session, struct load *load)
{
	struct import_error error = { "" };
	struct inode there;
	size_t i;
	int r;

	for (i = 0; i < load_count(load); i++) {
		r = store_resolve(session->s, load_path(load, i), &there);
		if (r == -ENOENT && !session->target.dry_run)
			r = load_store(session->s, load, i, &error);
		else if (r == 0)
			r = -EEXIST;
		if (r < 0 && r != -EEXIST && r != -ENOENT) {
			log_err("%s", error.text);
			return r;
		}
		session->present += r == -EEXIST;
		session->written += r != -EEXIST;
		printf("  %s %s\n", r == -EEXIST ? "=" : "+", load_path(load, i));
	}
	return 0;
}

/* The first such file decides for all: after it, something was made. */
static int begin_loading(struct session *session, struct load *load)
{
	int r = 0;

	if (!session->loads && !session->target.dry_run)
		r = load_begin(session->s);
	if (r < 0)
		return r;
	session->is_ordered |= r > 0;
	session->loads = true;
	load_set_ordered(load, session->is_ordered);
	return 0;
}

/* A file that planfs export --json wrote: its plans are there already, or are loaded as they were. */
static int import_exchange(struct session *session, const char *path)
{
	CLEANUP(load_freep) struct load *load = NULL;
	CLEANUP(buf_done) struct buf text = { 0 };
	struct import_error error = { "" };
	int r;

	r = files_read(path, EXCHANGE_BYTES_MAX, &text);
	if (r == 0)
		r = load_parse(path, buf_str(&text), text.len, &load, &error);
	if (r < 0) {
		print_bad_file(session, path, error.text[0] ? error.text : strerror(-r));
		return r == -ENOMEM ? r : 0;
	}
	progress_pause(&session->progress);
	printf("%s  (planfs JSON, %zu plan%s)\n", path, load_count(load), plural(load_count(load)));
	r = begin_loading(session, load);
	return r < 0 ? r : load_plans(session, load);
}

static bool is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_exchange(const char *path)
{
	char head[4096];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(head, 1, sizeof(head), f) : 0;

	if (f)
		fclose(f);
	return load_is_exchange(head, n);
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
	progress_step(&session->progress);
	if (!session->as_json && is_regular(path) && is_exchange(path))
		return import_exchange(session, path);
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

static void print_sum(const struct session *session)
{
	printf("%s %lu plan%s with %lu section%s; %lu here already; ",
		session->target.dry_run ? "would import" : "imported", session->written,
		plural(session->written), session->sections, plural(session->sections),
		session->present);
	if (session->copies > 0)
		printf("%lu cop%s %s; ", session->copies, session->copies == 1 ? "y" : "ies",
			session->target.on_duplicate == DUPLICATE_LINK ? "linked" : "left out");
	printf("%lu of %lu file%s skipped\n", session->skipped, session->files,
		plural(session->files));
}

/* One path of the command line: a file, or a directory of them. */
static int import_path(struct session *session, const char *path)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	unsigned long before = session->files;
	int r = files_walk(path, import_file, session);

	if (r == 0 && session->files == before)
		log_warn("%s: no files in it", path);
	if (r != -ENOENT && r != -EACCES && r != -ENOTDIR && r != -ELOOP)
		return r;
	session->files++;
	r = buf_printf(&why, "%s: %s", path, strerror(-r));
	if (r == 0)
		print_bad_file(session, path, buf_str(&why));
	return r;
}

static int count_file(void *arg, const char *path)
{
	(void)path;
	++*(unsigned long *)arg;
	return 0;
}

static int import_files(struct session *session, int n, char **paths)
{
	unsigned long all = 0;
	int i, r;

	r = import_index_new(session->s, &session->index);
	if (r < 0)
		log_err("%s: %s", store_path(session->s), strerror(-r));
	for (i = 0; i < n && progress_is_wanted(); i++)
		if (files_walk(paths[i], count_file, &all) < 0)
			log_dbg("%s: not counted; the import will tell why", paths[i]);
	progress_begin(&session->progress, "importing", all);
	for (i = 0; i < n && r == 0; i++)
		r = import_path(session, paths[i]);
	progress_end(&session->progress);
	if (session->is_ordered && session->written > 0 && load_finish(session->s) < 0)
		log_warn("the history that was loaded is not in the order of time");
	if (r == 0 && !session->target.dry_run && session->written + session->copies > 0)
		r = import_sync(session->s);
	if (r == 0 && !session->as_json)
		print_sum(session);
	if (r == 0 && !session->target.dry_run)
		index_update(session->s);
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

static bool find_duplicate(const char *word, enum import_duplicate *ret)
{
	static const char *const words[] = { "keep", "skip", "link" };
	unsigned i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		*ret = (enum import_duplicate)i;
		return true;
	}
	return false;
}

static int parse_options(int argc, char **argv, struct session *session)
{
	static const struct option longs[] = { { "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "keep-noise", no_argument, NULL, OPT_KEEP_NOISE },
		{ "year", required_argument, NULL, OPT_YEAR },
		{ "district", required_argument, NULL, OPT_DISTRICT },
		{ "on-duplicate", required_argument, NULL, OPT_ON_DUPLICATE },
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
		if (c == OPT_ON_DUPLICATE && !find_duplicate(optarg, &session->target.on_duplicate))
			return cli_usage_error("--on-duplicate is link, skip or keep");
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
