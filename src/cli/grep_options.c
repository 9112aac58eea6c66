/* The options of planfs grep: those of grep(1), and where to look. */
#include "grep_priv.h"

#include "planfs/name.h"

#include <stdlib.h>

/* Those without a letter. */
enum {
	OPTION_BINARY_FILES = 0x200,
	OPTION_COLOR,
	OPTION_COLUMN,
	OPTION_DISTRICT,
	OPTION_JSON,
	OPTION_LOOSE,
	OPTION_NO_IGNORE_CASE,
	OPTION_NO_LINE_NUMBER,
	OPTION_PLAN,
	OPTION_SECTION,
	OPTION_SORT,
	OPTION_YEAR,
};

const char grep_help[] =
	"  -F                   PATTERN is a string, or several, one to a line (the default)\n"
	"  -E, -G               PATTERN is an extended, or a basic, regular expression\n"
	"  -e PATTERN, -f FILE  one more pattern; patterns from a file, one to a line\n"
	"  -i, -w, -x, -v       ignore case; words; whole lines; lines that do not match\n"
	"  --loose              full width as half width, any blank as a space, case ignored\n"
	"  -l, -L, -c           only names of files, with hits or without; only counts\n"
	"  -o, -m N             only what matches; at most N lines of each file\n"
	"  -A N, -B N, -C N     with N lines behind it, before it, around it (also: -N)\n"
	"  --no-line-number     without the numbers of the lines (with them: -n, the default)\n"
	"  -b, --column         with the offset of the line; with the column, both in bytes\n"
	"  -H, -h, -Z           names of files: always; never; a NUL behind them\n"
	"  -a, -I               take binary files for text; skip them\n"
	"  -q, -s               print nothing; do not say what cannot be read\n"
	"  --color[=WHEN]       always, never, or auto (the default)\n"
	"  --json               one JSON object per line, match or file\n"
	"  --year Y[,Y…]        only of 2016, 2014..2020, 2014.., ..2020, " NAME_UNKNOWN_YEAR "\n"
	"  --district W, --plan W, --section W\n"
	"                       only where the name has W in it, fits the glob W, or is NAME\n"
	"                       for =NAME; of several W, one is enough\n"
	"  --sort=year|path     the newest year first (the default), or by path\n"
	"Without DB, MNT and PATH, the present directory in a mount. Exit code 0: found,\n"
	"1: nothing, 2: something went wrong.\n";

static const char shorts[] = "0123456789A:B:C:EFGHILPRZabce:f:hilm:noqrsvwx";

static const struct option longs[] = {
	{ "after-context", required_argument, NULL, 'A' },
	{ "basic-regexp", no_argument, NULL, 'G' },
	{ "before-context", required_argument, NULL, 'B' },
	{ "binary-files", required_argument, NULL, OPTION_BINARY_FILES },
	{ "byte-offset", no_argument, NULL, 'b' },
	{ "color", optional_argument, NULL, OPTION_COLOR },
	{ "colour", optional_argument, NULL, OPTION_COLOR },
	{ "column", no_argument, NULL, OPTION_COLUMN },
	{ "context", required_argument, NULL, 'C' },
	{ "count", no_argument, NULL, 'c' },
	{ "dereference-recursive", no_argument, NULL, 'r' },
	{ "district", required_argument, NULL, OPTION_DISTRICT },
	{ "extended-regexp", no_argument, NULL, 'E' },
	{ "file", required_argument, NULL, 'f' },
	{ "files-with-matches", no_argument, NULL, 'l' },
	{ "files-without-match", no_argument, NULL, 'L' },
	{ "fixed-strings", no_argument, NULL, 'F' },
	{ "ignore-case", no_argument, NULL, 'i' },
	{ "invert-match", no_argument, NULL, 'v' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "line-number", no_argument, NULL, 'n' },
	{ "line-regexp", no_argument, NULL, 'x' },
	{ "loose", no_argument, NULL, OPTION_LOOSE },
	{ "max-count", required_argument, NULL, 'm' },
	{ "no-filename", no_argument, NULL, 'h' },
	{ "no-ignore-case", no_argument, NULL, OPTION_NO_IGNORE_CASE },
	{ "no-line-number", no_argument, NULL, OPTION_NO_LINE_NUMBER },
	{ "no-messages", no_argument, NULL, 's' },
	{ "null", no_argument, NULL, 'Z' },
	{ "only-matching", no_argument, NULL, 'o' },
	{ "perl-regexp", no_argument, NULL, 'P' },
	{ "plan", required_argument, NULL, OPTION_PLAN },
	{ "quiet", no_argument, NULL, 'q' },
	{ "recursive", no_argument, NULL, 'r' },
	{ "regexp", required_argument, NULL, 'e' },
	{ "section", required_argument, NULL, OPTION_SECTION },
	{ "silent", no_argument, NULL, 'q' },
	{ "sort", required_argument, NULL, OPTION_SORT },
	{ "text", no_argument, NULL, 'a' },
	{ "with-filename", no_argument, NULL, 'H' },
	{ "word-regexp", no_argument, NULL, 'w' },
	{ "year", required_argument, NULL, OPTION_YEAR },
	{ 0 },
};

void grep_options_done(struct grep_options *o)
{
	buf_done(&o->patterns);
	free(o->years);
	free(o->districts.words);
	free(o->plans.words);
	free(o->sections.words);
}

/* --- parsing --- */

static int set_syntax(enum match_syntax syntax, struct grep_options *o, bool *is_set)
{
	if (*is_set && o->match.syntax != syntax)
		return cli_usage_error("only one of -F, -G and -E");
	o->match.syntax = syntax;
	*is_set = true;
	return -1;
}

/* What has a value. Returns -1 to go on. */
static int set_value(int c, struct grep_options *o, int64_t *context)
{
	switch (c) {
	case 'A':
		return grep_set_number("the number of lines behind", optarg, &o->after);
	case 'B':
		return grep_set_number("the number of lines before", optarg, &o->before);
	case 'C':
		return grep_set_number("the number of lines around", optarg, context);
	case 'm':
		return grep_set_number("the number of lines of a file", optarg, &o->max_count);
	case 'e':
		return grep_add_pattern(o, optarg);
	case 'f':
		return grep_add_pattern_file(o, optarg);
	case OPTION_BINARY_FILES:
		return grep_set_binary(optarg, o);
	case OPTION_COLOR:
		return grep_set_color(optarg, o);
	case OPTION_DISTRICT:
		return grep_add_word(&o->districts, optarg);
	case OPTION_PLAN:
		return grep_add_word(&o->plans, optarg);
	case OPTION_SECTION:
		return grep_add_word(&o->sections, optarg);
	case OPTION_SORT:
		return grep_set_order(optarg, o);
	default:
		return grep_add_years(o, optarg);
	}
}

/* What is either there or not. Returns false for other options. */
static bool set_flag(int c, struct grep_options *o)
{
	const struct {
		int c;
		bool *flag;
		bool value;
	} flags[] = {
		{ 'b', &o->offsets, true },
		{ 'i', &o->match.ignore_case, true },
		{ 'n', &o->line_numbers, true },
		{ 'o', &o->only_matching, true },
		{ 'q', &o->quiet, true },
		{ 's', &o->no_messages, true },
		{ 'v', &o->invert, true },
		{ 'w', &o->match.words, true },
		{ 'x', &o->match.lines, true },
		{ 'Z', &o->null_behind_name, true },
		{ OPTION_COLUMN, &o->columns, true },
		{ OPTION_JSON, &o->json, true },
		{ OPTION_LOOSE, &o->match.loose, true },
		{ OPTION_NO_IGNORE_CASE, &o->match.ignore_case, false },
		{ OPTION_NO_LINE_NUMBER, &o->line_numbers, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(flags); i++) {
		if (flags[i].c != c)
			continue;
		*flags[i].flag = flags[i].value;
		return true;
	}
	return false;
}

/* What is one of several. Returns false for other options. */
static bool set_choice(int c, struct grep_options *o)
{
	const struct {
		int c;
		int *choice;
		int value;
	} choices[] = {
		{ 'c', &o->counts, 1 },
		{ 'l', &o->listing, LIST_MATCHING },
		{ 'L', &o->listing, LIST_NOT_MATCHING },
		{ 'H', &o->file_names, 1 },
		{ 'h', &o->file_names, -1 },
		{ 'a', &o->binary, BINARY_TEXT },
		{ 'I', &o->binary, BINARY_SKIPPED },
		{ 'r', &o->is_recursive, 1 }, /* it always is */
		{ 'R', &o->is_recursive, 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(choices); i++) {
		if (choices[i].c != c)
			continue;
		*choices[i].choice = choices[i].value;
		return true;
	}
	return false;
}

/* Returns -1 to go on. */
static int set_option(int c, struct grep_options *o, bool *has_syntax, int64_t *context)
{
	if (set_flag(c, o) || set_choice(c, o))
		return -1;
	switch (c) {
	case 'E':
		return set_syntax(MATCH_EXTENDED, o, has_syntax);
	case 'F':
		return set_syntax(MATCH_FIXED, o, has_syntax);
	case 'G':
		return set_syntax(MATCH_BASIC, o, has_syntax);
	case 'P':
		return cli_usage_error(
			"-P: Perl's expressions are not known here; -E are POSIX ones");
	default:
		return set_value(c, o, context);
	}
}

/* -l and -L go before -c, and -q before all; as grep has it. */
static int settle(int argc, char **argv, struct grep_options *o, int64_t context)
{
	int r = -1;

	if (!o->has_patterns && optind == argc)
		return cli_usage_error("no pattern");
	if (!o->has_patterns)
		r = grep_add_pattern(o, argv[optind++]);
	if (o->match.loose && o->match.syntax != MATCH_FIXED)
		return cli_usage_error("--loose is for fixed strings, not for -E and -G");
	if (o->after < 0)
		o->after = context;
	if (o->before < 0)
		o->before = context;
	if (o->quiet)
		o->listing = LIST_LINES;
	else if (o->listing == LIST_LINES && o->counts)
		o->listing = LIST_COUNTS;
	return r;
}

int grep_options_parse(int argc, char **argv, struct grep_options *ret_options)
{
	struct grep_options *o = ret_options;
	int64_t context = -1;
	bool has_syntax = false, was_digit = false;
	int c, word = optind, last_word = -1, r = -1;

	*o = (struct grep_options){
		.before = -1, .after = -1, .max_count = INT64_MAX, .line_numbers = true
	};
	o->color = grep_terminal_has_colors();
	while (r == -1 && (c = cli_next_option(argc, argv, shorts, longs)) != -1) {
		if (c >= '0' && c <= '9') { /* the digits of one word are one number */
			if (!was_digit || word != last_word)
				context = 0;
			if (context < INT64_MAX / 20)
				context = context * 10 + (c - '0');
			was_digit = true;
			last_word = word;
		} else {
			r = set_option(c, o, &has_syntax, &context);
			was_digit = false;
		}
		word = optind;
	}
	return r == -1 ? settle(argc, argv, o, context) : r;
}
