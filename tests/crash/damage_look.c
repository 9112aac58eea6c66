/* What is seen of a damaged copy: each text right, older, refused, or wrong. */
#include "damage.h"

#include "planfs/check.h"
#include "planfs/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 12, ENTRIES_MAX = 5000, TEXT_MAX = 1 << 20 };

static int find_file(const char *path)
{
	static char known[FILES][128];
	int n;

	for (n = 0; n < FILES; n++) {
		if (!known[n][0])
			file_path(n, known[n]);
		if (strcmp(known[n], path) == 0)
			return n;
	}
	return -1;
}

/* The version of file @n that this text is, 0: none. */
static int version_of(int n, const char *text, size_t len)
{
	int version;

	for (version = VERSIONS; version > 0; version--) {
		static char *known[FILES][VERSIONS];
		static size_t lens[FILES][VERSIONS];
		char **at = &known[n][version - 1];
		size_t *known_len = &lens[n][version - 1];

		if (!*at)
			*at = file_text(n, version, known_len);
		if (*known_len == len && memcmp(*at, text, len) == 0)
			return version;
	}
	return 0;
}

void look_at_text(
	struct look *l, char seen[static FILES], const char *path, const char *text, size_t len)
{
	int n = find_file(path), version;

	if (n < 0) {
		l->extra++;
		return;
	}
	seen[n] = 1;
	version = text ? version_of(n, text, len) : 0;
	if (!text)
		l->refused++;
	else if (version == VERSIONS)
		l->right++;
	else if (version > 0)
		l->older++;
	else
		l->wrong++;
}

void look_prepare(void)
{
	char path[128];
	int n;

	for (n = 0; n < FILES; n++) {
		file_path(n, path);
		find_file(path);
		version_of(n, "", 0);
	}
}

static void count_missing(struct look *l, const char seen[static FILES])
{
	int n;

	for (n = 0; n < FILES; n++)
		l->missing += !seen[n];
}

/* --- the store --- */

struct walk {
	struct store *s;
	struct look *look;
	char *seen;
	unsigned errors;
	unsigned entries;
	char (*texts)[VERSIONS]; /* which were found anywhere */
};

struct names {
	struct buf names;
	unsigned n;
};

static int add_name(void *arg, const struct store_entry *e)
{
	struct names *names = arg;

	return ++names->n > ENTRIES_MAX ? -E2BIG
					: buf_add(&names->names, e->name, strlen(e->name) + 1);
}

static int copy_text(void *arg, const char *data, size_t len)
{
	return buf_add(arg, data, len);
}

static void note_text(struct walk *w, const struct buf *text)
{
	int n, version;

	for (n = 0; w->texts && n < FILES; n++) {
		version = version_of(n, buf_str(text), text->len);
		if (version)
			w->texts[n][version - 1] = 1;
	}
}

static void look_at_entry(
	struct walk *w, int64_t dir, const char *path, const char *name, int depth);

static void look_at_dir(struct walk *w, int64_t dir, const char *path, int depth)
{
	struct names names = { { 0 }, 0 };
	size_t at;

	if (depth == DEPTH_MAX)
		return;
	if (store_list(w->s, dir, add_name, &names) < 0)
		w->errors++;
	for (at = 0; at < names.names.len && w->entries < ENTRIES_MAX;
		at += strlen(names.names.data + at) + 1)
		look_at_entry(w, dir, path, names.names.data + at, depth);
	buf_done(&names.names);
}

static void look_at_entry(
	struct walk *w, int64_t dir, const char *path, const char *name, int depth)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(buf_done) struct buf below = { 0 };
	struct inode inode;
	int r;

	w->entries++;
	if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !*name)
		exit(4); /* never to reach the kernel */
	if (buf_printf(&below, "%s%s%s", path, *path ? "/" : "", name) < 0)
		exit(3);
	r = store_lookup(w->s, dir, name, &inode);
	if (r == 0 && S_ISDIR(inode.mode)) {
		look_at_dir(w, inode.id, buf_str(&below), depth + 1);
		return;
	}
	if (r == 0 && inode.size < 0)
		exit(4);
	if (r == 0) /* as the mount reads it: by the inode, cut at its size */
		r = store_with_text(w->s, inode.id, copy_text, &text);
	if (r == 0 && (int64_t)text.len > inode.size)
		r = buf_resize(&text, (size_t)inode.size);
	w->errors += r < 0;
	look_at_text(w->look, w->seen, buf_str(&below), r < 0 ? NULL : buf_str(&text), text.len);
	if (r == 0)
		note_text(w, &text);
}

static int count_damage(void *arg, const struct store_finding *f)
{
	*(unsigned *)arg += f->level == FINDING_DAMAGE;
	return 0;
}

/* Returns whether the database could be opened. */
static bool look_at_store(
	const char *path, struct look *look, unsigned *ret_found, unsigned *ret_anyhow)
{
	const struct store_options options = { .readonly = true, .verify = true };
	CLEANUP(store_closep) struct store *s = NULL;
	CLEANUP(buf_done) struct buf why = { 0 };
	char seen[FILES] = { 0 }, texts[FILES][VERSIONS] = { { 0 } };
	struct walk w = { .look = look, .seen = seen, .texts = ret_anyhow ? texts : NULL };
	int n;

	if (store_open(path, &options, &s, &why) < 0) {
		if (why.len == 0 || strchr(buf_str(&why), '\n'))
			exit(5); /* a refusal is one line */
		return false;
	}
	w.s = s;
	look_at_dir(&w, STORE_ROOT, "", 0);
	count_missing(look, seen);
	for (n = 0; ret_anyhow && n < FILES; n++)
		*ret_anyhow += texts[n][VERSIONS - 1];
	if (store_check(s, count_damage, ret_found) < 0)
		++*ret_found; /* it could not be finished, and says so */
	return true;
}

void look_at_copy(const char *path, const char *saved, struct verdict *ret_verdict)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	struct store_recovered counts;
	struct verdict v = { 0 };
	unsigned mended = 0;

	v.opened = look_at_store(path, &v.store, &v.found, NULL);
	v.recovered = store_recover(path, saved, count_damage, &mended, &counts, &why) == 0;
	if (v.recovered && !look_at_store(saved, &v.saved, &v.saved_found, &v.saved_anyhow))
		exit(6); /* what was recovered must open */
	if (!v.recovered && why.len == 0)
		exit(5);
	*ret_verdict = v;
}

/* --- a mount --- */

struct mounted {
	struct look *look;
	char *seen;
	const char *top;
	unsigned errors, entries;
};

static void look_at_mounted(struct mounted *m, const char *path, int depth)
{
	char *text = malloc(TEXT_MAX);
	struct dirent *entry;
	DIR *dir = opendir(path);

	errno = 0;
	while (dir && depth < DEPTH_MAX && m->entries++ < ENTRIES_MAX && (entry = readdir(dir))) {
		char below[1024];
		ssize_t n = -1;
		int fd;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR) {
			look_at_mounted(m, below, depth + 1);
			continue;
		}
		fd = entry->d_type == DT_REG ? open(below, O_RDONLY | O_CLOEXEC) : -1;
		if (fd >= 0)
			n = read(fd, text, TEXT_MAX);
		if (fd >= 0)
			close(fd);
		m->errors += n < 0;
		look_at_text(m->look, m->seen, below + strlen(m->top) + 1, n < 0 ? NULL : text,
			n < 0 ? 0 : (size_t)n);
		errno = 0;
	}
	m->errors += !dir || errno != 0;
	if (dir)
		closedir(dir);
	free(text);
}

unsigned look_at_mount(const char *mnt, struct look *ret_look)
{
	char seen[FILES] = { 0 };
	struct look look = { 0 };
	struct mounted m = { &look, seen, mnt, 0, 0 };

	look_at_mounted(&m, mnt, 0);
	count_missing(&look, seen);
	*ret_look = look;
	return m.errors;
}
