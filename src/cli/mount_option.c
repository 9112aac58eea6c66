/* The options of planfs mount, and of mount(8), and what they mean for the processes that serve it. */
#include "cli_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mount_args_done(struct mount_args *a)
{
	buf_done(&a->kernel_options);
	buf_done(&a->given);
	free(a->db);
	free(a->point);
}

enum option_kind {
	OPTION_IGNORE, /* of mount(8) and fstab(5): says nothing about us */
	OPTION_KERNEL, /* for the kernel as it is */
	OPTION_READONLY,
	OPTION_DURABLE,
	OPTION_MAX_FILE,
	OPTION_NO_XATTR,
	OPTION_DEBUG,
	OPTION_VERIFY,
};

static const struct {
	const char *name; /* a name that ends in '=' or '-' begins the word */
	enum option_kind kind;
} options[] = {
	{ "ro", OPTION_READONLY }, { "durable=", OPTION_DURABLE }, { "max_file=", OPTION_MAX_FILE },
	{ "noxattr", OPTION_NO_XATTR }, { "verify", OPTION_VERIFY }, { "debug", OPTION_DEBUG },
	{ "allow_other", OPTION_KERNEL }, { "allow_root", OPTION_KERNEL },
	{ "atime", OPTION_KERNEL }, { "noatime", OPTION_KERNEL }, { "exec", OPTION_KERNEL },
	{ "noexec", OPTION_KERNEL }, { "sync", OPTION_KERNEL }, { "async", OPTION_KERNEL },
	{ "dirsync", OPTION_KERNEL }, { "rw", OPTION_IGNORE }, { "defaults", OPTION_IGNORE },
	{ "auto", OPTION_IGNORE }, { "noauto", OPTION_IGNORE }, { "user", OPTION_IGNORE },
	{ "nouser", OPTION_IGNORE }, { "users", OPTION_IGNORE }, { "user=", OPTION_IGNORE },
	{ "owner", OPTION_IGNORE }, { "group", OPTION_IGNORE }, { "_netdev", OPTION_IGNORE },
	{ "nofail", OPTION_IGNORE }, { "comment=", OPTION_IGNORE }, { "x-", OPTION_IGNORE },
	{ "relatime", OPTION_IGNORE }, { "default_permissions", OPTION_IGNORE }, /* always */
	{ "nosuid", OPTION_IGNORE }, { "nodev", OPTION_IGNORE },                 /* always */
	{ "suid", OPTION_IGNORE }, { "dev", OPTION_IGNORE },                     /* never */
};

static bool option_matches(const char *name, const char *word)
{
	size_t len = strlen(name);

	if (name[len - 1] == '=' || name[len - 1] == '-')
		return strncmp(name, word, len) == 0;
	return strcmp(name, word) == 0;
}

static int set_durable(struct mount_args *a, const char *value)
{
	static const char *const values[] = { "replace", "close",
		"fsync" }; /* as enum fs_durability */
	size_t i;

	for (i = 0; i < ARRAY_LEN(values); i++) {
		if (strcmp(values[i], value) == 0) {
			a->fs.durability = (enum fs_durability)i;
			return CLI_OK;
		}
	}
	return cli_usage_error("durable=%s: replace, close or fsync", value);
}

/* "64M" and the like, up to what SQLite stores in a row. */
static int set_max_file(struct mount_args *a, const char *value)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	long long n;

	errno = 0;
	n = strtoll(value, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (errno || n <= 0 || n > 1000000000 || end == value || (*end && (!unit || end[1])))
		return cli_usage_error("max_file=%s: a size like 64M", value);
	if (unit)
		n <<= 10 * (unit - units + 1);
	if (n > 900000000)
		return cli_usage_error("max_file=%s: at most 900000000 bytes", value);
	a->fs.max_file_size = n;
	return CLI_OK;
}

static int set_option(struct mount_args *a, const char *word)
{
	const char *value = strchr(word, '=');
	size_t i;

	value = value ? value + 1 : "";
	for (i = 0; i < ARRAY_LEN(options) && !option_matches(options[i].name, word);)
		i++;
	if (i == ARRAY_LEN(options))
		return cli_usage_error("unknown option -o %s", word);
	switch (options[i].kind) {
	case OPTION_IGNORE:
		break;
	case OPTION_KERNEL:
		if (buf_printf(&a->kernel_options, "%s%s", a->kernel_options.len ? "," : "", word) <
			0)
			return CLI_FAILED;
		break;
	case OPTION_READONLY:
		a->fs.readonly = true;
		break;
	case OPTION_DURABLE:
		return set_durable(a, value);
	case OPTION_MAX_FILE:
		return set_max_file(a, value);
	case OPTION_NO_XATTR:
		a->fs.no_xattr = true;
		break;
	case OPTION_VERIFY:
		a->verify = true;
		break;
	case OPTION_DEBUG:
		a->fs.debug = a->foreground = true;
		log_set_level(LOG_LEVEL_DEBUG);
		break;
	}
	return CLI_OK;
}

static int set_options(struct mount_args *a, char *list)
{
	char *save = NULL, *word;
	int code = CLI_OK;

	for (word = strtok_r(list, ",", &save); word && code == CLI_OK;
		word = strtok_r(NULL, ",", &save))
		code = set_option(a, word);
	return code;
}

/* @list is also what the daemon is started with. */
static int add_options(struct mount_args *a, const char *list)
{
	char *copy;
	int code;

	if (buf_printf(&a->given, "%s%s", a->given.len ? "," : "", list) < 0)
		return CLI_FAILED;
	copy = strdup(list);
	code = copy ? set_options(a, copy) : CLI_FAILED;
	free(copy);
	return code;
}

/* mount(8) passes "-f" for "fake", and -n -s -v -w -r that say nothing more. Returns -1 to go on. */
int mount_parse(int argc, char **argv, struct mount_args *a)
{
	static const struct option longs[] = { { "foreground", no_argument, NULL, 'f' }, { 0 } };
	int c, code = CLI_OK;

	while (code == CLI_OK && (c = cli_next_option(argc, argv,
					  cli_is_helper() ? "fnrsvwo:t:N:" : "fo:", longs)) != -1) {
		if (c == 'o')
			code = add_options(a, optarg);
		else if (c == 'r')
			code = add_options(a, "ro");
		else if (c == 'f' && cli_is_helper())
			return CLI_OK;
		else if (c == 'f')
			a->foreground = true;
	}
	if (code == CLI_OK)
		code = cli_expect_args(argc, 2, 2);
	return code == CLI_OK ? -1 : code;
}

void mount_leave_terminal(const struct mount_args *a)
{
	int fd = a->foreground ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	log_to_syslog();
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}
