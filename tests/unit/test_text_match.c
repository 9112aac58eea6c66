/* Lines that match, and what they need: planfs/match.h. What grep does is compared with grep itself in tests/search. */
#include "planfs/match.h"

#include "planfs/utf8.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATTERNS_MAX = 8 };

/* Patterns with a '\n' between them; NULL: none. */
static struct match *compile(const char *patterns, struct match_options options)
{
	struct match_string strings[PATTERNS_MAX];
	struct match *m = NULL;
	struct buf why = { 0 };
	size_t n = 0;

	while (patterns) {
		const char *end = strchrnul(patterns, '\n');

		assert_true(n < PATTERNS_MAX);
		strings[n++] = (struct match_string){ patterns, (size_t)(end - patterns) };
		patterns = *end ? end + 1 : NULL;
	}
	assert_int_equal(match_new(strings, n, &options, &m, &why), 0);
	assert_int_equal(why.len, 0);
	return m;
}

/* The numbers of the lines that match: "1 3". */
static const char *lines_of(struct match *m, const char *data, size_t len)
{
	static char found[256];
	struct match_span line = { 0, 0 };
	size_t at = 0, from = 0;
	int n = 0, r;

	found[0] = '\0';
	assert_int_equal(match_set_text(m, data, len), 0);
	while ((r = match_next_line(m, from, &line)) > 0) {
		assert_true(line.begin >= from && line.end > line.begin && line.end <= len);
		for (; at < line.end; at++)
			n += data[at] == '\n';
		n += data[line.end - 1] != '\n';
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%d",
			found[0] ? " " : "", n);
		from = line.end;
	}
	assert_int_equal(r, 0);
	return found;
}

/* What matches in the one line that @text is: "a|bc". */
static const char *matches_of(struct match *m, const char *text)
{
	static char found[256];
	struct match_span line = { 0, strlen(text) }, match;
	size_t from = 0;

	found[0] = '\0';
	assert_int_equal(match_set_text(m, text, strlen(text)), 0);
	while (from <= line.end && match_in_line(m, &line, from, &match) > 0) {
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%.*s",
			found[0] ? "|" : "", (int)(match.end - match.begin), text + match.begin);
		from = match.end > match.begin ? match.end : match.end + 1;
	}
	return found;
}

struct line_case {
	const char *patterns;
	struct match_options options;
	const char *text, *lines;
};

static void check_lines(const struct line_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct match *m = compile(cases[i].patterns, cases[i].options);
		const char *lines = lines_of(m, cases[i].text, strlen(cases[i].text));

		if (strcmp(lines, cases[i].lines) != 0)
			fail_msg("'%s' in '%s': lines %s", cases[i].patterns, cases[i].text, lines);
		match_free(m);
	}
}

#define FIXED(...)                                                                                 \
	{                                                                                          \
		.syntax = MATCH_FIXED, __VA_ARGS__                                                 \
	}
#define EXTENDED(...)                                                                              \
	{                                                                                          \
		.syntax = MATCH_EXTENDED, __VA_ARGS__                                              \
	}

static void fixed_strings_are_found_in_lines(void **state)
{
	static const struct line_case cases[] = {
		{ "德育", FIXED(), "德育\n安全\n智育德育\n", "1 3" },
		{ "德育", FIXED(), "安全\n德育", "2" },
		{ "德育", FIXED(), "", "" },
		{ "", FIXED(), "a\n\nb", "1 2 3" },
		{ "", FIXED(), "", "" },
		{ NULL, FIXED(), "a\n", "" },
		{ "德育\n安全", FIXED(), "德育\n智育\n安全\n", "1 3" },
		{ "德\n德育\n安", FIXED(), "智育\n德育\n安", "2 3" },
		{ "x\n", FIXED(), "a\nb\n", "1 2" },
		{ "a.c", FIXED(), "abc\na.c\n", "2" },
		{ "1\n2\n3", FIXED(), "0\n1\n22\n3", "2 3 4" },
	};

	(void)state;
	check_lines(cases, ARRAY_LEN(cases));
}

static void whole_lines_and_words(void **state)
{
	static const struct line_case cases[] = {
		{ "德育", FIXED(.lines = true), "德育\n德育。\n 德育\n德育", "1 4" },
		{ "", FIXED(.lines = true), "a\n\nb\n", "2" },
		{ "a\nab", FIXED(.lines = true), "ab\nb\na\naba\n", "1 3" },
		{ "ab", FIXED(.words = true), "ab\nabc\nx-ab-x\na_ab\nab_ ab\n", "1 3 5" },
		{ "德育", FIXED(.words = true), "德育\n德育工作\n“德育”\n1德育\n德育_\n", "1 3" },
		{ "ab\nabc", FIXED(.words = true), "abc\nabcd\nab abcd\n", "1 3" },
		{ "", FIXED(.words = true), "a\n\na b\na  b\n", "2 4" },
		{ "b|abc?", EXTENDED(.words = true), "abc\nab\nxb\nabcd b\n", "1 2 4" },
		{ "a+|b", EXTENDED(.lines = true), "aa\nab\nb\n", "1 3" },
		/* a brace that repeats nothing */
		{ "{", EXTENDED(), "{n\nn\n", "1" },
		{ "x|{n", EXTENDED(), "{n\nn\nx\n", "1 3" },
		{ "^{n", EXTENDED(), "a{n\n{n\nn\n", "2" },
		{ "[^]{]({2)|[[:digit:]{]{2}", EXTENDED(), "a{2\n{2\n{{\n2\n", "1 2 3" },
		{ "a{2}{", EXTENDED(), "aa{\naa\n", "1" },
		{ "ab", FIXED(.words = true, .lines = true), "ab\nab cd\n", "1" },
	};

	(void)state;
	check_lines(cases, ARRAY_LEN(cases));
}

static void case_is_ignored_for_all_letters(void **state)
{
	static const struct line_case cases[] = {
		{ "Ppt", FIXED(.ignore_case = true), "PPT\nppt\nPPt\nP T\n", "1 2 3" },
		{ "德育a", FIXED(.ignore_case = true), "德育A\n德育Ａ\n", "1" },
		{ "é", FIXED(.ignore_case = true), "É\ne\né", "1 3" },
		{ "Ａ", FIXED(.ignore_case = true), "ａ\nA\n", "1" },
		/* U+017F and U+0131 are small letters of S and I; U+212A is no letter of k */
		{ "is", FIXED(.ignore_case = true), "IS\nı\xC5\xBF\nx\n", "1 2" },
		{ "k", FIXED(.ignore_case = true), "K\n\xE2\x84\xAA\n", "1" },
		{ "σ", FIXED(.ignore_case = true), "Σ\nς\nσ\n", "1 2 3" },
		{ "p[ps]t", EXTENDED(.ignore_case = true), "PPT\np\xC5\xBFT\nppp\n", "1 2" },
		{ "a\nＢ", FIXED(.ignore_case = true), "ｂ\nA\nb\n", "1 2" },
	};

	(void)state;
	check_lines(cases, ARRAY_LEN(cases));
}

static void loose_ignores_width_blanks_and_case(void **state)
{
	static const struct line_case cases[] = {
		{ "(一)", FIXED(.loose = true), "（一）\n(一)\n（一)\n一\n", "1 2 3" },
		{ "９３％", FIXED(.loose = true), "93%\n９３%\n94%\n", "1 2" },
		{ "a b", FIXED(.loose = true),
			"Ａ　Ｂ\nA\tb\na\xC2\xA0"
			"b\na  b\n",
			"1 2 3" },
		{ "x", FIXED(.loose = true, .lines = true), "Ｘ\nＸｘ\n", "1" },
		{ "x", FIXED(.loose = true, .words = true), "Ｘ\nＸｘ\nｘ，ｙ\n", "1 3" },
		{ "，", FIXED(.loose = true), "1,2\n", "1" },
	};

	(void)state;
	check_lines(cases, ARRAY_LEN(cases));
}

static void places_in_the_folded_text_are_places_in_the_text(void **state)
{
	struct match *m = compile("b1", (struct match_options)FIXED(.loose = true));

	(void)state;
	assert_string_equal(matches_of(m, "　Ｂ１ｂ1\xFF（Ｂ1）b１"), "Ｂ１|ｂ1|Ｂ1|b１");
	assert_string_equal(matches_of(m, "ｂ"), "");
	match_free(m);
}

static void the_longest_of_the_first_matches_is_found(void **state)
{
	static const struct {
		const char *patterns;
		struct match_options options;
		const char *text, *matches;
	} cases[] = {
		{ "德育", FIXED(), "德育，德育德", "德育|德育" },
		{ "a\nabc\nbcd", FIXED(), "abcd abd", "abc|a" },
		{ "aa", FIXED(), "aaaaa", "aa|aa" },
		{ "ab\na", FIXED(.words = true), "ab abc a", "ab|a" },
		{ "ab\n--", FIXED(.words = true), "ab-- b--", "ab|--" },
		{ "a|abc|bcd", EXTENDED(), "abcd abd", "abc|a" },
		{ "a|ab|(c)(b)*", EXTENDED(), "abcbb", "ab|cbb" },
		{ "(.)\\1", EXTENDED(), "一一二三三三", "一一|三三" },
		{ "ab", FIXED(.lines = true), "ab", "ab" },
		{ "ab", FIXED(.lines = true), "abab", "" },
		{ "İ\nis", FIXED(.ignore_case = true), "I\xC5\xBFis", "I\xC5\xBF|is" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct match *m = compile(cases[i].patterns, cases[i].options);

		assert_string_equal(matches_of(m, cases[i].text), cases[i].matches);
		match_free(m);
	}
}

static void bytes_that_are_no_characters_are_found(void **state)
{
	struct match *m = compile("\xB5\xC2", (struct match_options)FIXED());

	(void)state;
	assert_string_equal(lines_of(m, "a\n\xB5\xC2\xD3\xFD\n", 7), "2");
	match_free(m);
	m = compile("b", (struct match_options)FIXED());
	assert_string_equal(lines_of(m, "a\0b\na\0\n\0b", 9), "1 3");
	match_free(m);
	m = compile("a.b", (struct match_options)EXTENDED());
	assert_string_equal(lines_of(m, "a\0b\n", 4), "1");
	match_free(m);
}

static void what_is_no_expression_is_refused_with_a_reason(void **state)
{
	static const char *const bad[] = { "[a", "(a", "a\\", "[[:foo:]]", "a{2,1}", "[:space:]",
		"[^:alpha:]", "\\1" };
	struct match_options options = EXTENDED();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		struct match_string pattern = { bad[i], strlen(bad[i]) };
		struct match *m = NULL;
		struct buf why = { 0 };

		assert_int_equal(match_new(&pattern, 1, &options, &m, &why), -EINVAL);
		assert_null(m);
		assert_true(why.len > 0);
		assert_null(strchr(buf_str(&why), '\n'));
		buf_done(&why);
	}
}

/* --- needs --- */

/* "a+b|c": both a and b, or c; "*": nothing is known. */
static const char *needs_of(const struct match *m)
{
	static char text[1024];
	const struct match_terms *needs;
	size_t n, i, k;

	needs = match_needs(m, &n);
	snprintf(text, sizeof(text), "%s", n ? "" : "*");
	for (i = 0; i < n; i++)
		for (k = 0; k < needs[i].n; k++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s",
				k   ? "+"
				: i ? "|"
				    : "",
				(int)needs[i].strings[k].len, needs[i].strings[k].data);
	return text;
}

static void expressions_need_their_literal_parts(void **state)
{
	static const struct {
		const char *pattern;
		struct match_options options;
		const char *needs;
	} cases[] = {
		{ "德育", FIXED(), "德育" },
		{ "德育\n安全", FIXED(), "德育|安全" },
		{ "德育\n", FIXED(), "*" },
		{ NULL, FIXED(), "*" },
		{ "Ppt", FIXED(.ignore_case = true), "ppt" },
		{ "is", FIXED(.ignore_case = true), "is|\xC5\xBF|\xC4\xB1" },
		{ "德é育", FIXED(.ignore_case = true), "德+育" },
		{ "（Ａ）", FIXED(.loose = true), "(a)" },
		{ "德育", EXTENDED(), "德育" },
		{ "德育|安全", EXTENDED(), "德育|安全" },
		{ "(德|智|体)育", EXTENDED(), "德育|智育|体育" },
		{ "第[一二三]节", EXTENDED(), "第一节|第二节|第三节" },
		{ "20(14|15)年", EXTENDED(), "2014年|2015年" },
		{ "201[4-6]", EXTENDED(), "2014|2015|2016" },
		{ "安全.*食堂", EXTENDED(), "安全+食堂" },
		{ "^安全$", EXTENDED(), "安全" },
		{ "\\b安全\\>", EXTENDED(), "安全" },
		{ "[0-9]+%", EXTENDED(), "0%|1%|2%|3%|4%|5%|6%|7%|8%|9%" },
		{ "[0-9]{4}年", EXTENDED(), "0年|1年|2年|3年|4年|5年|6年|7年|8年|9年" },
		{ "[^x]年", EXTENDED(), "年" },
		{ "[[:digit:]]年", EXTENDED(), "年" },
		{ ".", EXTENDED(), "*" },
		{ "a*", EXTENDED(), "*" },
		{ "", EXTENDED(), "*" },
		{ "德?育", EXTENDED(), "德育|育" },
		{ "德*育", EXTENDED(), "育" },
		{ "(德育)*", EXTENDED(), "*" },
		{ "德+育", EXTENDED(), "德+德育" },
		{ "德{2}育", EXTENDED(), "德德育" },
		{ "德{2,}育", EXTENDED(), "德德+德育" },
		{ "德{0,3}育", EXTENDED(), "育" },
		{ "德|.", EXTENDED(), "*" },
		{ "(德|)育", EXTENDED(), "德育|育" },
		{ "(德.x|安.y)z", EXTENDED(), "德+x+z|安+y+z" },
		{ "(德)\\1育", EXTENDED(), "德+育" },
		{ "a\\.b\\*", EXTENDED(), "a.b*" },
		{ "德\\w育", EXTENDED(), "德+育" },
		{ "德\\n育", EXTENDED(), "德+育" },
		{ "*德", EXTENDED(), "*" },
		{ "德**", EXTENDED(), "*" },
		{ "德{x", EXTENDED(), "*" },
		{ "P+t", EXTENDED(.ignore_case = true), "p+pt" },
		{ "é德", EXTENDED(.ignore_case = true), "德" },
		{ "德\\|安", { .syntax = MATCH_BASIC }, "德|安" },
		{ "德|安+", { .syntax = MATCH_BASIC }, "德|安+" },
		{ "\\(德\\)\\{2\\}", { .syntax = MATCH_BASIC }, "德德" },
		{ "*德", { .syntax = MATCH_BASIC }, "德" },
		{ "a^b$c", { .syntax = MATCH_BASIC }, "a+b+c" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct match *m = compile(cases[i].pattern, cases[i].options);

		if (strcmp(needs_of(m), cases[i].needs) != 0)
			fail_msg("'%s' needs '%s', not '%s'", cases[i].pattern, needs_of(m),
				cases[i].needs);
		match_free(m);
	}
}

/* --- at random --- */

static const char *const atoms[] = { "a", "b", "A", "德", "育", ".", "[ab]", "[^a]", "[[:alpha:]]",
	"\\w", "(a|b)", "(ab|德)", "(a|)", "x", "[a-c]", "\\<", "\\b", "^", "$", "(德育)", "s", "é",
	"\\.", "()" };
static const char *const repeats[] = { "", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{0}",
	"{2,}" };
static const char *const letters[] = { "a", "b", "A", "德", "育", "x", "c", ".", " ", "s",
	"\xC5\xBF", "É", "é", "S", "1" };

static size_t pick(size_t n)
{
	static uint32_t seed = 20161;

	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void random_expression(char *ret_text, size_t size)
{
	size_t i, n = 1 + pick(6);

	ret_text[0] = '\0';
	for (i = 0; i < n; i++) {
		size_t atom = pick(ARRAY_LEN(atoms));
		bool is_place = strchr("\\^$", atoms[atom][0]) && strcmp(atoms[atom], "\\w") != 0 &&
				strcmp(atoms[atom], "\\.") != 0;

		if (i > 0 && pick(8) == 0)
			strcat(ret_text, "|");
		strcat(ret_text, atoms[atom]);
		if (!is_place)
			strcat(ret_text, repeats[pick(ARRAY_LEN(repeats))]);
	}
	assert_true(strlen(ret_text) < size);
}

static bool holds(const char *line, const struct match_string *wanted, bool ignore_case)
{
	size_t i, len = strlen(line);

	for (i = 0; i + wanted->len <= len; i++)
		if (ignore_case ? strncasecmp(line + i, wanted->data, wanted->len) == 0
				: memcmp(line + i, wanted->data, wanted->len) == 0)
			return true;
	return false;
}

static bool has_needs(const struct match *m, const char *line, bool ignore_case)
{
	const struct match_terms *needs;
	size_t n, i, k;

	needs = match_needs(m, &n);
	for (i = 0; i < n; i++) {
		for (k = 0; k < needs[i].n; k++)
			if (!holds(line, &needs[i].strings[k], ignore_case))
				break;
		if (k == needs[i].n)
			return true;
	}
	return n == 0;
}

static void a_line_that_matches_has_what_is_needed(void **state)
{
	unsigned i, k, c, hits = 0, restricted = 0;

	(void)state;
	for (i = 0; i < 3000; i++) {
		struct match_options options =
			EXTENDED(.ignore_case = i % 3 == 0, .words = i % 7 == 0);
		char expression[200], line[100];
		const char *alone;
		struct match *m;
		size_t n;

		random_expression(expression, sizeof(expression));
		m = compile(expression, options);
		match_needs(m, &n);
		restricted += n > 0;
		for (k = 0; k < 20; k++) {
			line[0] = '\0';
			for (c = 0; c < 1 + pick(10); c++)
				strcat(line, letters[pick(ARRAY_LEN(letters))]);
			alone = lines_of(m, line, strlen(line));
			if (alone[0] && !has_needs(m, line, options.ignore_case))
				fail_msg("'%s' matches '%s', which lacks '%s'", expression, line,
					needs_of(m));
			hits += alone[0] != '\0';
		}
		match_free(m);
	}
	assert_true(hits > 5000 && restricted > 500);
}

/* The filter must not lose a line that stands among others. */
static void a_line_matches_among_others_as_alone(void **state)
{
	unsigned i, k, c;

	(void)state;
	for (i = 0; i < 2000; i++) {
		struct match_options options = EXTENDED(.ignore_case = i % 3 == 0,
			.words = i % 5 == 0, .lines = i % 11 == 0);
		char expression[200], text[2000] = "", wanted[200] = "", line[100];
		struct match *m;

		random_expression(expression, sizeof(expression));
		m = compile(expression, options);
		for (k = 0; k < 12; k++) {
			line[0] = '\0';
			for (c = 0; c < pick(10); c++)
				strcat(line, letters[pick(ARRAY_LEN(letters))]);
			strcat(line, "\n");
			if (lines_of(m, line, strlen(line))[0])
				snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted),
					"%s%u", wanted[0] ? " " : "", k + 1);
			strcat(text, line);
		}
		if (strcmp(lines_of(m, text, strlen(text)), wanted) != 0)
			fail_msg("'%s' in '%s': %s, not %s", expression, text,
				lines_of(m, text, strlen(text)), wanted);
		match_free(m);
	}
}

/* Many strings against each alone. */
static void many_strings_are_found_like_each_alone(void **state)
{
	unsigned i, k, c;

	(void)state;
	for (i = 0; i < 2000; i++) {
		struct match_options options = FIXED(.ignore_case = i % 2 == 0, .words = i % 3 == 0,
			.lines = i % 7 == 0, .loose = i % 5 == 0);
		char patterns[200] = "", text[300] = "";
		struct match *together;
		size_t from = 0, begin = SIZE_MAX;
		struct match_span line;
		int n = (int)(1 + pick(4)), p;
		char each[4][50];

		for (p = 0; p < n; p++) {
			each[p][0] = '\0';
			for (c = 0; c < pick(4); c++)
				strcat(each[p], letters[pick(ARRAY_LEN(letters))]);
			snprintf(patterns + strlen(patterns), sizeof(patterns) - strlen(patterns),
				"%s%s", p ? "\n" : "", each[p]);
		}
		for (k = 0; k < 20; k++)
			strcat(text, pick(5) == 0 ? "\n" : letters[pick(ARRAY_LEN(letters))]);
		for (p = 0; p < n; p++) {
			struct match *m = compile(each[p], options);

			assert_int_equal(match_set_text(m, text, strlen(text)), 0);
			if (match_next_line(m, from, &line) > 0 && line.begin < begin)
				begin = line.begin;
			match_free(m);
		}
		together = compile(patterns, options);
		assert_int_equal(match_set_text(together, text, strlen(text)), 0);
		if (match_next_line(together, 0, &line) == 0)
			line.begin = SIZE_MAX;
		if (line.begin != begin)
			fail_msg("'%s' in '%s': %zu, not %zu", patterns, text, line.begin, begin);
		match_free(together);
	}
}

static int set_up(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

/* Many minutes if the matcher had to find it out. */
static void a_long_line_without_what_is_needed_is_no_work(void **state)
{
	static const char *const patterns[] = { "name.*食", "\\bname\\b.*食", "name.*[食餐]" };
	static const char word[] = "{\"name\": \"value\"}, ";
	static char line[80000 * (sizeof(word) - 1) + 2];
	size_t i, at;

	(void)state;
	for (at = 0; at + sizeof(word) < sizeof(line); at += sizeof(word) - 1)
		memcpy(line + at, word, sizeof(word) - 1);
	line[at++] = '\n';
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		CLEANUP(match_freep)
		struct match *m = compile(patterns[i], (struct match_options)EXTENDED());

		assert_string_equal(lines_of(m, line, at), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_strings_are_found_in_lines),
		cmocka_unit_test(whole_lines_and_words),
		cmocka_unit_test(case_is_ignored_for_all_letters),
		cmocka_unit_test(loose_ignores_width_blanks_and_case),
		cmocka_unit_test(places_in_the_folded_text_are_places_in_the_text),
		cmocka_unit_test(the_longest_of_the_first_matches_is_found),
		cmocka_unit_test(bytes_that_are_no_characters_are_found),
		cmocka_unit_test(what_is_no_expression_is_refused_with_a_reason),
		cmocka_unit_test(expressions_need_their_literal_parts),
		cmocka_unit_test(a_line_that_matches_has_what_is_needed),
		cmocka_unit_test(a_line_matches_among_others_as_alone),
		cmocka_unit_test(many_strings_are_found_like_each_alone),
		cmocka_unit_test(a_long_line_without_what_is_needed_is_no_work),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
