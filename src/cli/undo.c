/* planfs undo: take the last change back, or what somebody changed since a time. */
#include "cli_place_priv.h"

#include "planfs/log.h"
#include "planfs/restore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_AT_ONCE = 1000 };

struct undoing {
	struct place_base base;
	struct place place;
	const char *author, *since;
	bool yes;
	struct restored_print print;
	struct change_rows rows; /* that are taken back */
};

static void undoing_done(struct undoing *u)
{
	change_rows_done(&u->rows);
	place_done(&u->place);
	place_base_done(&u->base);
}

/* --- which changes --- */

static bool is_same_change(const struct moment_change *a, const struct moment_change *b)
{
	return a->time == b->time && strcmp(a->author, b->author) == 0;
}

static int add_wanted(void *arg, const struct moment_change *c, const char *path)
{
	struct undoing *u = arg;

	(void)path;
	if (u->author && strcmp(u->author, c->author) != 0)
		return 0;
	/* without a time, only the last one: all rows of one change bear one time */
	if (!u->since && u->rows.n && !is_same_change(&u->rows.rows[0].c, c))
		return 1;
	return change_rows_add(&u->rows, c);
}

/* The other half of a rename may be outside of the path. */
struct other_half {
	struct undoing *u;
	const struct moment_change *last;
	struct change_rows *rows;
};

static int add_other(void *arg, const struct moment_change *c)
{
	struct other_half *o = arg;

	if (!is_same_change(o->last, c))
		return c->rev < o->last->rev;
	return change_rows_add(o->rows, c);
}

static bool has_inode(const struct change_rows *rows, int64_t inode)
{
	size_t i;

	for (i = 0; i < rows->n; i++)
		if (rows->rows[i].c.inode.id == inode)
			return true;
	return false;
}

static bool has_rev(const struct change_rows *rows, int64_t rev)
{
	size_t i;

	for (i = 0; i < rows->n; i++)
		if (rows->rows[i].c.rev == rev)
			return true;
	return false;
}

static int add_other_halves(struct undoing *u)
{
	CLEANUP(change_rows_done) struct change_rows all = { 0 };
	const struct moment_change *last = &u->rows.rows[0].c;
	struct other_half o = { u, last, &all };
	int64_t from = u->rows.rows[u->rows.n - 1].c.rev - ROWS_AT_ONCE;
	size_t i, n = u->rows.n;
	int r;

	r = moment_changes(u->base.s, from > 0 ? from : 1, last->rev + ROWS_AT_ONCE, add_other, &o);
	for (i = 0; i < all.n && r >= 0; i++) {
		const struct moment_change *c = &all.rows[i].c;

		if (n > ROWS_AT_ONCE) /* a large change is within the path or wanted as a whole */
			break;
		if (has_inode(&u->rows, c->inode.id) && !has_rev(&u->rows, c->rev))
			r = change_rows_add(&u->rows, c);
	}
	return r < 0 ? r : 0;
}

static int find_changes(struct undoing *u)
{
	struct change_walk walk = {
		.place = &u->place, .to = INT64_MAX, .fn = add_wanted, .arg = u
	};
	int r = CLI_OK;

	if (u->since)
		r = place_moment(&u->base, u->since, true, &walk.from);
	if (r != CLI_OK)
		return r;
	r = changes_walk(&u->base, &walk);
	if (r >= 0 && u->rows.n && !u->since)
		r = add_other_halves(u);
	if (r < 0)
		log_err("%s: %s", store_path(u->base.s), strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

/* --- taking them back --- */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int undo(struct undoing *u, bool dry_run, struct restored *ret_done)
{
	int64_t *revs = reallocarray(NULL, u->rows.n, sizeof(*revs));
	struct undo what = { .revs = revs, .n = u->rows.n, .dry_run = dry_run };
	size_t i;
	int r = -ENOMEM;

	for (i = 0; revs && i < u->rows.n; i++)
		revs[i] = u->rows.rows[i].c.rev;
	if (revs) {
		qsort(revs, u->rows.n, sizeof(*revs), by_number);
		r = store_undo(u->base.s, &what, ret_done);
	}
	free(revs);
	if (r == -EBUSY)
		log_err("%s: another program keeps it locked; nothing was changed",
			store_path(u->base.s));
	else if (r < 0)
		log_err("%s: nothing was undone: %s", store_path(u->base.s), strerror(-r));
	return (int)cli_exit_code(r);
}

static bool confirm(void)
{
	char answer[16];

	fflush(stdout);
	fputs("take this back? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static void print_what(const struct undoing *u)
{
	const struct moment_change *c = &u->rows.rows[0].c;
	char time[TIME_BYTES];

	if (u->print.as_json)
		return;
	format_time(c->time, time);
	if (u->since)
		printf("%zu change%s", u->rows.n, u->rows.n == 1 ? "" : "s");
	else
		printf("the change of %s", time);
	fputs(u->since && !u->author ? "" : " by ", stdout);
	print_in_one_line(u->since && !u->author ? "" : c->author);
	puts(":");
}

static int summarize(const struct undoing *u)
{
	if (!u->print.as_json) {
		printf("%s %lu place%s", u->print.dry_run ? "would change" : "changed",
			u->print.done, u->print.done == 1 ? "" : "s");
		printf(u->print.left ? ", %lu left\n" : "\n", u->print.left);
	}
	return restored_exit_code(&u->print);
}

/* Shown first, unless nobody is asked: what is done then is what is shown, or is left because of a change meanwhile. */
static int show_and_undo(struct undoing *u)
{
	CLEANUP(restored_done) struct restored planned = { 0 };
	CLEANUP(restored_done) struct restored done = { 0 };
	struct restored_print plan = { .dry_run = true };
	bool asks = !u->yes && !u->print.dry_run;
	int r;

	print_what(u);
	if (asks) {
		r = undo(u, true, &planned);
		if (r != CLI_OK)
			return r;
		restored_print(&planned, &plan);
		if (plan.done > 0 && !confirm()) {
			fputs("nothing was changed\n", stderr);
			return CLI_FAILED;
		}
		if (plan.done == 0)
			u->print.dry_run = true;
	}
	r = undo(u, u->print.dry_run, &done);
	if (r != CLI_OK)
		return r;
	if (asks && plan.done == 0)
		u->print.left = plan.left;
	else
		restored_print(&done, &u->print);
	return summarize(u);
}

enum { OPT_AUTHOR = 1, OPT_SINCE, OPT_DRY_RUN, OPT_JSON };

static int parse(int argc, char **argv, struct undoing *u)
{
	static const struct option longs[] = { { "author", required_argument, NULL, OPT_AUTHOR },
		{ "since", required_argument, NULL, OPT_SINCE },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "json", no_argument, NULL, OPT_JSON }, { "yes", no_argument, NULL, 'y' }, { 0 } };
	int c;

	while ((c = cli_next_option(argc, argv, "y", longs)) != -1) {
		u->yes |= c == 'y';
		u->print.dry_run |= c == OPT_DRY_RUN;
		u->print.as_json |= c == OPT_JSON;
		if (c == OPT_AUTHOR)
			u->author = optarg;
		if (c == OPT_SINCE)
			u->since = optarg;
	}
	if (!u->yes && !u->print.dry_run && (u->print.as_json || !isatty(STDIN_FILENO)))
		return cli_usage_error("-y to do it, or --dry-run to see what would be done");
	return CLI_OK;
}

int cmd_undo(int argc, char **argv)
{
	CLEANUP(undoing_done) struct undoing u = { 0 };
	int r;

	r = parse(argc, argv, &u);
	if (r == CLI_OK)
		r = place_base_open(argc, argv, 0, 1, true, &u.base);
	if (r == CLI_OK)
		r = place_find(&u.base,
			optind < argc  ? argv[optind]
			: u.base.is_db ? ""
				       : ".",
			false, &u.place);
	if (r == CLI_OK)
		r = find_changes(&u);
	if (r != CLI_OK)
		return r;
	if (u.rows.n == 0) {
		log_err("no change there%s to take back",
			u.author || u.since ? " of that kind" : "");
		return CLI_NOT_FOUND;
	}
	return show_and_undo(&u);
}
