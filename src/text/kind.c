/* What a plan is and what it is about, by the words in it. Titles of collections lie. */
#include "text_priv.h"

#include <string.h>

enum { LOOK_BYTES = 64 * 1024, TOPIC_MIN = 6, OPENING_BYTES = 120 };

/* What is over (a 总结 tells it) and what is to come (the others want it). */
static const char *const past[] = { "取得了", "完成了", "荣获", "被评为", "被授予", "获得了",
	"开展了", "举办了", "组织了", "建成了", "实现了", "召开了", "已完成", "已经", "同比",
	"过去的一", "一年来", "一学期来", "回顾", "先后", "顺利完成", "得到了", "制定了", "新增了",
	"出台了", "启动了", "成立了", "获一等奖", "获奖", "在总结成绩", "截至目前", "充分肯定",
	"进行了", "达到了", "累计", "共有" };
static const char *const future[] = { "力争", "确保", "计划", "加强", "推进", "继续", "进一步",
	"争取", "年内", "努力", "加大", "加快", "要求", "将", "要", "目标", "抓好", "做好", "完善",
	"落实" };

struct topic {
	const char *name;
	const char *words[6];
};

static const struct topic topics[] = {
	{ "校园安全", { "安全", "防溺水", "消防", "应急", "隐患", "综治" } },
	{ "德育", { "德育", "思想道德", "养成教育", "班主任", "心理健康", "主题教育" } },
	{ "党建", { "党建", "党组织", "党员", "党支部", "廉政", "机关党委" } },
	{ "学前教育", { "学前", "幼儿园", "幼儿", "保教", "入园", "幼教" } },
	{ "职业教育", { "职业教育", "中职", "职教", "职业学校", "技能", "实训" } },
	{ "教育督导", { "督导", "督学", "督查", "挂牌督导", "督政", "评估" } },
	{ "财务", { "财务", "会计", "预算", "经费", "审计", "资助" } },
	{ "食品安全", { "食堂", "食品", "饮用水", "供餐", "餐饮", "食材" } },
	{ "教师队伍", { "师德", "教师培训", "教师队伍", "名师", "骨干教师", "师资" } },
	{ "民族教育", { "民族教育", "双语", "少数民族", "民族学校", "民族团结", "蒙语" } },
	{ "办公室", { "办公室", "公文", "信息报送", "简报", "公务", "接待" } },
	{ "体育卫生艺术", { "体育", "艺术", "体质", "卫生", "美育", "近视" } },
	{ "语言文字", { "语言文字", "普通话", "规范字", "推普", "经典诵读", "用字" } },
	{ "教育信息化", { "信息化", "智慧教育", "网络", "班班通", "数字化", "平台" } },
	{ "工会", { "工会", "教代会", "职工", "女职工", "慰问", "会员" } },
};

/* How often each of @words stands in the first part of the plan. */
static void count_words(const struct facts *f, const struct words *words, unsigned *counts)
{
	size_t i, used = 0;

	for (i = 0; i < f->n && used < LOOK_BYTES; i++) {
		size_t len = f->paras[i].len;

		len = len < LOOK_BYTES - used ? len : LOOK_BYTES - used;
		words_count(words, f->paras[i].text, len, counts);
		used += len;
	}
}

static void count_tenses(const struct facts *f, unsigned *ret_over, unsigned *ret_coming)
{
	unsigned counts[WORDS_MAX] = { 0 };
	struct words words;
	size_t i;

	words_init(&words);
	for (i = 0; i < ARRAY_LEN(past); i++)
		words_add(&words, past[i]);
	for (i = 0; i < ARRAY_LEN(future); i++)
		words_add(&words, future[i]);
	count_words(f, &words, counts);
	*ret_over = *ret_coming = 0;
	for (i = 0; i < ARRAY_LEN(past); i++)
		*ret_over += counts[i];
	for (; i < words.n; i++)
		*ret_coming += counts[i];
}

/* What the plan calls itself: "特制定本方案", or its own title. */
static bool calls_itself(const struct facts *f, const char *kind, struct found *found)
{
	char phrase[2][32] = { "本", "如下工作" };
	size_t i;

	strcat(phrase[0], kind);
	strcat(phrase[1], kind);
	*found = (struct found){ "the title", f->title_line, f->title, strlen(f->title) };
	if (text_ends_with(f->title, strlen(f->title), kind))
		return true;
	for (i = 0; i < f->n && i < 4; i++) {
		*found = (struct found){ "what the text calls itself", f->paras[i].line,
			f->paras[i].text, f->paras[i].len };
		if (text_has(f->paras[i].text, f->paras[i].len, phrase[0]) ||
			text_has(f->paras[i].text, f->paras[i].len, phrase[1]))
			return true;
	}
	return false;
}

/* A title such as 工作总结, 2021年工作情况和2022年工作打算的报告. */
static bool says_summary(const char *title)
{
	static const char *const words[] = { "总结", "工作情况", "小结", "述职", "情况汇报",
		"情况的汇报" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(title, words[i]))
			return true;
	return false;
}

const char *kind_find(const struct facts *f, struct found *ret_found)
{
	unsigned over, coming;
	bool called = says_summary(f->title);
	unsigned line = f->n > 0 ? f->paras[0].line : 0;

	count_tenses(f, &over, &coming);
	*ret_found = (struct found){ "more of the words of what is done than of what is to come",
		line, "", 0 };
	if (over >= 4 && over * (called ? 6 : 4) > coming)
		return "总结";
	if (called && over > 0 && over * 8 > coming) {
		*ret_found = (struct found){ "the title, and words of what is done", f->title_line,
			f->title, strlen(f->title) };
		return "总结";
	}
	if (calls_itself(f, "要点", ret_found))
		return "要点";
	if (calls_itself(f, "方案", ret_found))
		return "方案";
	*ret_found = (struct found){ "more of the words of what is to come than of what is done",
		line, "", 0 };
	return "计划";
}

/* Does the plan begin with it: "做好学校安全工作…"? */
static bool opens_with(const struct facts *f, const struct topic *topic)
{
	size_t len = f->n > 0 ? f->paras[0].len : 0;

	return f->n > 0 && text_has(f->paras[0].text, len < OPENING_BYTES ? len : OPENING_BYTES,
				   topic->words[0]);
}

/* How often the words of each topic occur. */
static void count_topics(const struct facts *f, unsigned *ret_counts)
{
	unsigned counts[WORDS_MAX] = { 0 };
	struct words words;
	size_t i, k, n = 0;

	words_init(&words);
	for (i = 0; i < ARRAY_LEN(topics); i++)
		for (k = 0; k < ARRAY_LEN(topics[i].words); k++)
			words_add(&words, topics[i].words[k]);
	count_words(f, &words, counts);
	for (i = 0; i < ARRAY_LEN(topics); i++)
		for (ret_counts[i] = 0, k = 0; k < ARRAY_LEN(topics[i].words); k++)
			ret_counts[i] += counts[n++];
}

/*
 * A topic's words must be more than those of all others together, or many when the plan opens with it,
 * or its name stands in the title.
 */
const char *topic_find(const struct facts *f, struct found *ret_found)
{
	unsigned best = 0, all = 0, counts[ARRAY_LEN(topics)];
	const struct topic *found = NULL;
	size_t i;

	*ret_found = (struct found){ "the title", f->title_line, f->title, strlen(f->title) };
	for (i = 0; i < ARRAY_LEN(topics); i++)
		if (text_has(f->title, strlen(f->title), topics[i].name))
			return topics[i].name;
	count_topics(f, counts);
	for (i = 0; i < ARRAY_LEN(topics); i++) {
		all += counts[i];
		if (counts[i] > best) {
			best = counts[i];
			found = &topics[i];
		}
	}
	if (best < TOPIC_MIN || best * 10 < all * (opens_with(f, found) ? 4 : 6))
		return NULL;
	*ret_found = (struct found){ "most of the words about topics", f->paras[0].line,
		found->words[0], strlen(found->words[0]) };
	return found->name;
}
