/* The life of a mount: mounting, serving, unmounting. */
#include "ops_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKGROUND_MAX = 512 };

static void op_init(void *arg, struct fuse_conn_info *conn)
{
	static const unsigned wanted = FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_PARALLEL_DIROPS |
				       FUSE_CAP_READDIRPLUS | FUSE_CAP_CACHE_SYMLINKS |
				       FUSE_CAP_ASYNC_READ;
	/* The writeback cache would hide sizes and errors, auto-invalidation the pages we keep. A
	 * request that is spliced is a pipe, and costs two more system calls. */
	static const unsigned unwanted = FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_READDIRPLUS_AUTO |
					 FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_SPLICE_READ;
	struct fs *fs = arg;

	conn->want |= conn->capable & wanted;
	conn->want &= ~unwanted;
	if (fs->options->readonly) /* for what changes unheard: see attr_entry() */
		conn->want |= conn->capable & FUSE_CAP_AUTO_INVAL_DATA;
	else
		conn->want |= conn->capable & FUSE_CAP_EXPLICIT_INVAL_DATA;
	conn->max_readahead = conn->max_write;
	/* Releases that wait for another program's lock must not use up what the kernel lets be under way. */
	conn->max_background = BACKGROUND_MAX;
	fs->expire_only = (conn->capable & FUSE_CAP_EXPIRE_ONLY) != 0;
	fs->started = store_now();
	channel_resume(fs);
	fs->options->ready(fs->options->arg);
}

/* Nodes are numbered by the database: only what was removed is kept for the kernel's references. */
static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	(void)count;
	node_forget(req_fs(req), (int64_t)ino);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	size_t i;

	for (i = 0; i < count; i++)
		node_forget(req_fs(req), (int64_t)forgets[i].ino);
	fuse_reply_none(req);
}

/* Locks are left to the kernel: getlk, setlk and flock are not set. */
static const struct fuse_lowlevel_ops fs_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.statfs = op_statfs,
	.getxattr = op_getxattr,
	.setxattr = op_setxattr,
	.listxattr = op_listxattr,
	.removexattr = op_removexattr,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.fsyncdir = op_fsyncdir,
	.mkdir = op_mkdir,
	.mknod = op_mknod,
	.symlink = op_symlink,
	.readlink = op_readlink,
	.link = op_link,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.rename = op_rename,
	.create = op_create,
	.open = op_open,
	.read = op_read,
	.write_buf = op_write_buf,
	.flush = op_flush,
	.fsync = op_fsync,
	.release = op_release,
	.fallocate = op_fallocate,
};

static void mount_status(void *arg, struct view_mount *ret_mount)
{
	struct fs *fs = arg;
	struct node **all, **at;

	*ret_mount = (struct view_mount){ .mountpoint = fs->options->mountpoint,
		.started = fs->started,
		.supervisor = getppid(),
		.restarts = fs->generation,
		.resumes = fs_state_can_resume(fs->options->state_fd) };
	all = node_all(fs);
	for (at = all; at && *at; at++) {
		pthread_mutex_lock(&(*at)->lock);
		ret_mount->open_files += !(*at)->unlinked;
		ret_mount->dirty_files += (*at)->dirty && !(*at)->unlinked;
		pthread_mutex_unlock(&(*at)->lock);
		node_put(fs, *at);
	}
	free(all);
}

static int mount_requests(void *arg, view_number_fn *fn, void *fn_arg)
{
	return requests_each(arg, fn, fn_arg);
}

/*
 * The kernel drops the last releases when it unmounts: store what they would have stored. @open: files
 * may still be open, so that a text may be half written: their old text stands.
 */
static void commit_all(struct fs *fs, bool open)
{
	struct node **all, **at;

	all = node_all(fs);
	if (!all)
		log_err("no memory: files that are not stored keep their old text");
	for (at = all; at && *at; at++) {
		struct node *n = *at;

		if (open && node_in_use(fs, n->id))
			log_warn("file %lld was open when the mount ended; its old text stands",
				(long long)n->id);
		else if (commit_node(fs, NULL, n, COMMIT_CLOSE) < 0)
			log_err("file %lld could not be stored; its old text stands",
				(long long)n->id);
		node_put(fs, n);
	}
	free(all);
}

static int purge_all(struct txn *t, void *arg)
{
	(void)arg;
	return txn_purge_all(t);
}

/* When nobody has a file open: what a crash or the last release left without a name. */
static void purge_unlinked(struct fs *fs)
{
	const struct change purge = { .apply = purge_all, .wait_ms = WAIT_TEXT_MS };
	int r = fs->options->readonly ? 0 : store_change(fs->store, &purge);

	if (r < 0)
		log_warn("unlinked files stay until the next mount: %s", strerror(-r));
}

/* libfuse's last words, for our own message. */
static char fuse_words[256];

PRINTF_LIKE(2, 0)
static void on_fuse_log(enum fuse_log_level level, const char *format, va_list args)
{
	if (level > FUSE_LOG_WARNING) {
		vfprintf(stderr, format, args); /* what -o debug prints */
		return;
	}
	vsnprintf(fuse_words, sizeof(fuse_words), format, args);
	fuse_words[strcspn(fuse_words, "\n")] = '\0';
	log_dbg("%s", fuse_words);
}

/* fuse_opt splits at commas; a backslash takes their meaning. */
static int add_escaped(struct buf *b, const char *s)
{
	int r = 0;

	for (; *s && r == 0; s++)
		r = strchr(",\\", *s) ? buf_printf(b, "\\%c", *s) : buf_add(b, s, 1);
	return r;
}

/* Options of the mount: @mounting, or those that libfuse must know to serve. */
static int make_args(
	const struct fs_options *o, const char *db, bool mounting, struct fuse_args *ret_args)
{
	CLEANUP(buf_done) struct buf options = { 0 };
	int r = 0;

	if (mounting) {
		r = buf_printf(&options,
			"subtype=planfs,default_permissions,nosuid,nodev%s%s%s,fsname=",
			o->readonly ? ",ro" : "", o->mount_options[0] ? "," : "", o->mount_options);
		if (r == 0)
			r = add_escaped(&options, db);
	}
	if (r < 0)
		return r;
	if (fuse_opt_add_arg(ret_args, "planfs") ||
		(mounting && (fuse_opt_add_arg(ret_args, "-o") ||
				     fuse_opt_add_arg(ret_args, buf_str(&options)))) ||
		(!mounting && o->debug && fuse_opt_add_arg(ret_args, "-d")))
		return -ENOMEM;
	return 0;
}

static int make_session(
	const struct fs_options *o, const char *db, struct fs *fs, struct fuse_session **ret_se)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_lowlevel_ops ops = fs_ops;
	struct fuse_session *se = NULL;
	int r;

	if (o->no_xattr) { /* libfuse says ENOSYS, and the kernel does not ask again */
		ops.getxattr = NULL;
		ops.listxattr = NULL;
		ops.setxattr = NULL;
		ops.removexattr = NULL;
	}
	r = make_args(o, db, fs == NULL, &args);
	if (r == 0) {
		se = fuse_session_new(&args, &ops, sizeof(ops), fs);
		r = se ? 0 : -EINVAL;
	}
	fuse_opt_free_args(&args);
	if (r == 0)
		*ret_se = se;
	return r;
}

/* libfuse mounts; the session that did it serves nothing, and lives until the process ends. */
int fs_mount(const struct fs_options *options, const char *db, int *ret_fd, struct buf *ret_why)
{
	struct fuse_session *se = NULL;
	int r;

	fuse_set_log_func(on_fuse_log);
	r = make_session(options, db, NULL, &se);
	if (r < 0) {
		if (buf_printf(ret_why, "mount options '%s': %s", options->mount_options,
			    fuse_words) < 0)
			return -ENOMEM;
		return r;
	}
	if (fuse_session_mount(se, options->mountpoint) < 0) {
		fuse_session_destroy(se);
		r = buf_printf(ret_why, "cannot mount at %s: %s", options->mountpoint, fuse_words);
		return r < 0 ? r : -EACCES;
	}
	*ret_fd = fuse_session_fd(se);
	return 0;
}

static int run_session(struct fs *fs)
{
	int r;

	r = notify_start(fs);
	if (r == 0)
		r = stop_start(fs);
	if (r == 0)
		r = loop_run(&fs->loop);
	stop_stop(fs);
	commit_all(fs, r < 0 || fs->stop_forced); /* before: the notifier may wait for the kernel */
	notify_stop(fs);
	if (r < 0) /* the mount stays, and answers ENOTCONN: nothing may be saved into the directory below it */
		log_err("the mount ends: %s", strerror(-r));
	return r;
}

static struct fs *fs_new(struct store *s, const struct fs_options *options)
{
	struct fs *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return NULL;
	fs->store = s;
	fs->options = options;
	fs->served_fd = -1;
	fs->knows_processes = who_is_visible();
	fs->views = (struct view_source){ .store = s,
		.mount_status = mount_status,
		.mount_requests = mount_requests,
		.reader = fs_reader,
		.arg = fs };
	pthread_mutex_init(&fs->table_lock, NULL);
	pthread_mutex_init(&fs->marks_lock, NULL);
	pthread_mutex_init(&fs->views_lock, NULL);
	pthread_mutex_init(&fs->authors_lock, NULL);
	pthread_mutex_init(&fs->sights.lock, NULL);
	pthread_mutex_init(&fs->notify_lock, NULL);
	pthread_mutex_init(&fs->purge_lock, NULL);
	return fs;
}

static int attach_and_run(struct fs *fs)
{
	int r;

	r = make_session(fs->options, store_path(fs->store), fs, &fs->se);
	if (r < 0)
		return r;
	r = loop_init(&fs->loop, fs);
	if (r == 0)
		r = channel_attach(fs);
	if (r == 0)
		r = run_session(fs);
	loop_done(&fs->loop);
	fuse_session_destroy(fs->se);
	return r;
}

int fs_run(struct store *s, const struct fs_options *options)
{
	struct fs *fs = fs_new(s, options);
	int r;

	if (!fs)
		return -ENOMEM;
	fuse_set_log_func(on_fuse_log);
	store_set_wait_hook(loop_step_aside);
	r = view_memory_new(&fs->views.memory);
	if (r == 0)
		r = state_open(fs);
	if (r == 0)
		r = push_start(fs);
	if (r == 0) {
		fs->views.slots = state_slots(fs);
		if (!fs->resumed) /* else files may be open of which we have not heard */
			purge_unlinked(fs);
		r = attach_and_run(fs);
		purge_unlinked(fs);
	}
	state_close(fs);
	push_stop(fs);
	sight_done(fs);
	view_memory_free(fs->views.memory);
	free(fs->purge);
	free(fs);
	return r;
}
