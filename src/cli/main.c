/* The table of commands and the way to them. */
#include "cli_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command commands[] = {
	{ "init", "DB", "make a new, empty database", NULL, cmd_init },
	{ "import",
		"DB|MNT FILE|DIR… [--dry-run] [--explain] [--json] [--year Y] [--district D] […]",
		"take documents apart into plans and sections",
		"  --dry-run       show what would be written, write nothing\n"
		"  --json          one JSON object per file, with every line that was left out\n"
		"  --encoding E    texts are in E: UTF-8, UTF-16, GB18030, GBK or BIG5\n"
		"  --explain       say why: the words behind each year, district, kind and section\n"
		"  --keep-noise    leave nothing out and repair nothing\n"
		"  --on-duplicate=link|skip|keep\n"
		"                  a plan whose text another document brought: put a symbolic link\n"
		"                  there, leave it out, or import it (the default)\n"
		"  --rules FILE    more rules about noise, spam and places (man planfs)\n"
		"  --year Y        file all plans under this year\n"
		"  --district D    file all plans under this district\n",
		cmd_import },
	{ "export", "DB|MNT [PATH] --json|--txt|--md|--docx", "write plans to stdout",
		"  --json    an array with one object per plan\n"
		"  --txt     the sections in order; of several plans with headings\n"
		"  --md      Markdown\n"
		"  --docx    Word, with the layout of GB/T 9704-2012; one plan\n",
		cmd_export },
	{ "load", "DB|MNT FILE.json|-", "read back what export --json wrote, with its history",
		NULL, cmd_load },
	{ "grep", "[OPTION…] PATTERN [DB|MNT|PATH]…", "find lines of text, as grep -rnF does",
		grep_help, cmd_grep },
	{ "mount", "DB MNT [-o OPTION[,…]] [-f]", "mount a database (also: planfs DB MNT)",
		"  -o ro              read only\n"
		"  -o allow_other     let other users in, as the permissions of the files say\n"
		"  -o durable=WHEN    what close() puts on the disk: replace (text that was there\n"
		"                     before; the default), close (all), fsync (nothing)\n"
		"  -o max_file=SIZE   the largest file, 64M by default\n"
		"  -o verify          compare every text that is read with its hash; EIO and a line in\n"
		"                     the log when it is not what was written\n"
		"  -o debug           print every request; stays in the foreground\n"
		"  -f, --foreground   stay in the foreground\n",
		cmd_mount },
	{ "new-year", "[DB|MNT] YEAR --from YEAR [PATH…] [--dry-run]",
		"make next year's plans of this year's",
		"  --from YEAR   the year whose plans are taken\n"
		"  --dry-run     show what would be made, write nothing\n"
		"Without DB each PATH is a directory in a mount, and without PATH the present one.\n",
		cmd_new_year },
	{ "serve", "", "the daemon of a mount; its supervisor starts it", NULL, cmd_serve },
	{ "umount", "MNT", "unmount, when all is written", NULL, cmd_umount },
	{ "upgrade", "MNT", "have this program serve a mount, which nobody notices", NULL,
		cmd_upgrade },
	{ "status", "DB|MNT [--json]", "what a database or a mount holds and does",
		"  --json    as one JSON object\n", cmd_status },
	{ "check", "DB|MNT [--json] [--strict] [--repair]", "look for damage, and mend it",
		"  --json    one JSON object per finding\n"
		"  --strict  warnings about the content count as damage\n"
		"  --repair  mend what can be mended without losing text, after a copy; not while mounted\n",
		cmd_check },
	{ "recover", "DB NEW-DB [--json]", "save what can be read of a damaged database",
		"  --json    one JSON object per finding, and one about it all\n", cmd_recover },
	{ "reindex", "DB|MNT [--json]", "make the search index anew",
		"  --json    one JSON object about what it holds\n"
		"Never needed, unless 'planfs check' says so; searches find everything meanwhile.\n",
		cmd_reindex },
	{ "optimize", "DB [--json]", "put texts that are read together side by side in the file",
		"  --json    one JSON object about what was done\n"
		"Not while it is mounted. Needs room for two or three copies of the database.\n",
		cmd_optimize },
	{ "backup", "DB|MNT FILE", "copy a database while it is in use", NULL, cmd_backup },
};

static const struct command *current = &commands[0];
static bool is_helper;

const struct command *cli_command(void)
{
	return current;
}

bool cli_is_helper(void)
{
	return is_helper;
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int run(const struct command *c, int argc, char **argv)
{
	current = c;
	return c->run(argc, argv);
}

static int print_overview(void)
{
	size_t i;

	printf("usage: planfs COMMAND [ARGUMENT…]\n"
	       "Keep work plans in one SQLite database and mount it as a directory tree.\n\n");
	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i].usage[0])
			printf("  %-8s %-32s %s\n", commands[i].name, commands[i].usage,
				commands[i].summary);
	printf("\n'planfs COMMAND --help' tells more; so does man planfs.\n");
	return CLI_OK;
}

/* Names in the database are UTF-8 whatever the user's locale is, and fnmatch(3) asks the locale. */
static void set_locale(void)
{
	if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		log_dbg("no C.UTF-8 here; patterns of names count bytes");
}

static bool called_by_mount(const char *argv0)
{
	static const char *const names[] = { "mount.planfs", "mount.fuse.planfs", "mount.fuse" };
	const char *base = strrchr(argv0, '/');
	size_t i;

	base = base ? base + 1 : argv0;
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(base, names[i]) == 0)
			return true;
	return false;
}

static int dispatch(int argc, char **argv)
{
	const struct command *c;

	is_helper = called_by_mount(argv[0]);
	if (is_helper)
		return run(find_command("mount"), argc, argv);
	if (argc < 2) {
		log_err("which command? see 'planfs --help'");
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0)
		return print_overview();
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("planfs %s\n", PLANFS_VERSION);
		return CLI_OK;
	}
	c = find_command(argv[1]);
	if (c)
		return run(c, argc - 1, argv + 1);
	if (argc > 2 && access(argv[1], F_OK) == 0)
		return run(find_command("mount"), argc, argv);
	log_err("'%s' is no command%s; see 'planfs --help'", argv[1],
		argc > 2 ? " and no database" : "");
	return CLI_USAGE;
}

/*
 * A file that gets the number of a closed stdin, stdout or stderr would be written to by mistake, and
 * closed with the locks of the database when the daemon leaves its terminal.
 */
static bool standard_files_are_open(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	int code;

	if (!standard_files_are_open())
		return CLI_FAILED;
	set_locale();
	code = dispatch(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	log_err("cannot write the output: %s", strerror(errno));
	return code == CLI_OK ? CLI_FAILED : code;
}
