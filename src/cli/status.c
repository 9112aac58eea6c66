/* planfs status. */
#include "cli_priv.h"

#include "planfs/log.h"

int cmd_status(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	log_err("status: not in this version");
	return CLI_FAILED;
}
