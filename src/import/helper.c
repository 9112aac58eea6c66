/*
 * Other programs that read what planfs does not: LibreOffice and pdftotext. They are run by their argument
 * vectors, never through a shell, on a copy in a directory of their own, and not longer than they may.
 */
#include "import_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { HELPER_MS_MAX = 180 * 1000, OUTPUT_BYTES_MAX = 64 * 1024 * 1024, EXIT_NOT_FOUND = 127 };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- a directory that goes away ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_dir(struct buf *dir)
{
	if (dir->len > 0)
		nftw(dir->data, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	buf_done(dir);
}

static int make_dir(struct buf *ret_dir)
{
	const char *tmp = getenv("TMPDIR");
	CLEANUP(buf_done) struct buf dir = { 0 };
	int r;

	r = buf_printf(&dir,
		"%s/planfs-import-XX"
		"XX"
		"XX",
		tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (r < 0)
		return r;
	if (!mkdtemp(dir.data))
		return -errno;
	*ret_dir = buf_steal(&dir);
	return 0;
}

static int write_file(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), r = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (len > 0 && r == 0) {
		n = write(fd, data, len);
		if (n < 0)
			r = errno == EINTR ? 0 : -errno;
		else if (n > 0)
			len -= (size_t)n, data += n;
	}
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* ---- running ---- */

/* What @fd gives until its end, to @out when that is wanted. -ETIMEDOUT when it takes too long. */
static int drain(int fd, int64_t deadline, struct buf *out)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char piece[16 * 1024];
	int r = 0;

	for (;;) {
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, piece, sizeof(piece));
		if (n <= 0 && errno != EINTR)
			return r;
		if (n > 0 && out && out->len + (size_t)n > OUTPUT_BYTES_MAX)
			return -EFBIG;
		if (n > 0 && out)
			r = buf_add(out, piece, (size_t)n);
		if (r < 0)
			return r;
	}
}

static int spawn(const char *const *argv, int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0) /* it does not write there */
		r = posix_spawnp(
			ret_pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Run a program to its end. Returns 0 when it exited with 0, -ENOPKG when it is not there, -EBADMSG … */
static int run(const char *const *argv, struct buf *out)
{
	int pipes[2], r, status = 0;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	r = spawn(argv, pipes[1], &pid);
	close(pipes[1]);
	if (r == 0) {
		r = drain(pipes[0], now_ms() + HELPER_MS_MAX, out);
		if (r < 0)
			kill(-pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	} else if (r == -ENOENT || r == -EACCES) {
		r = -ENOPKG;
	}
	close(pipes[0]);
	if (r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND)
		return -ENOPKG;
	return r < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ? r : -EBADMSG;
}

/* ---- LibreOffice ---- */

static const char *suffix_of(const char *data, size_t len)
{
	if (len > 5 && memcmp(data, "{\\rtf", 5) == 0)
		return "rtf";
	return len > 2 && memcmp(data, "PK", 2) == 0 ? "odt" : "doc"; /* .wps is a .doc, too */
}

/* Where LibreOffice keeps its settings: making them anew takes seconds each time. */
static int profile_of(const char *dir, struct buf *ret)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && cache[0] == '/')
		return buf_printf(ret, "-env:UserInstallation=file://%s/planfs/office", cache);
	if (home && home[0] == '/')
		return buf_printf(
			ret, "-env:UserInstallation=file://%s/.cache/planfs/office", home);
	return buf_printf(ret, "-env:UserInstallation=file://%s/profile", dir);
}

static int read_result(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -EBADMSG; /* it says nothing when it cannot read a file */
	r = drain(fd, now_ms() + HELPER_MS_MAX, out);
	close(fd);
	return r;
}

int helper_office(const char *data, size_t len, struct buf *ret_docx)
{
	CLEANUP(remove_dir) struct buf dir = { 0 };
	CLEANUP(buf_done) struct buf input = { 0 };
	CLEANUP(buf_done) struct buf output = { 0 };
	CLEANUP(buf_done) struct buf profile = { 0 };
	int r;

	r = make_dir(&dir);
	if (r == 0)
		r = buf_printf(&input, "%s/input.%s", dir.data, suffix_of(data, len));
	if (r == 0)
		r = buf_printf(&output, "%s/input.docx", dir.data);
	if (r == 0)
		r = profile_of(dir.data, &profile);
	if (r == 0)
		r = write_file(input.data, data, len);
	if (r == 0) {
		const char *const argv[] = { "soffice", profile.data, "--headless", "--norestore",
			"--convert-to", "docx:MS Word 2007 XML", "--outdir", dir.data, input.data,
			NULL };

		r = run(argv, NULL);
	}
	return r < 0 ? r : read_result(output.data, ret_docx);
}

/* ---- pdftotext ---- */

int helper_pdf(const char *data, size_t len, struct buf *ret_text)
{
	CLEANUP(remove_dir) struct buf dir = { 0 };
	CLEANUP(buf_done) struct buf input = { 0 };
	int r;

	r = make_dir(&dir);
	if (r == 0)
		r = buf_printf(&input, "%s/input.pdf", dir.data);
	if (r == 0)
		r = write_file(input.data, data, len);
	if (r == 0) {
		const char *const argv[] = { "pdftotext", "-layout", "-enc", "UTF-8", "-q",
			input.data, "-", NULL };

		r = run(argv, ret_text);
	}
	return r;
}
