/*
 * Compiler attributes that the whole code uses. No functions.
 */
#pragma once

/* The result must be looked at: the function can fail. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* The arguments from the @first on are checked like those of printf(). */
#define PRINTF_LIKE(string, first) __attribute__((format(printf, string, first)))

/*
 * Call @done with the address of the variable when it leaves its scope. @done accepts a zeroed
 * object, so that a variable is declared empty at the top of a function.
 */
#define CLEANUP(done) __attribute__((cleanup(done)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
