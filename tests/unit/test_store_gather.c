/* The frames of a transaction are written together: nothing of it may be missing, and nothing of one that was rolled back come later. */
#include "store_fixture.h"

#include <errno.h>

enum {
	FILES = 300,
	TEXT_BYTES =
		30000, /* all of them are more than SQLite keeps in memory: it writes before the transaction is whole */
};

/* Many files in one transaction, which fails at the end if it shall. */
struct flood {
	char c;
	int count, result;
};

static int apply_flood(struct txn *t, void *arg)
{
	const struct flood *flood = arg;
	static char bytes[TEXT_BYTES];
	const struct text text = { bytes, TEXT_BYTES };
	int i, r = 0;

	memset(bytes, flood->c, TEXT_BYTES);
	for (i = 0; i < flood->count && r == 0; i++) {
		struct inode inode = { .mode = S_IFREG | 0644 };
		char name[16];

		snprintf(name, sizeof(name), "%c%d", flood->c, i);
		bytes[0] = (char)(i % 64 + '0');
		bytes[1] = (char)(i / 64 + '0');
		r = txn_create(t, STORE_ROOT, name, &inode, &text);
	}
	return r < 0 ? r : flood->result;
}

static void flood(struct fixture *f, char c, int count, int result)
{
	struct flood flood = { c, count, result };
	const struct change change = {
		.apply = apply_flood, .arg = &flood, .durable = true, .wait_ms = 20000
	};

	assert_int_equal(store_change(f->s, &change), result);
}

static void expect_flood(struct fixture *f, char c, const char *count)
{
	char query[400];

	snprintf(query, sizeof(query),
		"SELECT count(*) FROM dentry d JOIN inode i ON i.id = d.inode JOIN body b ON b.id = i.body "
		"WHERE d.name LIKE '%c%%' AND length(b.data) = %d AND substr(CAST(b.data AS TEXT), 3) = "
		"replace(hex(zeroblob(%d)), '00', '%c')",
		c, TEXT_BYTES, TEXT_BYTES - 2, c);
	expect_rows(f, query, count);
}

static void a_transaction_is_one_write(void **state)
{
	static char text[40000]; /* ten pages, and ten others change with it: 40 writes without */
	struct fixture *f = *state;
	long long before;

	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(make_file(f, "a", "first"), 0);
	before = count_calls("syscw");
	assert_int_equal(save_file(f, "a", text), 0);
	assert_in_range(
		count_calls("syscw") - before, 1, 8); /* two pieces, and those of valgrind */
}

/* What others see is the whole, at once. */
static void a_large_transaction_is_whole(void **state)
{
	struct fixture *f = *state;

	flood(f, 'a', FILES, 0);
	expect_flood(f, 'a', "300");
	flood(f, 'b', FILES, 0);
	sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
	expect_flood(f, 'a', "300");
	expect_flood(f, 'b', "300");
	expect_rows(f, "PRAGMA integrity_check", "ok");
}

/*
 * Others take the place in the log that a transaction had before it was rolled back. It is held, and not written, when it
 * began at the beginning of the log and was a little more than what SQLite keeps in memory, which some of these are.
 */
static void what_was_rolled_back_does_not_come_later(void **state)
{
	struct fixture *f = *state;
	int count;

	sql(f, "CREATE TABLE other (data BLOB)");
	assert_int_equal(make_file(f, "a", "first"), 0);
	for (count = 40; count < 70; count++) {
		const char *text = count % 2 ? "second" : "third";

		sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
		flood(f, 'x', count, -EPERM);
		sql(f, "INSERT INTO other VALUES (CAST(replace(hex(zeroblob(50000)), '00', 'ab') AS BLOB))");
		assert_int_equal(save_file(f, "a", text), 0);
		expect_rows(f,
			"SELECT count(*) FROM other WHERE CAST(data AS TEXT) <> "
			"replace(hex(zeroblob(50000)), '00', 'ab')",
			"0");
		expect_text(f, "a", text);
	}
	expect_rows(f, "PRAGMA integrity_check", "ok");
	expect_rows(f, "SELECT count(*) FROM other", "30");
	expect_flood(f, 'x', "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_transaction_is_one_write),
		CASE(a_large_transaction_is_whole),
		CASE(what_was_rolled_back_does_not_come_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
