/* A copy of the database while it is in use, by SQLite's backup interface. */
#include "store_backup_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Copy all pages in one step: the read transaction that it holds meanwhile keeps the copy of one moment,
 * and in WAL mode nobody waits for it.
 */
static int copy_pages(struct conn *from, const char *path)
{
	/* It is synced as a whole, below, and removed when anything fails: no journal is left behind then. */
	static const char settings[] = "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;";
	CLEANUP(sqlite_closep) sqlite3 *to = NULL;
	sqlite3_backup *backup;

	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
		sqlite3_exec(to, settings, NULL, NULL, NULL) != SQLITE_OK)
		return to ? store_errno(to, "open the copy") : -ENOMEM;
	backup = sqlite3_backup_init(to, "main", from->db, "main");
	if (!backup)
		return store_errno(to, "copy the database");
	sqlite3_backup_step(backup, -1);
	return sqlite3_backup_finish(backup) == SQLITE_OK ? 0
							  : store_errno(to, "copy the database");
}

/* A copy nobody can read is worse than none. "immutable": without making -wal and -shm beside it. */
int backup_verify(const char *path)
{
	CLEANUP(sqlite_closep) sqlite3 *db = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	CLEANUP(buf_done) struct buf uri = { 0 };
	int r;

	r = uri_immutable(path, &uri);
	if (r < 0)
		return r;
	if (sqlite3_open_v2(buf_str(&uri), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) !=
		SQLITE_OK)
		return db ? store_errno(db, "verify the copy") : -ENOMEM;
	r = tokenizer_register(db);
	if (r < 0)
		return r;
	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &st, NULL) != SQLITE_OK)
		return store_errno(db, "verify the copy");
	r = stmt_row(st, "verify the copy");
	if (r < 0)
		return r;
	if (r > 0 && strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0)
		return 0;
	log_err("the copy is damaged: %s", sqlite3_column_text(st, 0));
	return -EIO;
}

static int sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int sync_dir_of(const char *path)
{
	CLEANUP(buf_done) struct buf dir = { 0 };
	int r = buf_add_str(&dir, path);

	return r < 0 ? r : sync_path(dirname(dir.data), O_RDONLY | O_DIRECTORY);
}

int sync_file(const char *path)
{
	int r = sync_path(path, O_RDONLY);

	return r < 0 ? r : sync_dir_of(path);
}

/* Give the finished copy its name, unless something has that name by now. */
static int publish(const char *temp, const char *path)
{
	int r;

	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) < 0) {
		if (errno != EINVAL)
			return -errno;
		/* a file system without RENAME_NOREPLACE; link(2) does not replace either */
		if (link(temp, path) < 0)
			return -errno;
		unlink(temp);
	}
	r = sync_dir_of(path);
	if (r < 0)
		unlink(path); /* what failed leaves nothing, so that it can be tried again */
	return r;
}

/* Copy everything, as of now. */
static int fill_copy(struct store *s, const char *temp, const void *arg)
{
	const bool *is_verified = arg;
	struct conn *c;
	int r;

	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = copy_pages(c, temp);
	reader_put(s, c);
	return r == 0 && *is_verified ? backup_verify(temp) : r;
}

int backup_make(struct store *s, const char *path, backup_fill_fn *fill, const void *arg)
{
	CLEANUP(buf_done) struct buf temp = { 0 };
	unsigned int suffix;
	struct stat st;
	int fd, r;

	if (lstat(path, &st) == 0)
		return -EEXIST;
	if (errno != ENOENT)
		return -errno;
	if (getrandom(&suffix, sizeof(suffix), 0) < 0)
		return -errno;
	r = buf_printf(&temp, "%s.%08x", path, suffix);
	if (r < 0)
		return r;
	fd = open(temp.data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);

	r = fill(s, temp.data, arg);
	if (r == 0)
		r = sync_path(temp.data, O_RDONLY);
	if (r == 0)
		r = publish(temp.data, path);
	if (r < 0)
		unlink(temp.data);
	return r;
}

int store_backup(struct store *s, const char *path)
{
	static const bool is_verified = true;

	return backup_make(s, path, fill_copy, &is_verified);
}

int store_copy(struct store *s, const char *path)
{
	static const bool is_verified = false;

	return backup_make(s, path, fill_copy, &is_verified);
}
