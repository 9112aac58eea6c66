/*
 * What is most like one section or one plan: the sketches tell what may be, the texts what is. All of it sees one
 * moment, in one read transaction.
 */
#include "planfs/similar.h"

#include "planfs/log.h"
#include "planfs/name.h"
#include "planfs/shingles.h"
#include "store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	TEXT_LOOK_MAX = 4 << 20, /* bytes of a text that are compared */
	SKETCH_MIN = 10,         /* per cent: half of SIMILAR_MIN, because sketches are not exact */
	PAIR_MIN = 30,           /* per cent from which on a section corresponds to another */
	CANDIDATES_MAX = 1 << 16, /* in memory; the less similar half goes when there are more */
	PLACES_MAX = 8192,        /* candidates of a plan that are looked at */
	SCORES = 2 * PLACES_MAX,  /* plans that they may stand in, so that there is always room */
	SECTIONS_MAX = 256        /* of a plan that are looked for */
};

struct candidate {
	int64_t inode;
	uint16_t own;    /* which of our texts it is like */
	uint8_t percent; /* by the sketches */
};

/* Names of a place. */
struct place {
	char year[NAME_BYTES_MAX + 1], district[NAME_BYTES_MAX + 1], plan[NAME_BYTES_MAX + 1],
		section[NAME_BYTES_MAX + 1];
	int64_t dir; /* the plan's inode */
};

struct result {
	unsigned percent;
	struct place place;
	struct sketched_texts texts; /* of a plan */
};

/* A plan that candidates stand in. */
struct plan_score {
	int64_t dir;   /* 0: the slot is free */
	int64_t inode; /* of one of its sections */
	uint64_t score;
	unsigned char seen[SECTIONS_MAX / 8]; /* which of our texts it has something like */
};

struct look {
	sqlite3 *db;
	sqlite3_stmt *place, *file, *files;
	int64_t plan; /* the directory that was asked about, 0: a file was */
	int64_t file_inode;
	struct sketched_texts own;
	struct candidate *candidates; /* owned */
	size_t n_candidates;
	unsigned floor;         /* per cent that a candidate needs */
	struct result *results; /* owned */
	size_t n_results;
};

static const char sql_place[] = "SELECT y.name, d.name, p.name, f.name, f.parent FROM dentry f "
				"CROSS JOIN dentry p ON p.inode = f.parent "
				"CROSS JOIN dentry d ON d.inode = p.parent "
				"CROSS JOIN dentry y ON y.inode = d.parent "
				"WHERE f.inode = ?1 AND y.parent = 1";
static const char sql_file[] =
	"SELECT NULL, i.id, b.data FROM inode i JOIN body b ON b.id = i.body WHERE i.id = ?1";
static const char sql_files[] =
	"SELECT f.name, i.id, b.data FROM dentry f CROSS JOIN inode i ON i.id = f.inode "
	"CROSS JOIN body b ON b.id = i.body WHERE f.parent = ?1 AND i.mode & 61440 = 32768 "
	"ORDER BY f.name";

/* Every sketch: a few bytes for each section. */
static const char sql_sketches[] = "SELECT inode, data FROM sketch /*scan*/";

static size_t clamp(size_t len)
{
	return len < TEXT_LOOK_MAX ? len : TEXT_LOOK_MAX;
}

/* The text of file @id with the statement l->file, those of the sections of plan @id with l->files. */
static int read_texts(sqlite3_stmt *statement, int64_t id, struct sketched_texts *ret_texts)
{
	CLEANUP(sketched_texts_done) struct sketched_texts t = { 0 };
	CLEANUP_STMT sqlite3_stmt *st = statement;
	int r;

	sqlite3_bind_int64(st, 1, id);
	while ((r = stmt_row(st, "read a text")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		if (name && !name_is_section(name))
			continue;
		r = sketched_texts_add(&t, name, sqlite3_column_int64(st, 1),
			sqlite3_column_blob(st, 2), clamp((size_t)sqlite3_column_bytes(st, 2)));
		if (r < 0)
			break;
	}
	if (r < 0)
		return r;
	sketched_texts_sort(&t);
	*ret_texts = t;
	t = (struct sketched_texts){ 0 };
	return 0;
}

/* --- candidates --- */

static int by_percent(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->percent != y->percent)
		return x->percent > y->percent ? -1 : 1;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void sort_candidates(struct look *l)
{
	qsort(l->candidates, l->n_candidates, sizeof(*l->candidates), by_percent);
}

static void add_candidate(struct look *l, int64_t inode, size_t own, unsigned percent)
{
	if (percent < l->floor)
		return;
	if (l->n_candidates == CANDIDATES_MAX) {
		sort_candidates(l);
		l->n_candidates /= 2;
		l->floor = l->candidates[l->n_candidates].percent;
	}
	l->candidates[l->n_candidates++] = (struct candidate){
		.inode = inode, .own = (uint16_t)own, .percent = (uint8_t)percent
	};
}

static void compare(struct look *l, int64_t inode, const struct text_sketch *sketch)
{
	size_t i;

	for (i = 0; i < l->own.n && i < SECTIONS_MAX; i++)
		if (l->own.items[i].is_long)
			add_candidate(
				l, inode, i, text_sketch_compare(&l->own.items[i].sketch, sketch));
}

static int find_candidates(struct look *l)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct text_sketch sketch;
	int r;

	l->candidates = calloc(CANDIDATES_MAX, sizeof(*l->candidates));
	if (!l->candidates)
		return -ENOMEM;
	l->floor = SKETCH_MIN;
	if (sqlite3_prepare_v2(l->db, sql_sketches, -1, &st, NULL) != SQLITE_OK)
		return store_errno(l->db, "read the sketches");
	while ((r = stmt_row(st, "read the sketches")) > 0) {
		if (sqlite3_column_bytes(st, 1) != sizeof(sketch.values))
			continue; /* 'check' names it */
		memcpy(sketch.values, sqlite3_column_blob(st, 1), sizeof(sketch.values));
		compare(l, sqlite3_column_int64(st, 0), &sketch);
	}
	sort_candidates(l);
	return r;
}

/* --- places --- */

static bool copy_name(char *ret, sqlite3_stmt *st, int at, bool (*fits)(const char *name))
{
	const char *name = (const char *)sqlite3_column_text(st, at);

	if (!name || strlen(name) > NAME_BYTES_MAX || !fits(name))
		return false;
	strcpy(ret, name);
	return true;
}

/* Where file @inode is a section. Returns 1 and *ret_place, or 0 when it is none. */
static int find_place(struct look *l, int64_t inode, struct place *ret_place)
{
	CLEANUP_STMT sqlite3_stmt *st = l->place;
	struct place p;
	int r;

	sqlite3_bind_int64(st, 1, inode);
	while ((r = stmt_row(st, "find a section")) > 0) {
		if (!copy_name(p.year, st, 0, name_is_year) ||
			!copy_name(p.district, st, 1, name_is_plan_dir) ||
			!copy_name(p.plan, st, 2, name_is_plan_dir) ||
			!copy_name(p.section, st, 3, name_is_section))
			continue;
		p.dir = sqlite3_column_int64(st, 4);
		*ret_place = p;
		return 1;
	}
	return r;
}

/* --- results --- */

static int compare_places(const struct place *a, const struct place *b)
{
	int r = strcmp(a->year, b->year);

	if (r == 0)
		r = strcmp(a->district, b->district);
	if (r == 0)
		r = strcmp(a->plan, b->plan);
	return r ? r : strcmp(a->section, b->section);
}

static int by_result(const void *a, const void *b)
{
	const struct result *x = a, *y = b;

	if (x->percent != y->percent)
		return x->percent > y->percent ? -1 : 1;
	return compare_places(&x->place, &y->place);
}

/* Is @p, read as the candidate @inode, like our file? */
static int add_section(struct look *l, const struct place *p, int64_t inode)
{
	CLEANUP(sketched_texts_done) struct sketched_texts t = { 0 };
	unsigned percent;
	int r;

	r = read_texts(l->file, inode, &t);
	if (r < 0)
		return r;
	percent = shingles_percent(&l->own.all, &t.all);
	if (percent >= SIMILAR_MIN)
		l->results[l->n_results++] = (struct result){ .percent = percent, .place = *p };
	return 0;
}

static int find_sections(struct look *l, size_t max)
{
	size_t i, looked = 0;
	struct place p;
	int r = 0;

	for (i = 0; i < l->n_candidates && looked < max && r == 0; i++) {
		int64_t inode = l->candidates[i].inode;

		if (inode == l->file_inode)
			continue;
		r = find_place(l, inode, &p);
		if (r > 0) {
			looked++;
			r = add_section(l, &p, inode);
		}
	}
	return r;
}

static int by_score(const void *a, const void *b)
{
	const struct plan_score *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->dir < y->dir ? -1 : x->dir > y->dir;
}

/* The slot of the plan @dir; the table is never full. */
static struct plan_score *score_of(struct plan_score *scores, int64_t dir)
{
	size_t at = (size_t)((uint64_t)dir * 0x9E3779B97F4A7C15u >> 32) % SCORES;

	while (scores[at].dir != 0 && scores[at].dir != dir)
		at = (at + 1) % SCORES;
	scores[at].dir = dir;
	return &scores[at];
}

/* Add up what candidates say about the plan that they stand in: each of our texts once, with what is most like it. */
static int score_plans(struct look *l, struct plan_score *scores)
{
	struct place p;
	size_t i;
	int r = 0;

	for (i = 0; i < l->n_candidates && i < PLACES_MAX && r >= 0; i++) {
		const struct candidate *k = &l->candidates[i];
		unsigned char bit = (unsigned char)(1 << k->own % 8);
		struct plan_score *score;

		r = find_place(l, k->inode, &p);
		if (r <= 0 || p.dir == l->plan)
			continue;
		score = score_of(scores, p.dir);
		if (score->seen[k->own / 8] & bit)
			continue;
		score->seen[k->own / 8] |= bit;
		score->inode = k->inode;
		score->score += (uint64_t)k->percent * l->own.items[k->own].shingles.n;
	}
	return r < 0 ? r : 0;
}

static int add_plan(struct look *l, const struct plan_score *score)
{
	struct result *result = &l->results[l->n_results];
	int r;

	*result = (struct result){ 0 };
	r = find_place(l, score->inode, &result->place);
	if (r > 0)
		r = read_texts(l->files, score->dir, &result->texts);
	if (r < 0)
		return r;
	result->percent = shingles_percent(&l->own.all, &result->texts.all);
	if (result->percent >= SIMILAR_MIN)
		l->n_results++;
	else
		sketched_texts_done(&result->texts);
	return 0;
}

static int find_plans(struct look *l, size_t max)
{
	struct plan_score *scores = calloc(SCORES, sizeof(*scores));
	size_t i;
	int r;

	if (!scores)
		return -ENOMEM;
	r = score_plans(l, scores);
	qsort(scores, SCORES, sizeof(*scores), by_score);
	for (i = 0; i < SCORES && i < max && scores[i].score > 0 && r == 0; i++)
		r = add_plan(l, &scores[i]);
	free(scores);
	return r;
}

/* --- what is told --- */

static int tell(const struct look *l, const struct result *result, similar_fn *fn, void *arg)
{
	const struct place *p = &result->place;
	struct similar_pair *pairs = calloc(l->own.n + 1, sizeof(*pairs));
	struct similar similar = { .percent = result->percent,
		.year = p->year,
		.district = p->district,
		.plan = p->plan,
		.section = l->plan ? NULL : p->section,
		.pairs = pairs };
	size_t i;
	int r;

	if (!pairs)
		return -ENOMEM;
	for (i = 0; l->plan && i < l->own.n; i++) {
		const struct sketched_text *other;
		unsigned percent;

		other = sketched_texts_nearest(&result->texts, &l->own.items[i], &percent);
		if (percent >= PAIR_MIN)
			pairs[similar.n_pairs++] =
				(struct similar_pair){ percent, l->own.items[i].name, other->name };
	}
	r = fn(arg, &similar);
	free(pairs);
	return r;
}

static int tell_all(struct look *l, size_t n, similar_fn *fn, void *arg)
{
	size_t i;
	int r = 0;

	qsort(l->results, l->n_results, sizeof(*l->results), by_result);
	for (i = 0; i < l->n_results && i < n && r == 0; i++)
		r = tell(l, &l->results[i], fn, arg);
	return r;
}

/* --- what is asked about --- */

/* A year, a district and a plan? */
static bool names_a_plan(const char *path)
{
	static bool (*const fits[])(
		const char *name) = { name_is_year, name_is_plan_dir, name_is_plan_dir };
	char name[NAME_BYTES_MAX + 1];
	size_t depth = 0, len;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/"), depth++) {
		len = strcspn(path, "/");
		if (depth == ARRAY_LEN(fits) || len > NAME_BYTES_MAX)
			return false;
		memcpy(name, path, len);
		name[len] = '\0';
		if (!fits[depth](name))
			return false;
		path += len;
	}
	return depth == ARRAY_LEN(fits);
}

static int read_own(struct look *l, const char *path, const struct inode *inode)
{
	bool any = false;
	size_t i;
	int r;

	if (S_ISDIR(inode->mode) && names_a_plan(path))
		l->plan = inode->id;
	else if (S_ISREG(inode->mode))
		l->file_inode = inode->id;
	else
		return -EINVAL;
	r = read_texts(l->plan ? l->files : l->file, inode->id, &l->own);
	for (i = 0; r == 0 && i < l->own.n; i++)
		any |= l->own.items[i].is_long;
	return r < 0 ? r : any ? 0 : -ENODATA;
}

static int look_begin(struct look *l)
{
	if (sqlite3_exec(l->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(l->db, sql_place, -1, &l->place, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(l->db, sql_file, -1, &l->file, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(l->db, sql_files, -1, &l->files, NULL) != SQLITE_OK)
		return store_errno(l->db, "look for what is similar");
	return 0;
}

static void look_end(struct look *l)
{
	size_t i;

	sqlite3_finalize(l->place);
	sqlite3_finalize(l->file);
	sqlite3_finalize(l->files);
	if (!sqlite3_get_autocommit(l->db) &&
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		log_dbg("a read transaction ends with its connection");
	sketched_texts_done(&l->own);
	for (i = 0; i < l->n_results; i++)
		sketched_texts_done(&l->results[i].texts);
	free(l->results);
	free(l->candidates);
}

int similar_find(struct store *s, const char *path, size_t n, similar_fn *fn, void *arg)
{
	struct look l = { 0 };
	struct inode inode;
	struct conn *c;
	int r;

	r = store_resolve(s, path, &inode);
	if (r == 0)
		r = reader_get(s, &c);
	if (r < 0)
		return r;
	store_waits();
	l.db = c->db;
	r = look_begin(&l);
	if (r == 0)
		r = read_own(&l, path, &inode);
	if (r == 0)
		r = find_candidates(&l);
	if (r == 0)
		r = (l.results = calloc(2 * n + 41, sizeof(*l.results))) ? 0 : -ENOMEM;
	if (r == 0) /* more than are wanted, because their order may be another one */
		r = l.plan ? find_plans(&l, n + 10) : find_sections(&l, 2 * n + 40);
	if (r == 0)
		r = tell_all(&l, n, fn, arg);
	look_end(&l);
	reader_put(s, c);
	return r;
}
