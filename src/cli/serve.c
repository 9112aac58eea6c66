/* planfs serve: the daemon of a mount. Its supervisor tells it when to do what (planfs/control.h). */
#include "cli_priv.h"

#include "planfs/control.h"
#include "planfs/fs.h"
#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void on_ready(void *arg)
{
	mount_leave_terminal(arg);
	if (control_send(CONTROL_FD, CONTROL_MOUNTED, NULL, 0) < 0)
		log_dbg("the supervisor has gone");
}

/* Wait to be told @what. Returns 0 with what came with it, or -Exxx. */
static int expect(enum control what, int *ret_fds)
{
	int r;

	r = control_receive(CONTROL_FD, ret_fds);
	if (r == (int)what)
		return 0;
	return r < 0 ? r : -ECANCELED;
}

/* The lock stays open: to close it now would drop the locks that SQLite has on the same file. */
static int open_store(struct mount_args *a, const int *fds, struct store **ret_store)
{
	struct store_options how = { .readonly = a->fs.readonly,
		.exclusive = !a->fs.readonly,
		.verify = a->verify,
		.index = !a->fs.readonly,
		.has_lock = fds[1] >= 0 };
	int r;

	a->fs.state_fd = fds[0];
	r = fs_state_session(a->fs.state_fd, &how.session);
	if (r == -EPROTONOSUPPORT)
		log_err("this mount was made by another version of planfs; unmount and mount again");
	return r < 0 ? r : cli_open(a->db, &how, ret_store);
}

static int serve(struct mount_args *a)
{
	int fds[CONTROL_FDS_MAX];
	struct store *s = NULL;
	int r;

	r = expect(CONTROL_START, fds);
	if (r == 0)
		r = open_store(a, fds, &s);
	if (r == 0)
		r = control_send(CONTROL_FD, CONTROL_OPENED, NULL, 0);
	if (r == 0)
		r = expect(CONTROL_SERVE, fds);
	if (r == 0) {
		a->fs.channel_fd = fds[0];
		a->fs.notify_fd = fds[1];
		r = fs_run(s, &a->fs);
	}
	store_close(s);
	return r;
}

int cmd_serve(int argc, char **argv)
{
	CLEANUP(mount_args_done) struct mount_args a = MOUNT_ARGS_INIT;
	int code, r;

	code = mount_parse(argc, argv, &a);
	if (code >= 0)
		return code;
	a.db = strdup(argv[optind]);
	a.point = strdup(argv[optind + 1]);
	if (!a.db || !a.point)
		return CLI_FAILED;
	a.fs.mountpoint = a.point;
	a.fs.mount_options = buf_str(&a.kernel_options);
	a.fs.control_fd = CONTROL_FD;
	unsetenv("PLANFS_AUTHOR"); /* who mounts is not who writes */
	a.fs.ready = on_ready;
	a.fs.arg = &a;
	a.fs.latency_fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
	r = privilege_drop(a.db);
	if (r < 0)
		log_err("cannot give the privileges up: %s", strerror(-r));
	/* Who kills the supervisor means the mount; a change of the owner would forget this. */
	if (r == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		r = -errno;
	if (r == 0)
		r = control_send(CONTROL_FD, CONTROL_HERE, NULL, 0);
	if (r == 0)
		r = serve(&a);
	return cli_exit_code(r);
}
