/*
 * The year of a plan: only from a sentence about the plan itself. Dates of laws, of uploads and of years
 * before stand in every plan; a wrong year is worse than none.
 */
#include "text_priv.h"

#include <string.h>

enum {
	FIRST_YEAR = 1980,
	LAST_YEAR = 2099,
	YEARS = LAST_YEAR - FIRST_YEAR + 1,
	LOOK_BYTES = 180,
	PLACES_MAX = 4000 /* years looked at in one plan; a real one has a few dozen */
};

/* What counts, and how much. */
enum {
	SCORE_NEEDED = 2,
	SCORE_TITLE = 8,
	SCORE_OPENING = 3,
	SCORE_IS = 3,
	SCORE_WORK = 3,
	SCORE_TASK = 2,
	SCORE_DATE = 2
};

/* What is known about the years of a plan. */
struct tally {
	int scores[YEARS];
	int best[YEARS]; /* of the one place that is quoted */
	struct found found[YEARS];
	unsigned places;
};

static void add_score(struct tally *t, unsigned year, int score, const struct found *found)
{
	unsigned i = year - FIRST_YEAR;

	if (score <= 0 || year < FIRST_YEAR || year > LAST_YEAR)
		return;
	t->scores[i] += score;
	if (score > t->best[i]) {
		t->best[i] = score;
		t->found[i] = *found;
	}
}

struct place_of_year {
	const char *begin;    /* of the paragraph */
	const char *digits;   /* where the year begins */
	struct cursor behind; /* behind 年, to the end of the sentence */
	bool opening;         /* one of the first paragraphs */
};

/* A year of four digits, ASCII, full-width or Han (二〇一六): 0 when there is none at @c. */
static unsigned parse_year(struct cursor *c)
{
	unsigned value = 0, chars;

	for (chars = 0; chars < 4; chars++) {
		int digit = number_digit(cursor_peek(c));

		if (digit < 0)
			return 0;
		cursor_next(c);
		value = value * 10 + (unsigned)digit;
	}
	return value >= FIRST_YEAR && value <= LAST_YEAR ? value : 0;
}

static bool is_dash(uint32_t c)
{
	return c == '-' || c == '~' || c == 0x2014 || c == 0x2013 || c == 0x81F3 || c == 0x5230;
}

/* The year whose 年 stands at @at, and where it begins. */
static unsigned year_before(
	const char *begin, const char *at, const char *end, const char **ret_digits)
{
	struct cursor c = { at, end };
	struct cursor year;
	unsigned chars, value;

	while (cursor_back(&c, begin) == ' ')
		at = c.at;
	c.at = at;

	for (chars = 0; chars < 4; chars++)
		if (number_digit(cursor_back(&c, begin)) < 0)
			return 0;
	year = c;
	*ret_digits = c.at;
	value = parse_year(&year);
	if (year.at != at)
		return 0;
	return char_is_digit(cursor_back(&c, begin)) || is_dash(cursor_peek(&c)) ? 0 : value;
}

/* Up to the end of the sentence, but not far. */
static struct cursor sentence(const char *at, const char *end)
{
	struct cursor c = { at, end - at > LOOK_BYTES ? at + LOOK_BYTES : end };
	struct cursor all = c;

	while (c.at < c.end) {
		all.end = c.at;
		if (cursor_next(&c) == 0x3002)
			return all;
	}
	all.end = c.at;
	return all;
}

/* Before the first comma, so that "2016年高中招生,工作…" is not about 2016年…工作. */
static bool clause_has(struct cursor c, const char *word)
{
	struct cursor clause = c;

	while (clause.at < clause.end && cursor_peek(&clause) != ',')
		cursor_next(&clause);
	return text_has(c.at, (size_t)(clause.at - c.at), word);
}

static bool has_any(struct cursor c, const char *const *words, size_t n, bool clause)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (clause ? clause_has(c, words[i])
			   : text_has(c.at, (size_t)(c.end - c.at), words[i]))
			return true;
	return false;
}

/* "2016年全市教育工作的总体思路是", "2015年,全区教体工作以…为指导". */
static int score_opening(const struct place_of_year *p)
{
	static const char *const ours[] = { "工作", "全市", "全县", "全区", "我局", "我校", "我市",
		"我县", "我区", "计划", "学校" };
	static const char *const past[] = { "取得", "完成了", "荣获", "颁布", "印发", "发布",
		"以来" };
	const char *s = p->begin;
	size_t len = (size_t)(p->digits - p->begin);

	text_trim(&s, &len);
	if (!p->opening || len > 0 || has_any(p->behind, past, ARRAY_LEN(past), false))
		return 0;
	return has_any(p->behind, ours, ARRAY_LEN(ours), false) ? SCORE_OPENING : 0;
}

/* "2016年是深化改革的开局之年", "2020年是建设教育强市的第二年". */
static int score_is(const struct place_of_year *p)
{
	static const char *const years[] = { "之年", "一年", "二年", "三年", "四年", "五年",
		"关键年", "开局年" };
	struct cursor c = p->behind;

	return cursor_skip(&c, 0x662F) && has_any(c, years, ARRAY_LEN(years), false) ? SCORE_IS : 0;
}

/* "做好2016年教育工作", "制定2016年工作计划", "2016年度工作要点如下". */
static int score_work(const struct place_of_year *p)
{
	static const char *const verbs[] = { "做好", "制定", "制订", "特制定", "特制订", "安排",
		"现将", "就", "搞好", "为", "提出", "开展", "抓好", "确定" };
	static const char *const work[] = { "工作", "要点", "计划", "总体思路", "总体要求" };
	size_t i, before = (size_t)(p->digits - p->begin);

	if (!has_any(p->behind, work, ARRAY_LEN(work), true))
		return 0;
	for (i = 0; i < ARRAY_LEN(verbs); i++)
		if (text_ends_with(p->begin, before, verbs[i]))
			return SCORE_WORK;
	return 0;
}

/* "完成2014年职校招生工作任务", "2015年,力争完成…8700万元". */
static int score_task(const struct place_of_year *p)
{
	static const char *const tasks[] = { "任务", "目标" };
	static const char *const aims[] = { ",力争", ",将", ",要", ",确保", ",完成", ",计划",
		",我们将", "力争", "将", "要", "计划" };
	size_t i, before = (size_t)(p->digits - p->begin);
	struct cursor c;

	if (text_ends_with(p->begin, before, "完成") || text_ends_with(p->begin, before, "实现"))
		return has_any(p->behind, tasks, ARRAY_LEN(tasks), true) ? SCORE_TASK : 0;
	for (i = 0; i < ARRAY_LEN(aims); i++) {
		c = p->behind;
		if (cursor_skip_text(&c, aims[i]))
			return SCORE_TASK;
	}
	return 0;
}

static int score_place(const struct place_of_year *p, const char **ret_rule)
{
	static const char *const rules[4] = { "a sentence that opens with the year",
		"\"this year is the … year\"", "\"the work of this year\"", "an aim for the year" };
	int best = 0, scores[4] = { score_opening(p), score_is(p), score_work(p), score_task(p) };
	size_t i;

	for (i = 0; i < ARRAY_LEN(scores); i++) {
		if (scores[i] <= best)
			continue;
		best = scores[i];
		*ret_rule = rules[i];
	}
	return best;
}

/* Count what stands between 《 and 》: years there belong to other papers. */
static bool inside_title(const char *from, const char *to, bool inside)
{
	for (; from + 2 < to; from++) {
		if (memcmp(from, "《", 3) == 0)
			inside = true;
		else if (memcmp(from, "》", 3) == 0)
			inside = false;
	}
	return inside;
}

/* The next 年. Not memmem(), whose instrumented form looks at all of a long line every time. */
static const char *find_year_sign(const char *at, const char *end)
{
	static const char sign[] = "年";

	while ((at = memchr(at, sign[0], (size_t)(end - at)))) {
		if (end - at >= 3 && memcmp(at, sign, 3) == 0)
			return at;
		at++;
	}
	return NULL;
}

static void score_para(const struct para *p, bool opening, struct tally *t)
{
	const char *end = p->text + p->len, *at = p->text, *seen = p->text;
	struct place_of_year place = { .begin = p->text, .opening = opening };
	bool inside = false;
	unsigned year;

	while ((at = find_year_sign(at, end))) {
		struct found found = { NULL, p->line, NULL, 0 };
		int score;

		inside = inside_title(seen, at, inside);
		seen = at;
		year = year_before(p->text, at, end, &place.digits);
		at += 3;
		if (year == 0 || inside)
			continue;
		if (++t->places > PLACES_MAX)
			return;
		place.behind = sentence(at, end);
		cursor_skip(&place.behind, 0x5EA6); /* 年度 */
		score = score_place(&place, &found.rule);
		found.quote = place.digits;
		found.quote_len = (size_t)(place.behind.end - place.digits);
		add_score(t, year, score, &found);
	}
}

static bool starts_school_year(struct cursor c)
{
	return cursor_skip_text(&c, "学年");
}

static bool is_second_term(struct cursor c)
{
	size_t len = (size_t)(c.end - c.at);

	return text_has(c.at, len, "第二学期") || text_has(c.at, len, "下学期") ||
	       text_has(c.at, len, "春学期");
}

/* "2016-2017学年度第二学期": the year in which it is done; 0 when there is none. */
static unsigned school_year(const char *s, size_t len)
{
	struct cursor c = cursor_over(s, len < LOOK_BYTES ? len : LOOK_BYTES);

	for (; c.at < c.end; cursor_next(&c)) {
		struct cursor at = c;
		unsigned first = parse_year(&at), second;

		if (first == 0)
			continue;
		if (cursor_peek(&at) == 0x5B66 && starts_school_year(at)) /* 2024学年 */
			return is_second_term(at) ? first + 1 : first;
		cursor_skip(&at, 0x5E74);
		if (!is_dash(cursor_next(&at)))
			continue;
		cursor_skip(&at, 0x2014); /* —— */
		second = parse_year(&at);
		if (second != first + 1 || !cursor_skip(&at, 0x5B66))
			continue;
		return is_second_term(at) ? second : first;
	}
	return 0;
}

/* The year in the plan's own title. */
static unsigned year_in_title(const char *title)
{
	const char *end = title + strlen(title), *at = title, *digits;
	unsigned year = school_year(title, strlen(title));

	while (year == 0 && (at = strstr(at, "年"))) {
		year = year_before(title, at, end, &digits);
		at += 3;
	}
	return year;
}

/* 20xx年, 20__年, xx年: somebody took the year away, and put another on the title. */
static bool is_masked(const struct para *p)
{
	static const char *const masks[] = { "xx年", "XX年", "__年", "**年", "××年", "某年",
		"201_年", "202_年" };
	size_t i, len = p->len < LOOK_BYTES ? p->len : LOOK_BYTES;

	for (i = 0; i < ARRAY_LEN(masks); i++)
		if (text_has(p->text, len, masks[i]))
			return true;
	return false;
}

/* 2016年3月5日, 二〇一六年三月五日 alone on a line: the date of a signature. 0 when it is none. */
static unsigned parse_date(const struct para *p, unsigned *ret_month)
{
	struct cursor c = cursor_over(p->text, p->len);
	unsigned year;

	cursor_skip_blanks(&c);
	year = parse_year(&c);
	if (year == 0 || !(cursor_skip(&c, 0x5E74) || cursor_skip(&c, '.') || cursor_skip(&c, '-')))
		return 0;
	*ret_month = number_any(&c);
	if (!(cursor_skip(&c, 0x6708) || cursor_skip(&c, '.') || cursor_skip(&c, '-')))
		return 0;
	number_any(&c);
	cursor_skip(&c, 0x65E5);
	cursor_skip_blanks(&c);
	return c.at == c.end && *ret_month >= 1 && *ret_month <= 12 ? year : 0;
}

/*
 * The date under a plan tells its year when nothing else does: a summary of January is of the year before, and
 * what was planned in December may be of the next.
 */
static void score_date(const struct facts *f, const char *kind, struct tally *t)
{
	bool summary = strcmp(kind, "总结") == 0;
	unsigned month = 0, year;
	size_t i;

	for (i = f->n > 4 ? f->n - 4 : 0; i < f->n; i++) {
		struct found found = { "the date under the text", f->paras[i].line,
			f->paras[i].text, f->paras[i].len };

		year = parse_date(&f->paras[i], &month);
		if (year == 0 || (summary ? month == 3 || month == 4 : month >= 11))
			continue;
		add_score(t, summary && month < 3 ? year - 1 : year, SCORE_DATE, &found);
	}
}

static void score_opening_paras(const struct facts *f, struct tally *t, bool *ret_masked)
{
	size_t i;

	*ret_masked = false;
	for (i = 0; i < f->n; i++) {
		struct found found = { "a school year", f->paras[i].line, f->paras[i].text,
			f->paras[i].len };

		score_para(&f->paras[i], i < 3, t);
		if (i >= 3)
			continue;
		*ret_masked = *ret_masked || is_masked(&f->paras[i]);
		add_score(t, school_year(f->paras[i].text, f->paras[i].len), SCORE_OPENING, &found);
	}
}

unsigned year_find(const struct facts *f, const char *kind, struct found *ret_found)
{
	struct found title = { "the title", f->title_line, f->title, strlen(f->title) };
	size_t i, best = 0, ties = 0;
	struct tally t = { 0 };
	bool masked;

	score_opening_paras(f, &t, &masked);
	if (!masked)
		add_score(&t, year_in_title(f->title), SCORE_TITLE, &title);
	for (i = 1; i < YEARS; i++)
		if (t.scores[i] > t.scores[best])
			best = i;
	if (t.scores[best] < SCORE_NEEDED && !masked) {
		score_date(f, kind, &t);
		for (i = 0; i < YEARS; i++)
			best = t.scores[i] > t.scores[best] ? i : best;
	}
	for (i = 0; i < YEARS; i++)
		ties += t.scores[i] == t.scores[best];
	if (t.scores[best] < SCORE_NEEDED || ties != 1)
		return 0;
	*ret_found = t.found[best];
	return FIRST_YEAR + (unsigned)best;
}

bool para_is_date(const struct para *p)
{
	unsigned month;

	return parse_date(p, &month) > 0;
}
