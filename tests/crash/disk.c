/* The simulated disk of disk.h. */
#include "disk.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define FILES_MAX 64
#define SYNCS_MAX 64 /* under way at one time */

struct image {
	unsigned char *data; /* owned */
	size_t size, capacity;
};

struct file {
	uint64_t ino;
	struct image durable;
	const struct journal_rec **pending; /* owned: calls not yet confirmed, in order */
	size_t count, capacity;
	uint64_t confirmed; /* calls that have left pending */
};

struct entry {
	const char *path; /* borrowed from the journal; not terminated */
	size_t len;
	struct file *file; /* owned by disk; NULL: the entry ends */
};

struct sync {
	uint64_t serial;
	struct file *file; /* NULL: the directory */
	uint64_t upto;     /* calls confirmed when it ends */
};

struct names {
	struct entry entries[FILES_MAX];
	size_t count;
};

struct disk {
	const struct journal *journal; /* borrowed */
	uint64_t position;
	struct file *files[FILES_MAX]; /* owned; all that ever were */
	size_t file_count;
	struct names names;    /* confirmed */
	struct entry *changes; /* owned: of names, not confirmed */
	size_t change_count, changes_capacity;
	uint64_t changes_confirmed;
	struct sync syncs[SYNCS_MAX];
	size_t sync_count;
};

static const char *const loss_names[] = { "all lost", "none lost", "lost from a moment on",
	"some calls lost", "some 512-byte sectors lost", "some 4096-byte sectors lost",
	"some files lost" };

const char *disk_loss_name(enum disk_loss loss)
{
	return loss_names[loss];
}

static void image_resize(struct image *im, size_t size)
{
	if (size > im->capacity) {
		im->capacity = size + size / 2;
		im->data = must_realloc(im->data, im->capacity);
	}
	if (size > im->size)
		memset(im->data + im->size, 0, size - im->size);
	im->size = size;
}

static void image_put(struct image *im, size_t at, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (at + len > im->size)
		image_resize(im, at + len);
	memcpy(im->data + at, data, len);
}

static void image_apply(struct image *im, const struct journal_rec *rec)
{
	if (rec->type == JOURNAL_TRUNC)
		image_resize(im, rec->value);
	else
		image_put(im, rec->value, journal_data(rec), rec->len);
}

struct disk *disk_new(const struct journal *j)
{
	struct disk *d = must_realloc(NULL, sizeof(*d));

	*d = (struct disk){ .journal = j };
	return d;
}

void disk_free(struct disk *d)
{
	size_t i;

	for (i = 0; d && i < d->file_count; i++) {
		free(d->files[i]->durable.data);
		free(d->files[i]->pending);
		free(d->files[i]);
	}
	if (d)
		free(d->changes);
	free(d);
}

/* The newest file with this inode number: numbers are used again. */
static struct file *find_file(const struct disk *d, uint64_t ino)
{
	size_t i;

	for (i = d->file_count; i-- > 0;)
		if (d->files[i]->ino == ino)
			return d->files[i];
	return NULL;
}

static struct file *add_file(struct disk *d, uint64_t ino)
{
	struct file *f = must_realloc(NULL, sizeof(*f));

	if (d->file_count == FILES_MAX)
		errx(3, "more than %d files", FILES_MAX);
	*f = (struct file){ .ino = ino };
	d->files[d->file_count++] = f;
	return f;
}

static void names_apply(struct names *n, const struct entry *e)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (n->entries[i].len == e->len && memcmp(n->entries[i].path, e->path, e->len) == 0)
			break;
	if (e->file) {
		if (i == FILES_MAX)
			errx(3, "more than %d names", FILES_MAX);
		n->entries[i] = *e;
		n->count += i == n->count;
	} else if (i < n->count) {
		n->entries[i] = n->entries[--n->count];
	}
}

static void change_name(struct disk *d, const char *path, size_t len, struct file *file)
{
	if (d->change_count == d->changes_capacity) {
		d->changes_capacity = d->changes_capacity ? 2 * d->changes_capacity : 16;
		d->changes = must_realloc(d->changes, d->changes_capacity * sizeof(d->changes[0]));
	}
	d->changes[d->change_count++] = (struct entry){ path, len, file };
}

static void open_file(struct disk *d, const struct journal_rec *rec)
{
	struct entry e = { journal_data(rec), rec->len, NULL };

	if (rec->value) {
		change_name(d, e.path, e.len, add_file(d, rec->ino));
	} else if (!find_file(d, rec->ino)) {
		e.file = add_file(d, rec->ino);
		names_apply(&d->names, &e);
	}
}

static void rename_file(struct disk *d, const struct journal_rec *rec)
{
	const char *from = journal_data(rec);
	size_t len = strnlen(from, rec->len), i;
	struct names now = d->names;

	for (i = 0; i < d->change_count; i++)
		names_apply(&now, &d->changes[i]);
	for (i = 0; i < now.count; i++)
		if (now.entries[i].len == len && memcmp(now.entries[i].path, from, len) == 0)
			break;
	if (i == now.count)
		errx(3, "rename of an unknown file %.*s", (int)len, from);
	change_name(d, from + len + 1, rec->len - len - 1, now.entries[i].file);
	change_name(d, from, len, NULL);
}

static void add_call(struct disk *d, const struct journal_rec *rec)
{
	struct file *f = find_file(d, rec->ino);

	if (!f)
		errx(3, "a call on an unknown inode %llu", (unsigned long long)rec->ino);
	if (rec->type == JOURNAL_BASE) {
		/* A second program reads a base that holds what the first one wrote. */
		if (f->confirmed == 0 && f->count == 0)
			image_apply(&f->durable, rec);
		return;
	}
	if (f->count == f->capacity) {
		f->capacity = f->capacity ? 2 * f->capacity : 64;
		f->pending = must_realloc(f->pending, f->capacity * sizeof(f->pending[0]));
	}
	f->pending[f->count++] = rec;
}

static void sync_begin(struct disk *d, const struct journal_rec *rec)
{
	struct file *f = rec->type == JOURNAL_SYNC_BEGIN ? find_file(d, rec->ino) : NULL;
	uint64_t upto = f ? f->confirmed + f->count : d->changes_confirmed + d->change_count;

	if (d->sync_count == SYNCS_MAX)
		errx(3, "more than %d fsyncs at a time", SYNCS_MAX);
	d->syncs[d->sync_count++] = (struct sync){ rec->value, f, upto };
}

static void confirm_names(struct disk *d, uint64_t upto)
{
	size_t i, n = upto > d->changes_confirmed ? (size_t)(upto - d->changes_confirmed) : 0;

	for (i = 0; i < n; i++)
		names_apply(&d->names, &d->changes[i]);
	if (n > 0)
		memmove(d->changes, d->changes + n, (d->change_count - n) * sizeof(d->changes[0]));
	d->change_count -= n;
	d->changes_confirmed += n;
}

static void confirm_calls(struct file *f, uint64_t upto)
{
	size_t i, n = upto > f->confirmed ? (size_t)(upto - f->confirmed) : 0;

	for (i = 0; i < n; i++)
		image_apply(&f->durable, f->pending[i]);
	if (n > 0)
		memmove(f->pending, f->pending + n, (f->count - n) * sizeof(f->pending[0]));
	f->count -= n;
	f->confirmed += n;
}

static void sync_end(struct disk *d, const struct journal_rec *rec)
{
	size_t i;

	for (i = 0; i < d->sync_count && d->syncs[i].serial != rec->value; i++)
		;
	if (i == d->sync_count)
		errx(3, "an fsync ends that did not begin");
	if (d->syncs[i].file)
		confirm_calls(d->syncs[i].file, d->syncs[i].upto);
	else
		confirm_names(d, d->syncs[i].upto);
	d->syncs[i] = d->syncs[--d->sync_count];
}

static void disk_apply(struct disk *d, const struct journal_rec *rec)
{
	switch (rec->type) {
	case JOURNAL_OPEN:
		open_file(d, rec);
		break;
	case JOURNAL_BASE:
	case JOURNAL_WRITE:
	case JOURNAL_TRUNC:
		add_call(d, rec);
		break;
	case JOURNAL_SYNC_BEGIN:
	case JOURNAL_DIR_BEGIN:
		sync_begin(d, rec);
		break;
	case JOURNAL_SYNC_END:
	case JOURNAL_DIR_END:
		sync_end(d, rec);
		break;
	case JOURNAL_UNLINK:
		change_name(d, journal_data(rec), rec->len, NULL);
		break;
	case JOURNAL_RENAME:
		rename_file(d, rec);
		break;
	default:
		break;
	}
}

void disk_advance(struct disk *d, uint64_t position)
{
	for (; d->position < position; d->position++)
		disk_apply(d, d->journal->recs[d->position]);
}

size_t disk_pending(const struct disk *d)
{
	size_t i, n = d->change_count;

	for (i = 0; i < d->file_count; i++)
		n += d->files[i]->count;
	return n;
}

/* Sectors of @size bytes; a write never harms bytes beside its own (SQLite's powersafe overwrite). */
static void apply_sectors(
	struct image *im, const struct journal_rec *rec, size_t size, uint64_t *rnd)
{
	size_t at = rec->value, end = rec->value + rec->len, next;
	size_t all = im->size > end ? im->size : end;

	if (rec->type == JOURNAL_TRUNC) {
		if (rnd_below(rnd, 2))
			image_apply(im, rec);
		return;
	}
	for (; at < end; at = next) {
		next = (at / size + 1) * size;
		if (next > end)
			next = end;
		if (rnd_below(rnd, 2))
			image_put(im, at, journal_data(rec) + (at - rec->value), next - at);
	}
	/* The new length of a file may be there before its bytes are. */
	if (rnd_below(rnd, 4) == 0 && all > im->size)
		image_resize(im, all);
}

static void apply_cut_short(struct image *im, const struct journal_rec *rec, uint64_t *rnd)
{
	size_t sectors = rec->len / 512;

	if (rec->type == JOURNAL_WRITE && sectors > 0)
		image_put(im, rec->value, journal_data(rec),
			512 * rnd_below(rnd, (unsigned int)sectors + 1));
}

static void apply_pending(struct image *im, const struct file *f, enum disk_loss loss,
	const struct journal_rec *moment, uint64_t *rnd)
{
	bool whole = loss == LOSS_NONE || (loss == LOSS_FILE && rnd_below(rnd, 2));
	size_t i;

	for (i = 0; i < f->count && loss != LOSS_ALL; i++) {
		const struct journal_rec *rec = f->pending[i];

		if (whole || (loss == LOSS_AFTER && rec < moment))
			image_apply(im, rec);
		else if (loss == LOSS_AFTER && rec == moment)
			apply_cut_short(im, rec, rnd);
		else if (loss == LOSS_CALLS && rnd_below(rnd, 2))
			image_apply(im, rec);
		else if (loss == LOSS_512 || loss == LOSS_4096)
			apply_sectors(im, rec, loss == LOSS_512 ? 512 : 4096, rnd);
	}
}

static const struct journal_rec *choose_moment(const struct disk *d, uint64_t *rnd)
{
	const struct file *f;
	size_t i, n = 0, at;

	for (i = 0; i < d->file_count; i++)
		n += d->files[i]->count;
	if (n == 0)
		return NULL;
	at = rnd_below(rnd, (unsigned int)n);
	for (i = 0; at >= d->files[i]->count; i++)
		at -= d->files[i]->count;
	f = d->files[i];
	return f->pending[at];
}

static void write_file(const char *dir, const struct entry *e, const struct image *im)
{
	const char *base = e->path + e->len;
	char path[4096];
	size_t at;
	ssize_t n;
	int fd;

	while (base > e->path && base[-1] != '/')
		base--;
	snprintf(path, sizeof(path), "%s/%.*s", dir, (int)(e->path + e->len - base), base);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		err(3, "%s", path);
	for (at = 0; at < im->size; at += (size_t)n) {
		n = write(fd, im->data + at, im->size - at);
		if (n <= 0)
			err(3, "%s", path);
	}
	close(fd);
}

/* Changes of names reach the disk in their order: all file systems in use keep it. */
void disk_write(const struct disk *d, const char *dir, enum disk_loss loss, uint64_t rnd)
{
	const struct journal_rec *moment = choose_moment(d, &rnd);
	struct names now = d->names;
	size_t i, kept;

	kept = loss == LOSS_NONE  ? d->change_count
	       : loss == LOSS_ALL ? 0
				  : rnd_below(&rnd, (unsigned int)d->change_count + 1);
	for (i = 0; i < kept; i++)
		names_apply(&now, &d->changes[i]);
	for (i = 0; i < now.count; i++) {
		const struct image *durable = &now.entries[i].file->durable;
		struct image im = { 0 };

		image_put(&im, 0, durable->data, durable->size);
		apply_pending(&im, now.entries[i].file, loss, moment, &rnd);
		write_file(dir, &now.entries[i], &im);
		free(im.data);
	}
}
