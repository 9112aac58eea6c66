/*
 * Places that are in no table: a new zone, a county of an example. Only the name of a bureau itself is
 * trusted then: 石桥县教育局 at the beginning of a title or as a signature.
 */
#include "text_priv.h"

#include <string.h>

enum { NAME_CHARS_MAX = 4 };

/* No name of a place holds these before its last character. */
static const char *const not_names[] = { "我", "全", "本", "该", "各", "某", "为", "由", "对", "向",
	"从", "在", "和", "与", "及", "的", "是", "级", "省", "市", "赴", "到", "去", "访", "援",
	"推进", "做好", "实施", "加强", "完成", "促进", "落实", "加快", "关于", "印发", "围绕",
	"根据", "按照", "建设", "开展", "教育", "学校", "农村", "城乡", "工作", "年度" };

/* …区 that are no districts. Careful: 铜山区, 盐城市 and 成都市 are. */
static const char *const not_districts[] = { "开发区", "高新区", "园区", "片区", "校区", "社区",
	"示范区", "实验区", "试验区", "农村地区", "县区", "老区", "学区", "辖区", "景区", "街区",
	"牧区", "集聚区", "合作区", "功能区", "自治区", "中心城市", "文明城市", "省会城市", "城区",
	"主城区" };

static bool is_suffix(uint32_t c)
{
	return c == 0x5E02 || c == 0x53BF || c == 0x533A || c == 0x65D7; /* 市县区旗 */
}

/* Is what stands from @s a name and not a phrase? */
static bool is_name(const char *s, size_t len, unsigned chars)
{
	size_t i;

	if (chars < 3 || chars > NAME_CHARS_MAX)
		return false;
	for (i = 0; i < ARRAY_LEN(not_names); i++)
		if (text_has(s, len - 3, not_names[i]))
			return false;
	for (i = 0; i < ARRAY_LEN(not_districts); i++)
		if (text_ends_with(s, len, not_districts[i]))
			return false;
	return true;
}

size_t place_parse_unlisted(const char *s, size_t len)
{
	struct cursor c = cursor_over(s, len);
	unsigned chars = 0;

	while (chars < NAME_CHARS_MAX && char_is_han(cursor_peek(&c))) {
		uint32_t ch = cursor_next(&c);

		chars++;
		if (is_suffix(ch) && chars >= 2)
			return is_name(s, (size_t)(c.at - s), chars) ? (size_t)(c.at - s) : 0;
	}
	return 0;
}
