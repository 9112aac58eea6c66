/* planfs upgrade: the daemon of a mount hands over to one that is started from the installed program. */
#include "cli_priv.h"

#include "planfs/clock.h"
#include "planfs/log.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_SECONDS = 15, POLL_MS = 5 };

/* What the mount says of itself. */
struct daemon {
	int64_t pid, supervisor, dirty_files;
	char version[32];
};

static int64_t number_of(const char *json, const char *key)
{
	const char *at = status_member(json, key);

	return at ? strtoll(at, NULL, 10) : 0;
}

static int ask(const char *point, struct daemon *ret_daemon)
{
	CLEANUP(buf_done) struct buf json = { 0 };
	struct daemon d = { 0 };
	const char *version;
	int r;

	r = status_of_mount(point, &json);
	if (r < 0)
		return r;
	d.pid = number_of(buf_str(&json), "pid");
	d.supervisor = number_of(buf_str(&json), "supervisor");
	d.dirty_files = number_of(buf_str(&json), "dirty_files");
	version = status_member(buf_str(&json), "version");
	if (version && *version == '"')
		snprintf(d.version, sizeof(d.version), "%.*s", (int)strcspn(version + 1, "\""),
			version + 1);
	*ret_daemon = d;
	return d.pid > 0 && d.supervisor > 0 ? 0 : -ENOTSUP;
}

static int wait_for_another(const char *point, const struct daemon *old, struct daemon *ret_new)
{
	int64_t until = clock_now() + INT64_C(1000000000) * WAIT_SECONDS;
	int r;

	do {
		r = ask(point, ret_new);
		if (r < 0)
			return r;
		if (ret_new->pid != old->pid)
			return 0;
		usleep(POLL_MS * 1000);
	} while (clock_now() < until);
	return -EBUSY;
}

static int upgrade(const char *point)
{
	struct daemon old, new;
	int r;

	r = ask(point, &old);
	if (r < 0) {
		log_err("%s: the mount does not answer: %s", point, strerror(-r));
		return cli_exit_code(r);
	}
	if (kill((pid_t)old.supervisor, SIGUSR1) < 0) {
		log_err("%s: process %" PRId64 ": %s", point, old.supervisor, strerror(errno));
		return CLI_FAILED;
	}
	r = wait_for_another(point, &old, &new);
	if (r == -EBUSY)
		log_err("%s: the old daemon goes on, %" PRId64
			" files are being written; the log says more",
			point, new.dirty_files);
	else if (r < 0)
		log_err("%s: the mount does not answer any more: %s", point, strerror(-r));
	else
		printf("%s: process %" PRId64 " (%s) has handed over to %" PRId64 " (%s)\n", point,
			old.pid, old.version, new.pid, new.version);
	return r < 0 ? cli_exit_code(r) : CLI_OK;
}

int cmd_upgrade(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	CLEANUP(mounted_done) struct mounted m = { 0 };
	CLEANUP(buf_done) struct buf below = { 0 };
	int code;

	while (cli_next_option(argc, argv, "", longs) != -1)
		;
	code = cli_expect_args(argc, 1, 1);
	if (code != CLI_OK)
		return code;
	if (mounted_find(argv[optind], &m, &below) < 0 || below.len > 0) {
		log_err("%s: no planfs is mounted there", argv[optind]);
		return CLI_NOT_FOUND;
	}
	return upgrade(buf_str(&m.point));
}
