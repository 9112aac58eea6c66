/* The ways in which editors save one section (saver.h). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "saver.h"

static void announce(struct saver *w, const struct section *x, const char *more)
{
	journal_mark(w->journal, "S %s%s%s", x->name, *more ? " " : "", more);
}

static void acknowledged(struct saver *w, const struct section *x, bool durable)
{
	journal_mark(w->journal, "%c %s", durable ? 'D' : 'A', x->name);
}

static void one_place(const struct section *x, char *ret_s, size_t size)
{
	if (x->base && x->base != x->seq)
		snprintf(ret_s, size, "%s=%u-%u", x->path, x->base, x->seq);
	else
		snprintf(ret_s, size, "%s=%u", x->path, x->seq);
}

static void maybe_fsync(struct saver *w, const struct section *x, int fd)
{
	if (rnd_below(&w->rnd, 2))
		return;
	step_fsync(w, fd);
	acknowledged(w, x, true);
}

static void finish(struct saver *w, struct section *x, bool durable)
{
	acknowledged(w, x, durable);
	x->exists = true;
	w->saves++;
}

void save_in_place(struct saver *w, struct section *x)
{
	bool cut_last = x->exists && rnd_below(&w->rnd, 4) == 0;
	char place[300];
	off_t end;
	int fd;

	x->seq++;
	x->base = x->seq;
	one_place(x, place, sizeof(place));
	announce(w, x, place);
	fd = step_open(w, x->path, cut_last ? O_RDWR : O_WRONLY | O_CREAT | O_TRUNC);
	step_write(w, fd, x->name, x->seq);
	if (cut_last) {
		end = lseek(fd, 0, SEEK_CUR);
		if (end < 0 || ftruncate(fd, end) < 0)
			step_failed(w, "ftruncate", x->path);
	}
	maybe_fsync(w, x, fd);
	step_close(w, fd);
	finish(w, x, x->exists);
}

/*
 * Three programs' temporary names. One per section, so that the model has few
 * paths for a text.
 */
static void scratch_path(const struct section *x, char *ret_s, size_t size)
{
	const char *base = strrchr(x->path, '/') + 1;
	int dir = (int)(base - x->path);

	switch (x->seq % 3) {
	case 0:
		snprintf(ret_s, size, "%.*ssedQ%.2sZx", dir, x->path, base);
		break;
	case 1:
		snprintf(ret_s, size, "%.*s.%s.Kq83Zf", dir, x->path, base);
		break;
	default:
		snprintf(ret_s, size, "%.*s.goutputstream-Q%.2sZX", dir, x->path, base);
	}
}

void save_by_rename(struct saver *w, struct section *x)
{
	char scratch[300], old[300] = "", both[700], place[300];
	bool keep_open;
	int fd;

	if (x->exists)
		one_place(x, old, sizeof(old));
	x->seq++;
	x->base = x->seq;
	keep_open = x->seq % 3 == 2; /* as every GNOME program does */
	scratch_path(x, scratch, sizeof(scratch));
	snprintf(both, sizeof(both), "%s%s%s=%u", old, *old ? " " : "", scratch, x->seq);
	announce(w, x, both);
	fd = step_open(w, scratch, O_RDWR | O_CREAT | O_EXCL);
	step_write(w, fd, x->name, x->seq);
	if (keep_open) {
		step_fsync(w, fd);
		acknowledged(w, x, true);
	} else {
		maybe_fsync(w, x, fd);
		step_close(w, fd);
		acknowledged(w, x, false);
	}
	one_place(x, place, sizeof(place));
	announce(w, x, place);
	step_rename(w, scratch, x->path);
	finish(w, x, x->exists);
	if (keep_open)
		step_close(w, fd);
}

void save_like_vim(struct saver *w, struct section *x)
{
	char backup[300], old[320], both[700], place[300];
	int fd;

	if (!x->exists) {
		save_in_place(w, x);
		return;
	}
	snprintf(backup, sizeof(backup), "%s~", x->path);
	snprintf(old, sizeof(old), "%s=%u", backup, x->seq);
	announce(w, x, old);
	step_rename(w, x->path, backup);
	acknowledged(w, x, false);

	x->seq++;
	x->base = x->seq;
	one_place(x, place, sizeof(place));
	snprintf(both, sizeof(both), "%s %s", old, place);
	announce(w, x, both);
	fd = step_open(w, x->path, O_WRONLY | O_CREAT | O_TRUNC);
	step_write(w, fd, x->name, x->seq);
	maybe_fsync(w, x, fd);
	step_close(w, fd);
	acknowledged(w, x, false);

	announce(w, x, place);
	step_unlink(w, backup);
	finish(w, x, false);
}

void save_by_append(struct saver *w, struct section *x)
{
	char place[300];
	int fd;

	if (!x->exists || x->seq - x->base > 8) {
		save_in_place(w, x);
		return;
	}
	x->seq++;
	one_place(x, place, sizeof(place));
	announce(w, x, place);
	fd = step_open(w, x->path, O_WRONLY | O_APPEND);
	step_write(w, fd, x->name, x->seq);
	maybe_fsync(w, x, fd);
	step_close(w, fd);
	finish(w, x, true);
}
