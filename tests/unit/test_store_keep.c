/* Texts that were written into a file which another one replaced meanwhile: what becomes a version, and what stands. */
#include "store_fixture.h"

#define FILE_PATH PLAN "/01-总则.txt"

struct keep {
	const char *path, *text;
	int64_t base, inode; /* 0: of a file that is gone */
	int64_t body;        /* out */
};

static int apply_keep(struct txn *t, void *arg)
{
	struct keep *k = arg;
	const struct text text = { k->text, strlen(k->text) };
	const struct inode inode = { .id = k->inode ? k->inode : 1000, .mode = S_IFREG | 0640 };
	struct lost_text lost = { .text = &text, .inode = &inode, .base = k->base };
	int r;

	r = act_find_dir(t, k->path, &lost.parent, &lost.name);
	return r < 0 ? r : txn_keep_text(t, &lost, &k->body);
}

static int keep(struct fixture *f, struct keep *k)
{
	const struct change c = {
		.apply = apply_keep, .arg = k, .author = "zhang", .program = "nano", .wait_ms = 1000
	};

	return store_change(f->s, &c);
}

/* All versions of the section, and what each has overwritten unseen. */
#define VERSIONS                                                                                   \
	"SELECT r.author, ifnull(r.program, ''), r.op, CAST(b.data AS TEXT), "                     \
	"ifnull(CAST(ob.data AS TEXT), '') FROM revision r LEFT JOIN body b ON b.id = r.body "     \
	"LEFT JOIN revision o ON o.rev = r.conflict LEFT JOIN body ob ON ob.id = o.body "          \
	"WHERE r.name = '01-总则.txt' ORDER BY r.rev"

static void a_text_is_kept_behind_the_one_that_stands(void **state)
{
	struct fixture *f = *state;
	struct keep k = { .path = FILE_PATH, .text = "lost" };
	struct inode before, after;

	make_plan(f);
	assert_int_equal(make_file(f, FILE_PATH, "old"), 0);
	k.base = stat_at(f, FILE_PATH).body;
	sql(f, "UPDATE section SET body = 'stands'");
	before = stat_at(f, FILE_PATH);
	assert_int_equal(keep(f, &k), 0);
	after = stat_at(f, FILE_PATH);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_not_equal(k.body, 0);
	expect_rows(f, "SELECT author, body FROM history ORDER BY rev DESC LIMIT 3",
		"sql|stands\nzhang|lost\nsql|stands");
	expect_rows(f, VERSIONS " DESC LIMIT 2", "sql||save|stands|lost\nzhang|nano|save|lost|");
}

static void what_follows_in_the_transaction_is_by_whoever_makes_it(void **state)
{
	struct fixture *f = *state;
	struct keep k = { .path = FILE_PATH, .text = "lost" };

	make_plan(f);
	assert_int_equal(make_file(f, FILE_PATH, "stands"), 0);
	assert_int_equal(keep(f, &k), 0);
	k = (struct keep){ .path = FILE_PATH, .text = "lost again", .base = k.body };
	assert_int_equal(keep(f, &k), 0);
	expect_rows(f, "SELECT author, body FROM history ORDER BY rev DESC LIMIT 4",
		"li|stands\nzhang|lost again\nli|stands\nzhang|lost");
}

static void only_the_place_is_meant(void **state)
{
	struct fixture *f = *state;
	struct act link = { .kind = ACT_LINK, .path = FILE_PATH, .to = PLAN "/02-链接.txt" };
	struct keep k = { .path = FILE_PATH, .text = "lost" };

	make_plan(f);
	assert_int_equal(make_file(f, FILE_PATH, "stands"), 0);
	assert_int_equal(act_run(f, &link), 0);
	assert_int_equal(keep(f, &k), 0);
	expect_rows(f, "SELECT op, count(*) FROM revision WHERE name = '02-链接.txt' GROUP BY op",
		"create|1");
}

static void a_text_is_kept_where_nothing_stands(void **state)
{
	struct fixture *f = *state;
	struct keep k = { .path = PLAN "/02-没有.txt", .text = "lost" };

	make_plan(f);
	assert_int_equal(keep(f, &k), 0);
	expect_rows(f, "SELECT op, size FROM revision WHERE name = '02-没有.txt' ORDER BY rev",
		"create|4\nremove|4");
	expect_rows(f, "SELECT body FROM history WHERE name = '02-没有.txt'", "lost");
	expect_rows(f, "SELECT count(*) FROM section", "0");
}

static void a_text_is_kept_behind_a_symlink(void **state)
{
	struct fixture *f = *state;
	struct keep k = { .path = PLAN "/02-链接.txt", .text = "lost" };

	make_plan(f);
	assert_int_equal(make_symlink(f, k.path, "01-总则.txt"), 0);
	assert_int_equal(keep(f, &k), 0);
	expect_rows(f,
		"SELECT op, ifnull(target, '') FROM revision WHERE name = '02-链接.txt' ORDER BY rev",
		"create|01-总则.txt\ncreate|\nrename|01-总则.txt");
}

static void there_is_nothing_to_keep(void **state)
{
	struct fixture *f = *state;
	struct keep cases[] = {
		{ .path = FILE_PATH, .text = "stands" }, /* the same text */
		{ .path = FILE_PATH, .text = "" },
		{ .path = PLAN, .text = "lost" },              /* a directory */
		{ .path = PLAN "/03-又.txt", .text = "was" },  /* what it was made of */
		{ .path = PLAN "/03-又.txt", .text = "lost" }, /* has another name */
	};
	size_t i;

	make_plan(f);
	assert_int_equal(make_file(f, FILE_PATH, "stands"), 0);
	assert_int_equal(make_file(f, PLAN "/04-是.txt", "was"), 0);
	cases[3].base = stat_at(f, PLAN "/04-是.txt").body;
	cases[4].inode = stat_at(f, PLAN "/04-是.txt").id;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		cases[i].body = -1;
		assert_int_equal(keep(f, &cases[i]), 0);
		assert_int_equal(cases[i].body, 0);
	}
	expect_rows(f, "SELECT count(*) FROM history", "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_text_is_kept_behind_the_one_that_stands),
		CASE(what_follows_in_the_transaction_is_by_whoever_makes_it),
		CASE(only_the_place_is_meant),
		CASE(a_text_is_kept_where_nothing_stands),
		CASE(a_text_is_kept_behind_a_symlink),
		CASE(there_is_nothing_to_keep),
	};

	return cmocka_run_group_tests_name("store/keep", tests, NULL, NULL);
}
