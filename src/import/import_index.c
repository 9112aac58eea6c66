/* What was imported before, by the hashes that plan.json keeps; see planfs/import_store.h. */
#include "import_priv.h"

#include "planfs/export.h"
#include "planfs/import_store.h"
#include "planfs/name.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct import_index {
	struct store *s;   /* borrowed while it is built */
	json_t *by_text;   /* owned; hash of a plan's text -> path */
	struct near *near; /* owned */
	json_t *by_place;  /* owned; hash of the document, '/', hash of the text -> path */
};

void import_index_free(struct import_index *index)
{
	if (!index)
		return;
	json_decref(index->by_text);
	json_decref(index->by_place);
	near_free(index->near);
	free(index);
}

static int remember(json_t *map, const char *key, const char *path)
{
	if (json_object_get(map, key))
		return 0; /* the first one stays */
	/* a path that is no UTF-8 cannot come from an import */
	return json_object_set_new_nocheck(map, key, json_string_nocheck(path)) == 0 ? 0 : -ENOMEM;
}

int index_add(struct import_index *index, const char *document, const char *text,
	const struct sketch *sketch, const char *path)
{
	char place[2 * IMPORT_HASH_CHARS + 2];
	int r = 0;

	if (sketch && !json_object_get(index->by_text, text))
		r = near_add(index->near, sketch, path);
	if (r < 0)
		return r;
	r = remember(index->by_text, text, path);
	if (r < 0)
		return r;
	snprintf(place, sizeof(place), "%s/%s", document, text);
	return remember(index->by_place, place, path);
}

const char *index_find_text(const struct import_index *index, const char *text)
{
	return json_string_value(json_object_get(index->by_text, text));
}

const char *index_find_place(
	const struct import_index *index, const char *document, const char *text)
{
	char place[2 * IMPORT_HASH_CHARS + 2];

	snprintf(place, sizeof(place), "%s/%s", document, text);
	return json_string_value(json_object_get(index->by_place, place));
}

const char *index_find_near(
	const struct import_index *index, const struct sketch *sketch, unsigned *ret_percent)
{
	return near_find(index->near, sketch, ret_percent);
}

static int parse_metadata(void *arg, const char *data, size_t len)
{
	json_t **json = arg;

	*json = json_loadb(data ? data : "", len, 0, NULL);
	return 0;
}

static int add_plan(void *arg, const struct export_plan *plan)
{
	struct import_index *index = arg;
	CLEANUP(buf_done) struct buf path = { 0 };
	const char *document, *text;
	struct sketch sketch;
	struct inode inode;
	bool sketched;
	json_t *json = NULL;
	int r;

	r = store_lookup(index->s, plan->inode, NAME_METADATA, &inode);
	if (r == 0)
		r = store_with_text(index->s, inode.id, parse_metadata, &json);
	if (r == 0)
		r = buf_printf(&path, "%s/%s/%s", plan->year, plan->district, plan->name);
	text = json_string_value(json_object_get(json, "hash"));
	document = json_string_value(json_object_get(json_object_get(json, "source"), "hash"));
	sketched = sketch_scan(json_string_value(json_object_get(json, "sketch")), &sketch);
	if (r == 0 && text && document)
		r = index_add(index, document, text, sketched ? &sketch : NULL, buf_str(&path));
	json_decref(json);
	return r == -ENOENT ? 0 : r; /* a plan without metadata was not imported */
}

int import_index_new(struct store *s, struct import_index **ret_index)
{
	CLEANUP(import_index_freep) struct import_index *index = calloc(1, sizeof(*index));
	int r;

	if (!index)
		return -ENOMEM;
	*index = (struct import_index){
		.s = s, .by_text = json_object(), .by_place = json_object(), .near = near_new()
	};
	if (!index->by_text || !index->by_place || !index->near)
		return -ENOMEM;
	r = export_walk(s, "", add_plan, index);
	if (r < 0)
		return r;
	*ret_index = index;
	index = NULL;
	return 0;
}
