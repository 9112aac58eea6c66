/* The files of the database as a disk holds them, rebuilt from the journal of powerlog.so. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal.h"

/* What becomes of the writes that no fsync has confirmed when the power fails. */
enum disk_loss {
	LOSS_ALL, /* every one is lost */
	LOSS_NONE,
	LOSS_AFTER, /* those after some moment are lost, the one at that moment is cut short */
	LOSS_CALLS, /* some calls are lost, in any order */
	LOSS_512,   /* some sectors are lost */
	LOSS_4096,
	LOSS_FILE, /* all of some files, none of the others */
	LOSS_KINDS
};

struct disk;

struct disk *disk_new(const struct journal *j);
void disk_free(struct disk *d);

/* Let everything before @position happen. Positions only grow. */
void disk_advance(struct disk *d, uint64_t position);

/* Number of calls that are not confirmed now. */
size_t disk_pending(const struct disk *d);

/* Write the files into the empty directory @dir as a power failure may leave them now. */
void disk_write(const struct disk *d, const char *dir, enum disk_loss loss, uint64_t rnd);

const char *disk_loss_name(enum disk_loss loss);
