/* The way to the plans below a path, and to the sections of a plan; see planfs/export.h. */
#include "planfs/export.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_PLAN = 3 };

/* The entries of a directory that are wanted. store_list() forbids to use the store meanwhile. */
struct entries {
	struct buf names; /* each followed by a NUL */
	bool (*wanted)(const char *name, const struct inode *inode);
};

static void entries_done(struct entries *e)
{
	buf_done(&e->names);
}

static bool is_year_dir(const char *name, const struct inode *inode)
{
	return S_ISDIR(inode->mode) && name_is_year(name);
}

static bool is_plan_dir(const char *name, const struct inode *inode)
{
	return S_ISDIR(inode->mode) && name_is_plan_dir(name);
}

static bool is_section(const char *name, const struct inode *inode)
{
	return S_ISREG(inode->mode) && name_is_section(name);
}

static int add_entry(void *arg, const struct store_entry *found)
{
	struct entries *e = arg;

	if (!e->wanted(found->name, &found->inode))
		return 0;
	return buf_add(&e->names, found->name, strlen(found->name) + 1);
}

/* The name after @name (NULL: the first), NULL at the end. */
static const char *next_name(const struct entries *e, const char *name)
{
	const char *next = name ? name + strlen(name) + 1 : e->names.data;

	return next && next < e->names.data + e->names.len ? next : NULL;
}

/* Where the walk is: the names of the directories from the year on. */
struct walk {
	struct store *s;
	char names[DEPTH_PLAN][NAME_BYTES_MAX + 1];
	export_plan_fn *fn;
	void *arg;
};

static int enter(struct walk *w, int64_t dir, int depth)
{
	CLEANUP(entries_done)
	struct entries e = { .wanted = depth == 0 ? is_year_dir : is_plan_dir };
	const struct export_plan plan = { w->names[0], w->names[1], w->names[2], dir };
	const char *name = NULL;
	int r;

	if (depth == DEPTH_PLAN)
		return w->fn(w->arg, &plan);
	r = store_list(w->s, dir, add_entry, &e);
	while (r == 0 && (name = next_name(&e, name))) {
		struct inode inode;

		r = store_lookup(w->s, dir, name, &inode);
		if (r == -ENOENT) {
			r = 0; /* removed meanwhile */
			continue;
		}
		strcpy(w->names[depth], name);
		if (r == 0)
			r = enter(w, inode.id, depth + 1);
	}
	return r;
}

/* Split @path into the names of @w. Returns how many, or -EINVAL when they lead to no plans. */
static int split_path(struct walk *w, const char *path)
{
	int depth = 0;

	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t len = strcspn(path, "/");

		if (depth == DEPTH_PLAN || len > NAME_BYTES_MAX)
			return -EINVAL;
		memcpy(w->names[depth], path, len);
		w->names[depth][len] = '\0';
		if (depth == 0 ? !name_is_year(w->names[0]) : !name_is_plan_dir(w->names[depth]))
			return -EINVAL;
		depth++;
		path += len;
	}
	return depth;
}

int export_walk(struct store *s, const char *path, export_plan_fn *fn, void *arg)
{
	struct walk w = { .s = s, .fn = fn, .arg = arg };
	struct inode dir;
	int depth, r;

	r = store_resolve(s, path, &dir);
	if (r < 0)
		return r;
	if (!S_ISDIR(dir.mode))
		return -ENOTDIR;
	depth = split_path(&w, path);
	return depth < 0 ? depth : enter(&w, dir.id, depth);
}

int export_sections(struct store *s, int64_t dir, export_section_fn *fn, void *arg)
{
	CLEANUP(entries_done) struct entries e = { .wanted = is_section };
	const char *name = NULL;
	int r;

	r = store_list(s, dir, add_entry, &e);
	while (r == 0 && (name = next_name(&e, name))) {
		CLEANUP(buf_done) struct buf text = { 0 };
		struct inode inode;

		r = store_lookup(s, dir, name, &inode);
		if (r == 0)
			r = store_read_body(s, inode.body, &text);
		if (r == 0)
			r = fn(arg, &(struct export_section){ name, inode.mtime, &text });
		else if (r == -ENOENT)
			r = 0; /* removed or saved anew meanwhile */
	}
	return r;
}
