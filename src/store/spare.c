/*
 * Space for a full disk. Even a removal writes, so on a full disk nothing could be removed through the
 * mount. A file beside the database keeps some space, which is given up when a removal finds none.
 */
#include "store_leader_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	SPARE_BYTES = 2 << 20, /* some ten thousand removals: the log is used again and again */
	RETRY_NS = 1000000000,
};

/* To be called before the file is made: is there so much that it takes nothing from anybody? */
static bool disk_has_room(const struct store *s)
{
	struct statvfs v;

	return statvfs(s->path, &v) == 0 && v.f_bavail > 4 * (uint64_t)SPARE_BYTES / v.f_frsize;
}

static int make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fallocate(fd, 0, 0, SPARE_BYTES) < 0)
		r = -errno;
	close(fd);
	if (r < 0)
		unlink(path);
	return r;
}

static int file_path(const struct store *s, struct buf *ret_path)
{
	return buf_printf(ret_path, "%s-reserve", s->path);
}

bool spare_is_due(const struct store *s)
{
	return s->exclusive && !s->has_spare && clock_now() >= s->spare_after;
}

void spare_tend(struct store *s)
{
	CLEANUP(buf_done) struct buf path = { 0 };

	if (!spare_is_due(s))
		return;
	s->spare_after = clock_now() + RETRY_NS;
	if (!disk_has_room(s) || file_path(s, &path) < 0)
		return;
	s->has_spare = make_file(buf_str(&path)) == 0;
	if (!s->has_spare)
		s->spare_after = INT64_MAX; /* a file system that cannot: not asked again */
}

static void remove_file(struct store *s)
{
	CLEANUP(buf_done) struct buf path = { 0 };

	if (s->has_spare && file_path(s, &path) == 0)
		unlink(buf_str(&path));
	s->has_spare = false;
}

void spare_give_up(struct store *s)
{
	if (s->has_spare)
		log_warn("%s: the disk is full; removing files works, saving does not", s->path);
	remove_file(s);
	s->spare_after = clock_now() + RETRY_NS;
	checkpoint_run(s); /* the log can be used again from its beginning */
}

void spare_done(struct store *s)
{
	remove_file(s);
}
