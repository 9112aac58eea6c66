/* What the files of src/fs share. */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "planfs/change.h"
#include "planfs/clock.h"
#include "planfs/fs.h"
#include "planfs/view.h"

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

/* Who makes a change; who.c. */
struct who {
	uid_t uid;
	pid_t process; /* 0: not known, and neither are start and program */
	int64_t start; /* of the process, in ticks since the machine started: tells it from a later one of that number */
	char author[64];  /* "": the name of the user, not looked up yet */
	char program[32]; /* "": not known */
};

/*
 * A file that is open: what the database does not know yet. Lock order: commit_lock, lock, then the table's.
 */
struct node {
	int64_t id;
	unsigned refs;          /* table lock: users of this struct */
	unsigned opens;         /* table lock: open handles */
	bool ghost;             /* table lock: without a name, but the kernel still knows it */
	struct handle *adopted; /* table lock: open handles that the last daemon gave out; owned */
	struct node *next_in_bucket;

	pthread_mutex_t commit_lock; /* held while the text is committed, over the transaction */

	pthread_mutex_t lock; /* guards all below; never held over a transaction */
	bool dirty;           /* inode and text hold what the database does not */
	bool written;         /* a write since the last commit: the next flush must commit */
	bool part;            /* the text is stored, but not as a version yet */
	bool in_db;           /* there is a row */
	bool unlinked;        /* no name is left: nothing will be committed any more */
	struct inode inode;   /* valid while dirty or unlinked */
	int set; /* which of mode, owner and atime were set while dirty: FUSE_SET_ATTR_* */
	struct who
		by; /* who changed it since the last version; until by_known: who opened it for writing last */
	bool by_known;
	struct handle *writers; /* open handles that may write, and whose they are; owned */
	uint32_t mark;          /* the entry of state.c that says so while it is dirty; 0: none */
	struct buf text;        /* owned; valid while loaded */
	bool loaded;
	int64_t base; /* the body that text was read from or committed as */
	size_t anew;  /* what of the text, from its beginning, was written since the last version */
	uint64_t change; /* counts changes, to see those that happen during a commit */
	uint64_t
		refused; /* the change that could not be committed, and its writer was told; 0: none */

	/*
	 * Where it stood among the versions when another file took its place, or it went to a scratch name, while it was
	 * being written: what is written since is kept there. lock.
	 */
	int64_t place_parent;
	char *place;        /* owned; NULL: nothing of that has happened */
	int64_t place_body; /* what was there, or was kept since */
	bool unkept;        /* something was stored since, but not kept yet */

	/* A name that was created but is not in the database yet; table lock. */
	int64_t parent;
	char *name; /* owned; NULL: none */
	struct node *next_pending;
};

struct invalid; /* notify.c */
struct state;   /* state.c */
struct open_view;

/* awake.c; used by the listener. */
struct awake {
	int fd;       /* of /dev/cpu_dma_latency, borrowed, or -1 */
	int64_t last; /* request, of clock_now() */
	unsigned row; /* requests that came soon after one another */
	bool is_awake;
};

/* loop.c */
struct loop {
	struct fs *fs; /* borrowed, as the session */
	struct fuse_session *se;
	int wake_fd;          /* readable when the listener is to look at paused */
	struct awake awake;   /* the listener's */
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t wake;  /* for idle threads */
	pthread_cond_t empty; /* no thread is left */
	unsigned threads, idle;
	bool has_listener, ended;
	atomic_bool paused;
	int result;
};

enum {
	NOTIFICATION_MAX =
		65536, /* bytes of a message to the notifier: one or more notifications */
	KNOWN_KEPT = 8192,
};

/* push.c */
struct pusher {
	pthread_mutex_t
		lock; /* while texts are read and sent, or changes looked for and what they touch */
	bool is_behind;     /* what others changed is to be forgotten once more; under the lock */
	atomic_bool is_off; /* the kernel does not take what is sent */
	atomic_bool
		under_way; /* the kernel may not have all that was sent; cleared under the lock */
	char *message;     /* owned; NULL: nothing is pushed */
	size_t len;
	unsigned passed;
	_Atomic int64_t last_read; /* clock_now() */
	atomic_uint row;           /* reads soon after one another */
	struct {
		_Atomic int64_t id, since; /* clock_now() */
	} known[KNOWN_KEPT]; /* inodes whose text was read or pushed lately, by their number */
};

enum { REQUEST_KINDS = 64 }; /* more than the kernel has */

/* sight.c */
struct sighter;
struct peek {
	int64_t inode; /* 0: none */
	pid_t thread;
};

struct sights {
	pthread_mutex_t lock;          /* guards all; nothing else is locked under it */
	struct sighter *sighters[256]; /* owned */
	uint64_t turn;
	struct peek peeks[64]; /* at texts that were being written */
	size_t next_peek;
	bool has_peeks;
};

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

/*
 * who.c: the user @uid, as @thread, which waits for our answer (0: not known); the user behind a request. Without a lock
 * held that those hold who ask.
 */
void who_find(struct fs *fs, uid_t uid, pid_t thread, struct who *ret_who);
void who_asks(struct fs *fs, fuse_req_t req, struct who *ret_who);

/* Only process, start and program of @thread. */
void who_process(struct fs *fs, pid_t thread, struct who *ret_who);

/* Has /proc the numbers that we have? Not where it shows another namespace. */
bool who_is_visible(void);

/* The request is going to change the text of @n through @fi (NULL: by name): note who does, if that is not known yet. */
void who_changes(struct fs *fs, fuse_req_t req, struct node *n, const struct fuse_file_info *fi);

/* node.c: a reference to the open file @id, or NULL when nobody has it open. */
struct node *node_find(struct fs *fs, int64_t id);

/* A reference to the node of @id, which is made when there is none. NULL: no memory. */
struct node *node_get(struct fs *fs, int64_t id);
void node_put(struct fs *fs, struct node *n);           /* accepts NULL */
unsigned node_add_open(struct fs *fs, struct node *n);  /* returns what was there before */
unsigned node_drop_open(struct fs *fs, struct node *n); /* returns what is left */

/* handle.c: a number for a handle that the thread @opener gets. */
uint64_t handle_new(struct fs *fs, pid_t opener);
pid_t handle_opener(uint64_t handle);

/* Note that @user may write through @handle. */
void handle_note_writer(struct node *n, uint64_t handle, uid_t user);

/* With n->lock held: it loses its place. Is there a handle that may write on? */
bool handle_displace(struct node *n);

/* With n->lock held: who opened @handle for writing, @otherwise when that is not known. */
uid_t handle_user(struct node *n, uint64_t handle, uid_t otherwise);

/* A reference to the open file @id; what the last daemon opened is opened again. NULL: not open, or no memory. */
struct node *handle_node(struct fs *fs, int64_t id, uint64_t handle);

/*
 * Is this a handle of a daemon that died, and is what may have been written through it lost? Then nothing may be
 * written through it any more, lest new pieces come to stand in the old text. @tell: true once for a file.
 */
bool handle_is_lost(struct fs *fs, int64_t id, uint64_t handle, bool tell);

/* @handle is closed. Returns whether it counted as an open of @n. */
bool handle_close(struct fs *fs, struct node *n, uint64_t handle);
/* Keep @n, which has lost its last name, until the kernel forgets it: node_forget(). */
void node_keep_ghost(struct fs *fs, struct node *n);
void node_forget(struct fs *fs, int64_t id);
bool node_in_use(struct fs *fs, int64_t id); /* has anybody opened it? */

/* Give @n, which is not in the database, the name that it will get there. Returns 0 or -ENOMEM. */
int node_set_pending(struct fs *fs, struct node *n, int64_t parent, const char *name) MUST_CHECK;
char *node_clear_pending(
	struct fs *fs, struct node *n); /* returns the name, to be freed, or NULL */
struct node *node_find_pending(struct fs *fs, int64_t parent, const char *name); /* a reference */
bool node_has_pending(struct fs *fs, int64_t parent);
bool node_is_pending_in(struct fs *fs, struct node *n, int64_t parent);

/* Call @fn for all pending nodes of @parent with the table locked. A result other than 0 ends it. */
typedef int node_fn(void *arg, struct node *n);
int node_each_pending(struct fs *fs, int64_t parent, node_fn *fn, void *arg);

/* References to all nodes (NULL at the end), to be freed. */
struct node **node_all(struct fs *fs);

/*
 * Put what is newer in memory over @inode as the database had it. Returns whether there was something:
 * if not, what was read is the present state only when no commit ended since (fs->commits).
 */
bool node_overlay(struct fs *fs, struct inode *inode);

/* text.c: called with n->lock held. Read the present text and attributes unless they are there. */
int text_load(struct fs *fs, struct node *n) MUST_CHECK;
int text_write(
	struct fs *fs, struct node *n, int64_t offset, const char *data, size_t len) MUST_CHECK;
int text_resize(struct fs *fs, struct node *n, int64_t size) MUST_CHECK;
/* Forget the text so that the next write begins an empty one; nothing is read. */
int text_clear(struct fs *fs, struct node *n) MUST_CHECK;

/* commit.c */

enum commit_why {
	COMMIT_CLOSE, /* on the disk if the contract of close() says so */
	COMMIT_PART,  /* the same, but others have the file open and go on writing */
	COMMIT_FSYNC, /* on the disk */
	COMMIT_LAST, /* after the last close, unless somebody has opened it again: then it is his */
};

/*
 * sight.c: @thread, which waits for our answer, has the text of @n before it, which is @body unless it is being written.
 * Whoever @w is has stored @body.
 */
void sight_open(struct fs *fs, pid_t thread, struct node *n, int64_t body);
void sight_wrote(struct fs *fs, const struct who *w, int64_t inode, int64_t body);
void sight_done(struct fs *fs);

/* A process and the texts that it has seen. */
struct reader {
	struct fs *fs;
	pid_t process;
	int64_t start;
};

/* For sight_has(), which is a seen_fn. Its fs is NULL when nothing is known of what @w has seen. */
struct reader sight_reader(struct fs *fs, const struct who *w);
enum sight sight_has(void *reader, int64_t body);

/* What a commit of one node needs: made with begin, used in the transaction, ended with end. */
struct commit {
	struct node *node; /* NULL: nothing to do */
	struct inode inode;
	struct buf text;
	int64_t base;
	struct who by;
	bool is_anew; /* nothing of the text that was there is in it */
	struct reader reader;
	uint64_t change;
	int set; /* which attributes of inode are newer than those in the database */
	enum text_state state;
	int64_t parent;      /* of a pending name */
	char *name;          /* owned; NULL: in the database already */
	struct buf relinked; /* the name that another program had removed */
	bool is_unlinked;    /* there is only the place where it stood */
	int64_t place_parent, place_body;
	char *place;  /* owned; NULL: it has not lost its place, or there is nothing to keep */
	int64_t kept; /* the body of what was kept; 0: nothing */
};

/* With commit_lock held. Returns 0; @c->node stays NULL when there is nothing to commit. */
int commit_begin(struct fs *fs, struct node *n, struct commit *c, enum commit_why why) MUST_CHECK;
int commit_apply(struct txn *t, struct commit *c) MUST_CHECK; /* in the transaction */
void commit_end(struct fs *fs, struct commit *c, int result); /* after it; releases @c */

/* Commit @n if it is dirty. Returns 0 or the error of the transaction. */
int commit_node(struct fs *fs, fuse_req_t req, struct node *n, enum commit_why why) MUST_CHECK;

/* Give the file @id a row if it is in memory only. Returns 0 or the error of the transaction. */
int store_pending(struct fs *fs, fuse_req_t req, int64_t id) MUST_CHECK;

/*
 * Drop what could not be committed and what its writer was told of: the old text stands. Nothing happens
 * when there is nothing, or when somebody has changed the file since: that is for the next commit.
 */
void commit_give_up(struct fs *fs, struct node *n);

/*
 * loop.c. loop_run() receives and answers requests until the session ends, and returns 0 or -Exxx; loop_stop()
 * ends it from another thread. All threads have ended when loop_run() returns.
 */
int loop_init(struct loop *l, struct fs *fs) MUST_CHECK;
int loop_run(struct loop *l) MUST_CHECK;
void loop_stop(struct loop *l);
void loop_done(struct loop *l);

/* Receive nothing any more, and wait until what was received is answered. False: not before clock_now() @until. */
bool loop_pause(struct loop *l, int64_t until);
void loop_resume(struct loop *l);

/* The number of the request that this thread answers, and whether another daemon may have answered it before. */
uint64_t loop_request(void);
bool loop_is_sent_again(void);

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

/* Before this thread waits for anything: if it is the one that listens, another one is to. */
void loop_step_aside(void);
void loop_lock(pthread_mutex_t *mutex); /* one that is held over a transaction */

/* awake.c */
void awake_request(struct awake *a); /* one has come */
void awake_end(struct awake *a);     /* none comes any more */

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

/* push.c */
int push_start(struct fs *fs) MUST_CHECK;
void push_stop(struct fs *fs);
void push_beside(struct fs *fs, int64_t id); /* the text of @id is asked for */
void push_arrive(struct fs *fs); /* with the lock held: wait until the kernel has what was sent */
/*
 * The text of @id is going to change through the kernel, and its node exists: none that was pushed will be put over it.
 */
void push_settle(struct fs *fs, int64_t id);

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
