/* Opening and closing the database, the mount lock, and the pool of reader connections. */
#include "store_leader_priv.h"
#include "store_moment_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

int64_t store_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

const char *store_path(const struct store *s)
{
	return s->path;
}

/* SQLite's locks and shared memory do not work over these. */
static bool is_network(const struct statfs *fs)
{
	static const unsigned long magics[] = { 0x6969 /* nfs */, 0x517B /* smb */,
		0xFF534D42 /* cifs */, 0xFE534D42 /* smb2 */, 0x01021997 /* 9p */,
		0x00C36400 /* ceph */, 0x5346414F /* afs */ };
	size_t i;

	for (i = 0; i < ARRAY_LEN(magics); i++)
		if ((unsigned long)(uint32_t)fs->f_type == magics[i])
			return true;
	return false;
}

static int check_file(const char *path, bool readonly, struct stat *ret_stat, struct buf *ret_why)
{
	struct statfs fs;

	/* Before any open: that of a fifo would wait for ever. */
	if (stat(path, ret_stat) < 0)
		return refuse(ret_why, path,
			errno == ENOENT ? "no such database; make one with 'planfs init'"
					: strerror(errno),
			-errno);
	if (!S_ISREG(ret_stat->st_mode))
		return refuse(ret_why, path, "not a regular file; a database is one", -EMEDIUMTYPE);
	if (access(path, readonly ? R_OK : R_OK | W_OK) < 0)
		return refuse(ret_why, path, strerror(errno), -errno);
	if (statfs(path, &fs) == 0 && is_network(&fs))
		return refuse(ret_why, path,
			"on a network file system, where SQLite cannot lock; use a local disk",
			-EMEDIUMTYPE);
	return 0;
}

/* What is wrong with the header goes into the line of refuse(), not into the log as well. */
static int pragma_int(sqlite3 *db, const char *pragma, int64_t *ret_value)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, pragma, -1, &st, NULL) != SQLITE_OK ||
		sqlite3_step(st) != SQLITE_ROW)
		return sqlite_errno(db);
	*ret_value = sqlite3_column_int64(st, 0);
	return 0;
}

static const char *header_error(sqlite3 *db, int err)
{
	if (err == -EMEDIUMTYPE)
		return "not a planfs database";
	if (err == -EACCES)
		return "SQLite cannot write beside it; make the directory writable";
	return sqlite3_errmsg(db);
}

static const char damaged[] =
	"damaged; restore a backup, or save what can be read with 'planfs recover'";

/*
 * Look at the header on a connection of its own, before anything else is prepared or written. Who only reads may
 * go on with it.
 */
static int check_header(struct store *s, struct buf *ret_why)
{
	const char *path = s->path, *name = s->uri.len ? buf_str(&s->uri) : path;
	bool readonly = s->readonly && !s->may_tidy;
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI |
		    (readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	int64_t id = 0, version = 0;
	sqlite3 *db = NULL;
	int r;

	if (sqlite3_open_v2(name, &db, flags, NULL) != SQLITE_OK) {
		r = refuse(ret_why, path, db ? sqlite3_errmsg(db) : "out of memory",
			db ? sqlite_errno(db) : -ENOMEM);
		sqlite3_close(db);
		return r;
	}
	sqlite3_busy_timeout(db, 5000);
	r = tokenizer_register(db);
	if (r == 0)
		r = pragma_int(db, "PRAGMA application_id", &id);
	if (r == 0)
		r = pragma_int(db, "PRAGMA user_version", &version);
	if (r < 0)
		r = refuse(ret_why, path, header_error(db, r), r);
	else if (id != STORE_APPLICATION_ID)
		r = refuse(ret_why, path, "not a planfs database", -EMEDIUMTYPE);
	else if (version > schema_version())
		r = refuse(ret_why, path, "written by a newer planfs; install that version",
			-EPROTONOSUPPORT);
	else if (version < schema_version())
		r = readonly ? refuse(ret_why, path,
				       "of an older version; open it once for writing", -EROFS)
			     : schema_upgrade(db, (int)version);
	if (r == 0 && s->is_lazy)
		s->checked = db;
	else
		sqlite3_close(db);
	return r;
}

/*
 * Even to read, SQLite must write beside a database. Where it cannot (a read-only disk, another user's
 * directory) and no log is there, nobody is writing, and the file can be read as it is.
 */
static int read_as_it_is(struct store *s, int err, struct buf *ret_why)
{
	CLEANUP(buf_done) struct buf wal = { 0 };
	int r;

	r = buf_printf(&wal, "%s-wal", s->path);
	if (r < 0)
		return r;
	if (access(buf_str(&wal), F_OK) == 0)
		return err; /* what was said before stands */
	r = uri_immutable(s->path, &s->uri);
	return r < 0 ? r : check_header(s, ret_why);
}

static int make_database(sqlite3 *db)
{
	char pragma[64];
	int r;

	r = tokenizer_register(db);
	if (r < 0)
		return r;
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d", STORE_APPLICATION_ID);
	if (sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_exec(db, "PRAGMA synchronous = FULL", NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_exec(db, pragma, NULL, NULL, NULL) != SQLITE_OK)
		return store_errno(db, "make the database");
	return schema_upgrade(db, 0);
}

/* Also what SQLite leaves beside it when it could not finish. */
void remove_database(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(suffixes); i++) {
		CLEANUP(buf_done) struct buf name = { 0 };

		if (buf_printf(&name, "%s%s", path, suffixes[i]) == 0)
			unlink(buf_str(&name));
	}
}

int store_create(const char *path, struct buf *ret_why)
{
	sqlite3 *db = NULL;
	int fd, r;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return refuse(ret_why, path,
			errno == EEXIST ? "exists already; nothing was changed" : strerror(errno),
			-errno);
	close(fd);

	/* SQLite gives -wal and -shm the permissions of the database. */
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		r = -EIO;
	else
		r = make_database(db);
	if (sqlite3_close(db) != SQLITE_OK && r == 0)
		r = -EIO;
	if (r < 0) {
		refuse(ret_why, path, strerror(-r), r);
		remove_database(path);
	}
	return r;
}

static void find_author(struct store *s, const struct store_options *options)
{
	struct passwd *pw = NULL;

	snprintf(s->program, sizeof(s->program), "%s", options->program ? options->program : "");
	if (!options->author)
		pw = getpwuid(getuid());
	if (options->author)
		snprintf(s->author, sizeof(s->author), "%s", options->author);
	else if (pw)
		snprintf(s->author, sizeof(s->author), "%s", pw->pw_name);
	else
		snprintf(s->author, sizeof(s->author), "%u", getuid());
}

static struct store *store_new(const char *path, const struct store_options *options)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->lock_fd = -1;
	s->last = &s->first;
	s->readonly = options->readonly || options->only_reads;
	s->is_lazy = options->only_reads;
	s->may_tidy = options->only_reads && !options->readonly;
	s->exclusive = options->exclusive;
	s->session = options->session;
	s->verify = options->verify;
	s->indexes = options->index;
	pthread_mutex_init(&s->readers_lock, NULL);
	pthread_mutex_init(&s->queue_lock, NULL);
	pthread_mutex_init(&s->moments_lock, NULL);
	s->path = realpath(path, NULL);
	if (!s->path || getrandom(&s->origin, sizeof(s->origin), 0) < 0) {
		store_close(s);
		return NULL;
	}
	s->origin &= INT64_MAX;
	if (!s->readonly)
		find_author(s, options);
	return s;
}

static int open_connections(struct store *s)
{
	struct conn *first = NULL;
	int r;

	r = reader_get(s, &first);
	if (r < 0)
		return r;
	reader_put(s, first);
	if (s->readonly)
		return 0;

	r = conn_open(&s->writer, s->path, false, true);
	if (r < 0)
		return r;
	r = checkpoint_hold(s);
	if (r < 0)
		log_dbg("another program is checkpointing; held later");
	checkpoint_watch(s);
	spare_tend(s);
	r = sync_start(s);
	return r < 0 || !s->indexes ? r : search_tend_start(s);
}

int store_open(const char *path, const struct store_options *options, struct store **ret_store,
	struct buf *ret_why)
{
	CLEANUP(store_closep) struct store *s = NULL;
	struct stat st;
	int r;

	r = check_file(path, options->readonly, &st, ret_why);
	if (r < 0)
		return r;
	s = store_new(path, options);
	if (!s)
		return refuse(ret_why, path, "out of memory", -ENOMEM);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	if (options->exclusive && !options->has_lock) {
		r = store_lock(s->path, &s->lock_fd, ret_why);
		if (r < 0)
			return r;
	}
	r = check_header(s, ret_why);
	if (s->readonly && (r == -EACCES || r == -EROFS))
		r = read_as_it_is(s, r, ret_why);
	if (r < 0)
		return r;
	r = open_connections(s);
	if (r < 0)
		return refuse(ret_why, path, r == -EIO ? damaged : strerror(-r), r);

	*ret_store = s;
	s = NULL;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	search_tend_stop(s);
	sync_stop(s);
	spare_done(s);
	sqlite3_close(s->checked);
	while (s->n_idle > 0) {
		s->n_idle--;
		conn_close(s->readers[s->n_idle]);
		free(s->readers[s->n_idle]);
	}
	checkpoint_release(s);  /* SQLite forgets to when it closes and has other connections */
	conn_close(&s->writer); /* the last connection checkpoints and removes the WAL */
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_destroy(&s->readers_lock);
	pthread_mutex_destroy(&s->queue_lock);
	pthread_mutex_destroy(&s->moments_lock);
	moment_listings_done(s);
	buf_done(&s->uri);
	free(s->path);
	free(s);
}

bool database_is_ours(const struct store *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino;
}

/* The connection that has looked at the header. */
static int take_checked(struct store *s, struct conn *c)
{
	sqlite3 *db = s->checked;

	s->checked = NULL;
	return conn_take(c, db);
}

/* Another database in the place of ours would be read for ours, and SQLite would give it our log. */
static int open_reader(struct store *s, struct conn *c)
{
	if (!database_is_ours(s))
		return -ESTALE;
	return conn_open(
		c, s->uri.len ? buf_str(&s->uri) : s->path, s->readonly && !s->may_tidy, false);
}

/*
 * Never waits: who has a connection may wait for a lock of whoever asks for one. As many are open as threads
 * read at the same time, and READERS_MAX of them are kept.
 */
int reader_get(struct store *s, struct conn **ret_conn)
{
	struct conn *c = NULL;
	int r;

	pthread_mutex_lock(&s->readers_lock);
	if (s->n_idle > 0)
		c = s->readers[--s->n_idle];
	pthread_mutex_unlock(&s->readers_lock);
	if (!c) {
		c = calloc(1, sizeof(*c));
		r = !c ? -ENOMEM : s->checked ? take_checked(s, c) : open_reader(s, c);
		if (r < 0) {
			free(c);
			return r;
		}
	}
	*ret_conn = c;
	return 0;
}

void reader_put(struct store *s, struct conn *c)
{
	pthread_mutex_lock(&s->readers_lock);
	if (s->n_idle < READERS_MAX) {
		s->readers[s->n_idle++] = c;
		c = NULL;
	}
	pthread_mutex_unlock(&s->readers_lock);
	if (c)
		conn_close(c);
	free(c);
}
