/* Operations on attributes. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

static const char *const xattr_names[XATTRS] = { "user.a", "user.标题", "user.mime_type" };

/* Something that has a name and is no symlink. */
static bool pick(struct fuzz_place *p)
{
	int tries;

	for (tries = 0; tries < 20; tries++) {
		fuzz_pick(p);
		if (p->object && !S_ISLNK(p->object->mode))
			return true;
	}
	return false;
}

void fuzz_chmod(void)
{
	static const mode_t modes[] = { 0700, 0755, 0770, 0777, 01777 };
	mode_t mode = modes[fuzz_random(ARRAY_LEN(modes))];
	struct fuzz_handle *h = fuzz_one_in(2) ? fuzz_pick_handle() : NULL;
	struct fuzz_object *o;
	struct fuzz_place p;
	int r;

	if (h) {
		o = h->open->object;
		mode &= 0777;
		fuzz_note("fchmod %d %o", h->fd, mode);
		r = fchmod(h->fd, mode);
	} else {
		if (!pick(&p))
			return;
		o = p.object;
		fuzz_note("chmod %s %o", p.path, mode);
		r = chmod(p.path, mode);
	}
	if (fuzz_expect(r, 0))
		o->mode = (o->mode & S_IFMT) | mode;
}

void fuzz_utimens(void)
{
	struct timespec times[2] = { { (time_t)fuzz_random(2000000000),
					     (long)fuzz_random(1000000000) },
		{ (time_t)fuzz_random(2000000000), (long)fuzz_random(1000000000) } };
	struct fuzz_handle *h = fuzz_one_in(2) ? fuzz_pick_handle() : NULL;
	struct fuzz_object *o;
	struct fuzz_place p;
	int r;

	if (h) {
		o = h->open->object;
		fuzz_note("futimens %d", h->fd);
		r = futimens(h->fd, times);
	} else {
		if (!pick(&p))
			return;
		o = p.object;
		fuzz_note("utimens %s", p.path);
		r = utimensat(AT_FDCWD, p.path, times, AT_SYMLINK_NOFOLLOW);
	}
	if (!fuzz_expect(r, 0))
		return;
	o->mtime = times[1];
	o->mtime_known = true;
}

void fuzz_set_xattr(void)
{
	static const int ways[] = { 0, 0, XATTR_CREATE, XATTR_REPLACE };
	size_t which = fuzz_random(XATTRS), i, len = fuzz_random(100);
	int flags = ways[fuzz_random(4)], wanted = 0;
	struct fuzz_place p;
	char value[101];

	if (!pick(&p))
		return;
	for (i = 0; i < len; i++)
		value[i] = (char)('a' + fuzz_random(26));
	value[len] = '\0';
	fuzz_note("setxattr %s %s flags %d", p.path, xattr_names[which], flags);
	if (flags == XATTR_CREATE && p.object->xattrs[which])
		wanted = EEXIST;
	if (flags == XATTR_REPLACE && !p.object->xattrs[which])
		wanted = ENODATA;
	if (!fuzz_expect(setxattr(p.path, xattr_names[which], value, len, flags), wanted))
		return;
	free(p.object->xattrs[which]);
	p.object->xattrs[which] = strdup(value);
}

void fuzz_get_xattr(void)
{
	size_t which = fuzz_random(XATTRS);
	struct fuzz_place p;
	char value[200];
	const char *is;
	ssize_t n;

	if (!pick(&p))
		return;
	is = p.object->xattrs[which];
	fuzz_note("getxattr %s %s", p.path, xattr_names[which]);
	n = getxattr(p.path, xattr_names[which], value, sizeof(value));
	if (fuzz_expect(n, is ? 0 : ENODATA) &&
		((size_t)n != strlen(is) || memcmp(value, is, (size_t)n) != 0))
		fuzz_fail("the value is '%.*s', not '%s'", (int)n, value, is);
}

void fuzz_list_xattr(void)
{
	struct fuzz_place p;
	char list[300];
	size_t i, total = 0;
	ssize_t n;

	if (!pick(&p))
		return;
	fuzz_note("listxattr %s", p.path);
	n = listxattr(p.path, list, sizeof(list));
	fuzz_expect(n, 0);
	for (i = 0; i < XATTRS; i++)
		if (p.object->xattrs[i])
			total += strlen(xattr_names[i]) + 1;
	if ((size_t)n != total)
		fuzz_fail("the list has %zd bytes, not %zu", n, total);
}

void fuzz_remove_xattr(void)
{
	size_t which = fuzz_random(XATTRS);
	struct fuzz_place p;

	if (!pick(&p))
		return;
	fuzz_note("removexattr %s %s", p.path, xattr_names[which]);
	if (!fuzz_expect(
		    removexattr(p.path, xattr_names[which]), p.object->xattrs[which] ? 0 : ENODATA))
		return;
	free(p.object->xattrs[which]);
	p.object->xattrs[which] = NULL;
}
