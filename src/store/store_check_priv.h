/* What the files share that check, repair and recover a database. */
#pragma once

#include "planfs/check.h"

#include "store_priv.h"

/* A check, or a repair, under way on one connection. */
struct check {
	sqlite3 *db;
	sqlite3_stmt *up; /* check_up */
	store_finding_fn *fn;
	void *arg;
	bool bad_pages;   /* nothing else can be believed */
	bool bad_indices; /* REINDEX comes first */
	bool bad_tables;  /* a table of ours is missing, or another one */
	bool bad_schema;  /* the same of a view, a trigger or an index */
	bool bad_search;  /* the same of a table of the search index, which is made anew */
};

/* check_path.c */
extern const char check_up[]; /* parent and name of inode ?1 */

int check_prepare(struct check *k, const char *sql, sqlite3_stmt **ret_st) MUST_CHECK;

/*
 * Tell of a finding about @name in the directory @id, or about inode @id when @name is NULL; @id 0: about the
 * database. Fills in the path. Returns the result of the store_finding_fn, or -Exxx.
 */
int check_tell(
	struct check *k, struct store_finding *finding, int64_t id, const char *name) MUST_CHECK;

/* Are the bytes in column @at + 1 those of the hash in column @at? Also when there is no hash. */
bool body_is_intact(sqlite3_stmt *st, int at);
bool text_has_hash(const void *data, size_t len, const void *hash); /* of 16 bytes */

/* check_pages.c: a result other than 0 is that of the store_finding_fn, or -Exxx */
int check_pages(struct check *k) MUST_CHECK;
int check_schema(struct check *k) MUST_CHECK;

/* What the schema of this program makes. A result of @fn other than 0 ends it, and is returned. */
struct schema_object {
	const char *type, *name, *sql; /* valid during the call */
};
typedef int schema_object_fn(void *arg, const struct schema_object *object);
int schema_each(schema_object_fn *fn, void *arg) MUST_CHECK;

/* check.c: the newest version of this place whose text is intact and not @body; *ret_rev 0: none. */
int check_intact_version(struct check *k, int64_t parent, const char *name, int64_t body,
	int64_t *ret_rev) MUST_CHECK;

/* check_rules.c: a query whose every row is a finding */
struct check_rule {
	enum store_finding_level level;
	const char *kind; /* NULL: the end of the table */
	const char *sql;  /* columns: parent, name, inode (any may be NULL), text */
};
extern const struct check_rule check_rules[];

extern const char check_sections[]; /* parent, name, data of every section that is not empty */
extern const char check_names[];    /* parent, name of every entry */
extern const char check_bodies[];   /* id, hash, data of every body that has a hash */
extern const char check_owner[];    /* parent, name, version (0: present) of what has the body ?1 */
extern const char check_versions[]; /* rev, hash, data of versions of ?1, ?2 but ?3, newest first */
extern const char schema_objects[]; /* type, name, sql of what the schema makes */

/* A repair under way: one transaction on one connection. */
struct repair {
	struct check k;
	struct txn t;
	bool is_trial;      /* count only, and roll back */
	unsigned mended;    /* so far */
	uint32_t uid, gid;  /* of what is made */
	int64_t lost_found; /* the directory, 0: not there yet */
};

/* repair_rules.c */
struct repair_rule {
	const char *kind; /* NULL: the end of the table */
	const char *find; /* columns as of struct check_rule: what is told */
	const char *mend; /* ?1 the time, ?2 and ?3 the owner of the root */
};
extern const struct repair_rule repair_values[], repair_inodes[], repair_places[], repair_sums[],
	repair_held[], repair_history[];
extern const char repair_sequences[], repair_highest[];

/*
 * repair.c. What is left of -Exxx is 0; a result of the store_finding_fn that is not 0 ends the repair.
 * Begin and end the transaction that all of it happens in; between them, mend what is in the tables.
 */
int repair_begin(struct repair *p, struct store *s, struct conn *c) MUST_CHECK;
int repair_end(struct repair *p, bool commit) MUST_CHECK;
int repair_tables(struct repair *p) MUST_CHECK;

int repair_apply(struct repair *p, const struct repair_rule *rules) MUST_CHECK;
int repair_run(struct repair *p, const char *sql, const int64_t *values, int n) MUST_CHECK;
int repair_tell(struct repair *p, const char *kind, int64_t id, const char *name,
	const char *text) MUST_CHECK;

/* repair_rows.c */
int repair_numbers(struct repair *p) MUST_CHECK;
int repair_missing_inodes(struct repair *p) MUST_CHECK;
int repair_names(struct repair *p) MUST_CHECK;
int repair_new_id(struct repair *p, int64_t *ret_id) MUST_CHECK;
int repair_insert_inode(struct repair *p, const struct inode *i, const char *target) MUST_CHECK;
int repair_free_name(
	struct repair *p, int64_t parent, const char *wanted, struct buf *ret_name) MUST_CHECK;

/* repair_lost.c: give inode @id, or the text @body called @base (NULL: its first line), a name */
int repair_place(struct repair *p, int64_t id) MUST_CHECK;
int repair_has_place(struct repair *p, int64_t id) MUST_CHECK; /* 1: where the history has it */
int repair_place_text(struct repair *p, int64_t body, const char *base) MUST_CHECK;
int repair_lookup(struct repair *p, int64_t parent, const char *name,
	struct inode *ret_inode) MUST_CHECK; /* 1, or 0: nothing there */

/* repair_tree.c: which directories hang on the root; -EEXIST when it was marked before */
int repair_tree(struct repair *p) MUST_CHECK;
int repair_mark_seen(struct repair *p, int64_t id) MUST_CHECK;
int repair_is_seen(struct repair *p, int64_t id) MUST_CHECK;
