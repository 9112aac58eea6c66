/* planfs status: what a database holds, and what its mount does. */
#include "cli_priv.h"

#include "planfs/conflict.h"
#include "planfs/log.h"
#include "planfs/search.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

struct status {
	struct store_status store;
	struct store_counts counts;
	struct search_status search;
	bool has_search; /* else the index is damaged */
	int64_t conflicts;
	struct mounted mounted; /* empty: not mounted */
	bool is_dead;           /* mounted, but its daemon is gone */
	struct buf mount_json;  /* what the mount says of itself; may be empty */
};

static void status_done(struct status *s)
{
	mounted_done(&s->mounted);
	buf_done(&s->mount_json);
}

int status_of_mount(const char *point, struct buf *ret_json)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	char chunk[4096];
	FILE *f;
	size_t n;
	int r;

	r = buf_printf(&path, "%s/.planfs/status.json", point);
	if (r < 0)
		return r;
	f = fopen(buf_str(&path), "re");
	if (!f)
		return -errno;
	while (r == 0 && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		r = buf_add(&text, chunk, n);
	if (r == 0 && ferror(f))
		r = -EIO;
	fclose(f);
	if (r < 0)
		return r;
	buf_done(ret_json);
	*ret_json = buf_steal(&text);
	return 0;
}

/* Where @db is mounted, and what the mount says. An old mount, or none, has nothing to say. */
static int ask_mount(const char *db, struct status *s)
{
	struct statvfs v;
	int r;

	r = mounted_find_db(db, &s->mounted);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* The kernel may answer stat(2) for a daemon that died; statvfs(2) it must ask. */
	s->is_dead = statvfs(buf_str(&s->mounted.point), &v) < 0 && errno == ENOTCONN;
	r = status_of_mount(buf_str(&s->mounted.point), &s->mount_json);
	while (s->mount_json.len > 0 && s->mount_json.data[s->mount_json.len - 1] == '\n')
		s->mount_json.data[--s->mount_json.len] = '\0';
	return r == -ENOMEM ? r : 0;
}

/* As the mount has it in its status.json. */
static void print_search_json(const struct status *s)
{
	const struct search_status *n = &s->search;

	if (!s->has_search)
		printf(",\n  \"search\": null");
	else
		printf(",\n  \"search\": { \"indexed\": %" PRId64 ", \"waiting\": %" PRId64
		       ", \"apart\": %" PRId64 ", \"bytes\": %" PRId64 " }",
			n->indexed, n->waiting, n->apart, n->bytes);
}

static void print_json(const struct store *store, const struct status *s)
{
	const struct json_number numbers[] = {
		{ "schema_version", s->store.schema_version },
		{ "revision", s->store.revision },
		{ "years", s->counts.years },
		{ "districts", s->counts.districts },
		{ "plans", s->counts.plans },
		{ "sections", s->counts.sections },
		{ "versions", s->counts.versions },
		{ "conflicts", s->conflicts },
		{ "database_bytes", s->store.file_size },
		{ "wal_bytes", s->store.wal_size },
	};

	fputs("{\n  ", stdout);
	json_print_text_field("version", PLANFS_VERSION);
	fputs(",\n  ", stdout);
	json_print_text_field("database", store_path(store));
	fputs(",\n  ", stdout);
	json_print_numbers(numbers, ARRAY_LEN(numbers), ",\n  ");
	print_search_json(s);
	printf(",\n  \"mounted\": %s", s->mounted.point.len ? "true" : "false");
	if (s->mounted.point.len) {
		fputs(",\n  ", stdout);
		json_print_text_field("mountpoint", buf_str(&s->mounted.point));
		printf(",\n  \"alive\": %s", s->is_dead ? "false" : "true");
	}
	if (s->mount_json.len)
		printf(",\n  \"mount\": %s", buf_str(&s->mount_json));
	fputs("\n}\n", stdout);
}

const char *status_member(const char *json, const char *key)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	at = strstr(json, quoted);
	return at ? at + strlen(quoted) : NULL;
}

/* Print the member @key, when it tells something. */
static void print_member(const char *label, const char *json, const char *key)
{
	const char *at = status_member(json, key);
	int len;

	if (!at)
		return;
	len = (int)strcspn(at, "\n");
	while (len > 0 && strchr(", ", at[len - 1]))
		len--;
	if (len > 0 && strncmp(at, "\"\"", 2) != 0)
		printf("%-16s %.*s\n", label, len, at);
}

static void print_size(const char *label, int64_t bytes)
{
	printf("%-16s %" PRId64 " bytes (%.1f MiB)\n", label, bytes, (double)bytes / (1 << 20));
}

static void print_search(const struct status *s)
{
	const struct search_status *n = &s->search;

	if (!s->has_search)
		printf("%-16s %s\n", "search index:", "damaged; see 'planfs check'");
	else
		printf("%-16s %" PRId64 " files, %" PRId64 " waiting, %" PRId64 " apart, %" PRId64
		       " bytes (%.1f MiB)\n",
			"search index:", n->indexed, n->waiting, n->apart, n->bytes,
			(double)n->bytes / (1 << 20));
}

static void print_text(const struct store *store, const struct status *s)
{
	printf("%-16s %s\n", "database:", store_path(store));
	printf("%-16s %d\n", "schema version:", s->store.schema_version);
	printf("%-16s %" PRId64 "\n", "revision:", s->store.revision);
	printf("%-16s %" PRId64 "\n", "years:", s->counts.years);
	printf("%-16s %" PRId64 "\n", "districts:", s->counts.districts);
	printf("%-16s %" PRId64 "\n", "plans:", s->counts.plans);
	printf("%-16s %" PRId64 "\n", "sections:", s->counts.sections);
	printf("%-16s %" PRId64 "\n", "versions:", s->counts.versions);
	printf("%-16s %" PRId64 "%s\n", "conflicts:", s->conflicts,
		s->conflicts ? " (see 'planfs conflicts')" : "");
	print_size("size:", s->store.file_size);
	print_size("log:", s->store.wal_size);
	print_search(s);
	if (!s->mounted.point.len) {
		printf("%-16s %s\n", "mounted:", "no");
		return;
	}
	printf("%-16s %s%s\n", "mounted:", buf_str(&s->mounted.point),
		s->is_dead ? " (its daemon is gone; 'planfs mount' replaces it)" : "");
	print_member("daemon:", buf_str(&s->mount_json), "pid");
	print_member("open files:", buf_str(&s->mount_json), "open_files");
	print_member("not yet saved:", buf_str(&s->mount_json), "dirty_files");
	print_member("requests:", buf_str(&s->mount_json), "requests");
	print_member("last error:", buf_str(&s->mount_json), "last_error");
}

static int show(const char *arg, bool as_json)
{
	CLEANUP(store_closep) struct store *store = NULL;
	CLEANUP(status_done) struct status s = { 0 };
	CLEANUP(buf_done) struct buf db = { 0 };
	int r;

	r = cli_find_db(arg, &db, NULL);
	if (r == 0)
		r = ask_mount(buf_str(&db), &s);
	if (r < 0 && r != -ENOENT) {
		log_err("%s: %s", arg, strerror(-r));
		return r;
	}
	r = cli_open_to_read(buf_str(&db), &store);
	if (r < 0)
		return r;
	r = store_get_status(store, &s.store);
	if (r == 0)
		r = store_count(store, &s.counts);
	if (r == 0)
		r = conflict_count(store, &s.conflicts);
	if (r == 0)
		s.has_search = search_get_status(store, &s.search) == 0;
	if (r < 0) {
		log_err("%s: %s", buf_str(&db), strerror(-r));
		return r;
	}
	if (as_json)
		print_json(store, &s);
	else
		print_text(store, &s);
	return 0;
}

int cmd_status(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
	bool as_json = false;
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1)
		as_json = r == 'j';
	r = cli_expect_args(argc, 1, 1);
	if (r != CLI_OK)
		return r;
	return (int)cli_exit_code(show(argv[optind], as_json));
}
