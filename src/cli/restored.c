/* What planfs restore and planfs undo have done, or would do: a line for each place that changed or was left. */
#include "cli_place_priv.h"

#include "planfs/restore.h"

#include <stdio.h>
#include <sys/stat.h>

struct word {
	const char *done, *would, *json;
};

static const struct word words[] = {
	[BRING_NOTHING] = { "", "", "nothing" },
	[BRING_MAKE] = { "made", "make", "make" },
	[BRING_SAVE] = { "text", "text", "save" },
	[BRING_ATTR] = { "mode", "mode", "attr" },
	[BRING_MOVE] = { "moved", "move", "move" },
	[BRING_LINK] = { "linked", "link", "link" },
	[BRING_REMOVE] = { "removed", "remove", "remove" },
	[BRING_LEAVE] = { "left", "leave", "leave" },
};

static void print_line(const struct bring_item *i, const struct restored_print *how)
{
	const struct word *w = &words[i->how];
	mode_t mode = i->how == BRING_REMOVE ? i->now.mode : i->wanted.then.mode;

	printf("  %-8s", how->dry_run ? w->would : w->done);
	if (i->from.len) {
		print_in_one_line(buf_str(&i->from));
		fputs(" -> ", stdout);
	}
	print_in_one_line(buf_str(&i->path));
	if (S_ISDIR(mode))
		putchar('/');
	if (i->why.len || i->wanted.note) {
		fputs(": ", stdout);
		print_in_one_line(i->why.len ? buf_str(&i->why) : i->wanted.note);
	}
	putchar('\n');
}

static void print_optional_field(const char *key, const char *value)
{
	fputs(", ", stdout);
	if (value && value[0])
		json_print_text_field(key, value);
	else
		printf("\"%s\": null", key);
}

static void print_json(const struct bring_item *i)
{
	putchar('{');
	json_print_text_field("action", words[i->how].json);
	fputs(", ", stdout);
	json_print_text_field("path", buf_str(&i->path));
	print_optional_field("from", buf_str(&i->from));
	print_optional_field("why", i->why.len ? buf_str(&i->why) : i->wanted.note);
	puts("}");
}

void restored_print(const struct restored *r, struct restored_print *how)
{
	size_t n;

	for (n = 0; n < r->plan.n; n++) {
		const struct bring_item *i = &r->plan.items[n];

		if (i->how == BRING_NOTHING && !i->wanted.note)
			continue;
		how->left += i->how == BRING_LEAVE || i->wanted.note;
		how->done += i->how != BRING_LEAVE && i->how != BRING_NOTHING;
		if (how->as_json)
			print_json(i);
		else
			print_line(i, how);
	}
}

int restored_exit_code(const struct restored_print *how)
{
	return how->left ? CLI_SKIPPED : CLI_OK;
}
