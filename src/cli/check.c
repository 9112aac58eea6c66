/* planfs check: look for damage. */
#include "cli_priv.h"

#include "planfs/check.h"
#include "planfs/log.h"

#include <stdio.h>
#include <string.h>

struct report {
	bool as_json;
	unsigned long damage, warnings;
};

static const char *const level_names[] = {
	[FINDING_NOTE] = "note",
	[FINDING_WARNING] = "warning",
	[FINDING_DAMAGE] = "damage",
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

static int check(const char *path, struct report *report)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf db = { 0 };
	int r;

	r = cli_find_db(path, &db, NULL);
	if (r < 0)
		return r;
	r = cli_open_to_read(buf_str(&db), &s);
	if (r < 0)
		return r;
	r = store_check(s, print_finding, report);
	if (r < 0)
		log_err("%s: the check could not be finished: %s", buf_str(&db), strerror(-r));
	else if (!report->as_json)
		printf("%s: %s (%lu damaged, %lu warnings)\n", buf_str(&db),
			report->damage
				? "damaged; restore a backup, or take out what can be read with "
				  "'planfs export'"
				: "sound",
			report->damage, report->warnings);
	return r;
}

int cmd_check(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
		{ "strict", no_argument, NULL, 's' }, { 0 } };
	struct report report = { 0 };
	bool is_strict = false;
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1) {
		report.as_json |= r == 'j';
		is_strict |= r == 's';
	}
	r = cli_expect_args(argc, 1, 1);
	if (r != CLI_OK)
		return r;
	r = check(argv[optind], &report);
	if (r < 0)
		return (int)cli_exit_code(r);
	return report.damage || (is_strict && report.warnings) ? CLI_FAILED : CLI_OK;
}
