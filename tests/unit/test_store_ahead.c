/* Pages are read ahead: what others write meanwhile must not be hidden by them. */
#include "store_fixture.h"

enum { FILES = 300, BEHIND = 50, TEXT_BYTES = 3000 };

static void open_to_read(struct fixture *f)
{
	const struct store_options options = { .only_reads = true };
	CLEANUP(buf_done) struct buf why = { 0 };

	store_close(f->s);
	assert_int_equal(store_open(f->path, &options, &f->s, &why), 0);
}

/* Files whose texts lie side by side, and some behind them, so that the file does not end there. */
static void make_files(struct fixture *f)
{
	char text[TEXT_BYTES + 1] = "", name[16];
	int i;

	memset(text, 'a', TEXT_BYTES);
	for (i = 0; i < FILES + BEHIND; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(make_file(f, name, text), 0);
	}
}

/* All bodies consist of @c: first those whose pages were read last time ahead of the others, if any. */
static void expect_all(struct fixture *f, char c)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int i;

	for (i = 0; i < 2 * FILES; i++) {
		int64_t body = i < FILES ? FILES - i : i - FILES + 1;

		text.len = 0;
		assert_int_equal(store_read_body(f->s, body, &text), 0);
		assert_int_equal(text.len, TEXT_BYTES);
		assert_int_equal(text.data[0], c);
		assert_int_equal(text.data[TEXT_BYTES - 1], c);
	}
}

static void what_is_written_meanwhile_is_read(void **state)
{
	struct fixture *f = *state;

	make_files(f);
	open_to_read(f);
	expect_all(f, 'a');
	sql(f, "UPDATE body SET data = CAST(replace(CAST(data AS TEXT), 'a', 'b') AS BLOB)");
	expect_all(f, 'b');
	sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
	expect_all(f, 'b');
	sql(f, "UPDATE body SET data = CAST(replace(CAST(data AS TEXT), 'b', 'c') AS BLOB)");
	sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
	expect_all(f, 'c');
}

/* The last page is no whole piece. */
static void the_end_of_the_file_is_read(void **state)
{
	struct fixture *f = *state;

	make_files(f);
	sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
	sql(f, "VACUUM");
	open_to_read(f);
	expect_all(f, 'a');
	sql(f, "DELETE FROM dentry WHERE CAST(name AS INTEGER) >= 100");
	sql(f, "VACUUM");
	sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
	expect_all(f, 'a');
}

/* The first time the pieces are new; the second time they are not. */
static void pages_side_by_side_take_few_reads(void **state)
{
	static char text[2 << 20]; /* 512 pages */
	struct fixture *f = *state;
	long long before;
	int i;

	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(make_file(f, "a", text), 0);
	for (i = 0; i < 2; i++) {
		store_close(f->s);
		store_open_at(f, false);
		before = count_calls("syscr");
		expect_text(f, "a", text);
		assert_in_range(
			count_calls("syscr") - before, 512 / 16, 400); /* those of valgrind, too */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_written_meanwhile_is_read),
		CASE(the_end_of_the_file_is_read),
		CASE(pages_side_by_side_take_few_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
