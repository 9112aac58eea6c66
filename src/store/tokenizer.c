/*
 * The words of planfs/ngram.h as a tokenizer of FTS5, called zhgram. Every connection that may touch the search index, or
 * the schema, needs it; a program that has not got it can do all but look into the index.
 */
#include "store_priv.h"

#include "planfs/log.h"
#include "planfs/ngram.h"

#include <errno.h>
#include <string.h>

/* As FTS5 declares it. */
typedef int token_fn(void *arg, int flags, const char *token, int len, int begin, int end);

struct token_sink {
	token_fn *fn;
	void *arg;
	int flags;
	const char *text;
};

static int on_word(void *arg, const char *word, size_t len, const char *at, size_t n)
{
	const struct token_sink *sink = arg;
	int begin = (int)(at - sink->text);

	return sink->fn(sink->arg, sink->flags, word, (int)len, begin, begin + (int)n);
}

/*
 * All words of a text are at the place of its mark, so that every text has the length 1 for FTS5, which keeps the sum: a file is
 * taken out with other words than it was put in with (search_step.c), and nobody asks for lengths or places.
 */
static int tokenize(Fts5Tokenizer *t, void *arg, int flags, const char *text, int len, token_fn *fn)
{
	struct token_sink sink = { fn, arg, 0, text };
	int r;

	(void)t;
	if (flags & FTS5_TOKENIZE_QUERY)
		return len > 0 ? ngram_each_of_query(text, (size_t)len, on_word, &sink) : SQLITE_OK;
	r = fn(arg, 0, SEARCH_MARK, (int)strlen(SEARCH_MARK), 0, 0);
	sink.flags = FTS5_TOKEN_COLOCATED;
	return r == SQLITE_OK && len > 0 ? ngram_each(text, (size_t)len, on_word, &sink) : r;
}

/* It has no state: what is made is only not NULL. */
static int create(void *context, const char **args, int n, Fts5Tokenizer **ret_tokenizer)
{
	static char nothing;

	(void)context, (void)args;
	if (n > 0)
		return SQLITE_ERROR;
	*ret_tokenizer = (Fts5Tokenizer *)&nothing;
	return SQLITE_OK;
}

static void delete (Fts5Tokenizer *t)
{
	(void)t;
}

static int find_fts5(sqlite3 *db, fts5_api **ret_api)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	fts5_api *api = NULL;

	if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &st, NULL) != SQLITE_OK)
		return store_errno(db, "find FTS5 in SQLite");
	sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
	if (sqlite3_step(st) != SQLITE_ROW || !api)
		return store_errno(db, "find FTS5 in SQLite");
	*ret_api = api;
	return 0;
}

int tokenizer_register(sqlite3 *db)
{
	static fts5_tokenizer zhgram = { create, delete, tokenize };
	fts5_api *api = NULL;
	int r;

	r = find_fts5(db, &api);
	if (r < 0)
		return r;
	return api->xCreateTokenizer(api, "zhgram", NULL, &zhgram, NULL) == SQLITE_OK ? 0 : -ENOMEM;
}
