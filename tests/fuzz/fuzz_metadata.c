/*
 * plan.json as users may write it, read by all that reads it: export, the index of imports, the SQL view and
 * the check. The export is JSON whatever it holds.
 */
#include "fuzz.h"

#include "planfs/check.h"
#include "planfs/export.h"
#include "planfs/import_store.h"

#include <jansson.h>
#include <sqlite3.h>
#include <string.h>

static struct store *store;
static sqlite3 *db;
static sqlite3_stmt *save, *plan;

static void open_store(void)
{
	static const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	const char *path = fuzz_path("plans.db");

	MUST(store_create(path, &why) == 0);
	MUST(store_open(path, &options, &store, &why) == 0);
	MUST(sqlite3_open(path, &db) == SQLITE_OK);
	MUST(sqlite3_exec(db,
		     "PRAGMA synchronous = OFF; INSERT INTO section (year, district, plan, name, body) "
		     "VALUES ('2016', '合肥市', '要点', '01.txt', '一、总则');"
		     "UPDATE plan SET meta = '{\"title\": \"x\"}'",
		     NULL, NULL, NULL) == SQLITE_OK);
	MUST(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) == SQLITE_OK);
	MUST(sqlite3_prepare_v2(db,
		     "UPDATE body SET data = ?1, hash = NULL WHERE id = (SELECT body FROM inode "
		     "WHERE id = (SELECT inode FROM dentry WHERE name = 'plan.json'))",
		     -1, &save, NULL) == SQLITE_OK);
	MUST(sqlite3_prepare_v2(db, "SELECT title, kind, topic, source, meta FROM plan", -1, &plan,
		     NULL) == SQLITE_OK);
}

static int look_at_plan(void *arg, const struct export_plan *p)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *json;

	MUST(export_plan_json(store, p, &text) == 0);
	json = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL);
	MUST(json_is_object(json));
	MUST(json_array_size(json_object_get(json, "sections")) == 1);
	json_decref(json);
	++*(int *)arg;
	return 0;
}

static int no_damage(void *arg, const struct store_finding *f)
{
	(void)arg;
	/* the text was changed behind the back of its sizes */
	MUST(f->level != FINDING_DAMAGE || strcmp(f->kind, "size") == 0 ||
		strcmp(f->kind, "version") == 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(import_index_freep) struct import_index *index = NULL;
	int plans = 0;

	if (!store)
		open_store();
	sqlite3_bind_blob(save, 1, len ? (const void *)data : "", (int)len, SQLITE_STATIC);
	MUST(sqlite3_step(save) == SQLITE_DONE);
	sqlite3_reset(save);

	MUST(export_walk(store, "", look_at_plan, &plans) == 0 && plans == 1);
	MUST(import_index_new(store, &index) == 0);
	MUST(store_check(store, no_damage, NULL) == 0);
	sqlite3_step(plan); /* SQLite may find fault with it, in words */
	sqlite3_reset(plan);
	return 0;
}
