/* planfs restore: a file or a directory as it was, deleted ones included. */
#include "cli_place_priv.h"

#include "planfs/log.h"
#include "planfs/name.h"
#include "planfs/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct session {
	struct place_base base;
	struct place place;
	struct past past;
	struct place to; /* where a copy goes */
	struct buf to_name;
	struct restore what;
	struct restored_print print;
};

static void session_done(struct session *s)
{
	place_done(&s->place);
	past_done(&s->past);
	place_done(&s->to);
	buf_done(&s->to_name);
	place_base_done(&s->base);
}

/* The free place that --to names. */
static int find_to(struct session *s, const char *arg)
{
	const char *path, *slash;
	CLEANUP(buf_done) struct buf dir = { 0 };
	struct inode parent;
	int r;

	r = place_read(&s->base, arg, &s->to);
	if (r < 0 && r != -ENOENT)
		return place_refuse(&s->base, &s->to, arg, r);
	path = buf_str(&s->to.path);
	slash = strrchr(path, '/');
	r = buf_add(&dir, path, slash ? (size_t)(slash - path) : 0);
	if (r == 0)
		r = buf_add_str(&s->to_name, slash ? slash + 1 : path);
	if (r == 0)
		r = store_resolve(s->base.s, buf_str(&dir), &parent);
	if (r < 0 || !S_ISDIR(parent.mode)) {
		log_err("%s: no directory to put it in", arg);
		return r == -ENOMEM ? CLI_FAILED : CLI_NOT_FOUND;
	}
	s->what.is_copy = true;
	s->what.parent = parent.id;
	s->what.name = buf_str(&s->to_name);
	if (name_is_scratch(buf_str(&s->to_name)) && !S_ISDIR(s->past.inode.mode)) {
		log_err("%s: a name of scratch files, of which there are no versions", arg);
		return CLI_USAGE;
	}
	if (s->to_name.len)
		return CLI_OK;
	log_err("%s: exists already; nothing was changed", arg);
	return CLI_FAILED;
}

/* Where it stood then, and where it goes: what was found under another name comes to the place that was named. */
static int choose_places(struct session *s, const char *arg)
{
	int r;

	if (!s->place.has_version && s->place.last == INT64_MAX)
		return cli_usage_error(
			"%s: is there now; which version? (see 'planfs log', or take the last "
			"change back with 'planfs undo')",
			arg);
	r = place_look(&s->base, &s->place, arg, &s->past);
	if (r != CLI_OK)
		return r;
	s->what.rev = s->past.rev;
	s->what.from_parent = s->past.parent;
	s->what.from_name = buf_str(&s->past.name);
	if (!s->past.is_path && s->place.parent) {
		s->what.parent = s->place.parent;
		s->what.name = buf_str(&s->place.name);
		s->what.above_rev = s->place.last;
	}
	return CLI_OK;
}

static int refuse(const struct session *s, const char *arg, int err)
{
	if (err == -EEXIST && s->what.is_copy)
		log_err("%s: exists already; nothing was changed", buf_str(&s->to.path));
	else if (err == -ELOOP)
		log_err("%s: is in the directory of which it would be a copy; nothing was changed",
			buf_str(&s->to.path));
	else if (err == -EEXIST)
		log_err("%s: something of another kind is there now; restore it --to another place",
			arg);
	else if (err == -ENOENT)
		log_err("%s: nothing was there then", arg);
	else if (err == -EBUSY)
		log_err("%s: another program keeps the database locked; nothing was changed", arg);
	else
		log_err("%s: nothing was restored: %s", arg, strerror(-err));
	return err == -EEXIST || err == -ELOOP ? CLI_FAILED : (int)cli_exit_code(err);
}

static int restore(struct session *s, const char *arg, const char *to)
{
	CLEANUP(restored_done) struct restored done = { 0 };
	int r;

	r = place_find(&s->base, arg, true, &s->place);
	if (r == CLI_OK)
		r = choose_places(s, arg);
	if (r == CLI_OK && to)
		r = find_to(s, to);
	if (r != CLI_OK)
		return r;
	s->what.dry_run = s->print.dry_run;
	r = s->what.rev == INT64_MAX && !to ? 0 : store_restore(s->base.s, &s->what, &done);
	if (r < 0)
		return refuse(s, arg, r);
	restored_print(&done, &s->print);
	if (!s->print.as_json)
		printf("%s %lu %s", s->print.dry_run ? "would change" : "changed", s->print.done,
			s->print.done == 1 ? "place" : "places");
	if (!s->print.as_json)
		printf(s->print.left ? ", %lu left\n" : "\n", s->print.left);
	return restored_exit_code(&s->print);
}

enum { OPT_TO = 1, OPT_KEEP_NEW, OPT_DRY_RUN, OPT_JSON };

int cmd_restore(int argc, char **argv)
{
	static const struct option longs[] = { { "to", required_argument, NULL, OPT_TO },
		{ "keep-new", no_argument, NULL, OPT_KEEP_NEW },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "json", no_argument, NULL, OPT_JSON }, { 0 } };
	CLEANUP(session_done) struct session s = { 0 };
	const char *to = NULL;
	int c, r;

	while ((c = cli_next_option(argc, argv, "", longs)) != -1) {
		s.what.keep_new |= c == OPT_KEEP_NEW;
		s.print.dry_run |= c == OPT_DRY_RUN;
		s.print.as_json |= c == OPT_JSON;
		if (c == OPT_TO)
			to = optarg;
	}
	r = place_base_open(argc, argv, 1, 1, true, &s.base);
	return r != CLI_OK ? r : restore(&s, argv[optind], to);
}
