/* The values of options of planfs grep, and its patterns. */
#include "grep_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { PATTERNS_BYTES_MAX = 64 << 20 };

/* Up to what no text can have. */
static int parse_number(const char *s, int64_t *ret_number)
{
	int64_t n = 0;
	const char *p;

	for (p = s; *p >= '0' && *p <= '9'; p++)
		if (n < INT64_MAX / 20)
			n = n * 10 + (*p - '0');
	if (p == s || *p)
		return -EINVAL;
	*ret_number = n;
	return 0;
}

int grep_set_number(const char *what, const char *arg, int64_t *ret_number)
{
	if (parse_number(arg, ret_number) < 0)
		return cli_usage_error("%s is a number, not '%s'", what, arg);
	return -1;
}

static int set_word(const char *const *words, const int *values, size_t n, const char *arg)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcasecmp(arg, words[i]) == 0)
			return values[i];
	return -1;
}

bool grep_terminal_has_colors(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 && !(no && no[0]);
}

int grep_set_color(const char *arg, struct grep_options *o)
{
	static const char *const words[] = { "always", "yes", "force", "never", "no", "none",
		"auto", "tty", "if-tty" };
	static const int values[] = { 1, 1, 1, 0, 0, 0, 2, 2, 2 };
	int value = arg ? set_word(words, values, ARRAY_LEN(words), arg) : 2;

	if (value < 0)
		return cli_usage_error("--color is always, never or auto, not '%s'", arg);
	o->color = value == 2 ? grep_terminal_has_colors() : value == 1;
	return -1;
}

int grep_set_binary(const char *arg, struct grep_options *o)
{
	static const char *const words[] = { "binary", "text", "without-match" };
	static const int values[] = { BINARY_SAID, BINARY_TEXT, BINARY_SKIPPED };
	int value = set_word(words, values, ARRAY_LEN(words), arg);

	if (value < 0)
		return cli_usage_error(
			"--binary-files is binary, text or without-match, not '%s'", arg);
	o->binary = value;
	return -1;
}

int grep_set_order(const char *arg, struct grep_options *o)
{
	static const char *const words[] = { "year", "path" };
	static const int values[] = { GREP_NEWEST, GREP_PATH };
	int value = set_word(words, values, ARRAY_LEN(words), arg);

	if (value < 0)
		return cli_usage_error("--sort is year or path, not '%s'", arg);
	o->order = (enum grep_order)value;
	return -1;
}

static int out_of_memory(void)
{
	log_err("out of memory");
	return GREP_TROUBLE;
}

int grep_add_word(struct grep_word_list *list, const char *arg)
{
	const char **words = realloc(list->words, (list->n + 1) * sizeof(*words));

	if (!words)
		return out_of_memory();
	list->words = words;
	words[list->n++] = arg;
	return -1;
}

/* Years that commas separate. */
int grep_add_years(struct grep_options *o, const char *arg)
{
	CLEANUP(buf_done) struct buf copy = { 0 };
	char *rest, *one;

	if (buf_add(&copy, arg, strlen(arg)) < 0)
		return out_of_memory();
	rest = copy.data;
	while ((one = strsep(&rest, ","))) {
		struct grep_years *years;

		if (strcmp(one, NAME_UNKNOWN_YEAR) == 0) {
			o->unknown_year = true;
			continue;
		}
		years = realloc(o->years, (o->n_years + 1) * sizeof(*years));
		if (!years)
			return out_of_memory();
		o->years = years;
		if (grep_years_parse(one, &years[o->n_years]) < 0)
			return cli_usage_error("'%s': a year is 2014, 2014..2020, 2014.., "
					       "..2020 or " NAME_UNKNOWN_YEAR,
				one);
		o->n_years++;
	}
	return -1;
}

/* --- patterns --- */

int grep_add_pattern(struct grep_options *o, const char *pattern)
{
	o->has_patterns = true;
	if (buf_add_str(&o->patterns, pattern) < 0 || buf_add(&o->patterns, "\n", 1) < 0)
		return out_of_memory();
	return -1;
}

static int read_stdin(struct buf *ret_text)
{
	char chunk[4096];
	size_t n;
	int r = 0;

	while (r == 0 && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		r = ret_text->len > PATTERNS_BYTES_MAX ? -EFBIG : buf_add(ret_text, chunk, n);
	return r == 0 && ferror(stdin) ? -EIO : r;
}

int grep_add_pattern_file(struct grep_options *o, const char *path)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r;

	o->has_patterns = true;
	r = strcmp(path, "-") == 0 ? read_stdin(&text)
				   : files_read(path, PATTERNS_BYTES_MAX, &text);
	if (r < 0) {
		log_err("%s: %s", path, strerror(-r));
		return GREP_TROUBLE;
	}
	if (text.len > 0)
		r = buf_add(&o->patterns, text.data, text.len);
	if (r == 0 && text.len > 0 && text.data[text.len - 1] != '\n')
		r = buf_add(&o->patterns, "\n", 1);
	return r < 0 ? out_of_memory() : -1;
}

static size_t count_lines(const struct buf *b)
{
	size_t i, n = 0;

	for (i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

int grep_options_compile(const struct grep_options *o, bool loose, struct match **ret_match)
{
	CLEANUP(buf_done) struct buf why = { 0 };
	struct match_options options = o->match;
	size_t n = count_lines(&o->patterns), i;
	struct match_string *patterns = calloc(n ? n : 1, sizeof(*patterns));
	const char *at = o->patterns.data;
	int r;

	if (!patterns)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		size_t rest = o->patterns.len - (size_t)(at - o->patterns.data);
		const char *end = memchr(at, '\n', rest);

		patterns[i] = (struct match_string){ at, (size_t)(end - at) };
		at = end + 1;
	}
	options.loose |= loose;
	r = match_new(patterns, n, &options, ret_match, &why);
	free(patterns);
	if (r < 0)
		log_err("%s", why.len ? buf_str(&why) : strerror(-r));
	return r;
}
