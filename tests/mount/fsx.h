/*
 * The exerciser: fsx.c drives, fsx_ops.c holds the operations. Every operation is done to a file and
 * to a model of it in memory, and both must stay equal.
 */
#pragma once

#include "planfs/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fsx {
	const char *path;
	char *path_away;  /* owned; where the file is renamed to */
	char *path_link;  /* owned; a second name */
	char *model;      /* owned; @limit bytes, those behind @size are zero */
	char *scratch;    /* owned; @limit bytes and a page */
	size_t size;      /* of the file */
	size_t limit;     /* the file never gets larger */
	int fd;           /* open for reading and writing, most of the time */
	uint64_t random;  /* state of the generator */
	unsigned long op; /* number of the running operation */
};

/* Tell what the running operation does, for the log that is printed when something differs. */
void fsx_log(const struct fsx *x, const char *format, ...) PRINTF_LIKE(2, 3);

/* Print the log and what is wrong, and end with 1. */
void fsx_fail(const struct fsx *x, const char *format, ...) PRINTF_LIKE(2, 3)
	__attribute__((noreturn));

/* A number below @n; 0 when @n is 0. */
size_t fsx_random(struct fsx *x, size_t n);

/* Most operations are small or end at a page, as those of programs do. */
size_t fsx_random_length(struct fsx *x);
size_t fsx_random_offset(struct fsx *x, size_t below);

/* A place in the file and a length that stays in it; the file is not empty. */
void fsx_random_range(struct fsx *x, size_t *ret_offset, size_t *ret_len);

/* A place for @ret_len bytes below the limit, mostly not far behind the end of the file. */
void fsx_random_target(struct fsx *x, size_t *ret_offset, size_t *ret_len);

/* Compare @len bytes of @found with the model at @offset. */
void fsx_compare(const struct fsx *x, const char *found, size_t offset, size_t len);

/* Compare the whole file, read through a descriptor of its own, and its size. */
void fsx_compare_all(struct fsx *x);

/* Do one operation, chosen at random. */
void fsx_step(struct fsx *x);

/* How often each operation was done, on stdout. */
void fsx_print_counts(void);
