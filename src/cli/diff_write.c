/* Writing what differs to the private directory of planfs diff, for a program that compares files. */
#include "cli_diff_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_file(int dir, const char *name, mode_t mode, const struct buf *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0600 | (mode & 0100));
	const char *data = text->data;
	size_t len = text->len;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (len > 0 && r == 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0)
			r = errno == EINTR ? 0 : -errno;
		else
			len -= (size_t)n, data += n;
	}
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int write_entry(struct diff *d, const struct side *s, int dir, const struct entry *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r;

	if (!e || (!S_ISREG(e->inode.mode) && !S_ISLNK(e->inode.mode)))
		return 0;
	r = diff_read(d, s, e, &text);
	if (r < 0)
		return r;
	if (S_ISREG(e->inode.mode))
		return write_file(dir, e->name, e->inode.mode, &text);
	return symlinkat(buf_str(&text), dir, e->name) < 0 ? -errno : 0;
}

static int write_both(
	struct diff *d, const struct pair *p, const struct entry *a, const struct entry *b)
{
	int r = write_entry(d, &d->a, p->dir_a, a);

	return r < 0 ? r : write_entry(d, &d->b, p->dir_b, b);
}

static int open_dir(int above, const char *name, int *ret_fd)
{
	if (mkdirat(above, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	*ret_fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

static int enter(const struct pair *p, const char *name, struct pair *below)
{
	int r = open_dir(p->dir_a, name, &below->dir_a);

	return r < 0 ? r : open_dir(p->dir_b, name, &below->dir_b);
}

static void leave(const struct pair *p, const char *name, struct pair *below)
{
	if (below->dir_a >= 0)
		close(below->dir_a);
	if (below->dir_b >= 0)
		close(below->dir_b);
	unlinkat(p->dir_a, name, AT_REMOVEDIR); /* when it stayed empty */
	unlinkat(p->dir_b, name, AT_REMOVEDIR);
}

/* Make the directories of @path below @dir, all but the last name when @is_file. Returns a descriptor of the last. */
static int make_path(int dir, const char *path, bool is_file)
{
	char name[256];
	int fd = dup(dir), r = fd < 0 ? -errno : 0;

	while (r == 0 && *path) {
		size_t len = strcspn(path, "/");
		int below = -1;

		if (is_file && !path[len])
			break;
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		r = open_dir(fd, name, &below);
		close(fd);
		fd = below;
		path += len + strspn(path + len, "/");
	}
	return r < 0 ? r : fd;
}

/* The directory that stands for one side, and in it the path. Returns a descriptor, or -errno. */
static int make_side(struct diff *d, const struct side *s, bool is_file)
{
	int top, dir = -1, fd, r;

	top = open(buf_str(&d->dir.path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return -errno;
	r = open_dir(top, buf_str(&s->label), &dir);
	close(top);
	if (r < 0)
		return r;
	fd = make_path(dir, buf_str(&s->place.path), is_file);
	close(dir);
	return fd;
}

int diff_write_text(struct diff *d, struct side *s, const struct buf *text)
{
	const char *slash = strrchr(buf_str(&s->place.path), '/');
	const char *name = slash ? slash + 1 : buf_str(&s->place.path);
	int dir, r;

	dir = make_side(d, s, true);
	if (dir < 0)
		return dir;
	r = write_file(dir, name, S_ISREG(s->past.inode.mode) ? s->past.inode.mode : 0, text);
	close(dir);
	return r;
}

int diff_write_trees(struct diff *d)
{
	static const struct walk walk = { write_both, enter, leave };
	struct pair p = {
		.a = d->a.past.inode.id, .b = d->b.past.inode.id, .path = buf_str(&d->a.place.path)
	};
	int r;

	p.dir_a = make_side(d, &d->a, false);
	p.dir_b = p.dir_a < 0 ? p.dir_a : make_side(d, &d->b, false);
	r = p.dir_b < 0 ? p.dir_b : diff_walk(d, &walk, &p);
	if (p.dir_a >= 0)
		close(p.dir_a);
	if (p.dir_b >= 0)
		close(p.dir_b);
	return r;
}
