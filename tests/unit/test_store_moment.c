/* The tree of the past: against what the tree was when it was the present. */
#include "store_fixture.h"

#include "planfs/moment.h"
#include "planfs/name.h"

#include <errno.h>

/* --- a tree as text --- */

/* One line per name, without what is scratch: path, inode, mode, owner, links, size, mtime, body or target. */
struct drawing {
	struct store *s;
	int64_t rev; /* < 0: the present */
	bool exact;  /* with what scratch files change: links, and times of directories */
	struct buf *text;
	const char *path;
	int64_t ids[512];
	char paths[512][300];
	size_t n; /* directories that are still to be drawn */
};

static int draw_entry(void *arg, const struct store_entry *e)
{
	struct drawing *d = arg;
	const struct inode *i = &e->inode;
	bool is_dir = S_ISDIR(i->mode);

	if (name_is_scratch(e->name))
		return 0;
	assert_true(e->place > 0);
	assert_int_equal(
		buf_printf(d->text, "%s/%s %lld %o %u:%u %u %lld %lld %lld\n", d->path, e->name,
			(long long)i->id, i->mode, i->uid, i->gid,
			is_dir || !d->exact ? 1 : i->nlink, is_dir ? 0LL : (long long)i->size,
			is_dir && !d->exact ? 0LL : (long long)i->mtime, (long long)i->body),
		0);
	if (is_dir) {
		assert_true(d->n < ARRAY_LEN(d->ids));
		d->ids[d->n] = i->id;
		snprintf(d->paths[d->n++], sizeof(d->paths[0]), "%s/%s", d->path, e->name);
	}
	return 0;
}

/* Lines in the order of their bytes: places differ between now and then. */
static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(struct buf *b)
{
	CLEANUP(buf_done) struct buf sorted = { 0 };
	char *lines[2000], *save = NULL, *line;
	size_t n = 0, i;

	if (b->len == 0)
		return;
	for (line = strtok_r(b->data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		assert_true(n < ARRAY_LEN(lines));
		lines[n++] = line;
	}
	qsort(lines, n, sizeof(*lines), by_line);
	for (i = 0; i < n; i++)
		assert_int_equal(buf_printf(&sorted, "%s\n", lines[i]), 0);
	buf_done(b);
	*b = buf_steal(&sorted);
}

static char *draw(struct fixture *f, int64_t rev, bool exact)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct drawing *d = calloc(1, sizeof(*d));
	struct inode root;
	char *copy;
	size_t i;

	assert_non_null(d);
	d->s = f->s;
	d->rev = rev;
	d->exact = exact;
	d->text = &text;
	assert_int_equal(rev < 0 ? store_get(f->s, STORE_ROOT, &root)
				 : moment_get(f->s, rev, STORE_ROOT, &root),
		0);
	assert_int_equal(buf_printf(&text, "%o %u:%u %lld\n", root.mode, root.uid, root.gid,
				 exact ? (long long)root.mtime : 0LL),
		0);
	d->ids[d->n++] = STORE_ROOT;
	for (i = 0; i < d->n; i++) {
		d->path = d->paths[i];
		assert_int_equal(rev < 0 ? store_scan(f->s, d->ids[i], 0, draw_entry, d)
					 : moment_scan(f->s, rev, d->ids[i], 0, draw_entry, d),
			0);
	}
	sort_lines(&text);
	copy = strdup(buf_str(&text));
	free(d);
	return copy;
}

static int64_t newest(struct fixture *f)
{
	struct store_status status;

	assert_int_equal(store_get_status(f->s, &status), 0);
	return status.revision;
}

static void expect_same(const char *was, const char *is, const char *what)
{
	size_t line = 0, i;

	for (i = 0; was[i] && was[i] == is[i]; i++)
		if (was[i] == '\n')
			line = i + 1;
	if (was[i] != is[i])
		fail_msg("%s\nwas: %.300s\nis: %.300s", what, was + line, is + line);
}

/* The newest moment is the present, scratch and the times that it leaves aside. */
static void expect_present(struct fixture *f, bool exact)
{
	char *was = draw(f, -1, exact), *is = draw(f, newest(f), exact);

	expect_same(was, is, "the present");
	free(was);
	free(is);
}

/* --- single cases --- */

static struct fixture *with_section(void **state)
{
	struct fixture *f = *state;

	make_plan(f);
	assert_int_equal(make_file(f, PLAN "/x.txt", "one"), 0);
	return f;
}

static void expect_then(struct fixture *f, int64_t rev, const char *path, const char *text)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	struct inode inode;

	assert_int_equal(moment_resolve(f->s, rev, path, &inode), 0);
	assert_int_equal(store_read_body(f->s, inode.body, &b), 0);
	assert_string_equal(buf_str(&b), text);
	assert_int_equal(inode.size, strlen(text));
}

static void expect_nothing(struct fixture *f, int64_t rev, const char *path)
{
	struct inode inode;

	assert_int_equal(moment_resolve(f->s, rev, path, &inode), -ENOENT);
}

static void texts_are_those_of_then(void **state)
{
	struct fixture *f = with_section(state);
	int64_t one = newest(f), two, gone;

	assert_int_equal(save_file(f, PLAN "/x.txt", "two"), 0);
	two = newest(f);
	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	gone = newest(f);
	assert_int_equal(make_file(f, PLAN "/x.txt", "three"), 0);
	expect_nothing(f, one - 1, PLAN "/x.txt");
	expect_then(f, one, PLAN "/x.txt", "one");
	expect_then(f, two, PLAN "/x.txt", "two");
	expect_nothing(f, gone, PLAN "/x.txt");
	expect_then(f, newest(f), PLAN "/x.txt", "three");
	expect_nothing(f, 0, "2016");
	expect_present(f, true);
}

static void paths_are_followed_as_in_the_present(void **state)
{
	struct fixture *f = with_section(state);
	struct inode inode;
	char name[300];

	memset(name, 'x', 256);
	name[256] = '\0';
	assert_int_equal(make_symlink(f, "l", "2016"), 0);
	assert_int_equal(moment_resolve(f->s, newest(f), "", &inode), 0);
	assert_int_equal(inode.id, STORE_ROOT);
	assert_int_equal(moment_resolve(f->s, newest(f), "/2016//合肥市/./", &inode), 0);
	assert_int_equal(moment_resolve(f->s, newest(f), "l/x", &inode), -ENOTDIR);
	assert_int_equal(moment_resolve(f->s, newest(f), PLAN "/x.txt/y", &inode), -ENOTDIR);
	assert_int_equal(moment_resolve(f->s, newest(f), name, &inode), -ENAMETOOLONG);
}

static void modes_and_targets_are_those_of_then(void **state)
{
	CLEANUP(buf_done) struct buf target = { 0 };
	struct fixture *f = with_section(state);
	int64_t then;
	struct inode inode;

	assert_int_equal(make_symlink(f, "2016/l", "合肥市"), 0);
	then = newest(f);
	assert_int_equal(set_mode(f, PLAN, S_IFDIR | 0700), 0);
	assert_int_equal(set_mode(f, PLAN "/x.txt", S_IFREG | 0600), 0);
	assert_int_equal(remove_file(f, "2016/l"), 0);
	assert_int_equal(make_symlink(f, "2016/l", "elsewhere"), 0);
	purge_all(f);
	assert_int_equal(moment_resolve(f->s, then, PLAN, &inode), 0);
	assert_int_equal(inode.mode, S_IFDIR | 0755);
	assert_int_equal(moment_resolve(f->s, then, PLAN "/x.txt", &inode), 0);
	assert_int_equal(inode.mode, S_IFREG | 0644);
	assert_int_equal(inode.uid, 1000);
	assert_int_equal(moment_resolve(f->s, then, "2016/l", &inode), 0);
	assert_int_equal(moment_readlink(f->s, then, inode.id, &target), 0);
	assert_string_equal(buf_str(&target), "合肥市");
	assert_int_equal(moment_readlink(f->s, then, STORE_ROOT, &target), -ENOENT);
	assert_int_equal(moment_resolve(f->s, newest(f), PLAN, &inode), 0);
	assert_int_equal(inode.mode, S_IFDIR | 0700);
	expect_present(f, true);
}

static int touch_root(struct txn *t, void *arg)
{
	const struct inode *wanted = arg;
	struct inode root;
	int r;

	r = txn_get(t, STORE_ROOT, &root);
	root.mode = wanted->mode;
	root.mtime = wanted->mtime ? wanted->mtime : root.mtime;
	return r < 0 ? r : txn_set_attr(t, &root);
}

static void the_root_has_a_past_too(void **state)
{
	struct fixture *f = with_section(state);
	struct inode was = stat_at(f, ""), is, first = { .mode = S_IFDIR | 0700 };
	struct inode second = { .mode = S_IFDIR | 0711, .mtime = 12345 };
	struct change c = { .apply = touch_root, .arg = &first, .wait_ms = 1000 };
	int64_t before = newest(f), middle;

	assert_int_equal(store_change(f->s, &c), 0);
	middle = newest(f);
	c.arg = &second;
	assert_int_equal(store_change(f->s, &c), 0);
	expect_rows(f, "SELECT count(*) FROM revision WHERE inode = 1", "3");
	assert_int_equal(moment_get(f->s, before, STORE_ROOT, &is), 0);
	assert_int_equal(is.mode, was.mode);
	assert_int_equal(is.mtime, was.mtime);
	assert_int_equal(moment_get(f->s, middle, STORE_ROOT, &is), 0);
	assert_int_equal(is.mode, first.mode);
	assert_int_equal(is.mtime, was.mtime);
	assert_int_equal(moment_get(f->s, 0, STORE_ROOT, &is), 0);
	assert_int_equal(is.mode, was.mode);
	expect_present(f, true);
	sql(f, "UPDATE inode SET mode = 16877 WHERE id = 1");
	expect_present(f, true);
	assert_int_equal(make_dir(f, "2019"), 0);
	expect_present(f, true);
}

static void hard_links_are_counted(void **state)
{
	struct fixture *f = with_section(state);
	struct inode inode;
	int64_t one = newest(f), two;

	assert_int_equal(link_file(f, PLAN "/x.txt", PLAN "/y.txt"), 0);
	two = newest(f);
	assert_int_equal(link_file(f, PLAN "/x.txt", PLAN "/x.txt~"), 0); /* does not count */
	assert_int_equal(newest(f), two);
	assert_int_equal(save_file(f, PLAN "/y.txt", "two"), 0);
	expect_then(f, newest(f), PLAN "/x.txt", "two");
	assert_int_equal(moment_resolve(f->s, two, PLAN "/x.txt", &inode), 0);
	assert_int_equal(inode.nlink, 2);
	assert_int_equal(moment_resolve(f->s, newest(f), PLAN "/x.txt", &inode), 0);
	assert_int_equal(inode.nlink, 2);
	assert_int_equal(moment_resolve(f->s, one, PLAN "/x.txt", &inode), 0);
	assert_int_equal(inode.nlink, 1);
	assert_int_equal(make_file(f, PLAN "/new", "three"), 0);
	assert_int_equal(move_to(f, PLAN "/new", PLAN "/y.txt"), 0);
	assert_int_equal(moment_resolve(f->s, newest(f), PLAN "/x.txt", &inode), 0);
	assert_int_equal(inode.nlink, 1);
	expect_then(f, newest(f), PLAN "/x.txt", "two");
	expect_then(f, newest(f), PLAN "/y.txt", "three");
}

/* An exchange takes a name of the history away: what had it keeps its other names, which are one less. */
static void an_exchange_with_scratch_is_counted(void **state)
{
	struct fixture *f = with_section(state);
	struct inode inode;

	assert_int_equal(link_file(f, PLAN "/x.txt", PLAN "/y.txt"), 0);
	assert_int_equal(make_file(f, PLAN "/y.txt~", "two"), 0);
	assert_int_equal(exchange(f, PLAN "/y.txt~", PLAN "/y.txt"), 0);
	assert_int_equal(moment_resolve(f->s, newest(f), PLAN "/x.txt", &inode), 0);
	assert_int_equal(inode.nlink, 1);
	expect_then(f, newest(f), PLAN "/y.txt", "two");
	assert_int_equal(exchange(f, PLAN "/y.txt", PLAN "/y.txt~"), 0);
	assert_int_equal(moment_resolve(f->s, newest(f), PLAN "/x.txt", &inode), 0);
	assert_int_equal(inode.nlink, 2);
}

static int save_same(struct txn *t, void *arg)
{
	const struct text text = { "one", 3 };
	struct inode *inode = arg;

	inode->mtime += 1000;
	return txn_save(t, inode, &text, inode->body, TEXT_VERSION);
}

static void the_same_bytes_at_another_time_are_recorded_and_no_version(void **state)
{
	struct fixture *f = with_section(state);
	struct inode inode = stat_at(f, PLAN "/x.txt"), then;
	const struct change c = { .apply = save_same, .arg = &inode, .wait_ms = 1000 };
	int64_t before = newest(f);

	assert_int_equal(store_change(f->s, &c), 0);
	assert_int_equal(newest(f), before + 1);
	assert_int_equal(count_versions(f, "x.txt"), 1);
	assert_int_equal(moment_resolve(f->s, before, PLAN "/x.txt", &then), 0);
	assert_int_equal(then.mtime, inode.mtime - 1000);
	expect_present(f, true);
}

static int create_early(struct txn *t, void *arg)
{
	const struct text text = { "x", 1 };
	int64_t now = store_now(), early = now - 5000000;
	struct inode dir,
		inode = { .mode = S_IFREG | 0644, .mtime = now, .ctime = now, .btime = early };
	int r;

	r = txn_lookup(t, STORE_ROOT, "2016", &dir);
	return r < 0 ? r : txn_create(t, dir.id, arg, &inode, &text);
}

static void a_directory_has_the_time_of_its_last_change(void **state)
{
	char name[] = "a";
	struct fixture *f = *state;
	const struct change c = { .apply = create_early, .arg = name, .wait_ms = 1000 };
	int64_t after_a, after_b;
	struct inode dir, was;

	assert_int_equal(make_dir(f, "2016"), 0);
	assert_int_equal(store_change(f->s, &c), 0);
	after_a = newest(f);
	dir = stat_at(f, "2016");
	name[0] = 'b';
	assert_int_equal(store_change(f->s, &c), 0);
	after_b = newest(f);
	assert_int_equal(save_file(f, "2016/a", "in place"), 0);
	assert_int_equal(moment_resolve(f->s, after_a, "2016", &was), 0);
	assert_int_equal(was.mtime, dir.mtime);
	assert_int_equal(moment_resolve(f->s, after_b, "2016", &was), 0);
	assert_int_equal(was.mtime, stat_at(f, "2016").mtime);
	expect_present(f, true);
	assert_int_equal(
		make_file(f, "2016/.x.swp", "x"), 0); /* changes the directory, unrecorded */
	expect_present(f, false);
	assert_int_equal(set_mode(f, "2016", S_IFDIR | 0711), 0);
	expect_present(f, true);
}

static int touch_for(struct txn *t, void *arg)
{
	struct inode dir;
	int r = txn_lookup(t, STORE_ROOT, "2016", &dir);

	return r < 0 ? r : txn_touch_dir(t, dir.id, arg);
}

static void what_came_and_went_unstored_changes_its_directory(void **state)
{
	char plain[] = "a.txt", scratch[] = "4913";
	struct fixture *f = with_section(state);
	struct change c = { .apply = touch_for, .arg = plain, .wait_ms = 1000 };
	int64_t before = newest(f);

	assert_int_equal(store_change(f->s, &c), 0);
	assert_int_equal(newest(f), before + 1);
	expect_present(f, true);
	c.arg = scratch;
	assert_int_equal(store_change(f->s, &c), 0);
	assert_int_equal(newest(f), before + 1);
}

static void moved_directories_are_where_they_were(void **state)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	struct fixture *f = with_section(state);
	int64_t then = newest(f), plan = stat_at(f, PLAN).id, parent = 0;
	int64_t file = stat_at(f, PLAN "/x.txt").id;

	assert_int_equal(make_dir(f, "2017"), 0);
	assert_int_equal(move_to(f, PLAN, "2017/p"), 0);
	assert_int_equal(move_to(f, "2016", "2015"), 0);
	expect_then(f, then, PLAN "/x.txt", "one");
	expect_then(f, newest(f), "2017/p/x.txt", "one");
	expect_nothing(f, newest(f), PLAN);
	expect_nothing(f, then, "2017");
	assert_int_equal(moment_path(f->s, then, file, &path), 0);
	assert_string_equal(buf_str(&path), PLAN "/x.txt");
	assert_int_equal(moment_path(f->s, newest(f), file, &path), 0);
	assert_string_equal(buf_str(&path), "2017/p/x.txt");
	assert_int_equal(moment_path(f->s, then, STORE_ROOT, &path), 0);
	assert_string_equal(buf_str(&path), "");
	assert_int_equal(moment_path(f->s, 1, file, &path), -ENOENT);
	assert_int_equal(moment_parent(f->s, newest(f), plan, &parent), 0);
	assert_int_equal(parent, stat_at(f, "2017").id);
	assert_int_equal(moment_parent(f->s, then, plan, &parent), 0);
	assert_int_equal(parent, stat_at(f, "2015/合肥市").id);
	assert_int_equal(moment_parent(f->s, then, STORE_ROOT, &parent), 0);
	assert_int_equal(parent, STORE_ROOT);
	expect_present(f, true);
}

static void what_was_removed_is_not_there(void **state)
{
	struct fixture *f = with_section(state);
	int64_t id = stat_at(f, PLAN "/x.txt").id, then = newest(f);
	struct inode inode;

	assert_int_equal(remove_file(f, PLAN "/x.txt"), 0);
	purge_all(f);
	assert_int_equal(moment_get(f->s, newest(f), id, &inode), -ENOENT);
	assert_int_equal(moment_get(f->s, then, id, &inode), 0);
	assert_int_equal(inode.size, 3);
	assert_int_equal(moment_get(f->s, then - 1, id, &inode), -ENOENT);
	assert_int_equal(moment_get(f->s, then, 99999, &inode), -ENOENT);
}

static void other_programs_leave_the_same_traces(void **state)
{
	struct fixture *f = with_section(state);

	sql(f, "INSERT INTO section (year, district, plan, name, body) VALUES "
	       "('2018', '安庆市', '计划', '01.txt', '一'), ('2018', '安庆市', '计划', '02.txt', '二')");
	expect_present(f, true);
	sql(f, "UPDATE section SET body = body || '!' WHERE name = '01.txt'");
	expect_present(f, true);
	sql(f, "UPDATE section SET name = '03.txt', year = '2019' WHERE name = '02.txt'");
	expect_present(f, true);
	sql(f, "UPDATE plan SET year = '2020', title = 'T' WHERE year = '2018'");
	expect_present(f, true);
	sql(f, "UPDATE inode SET mtime = 1000000000 WHERE id = (SELECT inode FROM section LIMIT 1)");
	expect_present(f, true);
	sql(f, "UPDATE inode SET mode = mode & ~63, uid = 7 WHERE kind = 'dir' AND id > 1");
	expect_present(f, true);
	sql(f, "UPDATE inode SET mtime = 2000000000 WHERE id = (SELECT inode FROM plan_dir LIMIT 1)");
	expect_present(f, true);
	sql(f, "INSERT INTO dentry (parent, name, inode) SELECT parent, 'again.txt', inode FROM dentry "
	       "WHERE name = '01.txt'");
	expect_present(f, true);
	sql(f, "INSERT INTO dentry (parent, name, inode) SELECT parent, 'again.tmp', inode FROM dentry "
	       "WHERE name = '03.txt'"); /* scratch, which SQL does not know */
	expect_nothing(f, newest(f), "2019/安庆市/计划/again.tmp");
	sql(f, "DELETE FROM dentry WHERE name = 'again.txt'");
	sql(f, "DELETE FROM dentry WHERE name = 'again.tmp'");
	expect_present(f, true);
	sql(f, "DELETE FROM plan WHERE year = '2020'");
	expect_present(f, true);
	sql(f, "DELETE FROM section");
	expect_present(f, true);
}

/* --- listings --- */

struct names {
	char text[4000];
	int64_t last;
	int left; /* as many are taken */
};

static int add_name(void *arg, const struct store_entry *e)
{
	struct names *n = arg;

	if (n->left-- == 0)
		return 1;
	assert_true(e->place > n->last);
	n->last = e->place;
	strcat(strcat(n->text, e->name), " ");
	return 0;
}

static void a_listing_goes_on_where_it_stopped(void **state)
{
	struct fixture *f = *state;
	struct names all = { .left = 1000 }, pieces = { 0 };
	char name[32];
	int64_t rev;
	int i;

	assert_int_equal(make_dir(f, "2016"), 0);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "2016/%02d", i * 37 % 100);
		assert_int_equal(make_file(f, name, "x"), 0);
	}
	for (i = 0; i < 100; i += 3) {
		snprintf(name, sizeof(name), "2016/%02d", i);
		assert_int_equal(i % 2 ? remove_file(f, name) : save_file(f, name, "y"), 0);
	}
	rev = newest(f);
	assert_int_equal(moment_scan(f->s, rev, stat_at(f, "2016").id, 0, add_name, &all), 0);
	for (i = 0; i < 100; i++) {
		pieces.left = 1 + i % 7;
		if (moment_scan(f->s, rev, stat_at(f, "2016").id, pieces.last, add_name, &pieces) ==
			0)
			break;
		assert_int_equal(make_file(f, "2016/new", "x"), i == 0 ? 0 : -EEXIST);
	}
	assert_true(i < 100);
	assert_string_equal(pieces.text, all.text);
	assert_int_equal(strlen(all.text), 83 * 3);
}

static void hostile_names_come_back_as_they_are(void **state)
{
	static const char *const names[] = { "a\nb", "'; DROP TABLE revision; --", "-rf",
		"\xFF\xFE", " ", "\"", "%s%n", "*", "[x]" };
	struct fixture *f = *state;
	struct inode inode;
	char name[256];
	size_t i;

	memset(name, 'n', 255);
	name[255] = '\0';
	assert_int_equal(make_file(f, name, "x"), 0);
	for (i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(make_file(f, names[i], names[i]), 0);
	for (i = 0; i < ARRAY_LEN(names); i++)
		expect_then(f, newest(f), names[i], names[i]);
	assert_int_equal(moment_lookup(f->s, newest(f), STORE_ROOT, name, &inode), 0);
	assert_int_equal(moment_lookup(f->s, newest(f), STORE_ROOT, "x'y", &inode), -ENOENT);
	expect_present(f, true);
}

/* --- damaged rows --- */

static void damaged_rows_are_not_shown(void **state)
{
	struct fixture *f = with_section(state);
	struct names names = { .left = 10 };
	CLEANUP(buf_done) struct buf path = { 0 };
	int64_t plan = stat_at(f, PLAN).id;
	struct inode inode;
	char text[200];

	assert_int_equal(make_file(f, PLAN "/y.txt", "y"), 0);
	assert_int_equal(make_file(f, PLAN "/z.txt", "z"), 0);
	sql(f, "UPDATE revision SET mode = 7 WHERE name = 'y.txt'");
	sql(f, "UPDATE revision SET name = 'a/b' WHERE name = 'z.txt'");
	assert_int_equal(moment_scan(f->s, newest(f), plan, 0, add_name, &names), 0);
	assert_string_equal(names.text, "x.txt ");
	assert_int_equal(moment_lookup(f->s, newest(f), plan, "y.txt", &inode), -EIO);
	/* a directory that stands in itself */
	snprintf(text, sizeof(text), "UPDATE revision SET parent = inode WHERE inode = %lld",
		(long long)plan);
	sql(f, text);
	assert_int_equal(moment_path(f->s, newest(f), plan, &path), -EIO);
}

/* --- at random, everything --- */

static unsigned seed;

static unsigned pick(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static const char *any_path(void)
{
	static const char *const dirs[] = { "", "a/", "b/", "a/c/", "b/c/" };
	static const char *const names[] = { "x.txt", "y.txt", "z", "c", "x.txt~", ".x.swp" };
	static char paths[8][40];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s%s", dirs[pick(ARRAY_LEN(dirs))],
		names[pick(ARRAY_LEN(names))]);
	return path;
}

static void any_sql(struct fixture *f)
{
	static const char *const statements[] = {
		"INSERT INTO section (year, district, plan, name, body) VALUES ('2016', 'd', 'p', %d || '.txt', 'v%d')",
		"UPDATE section SET body = body || %d WHERE length(body) < %d",
		"UPDATE section SET name = 'n%d' || '.txt' WHERE name = %d || '.txt'",
		"DELETE FROM section WHERE name = %d || '.txt' AND %d",
		"UPDATE plan SET district = 'd%d' WHERE name = 'p' AND %d",
		"UPDATE inode SET mtime = mtime + %d WHERE kind = 'file' AND nlink > 0 AND id %% 7 = %d",
		"UPDATE inode SET mode = mode | %d WHERE id > 1 AND nlink > 0 AND id %% 7 = %d",
		"DELETE FROM plan WHERE district = 'd%d' AND %d",
	};
	char text[200];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), statements[pick(ARRAY_LEN(statements))], pick(6), pick(6));
#pragma GCC diagnostic pop
	/* what is there already, or not there, fails or does nothing: both are fine */
	if (sqlite3_exec(foreign(f), text, NULL, NULL, NULL) != SQLITE_OK)
		assert_true(strstr(sqlite3_errmsg(f->db), "exists") != NULL);
}

static void any_change(struct fixture *f)
{
	const char *path = any_path();
	char text[16];

	snprintf(text, sizeof(text), "t%u", pick(50));
	/* most fail now and then, as the tree is what it happens to be */
	switch (pick(12)) {
	case 0:
		(void)!make_dir(f, pick(2) ? "a" : pick(2) ? "b" : pick(2) ? "a/c" : "b/c");
		break;
	case 1:
	case 2:
		(void)!make_file(f, path, text);
		break;
	case 3:
	case 4: {
		struct inode inode;

		if (store_resolve(f->s, path, &inode) == 0 && S_ISREG(inode.mode))
			(void)!save_file(f, path, text);
		break;
	}
	case 5:
		(void)!make_symlink(f, path, text);
		break;
	case 6: {
		struct inode inode;

		if (store_resolve(f->s, path, &inode) == 0)
			(void)!set_mode(f, path, (inode.mode & S_IFMT) | pick(0777));
		break;
	}
	case 7:
		(void)!link_file(f, path, any_path());
		break;
	case 8:
		(void)!(pick(3) ? remove_file(f, path) : remove_dir(f, pick(2) ? "a/c" : "b"));
		break;
	case 9:
		(void)!move_to(f, path, any_path());
		break;
	case 10:
		(void)!(pick(2) ? exchange(f, path, any_path())
				: move_to(f, pick(2) ? "a/c" : "b", "a/d"));
		break;
	default:
		any_sql(f);
	}
	if (pick(10) == 0)
		purge_all(f);
}

enum { CHANGES = 1500, KEPT = 300 };

static void any_changes_leave_an_exact_past(void **state)
{
	struct fixture *f = *state;
	char *kept[KEPT], *is;
	int64_t revs[KEPT];
	int i, n = 0;

	seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : 1;
	for (i = 0; i < CHANGES; i++) {
		any_change(f);
		if (i % (CHANGES / KEPT) == 0) {
			revs[n] = newest(f);
			kept[n++] = draw(f, -1, false);
		}
	}
	for (i = 0; i < n; i++) {
		char what[60];

		is = draw(f, revs[i], false);
		snprintf(what, sizeof(what), "seed %u, snapshot %d, revision %lld", seed, i,
			(long long)revs[i]);
		expect_same(kept[i], is, what);
		free(kept[i]);
		free(is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(texts_are_those_of_then),
		CASE(paths_are_followed_as_in_the_present),
		CASE(modes_and_targets_are_those_of_then),
		CASE(the_root_has_a_past_too),
		CASE(hard_links_are_counted),
		CASE(an_exchange_with_scratch_is_counted),
		CASE(the_same_bytes_at_another_time_are_recorded_and_no_version),
		CASE(a_directory_has_the_time_of_its_last_change),
		CASE(what_came_and_went_unstored_changes_its_directory),
		CASE(moved_directories_are_where_they_were),
		CASE(what_was_removed_is_not_there),
		CASE(other_programs_leave_the_same_traces),
		CASE(a_listing_goes_on_where_it_stopped),
		CASE(hostile_names_come_back_as_they_are),
		CASE(damaged_rows_are_not_shown),
		CASE(any_changes_leave_an_exact_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
