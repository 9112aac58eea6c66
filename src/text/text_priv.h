/*
 * What the files of the text module share: folded characters, numbers, paragraphs, markers.
 *
 * Matching is done on folded characters (full-width forms equal half-width forms, every blank is a
 * space), read through a cursor; the text itself is never changed by it.
 */
#pragma once

#include "planfs/array.h"
#include "planfs/attr.h"
#include "planfs/buf.h"
#include "planfs/document.h"
#include "planfs/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- fold.c ---- */

struct cursor {
	const char *at, *end; /* borrowed */
};

uint32_t fold_char(uint32_t c);
struct cursor cursor_over(const char *s, size_t len);
uint32_t cursor_peek(const struct cursor *c); /* folded; 0 at the end */
uint32_t cursor_next(struct cursor *c);       /* the same, and step over it */
bool cursor_skip(struct cursor *c, uint32_t wanted);
bool cursor_skip_text(
	struct cursor *c, const char *wanted); /* all of @wanted (folded) or nothing */
void cursor_skip_blanks(struct cursor *c);

/* Step back over one character; 0 when @c stands at @begin. */
uint32_t cursor_back(struct cursor *c, const char *begin);

/* The folded copy of a text; ASCII letters become small. Returns 0 or -ENOMEM. */
int fold_text(const char *s, size_t len, struct buf *ret_folded) MUST_CHECK;

bool char_is_han(uint32_t c);
bool char_is_digit(uint32_t c);
bool char_ends_sentence(uint32_t c); /* 。!?; and what closes a quotation after them */
size_t text_chars(const char *s, size_t len);
void text_trim(const char **s, size_t *len);
bool text_has(const char *s, size_t len, const char *wanted);
bool text_ends_with(const char *s, size_t len, const char *wanted);

/* ---- number.c ---- */

/* The value of an ASCII, full-width or Han digit (after folding), -1 for another character. */
int number_digit(uint32_t c);

/* 一 to 九百九十九, also 廿 and 〇: the value, and step over it; 0 when there is none. */
unsigned number_han(struct cursor *c);

/* Up to @digits ASCII or full-width digits: the value, and step over them; 0 when there is none. */
unsigned number_digits(struct cursor *c, unsigned digits);

/* Either of them. */
unsigned number_any(struct cursor *c);

/* The Han numeral of 1 to 99. @ret is cut to @size. */
void number_to_han(unsigned n, char *ret, size_t size);

/* ---- paras.c ---- */

/* A line that is not blank. */
struct para {
	const char *text; /* borrowed from the document's text or from the pool below */
	size_t len;
	unsigned line;
	bool gap;            /* a blank line stands before it */
	bool cut;            /* the source breaks off behind it */
	unsigned char level; /* see struct document_options */
};

struct paras {
	struct para *items; /* owned */
	size_t n, capacity;
	char **pool; /* owned: texts that had to be put together */
	size_t n_pool, pool_capacity;
};

void paras_done(struct paras *p);
int paras_add(struct paras *p, const struct para *para) MUST_CHECK;
int paras_split(struct paras *p, const char *text, size_t len,
	const struct document_options *options) MUST_CHECK; /* @options may be NULL */
int paras_keep(
	struct paras *p, char *take_text) MUST_CHECK; /* into the pool; frees it on failure */

/* ---- words.c ---- */

enum { WORDS_MAX = 250, WORDS_BUCKETS = 512 };

/* A set of words that are looked for in one pass over a text. */
struct words {
	const char *words[WORDS_MAX]; /* borrowed, each of at least 2 bytes */
	unsigned char len[WORDS_MAX];
	unsigned char next[WORDS_MAX];
	unsigned char head[WORDS_BUCKETS];
	size_t n;
};

void words_init(struct words *w);
void words_add(struct words *w, const char *word);

/* Add to @counts[i] how often the i-th word occurs in the text. */
void words_count(const struct words *w, const char *s, size_t len, unsigned *counts);

/* ---- rules.c, noise.c ---- */

enum noise_how { NOISE_WHOLE, NOISE_PREFIX, NOISE_SUFFIX, NOISE_HAS };

enum {
	NOISE_AND_NEXT = 1, /* the next line goes with it */
	NOISE_CUT = 2,      /* the text before it breaks off */
	NOISE_TITLE = 4,    /* it is the document's file name: a title */
	NOISE_LAST = 8,     /* only as the last line of a plan */
	NOISE_LIST = 16,    /* the short lines behind it go with it: a list of other pages */
};

/* A line is noise when it is at most @chars long and holds @first as @how says, and @second. */
struct noise_row {
	enum noise_how how;
	const char *first;  /* folded, small letters; borrowed from the rules like all texts here */
	const char *second; /* NULL: nothing more is asked for */
	unsigned chars;
	unsigned flags;
	const char *reason;
};

struct repair_row {
	const char *from, *to;
	bool before_han; /* only when a Han character follows */
};

struct division; /* below */

struct place_row {
	const char *name;
	const struct division *division;
};

struct rules {
	struct noise_row *noise; /* owned */
	size_t n_noise, noise_capacity;
	struct repair_row *repairs; /* owned */
	size_t n_repairs, repairs_capacity;
	unsigned char beginnings[8192]; /* a bit for each pair of bytes that a repair begins with */
	unsigned char place_beginnings[8192]; /* likewise for the first two characters of a place */
	struct place_row *places;             /* owned */
	size_t n_places, places_capacity;
	char **pool; /* owned: the texts of the rules */
	size_t n_pool, pool_capacity;
};

extern const char default_rules[]; /* made from data/rules.txt */

struct build; /* below */

int noise_repair(struct build *b) MUST_CHECK;
int noise_drop_lines(struct build *b) MUST_CHECK;

/* Is this the last line of a plan, and a link to something else? Returns the reason or NULL. */
const char *noise_last_line(const struct rules *rules, const struct para *p);

/* ---- pages.c ---- */

/* Join lines that are numbered pages, and break the result at its headings. Returns 0 or -ENOMEM. */
int pages_join(struct build *b) MUST_CHECK;

/* ---- collection.c ---- */

struct member {
	size_t para; /* the heading */
	unsigned number;
	const char *stem; /* borrowed: what stands before 篇一 */
	size_t stem_len;
	const char *label; /* borrowed: 篇一, without brackets */
	size_t label_len;
	const char *rest; /* borrowed: what stands behind it, the plan's own title */
	size_t rest_len;
};

struct members {
	struct member *items; /* owned */
	size_t n, capacity;
};

/* The headings that split @p into plans; none when it is one plan. Returns 0 or -ENOMEM. */
int collection_find(const struct paras *p, struct members *ret_members) MUST_CHECK;

/* Can the line be such a heading? */
bool collection_may_begin(const struct para *p);

/* ---- marker.c ---- */

/* From the highest to the lowest level. */
enum marker_kind {
	MARKER_NONE,
	MARKER_PART,        /* 第一部分, 第一章 */
	MARKER_HAN,         /* 一、 */
	MARKER_PAREN_HAN,   /* (一) */
	MARKER_PERIOD,      /* 一月份: 第一季度: */
	MARKER_DIGIT,       /* 1、 1. */
	MARKER_PAREN_DIGIT, /* (1) 1) */
	MARKER_CIRCLED,     /* ① */
	MARKER_CHAIN,       /* 一是 二是 三是; 抓手一: 抓手二: */
	MARKER_ANNEX,       /* 附件1 */
	MARKER_STYLE,       /* none in the text: a program marked the line as a heading */
	N_MARKERS,
};

struct marker {
	enum marker_kind kind;
	unsigned number;
	size_t len;        /* bytes before the title */
	const char *label; /* borrowed: of a chain, 是 or 抓手 */
	size_t label_len;
};

/* What the paragraph begins with. MARKER_CHAIN is a candidate that sections.c looks at again. */
struct marker marker_parse(const char *s, size_t len);

/* ---- title.c ---- */

/* The title behind a marker: up to the first stop, shortened at a comma. */
void title_of_heading(const char **s, size_t *len);

/* Can this line be the title of a plan: short, no stop at its end, and it ends in 计划, 要点, … */
bool title_is_plan_title(const char *s, size_t len);

/* 关于印发《2016年工作要点》的通知: then *s and *len become what is issued. */
bool title_inside_notice(const char **s, size_t *len);

/* Without the year of an upload before it and "(优秀19篇)" behind it. */
void title_stem(const char **s, size_t *len);

/* ---- divisions.c ---- */

/*
 * A division of China at some time, of a county's level or above. Sorted by name, the latest first. Without pointers, which
 * the loader would have to set, and touch all of the table for it, each time the program starts.
 */
struct division {
	char name[48];
	char parent[40];   /* the prefecture, or the province when there is none */
	char province[28]; /* "" for a province */
	unsigned code;
	unsigned short first, last; /* years on record; last 9999: today */
	bool shared;                /* two places had this name at one time */
};

extern const struct division divisions[]; /* made from data/divisions.csv */
extern const size_t n_divisions;

/* The rows with that name. Returns their number and *ret_first. */
size_t division_find(const char *s, size_t len, const struct division **ret_first);
bool division_is_province(const struct division *d);
bool division_is_prefecture(const struct division *d);

/* A place as a text names it: 江苏省南通市通州区. */
struct place {
	const struct division *division; /* the last name's */
	const char *name;                /* borrowed: the last name in the text */
	size_t name_len, len;            /* of it, and of all names from the first on */
	const char *alias; /* borrowed from the rules: the name is a usual one; or NULL */
	bool certain;      /* one place only can be meant */
};

/* Does a place stand at the beginning of @s? Then *ret is it. */
bool place_parse(const struct rules *rules, const char *s, size_t len, struct place *ret);

/* Which one of a shared name is meant may stand before it, as 南通通州区; the text begins at @begin. */
void place_look_back(struct place *p, const char *begin);

/* Does its parent, without the last character, stand before it? */
bool place_follows_parent(const struct place *p, const char *begin);

/* Note in @rules which characters places begin with. */
void places_note_beginnings(struct rules *rules);

/* ---- district_unlisted.c ---- */

/* Bytes of what looks like the name of a district at @s; 0 when it does not. */
size_t place_parse_unlisted(const char *s, size_t len);

/* The name of a directory: a shared name with its parent's. Returns 0 or -ENOMEM. */
int place_name(const struct place *p, struct buf *ret) MUST_CHECK;

/* ---- year.c, district.c, kind.c ---- */

struct facts {
	const struct para *paras; /* of one plan */
	size_t n;
	const char *title;       /* the plan's own title; "" when it has none of its own */
	unsigned title_line;     /* where it stands; 0: it is the document's name */
	const struct para *hint; /* a line beside the text that names the publisher; or NULL */
	const struct rules *rules;
};

/* Why something was decided. */
struct found {
	const char *rule;  /* static */
	unsigned line;     /* 0: the document's name */
	const char *quote; /* borrowed */
	size_t quote_len;
};

/* 0 when it is not said. @kind is what kind_find() found. */
unsigned year_find(const struct facts *f, const char *kind, struct found *ret_found);

/* Is the line a date and nothing else, as it stands below a signature? */
bool para_is_date(const struct para *p);

/* Returns 0 and the name in *ret_name (empty when it is not said), or -ENOMEM. */
int district_find(const struct facts *f, struct buf *ret_name, struct found *ret_found) MUST_CHECK;

const char *kind_find(const struct facts *f, struct found *ret_found);
const char *topic_find(const struct facts *f, struct found *ret_found);

/* ---- headings.c ---- */

/* A paragraph: what it begins with, and whether a section begins with it. */
struct item {
	struct marker marker;
	bool heading;
};

struct headings {
	const struct facts *facts; /* borrowed */
	struct item *items;        /* owned; one per paragraph */
	enum marker_kind level;    /* of the headings; MARKER_NONE when there are none */
	size_t annex;   /* the first paragraph of the annexes, or the number of paragraphs */
	size_t closing; /* the first paragraph behind a chain of single paragraphs, likewise */
};

/* Find where the sections of @f begin. Returns 0 and *ret_headings, or -ENOMEM. */
int headings_find(const struct facts *f, struct headings *ret_headings) MUST_CHECK;
void headings_done(struct headings *s);

/* ---- headings_bare.c ---- */

/* Headings by their style, and short lines alone; each changes @s only when it finds some. */
void headings_find_styled(struct headings *s);
void headings_find_bare(struct headings *s);

/* Can the line be a heading: short and without a sentence? */
bool para_is_short(const struct para *p);

/* ---- sections.c ---- */

/* Split the paragraphs of @f into @plan->sections. Returns 0 or -ENOMEM. */
int sections_make(const struct facts *f, struct plan *plan) MUST_CHECK;

/* ---- report.c ---- */

/* A document while it is taken apart. */
struct build {
	struct document doc;
	const struct document_options *options;
	const struct rules *rules; /* borrowed from the options, or own_rules */
	struct rules *own_rules;
	struct buf text; /* the document's, after repair */
	struct paras paras;
	const char
		*file_title; /* borrowed from @text: a file name that stands in the text; or NULL */
	size_t file_title_len;
	unsigned title_line; /* of the plan under way; 0: not in the text */
	struct para hint;    /* the line that names the publisher */
	size_t dropped_capacity, plans_capacity;
};

/* Note that @len bytes of @s, from @line, are in no plan. Returns 0 or -ENOMEM. */
int report_dropped(struct build *b, const struct para *p, const char *reason) MUST_CHECK;

/* Note why @value was decided about the plan. Returns 0 or -ENOMEM. */
int report_evidence(struct plan *plan, const char *about, const char *value,
	const struct found *found) MUST_CHECK;

/* ---- plan.c ---- */

/* What a plan is made of: a range of paragraphs and, in a collection, the heading before it. */
struct range {
	size_t from, to;             /* of the build's paragraphs */
	const struct member *member; /* NULL when the document is one plan */
};

/* Add the plan that @range holds to the document, if there is one in it. Returns 0 or -ENOMEM. */
int plan_make(struct build *b, const struct range *range) MUST_CHECK;

/* Give every plan a directory name of its own within its year and district. Returns 0 or -ENOMEM. */
int plan_name_all(struct document *doc) MUST_CHECK;

/* Free what @plan holds. Accepts a zeroed object. */
void plan_done(struct plan *plan);

/* ---- sketch.c ---- */

enum { SHINGLE = 5 };

/* The last characters that count, the newest behind the others, and where shingles go. */
struct shingler {
	uint32_t chars[SHINGLE];
	unsigned n;                          /* at most SHINGLE */
	bool fold;                           /* a number is one character, letters have no case */
	int (*fn)(void *arg, uint32_t hash); /* a result other than 0 ends it */
	void *arg;
};

/* Hand over the shingles of a text, which goes on where the last one ended. Returns 0 or what @s->fn did. */
int shingle(struct shingler *s, const char *text, size_t len) MUST_CHECK;
