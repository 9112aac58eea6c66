/*
 * The sketches of planfs/similar.h: every text of the search index that is long enough has one, and nothing else has. What is
 * in them is looked at only where it cannot be one, because nothing worse comes of it than a plan that is not found.
 */
#include "planfs/shingles.h"
#include "planfs/similar.h"
#include "store_check_priv.h"

#include <errno.h>

static const char stray[] =
	"SELECT inode FROM sketch s WHERE length(data) <> ?1 OR (NOT EXISTS "
	"(SELECT 1 FROM inode WHERE id = s.inode AND indexed > 0) AND NOT EXISTS "
	"(SELECT 1 FROM search_gone WHERE inode = s.inode)) /*scan*/";

/* A text that is missing has been told. */
static const char bare[] =
	"SELECT i.id, b.data FROM inode i CROSS JOIN body b ON b.id = i.indexed WHERE i.indexed > 0 "
	"AND NOT EXISTS (SELECT 1 FROM sketch WHERE inode = i.id) /*scan*/";

typedef int wrong_fn(void *arg, int64_t inode, const struct text *text);

/* Call @fn for every sketch that should not be there (@text NULL), and for every text that should have one. */
static int each_wrong(struct check *k, wrong_fn *fn, void *arg)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL, *texts = NULL;
	struct text_sketch sketch;
	int r;

	r = check_prepare(k, stray, &st);
	if (r == 0)
		r = check_prepare(k, bare, &texts);
	if (r < 0)
		return r;
	sqlite3_bind_int(st, 1, SKETCH_BYTES);
	while (r == 0 && (r = stmt_row(st, "look at the sketches")) > 0)
		r = fn(arg, sqlite3_column_int64(st, 0), NULL);
	while (r == 0 && (r = stmt_row(texts, "look at the sketches")) > 0) {
		const struct text text = { sqlite3_column_blob(texts, 1),
			(size_t)sqlite3_column_bytes(texts, 1) };

		r = 0;
		if (text_sketch_make(text.data, text.len, &sketch))
			r = fn(arg, sqlite3_column_int64(texts, 0), &text);
	}
	return r;
}

static int tell(void *arg, int64_t inode, const struct text *text)
{
	struct store_finding finding = { .level = FINDING_DAMAGE,
		.kind = "sketch",
		.text = text ? "has no sketch, so that nobody finds what is like it"
			     : "has a sketch that belongs to no text of the search index" };

	return check_tell(arg, &finding, inode, NULL);
}

int check_sketches(struct check *k)
{
	return each_wrong(k, tell, k);
}

static int mend(void *arg, int64_t inode, const struct text *text)
{
	struct repair *p = arg;
	int r;

	r = text ? txn_sketch_set(&p->t, inode, text) : txn_sketch_drop(&p->t, inode);
	if (r < 0)
		return r;
	return repair_tell(p, "sketch", inode, NULL,
		text ? "had no sketch, and has one" : "had a sketch for no text; removed");
}

int repair_sketches(struct repair *p)
{
	return each_wrong(&p->k, mend, p);
}
