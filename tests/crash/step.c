/* The steps of saver.h: one system call each, on a path below the mount. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "saver.h"

static const char *full(const struct saver *w, const char *path, char *room)
{
	snprintf(room, 4096, "%s/%s", w->mount, path);
	return room;
}

void step_failed(const struct saver *w, const char *what, const char *path)
{
	int e = errno;
	struct statfs fs;

	/* What the kernel says of a connection whose daemon died, before and after it noticed. */
	if (e == ENOTCONN || e == ECONNABORTED)
		exit(0);
	/* A call that the death itself interrupted may have yet another error (EIO of a page). */
	if (statfs(w->mount, &fs) < 0 && errno == ENOTCONN)
		exit(0);
	errno = e;
	warn("%s: %s %s", w->id, what, path);
	exit(4);
}

int step_open(struct saver *w, const char *path, int flags)
{
	char room[4096];
	int fd = open(full(w, path, room), flags | O_CLOEXEC, 0644);

	if (fd < 0)
		step_failed(w, "open", path);
	return fd;
}

/* In pieces of odd sizes, so that a text is many calls and none ends where a page does. */
void step_write(struct saver *w, int fd, const char *name, unsigned int seq)
{
	size_t len = 0, at, piece;
	ssize_t n;

	text_make(name, seq, w->big_every, &w->text, &len);
	for (at = 0; at < len; at += (size_t)n) {
		piece = 1 + rnd_below(&w->rnd, len > 10000 ? 150000 : 1500);
		n = write(fd, w->text + at, piece < len - at ? piece : len - at);
		if (n <= 0)
			step_failed(w, "write", name);
	}
}

void step_fsync(struct saver *w, int fd)
{
	if (fsync(fd) < 0)
		step_failed(w, "fsync", w->dir);
}

void step_close(struct saver *w, int fd)
{
	if (close(fd) < 0)
		step_failed(w, "close", w->dir);
}

void step_rename(struct saver *w, const char *from, const char *to)
{
	char a[4096], b[4096];

	if (rename(full(w, from, a), full(w, to, b)) < 0)
		step_failed(w, "rename", from);
}

void step_unlink(struct saver *w, const char *path)
{
	char room[4096];

	if (unlink(full(w, path, room)) < 0)
		step_failed(w, "unlink", path);
}

void step_mkdir(struct saver *w, const char *path)
{
	char room[4096];

	if (mkdir(full(w, path, room), 0755) < 0)
		step_failed(w, "mkdir", path);
}

void step_rmdir(struct saver *w, const char *path)
{
	char room[4096];

	if (rmdir(full(w, path, room)) < 0)
		step_failed(w, "rmdir", path);
}
