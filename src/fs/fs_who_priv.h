/* Who makes a request, and which texts he has seen. */
#pragma once

#include "planfs/change.h"

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include <pthread.h>

struct fs;
struct node;

/* Who makes a change; who.c. */
struct who {
	uid_t uid;
	pid_t process; /* 0: not known, and neither are start and program */
	int64_t start; /* of the process, in ticks since the machine started: tells it from a later one of that number */
	char author[64];  /* "": the name of the user, not looked up yet */
	char program[32]; /* "": not known */
};

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
