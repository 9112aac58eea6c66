/* What is done while faults happen; see fault_steps.h. */
#include "fault_steps.h"

#include "planfs/import_store.h"

#include <errno.h>

#define OLD   PLAN "/01-旧.txt"
#define OTHER PLAN "/02-别.txt"
#define NEW   PLAN "/03-新.txt"
#define TEMP  PLAN "/.03-新.txt.swp"

static const char old_text[] = "旧文字。\n";
static char long_text[20000];

static int run_now(struct fixture *f, change_fn *apply, void *arg)
{
	const struct change c = {
		.apply = apply, .arg = arg, .author = "li", .durable = true, .wait_ms = 1000
	};

	return store_change(f->s, &c);
}

static int act_now(struct fixture *f, struct act a)
{
	return run_now(f, act_apply, &a);
}

static void act_surely(struct fixture *f, struct act a)
{
	int r = act_now(f, a);

	if (r < 0)
		fail_msg("%s, without a fault: %s", a.path, strerror(-r));
}

static void purge_now(struct fixture *f)
{
	assert_int_equal(run_now(f, call_purge_all, NULL), 0);
}

static void create_surely(struct fixture *f, const char *path, uint32_t mode, const char *text)
{
	act_surely(f, (struct act){ .kind = ACT_CREATE, .path = path, .mode = mode, .text = text });
}

static void unlink_surely(struct fixture *f, const char *path)
{
	act_surely(f, (struct act){ .kind = ACT_UNLINK, .path = path });
	purge_now(f);
}

void fault_steps_prepare(struct fixture *f)
{
	memset(long_text, 'x', sizeof(long_text) - 1);
	create_surely(f, "2016", S_IFDIR | 0755, NULL);
	create_surely(f, "2016/合肥市", S_IFDIR | 0755, NULL);
	create_surely(f, PLAN, S_IFDIR | 0755, NULL);
	create_surely(f, OLD, S_IFREG | 0644, old_text);
	create_surely(f, OTHER, S_IFREG | 0600, "别的。\n");
	create_surely(f, TEMP, S_IFREG | 0644, "还没有名字。\n");
	create_surely(f, PLAN "/plan.json", S_IFREG | 0644, "{\"title\": \"题\"}\n");
}

static int run_save(struct fixture *f)
{
	return act_now(f, (struct act){ .kind = ACT_SAVE, .path = OLD, .text = "新文字。\n" });
}

static void undo_save(struct fixture *f)
{
	act_surely(f, (struct act){ .kind = ACT_SAVE, .path = OLD, .text = old_text });
}

static int run_save_long(struct fixture *f)
{
	return act_now(f, (struct act){ .kind = ACT_SAVE, .path = OLD, .text = long_text });
}

static int run_create(struct fixture *f)
{
	return act_now(f, (struct act){ .kind = ACT_CREATE,
				  .path = NEW,
				  .mode = S_IFREG | 0644,
				  .text = "新的一节。\n" });
}

static void undo_create(struct fixture *f)
{
	unlink_surely(f, NEW);
}

static int run_replace(struct fixture *f)
{
	return act_now(f, (struct act){ .kind = ACT_RENAME, .path = TEMP, .to = OLD });
}

static void undo_replace(struct fixture *f)
{
	purge_now(f);
	act_surely(f, (struct act){ .kind = ACT_RENAME, .path = OLD, .to = TEMP });
	create_surely(f, OLD, S_IFREG | 0644, old_text);
}

static int run_unlink(struct fixture *f)
{
	return act_now(f, (struct act){ .kind = ACT_UNLINK, .path = OLD });
}

static void undo_unlink(struct fixture *f)
{
	purge_now(f);
	create_surely(f, OLD, S_IFREG | 0644, old_text);
}

static int run_mkdir(struct fixture *f)
{
	return act_now(f,
		(struct act){ .kind = ACT_CREATE, .path = "2016/芜湖市", .mode = S_IFDIR | 0755 });
}

static void undo_mkdir(struct fixture *f)
{
	act_surely(f, (struct act){ .kind = ACT_RMDIR, .path = "2016/芜湖市" });
	purge_now(f);
}

static int run_exchange(struct fixture *f)
{
	return act_now(
		f, (struct act){ .kind = ACT_RENAME, .path = OLD, .to = OTHER, .exchange = true });
}

static void undo_exchange(struct fixture *f)
{
	int r = run_exchange(f);

	assert_int_equal(r, 0);
}

static int run_link(struct fixture *f)
{
	return act_now(f, (struct act){ .kind = ACT_LINK, .path = OLD, .to = NEW });
}

static int run_mode(struct fixture *f)
{
	return act_now(
		f, (struct act){ .kind = ACT_SET_ATTR, .path = OLD, .mode = S_IFREG | 0400 });
}

static void undo_mode(struct fixture *f)
{
	act_surely(f, (struct act){ .kind = ACT_SET_ATTR, .path = OLD, .mode = S_IFREG | 0644 });
}

static int set_xattr(struct txn *t, void *arg)
{
	const struct text value = { "值", strlen("值") };
	const int64_t *id = arg;

	return txn_set_xattr(t, *id, "user.note", &value, 0);
}

static int remove_xattr(struct txn *t, void *arg)
{
	const int64_t *id = arg;

	return txn_remove_xattr(t, *id, "user.note");
}

static int run_xattr(struct fixture *f)
{
	struct inode inode;
	int r = store_resolve(f->s, OLD, &inode);

	return r < 0 ? r : run_now(f, set_xattr, &inode.id);
}

static void undo_xattr(struct fixture *f)
{
	struct inode inode = stat_at(f, OLD);

	assert_int_equal(run_now(f, remove_xattr, &inode.id), 0);
}

static int run_import(struct fixture *f)
{
	static const char document[] =
		"2019年芜湖市教育工作要点\n一、指导思想\n全面贯彻党的教育方针,落实立德树人根本任务。\n"
		"二、主要任务\n抓好控辍保学工作,保障学校安全。\n";
	const struct import_target target = { 0 };
	CLEANUP(import_index_freep) struct import_index *index = NULL;
	struct import_result result = { 0 };
	struct import_error error = { 0 };
	struct import import = { 0 };
	int r;

	r = import_parse("a.txt", document, strlen(document), NULL, &import, &error);
	if (r < 0)
		return r;
	r = import_index_new(f->s, &index);
	if (r == 0)
		r = import_store(f->s, index, &import, &target, &result, &error);
	import_result_done(&result);
	import_done(&import);
	return r;
}

static void undo_import(struct fixture *f)
{
	sql(f, "DELETE FROM plan WHERE year = '2019'");
	purge_now(f);
	act_surely(f, (struct act){ .kind = ACT_RMDIR, .path = "2019/芜湖市" });
	act_surely(f, (struct act){ .kind = ACT_RMDIR, .path = "2019" });
	purge_now(f);
}

/* The log is written back and removed, and read again. */
static int run_open(struct fixture *f)
{
	const struct store_options options = { .exclusive = true };
	CLEANUP(buf_done) struct buf why = { 0 };

	int r;

	store_close(f->s);
	f->s = NULL;
	r = store_open(f->path, &options, &f->s, &why);
	if (r < 0 && r != -ENOMEM)
		assert_true(why.len > 0);
	return r;
}

static void undo_nothing(struct fixture *f)
{
	(void)f;
}

static void backup_path(struct fixture *f, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "%s/copy.db", f->dir);
}

static int run_backup(struct fixture *f)
{
	char path[64];

	backup_path(f, path, sizeof(path));
	return store_backup(f->s, path);
}

static void undo_backup(struct fixture *f)
{
	char path[64];

	backup_path(f, path, sizeof(path));
	assert_int_equal(unlink(path), 0);
}

struct fault_step fault_steps[] = {
	{ "save", run_save, undo_save, false },
	{ "save_long", run_save_long, undo_save, false },
	{ "create", run_create, undo_create, false },
	{ "replace", run_replace, undo_replace, false },
	{ "unlink", run_unlink, undo_unlink, false },
	{ "mkdir", run_mkdir, undo_mkdir, false },
	{ "exchange", run_exchange, undo_exchange, false },
	{ "link", run_link, undo_create, false },
	{ "chmod", run_mode, undo_mode, false },
	{ "xattr", run_xattr, undo_xattr, false },
	{ "import", run_import, undo_import, false },
	{ "backup", run_backup, undo_backup, true },
	{ "open", run_open, undo_nothing, true },
	{ "index", fault_run_index, fault_undo_index, true },
	{ "reindex", fault_run_clear, fault_undo_clear, true },
	{ "search", fault_run_search, fault_undo_search, true },
};
const size_t n_fault_steps = ARRAY_LEN(fault_steps);
