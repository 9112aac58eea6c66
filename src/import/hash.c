/* Hashes of texts: the same plan is known again wherever it comes from. */
#include "import_priv.h"

#include <errno.h>
#include <stdio.h>
#include <xxhash.h>

static void print_hash(XXH128_hash_t hash, char *ret_hex)
{
	snprintf(ret_hex, IMPORT_HASH_CHARS + 1, "%016llx%016llx", (unsigned long long)hash.high64,
		(unsigned long long)hash.low64);
}

static void hash_plan(XXH3_state_t *state, const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_sections; i++)
		XXH3_128bits_update(state, plan->sections[i].text.data, plan->sections[i].text.len);
}

int hash_texts(struct import *import)
{
	XXH3_state_t *state = XXH3_createState();
	size_t i;

	if (!state)
		return -ENOMEM;
	for (i = 0; i < import->n_plans; i++) {
		XXH3_128bits_reset(state);
		hash_plan(state, import->plans[i].plan);
		print_hash(XXH3_128bits_digest(state), import->plans[i].hash);
		sketch_make(import->plans[i].plan, &import->plans[i].sketch);
	}
	XXH3_128bits_reset(state);
	for (i = 0; i < import->n_plans; i++)
		hash_plan(state, import->plans[i].plan);
	print_hash(XXH3_128bits_digest(state), import->hash);
	XXH3_freeState(state);
	return 0;
}
