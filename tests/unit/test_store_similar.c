/* Sections and plans that are like others, by the sketches in the database. */
#include "planfs/similar.h"

#include "planfs/check.h"
#include "planfs/search.h"
#include "store_fixture.h"

#include <errno.h>

/* Four texts that have nothing in common. */
static const char *const parts[] = {
	"继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到百分之九十九以上，建立健全学籍管理制度，落实责任。",
	"学校要求全体教师认真备课、上课、批改作业，每周组织一次教研活动，期末进行总结评比，表彰先进个人和优秀备课组。",
	"门卫值班人员要坚守岗位，外来车辆一律登记，夜间巡逻不少于三次，发现隐患立即报告，节假日安排专人看护校舍。",
	"食堂采购实行定点供应，索取票证，每日留样，餐具消毒，从业人员持健康证上岗，严防食物中毒事件发生。",
};

static int sketch_file(struct txn *t, void *arg)
{
	struct act *a = arg;
	const struct text text = { a->text, strlen(a->text) };
	const char *name;
	int64_t dir;
	int r;

	r = act_find_dir(t, a->path, &dir, &name);
	if (r == 0)
		r = txn_lookup(t, dir, name, &a->inode);
	return r < 0 ? r : txn_sketch_set(t, a->inode.id, &text);
}

/* Make the file with its directories, and sketch it as the index does. */
static void put(struct fixture *f, const char *path, const char *text)
{
	struct act a = { .path = path, .text = text };
	const struct change c = { .apply = sketch_file, .arg = &a, .wait_ms = 1000 };
	char dir[512];
	const char *slash;

	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (!exists(f, dir))
			assert_int_equal(make_dir(f, dir), 0);
	}
	assert_int_equal(exists(f, path) ? save_file(f, path, text) : make_file(f, path, text), 0);
	assert_int_equal(store_change(f->s, &c), 0);
}

static void put_parts(struct fixture *f, const char *path, const char *numbers)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	for (; *numbers; numbers++)
		assert_int_equal(buf_printf(&text, "%s\n", parts[*numbers - '1']), 0);
	put(f, path, buf_str(&text));
}

static int add_line(void *arg, const struct similar *s)
{
	struct buf *b = arg;
	size_t i;

	assert_int_equal(buf_printf(b, "%u %s/%s/%s%s%s", s->percent, s->year, s->district, s->plan,
				 s->section ? "/" : "", s->section ? s->section : ""),
		0);
	for (i = 0; i < s->n_pairs; i++)
		assert_int_equal(buf_printf(b, " %u:%s=%s", s->pairs[i].percent, s->pairs[i].own,
					 s->pairs[i].other),
			0);
	return buf_add_str(b, "\n");
}

static void expect(struct fixture *f, const char *path, size_t n, const char *lines)
{
	CLEANUP(buf_done) struct buf got = { 0 };

	assert_int_equal(similar_find(f->s, path, n, add_line, &got), 0);
	assert_string_equal(buf_str(&got), lines);
}

static void sections_come_by_what_they_have_in_common(void **state)
{
	struct fixture *f = *state;

	put_parts(f, "2016/甲/一/01.txt", "12");
	put_parts(f, "2017/甲/一/01.txt", "12");
	put_parts(f, "2015/乙/二/02.txt", "12");
	put_parts(f, "2015/乙/二/03.txt", "1");
	put_parts(f, "2015/乙/二/04.txt", "34");
	expect(f, "2016/甲/一/01.txt", 10,
		"100 2015/乙/二/02.txt\n100 2017/甲/一/01.txt\n66 2015/乙/二/03.txt\n");
	expect(f, "2016/甲/一/01.txt", 1, "100 2015/乙/二/02.txt\n");
	expect(f, "/2015/乙/二/04.txt", 10, "");
}

static void the_present_texts_are_compared(void **state)
{
	struct fixture *f = *state;

	put_parts(f, "2016/甲/一/01.txt", "12");
	put_parts(f, "2017/甲/一/01.txt", "12");
	put_parts(f, "2018/甲/一/01.txt", "12");
	assert_int_equal(save_file(f, "2017/甲/一/01.txt", parts[0]), 0); /* not in the index yet */
	assert_int_equal(remove_file(f, "2018/甲/一/01.txt"), 0);
	expect(f, "2016/甲/一/01.txt", 10, "66 2017/甲/一/01.txt\n");
}

static void only_sections_are_told(void **state)
{
	struct fixture *f = *state;

	put_parts(f, "2016/甲/一/01.txt", "12");
	put_parts(f, "2016/甲/一/.02.txt", "12");
	put_parts(f, "2016/甲/一/plan.json", "12");
	put_parts(f, "2016/甲/一/附件/01.txt", "12");
	put_parts(f, "draft/甲/一/01.txt", "12");
	put_parts(f, "2016/.甲/一/01.txt", "12");
	put_parts(f, "01.txt", "12");
	expect(f, "2016/甲/一/01.txt", 10, "");
	expect(f, "01.txt", 10, "100 2016/甲/一/01.txt\n");
	expect(f, "draft/甲/一/01.txt", 10, "100 2016/甲/一/01.txt\n");
}

static void a_section_with_two_names_is_told_once(void **state)
{
	struct fixture *f = *state;

	put_parts(f, "2016/甲/一/01.txt", "12");
	put_parts(f, "2017/甲/一/01.txt", "12");
	assert_int_equal(link_file(f, "2017/甲/一/01.txt", "01.txt"), 0);
	expect(f, "2016/甲/一/01.txt", 10, "100 2017/甲/一/01.txt\n");
	expect(f, "01.txt", 10, "100 2016/甲/一/01.txt\n");
}

static void plans_come_with_the_sections_that_correspond(void **state)
{
	struct fixture *f = *state;

	put_parts(f, "2016/甲/一/01.txt", "1");
	put_parts(f, "2016/甲/一/02.txt", "2");
	put_parts(f, "2016/甲/一/03.txt", "3");
	put(f, "2016/甲/一/04.txt", "短");
	put_parts(f, "2015/乙/二/01.txt", "2");
	put_parts(f, "2015/乙/二/02.txt", "1");
	put_parts(f, "2015/乙/二/03.txt", "3");
	put_parts(f, "2014/丙/三/01.txt", "34");
	put_parts(f, "2013/丁/四/01.txt", "4");
	expect(f, "2016/甲/一", 10,
		"100 2015/乙/二 100:01.txt=02.txt 100:02.txt=01.txt 100:03.txt=03.txt\n"
		"39 2014/丙/三 67:03.txt=01.txt\n");
	expect(f, "2013/丁/四/", 10, "61 2014/丙/三 61:01.txt=01.txt\n");
}

static void what_cannot_be_asked_about_is_an_error(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf got = { 0 };
	static const struct {
		const char *path;
		int result;
	} cases[] = { { "", -EINVAL }, { "2016", -EINVAL }, { "2016/甲", -EINVAL },
		{ "2016/甲/一/附件", -EINVAL }, { "draft/甲/一", -EINVAL },
		{ "2016/.甲/一", -EINVAL }, { "2016/甲/一/nothing.txt", -ENOENT },
		{ "2016/甲/一/01.txt/x", -ENOTDIR }, { "2016/甲/一/short.txt", -ENODATA },
		{ "2016/甲/一/empty.txt", -ENODATA }, { "2016/甲/link", -EINVAL },
		{ "2016/甲/empty", -ENODATA } };
	size_t i;

	put_parts(f, "2016/甲/一/01.txt", "1");
	put_parts(f, "2016/甲/一/附件/01.txt", "1");
	put_parts(f, "draft/甲/一/01.txt", "1");
	put_parts(f, "2016/.甲/一/01.txt", "1");
	put(f, "2016/甲/一/short.txt", "短");
	put(f, "2016/甲/一/empty.txt", "");
	assert_int_equal(make_symlink(f, "2016/甲/link", "一"), 0);
	assert_int_equal(make_dir(f, "2016/甲/empty"), 0);
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (similar_find(f->s, cases[i].path, 10, add_line, &got) != cases[i].result)
			fail_msg("%s", cases[i].path);
	assert_int_equal(got.len, 0);
}

static int stop_at_first(void *arg, const struct similar *s)
{
	(void)s;
	++*(int *)arg;
	return -EPIPE;
}

static void a_listing_can_be_ended(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	put_parts(f, "2016/甲/一/01.txt", "12");
	put_parts(f, "2017/甲/一/01.txt", "12");
	put_parts(f, "2018/甲/一/01.txt", "12");
	assert_int_equal(similar_find(f->s, "2016/甲/一/01.txt", 10, stop_at_first, &n), -EPIPE);
	assert_int_equal(n, 1);
}

static void a_sketch_that_is_damaged_is_passed_over(void **state)
{
	struct fixture *f = *state;

	put_parts(f, "2016/甲/一/01.txt", "12");
	put_parts(f, "2017/甲/一/01.txt", "12");
	put_parts(f, "2018/甲/一/01.txt", "12");
	sql(f, "UPDATE sketch SET data = x'00' WHERE inode = (SELECT max(inode) FROM sketch)");
	sql(f, "INSERT INTO sketch SELECT 999999, data FROM sketch LIMIT 1");
	expect(f, "2016/甲/一/01.txt", 10, "100 2017/甲/一/01.txt\n");
}

static int add_copy(void *arg, const struct similar_copy *c)
{
	return buf_printf(arg, "%lu %u %s/%s/%s%s%s\n", c->group, c->percent, c->year, c->district,
		c->plan, c->section ? "/" : "", c->section ? c->section : "");
}

static void expect_copies(struct fixture *f, const char *lines)
{
	CLEANUP(buf_done) struct buf got = { 0 };

	assert_int_equal(similar_each_copy(f->s, add_copy, &got), 0);
	assert_string_equal(buf_str(&got), lines);
}

static void copies_come_in_groups_the_earliest_first(void **state)
{
	struct fixture *f = *state;

	expect_copies(f, "");
	put_parts(f, "2016/甲/一/01.txt", "1");
	put_parts(f, "2016/甲/一/02.txt", "23");
	put_parts(f, "2015/乙/二/02.txt", "1");
	put_parts(f, "2015/乙/二/01.txt", "23");
	put_parts(f, "未知年份/丙/三/01.txt", "4");
	put_parts(f, "2014/丙/三/01.txt", "14");
	put_parts(f, "2014/丙/三/05.txt", "4");
	put_parts(f, "2014/丙/三/04.txt", "4");
	put_parts(f, "2014/丙/三/notes.md", "4");
	expect_copies(f,
		"1 100 2015/乙/二\n1 100 2016/甲/一\n"
		"2 100 2014/丙/三/04.txt\n2 100 2014/丙/三/05.txt\n2 100 未知年份/丙/三/01.txt\n");
}

/* --- with the search index --- */

static void put_in_index(struct fixture *f)
{
	int r;

	do {
		r = search_index_step(f->s, 1 << 20, 1000);
	} while (r > 0);
	assert_int_equal(r, 0);
}

static int count_damage(void *arg, const struct store_finding *finding)
{
	if (finding->level == FINDING_DAMAGE)
		assert_int_equal(
			buf_printf(arg, "%s %s: %s\n", finding->kind, finding->path, finding->text),
			0);
	return 0;
}

static void expect_damage(struct fixture *f, const char *lines)
{
	CLEANUP(buf_done) struct buf got = { 0 };

	assert_int_equal(store_check(f->s, count_damage, &got), 0);
	assert_string_equal(buf_str(&got), lines);
}

static void sketches_come_and_go_with_the_texts_of_the_index(void **state)
{
	struct fixture *f = *state;
	static const char count[] = "SELECT count(*) FROM sketch";

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/01.txt", parts[0]), 0);
	assert_int_equal(make_file(f, PLAN "/02.txt", parts[0]), 0);
	assert_int_equal(make_file(f, PLAN "/03.txt", "短"), 0);
	expect_rows(f, count, "0");
	put_in_index(f);
	expect_rows(f, count, "2");
	expect(f, PLAN "/01.txt", 9, "100 " PLAN "/02.txt\n");
	assert_int_equal(save_file(f, PLAN "/02.txt", "短"), 0);
	assert_int_equal(save_file(f, PLAN "/03.txt", parts[0]), 0);
	put_in_index(f);
	expect_rows(f, count, "2");
	expect(f, PLAN "/01.txt", 9, "100 " PLAN "/03.txt\n");
	assert_int_equal(save_file(f, PLAN "/03.txt", parts[1]), 0);
	put_in_index(f);
	expect_rows(f, "SELECT count(DISTINCT data) FROM sketch", "2");
	assert_int_equal(remove_file(f, PLAN "/03.txt"), 0);
	purge_all(f);
	expect_damage(f, "");
	put_in_index(f);
	expect_rows(f, count, "1");
	expect_damage(f, "");
	assert_int_equal(search_index_clear(f->s), 0);
	expect_rows(f, count, "0");
	put_in_index(f);
	expect_rows(f, count, "1");
}

static void what_is_wrong_with_sketches_is_told_and_mended(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf copy = { 0 }, got = { 0 };

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/01.txt", parts[0]), 0);
	assert_int_equal(make_file(f, PLAN "/02.txt", parts[1]), 0);
	assert_int_equal(make_file(f, PLAN "/03.txt", parts[2]), 0);
	put_in_index(f);
	assert_int_equal(make_file(f, PLAN "/04.txt", parts[3]), 0);
	expect_damage(f, "");
	sql(f, "DELETE FROM sketch WHERE inode = (SELECT inode FROM dentry WHERE name = '01.txt')");
	sql(f, "UPDATE sketch SET data = x'0102' WHERE inode = (SELECT inode FROM dentry WHERE name = '02.txt')");
	sql(f, "INSERT INTO sketch SELECT inode, zeroblob(64) FROM dentry WHERE name = '04.txt'");
	expect_damage(f,
		"sketch " PLAN "/02.txt: has a sketch that belongs to no text of the search index\n"
		"sketch " PLAN "/04.txt: has a sketch that belongs to no text of the search index\n"
		"sketch " PLAN "/01.txt: has no sketch, so that nobody finds what is like it\n");
	sqlite3_close(f->db);
	f->db = NULL;
	store_close(f->s);
	store_open_at(f, true);
	assert_int_equal(store_repair(f->s, count_damage, &got, &copy), 4);
	expect_damage(f, "");
	expect_rows(f,
		"SELECT count(*), min(length(data)), min(inode) = (SELECT inode FROM dentry "
		"WHERE name = '01.txt') FROM sketch",
		"3|64|1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sections_come_by_what_they_have_in_common),
		CASE(the_present_texts_are_compared),
		CASE(only_sections_are_told),
		CASE(a_section_with_two_names_is_told_once),
		CASE(plans_come_with_the_sections_that_correspond),
		CASE(what_cannot_be_asked_about_is_an_error),
		CASE(a_listing_can_be_ended),
		CASE(a_sketch_that_is_damaged_is_passed_over),
		CASE(copies_come_in_groups_the_earliest_first),
		CASE(sketches_come_and_go_with_the_texts_of_the_index),
		CASE(what_is_wrong_with_sketches_is_told_and_mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
