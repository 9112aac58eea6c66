/*
 * The tree: every directory has one name and hangs on the root, every file has a name. What cannot be reached
 * gets a place (repair_lost.c); a cycle is cut at one of its directories.
 */
#include "store_check_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define IS_DIR(mode)  "((" mode ") & 61440 = 16384)"
#define IS_FILE(mode) "((" mode ") & 61440 = 32768)"

int repair_mark_seen(struct repair *p, int64_t id)
{
	const int64_t values[] = { id };
	int r;

	r = repair_run(p, "INSERT OR IGNORE INTO repair_seen VALUES (?1)", values, 1);
	return r < 0 ? r : sqlite3_changes(p->k.db) == 0 ? -EEXIST : 0;
}

/* Returns the first column of the first row of @sql with ?1 = @id: 1 and *ret_id, or 0. */
static int find_id(struct repair *p, const char *sql, int64_t id, int64_t *ret_id)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(&p->k, sql, &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, id);
	r = stmt_row(st, "look at the tree");
	if (r > 0)
		*ret_id = sqlite3_column_int64(st, 0);
	return r;
}

int repair_is_seen(struct repair *p, int64_t id)
{
	int64_t found;

	return find_id(p, "SELECT id FROM repair_seen WHERE id = ?1", id, &found);
}

/* The subdirectories of @dir that were reached before, by another name: this name goes. */
static int cut_other_names(struct repair *p, int64_t dir)
{
	static const char others[] =
		"FROM dentry WHERE parent = ?1 AND (inode IN (SELECT id FROM repair_seen) "
		"OR EXISTS (SELECT 1 FROM dentry o WHERE o.parent = ?1 AND o.inode = dentry.inode "
		"AND o.name < dentry.name)) "
		"AND inode IN (SELECT id FROM inode WHERE " IS_DIR("mode") ")";
	CLEANUP(buf_done) struct buf find = { 0 };
	CLEANUP(buf_done) struct buf cut = { 0 };
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	const int64_t values[] = { dir };
	unsigned n = 0;
	int r;

	r = buf_printf(&find, "SELECT name %s", others);
	if (r == 0)
		r = buf_printf(&cut, "DELETE %s", others);
	if (r == 0)
		r = check_prepare(&p->k, buf_str(&find), &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, dir);
	while ((r = stmt_row(st, "look at the tree")) > 0) {
		n++;
		r = repair_tell(p, "links", dir, (const char *)sqlite3_column_text(st, 0),
			"was one name too many of a directory; removed");
		if (r != 0)
			return r;
	}
	return r < 0 || n == 0 ? r : repair_run(p, buf_str(&cut), values, 1);
}

/* Follow all names below @top. The table repair_todo is the list of directories to look into. */
static int walk_from(struct repair *p, int64_t top)
{
	const int64_t values[] = { top };
	int64_t dir = 0;
	int r;

	r = repair_mark_seen(p, top);
	if (r < 0 && r != -EEXIST)
		return r;
	r = repair_run(p, "INSERT OR IGNORE INTO repair_todo VALUES (?1)", values, 1);
	while (r == 0 && (r = find_id(p, "SELECT id FROM repair_todo LIMIT 1", 0, &dir)) > 0) {
		const int64_t here[] = { dir };

		r = cut_other_names(p, dir);
		if (r == 0)
			r = repair_run(p,
				"INSERT OR IGNORE INTO repair_todo SELECT DISTINCT d.inode FROM dentry d "
				"JOIN inode i ON i.id = d.inode WHERE d.parent = ?1 AND " IS_DIR(
					"i.mode"),
				here, 1);
		if (r == 0)
			r = repair_run(p,
				"INSERT OR IGNORE INTO repair_seen SELECT DISTINCT d.inode FROM dentry d "
				"JOIN inode i ON i.id = d.inode WHERE d.parent = ?1 AND " IS_DIR(
					"i.mode"),
				here, 1);
		if (r == 0)
			r = repair_run(p, "DELETE FROM repair_todo WHERE id = ?1", here, 1);
	}
	return r;
}

/* Directories without a name: each gets one, with all that is below it. */
static int place_nameless_dirs(struct repair *p)
{
	int64_t id = 0;
	int r;

	while ((r = find_id(p,
			"SELECT id FROM inode i WHERE id > ?1 AND " IS_DIR(
				"mode") " AND NOT EXISTS (SELECT 1 FROM dentry WHERE inode = i.id) AND id NOT IN "
					"(SELECT id FROM repair_seen) AND (nlink <> 0 OR EXISTS (SELECT 1 FROM dentry "
					"WHERE parent = i.id)) ORDER BY id LIMIT 1",
			id, &id)) > 0) {
		r = repair_place(p, id);
		if (r == 0)
			r = walk_from(p, id);
		if (r != 0)
			return r;
	}
	return r;
}

static int go_up(struct repair *p, int64_t *id)
{
	int r = find_id(p, "SELECT parent FROM dentry WHERE inode = ?1 LIMIT 1", *id, id);

	return r < 0 ? r : 0;
}

/*
 * The directory @id has a name, and cannot be reached: above it is a cycle. Going up as often as there
 * are directories ends on it. It is cut where the history has a place for what is cut off, if there is one.
 */
static int find_cycle(struct repair *p, int64_t id, int64_t *ret_id)
{
	int64_t dirs = 0, steps, start;
	int r, has_place = 0;

	r = find_id(p, "SELECT count(*) FROM inode WHERE ?1 AND " IS_DIR("mode"), 1, &dirs);
	for (steps = dirs; r >= 0 && steps > 0; steps--)
		r = go_up(p, &id);
	start = id;
	for (steps = dirs; r >= 0 && steps > 0; steps--) {
		has_place = repair_has_place(p, id);
		if (has_place != 0)
			break;
		r = go_up(p, &id);
		if (id == start)
			break;
	}
	if (r < 0 || has_place < 0)
		return r < 0 ? r : has_place;
	*ret_id = id;
	return 0;
}

static int cut_cycles(struct repair *p)
{
	int64_t id = 0;
	int r;

	while ((r = find_id(p,
			"SELECT id FROM inode WHERE ?1 AND " IS_DIR(
				"mode") " AND id NOT IN (SELECT id FROM repair_seen) AND EXISTS "
					"(SELECT 1 FROM dentry WHERE inode = inode.id) LIMIT 1",
			1, &id)) > 0) {
		r = find_cycle(p, id, &id);
		if (r == 0) {
			const int64_t values[] = { id };

			r = repair_tell(p, "unreachable", id, NULL,
				"the directory stood in itself; its name was taken away");
			if (r == 0)
				r = repair_run(p, "DELETE FROM dentry WHERE inode = ?1", values, 1);
		}
		if (r == 0)
			r = repair_place(p, id);
		if (r == 0)
			r = walk_from(p, id);
		if (r != 0)
			return r;
	}
	return r;
}

static int place_nameless_files(struct repair *p)
{
	int64_t id = 0;
	int r;

	while ((r = find_id(p,
			"SELECT id FROM inode i WHERE id > ?1 AND NOT " IS_DIR(
				"mode") " AND nlink <> 0 AND NOT EXISTS (SELECT 1 FROM dentry WHERE inode = i.id) "
					"ORDER BY id LIMIT 1",
			id, &id)) > 0) {
		r = repair_place(p, id);
		if (r != 0)
			return r;
	}
	return r;
}

/* Texts of what can have none become files. */
static int place_misplaced_texts(struct repair *p)
{
	int64_t id = 0, body = 0;
	int r;

	while ((r = find_id(p,
			"SELECT id FROM inode WHERE id > ?1 AND body IS NOT NULL AND NOT " IS_FILE(
				"mode") " ORDER BY id LIMIT 1",
			id, &id)) > 0) {
		const int64_t values[] = { id };

		r = find_id(p,
			"SELECT b.id FROM inode i JOIN body b ON b.id = i.body WHERE i.id = ?1", id,
			&body);
		if (r > 0)
			r = repair_place_text(p, body, NULL);
		if (r == 0)
			r = repair_tell(
				p, "mode", id, NULL, "had a text, which is in lost+found now");
		if (r == 0)
			r = repair_run(p, "UPDATE inode SET body = NULL WHERE id = ?1", values, 1);
		if (r != 0)
			return r;
	}
	return r;
}

int repair_tree(struct repair *p)
{
	int r;

	if (sqlite3_exec(p->k.db,
		    "CREATE TEMP TABLE IF NOT EXISTS repair_seen (id INTEGER PRIMARY KEY);"
		    "CREATE TEMP TABLE IF NOT EXISTS repair_todo (id INTEGER PRIMARY KEY);"
		    "DELETE FROM repair_seen; DELETE FROM repair_todo",
		    NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(p->k.db, "look at the tree");
	r = walk_from(p, STORE_ROOT);
	if (r == 0)
		r = place_nameless_dirs(p);
	if (r == 0)
		r = cut_cycles(p);
	if (r == 0)
		r = place_nameless_files(p);
	if (r == 0)
		r = place_misplaced_texts(p);
	return r;
}
