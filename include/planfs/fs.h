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
	bool debug; /* print every request */

	/* Called once, from a thread of the mount, when the mount point answers. */
	void (*ready)(void *arg);
	void *arg;
};

/*
 * Mount @s, which must be open exclusively unless it is read-only (and is borrowed), at the mount point and serve it until
 * it is unmounted or the process gets SIGTERM, SIGINT or SIGHUP; then everything is committed and on
 * the disk. Returns 0, or the error that prevented the mount, with a line in *ret_why.
 */
int fs_run(struct store *s, const struct fs_options *options, struct buf *ret_why) MUST_CHECK;
