/* Plans as Markdown: the title, the sections with their headings, and nothing that Markdown would misread. */
#include "planfs/export.h"

#include "import_priv.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the formats share ---- */

struct title {
	char *text; /* owned */
};

static int parse_title(void *arg, const char *data, size_t len)
{
	json_t *json = json_loadb(data ? data : "", len, 0, NULL);
	const char *title = json_string_value(json_object_get(json, "title"));
	struct title *t = arg;

	t->text = title && title[0] ? strdup(title) : NULL;
	json_decref(json);
	return 0;
}

int export_title(struct store *s, const struct export_plan *plan, struct buf *ret)
{
	struct title title = { 0 };
	struct inode inode;
	int r;

	r = store_lookup(s, plan->inode, "plan.json", &inode);
	if (r == 0)
		r = store_with_text(s, inode.id, parse_title, &title);
	if (r == 0 || r == -ENOENT)
		r = buf_add_str(ret, title.text ? title.text : plan->name);
	free(title.text);
	return r;
}

bool export_is_heading(const char *line, size_t len, const char *section, bool first)
{
	size_t i, chars = 0;

	if (!first || strstr(section, "-前言.txt") || strstr(section, "-正文.txt") ||
		strstr(section, "-结语.txt"))
		return false;
	for (i = 0; i < len; i++)
		chars += ((unsigned char)line[i] & 0xC0) != 0x80;
	return chars > 0 && chars <= 60 && !bytes_hold(line, len, "。") && !memchr(line, '\t', len);
}

/* ---- Markdown ---- */

struct md {
	struct buf *out; /* borrowed */
	bool table;      /* the line before was a row */
};

/* A line of the text so that it reads the same when Markdown is read. */
static int add_escaped(struct buf *out, const char *s, size_t len)
{
	size_t i = 0;
	int r = 0;

	if (len > 0 && (strchr("#|=~", *s) || (len >= 3 && (memcmp(s, "---", 3) == 0 ||
								   memcmp(s, "```", 3) == 0))))
		r = buf_add(out, "\\", 1);
	for (; i < len && r == 0; i++) {
		if (strchr("\\`*_[]", s[i]) &&
			!(i == 0 && out->data && out->len && out->data[out->len - 1] == '\\'))
			r = buf_add(out, "\\", 1);
		if (r == 0)
			r = buf_add(out, s + i, 1);
	}
	return r;
}

static int add_row(struct md *m, const char *s, size_t len)
{
	size_t cells = 1, i;
	const char *tab;
	int r = 0;

	for (i = 0; i < len; i++)
		cells += s[i] == '\t';
	if (r == 0)
		r = buf_add_str(m->out, "| ");
	for (; r == 0; s = tab + 1) {
		tab = memchr(s, '\t', len);
		r = add_escaped(m->out, s, tab ? (size_t)(tab - s) : len);
		if (r == 0)
			r = buf_add_str(m->out, tab ? " | " : " |\n");
		if (!tab)
			break;
		len -= (size_t)(tab + 1 - s);
	}
	for (i = 0; i < cells && r == 0 && !m->table; i++)
		r = buf_add_str(m->out, i + 1 < cells ? "|---" : "|---|\n");
	m->table = true;
	return r;
}

static int add_line(struct md *m, const char *s, size_t len, bool heading)
{
	bool row = memchr(s, '\t', len) != NULL;
	int r = 0;

	if (row)
		return add_row(m, s, len);
	if (m->table)
		r = buf_add_str(m->out, "\n"); /* a line below a table would be its row */
	m->table = false;
	if (r == 0 && heading)
		r = buf_add_str(m->out, "\n## ");
	if (r == 0)
		r = add_escaped(m->out, s, len);
	return r < 0 ? r : buf_add_str(m->out, "\n");
}

static int add_section(void *arg, const struct export_section *section)
{
	const char *at = buf_str(section->text), *end = at + section->text->len, *stop;
	struct md *m = arg;
	bool first = true;
	int r = 0;

	for (; at < end && r == 0; at = stop + 1, first = false) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		r = add_line(m, at, (size_t)(stop - at),
			export_is_heading(at, (size_t)(stop - at), section->name, first));
		if (stop == end)
			break;
	}
	m->table = false;
	return r;
}

int export_plan_md(struct store *s, const struct export_plan *plan, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(buf_done) struct buf title = { 0 };
	struct md m = { &text, false };
	int r;

	r = export_title(s, plan, &title);
	if (r == 0)
		r = buf_add_str(&text, "# ");
	if (r == 0)
		r = add_escaped(&text, buf_str(&title), title.len);
	if (r == 0)
		r = buf_add_str(&text, "\n\n");
	if (r == 0)
		r = export_sections(s, plan->inode, add_section, &m);
	if (r < 0)
		return r;
	buf_done(ret_text);
	*ret_text = buf_steal(&text);
	return 0;
}
