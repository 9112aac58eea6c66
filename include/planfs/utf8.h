/*
 * Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decode the character at @s, of which @len bytes may be read. Returns its length in bytes (1 to 4)
 * and fills *ret_char; 0 when there is no valid character (also when @len is 0).
 */
size_t utf8_decode(const char *s, size_t len, uint32_t *ret_char);

/* Encode @c into @ret_bytes (4 bytes of room). Returns the length, 0 when @c is not a character. */
size_t utf8_encode(uint32_t c, char *ret_bytes);

/* Is all of @s valid UTF-8? If not, *ret_bad (may be NULL) is the offset of the first bad byte. */
bool utf8_is_valid(const char *s, size_t len, size_t *ret_bad);
