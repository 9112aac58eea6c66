/* planfs umount. */
#include "cli_priv.h"

#include "planfs/log.h"

int cmd_umount(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	log_err("umount: not in this version");
	return CLI_FAILED;
}
