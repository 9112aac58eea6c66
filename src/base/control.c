/* Messages between a supervisor and its daemon; see planfs/control.h. */
#include "planfs/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union ancillary {
	struct cmsghdr align;
	char space[CMSG_SPACE(CONTROL_FDS_MAX * sizeof(int))];
};

int control_send(int socket, enum control what, const int *fds, size_t n)
{
	union ancillary ancillary = { 0 };
	char byte = (char)what;
	struct iovec text = { &byte, 1 };
	struct msghdr m = { .msg_iov = &text, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t sent;

	if (n > 0) {
		m.msg_control = ancillary.space;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	do {
		sent = sendmsg(socket, &m, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int control_receive(int socket, int *ret_fds)
{
	union ancillary ancillary = { 0 };
	char byte = CONTROL_END;
	struct iovec text = { &byte, 1 };
	struct msghdr m = { .msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = ancillary.space,
		.msg_controllen = sizeof(ancillary.space) };
	struct cmsghdr *c;
	ssize_t got;

	memset(ret_fds, -1, CONTROL_FDS_MAX * sizeof(int));
	do {
		got = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return byte;
}
