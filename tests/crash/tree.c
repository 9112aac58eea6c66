/* Whole plans: made, moved and taken apart; unpacked from an archive (saver.h). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "saver.h"

#define PLAN_FILES    3
#define ARCHIVE_FILES 24

struct plan {
	char name[80], path[300];
	bool has_dir;
	unsigned int files; /* a bit per file */
};

static void announce(struct saver *w, const struct plan *p)
{
	char line[2000];
	size_t at = 0;
	unsigned int i;

	line[0] = '\0';
	if (p->has_dir)
		at += (size_t)sprintf(line, " %s=dir", p->path);
	for (i = 0; i < PLAN_FILES; i++)
		if (p->files >> i & 1)
			at += (size_t)sprintf(line + at, " %s/%02u-节.txt=%u", p->path, i, i + 1);
	journal_mark(w->journal, "S %s%s", p->name, line);
}

static void acknowledged(struct saver *w, const struct plan *p, bool durable)
{
	journal_mark(w->journal, "%c %s", durable ? 'D' : 'A', p->name);
	w->saves++;
}

static void add_file(struct saver *w, struct plan *p, unsigned int i)
{
	char path[400];
	int fd;

	p->files |= 1u << i;
	announce(w, p);
	snprintf(path, sizeof(path), "%s/%02u-节.txt", p->path, i);
	fd = step_open(w, path, O_WRONLY | O_CREAT | O_EXCL);
	step_write(w, fd, p->name, i + 1);
	step_close(w, fd);
	acknowledged(w, p, false);
}

static void remove_file(struct saver *w, struct plan *p, unsigned int i)
{
	char path[400];

	p->files &= ~(1u << i);
	announce(w, p);
	snprintf(path, sizeof(path), "%s/%02u-节.txt", p->path, i);
	step_unlink(w, path);
	acknowledged(w, p, false);
}

static void sync_dir(struct saver *w, const struct plan *p)
{
	int fd = step_open(w, p->path, O_RDONLY | O_DIRECTORY);

	step_fsync(w, fd);
	acknowledged(w, p, true);
	step_close(w, fd);
}

static void move(struct saver *w, struct plan *p, const char *to)
{
	char from[300];

	memcpy(from, p->path, sizeof(from));
	snprintf(p->path, sizeof(p->path), "%s", to);
	announce(w, p);
	step_rename(w, from, to);
	acknowledged(w, p, false);
}

void make_and_move_plan(struct saver *w, unsigned int step)
{
	struct plan p = { .has_dir = true };
	char to[300];
	unsigned int i;

	snprintf(p.name, sizeof(p.name), "%s-%u-%u", w->id, w->round, step);
	snprintf(p.path, sizeof(p.path), "2016/合肥市/新计划-%s", p.name);
	announce(w, &p);
	step_mkdir(w, p.path);
	acknowledged(w, &p, false);
	for (i = 0; i < PLAN_FILES; i++)
		add_file(w, &p, i);
	/* To another year: mv is meaning, and must be one change. */
	snprintf(to, sizeof(to), "2017/合肥市/计划-%s", p.name);
	move(w, &p, to);
	if (step % 2)
		sync_dir(w, &p);
	if (step % 3 == 0)
		return;
	for (i = 0; i < PLAN_FILES; i++)
		remove_file(w, &p, i);
	p.has_dir = false;
	announce(w, &p);
	step_rmdir(w, p.path);
	acknowledged(w, &p, false);
}

static void make_source(struct saver *w, const char *prefix, const char *dir)
{
	char path[300], name[100];
	unsigned int i;
	size_t len;
	FILE *f;

	for (i = 0; i < ARCHIVE_FILES; i++) {
		if (i % 8 == 0) {
			snprintf(path, sizeof(path), "%s/plan%u", dir, i / 8);
			if (mkdir(path, 0755) < 0)
				err(3, "%s", path);
		}
		snprintf(name, sizeof(name), "%s-%u", prefix, i);
		snprintf(path, sizeof(path), "%s/plan%u/%02u.txt", dir, i / 8, i);
		len = 0;
		text_make(name, 1, w->big_every, &w->text, &len);
		f = fopen(path, "w");
		if (!f || fwrite(w->text, 1, len, f) != len || fclose(f) != 0)
			err(3, "%s", path);
	}
}

static void must_run(const char *command)
{
	int r = system(command);

	if (r != 0)
		errx(3, "%s: %d", command, r);
}

/* Read what tar names: when it names the next file, the last one is closed. */
static int follow_tar(struct saver *w, const char *prefix, FILE *names)
{
	char line[1024];
	int last = -1, i;

	while (fgets(line, sizeof(line), names)) {
		if (strncmp(line, "./", 2) != 0)
			break; /* an error: what was named last may be why */
		if (last >= 0)
			journal_mark(w->journal, "A %s-%d", prefix, last);
		w->saves += last >= 0;
		if (sscanf(line, "./plan%*d/%d.txt", &i) == 1)
			last = i;
		else
			last = -1;
	}
	while (fgets(line, sizeof(line), names))
		; /* tar must not die of a full pipe */
	return last;
}

void unpack_archive(struct saver *w, unsigned int step)
{
	char dir[] = "/tmp/planfs-tar-XXXXXX", prefix[80], target[300], command[900];
	unsigned int i;
	struct statfs fs;
	FILE *names;
	int last, r;

	if (!mkdtemp(dir))
		err(3, "%s", dir);
	snprintf(prefix, sizeof(prefix), "%s-%u-%u", w->id, w->round, step);
	make_source(w, prefix, dir);
	snprintf(command, sizeof(command), "cd %s && tar -cf %s.tar .", dir, dir);
	must_run(command);
	snprintf(target, sizeof(target), "2018/%s", prefix);
	for (i = 0; i < ARCHIVE_FILES; i++)
		journal_mark(
			w->journal, "S %s-%u %s/plan%u/%02u.txt=1", prefix, i, target, i / 8, i);
	snprintf(command, sizeof(command),
		"exec 2>&1; mkdir '%s/%s' && exec tar --no-same-owner -xvf %s.tar -C '%s/%s'",
		w->mount, target, dir, w->mount, target);
	names = popen(command, "r");
	if (!names)
		err(3, "popen");
	last = follow_tar(w, prefix, names);
	r = pclose(names);
	if (r == 0 && last >= 0)
		journal_mark(w->journal, "A %s-%d", prefix, last);
	snprintf(command, sizeof(command), "rm -r %s %s.tar", dir, dir);
	must_run(command);
	/* Why tar failed: statfs() is never answered from the kernel's memory of a dead mount. */
	if (r != 0 && statfs(w->mount, &fs) == 0)
		errx(4, "%s: tar failed with status %d on a mount that lives", w->id, r);
	if (r != 0)
		exit(0);
}
