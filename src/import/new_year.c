/* Next year's plan; see planfs/new_year.h. It is made in the exchange format, and loaded. */
#include "planfs/new_year.h"

#include "import_priv.h"
#include "planfs/load.h"
#include "planfs/name.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
	const struct new_year *how;
	json_t *sections;    /* borrowed */
	const char *section; /* under way */
};

static void json_done(json_t **json)
{
	json_decref(*json);
}

static int look_at(void *arg, const struct renew_note *note)
{
	const struct job *job = arg;

	return job->how->look_at ? job->how->look_at(job->how->arg, job->section, note) : 0;
}

/* A name or title with its year moved on; nobody must look at it. */
static int renew_name(const struct new_year *how, const char *name, struct buf *ret)
{
	const struct renew r = { how->from, how->to, NULL, NULL };

	return renew_text(name, strlen(name), &r, ret);
}

static int add_section(void *arg, const struct export_section *section)
{
	struct job *job = arg;
	const struct renew r = { job->how->from, job->how->to, look_at, job };
	CLEANUP(buf_done) struct buf name = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *json;
	int res;

	job->section = section->name;
	res = renew_name(job->how, section->name, &name);
	if (res == 0)
		res = renew_text(buf_str(section->text), section->text->len, &r, &text);
	if (res != 0)
		return res;
	json = json_pack("{s:o}", "name", value_name(buf_str(&name)));
	if (!json || json_array_append_new(job->sections, json) < 0)
		return -ENOMEM;
	return value_set_text(json, buf_str(&text), text.len);
}

static int parse_json(void *arg, const char *data, size_t len)
{
	json_t **json = arg;

	*json = json_loadb(data ? data : "", len, 0, NULL);
	return 0;
}

/* The metadata of the old plan without what was true of its import only. */
static int make_metadata(
	struct store *s, const struct export_plan *plan, const struct new_year *how, json_t **ret)
{
	static const char *const old[] = { "hash", "sketch", "imported", "dropped", "truncated",
		"source" };
	CLEANUP(buf_done) struct buf title = { 0 };
	json_t *json = NULL;
	struct inode inode;
	const char *word;
	size_t i;
	int r;

	r = store_lookup(s, plan->inode, NAME_METADATA, &inode);
	if (r == 0)
		r = store_with_text(s, inode.id, parse_json, &json);
	if (r < 0 && r != -ENOENT)
		return r;
	if (!json_is_object(json)) {
		json_decref(json);
		json = json_object();
	}
	word = json_string_value(json_object_get(json, "kind"));
	*ret = json;
	if (word && strcmp(word, "总结") == 0)
		return -ECANCELED;
	for (i = 0; i < ARRAY_LEN(old); i++)
		json_object_del(json, old[i]); /* what is not there is as good */
	word = json_string_value(json_object_get(json, "title"));
	r = word ? renew_name(how, word, &title) : 0;
	if (r == 0 && word)
		r = json_object_set_new(json, "title", value_name(buf_str(&title)));
	if (r == 0)
		r = json_object_set_new(json, "source",
			json_pack("{s:o}", "plan",
				json_sprintf("%s/%s/%s", plan->year, plan->district, plan->name)));
	return r < 0 ? -ENOMEM : 0;
}

static int make_plan(
	struct store *s, const struct export_plan *plan, const struct new_year *how, json_t *json)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	json_t *sections = json_array(), *metadata = NULL;
	struct job job = { how, sections, NULL };
	int r;

	if (json_object_set_new(json, "sections", sections) < 0)
		return -ENOMEM;
	r = make_metadata(s, plan, how, &metadata);
	if (metadata && json_object_set_new(json, "metadata", metadata) < 0)
		return -ENOMEM;
	if (r == 0)
		r = renew_name(how, plan->name, &name);
	if (r != 0)
		return r;
	if (json_object_set_new(json, "year", json_sprintf("%04u", how->to)) < 0 ||
		json_object_set_new(json, "district", value_name(plan->district)) < 0 ||
		json_object_set_new(json, "name", value_name(buf_str(&name))) < 0)
		return -ENOMEM;
	return export_sections(s, plan->inode, add_section, &job);
}

static int store_plan(struct store *s, json_t *json, const struct new_year *how,
	struct buf *ret_path, struct import_error *error)
{
	CLEANUP(load_freep) struct load *load = NULL;
	char *dumped = json_dumps(json, JSON_COMPACT);
	struct inode there;
	int r = -ENOMEM;

	if (dumped)
		r = load_parse("new-year", dumped, strlen(dumped), &load, error);
	free(dumped);
	if (r == 0)
		r = buf_add_str(ret_path, load_path(load, 0));
	if (r < 0)
		return r;
	r = store_resolve(s, load_path(load, 0), &there);
	if (r == -ENOENT && !how->dry_run)
		return load_store(s, load, 0, error);
	if (r == 0)
		snprintf(error->text, sizeof(error->text),
			"%s: exists already; nothing was changed", load_path(load, 0));
	return r == 0 ? -EEXIST : r == -ENOENT ? 0 : r;
}

int new_year_make(struct store *s, const struct export_plan *plan, const struct new_year *how,
	struct buf *ret_path, struct import_error *ret_error)
{
	CLEANUP(json_done) json_t *json = json_object();
	CLEANUP(buf_done) struct buf path = { 0 };
	int r = json ? 0 : -ENOMEM;

	ret_error->text[0] = '\0';
	if (r == 0)
		r = make_plan(s, plan, how, json);
	if (r == 0)
		r = store_plan(s, json, how, &path, ret_error);
	if (r != 0 && !ret_error->text[0])
		snprintf(ret_error->text, sizeof(ret_error->text), "%s/%s/%s: %s", plan->year,
			plan->district, plan->name,
			r == -ECANCELED ? "a summary, and no plan" : strerror(-r));
	if (r != 0)
		return r;
	buf_done(ret_path);
	*ret_path = buf_steal(&path);
	return 0;
}
