/* The thread that keeps the search index up to date. */
#include "search_fixture.h"

#include "planfs/clock.h"

#include <pthread.h>

enum { LIMIT_S = 20 };

static void open_tended(struct fixture *f)
{
	const struct store_options options = { .exclusive = true, .index = true };
	CLEANUP(buf_done) struct buf why = { 0 };

	store_close(f->s);
	f->s = NULL;
	if (store_open(f->path, &options, &f->s, &why) < 0)
		fail_msg("%s", buf_str(&why));
}

static struct search_status status_of(struct fixture *f)
{
	struct search_status status;

	assert_int_equal(search_get_status(f->s, &status), 0);
	return status;
}

static void wait_until_indexed(struct fixture *f, int64_t indexed)
{
	int64_t until = clock_now() + LIMIT_S * INT64_C(1000000000);

	while (status_of(f).waiting > 0 || status_of(f).indexed != indexed) {
		if (clock_now() > until)
			fail_msg("%lld indexed, %lld waiting", (long long)status_of(f).indexed,
				(long long)status_of(f).waiting);
		usleep(2000);
	}
}

static void make_files(struct fixture *f, int n)
{
	char path[100], text[100];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), PLAN "/%04d.txt", i);
		snprintf(text, sizeof(text), "第%d号文件，控辍保学", i);
		assert_int_equal(make_file(f, path, text), 0);
	}
}

static void what_was_there_and_what_comes_is_indexed(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	make_files(f, 10);
	open_tended(f);
	wait_until_indexed(f, 10);
	assert_int_equal(count_of(f, "第7号"), 1);
	assert_int_equal(save_file(f, PLAN "/0007.txt", "改"), 0);
	wait_until_indexed(f, 10);
	assert_int_equal(count_of(f, "第7号"), 0);
	assert_int_equal(make_file(f, PLAN "/x", "新"), 0);
	wait_until_indexed(f, 11);
	expect_index_is_sound(f);
}

/* The thread needs some milliseconds to find that nothing more is to be done, and tells nobody. */
static void let_it_fall_asleep(void)
{
	int64_t until = clock_now() + 500000000;

	while (clock_now() < until)
		usleep(10000);
}

static void who_saves_after_a_pause_is_left_alone_for_a_moment(void **state)
{
	struct fixture *f = *state;
	int64_t saved;

	make_plan(f);
	make_files(f, 1);
	open_tended(f);
	wait_until_indexed(f, 1);
	let_it_fall_asleep();
	saved = clock_now();
	assert_int_equal(save_file(f, PLAN "/0000.txt", "改"), 0);
	wait_until_indexed(f, 1);
	assert_true(clock_now() - saved > 90000000);
}

static void what_other_programs_write_is_indexed(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	open_tended(f);
	wait_until_indexed(f, 0);
	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES ('2017', 'a', 'b', 'c.txt', '外来')");
	wait_until_indexed(f, 1);
	assert_int_equal(count_of(f, "外来"), 1);
}

static void what_is_removed_goes_out_of_it(void **state)
{
	struct fixture *f = *state;
	int64_t until = clock_now() + LIMIT_S * INT64_C(1000000000);

	make_plan(f);
	make_files(f, 3);
	open_tended(f);
	wait_until_indexed(f, 3);
	assert_int_equal(remove_file(f, PLAN "/0001.txt"), 0);
	purge_all(f);
	sqlite3_busy_timeout(foreign(f), 2000);
	while (clock_now() < until) {
		sqlite3_stmt *st = NULL;
		int n;

		assert_int_equal(sqlite3_prepare_v2(
					 f->db, "SELECT count(*) FROM search_gone", -1, &st, NULL),
			SQLITE_OK);
		assert_int_equal(sqlite3_step(st), SQLITE_ROW);
		n = sqlite3_column_int(st, 0);
		sqlite3_finalize(st);
		if (n == 0)
			break;
		usleep(2000);
	}
	expect_rows(f, "SELECT count(*) FROM search_gone", "0");
	expect_index_is_sound(f);
}

/* Pieces are put together without anybody asking. */
static void the_index_stays_in_few_pieces(void **state)
{
	struct fixture *f = *state;
	int64_t until = clock_now() + LIMIT_S * INT64_C(1000000000);
	int i;

	make_plan(f);
	make_files(f, 40);
	open_tended(f);
	for (i = 0; i < 12; i++) {
		assert_int_equal(save_file(f, PLAN "/0007.txt", i % 2 ? "一" : "二"), 0);
		wait_until_indexed(f, 40);
	}
	while (clock_now() < until) {
		sqlite3_stmt *st = NULL;
		int n;

		assert_int_equal(sqlite3_prepare_v2(foreign(f),
					 "SELECT count(DISTINCT segid) FROM search_index_idx", -1,
					 &st, NULL),
			SQLITE_OK);
		assert_int_equal(sqlite3_step(st), SQLITE_ROW);
		n = sqlite3_column_int(st, 0);
		sqlite3_finalize(st);
		if (n < 4)
			break;
		usleep(2000);
	}
	expect_rows(f, "SELECT count(DISTINCT segid) < 4 FROM search_index_idx", "1");
}

/* --- beside those who save --- */

struct saver {
	struct fixture *f;
	int number;
	bool stop;
	int result;
	long saves;
};

static void *save_all_the_time(void *arg)
{
	struct saver *s = arg;
	char path[100], text[100];

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		snprintf(
			path, sizeof(path), PLAN "/%04d.txt", (int)(s->saves % 50) * 4 + s->number);
		snprintf(text, sizeof(text), "第%d人第%ld次", s->number, s->saves++);
		s->result = save_file(s->f, path, text);
		if (s->result < 0)
			break;
	}
	return NULL;
}

static bool is_indexed(struct fixture *f, const char *name)
{
	sqlite3_stmt *st = NULL;
	bool is;

	assert_int_equal(
		sqlite3_prepare_v2(foreign(f),
			"SELECT indexed NOT NULL FROM inode WHERE id = (SELECT inode FROM dentry WHERE name = ?1)",
			-1, &st, NULL),
		SQLITE_OK);
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	is = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return is;
}

/* However much is saved, a file that is left alone comes in; and all is right while that goes on. */
static void the_index_grows_while_others_save(void **state)
{
	struct fixture *f = *state;
	static struct saver savers[4];
	pthread_t threads[4];
	int64_t until = clock_now() + LIMIT_S * INT64_C(1000000000);
	bool came;
	int i, n;

	make_plan(f);
	make_files(f, 200);
	open_tended(f);
	wait_until_indexed(f, 200);
	for (i = 0; i < 4; i++) {
		savers[i] = (struct saver){ .f = f, .number = i };
		assert_int_equal(
			pthread_create(&threads[i], NULL, save_all_the_time, &savers[i]), 0);
	}
	for (n = 0, came = true; n < 5 && came; n++) {
		char path[100];

		snprintf(path, sizeof(path), PLAN "/quiet%d", n);
		assert_int_equal(make_file(f, path, "独此一份"), 0);
		do {
			assert_true(count_of(f, "独此一份") > (size_t)n);
			came = is_indexed(f, path + strlen(PLAN) + 1);
		} while (!came && clock_now() < until);
	}
	for (i = 0; i < 4; i++) {
		__atomic_store_n(&savers[i].stop, true, __ATOMIC_RELAXED);
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(savers[i].result, 0);
	}
	assert_true(came);
	assert_int_equal(n, 5);
	wait_until_indexed(f, 205);
	expect_index_is_sound(f);
}

static void it_waits_for_the_lock_of_another_program(void **state)
{
	struct fixture *f = *state;
	int i;

	make_plan(f);
	make_files(f, 5);
	sql(f, "BEGIN IMMEDIATE");
	open_tended(f);
	for (i = 0; i < 200; i++) {
		assert_int_equal(status_of(f).waiting, 5);
		assert_int_equal(count_of(f, "控辍"), 5);
	}
	sql(f, "ROLLBACK");
	wait_until_indexed(f, 5);
}

static void it_ends_at_once(void **state)
{
	struct fixture *f = *state;
	int64_t began;
	int i;

	make_plan(f);
	make_files(f, 300);
	for (i = 0; i < 10; i++) {
		open_tended(f);
		assert_int_equal(save_file(f, PLAN "/0001.txt", i % 2 ? "一" : "二"), 0);
		began = clock_now();
		store_close(f->s);
		f->s = NULL;
		assert_true(clock_now() - began < 2000000000);
	}
	open_tended(f);
	wait_until_indexed(f, 300);
	expect_index_is_sound(f);
}

static void a_damaged_index_does_not_end_the_mount(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	make_files(f, 5);
	open_tended(f);
	wait_until_indexed(f, 5);
	sql(f, "DROP TABLE search_index_data");
	assert_int_equal(save_file(f, PLAN "/0001.txt", "还能存"), 0);
	assert_int_equal(count_of(f, "还能存"), 5);
	assert_int_equal(search_index_clear(f->s), 0);
	open_tended(f);
	wait_until_indexed(f, 5);
	assert_int_equal(count_of(f, "还能存"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_there_and_what_comes_is_indexed),
		CASE(who_saves_after_a_pause_is_left_alone_for_a_moment),
		CASE(what_other_programs_write_is_indexed),
		CASE(what_is_removed_goes_out_of_it),
		CASE(the_index_stays_in_few_pieces),
		CASE(the_index_grows_while_others_save),
		CASE(it_waits_for_the_lock_of_another_program),
		CASE(it_ends_at_once),
		CASE(a_damaged_index_does_not_end_the_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
