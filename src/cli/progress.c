/* A bar on stderr while something long is under way, when that is a terminal. */
#include "cli_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 30, STEP_MS = 100 };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool progress_is_wanted(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_begin(struct progress *p, const char *what, unsigned long all)
{
	*p = (struct progress){
		.what = what, .all = all, .shown = progress_is_wanted() && all > 1
	};
	p->both = p->shown && isatty(STDOUT_FILENO);
}

/* The bar goes away before anything else is printed on the same terminal. */
static void wipe(const struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
}

void progress_step(struct progress *p)
{
	int64_t now = p->shown ? now_ms() : 0;
	unsigned cells;

	p->done++;
	if (!p->shown)
		return;
	if (p->both)
		fflush(stdout);
	if (!p->both && now - p->last_ms < STEP_MS)
		return;
	p->last_ms = now;
	cells = p->all ? (unsigned)(p->done * BAR_CELLS / p->all) : 0;
	cells = cells > BAR_CELLS ? BAR_CELLS : cells;
	wipe(p);
	fprintf(stderr, "%s [%.*s%*s] %lu/%lu", p->what, (int)cells,
		"##############################", (int)(BAR_CELLS - cells), "", p->done, p->all);
	fflush(stderr);
	p->drawn = true;
}

void progress_pause(struct progress *p)
{
	wipe(p);
	p->drawn = false;
}

void progress_end(struct progress *p)
{
	progress_pause(p);
	p->shown = false;
}
