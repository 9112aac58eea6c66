/* The search index when something is wrong with it: what the check says, what a repair does, what is recovered. */
#include "search_fixture.h"

#include "planfs/check.h"
#include "planfs/recover.h"

static const char *const levels[] = { "note", "warning", "damage", "mended" };

static int add_finding(void *arg, const struct store_finding *finding)
{
	return buf_printf(arg, "%s %s %s: %s\n", levels[finding->level], finding->kind,
		finding->path, finding->text);
}

static void expect_findings(struct fixture *f, const char *findings)
{
	CLEANUP(buf_done) struct buf found = { 0 };

	assert_int_equal(store_check(f->s, add_finding, &found), 0);
	if (strcmp(buf_str(&found), findings) != 0)
		fail_msg("found '%s', not '%s'", buf_str(&found), findings);
}

static int add_damage(void *arg, const struct store_finding *finding)
{
	return finding->level == FINDING_NOTE ? 0 : add_finding(arg, finding);
}

/* Without the notes: a text that nobody needs is no damage. */
static void expect_damage(struct fixture *f, const char *findings)
{
	CLEANUP(buf_done) struct buf found = { 0 };

	assert_int_equal(store_check(f->s, add_damage, &found), 0);
	if (strcmp(buf_str(&found), findings) != 0)
		fail_msg("found '%s', not '%s'", buf_str(&found), findings);
}

/* Files in every relation to the index, and a text that is there for the index only. */
static struct fixture *sound(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/01.txt", "一、总则\n控辍保学"), 0);
	assert_int_equal(make_file(f, PLAN "/02.txt", "二、安全"), 0);
	assert_int_equal(make_file(f, PLAN "/03.txt", "“\"一*\"” AND ^"), 0);
	assert_int_equal(make_file(f, PLAN "/a.tmp", "草稿一"), 0);
	assert_int_equal(make_file(f, PLAN "/b.tmp", "草稿二"), 0);
	assert_int_equal(make_file(f, PLAN "/c.tmp", "草稿三"), 0);
	put_file(f, PLAN "/binary", "x\0y", 3);
	index_all(f, 20);
	assert_int_equal(save_file(f, PLAN "/a.tmp", "新草稿一"), 0);
	assert_int_equal(save_file(f, PLAN "/b.tmp", "新草稿二"), 0);
	assert_int_equal(remove_file(f, PLAN "/b.tmp"), 0);
	purge_all(f);
	assert_int_equal(remove_file(f, PLAN "/c.tmp"), 0);
	purge_all(f);
	assert_int_equal(save_file(f, PLAN "/02.txt", ""), 0);
	expect_rows(
		f, "SELECT (SELECT count(*) FROM search_gone), (SELECT count(*) FROM body)", "2|8");
	return f;
}

static struct fixture *sound_and_checked(void **state)
{
	struct fixture *f = sound(state);

	expect_findings(f, "");
	expect_index_is_sound(f);
	return f;
}

#define WRONG                                                                                      \
	"damage search : the search index does not say what the texts say; 'planfs reindex' makes it anew\n"
#define ANEW "mended search : the search index was made anew\n"

static const struct {
	const char *damage, *findings, *mended;
} cases[] = {
	{ "UPDATE inode SET indexed = NULL WHERE indexed > 0", WRONG, ANEW },
	{ "UPDATE inode SET indexed = body WHERE body NOT NULL", WRONG,
		"mended search 2016/合肥市/2016年教育工作要点/binary: the search index was said to hold its text, which is "
		"binary or very long\n" ANEW },
	{ "UPDATE inode SET indexed = (SELECT id FROM body WHERE data = CAST('“\"一*\"” AND ^' AS BLOB)) "
	  "WHERE indexed > 0",
		WRONG, ANEW },
	{ "UPDATE inode SET indexed = 77777 WHERE id = (SELECT inode FROM dentry WHERE name = '01.txt')",
		"damage search 2016/合肥市/2016年教育工作要点/01.txt: the search index holds a text of it that is missing; "
		"'planfs reindex' makes it anew\n" WRONG,
		"mended search 2016/合肥市/2016年教育工作要点/01.txt: the search index held a text of it that is lost\n" ANEW },
	{ "DELETE FROM body WHERE data = CAST('草稿三' AS BLOB)",
		"damage search : the search index holds a text of inode 10, and the text is missing; "
		"'planfs reindex' makes it anew\n" WRONG,
		"mended search : the search index held a text of inode 10 that is lost, or of a file that is there\n" ANEW },
	{ "INSERT INTO search_gone SELECT inode, 1 FROM dentry WHERE name = '03.txt'",
		"damage search : the search index holds a text of inode 7, which was deleted, and is there; "
		"'planfs reindex' makes it anew\n" WRONG,
		"mended search : the search index held a text of inode 7 that is lost, or of a file that is there\n" },
	{ "DELETE FROM search_gone", WRONG, ANEW },
	{ "DELETE FROM search_index_data WHERE id > 10", WRONG, ANEW },
	{ "DELETE FROM search_index_data", WRONG, ANEW },
	{ "UPDATE search_index_data SET block = zeroblob(60) WHERE id > 10", WRONG, ANEW },
	{ "UPDATE search_index_data SET block = zeroblob(60) WHERE id = 10", WRONG, ANEW },
	{ "UPDATE search_index_data SET block = (SELECT block FROM search_index_data WHERE id > 10 ORDER BY id "
	  "LIMIT 1) WHERE id > 10",
		WRONG, ANEW },
	{ "DELETE FROM search_index_config", WRONG, ANEW },
	{ "UPDATE search_index_config SET v = 9 WHERE k = 'version'", WRONG, ANEW },
	{ "DROP TABLE search_index_data",
		"damage search : the table search_index_data is missing; 'planfs reindex' makes the search index anew\n",
		ANEW },
	{ "DROP TABLE search_index_idx; DROP TABLE search_index_config",
		"damage search : the table search_index_idx is missing; 'planfs reindex' makes the search index anew\n"
		"damage search : the table search_index_config is missing; 'planfs reindex' makes the search index anew\n",
		ANEW },
	{ "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'search_index'",
		"damage search : the table search_index is missing; 'planfs reindex' makes the search index anew\n",
		ANEW },
	{ "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'zhgram', 'unicode61') "
	  "WHERE name = 'search_index'",
		"damage search : the table search_index is not the one that planfs makes; 'planfs reindex' makes the "
		"search index anew\n",
		ANEW },
	{ "UPDATE inode SET id = 500 WHERE id = (SELECT inode FROM dentry WHERE name = '03.txt'); "
	  "UPDATE dentry SET inode = 500 WHERE name = '03.txt'; UPDATE revision SET inode = 500 WHERE inode = 7",
		WRONG, ANEW },
};

static void damage_it(struct fixture *f, const char *damage)
{
	sqlite3_db_config(foreign(f), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sql(f, damage);
	sqlite3_close(f->db);
	f->db = NULL;
	store_close(f->s);
	store_open_at(f, true);
}

static void repair(struct fixture *f, const char *mended)
{
	CLEANUP(buf_done) struct buf told = { 0 }, copy = { 0 };

	assert_true(store_repair(f->s, add_finding, &told, &copy) > 0);
	if (strncmp(buf_str(&told), mended, strlen(mended)) != 0)
		fail_msg("mended '%s', not '%s'", buf_str(&told), mended);
	unlink(buf_str(&copy));
}

static void all_works_again(struct fixture *f)
{
	store_close(f->s);
	store_open_at(f, false);
	index_all(f, 100000);
	expect_index_is_sound(f);
	assert_int_equal(count_of(f, "控辍保学"), 2); /* and the binary file */
	assert_int_equal(count_of(f, "新草稿"), 2);
	assert_int_equal(save_file(f, PLAN "/a.tmp", "改"), 0);
	index_all(f, 100000);
	assert_int_equal(count_of(f, "新草稿"), 1);
	expect_damage(f, "");
}

static void each_damage_is_found_and_mended(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f;

		if (i)
			assert_int_equal(fixture_setup(state), 0);
		f = sound_and_checked(state);
		damage_it(f, cases[i].damage);
		expect_damage(f, cases[i].findings);
		repair(f, cases[i].mended);
		expect_damage(f, "");
		all_works_again(f);
		if (i + 1 < ARRAY_LEN(cases))
			fixture_teardown(state);
	}
}

static void each_damage_ends_when_the_index_is_made_anew(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture *f;

		if (i)
			assert_int_equal(fixture_setup(state), 0);
		f = sound_and_checked(state);
		damage_it(f, cases[i].damage);
		assert_int_equal(search_index_clear(f->s), 0);
		all_works_again(f);
		if (i + 1 < ARRAY_LEN(cases))
			fixture_teardown(state);
	}
}

/* In an index of some pages, where it matters that words are looked for in the wrong ones. */
static void a_way_to_a_word_that_is_lost_is_noticed(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf text = { 0 };
	unsigned i;

	make_plan(f);
	for (i = 0; i < 3000; i++)
		assert_int_equal(buf_printf(&text, "%c%c%c", 0xE4 + i % 5, 0x80 + i * 7 % 64,
					 0x80 + i * 11 % 61),
			0);
	put_file(f, PLAN "/01.txt", text.data, text.len);
	index_all(f, 100000);
	expect_findings(f, "");
	damage_it(f, "DELETE FROM search_index_idx");
	expect_findings(f, WRONG);
}

static void a_check_waits_for_nobody_and_holds_nobody_up(void **state)
{
	struct fixture *f = sound_and_checked(state);
	const struct store_options options = { .readonly = true };
	CLEANUP(buf_done) struct buf why = { 0 };

	sql(f, "BEGIN IMMEDIATE");
	expect_findings(f, "");
	sql(f, "ROLLBACK");
	store_close(f->s);
	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
	expect_findings(f, "");
	expect_findings(f, ""); /* nothing is left of the one before */
}

static void a_repair_of_other_things_keeps_what_waits_waiting(void **state)
{
	struct fixture *f = sound_and_checked(state);
	struct search_status before, after;

	assert_int_equal(save_file(f, PLAN "/03.txt", "改了"), 0);
	assert_int_equal(search_get_status(f->s, &before), 0);
	damage_it(f,
		"UPDATE inode SET nlink = 9 WHERE id = 1; UPDATE inode SET id = 0 WHERE id = 7; "
		"UPDATE dentry SET inode = 0 WHERE inode = 7; UPDATE revision SET inode = 0 WHERE inode = 7");
	repair(f, "mended number");
	assert_int_equal(search_get_status(f->s, &after), 0);
	assert_int_equal(before.indexed, after.indexed);
	assert_int_equal(before.waiting, after.waiting);
	all_works_again(f);
}

/* A text of @n characters out of 60: nearly every pair is in some text, and in few. */
static void save_random(struct fixture *f, unsigned *seed, int file, size_t n)
{
	char path[sizeof(PLAN) + 16], text[3 * 500 + 1];
	size_t i;

	snprintf(path, sizeof(path), PLAN "/r%02d.txt", file);
	for (i = 0; i < n; i++) {
		unsigned c = 0x4E00 + (unsigned)rand_r(seed) % 60;

		text[3 * i] = (char)(0xE0 | c >> 12);
		text[3 * i + 1] = (char)(0x80 | (c >> 6 & 0x3F));
		text[3 * i + 2] = (char)(0x80 | (c & 0x3F));
	}
	put_file(f, path, text, 3 * n);
}

/* FTS5 loses marks of removal where a part of a merge ends (search_step.c): words of old texts came back. */
static void merges_in_parts_bring_no_old_word_back(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 4, round, file;
	int r = 0;

	make_plan(f);
	for (round = 0; round < 400; round++) {
		for (file = 0; file < 3; file++)
			save_random(f, &seed, rand_r(&seed) % 20,
				(size_t[]){ 0, 60, 200, 500 }[rand_r(&seed) % 4]);
		index_all(f, 100000);
		if (round % 16 == 15)
			while ((r = search_index_merge(f->s, 1, 1000)) > 0 && rand_r(&seed) % 3)
				;
		assert_true(r >= 0);
		if (round % 50 == 49)
			expect_index_is_sound(f);
	}
}

static void what_is_recovered_has_no_text_of_the_index_only(void **state)
{
	struct fixture *f = sound_and_checked(state);
	CLEANUP(buf_done) struct buf why = { 0 }, told = { 0 };
	struct store_recovered done;
	char to[120];

	sqlite3_close(f->db);
	f->db = NULL;
	store_close(f->s);
	snprintf(to, sizeof(to), "%s/new.db", f->dir);
	assert_int_equal(store_recover(f->path, to, add_finding, &told, &done, &why), 0);
	assert_string_equal(buf_str(&told), "");
	assert_int_equal(done.lost_found, 0);
	assert_int_equal(rename(to, f->path), 0);
	store_open_at(f, false);
	expect_findings(f, "");
	expect_rows(f, "SELECT count(*) FROM body WHERE CAST(data AS TEXT) GLOB '草稿*'", "0");
	expect_rows(f, "SELECT count(indexed) FROM inode", "0");
	index_all(f, 100000);
	all_works_again(f);
}

static void a_text_that_the_index_still_holds_is_not_lost_with_a_newer_one(void **state)
{
	struct fixture *f = sound_and_checked(state);
	CLEANUP(buf_done) struct buf why = { 0 }, told = { 0 };
	struct store_recovered done;
	char to[120];

	sql(f, "DELETE FROM body WHERE data = CAST('新草稿一' AS BLOB)");
	sqlite3_close(f->db);
	f->db = NULL;
	store_close(f->s);
	snprintf(to, sizeof(to), "%s/new.db", f->dir);
	assert_int_equal(store_recover(f->path, to, add_finding, &told, &done, &why), 0);
	assert_int_equal(done.lost_found, 1);
	assert_int_equal(rename(to, f->path), 0);
	store_open_at(f, false);
	expect_findings(f, "");
	expect_rows(f, "SELECT count(*) FROM body WHERE CAST(data AS TEXT) = '草稿一'", "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_damage_is_found_and_mended),
		CASE(each_damage_ends_when_the_index_is_made_anew),
		CASE(a_way_to_a_word_that_is_lost_is_noticed),
		CASE(a_check_waits_for_nobody_and_holds_nobody_up),
		CASE(a_repair_of_other_things_keeps_what_waits_waiting),
		CASE(merges_in_parts_bring_no_old_word_back),
		CASE(what_is_recovered_has_no_text_of_the_index_only),
		CASE(a_text_that_the_index_still_holds_is_not_lost_with_a_newer_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
