/* Operations on names, and what POSIX says of them. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_dir(const struct fuzz_object *o)
{
	return o && S_ISDIR(o->mode);
}

void fuzz_mkdir(void)
{
	static const mode_t modes[] = { 0755, 0700, 0750, 0777 };
	mode_t mode = modes[fuzz_random(4)];
	struct fuzz_place p;
	int wanted;

	fuzz_pick(&p);
	if (fuzz.n_dirs == DIRS_MAX || fuzz_depth(p.dir) >= DEPTH_MAX)
		return;
	fuzz_note("mkdir %s %o", p.path, mode);
	wanted = fuzz_name_error(p.name);
	if (!wanted && p.object)
		wanted = EEXIST;
	if (fuzz_expect(mkdir(p.path, mode), wanted))
		fuzz_add(p.dir, p.name, fuzz_object_new(S_IFDIR | mode));
}

/* @o has just lost its name. */
static void forget_dir(struct fuzz_object *o)
{
	size_t i = 0;

	while (fuzz.dirs[i] != o)
		i++;
	fuzz.dirs[i] = fuzz.dirs[--fuzz.n_dirs];
	fuzz_object_release(o);
}

static void forget(struct fuzz_object *o)
{
	if (S_ISDIR(o->mode))
		forget_dir(o);
	else
		fuzz_object_release(o);
}

void fuzz_rmdir(void)
{
	struct fuzz_place p;
	int wanted;

	fuzz_pick(&p);
	fuzz_note("rmdir %s", p.path);
	wanted = fuzz_name_error(p.name);
	if (!wanted)
		wanted = !p.object ? ENOENT : !is_dir(p.object) ? ENOTDIR : 0;
	if (!wanted && p.object->n_children > 0)
		wanted = ENOTEMPTY;
	if (fuzz_expect(rmdir(p.path), wanted))
		forget_dir(fuzz_remove(p.dir, p.name));
}

void fuzz_unlink(void)
{
	struct fuzz_place p;
	int wanted;

	fuzz_pick(&p);
	fuzz_note("unlink %s", p.path);
	wanted = fuzz_name_error(p.name);
	if (!wanted)
		wanted = !p.object ? ENOENT : is_dir(p.object) ? EISDIR : 0;
	if (fuzz_expect(unlink(p.path), wanted))
		fuzz_object_release(fuzz_remove(p.dir, p.name));
}

/* In the order in which the kernel looks: fs/namei.c, do_renameat2() and vfs_rename(). */
static int rename_error(const struct fuzz_place *from, const struct fuzz_place *to, unsigned flags)
{
	bool swap = flags & RENAME_EXCHANGE;

	if (fuzz_name_error(from->name))
		return ENAMETOOLONG;
	if (!from->object)
		return ENOENT;
	if (fuzz_name_error(to->name))
		return ENAMETOOLONG;
	if ((flags & RENAME_NOREPLACE) && to->object)
		return EEXIST;
	if (swap && !to->object)
		return ENOENT;
	if (from->dir != to->dir && fuzz_is_above(from->object, to->dir))
		return EINVAL;
	if (from->dir != to->dir && to->object && fuzz_is_above(to->object, from->dir))
		return swap ? EINVAL : ENOTEMPTY;
	if (!to->object || to->object == from->object || swap)
		return 0;
	if (is_dir(from->object) != is_dir(to->object))
		return is_dir(from->object) ? ENOTDIR : EISDIR;
	return to->object->n_children > 0 ? ENOTEMPTY : 0;
}

static unsigned height(const struct fuzz_object *o)
{
	unsigned highest = 0, h;
	size_t i;

	for (i = 0; i < o->n_children; i++) {
		h = height(o->children[i].object) + 1;
		highest = h > highest ? h : highest;
	}
	return highest;
}

static bool gets_too_deep(const struct fuzz_object *o, const struct fuzz_object *dir)
{
	return is_dir(o) && fuzz_depth(dir) + height(o) + 1 > DEPTH_MAX;
}

static void move(struct fuzz_place *from, struct fuzz_place *to)
{
	char name[256];

	if (from->object == to->object)
		return; /* two names of one file */
	snprintf(name, sizeof(name), "%s", to->name);
	from->object->nlink++; /* on the way */
	if (to->object) {
		fuzz_remove(to->dir, name);
		forget(to->object);
	}
	fuzz_remove(from->dir, from->name);
	fuzz_add(to->dir, name, from->object);
	from->object->nlink--;
}

void fuzz_rename(void)
{
	struct fuzz_place from, to;
	unsigned flags = fuzz_one_in(6) ? RENAME_NOREPLACE : 0;

	fuzz_pick(&from);
	fuzz_pick(&to);
	if (from.object && gets_too_deep(from.object, to.dir))
		return;
	fuzz_note("rename %s %s flags %u", from.path, to.path, flags);
	if (fuzz_expect(renameat2(AT_FDCWD, from.path, AT_FDCWD, to.path, flags),
		    rename_error(&from, &to, flags)))
		move(&from, &to);
}

static void point(struct fuzz_object *dir, const char *name, struct fuzz_object *o)
{
	size_t i = 0;

	while (strcmp(dir->children[i].name, name) != 0)
		i++;
	dir->children[i].object = o;
	if (S_ISDIR(o->mode))
		o->parent = dir;
	fuzz_touch(dir);
}

void fuzz_exchange(void)
{
	struct fuzz_place a, b;

	fuzz_pick(&a);
	fuzz_pick(&b);
	if (a.object && b.object &&
		(gets_too_deep(a.object, b.dir) || gets_too_deep(b.object, a.dir)))
		return;
	fuzz_note("exchange %s %s", a.path, b.path);
	if (!fuzz_expect(renameat2(AT_FDCWD, a.path, AT_FDCWD, b.path, RENAME_EXCHANGE),
		    rename_error(&a, &b, RENAME_EXCHANGE)) ||
		a.object == b.object)
		return;
	point(a.dir, a.name, b.object);
	point(b.dir, b.name, a.object);
}

void fuzz_link(void)
{
	struct fuzz_place from, to;
	int wanted;

	fuzz_pick(&from);
	fuzz_pick(&to);
	fuzz_note("link %s %s", from.path, to.path);
	wanted = fuzz_name_error(from.name);
	if (!wanted && !from.object)
		wanted = ENOENT;
	if (!wanted)
		wanted = fuzz_name_error(to.name);
	if (!wanted)
		wanted = to.object ? EEXIST : is_dir(from.object) ? EPERM : 0;
	if (fuzz_expect(linkat(AT_FDCWD, from.path, AT_FDCWD, to.path, 0), wanted))
		fuzz_add(to.dir, to.name, from.object);
}

void fuzz_symlink(void)
{
	static const char *const targets[] = { "01-前言.txt", "../合肥市", "无此文件", "/tmp",
		"." };
	const char *target = targets[fuzz_random(ARRAY_LEN(targets))];
	struct fuzz_object *o;
	struct fuzz_place p;
	int wanted;

	fuzz_pick(&p);
	fuzz_note("symlink %s -> %s", p.path, target);
	wanted = fuzz_name_error(p.name);
	if (!wanted && p.object)
		wanted = EEXIST;
	if (!fuzz_expect(symlink(target, p.path), wanted))
		return;
	o = fuzz_object_new(S_IFLNK | 0777);
	o->text = strdup(target);
	o->len = strlen(target);
	fuzz_add(p.dir, p.name, o);
}

void fuzz_readlink(void)
{
	struct fuzz_place p;
	char target[256];
	int wanted;
	ssize_t n;

	fuzz_pick(&p);
	fuzz_note("readlink %s", p.path);
	wanted = fuzz_name_error(p.name);
	if (!wanted)
		wanted = !p.object ? ENOENT : !S_ISLNK(p.object->mode) ? EINVAL : 0;
	n = readlink(p.path, target, sizeof(target));
	if (fuzz_expect(n, wanted) &&
		((size_t)n != p.object->len || memcmp(target, p.object->text, (size_t)n) != 0))
		fuzz_fail("the target is %.*s", (int)n, target);
}
