/*
 * A name for what has none: where the history has it, when that place is free, or else in lost+found/ at the
 * root, with its last name, or the first line of its text, after its number.
 */
#include "store_check_priv.h"

#include "planfs/name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FIRST_LINE_BYTES = 300, BASE_BYTES = 210 };

int repair_lookup(struct repair *p, int64_t parent, const char *name, struct inode *ret_inode)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int64_t id = 0;
	int r;

	r = check_prepare(&p->k, "SELECT inode FROM dentry WHERE parent = ?1 AND name = ?2", &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	r = stmt_row(st, "look up a name");
	if (r <= 0)
		return r;
	id = sqlite3_column_int64(st, 0);
	r = conn_get(p->t.c, id, ret_inode);
	return r < 0 ? r : 1;
}

static int give_name(struct repair *p, struct inode *i, int64_t parent, const char *name)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int64_t place = 0;
	int r;

	r = repair_new_id(p, &place);
	if (r == 0)
		r = check_prepare(&p->k,
			"INSERT INTO dentry (parent, name, inode, seq) VALUES (?1, ?2, ?3, ?4)",
			&st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 4, place);
	sqlite3_bind_int64(st, 1, parent);
	bind_text(st, 2, name);
	sqlite3_bind_int64(st, 3, i->id);
	r = stmt_run(st, "add a name");
	return r < 0 ? r : record_arrival(&p->t, ARRIVAL_RENAME, parent, name, i);
}

static int find_lost_found(struct repair *p)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	struct inode dir = { 0 };
	int r;

	if (p->lost_found)
		return 0;
	r = repair_lookup(p, STORE_ROOT, "lost+found", &dir);
	if (r < 0)
		return r;
	if (r > 0 && S_ISDIR(dir.mode)) {
		p->lost_found = dir.id;
		return 0;
	}
	dir = (struct inode){
		.mode = S_IFDIR | 0700, .uid = p->uid, .gid = p->gid, .mtime = p->t.now
	};
	r = repair_new_id(p, &dir.id);
	if (r == 0)
		r = repair_free_name(p, STORE_ROOT, "lost+found", &name);
	if (r == 0)
		r = repair_insert_inode(p, &dir, NULL);
	if (r == 0)
		r = give_name(p, &dir, STORE_ROOT, buf_str(&name));
	if (r == 0)
		r = repair_mark_seen(p, dir.id);
	if (r < 0)
		return r;
	p->lost_found = dir.id;
	return 0;
}

/* The first line of the text @body as a name. *ret_name stays empty when there is none. */
static int name_from_text(struct repair *p, int64_t body, struct buf *ret_name)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	const char *text;
	size_t len, blank;
	int r;

	r = check_prepare(&p->k, "SELECT substr(data, 1, ?2) FROM body WHERE id = ?1", &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, body);
	sqlite3_bind_int64(st, 2, FIRST_LINE_BYTES);
	r = stmt_row(st, "read a text");
	if (r <= 0)
		return r;
	text = sqlite3_column_blob(st, 0);
	len = (size_t)sqlite3_column_bytes(st, 0);
	for (blank = 0; blank < len && strchr("\n\r\t ", text[blank]) && text[blank];)
		blank++;
	text += blank;
	len -= blank;
	if (len == 0 || memchr(text, '\0', len))
		return 0;
	if (memchr(text, '\n', len))
		len = (size_t)((const char *)memchr(text, '\n', len) - text);
	r = name_generate(text, len, BASE_BYTES, ret_name);
	return r < 0 ? r : buf_add_str(ret_name, ".txt");
}

/* The last place of @id in the history: *ret_parent is 0 when it was removed there, or never was anywhere. */
static int last_place(struct repair *p, int64_t id, int64_t *ret_parent, struct buf *ret_name)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	const char *name;
	int r;

	*ret_parent = 0;
	r = check_prepare(&p->k,
		"SELECT parent, name, op FROM revision WHERE inode = ?1 ORDER BY rev DESC LIMIT 1",
		&st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, id);
	r = stmt_row(st, "look into the history");
	if (r <= 0)
		return r;
	name = (const char *)sqlite3_column_text(st, 1);
	if (!name || !name_is_valid(name, (size_t)sqlite3_column_bytes(st, 1)))
		return 0;
	if (strcmp((const char *)sqlite3_column_text(st, 2), "remove") != 0)
		*ret_parent = sqlite3_column_int64(st, 0);
	return buf_add_str(ret_name, name);
}

/* Is @name in @parent a place where it can stand again? Returns 1 or 0. */
static int is_free(struct repair *p, int64_t parent, const char *name)
{
	struct inode there, dir;
	int r;

	if (parent == 0)
		return 0;
	r = repair_is_seen(p, parent);
	if (r <= 0)
		return r;
	r = conn_get(p->t.c, parent, &dir);
	if (r < 0 || !S_ISDIR(dir.mode))
		return r == -ENOENT ? 0 : r;
	r = repair_lookup(p, parent, name, &there);
	return r < 0 ? r : !r;
}

static int to_lost_found(struct repair *p, struct inode *i, const char *base)
{
	CLEANUP(buf_done) struct buf wanted = { 0 };
	CLEANUP(buf_done) struct buf name = { 0 };
	int len = (int)strnlen(base, BASE_BYTES);
	int r;

	while (base[len] && len > 0 && ((unsigned char)base[len] & 0xC0) == 0x80)
		len--; /* not in the middle of a character */
	r = find_lost_found(p);
	if (r == 0)
		r = buf_printf(&wanted, "%" PRId64 "-%.*s", i->id, len, base);
	if (r == 0)
		r = repair_free_name(p, p->lost_found, buf_str(&wanted), &name);
	if (r == 0)
		r = give_name(p, i, p->lost_found, buf_str(&name));
	return r < 0 ? r
		     : repair_tell(p, "orphan", p->lost_found, buf_str(&name), "had lost its name");
}

int repair_has_place(struct repair *p, int64_t id)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	int64_t parent = 0;
	int r;

	r = last_place(p, id, &parent, &name);
	return r < 0 ? r : is_free(p, parent, buf_str(&name));
}

int repair_place(struct repair *p, int64_t id)
{
	CLEANUP(buf_done) struct buf name = { 0 };
	int64_t parent = 0;
	struct inode i;
	int r;

	r = conn_get(p->t.c, id, &i);
	if (r == 0)
		r = last_place(p, id, &parent, &name);
	if (r == 0)
		r = is_free(p, parent, buf_str(&name));
	if (r < 0)
		return r;
	if (r > 0) {
		r = give_name(p, &i, parent, buf_str(&name));
		return r < 0 ? r
			     : repair_tell(p, "orphan", parent, buf_str(&name),
				       "had lost its name; it is where the history has it");
	}
	if (name.len == 0 && i.body)
		r = name_from_text(p, i.body, &name);
	if (r < 0)
		return r;
	return to_lost_found(p, &i,
		name.len          ? buf_str(&name)
		: S_ISDIR(i.mode) ? "directory"
				  : "file");
}

static int text_size(struct repair *p, int64_t body, int64_t *ret_size)
{
	CLEANUP_FINALIZE sqlite3_stmt *st = NULL;
	int r;

	r = check_prepare(&p->k, "SELECT length(data) FROM body WHERE id = ?1", &st);
	if (r < 0)
		return r;
	sqlite3_bind_int64(st, 1, body);
	r = stmt_row(st, "read a text");
	if (r > 0)
		*ret_size = sqlite3_column_int64(st, 0);
	return r < 0 ? r : 0;
}

int repair_place_text(struct repair *p, int64_t body, const char *base)
{
	struct inode i = { .mode = S_IFREG | 0600,
		.uid = p->uid,
		.gid = p->gid,
		.mtime = p->t.now,
		.body = body };
	CLEANUP(buf_done) struct buf name = { 0 };
	int r;

	r = repair_new_id(p, &i.id);
	if (r == 0)
		r = text_size(p, body, &i.size);
	if (r == 0)
		r = repair_insert_inode(p, &i, NULL);
	if (r == 0 && !base)
		r = name_from_text(p, body, &name);
	if (r < 0)
		return r;
	return to_lost_found(p, &i, base ? base : name.len ? buf_str(&name) : "text");
}
