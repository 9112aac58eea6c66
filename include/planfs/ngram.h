/*
 * The words of the search index: all pairs of characters that follow each other in a line, and the last character of
 * each line by itself. So a string of two and more characters is in a line only if all its pairs are in the text, and
 * one of a single character only if a word begins with it; punctuation, digits, letters and blanks count like Han.
 *
 * Characters are folded one by one, whatever stands beside them, and each to one: ASCII letters to lower case, full
 * width to half width, all blanks to a space. A byte that belongs to no character becomes U+FFFD. So what is valid
 * UTF-8 has the same words wherever it stands.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NGRAM_BYTES_MAX = 8 /* of a word */ };

/* What stands for @c in words. */
uint32_t ngram_fold(uint32_t c);

/*
 * Receives a word of @len bytes, UTF-8, valid during the call, that was made of the @n bytes at @at of the text. A result
 * other than 0 ends the enumeration.
 */
typedef int ngram_fn(void *arg, const char *word, size_t len, const char *at, size_t n);

/* Call @fn for the words of the text @s in their order, repeated ones too. Returns 0 or the result of @fn. */
int ngram_each(const char *s, size_t len, ngram_fn *fn, void *arg);

/*
 * The same for the words that a text must have to contain the line @s, or a piece of one: the pairs, and of a single character
 * itself, which a word must begin with.
 */
int ngram_each_of_query(const char *s, size_t len, ngram_fn *fn, void *arg);
