/* planfs backup. */
#include "cli_priv.h"

#include "planfs/log.h"

int cmd_backup(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	log_err("backup: not in this version");
	return CLI_FAILED;
}
