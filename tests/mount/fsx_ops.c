/* The operations of the exerciser, in one table with how often each is chosen. */
#include "fsx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	PAGE_BYTES = 4096,
};

static void check(const struct fsx *x, bool good, const char *what)
{
	if (!good)
		fsx_fail(x, "%s: %s", what, strerror(errno));
}

/* New bytes for the model, none of them zero, that tell which operation wrote them. */
static void fill_model(struct fsx *x, size_t offset, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		x->model[offset + i] = (char)(1 + (x->op * 31 + i + i / 255) % 255);
	if (offset + len > x->size)
		x->size = offset + len;
}

static void set_size(struct fsx *x, size_t size)
{
	if (size < x->size)
		memset(x->model + size, 0, x->size - size);
	x->size = size;
}

static void check_size(const struct fsx *x)
{
	struct stat st;

	check(x, fstat(x->fd, &st) == 0, "fstat");
	if ((size_t)st.st_size != x->size)
		fsx_fail(x, "size is %lld, should be %zu", (long long)st.st_size, x->size);
}

static void do_read(struct fsx *x)
{
	size_t offset = fsx_random_offset(x, x->limit), len = fsx_random_length(x), there;
	ssize_t n;

	fsx_log(x, "read %zu at %zu", len, offset);
	there = offset >= x->size ? 0 : x->size - offset < len ? x->size - offset : len;
	n = pread(x->fd, x->scratch, len, (off_t)offset);
	check(x, n >= 0, "read");
	if ((size_t)n != there)
		fsx_fail(x, "read %zd bytes, should be %zu", n, there);
	fsx_compare(x, x->scratch, offset, there);
}

static void do_write(struct fsx *x)
{
	size_t offset, len;

	fsx_random_target(x, &offset, &len);
	fsx_log(x, "write %zu at %zu", len, offset);
	fill_model(x, offset, len);
	check(x, pwrite(x->fd, x->model + offset, len, (off_t)offset) == (ssize_t)len, "write");
	check_size(x);
}

static void do_writev(struct fsx *x)
{
	struct iovec parts[2];
	size_t offset, len;

	fsx_random_target(x, &offset, &len);
	fsx_log(x, "writev %zu at %zu", len, offset);
	fill_model(x, offset, len);
	parts[0] = (struct iovec){ x->model + offset, len / 3 };
	parts[1] = (struct iovec){ x->model + offset + len / 3, len - len / 3 };
	check(x, pwritev(x->fd, parts, 2, (off_t)offset) == (ssize_t)len, "writev");
}

/* Through another descriptor, as another program does it. */
static void do_append(struct fsx *x)
{
	size_t offset = x->size, len = fsx_random_length(x);
	int fd;

	len = len < x->limit - offset ? len : x->limit - offset;
	fsx_log(x, "append %zu", len);
	fd = open(x->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	check(x, fd >= 0, "open to append");
	fill_model(x, offset, len);
	check(x, write(fd, x->model + offset, len) == (ssize_t)len, "append");
	check_size(x);
	check(x, close(fd) == 0, "close");
}

static void do_write_elsewhere(struct fsx *x)
{
	size_t offset, len;
	int fd;

	fsx_random_target(x, &offset, &len);
	fsx_log(x, "write %zu at %zu through another descriptor", len, offset);
	fd = open(x->path, O_WRONLY | O_CLOEXEC);
	check(x, fd >= 0, "open to write");
	fill_model(x, offset, len);
	check(x, pwrite(fd, x->model + offset, len, (off_t)offset) == (ssize_t)len, "write");
	check(x, close(fd) == 0, "close");
	check_size(x);
}

static void do_ftruncate(struct fsx *x)
{
	size_t size = fsx_random(x, 3) ? fsx_random(x, x->limit + 1) : fsx_random(x, x->size + 1);

	fsx_log(x, "ftruncate to %zu", size);
	check(x, ftruncate(x->fd, (off_t)size) == 0, "ftruncate");
	set_size(x, size);
	check_size(x);
}

static void do_truncate(struct fsx *x)
{
	size_t size = fsx_random_offset(x, x->size + 1);

	fsx_log(x, "truncate to %zu", size);
	check(x, truncate(x->path, (off_t)size) == 0, "truncate");
	set_size(x, size);
	check_size(x);
}

static char *map_range(struct fsx *x, size_t offset, size_t len, int protection, size_t *ret_len)
{
	size_t start = offset & ~(size_t)(PAGE_BYTES - 1);
	char *map;

	*ret_len = offset + len - start;
	map = mmap(NULL, *ret_len, protection, MAP_SHARED, x->fd, (off_t)start);
	check(x, map != MAP_FAILED, "mmap");
	return map;
}

static void do_map_read(struct fsx *x)
{
	size_t offset, len, mapped, i;
	char *map;

	if (x->size == 0)
		return;
	fsx_random_range(x, &offset, &len);
	fsx_log(x, "mapped read %zu at %zu", len, offset);
	map = map_range(x, offset, len, PROT_READ, &mapped);
	fsx_compare(x, map, offset & ~(size_t)(PAGE_BYTES - 1), mapped);
	for (i = mapped; offset + len == x->size && i % PAGE_BYTES != 0; i++)
		if (map[i] != 0)
			fsx_fail(x, "%02x behind the end of the file", (unsigned char)map[i]);
	check(x, munmap(map, mapped) == 0, "munmap");
}

static void do_map_write(struct fsx *x)
{
	size_t offset, len, mapped, sync = fsx_random(x, 3);
	char *map;

	if (x->size == 0)
		return;
	fsx_random_range(x, &offset, &len);
	fsx_log(x, "mapped write %zu at %zu%s", len, offset, sync ? ", msync" : "");
	map = map_range(x, offset, len, PROT_READ | PROT_WRITE, &mapped);
	fill_model(x, offset, len);
	memcpy(map + (offset & (PAGE_BYTES - 1)), x->model + offset, len);
	if (sync)
		check(x, msync(map, mapped, sync == 1 ? MS_SYNC : MS_ASYNC) == 0, "msync");
	check(x, munmap(map, mapped) == 0, "munmap");
}

static void do_fsync(struct fsx *x)
{
	bool data = fsx_random(x, 2);

	fsx_log(x, data ? "fdatasync" : "fsync");
	check(x, (data ? fdatasync(x->fd) : fsync(x->fd)) == 0, "fsync");
}

static void do_reopen(struct fsx *x)
{
	bool empty = fsx_random(x, 16) == 0;

	fsx_log(x, "close, open%s", empty ? " with O_TRUNC" : "");
	check(x, close(x->fd) == 0, "close");
	x->fd = open(x->path, O_RDWR | O_CLOEXEC | (empty ? O_TRUNC : 0));
	check(x, x->fd >= 0, "open");
	if (empty)
		set_size(x, 0);
	check_size(x);
}

static void do_read_elsewhere(struct fsx *x)
{
	fsx_log(x, "read all through another descriptor");
	fsx_compare_all(x);
}

/* Away, a write to the open file, and back. */
static void do_rename(struct fsx *x)
{
	fsx_log(x, "rename away");
	check(x, rename(x->path, x->path_away) == 0, "rename");
	do_write(x);
	fsx_log(x, "rename back");
	check(x, rename(x->path_away, x->path) == 0, "rename");
}

static void do_link(struct fsx *x)
{
	fsx_log(x, "link, write, unlink the first name, rename back");
	check(x, link(x->path, x->path_link) == 0, "link");
	do_write(x);
	check(x, unlink(x->path) == 0, "unlink");
	check(x, rename(x->path_link, x->path) == 0, "rename");
}

/* What a file system does not know it refuses, and the file is as it was. */
static bool fallocated(const struct fsx *x, int mode, size_t offset, size_t len)
{
	int r = fallocate(x->fd, mode, (off_t)offset, (off_t)len);

	check(x, r == 0 || errno == EOPNOTSUPP, "fallocate");
	return r == 0;
}

static void do_fallocate(struct fsx *x)
{
	bool keep = fsx_random(x, 2);
	size_t offset, len;

	fsx_random_target(x, &offset, &len);
	fsx_log(x, "fallocate %zu at %zu%s", len, offset, keep ? ", keep the size" : "");
	if (fallocated(x, keep ? FALLOC_FL_KEEP_SIZE : 0, offset, len) && !keep &&
		offset + len > x->size)
		set_size(x, offset + len);
	check_size(x);
}

static void do_punch_hole(struct fsx *x)
{
	bool zero = fsx_random(x, 2);
	size_t offset, len;

	if (x->size == 0)
		return;
	fsx_random_range(x, &offset, &len);
	fsx_log(x, "%s %zu at %zu", zero ? "zero" : "punch", len, offset);
	if (fallocated(x,
		    FALLOC_FL_KEEP_SIZE | (zero ? FALLOC_FL_ZERO_RANGE : FALLOC_FL_PUNCH_HOLE),
		    offset, len))
		memset(x->model + offset, 0, len);
	check_size(x);
}

static void do_copy_range(struct fsx *x)
{
	size_t from, len, to, room;
	off_t in, out;
	ssize_t n;

	if (x->size == 0)
		return;
	fsx_random_range(x, &from, &len);
	fsx_random_target(x, &to, &room);
	len = len < room ? len : room;
	if (from < to + len && to < from + len)
		return;
	fsx_log(x, "copy %zu from %zu to %zu", len, from, to);
	in = (off_t)from;
	out = (off_t)to;
	n = copy_file_range(x->fd, &in, x->fd, &out, len, 0);
	if (n < 0 && (errno == EOPNOTSUPP || errno == EXDEV || errno == ENOSYS))
		return;
	check(x, n > 0 && (size_t)n <= len, "copy_file_range");
	memcpy(x->model + to, x->model + from, (size_t)n);
	if (to + (size_t)n > x->size)
		x->size = to + (size_t)n;
	check_size(x);
}

static struct operation {
	const char *name;
	void (*run)(struct fsx *x);
	unsigned weight;
	unsigned long count;
} operations[] = { { "read", do_read, 20, 0 }, { "write", do_write, 20, 0 },
	{ "writev", do_writev, 4, 0 }, { "append", do_append, 6, 0 },
	{ "write elsewhere", do_write_elsewhere, 4, 0 }, { "ftruncate", do_ftruncate, 6, 0 },
	{ "truncate", do_truncate, 4, 0 }, { "mapped read", do_map_read, 10, 0 },
	{ "mapped write", do_map_write, 10, 0 }, { "fsync", do_fsync, 2, 0 },
	{ "reopen", do_reopen, 4, 0 }, { "read elsewhere", do_read_elsewhere, 1, 0 },
	{ "rename", do_rename, 2, 0 }, { "link", do_link, 1, 0 },
	{ "fallocate", do_fallocate, 2, 0 }, { "punch hole", do_punch_hole, 2, 0 },
	{ "copy range", do_copy_range, 4, 0 } };

void fsx_step(struct fsx *x)
{
	size_t i, sum = 0, chosen;

	for (i = 0; i < ARRAY_LEN(operations); i++)
		sum += operations[i].weight;
	chosen = fsx_random(x, sum);
	for (i = 0; chosen >= operations[i].weight; i++)
		chosen -= operations[i].weight;
	operations[i].count++;
	operations[i].run(x);
}

void fsx_print_counts(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(operations); i++)
		printf("# %-16s %8lu\n", operations[i].name, operations[i].count);
}
