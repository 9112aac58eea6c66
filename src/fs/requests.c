/* How many requests of each kind the kernel has sent: what a program costs, shown by 'planfs status'. */
#include "fs_priv.h"

#include <linux/fuse.h>
#include <string.h>

enum { OTHER = 0 }; /* the kernel numbers kinds from 1 */

static const char *const names[REQUEST_KINDS] = {
	[OTHER] = "OTHER",
	[FUSE_LOOKUP] = "LOOKUP",
	[FUSE_FORGET] = "FORGET",
	[FUSE_GETATTR] = "GETATTR",
	[FUSE_SETATTR] = "SETATTR",
	[FUSE_READLINK] = "READLINK",
	[FUSE_SYMLINK] = "SYMLINK",
	[FUSE_MKNOD] = "MKNOD",
	[FUSE_MKDIR] = "MKDIR",
	[FUSE_UNLINK] = "UNLINK",
	[FUSE_RMDIR] = "RMDIR",
	[FUSE_RENAME] = "RENAME",
	[FUSE_LINK] = "LINK",
	[FUSE_OPEN] = "OPEN",
	[FUSE_READ] = "READ",
	[FUSE_WRITE] = "WRITE",
	[FUSE_STATFS] = "STATFS",
	[FUSE_RELEASE] = "RELEASE",
	[FUSE_FSYNC] = "FSYNC",
	[FUSE_SETXATTR] = "SETXATTR",
	[FUSE_GETXATTR] = "GETXATTR",
	[FUSE_LISTXATTR] = "LISTXATTR",
	[FUSE_REMOVEXATTR] = "REMOVEXATTR",
	[FUSE_FLUSH] = "FLUSH",
	[FUSE_OPENDIR] = "OPENDIR",
	[FUSE_READDIR] = "READDIR",
	[FUSE_FSYNCDIR] = "FSYNCDIR",
	[FUSE_CREATE] = "CREATE",
	[FUSE_BATCH_FORGET] = "BATCH_FORGET",
	[FUSE_FALLOCATE] = "FALLOCATE",
	[FUSE_READDIRPLUS] = "READDIRPLUS",
	[FUSE_RENAME2] = "RENAME2",
};

/* Of the request that this thread answers. */
static _Thread_local struct fuse_in_header caller;

void requests_caller(uint32_t *ret_uid, uint32_t *ret_gid, pid_t *ret_pid)
{
	*ret_uid = caller.uid;
	*ret_gid = caller.gid;
	*ret_pid = (pid_t)caller.pid;
}

uint64_t requests_count(struct fs *fs, const void *request, size_t len)
{
	struct fuse_in_header h;
	bool known;

	if (len < sizeof(h))
		return 0;
	memcpy(&h, request, sizeof(h));
	caller = h;
	known = h.opcode < REQUEST_KINDS && names[h.opcode];
	atomic_fetch_add_explicit(&fs->requests[known ? h.opcode : OTHER], 1, memory_order_relaxed);
	return h.unique;
}

int requests_each(struct fs *fs, view_number_fn *fn, void *arg)
{
	size_t i;
	int r = 0;

	for (i = 0; i < REQUEST_KINDS && r == 0; i++) {
		uint64_t n = atomic_load(&fs->requests[i]);

		if (n > 0)
			r = fn(arg, names[i], (int64_t)n);
	}
	return r;
}
