/* Extended attributes. */
#include "ops_priv.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>

/* user.* belongs to everybody, trusted.* and security.* are kept for root's backups; ACLs are not. */
static int check_xattr_name(const char *name)
{
	static const char *const kept[] = { "user.", "trusted.", "security." };
	size_t i;

	if (strlen(name) > XATTR_NAME_MAX)
		return -ERANGE;
	for (i = 0; i < ARRAY_LEN(kept); i++)
		if (strncmp(name, kept[i], strlen(kept[i])) == 0)
			return 0;
	return -EOPNOTSUPP;
}

static void reply_bytes(fuse_req_t req, int r, const struct buf *b, size_t size)
{
	if (r < 0)
		fuse_reply_err(req, -r);
	else if (size == 0)
		fuse_reply_xattr(req, b->len);
	else if (b->len > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, b->data, b->len);
}

void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	CLEANUP(buf_done) struct buf value = { 0 };
	struct inode inode;
	int r;

	r = check_xattr_name(name);
	if (r == 0 && (view_is_view((int64_t)ino) ||
			      attr_from_memory(req_fs(req), (int64_t)ino, true, &inode)))
		r = -ENODATA; /* a file without a row has none */
	if (r == 0)
		r = store_get_xattr(req_fs(req)->store, (int64_t)ino, name, &value);
	/* Nothing is labelled but what came labelled. ls -l, which is told so, asks no more in its run. */
	if (r == -ENODATA && strcmp(name, "security.selinux") == 0)
		r = -EOPNOTSUPP;
	reply_bytes(req, r, &value, size);
}

void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	CLEANUP(buf_done) struct buf names = { 0 };
	int r = 0;

	if (!view_is_view((int64_t)ino))
		r = store_list_xattr(req_fs(req)->store, (int64_t)ino, &names);
	reply_bytes(req, r, &names, size);
}

struct set_xattr {
	int64_t id;
	const char *name;
	struct text value;
	int flags;
};

static int apply_set_xattr(struct txn *t, void *arg)
{
	struct set_xattr *x = arg;

	return txn_set_xattr(t, x->id, x->name, &x->value, x->flags);
}

static int apply_remove_xattr(struct txn *t, void *arg)
{
	struct set_xattr *x = arg;

	return txn_remove_xattr(t, x->id, x->name);
}

/* An attribute needs a row to belong to: store a file that is only in memory first. */
static int change_xattr(fuse_req_t req, struct set_xattr *x, change_fn *apply)
{
	struct fs *fs = req_fs(req);
	int r;

	r = check_xattr_name(x->name);
	if (r == 0 && view_is_view(x->id))
		r = -EROFS;
	if (r < 0)
		return r;
	r = fs_was_done(fs);
	if (r != 0)
		return r < 0 ? r : 0;
	r = store_pending(fs, req, x->id);
	return r < 0 ? r : fs_change(fs, req, apply, x, CHANGE_UNNAMED);
}

void op_setxattr(
	fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags)
{
	struct set_xattr x = { (int64_t)ino, name, { value, size }, flags };

	fuse_reply_err(req, -change_xattr(req, &x, apply_set_xattr));
}

void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct set_xattr x = { .id = (int64_t)ino, .name = name };

	fuse_reply_err(req, -change_xattr(req, &x, apply_remove_xattr));
}
