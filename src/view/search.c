/*
 * .planfs/search: every name in it that could be a query is there. WORDS is a directory with a symbolic link for each section that
 * has the words, WORDS.txt the lines with them as grep -n prints them. Neither is listed, but for what was asked lately.
 */
#include "search_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const char readme_name[] = "README.txt";

const char search_readme[] =
	"在这里打开一个名字，就是一次查找，结果总是最新的：\n"
	"\n"
	"  search/控辍保学/                  每个含有这个词的部分一个链接，新的年份在前\n"
	"  search/控辍保学.txt               同样的结果，每行：路径:行号:文字\n"
	"\n"
	"  控辍保学 食堂                     两个词都在同一部分里\n"
	"  \"义务教育 均衡\"                   一字不差，包括空格\n"
	"  控辍保学 -食堂                    不含 食堂\n"
	"  year:2016  year:2014..2020        年份（也可写 年:2016）\n"
	"  district:合肥  plan:工作要点      地区、计划名称的一部分（也可写 地区: 计划:）\n"
	"\n"
	"不加引号时，全角半角、大小写、各种空格不加区别。冒号、减号、引号可以是全角的；在 Windows 上\n"
	"冒号写成 ： 或 =，引号写成 “”。最多列出 10000 个部分；要得更少，多加一个词。\n"
	"看到的是已经保存的文字。vim：:cexpr readfile('.planfs/search/控辍保学.txt')\n"
	"\n"
	"To open a name here is to search, and what is found is always up to date:\n"
	"\n"
	"  search/WORDS/                     a link for each section that has all the words, newest year first\n"
	"  search/WORDS.txt                  the same as lines, path:line:text\n"
	"\n"
	"  \"two words\"                       exactly this, blanks included\n"
	"  -word                             not this one\n"
	"  year:2016  year:2014..2020  year:未知年份\n"
	"  district:合肥  plan:工作要点      a part of the name\n"
	"\n"
	"Without quotes full width, case and kinds of blanks make no difference. On Windows write = for the\n"
	"colon and curly quotes. At most 10,000 sections are listed. What is saved is found.\n";

/* What file managers and shells look for in every directory: not a query. */
static bool is_probe(const char *name)
{
	static const char *const probes[] = { "autorun.inf", "desktop.ini", "thumbs.db",
		"folder.jpg", "folder.gif", "lost+found", "$RECYCLE.BIN",
		"System Volume Information" };
	size_t i;

	if (name[0] == '.' || name_is_scratch(name))
		return true;
	for (i = 0; i < ARRAY_LEN(probes); i++)
		if (strcasecmp(probes[i], name) == 0)
			return true;
	return false;
}

static enum search_kind kind_of(int64_t id)
{
	return (enum search_kind)(view_rest(id) >> SEARCH_KIND_SHIFT & 3);
}

static uint64_t bits_of(int64_t id)
{
	return (uint64_t)id & ((UINT64_C(1) << SEARCH_KIND_SHIFT) - 1);
}

static int64_t root_id(void)
{
	return search_id(SEARCH_FIXED, 0);
}

static int64_t readme_id(void)
{
	return search_id(SEARCH_FIXED, 1);
}

/* From a directory in .planfs/search. */
static int link_target(const char *path, struct buf *ret_target)
{
	return buf_printf(ret_target, "../../../%s", path);
}

/* --- attributes --- */

static struct inode make_list(uint64_t bits)
{
	return view_make_inode(search_id(SEARCH_LIST, bits), S_IFDIR | 0555, 0);
}

static struct inode make_hit(const struct hit *hit)
{
	return view_make_inode(hit_id(hit->inode, hit->path), S_IFLNK | 0777,
		(int64_t)(strlen("../../../") + strlen(hit->path)));
}

static int get_text(const struct view_source *v, uint64_t bits, struct inode *ret_inode)
{
	struct hits *h;
	int r = search_get(v, bits, SEARCH_TEXT, false, &h);

	if (r < 0)
		return r;
	*ret_inode =
		view_make_inode(search_id(SEARCH_TEXT, bits), S_IFREG | 0444, (int64_t)h->text.len);
	search_put(v->memory->search, h);
	return 0;
}

static int get_link(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	int r = hit_path(v->store, id, &path);

	if (r < 0)
		return r;
	*ret_inode = make_hit(&(struct hit){ .inode = 0, .path = path.data });
	ret_inode->id = id;
	return 0;
}

static int search_get_inode(const struct view_source *v, int64_t id, struct inode *ret_inode)
{
	int r;

	if (!v->memory)
		return -ENOENT;
	if (id == root_id() || id == readme_id()) {
		*ret_inode = id == root_id() ? view_make_inode(id, S_IFDIR | 0555, 0)
					     : view_make_inode(id, S_IFREG | 0444,
						       sizeof(search_readme) - 1);
		return 0;
	}
	if (kind_of(id) == SEARCH_HIT)
		return get_link(v, id, ret_inode);
	if (kind_of(id) == SEARCH_TEXT)
		return get_text(v, bits_of(id), ret_inode);
	r = kind_of(id) == SEARCH_LIST ? search_recall(v->memory->search, bits_of(id)) : -ENOENT;
	if (r == 0)
		*ret_inode = make_list(bits_of(id));
	return r;
}

/* --- names --- */

static bool ends_in_txt(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcasecmp(name + len - 4, ".txt") == 0;
}

static int lookup_query(const struct view_source *v, const char *name, struct inode *ret_inode)
{
	CLEANUP(buf_done) struct buf words = { 0 };
	struct view_reader reader;
	struct asked asked = { .reader = view_get_reader(v, &reader) };
	bool is_text = ends_in_txt(name);
	uint64_t bits;
	int r;

	if (strcmp(name, readme_name) == 0)
		return search_get_inode(v, readme_id(), ret_inode);
	if (is_probe(name))
		return -ENOENT;
	r = buf_add(&words, name, strlen(name) - (is_text ? 4 : 0));
	asked.words = buf_str(&words);
	if (r == 0)
		r = search_remember(v->memory->search, &asked, &bits);
	if (r < 0)
		return r;
	if (is_text)
		return get_text(v, bits, ret_inode);
	*ret_inode = make_list(bits);
	return 0;
}

/* What a directory shows besides hits: the text, under a name that says why. Returns false when there is no need. */
static bool note_name(const struct hits *h, char name[static 128])
{
	if (h->broken)
		snprintf(name, 128, "查询有误 %s.txt", h->broken);
	else if (h->has_more)
		snprintf(name, 128, "还有更多，请加词缩小范围.txt");
	else
		return false;
	return true;
}

static int lookup_hit(
	const struct view_source *v, uint64_t bits, const char *name, struct inode *ret_inode)
{
	char note[128];
	int pass, r = -ENOENT;

	/* as of a moment ago, and when it was not there, as of now */
	for (pass = 0; pass < 2 && r == -ENOENT; pass++) {
		const struct hit *hit;
		bool is_note;
		struct hits *h;

		r = search_get(v, bits, SEARCH_LIST, pass == 0, &h);
		if (r < 0)
			return r;
		hit = hits_lookup(h, name);
		is_note = note_name(h, note) && strcmp(name, note) == 0;
		if (hit)
			*ret_inode = make_hit(hit);
		search_put(v->memory->search, h);
		r = is_note ? get_text(v, bits, ret_inode) : hit ? 0 : -ENOENT;
	}
	return r;
}

static int search_lookup(
	const struct view_source *v, int64_t parent, const char *name, struct inode *ret_inode)
{
	if (!v->memory)
		return -ENOENT;
	if (parent == root_id())
		return lookup_query(v, name, ret_inode);
	return kind_of(parent) == SEARCH_LIST ? lookup_hit(v, bits_of(parent), name, ret_inode)
					      : -ENOTDIR;
}

/* --- listings --- */

struct recents {
	store_entry_fn *fn;
	void *arg;
};

static int tell_recent(void *arg, int64_t place, uint64_t bits, const char *words)
{
	const struct recents *r = arg;

	return r->fn(r->arg, &(struct store_entry){ words, place + 1, make_list(bits) });
}

/* README.txt has the first place, and queries those behind it. */
static int scan_root(const struct view_source *v, int64_t after, store_entry_fn *fn, void *arg)
{
	const struct store_entry first = { readme_name, 1,
		view_make_inode(readme_id(), S_IFREG | 0444, sizeof(search_readme) - 1) };
	struct view_reader reader;
	int r = 0;

	if (after < 1)
		r = fn(arg, &first);
	return r ? r
		 : search_each_recent(v->memory->search, view_get_reader(v, &reader),
			   after > 1 ? after - 1 : 0, tell_recent, &(struct recents){ fn, arg });
}

/* A listing that goes on does so in what it began in, unless that was forgotten. */
static int scan_list(
	const struct view_source *v, uint64_t bits, int64_t after, store_entry_fn *fn, void *arg)
{
	char note[128];
	struct hits *h;
	size_t i;
	int r;

	search_note_asked(v->memory->search, bits);
	r = search_get(v, bits, SEARCH_LIST, after > 0, &h);
	if (r < 0)
		return r;
	if (after < 1 && note_name(h, note))
		r = fn(arg, &(struct store_entry){ note, 1,
				    view_make_inode(search_id(SEARCH_TEXT, bits), S_IFREG | 0444,
					    (int64_t)h->text.len) });
	for (i = after > 1 ? (size_t)after - 1 : 0; i < h->n && r == 0; i++)
		r = fn(arg, &(struct store_entry){
				    h->items[i].name, (int64_t)i + 2, make_hit(&h->items[i]) });
	search_put(v->memory->search, h);
	return r;
}

static int search_scan(
	const struct view_source *v, int64_t parent, int64_t after, store_entry_fn *fn, void *arg)
{
	if (!v->memory)
		return -ENOENT;
	if (parent == root_id())
		return scan_root(v, after, fn, arg);
	return kind_of(parent) == SEARCH_LIST ? scan_list(v, bits_of(parent), after, fn, arg)
					      : -ENOTDIR;
}

static int search_parent(const struct view_source *v, int64_t id, int64_t *ret_parent)
{
	(void)v;
	*ret_parent = id == root_id() ? VIEW_ROOT : root_id();
	return 0;
}

/* --- contents --- */

static int search_read(const struct view_source *v, int64_t id, struct buf *ret_text)
{
	struct hits *h;
	int r;

	if (!v->memory)
		return -ENOENT;
	if (id == readme_id())
		return buf_add_str(ret_text, search_readme);
	if (kind_of(id) != SEARCH_TEXT)
		return kind_of(id) == SEARCH_HIT ? -EINVAL : -EISDIR;
	search_note_asked(v->memory->search, bits_of(id));
	r = search_get(v, bits_of(id), SEARCH_TEXT, false, &h);
	if (r < 0)
		return r;
	r = h->text.len ? buf_add(ret_text, h->text.data, h->text.len) : 0;
	search_put(v->memory->search, h);
	return r;
}

static int search_readlink(const struct view_source *v, int64_t id, struct buf *ret_target)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	int r;

	if (!v->memory || kind_of(id) != SEARCH_HIT)
		return -ENOENT;
	r = hit_path(v->store, id, &path);
	return r < 0 ? r : link_target(buf_str(&path), ret_target);
}

const struct view_ops view_search = {
	.name = "search",
	.get = search_get_inode,
	.lookup = search_lookup,
	.scan = search_scan,
	.parent = search_parent,
	.read = search_read,
	.readlink = search_readlink,
};
