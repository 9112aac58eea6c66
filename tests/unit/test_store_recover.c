/* What is saved of a damaged file: all of it where nothing is lost, and every text that can still be read. */
#include "store_fixture.h"

#include "planfs/check.h"
#include "planfs/recover.h"

#include <errno.h>
#include <fcntl.h>

enum { PLANS = 30, LONG_TEXT = 3000 };

#define TREE                                                                                        \
	"WITH RECURSIVE t(id, path) AS (VALUES (1, '') UNION ALL SELECT d.inode, t.path || '/' || " \
	"d.name FROM t JOIN dentry d ON d.parent = t.id WHERE length(t.path) < 200) "               \
	"SELECT i.kind, t.path, i.id, i.mode, i.nlink, i.size, i.mtime, i.target, hex(b.data) "     \
	"FROM t JOIN inode i ON i.id = t.id LEFT JOIN body b ON b.id = i.body ORDER BY path"
#define HISTORY                                                                                    \
	"SELECT r.rev, r.op, r.author, r.parent, r.name, hex(b.data) FROM revision r "             \
	"LEFT JOIN body b ON b.id = r.body ORDER BY r.rev"

static void run_query(const char *path, const char *query, struct buf *out)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int at;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		for (at = 0; at < sqlite3_column_count(st); at++)
			assert_int_equal(buf_printf(out, "%s%c", sqlite3_column_text(st, at),
						 at + 1 < sqlite3_column_count(st) ? '|' : '\n'),
				0);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	sqlite3_close(db);
}

/* Plans with short and long texts, versions, links, attributes; closed, so that all is in one file. */
static struct fixture *filled(void **state)
{
	struct fixture *f = *state;
	CLEANUP(buf_done) struct buf text = { 0 };
	char path[160];
	int i;

	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(make_dir(f, "2016/合肥市"), 0);
	for (i = 0; i < LONG_TEXT; i++)
		assert_int_equal(buf_printf(&text, "%d，", i), 0);
	for (i = 0; i < PLANS; i++) {
		snprintf(path, sizeof(path), "2016/合肥市/计划%d", i);
		assert_int_equal(make_dir(f, path), 0);
		snprintf(path, sizeof(path), "2016/合肥市/计划%d/01-总则.txt", i);
		assert_int_equal(make_file(f, path, "一、总则\n"), 0);
		assert_int_equal(save_file(f, path, i % 3 ? path : text.data), 0);
	}
	assert_int_equal(make_symlink(f, "2016/l", "合肥市"), 0);
	assert_int_equal(link_file(f, path, "2016/也.txt"), 0);
	assert_int_equal(make_file(f, "2016/a.txt~", "草稿\n无名"), 0);
	sql(f, "INSERT INTO xattr SELECT inode, 'user.a', x'00ff' FROM dentry WHERE name = '也.txt'");
	sqlite3_close(f->db);
	f->db = NULL;
	return f;
}

static void close_store(struct fixture *f)
{
	store_close(f->s);
	f->s = NULL;
}

struct report {
	struct store_recovered counts;
	struct buf mended, damage;
};

static void report_done(struct report *r)
{
	buf_done(&r->mended);
	buf_done(&r->damage);
}

static int add_finding(void *arg, const struct store_finding *f)
{
	struct report *r = arg;

	if (f->level == FINDING_NOTE || f->level == FINDING_WARNING)
		return 0;
	return buf_printf(f->level == FINDING_MENDED ? &r->mended : &r->damage, "%s %s: %s\n",
		f->kind, f->path, f->text);
}

/* Recover from @from into a new file of the fixture, and check that. */
static void recover(struct fixture *f, const char *from, char to[static 96], struct report *ret)
{
	static const struct store_options options = { .readonly = true };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf why = { 0 };
	static int n;
	int r;

	snprintf(to, 96, "%s/saved%d.db", f->dir, n++);
	r = store_recover(from, to, add_finding, ret, &ret->counts, &why);
	if (r < 0)
		fail_msg("%s", buf_str(&why));
	assert_int_equal(store_open(to, &options, &s, &why), 0);
	assert_int_equal(store_check(s, add_finding, ret), 0);
}

static void expect_same(const char *a, const char *b, const char *query)
{
	CLEANUP(buf_done) struct buf x = { 0 };
	CLEANUP(buf_done) struct buf y = { 0 };

	run_query(a, query, &x);
	run_query(b, query, &y);
	assert_true(x.len > 1000);
	if (x.len != y.len || memcmp(x.data, y.data, x.len) != 0)
		fail_msg("not the same: %s", query);
}

static void expect_all(const char *a, const char *b)
{
	expect_same(a, b, TREE);
	expect_same(a, b, HISTORY);
}

static void copy_file(const char *from, const char *to)
{
	char command[300];

	snprintf(command, sizeof(command), "cp --sparse=never '%s' '%s'", from, to);
	assert_int_equal(system(command), 0);
}

static void write_at(const char *path, long at, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, at), len);
	close(fd);
}

static long page_of(const char *path, const char *table)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	char query[128];

	snprintf(query, sizeof(query), "SELECT rootpage FROM sqlite_schema WHERE name = '%s'",
		table);
	run_query(path, query, &out);
	return strtol(buf_str(&out), NULL, 10);
}

static void a_sound_database_is_saved_whole(void **state)
{
	struct fixture *f = filled(state);
	CLEANUP(report_done) struct report report = { 0 };
	char to[96];

	close_store(f);
	recover(f, f->path, to, &report);
	expect_all(f->path, to);
	assert_string_equal(buf_str(&report.mended), "");
	assert_string_equal(buf_str(&report.damage), "");
	assert_int_equal(report.counts.lost_pages + report.counts.bad_rows +
				 report.counts.lost_found + report.counts.loose_pages,
		0);
	expect_same(f->path, to, TREE);
}

/* What was committed last is in the log, and nowhere else. */
static void the_log_counts_as_far_as_it_was_committed(void **state)
{
	static const char garbage[64] = "garbage";
	struct fixture *f = filled(state);
	CLEANUP(report_done) struct report report = { 0 };
	CLEANUP(report_done) struct report cut = { 0 };
	CLEANUP(report_done) struct report headless = { 0 };
	CLEANUP(report_done) struct report lost = { 0 };
	char to[96], copy[96], wal[120], copy_wal[120];
	struct stat st;

	assert_int_equal(make_file(f, "2016/last.txt", "last"), 0);
	snprintf(copy, sizeof(copy), "%s/copy.db", f->dir);
	snprintf(wal, sizeof(wal), "%s-wal", f->path);
	snprintf(copy_wal, sizeof(copy_wal), "%s-wal", copy);
	copy_file(f->path, copy);
	copy_file(wal, copy_wal);
	assert_int_equal(stat(copy_wal, &st), 0);
	assert_true(st.st_size > 10000);
	recover(f, copy, to, &report);
	expect_all(f->path, to);
	assert_string_equal(buf_str(&report.mended), "");

	/* the end of the log is damaged: what it holds was never committed, but its texts are kept */
	write_at(copy_wal, st.st_size - 2000, garbage, sizeof(garbage));
	recover(f, copy, to, &cut);
	assert_string_equal(buf_str(&cut.damage), "");

	/* the frames of a log check each other, also without its header */
	copy_file(wal, copy_wal);
	write_at(copy_wal, 0, garbage, 32);
	recover(f, copy, to, &headless);
	expect_all(f->path, to);

	/* without its first frame, too, nothing of it can be believed */
	write_at(copy_wal, 0, garbage, sizeof(garbage));
	recover(f, copy, to, &lost);
	assert_string_equal(buf_str(&lost.damage), "");
}

static void a_file_without_header_or_first_page_is_saved_whole(void **state)
{
	static const unsigned sizes[] = { 512, 1024, 4096, 8192, 65536 };
	static char zeros[65536];
	struct fixture *f = filled(state);
	char copy[96], to[96], statement[160];
	size_t i;

	close_store(f);
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		CLEANUP(report_done) struct report header = { 0 };
		CLEANUP(report_done) struct report page = { 0 };

		snprintf(copy, sizeof(copy), "%s/copy%zu.db", f->dir, i);
		copy_file(f->path, copy);
		snprintf(statement, sizeof(statement),
			"PRAGMA journal_mode = DELETE; PRAGMA page_size = %u; VACUUM;", sizes[i]);
		assert_int_equal(sqlite3_open(copy, &f->db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(f->db, statement, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(f->db);
		f->db = NULL;
		write_at(copy, 0, zeros, 100);
		recover(f, copy, to, &header);
		expect_all(f->path, to);
		write_at(copy, 0, zeros, sizes[i]);
		recover(f, copy, to, &page);
		expect_all(f->path, to);
		assert_int_equal(page.counts.lost_pages, 1);
	}
}

/* With each page of the file gone in turn, all that other pages hold is saved, and the result is sound. */
static void whatever_page_is_gone_the_others_are_saved(void **state)
{
	static const char zeros[4096];
	struct fixture *f = filled(state);
	char copy[96], to[96];
	struct stat st;
	long page;

	close_store(f);
	assert_int_equal(stat(f->path, &st), 0);
	snprintf(copy, sizeof(copy), "%s/copy.db", f->dir);
	for (page = 0; page < st.st_size / 4096; page += 3) {
		CLEANUP(report_done) struct report report = { 0 };
		CLEANUP(buf_done) struct buf texts = { 0 };

		copy_file(f->path, copy);
		write_at(copy, page * 4096, zeros, sizeof(zeros));
		recover(f, copy, to, &report);
		assert_true(report.counts.texts >= PLANS);
		run_query(
			to, "SELECT count(*) FROM inode WHERE kind = 'file' AND size > 0", &texts);
		assert_true(strtol(buf_str(&texts), NULL, 10) >= PLANS / 2);
		unlink(to);
	}
}

static void tables_whose_root_is_gone_are_found_page_by_page(void **state)
{
	static const char *const tables[] = { "inode", "dentry", "body", "revision", "dentry_inode",
		"xattr" };
	static const char zeros[4096];
	struct fixture *f = filled(state);
	char copy[96], to[96];
	size_t i;

	close_store(f);
	snprintf(copy, sizeof(copy), "%s/copy.db", f->dir);
	for (i = 0; i < ARRAY_LEN(tables); i++) {
		CLEANUP(report_done) struct report report = { 0 };
		CLEANUP(buf_done) struct buf out = { 0 };

		copy_file(f->path, copy);
		write_at(copy, (page_of(f->path, tables[i]) - 1) * 4096, zeros, sizeof(zeros));
		recover(f, copy, to, &report);
		assert_string_equal(buf_str(&report.damage), "");
		run_query(to,
			"SELECT count(*) FROM section WHERE length(body) > 0 AND year = '2016' "
			"AND district = '合肥市'",
			&out);
		assert_int_equal(strtol(buf_str(&out), NULL, 10), PLANS);
	}
}

/* Names are lost with the table of names and its index, where the history does not have them. */
static void texts_without_a_name_are_called_after_their_first_line(void **state)
{
	struct fixture *f = filled(state);
	CLEANUP(report_done) struct report report = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	char to[96];

	sql(f, "PRAGMA recursive_triggers = 0");
	sqlite3_db_config(foreign(f), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sql(f, "DELETE FROM revision");
	sql(f, "DELETE FROM dentry");
	sql(f, "DELETE FROM inode WHERE mode & 61440 = 32768 AND id % 2");
	sqlite3_close(f->db);
	f->db = NULL;
	close_store(f);
	recover(f, f->path, to, &report);
	assert_string_equal(buf_str(&report.damage), "");
	run_query(to,
		"SELECT count(*) FROM dentry WHERE name GLOB '*[0-9]-一、总则.txt' AND parent = "
		"(SELECT inode FROM dentry WHERE name = 'lost+found')",
		&out);
	assert_int_equal(strtol(buf_str(&out), NULL, 10), PLANS);
	assert_true(report.counts.lost_found > 2 * PLANS);
}

/* A name and its inode are both gone: the history has them. */
static void the_history_gives_back_names_and_inodes(void **state)
{
	struct fixture *f = filled(state);
	CLEANUP(report_done) struct report report = { 0 };
	char to[96], whole[96];

	close_store(f);
	snprintf(whole, sizeof(whole), "%s/whole.db", f->dir);
	copy_file(f->path, whole);
	sqlite3_db_config(foreign(f), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sql(f, "DELETE FROM inode WHERE id IN (SELECT inode FROM dentry WHERE name IN ('01-总则.txt', '计划7'))");
	sql(f, "DELETE FROM dentry WHERE name IN ('01-总则.txt', '计划7')");
	sqlite3_close(f->db);
	f->db = NULL;
	recover(f, f->path, to, &report);
	assert_string_equal(buf_str(&report.damage), "");
	assert_int_equal(report.counts.lost_found, 0);
	expect_same(whole, to,
		"SELECT year, district, plan, name, body, size, inode FROM section ORDER BY 1, 2, 3, 4");
}

/* Free pages still hold the rows of what was removed. */
static void what_was_removed_does_not_come_back(void **state)
{
	struct fixture *f = filled(state);
	CLEANUP(report_done) struct report report = { 0 };
	char path[64], to[96], text[3000];
	int i;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "2016/%d.txt~", i);
		assert_int_equal(make_file(f, path, text), 0);
	}
	for (i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "2016/%d.txt~", i);
		assert_int_equal(remove_file(f, path), 0);
	}
	purge_all(f);
	close_store(f);
	recover(f, f->path, to, &report);
	assert_int_equal(report.counts.lost_found + report.counts.loose_pages, 0);
	expect_all(f->path, to);
}

/* Pages that point to each other, and rows that claim the whole file, cost no more than any others. */
static void circles_of_pages_end(void **state)
{
	struct fixture *f = filled(state);
	CLEANUP(report_done) struct report report = { 0 };
	unsigned char page[4096];
	char to[96];
	int fd, i;
	long n;

	close_store(f);
	fd = open(f->path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	n = page_of(f->path, "body");
	memset(page, 0, sizeof(page));
	page[0] = 5; /* an interior page whose 400 children are itself */
	page[3] = 400 >> 8;
	page[4] = 400 & 0xFF;
	for (i = 0; i < 400; i++) {
		page[12 + 2 * i] = 4000 >> 8;
		page[13 + 2 * i] = 4000 & 0xFF;
	}
	page[4003] = (unsigned char)n;
	page[11] = (unsigned char)n;
	assert_int_equal(pwrite(fd, page, sizeof(page), (n - 1) * 4096), sizeof(page));
	n = page_of(f->path, "revision");
	page[0] = 13; /* 400 rows that each have 100 MB in one chain */
	for (i = 0; i < 400; i++) {
		page[8 + 2 * i] = 2000 >> 8;
		page[9 + 2 * i] = 2000 & 0xFF;
	}
	memcpy(page + 2000, "\xAF\xD7\xC2\x00\x01", 5);
	assert_int_equal(pwrite(fd, page, sizeof(page), (n - 1) * 4096), sizeof(page));
	close(fd);
	recover(f, f->path, to, &report);
	assert_true(report.counts.bad_rows > 0);
}

static void what_is_no_database_is_refused_in_words(void **state)
{
	struct fixture *f = *state;
	struct store_recovered counts;
	struct report report = { 0 };
	char fifo[64], text[64], to[64], link[64];
	const struct {
		const char *from, *to;
		int err;
		const char *why;
	} cases[] = {
		{ "/nonexistent", to, -ENOENT, "No such file or directory" },
		{ f->dir, to, -EMEDIUMTYPE, "not a regular file" },
		{ fifo, to, -EMEDIUMTYPE, "not a regular file" },
		{ "/dev/null", to, -EMEDIUMTYPE, "not a regular file" },
		{ text, to, -ENODATA, "nothing of a planfs database" },
		{ f->path, text, -EEXIST, "exists already; nothing was changed" },
		{ f->path, f->path, -EEXIST, "exists already; nothing was changed" },
		{ f->path, "/nonexistent/to", -ENOENT, "No such file or directory" },
		{ link, text, -EEXIST, "exists already; nothing was changed" },
	};
	size_t i;

	snprintf(fifo, sizeof(fifo), "%s/fifo", f->dir);
	snprintf(text, sizeof(text), "%s/text", f->dir);
	snprintf(link, sizeof(link), "%s/link", f->dir);
	snprintf(to, sizeof(to), "%s/to.db", f->dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink(f->path, link), 0);
	close(open(text, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(truncate(text, 50000), 0);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_done) struct buf why = { 0 };

		assert_int_equal(store_recover(cases[i].from, cases[i].to, add_finding, &report,
					 &counts, &why),
			cases[i].err);
		assert_non_null(strstr(buf_str(&why), cases[i].why));
		assert_int_equal(access(to, F_OK), -1);
	}
	report_done(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_sound_database_is_saved_whole),
		CASE(the_log_counts_as_far_as_it_was_committed),
		CASE(a_file_without_header_or_first_page_is_saved_whole),
		CASE(whatever_page_is_gone_the_others_are_saved),
		CASE(tables_whose_root_is_gone_are_found_page_by_page),
		CASE(texts_without_a_name_are_called_after_their_first_line),
		CASE(the_history_gives_back_names_and_inodes),
		CASE(what_was_removed_does_not_come_back),
		CASE(circles_of_pages_end),
		CASE(what_is_no_database_is_refused_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
