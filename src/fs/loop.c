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
	NO_MEMORY_US = 10000,
	THREADS_IDLE = 4,
	THREADS_MAX = 512, /* more requests than that do not wait at the same time */
};

/* The loop whose listener this thread is, or NULL. */
static _Thread_local struct loop *listening;

/* The request that this thread answers. A kernel that sends it again says so in the highest bit of its number. */
static _Thread_local uint64_t request;
static const uint64_t sent_again = UINT64_C(1) << 63;

uint64_t loop_request(void)
{
	return request & ~sent_again;
}

bool loop_is_sent_again(void)
{
	return (request & sent_again) != 0;
}

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

/* Wait until there is something to read, or the loop is to pause or to end. */
static void wait_for_request(struct loop *l)
{
	struct pollfd fds[] = { { .fd = fuse_session_fd(l->se), .events = POLLIN },
		{ .fd = l->wake_fd, .events = POLLIN } };

	if (poll(fds, ARRAY_LEN(fds), l->awake.is_awake ? AWAKE_MS : -1) == 0)
		awake_end(&l->awake);
}

/* Returns the length of a request in @buf, -EAGAIN when the loop pauses, or 0 or -Exxx when the session has ended. */
static int receive(struct loop *l, struct fuse_buf *buf)
{
	int64_t until = clock_now() + LOOK_NS;
	int r;

	for (;;) {
		if (fuse_session_exited(l->se))
			return 0;
		if (atomic_load(&l->paused))
			return -EAGAIN;
		r = fuse_session_receive_buf(l->se, buf);
		if (r == -ENOMEM) {
			usleep(NO_MEMORY_US); /* for a buffer; the mount lives on */
			continue;
		}
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

/* Nobody listens until the loop goes on. */
static void step_back(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	l->has_listener = false;
	listening = NULL;
	pthread_mutex_unlock(&l->lock);
}

/* As long as this thread is the listener. */
static void listen_on(struct loop *l, struct fuse_buf *buf)
{
	int r;

	listening = l;
	while (listening) {
		r = receive(l, buf);
		if (r == -EAGAIN) {
			step_back(l);
			return;
		}
		if (r <= 0) {
			end(l, r);
			listening = NULL;
			return;
		}
		request = requests_count(l->fs, buf->mem, (size_t)r);
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
		pthread_cond_broadcast(&l->empty); /* somebody may wait for a pause */
		while ((l->has_listener || l->paused) && !l->ended)
			pthread_cond_wait(&l->wake, &l->lock);
		l->idle--;
	}
	mine = !l->has_listener && !l->ended && !l->paused;
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
	l->threads--;
	pthread_cond_broadcast(&l->empty);
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
	pthread_condattr_t attr;

	*l = (struct loop){ .fs = fs, .se = fs->se, .awake.fd = fs->options->latency_fd };
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->empty, &attr);
	pthread_condattr_destroy(&attr);
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return l->wake_fd < 0 ? -errno : 0;
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

/* Out of poll(2), for as long as nobody reads it. */
static void wake_listener(struct loop *l)
{
	uint64_t one = 1;

	if (write(l->wake_fd, &one, sizeof(one)) < 0)
		log_warn("the loop hears of it with the next request: %s", strerror(errno));
}

bool loop_pause(struct loop *l, int64_t until)
{
	const struct timespec limit = { until / 1000000000, until % 1000000000 };
	bool paused;

	atomic_store(&l->paused, true);
	wake_listener(l);
	pthread_mutex_lock(&l->lock);
	while (l->threads > l->idle && clock_now() < until)
		pthread_cond_timedwait(&l->empty, &l->lock, &limit);
	paused = l->threads == l->idle && !l->ended;
	pthread_mutex_unlock(&l->lock);
	return paused;
}

void loop_resume(struct loop *l)
{
	uint64_t count;

	if (read(l->wake_fd, &count, sizeof(count)) < 0)
		log_dbg("nobody was woken");
	pthread_mutex_lock(&l->lock);
	atomic_store(&l->paused, false);
	if (!l->has_listener && find_listener(l) < 0)
		log_err("no thread is left to listen");
	pthread_mutex_unlock(&l->lock);
}

void loop_stop(struct loop *l)
{
	fuse_session_exit(l->se);
	wake_listener(l);
}

void loop_done(struct loop *l)
{
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	pthread_cond_destroy(&l->empty);
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->lock);
}
