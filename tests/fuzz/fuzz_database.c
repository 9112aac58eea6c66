/*
 * Any bytes as a database: it is opened to read and refused in one line, or listed, read with verification, and
 * checked; then it is repaired. What is listed can be a file.
 */
#include "fuzz.h"

#include "planfs/check.h"
#include "planfs/log.h"
#include "planfs/name.h"
#include "planfs/store.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES_MAX = 2000 };

struct walk {
	struct store *s;
	int64_t dirs[ENTRIES_MAX];
	unsigned n_dirs, entries;
	int64_t files[ENTRIES_MAX];
	unsigned n_files;
};

static int look_at_entry(void *arg, const struct store_entry *e)
{
	const struct inode *i = &e->inode;
	struct walk *w = arg;

	MUST(name_is_valid(e->name, strlen(e->name)));
	MUST(i->id > STORE_ROOT && i->size >= 0);
	MUST(S_ISREG(i->mode) || S_ISDIR(i->mode) || S_ISLNK(i->mode) || S_ISFIFO(i->mode) ||
		S_ISSOCK(i->mode) || S_ISCHR(i->mode) || S_ISBLK(i->mode));
	if (++w->entries == ENTRIES_MAX)
		return -E2BIG;
	if (S_ISDIR(i->mode) && w->n_dirs < ENTRIES_MAX)
		w->dirs[w->n_dirs++] = i->id;
	else
		w->files[w->n_files++] = i->id;
	return 0;
}

static int touch(void *arg, const char *data, size_t len)
{
	(void)data;
	*(size_t *)arg += len;
	return 0;
}

static int count_finding(void *arg, const struct store_finding *f)
{
	MUST(f->path && f->text && f->kind);
	++*(unsigned *)arg;
	return 0;
}

static void look(struct store *s)
{
	static struct walk w;
	unsigned i, findings = 0;
	size_t bytes = 0;

	w = (struct walk){ .s = s, .dirs = { STORE_ROOT }, .n_dirs = 1 };
	for (i = 0; i < w.n_dirs; i++) /* the tree has an end, or ENTRIES_MAX is reached */
		if (store_list(s, w.dirs[i], look_at_entry, &w) < 0)
			break;
	MUST(w.entries < ENTRIES_MAX);
	for (i = 0; i < w.n_files; i++) {
		CLEANUP(buf_done) struct buf target = { 0 };
		int r = store_with_text(s, w.files[i], touch, &bytes);

		MUST(r <= 0);
		r = store_readlink(s, w.files[i], &target);
		MUST(r <= 0);
	}
	MUST(store_check(s, count_finding, &findings) <= 0);
}

static void remove_copies(const char *path)
{
	char pattern[160];
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s?*", path);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
	globfree(&found);
}

static void with_store(const char *path, const struct store_options *options, bool repair)
{
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf why = { 0 };
	CLEANUP(buf_done) struct buf copy = { 0 };
	unsigned mended = 0;

	if (store_open(path, options, &s, &why) < 0) {
		MUST(why.len > 0 && !strchr(why.data, '\n'));
		return;
	}
	if (repair && store_repair(s, count_finding, &mended, &copy) < 0)
		return;
	look(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct store_options to_read = { .readonly = true, .verify = true };
	static const struct store_options to_write = { .exclusive = true };
	char path[128];

	log_to_syslog(); /* each refusal would be a line of the fuzzer's output */
	snprintf(path, sizeof(path), "%s", fuzz_path("any.db"));
	fuzz_write(path, data, len);
	with_store(path, &to_read, false);
	with_store(path, &to_write, true);
	remove_copies(path);
	return 0;
}
