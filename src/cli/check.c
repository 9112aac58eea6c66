/* planfs check: look for damage, and mend it. */
#include "cli_priv.h"

#include "planfs/check.h"
#include "planfs/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Say in one line of the output what the check or the repair is about. */
static void print_summary(const struct findings *report, const char *db, bool is_repair)
{
	const char *way_out =
		is_repair ? "still damaged; see 'damage:' above"
			  : "damaged; 'planfs check --repair' mends what can be mended, "
			    "'planfs recover' saves what can be read";

	if (!report->as_json)
		printf("%s: %s (%lu damaged, %lu warnings)\n", db,
			report->damage ? way_out : "sound", report->damage, report->warnings);
}

static int look(struct store *s, const char *db, struct findings *report, bool is_repair)
{
	int r = store_check(s, findings_print, report);

	if (r < 0)
		log_err("%s: the check could not be finished: %s", db, strerror(-r));
	else
		print_summary(report, db, is_repair);
	return r;
}

static int check(const char *db, struct findings *report)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int r;

	r = cli_open_to_read(db, &s);
	return r < 0 ? r : look(s, db, report, false);
}

static void print_copy(struct findings *report, const char *copy)
{
	const struct store_finding f = { .level = FINDING_NOTE,
		.kind = "copy",
		.path = copy,
		.text = "the database as it was before the repair" };

	findings_print(report, &f);
}

static int repair(const char *db, struct findings *report)
{
	static const struct store_options options = { .exclusive = true };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf copy = { 0 };
	int r;

	r = mounted_refuse(db, "a repair needs 'planfs umount' first");
	if (r == 0)
		r = cli_open(db, &options, &s);
	if (r < 0)
		return r;
	r = store_repair(s, findings_print, report, &copy);
	if (copy.len)
		print_copy(report, buf_str(&copy));
	if (r == -EUCLEAN)
		log_err("%s: too damaged to be mended, and nothing was changed; save what can be read: "
			"planfs recover %s NEW-DB",
			db, db);
	else if (r < 0)
		log_err("%s: the repair failed, and nothing was changed: %s", db, strerror(-r));
	if (r < 0 && r != -EUCLEAN)
		return r;
	return look(s, db, report, true);
}

int cmd_check(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
		{ "strict", no_argument, NULL, 's' }, { "repair", no_argument, NULL, 'r' }, { 0 } };
	CLEANUP(buf_done) struct buf db = { 0 };
	struct findings report = { 0 };
	bool is_strict = false, is_repair = false;
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1) {
		report.as_json |= r == 'j';
		is_strict |= r == 's';
		is_repair |= r == 'r';
	}
	r = cli_expect_args(argc, 1, 1);
	if (r != CLI_OK)
		return r;
	r = cli_find_db(argv[optind], &db, NULL);
	if (r == 0)
		r = is_repair ? repair(buf_str(&db), &report) : check(buf_str(&db), &report);
	if (r < 0)
		return (int)cli_exit_code(r);
	return report.damage || (is_strict && report.warnings) ? CLI_FAILED : CLI_OK;
}
