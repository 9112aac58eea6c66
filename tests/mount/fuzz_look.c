/* Looking at the tree: one thing, a directory, everything. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 64 };

static nlink_t links_of(const struct fuzz_object *o)
{
	nlink_t n = o->nlink;
	size_t i;

	if (!S_ISDIR(o->mode))
		return n;
	for (n = 2, i = 0; i < o->n_children; i++)
		n += S_ISDIR(o->children[i].object->mode);
	return n;
}

void fuzz_compare_stat(const struct stat *st, struct fuzz_object *o, const char *path)
{
	if (st->st_mode != o->mode)
		fuzz_fail("%s: mode %o, not %o", path, st->st_mode, o->mode);
	if (st->st_nlink != links_of(o))
		fuzz_fail("%s: %lu links, not %lu", path, (unsigned long)st->st_nlink,
			(unsigned long)links_of(o));
	if (!S_ISDIR(o->mode) && (size_t)st->st_size != o->len)
		fuzz_fail("%s: %lld bytes, not %zu", path, (long long)st->st_size, o->len);
	if (o->mtime_known &&
		(st->st_mtim.tv_sec != o->mtime.tv_sec || st->st_mtim.tv_nsec != o->mtime.tv_nsec))
		fuzz_fail("%s: mtime %lld.%09ld, not %lld.%09ld as it was set", path,
			(long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
			(long long)o->mtime.tv_sec, o->mtime.tv_nsec);
	if (o->ino != 0 && o->ino != st->st_ino)
		fuzz_fail("%s: inode %lu, was %lu", path, (unsigned long)st->st_ino,
			(unsigned long)o->ino);
	o->ino = st->st_ino;
}

void fuzz_stat(void)
{
	struct fuzz_handle *h = fuzz_one_in(3) ? fuzz_pick_handle() : NULL;
	struct fuzz_place p;
	struct stat st;
	int wanted;

	if (h) {
		fuzz_note("fstat %d", h->fd);
		if (fuzz_expect(fstat(h->fd, &st), 0))
			fuzz_compare_stat(&st, h->open->object, "the open file");
		return;
	}
	fuzz_pick(&p);
	fuzz_note("lstat %s", p.path);
	wanted = fuzz_name_error(p.name);
	if (!wanted && !p.object)
		wanted = ENOENT;
	if (fuzz_expect(lstat(p.path, &st), wanted))
		fuzz_compare_stat(&st, p.object, p.path);
}

/* What is read from a directory. */
struct names {
	char name[LIST_MAX][256];
	size_t n;
};

static void read_names(DIR *d, struct names *list)
{
	struct dirent *e;

	list->n = 0;
	errno = 0;
	while (list->n < LIST_MAX && (e = readdir(d)))
		strcpy(list->name[list->n++], e->d_name);
	if (errno != 0)
		fuzz_fail("readdir: %s", strerror(errno));
}

static bool has(const struct names *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->name[i], name) == 0)
			return true;
	return false;
}

static void compare_names(const struct names *list, const struct fuzz_object *dir, const char *path)
{
	size_t i, j;

	for (i = 0; i < dir->n_children; i++)
		if (!has(list, dir->children[i].name))
			fuzz_fail("%s: the list lacks %s", path, dir->children[i].name);
	for (i = 0; i < list->n; i++)
		for (j = 0; j < i; j++)
			if (strcmp(list->name[i], list->name[j]) == 0)
				fuzz_fail("%s: %s is listed twice", path, list->name[i]);
	if (list->n != dir->n_children + 2)
		fuzz_fail("%s: %zu entries, not %zu", path, list->n, dir->n_children + 2);
}

/* From any position on, the list is as it was. */
static void seek_and_compare(DIR *d, const struct names *list)
{
	static struct names again;
	size_t skip = fuzz_random(list->n), i;
	long at;

	rewinddir(d);
	for (i = 0; i < skip; i++)
		if (!readdir(d))
			fuzz_fail("the list ends after %zu entries", i);
	at = telldir(d);
	read_names(d, &again);
	seekdir(d, at);
	read_names(d, &again);
	if (again.n != list->n - skip)
		fuzz_fail(
			"%zu entries behind position %zu, not %zu", again.n, skip, list->n - skip);
	for (i = 0; i < again.n; i++)
		if (strcmp(again.name[i], list->name[skip + i]) != 0)
			fuzz_fail("%s instead of %s after seekdir", again.name[i],
				list->name[skip + i]);
}

static void list_dir(const struct fuzz_object *dir, const char *path, bool seeks)
{
	static struct names list;
	DIR *d = opendir(path);

	if (!d)
		fuzz_fail("opendir %s: %s", path, strerror(errno));
	read_names(d, &list);
	compare_names(&list, dir, path);
	if (seeks)
		seek_and_compare(d, &list);
	closedir(d);
}

void fuzz_list(void)
{
	const struct fuzz_object *dir = fuzz.dirs[fuzz_random(fuzz.n_dirs)];
	char path[PATH_BYTES];

	fuzz_path(dir, "", path);
	fuzz_note("list %s", path);
	list_dir(dir, path, fuzz_one_in(2));
}

void fuzz_compare_text(struct fuzz_object *o, const char *path)
{
	static char text[TEXT_MAX + 1];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		fuzz_fail("open %s: %s", path, strerror(errno));
	n = pread(fd, text, sizeof(text), 0);
	close(fd);
	if (n != (ssize_t)o->len || memcmp(text, o->text, o->len) != 0)
		fuzz_fail("%s: %zd bytes, %zu are right%s", path, n, o->len,
			n == (ssize_t)o->len ? ", but not these" : "");
}

static void look(struct fuzz_object *dir)
{
	char path[PATH_BYTES];
	struct stat st;
	size_t i;

	fuzz_path(dir, "", path);
	list_dir(dir, path, false);
	for (i = 0; i < dir->n_children; i++) {
		struct fuzz_object *o = dir->children[i].object;

		fuzz_path(dir, dir->children[i].name, path);
		if (lstat(path, &st) < 0)
			fuzz_fail("lstat %s: %s", path, strerror(errno));
		fuzz_compare_stat(&st, o, path);
		if (S_ISREG(o->mode))
			fuzz_compare_text(o, path);
		if (S_ISDIR(o->mode))
			look(o);
	}
}

void fuzz_look_at_all(void)
{
	fuzz_note("look at everything");
	look(fuzz.root);
}
