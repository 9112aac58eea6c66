/* planfs grep through a mount, for those who may not read its database: every file is opened, as grep -r does. */
#include "grep_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "ROOT/PATH" */
static int open_below(const char *root, const char *path, int flags)
{
	CLEANUP(buf_done) struct buf full = { 0 };
	int fd, r = buf_printf(&full, "%s/%s", root, path);

	if (r < 0)
		return r;
	fd = open(buf_str(&full), flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static uint32_t type_of(DIR *d, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return DTTOIF(e->d_type);
	return fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode : 0;
}

static int list(void *arg, const char *path, grep_entry_fn *fn, void *fn_arg)
{
	struct dirent *e;
	int fd = open_below(arg, path, O_DIRECTORY), r = 0;
	DIR *d;

	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0) {
		errno = 0;
		e = readdir(d);
		if (!e) {
			r = -errno;
			break;
		}
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = fn(fn_arg, e->d_name, type_of(d, e));
	}
	closedir(d);
	return r;
}

static int read_all(int fd, struct buf *ret_text)
{
	struct stat st;
	ssize_t n = 1;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT; /* it was one when it was listed */
	ret_text->len = 0;
	while (n > 0) {
		size_t len = ret_text->len,
		       want = (size_t)st.st_size > len ? (size_t)st.st_size - len : 1;

		r = buf_resize(ret_text, len + want);
		if (r < 0)
			return r;
		n = read(fd, ret_text->data + len, want);
		if (n < 0)
			return -errno;
		ret_text->len = len + (size_t)n;
	}
	return 0;
}

static int read_text(void *arg, const char *path, struct buf *ret_text)
{
	int fd = open_below(arg, path, 0), r;

	if (fd < 0)
		return fd;
	r = read_all(fd, ret_text);
	close(fd);
	return r;
}

int grep_tree(const char *root, const struct grep_query *query, grep_file_fn *fn, void *arg)
{
	CLEANUP(buf_done) struct buf copy = { 0 };
	struct grep_source source = { list, read_text, NULL };
	int r = buf_add_str(&copy, root);

	source.arg = copy.data;
	return r < 0 ? r : grep_source(&source, query, fn, arg);
}
