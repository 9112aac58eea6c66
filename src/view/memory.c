/* What views keep between two looks at them. */
#include "search_priv.h"

#include <errno.h>
#include <stdlib.h>

int view_memory_new(struct view_memory **ret_memory)
{
	CLEANUP(view_memory_freep) struct view_memory *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	r = search_memory_new(&m->search);
	if (r == 0)
		r = kept_text_new(&m->duplicates);
	if (r < 0)
		return r;
	*ret_memory = m;
	m = NULL;
	return 0;
}

void view_memory_free(struct view_memory *m)
{
	if (!m)
		return;
	search_memory_free(m->search);
	kept_text_free(m->duplicates);
	free(m);
}
