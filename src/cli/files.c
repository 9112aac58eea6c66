/* The files that a user means by a list of files and directories. */
#include "cli_priv.h"

#include "planfs/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !name_is_scratch(entry->d_name);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk_dir(const char *path, files_fn *fn, void *arg);

static int walk_entry(const char *dir, const char *name, files_fn *fn, void *arg)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	struct stat st;
	int r;

	r = buf_printf(&path, "%s/%s", dir, name);
	if (r < 0)
		return r;
	if (lstat(buf_str(&path), &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return walk_dir(buf_str(&path), fn, arg);
	return S_ISREG(st.st_mode) ? fn(arg, buf_str(&path)) : 0;
}

static int walk_dir(const char *path, files_fn *fn, void *arg)
{
	struct dirent **entries;
	int i, n, r = 0;

	n = scandir(path, &entries, is_wanted, by_bytes);
	if (n < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		if (r == 0)
			r = walk_entry(path, entries[i]->d_name, fn, arg);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int files_walk(const char *path, files_fn *fn, void *arg)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? walk_dir(path, fn, arg) : fn(arg, path);
}

static int read_some(int fd, struct buf *out)
{
	char piece[16 * 1024];
	ssize_t n = read(fd, piece, sizeof(piece));
	int r;

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	r = buf_add(out, piece, (size_t)n);
	return r < 0 ? r : n > 0;
}

int files_read(const char *path, size_t max, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r = 1, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (r > 0 && text.len <= max)
		r = read_some(fd, &text);
	close(fd);
	if (r < 0)
		return r;
	if (text.len > max)
		return -EFBIG;
	*ret_text = buf_steal(&text);
	return 0;
}
