/*
 * From what the user types to the database and a path in its tree: "[DB] PATH", where PATH is below the root of the
 * database, or one of the shell in a mount. What was removed cannot be asked from the kernel, so the part of the path that is
 * still there is, and the rest is taken as it stands.
 */
#include "cli_place_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void place_base_done(struct place_base *b)
{
	store_close(b->s);
	buf_done(&b->db);
	*b = (struct place_base){ 0 };
}

void place_done(struct place *p)
{
	buf_done(&p->path);
	buf_done(&p->name);
	buf_done(&p->version);
	*p = (struct place){ 0 };
}

void past_done(struct past *p)
{
	buf_done(&p->name);
	*p = (struct past){ 0 };
}

/* --- paths --- */

/* Append the components of @rest to @path, which has no slash at its end: "." is nothing, ".." goes back. */
static int add_components(struct buf *path, const char *rest)
{
	size_t len;
	int r = 0;

	for (rest += strspn(rest, "/"); *rest && r == 0; rest += strspn(rest, "/")) {
		len = strcspn(rest, "/");
		if (len == 2 && rest[0] == '.' && rest[1] == '.') {
			char *slash = path->len ? strrchr(path->data, '/') : NULL;

			r = buf_resize(path, slash ? (size_t)(slash - path->data) : 0);
		} else if (len != 1 || rest[0] != '.') {
			r = buf_add_str(path, path->len ? "/" : "");
			if (r == 0)
				r = buf_add(path, rest, len);
		}
		rest += len;
	}
	return r;
}

/* Where the last component of @path begins, behind its slashes; 0 when there is only one. */
static size_t last_component(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len;
}

static bool is_dots(const char *path, size_t at)
{
	size_t len = strcspn(path + at, "/");

	return (len == 1 && path[at] == '.') ||
	       (len == 2 && path[at] == '.' && path[at + 1] == '.');
}

/*
 * The mount in which the first @len bytes of @path lie, when that exists. Returns 0, the database and what is below the mount
 * point; -ENOENT when it does not exist, or is in no mount.
 */
static int find_beginning(const char *path, size_t len, struct buf *ret_db, struct buf *ret_below)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };
	CLEANUP(buf_done) struct buf begin = { 0 };
	int r;

	r = buf_add(&begin, len ? path : ".", len ? len : 1);
	if (r == 0)
		r = mounted_find(buf_str(&begin), &m, ret_below);
	if (r == 0) {
		buf_done(ret_db);
		*ret_db = buf_steal(&m.db);
	}
	return r == -ENOTDIR || r == -ENOTCONN ? -ENOENT : r;
}

/*
 * The path in a mount that the shell's @path means. Its last name is not followed when it stands in a mount, because a
 * symbolic link there has versions of its own.
 */
static int find_in_mount(const char *path, struct buf *ret_db, struct buf *ret_below)
{
	size_t len = strlen(path), at = last_component(path, len);
	int r = -ENOENT;

	if (at < len && !is_dots(path, at)) /* first the directory that the last name stands in */
		r = find_beginning(path, at, ret_db, ret_below);
	if (r == -ENOENT) {
		at = len;
		r = find_beginning(path, len, ret_db, ret_below);
	}
	while (r == -ENOENT &&
		at > (path[0] == '/')) { /* then the longest beginning that is still there */
		at = last_component(path, at);
		r = find_beginning(path, at, ret_db, ret_below);
	}
	return r < 0 ? r : add_components(ret_below, path + at);
}

/* --- the base --- */

static bool is_database(const char *arg)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };
	struct stat st;

	return stat(arg, &st) == 0 && S_ISREG(st.st_mode) && mounted_find(arg, &m, NULL) < 0;
}

/* @path may have a version behind it. */
static int find_base(const char *path, struct place_base *b)
{
	CLEANUP(buf_done) struct buf below = { 0 };
	const char *at = path + strlen(path);
	int r;

	r = find_in_mount(path, &b->db, &below);
	while (r == -ENOENT && at > path) {
		CLEANUP(buf_done) struct buf begin = { 0 };

		at--;
		if (*at != '@')
			continue;
		r = buf_add(&begin, path, (size_t)(at - path));
		if (r == 0)
			r = find_in_mount(buf_str(&begin), &b->db, &below);
	}
	if (r == -ENOENT)
		log_err("%s: in no mounted planfs; for a database name it first: planfs %s DB …",
			path, cli_command()->name);
	else if (r < 0)
		log_err("%s: %s", path, strerror(-r));
	return r;
}

int place_base_open(
	int argc, char **argv, int min, int max, bool to_write, struct place_base *ret_base)
{
	CLEANUP(place_base_done) struct place_base b = { 0 };
	const struct store_options options = { 0 };
	int r, n = argc - optind;

	if (n == max + 1 || (n > 0 && n <= max && is_database(argv[optind]))) {
		b.is_db = true;
		r = buf_add_str(&b.db, argv[optind]);
		optind++;
	} else {
		r = n > max + 1 ? 0 : find_base(n > 0 ? argv[optind] : ".", &b);
	}
	if (r < 0)
		return (int)cli_exit_code(r);
	r = cli_expect_args(argc, min, max);
	if (r != CLI_OK)
		return r;
	r = to_write ? cli_open(buf_str(&b.db), &options, &b.s)
		     : cli_open_to_read(buf_str(&b.db), &b.s);
	if (r < 0)
		return (int)cli_exit_code(r);
	*ret_base = b;
	b = (struct place_base){ 0 };
	return CLI_OK;
}

/* --- places --- */

static bool is_view(const char *path)
{
	size_t len = strlen(NAME_VIEWS);

	return strncmp(path, NAME_VIEWS, len) == 0 && (path[len] == '/' || !path[len]);
}

/* The path of @arg in the tree. -ENXIO: in no mount; -EXDEV: of another database; -EPERM: in .planfs. */
static int find_path(struct place_base *b, const char *arg, struct buf *ret_path)
{
	CLEANUP(buf_done) struct buf db = { 0 };
	CLEANUP(buf_done) struct buf path = { 0 };
	int r;

	r = b->is_db ? add_components(&path, arg) : find_in_mount(arg, &db, &path);
	if (r == -ENOENT)
		r = -ENXIO;
	if (r == 0 && !b->is_db && strcmp(buf_str(&db), buf_str(&b->db)) != 0)
		r = -EXDEV;
	if (r == 0 && is_view(buf_str(&path)))
		r = -EPERM;
	if (r < 0)
		return r;
	buf_done(ret_path);
	*ret_path = buf_steal(&path);
	return 0;
}

int place_read(struct place_base *b, const char *arg, struct place *ret_place)
{
	CLEANUP(place_done) struct place p = { .last = INT64_MAX, .rev = INT64_MAX };
	int r;

	r = find_path(b, arg, &p.path);
	if (r == 0)
		r = moment_find_place(b->s, buf_str(&p.path), &p.parent, &p.name, &p.last);
	if (r == -EISDIR)
		r = 0; /* the root */
	if (r == -ENAMETOOLONG)
		r = -ENOENT;
	if (r < 0 && r != -ENOENT)
		return r;
	place_done(ret_place);
	*ret_place = p; /* with its path in any case */
	p = (struct place){ 0 };
	return r;
}

/* What stands there leaves no versions, or has none yet. */
static bool is_unrecorded(struct place_base *b, const struct place *p)
{
	struct inode inode;

	return store_resolve(b->s, buf_str(&p->path), &inode) == 0;
}

int place_refuse(struct place_base *b, const struct place *p, const char *arg, int err)
{
	if (err == -ENOENT && p->path.len && is_unrecorded(b, p))
		log_err("%s: leaves no versions, or none was stored yet", arg);
	else if (err == -ENOENT)
		log_err("%s: is not there, and never was", arg);
	else if (err == -EPERM)
		log_err("%s: in .planfs, where nothing has versions of its own", arg);
	else if (err == -EXDEV || err == -ENXIO)
		log_err("%s: not in the same planfs", arg);
	else
		log_err("%s: %s", arg, strerror(-err));
	return err == -EPERM || err == -EXDEV || err == -ENXIO ? CLI_USAGE
							       : (int)cli_exit_code(err);
}
