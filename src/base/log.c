/* Messages of a running planfs; see planfs/log.h. */
#include "planfs/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

enum { LINE_MAX_BYTES = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static enum log_level shown = LOG_LEVEL_WARNING;
static bool use_syslog;
static char last_error[LINE_MAX_BYTES];

static const int syslog_priority[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void log_set_level(enum log_level level)
{
	pthread_mutex_lock(&lock);
	shown = level;
	pthread_mutex_unlock(&lock);
}

void log_to_syslog(void)
{
	pthread_mutex_lock(&lock);
	openlog("planfs", LOG_PID, LOG_DAEMON);
	use_syslog = true;
	pthread_mutex_unlock(&lock);
}

void log_last_error(char *ret_text, unsigned size)
{
	pthread_mutex_lock(&lock);
	snprintf(ret_text, size, "%s", last_error);
	pthread_mutex_unlock(&lock);
}

/* Names may hold anything, and go to terminals. */
static void make_one_line(char *line)
{
	for (; *line; line++)
		if ((unsigned char)*line < ' ' || *line == 0x7F)
			*line = '?';
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	int saved = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	make_one_line(line);

	pthread_mutex_lock(&lock);
	if (level == LOG_LEVEL_ERROR)
		memcpy(last_error, line, sizeof(line));
	if (level <= shown && use_syslog)
		syslog(syslog_priority[level], "%s", line);
	else if (level <= shown)
		fprintf(stderr, "planfs: %s\n", line);
	pthread_mutex_unlock(&lock);
	errno = saved;
}
