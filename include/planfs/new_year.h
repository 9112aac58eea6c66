/*
 * Next year's plan from this year's: a copy of its sections, with the year moved on (planfs/renew.h).
 */
#pragma once

#include "planfs/export.h"
#include "planfs/import.h"
#include "planfs/renew.h"

struct new_year {
	unsigned from, to;
	bool dry_run;
	/* Receives what a writer must look at; @section is a file's name. A result other than 0 ends the work. */
	int (*look_at)(void *arg, const char *section, const struct renew_note *note);
	void *arg;
};

/*
 * Make the plan of @how->to of @plan. Returns 0 and *ret_path ("2027/合肥市/…"); -EEXIST when it is there already;
 * -ECANCELED when @plan is a summary, of which nobody makes a plan; the result of look_at; or the error of the store.
 * *ret_error says why in one line.
 */
int new_year_make(struct store *s, const struct export_plan *plan, const struct new_year *how,
	struct buf *ret_path, struct import_error *ret_error) MUST_CHECK;
