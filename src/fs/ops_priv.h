/* The operations, by file: what the table in session.c points to. Each replies exactly once. */
#pragma once

#include "fs_priv.h"

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_setattr(
	fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set, struct fuse_file_info *fi);
void op_statfs(fuse_req_t req, fuse_ino_t ino);
void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
	int flags);
void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);

void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_readdirplus(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void op_readlink(fuse_req_t req, fuse_ino_t ino);
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	const char *new_name, unsigned flags);

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	struct fuse_file_info *fi);
void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_write_buf(fuse_req_t req, fuse_ino_t ino, struct fuse_bufvec *in, off_t off,
	struct fuse_file_info *fi);
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_fallocate(
	fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len, struct fuse_file_info *fi);

/* --- what they share --- */

/* attr.c: how a change is made. */
enum change_kind {
	CHANGE_PLAIN,
	CHANGE_ATTR,    /* has the same effect when it is done twice */
	CHANGE_UNNAMED, /* nobody will ask who did it: it leaves no version */
	CHANGE_DURABLE, /* be on the disk */
	CHANGE_REMOVE,  /* takes away: must work on a full disk */
};

/* Run @apply as the user behind @req, waiting for a lock as a change of names may. */
int fs_change(struct fs *fs, fuse_req_t req, change_fn *apply, void *arg,
	enum change_kind kind) MUST_CHECK;

/* The same as @who. */
int fs_change_by(struct fs *fs, const struct who *who, change_fn *apply, void *arg,
	enum change_kind kind) MUST_CHECK;

/* Has the last daemon done what this request asks for, and died before it said so? Returns 1, 0 or -Exxx. */
int fs_was_done(struct fs *fs) MUST_CHECK;

/* names.c, shared with file.c: may a name in @parent be made or changed? 0, -EROFS, -EPERM, -ENAMETOOLONG. */
int check_name(int64_t parent, const char *name) MUST_CHECK;

/* names.c, shared with rename.c: @n has lost its last name; it is kept until the kernel forgets it, for those who stand in it. */
void mark_unlinked(struct fs *fs, struct node *n, const struct inode *gone);

/* The same: after a commit that took a name from @gone, see to it when that was the last. */
void after_removal(struct fs *fs, const struct inode *gone);

/* The same: owner and mode of something new in directory @parent. */
int new_inode(struct fs *fs, fuse_req_t req, int64_t parent, mode_t mode,
	struct inode *ret_inode) MUST_CHECK;
