/*
 * Damaged databases: a thousand copies of one whose texts are known, each damaged in another way.
 *
 *   damage run COUNT SEED        open each (with verification), list, read, check and recover it
 *   damage make SEED I DB        write copy I to DB and DB-wal, print what was damaged
 *   damage look MNT              look at a mount of a copy; exit status 1 when a text is wrong
 *
 * Of each copy every text must be right, or an error, or the check must say that the database is damaged. When
 * the check says it is sound, nothing may be wrong or missing.
 */
#include "damage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_SECONDS = 30 };

struct totals {
	unsigned copies, refused, sound, failed;
	struct look store, saved;
	unsigned wrong_and_found, saved_anyhow, unsaved;
};

static char directory[64];

static void path_in(const char *name, char ret_path[static 128])
{
	snprintf(ret_path, 128, "%s/%s", directory, name);
}

static void add_look(struct look *sum, const struct look *l)
{
	sum->right += l->right;
	sum->older += l->older;
	sum->refused += l->refused;
	sum->wrong += l->wrong;
	sum->missing += l->missing;
	sum->extra += l->extra;
}

static void clean(const char *name)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal", "-reserve" };
	char path[160], base[128];
	size_t i;

	path_in(name, base);
	for (i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", base, suffixes[i]);
		unlink(path);
	}
}

/* In a process of its own, so that a crash or a hang is seen. Returns the reason of a failure, or NULL. */
static const char *look_in_child(struct verdict *ret_verdict)
{
	static char why[64];
	char copy[128], saved[128];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	path_in("copy.db", copy);
	path_in("saved.db", saved);
	if (pipe(fds) < 0)
		return "no pipe";
	pid = fork();
	if (pid == 0) {
		struct verdict v;

		alarm(LIMIT_SECONDS);
		if (!getenv("KEEP_LOG") && !freopen("/dev/null", "w", stderr))
			_exit(3);
		look_at_copy(copy, saved, &v);
		_exit(write(fds[1], &v, sizeof(v)) == sizeof(v) ? 0 : 3);
	}
	close(fds[1]);
	n = read(fds[0], ret_verdict, sizeof(*ret_verdict));
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid)
		return "no child";
	if (WIFSIGNALED(status)) {
		snprintf(why, sizeof(why), "%s (signal %d)",
			WTERMSIG(status) == SIGALRM ? "it hangs" : "it crashed", WTERMSIG(status));
		return why;
	}
	snprintf(why, sizeof(why), "exit status %d", WEXITSTATUS(status));
	return status == 0 && n == sizeof(*ret_verdict) ? NULL : why;
}

/* What no copy may do. */
static const char *judge(const struct verdict *v, bool log_only)
{
	if (v->opened && v->found == 0 && v->store.wrong + v->store.refused > 0)
		return "a text is wrong, and the check finds nothing";
	if (v->opened && v->found == 0 && !log_only && v->store.older + v->store.missing > 0)
		return "a text is missing, and the check finds nothing";
	if (v->opened && !v->recovered)
		return "it opens, but nothing was recovered";
	if (v->saved.wrong > 0 && v->saved_found == 0)
		return "a recovered text is wrong, and the check finds nothing";
	if (v->opened && v->found == 0 && !log_only && v->saved_anyhow < FILES)
		return "a sound text was not recovered";
	return NULL;
}

static void run_one(const char *base, uint64_t seed, unsigned i, struct totals *t)
{
	struct verdict v = { 0 };
	bool log_only;
	const char *what, *why;
	char copy[128];

	clean("copy.db");
	clean("saved.db");
	path_in("copy.db", copy);
	what = damage_copy(base, copy, seed, i, &log_only);
	why = look_in_child(&v);
	if (!why)
		why = judge(&v, log_only);
	t->copies++;
	t->refused += !v.opened;
	t->sound += v.opened && v.found == 0;
	t->unsaved += !v.recovered;
	t->wrong_and_found += v.store.wrong;
	t->saved_anyhow += v.saved_anyhow;
	add_look(&t->store, &v.store);
	add_look(&t->saved, &v.saved);
	if (!why)
		return;
	t->failed++;
	printf("FAILED: copy %u (%s): %s; %u right, %u older, %u refused, %u wrong, %u missing, "
	       "%u found; recovered %u right, %u wrong, %u found\n",
		i, what, why, v.store.right, v.store.older, v.store.refused, v.store.wrong,
		v.store.missing, v.found, v.saved.right, v.saved.wrong, v.saved_found);
}

static int run(unsigned count, uint64_t seed)
{
	char plain[128], logged[128];
	struct totals t = { 0 };
	unsigned i;

	path_in("plain.db", plain);
	path_in("logged.db", logged);
	look_prepare();
	make_database(plain, false);
	make_database(logged, true);
	for (i = 0; i < count; i++)
		run_one(i % 13 >= 7 ? logged : plain, seed, i, &t);
	printf("%u damaged copies: %u refused, %u sound; texts: %u right, %u older, %u refused, %u missing, "
	       "%u wrong and found by the check\n",
		t.copies, t.refused, t.sound, t.store.right, t.store.older, t.store.refused,
		t.store.missing, t.wrong_and_found);
	printf("recovered: %u in their place, %u of %u texts saved, nothing from %u copies\n",
		t.saved.right, t.saved_anyhow, t.copies * FILES, t.unsaved);
	printf("%u failed\n", t.failed);
	return t.failed > 0;
}

static int make(uint64_t seed, unsigned i, const char *db)
{
	char base[128];
	bool log_only;

	path_in("base.db", base);
	make_database(base, i % 13 >= 7);
	puts(damage_copy(base, db, seed, i, &log_only));
	return 0;
}

static int look(const char *mnt)
{
	struct look l;
	unsigned errors = look_at_mount(mnt, &l);

	printf("%u right, %u older, %u refused, %u wrong, %u missing, %u extra, %u errors\n",
		l.right, l.older, l.refused, l.wrong, l.missing, l.extra, errors);
	return l.wrong > 0;
}

static void make_directory(void)
{
	snprintf(directory, sizeof(directory), "%s/planfs-damage-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(directory))
		exit(3);
}

int main(int argc, char **argv)
{
	char command[128];
	int status = 2;

	if (argc == 3 && strcmp(argv[1], "look") == 0)
		return look(argv[2]);
	make_directory();
	if (argc == 4 && strcmp(argv[1], "run") == 0)
		status = run((unsigned)atoi(argv[2]), strtoull(argv[3], NULL, 10));
	else if (argc == 5 && strcmp(argv[1], "make") == 0)
		status = make(strtoull(argv[2], NULL, 10), (unsigned)atoi(argv[3]), argv[4]);
	else
		fprintf(stderr, "damage run COUNT SEED | make SEED I DB | look MNT\n");
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command) == 0 ? status : 3;
}
