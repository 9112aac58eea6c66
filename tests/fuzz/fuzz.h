/*
 * What the fuzz targets share: a check that ends the process, and a place for their files. Each target is
 * one LLVMFuzzerTestOneInput(); libFuzzer drives it in a build with -Dfuzz=true, replay.c in all others.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A path in a new directory of this process, removed with all that is in it at exit. */
const char *fuzz_path(const char *name);

/* Write @len bytes to @path, replacing it. */
void fuzz_write(const char *path, const void *data, size_t len);
