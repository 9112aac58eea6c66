/* Bringing the search index up to date at the end of what writes, or before a search. */
#include "cli_priv.h"

#include "planfs/clock.h"
#include "planfs/log.h"
#include "planfs/search.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	STEP_BYTES = 4 << 20,
	MERGE_PAGES = 1000,
	/* beside a mount: a save waits no longer than for one of these, and gets its turn in the pauses */
	SHARED_STEP_BYTES = 256 << 10,
	SHARED_MERGE_PAGES = 64,
	SHARED_PAUSE_US = 5000,
	WAIT_MS = 20000,
	CATCH_UP_BYTES = 1 << 20,
	CATCH_UP_NS = 300000000,
};

static bool is_mounted(struct store *s)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };

	return mounted_find_db(store_path(s), &m) == 0 && !m.readonly;
}

static int step(struct store *s, bool is_shared)
{
	if (is_shared)
		usleep(SHARED_PAUSE_US);
	return search_index_step(s, is_shared ? SHARED_STEP_BYTES : STEP_BYTES, WAIT_MS);
}

static int merge(struct store *s, bool is_shared)
{
	if (is_shared)
		usleep(SHARED_PAUSE_US);
	return search_index_merge(s, is_shared ? SHARED_MERGE_PAGES : MERGE_PAGES, WAIT_MS);
}

int index_fill(struct store *s)
{
	bool is_shared = is_mounted(s);
	struct search_status status;
	struct progress progress;
	int r;

	r = search_get_status(s, &status);
	if (r < 0)
		return r;
	progress_begin(&progress, "indexing", (unsigned long)status.waiting);
	while ((r = step(s, is_shared)) > 0)
		for (; r > 0; r--)
			progress_step(&progress);
	progress_end(&progress);
	while (r == 0 && (r = merge(s, is_shared)) > 0)
		r = 0;
	return r;
}

/* Nobody's work is lost by it: what is not in the index is found all the same. */
static void complain(struct store *s, int err)
{
	log_warn("%s: the search index is not up to date, and searches take longer: %s",
		store_path(s), strerror(-err));
}

void index_update(struct store *s)
{
	int r = is_mounted(s) ? 0 : index_fill(s); /* a mount does it by itself */

	if (r < 0)
		complain(s, r);
}

void index_catch_up(struct store *s)
{
	int64_t until = clock_now() + CATCH_UP_NS;
	int r = 1;

	if (is_mounted(s))
		return;
	while (r > 0 && clock_now() < until)
		r = search_index_step(s, CATCH_UP_BYTES, 0);
	if (r < 0 && r != -EBUSY && r != -EROFS)
		complain(s, r);
}
