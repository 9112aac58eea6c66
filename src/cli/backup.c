/* planfs backup: copy a database while it is in use. */
#include "cli_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <string.h>

static int backup(const char *arg, const char *file)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf db = { 0 };
	int r;

	r = cli_find_db(arg, &db, NULL);
	if (r < 0)
		return r;
	r = cli_open_to_read(buf_str(&db), &s);
	if (r < 0)
		return r;
	r = store_backup(s, file);
	if (r == -EEXIST)
		log_err("%s: exists already; nothing was changed", file);
	else if (r < 0)
		log_err("%s: no backup was made: %s", file, strerror(-r));
	return r < 0 ? -EIO : 0; /* the codes for "not found" and so on are about the database */
}

int cmd_backup(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	int r;

	while (cli_next_option(argc, argv, "", longs) != -1)
		;
	r = cli_expect_args(argc, 2, 2);
	if (r != CLI_OK)
		return r;
	return (int)cli_exit_code(backup(argv[optind], argv[optind + 1]));
}
