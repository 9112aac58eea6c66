/* Where else a text is that was forgotten: in files, scratch ones as well, and in versions of other places. */
#include "store_prune_priv.h"

#include "planfs/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct gone_text {
	XXH128_canonical_t hash;
	int64_t len;
};

static struct gone_text text_of(const void *data, size_t len)
{
	struct gone_text text = { .len = (int64_t)len };

	XXH128_canonicalFromHash(&text.hash, XXH3_128bits(data, len));
	return text;
}

int prune_note_text(struct buf *texts, const void *data, size_t len)
{
	struct gone_text text = text_of(data, len);

	return buf_add(texts, &text, sizeof(text));
}

static int by_text(const void *a, const void *b)
{
	const struct gone_text *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(&x->hash, &y->hash, sizeof(x->hash));
}

static const char same_texts[] = "SELECT id, length(data), hash, data FROM body /*scan*/";

/* What a file has now, and what versions had that are not that. */
static const char holders[] =
	"SELECT d.parent, d.name, 0 FROM inode i JOIN dentry d ON d.inode = i.id WHERE i.body = ?1 /*scan*/ "
	"UNION ALL SELECT parent, name, rev FROM revision r WHERE r.body = ?1 AND op <> 'remove' "
	"AND NOT EXISTS (SELECT 1 FROM dentry d JOIN inode i ON i.id = d.inode "
	"WHERE d.parent = r.parent AND d.name = r.name AND i.body = ?1)";

/* Other programs store no hash. */
static bool is_gone_text(const struct buf *texts, sqlite3_stmt *st)
{
	struct gone_text text = { .len = sqlite3_column_int64(st, 1) };

	if (sqlite3_column_bytes(st, 2) == (int)sizeof(text.hash))
		memcpy(&text.hash, sqlite3_column_blob(st, 2), sizeof(text.hash));
	else
		text = text_of(sqlite3_column_blob(st, 3), (size_t)sqlite3_column_bytes(st, 3));
	return bsearch(&text, texts->data, texts->len / sizeof(text), sizeof(text), by_text) !=
	       NULL;
}

/* Who has these texts is collected before anybody is told, who may ask the store. */
struct holder {
	int64_t parent, rev;
	char name[256];
};

static int collect_of(sqlite3_stmt *st, int64_t body, struct buf *holding)
{
	struct holder h = { 0 };
	int r;

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, body);
	while ((r = stmt_row(st, "look for copies of a text")) > 0) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		h.parent = sqlite3_column_int64(st, 0);
		h.rev = sqlite3_column_int64(st, 2);
		snprintf(h.name, sizeof(h.name), "%s", name ? name : "");
		r = buf_add(holding, &h, sizeof(h));
		if (r < 0)
			break;
	}
	return r;
}

static int collect_copies(struct conn *c, const struct buf *texts, struct buf *holding)
{
	CLEANUP_FINALIZE sqlite3_stmt *all = NULL;
	CLEANUP_FINALIZE sqlite3_stmt *of = NULL;
	int r;

	if (sqlite3_prepare_v2(c->db, same_texts, -1, &all, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(c->db, holders, -1, &of, NULL) != SQLITE_OK)
		return store_errno(c->db, "look for copies of a text");
	while ((r = stmt_row(all, "look for copies of a text")) > 0) {
		if (!is_gone_text(texts, all))
			continue;
		r = collect_of(of, sqlite3_column_int64(all, 0), holding);
		if (r < 0)
			break;
	}
	return r;
}

static int tell(struct store *s, const struct holder *h, prune_copy_fn *fn, void *arg)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	struct prune_copy copy = { .path = "", .rev = h->rev };
	int r;

	r = moment_path(s, h->rev ? h->rev : INT64_MAX, h->parent, &path);
	if (r == 0)
		r = buf_printf(&path, "%s%s", path.len ? "/" : "", h->name);
	if (r == 0)
		copy.path = buf_str(&path);
	return r < 0 && r != -ENOENT ? r : fn(arg, &copy);
}

int prune_tell_copies(struct store *s, struct buf *texts, prune_copy_fn *fn, void *arg)
{
	CLEANUP(buf_done) struct buf holding = { 0 };
	struct holder h;
	struct conn *c;
	size_t at;
	int r;

	if (!texts->len || !fn)
		return 0;
	qsort(texts->data, texts->len / sizeof(struct gone_text), sizeof(struct gone_text),
		by_text);
	r = reader_get(s, &c);
	if (r < 0)
		return r;
	r = collect_copies(c, texts, &holding);
	reader_put(s, c);
	for (at = 0; at < holding.len && r == 0; at += sizeof(h)) {
		memcpy(&h, holding.data + at, sizeof(h));
		r = tell(s, &h, fn, arg);
	}
	return r;
}
