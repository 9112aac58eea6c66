/*
 * Every write, sync, open and allocation of a change fails once, and from there on: the 1st, the 2nd, and so
 * on until the change succeeds because there was no such operation left. Each time:
 *
 *   - the caller is told, with the errno that the contract names; success means that it is done;
 *   - what the store shows is the state before or after, whole, and 'check' is content with it;
 *   - a death of the process at that moment would leave one of the two, and the new one after success;
 *   - the next try succeeds, with the same store: no statement, lock or memory is stuck.
 *
 *   faults [all]   all: no operation is left out; else of long rows the end is sampled
 */
#include "fault.h"
#include "fault_steps.h"
#include "fault_tree.h"

#include "planfs/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

enum {
	STEPS_MAX = 32,
	DENSE = 40,      /* up to here each operation fails */
	SPARSE = 5,      /* from here on each 1/5 further */
	CHECK_EVERY = 8, /* a check takes longer than all else */
};

static const struct {
	const char *name;
	int errors[4]; /* that may be told, 0 at the end */
} kinds[] = {
	[FAULT_EIO] = { "EIO", { EIO, EACCES, ENOSPC } },
	[FAULT_ENOSPC] = { "ENOSPC", { ENOSPC, EIO, EACCES } },
	[FAULT_SHORT] = { "short", { ENOSPC, EIO, EACCES } },
	[FAULT_READ] = { "read", { EIO } },
	[FAULT_MEMORY] = { "memory", { ENOMEM } },
};

static bool every_one;
static long hits[STEPS_MAX][FAULT_KINDS]; /* by step: how many runs met a fault */

/* One run with a fault. */
struct trial {
	struct fixture *f;
	const struct fault_step *step;
	enum fault_kind kind;
	bool on_and_on;
	long at;
	struct buf before, after; /* the two states; owned */
};

#define EXPECT(t, condition, ...)                                                                  \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			print_error("%s, %s, operation %ld%s: ", (t)->step->name,                  \
				kinds[(t)->kind].name, (t)->at, (t)->on_and_on ? " and on" : "");  \
			fail_msg(__VA_ARGS__);                                                     \
		}                                                                                  \
	} while (0)

static bool may_say(enum fault_kind kind, int r)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds[0].errors) && kinds[kind].errors[i]; i++)
		if (r == -kinds[kind].errors[i])
			return true;
	return false;
}

static void copy_file(const char *from, const char *to)
{
	static char block[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	ssize_t n;

	if (in < 0)
		return; /* there is no log */
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	while ((n = read(in, block, sizeof(block))) > 0)
		assert_int_equal(write(out, block, (size_t)n), n);
	close(in);
	close(out);
}

static void expect_clean(const struct trial *t, struct store *s, const char *where)
{
	CLEANUP(buf_done) struct buf findings = { 0 };

	EXPECT(t, fault_check(s, &findings) == 0, "%s cannot be checked", where);
	EXPECT(t, findings.len == 0, "%s: %s", where, buf_str(&findings));
}

static bool shows(const struct trial *t, struct store *s, const struct buf *state)
{
	CLEANUP(buf_done) struct buf tree = { 0 };
	int r = fault_tree(s, &tree);

	EXPECT(t, r == 0, "the tree cannot be read: %s", strerror(-r));
	return tree.len == state->len && memcmp(buf_str(&tree), buf_str(state), tree.len) == 0;
}

/* What a new process would find if this one died now. */
static void expect_after_death(const struct trial *t, bool done)
{
	const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	char db[72], wal[80], copy[72], copy_wal[80];
	struct store *s = NULL;

	snprintf(db, sizeof(db), "%s", t->f->path);
	snprintf(wal, sizeof(wal), "%s-wal", db);
	snprintf(copy, sizeof(copy), "%s/dead.db", t->f->dir);
	snprintf(copy_wal, sizeof(copy_wal), "%s-wal", copy);
	copy_file(db, copy);
	copy_file(wal, copy_wal);
	EXPECT(t, store_open(copy, &options, &s, &why) == 0, "after a death: %s", buf_str(&why));
	EXPECT(t, shows(t, s, &t->after) || (!done && shows(t, s, &t->before)),
		"after a death the state is none of the two%s", done ? ", or the old one" : "");
	if (every_one || t->at % CHECK_EVERY == 1)
		expect_clean(t, s, "after a death the database");
	store_close(s);
	unlink(copy);
	unlink(copy_wal);
}

/* Nothing stays in the directory but the database and what belongs to it. */
static void expect_no_litter(const struct trial *t)
{
	DIR *dir = opendir(t->f->dir);
	struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		EXPECT(t, e->d_name[0] == '.' || strncmp(e->d_name, "plans.db", 8) == 0,
			"%s was left behind", e->d_name);
	closedir(dir);
}

static void expect_failure(const struct trial *t, int r)
{
	EXPECT(t, may_say(t->kind, r), "the caller was told %s", strerror(-r));
	expect_no_litter(t);
	if (t->f->s)
		EXPECT(t, shows(t, t->f->s, &t->before), "it failed, but something changed");
	if (t->kind != FAULT_MEMORY)
		expect_after_death(t, false);
	r = t->step->run(t->f);
	EXPECT(t, r == 0, "the next try: %s", strerror(-r));
}

/* Returns whether there was such an operation. */
static bool try_it(struct trial *t)
{
	long failed;
	int r;

	if (t->kind ==
		FAULT_READ) /* another program's commit: nothing that is kept in memory counts any more */
		sql(t->f, "UPDATE sqlite_sequence SET seq = seq + 1");
	fault_arm(t->kind, t->at, t->on_and_on);
	r = t->step->run(t->f);
	failed = fault_disarm();
	EXPECT(t, r == 0 || failed > 0, "it failed without a fault: %s", strerror(-r));
	if (r < 0)
		expect_failure(t, r);
	else if (failed > 0 && t->kind != FAULT_MEMORY)
		expect_after_death(t, true);
	EXPECT(t, shows(t, t->f->s, &t->after), "it succeeded, but is not done");
	if (t->at % CHECK_EVERY == 0)
		expect_clean(t, t->f->s, "the database");
	t->step->undo(t->f);
	EXPECT(t, shows(t, t->f->s, &t->before), "it cannot be undone");
	if (failed > 0)
		hits[t->step - fault_steps][t->kind]++;
	return failed > 0;
}

static long next_operation(long at)
{
	return at < DENSE || every_one ? at + 1 : at + at / SPARSE;
}

static void try_kind(struct trial *t)
{
	int misses = 0;

	/* Twice without one: now and then another thread of the store does the work. */
	for (t->at = 1; misses < 2; t->at = next_operation(t->at))
		misses = try_it(t) ? 0 : misses + 1;
}

/* The states before and after, seen when all goes well. */
static void learn(struct trial *t)
{
	int r;

	assert_int_equal(fault_tree(t->f->s, &t->before), 0);
	r = t->step->run(t->f);
	EXPECT(t, r == 0, "without any fault: %s", strerror(-r));
	assert_int_equal(fault_tree(t->f->s, &t->after), 0);
	t->step->undo(t->f);
	EXPECT(t, shows(t, t->f->s, &t->before), "it cannot be undone");
	EXPECT(t, t->step->same_tree || !shows(t, t->f->s, &t->after), "it changes nothing");
}

/* On a database of its own, so that it stays small. */
static void run_step_and_kind(const struct fault_step *step, enum fault_kind kind)
{
	struct trial t = { .step = step, .kind = kind };
	void *state = NULL;

	assert_int_equal(fixture_setup(&state), 0);
	t.f = state;
	store_close(t.f->s);
	store_open_at(t.f, true);
	fault_steps_prepare(t.f);
	learn(&t);
	try_kind(&t);
	t.on_and_on = true;
	if (kind != FAULT_SHORT) /* behind the first one it is ENOSPC */
		try_kind(&t);
	expect_clean(&t, t.f->s, "the database");
	buf_done(&t.before);
	buf_done(&t.after);
	fixture_teardown(&state);
}

static void run_step(void **state)
{
	const struct fault_step *step = *state;
	int kind;

	for (kind = 0; kind < FAULT_KINDS; kind++)
		run_step_and_kind(step, (enum fault_kind)kind);
}

static void print_hits(void)
{
	long sum = 0;
	size_t i;
	int kind;

	printf("%-12s", "faults");
	for (kind = 0; kind < FAULT_KINDS; kind++)
		printf("%8s", kinds[kind].name);
	for (i = 0; i < n_fault_steps; i++) {
		printf("\n%-12s", fault_steps[i].name);
		for (kind = 0; kind < FAULT_KINDS; kind++) {
			printf("%8ld", hits[i][kind]);
			sum += hits[i][kind];
		}
	}
	printf("\n%ld faults\n", sum);
}

/* Thousands of failures that are wanted need no line each. */
void __wrap_log_write(enum log_level level, const char *format, ...);
void __wrap_log_write(enum log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[STEPS_MAX];
	size_t i;
	int failed;

	every_one = argc > 1 && strcmp(argv[1], "all") == 0;
	fault_install();
	for (i = 0; i < n_fault_steps; i++)
		tests[i] = (struct CMUnitTest){ fault_steps[i].name, run_step, NULL, NULL,
			&fault_steps[i] };
	failed = _cmocka_run_group_tests("faults", tests, n_fault_steps, NULL, NULL);
	print_hits();
	return failed;
}
