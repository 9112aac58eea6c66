/* The clock for deadlines and intervals. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Nanoseconds of a clock that nobody can set. */
static inline int64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
