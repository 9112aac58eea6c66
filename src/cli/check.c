/* planfs check: look for damage, and mend it. */
#include "cli_priv.h"

#include "planfs/check.h"
#include "planfs/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct report {
	bool as_json, is_repair;
	unsigned long damage, warnings;
};

static const char *const level_names[] = {
	[FINDING_NOTE] = "note",
	[FINDING_WARNING] = "warning",
	[FINDING_DAMAGE] = "damage",
	[FINDING_MENDED] = "mended",
};

/* A name may hold anything: what would break the line is shown as an escape. */
static void print_in_one_line(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7F)
			printf("\\x%02x", (unsigned char)*s);
		else
			putchar(*s);
	}
}

static int print_finding(void *arg, const struct store_finding *f)
{
	struct report *report = arg;

	report->damage += f->level == FINDING_DAMAGE;
	report->warnings += f->level == FINDING_WARNING;
	if (!report->as_json) {
		printf("%s: ", level_names[f->level]);
		print_in_one_line(f->path);
		fputs(f->path[0] ? ": " : "", stdout);
		print_in_one_line(f->text);
		putchar('\n');
		return 0;
	}
	putchar('{');
	json_print_text_field("level", level_names[f->level]);
	fputs(", ", stdout);
	json_print_text_field("kind", f->kind);
	fputs(", ", stdout);
	json_print_text_field("path", f->path);
	fputs(", ", stdout);
	json_print_text_field("text", f->text);
	puts("}");
	return 0;
}

/* Say in one line of the output what the check or the repair is about. */
static void print_summary(const struct report *report, const char *db)
{
	const char *way_out =
		report->is_repair ? "still damaged; see 'damage:' above"
				  : "damaged; 'planfs check --repair' mends what can be mended, "
				    "'planfs recover' saves what can be read";

	if (!report->as_json)
		printf("%s: %s (%lu damaged, %lu warnings)\n", db,
			report->damage ? way_out : "sound", report->damage, report->warnings);
}

static int look(struct store *s, const char *db, struct report *report)
{
	int r = store_check(s, print_finding, report);

	if (r < 0)
		log_err("%s: the check could not be finished: %s", db, strerror(-r));
	else
		print_summary(report, db);
	return r;
}

static int check(const char *db, struct report *report)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int r;

	r = cli_open_to_read(db, &s);
	return r < 0 ? r : look(s, db, report);
}

static int refuse_mounted(const char *db)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };

	if (mounted_find_db(db, &m) < 0)
		return 0;
	log_err("%s: mounted at %s; a repair needs 'planfs umount' first", db, buf_str(&m.point));
	return -EBUSY;
}

static void print_copy(struct report *report, const char *copy)
{
	const struct store_finding f = { .level = FINDING_NOTE,
		.kind = "copy",
		.path = copy,
		.text = "the database as it was before the repair" };

	print_finding(report, &f);
}

static int repair(const char *db, struct report *report)
{
	static const struct store_options options = { .exclusive = true };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf copy = { 0 };
	int r;

	r = refuse_mounted(db);
	if (r == 0)
		r = cli_open(db, &options, &s);
	if (r < 0)
		return r;
	r = store_repair(s, print_finding, report, &copy);
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
	return look(s, db, report);
}

int cmd_check(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
		{ "strict", no_argument, NULL, 's' }, { "repair", no_argument, NULL, 'r' }, { 0 } };
	CLEANUP(buf_done) struct buf db = { 0 };
	struct report report = { 0 };
	bool is_strict = false;
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1) {
		report.as_json |= r == 'j';
		is_strict |= r == 's';
		report.is_repair |= r == 'r';
	}
	r = cli_expect_args(argc, 1, 1);
	if (r != CLI_OK)
		return r;
	r = cli_find_db(argv[optind], &db, NULL);
	if (r == 0)
		r = report.is_repair ? repair(buf_str(&db), &report) : check(buf_str(&db), &report);
	if (r < 0)
		return (int)cli_exit_code(r);
	return report.damage || (is_strict && report.warnings) ? CLI_FAILED : CLI_OK;
}
