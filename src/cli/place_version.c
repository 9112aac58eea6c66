/* PATH@VERSION: a number as in .planfs/history, a moment, or nothing. */
#include "cli_place_priv.h"

#include "planfs/log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void format_time(int64_t ns, char ret_text[TIME_BYTES])
{
	time_t seconds = ns / 1000000000;
	struct tm tm;

	if (!localtime_r(&seconds, &tm) ||
		!strftime(ret_text, TIME_BYTES, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(ret_text, TIME_BYTES, "?");
}

void json_print_time_field(const char *key, int64_t ns)
{
	time_t seconds = ns / 1000000000;
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	json_print_string(key);
	printf(": \"%s.%09dZ\"", text, (int)(ns % 1000000000));
}

/* --- moments --- */

/* As the words of a moment that end with @ns. */
static int find_time(struct store *s, int64_t ns, int64_t now, int64_t *ret_rev)
{
	time_t seconds = ns / 1000000000;
	char words[64];
	size_t len;
	struct tm tm;
	bool fixed;

	if (ns < 0 || !gmtime_r(&seconds, &tm)) {
		*ret_rev = 0;
		return 0;
	}
	len = strftime(words, sizeof(words), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(words + len, sizeof(words) - len, ".%09dZ", (int)(ns % 1000000000));
	return moment_find(s, words, now, ret_rev, &fixed);
}

/* Is @words a day? Returns when it begins, or -1. */
static int64_t day_begin(const char *words, int64_t now)
{
	struct tm tm = { .tm_isdst = -1, .tm_hour = 12 };
	const char *end;

	if (strcmp(words, "today") == 0 || strcmp(words, "yesterday") == 0)
		return moment_period_begin(MOMENT_DAY, now, words[0] == 't' ? 0 : -1);
	end = strptime(words, "%Y-%m-%d", &tm);
	if (!end || *end || strlen(words) != 10)
		return -1;
	return moment_period_begin(MOMENT_DAY, (int64_t)mktime(&tm) * 1000000000, 0);
}

static int find_moment(struct place_base *b, const char *words, int64_t *ret_rev)
{
	CLEANUP(buf_done) struct buf gmt = { 0 };
	bool fixed;
	int r;

	r = moment_find(b->s, words, store_now(), ret_rev, &fixed);
	if (r == -ENOENT && strncmp(words, "GMT-", 4) == 0) { /* its @ was taken for ours */
		r = buf_printf(&gmt, "@%s", words);
		if (r == 0)
			r = moment_find(b->s, buf_str(&gmt), store_now(), ret_rev, &fixed);
	}
	return r;
}

int place_moment(struct place_base *b, const char *words, bool is_from, int64_t *ret_rev)
{
	int64_t now = store_now(), begin = is_from ? day_begin(words, now) : -1;
	int r;

	r = begin >= 0 ? find_time(b->s, begin - 1, now, ret_rev) : find_moment(b, words, ret_rev);
	if (r == -ENOENT)
		return cli_usage_error("'%s' is no moment", words);
	if (r < 0)
		log_err("%s: %s", words, strerror(-r));
	return (int)cli_exit_code(r);
}

/* --- versions --- */

/* "7", "0007". Returns 0 when it is no number. */
static unsigned parse_number(const char *words)
{
	size_t len = strlen(words);

	if (len == 0 || len > 9 || strspn(words, "0123456789") != len)
		return 0;
	return (unsigned)atoi(words);
}

/* Fill in what @p->version means. -ENOENT: nothing; -ERANGE: the file has not so many. */
static int find_version(struct place_base *b, struct place *p)
{
	CLEANUP(versions_done) struct versions v = { 0 };
	int r;

	p->rev = INT64_MAX;
	p->number = parse_number(buf_str(&p->version));
	if (p->version.len == 0)
		return 0;
	if (!p->number)
		return find_moment(b, buf_str(&p->version), &p->rev);
	r = versions_find(b->s, p->parent, buf_str(&p->name), &v);
	if (r < 0)
		return r;
	if (p->number > v.n) {
		p->rev = (int64_t)v.n; /* how many there are */
		return -ERANGE;
	}
	p->rev = v.list[p->number - 1].rev;
	return 0;
}

/* Read @arg as PATH@VERSION with the @ at @at. Returns 0, or the reason why not. */
static int split_at(struct place_base *b, const char *arg, const char *at, struct place *ret_place)
{
	CLEANUP(place_done) struct place p = { 0 };
	CLEANUP(buf_done) struct buf path = { 0 };
	int r;

	r = buf_add(&path, arg, (size_t)(at - arg));
	if (r == 0)
		r = place_read(b, buf_str(&path), &p);
	if (r < 0)
		return r;
	p.has_version = true;
	r = buf_add_str(&p.version, at + 1);
	if (r == 0)
		r = find_version(b, &p);
	if (r == -ENOENT)
		r = -EINVAL; /* there is such a path, but no such version */
	if (r < 0 && r != -EINVAL && r != -ERANGE)
		return r;
	place_done(ret_place);
	*ret_place = p;
	p = (struct place){ 0 };
	return r;
}

/* The last @ that makes sense. Returns 0; else why the best reading is none: -ENOENT when there is no @ behind a path. */
static int find_split(struct place_base *b, const char *arg, struct place *ret_place)
{
	CLEANUP(place_done) struct place best = { 0 };
	const char *at = arg + strlen(arg);
	int r, why = -ENOENT;

	while (at > arg) {
		CLEANUP(place_done) struct place p = { 0 };

		at--;
		if (*at == '/')
			break; /* no version has one */
		if (*at != '@' || at == arg)
			continue;
		r = split_at(b, arg, at, &p);
		if (r != 0 && r != -EINVAL && r != -ERANGE) {
			if (r != -ENOENT && r != -EPERM && r != -EXDEV && r != -ENXIO)
				return r;
			continue;
		}
		if (r == 0 || why == -ENOENT) {
			place_done(&best);
			best = p;
			p = (struct place){ 0 };
			why = r;
		}
		if (r == 0)
			break;
	}
	place_done(ret_place);
	*ret_place = best;
	best = (struct place){ 0 };
	return why;
}

static int refuse_version(const char *arg, const struct place *p, int err)
{
	const char *path = p->path.len ? buf_str(&p->path) : "the whole tree";

	if (err == -EINVAL) {
		log_err("%s: '%s' is no version and no moment", arg, buf_str(&p->version));
		return CLI_USAGE;
	}
	if (p->rev == 0)
		log_err("%s: %s has no numbered versions", arg, path);
	else
		log_err("%s: %s has %" PRId64 " version%s, and no %u", arg, path, p->rev,
			p->rev == 1 ? "" : "s", p->number);
	return CLI_NOT_FOUND;
}

static int refuse_both(const char *arg, const struct place *split)
{
	const char *at = strrchr(arg, '@');

	if (split->number)
		log_err("%s: a file, and version %u of another: '%s@' is the file, '%.*s@%04u' the version",
			arg, split->number, arg, (int)(at - arg), arg, split->number);
	else
		log_err("%s: a file, and a moment of another: '%s@' is the file", arg, arg);
	return CLI_USAGE;
}

static void move_place(struct place *from, struct place *to)
{
	place_done(to);
	*to = *from;
	*from = (struct place){ 0 };
}

int place_find(struct place_base *b, const char *arg, bool has_versions, struct place *ret_place)
{
	CLEANUP(place_done) struct place whole = { 0 };
	CLEANUP(place_done) struct place split = { 0 };
	int r, with = -ENOENT;

	r = place_read(b, arg, &whole);
	if (has_versions && strchr(arg, '@'))
		with = find_split(b, arg, &split);
	if (r == 0 && whole.last == INT64_MAX && with == 0 && split.version.len > 0)
		return refuse_both(arg, &split);
	if (with == 0)
		move_place(&split, ret_place);
	else if (r == 0)
		move_place(&whole, ret_place);
	else if (r == -ENOENT && (with == -EINVAL || with == -ERANGE))
		return refuse_version(arg, &split, with);
	else
		return place_refuse(b, &whole, arg, r == -ENOENT && with != -ENOENT ? with : r);
	return CLI_OK;
}

/* --- what it was --- */

/* The place of the inode that @path named after @rev. -ENOENT. */
static int look_literally(struct place_base *b, const char *path, int64_t rev, struct past *past)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(buf_done) struct buf dir = { 0 };
	struct inode parent;
	int r;

	r = moment_resolve(b->s, rev, path, &past->inode);
	if (r < 0 || !*path)
		return r == -ENOTDIR || r == -ENAMETOOLONG ? -ENOENT : r;
	r = buf_add(&dir, path, slash ? (size_t)(slash - path) : 0);
	if (r == 0)
		r = moment_resolve(b->s, rev, buf_str(&dir), &parent);
	past->is_path = true;
	past->parent = r == 0 ? parent.id : 0;
	return r < 0 ? r : buf_add_str(&past->name, slash ? slash + 1 : path);
}

/* The first row that is not newer than @past->rev; a search from there would not follow the renames behind it. */
static int take_first(void *arg, const struct moment_change *c)
{
	struct past *past = arg;

	if (c->rev > past->rev)
		return 0;
	past->parent = c->parent;
	past->inode = c->inode;
	if (strcmp(c->op, "remove") == 0)
		past->inode.id = 0;
	return buf_add_str(&past->name, c->name) < 0 ? -ENOMEM : 1;
}

static int find_row(struct place_base *b, const struct place *p, struct past *past)
{
	int r;

	if (!p->parent)
		return -ENOENT;
	r = moment_history(b->s, p->parent, buf_str(&p->name), INT64_MAX, take_first, past);
	return r < 0 ? r : past->inode.id ? 0 : -ENOENT;
}

/* What the place of now was then, wherever it stood. */
static int look_back(struct place_base *b, const struct place *p, struct past *past)
{
	int r = find_row(b, p, past);

	return r < 0 ? r : moment_get(b->s, past->rev, past->inode.id, &past->inode);
}

static int look(struct place_base *b, const struct place *p, struct past *past)
{
	int r;

	past->rev = p->has_version ? p->rev : p->last;
	if (p->number)
		return find_row(b, p, past);
	if (past->rev != INT64_MAX) {
		r = look_literally(b, buf_str(&p->path), past->rev, past);
		if (r == -ENOENT)
			r = look_back(b, p, past);
		if (r == 0 && !p->has_version && S_ISDIR(past->inode.mode))
			r = moment_before_removal(b->s, past->rev, &past->rev);
		return r;
	}
	past->parent = p->parent;
	r = store_resolve(b->s, buf_str(&p->path), &past->inode);
	return r < 0 ? r : buf_add(&past->name, p->name.data, p->name.len);
}

int place_look(struct place_base *b, const struct place *p, const char *arg, struct past *ret_past)
{
	CLEANUP(past_done) struct past past = { 0 };
	int r = look(b, p, &past);

	if (r == -ENOENT || r == -ENOTDIR) {
		if (p->has_version && p->rev == INT64_MAX)
			log_err("%s: is not there now", arg);
		else
			log_err("%s: was not there then", arg);
		return CLI_NOT_FOUND;
	}
	if (r < 0) {
		log_err("%s: %s", arg, strerror(-r));
		return CLI_FAILED;
	}
	*ret_past = past;
	past = (struct past){ 0 };
	return CLI_OK;
}

int past_read(struct place_base *b, const struct past *past, const char *arg, struct buf *ret_text)
{
	int r;

	if (S_ISDIR(past->inode.mode)) {
		log_err("%s: a directory; this needs a file", arg);
		return CLI_USAGE;
	}
	if (S_ISLNK(past->inode.mode))
		r = past->rev == INT64_MAX
			    ? store_readlink(b->s, past->inode.id, ret_text)
			    : moment_readlink(b->s, past->rev, past->inode.id, ret_text);
	else if (S_ISREG(past->inode.mode))
		r = store_read_body(b->s, past->inode.body, ret_text);
	else
		r = 0; /* a pipe, a socket, a device: nothing is stored */
	if (r == -ENOENT)
		log_err("%s: the text of this version was forgotten", arg);
	else if (r < 0)
		log_err("%s: %s", arg, strerror(-r));
	return (int)cli_exit_code(r);
}
