/* Arrays that grow, and copies of texts. */
#include "planfs/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int array_grow(void *items, size_t n, size_t *capacity, size_t size)
{
	size_t want = *capacity ? *capacity * 2 : 16;
	void *old, *grown;

	if (n < *capacity)
		return 0;
	if (want > SIZE_MAX / 2 / size)
		return -ENOMEM;
	memcpy(&old, items, sizeof(old));
	grown = realloc(old, want * size);
	if (!grown)
		return -ENOMEM;

	memcpy(items, &grown, sizeof(grown));
	*capacity = want;
	return 0;
}

char *text_dup(const char *s, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}
