/* planfs mount. */
#include "cli_priv.h"

#include "planfs/log.h"

int cmd_mount(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	log_err("mount: not in this version");
	return CLI_FAILED;
}
