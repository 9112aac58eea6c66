/* planfs prune: forget old versions by rule, or all versions of a path. */
#include "cli_place_priv.h"

#include "planfs/log.h"
#include "planfs/prune.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct session {
	struct place_base base;
	struct prune how;
	const char *forget; /* NULL: by rule */
	bool has_rules, as_json, is_mounted;
	struct progress progress;
	bool has_progress;
	unsigned long copies;
};

static void session_done(struct session *s)
{
	place_base_done(&s->base);
}

static double megabytes(int64_t bytes)
{
	return (double)bytes / 1e6;
}

/* --- the database --- */

/* Exclusively when nobody has it mounted, so that nobody mounts it before the file is written anew. */
static int open_base(struct session *s, const char *arg)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };
	struct store_options options = { 0 };
	struct stat st;
	int r;

	r = cli_find_db(arg, &s->base.db, NULL);
	if (r < 0)
		return r;
	s->base.is_db = mounted_find(arg, &m, NULL) < 0;
	mounted_done(&m);
	s->is_mounted = mounted_find_db(buf_str(&s->base.db), &m) == 0 && !m.readonly;
	options.exclusive = !s->is_mounted && stat(buf_str(&s->base.db), &st) == 0;
	return cli_open(buf_str(&s->base.db), &options, &s->base.s);
}

/* --- by rule --- */

static void on_progress(void *arg, int64_t done, int64_t all)
{
	struct session *s = arg;

	if (!s->has_progress)
		progress_begin(&s->progress, "forgetting", (unsigned long)all);
	s->has_progress = true;
	s->progress.done = (unsigned long)done - 1;
	progress_step(&s->progress);
}

static void print_json(const struct session *s, const struct pruned *p)
{
	const struct json_number numbers[] = { { "moments_kept", p->moments },
		{ "changes", p->changes }, { "forgotten", p->forgotten }, { "texts", p->texts },
		{ "text_bytes", p->text_bytes }, { "size_before", p->size_before },
		{ "free_before", p->free_before }, { "size", p->size }, { "free", p->free } };

	putchar('{');
	json_print_numbers(numbers, ARRAY_LEN(numbers), ", ");
	printf(", \"dry_run\": %s, \"mounted\": %s, \"rewritten\": %s, \"in_log\": %s}\n",
		s->how.dry_run ? "true" : "false", s->is_mounted ? "true" : "false",
		p->rewritten ? "true" : "false", p->in_log ? "true" : "false");
}

static void print_space(const struct session *s, const struct pruned *p)
{
	printf("  file     %.1f MB", megabytes(p->size_before));
	if (!s->how.dry_run)
		printf(" -> %.1f MB, %.1f MB of it free", megabytes(p->size), megabytes(p->free));
	putchar('\n');
	if (s->how.dry_run || p->rewritten || p->free == 0)
		return;
	if (s->is_mounted)
		puts("  what is free is used for new texts; to give it back, run 'planfs optimize' when it is not mounted");
	else if (p->no_room)
		puts("  there is no room to write the file anew; make some, and run 'planfs optimize'");
	else
		puts("  what is free is used for new texts; 'planfs optimize' gives it back");
}

static void print_text(const struct session *s, const struct pruned *p)
{
	const char *would = s->how.dry_run ? "would be " : "";

	if (!s->forget)
		printf("  kept     every version of late, and the tree of %" PRId64
		       " earlier moment%s\n",
			p->moments, p->moments == 1 ? "" : "s");
	printf("  changes  %" PRId64 " of %" PRId64 " %sforgotten\n", p->forgotten, p->changes,
		would);
	printf("  texts    %" PRId64 " %sdeleted, %.1f MB\n", p->texts, would,
		megabytes(p->text_bytes));
	print_space(s, p);
}

static int prune(struct session *s)
{
	struct pruned done = { 0 };
	int r;

	s->how.now = store_now();
	s->how.progress = on_progress;
	s->how.arg = s;
	r = store_prune(s->base.s, &s->how, &done);
	if (s->has_progress)
		progress_end(&s->progress);
	if (r < 0) {
		log_err("%s: %s; what was forgotten so far is, and the next run goes on",
			buf_str(&s->base.db), strerror(-r));
		return (int)cli_exit_code(r);
	}
	if (s->as_json)
		print_json(s, &done);
	else
		print_text(s, &done);
	return CLI_OK;
}

/* --- one path --- */

static int on_copy(void *arg, const struct prune_copy *copy)
{
	struct session *s = arg;

	s->copies++;
	if (s->as_json)
		fputs("{\"copy\": ", stdout), json_print_string(copy->path);
	else
		fputs("  also in  ", stdout), print_in_one_line(copy->path[0] ? copy->path : "?");
	if (s->as_json && copy->rev)
		printf(", \"rev\": %" PRId64 "}\n", copy->rev);
	else if (s->as_json)
		puts(", \"rev\": null}");
	else if (copy->rev)
		printf("@rev-%" PRId64 "\n", copy->rev);
	else
		putchar('\n');
	return 0;
}

static int warn(const struct session *s, const struct place *p, const struct pruned *done)
{
	if (s->how.dry_run)
		return CLI_OK;
	if (p->last == INT64_MAX)
		log_warn(
			"%s: is there now, and its present text stays; remove it first when that must go, too",
			s->forget);
	if (done->in_log)
		log_err("%s: %s, so that old bytes may still be in the file and its log; 'planfs prune' finishes it",
			buf_str(&s->base.db),
			done->no_room ? "no room to write it anew" : "mounted, or in use");
	return done->in_log || s->copies ? CLI_SKIPPED : CLI_OK;
}

static int forget(struct session *s)
{
	CLEANUP(place_done) struct place p = { 0 };
	struct forget what = { .dry_run = s->how.dry_run, .copy = on_copy, .arg = s };
	struct pruned done = { 0 };
	int r;

	r = place_find(&s->base, s->forget, false, &p);
	if (r != CLI_OK)
		return r;
	if (!p.parent)
		return cli_usage_error("--forget wants a file or a directory, not the whole tree");
	what.parent = p.parent;
	what.name = buf_str(&p.name);
	what.rev = p.last;
	r = store_forget(s->base.s, &what, &done);
	if (r < 0) {
		log_err("%s: nothing was forgotten: %s", s->forget, strerror(-r));
		return (int)cli_exit_code(r);
	}
	if (s->as_json)
		print_json(s, &done);
	else
		print_text(s, &done);
	return warn(s, &p, &done);
}

/* --- options --- */

enum { OPT_ALL = 1, OPT_DAILY, OPT_MONTHLY, OPT_DRY_RUN, OPT_FORGET, OPT_JSON };

static int parse_span(struct session *s, const char *words, struct prune_span *span)
{
	s->has_rules = true;
	if (prune_parse_span(words, span) == 0)
		return CLI_OK;
	return cli_usage_error("'%s' is no time: 36h, 30d, 8w, 10y, forever or 0", words);
}

static int parse(int argc, char **argv, struct session *s)
{
	static const struct option longs[] = { { "keep-all", required_argument, NULL, OPT_ALL },
		{ "keep-daily", required_argument, NULL, OPT_DAILY },
		{ "keep-monthly", required_argument, NULL, OPT_MONTHLY },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "forget", required_argument, NULL, OPT_FORGET },
		{ "json", no_argument, NULL, OPT_JSON }, { 0 } };
	struct prune_rules *rules = &s->how.rules;
	int c, r = CLI_OK;

	*rules =
		(struct prune_rules){ { PRUNE_DAYS, 30 }, { PRUNE_YEARS, 1 }, { PRUNE_YEARS, 10 } };
	while (r == CLI_OK && (c = cli_next_option(argc, argv, "", longs)) != -1) {
		s->how.dry_run |= c == OPT_DRY_RUN;
		s->as_json |= c == OPT_JSON;
		if (c == OPT_FORGET)
			s->forget = optarg;
		if (c == OPT_ALL || c == OPT_DAILY || c == OPT_MONTHLY)
			r = parse_span(s, optarg,
				c == OPT_ALL     ? &rules->all
				: c == OPT_DAILY ? &rules->daily
						 : &rules->monthly);
	}
	if (r == CLI_OK && s->forget && s->has_rules)
		return cli_usage_error("--forget or rules, not both");
	return r == CLI_OK ? cli_expect_args(argc, 1, 1) : r;
}

int cmd_prune(int argc, char **argv)
{
	CLEANUP(session_done) struct session s = { 0 };
	int r;

	r = parse(argc, argv, &s);
	if (r != CLI_OK)
		return r;
	r = open_base(&s, argv[optind]);
	if (r < 0)
		return (int)cli_exit_code(r);
	return s.forget ? forget(&s) : prune(&s);
}
