/* planfs mount: where, the stale mount of a daemon that died, and the way into the background. */
#include "cli_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

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

/* Go on in a child; the parent returns when the mount answers, or with what went wrong. */
static int supervise_in_background(struct mount_args *a)
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
	return supervise(a);
}

int cmd_mount(int argc, char **argv)
{
	CLEANUP(mount_args_done) struct mount_args a = MOUNT_ARGS_INIT;
	int code;

	code = mount_parse(argc, argv, &a);
	if (code >= 0)
		return code;
	code = find_paths(&a, argv[optind], argv[optind + 1]);
	if (code != CLI_OK)
		return code;
	return a.foreground ? supervise(&a) : supervise_in_background(&a);
}
