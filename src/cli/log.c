/* planfs log: what was changed, when, and by whom. */
#include "cli_diff_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct log {
	struct place_base base;
	struct place place;
	struct versions versions; /* of a file: their numbers */
	const char *author, *since, *until;
	long max; /* how many; < 0: all */
	bool patch, as_json;
	struct buf
		overwritten; /* pairs of int64_t: a revision, and the one that overwrote it unseen */
};

static void log_done(struct log *l)
{
	versions_done(&l->versions);
	buf_done(&l->overwritten);
	place_done(&l->place);
	place_base_done(&l->base);
}

/* The number of the version that came with @rev; 0: none. */
static size_t version_of(const struct log *l, int64_t rev)
{
	size_t i;

	for (i = l->versions.n; i > 0 && l->versions.list[i - 1].rev > rev; i--)
		;
	return i > 0 && l->versions.list[i - 1].rev == rev ? i : 0;
}

/* Who overwrote what, is known before what was overwritten comes: the newest changes come first. */
static int note_conflict(struct log *l, const struct moment_change *c)
{
	const int64_t pair[2] = { c->conflict, c->rev };

	return c->conflict ? buf_add(&l->overwritten, pair, sizeof(pair)) : 0;
}

static int64_t overwriter_of(const struct log *l, int64_t rev)
{
	int64_t pair[2];
	size_t at;

	for (at = 0; at < l->overwritten.len; at += sizeof(pair)) {
		memcpy(pair, l->overwritten.data + at, sizeof(pair));
		if (pair[0] == rev)
			return pair[1];
	}
	return 0;
}

/* --- lines --- */

static void print_line(const struct log *l, const struct moment_change *c, const char *path)
{
	size_t number = version_of(l, c->rev);
	int64_t by = overwriter_of(l, c->rev);
	char time[TIME_BYTES];

	format_time(c->time, time);
	if (l->versions.n)
		printf(number ? "@%-4zu " : "%5.0zu ", number);
	printf("rev-%-6" PRId64 " %s  ", c->rev, time);
	print_in_one_line(c->author);
	if (c->program) {
		fputs(" (", stdout);
		print_in_one_line(c->program);
		putchar(')');
	}
	printf("  %-6s  ", c->op);
	print_in_one_line(path[0] ? path : ".");
	if (S_ISDIR(c->inode.mode))
		putchar('/');
	if (S_ISREG(c->inode.mode) && strcmp(c->op, "remove") != 0)
		printf("  %" PRId64 " bytes", c->inode.size);
	if (c->conflict)
		printf("  overwrote rev-%" PRId64 " unseen", c->conflict);
	if (by)
		printf("  overwritten unseen by rev-%" PRId64, by);
	putchar('\n');
}

static void print_optional_field(const char *key, int64_t value)
{
	if (value)
		json_print_number_field(key, value);
	else
		printf("\"%s\": null", key);
	fputs(", ", stdout);
}

static void print_json(const struct log *l, const struct moment_change *c, const char *path)
{
	putchar('{');
	print_optional_field("version", (int64_t)version_of(l, c->rev));
	json_print_number_field("rev", c->rev);
	fputs(", ", stdout);
	json_print_time_field("time", c->time);
	fputs(", ", stdout);
	json_print_text_field("author", c->author);
	fputs(", ", stdout);
	if (c->program)
		json_print_text_field("program", c->program);
	else
		fputs("\"program\": null", stdout);
	fputs(", ", stdout);
	json_print_text_field("op", c->op);
	fputs(", ", stdout);
	json_print_text_field("path", path);
	printf(", \"mode\": \"%06o\", ", c->inode.mode);
	json_print_number_field("bytes", c->inode.size);
	fputs(", ", stdout);
	json_print_time_field("mtime", c->inode.mtime);
	fputs(", ", stdout);
	print_optional_field("overwrote", c->conflict);
	fputs("\"overwritten_by\": ", stdout);
	if (overwriter_of(l, c->rev))
		printf("%" PRId64 "}\n", overwriter_of(l, c->rev));
	else
		puts("null}");
}

/* --- differences --- */

struct before {
	int64_t rev, body; /* of the row behind @rev that has a text */
	bool skips_removals; /* a save has a text before it, even where an editor moved that away first */
};

static int find_before(void *arg, const struct moment_change *c)
{
	struct before *before = arg;

	bool is_removal = strcmp(c->op, "remove") == 0;

	if (c->rev >= before->rev || !S_ISREG(c->inode.mode) ||
		(is_removal && before->skips_removals))
		return 0;
	before->rev = is_removal ? 0 : c->rev;
	before->body = before->rev ? c->inode.body : 0;
	return 1;
}

/* How the text differs from the one that the place had before. */
static int print_patch(struct log *l, const struct moment_change *c, const char *path)
{
	CLEANUP(buf_done) struct buf before = { 0 };
	CLEANUP(buf_done) struct buf now = { 0 };
	CLEANUP(buf_done) struct buf from = { 0 };
	CLEANUP(buf_done) struct buf to = { 0 };
	struct before old = { .rev = c->rev, .skips_removals = strcmp(c->op, "create") != 0 };
	int r;

	if (!S_ISREG(c->inode.mode) || strcmp(c->op, "remove") == 0 || strcmp(c->op, "attr") == 0)
		return 0;
	r = moment_history(l->base.s, c->parent, c->name, INT64_MAX, find_before, &old);
	if (r >= 0 && old.rev == c->rev)
		old.rev = 0; /* there was none */
	if (r >= 0 && old.body == c->inode.body)
		return 0;
	if (r >= 0)
		r = store_read_body(l->base.s, old.body, &before);
	if (r >= 0)
		r = store_read_body(l->base.s, c->inode.body, &now);
	if (r == -ENOENT) {
		puts("(a text of these two was forgotten)\n");
		return 0;
	}
	if (r < 0)
		return r;
	if (old.rev)
		r = buf_printf(&from, "%s@rev-%" PRId64, path, old.rev);
	else
		r = buf_add_str(&from, "/dev/null");
	if (r == 0)
		r = buf_printf(&to, "%s@rev-%" PRId64, path, c->rev);
	if (r == 0)
		r = diff_print_texts(buf_str(&from), buf_str(&to), &before, &now);
	putchar('\n');
	return r;
}

/* --- */

static int on_change(void *arg, const struct moment_change *c, const char *path)
{
	struct log *l = arg;
	int r;

	r = note_conflict(l, c);
	if (r < 0 || (l->author && strcmp(l->author, c->author) != 0))
		return r;
	if (l->max >= 0 && l->max-- == 0)
		return 1;
	if (l->as_json)
		print_json(l, c, path);
	else
		print_line(l, c, path);
	if (l->patch)
		r = print_patch(l, c, path);
	return r < 0 ? r : ferror(stdout) ? -EPIPE : 0;
}

static int print_log(struct log *l)
{
	struct change_walk walk = {
		.place = &l->place, .from = 0, .to = INT64_MAX, .fn = on_change, .arg = l
	};
	struct inode inode;
	int r = CLI_OK;

	if (l->since)
		r = place_moment(&l->base, l->since, true, &walk.from);
	if (r == CLI_OK && l->until)
		r = place_moment(&l->base, l->until, false, &walk.to);
	if (r != CLI_OK)
		return r;
	if (l->place.parent) {
		r = moment_lookup(
			l->base.s, l->place.last, l->place.parent, buf_str(&l->place.name), &inode);
		if (r == 0 && S_ISREG(inode.mode))
			r = versions_find(
				l->base.s, l->place.parent, buf_str(&l->place.name), &l->versions);
	}
	if (r == 0)
		r = changes_walk(&l->base, &walk);
	if (r < 0 && r != -EPIPE)
		log_err("%s: %s", store_path(l->base.s), strerror(-r));
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static long parse_count(const char *words)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(words, &end, 10);
	return errno || end == words || *end || n < 0 ? -1 : n;
}

enum { OPT_SINCE = 1, OPT_UNTIL, OPT_AUTHOR, OPT_JSON };

static int parse(int argc, char **argv, struct log *l)
{
	static const struct option longs[] = { { "since", required_argument, NULL, OPT_SINCE },
		{ "until", required_argument, NULL, OPT_UNTIL },
		{ "author", required_argument, NULL, OPT_AUTHOR },
		{ "json", no_argument, NULL, OPT_JSON }, { 0 } };
	int c;

	while ((c = cli_next_option(argc, argv, "pn:", longs)) != -1) {
		l->patch |= c == 'p';
		l->as_json |= c == OPT_JSON;
		if (c == OPT_SINCE)
			l->since = optarg;
		if (c == OPT_UNTIL)
			l->until = optarg;
		if (c == OPT_AUTHOR)
			l->author = optarg;
		if (c == 'n' && (l->max = parse_count(optarg)) < 0)
			return cli_usage_error("-n wants a number, not '%s'", optarg);
	}
	if (l->patch && l->as_json)
		return cli_usage_error("-p or --json, not both");
	return CLI_OK;
}

int cmd_log(int argc, char **argv)
{
	CLEANUP(log_done) struct log l = { .max = -1 };
	int r;

	r = parse(argc, argv, &l);
	if (r == CLI_OK)
		r = place_base_open(argc, argv, 0, 1, false, &l.base);
	if (r == CLI_OK)
		r = place_find(&l.base,
			optind < argc  ? argv[optind]
			: l.base.is_db ? ""
				       : ".",
			false, &l.place);
	return r != CLI_OK ? r : print_log(&l);
}
