/*
 * fuzz [-n OPERATIONS] [-m DATABASE PLANFS OPTIONS] [-w FROM] DIR SEED...: do random operations in DIR,
 * which must be empty, and compare every result with a model in memory; see fuzz.h. The same seed does the
 * same. Ends with 1 when something differs, after the last operations and the difference.
 *
 *   -m   DIR is a mount of DATABASE: mount it anew, kill its daemon, write the database with SQL
 *   -w   leave out the operations before FROM: how short may the trace be?
 */
#include "fuzz.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRACE_LINES = 48, TRACE_BYTES = 1200 };

struct fuzz fuzz;

static char trace[TRACE_LINES][TRACE_BYTES];
static unsigned long n_trace, seed;

/* Each operation has a course of its own, so that one can be left out and the others stay. */
static void begin_op(unsigned long op)
{
	fuzz.op = op;
	fuzz.random = seed * UINT64_C(0x9E3779B97F4A7C15) ^ op * UINT64_C(0xD1342543DE82EF95);
}

size_t fuzz_random(size_t n)
{
	uint64_t z = fuzz.random += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return n ? (size_t)((z ^ z >> 31) % n) : 0;
}

bool fuzz_one_in(size_t n)
{
	return fuzz_random(n) == 0;
}

void fuzz_note(const char *format, ...)
{
	char *line = trace[n_trace++ % TRACE_LINES];
	va_list args;
	int n = snprintf(line, TRACE_BYTES, "%8lu  ", fuzz.op);

	va_start(args, format);
	vsnprintf(line + n, TRACE_BYTES - (size_t)n, format, args);
	va_end(args);
}

void fuzz_fail(const char *format, ...)
{
	unsigned long i = n_trace > TRACE_LINES ? n_trace - TRACE_LINES : 0;
	va_list args;

	for (; i < n_trace; i++)
		fprintf(stderr, "%s\n", trace[i % TRACE_LINES]);
	fprintf(stderr, "fuzz: seed %lu, operation %lu: ", seed, fuzz.op);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

bool fuzz_expect(long result, int wanted)
{
	if (result < 0 && errno != wanted)
		fuzz_fail("%s, not %s", strerror(errno), wanted ? strerror(wanted) : "success");
	if (result >= 0 && wanted != 0)
		fuzz_fail("success, not %s", strerror(wanted));
	return result >= 0;
}

static const struct {
	fuzz_op *run;
	unsigned weight;
} ops[] = {
	{ fuzz_open_file, 120 },
	{ fuzz_close, 90 },
	{ fuzz_write, 150 },
	{ fuzz_read, 80 },
	{ fuzz_dup, 15 },
	{ fuzz_ftruncate, 25 },
	{ fuzz_truncate, 20 },
	{ fuzz_fsync, 15 },
	{ fuzz_map, 20 },
	{ fuzz_seek, 20 },
	{ fuzz_allocate, 10 },
	{ fuzz_mkdir, 50 },
	{ fuzz_rmdir, 25 },
	{ fuzz_unlink, 60 },
	{ fuzz_rename, 100 },
	{ fuzz_exchange, 15 },
	{ fuzz_link, 30 },
	{ fuzz_symlink, 12 },
	{ fuzz_readlink, 10 },
	{ fuzz_chmod, 30 },
	{ fuzz_utimens, 25 },
	{ fuzz_set_xattr, 20 },
	{ fuzz_get_xattr, 15 },
	{ fuzz_list_xattr, 10 },
	{ fuzz_remove_xattr, 10 },
	{ fuzz_stat, 80 },
	{ fuzz_list, 30 },
	{ fuzz_sql, 12 },
	{ fuzz_look_at_all, 2 },
};

/* Now and then, counted in operations. */
enum { REMOUNT_EVERY = 1009, KILL_EVERY = 907 };

static void run_one(void)
{
	unsigned total = 0, at;
	size_t i;

	if (fuzz.op % REMOUNT_EVERY == REMOUNT_EVERY - 1) {
		fuzz_remount();
		return;
	}
	if (fuzz.op % KILL_EVERY == KILL_EVERY - 1) {
		fuzz_kill();
		return;
	}
	for (i = 0; i < ARRAY_LEN(ops); i++)
		total += ops[i].weight;
	at = (unsigned)fuzz_random(total);
	for (i = 0; at >= ops[i].weight; i++)
		at -= ops[i].weight;
	ops[i].run();
}

static void remove_tree(const struct fuzz_object *dir)
{
	char path[PATH_BYTES];
	size_t i;

	for (i = 0; i < dir->n_children; i++) {
		const struct fuzz_object *o = dir->children[i].object;

		if (S_ISDIR(o->mode))
			remove_tree(o);
		fuzz_path(dir, dir->children[i].name, path);
		fuzz_note("remove %s", path);
		fuzz_expect(S_ISDIR(o->mode) ? rmdir(path) : unlink(path), 0);
	}
}

static void run_seed(unsigned long from, unsigned long n)
{
	unsigned long op;
	size_t i;

	for (i = 0; i < HANDLES; i++)
		fuzz.handles[i].fd = -1;
	for (op = from; op < n; op++) {
		begin_op(op);
		run_one();
	}
	fuzz_look_at_all();
	fuzz_close_all();
	fuzz_look_at_all();
	remove_tree(fuzz.root);
	fuzz_clear();
	printf("seed %lu: %lu operations; so far %lu new mounts, %lu deaths, %lu changes by SQL\n",
		seed, n - from, fuzz.counts[0], fuzz.counts[1], fuzz.counts[2]);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned long n = 10000, from = 0;
	int at = 1;

	for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		if (argv[at][1] == 'n') {
			n = strtoul(argv[at + 1], NULL, 10);
		} else if (argv[at][1] == 'w') {
			from = strtoul(argv[at + 1], NULL, 10);
		} else if (argv[at][1] == 'm' && at + 3 < argc) {
			fuzz.db = argv[at + 1];
			fuzz.planfs = argv[at + 2];
			fuzz.options = argv[at + 3];
			at += 2;
		}
	}
	if (at + 1 >= argc) {
		fprintf(stderr, "usage: fuzz [-n N] [-m DATABASE PLANFS OPTIONS] DIR SEED...\n");
		return 2;
	}
	umask(0);
	fuzz.base = argv[at++];
	fuzz.root = fuzz_object_new(S_IFDIR | 0755);
	fuzz.root->nlink = 1;
	fuzz.dirs[fuzz.n_dirs++] = fuzz.root;
	for (; at < argc; at++) {
		seed = strtoul(argv[at], NULL, 10);
		run_seed(from, n);
	}
	return 0;
}
