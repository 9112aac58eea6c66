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
	"  at/时刻/     那个时刻的整棵目录树，只读。时刻可以是 2026-11-21（当天结束时）、\n"
	"               2026-11-21T10:15、yesterday、-2h、rev-1234、now，或 planfs mark 起的名字\n"
	"  gmt/         同样的时刻，供 Samba 的“以前的版本”使用\n"
	"  history/路径/  一个文件的每个版本，按先后编号；删除、改名、移动之后也在\n"
	"\n"
	"也可以用 SQL 查：\n"
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
	"  at/MOMENT/   the whole tree as it was, read-only. A moment is 2026-11-21 (the end of the day),\n"
	"               2026-11-21T10:15, yesterday, -2h, rev-1234, now, or a name given by planfs mark\n"
	"  gmt/         the same moments for Samba, which shows them as previous versions\n"
	"  history/PATH/  every version of a file in order, also of what was removed, renamed or moved\n"
	"\n"
	"SQL has them, too:\n"
	"  sqlite3 DATABASE \"SELECT time, author, body FROM history WHERE name = '…'\"\n";

int readme_render(const struct view_source *v, struct buf *ret_text)
{
	(void)v;
	return buf_add_str(ret_text, text);
}
