/*
 * SIGTERM, SIGINT and SIGHUP: a clean stop. The mount is taken out of the tree at once, and served on for
 * those who have files open, until they have closed them or their time is up: who is in the middle of a save
 * when the machine shuts down finishes it.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_SECONDS = 5 };

extern char **environ;

static const int stop_signals[] = { SIGTERM, SIGINT, SIGHUP };

static void detach(const char *point)
{
	const char *argv[] = { "fusermount3", "-u", "-q", "-z", "--", point, NULL };
	pid_t pid;

	if (geteuid() == 0) {
		if (umount2(point, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
			log_warn("%s: cannot unmount: %s", point, strerror(errno));
		return;
	}
	if (posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ) != 0 ||
		waitpid(pid, NULL, 0) < 0)
		log_warn("%s: cannot run fusermount3", point);
}

static void wake_only(int signal)
{
	(void)signal;
}

static void stop_set(sigset_t *ret_set)
{
	size_t i;

	sigemptyset(ret_set);
	for (i = 0; i < ARRAY_LEN(stop_signals); i++)
		sigaddset(ret_set, stop_signals[i]);
}

static void *stopper_main(void *arg)
{
	const struct timespec grace = { GRACE_SECONDS, 0 };
	struct fs *fs = arg;
	sigset_t set;
	int signal;

	stop_set(&set);
	if (sigwait(&set, &signal) != 0)
		return NULL;
	detach(fs->options->mountpoint);
	/* The last close ends the session; a second signal or the end of the time forces it. */
	if (sigtimedwait(&set, NULL, &grace) < 0 && errno != EAGAIN)
		log_dbg("the grace was cut short: %s", strerror(errno));
	fs->stop_forced = true;
	fuse_session_exit(fs->se);
	pthread_kill(fs->main_thread, SIGUSR1); /* out of the semaphore of fuse_session_loop_mt() */
	return NULL;
}

int stop_start(struct fs *fs)
{
	struct sigaction wake = { .sa_handler = wake_only };
	sigset_t set;

	stop_set(&set);
	fs->main_thread = pthread_self();
	sigaction(SIGUSR1, &wake, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
		pthread_create(&fs->stopper, NULL, stopper_main, fs) != 0)
		return -ENOMEM;
	fs->stopper_runs = true;
	return 0;
}

void stop_stop(struct fs *fs)
{
	if (!fs->stopper_runs)
		return;
	pthread_cancel(fs->stopper); /* it waits for a signal, or is done */
	pthread_join(fs->stopper, NULL);
	fs->stopper_runs = false;
}
