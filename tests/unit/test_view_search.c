/* .planfs/search, without a mount. */
#include "planfs/view.h"

#include "planfs/name.h"
#include "planfs/search.h"
#include "store_fixture.h"

#include <errno.h>
#include <locale.h>

static struct view_source source_of(struct fixture *f)
{
	struct view_source v = { .store = f->s };

	assert_int_equal(view_memory_new(&v.memory), 0);
	return v;
}

static void source_done(struct view_source *v)
{
	view_memory_free(v->memory);
}
#define CLEANUP_SOURCE CLEANUP(source_done)

static struct inode at(const struct view_source *v, int64_t parent, const char *name)
{
	struct inode inode = { 0 };
	int r = view_lookup(v, parent, name, &inode);

	if (r < 0)
		fail_msg("%s: %s", name, strerror(-r));
	return inode;
}

static int64_t search_dir(const struct view_source *v)
{
	return at(v, VIEW_ROOT, "search").id;
}

static void expect_text_of(const struct view_source *v, const char *name, const char *text)
{
	CLEANUP(buf_done) struct buf got = { 0 };
	struct inode inode = at(v, search_dir(v), name);

	assert_true(S_ISREG(inode.mode));
	assert_int_equal(view_read(v, inode.id, &got), 0);
	assert_string_equal(buf_str(&got), text);
	assert_int_equal(inode.size, got.len);
}

static int add_name(void *arg, const struct store_entry *e)
{
	assert_true(e->place > 0);
	return buf_printf(arg, "%s\n", e->name);
}

static void list(const struct view_source *v, const char *words, struct buf *ret_names)
{
	struct inode dir = at(v, search_dir(v), words);

	assert_true(S_ISDIR(dir.mode));
	assert_int_equal(view_scan(v, dir.id, 0, add_name, ret_names), 0);
}

static void expect_list(const struct view_source *v, const char *words, const char *names)
{
	CLEANUP(buf_done) struct buf got = { 0 };

	list(v, words, &got);
	assert_string_equal(buf_str(&got), names);
}

static void put(struct fixture *f, const char *path, const char *text)
{
	char dir[1100];
	const char *slash;

	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (!exists(f, dir))
			assert_int_equal(make_dir(f, dir), 0);
	}
	assert_int_equal(exists(f, path) ? save_file(f, path, text) : make_file(f, path, text), 0);
}

static void put_some(struct fixture *f)
{
	put(f, "2014/合肥市/要点/01-德育.txt", "一、德育\n加强德育工作。\n控辍保学\n");
	put(f, "2016/合肥市/要点/01-德育.txt", "德育 95％，ICT");
	put(f, "2016/南通市通州区/总结/02-安全.txt", "安全\n控辍保学，德育\n食堂");
	put(f, "未知年份/未知地区/计划/00-前言.txt", "前言：控辍保学");
	put(f, "2016/合肥市/要点/plan.json", "{\"title\": \"控辍保学\"}");
	put(f, "2016/合肥市/要点/附件/表.txt", "控辍保学");
	put(f, "控辍保学.txt", "控辍保学");
}

static void sections_with_all_words_are_listed_newest_year_first(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);

	put_some(f);
	expect_list(&v, "控辍保学",
		"2016 南通市通州区 总结 02-安全.txt\n2014 合肥市 要点 01-德育.txt\n"
		"未知年份 未知地区 计划 00-前言.txt\n");
	expect_list(&v, "控辍保学 德育",
		"2016 南通市通州区 总结 02-安全.txt\n2014 合肥市 要点 01-德育.txt\n");
	expect_list(&v, "德育 -食堂 year:2015..", "2016 合肥市 要点 01-德育.txt\n");
	expect_list(&v, "德育 district:通州", "2016 南通市通州区 总结 02-安全.txt\n");
	expect_list(&v, "plan:总结", "2016 南通市通州区 总结 02-安全.txt\n");
	expect_list(&v, "ict 95%", "2016 合肥市 要点 01-德育.txt\n");
	expect_list(&v, "\"95%\"", "");
	expect_list(&v, "没有的词", "");
}

static void lines_are_those_of_grep(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);

	put_some(f);
	expect_text_of(&v, "德育.txt",
		"2016/南通市通州区/总结/02-安全.txt:2:控辍保学，德育\n"
		"2016/合肥市/要点/01-德育.txt:1:德育 95％，ICT\n"
		"2014/合肥市/要点/01-德育.txt:1:一、德育\n"
		"2014/合肥市/要点/01-德育.txt:2:加强德育工作。\n");
	expect_text_of(&v, "食堂 安全.TXT",
		"2016/南通市通州区/总结/02-安全.txt:1:安全\n"
		"2016/南通市通州区/总结/02-安全.txt:3:食堂\n");
	expect_text_of(&v, "year:2014.txt", "2014/合肥市/要点/01-德育.txt:1:一、德育\n");
	expect_text_of(&v, "没有的词.txt", "");
}

static void links_lead_to_the_sections(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	CLEANUP(buf_done) struct buf target = { 0 };
	struct inode dir, link, again;

	put_some(f);
	dir = at(&v, search_dir(&v), "食堂");
	link = at(&v, dir.id, "2016 南通市通州区 总结 02-安全.txt");
	assert_true(S_ISLNK(link.mode));
	assert_int_equal(view_readlink(&v, link.id, &target), 0);
	assert_string_equal(buf_str(&target), "../../../2016/南通市通州区/总结/02-安全.txt");
	assert_int_equal(link.size, target.len);
	assert_int_equal(view_get(&v, link.id, &again), 0);
	assert_int_equal(again.size, link.size);
	assert_int_equal(view_parent(&v, dir.id, &again.id), 0);
	assert_int_equal(again.id, search_dir(&v));
	assert_int_equal(view_lookup(&v, dir.id, "2014 合肥市 要点 01-德育.txt", &again), -ENOENT);
	assert_int_equal(view_readlink(&v, dir.id, &target), -ENOENT);
	assert_int_equal(view_lookup(&v, link.id, "x", &again), -ENOTDIR);
	/* numbers are such that a read-only mount can give them turns */
	assert_true((link.id & (VIEW_ROOT - 1) & ((INT64_C(1) << 58) - 1)) < INT64_C(1) << 40);
	/* the same section has the same link in every query */
	dir = at(&v, search_dir(&v), "安全");
	assert_int_equal(at(&v, dir.id, "2016 南通市通州区 总结 02-安全.txt").id, link.id);
}

static void what_changes_is_seen_at_once(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	struct inode dir, old, link;

	put_some(f);
	expect_list(&v, "食堂", "2016 南通市通州区 总结 02-安全.txt\n");
	dir = at(&v, search_dir(&v), "食堂");
	old = at(&v, dir.id, "2016 南通市通州区 总结 02-安全.txt");
	put(f, "2017/合肥市/要点/01.txt", "食堂");
	link = at(&v, dir.id, "2017 合肥市 要点 01.txt"); /* by name, before it is listed */
	assert_int_not_equal(link.id, old.id);
	expect_list(&v, "食堂", "2017 合肥市 要点 01.txt\n2016 南通市通州区 总结 02-安全.txt\n");
	expect_text_of(&v, "食堂.txt",
		"2017/合肥市/要点/01.txt:1:食堂\n2016/南通市通州区/总结/02-安全.txt:3:食堂\n");
	put(f, "2017/合肥市/要点/01.txt", "饭堂");
	assert_int_equal(move_to(f, "2016/南通市通州区", "2016/南通市海门区"), 0);
	expect_list(&v, "食堂", "2016 南通市海门区 总结 02-安全.txt\n");
	expect_text_of(&v, "食堂.txt", "2016/南通市海门区/总结/02-安全.txt:3:食堂\n");
	/* another path is another link: who keeps the old one finds nothing, not something else */
	link = at(&v, dir.id, "2016 南通市海门区 总结 02-安全.txt");
	assert_int_not_equal(link.id, old.id);
	assert_int_equal(view_get(&v, old.id, &link), -ENOENT);
}

static void numbers_outlive_the_memory(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	CLEANUP(buf_done) struct buf text = { 0 };
	struct inode dir, link, again, file;

	put_some(f);
	dir = at(&v, search_dir(&v), "食堂");
	file = at(&v, search_dir(&v), "食堂.txt");
	link = at(&v, dir.id, "2016 南通市通州区 总结 02-安全.txt");
	source_done(&v);
	v = source_of(f);
	assert_int_equal(view_readlink(&v, link.id, &text), 0);
	assert_int_equal(view_get(&v, dir.id, &again), -ENOENT);
	assert_int_equal(view_get(&v, file.id, &again), -ENOENT);
	assert_int_equal(view_read(&v, file.id, &text), -ENOENT);
	assert_int_equal(view_scan(&v, dir.id, 0, add_name, &text), -ENOENT);
	assert_int_equal(at(&v, search_dir(&v), "食堂").id, dir.id);
	assert_int_equal(at(&v, search_dir(&v), "食堂.txt").id, file.id);
}

static void what_is_no_query_says_why(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	CLEANUP(buf_done) struct buf text = { 0 };
	struct inode dir, note;

	put_some(f);
	expect_list(&v, "\"食堂", "查询有误 引号没有配对.txt\n");
	expect_list(&v, "year:16", "查询有误 年份应写成 2016、2014..2020 或 未知年份.txt\n");
	dir = at(&v, search_dir(&v), "-食堂");
	note = at(&v, dir.id, "查询有误 没有要找的词.txt");
	assert_true(S_ISREG(note.mode));
	assert_int_equal(view_read(&v, note.id, &text), 0);
	assert_non_null(strstr(
		buf_str(&text), "查询有误：没有要找的词。\nNot a query: nothing to look for.\n"));
	assert_non_null(strstr(buf_str(&text), "district:"));
	assert_int_equal(note.size, text.len);
}

static void names_that_programs_look_for_are_no_queries(void **state)
{
	static const char *const names[] = { ".git", ".hidden", ".txt", "desktop.ini",
		"Desktop.ini", "Thumbs.db", "autorun.inf", "AUTORUN.INF", "folder.jpg", "x~",
		"4913", "a.tmp", "~$a.docx" };
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	struct inode inode;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (view_lookup(&v, search_dir(&v), names[i], &inode) != -ENOENT)
			fail_msg("%s", names[i]);
}

static void the_directory_itself_lists_what_was_asked_last(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	CLEANUP(buf_done) struct buf names = { 0 }, rest = { 0 }, readme = { 0 };
	char words[32];
	int i;

	put_some(f);
	at(&v, search_dir(&v), "looked up only");
	expect_list(&v, "食堂", "2016 南通市通州区 总结 02-安全.txt\n");
	expect_text_of(&v, "安全.txt", "2016/南通市通州区/总结/02-安全.txt:1:安全\n");
	expect_list(&v, "食堂", "2016 南通市通州区 总结 02-安全.txt\n");
	expect_list(&v, "\"食堂", "查询有误 引号没有配对.txt\n");
	assert_int_equal(view_scan(&v, search_dir(&v), 0, add_name, &names), 0);
	assert_string_equal(buf_str(&names), "README.txt\n食堂\n安全\n");
	assert_int_equal(view_scan(&v, search_dir(&v), 1, add_name, &rest), 0);
	assert_string_equal(buf_str(&rest), "食堂\n安全\n");
	for (i = 0; i < 20; i++) {
		snprintf(words, sizeof(words), "词%02d", i);
		expect_list(&v, words, "");
	}
	buf_done(&names);
	assert_int_equal(view_scan(&v, search_dir(&v), 0, add_name, &names), 0);
	assert_null(strstr(buf_str(&names), "词03"));
	assert_non_null(strstr(buf_str(&names), "词04\n词05\n"));
	assert_int_equal(view_read(&v, at(&v, search_dir(&v), "README.txt").id, &readme), 0);
	assert_int_equal(at(&v, search_dir(&v), "README.txt").size, readme.len);
}

struct stop {
	struct buf names;
	int64_t place;
};

static int take_one(void *arg, const struct store_entry *e)
{
	struct stop *s = arg;

	s->place = e->place;
	assert_int_equal(buf_printf(&s->names, "%s\n", e->name), 0);
	return 1;
}

static void a_listing_goes_on_where_it_was(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	struct stop s = { 0 };
	struct inode dir;

	put_some(f);
	dir = at(&v, search_dir(&v), "控辍保学");
	while (view_scan(&v, dir.id, s.place, take_one, &s) == 1)
		/* what comes in between neither repeats nor hides what was there */
		if (s.names.len < 100)
			put(f, "2018/合肥市/要点/01.txt",
				s.names.len % 2 ? "控辍保学" : "控辍保学。");
	assert_string_equal(buf_str(&s.names),
		"2016 南通市通州区 总结 02-安全.txt\n2014 合肥市 要点 01-德育.txt\n"
		"未知年份 未知地区 计划 00-前言.txt\n");
	buf_done(&s.names);
}

static void expect_legal_on_windows(const char *names)
{
	const char *at, *end;

	for (at = names; *at; at = end + 1) {
		end = strchr(at, '\n');
		assert_in_range(end - at, 1, NAME_BYTES_MAX);
		assert_true((size_t)(end - at) == strcspn(at, "\\/:*?\"<>|\n\x01\x7F"));
		assert_memory_equal(end - 4, ".txt", 4);
	}
}

static void names_are_legal_short_and_each_is_one(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	CLEANUP(buf_done) struct buf path = { 0 }, names = { 0 };
	char l[256], *at_name;
	struct inode dir;
	int i;

	memset(l, 'x', 250);
	l[250] = '\0';
	for (i = 0; i < 3; i++) {
		path.len = 0;
		assert_int_equal(buf_printf(&path, "2016/%sd/%sp/%.*s%d.txt", l, l, 240, l, i), 0);
		put(f, buf_str(&path), "同名");
	}
	put(f, "2016/a:b/c?d/e\"f\n\x01.txt", "同名");
	put(f, "2016/a：b/c？d/e＂f .txt", "同名");
	put(f, "2016/\xFF\xFE/…./ .txt", "同名");
	put(f, "2016/-rf/--/-.txt", "同名");
	list(&v, "同名", &names);
	expect_legal_on_windows(buf_str(&names));
	dir = at(&v, search_dir(&v), "同名");
	for (i = 0, at_name = strtok(names.data, "\n"); at_name;
		at_name = strtok(NULL, "\n"), i++) {
		CLEANUP(buf_done) struct buf target = { 0 };
		struct inode link = at(&v, dir.id, at_name);

		assert_int_equal(view_readlink(&v, link.id, &target), 0);
		assert_true(exists(f, buf_str(&target) + strlen("../../../")));
	}
	assert_int_equal(i, 7);
}

static void a_name_never_leads_to_another_section(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	CLEANUP(buf_done) struct buf names = { 0 };
	struct inode dir, link;
	char *space;

	put(f, "2016/合肥市/a:b/01.txt", "同名");
	expect_list(&v, "同名", "2016 合肥市 a：b 01.txt\n");
	put(f, "2016/合肥市/a：b/01.txt", "同名");
	list(&v, "同名", &names);
	dir = at(&v, search_dir(&v), "同名");
	assert_int_equal(view_lookup(&v, dir.id, "2016 合肥市 a：b 01.txt", &link), -ENOENT);
	space = strchr(names.data, '\n');
	assert_non_null(space);
	*space = '\0';
	assert_int_equal(
		strncmp(names.data, "2016 合肥市 a：b 01 (", strlen("2016 合肥市 a：b 01 (")), 0);
	assert_true(S_ISLNK(at(&v, dir.id, names.data).mode));
}

static void many_queries_take_little_memory(void **state)
{
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	struct inode first, inode;
	char words[300];
	int i;

	put_some(f);
	first = at(&v, search_dir(&v), "食堂");
	for (i = 0; i < 5000; i++) {
		snprintf(words, sizeof(words), "德育 -x%0240d", i);
		inode = at(&v, search_dir(&v), words);
		assert_int_equal(view_get(&v, inode.id, &inode), 0);
	}
	assert_int_equal(view_get(&v, first.id, &inode), -ENOENT);
	expect_list(&v, words,
		"2016 南通市通州区 总结 02-安全.txt\n2016 合肥市 要点 01-德育.txt\n"
		"2014 合肥市 要点 01-德育.txt\n");
}

static void hostile_words_do_no_harm(void **state)
{
	static const char *const words[] = { " ", "\n", "\t \x7F", "-", "--", "\"", "\"\"", "\xFF",
		"\xE5\xBE", "year:", "plan:", "a\nb", "%s%n", "'; DROP TABLE body; --", "*",
		"德\xFF", "NEAR(", "OR", "“”" };
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	char longest[256];
	size_t i;

	put_some(f);
	for (i = 0; i < ARRAY_LEN(words); i++) {
		CLEANUP(buf_done) struct buf names = { 0 }, text = { 0 }, name = { 0 };

		list(&v, words[i], &names);
		assert_int_equal(buf_printf(&name, "%s.txt", words[i]), 0);
		if (words[i][0] != '.')
			assert_int_equal(
				view_read(&v, at(&v, search_dir(&v), buf_str(&name)).id, &text), 0);
	}
	memset(longest, 'y', 255);
	longest[255] = '\0';
	expect_list(&v, longest, "");
}

static void without_a_memory_there_is_no_search(void **state)
{
	struct fixture *f = *state;
	struct view_source v = { .store = f->s };
	struct inode inode;

	assert_int_equal(view_lookup(&v, VIEW_ROOT, "search", &inode), -ENOENT);
}

/* --- who may not see everything --- */

static struct view_reader somebody;

static bool who_asks(void *arg, struct view_reader *ret_reader)
{
	(void)arg;
	*ret_reader = somebody;
	return somebody.uid != 0;
}

/* Files of the fixture belong to 1000:1000. */
static void put_private(struct fixture *f)
{
	put_some(f);
	put(f, "2018/合肥市/要点/01.txt", "食堂 秘密");
	assert_int_equal(set_mode(f, "2018/合肥市/要点/01.txt", S_IFREG | 0640), 0);
	put(f, "2019/合肥市/密/01.txt", "食堂 机密");
	assert_int_equal(set_mode(f, "2019/合肥市/密", S_IFDIR | 0700), 0);
}

static void only_what_one_may_read_is_found(void **state)
{
	static const char all[] =
		"2019 合肥市 密 01.txt\n2018 合肥市 要点 01.txt\n2016 南通市通州区 总结 02-安全.txt\n",
			  group[] = "2018 合肥市 要点 01.txt\n2016 南通市通州区 总结 02-安全.txt\n",
			  others[] = "2016 南通市通州区 总结 02-安全.txt\n";
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	struct inode of_all, of_others, file;
	CLEANUP(buf_done) struct buf text = { 0 };

	v.reader = who_asks;
	put_private(f);
	somebody = (struct view_reader){ 0 };
	expect_list(&v, "食堂", all);
	of_all = at(&v, search_dir(&v), "食堂");
	somebody = (struct view_reader){ .uid = 1000, .gid = 7 };
	expect_list(&v, "食堂", all);
	somebody = (struct view_reader){ .uid = 7, .gid = 1000 };
	expect_list(&v, "食堂", group);
	somebody = (struct view_reader){ .uid = 7, .gid = 7, .groups = { 9, 1000 }, .n_groups = 2 };
	expect_list(&v, "食堂", group);
	expect_text_of(&v, "食堂 秘密.txt", "2018/合肥市/要点/01.txt:1:食堂 秘密\n");
	somebody = (struct view_reader){ .uid = 7, .gid = 7, .groups = { 9 }, .n_groups = 1 };
	expect_list(&v, "食堂", others);
	expect_text_of(&v, "食堂.txt", "2016/南通市通州区/总结/02-安全.txt:3:食堂\n");
	expect_text_of(&v, "秘密.txt", "");
	expect_list(&v, "机密", "");
	of_others = at(&v, search_dir(&v), "食堂");
	assert_int_not_equal(
		of_all.id, of_others.id); /* or the kernel would show the one for the other */
	assert_int_equal(view_lookup(&v, of_others.id, "2019 合肥市 密 01.txt", &file), -ENOENT);
	/* what is kept is everybody's own */
	somebody = (struct view_reader){ 0 };
	expect_list(&v, "食堂", all);
	assert_int_equal(view_scan(&v, search_dir(&v), 0, add_name, &text), 0);
	assert_string_equal(buf_str(&text), "README.txt\n食堂\n");
	/* and changes with the permissions */
	somebody = (struct view_reader){ .uid = 7, .gid = 7, .groups = { 9 }, .n_groups = 1 };
	assert_int_equal(set_mode(f, "2018/合肥市/要点/01.txt", S_IFREG | 0644), 0);
	expect_list(&v, "食堂", group);
	assert_int_equal(set_mode(f, "2018/合肥市/要点", S_IFDIR | 0711), 0);
	expect_list(&v, "食堂", others);
}

/* --- duplicates.tsv --- */

static void expect_duplicates(const struct view_source *v, const char *text)
{
	CLEANUP(buf_done) struct buf got = { 0 };
	struct inode inode = at(v, VIEW_ROOT, "duplicates.tsv");

	assert_int_equal(view_read(v, inode.id, &got), 0);
	assert_string_equal(buf_str(&got), text);
	assert_int_equal(inode.size, got.len);
}

static void copies_are_a_table(void **state)
{
	static const char text[] =
		"继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到百分之九十九以上。";
	static const char head[] = "kind\tgroup\tpercent\tyear\tdistrict\tplan\tsection\n";
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);
	CLEANUP(buf_done) struct buf whole = { 0 };

	expect_duplicates(&v, head);
	put(f, "2016/合肥市/要点/01.txt", text);
	put(f, "2015/a\tb/c\nd\\e/02.txt", text);
	while (search_index_step(f->s, 1 << 20, 1000) > 0)
		;
	source_done(&v);
	v = source_of(f);
	assert_int_equal(buf_printf(&whole,
				 "%splan\t1\t100\t2015\ta\\tb\tc\\nd\\\\e\t\n"
				 "plan\t1\t100\t2016\t合肥市\t要点\t\n",
				 head),
		0);
	expect_duplicates(&v, buf_str(&whole));
	expect_duplicates(&v, buf_str(&whole));
}

static void copies_are_for_those_who_may_read_them(void **state)
{
	static const char text
		[] = "继续推进义务教育均衡发展，加大控辍保学力度，适龄儿童入学率达到百分之九十九以上。",
	    other[] =
		    "学校要求全体教师认真备课、上课、批改作业，每周组织一次教研活动，期末进行总结评比。",
	    third[] =
		    "门卫值班人员要坚守岗位，外来车辆一律登记，夜间巡逻不少于三次，发现隐患立即报告。";
	struct fixture *f = *state;
	CLEANUP_SOURCE struct view_source v = source_of(f);

	v.reader = who_asks;
	put(f, "2015/甲/一/01.txt", text);
	put(f, "2016/乙/二/01.txt", text);
	put(f, "2016/乙/二/02.txt", other);
	put(f, "2017/丙/三/01.txt", other);
	put(f, "2017/丙/三/02.txt", third);
	put(f, "2018/丁/四/01.txt", third);
	assert_int_equal(set_mode(f, "2016/乙", S_IFDIR | 0700), 0);
	assert_int_equal(set_mode(f, "2017/丙/三/02.txt", S_IFREG | 0600), 0);
	while (search_index_step(f->s, 1 << 20, 1000) > 0)
		;
	somebody = (struct view_reader){ 0 };
	expect_duplicates(&v,
		"kind\tgroup\tpercent\tyear\tdistrict\tplan\tsection\n"
		"section\t1\t100\t2015\t甲\t一\t01.txt\nsection\t1\t100\t2016\t乙\t二\t01.txt\n"
		"section\t2\t100\t2016\t乙\t二\t02.txt\nsection\t2\t100\t2017\t丙\t三\t01.txt\n"
		"section\t3\t100\t2017\t丙\t三\t02.txt\nsection\t3\t100\t2018\t丁\t四\t01.txt\n");
	somebody = (struct view_reader){ .uid = 7, .gid = 7 };
	expect_duplicates(&v,
		"kind\tgroup\tpercent\tyear\tdistrict\tplan\tsection\n"
		"section\t1\t100\t2015\t甲\t一\t01.txt\nsection\t2\t100\t2017\t丙\t三\t01.txt\n"
		"section\t3\t100\t2018\t丁\t四\t01.txt\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sections_with_all_words_are_listed_newest_year_first),
		CASE(lines_are_those_of_grep),
		CASE(links_lead_to_the_sections),
		CASE(what_changes_is_seen_at_once),
		CASE(numbers_outlive_the_memory),
		CASE(what_is_no_query_says_why),
		CASE(names_that_programs_look_for_are_no_queries),
		CASE(the_directory_itself_lists_what_was_asked_last),
		CASE(a_listing_goes_on_where_it_was),
		CASE(names_are_legal_short_and_each_is_one),
		CASE(a_name_never_leads_to_another_section),
		CASE(many_queries_take_little_memory),
		CASE(hostile_words_do_no_harm),
		CASE(without_a_memory_there_is_no_search),
		CASE(only_what_one_may_read_is_found),
		CASE(copies_are_a_table),
		CASE(copies_are_for_those_who_may_read_them),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
