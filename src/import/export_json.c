/* Plans as JSON; see planfs/export.h. */
#include "planfs/export.h"

#include "planfs/name.h"
#include "planfs/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NS = 1000000000 };

static void json_done(json_t **json)
{
	json_decref(*json);
}

/* A JSON string of any bytes; *ret_lossy when some of them were no UTF-8. */
static json_t *make_string(const char *s, size_t len, bool *ret_lossy)
{
	CLEANUP(buf_done) struct buf clean = { 0 };
	uint32_t c;
	int r = 0;

	*ret_lossy = !utf8_is_valid(s, len, NULL);
	if (!*ret_lossy)
		return json_stringn(len ? s : "", len);
	while (len > 0 && r == 0) {
		size_t n = utf8_decode(s, len, &c);

		r = n ? buf_add(&clean, s, n) : buf_add_str(&clean, "\xEF\xBF\xBD");
		s += n ? n : 1;
		len -= n ? n : 1;
	}
	return r == 0 ? json_stringn(clean.data, clean.len) : NULL;
}

static json_t *make_name(const char *name)
{
	bool lossy;

	return make_string(name, strlen(name), &lossy);
}

/* 2026-11-21T10:15:02.123456789Z */
static json_t *make_time(int64_t ns)
{
	int64_t seconds = ns / NS - (ns % NS < 0);
	time_t t = (time_t)seconds;
	char day[64], text[96];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%09" PRId64 "Z", day, ns - seconds * NS);
	return json_string(text);
}

static int add_section(void *arg, const struct export_section *section)
{
	bool lossy = false;
	json_t *json = json_pack("{s:o, s:o, s:o}", "name", make_name(section->name), "mtime",
		make_time(section->mtime), "text",
		make_string(buf_str(section->text), section->text->len, &lossy));
	int r;

	if (!json)
		return -ENOMEM;
	r = lossy ? json_object_set_new(json, "lossy", json_true()) : 0;
	if (r == 0)
		return json_array_append_new(arg, json) == 0 ? 0 : -ENOMEM;
	json_decref(json);
	return -ENOMEM;
}

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

int export_plan_json(struct store *s, const struct export_plan *plan, struct buf *ret_text)
{
	CLEANUP(json_done) json_t *json = NULL;
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *metadata, *sections = json_array();
	char *dumped;
	int r;

	r = load_metadata(s, plan->inode, &metadata);
	if (r < 0) {
		json_decref(sections);
		return r;
	}
	json = json_pack("{s:o, s:o, s:o, s:o, s:o}", "year", make_name(plan->year), "district",
		make_name(plan->district), "name", make_name(plan->name), "metadata", metadata,
		"sections", sections);
	if (!json)
		return -ENOMEM;
	r = export_sections(s, plan->inode, add_section, sections);
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
