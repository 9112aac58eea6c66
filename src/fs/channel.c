/*
 * The way to the kernel, which belongs to the supervisor: it is mounted once, and serves one daemon after the
 * other. The kernel introduces itself to the first; the others hear what it said from the state, and ask it to
 * send again what the one before them did not answer.
 *
 * Notifications go through a process of their own, the notifier: the kernel lets one wait, and nobody can kill who
 * waits there, until a directory or a page is free that is locked by a program that waits for the daemon. A daemon
 * that waited there itself could not die, and no other could take its place and answer.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	NOTIFY_RESEND = 7, /* FUSE_NOTIFY_RESEND of linux/fuse.h since 6.9 */
};

/* The channel of the process: libfuse passes on what it passes to the operations. */
static ssize_t channel_read(int fd, void *buf, size_t size, void *userdata)
{
	struct fs *fs = userdata;
	struct fuse_in_header header;
	ssize_t n;

	if (!fs->introduced) {
		n = (ssize_t)state_init(fs, buf, size);
		if (n > 0) {
			fs->introduced = true;
			return n;
		}
	}
	n = read(fd, buf, size);
	if (fs->introduced || n < (ssize_t)sizeof(header))
		return n;
	memcpy(&header, buf, sizeof(header));
	if (header.opcode == FUSE_INIT) {
		state_set_init(fs, buf, (size_t)n);
		fs->introduced = true;
	}
	return n;
}

/* What is no answer has no number. */
static bool is_notification(const struct iovec *iov)
{
	struct fuse_out_header header;

	if (iov->iov_len < sizeof(header))
		return false;
	memcpy(&header, iov->iov_base, sizeof(header));
	return header.unique == 0;
}

/* The answer to the introduction is the first thing that is written; only one daemon may give it. */
static ssize_t channel_write(int fd, struct iovec *iov, int count, void *userdata)
{
	struct fs *fs = userdata;
	ssize_t n = 0;
	int i;

	if (is_notification(iov))
		return writev(fs->options->notify_fd, iov, count);
	if (atomic_load(&fs->answered))
		return writev(fd, iov, count);
	for (i = 0; i < count; i++)
		n += (ssize_t)iov[i].iov_len;
	if (!fs->resumed && writev(fd, iov, count) < 0 && errno != ENOENT)
		return -1; /* ENOENT: the last daemon died behind its answer */
	state_init_answered(fs);
	atomic_store(&fs->answered, true);
	return n;
}

/* The kernel takes one at a time. Returns false when the mount has ended. */
static bool pass_on(int channel_fd, const char *message, size_t len)
{
	struct fuse_out_header header;

	while (len >= sizeof(header)) {
		memcpy(&header, message, sizeof(header));
		if (header.len < sizeof(header) || header.len > len)
			break;
		if (write(channel_fd, message, header.len) < 0 && errno == ENODEV)
			return false; /* other errors: the kernel does not know what it is to forget */
		message += header.len;
		len -= header.len;
	}
	return true;
}

void fs_notifier(int socket, int channel_fd)
{
	static char message[NOTIFICATION_MAX];
	ssize_t n;

	/* A message leaves the socket behind its work: has_arrived() of push.c sees it there. */
	while ((n = recv(socket, message, sizeof(message), MSG_PEEK)) > 0)
		if (!pass_on(channel_fd, message, (size_t)n) || recv(socket, NULL, 0, 0) < 0)
			break;
}

int channel_attach(struct fs *fs)
{
	static const struct fuse_custom_io io = { .read = channel_read, .writev = channel_write };

	return fuse_session_custom_io(fs->se, &io, fs->options->channel_fd);
}

void channel_resume(struct fs *fs)
{
	struct fuse_out_header again = { .len = sizeof(again), .error = NOTIFY_RESEND };

	if (!fs->resumed)
		return;
	state_forget_lost(fs);
	if (write(fs->options->channel_fd, &again, sizeof(again)) < 0)
		log_err("what the last daemon did not answer is not sent again: %s",
			strerror(errno));
}
