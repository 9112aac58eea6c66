/* The steps that are tried with faults; each is made and taken back by a table entry. */
#pragma once

#include "../unit/store_fixture.h"

struct fault_step {
	const char *name;
	int (*run)(struct fixture *f);   /* one change, on the disk when it returns 0 */
	void (*undo)(struct fixture *f); /* back to what was before; nothing fails meanwhile */
	bool same_tree;                  /* it changes nothing that a tree shows */
};

extern struct fault_step fault_steps[];
extern const size_t n_fault_steps;

/* fault_search.c */
int fault_run_index(struct fixture *f);
void fault_undo_index(struct fixture *f);
int fault_run_clear(struct fixture *f);
void fault_undo_clear(struct fixture *f);
int fault_run_search(struct fixture *f);
void fault_undo_search(struct fixture *f);

/* The tree that all steps begin with. */
void fault_steps_prepare(struct fixture *f);
