/* The rules file: noise, repairs and places; see planfs/rules.h and data/rules.txt. */
#include "planfs/rules.h"

#include "planfs/utf8.h"
#include "text_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 7, RULE_CHARS_MAX = 1000 };

/* A line, cut at its tabs. The fields are C strings that the rules own. */
struct fields {
	char *at[FIELDS_MAX];
	size_t n;
};

static const char *const reasons[] = { "page furniture", "upload date", "advertisement",
	"lead-in of a web page", "reader's comment", "program code", "link", "file name",
	"table of contents", "rule of the user" };

void rules_free(struct rules *rules)
{
	size_t i;

	if (!rules)
		return;
	for (i = 0; i < rules->n_pool; i++)
		free(rules->pool[i]);
	free(rules->pool);
	free(rules->noise);
	free(rules->repairs);
	free(rules->places);
	free(rules);
}

/* Keep @take_text as long as the rules live; it is freed on failure. */
static int keep(struct rules *rules, char *take_text)
{
	int r = take_text ? 0 : -ENOMEM;

	if (r == 0)
		r = array_grow(&rules->pool, rules->n_pool, &rules->pool_capacity, sizeof(char *));
	if (r < 0) {
		free(take_text);
		return r;
	}
	rules->pool[rules->n_pool++] = take_text;
	return 0;
}

/* The folded form of @field, kept. */
static int keep_folded(struct rules *rules, const char *field, const char **ret)
{
	CLEANUP(buf_done) struct buf folded = { 0 };
	int r;

	*ret = NULL;
	if (strcmp(field, "-") == 0)
		return 0;
	r = fold_text(field, strlen(field), &folded);
	if (r == 0)
		r = keep(rules, buf_steal(&folded).data);
	if (r == 0)
		*ret = rules->pool[rules->n_pool - 1];
	return r;
}

/* The place of @word in @list + 1, 0 when it is not there. */
static unsigned find_word(const char *word, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return (unsigned)i + 1;
	return 0;
}

static int add_drop(struct rules *rules, const struct fields *f, const char **why)
{
	static const char *const hows[] = { "whole", "prefix", "suffix", "has" };
	static const char *const flags[] = { "-", "next", "cut", "title", "last", "list" };
	static const unsigned bits[] = { 0, NOISE_AND_NEXT, NOISE_CUT, NOISE_TITLE, NOISE_LAST,
		NOISE_LIST };
	unsigned how, flag, reason;
	struct noise_row row = { 0 };
	int r;

	*why = "drop needs HOW FIRST SECOND CHARS FLAG REASON";
	if (f->n != 7)
		return -EINVAL;
	how = find_word(f->at[1], hows, ARRAY_LEN(hows));
	flag = find_word(f->at[5], flags, ARRAY_LEN(flags));
	reason = find_word(f->at[6], reasons, ARRAY_LEN(reasons));
	row.chars = (unsigned)strtoul(f->at[4], NULL, 10);
	if (how == 0 || flag == 0 || row.chars == 0 || row.chars > RULE_CHARS_MAX ||
		strcmp(f->at[2], "-") == 0 || !f->at[2][0])
		return -EINVAL;
	row.how = (enum noise_how)(how - 1);
	row.flags = bits[flag - 1];
	row.reason = reasons[(reason ? reason : ARRAY_LEN(reasons)) - 1];
	r = keep_folded(rules, f->at[2], &row.first);
	if (r == 0)
		r = keep_folded(rules, f->at[3], &row.second);
	if (r == 0)
		r = array_grow(&rules->noise, rules->n_noise, &rules->noise_capacity, sizeof(row));
	if (r < 0)
		return r;
	rules->noise[rules->n_noise++] = row;
	return 0;
}

static int add_repair(struct rules *rules, const struct fields *f, const char **why)
{
	struct repair_row row = { 0 };
	int r;

	*why = "repair needs FROM TO [before-han], and two bytes in FROM";
	if (f->n < 3 || f->n > 4 || strlen(f->at[1]) < 2)
		return -EINVAL;
	if (f->n == 4 && strcmp(f->at[3], "before-han") != 0)
		return -EINVAL;
	row = (struct repair_row){ f->at[1], f->at[2], f->n == 4 };
	r = array_grow(&rules->repairs, rules->n_repairs, &rules->repairs_capacity, sizeof(row));
	if (r < 0)
		return r;
	rules->repairs[rules->n_repairs++] = row;
	return 0;
}

static int add_place(struct rules *rules, const struct fields *f, const char **why)
{
	struct place_row row = { 0 };
	size_t n = f->n == 3 ? division_find(f->at[2], strlen(f->at[2]), &row.division) : 0;
	int r;

	*why = "place needs SHORT FULL, and FULL is the name of a division";
	if (n == 0 || strlen(f->at[1]) < 6)
		return -EINVAL;
	row.name = f->at[1];
	r = array_grow(&rules->places, rules->n_places, &rules->places_capacity, sizeof(row));
	if (r < 0)
		return r;
	rules->places[rules->n_places++] = row;
	return 0;
}

static int add_line(struct rules *rules, char *line, const char **why)
{
	struct fields f = { 0 };
	char *at = line;

	while (f.n < FIELDS_MAX && at) {
		char *tab = strchr(at, '\t');

		f.at[f.n++] = at;
		if (tab)
			*tab = '\0';
		at = tab ? tab + 1 : NULL;
	}
	*why = "more than seven fields";
	if (at)
		return -EINVAL;
	if (strcmp(f.at[0], "drop") == 0)
		return add_drop(rules, &f, why);
	if (strcmp(f.at[0], "repair") == 0)
		return add_repair(rules, &f, why);
	if (strcmp(f.at[0], "place") == 0)
		return add_place(rules, &f, why);
	*why = "neither drop nor repair nor place; fields are separated by tabs";
	return -EINVAL;
}

/* Which pairs of bytes begin a repair, so that the others need no look. */
static void note_beginnings(struct rules *rules)
{
	size_t i;

	for (i = 0; i < rules->n_repairs; i++) {
		const unsigned char *from = (const unsigned char *)rules->repairs[i].from;
		unsigned pair = from[0] * 256u + from[1];

		rules->beginnings[pair / 8] |= (unsigned char)(1u << pair % 8);
	}
}

int rules_add(
	struct rules *rules, const char *text, size_t len, unsigned *ret_line, const char **ret_why)
{
	char *copy, *line, *next;
	int r;

	*ret_line = 0;
	*ret_why = "not UTF-8";
	if (!utf8_is_valid(text, len, NULL) || (len > 0 && memchr(text, '\0', len)))
		return -EILSEQ;
	copy = text_dup(text, len);
	r = keep(rules, copy);
	for (line = copy; r == 0 && line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		++*ret_line;
		if (*line && *line != '#')
			r = add_line(rules, line, ret_why);
	}
	note_beginnings(rules);
	places_note_beginnings(rules);
	return r;
}

int rules_new(struct rules **ret_rules)
{
	CLEANUP(rules_freep) struct rules *rules = calloc(1, sizeof(*rules));
	const char *why;
	unsigned line;
	int r;

	if (!rules)
		return -ENOMEM;
	r = rules_add(rules, default_rules, strlen(default_rules), &line, &why);
	if (r < 0)
		return r;
	*ret_rules = rules;
	rules = NULL;
	return 0;
}
