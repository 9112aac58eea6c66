/* What the files of src/fs share. */
#pragma once

#include "planfs/clock.h"
#include "planfs/fs.h"
#include "planfs/view.h"

#include "fs_loop_priv.h"
#include "fs_node_priv.h"
#include "fs_push_priv.h"
#include "fs_who_priv.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	/*
	 * How long a request waits for another program's write lock. The kernel holds the lock of the
	 * directory while a name changes, so that others who list it wait too: less for names than
	 * for texts.
	 */
	WAIT_NAME_MS = 10000,
	WAIT_TEXT_MS = 20000,
	NODE_BUCKETS = 4096,
};

/* The kernel keeps entries and attributes until we invalidate them (notify.c). */
#define CACHE_SECONDS 86400.0

struct invalid; /* notify.c */
struct state;   /* state.c */
struct open_view;

enum { REQUEST_KINDS = 64 }; /* more than the kernel has */

struct uid_name {
	uid_t uid;
	char name[64]; /* "" when the place is free */
};

struct fs {
	struct store *store; /* borrowed */
	const struct fs_options *options;
	struct fuse_session *se;
	struct view_source views;
	atomic_ullong commits; /* ended so far: see attr_get() */
	atomic_ullong turns;   /* see attr_entry() */
	int64_t started;       /* ns */
	bool expire_only;      /* the kernel knows FUSE_EXPIRE_ONLY */

	pthread_mutex_t table_lock; /* guards the table, pending, and the marked fields of nodes */
	struct node *buckets[NODE_BUCKETS];
	struct node *pending;
	unsigned n_nodes;

	bool knows_processes; /* /proc has the numbers that the kernel tells us */
	pthread_mutex_t authors_lock;
	struct uid_name authors[16];

	struct sights sights;

	pthread_mutex_t views_lock; /* guards the list; open_view.c */
	struct open_view *open_views;

	/* state.c: what the supervisor keeps, and what it kept for us */
	struct state *state;
	uint32_t *lost; /* owned; marks of what died with other daemons */
	size_t n_lost;
	pthread_mutex_t marks_lock; /* guards both */
	uint32_t *free_marks;       /* owned */
	size_t n_free_marks;
	uint32_t generation;  /* of this daemon */
	bool resumed;         /* another one was there before */
	int64_t purge_from;   /* older inodes may be open without our knowing: see purge_later() */
	atomic_uint handles;  /* given out so far */
	bool introduced;      /* channel.c: the kernel has said who it is; the listener's */
	atomic_bool answered; /* and has its answer */

	struct pusher pusher;
	struct loop loop;
	_Atomic uint64_t requests[REQUEST_KINDS]; /* requests.c */

	/* stop.c */
	pthread_t stopper;
	bool stopper_runs;
	int served_fd;    /* readable when the session has ended by itself */
	bool stop_forced; /* files were open when the time was up; read after the thread has ended */

	/* purge.c: purge_lock guards all */
	pthread_mutex_t purge_lock;
	int64_t *purge; /* owned; inodes without a name */
	size_t n_purge, purge_room;

	/* notify.c: notify_lock guards all */
	pthread_t notifier;
	pthread_mutex_t notify_lock;
	pthread_cond_t notify_wake;
	bool notifier_runs, stopping;
	int64_t seen_rev;        /* the notifier's: revisions up to this one are known */
	struct invalid *invalid; /* what waits to be forgotten by the kernel */
};

static inline struct fs *req_fs(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/* channel.c */
int channel_attach(struct fs *fs) MUST_CHECK;
void channel_resume(struct fs *fs); /* when the kernel has been introduced */

/* state.c */
int state_open(struct fs *fs) MUST_CHECK;
void state_close(struct fs *fs);
void state_forget_lost(struct fs *fs); /* have the kernel forget it */
/* With n->lock held: what @n holds is in memory only, with its name (in @parent; "" when that is stored). */
void state_mark(struct fs *fs, struct node *n, int64_t parent, const char *name);
void state_unmark(struct fs *fs, struct node *n);
/*
 * Is a change of file @id lost that could have been made through a handle of @age daemons ago? When @tell, it is
 * so only once.
 */
bool state_is_lost(struct fs *fs, int64_t id, uint32_t age, bool tell);
bool state_has_lost_name(struct fs *fs, int64_t parent, const char *name);
struct view_slots *state_slots(struct fs *fs);
int64_t state_seen_rev(struct fs *fs);
void state_set_seen_rev(struct fs *fs, int64_t rev);
size_t state_init(
	struct fs *fs, void *ret_request, size_t size); /* 0: the kernel has said nothing yet */
void state_set_init(struct fs *fs, const void *request, size_t len);
void state_init_answered(struct fs *fs);

/* requests.c */
uint64_t requests_count(struct fs *fs, const void *request, size_t len);    /* returns its number */
int requests_each(struct fs *fs, view_number_fn *fn, void *arg) MUST_CHECK; /* those that came */

/* Who sent the request that this thread answers. */
void requests_caller(uint32_t *ret_uid, uint32_t *ret_gid, pid_t *ret_pid);

/* reader.c: the same for struct view_source */
bool fs_reader(void *arg, struct view_reader *ret_reader);

/* A piece of a text that is asked for. */
struct slice {
	fuse_req_t req;
	size_t offset, size;
	bool is_open; /* so that the text can be kept */
	bool replied;
};

void slice_reply(
	struct slice *s, const char *data, size_t len); /* file.c: of the whole text @data */

/* open_view.c: what op_open(), op_read() and op_release() do for views. */
void view_open(fuse_req_t req, int64_t id, struct fuse_file_info *fi);
int view_reply(
	fuse_req_t req, int64_t id, const struct fuse_file_info *fi, struct slice *s) MUST_CHECK;
void view_release(struct fs *fs, uint64_t handle);

/* stop.c */
int stop_start(struct fs *fs) MUST_CHECK; /* from the thread that will serve */
void stop_stop(struct fs *fs);

/* purge.c */
void purge_later(struct fs *fs, int64_t id);
int purge_now(struct fs *fs); /* returns 1 when something was purged, 0, or -Exxx */

/* store_change(), tried again when the disk was full and something could be purged. */
int run_change(struct fs *fs, const struct change *c) MUST_CHECK;

/* notify.c */
int notify_start(struct fs *fs) MUST_CHECK;
void notify_stop(struct fs *fs);
/* @name in @parent: a name that is no longer there, or NULL. */
void notify_invalid(struct fs *fs, int64_t id, int64_t parent, const char *name);

/* attr.c */
struct stat attr_stat(const struct inode *inode);
int64_t attr_id(fuse_ino_t ino); /* of the inode or view that the kernel means */
int attr_get(struct fs *fs, int64_t id, struct inode *ret_inode) MUST_CHECK;
/* What is in the memory: @unstored, of a file that has no row yet; else also of one that lost it. */
bool attr_from_memory(struct fs *fs, int64_t id, bool unstored, struct inode *ret_inode);

/* What the kernel is told of @inode called @name: to be kept without end, but for what nobody would invalidate. */
struct fuse_entry_param attr_entry(struct fs *fs, const char *name, const struct inode *inode);
int attr_lookup(
	struct fs *fs, int64_t parent, const char *name, struct inode *ret_inode) MUST_CHECK;
