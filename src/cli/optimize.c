/* planfs optimize: put the texts of each directory side by side in the file. */
#include "cli_priv.h"

#include "planfs/log.h"
#include "planfs/optimize.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_json(const char *db, const struct store_optimized *d)
{
	const struct json_number numbers[] = {
		{ "texts", d->texts },
		{ "neighbours", d->neighbours },
		{ "side_by_side_before", d->side_by_side_before },
		{ "side_by_side", d->side_by_side },
		{ "moved", d->moved },
		{ "bytes_before", d->size_before },
		{ "bytes", d->size },
	};

	putchar('{');
	json_print_text_field("optimized", db);
	fputs(", ", stdout);
	json_print_numbers(numbers, ARRAY_LEN(numbers), ", ");
	printf(", \"rewritten\": %s}\n", d->rewritten ? "true" : "false");
}

static int percent(int64_t part, int64_t all)
{
	return all > 0 ? (int)(part * 100 / all) : 100;
}

static void print_text(const char *db, const struct store_optimized *d)
{
	int before = percent(d->side_by_side_before, d->neighbours);

	if (d->moved)
		printf("%s: %" PRId64
		       " texts moved; %d %% of neighbours were side by side, now %d %%\n",
			db, d->moved, before, percent(d->side_by_side, d->neighbours));
	else
		printf("%s: in order already (%d %% of neighbours are side by side); no text moved\n",
			db, before);
	if (d->rewritten)
		printf("%s: %.1f MB before, %.1f MB now\n", db, (double)d->size_before / 1e6,
			(double)d->size / 1e6);
	else
		printf("%s: %.1f MB, nothing was rewritten\n", db, (double)d->size / 1e6);
}

static int optimize(const char *db, struct store_optimized *ret_done)
{
	static const struct store_options options = { .exclusive = true };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf why = { 0 };
	int r;

	r = mounted_refuse(db, "'planfs umount' first");
	if (r == 0)
		r = cli_open(db, &options, &s);
	if (r < 0)
		return r;
	r = store_optimize(s, ret_done, &why);
	if (r < 0 && why.len)
		log_err("%s", buf_str(&why));
	else if (r < 0)
		log_err("%s: could not be optimized, and is as sound as before: %s", db,
			strerror(-r));
	return r;
}

int cmd_optimize(int argc, char **argv)
{
	CLEANUP(buf_done) struct buf db = { 0 };
	struct store_optimized done;
	bool as_json;
	int r;

	r = cli_take_db(argc, argv, &as_json, &db);
	if (r != CLI_OK)
		return r;
	r = optimize(buf_str(&db), &done);
	if (r < 0)
		return (int)cli_exit_code(r);
	if (as_json)
		print_json(buf_str(&db), &done);
	else
		print_text(buf_str(&db), &done);
	return CLI_OK;
}
