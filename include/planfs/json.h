/*
 * Writing JSON into a buffer. Reading it, and building whole documents, is done with jansson in src/import.
 */
#pragma once

#include "planfs/buf.h"

/* Append @s as a JSON string; a byte that is no UTF-8 becomes U+FFFD. Returns 0 or -ENOMEM. */
int json_add_string(struct buf *b, const char *s) MUST_CHECK;

/* The same for @len bytes, which may be NULs. */
int json_add_text(struct buf *b, const char *s, size_t len) MUST_CHECK;
