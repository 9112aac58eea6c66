/* Two ways to read the texts of a database: by SQL, and through a mount. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "model.h"

struct look_row {
	char *path, *body; /* owned; body NULL: a directory */
	size_t len;
};

struct look_rows {
	struct look_row *rows; /* owned, sorted by path */
	size_t count, capacity;
};

/* Every file and directory of planfs: path, body. */
extern const char look_tree_sql[];

/*
 * SQLite's own look at a database: is it sound, and what are the rows of @sql. A table that is not
 * there is no damage here: when something had to be in it, the model tells.
 */
bool look_read_database(const char *path, const char *sql, struct look_rows *rows, FILE *report);
void look_rows_done(struct look_rows *r);

/* Readers for model_check(); @ctx is a struct look_rows or the path of the mount. */
struct text_token look_at_rows(void *ctx, const char *name, const char *path);
struct text_token look_at_mount(void *ctx, const char *name, const char *path);
