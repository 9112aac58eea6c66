/* Plans as JSON; see planfs/export.h and docs/plans.schema.json. */
#include "planfs/export.h"

#include "import_priv.h"
#include "planfs/name.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 32 };

static void json_done(json_t **json)
{
	json_decref(*json);
}

/* Set @key, taking @take_value (NULL: there was no memory for it). */
static int set(json_t *object, const char *key, json_t *take_value)
{
	return json_object_set_new(object, key, take_value) == 0 ? 0 : -ENOMEM;
}

static int append(json_t *list, json_t *take_value)
{
	return json_array_append_new(list, take_value) == 0 ? 0 : -ENOMEM;
}

/* ---- what is there ---- */

/* The files of a plan: sections go to one list, all else to another. */
struct listing {
	struct store *s;
	json_t *sections, *files; /* borrowed */
};

/* A file, link or directory as an object. */
static json_t *make_entry(
	struct listing *l, const char *key, const char *path, const struct inode *inode)
{
	CLEANUP(json_done) json_t *json = json_object();
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *result = json;
	int r = json ? 0 : -ENOMEM;

	if (r == 0)
		r = set(json, key, value_name(path));
	if (r == 0)
		r = set(json, "mode", value_mode(inode->mode));
	if (r == 0)
		r = set(json, "mtime", value_time(inode->mtime));
	if (r == 0 && S_ISLNK(inode->mode)) {
		r = store_readlink(l->s, inode->id, &text);
		if (r == 0)
			r = set(json, "target", value_name(buf_str(&text)));
	} else if (r == 0 && S_ISREG(inode->mode)) {
		r = store_read_body(l->s, inode->body, &text);
		if (r == 0)
			r = value_set_text(json, buf_str(&text), text.len);
	}
	if (r < 0)
		return NULL;
	json = NULL;
	return result;
}

struct names {
	struct buf names; /* each followed by a NUL */
};

static void names_done(struct names *n)
{
	buf_done(&n->names);
}

static int add_name(void *arg, const struct store_entry *found)
{
	struct names *n = arg;
	uint32_t type = found->inode.mode & S_IFMT;

	if (type != S_IFREG && type != S_IFDIR && type != S_IFLNK)
		return 0; /* sockets and the like mean nothing elsewhere */
	return buf_add(&n->names, found->name, strlen(found->name) + 1);
}

static int list_dir(struct listing *l, int64_t dir, const char *prefix, unsigned depth);

static int list_entry(
	struct listing *l, const struct inode *inode, const char *path, unsigned depth)
{
	bool section = depth == 0 && S_ISREG(inode->mode) && name_is_section(path);
	json_t *entry = make_entry(l, section ? "name" : "path", path, inode);
	int r;

	r = entry ? append(section ? l->sections : l->files, entry) : -ENOMEM;
	return r == 0 && S_ISDIR(inode->mode) ? list_dir(l, inode->id, path, depth + 1) : r;
}

static int list_dir(struct listing *l, int64_t dir, const char *prefix, unsigned depth)
{
	CLEANUP(names_done) struct names n = { 0 };
	const char *name, *end;
	int r;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	r = store_list(l->s, dir, add_name, &n);
	name = buf_str(&n.names);
	for (end = name + n.names.len; r == 0 && name < end; name += strlen(name) + 1) {
		CLEANUP(buf_done) struct buf path = { 0 };
		struct inode inode;

		r = buf_printf(&path, "%s%s%s", prefix, *prefix ? "/" : "", name);
		if (r == 0)
			r = store_lookup(l->s, dir, name, &inode);
		if (r == 0)
			r = list_entry(l, &inode, path.data, depth);
		else if (r == -ENOENT)
			r = 0; /* removed meanwhile */
	}
	return r;
}

/* ---- what was there ---- */

struct versions {
	json_t *list;      /* borrowed; objects without their texts */
	struct buf bodies; /* of them, int64_t each */
};

static void versions_done(struct versions *v)
{
	buf_done(&v->bodies);
}

static int add_version(void *arg, const struct store_version *version)
{
	struct versions *v = arg;
	int64_t body = strcmp(version->op, "remove") == 0 ? -1 : version->body;
	json_t *json;

	if (!S_ISREG(version->mode))
		return 0;
	json = json_pack("{s:o, s:o, s:o*, s:s, s:o, s:o, s:o}", "time", value_time(version->time),
		"author", value_name(version->author), "program",
		version->program ? value_name(version->program) : NULL, "op", version->op, "name",
		value_name(version->name), "mode", value_mode(version->mode), "mtime",
		value_time(version->mtime));
	if (!json || json_array_append_new(v->list, json) < 0)
		return -ENOMEM;
	return buf_add(&v->bodies, &body, sizeof(body));
}

static int add_history(struct store *s, int64_t dir, json_t *list)
{
	CLEANUP(versions_done) struct versions v = { .list = list };
	size_t i;
	int r;

	r = store_versions(s, dir, add_version, &v);
	for (i = 0; i < json_array_size(list) && r == 0; i++) {
		CLEANUP(buf_done) struct buf text = { 0 };
		int64_t body;

		memcpy(&body, v.bodies.data + i * sizeof(body), sizeof(body));
		if (body < 0)
			continue;
		r = store_read_body(s, body, &text);
		if (r == -ENOENT)
			r = 0; /* forgotten meanwhile */
		if (r == 0)
			r = value_set_text(json_array_get(list, i), buf_str(&text), text.len);
	}
	return r;
}

/* ---- a plan ---- */

static int parse_text(void *arg, const char *data, size_t len)
{
	json_t **metadata = arg;

	*metadata = json_loadb(data ? data : "", len, JSON_REJECT_DUPLICATES, NULL);
	return 0;
}

/* What plan.json holds; null when there is none, or none that can be read. */
static int load_metadata(struct store *s, int64_t dir, json_t **ret_json)
{
	json_t *metadata = NULL;
	struct inode inode;
	int r;

	r = store_lookup(s, dir, NAME_METADATA, &inode);
	if (r == 0)
		r = store_with_text(s, inode.id, parse_text, &metadata);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret_json = metadata ? metadata : json_null();
	return 0;
}

/* Everything below the plan's directory, and its history. */
static int fill(struct store *s, const struct export_plan *plan, json_t *json)
{
	json_t *sections = json_array(), *files = json_array(), *history = json_array();
	struct listing l = { s, sections, files };
	struct inode dir;
	int r;

	r = set(json, "sections", sections);
	if (set(json, "files", files) < 0 || set(json, "history", history) < 0 || r < 0)
		return -ENOMEM;
	r = store_get(s, plan->inode, &dir);
	if (r == 0)
		r = set(json, "mode", value_mode(dir.mode));
	if (r == 0)
		r = set(json, "mtime", value_time(dir.mtime));
	if (r == 0)
		r = list_dir(&l, plan->inode, "", 0);
	return r < 0 ? r : add_history(s, plan->inode, history);
}

int export_plan_json(struct store *s, const struct export_plan *plan, struct buf *ret_text)
{
	CLEANUP(json_done) json_t *json = NULL;
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *metadata;
	char *dumped;
	int r;

	r = load_metadata(s, plan->inode, &metadata);
	if (r < 0)
		return r;
	json = json_pack("{s:o, s:o, s:o, s:o}", "year", value_name(plan->year), "district",
		value_name(plan->district), "name", value_name(plan->name), "metadata", metadata);
	if (!json)
		return -ENOMEM;
	r = fill(s, plan, json);
	if (r < 0)
		return r;
	dumped = json_dumps(json, JSON_INDENT(2));
	if (!dumped)
		return -ENOMEM;
	r = buf_add_str(&text, dumped);
	free(dumped);
	if (r < 0)
		return r;
	buf_done(ret_text);
	*ret_text = buf_steal(&text);
	return 0;
}
