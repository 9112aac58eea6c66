/* planfs load: plans that planfs export --json wrote, back into a database. */
#include "cli_priv.h"

#include "planfs/load.h"
#include "planfs/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LOAD_BYTES_MAX = 1024 * 1024 * 1024 };

/* A plan that is there already is named, and the others go on. */
static int store_all(struct store *s, struct load *load)
{
	size_t i, n = load_count(load), loaded = 0, skipped = 0;
	struct import_error error;
	int r, end = 0;
	bool ordered;

	r = load_begin(s);
	ordered = r > 0;
	load_set_ordered(load, ordered);
	if (r > 0)
		r = 0;
	for (i = 0; i < n && r == 0; i++) {
		r = load_store(s, load, i, &error);
		if (r < 0)
			log_err("%s", error.text);
		else
			printf("  + %s\n", load_path(load, i));
		loaded += r == 0;
		skipped += r == -EEXIST || r == -ENOTDIR;
		if (r == -EEXIST || r == -ENOTDIR)
			r = 0;
	}
	if (ordered && loaded > 0)
		end = load_finish(s);
	if (end < 0)
		log_err("the history is not in the order of time: %s", strerror(-end));
	if (r == 0)
		r = end;
	if (r < 0)
		return r == -EBUSY ? CLI_IN_USE : CLI_FAILED;
	printf("loaded %zu plan%s; %zu skipped\n", loaded, loaded == 1 ? "" : "s", skipped);
	index_update(s);
	return skipped ? CLI_SKIPPED : CLI_OK;
}

int cmd_load(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	const struct store_options options = { 0 };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(load_freep) struct load *load = NULL;
	CLEANUP(buf_done) struct buf db = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	struct import_error error = { "" };
	int r;

	while (cli_next_option(argc, argv, "", longs) != -1)
		;
	r = cli_expect_args(argc, 2, 2);
	if (r != CLI_OK)
		return r;
	r = files_read(strcmp(argv[optind + 1], "-") == 0 ? "/dev/stdin" : argv[optind + 1],
		LOAD_BYTES_MAX, &text);
	if (r < 0) {
		log_err("%s: %s", argv[optind + 1], strerror(-r));
		return (int)cli_exit_code(r);
	}
	r = load_parse(argv[optind + 1], buf_str(&text), text.len, &load, &error);
	if (r < 0) {
		log_err("%s", error.text[0] ? error.text : strerror(-r));
		return CLI_FAILED;
	}
	r = cli_find_db(argv[optind], &db, NULL);
	if (r == 0)
		r = cli_open(buf_str(&db), &options, &s);
	return r < 0 ? (int)cli_exit_code(r) : store_all(s, load);
}
