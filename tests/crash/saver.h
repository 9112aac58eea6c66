/* One writer of texts on a mounted tree: its state, its steps, and the ways of saving. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model.h"

struct saver {
	const char *mount; /* borrowed */
	char dir[200];     /* of this writer's plan, below the mount */
	char id[40];
	int journal; /* descriptor, owned */
	unsigned int round, big_every;
	uint64_t rnd;
	char *text;          /* owned: room for the text in work */
	unsigned long saves; /* acknowledged */
};

/* A text with a home: one section that is saved again and again. */
struct section {
	char name[64];     /* the text's name */
	char path[256];    /* below the mount */
	unsigned int seq;  /* last number used, 0: none */
	unsigned int base; /* append: first record in the file */
	bool exists;
};

/* Ways of saving; each makes one new state of @x, announced and acknowledged step by step. */
void save_in_place(struct saver *w, struct section *x);
void save_by_rename(struct saver *w, struct section *x);
void save_like_vim(struct saver *w, struct section *x);
void save_by_append(struct saver *w, struct section *x);

/* A plan that is made, filled, moved and taken apart; an archive that is unpacked. */
void make_and_move_plan(struct saver *w, unsigned int step);
void unpack_archive(struct saver *w, unsigned int step);

/*
 * Steps. Each ends the program when the call fails: quietly when the daemon is gone, with a
 * message and status 4 for any other reason.
 */
int step_open(struct saver *w, const char *path, int flags);
void step_write(struct saver *w, int fd, const char *name, unsigned int seq);
void step_fsync(struct saver *w, int fd);
void step_close(struct saver *w, int fd);
void step_rename(struct saver *w, const char *from, const char *to);
void step_unlink(struct saver *w, const char *path);
void step_mkdir(struct saver *w, const char *path);
void step_rmdir(struct saver *w, const char *path);
void step_failed(const struct saver *w, const char *what, const char *path)
	__attribute__((noreturn));
