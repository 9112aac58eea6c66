/* planfs reindex: make the search index anew. */
#include "cli_priv.h"

#include "planfs/log.h"
#include "planfs/search.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_json(const char *db, const struct search_status *s)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "files", s->indexed },
		{ "waiting", s->waiting },
		{ "apart", s->apart },
		{ "bytes", s->bytes },
	};
	size_t i;

	putchar('{');
	json_print_text_field("reindexed", db);
	for (i = 0; i < ARRAY_LEN(numbers); i++) {
		fputs(", ", stdout);
		json_print_number_field(numbers[i].key, numbers[i].value);
	}
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
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
	CLEANUP(buf_done) struct buf db = { 0 };
	struct search_status status;
	bool as_json = false;
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1)
		as_json |= r == 'j';
	r = cli_expect_args(argc, 1, 1);
	if (r != CLI_OK)
		return r;
	r = cli_find_db(argv[optind], &db, NULL);
	if (r == 0)
		r = reindex(buf_str(&db), &status);
	if (r < 0)
		return (int)cli_exit_code(r);
	if (as_json)
		print_json(buf_str(&db), &status);
	else
		print_text(buf_str(&db), &status);
	return CLI_OK;
}
