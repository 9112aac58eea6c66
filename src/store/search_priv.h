/* What the files of the search index share with the rest of src/store; store_priv.h includes it. */
#pragma once

#include "planfs/buf.h"
#include "planfs/search.h"

#include <pthread.h>
#include <sqlite3.h>

/* The first word of every row of the index: in no text, because it ends lines. */
#define SEARCH_MARK "\n"

/* As the partial index inode_waiting has it, word for word. */
#define SEARCH_IS_WAITING "ifnull(body, 0) <> abs(ifnull(indexed, 0)) AND nlink <> 0"

/*
 * Nobody needs text ?1, which file ?2 had: no version, no file, and not the index, to take it out, for that file or another: one
 * that was restored shares its text with what it was. What waits for the index is looked through for texts that nothing else
 * needs, as of scratch files.
 */
#define SEARCH_NEEDS_NOT                                                                           \
	"AND NOT EXISTS (SELECT 1 FROM revision WHERE body = ?1) "                                 \
	"AND NOT EXISTS (SELECT 1 FROM inode WHERE body = ?1) "                                    \
	"AND NOT EXISTS (SELECT 1 FROM inode WHERE id = ?2 AND indexed = ?1) "                     \
	"AND NOT EXISTS (SELECT 1 FROM search_gone WHERE body = ?1 /*scan: of what waits*/) "      \
	"AND NOT EXISTS (SELECT 1 FROM inode INDEXED BY inode_waiting "                            \
	"WHERE " SEARCH_IS_WAITING " AND indexed = ?1 /*scan: of what waits*/)"

struct check;
struct conn;
struct repair;

/* Statements about the search index, which a connection prepares when it needs them: search_sql.c. */
enum search_sql {
	SEARCH_BEGIN,
	SEARCH_END,
	SEARCH_MATCH,
	SEARCH_REACH,
	SEARCH_INDEXED,
	SEARCH_WAITING,
	SEARCH_APART,
	SEARCH_ALL,
	SEARCH_NAMES,
	SEARCH_EACH_NAME,
	SEARCH_DIRECTORY,
	SEARCH_NEXT_WAITING,
	SEARCH_NEXT_GONE,
	SEARCH_SIZE,
	SEARCH_ADD,
	SEARCH_TAKE,
	SEARCH_NOTE,
	SEARCH_FORGET,
	SEARCH_MERGE,
	SEARCH_SQL_COUNT
};

/* search.c: the connection in whose transaction @q searches. */
struct conn *search_conn(struct search *q);

/* search_sql.c: a statement of @c, prepared at its first use, to be declared CLEANUP_STMT. Returns 0 or -Exxx. */
int search_stmt(struct conn *c, enum search_sql id, sqlite3_stmt **ret_st) MUST_CHECK;

/* What a text must have, as FTS5 wants it. */
struct search_match {
	struct buf all;
	struct buf
		few; /* a part of that, which is found sooner and may be in more texts; empty: there is no such part */
};
void search_match_done(struct search_match *m);

/* How rare the word @match is: greater for one that is in fewer texts. Returns 0, 1 when it cannot be told, nor of others, or -Exxx. */
typedef int search_rarity_fn(void *arg, const struct buf *match, int64_t *ret_rarity);

/* search_match.c: what it must have for one of @any. Returns 1 and *ret_match; 0 when any text may have it; -ENOMEM, the error of @rarity. */
int search_match(const struct search_terms *any, size_t n, search_rarity_fn *rarity, void *arg,
	struct search_match *ret_match) MUST_CHECK;

/* search.c: is @error, of the last statement of @db that failed, damage of the index, or one that cannot even be opened? */
bool search_is_damaged(sqlite3 *db, int error);

struct search_merge {
	unsigned pages, wait_ms;
	bool insists;
	bool gives_back; /* when there is nothing else to do: room that is taken by what is out of date */
};

/* search_step.c: search_index_step() and search_index_merge(); -EAGAIN when others change something, unless @insists. */
int search_step(struct store *s, size_t budget, unsigned wait_ms, bool insists) MUST_CHECK;
int search_merge(struct store *s, const struct search_merge *how) MUST_CHECK;

/* search_status.c: the pages of the index, and those of its largest piece */
struct search_pages {
	int64_t all, largest;
};
int search_count_pages(struct conn *c, struct search_pages *ret_pages) MUST_CHECK;

/* search_clear.c: in the transaction under way on @db: make the index itself anew, empty; the same, and have all files wait for it. */
int search_remake(sqlite3 *db) MUST_CHECK;
int search_empty(sqlite3 *db) MUST_CHECK;

extern const char schema_search_index[]; /* the statements that search_remake() runs again */

/* The thread that keeps the index up to date; queue_lock of the store guards all. */
struct indexer {
	pthread_t thread;
	pthread_cond_t wake;
	bool runs, stopping;
	bool sleeps;        /* until it is woken */
	uint64_t changes;   /* that were committed, its own apart */
	int64_t changed_at; /* clock_now() of the last */
	int64_t after;      /* atomic: the inode that was dealt with last, 0: begin */
};

/* search_tend.c; something was committed that did not yield: called with queue_lock held. */
int search_tend_start(struct store *s) MUST_CHECK;
void search_tend_stop(struct store *s);
void search_note_change(struct store *s);

/* check_search.c: is the index what the texts say? Returns 1 or 0; the same as a finding. */
int search_compare(struct check *k) MUST_CHECK;
int check_search(struct check *k) MUST_CHECK;

/* repair_search.c: make the index anew when it is not what the texts say, or when @must */
int repair_search(struct repair *p, bool must) MUST_CHECK;

/* check_sketch.c: tell which texts of the index lack a sketch, and which sketches belong to none; mend it. Results as of check_tell(). */
int check_sketches(struct check *k) MUST_CHECK;
int repair_sketches(struct repair *p) MUST_CHECK;

/* search_table.c: the table "search" on the connection @db. @what is borrowed until that is closed. */
struct search_table {
	struct store *s;
	const volatile bool *interrupted; /* searches end with SQLITE_INTERRUPT */
};

int search_table_register(sqlite3 *db, struct search_table *what) MUST_CHECK;
