/*
 * Receiving requests. One thread listens and answers what it receives, so that a request costs no switch
 * between threads. Before it waits for anything (the disk, another program's lock, a lock that is held over a
 * transaction) it steps aside: another thread listens on, and it joins the idle ones when it is done. So there
 * are as many threads as there are requests that wait, and always one more.
 *
 * The listener looks for the next request for a while before it sleeps: the program that asks is busy with the
 * last answer for some microseconds, and waking a thread costs more than that.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	LOOK_NS = 150000,
	AWAKE_MS = 20, /* how long cores are kept awake after the last request of a burst */
	THREADS_IDLE = 4,
	THREADS_MAX = 512, /* more requests than that do not wait at the same time */
};

/* The loop whose listener this thread is, or NULL. */
static _Thread_local struct loop *listening;

static void *worker_main(void *arg);

/* With the lock held: let somebody listen. Returns 0 or -Exxx. */
static int find_listener(struct loop *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (l->idle > 0) {
		pthread_cond_signal(&l->wake);
		return 0;
	}
	if (l->threads >= THREADS_MAX)
		return -EAGAIN;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attr, worker_main, l);
	pthread_attr_destroy(&attr);
	if (r == 0)
		l->threads++;
	return -r;
}

void loop_step_aside(void)
{
	struct loop *l = listening;

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	if (find_listener(l) == 0) {
		l->has_listener = false;
		listening = NULL;
	} else {
		log_warn("no thread is left: requests wait for one that waits itself");
	}
	pthread_mutex_unlock(&l->lock);
}

void loop_lock(pthread_mutex_t *mutex)
{
	if (pthread_mutex_trylock(mutex) == 0)
		return;
	loop_step_aside();
	pthread_mutex_lock(mutex);
}

/* Wait until there is something to read, or the loop ends. */
static void wait_for_request(struct loop *l)
{
	struct pollfd fds[] = { { .fd = fuse_session_fd(l->se), .events = POLLIN },
		{ .fd = l->end_fd, .events = POLLIN } };

	if (poll(fds, ARRAY_LEN(fds), l->awake.fd >= 0 ? AWAKE_MS : -1) == 0)
		awake_end(&l->awake);
}

/* Returns the length of a request in @buf, or 0 or -Exxx when the session has ended. */
static int receive(struct loop *l, struct fuse_buf *buf)
{
	int64_t until = clock_now() + LOOK_NS;
	int r;

	for (;;) {
		if (fuse_session_exited(l->se))
			return 0;
		r = fuse_session_receive_buf(l->se, buf);
		if (r != -EAGAIN && r != -EINTR)
			break;
		if (clock_now() < until)
			continue;
		wait_for_request(l);
		until = clock_now() + LOOK_NS;
	}
	if (r > 0)
		awake_request(&l->awake);
	return r;
}

static void end(struct loop *l, int result)
{
	pthread_mutex_lock(&l->lock);
	l->ended = true;
	l->result = result;
	pthread_cond_broadcast(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

/* As long as this thread is the listener. */
static void listen_on(struct loop *l, struct fuse_buf *buf)
{
	int r;

	listening = l;
	while (listening) {
		r = receive(l, buf);
		if (r <= 0) {
			end(l, r);
			listening = NULL;
			return;
		}
		requests_count(l->fs, buf->mem, (size_t)r);
		fuse_session_process_buf(l->se, buf);
	}
}

/* Returns whether this thread is the listener now; if not, it is not needed any more. */
static bool take_turn(struct loop *l)
{
	bool mine;

	pthread_mutex_lock(&l->lock);
	if (l->idle < THREADS_IDLE) {
		l->idle++;
		while (l->has_listener && !l->ended)
			pthread_cond_wait(&l->wake, &l->lock);
		l->idle--;
	}
	mine = !l->has_listener && !l->ended;
	if (mine)
		l->has_listener = true;
	pthread_mutex_unlock(&l->lock);
	return mine;
}

static void *worker_main(void *arg)
{
	struct loop *l = arg;
	struct fuse_buf buf = { 0 };

	while (take_turn(l))
		listen_on(l, &buf);
	free(buf.mem);
	pthread_mutex_lock(&l->lock);
	if (--l->threads == 0)
		pthread_cond_signal(&l->empty);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int loop_init(struct loop *l, struct fs *fs)
{
	*l = (struct loop){ .fs = fs, .se = fs->se, .awake.fd = -1 };
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	pthread_cond_init(&l->empty, NULL);
	l->end_fd = eventfd(0, EFD_CLOEXEC);
	return l->end_fd < 0 ? -errno : 0;
}

int loop_run(struct loop *l)
{
	int r;

	r = set_nonblocking(fuse_session_fd(l->se));
	if (r < 0)
		return r;
	pthread_mutex_lock(&l->lock);
	r = find_listener(l);
	while (r == 0 && l->threads > 0)
		pthread_cond_wait(&l->empty, &l->lock);
	if (r == 0)
		r = l->result;
	pthread_mutex_unlock(&l->lock);
	awake_end(&l->awake);
	return r;
}

void loop_stop(struct loop *l)
{
	uint64_t one = 1;

	fuse_session_exit(l->se);
	if (write(l->end_fd, &one, sizeof(one)) < 0)
		log_warn("the loop ends with the next request: %s", strerror(errno));
}

void loop_done(struct loop *l)
{
	if (l->end_fd >= 0)
		close(l->end_fd);
	pthread_cond_destroy(&l->empty);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
}
