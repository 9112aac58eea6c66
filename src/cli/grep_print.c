/*
 * Which lines of a file planfs grep prints. The steps are those of GNU grep, so that context, counts and files that are not text
 * come out the same; grep_line.c prints a line.
 */
#include "grep_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* GNU grep takes a file for binary when it meets a NUL in what it reads at a time, and what it has printed by then is text. */
enum { BLOCK_BYTES = 96 << 10 };

static const size_t NOWHERE = SIZE_MAX;

void grep_printer_done(struct grep_printer *p)
{
	buf_done(&p->zapped);
}

static size_t line_end(const struct match_string *text, size_t at)
{
	const char *newline = memchr(text->data + at, '\n', text->len - at);

	return newline ? (size_t)(newline - text->data) + 1 : text->len;
}

static size_t line_begin(const struct match_string *text, size_t at)
{
	const char *newline = at ? memrchr(text->data, '\n', at) : NULL;

	return newline ? (size_t)(newline - text->data) + 1 : 0;
}

/* --- lines --- */

/* The lines behind what was printed last, as far as they are wanted and stand before @until. */
static int print_pending(struct grep_printer *p, size_t until)
{
	int r = 0;

	if (p->printed == NOWHERE)
		p->printed = 0;
	for (; p->pending > 0 && p->printed < until && r == 0; p->pending--) {
		struct match_span line = { p->printed, line_end(&p->text, p->printed) };

		r = grep_print_line(p, &line, '-'); /* that one is printed then, or has bad bytes */
	}
	return r;
}

/* The lines before @at that are wanted and not printed yet, and what separates them from others. */
static int print_before(struct grep_printer *p, size_t at)
{
	const struct grep_options *o = p->options;
	size_t first = p->printed == NOWHERE ? 0 : p->printed, from = at;
	int64_t i;
	int r = 0;

	for (i = 0; i < o->before && from > first; i++)
		from = line_begin(&p->text, from - 1);
	if ((o->before >= 0 || o->after >= 0) && p->is_used && from != p->printed)
		grep_print_separator(p);
	while (from < at && r == 0) {
		struct match_span line = { from, line_end(&p->text, from) };

		r = grep_print_line(p, &line, '-');
		from = line.end;
	}
	return r;
}

/* Lines that are selected. Returns how many, or -ENOMEM. */
static int64_t print_selected(struct grep_printer *p, const struct match_span *lines)
{
	struct match_span line = { lines->begin, lines->begin };
	int64_t n;
	int r = 0;

	if (!p->is_quiet && p->pending > 0)
		r = print_pending(p, lines->begin);
	if (!p->is_quiet && r == 0)
		r = print_before(p, lines->begin);
	for (n = 0; line.end < lines->end && n < p->left && r == 0; n++) {
		line = (struct match_span){ line.end, line_end(&p->text, line.end) };
		if (!p->is_quiet)
			r = grep_print_line(p, &line, ':');
	}
	p->pending = p->is_quiet || p->options->after < 0 ? 0 : p->options->after;
	p->is_used |= !p->is_quiet;
	p->left -= n;
	return r < 0 ? r : n;
}

/* The next line that matches, from @from on and before @until. Returns 1, 0 or -ENOMEM. */
static int next_hit(struct grep_printer *p, size_t from, size_t until, struct match_span *ret_line)
{
	int r;

	if (!p->has_hit || p->hit.begin < from) {
		r = match_next_line(p->match, from, &p->hit);
		if (r < 0)
			return r;
		if (r == 0)
			p->hit = (struct match_span){ NOWHERE, NOWHERE };
		p->has_hit = true;
	}
	*ret_line = p->hit;
	return p->hit.begin < until;
}

/* Select among the lines from @from to @until. Returns how many were, or -ENOMEM. */
static int64_t select_lines(struct grep_printer *p, size_t from, size_t until)
{
	bool invert = p->options->invert;
	int64_t n, selected = 0;

	while (from < until && p->left > 0) {
		struct match_span line;
		int r = next_hit(p, from, until, &line);

		if (r < 0)
			return r;
		if (r == 0 && !invert)
			break;
		if (r == 0)
			line = (struct match_span){ until, until };
		if (!invert || from < line.begin) {
			struct match_span between = { from, line.begin };

			n = print_selected(p, invert ? &between : &line);
			if (n < 0)
				return n;
			selected += n;
			if (p->is_done_soon)
				break;
		}
		from = line.end;
	}
	return selected;
}

/* --- a file --- */

static void begin_file(struct grep_printer *p, const struct grep_file *file, const char *name)
{
	const struct grep_options *o = p->options;

	p->file = file;
	p->name = name;
	p->has_hit = p->has_bad_bytes = false;
	p->is_done_soon =
		o->quiet || o->listing == LIST_MATCHING || o->listing == LIST_NOT_MATCHING;
	p->is_quiet = o->quiet || o->listing != LIST_LINES;
	p->printed = NOWHERE;
	p->counted = 0;
	p->line = p->pending = 0;
	p->left = o->max_count;
}

static int set_text(struct grep_printer *p, const char *data, size_t len)
{
	p->text = (struct match_string){ data, len };
	p->has_hit = false;
	return match_set_text(p->match, data, len);
}

/* From @from on, what was a NUL ends a line: nobody wants lines of a megabyte. */
static int zap(struct grep_printer *p, size_t from)
{
	size_t i;
	int r;

	p->zapped.len = 0;
	r = buf_add(&p->zapped, p->text.data, p->text.len);
	if (r < 0)
		return r;
	for (i = from; i < p->zapped.len; i++)
		if (p->zapped.data[i] == '\0')
			p->zapped.data[i] = '\n';
	return set_text(p, p->zapped.data, p->zapped.len);
}

/* Lines from @from to @until, and the context that is due before @until. Adds to *selected. */
static int print_part(struct grep_printer *p, size_t from, size_t until, int64_t *selected)
{
	int64_t n = select_lines(p, from, until);

	if (n < 0)
		return (int)n;
	*selected += n;
	return p->pending > 0 ? print_pending(p, until) : 0;
}

static int say_binary(struct grep_printer *p)
{
	if (p->options->json) {
		grep_json_file(p, "binary", 1);
		return 0;
	}
	fflush(stdout);
	log_err("%s: binary file matches", p->name);
	return 0;
}

/*
 * A file whose first NUL is at @nul. What stands before the block with it is text; behind that it is only told that something
 * matches. Returns 0 or -ENOMEM.
 */
static int print_binary(struct grep_printer *p, size_t nul, int64_t *selected, int64_t *as_text)
{
	size_t block = nul / BLOCK_BYTES * BLOCK_BYTES, from = line_begin(&p->text, block);
	int r;

	r = from > 0 ? print_part(p, 0, from, selected) : 0;
	if (r < 0 || (p->left == 0 && p->pending == 0) || (p->is_done_soon && *selected > 0))
		return r;
	if (p->options->binary == BINARY_SKIPPED) {
		*selected = 0;
		return 0;
	}
	*as_text = *selected;
	if (p->options->listing != LIST_COUNTS)
		p->is_done_soon = p->is_quiet = true;
	r = zap(p, block);
	return r < 0 ? r : print_part(p, from, p->text.len, selected);
}

static int print_text(struct grep_printer *p, int64_t *selected)
{
	bool was_quiet = p->is_quiet;
	int64_t as_text = INT64_MAX;
	const char *nul = NULL;
	int r;

	if (p->options->binary != BINARY_TEXT && p->text.len > 0)
		nul = memchr(p->text.data, '\0', p->text.len);
	if (nul)
		r = print_binary(p, (size_t)(nul - p->text.data), selected, &as_text);
	else
		r = print_part(p, 0, p->text.len, selected);
	if (r == 0 && p->options->binary == BINARY_SAID && !was_quiet &&
		(p->has_bad_bytes || as_text < *selected))
		return say_binary(p);
	return r;
}

static void end_file(struct grep_printer *p, int64_t selected)
{
	const struct grep_options *o = p->options;
	bool listed = o->listing == (selected > 0 ? LIST_MATCHING : LIST_NOT_MATCHING);

	if (o->json && o->listing == LIST_COUNTS)
		grep_json_file(p, "count", selected);
	else if (o->json && listed)
		grep_json_file(p, NULL, 0);
	else if (o->listing == LIST_COUNTS)
		grep_print_count(p, selected);
	else if (listed)
		grep_print_name(p, '\n');
	p->lines += selected;
	p->files += selected > 0;
}

int grep_print_file(struct grep_printer *p, const struct grep_file *file, const char *name,
	const char *data, size_t len)
{
	int64_t selected = 0;
	int r = 0;

	if (file->error < 0) {
		if (!p->options->no_messages)
			log_err("%s: %s", name, strerror(-file->error));
		p->has_failed = true;
		return 0;
	}
	begin_file(p, file, name);
	if (data) {
		r = set_text(p, data, len);
		if (r == 0)
			r = print_text(p, &selected);
	}
	if (r < 0)
		return r;
	end_file(p, selected);
	if (ferror(stdout))
		p->write_error = errno; /* of that: nothing else was called that sets it */
	return p->write_error || (p->options->quiet && selected > 0);
}
