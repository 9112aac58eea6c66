/* planfs/search.h: what is found, what the index holds and when, and what other programs may do meanwhile. */
#include "search_fixture.h"

#include <errno.h>

#define A PLAN "/01-总则.txt"
#define B PLAN "/02-安全.txt"

static struct fixture *with_files(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, A, "一、总则\n控辍保学，一个不少\n"), 0);
	assert_int_equal(make_file(f, B, "二、Safety 安全\n"), 0);
	return f;
}

static struct search_status status_of(struct fixture *f)
{
	struct search_status status;

	assert_int_equal(search_get_status(f->s, &status), 0);
	return status;
}

static void expect_status(struct fixture *f, int64_t indexed, int64_t waiting, int64_t apart)
{
	struct search_status s = status_of(f);

	assert_int_equal(s.indexed, indexed);
	assert_int_equal(s.waiting, waiting);
	assert_int_equal(s.apart, apart);
}

static void a_new_database_has_an_empty_index(void **state)
{
	struct fixture *f = *state;

	expect_status(f, 0, 0, 0);
	assert_int_equal(index_all(f, 1000), 0);
	assert_int_equal(count_of(f, "德育"), 0);
	assert_int_equal(search_index_merge(f->s, 10, 0), 0);
	expect_index_is_sound(f);
}

static void files_are_found_before_and_after_they_are_indexed(void **state)
{
	struct fixture *f = with_files(state);

	expect_status(f, 0, 2, 0);
	assert_int_equal(count_of(f, "控辍保学"), 2); /* both wait */
	assert_int_equal(index_all(f, 100000), 2);
	expect_status(f, 2, 0, 0);
	assert_true(status_of(f).bytes > 0);
	assert_int_equal(count_of(f, "控辍保学"), 1);
	assert_int_equal(count_of(f, "、"), 2);
	assert_int_equal(count_of(f, "全"), 1); /* the last character of a line */
	assert_int_equal(count_of(f, "德育"), 0);
	expect_index_is_sound(f);
}

static void matching_is_folded(void **state)
{
	static const char *const strings[] = { "safety", "ＳＡＦＥＴＹ　安全", "y\t安", "SAFETY 安",
		"，一个", ",一个" };
	struct fixture *f = with_files(state);
	size_t i;

	index_all(f, 100000);
	for (i = 0; i < ARRAY_LEN(strings); i++)
		assert_int_equal(count_of(f, strings[i]), 1);
	assert_int_equal(count_of(f, "y安"), 0);
}

static void nothing_in_a_string_is_a_word_of_the_language_of_the_index(void **state)
{
	static const char *const none[] = { "\"", "*", "a*", "AND", "\" OR \"安全", "NOT 安全",
		"body:", "^总则", "NEAR(一 二)", "--", "'", "\\", "+", "{body}" };
	struct fixture *f = with_files(state);
	size_t i;

	index_all(f, 100000);
	for (i = 0; i < ARRAY_LEN(none); i++)
		assert_int_equal(count_of(f, none[i]), 0);
	assert_int_equal(make_file(f, PLAN "/x.txt", "say \"a*\" AND \" OR \"安全"), 0);
	index_all(f, 100000);
	for (i = 0; i < 4; i++)
		assert_int_equal(count_of(f, none[i]), 1);
	assert_int_equal(count_of(f, "\" OR \"安全"), 1);
}

static void all_strings_of_an_alternative_must_be_there(void **state)
{
	static const char *const both[] = { "二、", "安全", NULL }, *const no[] = { "总则", "安全",
		NULL };
	struct fixture *f = with_files(state);
	CLEANUP(search_closep) struct search *q = NULL;
	const struct text a[] = { { "总则", 6 }, { "安全", 6 } }, b[] = { { "Safety", 6 } };
	const struct search_terms any[] = { { a, 2 }, { b, 1 }, { a, 1 } };
	static struct found found;

	index_all(f, 100000);
	assert_int_equal(count_all_of(f, both), 1);
	assert_int_equal(count_all_of(f, no), 0);
	assert_int_equal(search_open(f->s, &q), 0);
	find(q, any, 1, &found);
	assert_int_equal(found.n, 0);
	find(q, any, 2, &found);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.files[0].inode, stat_at(f, B).id);
	assert_int_equal(found.files[0].body, stat_at(f, B).body);
	assert_int_equal(found.files[0].size, stat_at(f, B).size);
	find(q, any, 3, &found);
	assert_int_equal(found.n, 2);
}

static void what_the_index_cannot_tell_restricts_nothing(void **state)
{
	static const char *const anything[] = { "", "\n", "总则\n控", "\xE5", "\xE5\xAE" };
	static const char *const rest[] = { "\xFF", "安全", NULL }, *const all[] = { NULL };
	struct fixture *f = with_files(state);
	CLEANUP(search_closep) struct search *q = NULL;
	const struct text nul[] = { { "a\0b", 3 } };
	const struct search_terms any[] = { { nul, 1 } };
	static struct found found;
	size_t i;

	assert_int_equal(make_file(f, PLAN "/empty.txt", NULL), 0);
	index_all(f, 100000);
	for (i = 0; i < ARRAY_LEN(anything); i++)
		assert_int_equal(count_of(f, anything[i]), 3); /* also the empty file */
	assert_int_equal(count_all_of(f, rest), 1);
	assert_int_equal(count_all_of(f, all), 3);
	assert_int_equal(search_open(f->s, &q), 0);
	find(q, NULL, 0, &found);
	assert_int_equal(found.n, 3);
	find(q, any, 1, &found);
	assert_int_equal(found.n, 3);
}

static void long_strings_and_many_alternatives_are_asked(void **state)
{
	struct fixture *f = with_files(state);
	CLEANUP(search_closep) struct search *q = NULL;
	CLEANUP(buf_done) struct buf longest = { 0 };
	static struct search_terms any[3000];
	static struct found found;
	struct text strings[2];
	size_t i;

	for (i = 0; i < 5000; i++)
		assert_int_equal(buf_printf(&longest, "第%zu项", i * i), 0);
	put_file(f, PLAN "/long.txt", longest.data, longest.len);
	index_all(f, 100000);
	assert_int_equal(search_open(f->s, &q), 0);
	strings[0] = (struct text){ longest.data, longest.len };
	any[0] = (struct search_terms){ strings, 1 };
	find(q, any, 1, &found);
	assert_int_equal(found.n, 1);

	strings[1] = (struct text){ "没有", 6 };
	for (i = 0; i < ARRAY_LEN(any); i++)
		any[i] = (struct search_terms){ strings + 1, 1 };
	find(q, any, 500, &found);
	assert_int_equal(found.n, 0);
	any[499] = (struct search_terms){ strings, 1 };
	find(q, any, 500, &found);
	assert_int_equal(found.n, 1);
	find(q, any, ARRAY_LEN(any), &found); /* so many are not asked */
	assert_int_equal(found.n, 3);
}

struct copies {
	const char *prefix;
	const char *text;
	int n;
};

static int copy(struct txn *t, void *arg)
{
	const struct copies *copies = arg;
	char path[128];
	int i, r = 0;

	for (i = 0; i < copies->n && r == 0; i++) {
		struct put p = { path, { copies->text, strlen(copies->text) } };

		snprintf(path, sizeof(path), PLAN "/%s%d.txt", copies->prefix, i);
		r = put_apply(t, &p);
	}
	return r;
}

/* @n files with the same text, in one transaction. */
static void make_copies(struct fixture *f, const char *prefix, const char *text, int n)
{
	struct copies copies = { prefix, text, n };
	const struct change c = { .apply = copy, .arg = &copies, .author = "li", .wait_ms = 1000 };

	assert_int_equal(store_change(f->s, &c), 0);
}

static void rare_words_of_a_long_string_are_asked_first(void **state)
{
	static const char text[] = "义务教育控辍保学";
	struct fixture *f = with_files(state);

	make_copies(f, "frequent", "义务教育", 1100);
	make_copies(f, "rare", text, 300);
	assert_int_equal(make_file(f, PLAN "/one.txt", "义务教育控辍保学骥尾\n"), 0);
	index_all(f, 1 << 20);
	assert_int_equal(count_of(f, text), 301);
	assert_int_equal(count_of(f, "义务教育控辍保学骥尾"), 1);
	assert_int_equal(make_file(f, PLAN "/words.txt", "育控，学骥尾\n"), 0);
	assert_int_equal(make_file(f, PLAN "/word.txt", "学骥\n"), 0);
	index_all(f, 1 << 20);
	assert_int_equal(
		count_of(f, "义务教育控辍保学骥尾"), 2); /* who searches compares the text */
}

static int stop(void *arg, const struct search_candidate *c)
{
	(void)c;
	++*(int *)arg;
	return 9;
}

static void a_search_can_be_stopped(void **state)
{
	struct fixture *f = with_files(state);
	CLEANUP(search_closep) struct search *q = NULL;
	const struct text blank[] = { { "、", 3 } };
	const struct search_terms any[] = { { blank, 1 } };
	int n = 0;

	assert_int_equal(search_open(f->s, &q), 0);
	assert_int_equal(search_candidates(q, any, 1, stop, &n), 9);
	search_close(q);
	index_all(f, 100000);
	assert_int_equal(search_open(f->s, &q), 0);
	assert_int_equal(search_candidates(q, any, 1, stop, &n), 9);
	assert_int_equal(n, 2);
}

/* --- the state of a search --- */

static int keep_text(void *arg, const char *data, size_t len)
{
	return buf_add(arg, data, len);
}

static int keep_name(void *arg, int64_t parent, const char *name)
{
	return buf_printf(arg, "%lld/%s ", (long long)parent, name);
}

static void a_search_sees_one_moment(void **state)
{
	struct fixture *f = with_files(state);
	CLEANUP(search_closep) struct search *q = NULL;
	CLEANUP(buf_done) struct buf text = { 0 }, names = { 0 }, wanted = { 0 }, dir = { 0 };
	const struct text total[] = { { "总则", 6 } };
	const struct search_terms any[] = { { total, 1 } };
	int64_t id = stat_at(f, A).id, plan = stat_at(f, PLAN).id, parent = 0;
	static struct found found;

	index_all(f, 100000);
	assert_int_equal(search_open(f->s, &q), 0);
	assert_int_equal(save_file(f, A, "新的"), 0);
	assert_int_equal(move_to(f, A, PLAN "/x.txt"), 0);
	assert_int_equal(move_to(f, PLAN, "2016/合肥市/新"), 0);
	index_all(f, 100000);
	find(q, any, 1, &found);
	assert_int_equal(found.n, 1);
	assert_int_equal(search_text(q, found.files[0].body, keep_text, &text), 0);
	assert_string_equal(buf_str(&text), "一、总则\n控辍保学，一个不少\n");
	assert_int_equal(search_names(q, id, keep_name, &names), 0);
	assert_int_equal(buf_printf(&wanted, "%lld/01-总则.txt ", (long long)plan), 0);
	assert_string_equal(buf_str(&names), buf_str(&wanted));
	assert_int_equal(search_directory(q, plan, &parent, &dir), 0);
	assert_int_equal(parent, stat_at(f, "2016/合肥市").id);
	assert_string_equal(buf_str(&dir), "2016年教育工作要点");
	assert_int_equal(count_of(f, "总则"), 0);
	assert_int_equal(count_of(f, "新的"), 1);
}

static void what_is_not_there_is_enoent(void **state)
{
	struct fixture *f = with_files(state);
	CLEANUP(search_closep) struct search *q = NULL;
	CLEANUP(buf_done) struct buf b = { 0 };
	int64_t parent = 7;

	assert_int_equal(search_open(f->s, &q), 0);
	assert_int_equal(search_text(q, 999999, keep_text, &b), -ENOENT);
	assert_int_equal(search_text(q, 0, keep_text, &b), 0);
	assert_int_equal(search_names(q, 999999, keep_name, &b), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(search_directory(q, 999999, &parent, &b), -ENOENT);
	assert_int_equal(parent, 7);
	assert_int_equal(search_directory(q, STORE_ROOT, &parent, &b), 0);
	assert_int_equal(parent, STORE_ROOT);
	assert_string_equal(buf_str(&b), "");
}

static void all_names_of_a_file_are_told(void **state)
{
	struct fixture *f = with_files(state);
	CLEANUP(search_closep) struct search *q = NULL;
	CLEANUP(buf_done) struct buf b = { 0 };

	assert_int_equal(link_file(f, A, "2016/b"), 0);
	assert_int_equal(search_open(f->s, &q), 0);
	assert_int_equal(search_names(q, stat_at(f, A).id, keep_name, &b), 0);
	assert_non_null(strstr(buf_str(&b), "/b "));
	assert_non_null(strstr(buf_str(&b), "/01-总则.txt "));
}

/* --- changes --- */

static void every_kind_of_file_is_searched(void **state)
{
	struct fixture *f = with_files(state);

	assert_int_equal(make_file(f, PLAN "/plan.json", "{\"title\":\"校园\"}"), 0);
	assert_int_equal(make_file(f, PLAN "/.01.txt.swp", "校园"), 0);
	assert_int_equal(make_file(f, "校园.csv", "校园"), 0);
	assert_int_equal(make_dir(f, PLAN "/x"), 0);
	assert_int_equal(make_file(f, PLAN "/x/y", "校园"), 0);
	assert_int_equal(make_symlink(f, PLAN "/l", "校园"), 0); /* grep -r reads none */
	assert_int_equal(count_of(f, "校园"), 6);
	index_all(f, 100000);
	assert_int_equal(count_of(f, "校园"), 4);
}

static void a_saved_text_is_found_at_once(void **state)
{
	struct fixture *f = with_files(state);

	index_all(f, 100000);
	assert_int_equal(save_file(f, A, "控烟"), 0);
	expect_status(f, 1, 1, 0);
	assert_int_equal(count_of(f, "控烟"), 1);
	assert_int_equal(index_all(f, 100000), 1);
	assert_int_equal(count_of(f, "控烟"), 1);
	assert_int_equal(count_of(f, "控辍"), 0);
	assert_int_equal(save_file(f, A, ""), 0);
	assert_int_equal(count_of(f, "控烟"), 0);
	expect_status(f, 1, 1, 0);
	index_all(f, 100000);
	expect_status(f, 1, 0, 0);
	expect_rows(f, "SELECT count(*) FROM inode WHERE indexed > 0", "1");
	expect_index_is_sound(f);
}

static void an_old_text_is_kept_as_long_as_the_index_holds_it(void **state)
{
	struct fixture *f = with_files(state);

	assert_int_equal(make_file(f, PLAN "/x.tmp", "草稿一"), 0);
	index_all(f, 100000);
	assert_int_equal(save_file(f, PLAN "/x.tmp", "草稿二"), 0);
	assert_int_equal(save_file(f, PLAN "/x.tmp", "草稿三"), 0);
	expect_rows(f,
		"SELECT CAST(data AS TEXT) FROM body WHERE CAST(data AS TEXT) GLOB '草稿*' ORDER BY id",
		"草稿一\n草稿三");
	index_all(f, 100000);
	expect_rows(f, "SELECT count(*) FROM body", "3");
	expect_index_is_sound(f);

	assert_int_equal(save_file(f, PLAN "/x.tmp", "草稿四"), 0);
	assert_int_equal(remove_file(f, PLAN "/x.tmp"), 0);
	purge_all(f);
	expect_rows(
		f, "SELECT CAST(data AS TEXT) FROM search_gone JOIN body ON id = body", "草稿三");
	expect_status(f, 2, 0, 0);
	expect_index_is_sound(f);
	assert_int_equal(index_all(f, 100000), 1);
	expect_rows(
		f, "SELECT (SELECT count(*) FROM body), (SELECT count(*) FROM search_gone)", "2|0");
	expect_index_is_sound(f);
}

static void what_lost_its_name_is_not_found(void **state)
{
	struct fixture *f = with_files(state);

	assert_int_equal(make_file(f, PLAN "/x.txt", "总则"), 0);
	index_all(f, 100000);
	assert_int_equal(count_of(f, "总则"), 2);
	assert_int_equal(remove_file(f, A), 0);
	assert_int_equal(count_of(f, "总则"), 1);
	expect_status(f, 2, 0, 0);
	assert_int_equal(save_file(f, PLAN "/x.txt", "总则！"), 0);
	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	assert_int_equal(count_of(f, "总则"), 0);
	expect_status(f, 1, 0, 0);
	purge_all(f);
	assert_int_equal(count_of(f, "总则"), 0);
	assert_int_equal(index_all(f, 100000), 2);
	expect_status(f, 1, 0, 0);
	expect_index_is_sound(f);
}

static void what_the_index_does_not_take_is_searched_all_the_same(void **state)
{
	struct fixture *f = with_files(state);
	size_t len = (4 << 20) + 1;
	char *longest = malloc(len);

	assert_non_null(longest);
	memset(longest, 'x', len);
	put_file(f, PLAN "/long.txt", longest, len);
	put_file(f, PLAN "/binary", "a\0b", 3);
	index_all(f, 100000);
	expect_status(f, 2, 0, 2);
	assert_int_equal(count_of(f, "没有"), 2);
	put_file(f, PLAN "/long.txt", longest, len - 1);
	put_file(f, PLAN "/binary", "ab", 2);
	expect_status(f, 2, 2, 0);
	index_all(f, 100000);
	expect_status(f, 4, 0, 0);
	put_file(f, PLAN "/binary", "\0", 1);
	index_all(f, 100000);
	expect_status(f, 3, 0, 1);
	assert_int_equal(remove_file(f, PLAN "/binary"), 0);
	expect_status(f, 3, 0, 0);
	purge_all(f);
	expect_index_is_sound(f);
	free(longest);
}

static void a_step_keeps_to_its_budget(void **state)
{
	struct fixture *f = *state;
	char path[64], text[2000];
	int i;

	make_plan(f);
	memset(text, 'a', sizeof(text));
	for (i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), PLAN "/%02d.txt", i);
		put_file(f, path, text, sizeof(text));
	}
	assert_int_equal(search_index_step(f->s, 1, 0), 1); /* there is always one */
	assert_int_equal(search_index_step(f->s, 6000, 0), 3);
	expect_status(f, 4, 16, 0);
	assert_int_equal(index_all(f, 1000000), 16);
	expect_index_is_sound(f);
}

static void pieces_are_put_together(void **state)
{
	struct fixture *f = *state;
	char path[64];
	int i, merges = 0, r;

	make_plan(f);
	for (i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), PLAN "/%02d.txt", i);
		assert_int_equal(make_file(f, path, "每份一块"), 0);
		index_all(f, 1);
	}
	expect_rows(f, "SELECT count(DISTINCT segid) FROM search_index_idx", "40");
	while ((r = search_index_merge(f->s, 4, 0)) > 0)
		merges++;
	assert_int_equal(r, 0);
	assert_true(merges > 0);
	expect_rows(f, "SELECT count(DISTINCT segid) < 5 FROM search_index_idx", "1");
	assert_int_equal(count_of(f, "一块"), 40);
	expect_index_is_sound(f);
}

/* --- other programs --- */

static void what_other_programs_write_is_found(void **state)
{
	struct fixture *f = with_files(state);

	index_all(f, 100000);
	sql(f, "UPDATE section SET body = '三、用电' WHERE name = '01-总则.txt'");
	assert_int_equal(count_of(f, "用电"), 1);
	assert_int_equal(count_of(f, "总则"), 1); /* it waits */
	sql(f, "INSERT INTO section (year, district, plan, name, body) "
	       "VALUES ('2017', '合肥市', '要点', '01.txt', '用电')");
	sql(f, "DELETE FROM section WHERE name = '02-安全.txt'");
	sql(f, "PRAGMA recursive_triggers = ON");
	assert_int_equal(count_of(f, "安全"), 2); /* those that wait */
	assert_int_equal(index_all(f, 100000), 2);
	assert_int_equal(count_of(f, "用电"), 2);
	assert_int_equal(count_of(f, "总则"), 0);
	assert_int_equal(count_of(f, "安全"), 0);
	purge_all(f);
	index_all(f, 100000);
	expect_index_is_sound(f);
}

static void other_programs_without_triggers_are_noticed_too(void **state)
{
	struct fixture *f = with_files(state);

	index_all(f, 100000);
	assert_int_equal(
		sqlite3_db_config(foreign(f), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL), SQLITE_OK);
	sql(f, "INSERT INTO body (data) VALUES (CAST('无触发器' AS BLOB))");
	sql(f, "UPDATE inode SET body = (SELECT max(id) FROM body), size = 12 WHERE id = "
	       "(SELECT inode FROM dentry WHERE name = '01-总则.txt')");
	assert_int_equal(count_of(f, "触发"), 1);
	index_all(f, 100000);
	assert_int_equal(count_of(f, "触发"), 1);
	assert_int_equal(count_of(f, "总则"), 0);
	expect_index_is_sound(f);
}

static void other_programs_can_do_all_but_look_into_the_index(void **state)
{
	struct fixture *f = with_files(state);

	index_all(f, 100000);
	sql(f, "BEGIN");
	sql(f, "UPDATE plan SET title = 'T', meta = '{}'");
	sql(f, "CREATE TABLE other (x)");
	sql(f, "ALTER TABLE other RENAME COLUMN x TO y");
	sql(f, "DROP TABLE other");
	sql(f, "ROLLBACK");
	sql(f, "VACUUM");
	sql(f, "ANALYZE");
	sql(f, "REINDEX");
	expect_rows(f, "PRAGMA integrity_check", "ok");
	expect_rows(f, "SELECT count(*) FROM search_text WHERE body GLOB '*控辍*'", "1");
	sql_fails(f, "SELECT count(*) FROM search_index", "no such tokenizer: zhgram");
	assert_int_equal(save_file(f, A, "改了"), 0);
	index_all(f, 100000);
	assert_int_equal(count_of(f, "改了"), 1);
	expect_index_is_sound(f);
}

static void a_text_that_is_gone_makes_its_file_wait(void **state)
{
	struct fixture *f = with_files(state);

	assert_int_equal(make_file(f, PLAN "/x.tmp", "草稿"), 0);
	index_all(f, 100000);
	assert_int_equal(save_file(f, PLAN "/x.tmp", "新草"), 0);
	sql(f, "DELETE FROM body WHERE data = CAST('草稿' AS BLOB)");
	assert_int_equal(save_file(f, A, "还行"), 0);
	assert_int_equal(save_file(f, B, "还行"), 0);
	assert_int_equal(index_all(f, 100000), 2);
	expect_status(f, 2, 1, 0);
	assert_int_equal(count_of(f, "新草"), 1);
	assert_int_equal(search_index_clear(f->s), 0);
	assert_int_equal(index_all(f, 100000), 3);
	expect_index_is_sound(f);
}

/* --- damage --- */

static void the_index_is_made_anew(void **state)
{
	static const char *const damages[] = { "SELECT 1", "DELETE FROM search_index_data",
		"UPDATE search_index_data SET block = zeroblob(40)", "DELETE FROM search_index_idx",
		"DELETE FROM search_index_config", "DROP TABLE search_index_data",
		"DROP TABLE search_index_idx", "DROP TABLE search_index_config",
		"PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'search_index'",
		"DROP VIEW search_text" };
	struct fixture *f = with_files(state);
	size_t i;

	assert_int_equal(make_file(f, PLAN "/x.tmp", "草稿"), 0);
	index_all(f, 100000);
	for (i = 0; i < ARRAY_LEN(damages); i++) {
		assert_int_equal(save_file(f, PLAN "/x.tmp", i % 2 ? "草稿" : "又改"), 0);
		sql(f, damages[i]);
		sql(f, "PRAGMA writable_schema = RESET");
		assert_int_equal(search_index_clear(f->s), 0);
		expect_status(f, 0, 3, 0);
		expect_rows(f, "SELECT count(*) FROM body", "3");
		assert_int_equal(index_all(f, 100000), 3);
		assert_int_equal(count_of(f, "安全"), 1);
		expect_index_is_sound(f);
	}
}

static void a_damaged_index_is_searched_by_reading_all(void **state)
{
	static const char *const damages[] = {
		"UPDATE search_index_data SET block = x'ffffffff' WHERE id > 10",
		"DELETE FROM search_index_data WHERE id > 10",
		"DELETE FROM search_index_data WHERE id = 10", "DROP TABLE search_index_config"
	};
	struct fixture *f = with_files(state);
	size_t i;

	for (i = 0; i < ARRAY_LEN(damages); i++) {
		assert_int_equal(search_index_clear(f->s), 0);
		index_all(f, 100000);
		assert_int_equal(count_of(f, "安全"), 1);
		sql(f, damages[i]);
		if (count_of(f, "安全") != 2 || count_of(f, "控辍保学，一个") != 2)
			fail_msg("%s", damages[i]);
	}
}

static void nothing_is_indexed_in_a_database_that_is_read_only(void **state)
{
	struct fixture *f = with_files(state);
	const struct store_options options = { .readonly = true };
	CLEANUP(buf_done) struct buf why = { 0 };

	store_close(f->s);
	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
	assert_int_equal(search_index_step(f->s, 1000, 0), -EROFS);
	assert_int_equal(search_index_clear(f->s), -EROFS);
	assert_int_equal(count_of(f, "安全"), 2);
	expect_status(f, 0, 2, 0);
}

static void who_has_the_lock_is_not_waited_for(void **state)
{
	struct fixture *f = with_files(state);

	sql(f, "BEGIN IMMEDIATE");
	assert_int_equal(search_index_step(f->s, 1000, 0), -EBUSY);
	assert_int_equal(count_of(f, "安全"), 2);
	sql(f, "ROLLBACK");
	assert_int_equal(index_all(f, 1000), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_new_database_has_an_empty_index),
		CASE(files_are_found_before_and_after_they_are_indexed),
		CASE(matching_is_folded),
		CASE(nothing_in_a_string_is_a_word_of_the_language_of_the_index),
		CASE(all_strings_of_an_alternative_must_be_there),
		CASE(what_the_index_cannot_tell_restricts_nothing),
		CASE(long_strings_and_many_alternatives_are_asked),
		CASE(rare_words_of_a_long_string_are_asked_first),
		CASE(a_search_can_be_stopped),
		CASE(a_search_sees_one_moment),
		CASE(what_is_not_there_is_enoent),
		CASE(all_names_of_a_file_are_told),
		CASE(every_kind_of_file_is_searched),
		CASE(a_saved_text_is_found_at_once),
		CASE(an_old_text_is_kept_as_long_as_the_index_holds_it),
		CASE(what_lost_its_name_is_not_found),
		CASE(what_the_index_does_not_take_is_searched_all_the_same),
		CASE(a_step_keeps_to_its_budget),
		CASE(pieces_are_put_together),
		CASE(what_other_programs_write_is_found),
		CASE(other_programs_without_triggers_are_noticed_too),
		CASE(other_programs_can_do_all_but_look_into_the_index),
		CASE(a_text_that_is_gone_makes_its_file_wait),
		CASE(the_index_is_made_anew),
		CASE(a_damaged_index_is_searched_by_reading_all),
		CASE(nothing_is_indexed_in_a_database_that_is_read_only),
		CASE(who_has_the_lock_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
