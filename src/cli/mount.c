/* planfs mount: options, the stale mount of a daemon that died, and the way into the background. */
#include "cli_priv.h"

#include "planfs/fs.h"
#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct mount_args {
	struct fs_options fs;
	struct buf kernel_options; /* comma-separated */
	char *db, *point;          /* owned; absolute */
	bool foreground, verify;
	int report_fd; /* where the parent waits for the exit code, or -1 */
};

static void args_done(struct mount_args *a)
{
	buf_done(&a->kernel_options);
	free(a->db);
	free(a->point);
}

enum option_kind {
	OPTION_IGNORE, /* of mount(8) and fstab(5): says nothing about us */
	OPTION_KERNEL, /* for the kernel as it is */
	OPTION_READONLY,
	OPTION_DURABLE,
	OPTION_MAX_FILE,
	OPTION_DEBUG,
	OPTION_VERIFY,
};

static const struct {
	const char *name; /* a name that ends in '=' or '-' begins the word */
	enum option_kind kind;
} options[] = {
	{ "ro", OPTION_READONLY }, { "durable=", OPTION_DURABLE }, { "max_file=", OPTION_MAX_FILE },
	{ "verify", OPTION_VERIFY }, { "debug", OPTION_DEBUG }, { "allow_other", OPTION_KERNEL },
	{ "allow_root", OPTION_KERNEL }, { "atime", OPTION_KERNEL }, { "noatime", OPTION_KERNEL },
	{ "exec", OPTION_KERNEL }, { "noexec", OPTION_KERNEL }, { "sync", OPTION_KERNEL },
	{ "async", OPTION_KERNEL }, { "dirsync", OPTION_KERNEL }, { "rw", OPTION_IGNORE },
	{ "defaults", OPTION_IGNORE }, { "auto", OPTION_IGNORE }, { "noauto", OPTION_IGNORE },
	{ "user", OPTION_IGNORE }, { "nouser", OPTION_IGNORE }, { "users", OPTION_IGNORE },
	{ "user=", OPTION_IGNORE }, { "owner", OPTION_IGNORE }, { "group", OPTION_IGNORE },
	{ "_netdev", OPTION_IGNORE }, { "nofail", OPTION_IGNORE }, { "comment=", OPTION_IGNORE },
	{ "x-", OPTION_IGNORE }, { "relatime", OPTION_IGNORE },
	{ "default_permissions", OPTION_IGNORE },                /* always */
	{ "nosuid", OPTION_IGNORE }, { "nodev", OPTION_IGNORE }, /* always */
	{ "suid", OPTION_IGNORE }, { "dev", OPTION_IGNORE },     /* never */
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

/* mount(8) passes "-f" for "fake", and -n -s -v -w -r that say nothing more. Returns -1 to go on. */
static int parse(int argc, char **argv, struct mount_args *a)
{
	static const struct option longs[] = { { "foreground", no_argument, NULL, 'f' }, { 0 } };
	int c, code = CLI_OK;

	while (code == CLI_OK && (c = cli_next_option(argc, argv,
					  cli_is_helper() ? "fnrsvwo:t:N:" : "fo:", longs)) != -1) {
		if (c == 'o')
			code = set_options(a, optarg);
		else if (c == 'r')
			a->fs.readonly = true;
		else if (c == 'f' && cli_is_helper())
			return CLI_OK;
		else if (c == 'f')
			a->foreground = true;
	}
	if (code == CLI_OK)
		code = cli_expect_args(argc, 2, 2);
	return code == CLI_OK ? -1 : code;
}

/* The daemon of an earlier mount died: take its mount away. Returns 0 when @point can be used. */
static int clear_point(const char *point)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };
	CLEANUP(buf_done) struct buf below = { 0 };
	struct statvfs v;
	struct stat st;

	/* The kernel may remember what stat(2) asks of a dead mount; statvfs(2) asks the daemon. */
	if (stat(point, &st) == 0 && statvfs(point, &v) == 0) {
		if (!S_ISDIR(st.st_mode)) {
			log_err("%s: not a directory", point);
			return CLI_FAILED;
		}
		if (mounted_find(point, &m, &below) == 0 && below.len == 0) {
			log_err("%s: %s is mounted there already", point, buf_str(&m.db));
			return CLI_IN_USE;
		}
		return CLI_OK;
	}
	if (errno != ENOTCONN || mounted_find(point, &m, &below) < 0 || below.len > 0) {
		log_err("%s: %s", point, strerror(errno));
		return cli_exit_code(-errno);
	}
	log_info("%s: replacing the mount of a planfs that died", point);
	return cli_unmount(point, true) < 0 ? CLI_FAILED : CLI_OK;
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || strcmp(dir, "/") == 0);
}

/* Absolute, before the daemon leaves the directory; the last part may be a stale mount. */
static int find_paths(struct mount_args *a, const char *db, const char *point)
{
	CLEANUP(buf_done) struct buf real = { 0 };
	int code, r;

	code = clear_point(point);
	if (code != CLI_OK)
		return code;
	r = cli_real_path(point, &real);
	if (r < 0) {
		log_err("%s: %s", point, strerror(-r));
		return cli_exit_code(r);
	}
	a->point = strdup(buf_str(&real));
	a->db = realpath(db, NULL);
	if (!a->db && errno == ENOENT)
		a->db = strdup(db); /* store_open() says it best */
	if (!a->db) {
		log_err("%s: %s", db, strerror(errno));
		return CLI_FAILED;
	}
	if (a->point && is_below(a->db, a->point)) {
		log_err("%s: the mount would hide the database %s; mount elsewhere", point, a->db);
		return CLI_USAGE;
	}
	return a->point ? CLI_OK : CLI_FAILED;
}

static void report(struct mount_args *a, int code)
{
	unsigned char byte = (unsigned char)code;

	if (a->report_fd < 0)
		return;
	if (write(a->report_fd, &byte, 1) < 0)
		log_dbg("nobody waits for the mount any more");
	close(a->report_fd);
	a->report_fd = -1;
}

/* The mount answers: let the parent go and leave the terminal. */
static void on_ready(void *arg)
{
	struct mount_args *a = arg;
	int fd;

	if (a->foreground)
		return;
	fd = open("/dev/null", O_RDWR);
	if (fd >= 0) {
		log_to_syslog();
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		if (fd > STDERR_FILENO)
			close(fd);
	}
	report(a, CLI_OK);
}

static int serve(struct mount_args *a)
{
	/* Any number may read beside the one that writes. */
	const struct store_options how = {
		.readonly = a->fs.readonly, .exclusive = !a->fs.readonly, .verify = a->verify
	};
	CLEANUP(buf_done) struct buf why = { 0 };
	struct store *s = NULL;
	int r;

	r = cli_open(a->db, &how, &s);
	if (r == 0) {
		r = fs_run(s, &a->fs, &why);
		if (r < 0)
			log_err("%s", why.len ? buf_str(&why) : strerror(-r));
	}
	store_close(s); /* whoever waits for the report may use the database */
	report(a, cli_exit_code(r));
	return cli_exit_code(r);
}

/* Go on in a child; the parent returns when the mount answers, or with what went wrong. */
static int serve_in_background(struct mount_args *a)
{
	unsigned char code = CLI_FAILED;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return CLI_FAILED;
	pid = fork();
	if (pid < 0) {
		log_err("cannot start the daemon: %s", strerror(errno));
		return CLI_FAILED;
	}
	if (pid > 0) {
		close(fds[1]);
		if (read(fds[0], &code, 1) != 1)
			log_err("the daemon died before the mount was ready");
		close(fds[0]);
		return code;
	}
	close(fds[0]);
	a->report_fd = fds[1];
	if (setsid() < 0 || chdir("/") < 0)
		log_dbg("the daemon stays in its session: %s", strerror(errno));
	return serve(a);
}

int cmd_mount(int argc, char **argv)
{
	CLEANUP(args_done)
	struct mount_args a = {
		.fs = { .max_file_size = FS_MAX_FILE_SIZE, .ready = on_ready },
		.report_fd = -1,
	};
	int code;

	code = parse(argc, argv, &a);
	if (code >= 0)
		return code;
	code = find_paths(&a, argv[optind], argv[optind + 1]);
	if (code != CLI_OK)
		return code;
	a.fs.mountpoint = a.point;
	a.fs.mount_options = buf_str(&a.kernel_options);
	a.fs.arg = &a;
	return a.foreground ? serve(&a) : serve_in_background(&a);
}
