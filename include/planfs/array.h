/* Arrays that grow, and copies of texts. */
#pragma once

#include "planfs/attr.h"

#include <stddef.h>

/*
 * Room for one more element of @size bytes behind the @n that the array *@items holds; @items is the address of the pointer,
 * NULL at first, of whatever type; *@capacity elements, 0 at first, have room. It doubles. Returns 0, or -ENOMEM and nothing changed.
 */
int array_grow(void *items, size_t n, size_t *capacity, size_t size) MUST_CHECK;

/* A copy of @len bytes as a C string, to be freed; NULL without memory. */
char *text_dup(const char *s, size_t len) MUST_CHECK;
