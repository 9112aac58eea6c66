/* .planfs/README.txt: what is here. */
#include "view_priv.h"

static const char text[] =
	"这里是 planfs 自己的目录，只读，不出现在根目录的列表里，\n"
	"所以 grep -r、tar、rsync 不会走进来。\n"
	"\n"
	"  README.txt   本文件\n"
	"  status.json  版本、数据库、修订号、未保存的文件数、最近一次错误\n"
	"  conflicts/   保存时覆盖了别人刚写的文字：两个版本并排放着（planfs conflicts 可以消去）\n"
	"  search/控辍保学/       含有这个词的部分；search/控辍保学.txt 是同样结果的各行；写法见 search/README.txt\n"
	"  duplicates.tsv         相互抄录的计划和部分，最早的在前\n"
	"\n"
	"历史版本在数据库里：\n"
	"  sqlite3 数据库 \"SELECT time, author, body FROM history WHERE name = '…'\"\n"
	"\n"
	"This is planfs's own directory. It is read-only and not listed in the root, so that grep -r, tar\n"
	"and rsync do not walk into it.\n"
	"\n"
	"  README.txt   this file\n"
	"  status.json  version, database, revision, unsaved files, last error\n"
	"  conflicts/   texts that somebody overwrote without having seen them, beside those that\n"
	"               did it ('planfs conflicts' dismisses them)\n"
	"  search/WORDS/, search/WORDS.txt\n"
	"               sections that have the words, and their lines; see search/README.txt\n"
	"  duplicates.tsv\n"
	"               plans and sections that are copies of each other, the earliest first\n"
	"\n"
	"Every version of every section is in the database:\n"
	"  sqlite3 DATABASE \"SELECT time, author, body FROM history WHERE name = '…'\"\n";

int readme_render(const struct view_source *v, struct buf *ret_text)
{
	(void)v;
	return buf_add_str(ret_text, text);
}
