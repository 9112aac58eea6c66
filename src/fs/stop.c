/*
 * What the supervisor asks of a daemon. A clean stop: the mount has been taken out of the tree, and is served on
 * for those who have files open, until they have closed them or their time is up: who is in the middle of a
 * save when the machine shuts down finishes it. And handing over to a new daemon: nothing is received any more, and
 * when nothing is in memory only, the process ends without another word, as if it had been killed.
 */
#include "fs_priv.h"

#include "planfs/control.h"
#include "planfs/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int64_t grace_ns = 5000000000;
static const int64_t retry_ns = 20000000;

static const int stop_signals[] = { SIGTERM, SIGINT, SIGHUP };

/* The signal is for the mount: only the supervisor may take it away. */
static void on_signal(int signal)
{
	int saved = errno;

	if (control_send(CONTROL_FD, CONTROL_TERMINATE, NULL, 0) < 0)
		_exit(128 + signal); /* without a supervisor, without a mount */
	errno = saved;
}

/* Wait for a word of the supervisor until @until of clock_now() (0: for ever). -EAGAIN: it has said nothing. */
static int hear(struct fs *fs, int64_t until)
{
	struct pollfd fds[] = { { .fd = fs->options->control_fd, .events = POLLIN },
		{ .fd = fs->served_fd, .events = POLLIN } };
	int given[CONTROL_FDS_MAX];
	int64_t left = until - clock_now();
	int ms = until == 0 ? -1 : left > 0 ? (int)(left / 1000000 + 1) : 0;

	if (poll(fds, ARRAY_LEN(fds), ms) <= 0)
		return -EAGAIN;
	return fds[1].revents ? CONTROL_END : control_receive(fs->options->control_fd, given);
}

static bool is_served(struct fs *fs)
{
	struct pollfd served = { .fd = fs->served_fd, .events = POLLIN };

	return poll(&served, 1, 0) > 0;
}

/* The last close ends the session; a second word or the end of the time forces it. */
static void stop_gracefully(struct fs *fs)
{
	int64_t until = clock_now() + grace_ns;
	int heard;

	do {
		heard = hear(fs, until);
	} while (heard == -EAGAIN && clock_now() < until);
	if (is_served(fs))
		return;
	fs->stop_forced = true;
	loop_stop(&fs->loop);
}

static bool is_in_memory_only(struct node *n)
{
	bool is;

	pthread_mutex_lock(&n->lock);
	is = (n->dirty || n->part) && !n->unlinked;
	pthread_mutex_unlock(&n->lock);
	return is;
}

static bool all_is_stored(struct fs *fs)
{
	struct node **all = node_all(fs), **at;
	bool stored = all != NULL;

	for (at = all; at && *at; at++) {
		stored &= !is_in_memory_only(*at);
		node_put(fs, *at);
	}
	free(all);
	return stored;
}

/* Returns when files were being written for too long. */
static void hand_over(struct fs *fs)
{
	int64_t until = clock_now() + grace_ns;

	while (clock_now() < until) {
		if (loop_pause(&fs->loop, until) && all_is_stored(fs))
			_exit(DAEMON_HANDED_OVER);
		loop_resume(&fs->loop);
		if (hear(fs, clock_now() + retry_ns) != -EAGAIN)
			break;
	}
	if (control_send(fs->options->control_fd, CONTROL_BUSY, NULL, 0) < 0)
		log_dbg("the supervisor has gone");
}

static void *stopper_main(void *arg)
{
	struct fs *fs = arg;
	int heard;

	for (;;) {
		heard = hear(fs, 0);
		if (heard == CONTROL_HAND_OVER) {
			hand_over(fs);
		} else if (heard == CONTROL_STOP) {
			stop_gracefully(fs);
			return NULL;
		} else if (heard != -EAGAIN) {
			return NULL;
		}
	}
}

int stop_start(struct fs *fs)
{
	struct sigaction stop = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	size_t i;

	fs->served_fd = eventfd(0, EFD_CLOEXEC);
	if (fs->served_fd < 0)
		return -errno;
	if (pthread_create(&fs->stopper, NULL, stopper_main, fs) != 0)
		return -ENOMEM;
	fs->stopper_runs = true;
	for (i = 0; i < ARRAY_LEN(stop_signals); i++)
		sigaction(stop_signals[i], &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

void stop_stop(struct fs *fs)
{
	uint64_t one = 1;

	if (fs->stopper_runs) {
		if (write(fs->served_fd, &one, sizeof(one)) < 0)
			log_dbg("the stopper hears of it later");
		pthread_join(fs->stopper, NULL);
	}
	if (fs->served_fd >= 0)
		close(fs->served_fd);
	fs->stopper_runs = false;
	fs->served_fd = -1;
}
