/* Who may see what: views that show texts of many files keep to the permissions of each, as the kernel does for the tree. */
#include "view_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { MAY_READ = 4, MAY_ENTER = 1 };

const struct view_reader *view_get_reader(const struct view_source *v, struct view_reader *reader)
{
	memset(reader, 0, sizeof(*reader)); /* two that are the same have the same bytes */
	return v->reader && v->reader(v->arg, reader) ? reader : NULL;
}

static bool is_in_group(const struct view_reader *r, uint32_t gid)
{
	uint32_t i;

	for (i = 0; i < r->n_groups; i++)
		if (r->groups[i] == gid)
			return true;
	return r->gid == gid;
}

static bool may(const struct inode *i, const struct view_reader *r, uint32_t want)
{
	unsigned shift = i->uid == r->uid ? 6 : is_in_group(r, i->gid) ? 3 : 0;

	return ((i->mode >> shift) & want) == want;
}

void permission_done(struct permission *p)
{
	buf_done(&p->dir);
}

/* Go down to @path, which ends in a slash: its number, 0 when the way is not open. */
static int enter(struct permission *p, const char *path, int64_t *ret_dir)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct inode at;
	size_t len;
	int r;

	*ret_dir = 0;
	r = store_get(p->s, STORE_ROOT, &at);
	for (; r == 0 && may(&at, p->reader, MAY_READ | MAY_ENTER); path += len + 1) {
		len = strcspn(path, "/");
		if (path[len] == '\0') {
			*ret_dir = at.id;
			return 0;
		}
		name.len = 0;
		r = buf_add(&name, path, len);
		if (r == 0)
			r = store_lookup(p->s, at.id, buf_str(&name), &at);
	}
	return r == -ENOENT ? 0 : r;
}

int permission_to_read(struct permission *p, const char *path)
{
	const char *name = strrchr(path, '/');
	struct inode inode;
	size_t len;
	int r;

	if (!p->reader)
		return 1;
	name = name ? name + 1 : path;
	len = (size_t)(name - path);
	if (p->dir.len != len || memcmp(buf_str(&p->dir), path, len) != 0) {
		p->dir.len = 0;
		r = buf_add(&p->dir, path, len);
		if (r == 0)
			r = enter(p, buf_str(&p->dir), &p->dir_id);
		if (r < 0) {
			p->dir.len = 0;
			return r;
		}
	}
	if (p->dir_id == 0 || !name[0])
		return p->dir_id != 0;
	r = store_lookup(p->s, p->dir_id, name, &inode);
	return r == 0 ? may(&inode, p->reader, MAY_READ) : r == -ENOENT ? 0 : r;
}
