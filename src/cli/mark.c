/* planfs mark: name a moment, list the marks, drop one. */
#include "cli_priv.h"

#include "planfs/change.h"
#include "planfs/log.h"
#include "planfs/moment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { OPT_LIST, OPT_JSON, OPT_DELETE, WAIT_MS = 10000 };

struct order {
	bool list, as_json;
	const char *name, *moment;
	const char *gone; /* the mark to be deleted; NULL: none */
	int64_t rev;      /* what @moment is */
};

/* A time on the wall, or for a machine. Both are moments. */
static void print_time(int64_t ns, bool as_json)
{
	time_t t = ns / 1000000000;
	char text[40] = "";
	struct tm tm;

	if (as_json ? gmtime_r(&t, &tm) != NULL : localtime_r(&t, &tm) != NULL)
		strftime(text, sizeof(text), as_json ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%dT%H:%M:%S",
			&tm);
	if (as_json)
		json_print_text_field("time", text);
	else
		fputs(text, stdout);
}

static int print_mark(void *arg, const struct mark *mark)
{
	const struct order *o = arg;

	if (!o->as_json) {
		printf("%s\trev-%" PRId64 "\t", mark->name, mark->rev);
		print_time(mark->time, false);
		printf("\t%s\n", mark->author);
		return 0;
	}
	putchar('{');
	json_print_text_field("name", mark->name);
	fputs(", ", stdout);
	json_print_number_field("rev", mark->rev);
	fputs(", ", stdout);
	print_time(mark->time, true);
	fputs(", ", stdout);
	json_print_text_field("author", mark->author);
	puts("}");
	return 0;
}

static int set_mark(struct txn *t, void *arg)
{
	const struct order *o = arg;

	return txn_set_mark(t, o->name, o->rev);
}

static int delete_mark(struct txn *t, void *arg)
{
	const struct order *o = arg;

	return txn_delete_mark(t, o->gone);
}

static int change(struct store *s, struct order *o)
{
	const struct change c = { .apply = o->gone ? delete_mark : set_mark,
		.arg = o,
		.durable = true,
		.wait_ms = WAIT_MS };
	bool fixed;
	int r = 0;

	if (!o->gone)
		r = moment_find(s, o->moment, store_now(), &o->rev, &fixed);
	if (r == -ENOENT) {
		log_err("%s: no moment: a day, a time, -2h, rev-N or a mark", o->moment);
		return r;
	}
	if (r == 0)
		r = store_change(s, &c);
	if (r == -EEXIST)
		log_err("%s: marked already; 'planfs mark --delete %s' first", o->name, o->name);
	else if (r == -ENOENT)
		log_err("%s: no such mark", o->gone);
	else if (r < 0)
		log_err("%s: %s", o->gone ? o->gone : o->name, strerror(-r));
	else if (!o->gone)
		printf("%s is rev-%" PRId64 "\n", o->name, o->rev);
	return r;
}

static int run(const char *db, struct order *o)
{
	const struct store_options options = { 0 };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf path = { 0 };
	int r;

	r = cli_find_db(db, &path, NULL);
	if (r < 0)
		return r;
	r = o->list ? cli_open_to_read(buf_str(&path), &s) : cli_open(buf_str(&path), &options, &s);
	if (r < 0)
		return r;
	r = o->list ? mark_each(s, print_mark, o) : change(s, o);
	if (r < 0 && o->list)
		log_err("%s: %s", buf_str(&path), strerror(-r));
	return r;
}

/*
 * In a mount, the database need not be named: a word that cannot be a path is a mark there. Elsewhere the first
 * word is the database.
 */
static bool names_database(const char *word)
{
	CLEANUP(mounted_done) struct mounted here = { 0 };

	return strchr(word, '/') || strcmp(word, ".") == 0 || strcmp(word, "..") == 0 ||
	       mounted_find(".", &here, NULL) < 0;
}

static int check(const struct order *o)
{
	const char *why = o->name ? mark_refuse(o->name) : NULL;

	if (why)
		return cli_usage_error("'%s' can be no mark: %s", o->name, why);
	if (o->as_json && !o->list)
		return cli_usage_error("--json goes with --list");
	return CLI_OK;
}

int cmd_mark(int argc, char **argv)
{
	static const struct option longs[] = { { "list", no_argument, NULL, OPT_LIST },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "delete", required_argument, NULL, OPT_DELETE }, { 0 } };
	struct order o = { .moment = "now" };
	const char *db = ".";
	bool sets;
	int c, r;

	while ((c = cli_next_option(argc, argv, "", longs)) != -1) {
		o.list |= c == OPT_LIST;
		o.as_json |= c == OPT_JSON;
		if (c == OPT_DELETE)
			o.gone = optarg;
	}
	if (o.list && o.gone)
		return cli_usage_error("--list or --delete, not both");
	sets = !o.list && !o.gone;
	if (optind < argc && (!sets || names_database(argv[optind])))
		db = argv[optind++];
	r = cli_expect_args(argc, sets, sets ? 2 : 0);
	if (r != CLI_OK)
		return r;
	if (sets)
		o.name = argv[optind];
	if (sets && argc - optind > 1)
		o.moment = argv[optind + 1];
	r = check(&o);
	return r != CLI_OK ? r : (int)cli_exit_code(run(db, &o));
}
