/* Imported plans become directories and files; see planfs/import_store.h. */
#include "import_priv.h"

#include "planfs/change.h"
#include "planfs/import_store.h"
#include "planfs/name.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NUMBER_MAX = 100000000, WAIT_MS = 20000 };

void import_result_done(struct import_result *result)
{
	size_t i;

	for (i = 0; i < result->n_outcomes; i++) {
		free(result->outcomes[i].path);
		free(result->outcomes[i].copy_of);
		free(result->outcomes[i].near_to);
	}
	free(result->outcomes);
	*result = (struct import_result){ 0 };
}

/* One transaction. It may run more than once: all that it finds out is set anew each time. */
struct job {
	const struct import *import;
	const struct import_target *target;
	struct import_index *index; /* only read inside the transaction */
	struct import_result *result;
	struct import_error *error;
};

static int fail(struct job *job, const char *path, int err)
{
	snprintf(job->error->text, sizeof(job->error->text), "%s: cannot be written to %s: %s",
		job->import->name, path, strerror(-err));
	return err;
}

/* A new inode takes owner and permissions from the directory above, as the SQL views do it. */
static struct inode like(const struct inode *dir, uint32_t type)
{
	uint32_t mode = type == S_IFDIR ? dir->mode & 07777 : dir->mode & 0666;
	int64_t now = store_now();

	return (struct inode){ .mode = type | mode,
		.uid = dir->uid,
		.gid = dir->gid,
		.atime = now,
		.mtime = now,
		.ctime = now,
		.btime = now };
}

/* Go from the directory *at to @name in it, which is made when it is missing. */
static int enter_dir(struct txn *t, const char *name, struct inode *at)
{
	struct inode dir;
	int r;

	r = txn_lookup(t, at->id, name, &dir);
	if (r == 0 && !S_ISDIR(dir.mode))
		return -ENOTDIR;
	if (r == -ENOENT) {
		dir = like(at, S_IFDIR);
		r = txn_create(t, at->id, name, &dir, NULL);
	}
	if (r == 0)
		*at = dir;
	return r;
}

/* "NAME (2)", with NAME cut between characters when there is no room for the number. */
static void number_name(const char *name, unsigned number, char *ret_name)
{
	char suffix[16];
	size_t len = strlen(name), room;

	snprintf(suffix, sizeof(suffix), " (%u)", number);
	room = NAME_BYTES_MAX - strlen(suffix);
	if (len > room) {
		len = room;
		while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80)
			len--;
	}
	memcpy(ret_name, name, len);
	strcpy(ret_name + len, suffix);
}

/* Is NAME (@number) taken in directory @dir? Number 1 is the name itself. Returns 1 or 0. */
static int is_taken(struct txn *t, int64_t dir, const char *name, unsigned number, char *ret_name)
{
	struct inode there;
	int r;

	if (number == 1)
		snprintf(ret_name, NAME_BYTES_MAX + 1, "%s", name);
	else
		number_name(name, number, ret_name);
	r = txn_lookup(t, dir, ret_name, &there);
	return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

/*
 * A number whose name is free, while that of the number before it is taken: thousands of plans may be
 * called 工作总结, so numbers are not tried one by one. Returns 0 and *ret_name.
 */
static int find_free_name(struct txn *t, int64_t dir, const char *name, char *ret_name)
{
	unsigned taken = 0, open = 1;
	int r;

	while ((r = is_taken(t, dir, name, open, ret_name)) > 0) {
		taken = open;
		open *= 2;
		if (open > NUMBER_MAX)
			return -EEXIST;
	}
	while (r >= 0 && open - taken > 1) {
		unsigned middle = taken + (open - taken) / 2;

		r = is_taken(t, dir, name, middle, ret_name);
		if (r > 0)
			taken = middle;
		else
			open = middle;
	}
	return r < 0 ? r : is_taken(t, dir, name, open, ret_name);
}

/* Go from *at to a new directory in it, called @name or one of its numbered forms that is free. */
static int enter_new_dir(struct txn *t, const char *name, struct inode *at, char *ret_name)
{
	struct inode dir = like(at, S_IFDIR);
	int r;

	r = find_free_name(t, at->id, name, ret_name);
	if (r == 0)
		r = txn_create(t, at->id, ret_name, &dir, NULL);
	if (r == 0)
		*at = dir;
	return r;
}

static int write_files(struct txn *t, const struct inode *dir, const struct import_plan *plan)
{
	size_t i;
	int r = 0;

	for (i = 0; i < plan->n_files && r == 0; i++) {
		const struct text text = { plan->files[i].data, plan->files[i].len };
		struct inode file = like(dir, S_IFREG);

		r = txn_create(t, dir->id, plan->files[i].name, &file, &text);
	}
	return r;
}

static int set_path(
	struct import_outcome *o, const char *year, const char *district, const char *name)
{
	free(o->path);
	o->path = NULL;
	return asprintf(&o->path, "%s/%s/%s", year, district, name) < 0 ? -ENOMEM : 0;
}

static const char *year_of(const struct job *job, const struct import_plan *plan)
{
	return job->target->year ? job->target->year : plan->year;
}

static const char *district_of(const struct job *job, const struct import_plan *plan)
{
	return job->target->district ? job->target->district : plan->district;
}

/* A symbolic link to the first plan with this text, in the place of this one. */
static int write_link(struct txn *t, const struct inode *dir, const char *name, const char *copy_of,
	char *ret_name)
{
	CLEANUP(buf_done) struct buf target = { 0 };
	struct inode link = like(dir, S_IFREG);
	struct text text;
	int r;

	link.mode = S_IFLNK | 0777;
	r = buf_printf(&target, "../../%s", copy_of);
	if (r == 0)
		r = find_free_name(t, dir->id, name, ret_name);
	if (r < 0)
		return r;
	text = (struct text){ target.data, target.len };
	return txn_create(t, dir->id, ret_name, &link, &text);
}

static int write_plan(struct txn *t, struct job *job, const struct import_plan *plan,
	struct import_outcome *outcome)
{
	const char *year = year_of(job, plan), *district = district_of(job, plan);
	char name[NAME_BYTES_MAX + 1];
	struct inode at;
	int r;

	r = txn_get(t, STORE_ROOT, &at);
	if (r == 0)
		r = enter_dir(t, year, &at);
	if (r < 0)
		return fail(job, year, r);
	r = enter_dir(t, district, &at);
	if (r < 0)
		return fail(job, district, r);
	if (outcome->linked) {
		r = write_link(t, &at, plan->dir, outcome->copy_of, name);
	} else {
		r = enter_new_dir(t, plan->dir, &at, name);
		if (r == 0)
			r = write_files(t, &at, plan);
	}
	return r < 0 ? fail(job, plan->dir, r) : set_path(outcome, year, district, name);
}

/* The plan of this document, before this one, that has the same text. */
static const struct import_outcome *first_in_document(const struct job *job, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (!job->result->outcomes[k].left_out && !job->result->outcomes[k].linked &&
			strcmp(job->import->plans[k].hash, job->import->plans[i].hash) == 0)
			return &job->result->outcomes[k];
	return NULL;
}

static int set_copy(const struct job *job, struct import_outcome *o, const char *path)
{
	free(o->copy_of);
	o->copy_of = strdup(path);
	o->left_out = job->target->on_duplicate == DUPLICATE_SKIP;
	o->linked = job->target->on_duplicate == DUPLICATE_LINK;
	return o->copy_of ? 0 : -ENOMEM;
}

static int write_all(struct txn *t, void *arg)
{
	struct job *job = arg;
	size_t i;
	int r = 0;

	for (i = 0; i < job->import->n_plans && r == 0; i++) {
		struct import_outcome *o = &job->result->outcomes[i];
		const struct import_outcome *first =
			o->was_there ? NULL : first_in_document(job, i);

		if (first && first->path)
			r = set_copy(job, o, first->path);
		if (r == 0 && !o->was_there && !o->left_out)
			r = write_plan(t, job, &job->import->plans[i], o);
	}
	if (r == 0 && job->target->dry_run)
		return -ECANCELED; /* so that nothing of it remains */
	return r;
}

/* Is the link there that an earlier import of the document made? Returns 1 or 0, or -Exxx. */
static int link_is_there(struct store *s, const struct job *job, const struct import_plan *plan,
	struct import_outcome *o)
{
	CLEANUP(buf_done) struct buf target = { 0 };
	CLEANUP(buf_done) struct buf path = { 0 };
	struct inode inode;
	int r;

	r = buf_printf(&path, "%s/%s/%s", year_of(job, plan), district_of(job, plan), plan->dir);
	if (r == 0)
		r = store_resolve(s, path.data, &inode);
	if (r == 0 && S_ISLNK(inode.mode))
		r = store_readlink(s, inode.id, &target);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	if (strncmp(buf_str(&target), "../../", 6) != 0 || strcmp(target.data + 6, o->copy_of) != 0)
		return 0;
	o->path = strdup(path.data);
	return o->path ? 1 : -ENOMEM;
}

/* Which plans of the document are there already, and which are copies of others. */
static int look_up(struct store *s, const struct job *job)
{
	const struct import *import = job->import;
	size_t i;
	int r = 0;

	for (i = 0; i < import->n_plans && r >= 0; i++) {
		struct import_outcome *o = &job->result->outcomes[i];
		const char *there =
			index_find_place(job->index, import->hash, import->plans[i].hash);
		const char *copy =
			there ? NULL : index_find_text(job->index, import->plans[i].hash);

		o->was_there = there != NULL;
		o->path = there ? strdup(there) : NULL;
		if (there && !o->path)
			return -ENOMEM;
		r = copy ? set_copy(job, o, copy) : 0;
		if (r == 0 && o->linked)
			r = link_is_there(s, job, &import->plans[i], o);
		o->was_there = o->was_there || r > 0;
	}
	return r < 0 ? r : 0;
}

/* Enter the plans into the index; those before them are what they may be near to. */
static int remember_all(const struct job *job)
{
	const struct import *import = job->import;
	size_t i;
	int r = 0;

	for (i = 0; i < import->n_plans && r == 0; i++) {
		struct import_outcome *o = &job->result->outcomes[i];
		const struct import_plan *p = &import->plans[i];
		const char *near =
			o->copy_of || o->was_there
				? NULL
				: index_find_near(job->index, &p->sketch, &o->near_percent);

		if (near) {
			o->near_to = strdup(near);
			r = o->near_to ? 0 : -ENOMEM;
		}
		if (r == 0 && o->path && !o->linked)
			r = index_add(job->index, import->hash, p->hash, &p->sketch, o->path);
	}
	return r;
}

static bool all_there(const struct import_result *result)
{
	size_t i;

	for (i = 0; i < result->n_outcomes; i++)
		if (!result->outcomes[i].was_there && !result->outcomes[i].left_out)
			return false;
	return true;
}

static int run(struct store *s, struct job *job)
{
	const struct change c = { .apply = write_all, .arg = job, .wait_ms = WAIT_MS };
	int r;

	r = look_up(s, job);
	if (r < 0 || all_there(job->result))
		return r;
	r = store_change(s, &c);
	if (r < 0 && !(r == -ECANCELED && job->target->dry_run))
		return r;
	return remember_all(job);
}

int import_store(struct store *s, struct import_index *index, const struct import *import,
	const struct import_target *target, struct import_result *ret_result,
	struct import_error *ret_error)
{
	CLEANUP(import_result_done) struct import_result result = { 0 };
	struct job job = { import, target, index, &result, ret_error };
	int r;

	ret_error->text[0] = '\0';
	result.outcomes = calloc(import->n_plans, sizeof(*result.outcomes));
	result.n_outcomes = result.outcomes ? import->n_plans : 0;
	r = result.outcomes ? run(s, &job) : -ENOMEM;
	if (r < 0 && !ret_error->text[0])
		snprintf(ret_error->text, sizeof(ret_error->text), "%s: cannot be written: %s",
			import->name, strerror(-r));
	if (r < 0)
		return r;
	*ret_result = result;
	result = (struct import_result){ 0 };
	return 0;
}

int import_sync(struct store *s)
{
	const struct change c = { .durable = true, .wait_ms = WAIT_MS };

	return store_change(s, &c);
}

static int add_outcomes(json_t *json, const struct import_result *result)
{
	json_t *plans = json_object_get(json, "plans");
	size_t i;
	int r = 0;

	for (i = 0; i < result->n_outcomes && r == 0; i++) {
		const struct import_outcome *o = &result->outcomes[i];
		json_t *plan = json_array_get(plans, i);

		r = json_object_set_new(plan, "path", o->path ? json_string(o->path) : json_null());
		if (r == 0)
			r = json_object_set_new(plan, "was_there", json_boolean(o->was_there));
		if (r == 0)
			r = json_object_set_new(plan, "copy_of",
				o->copy_of ? json_string(o->copy_of) : json_null());
		if (r == 0)
			r = json_object_set_new(plan, "left_out", json_boolean(o->left_out));
		if (r == 0)
			r = json_object_set_new(plan, "linked", json_boolean(o->linked));
		if (r == 0 && o->near_to)
			r = json_object_set_new(plan, "near",
				json_pack("{s:s, s:i}", "path", o->near_to, "percent",
					(int)o->near_percent));
	}
	return r < 0 ? -ENOMEM : 0;
}

int import_result_json(
	const struct import *import, const struct import_result *result, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf report = { 0 };
	char *dumped = NULL;
	json_t *json;
	int r;

	r = import_report_json(import, &report);
	if (r < 0)
		return r;
	json = json_loadb(report.data, report.len, 0, NULL);
	r = json ? add_outcomes(json, result) : -ENOMEM;
	if (r == 0)
		dumped = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (!dumped)
		return -ENOMEM;
	buf_done(ret_text);
	r = buf_add_str(ret_text, dumped);
	free(dumped);
	return r;
}
