/*
 * Power failures: build the files of a database as they may be on the disk after a failure at
 * chosen moments of a recording, and look at what came through.
 *
 *   replay [-n STATES] [-s SEED] [-j JOBS] [-q SQL] [-p PLANFS] [-m EVERY] [-S MS] [-d DIR] LOG DB
 *
 * LOG is a journal with the calls of powerlog.so and the marks of the writers, DB the path the
 * database had. SQL names the texts: columns path, body (NULL: a directory). PLANFS: `planfs check`
 * each state and, every EVERY states, mount it. MS: what was acknowledged so long before is on
 * the disk. DIR: where to work, and where the first bad state is kept (with KEEP in the environment).
 *
 * Prints one line of figures. Exit status 0: nothing found, 1: findings, 3: the test is broken.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "look.h"
#include "model.h"

static struct {
	unsigned int states, jobs, mount_every;
	uint64_t seed, soft_ns;
	const char *sql, *planfs, *dir, *db_name;
} option = { 600, 2, 0, 1, 1500000000u, look_tree_sql, NULL, "/tmp", NULL };

struct outcome {
	struct model_figures figures;
	unsigned int corrupt, unsound, unmounted, bad_states, states;
	uint64_t pending;
};

/* Run a program with its output in @log; its exit status, or -1. */
static int run(const char *log, char *const argv[])
{
	pid_t pid = fork();
	int status, fd;

	if (pid < 0)
		err(3, "fork");
	if (pid == 0) {
		fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
			_exit(127);
		execv(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(3, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_planfs(const char *log, const char *command, const char *a, const char *b)
{
	const char *argv[] = { option.planfs, command, a, b, NULL };

	return run(log, (char *const *)(uintptr_t)argv);
}

static void print_file(const char *path, FILE *to)
{
	char line[300];
	FILE *f = fopen(path, "r");
	int i;

	for (i = 0; f && i < 3 && fgets(line, sizeof(line), f); i++)
		fprintf(to, "    %s", line);
	if (f)
		fclose(f);
}

struct worker {
	unsigned int number;
	char dir[300], db[400], log[400], mount[400];
	struct journal *journal; /* borrowed */
	struct model *model;     /* borrowed */
	FILE *report;            /* owned */
	struct outcome *outcome; /* borrowed */
};

static void check_by_program(struct worker *w)
{
	int r = run_planfs(w->log, "check", w->db, NULL);

	if (r == 0)
		return;
	w->outcome->unsound++;
	fprintf(w->report, "  planfs check says %d:\n", r);
	print_file(w->log, w->report);
}

static void check_by_mount(struct worker *w, const struct model_crash *crash)
{
	struct model_reader reader = { look_at_mount, w->mount };

	if (mkdir(w->mount, 0700) < 0 && errno != EEXIST)
		err(3, "%s", w->mount);
	if (run_planfs(w->log, "mount", w->db, w->mount) != 0) {
		w->outcome->unmounted++;
		fprintf(w->report, "  cannot be mounted:\n");
		print_file(w->log, w->report);
		return;
	}
	model_check(w->model, crash, &reader, &w->outcome->figures, w->report);
	if (run_planfs(w->log, "umount", w->mount, NULL) != 0) {
		w->outcome->unmounted++;
		fprintf(w->report, "  cannot be unmounted:\n");
		print_file(w->log, w->report);
	}
}

static unsigned int bad(const struct outcome *o)
{
	return o->corrupt + o->unsound + o->unmounted + model_bad(&o->figures);
}

static void clean(const struct worker *w)
{
	const char *argv[] = { "/bin/rm", "-rf", "--one-file-system", w->dir, NULL };

	run("/dev/null", (char *const *)(uintptr_t)argv);
	if (mkdir(w->dir, 0700) < 0)
		err(3, "%s", w->dir);
}

static struct model_crash crash_at(const struct journal *j, uint64_t position)
{
	return (struct model_crash){
		.position = position,
		.power = true,
		.all = true,
		.soft_ns = option.soft_ns,
		.time = j->recs[position < j->count ? position : j->count - 1]->time,
	};
}

static void examine(struct worker *w, struct disk *d, unsigned int state, uint64_t position)
{
	struct model_crash crash = crash_at(w->journal, position);
	struct model_reader reader = { look_at_rows, NULL };
	uint64_t rnd = option.seed * 7919 + state;
	enum disk_loss loss = (enum disk_loss)rnd_below(&rnd, LOSS_KINDS);
	unsigned int before = bad(w->outcome);
	struct look_rows rows = { 0 };

	clean(w);
	disk_write(d, w->dir, loss, rnd);
	if (option.planfs && state % 2)
		check_by_program(w);
	reader.ctx = &rows;
	if (!look_read_database(w->db, option.sql, &rows, w->report))
		w->outcome->corrupt++;
	else
		model_check(w->model, &crash, &reader, &w->outcome->figures, w->report);
	look_rows_done(&rows);
	if (option.planfs && state % 2 == 0)
		check_by_program(w);
	if (option.planfs && option.mount_every && state % option.mount_every == 0)
		check_by_mount(w, &crash);
	w->outcome->pending += disk_pending(d);
	w->outcome->states++;
	if (bad(w->outcome) == before)
		return;
	w->outcome->bad_states++;
	fprintf(w->report, "  ^ state %u: failure after record %llu of %zu, %zu calls open, %s\n",
		state, (unsigned long long)position, w->journal->count, disk_pending(d),
		disk_loss_name(loss));
	if (getenv("KEEP"))
		snprintf(w->dir, sizeof(w->dir), "%s/bad-%u-%u", option.dir, w->number, state);
	snprintf(w->db, sizeof(w->db), "%s/%s", w->dir, option.db_name);
}

static int compare_positions(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Moments of failure: half right after a writer was told something, the worst of moments; each
 * mark T; the rest anywhere after the first mark.
 */
static uint64_t *choose_positions(const struct journal *j)
{
	uint64_t *at = must_realloc(NULL, option.states * sizeof(*at));
	uint64_t rnd = option.seed, first = 0;
	unsigned int n = 0;
	size_t i, p;

	while (first < j->count && j->recs[first]->type != JOURNAL_MARK)
		first++;
	if (first == j->count)
		errx(3, "no marks in the recording");
	for (i = first; i < j->count && n < option.states / 4; i++)
		if (j->recs[i]->type == JOURNAL_MARK && journal_data(j->recs[i])[0] == 'T')
			at[n++] = i;
	while (n < option.states) {
		p = first + rnd_next(&rnd) % (j->count - first);
		if (n % 2)
			while (p + 1 < j->count && (j->recs[p]->type != JOURNAL_MARK ||
							   journal_data(j->recs[p])[0] == 'S'))
				p++;
		at[n++] = p + 1;
	}
	qsort(at, n, sizeof(*at), compare_positions);
	return at;
}

static void work(struct journal *j, struct model *m, const uint64_t *at, unsigned int number,
	struct outcome *outcome)
{
	struct worker w = { .number = number, .journal = j, .model = m, .outcome = outcome };
	struct disk *d = disk_new(j);
	unsigned int i;

	snprintf(w.log, sizeof(w.log), "%s/report-%u", option.dir, number);
	w.report = fopen(w.log, "w");
	if (!w.report)
		err(3, "%s", w.log);
	snprintf(w.dir, sizeof(w.dir), "%s/state-%u", option.dir, number);
	snprintf(w.db, sizeof(w.db), "%s/%s", w.dir, option.db_name);
	snprintf(w.log, sizeof(w.log), "%s/output-%u", option.dir, number);
	snprintf(w.mount, sizeof(w.mount), "%s/mount-%u", option.dir, number);
	for (i = number; i < option.states; i += option.jobs) {
		disk_advance(d, at[i]);
		examine(&w, d, i, at[i]);
	}
	fclose(w.report);
	disk_free(d);
}

static void run_jobs(struct journal *j, struct model *m, struct outcome *outcomes)
{
	uint64_t *at = choose_positions(j);
	unsigned int i;
	int status;

	for (i = 0; i < option.jobs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(3, "fork");
		if (pid == 0) {
			work(j, m, at, i, &outcomes[i]);
			_exit(0);
		}
	}
	for (i = 0; i < option.jobs; i++)
		if (wait(&status) < 0 || status != 0)
			errx(3, "a job ended with status %d", status);
	free(at);
}

static void print_reports(void)
{
	char path[400];
	unsigned int i;

	for (i = 0; i < option.jobs; i++) {
		const char *argv[] = { "/usr/bin/head", "-c", "6000", path, NULL };

		snprintf(path, sizeof(path), "%s/report-%u", option.dir, i);
		fflush(stdout);
		run("/dev/stderr", (char *const *)(uintptr_t)argv);
	}
}

static int sum(const struct outcome *outcomes)
{
	struct outcome all = { 0 };
	struct model_figures *f = &all.figures;
	unsigned int i;

	for (i = 0; i < option.jobs; i++) {
		const struct outcome *o = &outcomes[i];

		all.states += o->states;
		all.bad_states += o->bad_states;
		all.corrupt += o->corrupt;
		all.unsound += o->unsound;
		all.unmounted += o->unmounted;
		all.pending += o->pending;
		f->texts += o->figures.texts;
		f->lost += o->figures.lost;
		f->torn += o->figures.torn;
		f->empty += o->figures.empty;
		f->wrong += o->figures.wrong;
		f->disorder += o->figures.disorder;
	}
	printf("states %u bad %u corrupt %u unsound %u unmounted %u texts %u lost %u torn %u "
	       "empty %u wrong %u disorder %u open-calls %.1f\n",
		all.states, all.bad_states, all.corrupt, all.unsound, all.unmounted, f->texts,
		f->lost, f->torn, f->empty, f->wrong, f->disorder,
		(double)all.pending / (all.states ? all.states : 1));
	return all.bad_states != 0;
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:s:j:q:p:m:S:d:")) != -1)
		switch (c) {
		case 'n':
			option.states = (unsigned int)atoi(optarg);
			break;
		case 's':
			option.seed = strtoull(optarg, NULL, 10);
			break;
		case 'j':
			option.jobs = (unsigned int)atoi(optarg);
			break;
		case 'q':
			option.sql = optarg;
			break;
		case 'p':
			option.planfs = optarg;
			break;
		case 'm':
			option.mount_every = (unsigned int)atoi(optarg);
			break;
		case 'S':
			option.soft_ns = strtoull(optarg, NULL, 10) * 1000000u;
			break;
		case 'd':
			option.dir = optarg;
			break;
		default:
			errx(3, "usage: see the head of replay.c");
		}
	if (argc - optind != 2 || option.states == 0 || option.jobs == 0)
		errx(3, "usage: see the head of replay.c");
	option.db_name = strrchr(argv[optind + 1], '/');
	if (!option.db_name++)
		errx(3, "%s: not an absolute path", argv[optind + 1]);
}

int main(int argc, char **argv)
{
	struct outcome *outcomes;
	struct journal j;
	struct model m;
	int r;

	parse_options(argc, argv);
	journal_load(&j, argv[optind]);
	model_load(&m, &j);
	outcomes = mmap(NULL, option.jobs * sizeof(*outcomes), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcomes == MAP_FAILED)
		err(3, "mmap");
	run_jobs(&j, &m, outcomes);
	r = sum(outcomes);
	if (r != 0)
		print_reports();
	munmap(outcomes, option.jobs * sizeof(*outcomes));
	model_done(&m);
	journal_done(&j);
	return r;
}
