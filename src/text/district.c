/*
 * The district of a plan: a name in the table of divisions that the plan itself claims, by its title, its
 * first lines, its signature, the line of its publisher or its own bureau. Places that a text cites, visits
 * or learns from are not its own; a wrong district is worse than none.
 */
#include "text_priv.h"

#include <string.h>

enum {
	OPENING_PARAS = 3,
	SIGNATURE_PARAS = 5,
	BODY_BYTES = 64 * 1024,
	VOTES_MAX = 8,
	SIGNATURE_CHARS = 26
};

/* The bureau of a place. */
static const char *const bureaus[] = { "教育局", "教体局", "教育体育局", "教育和体育局",
	"教育科技局", "教育科技和体育局", "教育文化体育局", "文教局", "科教局", "教科局",
	"教育委员会", "教委", "教育厅", "教育工委", "教育工作委员会", "教育党", "委教育",
	"人民政府教育", "教育督导" };

/* What makes a name before it a plan's own: its bureau, its education, a school of it. */
static const char *const followers[] = { "教育工作", "教育系统", "教育事业", "教育工会", "教育体育",
	"民族教育", "学前教育", "义务教育", "基础教育", "职业教育", "特殊教育", "高中教育",
	"教育强", "普通高中", "中小学", "教师", "幼儿园", "学校", "教育发展", "教育现代化", "教研",
	"中心学校", "实验小学", "实验学校", "实验中学", "实验幼儿园", "高级中学", "职业", "特殊",
	"机关幼儿园", "教育", "初级中学", "中学", "小学", "人民政府办公" };

/* What stands before a place that is somebody else's. */
static const char *const citing[] = { "赴", "到", "去", "访", "援", "与", "学习", "参观", "考察",
	"借鉴", "对口", "和", "及", "如", "像" };

/* A place and how often its bureau is named. */
struct vote {
	struct place place;
	struct found found;
	unsigned count;
};

struct ballot {
	struct vote votes[VOTES_MAX];
	size_t n;
};

static bool begins_with_any(const char *s, size_t len, const char *const *list, size_t n)
{
	struct cursor begin = cursor_over(s, len);
	size_t i;

	for (i = 0; i < n; i++) {
		struct cursor c = begin;

		if (cursor_skip_text(&c, list[i]))
			return true;
	}
	return false;
}

static bool ends_with_any(const char *s, size_t len, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (text_ends_with(s, len, list[i]))
			return true;
	return false;
}

/* Step over "2016年", "20xx年度", "2015—2016学年第一学期", which may stand before a name and behind it. */
static void skip_year(struct cursor *c)
{
	struct cursor copy = *c;
	unsigned chars;

	for (chars = 0; chars < 22 && copy.at < copy.end; chars++) {
		uint32_t ch = cursor_peek(&copy);

		if (ch == ',' || ch == 0x3002 ||
			(char_is_han(ch) && chars < 2 && number_digit(ch) < 0))
			break; /* a year begins with digits or with a mask */
		cursor_next(&copy);
		if (ch == 0x5E74) { /* 年 */
			cursor_skip(&copy, 0x5EA6);
			cursor_skip(&copy, ',');
			cursor_skip_blanks(&copy);
			*c = copy;
			return;
		}
	}
}

static bool has_bureau(const char *s, size_t len)
{
	struct cursor c = cursor_over(s, len);

	skip_year(&c);
	return begins_with_any(c.at, (size_t)(c.end - c.at), bureaus, ARRAY_LEN(bureaus));
}

/* 第四十五中学, 三中, 市第一小学: a school with a number. */
static bool has_numbered_school(struct cursor c)
{
	bool ordinal = cursor_skip(&c, 0x7B2C); /* 第 */

	return number_any(&c) > 0 &&
	       (cursor_skip(&c, 0x4E2D) || (ordinal && cursor_skip(&c, 0x5C0F)) ||
		       cursor_skip_text(&c, "幼"));
}

static bool has_follower(const char *s, size_t len)
{
	struct cursor c = cursor_over(s, len);

	skip_year(&c);
	return has_bureau(s, len) || has_numbered_school(c) ||
	       begins_with_any(c.at, (size_t)(c.end - c.at), followers, ARRAY_LEN(followers));
}

/* A name begins where no word can go on into it: 推进合肥市…, 老城区 and 振兴县域 are no claims. */
static bool may_begin_here(const char *begin, const struct place *p, const char *at)
{
	static const char *const openers[] = { "关于", "印发", "中共", "年", "年度", "转发", "省",
		"共青团" };
	struct cursor c = cursor_over(begin, (size_t)(at - begin));

	c.at = c.end;
	return !char_is_han(cursor_back(&c, begin)) || place_follows_parent(p, begin) ||
	       ends_with_any(begin, (size_t)(at - begin), openers, ARRAY_LEN(openers));
}

static bool is_cited(const char *begin, const char *at)
{
	return ends_with_any(begin, (size_t)(at - begin), citing, ARRAY_LEN(citing));
}

/* ---- shared names: which city? ---- */

/* Is the division above @d named anywhere? */
static bool is_mentioned(const struct facts *f, const char *name)
{
	size_t i, used = 0;

	if (strstr(f->title, name) || (f->hint && text_has(f->hint->text, f->hint->len, name)))
		return true;
	for (i = 0; i < f->n && used < BODY_BYTES; i++) {
		if (text_has(f->paras[i].text, f->paras[i].len, name))
			return true;
		used += f->paras[i].len;
	}
	return false;
}

/* The one of its name whose city the text names. */
static void resolve(const struct facts *f, struct place *p)
{
	const struct division *first, *chosen = NULL;
	size_t i, hits = 0, n = division_find(p->name, p->name_len, &first);

	for (i = 0; i < n && !p->certain; i++) {
		if (chosen && strcmp(first[i].parent, chosen->parent) == 0)
			continue;
		if (!is_mentioned(f, first[i].parent))
			continue;
		chosen = &first[i];
		hits++;
	}
	if (hits != 1)
		return;
	p->division = chosen;
	p->certain = true;
}

/* ---- titles ---- */

/* Is a title with a place in it about that place's education, or about all of its work? */
static bool is_about_schools(const char *title, size_t len)
{
	static const char *const words[] = { "教", "学校", "中学", "小学", "幼儿园", "学生", "校园",
		"德育", "学区", "招生", "高考", "中考", "师", "年工作", "年度工作", "年重点工作",
		"督导", "关工委" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (text_has(title, len, words[i]))
			return true;
	return false;
}

/* The first place in a line that is a title. A province needs more than its name: schools bear it too. */
static bool find_in_title(const struct facts *f, const char *s, size_t len, struct place *ret)
{
	struct cursor c = cursor_over(s, len);

	for (; c.at < c.end; cursor_next(&c)) {
		struct place p;
		const char *behind;

		if (!place_parse(f->rules, c.at, (size_t)(c.end - c.at), &p))
			continue;
		behind = c.at + p.len;
		place_look_back(&p, s);
		if (!may_begin_here(s, &p, c.at))
			continue;
		if ((division_is_province(p.division) || p.alias) &&
			!has_follower(behind, (size_t)(c.end - behind)))
			continue;
		if (!is_about_schools(s, len))
			return false;
		*ret = p;
		return true;
	}
	return false;
}

/* ---- lines ---- */

/* A place that the line begins with, and that is the plan's own by what follows. */
static bool find_at_start(
	const struct facts *f, const struct para *line, bool signature, struct place *ret)
{
	struct cursor c = cursor_over(line->text, line->len);
	const char *behind;

	cursor_skip_blanks(&c);
	skip_year(&c);
	cursor_skip_text(&c, "中共");
	cursor_skip_text(&c, "共青团");
	if (!place_parse(f->rules, c.at, (size_t)(c.end - c.at), ret))
		return false;
	behind = c.at + ret->len;
	return signature || has_follower(behind, (size_t)(c.end - behind));
}

/* A signature is the name of a bureau or a school and nothing else. */
static bool is_signature(const struct para *p)
{
	static const char *const ends[] = { "局", "委员会", "委", "中学", "小学", "学校", "幼儿园",
		"中心", "政府", "办公室", "厅", "中", "学区" };
	const char *s = p->text;
	size_t len = p->len;

	text_trim(&s, &len);
	return text_chars(s, len) <= SIGNATURE_CHARS &&
	       ends_with_any(s, len, ends, ARRAY_LEN(ends));
}

/* Does one of them lie in the other? Then *ret is the lower one. */
static bool agree(const struct place *a, const struct place *b, struct place *ret)
{
	const struct division *x = a->division, *y = b->division;
	bool below = strcmp(y->parent, x->name) == 0 || strcmp(y->province, x->name) == 0;
	bool above = strcmp(x->parent, y->name) == 0 || strcmp(x->province, y->name) == 0;

	if (strcmp(x->name, y->name) != 0 && !below && !above)
		return false;
	*ret = below ? *b : *a;
	return true;
}

/* The place of the first lines and of the signature, if they do not contradict each other. */
static bool find_in_lines(
	const struct facts *f, struct place *ret, struct found *found, bool *ret_conflict)
{
	bool have = false;
	size_t i;

	for (i = 0; i < f->n; i++) {
		bool dated = i + 1 < f->n && para_is_date(&f->paras[i + 1]);
		bool signature =
			(dated || i + SIGNATURE_PARAS >= f->n) && is_signature(&f->paras[i]);
		struct place p, both;

		if ((i >= OPENING_PARAS && !signature) ||
			!find_at_start(f, &f->paras[i], signature, &p))
			continue;
		if (have && !agree(ret, &p, &both)) {
			*ret_conflict = true; /* two of them: nobody knows which */
			return false;
		}
		if (have && both.name != p.name)
			continue;
		*ret = p;
		have = true;
		*found = (struct found){ signature ? "the signature"
						   : "a first line that begins with it",
			f->paras[i].line, f->paras[i].text, f->paras[i].len };
	}
	return have;
}

/* ---- bureaus in the text ---- */

static void add_vote(struct ballot *b, const struct place *p, const struct para *line)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (strcmp(b->votes[i].place.division->name, p->division->name) == 0)
			break;
	if (i == VOTES_MAX)
		return;
	if (i == b->n)
		b->votes[b->n++] = (struct vote){ *p,
			{ "its bureau, named more than once", line->line, p->name, 60 }, 0 };
	if ((size_t)(line->text + line->len - p->name) < b->votes[i].found.quote_len)
		b->votes[i].found.quote_len = (size_t)(line->text + line->len - p->name);
	b->votes[i].count++;
}

/* Every place in the line whose bureau is named. The search goes from bureau to bureau. */
static void count_bureaus(const struct facts *f, const struct para *line, struct ballot *b)
{
	struct cursor c = cursor_over(line->text, line->len);
	struct place p;

	for (; c.at < c.end; cursor_next(&c)) {
		const char *behind;

		if (!place_parse(f->rules, c.at, (size_t)(c.end - c.at), &p))
			continue;
		behind = c.at + p.len;
		if (has_bureau(behind, (size_t)(c.end - behind)) && !is_cited(line->text, c.at)) {
			place_look_back(&p, line->text);
			add_vote(b, &p, line);
		}
	}
}

/* How often the text speaks of itself as of a county (1) or a city (0). */
static unsigned count_self(const struct facts *f, bool county)
{
	static const char *const words[2][4] = { { "全市", "我市", "市委、市政府", "市教育局" },
		{ "全县", "我县", "全区", "我区" } };
	unsigned n = 0;
	size_t i, k, used = 0;

	for (i = 0; i < f->n && used < BODY_BYTES; i++) {
		for (k = 0; k < 4; k++)
			n += text_has(f->paras[i].text, f->paras[i].len, words[county][k]);
		used += f->paras[i].len;
	}
	return n;
}

static bool find_in_body(const struct facts *f, struct place *ret, struct found *found)
{
	struct ballot b = { 0 };
	size_t i, used = 0;
	struct place both;

	for (i = 0; i < f->n && used < BODY_BYTES; i++) {
		count_bureaus(f, &f->paras[i], &b);
		used += f->paras[i].len;
	}
	if (b.n == 0 || b.n > 2)
		return false;
	if (b.n == 2) {
		if (!agree(&b.votes[0].place, &b.votes[1].place, &both))
			return false;
		if (both.name == b.votes[1].place.name)
			b.votes[0] = b.votes[1];
	}
	if (b.votes[0].count < 2)
		return false;
	if (b.votes[0].place.division->code % 100 == 0 &&
		count_self(f, true) > count_self(f, false))
		return false; /* the text is a county's, and names the city above it */
	*ret = b.votes[0].place;
	*found = b.votes[0].found;
	return true;
}

/* ---- places that are in no table ---- */

/* 石桥县教育局 at the beginning of a line. Returns the bytes of the name and where it begins. */
static size_t find_unlisted(const char *s, size_t len, bool title, const char **ret_name)
{
	const char *behind;
	struct cursor c = cursor_over(s, len);
	size_t n;

	cursor_skip_blanks(&c);
	skip_year(&c);
	cursor_skip_text(&c, "中共");
	n = place_parse_unlisted(c.at, (size_t)(c.end - c.at));
	*ret_name = c.at;
	behind = c.at + n;
	len = (size_t)(c.end - behind);
	return n > 0 && (title ? has_follower(behind, len) : has_bureau(behind, len)) ? n : 0;
}

static size_t unlisted_in_title(const struct facts *f, const char **ret_name, struct found *found)
{
	*found = (struct found){ "a bureau in the title", f->title_line, f->title,
		strlen(f->title) };
	return find_unlisted(f->title, strlen(f->title), true, ret_name);
}

static size_t unlisted_in_signature(
	const struct facts *f, const char **ret_name, struct found *found)
{
	size_t n = 0, i;

	for (i = f->n > SIGNATURE_PARAS ? f->n - SIGNATURE_PARAS : 0; i < f->n && n == 0; i++) {
		const struct para *p = &f->paras[i];

		if (is_signature(p))
			n = find_unlisted(p->text, p->len, false, ret_name);
		*found = (struct found){ "the signature", p->line, p->text, p->len };
	}
	return n;
}

/* ---- all of it ---- */

/* The bureau that published the text: "来源:合肥市教育局". */
static bool find_in_hint(const struct facts *f, struct place *ret, struct found *found)
{
	struct ballot b = { 0 };

	if (!f->hint)
		return false;
	count_bureaus(f, f->hint, &b);
	if (b.n != 1)
		return false;
	*ret = b.votes[0].place;
	*found = (struct found){ "the publisher", f->hint->line, f->hint->text, f->hint->len };
	return true;
}

int district_find(const struct facts *f, struct buf *ret_name, struct found *ret_found)
{
	size_t len = strlen(f->title), unlisted = 0;
	struct found found = { "the title", f->title_line, f->title, len };
	struct place p = { 0 };
	const char *name = NULL;
	bool have, conflict = false;

	have = find_in_title(f, f->title, len, &p) || find_in_lines(f, &p, &found, &conflict);
	if (conflict)
		return 0;
	if (!have)
		unlisted = unlisted_in_title(f, &name, &found);
	if (!have && unlisted == 0)
		have = find_in_hint(f, &p, &found) || find_in_body(f, &p, &found);
	if (!have && unlisted == 0)
		unlisted = unlisted_in_signature(f, &name, &found);
	if (have)
		resolve(f, &p);
	if (unlisted == 0 && !p.certain)
		return 0;
	*ret_found = found;
	return unlisted > 0 ? buf_add(ret_name, name, unlisted) : place_name(&p, ret_name);
}
