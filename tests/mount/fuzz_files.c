/* Operations on open files. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char bytes[TEXT_MAX];

static struct fuzz_handle *free_handle(void)
{
	size_t i;

	for (i = 0; i < HANDLES; i++)
		if (fuzz.handles[i].fd < 0)
			return &fuzz.handles[i];
	return NULL;
}

static bool may_read(const struct fuzz_open *o)
{
	return (o->flags & O_ACCMODE) != O_WRONLY;
}

static bool may_write(const struct fuzz_open *o)
{
	return (o->flags & O_ACCMODE) != O_RDONLY;
}

static int open_error(const struct fuzz_place *p, int flags)
{
	if (fuzz_name_error(p->name))
		return ENAMETOOLONG;
	if (!p->object)
		return flags & O_CREAT ? 0 : ENOENT;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return EEXIST;
	if (S_ISLNK(p->object->mode))
		return ELOOP;
	return S_ISDIR(p->object->mode) ? EISDIR : 0;
}

static int random_open_flags(void)
{
	static const int ways[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR };
	int flags = ways[fuzz_random(4)];

	if (fuzz_one_in(2))
		flags |= O_CREAT | (fuzz_one_in(4) ? O_EXCL : 0);
	if ((flags & O_ACCMODE) != O_RDONLY)
		flags |= (fuzz_one_in(3) ? O_TRUNC : 0) | (fuzz_one_in(4) ? O_APPEND : 0) |
			 (fuzz_one_in(12) ? O_SYNC : 0);
	return flags | O_NOFOLLOW | O_CLOEXEC;
}

void fuzz_open_file(void)
{
	static const mode_t modes[] = { 0644, 0600, 0640, 0666 };
	mode_t mode = modes[fuzz_random(4)];
	struct fuzz_handle *h = free_handle();
	int flags = random_open_flags();
	struct fuzz_place p;
	int fd;

	if (!h)
		return;
	fuzz_pick(&p);
	if (p.object && S_ISDIR(p.object->mode) && !(flags & O_CREAT) && !(flags & O_ACCMODE))
		return; /* that is allowed, and not what we want */
	fuzz_note("open %s %#x %o", p.path, flags, mode);
	fd = open(p.path, flags, mode);
	if (!fuzz_expect(fd, open_error(&p, flags)))
		return;
	if (!p.object) {
		p.object = fuzz_object_new(S_IFREG | mode);
		fuzz_add(p.dir, p.name, p.object);
	} else if (flags & O_TRUNC) {
		fuzz_resize(p.object, 0);
	}
	h->fd = fd;
	h->open = calloc(1, sizeof(*h->open));
	if (!h->open)
		abort();
	*h->open = (struct fuzz_open){ p.object, flags, 0, 1 };
	p.object->opens++;
}

static void drop(struct fuzz_handle *h)
{
	struct fuzz_object *o = h->open->object;

	h->fd = -1;
	if (--h->open->refs > 0)
		return;
	free(h->open);
	o->opens--;
	fuzz_object_release(o);
}

static void close_handle(struct fuzz_handle *h)
{
	fuzz_note("close %d", h->fd);
	fuzz_expect(close(h->fd), 0);
	drop(h);
}

void fuzz_close(void)
{
	struct fuzz_handle *h = fuzz_pick_handle();

	if (h)
		close_handle(h);
}

void fuzz_close_all(void)
{
	struct fuzz_handle *h;

	while ((h = fuzz_pick_handle()))
		close_handle(h);
}

void fuzz_forget_handles(void)
{
	struct fuzz_handle *h;

	while ((h = fuzz_pick_handle())) {
		close(h->fd);
		drop(h);
	}
}

void fuzz_dup(void)
{
	struct fuzz_handle *h = fuzz_pick_handle(), *copy = free_handle();

	if (!h || !copy)
		return;
	fuzz_note("dup %d", h->fd);
	copy->fd = dup(h->fd);
	fuzz_expect(copy->fd, 0);
	copy->open = h->open;
	h->open->refs++;
}

/* Mostly small, now and then as large as a file gets. */
static size_t random_length(void)
{
	return fuzz_random(fuzz_one_in(5) ? TEXT_MAX / 2 : 200);
}

static size_t random_offset(const struct fuzz_object *o)
{
	if (fuzz_one_in(6))
		return fuzz_random(TEXT_MAX / 2);
	return fuzz_random(o->len + 1);
}

static void fill(size_t len)
{
	size_t i, seed = fuzz_random(251);

	for (i = 0; i < len; i++)
		bytes[i] = (char)('0' + (seed + i * 7) % 75);
}

static void put(struct fuzz_object *o, size_t at, size_t len)
{
	if (len == 0)
		return; /* not even behind the end */
	memcpy(o->text + at, bytes, len);
	if (at + len > o->len)
		o->len = at + len;
	fuzz_touch(o);
}

void fuzz_write(void)
{
	struct fuzz_handle *h = fuzz_pick_handle();
	size_t len = random_length(), at;
	struct fuzz_open *o;
	bool by_position;
	ssize_t n;

	if (!h)
		return;
	o = h->open;
	by_position = fuzz_one_in(2);
	at = by_position ? random_offset(o->object) : o->at;
	if (o->flags & O_APPEND)
		at = o->object->len; /* Linux appends whatever pwrite(2) says */
	if (at + len > TEXT_MAX)
		return;
	fill(len);
	fuzz_note("%s %d at %zu len %zu", by_position ? "pwrite" : "write", h->fd, at, len);
	n = by_position ? pwrite(h->fd, bytes, len, (off_t)at) : write(h->fd, bytes, len);
	if (!fuzz_expect(n, may_write(o) ? 0 : EBADF))
		return;
	if ((size_t)n != len)
		fuzz_fail("%zd bytes were written", n);
	put(o->object, at, len);
	if (!by_position && len > 0)
		o->at = at + len;
}

static size_t readable(const struct fuzz_object *o, size_t at, size_t len)
{
	if (at >= o->len)
		return 0;
	return o->len - at < len ? o->len - at : len;
}

void fuzz_read(void)
{
	struct fuzz_handle *h = fuzz_pick_handle();
	size_t len = random_length(), at, wanted;
	struct fuzz_open *o;
	bool by_position;
	ssize_t n;

	if (!h)
		return;
	o = h->open;
	by_position = fuzz_one_in(2);
	at = by_position ? random_offset(o->object) : o->at;
	fuzz_note("%s %d at %zu len %zu", by_position ? "pread" : "read", h->fd, at, len);
	n = by_position ? pread(h->fd, bytes, len, (off_t)at) : read(h->fd, bytes, len);
	if (!fuzz_expect(n, may_read(o) ? 0 : EBADF))
		return;
	wanted = readable(o->object, at, len);
	if ((size_t)n != wanted || memcmp(bytes, o->object->text + at, wanted) != 0)
		fuzz_fail("%zd bytes were read, %zu are right%s", n, wanted,
			(size_t)n == wanted ? ", but not these" : "");
	if (!by_position)
		o->at += wanted;
}

void fuzz_ftruncate(void)
{
	struct fuzz_handle *h = fuzz_pick_handle();
	size_t len;

	if (!h)
		return;
	len = fuzz_one_in(4) ? 0 : random_offset(h->open->object);
	fuzz_note("ftruncate %d to %zu", h->fd, len);
	if (fuzz_expect(ftruncate(h->fd, (off_t)len), may_write(h->open) ? 0 : EINVAL))
		fuzz_resize(h->open->object, len);
}

void fuzz_truncate(void)
{
	struct fuzz_place p;
	size_t len;

	if (!fuzz_pick_file(&p))
		return;
	len = fuzz_one_in(4) ? 0 : random_offset(p.object);
	fuzz_note("truncate %s to %zu", p.path, len);
	if (fuzz_expect(truncate(p.path, (off_t)len), 0))
		fuzz_resize(p.object, len);
}

void fuzz_fsync(void)
{
	struct fuzz_handle *h = fuzz_pick_handle();

	if (!h)
		return;
	fuzz_note("fsync %d", h->fd);
	fuzz_expect(fuzz_one_in(2) ? fsync(h->fd) : fdatasync(h->fd), 0);
}

void fuzz_seek(void)
{
	struct fuzz_handle *h = fuzz_pick_handle();
	size_t at;
	off_t got;

	if (!h)
		return;
	at = random_offset(h->open->object);
	if (fuzz_one_in(3)) {
		at = h->open->object->len;
		fuzz_note("seek %d to the end", h->fd);
		got = lseek(h->fd, 0, SEEK_END);
	} else {
		fuzz_note("seek %d to %zu", h->fd, at);
		got = lseek(h->fd, (off_t)at, SEEK_SET);
	}
	if (got != (off_t)at)
		fuzz_fail("the position is %lld, not %zu", (long long)got, at);
	h->open->at = at;
}

static void write_through(struct fuzz_object *o, char *map, size_t len)
{
	size_t at = fuzz_random(len), n = fuzz_random(len - at);

	fuzz_note("  and write there at %zu len %zu", at, n);
	fill(n);
	memcpy(map + at, bytes, n);
	put(o, at, n);
	if (n > 0)
		fuzz_expect(msync(map, len, MS_SYNC), 0);
}

/* Read, and now and then write, through shared memory. */
void fuzz_map(void)
{
	struct fuzz_handle *h = fuzz_pick_handle();
	struct fuzz_object *o;
	bool writes;
	char *map;

	if (!h || !may_read(h->open) || h->open->object->len == 0)
		return;
	o = h->open->object;
	writes = (h->open->flags & O_ACCMODE) == O_RDWR && fuzz_one_in(2);
	fuzz_note("mmap %d len %zu", h->fd, o->len);
	map = mmap(NULL, o->len, writes ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, h->fd, 0);
	if (map == MAP_FAILED)
		fuzz_fail("mmap: %s", strerror(errno));
	if (memcmp(map, o->text, o->len) != 0)
		fuzz_fail("the mapped bytes are not those of the file");
	if (writes)
		write_through(o, map, o->len);
	munmap(map, o->len);
}

void fuzz_allocate(void)
{
	static const int modes[] = { 0, FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE };
	struct fuzz_handle *h = fuzz_pick_handle();
	int mode = modes[fuzz_random(3)];
	struct fuzz_object *o;
	size_t at, len;

	if (!h)
		return;
	o = h->open->object;
	at = random_offset(o);
	len = 1 + fuzz_random(5000);
	if (at + len > TEXT_MAX)
		return;
	fuzz_note("fallocate %d mode %d at %zu len %zu", h->fd, mode, at, len);
	if (!fuzz_expect(
		    fallocate(h->fd, mode, (off_t)at, (off_t)len), may_write(h->open) ? 0 : EBADF))
		return;
	fuzz_touch(o);
	if (mode == 0 && at + len > o->len)
		fuzz_resize(o, at + len);
	if (mode & FALLOC_FL_PUNCH_HOLE)
		memset(o->text + at, 0, readable(o, at, len));
}
