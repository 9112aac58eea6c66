/*
 * What web pages add to documents: data only. Each row was seen on a page; the words are folded (half
 * width, small letters). A row must be narrow enough that no plan can say it.
 */
#include "text_priv.h"

static const char furniture[] = "page furniture";
static const char upload[] = "upload date";
static const char advert[] = "advertisement";
static const char lead_in[] = "lead-in of a web page";
static const char comment[] = "reader's comment";
static const char code[] = "program code";
static const char link[] = "link";
static const char file_name[] = "file name";

const struct noise_row noise_rows[] = {
	/* buttons and labels around the text */
	{ NOISE_WHOLE, "手机阅读", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "下载此文档", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "点击下载", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "展开全文", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "阅读全文", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "返回顶部", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "分享到", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "相关推荐", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "相关推荐:", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "相关文章", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "猜你喜欢", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "热门文章", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "baidu", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "map", NULL, 10, 0, furniture },
	{ NOISE_WHOLE, "您可能关注的文档", NULL, 12, 0, furniture },
	{ NOISE_PREFIX, "上一篇:", NULL, 60, 0, link },
	{ NOISE_PREFIX, "下一篇:", NULL, 60, 0, link },
	{ NOISE_PREFIX, "你可能也喜欢", NULL, 30, 0, furniture },
	{ NOISE_PREFIX, "您可能感兴趣", NULL, 30, 0, furniture },
	{ NOISE_PREFIX, "全文阅读已结束", NULL, 40, 0, furniture },
	{ NOISE_PREFIX, "限制150内", NULL, 20, 0, furniture },
	{ NOISE_PREFIX, "本站()", NULL, 10, 0, furniture },
	{ NOISE_PREFIX, "格式:", "上传日期", 60, 0, upload },
	{ NOISE_PREFIX, "上传日期:", NULL, 40, 0, upload },
	{ NOISE_PREFIX, "上传时间:", NULL, 40, 0, upload },
	{ NOISE_HAS, "文章来源于网络", NULL, 80, 0, advert },
	{ NOISE_HAS, "由会员分享", "在线阅读", 200, 0, advert },
	{ NOISE_HAS, "ppt文件的首页", NULL, 100, 0, advert },
	{ NOISE_HAS, "国旗、国徽等图片", NULL, 100, 0, advert },
	{ NOISE_WHOLE, "- 配套讲稿:", NULL, 20, 0, furniture },
	{ NOISE_WHOLE, "- 特殊限制:", NULL, 20, 0, furniture },
	{ NOISE_WHOLE, "- 关 键 词:", NULL, 20, NOISE_AND_NEXT, furniture },
	{ NOISE_SUFFIX, ".docx", NULL, 80, NOISE_TITLE, file_name },
	{ NOISE_SUFFIX, ".doc", NULL, 80, NOISE_TITLE, file_name },
	{ NOISE_SUFFIX, ".pdf", NULL, 80, NOISE_TITLE, file_name },
	{ NOISE_SUFFIX, ".wps", NULL, 80, NOISE_TITLE, file_name },
	/* links and owners */
	{ NOISE_PREFIX, "【本文地址:", NULL, 200, 0, link },
	{ NOISE_PREFIX, "本文地址:", NULL, 200, 0, link },
	{ NOISE_PREFIX, "原文地址:", NULL, 200, 0, link },
	{ NOISE_PREFIX, "本文来源:", NULL, 80, 0, link },
	{ NOISE_PREFIX, "来源:网络", NULL, 200, 0, advert },
	{ NOISE_PREFIX, "来自 ", ".com", 60, 0, link },
	{ NOISE_PREFIX, "来自 ", ".cn", 60, 0, link },
	{ NOISE_PREFIX, "来自 ", ".net", 60, 0, link },
	{ NOISE_PREFIX, "更多", "请访问", 100, 0, link },
	{ NOISE_HAS, "免责声明", "版权", 200, 0, advert },
	{ NOISE_HAS, "仅限学习分享", NULL, 200, 0, advert },
	{ NOISE_HAS, "不代表本站观点", NULL, 200, 0, advert },
	{ NOISE_HAS, "版权归原作者", NULL, 200, 0, advert },
	{ NOISE_HAS, "如有侵权", "删除", 200, 0, advert },
	{ NOISE_HAS, "请访问", "频道", 200, 0, advert },
	{ NOISE_HAS, "关注公众号", NULL, 80, 0, advert },
	{ NOISE_HAS, "扫描二维码", "关注", 80, 0, advert },
	/* what editors of such pages write before a text, and readers after it */
	{ NOISE_HAS, "小编", "整理", 200, 0, lead_in },
	{ NOISE_HAS, "小编", "大家", 200, 0, lead_in },
	{ NOISE_HAS, "小编", "您", 200, 0, lead_in },
	{ NOISE_HAS, "小编", "参考", 200, 0, lead_in },
	{ NOISE_HAS, "小编", "分享", 200, 0, lead_in },
	{ NOISE_HAS, "小编", "带来", 200, 0, lead_in },
	{ NOISE_HAS, "为大家整理", "希望", 200, 0, lead_in },
	{ NOISE_HAS, "为大家整理", "参考", 200, 0, lead_in },
	{ NOISE_HAS, "为大家收集", NULL, 200, 0, lead_in },
	{ NOISE_HAS, "为大家带来", "范文", 200, 0, lead_in },
	{ NOISE_HAS, "范文", "欢迎阅读", 200, 0, lead_in },
	{ NOISE_HAS, "范文", "仅供参考", 200, 0, lead_in },
	{ NOISE_HAS, "欢迎参阅", NULL, 100, 0, lead_in },
	{ NOISE_HAS, "相关关键词", NULL, 200, 0, lead_in },
	{ NOISE_HAS, "对我很有帮助", NULL, 60, 0, comment },
	{ NOISE_HAS, "合适的范文", NULL, 60, 0, comment },
	{ NOISE_PREFIX, "楼主", NULL, 40, 0, comment },
	/* what was left of the page's program */
	{ NOISE_WHOLE, "-->", NULL, 10, NOISE_CUT, code },
	{ NOISE_WHOLE, "<!--", NULL, 10, 0, code },
	{ NOISE_PREFIX, "content_", "();", 30, 0, code },
	{ NOISE_PREFIX, "document.write(", NULL, 200, 0, code },
	{ NOISE_PREFIX, "<script", NULL, 200, 0, code },
	{ NOISE_PREFIX, "var ", ";", 200, 0, code },
	/* a link to another text that the next page's title left at the end of a plan */
	{ NOISE_SUFFIX, "贺词。", NULL, 25, NOISE_LAST, link },
	{ NOISE_SUFFIX, "演讲稿。", NULL, 25, NOISE_LAST, link },
	{ NOISE_SUFFIX, "发言稿。", NULL, 25, NOISE_LAST, link },
	{ NOISE_SUFFIX, "范文。", NULL, 25, NOISE_LAST, link },
	{ NOISE_SUFFIX, "心得体会。", NULL, 25, NOISE_LAST, link },
};
const size_t n_noise_rows = ARRAY_LEN(noise_rows);

/* Text that was replaced in passing: by spammers, and by watermarks that stand after 的. */
const struct repair_row repair_rows[] = {
	{ "开云KY官方登录入口 ", "高中",
		false }, /* with its space: without it one is left behind */
	{ "开云KY官方登录入口", "高中", false },
	{ "的`", "的", true },
	{ "的'", "的", true },
	{ "的.", "的", true },
};
const size_t n_repair_rows = ARRAY_LEN(repair_rows);
