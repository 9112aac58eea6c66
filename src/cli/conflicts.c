/* planfs conflicts: texts that were overwritten by somebody who had not seen them, and that this is dealt with. */
#include "cli_priv.h"

#include "planfs/array.h"
#include "planfs/change.h"
#include "planfs/conflict.h"
#include "planfs/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_MS = 10000 };

struct version {
	int64_t rev, time, bytes;
	char *author, *program; /* owned; program NULL: not known */
};

struct item {
	struct buf path; /* of the section */
	char *name;      /* owned */
	int64_t dir;
	bool is_gone; /* its directory */
	struct version kept, overwritten;
};

struct list {
	struct item *items; /* owned */
	size_t n, room;
	struct buf below;  /* only what is there; "": all */
	struct buf wanted; /* of int64_t: revisions to be dismissed */
	bool all, as_json;
};

static void version_done(struct version *v)
{
	free(v->author);
	free(v->program);
}

static void list_done(struct list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		buf_done(&l->items[i].path);
		free(l->items[i].name);
		version_done(&l->items[i].kept);
		version_done(&l->items[i].overwritten);
	}
	free(l->items);
	buf_done(&l->below);
	buf_done(&l->wanted);
}

/* --- which --- */

static int copy_version(const struct moment_change *m, struct version *v)
{
	v->rev = m->rev;
	v->time = m->time;
	v->bytes = m->inode.size;
	v->author = strdup(m->author);
	v->program = m->program ? strdup(m->program) : NULL;
	return v->author && (v->program || !m->program) ? 0 : -ENOMEM;
}

static int on_conflict(void *arg, const struct conflict *c)
{
	struct list *l = arg;
	struct item *i;
	int r;

	r = array_grow(&l->items, l->n, &l->room, sizeof(*l->items));
	if (r < 0)
		return r;
	i = &l->items[l->n++];
	*i = (struct item){ .dir = c->kept.parent, .is_gone = !c->path };
	i->name = strdup(c->kept.name);
	r = copy_version(&c->kept, &i->kept);
	if (r == 0)
		r = copy_version(&c->overwritten, &i->overwritten);
	if (r == 0 && c->path && c->path[0])
		r = buf_printf(&i->path, "%s/", c->path);
	if (r == 0 && !i->name)
		r = -ENOMEM;
	return r < 0 || i->is_gone ? r : buf_add_str(&i->path, i->name);
}

/* A directory that is gone had a path. */
static int find_old_path(struct store *s, struct item *i)
{
	CLEANUP(buf_done) struct buf dir = { 0 };
	int r;

	r = moment_path(s, i->kept.rev, i->dir, &dir);
	if (r < 0 && r != -ENOENT)
		return r;
	return buf_printf(&i->path, "%s%s%s", r == 0 ? buf_str(&dir) : "?",
		r == 0 && dir.len == 0 ? "" : "/", i->name);
}

static bool is_wanted(const struct list *l, const struct item *i)
{
	const char *below = buf_str(&l->below), *path = buf_str(&i->path);
	size_t at, len = l->below.len;
	int64_t rev;

	if (len > 0 && (strncmp(path, below, len) != 0 || (path[len] && path[len] != '/')))
		return false;
	for (at = 0; at < l->wanted.len; at += sizeof(rev)) {
		memcpy(&rev, l->wanted.data + at, sizeof(rev));
		if (rev == i->kept.rev)
			return true;
	}
	return l->wanted.len == 0;
}

static int find(struct store *s, struct list *l)
{
	size_t i, kept = 0;
	int r;

	r = conflict_each(s, on_conflict, l);
	for (i = 0; i < l->n && r == 0; i++)
		if (l->items[i].is_gone)
			r = find_old_path(s, &l->items[i]);
	for (i = 0; i < l->n && r == 0; i++) {
		struct item item = l->items[i];

		if (!is_wanted(l, &item))
			continue;
		l->items[i] = l->items[kept];
		l->items[kept++] = item;
	}
	if (r < 0)
		return r;
	for (i = kept; i < l->n; i++) {
		buf_done(&l->items[i].path);
		free(l->items[i].name);
		version_done(&l->items[i].kept);
		version_done(&l->items[i].overwritten);
	}
	l->n = kept;
	return 0;
}

/* --- how they are shown --- */

static void format_time(int64_t ns, char *ret_text, size_t size)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(ret_text, size, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(ret_text, size, "?");
}

static void print_version(const char *label, const struct version *v)
{
	char when[32];

	format_time(v->time, when, sizeof(when));
	printf("  %-12s %" PRId64 "  %s  ", label, v->rev, when);
	print_in_one_line(v->author);
	if (v->program) {
		fputs(" (", stdout);
		print_in_one_line(v->program);
		putchar(')');
	}
	printf("  %" PRId64 " bytes\n", v->bytes);
}

static void print_json_version(const struct version *v)
{
	json_print_number_field("rev", v->rev);
	fputs(", ", stdout);
	json_print_number_field("time", v->time);
	fputs(", ", stdout);
	json_print_text_field("author", v->author);
	fputs(", ", stdout);
	if (v->program)
		json_print_text_field("program", v->program);
	else
		fputs("\"program\": null", stdout);
	fputs(", ", stdout);
	json_print_number_field("bytes", v->bytes);
}

static void print_item(const struct item *i, bool as_json)
{
	if (!as_json) {
		print_in_one_line(buf_str(&i->path));
		puts(i->is_gone ? "  (its directory was removed)" : "");
		print_version("kept", &i->kept);
		print_version("overwritten", &i->overwritten);
		return;
	}
	putchar('{');
	json_print_text_field("path", buf_str(&i->path));
	printf(", \"removed\": %s, \"kept\": {", i->is_gone ? "true" : "false");
	print_json_version(&i->kept);
	fputs("}, \"overwritten\": {", stdout);
	print_json_version(&i->overwritten);
	puts("}}");
}

/* --- dismissing --- */

static int apply_dismissal(struct txn *t, void *arg)
{
	const struct list *l = arg;
	size_t i;
	int r = 0;

	for (i = 0; i < l->n && r == 0; i++) {
		r = txn_dismiss_conflict(t, l->items[i].kept.rev);
		if (r == -ENOENT)
			r = 0; /* somebody else was faster */
	}
	return r;
}

/* Each number must be one of those that were found. */
static int check_numbers(const struct list *l)
{
	size_t at, i;
	int64_t rev;

	for (at = 0; at < l->wanted.len; at += sizeof(rev)) {
		memcpy(&rev, l->wanted.data + at, sizeof(rev));
		for (i = 0; i < l->n && l->items[i].kept.rev != rev; i++)
			;
		if (i < l->n)
			continue;
		log_err("%" PRId64 ": no version that overwrote another%s; nothing was changed",
			rev, l->below.len ? " there" : "");
		return -ENOENT;
	}
	return 0;
}

static int dismiss(struct store *s, struct list *l)
{
	const struct change c = {
		.apply = apply_dismissal, .arg = l, .durable = true, .wait_ms = WAIT_MS
	};
	int r;

	r = check_numbers(l);
	if (r < 0 || l->n == 0)
		return r;
	r = store_change(s, &c);
	if (r < 0)
		log_err("%s: %s", store_path(s), strerror(-r));
	return r;
}

/* --- */

static int open_store(const char *arg, const char *path, struct list *l, struct store **ret_store)
{
	const struct store_options to_write = { 0 };
	CLEANUP(buf_done) struct buf db = { 0 };
	int r;

	r = cli_find_db(arg, &db, &l->below);
	if (r == 0 && path)
		r = buf_printf(
			&l->below, "%s%s", l->below.len ? "/" : "", path + strspn(path, "/"));
	if (r < 0)
		return r;
	while (l->below.len > 0 && l->below.data[l->below.len - 1] == '/')
		l->below.data[--l->below.len] = '\0';
	return l->all || l->wanted.len ? cli_open(buf_str(&db), &to_write, ret_store)
				       : cli_open_to_read(buf_str(&db), ret_store);
}

/* A path that never was would have no conflicts either. */
static int check_path(struct store *s, const struct list *l)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	int64_t parent, rev;
	int r;

	if (l->n > 0 || l->below.len == 0)
		return 0;
	r = moment_find_place(s, buf_str(&l->below), &parent, &name, &rev);
	if (r == -ENOENT)
		log_err("%s: no such path", buf_str(&l->below));
	return r == -EISDIR ? 0 : r;
}

static int run(const char *arg, const char *path, struct list *l)
{
	CLEANUP(store_closep) struct store *s = NULL;
	bool to_dismiss = l->all || l->wanted.len > 0;
	size_t i;
	int r;

	r = open_store(arg, path, l, &s);
	if (r == 0)
		r = find(s, l);
	if (r == 0)
		r = check_path(s, l);
	if (r == 0 && to_dismiss)
		r = dismiss(s, l);
	if (r < 0)
		return r;
	for (i = 0; i < l->n; i++)
		print_item(&l->items[i], l->as_json);
	if (!l->as_json && (to_dismiss || l->n == 0))
		printf("%zu %s%s\n", l->n, l->n == 1 ? "conflict" : "conflicts",
			to_dismiss ? " dismissed" : "");
	return 0;
}

static int add_number(struct list *l, const char *text)
{
	char *end;
	int64_t rev;

	if (strcmp(text, "all") == 0) {
		l->all = true;
		return 0;
	}
	errno = 0;
	rev = strtoll(text, &end, 10);
	if (errno || *end || end == text || rev < 1)
		return cli_usage_error("'%s' is no number of a version, and not 'all'", text);
	return buf_add(&l->wanted, &rev, sizeof(rev));
}

int cmd_conflicts(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
		{ "dismiss", required_argument, NULL, 'd' }, { 0 } };
	CLEANUP(list_done) struct list l = { 0 };
	int r;

	while ((r = cli_next_option(argc, argv, "", longs)) != -1) {
		l.as_json |= r == 'j';
		r = r == 'd' ? add_number(&l, optarg) : 0;
		if (r != 0)
			return r < 0 ? CLI_FAILED : r;
	}
	if (l.all && l.wanted.len)
		return cli_usage_error("--dismiss: numbers or 'all', not both");
	r = cli_expect_args(argc, 1, 2);
	if (r != CLI_OK)
		return r;
	return (int)cli_exit_code(run(argv[optind], argv[optind + 1], &l));
}
