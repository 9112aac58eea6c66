/* The search index while faults happen: what is told must be right, or nothing. */
#include "fault_steps.h"

#include "planfs/search.h"

#include <errno.h>

static int sync_now(struct fixture *f)
{
	const struct change c = { .durable = true, .wait_ms = 1000 };

	return store_change(f->s, &c);
}

int fault_run_index(struct fixture *f)
{
	int r;

	while ((r = search_index_step(f->s, 10, 1000)) > 0)
		;
	while (r == 0 && (r = search_index_merge(f->s, 4, 1000)) > 0)
		r = 0;
	return r < 0 ? r : sync_now(f);
}

void fault_undo_index(struct fixture *f)
{
	assert_int_equal(search_index_clear(f->s), 0);
}

/* From an index that is full to one that is empty. */
int fault_run_clear(struct fixture *f)
{
	int r = search_index_clear(f->s);

	return r < 0 ? r : sync_now(f);
}

void fault_undo_clear(struct fixture *f)
{
	assert_int_equal(fault_run_index(f), 0);
}

struct hits {
	struct search *q;
	int n;
};

static int is_in(void *arg, const char *data, size_t len)
{
	return data && memmem(data, len, arg, strlen(arg)) != NULL;
}

static int count_hit(void *arg, const struct search_candidate *c)
{
	struct hits *h = arg;
	char word[] = "文字";
	int r = search_text(h->q, c->body, is_in, word);

	if (r > 0)
		h->n++;
	return r < 0 ? r : 0;
}

/* It may fail, but what it finds is right. */
int fault_run_search(struct fixture *f)
{
	const struct text string = { "文字", strlen("文字") };
	const struct search_terms any[] = { { &string, 1 } };
	struct hits h = { 0 };
	int r;

	r = search_open(f->s, &h.q);
	if (r < 0)
		return r;
	r = search_candidates(h.q, any, 1, count_hit, &h);
	search_close(h.q);
	if (r == 0)
		assert_int_equal(h.n, 1);
	return r;
}

void fault_undo_search(struct fixture *f)
{
	assert_int_equal(fault_run_index(f), 0); /* for the next */
}
