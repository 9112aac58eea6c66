/* A search goes through the texts in portions, of which one is read while another is told. */
#include "store_fixture.h"

#include "planfs/grep.h"

#include <pthread.h>

enum {
	FILES = 2500, /* more than a portion has */
	TEXT_BYTES = 900,
	FIRST = 64
		<< 10, /* bytes of the first portion; the second may be read already when the first is told */
	SURE = (FIRST + (1 << 20)) / TEXT_BYTES + 1010,
};

static void make_text(char text[static TEXT_BYTES + 1], int i)
{
	memset(text, 'a' + i % 26, TEXT_BYTES);
	snprintf(text, 16, "%05d", i);
	text[5] = ' ';
	text[TEXT_BYTES] = '\0';
}

static int apply_files(struct txn *t, void *arg)
{
	char text[TEXT_BYTES + 1], name[16];
	int i, r = 0;

	(void)arg;
	for (i = 0; i < FILES && r == 0; i++) {
		struct inode inode = { .mode = S_IFREG | 0644 };

		make_text(text, i);
		snprintf(name, sizeof(name), "%05d", i);
		r = txn_create(t, STORE_ROOT, name, &inode, &(struct text){ text, TEXT_BYTES });
	}
	return r;
}

static void make_files(struct fixture *f)
{
	const struct change change = { .apply = apply_files, .wait_ms = 20000 };

	assert_int_equal(store_change(f->s, &change), 0);
}

static void replace(struct fixture *f, int i)
{
	struct act a = { .kind = ACT_RENAME, .path = ".new.swp" };
	char name[16];

	snprintf(name, sizeof(name), "%05d", i);
	a.to = name;
	assert_int_equal(make_file(f, a.path, "another"), 0);
	assert_int_equal(act_run(f, &a), 0);
	sql(f, "DELETE FROM inode WHERE nlink = 0");
}

struct teller {
	struct fixture *f;
	int told, stop_at; /* 0: it goes on */
	int remove_from;   /* with the first file: this and those behind it; 0: none */
	int replace;       /* with the first file: this one by another, as editors do; 0: none */
};

static int expect_next(void *arg, const struct grep_file *file, const char *data, size_t len)
{
	struct teller *t = arg;
	char text[TEXT_BYTES + 1], name[16], query[128];

	make_text(text, t->told);
	snprintf(name, sizeof(name), "%05d", t->told);
	assert_string_equal(file->path, name);
	if (t->replace > 0 && t->told == t->replace)
		strcpy(text, "another");
	assert_int_equal(len, strlen(text));
	assert_memory_equal(data, text, len);
	if (t->told == 0 && t->replace > 0)
		replace(t->f, t->replace);
	if (t->told == 0 && t->remove_from > 0) {
		snprintf(query, sizeof(query),
			"DELETE FROM dentry WHERE CAST(name AS INTEGER) >= %d; "
			"DELETE FROM inode WHERE nlink = 0",
			t->remove_from);
		sql(t->f, query);
	}
	return ++t->told == t->stop_at ? 7 : 0;
}

static int tell(struct fixture *f, struct teller *t)
{
	const struct grep_query query = { .path = "", .order = GREP_PATH };

	t->f = f;
	return grep_store(f->s, &query, expect_next, t);
}

static void each_text_is_told_in_order(void **state)
{
	struct fixture *f = *state;
	struct teller t = { 0 };

	make_files(f);
	assert_int_equal(tell(f, &t), 0);
	assert_int_equal(t.told, FILES);
}

/* There is no room for the stack of one. */
static void without_another_thread_all_is_told(void **state)
{
	struct fixture *f = *state;
	struct teller t = { 0 };
	pthread_attr_t usual, huge;

	make_files(f);
	assert_int_equal(pthread_getattr_default_np(&usual), 0);
	assert_int_equal(pthread_attr_init(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 46), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	assert_int_equal(tell(f, &t), 0);
	assert_int_equal(pthread_setattr_default_np(&usual), 0);
	assert_int_equal(t.told, FILES);
	pthread_attr_destroy(&usual);
	pthread_attr_destroy(&huge);
}

/* In the first portion, at its end or so, and in others. */
static void who_has_enough_ends_the_search(void **state)
{
	static const int ends[] = { 1, FIRST / TEXT_BYTES, FIRST / TEXT_BYTES + 1,
		FIRST / TEXT_BYTES + 2, 1500, FILES };
	struct fixture *f = *state;
	size_t i;

	make_files(f);
	for (i = 0; i < ARRAY_LEN(ends); i++) {
		struct teller t = { .stop_at = ends[i] };

		assert_int_equal(tell(f, &t), 7);
		assert_int_equal(t.told, ends[i]);
	}
	assert_int_equal(make_file(f, "a", "x"), 0);
}

/* The list is that of a moment; the texts are read behind it. */
static void what_went_away_meanwhile_is_not_told(void **state)
{
	struct fixture *f = *state;
	struct teller t = { .remove_from = SURE };

	make_files(f);
	assert_int_equal(tell(f, &t), 0);
	assert_int_equal(t.told, SURE);
}

static void what_was_replaced_meanwhile_is_told_as_it_is_now(void **state)
{
	struct fixture *f = *state;
	struct teller t = { .replace = SURE };

	make_files(f);
	assert_int_equal(tell(f, &t), 0);
	assert_int_equal(t.told, FILES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_text_is_told_in_order),
		CASE(without_another_thread_all_is_told),
		CASE(who_has_enough_ends_the_search),
		CASE(what_went_away_meanwhile_is_not_told),
		CASE(what_was_replaced_meanwhile_is_told_as_it_is_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
