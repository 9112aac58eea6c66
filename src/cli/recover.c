/* planfs recover: save what can be read of a damaged database into a new one. */
#include "cli_priv.h"

#include "planfs/log.h"
#include "planfs/recover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is wrong with the new database, besides what was mended in it. */
static int check_copy(const char *to, struct findings *findings)
{
	CLEANUP(store_closep) struct store *s = NULL;
	int r;

	r = cli_open_to_read(to, &s);
	return r < 0 ? r : store_check(s, findings_print, findings);
}

static bool is_complete(const struct store_recovered *r, const struct findings *findings)
{
	return r->lost_pages == 0 && r->bad_rows == 0 && r->cut_texts == 0 &&
	       findings->damage == 0 && findings->mended == 0;
}

static void print_json(const char *to, const struct store_recovered *r, bool complete)
{
	const struct json_number numbers[] = {
		{ "inodes", r->inodes },
		{ "texts", r->texts },
		{ "versions", r->versions },
		{ "lost_found", r->lost_found },
		{ "cut_texts", r->cut_texts },
		{ "loose_pages", r->loose_pages },
		{ "lost_pages", r->lost_pages },
		{ "bad_rows", r->bad_rows },
	};

	putchar('{');
	json_print_text_field("recovered", to);
	printf(", \"complete\": %s, ", complete ? "true" : "false");
	json_print_numbers(numbers, ARRAY_LEN(numbers), ", ");
	puts("}");
}

static void print_text(const char *to, const struct store_recovered *r, bool complete)
{
	printf("%s: %" PRId64 " files and directories, %" PRId64 " texts, %" PRId64 " versions\n",
		to, r->inodes, r->texts, r->versions);
	if (r->lost_found)
		printf("%s: %" PRId64 " in lost+found/, because their names are lost\n", to,
			r->lost_found);
	if (r->lost_pages || r->bad_rows || r->cut_texts)
		printf("%s: lost: %u pages and %u rows that could not be read, the end of %" PRId64
		       " texts\n",
			to, r->lost_pages, r->bad_rows, r->cut_texts);
	printf("%s: %s\n", to,
		complete
			? "complete; nothing is missing"
			: "see above what was mended and what is lost; look at the tree before you use it");
}

static int recover(const char *from, const char *to, struct findings *findings)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	struct store_recovered recovered = { 0 };
	bool complete;
	int r;

	r = store_recover(from, to, findings_print, findings, &recovered, &why);
	if (r < 0) {
		log_err("%s", why.len ? buf_str(&why) : strerror(-r));
		return r;
	}
	r = check_copy(to, findings);
	if (r < 0)
		return r;
	complete = is_complete(&recovered, findings);
	if (findings->as_json)
		print_json(to, &recovered, complete);
	else
		print_text(to, &recovered, complete);
	return complete ? CLI_OK : CLI_SKIPPED;
}

int cmd_recover(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
	struct findings findings = { 0 };
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1)
		findings.as_json |= r == 'j';
	r = cli_expect_args(argc, 2, 2);
	if (r != CLI_OK)
		return r;
	r = recover(argv[optind], argv[optind + 1], &findings);
	if (r == -ENODATA)
		return CLI_NOT_PLANFS;
	return r < 0 ? (int)cli_exit_code(r) : r;
}
