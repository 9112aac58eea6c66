/*
 * What a tree may look like after a crash, from the marks that the writers left in the journal.
 *
 * A writer announces a state of a text before it asks for it, and notes what it was told:
 *
 *   S name path=token ...   the next state: the paths that hold the text (others do not exist)
 *   A name                  the last announced state is acknowledged: it survives kill -9
 *   D name                  it is on the disk: it survives a power failure
 *   T                       the time, nothing else
 *   C                       a check was done here
 *
 * Tokens are those of text_print(). A rename over a text is one state after another, so is each
 * step of an editor that moves the old file away: the rule "a state it had" needs no more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "journal.h"
#include "text.h"

#define MODEL_NEVER UINT64_MAX
#define MODEL_PATHS 12 /* of one text, at most */

struct model_place {
	unsigned int path; /* index in model_key.paths */
	struct text_token token;
};

struct model_state {
	uint64_t started, acked, durable; /* positions in the journal, or MODEL_NEVER */
	uint64_t acked_time;
	unsigned int count;
	struct model_place places[MODEL_PATHS];
};

struct model_key {
	char *name;               /* owned */
	char *paths[MODEL_PATHS]; /* owned; every path the text ever had */
	unsigned int path_count;
	struct model_state *states; /* owned */
	size_t count, capacity;
	size_t seen;      /* newest state that the last check may have found; 0: none had been reached */
	size_t surely;    /* oldest such state: before the first and after the last there is nothing */
	uint64_t touched; /* position of the last mark */
};

struct model {
	struct model_key **keys; /* owned */
	size_t count, capacity;
	uint64_t checked; /* position of the last C, or 0 */
	void *index;      /* owned */
};

/* Where a check finds the texts. */
struct model_reader {
	struct text_token (*read)(void *ctx, const char *name, const char *path);
	void *ctx;
};

struct model_crash {
	uint64_t position;      /* records before it have happened */
	bool power;             /* only what is on the disk must be there */
	uint64_t time, soft_ns; /* power: what was acknowledged soft_ns before time must be, too */
	bool all;               /* look at texts not touched since the last check, too */
};

struct model_figures {
	unsigned int texts, lost, torn, empty, wrong, disorder;
};

void model_load(struct model *m, const struct journal *j);
void model_done(struct model *m);
struct model_key *model_find(const struct model *m, const char *name);

/*
 * Compare what @reader finds with what the crash allows, add to @f, and write a line per finding
 * to @report. model_key.seen tells what each text was found to be.
 */
void model_check(struct model *m, const struct model_crash *crash,
	const struct model_reader *reader, struct model_figures *f, FILE *report);

static inline unsigned int model_bad(const struct model_figures *f)
{
	return f->lost + f->torn + f->empty + f->wrong + f->disorder;
}
