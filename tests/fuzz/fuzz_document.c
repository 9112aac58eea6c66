/*
 * The way of a whole document: bytes, text, plans, sections, plan.json, report. It may be refused; what is
 * accepted has names that can be stored and texts that are UTF-8.
 */
#include "fuzz.h"

#include "planfs/import.h"
#include "planfs/name.h"
#include "planfs/utf8.h"

#include <stdlib.h>
#include <string.h>

static void look_at_plan(const struct import_plan *p)
{
	size_t i;

	MUST(name_is_year(p->year) && name_is_plan_dir(p->district) && name_is_plan_dir(p->dir));
	MUST(name_is_valid(p->dir, strlen(p->dir)) &&
		name_is_valid(p->district, strlen(p->district)));
	MUST(p->n_files == p->plan->n_sections + 1 && p->n_files > 1);
	for (i = 0; i < p->n_files; i++) {
		const struct import_file *f = &p->files[i];

		MUST(name_is_valid(f->name, strlen(f->name)));
		MUST(i == p->n_files - 1 ? strcmp(f->name, NAME_METADATA) == 0
					 : name_is_section(f->name));
		MUST(utf8_is_valid(f->data, f->len, NULL));
		MUST(i == 0 || strcmp(f->name, p->files[i - 1].name) != 0);
	}
}

static void run(const uint8_t *data, size_t len, bool keep_noise)
{
	const struct import_options options = { .keep_noise = keep_noise };
	CLEANUP(import_done) struct import import = { 0 };
	CLEANUP(buf_done) struct buf report = { 0 };
	struct import_error error = { { 0 } };
	size_t i;

	if (import_parse("document.txt", (const char *)data, len, &options, &import, &error) < 0) {
		MUST(error.text[0] && !strchr(error.text, '\n'));
		return;
	}
	MUST(import.n_plans > 0);
	for (i = 0; i < import.n_plans; i++)
		look_at_plan(&import.plans[i]);
	MUST(import_report_json(&import, &report) == 0 && report.len > 0);
	MUST(utf8_is_valid(report.data, report.len, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* No program reads documents for us: what they say is not ours, and they take seconds. */
	MUST(setenv("PATH", "/nonexistent", 1) == 0);
	run(data, len, false);
	run(data, len, true);
	return 0;
}
