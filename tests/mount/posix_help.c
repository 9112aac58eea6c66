/* What the cases share: making, looking, comparing. */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <unistd.h>

long long posix_ok(long long result, const char *what, const char *file, int line)
{
	if (result < 0)
		posix_fail(file, line, "%s: %s", what, strerror(errno));
	return result;
}

void posix_fails(
	long long result, const int errors[2], const char *what, const char *file, int line)
{
	if (result >= 0)
		posix_fail(
			file, line, "%s: succeeds, should be %s", what, strerrorname_np(errors[0]));
	if (errno != errors[0] && errno != errors[1])
		posix_fail(file, line, "%s: %s, should be %s", what, strerrorname_np(errno),
			strerrorname_np(errors[0]));
}

void posix_same(long long a, long long b, const char *what, const char *file, int line)
{
	if (a != b)
		posix_fail(file, line, "%s: %lld, not %lld", what, a, b);
}

void posix_text(const char *path, const char *text, const char *file, int line)
{
	char found[4096];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		posix_fail(file, line, "open %s: %s", path, strerror(errno));
	n = read(fd, found, sizeof(found));
	close(fd);
	if (n != (ssize_t)strlen(text) || memcmp(found, text, strlen(text)) != 0)
		posix_fail(file, line, "%s holds '%.*s', should be '%s'", path, n > 0 ? (int)n : 0,
			found, text);
}

void make_file(const char *path, const char *text)
{
	int fd = OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));

	SAME(write(fd, text, strlen(text)), strlen(text));
	OK(close(fd));
}

void make_dir(const char *path, mode_t mode)
{
	OK(mkdir(path, 0777));
	OK(chmod(path, mode));
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = OK(socket(AF_UNIX, SOCK_STREAM, 0));

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	OK(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	OK(close(fd));
}

void make_node(enum node_kind kind, const char *path)
{
	if (kind == NODE_FILE)
		make_file(path, "text");
	else if (kind == NODE_DIR)
		OK(mkdir(path, 0755));
	else if (kind == NODE_FIFO)
		OK(mkfifo(path, 0644));
	else if (kind == NODE_SOCKET)
		make_socket(path);
	else
		OK(symlink("nowhere", path));
}

mode_t type_of(enum node_kind kind)
{
	static const mode_t types[NODE_KINDS] = { [NODE_FILE] = S_IFREG,
		[NODE_DIR] = S_IFDIR,
		[NODE_FIFO] = S_IFIFO,
		[NODE_SOCKET] = S_IFSOCK,
		[NODE_SYMLINK] = S_IFLNK };

	return types[kind];
}

void remove_node(const char *path)
{
	OK(S_ISDIR(stat_of(path).st_mode) ? rmdir(path) : unlink(path));
}

struct stat stat_of(const char *path)
{
	struct stat st = { 0 };

	if (lstat(path, &st) < 0)
		posix_fail(__FILE__, __LINE__, "lstat %s: %s", path, strerror(errno));
	return st;
}

struct stat stat_of_fd(int fd)
{
	struct stat st = { 0 };

	OK(fstat(fd, &st));
	return st;
}

unsigned mode_of(const char *path)
{
	return stat_of(path).st_mode & 07777;
}

bool exists(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return true;
	SAME(errno, ENOENT);
	return false;
}

bool is_tmpfs(void)
{
	struct statfs fs;

	OK(statfs(".", &fs));
	return fs.f_type == TMPFS_MAGIC;
}

int count_entries(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int n = 0;

	CHECK(dir != NULL);
	errno = 0;
	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	SAME(errno, 0);
	OK(closedir(dir));
	return n;
}

static char filler(size_t i, unsigned seed)
{
	return (char)(1 + (i + i / 251 + seed * 7U) % 255);
}

void fill(char *data, size_t size, unsigned seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = filler(i, seed);
}

bool is_filled(const char *data, size_t size, unsigned seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (data[i] != filler(i, seed))
			return false;
	return true;
}

bool is_zero(const char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (data[i] != 0)
			return false;
	return true;
}

bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

struct timespec tick(void)
{
	const struct timespec pause = { .tv_nsec = 500000 };
	struct timespec start, now;
	int tries;

	OK(clock_gettime(CLOCK_REALTIME, &start));
	for (tries = 0; tries < 4000; tries++) {
		OK(clock_gettime(CLOCK_REALTIME_COARSE, &now));
		if (is_later(now, start))
			return start;
		nanosleep(&pause, NULL);
	}
	posix_fail(__FILE__, __LINE__, "the clock stands still");
}

bool mtime_moved(const char *path, struct timespec since)
{
	return is_later(stat_of(path).st_mtim, since);
}

bool ctime_moved(const char *path, struct timespec since)
{
	return is_later(stat_of(path).st_ctim, since);
}
