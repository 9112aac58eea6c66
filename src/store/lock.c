/*
 * The mount lock is flock(2), which SQLite's fcntl(2) locks do not see. It must be taken before and given
 * back after all connections: closing any descriptor of the file drops the fcntl locks of the process.
 */
#include "store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int refuse(struct buf *ret_why, const char *path, const char *why, int err)
{
	CLEANUP(buf_done) struct buf line = { 0 };

	if (buf_printf(&line, "%s: %s", path, why) < 0)
		return -ENOMEM;
	buf_done(ret_why);
	*ret_why = buf_steal(&line);
	return err;
}

int store_lock(const char *path, int *ret_fd, struct buf *ret_why)
{
	int fd, tries;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refuse(ret_why, path, strerror(errno), -errno);
	/* Who waits in store_wait_unmounted() has the lock for a moment, too. */
	for (tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (tries == 10) {
			close(fd);
			return refuse(ret_why, path,
				"mounted already; see 'planfs status' of the database", -EBUSY);
		}
		usleep(5000);
	}
	*ret_fd = fd;
	return 0;
}

int store_wait_unmounted(const char *path, unsigned limit_ms)
{
	int fd, r = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (limit_ms < 10) {
			r = -ETIMEDOUT;
			break;
		}
		usleep(10000);
		limit_ms -= 10;
	}
	close(fd);
	return r;
}
