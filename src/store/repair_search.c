/*
 * The search index after a repair. It is made anew from the texts that it is said to hold, so that what waited for it
 * before still waits.
 */
#include "store_check_priv.h"

static int make_anew(struct repair *p)
{
	int r;

	if (p->is_trial)
		return 0; /* it would be taken back */
	r = search_remake(p->k.db);
	return r < 0 ? r
		     : repair_run(p, "INSERT INTO search_index (search_index) VALUES ('rebuild')",
			       NULL, 0);
}

int repair_search(struct repair *p, bool must)
{
	int r;

	r = repair_apply(p, repair_held);
	if (r != 0)
		return r;
	r = must ? 0 : search_compare(&p->k);
	if (r != 0)
		return r < 0 ? r : 0;
	r = make_anew(p);
	return r < 0 ? r : repair_tell(p, "search", 0, NULL, "the search index was made anew");
}
