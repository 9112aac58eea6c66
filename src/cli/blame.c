/*
 * planfs blame: which version each line came with. The versions are compared from the newest back: a line that has
 * one like it in the version before came earlier, and a line that has none came with this one.
 */
#include "cli_place_priv.h"

#include "planfs/linediff.h"
#include "planfs/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct blame {
	struct place_base base;
	struct versions versions;
	size_t n_versions; /* that count: up to the one that is asked about */
	struct linediff_table *table;
	size_t *came_with; /* owned; of each line of the last version: the number of a version, 0: not known yet */
	size_t *now; /* owned; of each line of the version in hand: which line of the last one it is + 1 */
	bool as_json;
};

static void blame_done(struct blame *b)
{
	free(b->came_with);
	free(b->now);
	linediff_table_free(b->table);
	versions_done(&b->versions);
	place_base_done(&b->base);
}

/* A version in hand. */
struct text {
	struct buf data;
	struct linediff_text lines;
};

static void blame_text_done(struct text *t)
{
	linediff_text_done(&t->lines);
	buf_done(&t->data);
}

static int read_version(struct blame *b, size_t number, struct text *t)
{
	int r;

	r = store_read_body(b->base.s, b->versions.list[number - 1].inode.body, &t->data);
	return r < 0 ? r : linediff_split(b->table, buf_str(&t->data), t->data.len, &t->lines);
}

/*
 * Lines of version @number that the one before it does not have came with it; the others go on. Returns how many go on
 * that are wanted.
 */
static int go_back(
	struct blame *b, size_t number, const struct text *text, const struct text *before)
{
	CLEANUP(linediff_hunks_done) struct linediff_hunks hunks = { 0 };
	size_t *older, at = 0, to = 0, i, k;
	int r, n = 0;

	r = linediff_compare(&before->lines, &text->lines, &hunks);
	if (r < 0)
		return r;
	older = calloc(before->lines.n + 1, sizeof(*older));
	if (!older)
		return -ENOMEM;
	for (i = 0; i <= hunks.n; i++) {
		const struct linediff_hunk end = { before->lines.n, 0, text->lines.n, 0 };
		const struct linediff_hunk *h = i < hunks.n ? &hunks.items[i] : &end;

		for (; at < h->b; at++, to++) {
			older[to] = b->now[at];
			n += older[to] != 0;
		}
		for (k = 0; k < h->n_b; k++)
			if (b->now[at + k])
				b->came_with[b->now[at + k] - 1] = number;
		at = h->b + h->n_b;
		to = h->a + h->n_a;
	}
	free(b->now);
	b->now = older;
	return n;
}

/* Does version @number, with @text, bring back what the one before it replaced? Then its lines are as old as they were. */
static bool brings_back(struct blame *b, size_t number, const struct text *text)
{
	CLEANUP(buf_done) struct buf older = { 0 };
	const struct inode *inode;

	if (number < 3)
		return false;
	inode = &b->versions.list[number - 3].inode;
	return inode->size == (int64_t)text->data.len &&
	       store_read_body(b->base.s, inode->body, &older) == 0 &&
	       older.len == text->data.len &&
	       memcmp(buf_str(&older), buf_str(&text->data), older.len) == 0;
}

/* A text that was forgotten ends the search: what is left came with the version behind it, or before. */
static int find_all(struct blame *b, size_t n_lines)
{
	struct text text = { 0 }, before = { 0 };
	size_t number = b->n_versions, i;
	int r;

	r = read_version(b, number, &text);
	while (r >= 0 && number > 1) {
		if (brings_back(b, number, &text)) {
			number -= 2;
			continue;
		}
		r = read_version(b, number - 1, &before);
		if (r == 0)
			r = go_back(b, number, &text, &before);
		blame_text_done(&text);
		text = before;
		before = (struct text){ 0 };
		if (r <= 0)
			break;
		number--;
	}
	blame_text_done(&text);
	for (i = 0; i < n_lines; i++)
		if (!b->came_with[i])
			b->came_with[i] = number;
	return r == -ENOENT || r > 0 ? 0 : r;
}

static void print_line(const struct blame *b, size_t i, const struct linediff_line *line)
{
	size_t number = b->came_with[i], len = line->len;
	const struct version *v = &b->versions.list[number - 1];
	char time[TIME_BYTES];

	format_time(v->time, time);
	printf("@%-4zu %s  ", number, time);
	print_in_one_line(v->author);
	printf("  %4zu) ", i + 1);
	fwrite(line->data, 1, len, stdout);
	if (len == 0 || line->data[len - 1] != '\n')
		putchar('\n');
}

static int print_json(const struct blame *b, size_t i, const struct linediff_line *line)
{
	const struct version *v = &b->versions.list[b->came_with[i] - 1];
	CLEANUP(buf_done) struct buf text = { 0 };
	size_t len = line->len;
	int r;

	if (len > 0 && line->data[len - 1] == '\n')
		len--;
	r = buf_add(&text, line->data, len);
	if (r < 0)
		return r;
	putchar('{');
	json_print_number_field("line", (int64_t)i + 1);
	fputs(", ", stdout);
	json_print_number_field("version", (int64_t)b->came_with[i]);
	fputs(", ", stdout);
	json_print_number_field("rev", v->rev);
	fputs(", ", stdout);
	json_print_time_field("time", v->time);
	fputs(", ", stdout);
	json_print_text_field("author", v->author);
	fputs(", ", stdout);
	json_print_text_field("text", buf_str(&text));
	puts("}");
	return 0;
}

static int print_all(struct blame *b, const struct text *last)
{
	size_t i;
	int r = 0;

	for (i = 0; i < last->lines.n && r == 0; i++) {
		if (b->as_json)
			r = print_json(b, i, &last->lines.lines[i]);
		else
			print_line(b, i, &last->lines.lines[i]);
		if (ferror(stdout))
			break;
	}
	return r;
}

/* The version that is asked about is the last that counts: the newest that is not newer than the moment. */
static void choose_last(struct blame *b, int64_t rev)
{
	b->n_versions = b->versions.n;
	while (b->n_versions > 0 && b->versions.list[b->n_versions - 1].rev > rev)
		b->n_versions--;
}

static int blame_lines(struct blame *b)
{
	CLEANUP(blame_text_done) struct text last = { 0 };
	size_t i;
	int r;

	if (b->n_versions == 0)
		return 0; /* it never had a text */
	r = linediff_table_new(&b->table);
	if (r == 0)
		r = read_version(b, b->n_versions, &last);
	if (r < 0)
		return r;
	b->came_with = calloc(last.lines.n + 1, sizeof(*b->came_with));
	b->now = calloc(last.lines.n + 1, sizeof(*b->now));
	if (!b->came_with || !b->now)
		return -ENOMEM;
	for (i = 0; i < last.lines.n; i++)
		b->now[i] = i + 1;
	r = find_all(b, last.lines.n);
	return r < 0 ? r : print_all(b, &last);
}

static int blame(struct blame *b, const char *arg)
{
	CLEANUP(place_done) struct place p = { 0 };
	CLEANUP(past_done) struct past past = { 0 };
	int r;

	r = place_find(&b->base, arg, true, &p);
	if (r == CLI_OK)
		r = place_look(&b->base, &p, arg, &past);
	if (r != CLI_OK)
		return r;
	if (!S_ISREG(past.inode.mode)) {
		log_err("%s: %s", arg,
			S_ISDIR(past.inode.mode) ? "a directory; this needs a file"
						 : "no regular file");
		return CLI_USAGE;
	}
	if (past.is_path)
		r = versions_find(b->base.s, past.parent, buf_str(&past.name), &b->versions);
	else
		r = versions_find(b->base.s, p.parent, buf_str(&p.name), &b->versions);
	if (r == 0) {
		choose_last(b, past.rev);
		r = past.inode.size > 0 ? blame_lines(b) : 0; /* cut empty: no line is left */
	}
	if (r < 0)
		log_err("%s: %s", arg, r == -ENOENT ? "its text was forgotten" : strerror(-r));
	return (int)cli_exit_code(r);
}

int cmd_blame(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
	CLEANUP(blame_done) struct blame b = { 0 };
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1)
		b.as_json |= r == 'j';
	r = place_base_open(argc, argv, 1, 1, false, &b.base);
	return r != CLI_OK ? r : blame(&b, argv[optind]);
}
