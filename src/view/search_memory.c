/*
 * The queries that were asked lately, and what they found: so that a listing, and a look at each name in it, is one search. It
 * is bounded, and nothing is lost when something is forgotten.
 */
#include "search_priv.h"

#include "planfs/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	QUERIES_MAX = 256,
	RECENT_MAX = 16,
	BYTES_MAX = 48 << 20, /* of what was found */
	RELAXED_NS = 1000000000,
};

enum { KEPT_LIST, KEPT_TEXT, KEPT };

struct query_slot {
	char *words;                /* owned; NULL: free */
	struct view_reader *reader; /* owned; NULL: somebody who may see everything */
	uint64_t bits;
	uint64_t used;  /* when, counted in uses */
	uint64_t asked; /* when somebody looked at it first, counted in uses; 0: nobody */
	struct hits *hits[KEPT];
};

struct search_memory {
	pthread_mutex_t lock; /* guards all; held for moments only */
	struct query_slot slots[QUERIES_MAX];
	uint64_t uses;
	size_t bytes;
};

int search_memory_new(struct search_memory **ret_memory)
{
	struct search_memory *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	pthread_mutex_init(&m->lock, NULL);
	*ret_memory = m;
	return 0;
}

/* --- with the lock held --- */

static void drop_hits(struct search_memory *m, struct query_slot *q, int kept)
{
	struct hits *h = q->hits[kept];

	q->hits[kept] = NULL;
	if (!h)
		return;
	m->bytes -= h->bytes;
	if (--h->users == 0)
		hits_free(h);
}

static void drop_slot(struct search_memory *m, struct query_slot *q)
{
	drop_hits(m, q, KEPT_LIST);
	drop_hits(m, q, KEPT_TEXT);
	free(q->words);
	free(q->reader);
	*q = (struct query_slot){ 0 };
}

static struct query_slot *find_slot(struct search_memory *m, uint64_t bits)
{
	size_t i;

	for (i = 0; i < QUERIES_MAX; i++)
		if (m->slots[i].words && m->slots[i].bits == bits)
			return &m->slots[i];
	return NULL;
}

/* A free one, or the one that was not used for longest. */
static struct query_slot *free_slot(struct search_memory *m)
{
	struct query_slot *oldest = &m->slots[0];
	size_t i;

	for (i = 0; i < QUERIES_MAX; i++) {
		if (!m->slots[i].words)
			return &m->slots[i];
		if (m->slots[i].used < oldest->used)
			oldest = &m->slots[i];
	}
	drop_slot(m, oldest);
	return oldest;
}

/* Forget what was found longest ago until the rest is small enough. */
static void bound_bytes(struct search_memory *m, const struct query_slot *but)
{
	struct query_slot *oldest;
	size_t i;

	while (m->bytes > BYTES_MAX) {
		oldest = NULL;
		for (i = 0; i < QUERIES_MAX; i++) {
			struct query_slot *q = &m->slots[i];

			if (q != but && (q->hits[KEPT_LIST] || q->hits[KEPT_TEXT]) &&
				(!oldest || q->used < oldest->used))
				oldest = q;
		}
		if (!oldest)
			return;
		drop_hits(m, oldest, KEPT_LIST);
		drop_hits(m, oldest, KEPT_TEXT);
	}
}

/* --- the rest --- */

void search_memory_free(struct search_memory *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < QUERIES_MAX; i++)
		drop_slot(m, &m->slots[i]);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static bool is_same_reader(const struct view_reader *a, const struct view_reader *b)
{
	return a && b ? memcmp(a, b, sizeof(*a)) == 0 : a == b;
}

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *at = data;

	for (; len > 0; len--)
		hash = (hash ^ *at++) * 0x100000001B3;
	return hash;
}

static uint64_t hash_asked(const struct asked *asked)
{
	uint64_t hash = hash_bytes(0xCBF29CE484222325, asked->words, strlen(asked->words));

	if (asked->reader)
		hash = hash_bytes(hash, asked->reader, sizeof(*asked->reader));
	return hash * 0x9E3779B97F4A7C15u >>
	       (64 - SEARCH_KIND_SHIFT); /* for the bits that are taken */
}

static int copy_asked(const struct asked *asked, uint64_t bits, struct query_slot *ret_slot)
{
	struct query_slot q = { .words = strdup(asked->words), .bits = bits };

	if (asked->reader)
		q.reader = malloc(sizeof(*q.reader));
	if (!q.words || (asked->reader && !q.reader)) {
		free(q.words);
		free(q.reader);
		return -ENOMEM;
	}
	if (asked->reader)
		*q.reader = *asked->reader;
	*ret_slot = q;
	return 0;
}

/* Of two queries with the same number the newer one is known: there is one such pair among some hundred thousand. */
int search_remember(struct search_memory *m, const struct asked *asked, uint64_t *ret_bits)
{
	uint64_t bits = hash_asked(asked);
	struct query_slot copy, *q;
	int r;

	r = copy_asked(asked, bits, &copy);
	if (r < 0)
		return r;
	pthread_mutex_lock(&m->lock);
	q = find_slot(m, bits);
	if (q && (strcmp(q->words, copy.words) != 0 || !is_same_reader(q->reader, copy.reader))) {
		drop_slot(m, q);
		q = NULL;
	}
	if (!q) {
		q = free_slot(m);
		*q = copy;
		copy = (struct query_slot){ 0 };
	}
	q->used = ++m->uses;
	pthread_mutex_unlock(&m->lock);
	free(copy.words);
	free(copy.reader);
	*ret_bits = bits;
	return 0;
}

void search_note_asked(struct search_memory *m, uint64_t bits)
{
	struct query_slot *q;

	pthread_mutex_lock(&m->lock);
	q = find_slot(m, bits);
	if (q && !q->asked)
		q->asked = ++m->uses;
	pthread_mutex_unlock(&m->lock);
}

int search_recall(struct search_memory *m, uint64_t bits)
{
	struct query_slot *q;

	pthread_mutex_lock(&m->lock);
	q = find_slot(m, bits);
	if (q)
		q->used = ++m->uses;
	pthread_mutex_unlock(&m->lock);
	return q ? 0 : -ENOENT;
}

/* A copy of what was asked, to be freed. */
static int get_asked(struct search_memory *m, uint64_t bits, struct query_slot *ret_copy)
{
	struct query_slot *q;
	int r = -ENOENT;

	pthread_mutex_lock(&m->lock);
	q = find_slot(m, bits);
	if (q)
		r = copy_asked(&(struct asked){ q->words, q->reader }, bits, ret_copy);
	pthread_mutex_unlock(&m->lock);
	return r;
}

/* What is kept and new enough, or NULL. */
static struct hits *get_kept(
	struct search_memory *m, uint64_t bits, int kept, int64_t rev, int64_t since)
{
	struct query_slot *q;
	struct hits *h = NULL;

	pthread_mutex_lock(&m->lock);
	q = find_slot(m, bits);
	if (q && q->hits[kept] && (q->hits[kept]->rev == rev || q->hits[kept]->made >= since)) {
		h = q->hits[kept];
		h->users++;
	}
	pthread_mutex_unlock(&m->lock);
	return h;
}

/* @h belongs to its caller, too. */
static void keep(struct search_memory *m, uint64_t bits, int kept, struct hits *h)
{
	struct query_slot *q;

	h->users = 1;
	pthread_mutex_lock(&m->lock);
	q = find_slot(m, bits);
	if (q) {
		drop_hits(m, q, kept);
		q->hits[kept] = h;
		h->users++;
		m->bytes += h->bytes;
		bound_bytes(m, q);
	}
	pthread_mutex_unlock(&m->lock);
}

void search_put(struct search_memory *m, struct hits *h)
{
	bool is_last;

	pthread_mutex_lock(&m->lock);
	is_last = --h->users == 0;
	pthread_mutex_unlock(&m->lock);
	if (is_last)
		hits_free(h);
}

static int find_anew(
	const struct view_source *v, uint64_t bits, enum search_kind kind, struct hits **ret_hits)
{
	struct query_slot copy;
	int r;

	r = get_asked(v->memory->search, bits, &copy);
	if (r < 0)
		return r;
	r = hits_find(v->store, &(struct asked){ copy.words, copy.reader }, kind, ret_hits);
	free(copy.words);
	free(copy.reader);
	return r;
}

int search_get(const struct view_source *v, uint64_t bits, enum search_kind kind, bool relaxed,
	struct hits **ret_hits)
{
	struct search_memory *m = v->memory->search;
	int kept = kind == SEARCH_LIST ? KEPT_LIST : KEPT_TEXT;
	struct store_status status;
	struct hits *h;
	int r;

	r = search_recall(m, bits);
	if (r == 0)
		r = store_get_status(v->store, &status);
	if (r < 0)
		return r;
	h = get_kept(
		m, bits, kept, status.revision, relaxed ? clock_now() - RELAXED_NS : INT64_MAX);
	if (!h) {
		r = find_anew(v, bits, kind, &h);
		if (r < 0)
			return r;
		keep(m, bits, kept, h);
	}
	*ret_hits = h;
	return 0;
}

/* --- what was asked lately --- */

struct recent {
	int64_t place;
	uint64_t bits;
	char *words; /* owned */
};

static int by_place(const void *a, const void *b)
{
	const struct recent *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

/* Copy those of @reader that are no mistakes. Returns how many. */
static size_t copy_recent(
	struct search_memory *m, const struct view_reader *reader, struct recent *recent)
{
	size_t i, n = 0;

	pthread_mutex_lock(&m->lock);
	for (i = 0; i < QUERIES_MAX; i++) {
		const struct query_slot *q = &m->slots[i];
		const struct hits *h = q->hits[KEPT_LIST] ? q->hits[KEPT_LIST] : q->hits[KEPT_TEXT];

		if (!q->words || !q->asked || (h && h->broken) ||
			!is_same_reader(q->reader, reader))
			continue;
		recent[n].words = strdup(q->words);
		recent[n].place = (int64_t)q->asked;
		recent[n].bits = q->bits;
		n += recent[n].words != NULL;
	}
	pthread_mutex_unlock(&m->lock);
	qsort(recent, n, sizeof(*recent), by_place);
	return n;
}

int search_each_recent(struct search_memory *m, const struct view_reader *reader, int64_t after,
	search_recent_fn *fn, void *arg)
{
	struct recent *recent = calloc(QUERIES_MAX, sizeof(*recent));
	size_t i, n;
	int r = 0;

	if (!recent)
		return -ENOMEM;
	n = copy_recent(m, reader, recent);
	for (i = n > RECENT_MAX ? n - RECENT_MAX : 0; i < n && r == 0; i++)
		if (recent[i].place > after)
			r = fn(arg, recent[i].place, recent[i].bits, recent[i].words);
	for (i = 0; i < n; i++)
		free(recent[i].words);
	free(recent);
	return r;
}
