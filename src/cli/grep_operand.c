/* What planfs grep is to search: a database, or a path in a mount of one. */
#include "grep_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void grep_operand_done(struct grep_operand *o)
{
	buf_done(&o->db);
	buf_done(&o->root);
	buf_done(&o->below);
}

static int refuse(const char *arg, bool silent, const char *why, int err)
{
	if (!silent)
		log_err("%s: %s", arg, why);
	return err;
}

static bool is_view(const char *below)
{
	size_t len = strlen(NAME_VIEWS);

	return strncmp(below, NAME_VIEWS, len) == 0 && (below[len] == '\0' || below[len] == '/');
}

/* What @path is. The daemon of a mount may have died; its database can be searched all the same. */
static int look_at(const char *path, const struct grep_operand *o, bool *ret_is_file)
{
	struct stat st;

	*ret_is_file = false;
	if (stat(path, &st) < 0)
		return errno == ENOTCONN && o->below.len == 0 ? 0 : -errno;
	*ret_is_file = S_ISREG(st.st_mode);
	return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? 0 : -EINVAL;
}

/* A path in no mount: it must be a database. */
static int find_database(const char *arg, bool silent, struct grep_operand *o)
{
	struct stat st;

	if (!arg)
		return refuse("the present directory", silent,
			"in no mounted planfs; name a database or a path in a mount", -ENOENT);
	if (stat(arg, &st) < 0)
		return refuse(arg, silent, strerror(errno), -errno);
	if (S_ISDIR(st.st_mode))
		return refuse(arg, silent, "in no mounted planfs, and no database", -EISDIR);
	return buf_add_str(&o->db, arg);
}

static int find_in_mount(const char *arg, bool silent, struct grep_operand *o, struct mounted *m)
{
	const char *path = arg ? arg : ".";
	int r;

	if (is_view(buf_str(&o->below)))
		return refuse(path, silent,
			"what .planfs shows is not searched; 'grep -r' can do it", -EINVAL);
	r = look_at(path, o, &o->is_file);
	if (r == -EINVAL)
		return refuse(path, silent, "neither a file nor a directory", r);
	if (r < 0)
		return refuse(path, silent, strerror(-r), r);
	o->db = buf_steal(&m->db);
	o->root = buf_steal(&m->point);
	return 0;
}

int grep_operand_find(const char *arg, bool silent, struct grep_operand *ret_operand)
{
	CLEANUP(grep_operand_done) struct grep_operand o = { .arg = arg };
	CLEANUP(mounted_done) struct mounted m = { 0 };
	int r;

	r = mounted_find(arg ? arg : ".", &m, &o.below);
	if (r == -ENOMEM)
		return r;
	r = r == 0 ? find_in_mount(arg, silent, &o, &m) : find_database(arg, silent, &o);
	if (r < 0)
		return r;
	*ret_operand = o;
	o = (struct grep_operand){ 0 };
	return 0;
}

/* @path without what of it is the operand. */
static const char *path_in_operand(const struct grep_operand *o, const char *path)
{
	path += o->below.len;
	return *path == '/' ? path + 1 : path;
}

/* As grep -r: the operand as it was typed, but of more than one slash at its end one is left, and a slash. */
int grep_operand_name(const struct grep_operand *o, const char *path, struct buf *ret_name)
{
	bool has_prefix = o->arg && (o->root.len > 0 || o->is_one);
	const char *arg = has_prefix ? o->arg : "", *rest = path_in_operand(o, path);
	size_t len = strlen(arg);
	int r;

	while (len > 1 && arg[len - 1] == '/' && *rest)
		len--;
	ret_name->len = 0;
	r = buf_add(ret_name, arg, len);
	if (r == 0 && len > 0 && arg[len - 1] != '/' && *rest)
		r = buf_add(ret_name, "/", 1);
	return r < 0 ? r : buf_add_str(ret_name, rest);
}
