/*
 * The log that the tests of this directory share: what the daemon did to its files (written by
 * powerlog.so) and what the writers were told (written by savers), in one order.
 *
 * Every record is appended by one writev() to a file opened O_APPEND, so the order of records is
 * the order of events as long as each side writes its record after the event: a mark "acknowledged"
 * after the call returned, a write to the database before its caller goes on.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define JOURNAL_MAGIC 0x4c4e5046u /* "FPNL" */

enum journal_type {
	JOURNAL_OPEN = 1,   /* ino; value: 1 = created now; data: the path */
	JOURNAL_BASE,       /* ino; value: offset; data: what the file held before the recording */
	JOURNAL_WRITE,      /* ino; value: offset; data: the bytes */
	JOURNAL_TRUNC,      /* ino; value: the new size */
	JOURNAL_SYNC_BEGIN, /* ino; value: serial; all earlier records of ino ... */
	JOURNAL_SYNC_END,   /* ino; value: serial; ... are on the disk now */
	JOURNAL_DIR_BEGIN,  /* value: serial; the same for names */
	JOURNAL_DIR_END,
	JOURNAL_UNLINK, /* ino; data: the path */
	JOURNAL_RENAME, /* data: old path, NUL, new path */
	JOURNAL_MARK,   /* data: one line of a writer, see model.h */
	JOURNAL_TYPES
};

struct journal_rec {
	uint32_t magic;
	uint32_t type; /* enum journal_type */
	uint64_t time; /* CLOCK_MONOTONIC, ns */
	uint64_t ino;
	uint64_t value;
	uint64_t len; /* of the data that follow */
};

struct journal {
	const unsigned char *map; /* owned */
	size_t size;
	const struct journal_rec **recs; /* owned; point into map */
	size_t count;
};

uint64_t journal_now(void);

/* Append one record. Returns 0 or -Exxx; does not allocate. */
int journal_append(int fd, struct journal_rec rec, const void *data);

/* Append one mark. Ends the program when the journal cannot be written. */
void journal_mark(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Map @path. A record cut short at the end is left out. Ends the program when it cannot. */
void journal_load(struct journal *j, const char *path);
void journal_done(struct journal *j);

static inline const char *journal_data(const struct journal_rec *rec)
{
	return (const char *)(rec + 1);
}
