/*
 * SIGTERM, SIGINT and SIGHUP: a clean stop. The mount is taken out of the tree at once, and served on for
 * those who have files open, until they have closed them or their time is up: who is in the middle of a save
 * when the machine shuts down finishes it.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <semaphore.h>
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

/* One mount a process: a handler has no argument. */
static sem_t signals;

static void on_signal(int signal)
{
	int saved = errno;

	(void)signal;
	sem_post(&signals);
	errno = saved;
}

static void wait_for_signal(void)
{
	while (sem_wait(&signals) < 0)
		;
}

/* Returns whether a second signal came before the end of the time. */
static bool wait_for_another(void)
{
	struct timespec until;
	int r;

	clock_gettime(CLOCK_REALTIME, &until); /* what sem_timedwait(3) takes */
	until.tv_sec += GRACE_SECONDS;
	do {
		r = sem_timedwait(&signals, &until);
	} while (r < 0 && errno == EINTR);
	return r == 0;
}

static void *stopper_main(void *arg)
{
	struct fs *fs = arg;

	wait_for_signal();
	if (atomic_load(&fs->served))
		return NULL;
	detach(fs->options->mountpoint);
	/* The last close ends the session; a second signal or the end of the time forces it. */
	if (wait_for_another() && atomic_load(&fs->served))
		return NULL;
	fs->stop_forced = true;
	loop_stop(&fs->loop);
	return NULL;
}

int stop_start(struct fs *fs)
{
	struct sigaction stop = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	size_t i;

	if (sem_init(&signals, 0, 0) < 0 ||
		pthread_create(&fs->stopper, NULL, stopper_main, fs) != 0)
		return -ENOMEM;
	fs->stopper_runs = true;
	for (i = 0; i < ARRAY_LEN(stop_signals); i++)
		sigaction(stop_signals[i], &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

void stop_stop(struct fs *fs)
{
	if (!fs->stopper_runs)
		return;
	atomic_store(&fs->served, true);
	sem_post(&signals);
	pthread_join(fs->stopper, NULL);
	fs->stopper_runs = false;
}
