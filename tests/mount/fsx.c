/*
 * fsx [-n OPERATIONS] [-l BYTES] FILE SEED...: read, write, cut, extend, map, copy, rename and reopen
 * FILE at random, and compare it with a model in memory all the time. The same seed does the same.
 * Ends with 1 when the file is not what it should be, after the last operations and the difference.
 */
#include "fsx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOG_LINES = 64,
	LOG_BYTES = 160,
	PAGE_BYTES = 4096,
	LARGEST = 65536, /* bytes that one operation touches */
};

static char log_lines[LOG_LINES][LOG_BYTES];
static unsigned long log_next;

void fsx_log(const struct fsx *x, const char *format, ...)
{
	char *line = log_lines[log_next++ % LOG_LINES];
	va_list args;
	int n = snprintf(line, LOG_BYTES, "%8lu  size %7zu  ", x->op, x->size);

	va_start(args, format);
	vsnprintf(line + n, LOG_BYTES - (size_t)n, format, args);
	va_end(args);
}

void fsx_fail(const struct fsx *x, const char *format, ...)
{
	unsigned long i = log_next > LOG_LINES ? log_next - LOG_LINES : 0;
	va_list args;

	for (; i < log_next; i++)
		fprintf(stderr, "%s\n", log_lines[i % LOG_LINES]);
	fprintf(stderr, "fsx: %s: operation %lu: ", x->path, x->op);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* splitmix64 */
size_t fsx_random(struct fsx *x, size_t n)
{
	uint64_t z = x->random += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return n ? (size_t)((z ^ z >> 31) % n) : 0;
}

size_t fsx_random_length(struct fsx *x)
{
	size_t kind = fsx_random(x, 8);

	if (kind < 3)
		return 1 + fsx_random(x, 64);
	if (kind < 5)
		return PAGE_BYTES * (1 + fsx_random(x, 4));
	return 1 + fsx_random(x, LARGEST);
}

size_t fsx_random_offset(struct fsx *x, size_t below)
{
	size_t offset = fsx_random(x, below);

	return fsx_random(x, 4) == 0 ? offset & ~(size_t)(PAGE_BYTES - 1) : offset;
}

void fsx_random_range(struct fsx *x, size_t *ret_offset, size_t *ret_len)
{
	size_t len = fsx_random_length(x);

	*ret_offset = fsx_random_offset(x, x->size);
	*ret_len = len < x->size - *ret_offset ? len : x->size - *ret_offset;
}

void fsx_random_target(struct fsx *x, size_t *ret_offset, size_t *ret_len)
{
	size_t end = x->size + LARGEST / 4 < x->limit ? x->size + LARGEST / 4 : x->limit;
	size_t len = fsx_random_length(x);

	*ret_offset = fsx_random_offset(x, fsx_random(x, 16) == 0 ? x->limit : end);
	*ret_len = len < x->limit - *ret_offset ? len : x->limit - *ret_offset;
}

void fsx_compare(const struct fsx *x, const char *found, size_t offset, size_t len)
{
	size_t i, wrong = 0, first = 0;

	if (memcmp(found, x->model + offset, len) == 0)
		return;
	for (i = 0; i < len; i++) {
		if (found[i] == x->model[offset + i])
			continue;
		if (wrong++ == 0)
			first = i;
	}
	fsx_fail(x, "%zu bytes of %zu at %zu differ, the first at %zu: %02x, should be %02x", wrong,
		len, offset, offset + first, (unsigned char)found[first],
		(unsigned char)x->model[offset + first]);
}

void fsx_compare_all(struct fsx *x)
{
	struct stat st;
	ssize_t n;
	int fd = open(x->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		fsx_fail(x, "open: %s", strerror(errno));
	if ((size_t)st.st_size != x->size)
		fsx_fail(x, "size is %lld, should be %zu", (long long)st.st_size, x->size);
	n = pread(fd, x->scratch, x->limit + PAGE_BYTES, 0);
	if (n < 0 || (size_t)n != x->size)
		fsx_fail(x, "read %zd bytes, should be %zu", n, x->size);
	close(fd);
	fsx_compare(x, x->scratch, 0, x->size);
}

static char *path_with(const char *path, const char *suffix)
{
	char *result = NULL;

	if (asprintf(&result, "%s%s", path, suffix) < 0)
		abort();
	return result;
}

static void fsx_open(struct fsx *x, const char *path, size_t limit, uint64_t seed)
{
	*x = (struct fsx){ .path = path, .limit = limit, .random = seed };
	x->path_away = path_with(path, ".away");
	x->path_link = path_with(path, ".link");
	x->model = calloc(limit, 1);
	x->scratch = malloc(limit + PAGE_BYTES);
	if (!x->model || !x->scratch)
		abort();
	x->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (x->fd < 0)
		fsx_fail(x, "create: %s", strerror(errno));
}

static void fsx_close(struct fsx *x)
{
	if (close(x->fd) < 0)
		fsx_fail(x, "close: %s", strerror(errno));
	fsx_compare_all(x);
	if (unlink(x->path) < 0)
		fsx_fail(x, "unlink: %s", strerror(errno));
	free(x->path_away);
	free(x->path_link);
	free(x->model);
	free(x->scratch);
}

static void run_seed(const char *path, size_t limit, uint64_t seed, unsigned long operations)
{
	struct fsx x;

	log_next = 0;
	fsx_open(&x, path, limit, seed);
	while (x.op < operations) {
		x.op++;
		fsx_step(&x);
		if (x.op % 500 == 0)
			fsx_compare_all(&x);
	}
	fsx_close(&x);
	printf("ok seed %llu: %lu operations\n", (unsigned long long)seed, operations);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned long operations = 20000;
	size_t limit = 256 * 1024;
	int option;

	while ((option = getopt(argc, argv, "n:l:")) != -1) {
		if (option == 'n')
			operations = strtoul(optarg, NULL, 10);
		else if (option == 'l')
			limit = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind < 2 || limit < 1) {
		fputs("usage: fsx [-n OPERATIONS] [-l BYTES] FILE SEED...\n", stderr);
		return 2;
	}
	for (int i = optind + 1; i < argc; i++)
		run_seed(argv[optind], limit, strtoull(argv[i], NULL, 10), operations);
	fsx_print_counts();
	return 0;
}
