/*
 * The writers of the crash tests without a file system: texts in one table of a stock SQLite, one
 * transaction each. What is known of its promises (WAL with synchronous=FULL keeps every commit,
 * NORMAL loses the last ones, OFF may lose the database) shows that recorder and replay see a loss.
 *
 *   sqlsavers DB JOURNAL FULL|NORMAL|OFF COUNT SEED
 */
#include <err.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "text.h"

#define TEXTS 40

static void must(sqlite3 *db, int r, const char *what)
{
	if (r != SQLITE_OK)
		errx(3, "%s: %s", what, sqlite3_errmsg(db));
}

static sqlite3_stmt *set_up(sqlite3 *db, const char *synchronous)
{
	sqlite3_stmt *st = NULL;
	char sql[300];

	snprintf(sql, sizeof(sql),
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = %s; PRAGMA wal_autocheckpoint = 200;"
		"CREATE TABLE IF NOT EXISTS text(path TEXT PRIMARY KEY, body BLOB)",
		synchronous);
	must(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
	must(db,
		sqlite3_prepare_v2(
			db, "INSERT OR REPLACE INTO text VALUES (?1, ?2)", -1, &st, NULL),
		"prepare");
	return st;
}

static void save(sqlite3 *db, sqlite3_stmt *st, int journal, unsigned int text, unsigned int seq)
{
	char name[40], path[40], *body = NULL;
	size_t len = 0;

	snprintf(name, sizeof(name), "t%u", text);
	snprintf(path, sizeof(path), "p/%u.txt", text);
	text_make(name, seq, 0, &body, &len);
	journal_mark(journal, "S %s %s=%u", name, path, seq);
	sqlite3_bind_text(st, 1, path, -1, SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, body, (int)len, SQLITE_STATIC);
	if (sqlite3_step(st) != SQLITE_DONE)
		errx(3, "save: %s", sqlite3_errmsg(db));
	must(db, sqlite3_reset(st), "reset");
	journal_mark(journal, "D %s", name);
	free(body);
}

int main(int argc, char **argv)
{
	unsigned int seq[TEXTS] = { 0 }, text;
	unsigned long count, i;
	sqlite3 *db = NULL;
	sqlite3_stmt *st;
	uint64_t rnd;
	int journal;

	if (argc != 6)
		errx(3, "usage: see the head of sqlsavers.c");
	journal = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (journal < 0)
		err(3, "%s", argv[2]);
	count = strtoul(argv[4], NULL, 10);
	rnd = strtoull(argv[5], NULL, 10);
	must(db, sqlite3_open(argv[1], &db), argv[1]);
	st = set_up(db, argv[3]);
	for (i = 0; i < count; i++) {
		text = rnd_below(&rnd, TEXTS);
		save(db, st, journal, text, ++seq[text]);
	}
	sqlite3_finalize(st);
	must(db, sqlite3_close(db), "close");
	return 0;
}
