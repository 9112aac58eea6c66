/*
 * Does the search index say what the texts say? All that it would answer, to every word that it knows, is summed up
 * and compared with the sum of the words of the texts. FTS5 has a check of its own ('integrity-check', rank 1), which is a
 * write for SQLite: saves would wait for it, and a database that is read only could not be checked.
 */
#include "store_check_priv.h"

#include "planfs/log.h"
#include "planfs/ngram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Of pairs of a word and a file, in no order. */
struct sum {
	uint64_t rows, pairs, mixed, added;
};

static void add_pair(struct sum *s, const char *word, size_t len, int64_t inode)
{
	uint64_t h = XXH3_64bits_withSeed(word, len, (uint64_t)inode);

	s->pairs++;
	s->mixed ^= h;
	s->added += h * h;
}

/* --- the texts --- */

enum {
	SLOTS_MIN = 1 << 10,
	SLOTS_MAX = 1 << 22 /* the longest text that is indexed fills half of them */
};

/* The words of one text, each once: a table that is emptied for the next. */
struct seen {
	uint64_t *slots; /* owned; 0: free */
	size_t room;
	size_t mask; /* of those in use, a power of 2 less 1 */
};

static void seen_done(struct seen *s)
{
	free(s->slots);
}

static int seen_reset(struct seen *s, size_t bytes)
{
	size_t n = SLOTS_MIN;

	while (n < bytes * 2 && n < SLOTS_MAX)
		n *= 2;
	if (n > s->room) {
		uint64_t *slots = realloc(s->slots, n * sizeof(*slots));

		if (!slots)
			return -ENOMEM;
		s->slots = slots;
		s->room = n;
	}
	s->mask = n - 1;
	memset(s->slots, 0, n * sizeof(*s->slots));
	return 0;
}

/* Was @word there? It is a number itself: it has 8 bytes at most, and no text with a NUL is in the index. */
static bool seen_before(struct seen *s, const char *word, size_t len)
{
	uint64_t key = 0;
	size_t at;

	memcpy(&key, word, len);
	for (at = key * 0x9E3779B97F4A7C15u >> 32 & s->mask; s->slots[at]; at = (at + 1) & s->mask)
		if (s->slots[at] == key)
			return true;
	s->slots[at] = key;
	return false;
}

struct text_walk {
	struct seen seen;
	struct sum sum;
	int64_t inode;
};

static void walk_done(struct text_walk *w)
{
	seen_done(&w->seen);
}

static int add_word_of_text(void *arg, const char *word, size_t len, const char *at, size_t n)
{
	struct text_walk *w = arg;

	(void)at, (void)n;
	if (!seen_before(&w->seen, word, len))
		add_pair(&w->sum, word, len, w->inode);
	return 0;
}

static int sum_texts(struct check *k, struct sum *ret_sum)
{
	CLEANUP(walk_done) struct text_walk w = { 0 };
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(k,
		"SELECT i.id, b.data FROM inode i LEFT JOIN body b ON b.id = i.indexed "
		"WHERE i.indexed NOT NULL UNION ALL SELECT g.inode, b.data FROM search_gone g "
		"LEFT JOIN body b ON b.id = g.body",
		&st);
	while (r == 0 && (r = stmt_row(st, "read the texts")) > 0) {
		size_t len = (size_t)sqlite3_column_bytes(st, 1);

		w.inode = sqlite3_column_int64(st, 0);
		w.sum.rows++;
		r = seen_reset(&w.seen, len);
		if (r == 0)
			r = ngram_each(sqlite3_column_blob(st, 1), len, add_word_of_text, &w);
	}
	if (r == 0)
		*ret_sum = w.sum;
	return r;
}

/* --- the index --- */

/* Damage is told, not logged: -EUCLEAN. */
static int quiet_error(struct check *k)
{
	int r = sqlite_errno(k->db);

	return search_is_damaged(k->db, r) ? -EUCLEAN : r;
}

static int quiet_prepare(struct check *k, const char *sql, sqlite3_stmt **ret_st)
{
	return sqlite3_prepare_v2(k->db, sql, -1, ret_st, NULL) == SQLITE_OK ? 0 : quiet_error(k);
}

static int quiet_row(struct check *k, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : quiet_error(k);
}

/* Ask the index for @word, as a search does. */
static int sum_word(
	struct check *k, sqlite3_stmt *ask, const char *word, size_t len, struct sum *sum)
{
	char quoted[2 * NGRAM_BYTES_MAX + 2];
	size_t i, n = 0;
	int r;

	if (len > NGRAM_BYTES_MAX)
		return -EUCLEAN;
	quoted[n++] = '"';
	for (i = 0; i < len; i++) {
		if (word[i] == '"')
			quoted[n++] = '"';
		quoted[n++] = word[i];
	}
	quoted[n++] = '"';
	sqlite3_bind_text(ask, 1, quoted, (int)n, SQLITE_STATIC);
	while ((r = quiet_row(k, ask)) > 0)
		add_pair(sum, word, len, sqlite3_column_int64(ask, 0));
	sqlite3_reset(ask);
	return r;
}

#define WORDS "temp.planfs_search_words"

static int sum_answers(struct check *k, struct sum *ret_sum)
{
	CLEANUP_FINALIZE sqlite3_stmt *words = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *ask = NULL;
	struct sum sum = { 0 };
	int r;

	r = quiet_prepare(k, "SELECT term, doc FROM " WORDS, &words);
	if (r == 0)
		r = quiet_prepare(
			k, "SELECT rowid FROM search_index WHERE search_index MATCH ?1", &ask);
	while (r == 0 && (r = quiet_row(k, words)) > 0) {
		const char *word = (const char *)sqlite3_column_text(words, 0);

		r = 0;
		if (word && strcmp(word, SEARCH_MARK) == 0) /* no query has it */
			sum.rows = (uint64_t)sqlite3_column_int64(words, 1);
		else
			r = sum_word(k, ask, word, (size_t)sqlite3_column_bytes(words, 0), &sum);
	}
	if (r == 0)
		*ret_sum = sum;
	return r;
}

/* With a list of its words, a table that goes away with the connection's memory. */
static int sum_index(struct check *k, struct sum *ret_sum)
{
	int r;

	if (sqlite3_exec(k->db,
		    "CREATE VIRTUAL TABLE " WORDS " USING fts5vocab(main, search_index, row)", NULL,
		    NULL, NULL) != SQLITE_OK)
		return quiet_error(k);
	r = sum_answers(k, ret_sum);
	if (sqlite3_exec(k->db, "DROP TABLE " WORDS, NULL, NULL, NULL) != SQLITE_OK && r == 0)
		r = quiet_error(k);
	return r;
}

/* --- both --- */

int search_compare(struct check *k)
{
	struct sum texts = { 0 }, index = { 0 };
	int r;

	r = sum_texts(k, &texts);
	if (r < 0)
		return r;
	r = sum_index(k, &index);
	if (r == -EUCLEAN)
		return 0;
	if (r < 0) {
		log_err("the search index cannot be read: %s", strerror(-r));
		return r;
	}
	return memcmp(&texts, &index, sizeof(texts)) == 0;
}

int check_search(struct check *k)
{
	struct store_finding finding = {
		.level = FINDING_DAMAGE,
		.kind = "search",
		.text = "the search index does not say what the texts say; 'planfs reindex' makes it anew"
	};
	int r;

	if (k->bad_search)
		return 0; /* told already */
	r = search_compare(k);
	return r == 0 ? check_tell(k, &finding, 0, NULL) : r < 0 ? r : 0;
}
