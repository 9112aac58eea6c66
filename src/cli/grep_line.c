/* A line as planfs grep prints it: the name of the file, numbers, the text, and the colours of all this. */
#include "grep_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* As in GREP_COLORS; see grep(1). */
static struct {
	const char *selected_match, *context_match, *file_name, *line_number, *offset, *separator;
	const char *selected_line, *context_line;
	bool swap;     /* rv: with -v, the two kinds of lines change their colours */
	bool no_erase; /* ne */
} colors = { "01;31", "01;31", "35", "32", "32", "36", "", "", false, false };

struct color_name {
	char name[3];
	const char **color;
};

static void set_color(const char *name, const char *value)
{
	const struct color_name names[] = { { "ms", &colors.selected_match },
		{ "mc", &colors.context_match }, { "fn", &colors.file_name },
		{ "ln", &colors.line_number }, { "bn", &colors.offset },
		{ "se", &colors.separator }, { "sl", &colors.selected_line },
		{ "cx", &colors.context_line } };
	size_t i;

	if (strcmp(name, "rv") == 0)
		colors.swap = true;
	else if (strcmp(name, "ne") == 0)
		colors.no_erase = true;
	else if (strcmp(name, "mt") == 0 && value)
		colors.selected_match = colors.context_match = value;
	for (i = 0; i < ARRAY_LEN(names) && value; i++)
		if (strcmp(name, names[i].name) == 0)
			*names[i].color = value;
}

/* "ms=01;31:fn=35"; what is malformed ends it. */
void grep_colors_init(void)
{
	static char *copy; /* as long as the colors */
	const char *given = getenv("GREP_COLORS");
	char *save = NULL, *one;

	copy = given ? strdup(given) : NULL;
	for (one = copy ? strtok_r(copy, ":", &save) : NULL; one;
		one = strtok_r(NULL, ":", &save)) {
		char *value = strchr(one, '=');

		if (value)
			*value++ = '\0';
		if (value && value[strspn(value, "0123456789;")])
			return;
		set_color(one, value);
	}
}

static void put(const char *data, size_t len)
{
	fwrite_unlocked(data, 1, len, stdout);
}

static void begin_color(const struct grep_printer *p, const char *color)
{
	if (p->options->color && color[0])
		printf(colors.no_erase ? "\33[%sm" : "\33[%sm\33[K", color);
}

static void end_color(const struct grep_printer *p, const char *color)
{
	if (p->options->color && color[0])
		fputs(colors.no_erase ? "\33[m" : "\33[m\33[K", stdout);
}

static void put_colored(
	const struct grep_printer *p, const char *color, const char *data, size_t len)
{
	begin_color(p, color);
	put(data, len);
	end_color(p, color);
}

static void put_char(const struct grep_printer *p, char c)
{
	put_colored(p, colors.separator, &c, 1);
}

static void put_number(const struct grep_printer *p, const char *color, int64_t number, char sep)
{
	char digits[24], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	put_colored(p, color, at, (size_t)(digits + sizeof(digits) - at));
	put_char(p, sep);
}

void grep_print_name(const struct grep_printer *p, char behind)
{
	put_colored(p, colors.file_name, p->name, strlen(p->name));
	if (p->options->null_behind_name)
		putchar_unlocked('\0');
	else if (behind == '\n')
		putchar_unlocked('\n');
	else
		put_char(p, behind);
}

void grep_print_count(const struct grep_printer *p, int64_t count)
{
	if (p->with_names)
		grep_print_name(p, ':');
	printf("%" PRId64 "\n", count);
}

void grep_print_separator(const struct grep_printer *p)
{
	if (p->options->json)
		return;
	put_colored(p, colors.separator, "--", 2);
	putchar_unlocked('\n');
}

/* --- bytes that are no characters --- */

/* How many bytes the character at @s has, as the C library sees it; 0: it is none. */
static size_t odd_char(const char *s, size_t len)
{
	mbstate_t state = { 0 };
	size_t n = mbrlen(s, len, &state);

	return n == (size_t)-1 || n == (size_t)-2 ? 0 : n ? n : 1;
}

static bool has_bad_bytes(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s, *end = u + len;
	size_t n;

	while (u < end) {
		if (*u < 0x80) {
			n = 1;
		} else if (*u > 0xE0 && *u < 0xED && end - u >= 3 && (u[1] & 0xC0) == 0x80 &&
			   (u[2] & 0xC0) == 0x80) {
			n = 3; /* Han */
		} else {
			n = odd_char((const char *)u, (size_t)(end - u));
			if (n == 0)
				return true;
		}
		u += n;
	}
	return false;
}

/* --- lines --- */

/* Count the lines up to that which ends at @line->end. */
static void count_lines(struct grep_printer *p, const struct match_span *line)
{
	const char *at = p->text.data + p->counted, *end = p->text.data + line->begin;
	int64_t n = 1;

	if (p->counted >= line->end)
		return;
	for (; at < end; at++)
		n += *at == '\n';
	p->line += n;
	p->counted = line->end;
}

/* The column in bytes of what matches first, from 1; of a line without a match 1, too. */
static int find_column(
	struct grep_printer *p, const struct match_span *content, int64_t *ret_column)
{
	struct match_span match = *content;
	int r = match_in_line(p->match, content, content->begin, &match);

	*ret_column = (int64_t)(match.begin - content->begin) + 1;
	return r < 0 ? r : 0;
}

/* What stands before @part of @line (the line itself, or a match). Returns 1, 0 when it cannot be shown, or -ENOMEM. */
static int print_head(struct grep_printer *p, const struct match_span *line,
	const struct match_span *part, char sep)
{
	const struct grep_options *o = p->options;
	struct match_span content = { line->begin, line->end };
	int64_t column = (int64_t)(part->begin - line->begin) + 1;
	int r = 0;

	if (o->binary != BINARY_TEXT &&
		has_bad_bytes(p->text.data + part->begin, part->end - part->begin)) {
		p->has_bad_bytes = true;
		return 0;
	}
	content.end -= p->text.data[content.end - 1] == '\n';
	if (o->columns && !o->only_matching)
		r = find_column(p, &content, &column);
	if (p->with_names)
		grep_print_name(p, sep);
	if (o->line_numbers) {
		count_lines(p, line);
		put_number(p, colors.line_number, p->line, sep);
	}
	if (o->columns)
		put_number(p, colors.line_number, column, sep);
	if (o->offsets)
		put_number(p, colors.offset, (int64_t)part->begin, sep);
	return r < 0 ? r : 1;
}

/* The colours of a line and of what matches in it. */
struct shade {
	const char *line, *match;
};

static struct shade shade_of(const struct grep_printer *p, char sep)
{
	bool selected = sep == ':';
	bool as_selected = selected ^ (p->options->invert && colors.swap);

	return (struct shade){ as_selected ? colors.selected_line : colors.context_line,
		selected ? colors.selected_match : colors.context_match };
}

/* One match of -o, on a line of its own, or in the colours of its line. Returns 1, 0 when it cannot be shown, or -ENOMEM. */
static int print_match(struct grep_printer *p, const struct match_span *line,
	const struct match_span *match, char sep)
{
	struct shade shade = shade_of(p, sep);
	int r = 1;

	if (p->options->only_matching)
		r = print_head(p, line, match, sep);
	if (r <= 0)
		return r;
	put_colored(p, shade.match, p->text.data + match->begin, match->end - match->begin);
	if (p->options->only_matching)
		putchar_unlocked('\n');
	return 1;
}

/*
 * What matches in @line, with what stands between unless it is -o. Returns 1 and *ret_done, up to where it was printed; 0 when
 * something cannot be shown; or -ENOMEM.
 */
static int print_matches(
	struct grep_printer *p, const struct match_span *line, char sep, size_t *ret_done)
{
	struct match_span content = { line->begin, line->end }, match;
	size_t done = line->begin, from = line->begin;
	int r = 1;

	content.end -= p->text.data[content.end - 1] == '\n';
	while (from < line->end && (r = match_in_line(p->match, &content, from, &match)) > 0) {
		if (match.begin == line->end)
			break;
		from = match.end;
		if (match.begin == match.end) { /* perhaps there is more behind it */
			from++;
			continue;
		}
		if (!p->options->only_matching) {
			begin_color(p, shade_of(p, sep).line);
			put(p->text.data + done, match.begin - done);
		}
		r = print_match(p, line, &match, sep);
		if (r <= 0)
			return r;
		done = match.end;
	}
	*ret_done = p->options->only_matching ? line->end : done;
	return r < 0 ? r : 1;
}

/* The end of a line in its colour, but for what ends it. */
static size_t print_tail(const struct grep_printer *p, size_t from, size_t end, const char *color)
{
	const char *data = p->text.data;
	size_t tail = end;

	tail -= tail > from && data[tail - 1] == '\n';
	tail -= tail > from && data[tail - 1] == '\r';
	if (tail > from)
		put_colored(p, color, data + from, tail - from);
	return tail;
}

static int print_content(struct grep_printer *p, const struct match_span *line, char sep)
{
	const struct grep_options *o = p->options;
	bool matches = (sep == ':') != o->invert;
	struct shade shade = shade_of(p, sep);
	size_t from = line->begin;
	int r = 1;

	if (matches && (o->only_matching || (o->color && shade.match[0])))
		r = print_matches(p, line, sep, &from);
	if (r <= 0 || o->only_matching)
		return r;
	if (o->color && shade.line[0])
		from = print_tail(p, from, line->end, shade.line);
	put(p->text.data + from, line->end - from);
	if (p->text.data[line->end - 1] != '\n')
		putchar_unlocked('\n');
	return 1;
}

int grep_print_line(struct grep_printer *p, const struct match_span *line, char sep)
{
	struct match_span content = *line;
	int r = 1;

	if (p->options->json) {
		count_lines(p, line);
		r = grep_json_line(p, line, sep != ':');
	} else {
		content.end -= p->text.data[content.end - 1] == '\n';
		if (!p->options->only_matching)
			r = print_head(p, line, &content, sep);
		if (r > 0)
			r = print_content(p, line, sep);
	}
	if (r > 0)
		p->printed = line->end;
	return r < 0 ? r : 0;
}
