/*
 * Nothing is missed: random files of all kinds, random changes by us and by other programs, the index at any stage,
 * random strings. What is found must contain all that truly contains the string, and with the index up to date,
 * strings of one and two characters must be found exactly. The seed is a parameter: SEED=7 test_store_search_random.
 */
#include "search_fixture.h"

#include "planfs/ngram.h"
#include "planfs/utf8.h"

enum { FILES = 90, ROUNDS = 60, QUERIES = 120, TEXT_MAX = 1200, LONG_TEXT = (4 << 20) + 100 };

static uint64_t seed = 1;

static unsigned pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % n);
}

/* --- texts --- */

static const char *const characters[] = { "德", "育", "安", "全", "控", "辍", "保", "学", "一",
	"不", "，", ",", "。", "、", "：", "“", "”", "（", "(", ")", "0", "1", "９", "9", "%", "％",
	"a", "A", "Ａ", "ａ", "z", "Z", "\"", "'", "*", "-", "^", " ", "　", "\t", "\xC2\xA0", "\r",
	"😀", "\xEF\xBF\xBD", "é" };

static const char *const bad_bytes[] = { "\x80", "\xE5", "\xE5\xBE", "\xFF", "\xC0\xAF",
	"\xED\xA0\x80", "\xF0\x9F" };

/* @kind 0: valid UTF-8 of lines; 1: with bad bytes; 2: with NULs; else empty */
static void make_text(struct buf *b, unsigned kind, unsigned chars)
{
	unsigned i;

	b->len = 0;
	if (kind > 2)
		return;
	for (i = 0; i < chars; i++) {
		const char *s = characters[pick(ARRAY_LEN(characters))];

		if (pick(25) == 0)
			s = "\n";
		if (kind > 0 && pick(20) == 0)
			s = bad_bytes[pick(ARRAY_LEN(bad_bytes))];
		assert_int_equal(buf_add(b, s, strlen(s)), 0);
		if (kind == 2 && pick(30) == 0)
			assert_int_equal(buf_add(b, "", 1), 0);
	}
}

static unsigned pick_kind(void)
{
	unsigned n = pick(20);

	return n < 14 ? 0 : n < 17 ? 1 : n < 19 ? 2 : 3;
}

static void fold(const char *s, size_t len, struct buf *ret_folded)
{
	char bytes[4];
	size_t at = 0;

	ret_folded->len = 0;
	while (at < len) {
		uint32_t c;
		size_t n = utf8_decode(s + at, len - at, &c);

		n = n ? (c = ngram_fold(c), n) : (c = 0xFFFD, 1);
		assert_int_equal(buf_add(ret_folded, bytes, utf8_encode(c, bytes)), 0);
		at += n;
	}
}

/* --- files --- */

struct file {
	char path[160];
	int64_t id; /* 0: not there */
	struct buf text, folded;
};

struct world {
	struct fixture *f;
	struct file files[FILES];
	bool is_up_to_date;
	unsigned long queries, found, needed;
};

static const char *const names[] = { "%02u-德育.txt", "plan%u.json", "附件%u.csv", ".%u.txt.swp",
	"x%u.tmp", "%u-it's \"a\" name.txt", "深/下/%u.txt", "-%u", "%u\n.txt", "sed%06u" };

static void name_file(struct file *file, unsigned i)
{
	char name[64];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(name, sizeof(name), names[i % ARRAY_LEN(names)], i);
#pragma GCC diagnostic pop
	snprintf(file->path, sizeof(file->path), PLAN "/%s", name);
}

static void set_text(struct world *w, struct file *file, const struct buf *text)
{
	file->text.len = 0;
	assert_int_equal(buf_add(&file->text, text->len ? text->data : "", text->len), 0);
	fold(file->text.data, file->text.len, &file->folded);
	w->is_up_to_date = false;
}

static void write_file(struct world *w, struct file *file)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	make_text(&text, pick_kind(), pick(10) ? pick(60) : pick(TEXT_MAX));
	put_file(w->f, file->path, text.len ? text.data : "", text.len);
	set_text(w, file, &text);
	file->id = stat_at(w->f, file->path).id;
}

static void remove_it(struct world *w, struct file *file)
{
	if (!file->id)
		return;
	assert_int_equal(remove_file(w->f, file->path), 0);
	file->id = 0;
	if (pick(2))
		purge_all(w->f);
}

/* As editors save: a new file over the old one. */
static void replace(struct world *w, struct file *from, struct file *to)
{
	if (from == to || !from->id)
		return;
	assert_int_equal(move_to(w->f, from->path, to->path), 0);
	to->id = from->id;
	from->id = 0;
	set_text(w, to, &from->text);
}

/* Another program writes, with or without triggers. */
static void write_by_sql(struct world *w, struct file *file)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	sqlite3 *db = foreign(w->f);
	sqlite3_stmt *st = NULL;

	if (!file->id)
		return;
	make_text(&text, 0, 1 + pick(50));
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, (int)pick(2), NULL);
	sql(w->f, "BEGIN IMMEDIATE");
	assert_int_equal(
		sqlite3_prepare_v2(db, "INSERT INTO body (data) VALUES (?1)", -1, &st, NULL),
		SQLITE_OK);
	sqlite3_bind_blob(st, 1, text.data, (int)text.len, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	sqlite3_finalize(st);
	assert_int_equal(sqlite3_prepare_v2(db,
				 "UPDATE inode SET body = (SELECT max(id) FROM body), size = ?1 "
				 "WHERE id = ?2",
				 -1, &st, NULL),
		SQLITE_OK);
	sqlite3_bind_int64(st, 1, (int64_t)text.len);
	sqlite3_bind_int64(st, 2, file->id);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	sqlite3_finalize(st);
	sql(w->f, "COMMIT");
	set_text(w, file, &text);
}

static void change_something(struct world *w)
{
	struct file *file = &w->files[pick(FILES)];

	switch (pick(8)) {
	case 0:
		remove_it(w, file);
		break;
	case 1:
		replace(w, &w->files[pick(FILES)], file);
		break;
	case 2:
		write_by_sql(w, file);
		break;
	default:
		write_file(w, file);
	}
}

static void index_something(struct world *w)
{
	unsigned how = pick(5);
	int r = 1, steps;

	if (how == 0)
		return;
	for (steps = how == 1 ? 3 : 100000; steps > 0 && r > 0; steps--)
		r = search_index_step(w->f->s, 1 + pick(3000), 0);
	assert_true(r >= 0);
	w->is_up_to_date = r == 0;
	while (pick(3) && r >= 0)
		r = search_index_merge(w->f->s, 1 + pick(8), 0);
	assert_true(r >= 0);
	if (pick(40) == 0) {
		assert_int_equal(search_index_clear(w->f->s), 0);
		w->is_up_to_date = false;
	}
}

/* --- queries --- */

struct query {
	struct buf string, folded;
	bool is_valid; /* the index is asked */
	unsigned chars;
};

static void look_at(struct query *q)
{
	size_t at = 0, n;
	uint32_t c;

	q->chars = 0;
	for (; at < q->string.len && (n = utf8_decode(q->string.data + at, q->string.len - at, &c));
		at += n)
		q->chars++;
	q->is_valid = q->string.len > 0 && at == q->string.len &&
		      !memchr(q->string.data, '\n', at) && !memchr(q->string.data, '\0', at);
	fold(q->string.data, q->string.len, &q->folded);
}

/* A piece of a text, cut at any byte or between characters, or something that may be nowhere. */
static void make_query(struct world *w, struct query *q)
{
	const struct file *file = &w->files[pick(FILES)];
	size_t begin, end;

	q->string.len = 0;
	if (file->text.len == 0 || pick(5) == 0) {
		make_text(&q->string, pick(10) == 0, 1 + pick(3));
		look_at(q);
		return;
	}
	begin = pick((unsigned)file->text.len);
	end = begin + 1 + pick(pick(2) ? 40 : 9);
	end = end > file->text.len ? file->text.len : end;
	if (pick(8)) {
		while (begin > 0 && ((unsigned char)file->text.data[begin] & 0xC0) == 0x80)
			begin--;
		while (end < file->text.len && ((unsigned char)file->text.data[end] & 0xC0) == 0x80)
			end++;
	}
	assert_int_equal(buf_add(&q->string, file->text.data + begin, end - begin), 0);
	look_at(q);
}

static bool contains(const struct buf *text, const struct buf *string)
{
	return string->len == 0 ||
	       (text->len > 0 && memmem(text->data, text->len, string->data, string->len));
}

static bool is_found(const struct found *found, int64_t id)
{
	size_t i;

	for (i = 0; i < found->n; i++)
		if (found->files[i].inode == id)
			return true;
	return false;
}

static bool is_apart(const struct file *file)
{
	return file->text.len > 4 << 20 ||
	       (file->text.len && memchr(file->text.data, '\0', file->text.len));
}

/* @q1, and @q2 in the same text or, with @either, in any. */
static void check_found(struct world *w, const struct query *q1, const struct query *q2,
	bool either, const struct found *found)
{
	unsigned i;

	for (i = 0; i < FILES; i++) {
		const struct file *file = &w->files[i];
		bool one = contains(&file->text, &q1->string) ||
			   (q1->is_valid && contains(&file->folded, &q1->folded));
		bool two = contains(&file->text, &q2->string) ||
			   (q2->is_valid && contains(&file->folded, &q2->folded));
		bool needed = file->id && (either ? one || two : one && two);

		w->needed += needed;
		if (needed && !is_found(found, file->id))
			fail_msg("'%s' is not found in '%s' (seed %llu)", buf_str(&q1->string),
				file->path, (unsigned long long)seed);
		/* pairs that are all there need not stand one behind the other: of one or two characters they do */
		if (w->is_up_to_date && q1->is_valid && q2->is_valid && q1->chars <= 2 &&
			q2->chars <= 2 && file->id && !needed && !is_apart(file) &&
			is_found(found, file->id))
			fail_msg("'%s' is found in '%s', which has it not", buf_str(&q1->string),
				file->path);
	}
	w->found += found->n;
	w->queries++;
}

static void ask(struct world *w, struct search *q, struct query *q1, struct query *q2)
{
	struct text strings[2];
	struct search_terms any[2];
	static struct found found;
	bool either = pick(2);

	make_query(w, q1);
	make_query(w, q2);
	strings[0] = (struct text){ q1->string.data, q1->string.len };
	strings[1] = (struct text){ q2->string.data, q2->string.len };
	any[0] = (struct search_terms){ strings, either ? 1 : 2 };
	any[1] = (struct search_terms){ strings + 1, 1 };
	find(q, any, either ? 2 : 1, &found);
	check_found(w, q1, q2, either, &found);
}

static void ask_much(struct world *w)
{
	CLEANUP(search_closep) struct search *q = NULL;
	struct query q1 = { 0 }, q2 = { 0 };
	unsigned i;

	assert_int_equal(search_open(w->f->s, &q), 0);
	for (i = 0; i < QUERIES; i++)
		ask(w, q, &q1, &q2);
	buf_done(&q1.string);
	buf_done(&q1.folded);
	buf_done(&q2.string);
	buf_done(&q2.folded);
}

/* One that is too long for the index, with a string at its very end. */
static void make_long_file(struct world *w)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct file *file = &w->files[0];

	assert_int_equal(buf_resize(&text, LONG_TEXT), 0);
	memset(text.data, 'x', LONG_TEXT);
	assert_int_equal(buf_add_str(&text, "控辍保学"), 0);
	put_file(w->f, file->path, text.data, text.len);
	set_text(w, file, &text);
	file->id = stat_at(w->f, file->path).id;
}

static void run_rounds(struct world *w)
{
	unsigned i, n;

	for (i = 0; i < ROUNDS; i++) {
		for (n = i == 0 ? FILES * 2 : pick(12); n > 0; n--)
			change_something(w);
		if (i == ROUNDS - 8)
			make_long_file(w);
		index_something(w);
		ask_much(w);
		expect_index_is_sound(w->f);
	}
	while (search_index_step(w->f->s, 1000, 0) > 0)
		;
	w->is_up_to_date = true;
	purge_all(w->f);
	ask_much(w);
	index_all(w->f, 1000);
	ask_much(w);
	expect_index_is_sound(w->f);
}

static void nothing_is_missed_whatever_happened(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *given = getenv("SEED");
	unsigned i;

	assert_non_null(w);
	seed = 88172645463325252ULL + (given ? strtoull(given, NULL, 10) : 0) * 7919;
	w->f = *state;
	make_plan(w->f);
	assert_int_equal(make_dir(w->f, PLAN "/深"), 0);
	assert_int_equal(make_dir(w->f, PLAN "/深/下"), 0);
	for (i = 0; i < FILES; i++)
		name_file(&w->files[i], i);
	run_rounds(w);
	print_message("%lu queries, %lu files found, %lu of them needed\n", w->queries, w->found,
		w->needed);
	assert_true(w->needed > w->queries); /* there was something to miss */
	for (i = 0; i < FILES; i++) {
		buf_done(&w->files[i].text);
		buf_done(&w->files[i].folded);
	}
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_is_missed_whatever_happened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
