/*
 * Who makes a change: the user behind the request, or whom his environment names, and the program that he uses. The
 * kernel tells the user and the thread; the rest is in /proc, for as long as the thread waits for our answer.
 * What is not there is not known, which is no error.
 */
#include "fs_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 256 * 1024 }; /* of a longer one, what lies behind is not looked at */

static void find_name(uid_t uid, char *ret_name, size_t size)
{
	char buffer[1024];
	struct passwd pw, *found = NULL;

	loop_step_aside(); /* the answer may come from a server */
	if (getpwuid_r(uid, &pw, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(ret_name, size, "%s", pw.pw_name);
	else
		snprintf(ret_name, size, "%u", uid);
}

static void name_user(struct fs *fs, uid_t uid, char *ret_name)
{
	struct uid_name *place = &fs->authors[uid % ARRAY_LEN(fs->authors)];

	loop_lock(&fs->authors_lock);
	if (!place->name[0] || place->uid != uid) {
		place->uid = uid;
		find_name(uid, place->name, sizeof(place->name));
	}
	memcpy(ret_name, place->name, sizeof(place->name));
	pthread_mutex_unlock(&fs->authors_lock);
}

/* What is in /proc/@id/@file, cut to what @text holds. Returns false when there is nothing. */
static bool read_proc(pid_t id, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", id, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* A program calls itself as it likes, and the kernel cuts the name, also in the middle of a character. */
static void copy_program(const char *from, size_t len, struct who *w)
{
	size_t i, bad = 0;

	for (i = 0; i < len && i < sizeof(w->program) - 1; i++)
		w->program[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7F ? ' ' : from[i];
	w->program[i] = '\0';
	if (!utf8_is_valid(w->program, i, &bad))
		w->program[bad] = '\0';
}

/* Fill in program and start of the thread that /proc/@id/stat is about. Returns whether it is a process, or -ESRCH. */
static int read_stat(pid_t id, struct who *w)
{
	enum { STATE = 3, START = 22, EXIT_SIGNAL = 38 };
	char text[1024], *at, *end;
	int field, signal = 0;

	if (!read_proc(id, "stat", text, sizeof(text)))
		return -ESRCH;
	at = strchr(text, '(');
	end = strrchr(text, ')');
	if (!at || !end || end < at)
		return -ESRCH;
	copy_program(at + 1, (size_t)(end - at - 1), w);
	for (field = STATE, at = end + 1; *at == ' '; field++) {
		at++;
		if (field == START)
			w->start = strtoll(at, NULL, 10);
		else if (field == EXIT_SIGNAL)
			signal = atoi(at);
		at += strcspn(at, " \n");
	}
	return signal != -1; /* which a thread has that is not the first of its process */
}

static pid_t process_of(pid_t thread)
{
	char text[1024];
	const char *at;

	if (!read_proc(thread, "status", text, sizeof(text)))
		return 0;
	at = strstr(text, "\nTgid:");
	return at ? atoi(at + strlen("\nTgid:")) : 0;
}

static void find_process(pid_t thread, struct who *w)
{
	int r = thread > 0 ? read_stat(thread, w) : -ESRCH;

	w->process = thread;
	if (r == 0) {
		w->process = process_of(thread);
		r = w->process > 0 ? read_stat(w->process, w) : -ESRCH;
	}
	if (r < 0) {
		w->process = 0;
		w->program[0] = '\0';
	}
}

/* Returns the value of PLANFS_AUTHOR in @environment of @len bytes, or NULL. One that may have been cut is none. */
static const char *find_variable(const char *environment, size_t len)
{
	static const char variable[] = "PLANFS_AUTHOR=";
	const char *at = environment, *end = environment + len;

	for (; at < end; at += strlen(at) + 1)
		if (strncmp(at, variable, strlen(variable)) == 0)
			return at + strlen(at) < end ? at + strlen(variable) : NULL;
	return NULL;
}

/*
 * The environment that @process was started with names the author, when it is a process of the user that the daemon
 * runs as: the owner of the database, who could write anything into it. Others could only pretend, and the kernel
 * does not show us theirs. To read it takes a lock of the process, which may wait for us meanwhile.
 */
static void find_author(pid_t process, char *author, size_t size)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	const char *value;
	char path[64];
	ssize_t n = 1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", process);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	loop_step_aside();
	while (n > 0 && text.len < ENVIRONMENT_MAX) {
		char piece[4096];

		n = read(fd, piece, sizeof(piece));
		if (n > 0 && buf_add(&text, piece, (size_t)n) < 0)
			n = -1;
	}
	close(fd);
	value = text.len > 0 ? find_variable(text.data, text.len) : NULL;
	if (value && name_is_author(value))
		snprintf(author, size, "%s", value);
}

void who_process(struct fs *fs, pid_t thread, struct who *ret_who)
{
	*ret_who = (struct who){ 0 };
	if (fs->knows_processes)
		find_process(thread, ret_who);
}

bool who_is_visible(void)
{
	char self[32];
	ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	return atoi(self) == getpid();
}

void who_find(struct fs *fs, uid_t uid, pid_t thread, struct who *ret_who)
{
	struct who w = { .uid = uid };

	name_user(fs, uid, w.author);
	if (fs->knows_processes)
		find_process(thread, &w);
	if (w.process > 0 && uid == getuid())
		find_author(w.process, w.author, sizeof(w.author));
	*ret_who = w;
}

void who_asks(struct fs *fs, fuse_req_t req, struct who *ret_who)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	who_find(fs, ctx->uid, ctx->pid, ret_who);
}

void who_changes(struct fs *fs, fuse_req_t req, struct node *n, const struct fuse_file_info *fi)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct who w = { .uid = ctx->uid };
	bool known;

	pthread_mutex_lock(&n->lock);
	known = n->by_known && (n->written || n->part); /* who only cut it may have been a shell */
	if (fi)
		w.uid = handle_user(n, fi->fh, ctx->uid);
	pthread_mutex_unlock(&n->lock);
	if (known)
		return;
	who_find(fs, w.uid, ctx->pid, &w);
	pthread_mutex_lock(&n->lock);
	n->by = w;
	n->by_known = true;
	pthread_mutex_unlock(&n->lock);
}
