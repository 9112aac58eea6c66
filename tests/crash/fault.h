/*
 * Faults on purpose, inside one process: below SQLite (fault_vfs.c), in its memory and in ours, and in
 * the file calls that the store makes itself (fault_calls.c).
 *
 * A fault hits what the thread that armed it does, and nobody else.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

enum fault_kind {
	FAULT_EIO,    /* writing, syncing, cutting, opening, removing, sharing memory: EIO */
	FAULT_ENOSPC, /* the same: ENOSPC, or what SQLite makes of it */
	FAULT_SHORT,  /* the first half of a write arrives, then ENOSPC */
	FAULT_READ,   /* reading: EIO */
	FAULT_MEMORY, /* no memory */
	FAULT_KINDS
};

/* Once, before SQLite is used. */
void fault_install(void);

/* From now on the @at-th operation of this kind (1 is the next) fails; with @on_and_on all behind it, too. */
void fault_arm(enum fault_kind kind, long at, bool on_and_on);

/* End that. Returns how many operations failed. */
long fault_disarm(void);

/* Does this operation fail? Counts it. */
bool fault_hits(enum fault_kind kind);
bool fault_hits_output(enum fault_kind *ret_kind); /* for EIO, ENOSPC and SHORT */

/* fault_vfs.c: makes the failing file system the default one. */
void fault_vfs_register(void);
