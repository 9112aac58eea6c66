/*
 * planfs diff: how two versions differ. By words, which for Chinese are characters, git finds it out, in a private directory
 * to which what differs is written; by lines, and where there is no git, it is done here.
 */
#include "cli_diff_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAME = 0, DIFFERENT = 1, TROUBLE = 2 };

static void side_done(struct side *s)
{
	place_done(&s->place);
	past_done(&s->past);
	buf_done(&s->label);
	buf_done(&s->path);
}

static void diff_done(struct diff *d)
{
	temporary_done(&d->dir);
	side_done(&d->a);
	side_done(&d->b);
	place_base_done(&d->base);
}

/* --- which two --- */

static int find_side(struct diff *d, const char *arg, struct side *s)
{
	int r;

	s->arg = arg;
	r = place_find(&d->base, arg, true, &s->place);
	return r != CLI_OK ? r : place_look(&d->base, &s->place, arg, &s->past);
}

/* The same place in another version: the present one, or the one before it. */
static int copy_place(const struct place *from, struct place *to)
{
	int r;

	*to = (struct place){ .parent = from->parent, .last = from->last, .rev = INT64_MAX };
	r = buf_add(&to->path, from->path.data, from->path.len);
	return r < 0 ? r : buf_add(&to->name, from->name.data, from->name.len);
}

/* "@5" behind a path means that version of the same path. */
static int find_second(struct diff *d, const char *arg, struct buf *joined)
{
	CLEANUP(place_done) struct place p = { 0 };
	const char *first = d->a.arg;
	size_t len = strlen(first);
	int r;

	if (arg[0] != '@' || place_read(&d->base, arg, &p) == 0)
		return find_side(d, arg, &d->b);
	if (d->a.place.has_version)
		len -= d->a.place.version.len + 1;
	r = buf_add(joined, first, len);
	if (r == 0)
		r = buf_add_str(joined, arg);
	return r < 0 ? CLI_FAILED : find_side(d, buf_str(joined), &d->b);
}

/* Without a version, what is compared is what the last save of a file changed. */
static int find_before(struct diff *d)
{
	CLEANUP(versions_done) struct versions v = { 0 };
	struct side *a = &d->a;
	int r;

	if (!S_ISREG(a->past.inode.mode)) {
		log_err("%s: which versions of it? see 'planfs diff --help'", a->arg);
		return CLI_USAGE;
	}
	r = versions_find(d->base.s, a->place.parent, buf_str(&a->place.name), &v);
	if (r < 0) {
		log_err("%s: %s", a->arg, strerror(-r));
		return CLI_FAILED;
	}
	if (v.n < 2) {
		log_err("%s: has no version before this one", a->arg);
		return CLI_NOT_FOUND;
	}
	a->past.inode = v.list[v.n - 2].inode;
	a->past.rev = v.list[v.n - 2].rev;
	a->place.has_version = true;
	return buf_printf(&a->place.version, "%zu", v.n - 1) < 0 ? CLI_FAILED : CLI_OK;
}

static int find_sides(struct diff *d, int n, char **args, struct buf *joined)
{
	bool is_last;
	int r;

	r = find_side(d, args[0], &d->a);
	if (r != CLI_OK || n > 1)
		return r != CLI_OK ? r : find_second(d, args[1], joined);
	d->b.arg = args[0];
	is_last = !d->a.place.has_version;
	if (copy_place(&d->a.place, &d->b.place) < 0)
		return CLI_FAILED;
	r = place_look(&d->base, &d->b.place, args[0], &d->b.past);
	return r == CLI_OK && is_last ? find_before(d) : r;
}

/* A version stands before its path; when both are the same or none, letters do. */
static int make_labels(struct diff *d)
{
	const char *a = d->a.place.version.len ? buf_str(&d->a.place.version) : "now",
		   *b = d->b.place.version.len ? buf_str(&d->b.place.version) : "now";
	bool differ = strcmp(a, b) != 0;
	int r;

	r = differ ? buf_printf(&d->a.label, "@%s", a) : buf_add_str(&d->a.label, "a");
	if (r == 0)
		r = differ ? buf_printf(&d->b.label, "@%s", b) : buf_add_str(&d->b.label, "b");
	if (r == 0)
		r = buf_printf(
			&d->a.path, "%s/%s", buf_str(&d->a.label), buf_str(&d->a.place.path));
	if (r == 0)
		r = buf_printf(
			&d->b.path, "%s/%s", buf_str(&d->b.label), buf_str(&d->b.place.path));
	return r;
}

/* --- how --- */

/* The locale says what a character is; settings of the user that concern repositories do not. */
static const char *const environment[] = { "LC_ALL=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1",
	"GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES=/:/tmp",
	"GIT_DIR", "GIT_WORK_TREE", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", NULL };

/* Returns its exit code: 0 or 1 like that of diff, 128 and more in trouble; -ENOENT without git. */
static int run_git(struct diff *d)
{
	bool colour = isatty(STDOUT_FILENO);
	const char *const argv[] = { "git", "--no-pager", "-c", "core.quotePath=false", "diff",
		"--no-index", "--no-ext-diff", "--no-textconv", "--no-prefix",
		colour ? "--word-diff=color" : "--word-diff=plain", "--word-diff-regex=.",
		colour ? "--color=always" : "--color=never", "--", buf_str(&d->a.path),
		buf_str(&d->b.path), NULL };

	return temporary_run(&d->dir, argv, environment);
}

static int compare_by_words(struct diff *d, const struct buf *a, const struct buf *b)
{
	bool is_dir = S_ISDIR(d->a.past.inode.mode);
	int r;

	r = temporary_make("diff", &d->dir);
	if (r < 0)
		return r == -ENOENT ? -ENOTDIR : r; /* of the directory, not of git */
	if (is_dir) {
		r = diff_write_trees(d);
	} else {
		r = diff_write_text(d, &d->a, a);
		if (r == 0)
			r = diff_write_text(d, &d->b, b);
	}
	if (r < 0)
		return r == -ENOENT ? -EIO : r;
	return is_dir && !d->differs ? SAME : run_git(d);
}

static int compare_by_lines(struct diff *d, const struct buf *a, const struct buf *b)
{
	int r;

	if (S_ISDIR(d->a.past.inode.mode)) {
		d->differs = false;
		r = diff_print_trees(d);
		return r < 0 ? r : d->differs ? DIFFERENT : SAME;
	}
	r = diff_print_texts(buf_str(&d->a.path), buf_str(&d->b.path), a, b);
	return r < 0 ? r : DIFFERENT;
}

static int read_texts(struct diff *d, struct buf *a, struct buf *b)
{
	int r = past_read(&d->base, &d->a.past, d->a.arg, a);

	return r != CLI_OK ? r : past_read(&d->base, &d->b.past, d->b.arg, b);
}

static int compare(struct diff *d)
{
	bool dir_a = S_ISDIR(d->a.past.inode.mode), dir_b = S_ISDIR(d->b.past.inode.mode);
	CLEANUP(buf_done) struct buf a = { 0 };
	CLEANUP(buf_done) struct buf b = { 0 };
	int r;

	if (dir_a != dir_b) {
		log_err("%s: %s, and %s: %s", d->a.arg, dir_a ? "a directory" : "a file", d->b.arg,
			dir_b ? "a directory" : "a file");
		return TROUBLE;
	}
	if (!dir_a && read_texts(d, &a, &b) != CLI_OK)
		return TROUBLE;
	if (!dir_a && a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0))
		return SAME;
	r = make_labels(d);
	if (r == 0)
		r = d->by_lines ? -ENOENT : compare_by_words(d, &a, &b);
	if (r == -ENOENT)
		r = compare_by_lines(d, &a, &b);
	if (r < 0 && r != -EPIPE && r != -EINTR)
		log_err("cannot compare: %s", strerror(-r));
	return r == SAME || r == DIFFERENT ? r : TROUBLE;
}

int cmd_diff(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	CLEANUP(buf_done) struct buf joined = { 0 };
	CLEANUP(diff_done) struct diff d = { 0 };
	int c, r;

	while ((c = cli_next_option(argc, argv, "u", longs)) != -1)
		d.by_lines |= c == 'u';
	r = place_base_open(argc, argv, 1, 2, false, &d.base);
	if (r == CLI_OK)
		r = find_sides(&d, argc - optind, argv + optind, &joined);
	return r != CLI_OK ? TROUBLE : compare(&d);
}
