/*
 * What outlives a daemon: memory that its supervisor holds. The next daemon finds there how the kernel introduced
 * itself, up to which revision it knows of changes, and which files were in the memory of the dead one only.
 * Everything else is in the database or in the kernel. A daemon may die between any two instructions here, so
 * that an entry is complete before it counts.
 */
#include "fs_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	VERSION = 1, /* of struct state: another version begins anew */
	MARKS = 65536, /* files that are being written at the same time; 18 MB, of which what is used is there */
	INIT_MAX = 1024,
};

/* A file whose present text, or whose name, is in memory only. */
struct mark {
	_Atomic int64_t id; /* 0: free; set last */
	uint32_t
		generation; /* of the daemon that wrote it: when that is gone, the change is lost */
	atomic_bool told;   /* to somebody who flushed it */
	int64_t parent;     /* of the name that is not stored yet */
	char name[NAME_BYTES_MAX + 1]; /* "": it is stored */
};

struct state {
	uint32_t version;
	_Atomic uint32_t generation; /* how many daemons have begun */
	int64_t session;             /* names the mount */
	_Atomic int64_t seen_rev;    /* the kernel knows of changes up to here */
	_Atomic uint32_t used;       /* marks from here on were never taken: nobody looks at them */
	_Atomic uint32_t init_len;   /* bytes of init; 0: the kernel has said nothing yet */
	_Atomic bool init_answered;
	_Atomic bool overflowed; /* more files than there are marks were being written */
	char init[INIT_MAX];
	struct mark marks[MARKS];
	struct view_slots slots; /* moments that were looked up */
};

int fs_state_new(int *ret_fd)
{
	struct state *state;
	int fd, r = 0;

	fd = memfd_create("planfs-state", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, sizeof(*state)) < 0) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (state == MAP_FAILED) {
		close(fd);
		return -ENOMEM;
	}
	state->version = VERSION;
	if (getrandom(&state->session, sizeof(state->session), 0) < 0)
		state->session = clock_now();
	state->session = (state->session & INT64_MAX) | 1;
	munmap(state, sizeof(*state));
	*ret_fd = fd;
	return 0;
}

/*
 * The supervisor may be of a version that knew less. What is added at the end is zero in its memory, which is made
 * longer here; what it knows stays where it is.
 */
static int grow_state(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(struct state) && ftruncate(fd, sizeof(struct state)) < 0)
		return -errno;
	return 0;
}

static int map_state(int fd, struct state **ret_state)
{
	struct state *state;
	int r;

	r = grow_state(fd);
	if (r < 0)
		return r;
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (state == MAP_FAILED)
		return -errno;
	if (state->version != VERSION) {
		munmap(state, sizeof(*state));
		return -EPROTONOSUPPORT;
	}
	*ret_state = state;
	return 0;
}

int fs_state_session(int fd, int64_t *ret_session)
{
	struct state *state = NULL;
	int r;

	r = map_state(fd, &state);
	if (r < 0)
		return r;
	*ret_session = state->session;
	munmap(state, sizeof(*state));
	return 0;
}

/* Kernels say it since 6.9. */
static bool sends_again(const struct state *state)
{
	struct fuse_init_in init;

	if (state->init_len < sizeof(struct fuse_in_header) + sizeof(init))
		return false;
	memcpy(&init, state->init + sizeof(struct fuse_in_header), sizeof(init));
	return (init.flags & FUSE_INIT_EXT) &&
	       (init.flags2 & (1U << 7)); /* FUSE_HAS_RESEND, bit 39 */
}

bool fs_state_can_resume(int fd)
{
	struct state *state = NULL;
	bool can;

	if (map_state(fd, &state) < 0)
		return false;
	can = sends_again(state) && state->init_answered;
	munmap(state, sizeof(*state));
	return can;
}

/*
 * What is there was in the memory of daemons that died, and stays for as long as the mount does: a handle from then
 * may turn up at any time. The rest is ours to use.
 */
static int sort_marks(struct fs *fs)
{
	uint32_t i;

	fs->free_marks = calloc(MARKS, sizeof(*fs->free_marks));
	fs->lost = calloc(MARKS, sizeof(*fs->lost));
	if (!fs->free_marks || !fs->lost)
		return -ENOMEM;
	for (i = fs->state->used; i > 0; i--) {
		if (fs->state->marks[i - 1].id == 0)
			fs->free_marks[fs->n_free_marks++] = i;
		else
			fs->lost[fs->n_lost++] = i;
	}
	return 0;
}

int state_open(struct fs *fs)
{
	int r;

	r = map_state(fs->options->state_fd, &fs->state);
	if (r == 0)
		r = sort_marks(fs);
	if (r < 0)
		return r;
	fs->generation = atomic_fetch_add(&fs->state->generation, 1);
	fs->resumed = fs->state->init_answered;
	return 0;
}

/* The last daemon may have died before it had: what was lost earlier is forgotten again. */
void state_forget_lost(struct fs *fs)
{
	size_t i;

	notify_invalid(fs, VIEW_ROOT, 0, NULL); /* the last daemon may have had other views */
	for (i = 0; i < fs->n_lost; i++) {
		const struct mark *m = &fs->state->marks[fs->lost[i] - 1];

		notify_invalid(fs, m->id, m->parent, m->name);
	}
}

void state_close(struct fs *fs)
{
	if (fs->state)
		munmap(fs->state, sizeof(*fs->state));
	free(fs->free_marks);
	free(fs->lost);
}

void state_mark(struct fs *fs, struct node *n, int64_t parent, const char *name)
{
	struct mark *mark;

	pthread_mutex_lock(&fs->marks_lock);
	if (n->mark == 0 && fs->n_free_marks > 0)
		n->mark = fs->free_marks[--fs->n_free_marks];
	else if (n->mark == 0 && fs->state->used < MARKS)
		n->mark = ++fs->state->used;
	pthread_mutex_unlock(&fs->marks_lock);
	if (n->mark == 0) {
		fs->state->overflowed = true;
		return;
	}
	mark = &fs->state->marks[n->mark - 1];
	mark->generation = fs->generation;
	mark->told = false;
	mark->parent = parent;
	snprintf(mark->name, sizeof(mark->name), "%s", name);
	mark->id = n->id;
}

void state_unmark(struct fs *fs, struct node *n)
{
	if (n->mark == 0)
		return;
	fs->state->marks[n->mark - 1].id = 0;
	pthread_mutex_lock(&fs->marks_lock);
	fs->free_marks[fs->n_free_marks++] = n->mark;
	n->mark = 0;
	pthread_mutex_unlock(&fs->marks_lock);
}

bool state_is_lost(struct fs *fs, int64_t id, uint32_t age, bool tell)
{
	size_t i;

	for (i = 0; i < fs->n_lost; i++) {
		struct mark *m = &fs->state->marks[fs->lost[i] - 1];

		if (m->id == id && fs->generation - m->generation <= age)
			return !tell || !atomic_exchange(&m->told, true);
	}
	return false;
}

bool state_has_lost_name(struct fs *fs, int64_t parent, const char *name)
{
	size_t i;

	for (i = 0; i < fs->n_lost; i++) {
		const struct mark *m = &fs->state->marks[fs->lost[i] - 1];

		if (m->parent == parent && strcmp(m->name, name) == 0)
			return true;
	}
	return false;
}

struct view_slots *state_slots(struct fs *fs)
{
	return &fs->state->slots;
}

int64_t state_seen_rev(struct fs *fs)
{
	return fs->state->seen_rev;
}

void state_set_seen_rev(struct fs *fs, int64_t rev)
{
	fs->state->seen_rev = rev;
}

size_t state_init(struct fs *fs, void *ret_request, size_t size)
{
	size_t len = fs->state->init_len;

	if (len > size)
		return 0;
	memcpy(ret_request, fs->state->init, len);
	return len;
}

void state_set_init(struct fs *fs, const void *request, size_t len)
{
	if (len > INIT_MAX)
		return; /* a kernel that says more than we know of cannot be resumed */
	memcpy(fs->state->init, request, len);
	fs->state->init_len = (uint32_t)len;
}

void state_init_answered(struct fs *fs)
{
	fs->state->init_answered = true;
}
