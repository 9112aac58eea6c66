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
	{ "mark", "[DB|MNT] NAME [MOMENT]|--list|--delete NAME",
		"name a moment, so that it is found again",
		"  MOMENT         2026-11-21, 2026-11-21T10:15, yesterday, -2h, rev-1234; now by default\n"
		"  --list         show the marks\n"
		"  --json         the list as one JSON object per mark\n"
		"  --delete NAME  drop a mark; what it named stays\n"
		"Without DB the mount is that of the present directory.\n",
		cmd_mark },
	{ "grep", "[OPTION…] PATTERN [DB|MNT|PATH]…", "find lines of text, as grep -rnF does",
		grep_help, cmd_grep },
	{ "mount", "DB MNT [-o OPTION[,…]] [-f]", "mount a database (also: planfs DB MNT)",
		"  -o ro              read only\n"
		"  -o allow_other     let other users in, as the permissions of the files say\n"
		"  -o durable=WHEN    what close() puts on the disk: replace (text that was there\n"
		"                     before; the default), close (all), fsync (nothing)\n"
		"  -o max_file=SIZE   the largest file, 64M by default\n"
		"  -o noxattr         no extended attributes: ls -l, cp -a and saves ask for less\n"
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
	{ "conflicts", "DB|MNT [PATH] [--json] [--dismiss NUMBER|all]",
		"texts that were overwritten by somebody who had not seen them",
		"  --json         one JSON object per conflict\n"
		"  --dismiss N    it is dealt with: the one of version N (may be repeated), or all that\n"
		"                 are listed\n",
		cmd_conflicts },
	{ "similar", "PATH [-n N] [--json] (also: DB PATH)",
		"what is most like a section or a plan",
		"  -n N      at most N results; 10 by default\n"
		"  --json    an array with one object per section or plan\n",
		cmd_similar },
	{ "sql", "DB|MNT [SQL…] [--csv|--json|--tabs] [--header] [--readonly]",
		"run SQL: of the arguments, of stdin, or as it is typed",
		"  --list      columns are separated by '|' (the default)\n"
		"  --csv, --json, --tabs\n"
		"              print rows in another form\n"
		"  --header    the names of the columns above the rows\n"
		"  --readonly  nothing can be written\n"
		"Sections are found by SELECT … FROM search WHERE search MATCH '控辍保学'.\n",
		cmd_sql },
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
	{ "log", "[DB] [PATH] [-p] [--since M] [--until M] [--author A] [-n N] [--json]",
		"what was changed, when, and by whom",
		"  -p           with the differences\n"
		"  --since M    what came behind the moment M; of a day, from its beginning\n"
		"  --until M    what came up to M\n"
		"  --author A   only what A did\n"
		"  -n N         the last N changes\n"
		"  --json       one JSON object per change\n"
		"Without PATH: everything below the present directory, or in the database.\n"
		"PATH is, or was, in a mount, or below the root of DB; so it is for all commands about\n"
		"the past. VERSION is a number of planfs log, rev-NUMBER, or a moment: 2026-11-21,\n"
		"2026-11-21T10:15, yesterday, -2h, a mark.\n",
		cmd_log },
	{ "show", "[DB] PATH[@VERSION]", "print a text as it was",
		"The last @ with a version behind it and a path before it counts; 'PATH@' is what is\n"
		"there now, whatever other @ the name has.\n",
		cmd_show },
	{ "diff", "[DB] PATH[@VERSION] [PATH[@VERSION]|@VERSION] [-u]", "how two versions differ",
		"  -u    by lines, as diff -u prints it; else by words (for Chinese: characters)\n"
		"One PATH without a version: what its last save changed; with one: against now.\n"
		"Exit codes as diff: 0 the same, 1 different, 2 trouble.\n",
		cmd_diff },
	{ "restore", "[DB] PATH[@VERSION] [--to PATH] [--keep-new] [--dry-run] [--json]",
		"bring back a file or a directory as it was",
		"  --to PATH    as a copy at a free place\n"
		"  --keep-new   leave alone what has come into a directory since\n"
		"  --dry-run    show what would be done, do nothing\n"
		"  --json       one JSON object per place\n"
		"What was removed needs no VERSION. All of it is done, or nothing, and is a new\n"
		"version: 'planfs undo' takes it back.\n",
		cmd_restore },
	{ "undo", "[DB] [PATH] [--author A] [--since M] [--dry-run] [-y] [--json]",
		"take the last change back, or all since a time",
		"  --author A   what A changed\n"
		"  --since M    all since M, and not only the last change\n"
		"  --dry-run    show what would be done, do nothing\n"
		"  -y, --yes    do not ask\n"
		"  --json       one JSON object per place\n"
		"What others changed on top later is left alone and named.\n",
		cmd_undo },
	{ "blame", "[DB] PATH[@VERSION] [--json]", "which version each line came with",
		"  --json    one JSON object per line\n", cmd_blame },
	{ "prune", "DB|MNT [--keep-all S] [--keep-daily S] [--keep-monthly S] [--dry-run] […]",
		"forget old versions",
		"  --keep-all S       keep every version of the time S (30d): 36h, 30d, 8w, 10y,\n"
		"                     forever, or 0\n"
		"  --keep-daily S     keep the tree at the end of each day (1y)\n"
		"  --keep-monthly S   keep the tree at the end of each month (10y)\n"
		"  --dry-run          show what would be forgotten, forget nothing\n"
		"  --forget PATH      instead: forget all versions of PATH but what is there now,\n"
		"                     so that nothing of them is left in the file\n"
		"  --json             one JSON object about what was done\n"
		"Marks and the present tree are always kept.\n",
		cmd_prune },
	{ "backup", "DB|MNT FILE [--at MOMENT]", "copy a database while it is in use",
		"  --at M    only the tree as it was, with one version of each file\n",
		cmd_backup },
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
			printf("  %-9s %-32s %s\n", commands[i].name, commands[i].usage,
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
 * closed with the locks of the database when the daemon leaves its terminal. To write to what was closed fails, as it should.
 */
static bool standard_files_are_open(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
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
