/*
 * Messages of a running planfs: to stderr with the program's name before them, or to syslog once the
 * daemon has left its terminal. Thread-safe; a message is one line. errno is kept.
 */
#pragma once

#include "planfs/attr.h"

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,   /* a request failed */
	LOG_LEVEL_WARNING, /* it went on, and the text says how */
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Show messages up to @level; LOG_LEVEL_WARNING at the start of the program. */
void log_set_level(enum log_level level);

/* Send all later messages to syslog (facility daemon) instead of stderr. */
void log_to_syslog(void);

/*
 * The text of the last error, for status reports: at most @size bytes with the NUL are copied into
 * @ret_text, "" if there was none.
 */
void log_last_error(char *ret_text, unsigned size);

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_err(...)  log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_dbg(...)  log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
