/*
 * Which rows of the table revision kept moments need. What moment.c looks at after a revision is the newest row of a place,
 * of an inode that has a name then, and of the names in a directory, that is not newer: so each row holds for the
 * moments from its own number up to the next one of its kind, and is kept when one of these moments is. A removal
 * is needed only where something older would be seen again without it.
 *
 * What needs memory by the number of versions is in temporary tables.
 */
#include "store_prune_priv.h"

#include "planfs/array.h"

#include <errno.h>
#include <stdlib.h>

void prune_rows_done(struct prune_rows *rows)
{
	free(rows->rows);
	*rows = (struct prune_rows){ 0 };
}

void prune_found_done(struct prune_found *found)
{
	int kind;

	for (kind = 0; kind < PRUNE_KINDS; kind++)
		prune_rows_done(&found->rows[kind]);
}

int prune_rows_add(struct prune_rows *rows, struct prune_row row)
{
	if (array_grow(&rows->rows, rows->n, &rows->capacity, sizeof(*rows->rows)) < 0)
		return -ENOMEM;
	rows->rows[rows->n++] = row;
	return 0;
}

// clang-format off

#define FOR_EVER "9223372036854775807"

/* Is one of the moments from @from up to before @to kept? ?1: from where on all are. */
#define IS_KEPT(from, to) \
	"(" to " > ?1 OR EXISTS (SELECT 1 FROM prune_moment m WHERE m.rev >= " from " AND m.rev < " to "))"

/* Did @inode have a name at a kept moment from @from up to before @to? */
#define HAD_A_NAME(inode, from, to) \
	"EXISTS (SELECT 1 FROM prune_row s WHERE s.inode = " inode " AND NOT s.gone " \
	"AND s.until > " from " AND s.rev < " to " AND " \
	IS_KEPT("max(s.rev, " from ")", "min(s.until, " to ")") ")"

static const char *const make_tables[] = {
	"DROP TABLE IF EXISTS temp.prune_moment",
	"DROP TABLE IF EXISTS temp.prune_row",
	"CREATE TEMP TABLE prune_moment (rev INTEGER PRIMARY KEY)",
	/* gone: a removal; until: the next row of the place; keep: 1 as it is, 2 without its text */
	"CREATE TEMP TABLE prune_row (rev INTEGER PRIMARY KEY, inode INTEGER NOT NULL, "
	"gone INTEGER NOT NULL, until INTEGER NOT NULL, keep INTEGER NOT NULL DEFAULT 0)",
	"INSERT INTO prune_row (rev, inode, gone, until) SELECT rev, inode, op = 'remove', "
	"lead(rev, 1, " FOR_EVER ") OVER (PARTITION BY parent, name ORDER BY rev) FROM revision /*scan*/",
	"CREATE INDEX temp.prune_row_inode ON prune_row(inode)",
	NULL,
};

/* ?1: from where on all moments are kept; ?2: from where on a rule reaches. */
static const char *const mark_rows[] = {
	"UPDATE prune_row SET keep = 1 WHERE rev >= ?1 OR rev = (SELECT max(rev) FROM prune_row)",
	/* what stood at each place */
	"UPDATE prune_row SET keep = 1 WHERE NOT keep AND NOT gone AND " IS_KEPT("prune_row.rev", "prune_row.until"),
	/* what each inode was like; the first row of the root tells what it was before that */
	"UPDATE prune_row SET keep = 1 WHERE rev = (SELECT min(rev) FROM prune_row WHERE inode = 1)",
	"UPDATE prune_row SET keep = 1 WHERE rev IN (SELECT n.rev FROM "
	"(SELECT rev, inode, lead(rev, 1, " FOR_EVER ") OVER (PARTITION BY inode ORDER BY rev) AS until "
	"FROM revision /*scan*/) n CROSS JOIN prune_row r ON r.rev = n.rev WHERE NOT r.keep AND "
	IS_KEPT("n.rev", "n.until") " AND " HAD_A_NAME("n.inode", "n.rev", "n.until") ")",
	/* what was overwritten unseen, and by what */
	"UPDATE prune_row SET keep = 1 WHERE rev IN (SELECT rev FROM revision WHERE conflict IS NOT NULL "
	"AND rev >= ?2 UNION SELECT conflict FROM revision WHERE conflict IS NOT NULL AND rev >= ?2)",
	/* when each directory changed last: until the next name in it, or its own next row */
	"UPDATE prune_row SET keep = 2 WHERE rev IN (SELECT n.rev FROM (SELECT rev, parent, "
	"min(next, ifnull((SELECT min(rev) FROM revision o WHERE o.inode = d.parent AND o.rev > d.rev), next)) AS until "
	"FROM (SELECT rev, parent, lead(rev, 1, " FOR_EVER ") OVER (PARTITION BY parent ORDER BY rev) AS next "
	"FROM revision WHERE dir_mtime IS NOT NULL) d) n CROSS JOIN prune_row r ON r.rev = n.rev "
	"WHERE NOT r.keep AND " IS_KEPT("n.rev", "n.until") " AND (n.parent = 1 OR "
	HAD_A_NAME("n.parent", "n.rev", "n.until") "))",
	/* removals at last: the newest row below that is kept is none */
	"UPDATE prune_row SET keep = 2 WHERE NOT keep AND gone AND " IS_KEPT("prune_row.rev", "prune_row.until")
	" AND (SELECT s.gone FROM revision r CROSS JOIN revision o ON o.parent = r.parent AND o.name = r.name "
	"AND o.rev < r.rev CROSS JOIN prune_row s ON s.rev = o.rev WHERE r.rev = prune_row.rev AND s.keep "
	"ORDER BY o.rev DESC LIMIT 1) = 0",
	NULL,
};

static const char list_rows[] = "SELECT rev FROM prune_row WHERE NOT keep ORDER BY rev";

/* Removals whose text nobody sees. */
static const char list_emptied[] = "SELECT p.rev FROM prune_row p CROSS JOIN revision r ON r.rev = p.rev "
	"WHERE p.keep = 2 AND p.gone AND r.body IS NOT NULL ORDER BY p.rev";

/*
 * An arrival that only tells the directory's time: the next row of its place that is kept, which is a save in place, can
 * tell it, too.
 */
static const char list_moved[] = "SELECT p.rev, (SELECT o.rev FROM revision r CROSS JOIN revision o "
	"ON o.parent = r.parent AND o.name = r.name AND o.rev > r.rev CROSS JOIN prune_row k ON k.rev = o.rev "
	"WHERE r.rev = p.rev AND k.keep = 1 AND o.dir_mtime IS NULL ORDER BY o.rev LIMIT 1) AS heir "
	"FROM prune_row p WHERE p.keep = 2 AND NOT p.gone AND heir IS NOT NULL ORDER BY p.rev";

static const char count_rows[] = "SELECT count(*) FROM prune_row";

/* The texts that no row names which is kept as it is. */
static const char count_texts[] =
	"SELECT count(*), ifnull(sum(length(b.data)), 0) FROM (SELECT DISTINCT r.body FROM prune_row p "
	"CROSS JOIN revision r ON r.rev = p.rev WHERE p.keep <> 1 AND r.body IS NOT NULL) d "
	"CROSS JOIN body b ON b.id = d.body WHERE NOT EXISTS (SELECT 1 FROM revision r CROSS JOIN "
	"prune_row p ON p.rev = r.rev WHERE r.body = b.id AND p.keep = 1)";

// clang-format on

static int run(struct conn *c, const char *sql, const struct prune_moments *m)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(c->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_errno(c->db, "look for versions to forget");
	if (sqlite3_bind_parameter_count(st) > 0)
		sqlite3_bind_int64(st, 1, m->all_from);
	if (sqlite3_bind_parameter_count(st) > 1)
		sqlite3_bind_int64(st, 2, m->rules_from);
	return stmt_run(st, "look for versions to forget");
}

static int run_all(struct conn *c, const char *const *statements, const struct prune_moments *m)
{
	int r = 0;

	for (; *statements && r == 0; statements++)
		r = run(c, *statements, m);
	return r;
}

static int insert_moments(struct conn *c, const struct prune_moments *m)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	size_t i;
	int r = 0;

	if (sqlite3_prepare_v2(c->db, "INSERT INTO prune_moment (rev) VALUES (?1)", -1, &st,
		    NULL) != SQLITE_OK)
		return store_errno(c->db, "note the moments that are kept");
	for (i = 0; i < m->n && r == 0; i++) {
		sqlite3_bind_int64(st, 1, m->revs[i]);
		r = stmt_run(st, "note the moments that are kept");
		sqlite3_reset(st);
	}
	return r;
}

static int take_numbers(struct conn *c, const char *sql, int64_t *ret_first, int64_t *ret_second)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	if (sqlite3_prepare_v2(c->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_errno(c->db, "count versions");
	r = stmt_row(st, "count versions");
	if (r <= 0)
		return r < 0 ? r : -EIO;
	*ret_first = sqlite3_column_int64(st, 0);
	if (ret_second)
		*ret_second = sqlite3_column_int64(st, 1);
	return 0;
}

static int take_rows(struct conn *c, const char *sql, struct prune_rows *rows)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	if (sqlite3_prepare_v2(c->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_errno(c->db, "list versions to forget");
	while ((r = stmt_row(st, "list versions to forget")) > 0) {
		struct prune_row row = { .rev = sqlite3_column_int64(st, 0) };

		if (rows->kind == PRUNE_MOVED)
			row.heir = sqlite3_column_int64(st, 1);
		r = prune_rows_add(rows, row);
		if (r < 0)
			return r;
	}
	return r;
}

/* All of it sees one state of the database. */
static int find_in(struct conn *c, const struct prune_moments *moments, struct prune_found *found,
	struct pruned *done)
{
	int r;

	r = run_all(c, make_tables, moments);
	if (r == 0)
		r = insert_moments(c, moments);
	if (r == 0)
		r = run_all(c, mark_rows, moments);
	if (r == 0)
		r = take_numbers(c, count_rows, &done->changes, NULL);
	if (r == 0)
		r = take_numbers(c, count_texts, &done->texts, &done->text_bytes);
	if (r == 0)
		r = take_rows(c, list_moved, &found->rows[PRUNE_MOVED]);
	if (r == 0)
		r = take_rows(c, list_emptied, &found->rows[PRUNE_EMPTIED]);
	return r < 0 ? r : take_rows(c, list_rows, &found->rows[PRUNE_DELETED]);
}

static int find_and_clear(struct conn *c, const struct prune_moments *moments,
	struct prune_found *found, struct pruned *done)
{
	static const char *const drop_tables[] = { "DROP TABLE IF EXISTS temp.prune_moment",
		"DROP TABLE IF EXISTS temp.prune_row", NULL };
	int r, end;

	r = run(c, "BEGIN", moments);
	if (r < 0)
		return r;
	r = find_in(c, moments, found, done);
	end = run_all(c, drop_tables, moments);
	if (end == 0)
		end = run(c, "COMMIT", moments);
	if (!sqlite3_get_autocommit(c->db))
		end = run(c, "ROLLBACK", moments);
	return r < 0 ? r : end;
}

int prune_find_rows(struct store *s, const struct prune_moments *moments,
	struct prune_found *ret_found, struct pruned *done)
{
	struct prune_found found = { 0 };
	struct conn *c;
	int kind, r;

	for (kind = 0; kind < PRUNE_KINDS; kind++)
		found.rows[kind].kind = (enum prune_kind)kind;
	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = find_and_clear(c, moments, &found, done);
	reader_put(s, c);
	if (r < 0) {
		prune_found_done(&found);
		return r;
	}
	done->moments = (int64_t)moments->n;
	*ret_found = found;
	return 0;
}
