/* .planfs/status.json: what the mount is doing. */
#include "view_priv.h"

#include "planfs/conflict.h"
#include "planfs/json.h"
#include "planfs/log.h"
#include "planfs/search.h"

#include <unistd.h>

static int add_text(struct buf *b, const char *key, const char *value)
{
	int r;

	r = buf_printf(b, "  \"%s\": ", key);
	if (r == 0)
		r = json_add_string(b, value);
	return r < 0 ? r : buf_add_str(b, ",\n");
}

static int add_number(struct buf *b, const char *key, int64_t value)
{
	return buf_printf(b, "  \"%s\": %lld,\n", key, (long long)value);
}

static int add_mount(struct buf *b, const struct view_mount *m)
{
	int r;

	r = add_text(b, "mountpoint", m->mountpoint);
	if (r == 0)
		r = add_number(b, "pid", getpid());
	if (r == 0)
		r = add_number(b, "supervisor", m->supervisor);
	if (r == 0)
		r = add_number(b, "restarts", m->restarts);
	if (r == 0)
		r = buf_printf(
			b, "  \"survives_its_daemon\": %s,\n", m->resumes ? "true" : "false");
	if (r == 0)
		r = add_number(b, "uptime_seconds", (store_now() - m->started) / 1000000000);
	if (r == 0)
		r = add_number(b, "open_files", m->open_files);
	return r < 0 ? r : add_number(b, "dirty_files", m->dirty_files);
}

/* @arg: the text, with a comma before every member but the first. */
static int add_request(void *arg, const char *name, int64_t number)
{
	struct buf *b = arg;
	bool first = b->data[b->len - 1] == '{';

	return buf_printf(b, "%s\"%s\": %lld", first ? " " : ", ", name, (long long)number);
}

static int add_requests(struct buf *b, const struct view_source *v)
{
	int r;

	r = buf_add_str(b, "  \"requests\": {");
	if (r == 0)
		r = v->mount_requests(v->arg, add_request, b);
	return r < 0 ? r : buf_add_str(b, " },\n");
}

static int add_search(struct buf *b, struct store *s)
{
	struct search_status n;

	if (search_get_status(s, &n) <
		0) /* a damaged index is no reason to say nothing of the mount */
		return buf_add_str(b, "  \"search\": null,\n");
	return buf_printf(b,
		"  \"search\": { \"indexed\": %lld, \"waiting\": %lld, \"apart\": %lld, "
		"\"bytes\": %lld },\n",
		(long long)n.indexed, (long long)n.waiting, (long long)n.apart, (long long)n.bytes);
}

int status_render(const struct view_source *v, struct buf *ret_text)
{
	CLEANUP(buf_done) struct buf b = { 0 };
	struct store_status s;
	struct view_mount m = { 0 };
	int64_t conflicts = 0;
	char error[512];
	int r;

	r = store_get_status(v->store, &s);
	if (r == 0)
		r = conflict_count(v->store, &conflicts);
	if (r < 0)
		return r;
	log_last_error(error, sizeof(error));
	r = buf_add_str(&b, "{\n");
	if (r == 0)
		r = add_text(&b, "version", PLANFS_VERSION);
	if (r == 0)
		r = add_text(&b, "database", store_path(v->store));
	if (v->mount_status)
		v->mount_status(v->arg, &m);
	if (r == 0 && v->mount_status)
		r = add_mount(&b, &m);
	if (r == 0 && v->mount_requests)
		r = add_requests(&b, v);
	if (r == 0)
		r = add_number(&b, "schema_version", s.schema_version);
	if (r == 0)
		r = add_number(&b, "revision", s.revision);
	if (r == 0)
		r = add_number(&b, "conflicts", conflicts);
	if (r == 0)
		r = add_number(&b, "database_bytes", s.file_size);
	if (r == 0)
		r = add_number(&b, "wal_bytes", s.wal_size);
	if (r == 0)
		r = add_search(&b, v->store);
	if (r == 0)
		r = buf_add_str(&b, "  \"last_error\": ");
	if (r == 0)
		r = json_add_string(&b, error);
	if (r == 0)
		r = buf_add_str(&b, "\n}\n");
	if (r < 0)
		return r;
	*ret_text = buf_steal(&b);
	return 0;
}
