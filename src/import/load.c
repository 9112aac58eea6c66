/* Plans from the exchange format: reading and checking; see planfs/load.h. load_write.c stores them. */
#include "planfs/load.h"

#include "import_priv.h"
#include "planfs/name.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WAIT_MS = 20000, PATH_DEPTH_MAX = 40 };

struct load {
	json_t *plans; /* owned; an array that was checked */
	char **paths;  /* owned, one per plan */
	size_t n;
	bool ordered; /* nothing was made here: the times that are loaded are those of this database */
};

void load_free(struct load *load)
{
	size_t i;

	if (!load)
		return;
	for (i = 0; load->paths && i < load->n; i++)
		free(load->paths[i]);
	free(load->paths);
	json_decref(load->plans);
	free(load);
}

size_t load_count(const struct load *load)
{
	return load->n;
}

const char *load_path(const struct load *load, size_t i)
{
	return load->paths[i];
}

bool load_is_exchange(const char *data, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n[", data[i]))
		i++;
	return i < len && data[i] == '{' && bytes_hold(data, len, "\"year\"") &&
	       bytes_hold(data, len, "\"district\"") && bytes_hold(data, len, "\"name\"");
}

/* ---- checking ---- */

struct checker {
	const char *file;
	size_t plan;
	struct import_error *error;
};

PRINTF_LIKE(2, 3)
static int refuse(const struct checker *c, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(c->error->text, sizeof(c->error->text), "%s: plan %zu: %s", c->file, c->plan + 1,
		text);
	return -EINVAL;
}

static bool is_name(const json_t *value)
{
	const char *s = json_string_value(value);

	return s && strlen(s) == json_string_length(value) && name_is_valid(s, strlen(s));
}

/* A path below the plan's directory: every component is a legal name. */
static bool is_path(const json_t *value)
{
	const char *s = json_string_value(value), *at;
	unsigned depth = 0;

	if (!s || strlen(s) != json_string_length(value))
		return false;
	for (at = s;; at += strcspn(at, "/") + 1) {
		if (!name_is_valid(at, strcspn(at, "/")) || ++depth > PATH_DEPTH_MAX)
			return false;
		if (!at[strcspn(at, "/")])
			return true;
	}
}

static int check_text(const struct checker *c, const json_t *object, const char *what)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int r = value_get_text(object, &text);

	return r == -EINVAL ? refuse(c, "%s has neither \"text\" nor \"base64\"", what) : r;
}

static int check_times(const struct checker *c, const json_t *object, const char *what)
{
	const json_t *mode = json_object_get(object, "mode"),
		     *mtime = json_object_get(object, "mtime");
	uint32_t bits;
	int64_t ns;

	if (mode && value_get_mode(mode, &bits) < 0)
		return refuse(c, "the mode of %s is no octal number", what);
	if (mtime && value_get_time(mtime, &ns) < 0)
		return refuse(c, "the mtime of %s is no time", what);
	return 0;
}

static int check_section(const struct checker *c, const json_t *section)
{
	const json_t *name = json_object_get(section, "name");
	int r;

	if (!is_name(name))
		return refuse(c, "a section without a legal name");
	r = check_times(c, section, json_string_value(name));
	return r < 0 ? r : check_text(c, section, json_string_value(name));
}

static int check_file(const struct checker *c, const json_t *file)
{
	const json_t *path = json_object_get(file, "path"),
		     *target = json_object_get(file, "target");
	int r;

	if (!is_path(path))
		return refuse(c, "a file without a legal path");
	r = check_times(c, file, json_string_value(path));
	if (r < 0 || (json_is_string(target) && json_string_length(target) > 0))
		return r;
	/* a directory has no text */
	return json_object_get(file, "text") || json_object_get(file, "base64")
		       ? check_text(c, file, json_string_value(path))
		       : 0;
}

static int check_version(const struct checker *c, const json_t *version)
{
	const char *op = json_string_value(json_object_get(version, "op"));
	int64_t ns;

	if (!is_name(json_object_get(version, "name")) || !op ||
		!json_is_string(json_object_get(version, "author")) ||
		value_get_time(json_object_get(version, "time"), &ns) < 0)
		return refuse(c, "a version needs \"time\", \"author\", \"op\" and \"name\"");
	if (json_object_get(version, "program") &&
		!json_is_string(json_object_get(version, "program")))
		return refuse(c, "\"program\" of a version is no text");
	return check_times(c, version, json_string_value(json_object_get(version, "name")));
}

static int check_list(const struct checker *c, const json_t *plan, const char *key,
	int (*check)(const struct checker *c, const json_t *item))
{
	const json_t *list = json_object_get(plan, key), *item;
	size_t i;
	int r;

	if (list && !json_is_array(list))
		return refuse(c, "\"%s\" is no array", key);
	json_array_foreach(list, i, item)
	{
		r = check(c, item);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_plan(const struct checker *c, const json_t *plan)
{
	const json_t *year = json_object_get(plan, "year"),
		     *district = json_object_get(plan, "district"),
		     *name = json_object_get(plan, "name");
	int r;

	if (!is_name(year) || !name_is_year(json_string_value(year)))
		return refuse(c, "\"year\" is no year");
	if (!is_name(district) || !is_name(name) ||
		!name_is_plan_dir(json_string_value(district)) ||
		!name_is_plan_dir(json_string_value(name)))
		return refuse(c, "\"district\" or \"name\" is no legal name");
	r = check_times(c, plan, "the plan");
	if (r == 0)
		r = check_list(c, plan, "sections", check_section);
	if (r == 0)
		r = check_list(c, plan, "files", check_file);
	return r < 0 ? r : check_list(c, plan, "history", check_version);
}

static int check_all(struct load *load, const char *file, struct import_error *error)
{
	struct checker c = { file, 0, error };
	int r = 0;

	load->n = json_array_size(load->plans);
	load->paths = calloc(load->n + 1, sizeof(char *));
	if (!load->paths)
		return -ENOMEM;
	for (c.plan = 0; c.plan < load->n && r == 0; c.plan++) {
		const json_t *plan = json_array_get(load->plans, c.plan);

		r = check_plan(&c, plan);
		if (r == 0 && asprintf(&load->paths[c.plan], "%s/%s/%s",
				      json_string_value(json_object_get(plan, "year")),
				      json_string_value(json_object_get(plan, "district")),
				      json_string_value(json_object_get(plan, "name"))) < 0) {
			load->paths[c.plan] = NULL;
			r = -ENOMEM;
		}
	}
	return r;
}

int load_parse(const char *name, const char *data, size_t len, struct load **ret_load,
	struct import_error *ret_error)
{
	CLEANUP(load_freep) struct load *load = calloc(1, sizeof(*load));
	json_error_t error;
	json_t *json;
	int r;

	if (!load)
		return -ENOMEM;
	json = json_loadb(len ? data : "", len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!json) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%s: line %d, column %d: %s",
			name, error.line, error.column, error.text);
		return -EINVAL;
	}
	load->plans = json_is_array(json) ? json : json_pack("[o]", json);
	if (!load->plans)
		return -ENOMEM;
	r = check_all(load, name, ret_error);
	if (r < 0)
		return r;
	*ret_load = load;
	load = NULL;
	return 0;
}

const json_t *load_plan(const struct load *load, size_t i)
{
	return json_array_get(load->plans, i);
}

bool load_is_ordered(const struct load *load)
{
	return load->ordered;
}

void load_set_ordered(struct load *load, bool ordered)
{
	load->ordered = ordered;
}
