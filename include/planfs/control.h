/*
 * What the supervisor of a mount and its daemon say to each other, over a socket pair of which the daemon has
 * one end as its descriptor CONTROL_FD. A message is one byte, and may carry descriptors.
 */
#pragma once

#include "planfs/attr.h"

#include <stddef.h>

enum {
	CONTROL_FD = 3,
	CONTROL_FDS_MAX = 2,
	DAEMON_HANDED_OVER = 75, /* exit code of a daemon that makes room for another */
};

enum control {
	CONTROL_END = 0, /* the other side has gone */

	/* to the daemon */
	CONTROL_START =
		'f', /* with the state, and the mount lock unless the mount is read-only: open the database */
	CONTROL_SERVE = 'c', /* with the channel and the way to the notifier: serve */
	CONTROL_STOP =
		's', /* the mount point is gone: serve on until all is closed; again: end now */
	CONTROL_HAND_OVER = 'h', /* exit with DAEMON_HANDED_OVER when nothing is in memory only */

	/* to the supervisor */
	CONTROL_HERE = 'a',      /* the program runs */
	CONTROL_OPENED = 'o',    /* the database is open */
	CONTROL_MOUNTED = 'm',   /* the mount answers */
	CONTROL_TERMINATE = 't', /* the daemon got the signal that ends a mount */
	CONTROL_BUSY = 'b',      /* it does not hand over: files are being written */
};

/* Send @what with @n descriptors, which stay the caller's. Returns 0 or -Exxx. Safe in a signal handler. */
int control_send(int socket, enum control what, const int *fds, size_t n) MUST_CHECK;

/*
 * Wait for a message. Returns what it is, or -Exxx. *ret_fds are up to CONTROL_FDS_MAX descriptors, close-on-exec,
 * that are the caller's now; -1 stands for none.
 */
int control_receive(int socket, int *ret_fds) MUST_CHECK;
