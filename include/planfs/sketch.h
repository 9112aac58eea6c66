/*
 * Texts that are nearly the same: a sketch of a plan is a sample of its shingles (runs of five characters),
 * from which it can be told how much two plans have in common.
 */
#pragma once

#include "planfs/attr.h"
#include "planfs/document.h"

#include <stdint.h>

enum {
	SKETCH_VALUES = 32,
	SKETCH_NEAR = 35 /* per cent of common values from which on two plans are near */
};

struct sketch {
	uint32_t values[SKETCH_VALUES]; /* UINT32_MAX: none */
};

/*
 * Takes the letters, digits and Han characters of the sections; spaces and signs do not count. plan.json keeps it, so that
 * it stays as it is; the sketches of the database (planfs/shingles.h) know more.
 */
void sketch_make(const struct plan *plan, struct sketch *ret_sketch);

/* How many of a hundred values two sketches have in common; 0 when there is too little text to tell. */
unsigned sketch_compare(const struct sketch *a, const struct sketch *b);
