/*
 * A private directory for a program that compares files, and that program. Nothing of it stays, whatever ends us: the
 * signals that would are blocked, and taken when it is removed.
 */
#include "cli_place_priv.h"

#include <errno.h>
#include <ftw.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static sigset_t ending_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1,
		SIGUSR2, SIGXCPU };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&set, signals[i]);
	return set;
}

int temporary_make(const char *what, struct temporary *ret_dir)
{
	const char *tmp = getenv("TMPDIR");
	CLEANUP(buf_done) struct buf path = { 0 };
	sigset_t set = ending_signals();
	int r;

	r = buf_printf(&path, "%s/planfs-%s-", tmp && tmp[0] == '/' ? tmp : "/tmp", what);
	if (r == 0)
		r = buf_add(&path, (const char[]){ 'X', 'X', 'X', 'X', 'X', 'X' }, 6);
	if (r < 0)
		return r;
	sigprocmask(SIG_BLOCK, &set, &ret_dir->before);
	if (!mkdtemp(path.data)) {
		r = -errno;
		sigprocmask(SIG_SETMASK, &ret_dir->before, NULL);
		return r;
	}
	ret_dir->path = buf_steal(&path);
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void temporary_done(struct temporary *t)
{
	if (t->path.len == 0)
		return;
	nftw(t->path.data, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	buf_done(&t->path);
	sigprocmask(SIG_SETMASK, &t->before, NULL); /* what has come ends us now */
}

/* One of the signals that has come, 0: none. */
static int pending_signal(void)
{
	sigset_t set = ending_signals(), pending;
	int i;

	sigpending(&pending);
	for (i = 1; i < NSIG; i++)
		if (sigismember(&set, i) > 0 && sigismember(&pending, i) > 0)
			return i;
	return 0;
}

void temporary_check(struct temporary *t)
{
	if (pending_signal() != 0)
		temporary_done(t);
}

/* Is @variable, "NAME=value", one that @set has? "NAME" alone takes it away. */
static bool is_set(const char *const *set, const char *variable)
{
	size_t len = strcspn(variable, "=");

	for (; *set; set++)
		if (strncmp(*set, variable, len) == 0 && strchr("=", (*set)[len]))
			return true;
	return false;
}

/* The environment with @set in it; to be freed. */
static char **make_environment(const char *const *set)
{
	size_t n = 0, k = 0, i;
	char **all;

	while (environ[n])
		n++;
	for (i = 0; set[i]; i++)
		n++;
	all = calloc(n + 1, sizeof(*all));
	if (!all)
		return NULL;
	for (i = 0; set[i]; i++)
		if (strchr(set[i], '='))
			all[k++] = (char *)(uintptr_t)set[i];
	for (i = 0; environ[i]; i++)
		if (!is_set(set, environ[i]))
			all[k++] = environ[i];
	return all;
}

static int spawn(const struct temporary *t, const char *const *argv, char **env, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	sigset_t defaults = ending_signals();
	posix_spawnattr_t attr;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &t->before);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	r = posix_spawn_file_actions_addchdir_np(&actions, buf_str(&t->path));
	if (r == 0)
		r = posix_spawnp(
			ret_pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Until it ends; a signal for us is one for it, too. */
static int wait_for(pid_t pid)
{
	sigset_t set = ending_signals();
	int status = 0, s;
	pid_t r;

	sigaddset(&set, SIGCHLD);
	while ((r = waitpid(pid, &status, WNOHANG)) == 0) {
		s = sigwaitinfo(&set, NULL);
		if (s > 0 && s != SIGCHLD) {
			kill(pid, s);
			raise(s); /* is pending again, for the end */
			waitpid(pid, &status, 0);
			return -EINTR;
		}
	}
	if (r < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int temporary_run(struct temporary *t, const char *const *argv, const char *const *set)
{
	char **env = make_environment(set);
	sigset_t child;
	pid_t pid = 0;
	int r;

	if (!env)
		return -ENOMEM;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL); /* until the directory is removed */
	fflush(stdout);
	r = spawn(t, argv, env, &pid);
	free(env);
	if (r < 0)
		return r == -EACCES || r == -ENOTDIR ? -ENOENT : r;
	return wait_for(pid);
}
