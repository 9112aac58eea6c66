/* What a store shows, as text, so that two states can be compared. */
#pragma once

#include "planfs/store.h"

/*
 * The whole tree: path, mode, links, owner, text or target and attributes of everything, without times and
 * numbers; then how many versions there are. Returns 0 and *ret_text, or the store's error.
 */
int fault_tree(struct store *s, struct buf *ret_text) MUST_CHECK;

/* What 'planfs check' would say of @s, a line each; empty when it is content. */
int fault_check(struct store *s, struct buf *ret_text) MUST_CHECK;
