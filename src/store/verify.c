/*
 * What must not be believed without a look: rows of a damaged database on their way to the kernel, and texts,
 * when the mount was asked to verify them.
 */
#include "store_check_priv.h"

#include "planfs/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 1000000000 /* of a row in SQLite */ };

static bool has_kind(uint32_t mode)
{
	return mode <= 0xFFFF &&
	       (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISFIFO(mode) ||
		       S_ISSOCK(mode) || S_ISCHR(mode) || S_ISBLK(mode));
}

bool inode_is_sound(const struct inode *i)
{
	if (i->id < STORE_ROOT || i->id >= INT64_C(1) << 62 || !has_kind(i->mode))
		return false;
	if (i->id == STORE_ROOT && !S_ISDIR(i->mode))
		return false;
	return i->size >= 0 && i->size <= FILE_BYTES_MAX && i->uid != UINT32_MAX &&
	       i->gid != UINT32_MAX;
}

int entry_is_sound(struct conn *c, int64_t parent, const struct inode *i)
{
	int64_t up = 0;
	int r;

	if (!inode_is_sound(i) || i->id == STORE_ROOT)
		return 0;
	if (!S_ISDIR(i->mode))
		return 1;
	/* A directory has one name, or else it could stand in itself. */
	r = conn_parent(c, i->id, &up);
	return r < 0 && r != -ENOENT ? r : r == 0 && up == parent;
}

/* --- texts --- */

struct place {
	struct store *s;
	const char *what;
};

static int log_place(void *arg, const struct store_finding *f)
{
	const struct place *place = arg;

	log_err("%s: %s; 'planfs check %s' says more, 'planfs recover' saves what is left",
		f->path[0] ? f->path : "a text", place->what, place->s->path);
	return 0;
}

/* One line for each text, though it is read piece by piece. Returns -EIO. */
static int complain(struct store *s, struct conn *c, int64_t inode, int64_t body, const char *what)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	struct place place = { s, what };
	struct check k = { .db = c->db, .fn = log_place, .arg = &place };
	struct store_finding f = { 0 };
	int64_t about = inode ? inode : -body;
	int r;

	if (__atomic_exchange_n(&s->complained, about, __ATOMIC_RELAXED) == about)
		return -EIO;
	r = check_prepare(&k, check_up, &k.up);
	if (r == 0 && inode == 0) {
		r = check_prepare(&k, check_owner, &st);
		if (r == 0) {
			sqlite3_bind_int64(st, 1, body);
			r = stmt_row(st, "find the owner of a text");
		}
	}
	if (r > 0)
		r = check_tell(&k, &f, sqlite3_column_int64(st, 0),
			(const char *)sqlite3_column_text(st, 1));
	else if (r == 0)
		r = check_tell(&k, &f, inode, NULL);
	if (r < 0)
		log_err("a text of %s: %s", s->path, what);
	sqlite3_finalize(k.up);
	return -EIO;
}

/* Do versions have this text, but none of them of this inode? Then it is the text of another file. */
static int is_of_another(struct conn *c, int64_t inode, int64_t body)
{
	CLEANUP_STMT sqlite3_stmt *st = conn_stmt(c, SQL_BODY_OWNERS);
	int r;

	sqlite3_bind_int64(st, 1, body);
	sqlite3_bind_int64(st, 2, inode);
	r = stmt_row(st, "find the owner of a text");
	return r <= 0 ? r : sqlite3_column_int(st, 0) > 0 && sqlite3_column_int(st, 1) == 0;
}

/* The columns of SQL_TEXT: data, hash, size, body. */
int verify_text(struct store *s, struct conn *c, int64_t inode, sqlite3_stmt *st)
{
	int64_t body = sqlite3_column_int64(st, 3);
	int r;

	if (body && sqlite3_column_type(st, 0) == SQLITE_NULL)
		return complain(s, c, inode, body, "its text is missing");
	if (!s->verify)
		return 0;
	if (sqlite3_column_int64(st, 2) != sqlite3_column_bytes(st, 0))
		return complain(s, c, inode, body, "its text has not the size that it should have");
	r = body ? verify_body(s, c, inode, body, st) : 0;
	if (r == 0 && body)
		r = is_of_another(c, inode, body);
	return r > 0 ? complain(s, c, inode, body, "its text is that of another file") : r;
}

int verify_body(struct store *s, struct conn *c, int64_t inode, int64_t body, sqlite3_stmt *st)
{
	int len = sqlite3_column_bytes(st, 1);

	if (!s->verify || sqlite3_column_type(st, 1) == SQLITE_NULL)
		return 0; /* of another program: nobody knows */
	if (len == 16 && text_has_hash(sqlite3_column_blob(st, 0),
				 (size_t)sqlite3_column_bytes(st, 0), sqlite3_column_blob(st, 1)))
		return 0;
	return complain(s, c, inode, body, "its text is not what was written");
}
