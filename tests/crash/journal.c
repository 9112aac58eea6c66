/* The shared log of journal.h. */
#include "journal.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

uint64_t journal_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int journal_append(int fd, struct journal_rec rec, const void *data)
{
	static const char zeros[8];
	struct iovec iov[3];
	ssize_t want;

	/* Records start at multiples of 8, so that they can be read where they are mapped. */
	rec.magic = JOURNAL_MAGIC;
	rec.time = journal_now();
	iov[0] = (struct iovec){ &rec, sizeof(rec) };
	iov[1] = (struct iovec){ (void *)(uintptr_t)data, rec.len };
	iov[2] = (struct iovec){ (void *)(uintptr_t)zeros, -rec.len & 7 };
	want = (ssize_t)(iov[0].iov_len + iov[1].iov_len + iov[2].iov_len);
	/* Not writev(): powerlog.so has one of its own, and calls this with its lock held. */
	if (syscall(SYS_writev, fd, iov, 3) != want)
		return errno ? -errno : -EIO;
	return 0;
}

void journal_mark(int fd, const char *format, ...)
{
	struct journal_rec rec = { .type = JOURNAL_MARK };
	char line[4096];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line))
		errx(3, "mark too long: %.80s", line);
	rec.len = (uint64_t)len;
	if (journal_append(fd, rec, line) < 0)
		err(3, "journal");
}

static size_t rec_size(const struct journal_rec *rec)
{
	return sizeof(*rec) + ((rec->len + 7) & ~(uint64_t)7);
}

static void index_records(struct journal *j, const char *path)
{
	size_t at = 0, capacity = 0;

	while (j->size - at >= sizeof(struct journal_rec)) {
		const struct journal_rec *rec = (const void *)(j->map + at);

		if (rec->magic != JOURNAL_MAGIC || rec->type >= JOURNAL_TYPES)
			errx(3, "%s: not a record at byte %zu", path, at);
		if (rec->len > j->size - at - sizeof(*rec) || rec_size(rec) > j->size - at)
			break;
		if (j->count == capacity) {
			capacity = capacity ? 2 * capacity : 4096;
			j->recs = realloc(j->recs, capacity * sizeof(j->recs[0]));
			if (!j->recs)
				err(3, "journal index");
		}
		j->recs[j->count++] = rec;
		at += rec_size(rec);
	}
}

void journal_load(struct journal *j, const char *path)
{
	struct stat st;
	void *map;
	int fd;

	*j = (struct journal){ 0 };
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		err(3, "%s", path);
	j->size = (size_t)st.st_size;
	if (j->size > 0) {
		map = mmap(NULL, j->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			err(3, "%s", path);
		j->map = map;
		index_records(j, path);
	}
	close(fd);
}

void journal_done(struct journal *j)
{
	if (j->map)
		munmap((void *)(uintptr_t)j->map, j->size);
	free(j->recs);
	*j = (struct journal){ 0 };
}
