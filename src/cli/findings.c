/* What a check finds or a repair mends, on stdout: one line each. */
#include "cli_priv.h"

#include <stdio.h>

static const char *const level_names[] = {
	[FINDING_NOTE] = "note",
	[FINDING_WARNING] = "warning",
	[FINDING_DAMAGE] = "damage",
	[FINDING_MENDED] = "mended",
};

void print_in_one_line(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7F)
			printf("\\x%02x", (unsigned char)*s);
		else
			putchar(*s);
	}
}

int findings_print(void *arg, const struct store_finding *f)
{
	struct findings *report = arg;

	report->damage += f->level == FINDING_DAMAGE;
	report->mended += f->level == FINDING_MENDED;
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
