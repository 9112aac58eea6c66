/* planfs reindex: make the search index anew. */
#include "cli_priv.h"

#include "planfs/log.h"
#include "planfs/search.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_json(const char *db, const struct search_status *s)
{
	const struct json_number numbers[] = {
		{ "files", s->indexed },
		{ "waiting", s->waiting },
		{ "apart", s->apart },
		{ "bytes", s->bytes },
	};

	putchar('{');
	json_print_text_field("reindexed", db);
	fputs(", ", stdout);
	json_print_numbers(numbers, ARRAY_LEN(numbers), ", ");
	puts("}");
}

static void print_text(const char *db, const struct search_status *s)
{
	printf("%s: %" PRId64 " file%s indexed (%.1f MB)", db, s->indexed,
		s->indexed == 1 ? "" : "s", (double)s->bytes / 1e6);
	if (s->apart)
		printf("; %" PRId64 " binary or very long, read by each search", s->apart);
	if (s->waiting)
		printf("; %" PRId64 " saved meanwhile", s->waiting);
	putchar('\n');
}

static int reindex(const char *db, struct search_status *ret_status)
{
	static const struct store_options options = { 0 };
	CLEANUP(store_closep) struct store *s = NULL;
	int r;

	r = cli_open(db, &options, &s);
	if (r < 0)
		return r;
	r = search_index_clear(s);
	if (r == 0)
		r = index_fill(s);
	if (r == 0)
		r = search_get_status(s, ret_status);
	if (r < 0)
		log_err("%s: the search index could not be made anew; searches read all files: %s",
			db, strerror(-r));
	return r;
}

int cmd_reindex(int argc, char **argv)
{
	CLEANUP(buf_done) struct buf db = { 0 };
	struct search_status status;
	bool as_json;
	int r;

	r = cli_take_db(argc, argv, &as_json, &db);
	if (r != CLI_OK)
		return r;
	r = reindex(buf_str(&db), &status);
	if (r < 0)
		return (int)cli_exit_code(r);
	if (as_json)
		print_json(buf_str(&db), &status);
	else
		print_text(buf_str(&db), &status);
	return CLI_OK;
}
