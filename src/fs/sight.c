/*
 * Which texts a process has seen: those that it opened to read, and those that it saved. When it puts a text of its own
 * in the place of a version that is not among them, although it knows an older one, it has overwritten what somebody else
 * wrote meanwhile (src/store/conflict.c decides it). What is forgotten here, because there is no room or because
 * the daemon was replaced, is a conflict that nobody hears of, never a wrong one.
 *
 * The kernel tells the thread that opens a file. Its process is looked up when the thread is heard of first, and
 * again when that was long ago, because numbers are used again.
 */
#include "fs_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	TEXTS = 256, /* of a thread that are remembered */
	LOOKS = 16,  /* at threads that may have ended, for one that is new */
};

static const int64_t TRUST_NS = INT64_C(10) * 1000000000;

struct sighter {
	pid_t thread, process; /* process 0: nothing is to be remembered */
	int64_t start;         /* of the process */
	int64_t checked;       /* clock_now() when that was found out */
	uint64_t used;         /* when it was heard of last, by sights.turn */
	unsigned n, next;      /* texts that are there; where the next one goes */
	struct {
		int64_t body;
		enum sight how;
	} seen[TEXTS];
};

/*
 * Programs that serve many users from many processes: which of these reads for a user says nothing about what the one
 * that writes for him replaces. (Each process of smbd serves one client.)
 */
static bool is_server(const char *program)
{
	static const char *const names[] = { "apache2", "httpd", "nginx", "lighttpd", "caddy",
		"php-fpm", "uwsgi", "gunicorn", "nfsd", "ganesha.nfsd" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (strncmp(program, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* --- with the lock held --- */

static struct sighter *find(struct sights *s, pid_t thread)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(s->sighters); i++)
		if (s->sighters[i] && s->sighters[i]->thread == thread)
			return s->sighters[i];
	return NULL;
}

/* Where somebody new can be noted: a free place, that of a thread that has ended, or the one that is longest ago. */
static struct sighter **find_place(struct sights *s)
{
	struct sighter **oldest;
	size_t i;
	int looks;

	for (looks = 0;; looks++) {
		oldest = &s->sighters[0];
		for (i = 0; i < ARRAY_LEN(s->sighters); i++) {
			if (!s->sighters[i])
				return &s->sighters[i];
			if (s->sighters[i]->used < (*oldest)->used)
				oldest = &s->sighters[i];
		}
		if (looks == LOOKS || (kill((*oldest)->thread, 0) < 0 && errno == ESRCH))
			return oldest;
		(*oldest)->used = ++s->turn;
	}
}

/* The entry of @thread of the process of @w, which is made, or made anew when it is somebody else's; NULL: no memory. */
static struct sighter *get(struct sights *s, pid_t thread, const struct who *w)
{
	struct sighter *t = find(s, thread), **place;

	if (!t) {
		place = find_place(s);
		if (!*place)
			*place = calloc(1, sizeof(**place));
		t = *place;
		if (!t)
			return NULL;
		t->process = -1;
	}
	if (t->process != w->process || t->start != w->start)
		*t = (struct sighter){ .thread = thread, .process = w->process, .start = w->start };
	t->checked = clock_now();
	return t;
}

static void add(struct sights *s, struct sighter *t, int64_t body, enum sight how)
{
	t->used = ++s->turn;
	t->seen[t->next].body = body;
	t->seen[t->next].how = how;
	t->next = (t->next + 1) % TEXTS;
	if (t->n < TEXTS)
		t->n++;
}

static enum sight has(const struct sighter *t, int64_t body)
{
	enum sight how = SEEN_NOT;
	unsigned i;

	for (i = 0; i < t->n && how != SEEN_READ; i++)
		if (t->seen[i].body == body)
			how = t->seen[i].how > how ? t->seen[i].how : how;
	return how;
}

/* Who opened the file while it was being written could read it when it was there whole: @body. */
static void settle_peeks(struct sights *s, int64_t inode, int64_t body)
{
	bool left = false;
	size_t i;

	for (i = 0; i < ARRAY_LEN(s->peeks); i++) {
		struct peek *p = &s->peeks[i];
		struct sighter *t = p->inode == inode ? find(s, p->thread) : NULL;

		if (t && t->process > 0 && body != 0)
			add(s, t, body, SEEN_READ);
		if (p->inode == inode)
			*p = (struct peek){ 0 };
		left |= p->inode != 0;
	}
	s->has_peeks = left;
}

/* --- */

/* @body 0: of a text that is being written. */
static void note(struct fs *fs, pid_t thread, int64_t inode, int64_t body)
{
	struct sights *s = &fs->sights;
	struct sighter *t;
	struct who w;

	pthread_mutex_lock(&s->lock);
	t = find(s, thread);
	if (!t || clock_now() - t->checked > TRUST_NS) {
		pthread_mutex_unlock(&s->lock);
		who_process(fs, thread, &w);
		if (is_server(w.program))
			w.process = 0;
		pthread_mutex_lock(&s->lock);
		t = get(s, thread, &w);
	}
	if (t && t->process > 0 && body != 0) {
		add(s, t, body, SEEN_READ);
	} else if (t && t->process > 0) {
		s->peeks[s->next_peek] = (struct peek){ inode, thread };
		s->next_peek = (s->next_peek + 1) % ARRAY_LEN(s->peeks);
		s->has_peeks = true;
	}
	pthread_mutex_unlock(&s->lock);
}

void sight_open(struct fs *fs, pid_t thread, struct node *n, int64_t body)
{
	bool dirty;

	pthread_mutex_lock(&n->lock);
	dirty = n->dirty;
	pthread_mutex_unlock(&n->lock);
	if (thread > 0 && (dirty || body != 0))
		note(fs, thread, n->id, dirty ? 0 : body);
}

void sight_wrote(struct fs *fs, const struct who *w, int64_t inode, int64_t body)
{
	struct sights *s = &fs->sights;
	struct sighter *t;

	pthread_mutex_lock(&s->lock);
	if (w->process > 0 && body != 0 && !is_server(w->program)) {
		t = get(s, w->process, w);
		if (t)
			add(s, t, body, SEEN_WRITTEN);
	}
	if (s->has_peeks)
		settle_peeks(s, inode, body);
	pthread_mutex_unlock(&s->lock);
}

/* The first entry of the process behind @i, NULL: none is left. */
static const struct sighter *next(const struct sights *s, pid_t process, int64_t start, size_t *i)
{
	while (*i < ARRAY_LEN(s->sighters)) {
		const struct sighter *t = s->sighters[(*i)++];

		if (t && t->process == process && t->start == start && t->n > 0)
			return t;
	}
	return NULL;
}

struct reader sight_reader(struct fs *fs, const struct who *w)
{
	size_t i = 0;
	bool found;

	pthread_mutex_lock(&fs->sights.lock);
	found = w->process > 0 && next(&fs->sights, w->process, w->start, &i);
	pthread_mutex_unlock(&fs->sights.lock);
	return (struct reader){ found ? fs : NULL, w->process, w->start };
}

enum sight sight_has(void *reader, int64_t body)
{
	const struct reader *r = reader;
	struct sights *s = &r->fs->sights;
	enum sight how = SEEN_NOT;
	const struct sighter *t;
	size_t i = 0;

	pthread_mutex_lock(&s->lock);
	while (how != SEEN_READ && (t = next(s, r->process, r->start, &i))) {
		enum sight here = has(t, body);

		how = here > how ? here : how;
	}
	pthread_mutex_unlock(&s->lock);
	return how;
}

void sight_done(struct fs *fs)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(fs->sights.sighters); i++)
		free(fs->sights.sighters[i]);
}
