/* Writing what differs to the private directory of planfs diff. */
#include "cli_diff_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 200 };

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

/* One entry of a directory as it was. */
struct entry {
	char *name; /* owned */
	struct inode inode;
};

struct listing {
	struct entry *entries; /* owned; by name */
	size_t n, room;
};

static void listing_done(struct listing *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->entries[i].name);
	free(l->entries);
}

static int add_entry(void *arg, const struct store_entry *e)
{
	struct listing *l = arg;

	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct entry *entries = reallocarray(l->entries, room, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		l->entries = entries;
		l->room = room;
	}
	l->entries[l->n].name = strdup(e->name);
	l->entries[l->n].inode = e->inode;
	return l->entries[l->n].name ? (l->n++, 0) : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* @id 0: an empty listing. */
static int list(struct diff *d, const struct side *s, int64_t id, struct listing *l)
{
	int64_t rev = s->past.rev;
	int r = 0;

	if (id)
		r = rev == INT64_MAX ? store_list(d->base.s, id, add_entry, l)
				     : moment_scan(d->base.s, rev, id, 0, add_entry, l);
	if (l->n > 0)
		qsort(l->entries, l->n, sizeof(*l->entries), by_name);
	return r;
}

static int read_link(struct diff *d, const struct side *s, int64_t id, struct buf *ret_target)
{
	return s->past.rev == INT64_MAX ? store_readlink(d->base.s, id, ret_target)
					: moment_readlink(d->base.s, s->past.rev, id, ret_target);
}

static int write_entry(struct diff *d, const struct side *s, int dir, const struct entry *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r = 0;

	if (S_ISREG(e->inode.mode)) {
		r = store_read_body(d->base.s, e->inode.body, &text);
		if (r == -ENOENT)
			r = buf_add_str(&text, "(this text was forgotten)\n");
		d->differs = true;
		return r < 0 ? r : write_file(dir, e->name, e->inode.mode, &text);
	}
	if (!S_ISLNK(e->inode.mode))
		return 0; /* pipes, sockets and devices have nothing in them */
	r = read_link(d, s, e->inode.id, &text);
	d->differs = true;
	if (r == 0 && symlinkat(buf_str(&text), dir, e->name) < 0)
		r = -errno;
	return r;
}

static int open_dir(int above, const char *name, int *ret_fd)
{
	int fd;

	if (mkdirat(above, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	*ret_fd = fd;
	return fd < 0 ? -errno : 0;
}

/* Two directories that are compared; inode 0: none. */
struct pair {
	int dir_a, dir_b; /* where what is in them is written */
	int64_t a, b;
	unsigned depth;
};

static int write_dirs(struct diff *d, const struct pair *p);

static int write_below(
	struct diff *d, const struct pair *p, const struct entry *a, const struct entry *b)
{
	const char *name = a ? a->name : b->name;
	struct pair below = { -1, -1, a ? a->inode.id : 0, b ? b->inode.id : 0, p->depth + 1 };
	int r;

	if (below.depth > DEPTH_MAX)
		return -ELOOP;
	r = open_dir(p->dir_a, name, &below.dir_a);
	if (r == 0)
		r = open_dir(p->dir_b, name, &below.dir_b);
	if (r == 0)
		r = write_dirs(d, &below);
	if (below.dir_a >= 0)
		close(below.dir_a);
	if (below.dir_b >= 0)
		close(below.dir_b);
	unlinkat(p->dir_a, name, AT_REMOVEDIR); /* when it stayed empty */
	unlinkat(p->dir_b, name, AT_REMOVEDIR);
	return r;
}

/* Is there nothing to compare? Texts are never changed, so that the same number is the same text. */
static bool are_same(struct diff *d, const struct entry *a, const struct entry *b)
{
	CLEANUP(buf_done) struct buf to_a = { 0 };
	CLEANUP(buf_done) struct buf to_b = { 0 };

	if (a->inode.mode != b->inode.mode)
		return false;
	if (S_ISREG(a->inode.mode))
		return a->inode.body == b->inode.body;
	return S_ISLNK(a->inode.mode) && read_link(d, &d->a, a->inode.id, &to_a) == 0 &&
	       read_link(d, &d->b, b->inode.id, &to_b) == 0 &&
	       strcmp(buf_str(&to_a), buf_str(&to_b)) == 0;
}

/* @a or @b may be NULL. */
static int write_pair(
	struct diff *d, const struct pair *p, const struct entry *a, const struct entry *b)
{
	bool dir_a = a && S_ISDIR(a->inode.mode), dir_b = b && S_ISDIR(b->inode.mode);
	int r = 0;

	temporary_check(&d->dir);
	if ((dir_a || !a) && (dir_b || !b))
		return write_below(d, p, a, b);
	if (a && b && are_same(d, a, b))
		return 0;
	if (dir_a)
		r = write_below(d, p, a, NULL);
	else if (a)
		r = write_entry(d, &d->a, p->dir_a, a);
	if (r == 0 && dir_b)
		r = write_below(d, p, NULL, b);
	else if (r == 0 && b)
		r = write_entry(d, &d->b, p->dir_b, b);
	return r;
}

static int write_dirs(struct diff *d, const struct pair *p)
{
	CLEANUP(listing_done) struct listing a = { 0 };
	CLEANUP(listing_done) struct listing b = { 0 };
	size_t i = 0, j = 0;
	int r;

	r = list(d, &d->a, p->a, &a);
	if (r == 0)
		r = list(d, &d->b, p->b, &b);
	while (r == 0 && (i < a.n || j < b.n)) {
		int c = i == a.n ? 1 : j == b.n ? -1 : strcmp(a.entries[i].name, b.entries[j].name);

		r = write_pair(d, p, c <= 0 ? &a.entries[i] : NULL, c >= 0 ? &b.entries[j] : NULL);
		i += c <= 0;
		j += c >= 0;
	}
	return r;
}

/* Make the directories of @path below @dir, all but the last when @is_file. Returns a descriptor of the last. */
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
static int make_side(struct diff *d, struct side *s, bool is_file)
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
	r = buf_printf(&s->path, "%s/%s", buf_str(&s->label), buf_str(&s->place.path));
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
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
	struct pair p = { .a = d->a.past.inode.id, .b = d->b.past.inode.id };
	int r;

	p.dir_a = make_side(d, &d->a, false);
	p.dir_b = p.dir_a < 0 ? p.dir_a : make_side(d, &d->b, false);
	r = p.dir_b < 0 ? p.dir_b : write_dirs(d, &p);
	if (p.dir_a >= 0)
		close(p.dir_a);
	if (p.dir_b >= 0)
		close(p.dir_b);
	return r;
}
