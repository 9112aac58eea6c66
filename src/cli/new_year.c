/* planfs new-year: next year's plans from this year's. */
#include "cli_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"
#include "planfs/new_year.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_FROM, OPT_DRY_RUN };

struct session {
	struct store *s;
	struct new_year how;
	struct buf notes; /* of the plan under way */
	unsigned made, skipped, to_look_at;
};

static int look_at(void *arg, const char *section, const struct renew_note *note)
{
	struct session *session = arg;

	session->to_look_at++;
	return buf_printf(&session->notes, "      %s:%u: %s: %.*s\n", section, note->line,
		note->reason, (int)(note->quote_len < 180 ? note->quote_len : 180), note->quote);
}

static int make_plan(void *arg, const struct export_plan *plan)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	struct session *session = arg;
	struct import_error error;
	unsigned before = session->to_look_at;
	int r;

	session->notes.len = 0;
	r = new_year_make(session->s, plan, &session->how, &path, &error);
	if (r == -ECANCELED) {
		printf("  - %s\n", error.text);
		return 0;
	}
	if (r == -EEXIST || r == -ENOTDIR) {
		session->skipped++;
		session->to_look_at = before;
		log_err("%s", error.text);
		return 0;
	}
	if (r < 0) {
		log_err("%s", error.text);
		return r;
	}
	session->made++;
	printf("  + %s\n", buf_str(&path));
	if (session->notes.len > 0)
		fwrite(session->notes.data, 1, session->notes.len, stdout);
	return ferror(stdout) ? -EPIPE : 0;
}

/* @path (a year, a district or a plan; "" the whole year) must lie in the year that is left behind. */
static int walk(struct session *session, const char *path, const char *shown)
{
	CLEANUP(buf_done) struct buf full = { 0 };
	char year[8];
	int r;

	snprintf(year, sizeof(year), "%04u", session->how.from);
	path += strspn(path, "/");
	if (strncmp(path, year, 4) == 0 && (path[4] == '/' || !path[4]))
		r = buf_add_str(&full, path);
	else
		r = buf_printf(&full, "%s/%s", year, path); /* a district, or the whole tree */
	if (r == 0)
		r = export_walk(session->s, full.data, make_plan, session);
	if (r == -ENOENT || r == -EINVAL || r == -ENOTDIR)
		log_err("%s: no plans of %s there", shown, year);
	return r;
}

static unsigned parse_year(const char *s)
{
	return s && strlen(s) == 4 && strspn(s, "0123456789") == 4 && name_is_year(s)
		       ? (unsigned)atoi(s)
		       : 0;
}

/* The database of @db, or that of the mount in which the first path (without one: this directory) lies. */
static int open_store(const char *db, struct session *session)
{
	const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf path = { 0 };
	int r = cli_find_db(db, &path, NULL);

	return r < 0 ? r : cli_open(buf_str(&path), &options, &session->s);
}

static int make_all(struct session *session, int n, char **paths, bool mounted)
{
	int i, r = 0;

	for (i = 0; i < n && r == 0; i++) {
		CLEANUP(buf_done) struct buf db = { 0 };
		CLEANUP(buf_done) struct buf below = { 0 };

		if (mounted)
			r = cli_find_db(paths[i], &db, &below);
		if (r == 0)
			r = walk(session, mounted ? buf_str(&below) : paths[i], paths[i]);
	}
	if (n == 0)
		r = walk(session, "", "the database");
	if (r < 0)
		return (int)cli_exit_code(r == -EINVAL ? -ENOENT : r);
	printf("%s %u plan%s of %u; %u thing%s to look at; %u skipped\n",
		session->how.dry_run ? "would make" : "made", session->made,
		session->made == 1 ? "" : "s", session->how.to, session->to_look_at,
		session->to_look_at == 1 ? "" : "s", session->skipped);
	if (!session->how.dry_run)
		index_update(session->s);
	return session->skipped ? CLI_SKIPPED : CLI_OK;
}

int cmd_new_year(int argc, char **argv)
{
	static const struct option longs[] = { { "from", required_argument, NULL, OPT_FROM },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN }, { 0 } };
	struct session session = { .how = { .look_at = look_at, .arg = &session } };
	char here[] = ".", *only_here[] = { here };
	const char *db;
	bool mounted;
	int c, r;

	while ((c = cli_next_option(argc, argv, "", longs)) != -1) {
		session.how.dry_run |= c == OPT_DRY_RUN;
		if (c == OPT_FROM && (session.how.from = parse_year(optarg)) == 0)
			return cli_usage_error("a year has four digits");
	}
	r = cli_expect_args(argc, 1, argc);
	if (r != CLI_OK)
		return r;
	mounted = parse_year(argv[optind]) > 0; /* no database: the paths are in a mount */
	db = mounted ? (argc - optind > 1 ? argv[optind + 1] : here) : argv[optind++];
	session.how.to = parse_year(argc > optind ? argv[optind] : NULL);
	if (session.how.to == 0 || session.how.from == 0 || session.how.to == session.how.from)
		return cli_usage_error("the new year and --from are two years of four digits");
	optind++;
	r = open_store(db, &session);
	if (r < 0)
		return (int)cli_exit_code(r);
	r = mounted && argc == optind ? make_all(&session, 1, only_here, true)
				      : make_all(&session, argc - optind, argv + optind, mounted);
	buf_done(&session.notes);
	store_close(session.s);
	return r;
}
