/* plan.json: what is known of a plan that its text does not say. */
#include "import_priv.h"

#include "planfs/targets.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void json_done(json_t **json)
{
	json_decref(*json);
}

/* The document's title, its place in it: where the plan comes from. */
static json_t *make_source(const struct import *import, const struct plan *plan)
{
	json_t *source = json_pack("{s:s, s:s}", "file", import->name, "hash", import->hash);
	int r = source ? 0 : -1;

	if (r == 0 && import->doc.title)
		r = json_object_set_new(source, "collection", json_string(import->doc.title));
	if (r == 0 && plan->number > 0)
		r = json_object_set_new(source, "number", json_integer(plan->number));
	if (r == 0)
		r = json_object_set_new(source, "line", json_integer(plan->line));
	if (r == 0)
		return source;
	json_decref(source);
	return NULL;
}

/* How many dropped lines stand before @line; they are in the order of their lines. */
static size_t dropped_before(const struct document *doc, unsigned line)
{
	size_t low = 0, high = doc->n_dropped;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (doc->dropped[middle].line < line)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Lines dropped between this plan and the next one, so that a reader knows how far to trust it. */
static size_t count_dropped(const struct document *doc, const struct plan *plan)
{
	bool last = plan + 1 == doc->plans + doc->n_plans;
	size_t end = last ? doc->n_dropped : dropped_before(doc, plan[1].line);

	return end - dropped_before(doc, plan->line);
}

static json_t *make_json(const struct import *import, const struct import_plan *p,
	const struct import_options *options)
{
	const struct plan *plan = p->plan;
	json_t *json = json_pack("{s:s, s:s}", "title", plan->title, "kind", plan->kind);
	char sketch[SKETCH_HEX + 1];
	int r = json ? 0 : -1;

	if (r == 0 && plan->topic)
		r = json_object_set_new(json, "topic", json_string(plan->topic));
	if (r == 0)
		r = json_object_set_new(json, "source", make_source(import, plan));
	if (r == 0)
		r = json_object_set_new(json, "hash", json_string(p->hash));
	sketch_print(&p->sketch, sketch);
	if (r == 0)
		r = json_object_set_new(json, "sketch", json_string(sketch));
	if (r == 0 && options && options->time)
		r = json_object_set_new(json, "imported", json_string(options->time));
	if (r == 0)
		r = json_object_set_new(json, "dropped",
			json_integer((json_int_t)count_dropped(&import->doc, plan)));
	if (r == 0)
		r = json_object_set_new(json, "truncated", json_boolean(plan->truncated));
	if (r == 0)
		return json;
	json_decref(json);
	return NULL;
}

/* The text of @json with a final newline. */
static int dump(const json_t *json, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	char *dumped = json_dumps(json, JSON_INDENT(2));
	int r;

	if (!dumped)
		return -ENOMEM;
	r = buf_printf(&text, "%s\n", dumped);
	free(dumped);
	if (r < 0)
		return r;

	*ret_text = buf_steal(&text);
	return 0;
}

int plan_json_make(const struct import *import, const struct import_plan *plan,
	const struct import_options *options, char **ret_text)
{
	CLEANUP(json_done) json_t *json = make_json(import, plan, options);
	struct buf text = { 0 };
	int r;

	if (!json)
		return -ENOMEM;
	r = dump(json, &text);
	if (r < 0)
		return r;

	*ret_text = text.data;
	return 0;
}

/* ---- the report ---- */

static int report_evidence(const struct plan *plan, json_t *list)
{
	size_t i;
	int r = list ? 0 : -1;

	for (i = 0; i < plan->n_evidence && r == 0; i++) {
		const struct evidence *e = &plan->evidence[i];

		r = json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:i, s:s}", "about", e->about, "value", e->value,
				"rule", e->rule, "line", (int)e->line, "quote", e->quote));
	}
	return r;
}

/* ---- targets and schedule ---- */

/* Where they were found, for the callbacks below. */
struct finds {
	json_t *list; /* borrowed */
	const char *section;
};

static int add_target(void *arg, const struct target *t)
{
	struct finds *f = arg;

	return json_array_append_new(
		f->list, json_pack("{s:s, s:i, s:s%, s:s%, s:s%, s:s%}", "section", f->section,
				 "line", (int)t->line, "indicator", t->indicator, t->indicator_len,
				 "qualifier", t->qualifier, t->qualifier_len, "value", t->value,
				 t->value_len, "unit", t->unit, t->unit_len));
}

static int add_period(void *arg, const struct period *p)
{
	struct finds *f = arg;

	return json_array_append_new(
		f->list, json_pack("{s:s, s:i, s:i, s:i, s:s%}", "section", f->section, "line",
				 (int)p->line, "from", (int)p->first_month, "to",
				 (int)p->last_month, "text", p->text, p->len));
}

static int report_finds(const struct plan *plan, json_t *json)
{
	json_t *targets = json_array(), *schedule = json_array();
	size_t i;
	int r = json_object_set_new(json, "targets", targets);

	if (json_object_set_new(json, "schedule", schedule) < 0 || r < 0)
		return -1;
	for (i = 0; i < plan->n_sections && r == 0; i++) {
		const struct section *s = &plan->sections[i];
		struct finds found[2] = { { targets, s->name }, { schedule, s->name } };

		if (strcmp(plan->kind, "总结") != 0)
			r = targets_find(buf_str(&s->text), s->text.len, add_target, &found[0]);
		if (r == 0)
			r = schedule_find(buf_str(&s->text), s->text.len, add_period, &found[1]);
	}
	return r;
}

static json_t *report_plan(const struct import_plan *p)
{
	const struct plan *plan = p->plan;
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:i, s:i, s:b, s:s, s:[], s:[]}",
		"year", p->year, "district", p->district, "dir", p->dir, "title", plan->title,
		"kind", plan->kind, "topic", plan->topic, "number", (int)plan->number, "line",
		(int)plan->line, "truncated", (int)plan->truncated, "hash", p->hash, "sections",
		"evidence");
	json_t *list = json_object_get(json, "sections");
	size_t i;

	for (i = 0; list && i < plan->n_sections; i++)
		if (json_array_append_new(
			    list, json_pack("{s:s, s:I}", "name", plan->sections[i].name, "bytes",
					  (json_int_t)plan->sections[i].text.len)) < 0)
			list = NULL;
	if (list && report_evidence(plan, json_object_get(json, "evidence")) == 0 &&
		report_finds(plan, json) == 0)
		return json;
	json_decref(json);
	return NULL;
}

static int add_all(const struct import *import, json_t *json)
{
	const struct document *doc = &import->doc;
	json_t *plans = json_object_get(json, "plans");
	json_t *dropped = json_object_get(json, "dropped");
	json_t *repairs = json_object_get(json, "repairs");
	size_t i;
	int r = 0;

	for (i = 0; i < import->n_plans && r == 0; i++)
		r = json_array_append_new(plans, report_plan(&import->plans[i]));
	for (i = 0; i < doc->n_dropped && r == 0; i++)
		r = json_array_append_new(dropped,
			json_pack("{s:i, s:s, s:s}", "line", (int)doc->dropped[i].line, "reason",
				doc->dropped[i].reason, "text", doc->dropped[i].text));
	for (i = 0; i < doc->n_repairs && r == 0; i++)
		r = json_array_append_new(repairs,
			json_pack("{s:s, s:s, s:I}", "from", doc->repairs[i].from, "to",
				doc->repairs[i].to, "count", (json_int_t)doc->repairs[i].count));
	return r < 0 ? -ENOMEM : 0;
}

int import_report_json(const struct import *import, struct buf *ret_text)
{
	CLEANUP(json_done)
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s?, s:[], s:[], s:[]}", "file",
		import->name, "format", import->format, "encoding", encoding_name(import->encoding),
		"hash", import->hash, "collection", import->doc.title, "plans", "dropped",
		"repairs");
	int r;

	if (!json)
		return -ENOMEM;
	r = add_all(import, json);
	return r < 0 ? r : dump(json, ret_text);
}
