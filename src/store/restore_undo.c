/* Taking changes back: every place that they touched holds again what it held before them. */
#include "store_moment_priv.h"

#include "planfs/restore.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WAIT_MS = 20000 };

#define SAVE_NS INT64_C(5000000000)

enum { UNDO_PLACE, UNDO_ROWS, UNDO_INODE, UNDO_SQL_COUNT };

static const char *const undo_sql[UNDO_SQL_COUNT] = {
	[UNDO_PLACE] = "SELECT parent, name FROM revision WHERE rev = ?1",
	[UNDO_ROWS] =
		("SELECT rev, inode, op = 'remove', author, op = 'attr', time, ifnull(program, ''), "
		 "mode & 61440 = 32768, EXISTS (SELECT 1 FROM revision o WHERE o.inode = r.inode AND "
		 "(o.op = 'remove') <> (r.op = 'remove') AND o.rev = r.rev + (r.op = 'remove') * 2 - 1) "
		 "FROM revision r WHERE parent = ?1 AND name = ?2 ORDER BY rev DESC"),
	[UNDO_INODE] = "SELECT rev FROM revision WHERE inode = ?1 AND rev < ?2 ORDER BY rev DESC",
};

struct undoing {
	const struct undo *what;
	struct store *s;
	struct restored *done;

	/* in the transaction */
	struct txn *t;
	sqlite3_stmt *st[UNDO_SQL_COUNT]; /* owned */
	struct bring_list places;         /* only the places */
	int64_t root_before; /* a row that comes with the first change of the root: what it was before */
};

static int compare_revs(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool is_undone(const struct undoing *u, int64_t rev)
{
	return rev != u->root_before &&
	       bsearch(&rev, u->what->revs, u->what->n, sizeof(rev), compare_revs) != NULL;
}

static int by_place(const void *a, const void *b)
{
	const struct bring *i = a, *j = b;

	if (i->parent != j->parent)
		return i->parent < j->parent ? -1 : 1;
	return strcmp(i->name, j->name);
}

/* The places that the changes touched; some of them several times. */
static int find_places(struct undoing *u)
{
	sqlite3_stmt *st = u->st[UNDO_PLACE];
	size_t i;
	int r = 0;

	for (i = 0; i < u->what->n && r >= 0; i++) {
		sqlite3_reset(st);
		sqlite3_bind_int64(st, 1, u->what->revs[i]);
		r = stmt_row(st, "find what a change was about");
		if (r > 0) {
			const struct bring place = { .parent = sqlite3_column_int64(st, 0),
				.name = (const char *)sqlite3_column_text(st, 1) };

			r = place.name ? bring_list_add(&u->places, &place) : -ENOMEM;
		}
	}
	sqlite3_reset(st);
	if (r < 0)
		return r;
	if (u->places.n > 0)
		qsort(u->places.items, u->places.n, sizeof(*u->places.items), by_place);
	return 0;
}

/* --- one place --- */

/* What the history of a place says of what is taken back. */
struct finding {
	int64_t above;   /* a later change of somebody else, 0: none */
	int64_t undone;  /* the oldest change that is taken back, 0: none */
	int64_t before;  /* the one below it, 0: none */
	int64_t inode;   /* that stood there then, 0: none */
	int64_t covered; /* one that stays, because another one is on top of it; 0: none */
	bool sets_attr;  /* is an owner, a mode or a time taken back? */
	bool is_removal; /* of @undone: this and the following */
	int64_t time;
	bool is_file;
	bool is_move; /* it came from another place */
	char undone_by[80], program[80];
	char by[80];       /* who made @above */
	char below_by[80]; /* who made @before */
};

static const char *program_of(sqlite3_stmt *st)
{
	const char *program = (const char *)sqlite3_column_text(st, 6);

	return program ? program : "";
}

/* What our own commands change at once is whole. */
static bool may_be_editor(const char *program)
{
	static const char ours[] = "planfs ";

	return strncmp(program, ours, strlen(ours)) != 0;
}

/*
 * Some editors move the old text away, to a name without versions, and write a new file: the removal belongs to the save that
 * the same program makes at once. It is another thing when one of the two has moved between places with versions.
 */
static bool belongs_to_save(const struct finding *f, sqlite3_stmt *st, const char *author)
{
	return f->undone && !f->before && sqlite3_column_int(st, 2) && !f->is_removal &&
	       f->is_file && !f->is_move && !sqlite3_column_int(st, 8) &&
	       f->time - sqlite3_column_int64(st, 5) < SAVE_NS &&
	       strcmp(author, f->undone_by) == 0 && strcmp(program_of(st), f->program) == 0 &&
	       may_be_editor(f->program);
}

static void note_undone(struct finding *f, sqlite3_stmt *st, const char *author)
{
	f->undone = sqlite3_column_int64(st, 0);
	f->is_removal = sqlite3_column_int(st, 2);
	f->sets_attr |= sqlite3_column_int(st, 4);
	f->time = sqlite3_column_int64(st, 5);
	f->is_file = sqlite3_column_int(st, 7);
	f->is_move = sqlite3_column_int(st, 8);
	snprintf(f->undone_by, sizeof(f->undone_by), "%s", author);
	snprintf(f->program, sizeof(f->program), "%s", program_of(st));
}

static void note_row(struct undoing *u, sqlite3_stmt *st, struct finding *f)
{
	const char *text = (const char *)sqlite3_column_text(st, 3), *author = text ? text : "?";
	int64_t rev = sqlite3_column_int64(st, 0);

	if (is_undone(u, rev) || belongs_to_save(f, st, author)) {
		if (!f->before)
			note_undone(f, st, author);
		else if (!f->covered)
			f->covered = rev;
	} else if (!f->undone) {
		if (!f->above) {
			f->above = rev;
			snprintf(f->by, sizeof(f->by), "%s", author);
		}
	} else if (!f->before) {
		f->before = rev;
		f->inode = sqlite3_column_int(st, 2) ? 0 : sqlite3_column_int64(st, 1);
		snprintf(f->below_by, sizeof(f->below_by), "%s", author);
	}
}

static int look_at_place(struct undoing *u, const struct bring *place, struct finding *ret_finding)
{
	sqlite3_stmt *st = u->st[UNDO_ROWS];
	struct finding f = { 0 };
	int r;

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, place->parent);
	bind_text(st, 2, place->name);
	while ((r = stmt_row(st, "read the history of a place")) > 0)
		note_row(u, st, &f);
	sqlite3_reset(st);
	if (r == 0)
		*ret_finding = f;
	return r;
}

/*
 * The newest row about inode @id before @rev that is not taken back: a save of a file with several names has a row for each.
 * Returns 1, or 0 when there is none.
 */
static int find_row(struct undoing *u, int64_t id, int64_t rev, int64_t *ret_rev)
{
	sqlite3_stmt *st = u->st[UNDO_INODE];
	int r;

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, rev);
	while ((r = stmt_row(st, "find what an inode was")) > 0) {
		*ret_rev = sqlite3_column_int64(st, 0);
		if (!is_undone(u, *ret_rev))
			break;
	}
	sqlite3_reset(st);
	return r;
}

static int read_target(struct undoing *u, int64_t rev, int64_t id, struct buf *target)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(u->t->c, SQL_MOMENT_TARGET);
	int r;

	sqlite3_bind_int64(st, 1, rev);
	sqlite3_bind_int64(st, 2, id);
	r = stmt_row(st, "read a target of the past");
	if (r <= 0)
		return r;
	return buf_add(target, sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0));
}

/* The inode that stood there, as it was then. */
static int fill_then(
	struct undoing *u, const struct finding *f, struct bring *item, struct buf *target)
{
	int64_t rev = 0, own;
	int r;

	r = find_row(u, f->inode, f->undone, &rev);
	if (r <= 0)
		return r;
	{
		CLEANUP_STMT sqlite3_stmt *st = conn_stmt(u->t->c, SQL_MOMENT_INODE);

		sqlite3_bind_int64(st, 1, rev);
		sqlite3_bind_int64(st, 2, f->inode);
		r = stmt_row(st, "read an inode of the past");
		if (r <= 0)
			return r;
		item->then = moment_from_row(st, 0, &own);
	}
	r = moment_complete(u->t->c, rev, own, &item->then);
	if (r == 0 && S_ISLNK(item->then.mode)) {
		r = read_target(u, rev, f->inode, target);
		item->target = buf_str(target);
	}
	return r;
}

static int add_place(struct undoing *u, const struct bring *place)
{
	CLEANUP(buf_done) struct buf target = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	CLEANUP(buf_done) struct buf note = { 0 };
	struct bring item = *place;
	struct finding f = { 0 };
	int r;

	r = look_at_place(u, place, &f);
	if (r < 0 || !f.undone)
		return r; /* forgotten meanwhile */
	item.since = f.before;
	item.rev = f.undone - 1;
	item.keep_mtime = !f.sets_attr;
	if (f.inode)
		r = fill_then(u, &f, &item, &target);
	if (r == 0 && f.above) {
		r = buf_printf(&why, "%s changed it later, rev-%" PRId64, f.by, f.above);
		item.why_not = buf_str(&why);
	} else if (r == 0 && f.covered) {
		r = buf_printf(&note, "rev-%" PRId64 " stays, below rev-%" PRId64 " of %s",
			f.covered, f.before, f.below_by);
		item.note = buf_str(&note);
	}
	return r < 0 ? r : bring_list_add(&u->done->list, &item);
}

/* --- all of them --- */

static int undo_in(struct undoing *u)
{
	size_t i;
	int r;

	for (i = 0; i < UNDO_SQL_COUNT; i++)
		if (sqlite3_prepare_v2(u->t->c->db, undo_sql[i], -1, &u->st[i], NULL) != SQLITE_OK)
			return store_errno(u->t->c->db, "prepare to undo");
	r = moment_first_row(u->t->c, 0, "", &u->root_before);
	if (r == 0)
		r = find_places(u);
	for (i = 0; i < u->places.n && r == 0; i++)
		if (i == 0 || by_place(&u->places.items[i - 1], &u->places.items[i]) != 0)
			r = add_place(u, &u->places.items[i]);
	if (r == 0)
		r = txn_plan_bringing(u->t, &u->done->list, BRING_UNDO, &u->done->plan);
	return r < 0 ? r : txn_bring(&u->done->plan);
}

static int apply_undo(struct txn *t, void *arg)
{
	struct undoing *u = arg;
	size_t i;
	int r;

	restored_done(u->done); /* of a transaction that is tried again */
	u->t = t;
	r = undo_in(u);
	for (i = 0; i < UNDO_SQL_COUNT; i++) {
		sqlite3_finalize(u->st[i]);
		u->st[i] = NULL;
	}
	bring_list_done(&u->places);
	return r == 0 && u->what->dry_run ? -ECANCELED : r;
}

int store_undo(struct store *s, const struct undo *what, struct restored *ret_restored)
{
	CLEANUP(restored_done) struct restored done = { 0 };
	struct undoing u = { .s = s, .what = what, .done = &done };
	const struct change c = { .apply = apply_undo,
		.arg = &u,
		.author = what->author,
		.durable = true,
		.wait_ms = WAIT_MS };
	int r;

	r = store_change(s, &c);
	if (r == -ECANCELED && what->dry_run)
		r = 0;
	if (r < 0)
		return r;
	*ret_restored = done;
	done = (struct restored){ 0 };
	return 0;
}
