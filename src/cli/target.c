/* From what the user names (a database, a mount point, a path in a mount) to the database. */
#include "cli_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mounted_done(struct mounted *m)
{
	buf_done(&m->db);
	buf_done(&m->point);
}

static struct mounted mounted_steal(struct mounted *m)
{
	return (struct mounted){ buf_steal(&m->db), buf_steal(&m->point), m->readonly };
}

/* The kernel writes blanks, newlines and backslashes as octal: \040. */
static int unescape(const char *word, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r = 0;

	while (*word && r == 0) {
		char c = *word;

		if (c == '\\' && strspn(word + 1, "01234567") >= 3) {
			c = (char)((word[1] - '0') << 6 | (word[2] - '0') << 3 | (word[3] - '0'));
			word += 3;
		}
		word++;
		r = buf_add(&text, &c, 1);
	}
	if (r < 0)
		return r;
	buf_done(ret_text);
	*ret_text = buf_steal(&text);
	return 0;
}

/*
 * Read a line of mountinfo: "36 35 98:0 ROOT POINT OPTIONS [FIELD…] - TYPE SOURCE SUPEROPTIONS".
 * Returns 1 when it is a planfs, 0 when not.
 */
static int parse_line(char *line, struct mounted *ret_mounted)
{
	char *tail = strstr(line, " - ");
	char *save = NULL, *type, *source, *super, *point;
	int field, r;

	if (!tail)
		return 0;
	*tail = '\0';
	type = strtok_r(tail + 3, " \n", &save);
	source = strtok_r(NULL, " \n", &save);
	super = strtok_r(NULL, " \n", &save);
	if (!type || !source || strcmp(type, "fuse.planfs") != 0)
		return 0;
	ret_mounted->readonly =
		super && (strcmp(super, "ro") == 0 || strncmp(super, "ro,", 3) == 0);
	point = strtok_r(line, " ", &save);
	for (field = 1; field < 5 && point; field++)
		point = strtok_r(NULL, " ", &save);
	if (!point)
		return 0;
	r = unescape(source, &ret_mounted->db);
	if (r == 0)
		r = unescape(point, &ret_mounted->point);
	return r < 0 ? r : 1;
}

/* What of @path is below @dir, NULL when it is elsewhere. */
static const char *path_below(const char *path, const char *dir)
{
	size_t len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	if (strncmp(path, dir, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path[len] ? path + len + 1 : path + len;
}

/* Is @m what is looked for, and not worse than @found? The last match is the topmost mount. */
static bool is_better(
	const char *path, bool by_point, const struct mounted *m, const struct mounted *found)
{
	if (!by_point)
		return strcmp(path, buf_str(&m->db)) == 0 &&
		       !(found->db.data && m->readonly && !found->readonly);
	return path_below(path, buf_str(&m->point)) && m->point.len >= found->point.len;
}

/* Call for @path when @by_point, else for the database @path. */
static int scan(const char *path, bool by_point, struct mounted *ret_mounted)
{
	CLEANUP(mounted_done) struct mounted found = { 0 };
	size_t size = 0;
	char *line = NULL;
	FILE *f;
	int r = 0;

	f = fopen("/proc/self/mountinfo", "re");
	if (!f)
		return -errno;
	while (r >= 0 && getline(&line, &size, f) > 0) {
		CLEANUP(mounted_done) struct mounted m = { 0 };

		r = parse_line(line, &m);
		if (r <= 0 || !is_better(path, by_point, &m, &found))
			continue;
		mounted_done(&found);
		found = mounted_steal(&m);
	}
	free(line);
	fclose(f);
	if (r < 0)
		return r;
	if (!found.db.data)
		return -ENOENT;
	mounted_done(ret_mounted);
	*ret_mounted = mounted_steal(&found);
	return 0;
}

int cli_real_path(const char *path, struct buf *ret_real)
{
	CLEANUP(buf_done) struct buf real = { 0 };
	CLEANUP(buf_done) struct buf copy = { 0 };
	char *abs = realpath(path, NULL);
	int r;

	if (abs) {
		r = buf_add_str(&real, abs);
	} else if (errno != ENOTCONN) {
		return -errno;
	} else {
		r = buf_add_str(&copy, path);
		abs = r < 0 ? NULL : realpath(dirname(copy.data), NULL);
		if (r == 0 && !abs)
			return -errno;
		buf_done(&copy);
		if (r == 0)
			r = buf_add_str(&copy, path);
		if (r == 0)
			r = buf_printf(&real, "%s/%s", strcmp(abs, "/") == 0 ? "" : abs,
				basename(copy.data));
	}
	free(abs);
	if (r < 0)
		return r;
	*ret_real = buf_steal(&real);
	return 0;
}

int mounted_find(const char *path, struct mounted *ret_mounted, struct buf *ret_below)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };
	CLEANUP(buf_done) struct buf real = { 0 };
	CLEANUP(buf_done) struct buf below = { 0 };
	int r;

	r = cli_real_path(path, &real);
	if (r == 0)
		r = scan(buf_str(&real), true, &m);
	if (r == 0 && ret_below)
		r = buf_add_str(&below, path_below(buf_str(&real), buf_str(&m.point)));
	if (r < 0)
		return r;

	if (ret_below) {
		buf_done(ret_below);
		*ret_below = buf_steal(&below);
	}
	mounted_done(ret_mounted);
	*ret_mounted = mounted_steal(&m);
	return 0;
}

int mounted_find_db(const char *db, struct mounted *ret_mounted)
{
	CLEANUP(buf_done) struct buf real = { 0 };
	int r;

	r = cli_real_path(db, &real);
	return r < 0 ? r : scan(buf_str(&real), false, ret_mounted);
}

int mounted_refuse(const char *db, const char *advice)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };

	if (mounted_find_db(db, &m) < 0)
		return 0;
	log_err("%s: mounted at %s; %s", db, buf_str(&m.point), advice);
	return -EBUSY;
}

int cli_find_db(const char *arg, struct buf *ret_db, struct buf *ret_below)
{
	CLEANUP(mounted_done) struct mounted m = { 0 };
	CLEANUP(buf_done) struct buf db = { 0 };
	int r;

	r = mounted_find(arg, &m, ret_below);
	if (r == -ENOMEM)
		return r;
	r = buf_add_str(&db, r == 0 ? buf_str(&m.db) : arg);
	if (r < 0)
		return r;
	buf_done(ret_db);
	*ret_db = buf_steal(&db);
	return 0;
}

int cli_take_db(int argc, char **argv, bool *ret_as_json, struct buf *ret_db)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
	int r;

	*ret_as_json = false;
	while ((r = cli_next_option(argc, argv, "", longs)) != -1)
		*ret_as_json |= r == 'j';
	r = cli_expect_args(argc, 1, 1);
	if (r != CLI_OK)
		return r;
	r = cli_find_db(argv[optind], ret_db, NULL);
	return r < 0 ? (int)cli_exit_code(r) : CLI_OK;
}

/* Who changes something is $PLANFS_AUTHOR, with this command. Returns 0 and *ret_author (borrowed; NULL: the user). */
static int find_author(const char **ret_author)
{
	const char *author = getenv("PLANFS_AUTHOR");

	if (author && author[0] && !name_is_author(author)) {
		log_err("PLANFS_AUTHOR: an author is UTF-8 of at most %d bytes, without '/' and control characters",
			NAME_AUTHOR_BYTES);
		return -EINVAL;
	}
	*ret_author = author && author[0] ? author : NULL;
	return 0;
}

int cli_open(const char *path, const struct store_options *options, struct store **ret_store)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	struct store_options o = *options;
	char program[64];
	int r = 0;

	snprintf(program, sizeof(program), "planfs %s", cli_command()->name);
	o.program = program;
	if (!o.readonly)
		r = find_author(&o.author);
	if (r < 0)
		return r;
	r = store_open(path, &o, ret_store, &why);
	if (r < 0)
		log_err("%s", why.len ? buf_str(&why) : strerror(-r));
	return r;
}

bool cli_is_writable(const char *path)
{
	char *copy = strdup(path);
	bool writable = copy && access(path, W_OK) == 0 && access(dirname(copy), W_OK) == 0;

	free(copy);
	return writable;
}

/* A connection that may write leaves no -wal and -shm behind, and recovers what a crash left. */
int cli_open_to_read(const char *path, struct store **ret_store)
{
	const struct store_options options = { .readonly = !cli_is_writable(path), .verify = true };

	return cli_open(path, &options, ret_store);
}
