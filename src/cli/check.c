/* planfs check. */
#include "cli_priv.h"

#include "planfs/log.h"

int cmd_check(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	log_err("check: not in this version");
	return CLI_FAILED;
}
