/*
 * Storing plans of the exchange format; see planfs/load.h. The history is made again version by version, under the
 * names and times that it had; then the plan is brought to the state that it had when it was exported.
 *
 * In a database in which nothing else was made, these times are its own: directories come into being with what they
 * hold first, and load_finish() numbers the revisions in the order of time, through all plans, so that each moment
 * shows the tree as it was then. In another database the plan was not there until now, whatever it tells of itself.
 */
#include "planfs/load.h"

#include "import_priv.h"
#include "planfs/change.h"
#include "planfs/moment.h"
#include "planfs/name.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WAIT_MS = 20000 };

struct job {
	const json_t *plan;
	bool pretends; /* be what the history tells of from the beginning, not only now */
	int64_t time;  /* of what says nothing of its own, ns */
};

static const char *get(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* An inode with what @object says; the rest is like the directory above. */
static struct inode make_inode(
	const struct job *job, const struct inode *dir, const json_t *object, uint32_t type)
{
	struct inode i = { .uid = dir->uid, .gid = dir->gid, .mtime = job->time };
	uint32_t mode = type == S_IFDIR ? dir->mode & 07777 : dir->mode & 0666;

	if (value_get_mode(json_object_get(object, "mode"), &mode) < 0 ||
		value_get_time(json_object_get(object, "mtime"), &i.mtime) < 0)
		i.ctime = 0; /* not said: as it stands above */
	i.mode = type | mode;
	i.atime = i.ctime = i.btime = i.mtime;
	return i;
}

/* Go from *at to the directory @name in it, which is made when it is missing. */
static int enter_dir(struct txn *t, const struct job *job, const char *name, const json_t *object,
	struct inode *at)
{
	struct inode dir;
	int r;

	r = txn_lookup(t, at->id, name, &dir);
	if (r == 0 && !S_ISDIR(dir.mode))
		return -ENOTDIR;
	if (r == -ENOENT) {
		dir = make_inode(job, at, object, S_IFDIR);
		r = txn_create(t, at->id, name, &dir, NULL);
	}
	if (r == 0)
		*at = dir;
	return r;
}

/* Give the file @name that text, whether it is there or not. */
static int put_file(struct txn *t, const struct job *job, const struct inode *dir, const char *name,
	const json_t *object)
{
	CLEANUP(buf_done) struct buf data = { 0 };
	struct inode wanted = make_inode(job, dir, object, S_IFREG), there;
	struct text text;
	int r;

	r = value_get_text(object, &data);
	if (r == -EINVAL)
		r = 0; /* a version that was forgotten */
	if (r < 0)
		return r;
	text = (struct text){ buf_str(&data), data.len };
	r = txn_lookup(t, dir->id, name, &there);
	if (r == -ENOENT)
		return txn_create(t, dir->id, name, &wanted, &text);
	if (r < 0)
		return r;
	if (!S_ISREG(there.mode))
		return -EEXIST;
	if (there.mode == wanted.mode && there.mtime == wanted.mtime &&
		(size_t)there.size == text.len)
		return txn_save(t, &there, &text, there.body, TEXT_VERSION);
	there.mode = wanted.mode;
	there.mtime = wanted.mtime;
	return txn_save(t, &there, &text, there.body, TEXT_VERSION);
}

static int remove_file(struct txn *t, const struct inode *dir, const char *name)
{
	struct inode gone;
	int r = txn_unlink(t, dir->id, name, &gone);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return gone.nlink == 0 ? txn_purge(t, gone.id) : 0;
}

/* Times that go back, because a clock was set, are kept at the last one: the order is that of the versions. */
static int put_history(struct txn *t, struct job *job, const struct inode *dir)
{
	const json_t *version;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(job->plan, "history"), i, version)
	{
		const char *op = get(version, "op"), *name = get(version, "name");
		int64_t time = 0;

		if (value_get_time(json_object_get(version, "time"), &time) < 0)
			return -EINVAL;
		if (!job->pretends || time > job->time)
			job->time = time;
		txn_pretend(t, get(version, "author"), get(version, "program"), job->time);
		r = strcmp(op, "remove") == 0 ? remove_file(t, dir, name)
					      : put_file(t, job, dir, name, version);
		if (r < 0)
			break;
	}
	return r;
}

/* What is not in the plan any more, and has no version that says so. */
static int put_other(
	struct txn *t, const struct job *job, const struct inode *plan_dir, const json_t *file)
{
	const char *path = get(file, "path"), *target = get(file, "target");
	struct inode at = *plan_dir, made;
	char name[NAME_BYTES_MAX + 1];
	size_t len;
	int r;

	for (; strchr(path, '/'); path += len + 1) {
		len = strcspn(path, "/");
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		r = enter_dir(t, job, name, NULL, &at);
		if (r < 0)
			return r;
	}
	if (target) {
		const struct text text = { target, strlen(target) };

		made = make_inode(job, &at, file, S_IFLNK);
		return txn_create(t, at.id, path, &made, &text);
	}
	if (!json_object_get(file, "text") && !json_object_get(file, "base64"))
		return enter_dir(t, job, path, file, &at);
	return put_file(t, job, &at, path, file);
}

static int put_present(struct txn *t, const struct job *job, const struct inode *dir)
{
	const json_t *item;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(job->plan, "sections"), i, item)
	{
		r = put_file(t, job, dir, get(item, "name"), item);
		if (r < 0)
			return r;
	}
	json_array_foreach(json_object_get(job->plan, "files"), i, item)
	{
		r = put_other(t, job, dir, item);
		if (r < 0)
			return r;
	}
	return r;
}

/* plan.json from "metadata", when it is not among the files. */
static int put_metadata(struct txn *t, const struct job *job, const struct inode *dir)
{
	const json_t *metadata = json_object_get(job->plan, "metadata");
	struct inode there;
	json_t *object;
	char *dumped;
	int r = txn_lookup(t, dir->id, NAME_METADATA, &there);

	if (r != -ENOENT || !json_is_object(metadata))
		return r == -ENOENT ? 0 : r;
	dumped = json_dumps(metadata, JSON_INDENT(2));
	object = dumped ? json_pack("{s:s++}", "text", dumped, "\n", "") : NULL;
	r = object ? put_file(t, job, dir, NAME_METADATA, object) : -ENOMEM;
	free(dumped);
	json_decref(object);
	return r;
}

/* The directory's time changed while it was filled, and its mode may not be what it began with. */
static int set_dir_attr(struct txn *t, const json_t *plan, const struct inode *dir)
{
	struct inode now;
	uint32_t mode;
	bool has_mode, has_time;
	int r = txn_get(t, dir->id, &now);

	if (r < 0)
		return r;
	has_mode = value_get_mode(json_object_get(plan, "mode"), &mode) == 0;
	has_time = value_get_time(json_object_get(plan, "mtime"), &now.mtime) == 0;
	if (has_mode)
		now.mode = S_IFDIR | mode;
	return has_mode || has_time ? txn_set_attr(t, &now) : 0;
}

/* The first time that the history tells of, or now. */
static int64_t first_time(const json_t *plan)
{
	int64_t first = store_now(), time;
	const json_t *version;
	size_t i;

	json_array_foreach(json_object_get(plan, "history"), i, version)
	{
		time = first;
		if (value_get_time(json_object_get(version, "time"), &time) == 0 && time < first)
			first = time;
	}
	return first;
}

/* The plan's directory, new, with what it has to be in. */
static int make_plan_dir(struct txn *t, const struct job *job, struct inode *at)
{
	struct inode there;
	int r;

	r = txn_get(t, STORE_ROOT, at);
	if (r == 0)
		r = enter_dir(t, job, get(job->plan, "year"), NULL, at);
	if (r == 0)
		r = enter_dir(t, job, get(job->plan, "district"), NULL, at);
	if (r < 0)
		return r;
	r = txn_lookup(t, at->id, get(job->plan, "name"), &there);
	if (r != -ENOENT)
		return r == 0 ? -EEXIST : r;
	return enter_dir(t, job, get(job->plan, "name"), job->pretends ? NULL : job->plan, at);
}

/* From here on, changes are of now. What was loaded must not be newer. */
static void return_to_present(struct txn *t, struct job *job)
{
	int64_t now = store_now();

	if (!job->pretends)
		txn_pretend(t, NULL, NULL, 0);
	else
		txn_pretend(t, NULL, NULL, job->time > now ? job->time : now);
	job->time = now;
}

static int write_plan(struct txn *t, void *arg)
{
	struct job job = *(const struct job *)arg; /* this may run more than once */
	bool has_history = json_array_size(json_object_get(job.plan, "history")) > 0;
	struct inode at;
	int r;

	job.pretends &= has_history;
	job.time = job.pretends ? first_time(job.plan) : store_now();
	if (job.pretends)
		txn_pretend(t, NULL, NULL, job.time);
	r = make_plan_dir(t, &job, &at);
	if (r == 0)
		r = put_history(t, &job, &at);
	if (r == 0 && has_history)
		return_to_present(t, &job);
	if (r == 0)
		r = put_present(t, &job, &at);
	if (r == 0)
		r = put_metadata(t, &job, &at);
	return r < 0 ? r : set_dir_attr(t, job.plan, &at);
}

int load_store(struct store *s, const struct load *load, size_t i, struct import_error *ret_error)
{
	struct job job = { load_plan(load, i), load_is_ordered(load), 0 };
	const struct change c = {
		.apply = write_plan, .arg = &job, .durable = true, .wait_ms = WAIT_MS
	};
	int r = store_change(s, &c);

	if (r < 0)
		snprintf(ret_error->text, sizeof(ret_error->text), "%s: %s", load_path(load, i),
			r == -EEXIST ? "exists already; nothing was changed" : strerror(-r));
	return r;
}

static int order(struct txn *t, void *arg)
{
	(void)arg;
	return txn_order_revisions(t);
}

int load_begin(struct store *s)
{
	return moment_all_loaded(s);
}

int load_finish(struct store *s)
{
	const struct change c = { .apply = order, .durable = true, .wait_ms = WAIT_MS };

	return store_change(s, &c);
}
