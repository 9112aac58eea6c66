/*
 * Names and paths: what is made is legal and stays as it is when it is made again; what is looked up in an
 * empty tree, or in .planfs, is not found and nothing else.
 */
#include "fuzz.h"

#include "planfs/name.h"
#include "planfs/store.h"
#include "planfs/utf8.h"
#include "planfs/view.h"

#include <errno.h>
#include <string.h>

static struct store *store;

static void open_store(void)
{
	static const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	const char *path = fuzz_path("plans.db");

	MUST(store_create(path, &why) == 0);
	MUST(store_open(path, &options, &store, &why) == 0);
}

static void look_up(const char *path)
{
	const struct view_source views = { .store = store };
	struct inode inode = { 0 };
	int r;

	r = store_resolve(store, path, &inode);
	MUST(r == 0 ? inode.id == STORE_ROOT : r == -ENOENT || r == -ENAMETOOLONG);
	r = view_lookup(&views, VIEW_ROOT, path, &inode);
	MUST(r == -ENOENT || (r == 0 && view_is_view(inode.id)));
}

static void generate(const char *data, size_t len, size_t max)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	CLEANUP(buf_done) struct buf again = { 0 };

	MUST(name_generate(data, len, max, &name) == 0);
	MUST(name_is_valid(name.data, name.len) && name.len <= max);
	MUST(utf8_is_valid(name.data, name.len, NULL));
	MUST(name_is_plan_dir(name.data));
	MUST(name_generate(name.data, name.len, max, &again) == 0);
	MUST(strcmp(name.data, again.data) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(buf_done) struct buf copy = { 0 };
	const char *s;

	if (!store)
		open_store();
	MUST(buf_add(&copy, data, len) == 0);
	s = buf_str(&copy);
	generate((const char *)data, len, NAME_BYTES_MAX);
	generate((const char *)data, len, 24);
	MUST(!name_is_section(s) || strlen(s) > 4);
	MUST(!name_is_year(s) || name_is_plan_dir(s));
	MUST(!name_is_valid(s, len) || (len <= NAME_BYTES_MAX && strlen(s) == len));
	MUST(!name_is_scratch(s) || len > 0);
	look_up(s);
	return 0;
}
