/* What the files that bring places back share: restore_*.c. */
#pragma once

#include "store_priv.h"

#include "planfs/bring.h"

int bring_make_index(struct bring_plan *plan) MUST_CHECK;     /* of what is wanted */
int bring_make_now_index(struct bring_plan *plan) MUST_CHECK; /* of what stands there */

/* The item of this place; the first one that wants the inode that was @id. NULL: none. */
struct bring_item *bring_find_place(
	const struct bring_plan *plan, int64_t parent, const char *name);
struct bring_item *bring_find_then(const struct bring_plan *plan, int64_t id);

/* The items of places in the directory that was @parent: from the first on, until there is NULL. */
size_t bring_first_inside(const struct bring_plan *plan, int64_t parent);
struct bring_item *bring_inside(const struct bring_plan *plan, int64_t parent, size_t at);

/* An item that is not left, and brings something into the directory that was @parent. NULL: none. */
const struct bring_item *bring_find_inside(const struct bring_plan *plan, int64_t parent);

/* An item at whose place @id stands now: one that is not left, if there is one. NULL: none. */
struct bring_item *bring_find_holder(const struct bring_plan *plan, int64_t id);

/* An item that is not left, and at whose place @id stands now and something else will. NULL: none. */
struct bring_item *bring_find_source(const struct bring_plan *plan, int64_t id);

/* An item that is not left, and at whose place inode @id will stand as what it was. NULL: none. */
struct bring_item *bring_find_user(const struct bring_plan *plan, int64_t id);

/* The path of what stands, or stood, at the place of @i; and the one that it will have. */
int bring_path_now(
	struct bring_plan *plan, const struct bring_item *i, struct buf *ret_path) MUST_CHECK;
int bring_path_then(
	struct bring_plan *plan, const struct bring_item *i, struct buf *ret_path) MUST_CHECK;

/* Leave @i, because of @why and @name. Returns 0 or -ENOMEM. */
int bring_leave(struct bring_item *i, const char *why, const char *name) MUST_CHECK;
int bring_leave_what_must_be(struct bring_plan *plan) MUST_CHECK;
int bring_tell(struct bring_plan *plan) MUST_CHECK; /* fill in how and the paths */

/* txn.c, rename.c: the single changes */
int insert_inode(struct txn *t, const struct inode *i, const struct text *target) MUST_CHECK;
int update_inode(struct txn *t, const struct inode *i) MUST_CHECK;
int insert_dentry(struct txn *t, int64_t parent, const char *name, int64_t inode,
	int64_t place) MUST_CHECK; /* place 0: a new one */
int point_dentry(struct txn *t, int64_t parent, const char *name, int64_t inode) MUST_CHECK;
