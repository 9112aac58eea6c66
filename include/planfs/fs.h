/*
 * The mount: serves a database through FUSE until it is unmounted.
 */
#pragma once

#include "planfs/store.h"

/* When close() waits for the disk; docs/tree.md. fsync() always does. */
enum fs_durability {
	FS_DURABLE_REPLACE, /* when text that was there before is replaced: the default */
	FS_DURABLE_CLOSE,   /* always */
	FS_DURABLE_FSYNC,   /* never */
};

#define FS_MAX_FILE_SIZE (INT64_C(64) << 20) /* the default limit of one file, bytes */

struct fs_options {
	const char *mountpoint;    /* borrowed; absolute */
	const char *mount_options; /* for the kernel, comma-separated: "allow_other,noatime"; "" */
	enum fs_durability durability;
	int64_t max_file_size; /* bytes; more is -EFBIG */
	bool readonly;
	bool no_xattr; /* extended attributes are neither shown nor taken, so that nobody asks for them */
	bool debug; /* print every request */

	/* What the supervisor holds, borrowed: the way to the kernel, and what outlives a daemon. */
	int channel_fd, state_fd;
	int notify_fd;  /* the way to the notifier: a socket that keeps messages apart */
	int latency_fd; /* of /dev/cpu_dma_latency, or -1: see awake.c */
	int control_fd; /* the way to the supervisor: planfs/control.h */

	/* Called once, from a thread of the mount, when the mount point answers. */
	void (*ready)(void *arg);
	void *arg;
};

/*
 * The supervisor's part. Make the memory that outlives a daemon: returns 0 and *ret_fd. Mount the database @db: returns 0
 * and *ret_fd, the way to the kernel, which keeps the mount alive as long as it is open; or the error with a line in
 * *ret_why.
 */
int fs_state_new(int *ret_fd) MUST_CHECK;
int fs_mount(const struct fs_options *options, const char *db, int *ret_fd,
	struct buf *ret_why) MUST_CHECK;

/*
 * The notifier, a process of its own: pass what comes from @socket on to the kernel, until the mount has ended or
 * nobody has the other end. Holds no lock of the database, and may be stuck until a daemon answers.
 */
void fs_notifier(int socket, int channel_fd);

/* The session of @state_fd, for struct store_options. Returns 0, -EPROTONOSUPPORT when another version made it. */
int fs_state_session(int state_fd, int64_t *ret_session) MUST_CHECK;

/* Can another daemon go on where one died? Kernels before 6.9 do not send again what was not answered. */
bool fs_state_can_resume(int state_fd);

/*
 * The daemon's part: serve @s, which must be open exclusively unless it is read-only (and is borrowed), until it is
 * unmounted or the supervisor says CONTROL_STOP; then everything is committed. SIGTERM, SIGINT and SIGHUP are passed
 * to the supervisor, CONTROL_HAND_OVER ends the process. Returns 0, or the error that ended the mount (logged).
 */
int fs_run(struct store *s, const struct fs_options *options) MUST_CHECK;
