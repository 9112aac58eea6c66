/* planfs init: make a new database. */
#include "cli_priv.h"

#include "planfs/log.h"

#include <stdio.h>
#include <string.h>

int cmd_init(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	CLEANUP(buf_done) struct buf why = { 0 };
	int r;

	while (cli_next_option(argc, argv, "", longs) != -1)
		;
	r = cli_expect_args(argc, 1, 1);
	if (r != CLI_OK)
		return r;
	r = store_create(argv[optind], &why);
	if (r < 0)
		log_err("%s", why.len ? buf_str(&why) : strerror(-r));
	return (int)cli_exit_code(r);
}
