/* A database with known texts, and damaged copies of it: the same for the same seed and number. */
#include "damage.h"

#include "planfs/change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			exit(3);                                                                   \
		}                                                                                  \
	} while (0)

void file_path(int n, char ret_path[static 128])
{
	snprintf(ret_path, 128, "2016/区%d/计划%d/%02d-节.txt", n / (PLANS * SECTIONS),
		n / SECTIONS % PLANS, n % SECTIONS);
}

/* Its own path, its version, and a length from some bytes to several pages. */
char *file_text(int n, int version, size_t *ret_len)
{
	size_t want = 40 + (size_t)(n * 7919 % 23) * (n % 7 == 0 ? 900 : 60), len;
	char path[128], *text = malloc(want + 256);
	int i;

	MUST(text);
	file_path(n, path);
	len = (size_t)sprintf(text, "%s 第%d版\n", path, version);
	for (i = 0; len < want; i++)
		len += (size_t)sprintf(text + len, "%d-%d-%d，", n, version, i);
	*ret_len = len;
	return text;
}

struct step {
	int n, version;
};

static int enter(struct txn *t, int64_t *dir, const char *name)
{
	struct inode inode = { .mode = S_IFDIR | 0755 };
	int r = txn_lookup(t, *dir, name, &inode);

	if (r == -ENOENT)
		r = txn_create(t, *dir, name, &inode, NULL);
	*dir = inode.id;
	return r;
}

static int apply(struct txn *t, void *arg)
{
	const struct step *step = arg;
	struct inode inode = { .mode = S_IFREG | 0644 };
	int64_t dir = STORE_ROOT;
	struct text text;
	char path[128], *name, *save = NULL, *next;
	char *data = file_text(step->n, step->version, &text.len);
	int r = 0;

	text.data = data;
	file_path(step->n, path);
	name = strtok_r(path, "/", &save);
	while (r == 0 && (next = strtok_r(NULL, "/", &save))) {
		r = enter(t, &dir, name);
		name = next;
	}
	if (r == 0 && step->version == 1)
		r = txn_create(t, dir, name, &inode, &text);
	else if (r == 0 && (r = txn_lookup(t, dir, name, &inode)) == 0)
		r = txn_save(t, &inode, &text, inode.body, TEXT_VERSION);
	free(data);
	return r;
}

static void save_all(struct store *s, int version)
{
	int n;

	for (n = 0; n < FILES; n++) {
		struct step step = { n, version };
		const struct change c = { .apply = apply, .arg = &step, .wait_ms = 1000 };

		MUST(store_change(s, &c) == 0);
	}
}

static void copy_file(const char *from, const char *to)
{
	char data[65536];
	ssize_t n;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(in >= 0 && out >= 0);
	while ((n = read(in, data, sizeof(data))) > 0)
		MUST(write(out, data, (size_t)n) == n);
	MUST(n == 0);
	close(in);
	close(out);
}

void make_database(const char *path, bool with_log)
{
	static const struct store_options options = { 0 };
	CLEANUP(buf_done) struct buf why = { 0 };
	char work[256], log[300], from[300];
	struct store *s = NULL;
	int version;

	snprintf(work, sizeof(work), "%s.work", path);
	MUST(store_create(work, &why) == 0);
	for (version = 1; version <= VERSIONS; version++) {
		MUST(store_open(work, &options, &s, &why) == 0);
		save_all(s, version);
		if (version < VERSIONS || !with_log)
			store_close(s);
	}
	snprintf(from, sizeof(from), "%s-wal", work);
	snprintf(log, sizeof(log), "%s-wal", path);
	copy_file(work, path);
	if (with_log) {
		copy_file(from, log);
		store_close(s);
	}
	unlink(work);
}

/* --- damage --- */

static uint64_t state;

/* splitmix64 */
static uint64_t random_number(void)
{
	uint64_t z = state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static off_t random_below(off_t n)
{
	return (off_t)(random_number() % (uint64_t)n);
}

static void flip(int fd, off_t from, off_t size, int bits)
{
	while (bits-- > 0 && size > 0) {
		off_t at = from + random_below(size);
		unsigned char byte;

		MUST(pread(fd, &byte, 1, at) == 1);
		byte ^= (unsigned char)(1u << random_below(8));
		MUST(pwrite(fd, &byte, 1, at) == 1);
	}
}

static void swap_pages(int fd, off_t pages)
{
	off_t a = random_below(pages), b = random_below(pages);
	char x[4096], y[4096];

	MUST(pread(fd, x, sizeof(x), a * 4096) == sizeof(x));
	MUST(pread(fd, y, sizeof(y), b * 4096) == sizeof(y));
	MUST(pwrite(fd, y, sizeof(y), a * 4096) == sizeof(y));
	MUST(pwrite(fd, x, sizeof(x), b * 4096) == sizeof(x));
}

static void fill_page(int fd, off_t at, bool zero)
{
	unsigned char page[4096] = { 0 };
	size_t i;

	for (i = 0; !zero && i < sizeof(page); i++)
		page[i] = (unsigned char)random_number();
	MUST(pwrite(fd, page, sizeof(page), at) == sizeof(page));
}

static const char *damage(int fd, off_t size, unsigned kind)
{
	off_t pages = size / 4096, page = random_below(pages) * 4096;

	switch (kind) {
	case 0:
		flip(fd, 0, size, 1);
		return "one bit";
	case 1:
		flip(fd, 0, size, 2 + (int)random_below(30));
		return "some bits";
	case 2:
		flip(fd, page, 4096, 1 + (int)random_below(8));
		return "bits of a page";
	case 3:
		flip(fd, page, 16, 1 + (int)random_below(4));
		return "the header of a page";
	case 4:
		flip(fd, 0, 100, 1 + (int)random_below(4));
		return "the header of the file";
	case 5:
		fill_page(fd, page, true);
		return "a page of zeros";
	case 6:
		fill_page(fd, page, false);
		return "a page of noise";
	case 7:
		swap_pages(fd, pages);
		return "two pages exchanged";
	case 8:
		MUST(ftruncate(fd, random_below(size)) == 0);
		return "the end cut off";
	default:
		MUST(ftruncate(fd, size + random_below(20000)) == 0);
		flip(fd, 0, size, 3);
		return "zeros behind the end, and bits";
	}
}

static const char *damage_log(int fd, off_t size, unsigned kind)
{
	if (kind % 3 == 0) {
		MUST(ftruncate(fd, random_below(size)) == 0);
		return "the end of the log cut off";
	}
	flip(fd, kind % 3 == 1 ? 0 : random_below(size / 2), kind % 3 == 1 ? 32 : size / 2,
		1 + (int)random_below(8));
	return kind % 3 == 1 ? "the header of the log" : "bits of the log";
}

const char *damage_copy(
	const char *from, const char *to, uint64_t seed, unsigned i, bool *ret_log_only)
{
	char log[300], from_log[300];
	const char *what;
	struct stat st;
	bool has_log;
	int fd;

	state = seed * 1000003 + i;
	snprintf(log, sizeof(log), "%s-wal", to);
	snprintf(from_log, sizeof(from_log), "%s-wal", from);
	has_log = access(from_log, F_OK) == 0;
	*ret_log_only = has_log && i % 13 >= 10;
	copy_file(from, to);
	if (has_log)
		copy_file(from_log, log);
	fd = open(*ret_log_only ? log : to, O_RDWR | O_CLOEXEC);
	MUST(fd >= 0 && fstat(fd, &st) == 0);
	what = *ret_log_only ? damage_log(fd, st.st_size, i / 13) : damage(fd, st.st_size, i % 13);
	close(fd);
	return what;
}
