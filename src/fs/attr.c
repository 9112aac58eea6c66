/* Lookups, attributes and numbers of the file system. */
#include "ops_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum {
	BLOCK = 4096,
	VIEW_MARGIN = 4096, /* by how much a view may grow between its lookup and its reading */

	/* bits of the node number of a view on a read-only mount that are no part of its id */
	TURN_SHIFT = VIEW_VOLATILE_BITS,
	TURN_MASK = (1 << 17) - 1,
	TURNS = TURN_MASK,
};

static struct timespec timespec_of(int64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += 1000000000;
	}
	return ts;
}

/* From the year 1677 to 2262: what is beyond becomes the first or the last moment. */
static int64_t ns_of(const struct timespec *ts)
{
	int64_t ns;

	if (__builtin_mul_overflow((int64_t)ts->tv_sec, INT64_C(1000000000), &ns) ||
		__builtin_add_overflow(ns, (int64_t)ts->tv_nsec, &ns))
		return ts->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

struct stat attr_stat(const struct inode *i)
{
	return (struct stat){
		.st_ino = (ino_t)i->id,
		.st_mode = i->mode,
		.st_nlink = i->nlink,
		.st_uid = i->uid,
		.st_gid = i->gid,
		.st_rdev = (dev_t)i->rdev,
		.st_size = i->size,
		.st_blksize = BLOCK,
		.st_blocks = (i->size + 511) / 512,
		.st_atim = timespec_of(i->atime),
		.st_mtim = timespec_of(i->mtime),
		.st_ctim = timespec_of(i->ctime),
	};
}

static bool may_change(int64_t id)
{
	return view_is_view(id) && !view_is_fixed(id);
}

/*
 * A read-only mount hears of versions only, so that another mount's scratch files come and go unheard; a view
 * may always be another one.
 */
static double entry_seconds(struct fs *fs, const char *name)
{
	return fs->options->readonly && name_is_scratch(name) ? 0.0 : CACHE_SECONDS;
}

static struct fuse_entry_param view_entry_param(struct fs *fs, const struct inode *inode)
{
	struct view_entry about = view_entry(&fs->views, inode->id);

	return (struct fuse_entry_param){
		.ino = (fuse_ino_t)inode->id,
		.generation = about.generation,
		.attr = attr_stat(inode),
		.attr_timeout = about.attr_seconds,
		.entry_timeout = about.name_is_fixed ? CACHE_SECONDS : 0.0,
	};
}

struct fuse_entry_param attr_entry(struct fs *fs, const char *name, const struct inode *inode)
{
	bool is_view = view_is_view(inode->id);
	double seconds = is_view ? 0.0 : entry_seconds(fs, name);
	struct fuse_entry_param entry = {
		.ino = (fuse_ino_t)inode->id,
		.attr = attr_stat(inode),
		.attr_timeout = seconds,
		.entry_timeout = seconds,
	};

	if (is_view)
		entry = view_entry_param(fs, inode);

	if (fs->options->readonly && may_change(inode->id) && S_ISREG(inode->mode)) {
		/*
		 * Nothing is opened there, so that the kernel keeps the text for as long as it has the node:
		 * each lookup gives a new one. A text that is shorter than announced ends where it ends.
		 */
		entry.ino |= (atomic_fetch_add(&fs->turns, 1) % TURNS + 1) << TURN_SHIFT;
		entry.attr.st_size += VIEW_MARGIN;
		entry.attr_timeout = CACHE_SECONDS;
	}
	return entry;
}

int64_t attr_id(fuse_ino_t ino)
{
	int64_t id = (int64_t)ino;

	return may_change(id) ? id & ~((int64_t)TURN_MASK << TURN_SHIFT) : id;
}

int fs_change_by(
	struct fs *fs, const struct who *who, change_fn *apply, void *arg, enum change_kind kind)
{
	const struct change change = {
		.apply = apply,
		.arg = arg,
		.author = who->author,
		.program = who->program,
		.durable = kind == CHANGE_DURABLE,
		.removes = kind == CHANGE_REMOVE,
		.request = kind == CHANGE_ATTR ? 0 : loop_request(),
		.wait_ms = WAIT_NAME_MS,
	};

	return run_change(fs, &change);
}

int fs_change(struct fs *fs, fuse_req_t req, change_fn *apply, void *arg, enum change_kind kind)
{
	struct who who = { 0 };

	if (apply && kind != CHANGE_UNNAMED)
		who_asks(fs, req, &who);
	return fs_change_by(fs, &who, apply, arg, kind);
}

int fs_was_done(struct fs *fs)
{
	return loop_is_sent_again() ? store_request_is_done(fs->store, loop_request()) : 0;
}

bool attr_from_memory(struct fs *fs, int64_t id, bool unstored, struct inode *ret_inode)
{
	struct node *n = node_find(fs, id);
	bool found;

	if (!n)
		return false;
	pthread_mutex_lock(&n->lock);
	found = unstored ? n->dirty && !n->in_db : n->dirty || n->unlinked;
	if (found)
		*ret_inode = n->inode;
	pthread_mutex_unlock(&n->lock);
	node_put(fs, n);
	return found;
}

/*
 * A commit that ends between our look at the database and that at the memory would show neither the one
 * nor the other state, and the kernel would keep it: look again then.
 */
int attr_get(struct fs *fs, int64_t id, struct inode *ret_inode)
{
	struct inode inode;
	unsigned long long commits;
	bool from_memory;
	int r;

	if (view_is_view(id))
		return view_get(&fs->views, id, ret_inode);
	if (attr_from_memory(fs, id, true, ret_inode))
		return 0;
	do {
		commits = atomic_load(&fs->commits);
		r = store_get(fs->store, id, &inode);
		from_memory = r == -ENOENT ? attr_from_memory(fs, id, false, &inode)
					   : r == 0 && node_overlay(fs, &inode);
	} while (!from_memory && commits != atomic_load(&fs->commits));
	if (r == 0 || from_memory)
		*ret_inode = inode;
	return from_memory ? 0 : r;
}

int attr_lookup(struct fs *fs, int64_t parent, const char *name, struct inode *ret_inode)
{
	unsigned long long commits;
	struct node *n;
	int r;

	if (view_is_view(parent))
		return view_lookup(&fs->views, parent, name, ret_inode);
	if (parent == STORE_ROOT && strcmp(name, NAME_VIEWS) == 0)
		return view_get(&fs->views, VIEW_ROOT, ret_inode);
	n = node_find_pending(fs, parent, name);
	if (n) {
		r = attr_get(fs, n->id, ret_inode);
		node_put(fs, n);
		return r;
	}
	do {
		commits = atomic_load(&fs->commits);
		r = store_lookup(fs->store, parent, name, ret_inode);
	} while (!(r == 0 && node_overlay(fs, ret_inode)) && commits != atomic_load(&fs->commits));
	return r;
}

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry;
	struct fs *fs = req_fs(req);
	struct inode inode;
	int r;

	if (strlen(name) > NAME_BYTES_MAX) {
		fuse_reply_err(req, ENAMETOOLONG);
		return;
	}
	r = attr_lookup(fs, (int64_t)parent, name, &inode);
	if (r == -ENOENT) {
		/* the kernel may remember that there is nothing, until we say otherwise */
		entry = (struct fuse_entry_param){
			.entry_timeout = may_change((int64_t)parent) ? 0.0 : entry_seconds(fs, name)
		};
		fuse_reply_entry(req, &entry);
		return;
	}
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	entry = attr_entry(fs, name, &inode);
	fuse_reply_entry(req, &entry);
}

static void reply_inode(fuse_req_t req, const struct inode *inode, bool sure)
{
	struct stat st = attr_stat(inode);
	double seconds = view_is_view(inode->id)
				 ? view_entry(&req_fs(req)->views, inode->id).attr_seconds
				 : CACHE_SECONDS;

	fuse_reply_attr(req, &st, sure ? seconds : 0.0);
}

void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct inode inode;
	int r = attr_get(req_fs(req), attr_id(ino), &inode);

	(void)fi;
	if (r < 0) /* stale: the kernel looks the name up again, and a new file can take it */
		fuse_reply_err(req, r == -ENOENT ? ESTALE : -r);
	else
		reply_inode(req, &inode, true);
}

/* What setattr(2) and its kin ask for. */
struct wish {
	const struct stat *st;
	int to_set; /* FUSE_SET_ATTR_* */
};

static void apply_wish(const struct wish *w, struct inode *i)
{
	int64_t now = store_now();

	if (w->to_set & FUSE_SET_ATTR_MODE)
		i->mode = (i->mode & S_IFMT) | (w->st->st_mode & 07777);
	if (w->to_set & FUSE_SET_ATTR_UID)
		i->uid = w->st->st_uid;
	if (w->to_set & FUSE_SET_ATTR_GID)
		i->gid = w->st->st_gid;
	if (w->to_set & FUSE_SET_ATTR_ATIME)
		i->atime = w->to_set & FUSE_SET_ATTR_ATIME_NOW ? now : ns_of(&w->st->st_atim);
	if (w->to_set & FUSE_SET_ATTR_MTIME)
		i->mtime = w->to_set & FUSE_SET_ATTR_MTIME_NOW ? now : ns_of(&w->st->st_mtim);
	i->ctime = now;
}

struct set_attr {
	int64_t id;
	const struct wish *wish;
	struct inode inode; /* out */
};

static int apply_set_attr(struct txn *t, void *arg)
{
	struct set_attr *a = arg;
	int r;

	r = txn_get(t, a->id, &a->inode);
	if (r < 0)
		return r;
	apply_wish(a->wish, &a->inode);
	return txn_set_attr(t, &a->inode);
}

/* Change the length. By name (no @fi), or of a file that nobody has open, it is committed at once. */
static int set_size(fuse_req_t req, struct node *n, int64_t size, const struct fuse_file_info *fi,
	struct inode *ret_inode)
{
	struct fs *fs = req_fs(req);
	int r;

	who_changes(fs, req, n, fi);
	push_settle(fs, n->id);
	pthread_mutex_lock(&n->lock);
	r = text_resize(fs, n, size);
	*ret_inode = n->inode;
	pthread_mutex_unlock(&n->lock);
	if (r == 0 && (!fi || !node_in_use(fs, n->id))) {
		r = commit_node(fs, req, n, COMMIT_CLOSE);
		commit_give_up(fs, n);
	}
	return r;
}

/* Change @n in memory when it is dirty: it is stored with the text. Returns whether that was so. */
static bool set_in_memory(struct node *n, const struct wish *wish, struct inode *ret_inode)
{
	bool dirty;

	pthread_mutex_lock(&n->lock);
	dirty = n->dirty;
	if (dirty) {
		apply_wish(wish, &n->inode);
		n->set |= wish->to_set;
		n->change++;
		*ret_inode = n->inode;
	}
	pthread_mutex_unlock(&n->lock);
	return dirty;
}

/* The file may have become dirty, with its old attributes, while the transaction waited. */
static void set_again(struct fs *fs, int64_t id, const struct wish *wish, struct inode *ret_inode)
{
	struct node *n = node_find(fs, id);

	if (n && set_in_memory(n, wish, ret_inode))
		log_dbg("file %lld is being written while its attributes change", (long long)id);
	node_put(fs, n);
}

/* *ret_inode is what was set, which others may have changed since. */
static int set_attributes(fuse_req_t req, int64_t id, const struct wish *wish,
	const struct fuse_file_info *fi, struct inode *ret_inode)
{
	struct set_attr a = { .id = id, .wish = wish };
	struct fs *fs = req_fs(req);
	struct node *n;
	bool done;
	int r = 0;

	n = wish->to_set & FUSE_SET_ATTR_SIZE ? node_get(fs, id) : node_find(fs, id);
	if (wish->to_set & FUSE_SET_ATTR_SIZE)
		r = n ? set_size(req, n, wish->st->st_size, fi, ret_inode) : -ENOMEM;
	if (r == 0 && (wish->to_set & ~(FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_CTIME))) {
		done = n && set_in_memory(n, wish, ret_inode);
		if (!done)
			r = fs_change(fs, req, apply_set_attr, &a, CHANGE_ATTR);
		if (!done && r == 0) {
			*ret_inode = a.inode;
			set_again(fs, id, wish, ret_inode);
		}
	}
	node_put(fs, n);
	return r;
}

/* The change is made, so that no lack of memory may make it look like a failure: @set is what we know then. */
static void reply_changed(fuse_req_t req, int64_t id, const struct inode *set)
{
	struct inode inode = *set;
	int r = attr_get(req_fs(req), id, &inode);

	if (r < 0 && set->id != id)
		fuse_reply_err(req, -r);
	else /* what may be old is not to be kept */
		reply_inode(req, &inode, r == 0);
}

void op_setattr(
	fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set, struct fuse_file_info *fi)
{
	const struct wish wish = { st, to_set };
	struct inode inode = { 0 };
	int r = -EROFS;

	if (!view_is_view((int64_t)ino))
		r = set_attributes(req, (int64_t)ino, &wish, fi, &inode);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		reply_changed(req, attr_id(ino), &inode);
}

void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct fs *fs = req_fs(req);
	struct store_status status;
	struct statvfs v;
	int r;

	(void)ino;
	r = store_get_status(fs->store, &status);
	if (r == 0 && statvfs(store_path(fs->store), &v) < 0)
		r = -errno;
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	/* Space is that of the disk below; inode numbers are ours and do not run out. */
	v.f_files = (fsfilcnt_t)status.inodes + UINT32_MAX;
	v.f_ffree = v.f_favail = UINT32_MAX;
	v.f_namemax = NAME_BYTES_MAX;
	fuse_reply_statfs(req, &v);
}
