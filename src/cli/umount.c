/* planfs umount: waits until the daemon has written everything and has gone. */
#include "cli_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 120000 };

extern char **environ;

/* A user's mount is taken away by the helper that made it. */
static int run_fusermount(const char *point, bool lazy)
{
	const char *argv[] = { "fusermount3", "-u", lazy ? "-z" : "-q", "--", point, NULL };
	int status = 0;
	pid_t pid;
	int r;

	r = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ);
	if (r != 0) {
		log_err("%s: cannot run fusermount3: %s; install the package fuse3", point,
			strerror(r));
		return -r;
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EBUSY;
}

int cli_unmount(const char *point, bool lazy)
{
	int r = 0;

	if (geteuid() == 0)
		r = umount2(point, (lazy ? MNT_DETACH : 0) | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
	else
		r = run_fusermount(point, lazy);
	if (r == -EBUSY)
		log_err("%s: in use; 'fuser -vm %s' names who", point, point);
	else if (r < 0)
		log_err("%s: cannot unmount: %s", point, strerror(-r));
	return r;
}

int cmd_umount(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	CLEANUP(mounted_done) struct mounted m = { 0 };
	CLEANUP(buf_done) struct buf below = { 0 };
	int code, r;

	while (cli_next_option(argc, argv, "", longs) != -1)
		;
	code = cli_expect_args(argc, 1, 1);
	if (code != CLI_OK)
		return code;
	r = mounted_find(argv[optind], &m, &below);
	if (r < 0 || below.len > 0) {
		log_err("%s: no planfs is mounted there", argv[optind]);
		return CLI_NOT_FOUND;
	}
	r = cli_unmount(buf_str(&m.point), false);
	if (r < 0)
		return cli_exit_code(r);
	if (m.readonly)
		return CLI_OK; /* nothing is being written, and another mount may hold the database */
	r = store_wait_unmounted(buf_str(&m.db), WAIT_MS);
	if (r == -ETIMEDOUT)
		log_err("%s: unmounted, but its daemon is still writing to %s", argv[optind],
			buf_str(&m.db));
	return r == -ETIMEDOUT ? CLI_IN_USE : CLI_OK;
}
