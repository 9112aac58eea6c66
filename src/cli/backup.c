/* planfs backup: copy a database while it is in use, as of now or with the tree as of a moment. */
#include "cli_place_priv.h"

#include "planfs/log.h"
#include "planfs/snapshot.h"

#include <errno.h>
#include <string.h>

static int backup(const char *arg, const char *file, const char *at)
{
	CLEANUP(place_base_done) struct place_base b = { 0 };
	int64_t rev = 0;
	int r;

	r = cli_find_db(arg, &b.db, NULL);
	if (r == 0)
		r = cli_open_to_read(buf_str(&b.db), &b.s);
	if (r < 0)
		return (int)cli_exit_code(r);
	r = at ? place_moment(&b, at, false, &rev) : CLI_OK;
	if (r != CLI_OK)
		return r;
	r = at ? store_backup_at(b.s, rev, file) : store_backup(b.s, file);
	if (r == -EEXIST)
		log_err("%s: exists already; nothing was changed", file);
	else if (r < 0)
		log_err("%s: no backup was made: %s", file, strerror(-r));
	return r < 0 ? CLI_FAILED
		     : CLI_OK; /* the codes for "not found" and so on are about the database */
}

int cmd_backup(int argc, char **argv)
{
	static const struct option longs[] = { { "at", required_argument, NULL, 'a' }, { 0 } };
	const char *at = NULL;
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1)
		at = optarg;
	r = cli_expect_args(argc, 2, 2);
	return r != CLI_OK ? r : backup(argv[optind], argv[optind + 1], at);
}
