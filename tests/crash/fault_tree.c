/* The state of a store as text; see fault_tree.h. */
#include "fault_tree.h"

#include "planfs/check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { ENTRIES_MAX = 32, DEPTH_MAX = 8 };

struct entry {
	char name[256];
	struct inode inode;
};

struct entries {
	struct entry e[ENTRIES_MAX];
	size_t n;
};

static int collect(void *arg, const struct store_entry *found)
{
	struct entries *all = arg;

	if (all->n == ENTRIES_MAX || strlen(found->name) >= sizeof(all->e[0].name))
		return -E2BIG;
	strcpy(all->e[all->n].name, found->name);
	all->e[all->n++].inode = found->inode;
	return 0;
}

static int add_attributes(struct store *s, int64_t id, struct buf *out)
{
	CLEANUP(buf_done) struct buf names = { 0 }, value = { 0 };
	size_t at;
	int r;

	r = store_list_xattr(s, id, &names);
	for (at = 0; r == 0 && at < names.len; at += strlen(names.data + at) + 1) {
		r = store_get_xattr(s, id, names.data + at, &value);
		if (r == 0)
			r = buf_printf(out, " %s=%s", names.data + at, buf_str(&value));
	}
	return r;
}

static int add_content(struct store *s, const struct inode *i, struct buf *out)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r = 0;

	if (S_ISREG(i->mode))
		r = store_read_body(s, i->body, &text);
	else if (S_ISLNK(i->mode))
		r = store_readlink(s, i->id, &text);
	if (r == 0)
		r = buf_printf(out, " '%.60s' %zu", buf_str(&text), text.len);
	return r < 0 ? r : add_attributes(s, i->id, out);
}

static int add_dir(struct store *s, int64_t dir, const char *path, int depth, struct buf *out)
{
	static struct entries levels[DEPTH_MAX]; /* too large for a stack; one thread uses it */
	struct entries *all = &levels[depth];
	size_t i;
	int r;

	if (depth == DEPTH_MAX - 1)
		return -ELOOP;
	all->n = 0;
	r = store_list(s, dir, collect, all);
	for (i = 0; r == 0 && i < all->n; i++) {
		CLEANUP(buf_done) struct buf below = { 0 };
		const struct inode *inode = &all->e[i].inode;

		r = buf_printf(&below, "%s/%s", path, all->e[i].name);
		if (r == 0)
			r = buf_printf(out, "%s %o %u %u:%u %lld", buf_str(&below), inode->mode,
				inode->nlink, inode->uid, inode->gid, (long long)inode->size);
		if (r == 0)
			r = add_content(s, inode, out);
		if (r == 0)
			r = buf_add_str(out, "\n");
		if (r == 0 && S_ISDIR(inode->mode))
			r = add_dir(s, inode->id, buf_str(&below), depth + 1, out);
	}
	return r;
}

int fault_tree(struct store *s, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r;

	r = add_dir(s, STORE_ROOT, "", 0, &text);
	if (r < 0)
		return r;
	buf_done(ret_text);
	*ret_text = buf_steal(&text);
	return 0;
}

static int add_finding(void *arg, const struct store_finding *f)
{
	if (f->level == FINDING_NOTE)
		return 0;
	return buf_printf(arg, "%s: %s: %s\n", f->kind, f->path, f->text);
}

int fault_check(struct store *s, struct buf *ret_text)
{
	buf_done(ret_text);
	return store_check(s, add_finding, ret_text);
}
