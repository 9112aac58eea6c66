/* Options, usage errors, help and exit codes: the same for every command. */
#include "cli_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGS_MAX = 48, HELP = 0x100 };

void cli_print_help(const struct command *c)
{
	printf("usage: planfs %s %s\n%s\n", c->name, c->usage, c->summary);
	if (c->options)
		printf("\n%s", c->options);
}

int cli_usage_error(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_err("%s; usage: planfs %s %s", text, cli_command()->name, cli_command()->usage);
	return CLI_USAGE;
}

static int refuse_option(int c, char **argv)
{
	const char *word = argv[optind - 1];

	if (c == ':')
		return cli_usage_error("option '%s' needs an argument", word);
	if (strncmp(word, "--", 2) == 0)
		return cli_usage_error(
			optopt ? "option '%s' takes no argument" : "unknown option '%s'", word);
	return cli_usage_error("unknown option '-%c'", optopt);
}

int cli_next_option(int argc, char **argv, const char *shorts, const struct option *longs)
{
	struct option all[LONGS_MAX + 2] = { 0 };
	char own[64];
	size_t n;
	int c;

	for (n = 0; n < LONGS_MAX && longs[n].name; n++)
		all[n] = longs[n];
	all[n] = (struct option){ "help", no_argument, NULL, HELP };
	snprintf(own, sizeof(own), ":%s", shorts); /* ':' tells a missing argument from the rest */
	opterr = 0;
	c = getopt_long(argc, argv, own, all, NULL);
	if (c == HELP) {
		cli_print_help(cli_command());
		exit(fflush(stdout) == 0 ? CLI_OK : CLI_FAILED);
	}
	if (c == '?' || c == ':')
		exit(refuse_option(c, argv));
	return c;
}

int cli_expect_args(int argc, int min, int max)
{
	int n = argc - optind;

	if (n < min)
		return cli_usage_error("too few arguments");
	if (n > max)
		return cli_usage_error("too many arguments");
	return CLI_OK;
}

enum cli_exit cli_exit_code(int err)
{
	static const struct {
		int err;
		enum cli_exit code;
	} table[] = {
		{ 0, CLI_OK },
		{ -ENOENT, CLI_NOT_FOUND },
		{ -ENOTDIR, CLI_NOT_FOUND },
		{ -EBUSY, CLI_IN_USE },
		{ -EMEDIUMTYPE, CLI_NOT_PLANFS },
		{ -EPROTONOSUPPORT, CLI_NOT_PLANFS },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].err == err)
			return table[i].code;
	return CLI_FAILED;
}
