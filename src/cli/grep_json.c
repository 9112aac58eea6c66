/* What planfs grep --json prints: an object for each line, match or file. docs/grep.md describes them. */
#include "grep_priv.h"

#include "planfs/name.h"
#include "planfs/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How many bytes of @s can stand in a string as they are. */
static size_t plain_bytes(const char *s, size_t len)
{
	size_t at = 0, n;
	uint32_t c;

	while (at < len) {
		if ((unsigned char)s[at] < 0x20 || s[at] == '"' || s[at] == '\\')
			break;
		n = utf8_decode(s + at, len - at, &c);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

static void put_string(const char *s, size_t len)
{
	putchar_unlocked('"');
	while (len > 0) {
		size_t n = plain_bytes(s, len);

		fwrite_unlocked(s, 1, n, stdout);
		s += n;
		len -= n;
		if (len == 0)
			break;
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\u%04x", (unsigned)*s);
		else
			fputs("\xEF\xBF\xBD", stdout);
		s++;
		len--;
	}
	putchar_unlocked('"');
}

static void put_field(const char *key, const char *value)
{
	printf(", \"%s\": ", key);
	if (value)
		put_string(value, strlen(value));
	else
		fputs("null", stdout);
}

/* The beginning of an object: the file, and where it stands. */
static void begin_object(const struct grep_printer *p)
{
	const struct grep_file *f = p->file;

	fputs("{\"path\": ", stdout);
	put_string(p->name, strlen(p->name));
	put_field("year", f->year);
	put_field("district", f->district);
	put_field("plan", f->plan);
	put_field("section", f->plan && name_is_section(f->name) ? f->name : NULL);
}

void grep_json_file(const struct grep_printer *p, const char *key, int64_t value)
{
	begin_object(p);
	if (key && strcmp(key, "binary") == 0)
		fputs(", \"binary\": true", stdout);
	else if (key)
		printf(", \"%s\": %" PRId64, key, value);
	fputs("}\n", stdout);
}

static void put_line(const struct grep_printer *p, const struct match_span *line,
	const struct match_span *match, const struct match_span *text, bool is_context)
{
	begin_object(p);
	printf(", \"line\": %" PRId64, p->line);
	if (match) {
		printf(", \"column\": %zu, \"match\": ", match->begin - line->begin + 1);
		put_string(p->text.data + match->begin, match->end - match->begin);
	} else {
		fputs(", \"column\": null, \"match\": null", stdout);
	}
	printf(", \"offset\": %zu, \"context\": %s", text->begin, is_context ? "true" : "false");
	if (text != match) {
		fputs(", \"text\": ", stdout);
		put_string(p->text.data + text->begin, text->end - text->begin);
	}
	fputs("}\n", stdout);
}

/* An object for each match. */
static int put_matches(struct grep_printer *p, const struct match_span *line, bool is_context)
{
	size_t from = line->begin;
	struct match_span match;
	int r = 0;

	while (from <= line->end && (r = match_in_line(p->match, line, from, &match)) > 0) {
		from = match.end;
		if (match.begin == match.end)
			from++;
		else
			put_line(p, line, &match, &match, is_context);
	}
	return r < 0 ? r : 1;
}

int grep_json_line(struct grep_printer *p, const struct match_span *line, bool is_context)
{
	struct match_span content = *line, match;
	bool matches = is_context == p->options->invert;
	int r = 0;

	content.end -= p->text.data[content.end - 1] == '\n';
	if (p->options->only_matching)
		return matches ? put_matches(p, &content, is_context) : 1;
	if (matches)
		r = match_in_line(p->match, &content, content.begin, &match);
	if (r < 0)
		return r;
	put_line(p, &content, r > 0 ? &match : NULL, &content, is_context);
	return 1;
}
