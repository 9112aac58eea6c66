/*
 * The district of a plan, by a small rule that is safe: a full name (…市, …县, …区) at the beginning of
 * the title, of the opening sentence or of the signature, and followed by its education bureau or its
 * education. Everything else stays unknown: a wrong district is worse than none.
 */
#include "text_priv.h"

#include <string.h>

enum { NAME_CHARS_MAX = 4, OPENING_PARAS = 3, SIGNATURE_PARAS = 4, LONG_NAME_BYTES = 64 };

/*
 * Names that two places share: written with their city, or not known. Only names of districts; the
 * counties' names are unique.
 */
static const char *const shared[] = { "通州区", "鼓楼区", "市中区", "新华区", "城区", "朝阳区",
	"和平区", "河东区", "长安区", "桥西区", "桥东区", "铁西区", "铁东区", "海州区", "南山区",
	"宝山区", "向阳区", "郊区", "西湖区", "江北区", "白云区", "永定区", "青山区", "西安区",
	"龙华区", "普陀区", "清河区", "新市区", "东山区", "大通区", "矿区", "新城区", "城关区",
	"河西区", "南开区", "新兴区", "城中区", "江南区", "开福区", "西市区", "东区", "西区" };

/* Names of four and more characters before 市 or 县; other long runs are words that stand before one. */
static const char *const long_names[] = { "呼和浩特市", "乌鲁木齐市", "鄂尔多斯市", "齐齐哈尔市",
	"呼伦贝尔市", "巴彦淖尔市", "乌兰察布市", "克拉玛依市", "公主岭市", "连云港市" };

/* No name of a place holds these before its last character. */
static const char *const not_names[] = { "我", "全", "本", "该", "各", "某", "为", "由", "对", "向",
	"从", "在", "和", "与", "及", "的", "是", "级", "省", "市", "赴", "到", "去", "访", "援",
	"推进", "做好", "实施", "加强", "完成", "促进", "落实", "加快", "关于", "印发", "围绕",
	"根据", "按照", "建设", "开展", "教育", "学校", "农村", "城乡", "工作", "年度" };

/* …区 that are no districts. Careful: 铜山区, 盐城市 and 成都市 are. */
static const char *const not_districts[] = { "开发区", "高新区", "园区", "片区", "校区", "社区",
	"示范区", "实验区", "试验区", "农村地区", "县区", "老区", "学区", "辖区", "景区", "街区",
	"牧区", "集聚区", "合作区", "功能区", "自治区", "中心城市", "文明城市", "省会城市" };

/* What makes a name before it a plan's own: its bureau, or its education. */
static const char *const followers[] = { "教育局", "教体局", "教育体育局", "教育和体育局",
	"教育委员会", "教委", "教育工作", "教育系统", "教育事业", "教育工会", "教育体育",
	"民族教育", "学前教育", "义务教育", "基础教育", "职业教育", "普通高中", "中小学",
	"人民政府教育督导", "教育督导", "教育党", "教师", "幼儿园", "学校" };

static bool is_in(const char *s, size_t len, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(names[i], s, len) == 0)
			return true;
	return false;
}

static bool is_suffix(uint32_t c)
{
	return c == 0x5E02 || c == 0x53BF || c == 0x533A ||
	       c == 0x65D7; /* 市县区旗; 州 is in many names */
}

/* Is what stands from @s (@chars characters, the suffix among them) a name and not a phrase? */
static bool is_name(const char *s, size_t len, unsigned chars)
{
	size_t i;

	if (is_in(s, len, long_names, ARRAY_LEN(long_names)))
		return true;
	if (chars < 2 || chars > NAME_CHARS_MAX)
		return false;
	for (i = 0; i < ARRAY_LEN(not_names); i++)
		if (text_has(s, len - 3, not_names[i]))
			return false;
	for (i = 0; i < ARRAY_LEN(not_districts); i++)
		if (text_ends_with(s, len, not_districts[i]))
			return false;
	return chars > 2 || is_in(s, len, shared, ARRAY_LEN(shared)) ||
	       text_ends_with(s, len, "县");
}

/* The autonomous ones: their names are long, but their end is unmistakable. */
static size_t parse_autonomous(struct cursor c)
{
	static const char *const ends[] = { "族自治县", "各族自治县", "族自治州", "族自治旗" };
	const char *begin = c.at;
	unsigned chars;
	size_t i;

	for (chars = 0; chars < 16 && char_is_han(cursor_peek(&c)); chars++) {
		for (i = 0; i < ARRAY_LEN(ends) && chars >= 2; i++)
			if (cursor_skip_text(&c, ends[i]))
				return (size_t)(c.at - begin);
		cursor_next(&c);
	}
	return 0;
}

/* Bytes of the name that begins at @c, up to its first suffix; 0 when it is none. */
static size_t parse_name(struct cursor c)
{
	const char *begin = c.at;
	size_t len = parse_autonomous(c);
	unsigned chars = 0;

	if (len > 0)
		return len;
	while (chars < NAME_CHARS_MAX + 2 && char_is_han(cursor_peek(&c))) {
		uint32_t ch = cursor_next(&c);

		chars++;
		len = (size_t)(c.at - begin);
		if (is_suffix(ch) && chars >= 2)
			return is_name(begin, len, chars) ? len : 0;
	}
	return 0;
}

/* Step over 江苏省, 内蒙古自治区: a province before the name says nothing more. */
static void skip_province(struct cursor *c)
{
	struct cursor copy = *c;
	unsigned chars;

	for (chars = 0; chars < 8 && char_is_han(cursor_peek(&copy)); chars++) {
		if (chars >= 2 &&
			(cursor_skip_text(&copy, "省") || cursor_skip_text(&copy, "自治区"))) {
			*c = copy;
			return;
		}
		cursor_next(&copy);
	}
}

/* "2016年", "20xx年", "2015—2016学年度第一学期": what may stand before the name. */
static void skip_year(struct cursor *c)
{
	struct cursor copy = *c;
	unsigned chars;

	for (chars = 0; chars < 20 && copy.at < copy.end; chars++) {
		uint32_t ch = cursor_peek(&copy);

		if (ch == ',' || ch == 0x3002)
			break;
		if (char_is_han(ch) && chars < 2)
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

static bool has_follower(struct cursor c)
{
	struct cursor begin;
	size_t i;

	skip_year(&c);
	begin = c;
	for (i = 0; i < ARRAY_LEN(followers); i++) {
		c = begin;
		if (cursor_skip_text(&c, followers[i]))
			return true;
	}
	return false;
}

/*
 * The district that the text begins with: 合肥市, and 通州区 of 南通市 as 南通市通州区. Returns its bytes and
 * *ret_name; 0 when there is none.
 */
static size_t parse_district(const char *s, size_t len, const char **ret_name)
{
	struct cursor c = cursor_over(s, len);
	size_t first, second;
	const char *name;

	cursor_skip_blanks(&c);
	skip_year(&c);
	skip_province(&c);
	name = c.at;
	first = parse_name(c);
	if (first == 0)
		return 0;
	c.at += first;
	second = text_ends_with(name, first, "市") || text_ends_with(name, first, "州")
			 ? parse_name(c)
			 : 0;
	c.at += second;
	if (!has_follower(c))
		return 0;
	if (second == 0) {
		*ret_name = name;
		return is_in(name, first, shared, ARRAY_LEN(shared)) ? 0 : first;
	}
	if (is_in(name + first, second, shared, ARRAY_LEN(shared))) {
		*ret_name = name;
		return first + second;
	}
	*ret_name = name + first;
	return second;
}

/* A signature is the bureau's name and nothing else. */
static bool is_signature(const struct para *p)
{
	const char *s = p->text;
	size_t len = p->len;

	text_trim(&s, &len);
	return text_chars(s, len) <= 20 &&
	       (text_ends_with(s, len, "局") || text_ends_with(s, len, "委员会"));
}

static bool is_district_line(const struct facts *f, size_t i)
{
	return i < OPENING_PARAS || (i + SIGNATURE_PARAS >= f->n && is_signature(&f->paras[i]));
}

int district_find(const struct facts *f, struct buf *ret_name)
{
	const char *found = NULL, *name;
	size_t found_len, len, i;

	found_len = parse_district(f->title, strlen(f->title), &found);
	for (i = 0; i < f->n && found_len == 0; i++)
		if (is_district_line(f, i))
			found_len = parse_district(f->paras[i].text, f->paras[i].len, &found);
	for (i = 0; i < f->n && f->title[0] == '\0'; i++) {
		if (!is_district_line(f, i))
			continue;
		len = parse_district(f->paras[i].text, f->paras[i].len, &name);
		if (len > 0 && (len != found_len || memcmp(name, found, len) != 0))
			return 0; /* two of them: nobody knows which */
	}
	return found_len > 0 ? buf_add(ret_name, found, found_len) : 0;
}
