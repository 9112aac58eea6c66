/*
 * The supervisor of a mount: a process that does next to nothing, so that nothing can happen to it. It holds the mount
 * lock, the way to the kernel and what outlives a daemon, and starts the daemon that does the work. When that
 * one dies, the next goes on where it stopped: the kernel keeps requests until they are answered, and sends those
 * that were under way again. An upgrade is the same with a new program, after the old one has finished.
 */
#include "cli_priv.h"

#include "planfs/clock.h"
#include "planfs/control.h"
#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DEATHS_MAX = 100, /* in a row, each soon after its birth: the next would not do better */
	RUNNING = -1,     /* no exit code yet */
};

static const int64_t soon_ns = 2000000000;

struct daemon {
	pid_t pid;   /* 0: none */
	int control; /* the way to it, or -1 */
	bool started, serves;
	int64_t born; /* of clock_now() */
};

struct supervisor {
	struct mount_args *args;
	char program[4096]; /* path of the program to start */
	int lock_fd, state_fd, channel_fd, signal_fd;
	int notify_fd;           /* the way to the notifier */
	int notifier_fd;         /* its end of that */
	pid_t notifier;          /* 0: none */
	int notifiers;           /* that were started */
	struct daemon now, next; /* next: waits for the one that serves to hand over */
	bool mounted;            /* somebody has been told */
	bool stopping;
	int deaths; /* soon after birth, in a row */
	int code;   /* RUNNING, or the exit code */
};

/* --- starting daemons --- */

/* In the child. @control becomes CONTROL_FD; whoever dies, dies with the mount. */
static void become_daemon(struct supervisor *s, int control)
{
	char *argv[] = { (char *)(uintptr_t) "planfs", (char *)(uintptr_t) "serve", s->args->db,
		s->args->point, (char *)(uintptr_t) "-o", NULL, NULL, NULL };
	size_t n = 5;
	sigset_t none;

	if (s->args->given.len)
		argv[n++] = s->args->given.data;
	else
		n--;
	argv[n++] = s->args->foreground ? (char *)(uintptr_t) "-f" : NULL;
	argv[n] = NULL;
	if (control == CONTROL_FD)
		fcntl(control, F_SETFD, 0);
	else if (dup2(control, CONTROL_FD) < 0)
		_exit(CLI_FAILED);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(s->program, argv);
	execv("/proc/self/exe", argv); /* it was removed: what we are still works */
	_exit(CLI_FAILED);
}

static int start_daemon(struct supervisor *s, struct daemon *ret_daemon)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become_daemon(s, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -ENOMEM;
	}
	*ret_daemon = (struct daemon){ .pid = pid, .control = ends[0], .born = clock_now() };
	return 0;
}

static void drop_daemon(struct daemon *d)
{
	if (d->control >= 0)
		close(d->control);
	*d = (struct daemon){ .control = -1 };
}

/* The notifier is not waited for: it ends by itself, when the kernel lets it. */
static void end_daemon(struct daemon *d)
{
	if (d->pid > 0) {
		kill(d->pid, SIGKILL);
		waitpid(d->pid, NULL, 0);
	}
	drop_daemon(d);
}

static void tell(struct daemon *d, enum control what, const int *fds, size_t n)
{
	if (d->control >= 0 && control_send(d->control, what, fds, n) < 0)
		log_dbg("the daemon has gone"); /* which is seen to when its end is reported */
}

static void let_it_open(struct supervisor *s)
{
	const int fds[] = { s->state_fd, s->lock_fd };

	s->now.started = true;
	tell(&s->now, CONTROL_START, fds, s->lock_fd >= 0 ? 2 : 1);
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

/* --- what daemons say --- */

/* The mount lock above all: it must not outlive the supervisor. */
static void close_all_but(const int *keep, size_t n)
{
	int low = STDERR_FILENO;
	size_t i;
	int j;

	for (i = 0; i < n; i++) {
		int next = INT_MAX;

		for (j = 0; j < (int)n; j++)
			if (keep[j] > low && keep[j] < next)
				next = keep[j];
		close_range((unsigned)low + 1, (unsigned)next - 1, 0);
		low = next;
	}
	close_range((unsigned)low + 1, UINT_MAX, 0);
}

/* Whoever waits for the end of what we print, as "planfs mount … | cat" does, must not wait for it. */
static void leave_standard_files(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

/* It ends when nobody has our end of the socket any more. One that is killed leaves its messages to the next. */
static int start_notifier(struct supervisor *s)
{
	pid_t pid = fork();

	if (pid == 0) {
		int keep[] = { s->notifier_fd, s->channel_fd };

		leave_standard_files();
		close_all_but(keep, ARRAY_LEN(keep));
		fs_notifier(s->notifier_fd, s->channel_fd);
		_exit(CLI_OK);
	}
	s->notifier = pid > 0 ? pid : 0;
	s->notifiers++;
	return pid < 0 ? -ENOMEM : 0;
}

static int open_way_to_notifier(struct supervisor *s)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	s->notify_fd = ends[0];
	s->notifier_fd = ends[1];
	return start_notifier(s);
}

/* The first daemon has opened the database, so that it is worth mounting. */
static void on_opened(struct supervisor *s)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	int r = 0;

	if (s->channel_fd < 0) {
		r = fs_mount(&s->args->fs, s->args->db, &s->channel_fd, &why);
		if (r == 0)
			r = open_way_to_notifier(s);
	}
	if (r < 0) {
		log_err("%s", why.len ? buf_str(&why) : strerror(-r));
		s->code = cli_exit_code(r);
		return;
	}
	tell(&s->now, CONTROL_SERVE, (const int[]){ s->channel_fd, s->notify_fd }, 2);
}

static void begin_stop(struct supervisor *s)
{
	if (!s->stopping && s->channel_fd >= 0 && cli_unmount(s->args->point, true) < 0)
		log_warn("%s stays mounted until its daemon has ended", s->args->point);
	s->stopping = true;
	tell(&s->now, CONTROL_STOP, NULL, 0);
	if (!s->mounted)
		s->code = CLI_FAILED;
}

static void on_mounted(struct supervisor *s)
{
	s->now.serves = true;
	if (!s->mounted) {
		mount_leave_terminal(s->args);
		report(s->args, CLI_OK);
	}
	s->mounted = true;
	if (s->stopping) /* it missed the word */
		tell(&s->now, CONTROL_STOP, NULL, 0);
}

static void on_word(struct supervisor *s, struct daemon *d)
{
	int fds[CONTROL_FDS_MAX];
	int word = control_receive(d->control, fds);

	switch (word) {
	case CONTROL_HERE:
		if (d == &s->next)
			tell(&s->now, CONTROL_HAND_OVER, NULL, 0);
		else
			let_it_open(s);
		break;
	case CONTROL_OPENED:
		on_opened(s);
		break;
	case CONTROL_MOUNTED:
		on_mounted(s);
		break;
	case CONTROL_TERMINATE:
		begin_stop(s);
		break;
	case CONTROL_BUSY:
		log_warn("no upgrade: files are being written; try again");
		if (s->next.pid > 0)
			kill(s->next.pid, SIGKILL);
		break;
	default: /* it has closed its end: it dies */
		close(d->control);
		d->control = -1;
	}
}

/* --- the end of daemons --- */

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
}

static void log_death(struct supervisor *s, int status, bool goes_on)
{
	char how[64];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "ended with code %d", WEXITSTATUS(status));
	if (goes_on)
		log_warn("%s: the daemon %s; another goes on", s->args->point, how);
	else
		log_err("%s: the daemon %s; mount again", s->args->point, how);
}

/* The daemon has died: have another go on, if that can be. */
static void replace(struct supervisor *s, int status)
{
	bool soon = clock_now() - s->now.born < soon_ns;
	bool goes_on;

	s->deaths = soon ? s->deaths + 1 : 1;
	goes_on = s->deaths <= DEATHS_MAX && fs_state_can_resume(s->state_fd);
	log_death(s, status, goes_on);
	drop_daemon(&s->now);
	if (!goes_on || start_daemon(s, &s->now) < 0)
		s->code = CLI_FAILED; /* the mount answers ENOTCONN from now on */
}

/* Without one, the mount would hear no more of what other programs change. It ends by itself with the mount. */
static void replace_notifier(struct supervisor *s, int status)
{
	s->notifier = 0;
	if (!WIFSIGNALED(status) || s->stopping)
		return;
	if (s->notifiers <= DEATHS_MAX && start_notifier(s) == 0) {
		log_warn("%s: the notifier was killed by signal %d; another goes on",
			s->args->point, WTERMSIG(status));
		return;
	}
	close(s->notifier_fd); /* nobody is to wait for it */
	log_err("%s: the notifier was killed by signal %d; mount again, or what other programs "
		"change is not shown",
		s->args->point, WTERMSIG(status));
}

static void hand_over(struct supervisor *s)
{
	drop_daemon(&s->now);
	s->now = s->next;
	s->next = (struct daemon){ .control = -1 };
	s->deaths = 0;
	log_info("%s: another daemon goes on", s->args->point);
	let_it_open(s);
}

static void on_death(struct supervisor *s, pid_t pid, int status)
{
	if (pid == s->next.pid) {
		log_warn("no upgrade: the new daemon ended with code %d", exit_code(status));
		drop_daemon(&s->next);
	} else if (pid == s->notifier) {
		replace_notifier(s, status);
	} else if (pid != s->now.pid) {
		return; /* fusermount3 */
	} else if (!s->mounted || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		drop_daemon(&s->now);
		s->code = exit_code(status);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == DAEMON_HANDED_OVER &&
		   s->next.pid > 0) {
		hand_over(s);
	} else if (s->stopping) {
		log_death(s, status, false);
		drop_daemon(&s->now);
		s->code = exit_code(status);
	} else {
		replace(s, status);
	}
}

static void begin_upgrade(struct supervisor *s)
{
	if (s->stopping || !s->now.serves || s->next.pid > 0)
		log_warn("no upgrade: another daemon is just beginning or ending");
	else if (start_daemon(s, &s->next) < 0)
		log_err("no upgrade: cannot start a daemon");
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1) {
		begin_upgrade(s);
	} else if (info.ssi_signo == SIGCHLD) {
		while (s->code == RUNNING && (pid = waitpid(-1, &status, WNOHANG)) > 0)
			on_death(s, pid, status);
	} else {
		begin_stop(s);
	}
}

static int watch_signals(struct supervisor *s)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&set, signals[i]);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return s->signal_fd < 0 ? -errno : 0;
}

static void watch(struct supervisor *s)
{
	while (s->code == RUNNING) {
		struct pollfd fds[] = { { .fd = s->signal_fd, .events = POLLIN },
			{ .fd = s->now.control, .events = POLLIN },
			{ .fd = s->next.control, .events = POLLIN } };

		if (poll(fds, ARRAY_LEN(fds), -1) < 0)
			continue;
		if (fds[1].revents)
			on_word(s, &s->now);
		else if (fds[2].revents)
			on_word(s, &s->next);
		else if (fds[0].revents)
			on_signal(s);
	}
}

static int begin(struct supervisor *s)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	ssize_t len;
	int r = 0;

	len = readlink("/proc/self/exe", s->program, sizeof(s->program) - 1);
	s->program[len < 0 ? 0 : len] = '\0';
	s->args->fs.mountpoint = s->args->point;
	s->args->fs.mount_options = buf_str(&s->args->kernel_options);
	if (!s->args->fs.readonly &&
		access(s->args->db, F_OK) == 0) /* else the store says it best */
		r = store_lock(s->args->db, &s->lock_fd, &why);
	if (r < 0) {
		log_err("%s", buf_str(&why));
		return r;
	}
	r = fs_state_new(&s->state_fd);
	if (r == 0)
		r = watch_signals(s);
	if (r == 0)
		r = start_daemon(s, &s->now);
	if (r < 0)
		log_err("cannot start the daemon: %s", strerror(-r));
	return r;
}

int supervise(struct mount_args *a)
{
	struct supervisor s = { .args = a,
		.lock_fd = -1,
		.state_fd = -1,
		.channel_fd = -1,
		.signal_fd = -1,
		.notify_fd = -1,
		.notifier_fd = -1,
		.now.control = -1,
		.next.control = -1,
		.code = RUNNING };
	int r;

	r = begin(&s);
	if (r < 0)
		s.code = cli_exit_code(r);
	watch(&s);
	end_daemon(&s.now);
	end_daemon(&s.next);
	if (s.lock_fd >= 0)
		close(s.lock_fd); /* whoever waits for the report may use the database */
	report(a, s.code);
	return s.code;
}
