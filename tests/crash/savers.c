/*
 * The writers of the crash tests, and the check of what they left.
 *
 *   savers write PATTERN ID MNT JOURNAL ROUND COUNT   save until COUNT or until the daemon is gone
 *   savers check MNT JOURNAL [all]                     after a kill: is what was acknowledged there?
 *   savers mark JOURNAL LINE                           add a mark
 *
 * PATTERN is in-place, rename, vim, append, tree or tar; COUNT 0 is for ever. SAVERS_SEED chooses the
 * course, SAVERS_BIG=N makes one text in N large. A writer goes on from the state that the last check
 * found. Exit status: 0 done or the daemon is gone, 1 findings, 3 the test is broken, 4 a call failed
 * for another reason.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "saver.h"

#define SECTIONS 4

static int open_journal(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		err(3, "%s", path);
	return fd;
}

static void make_dirs(const struct saver *w)
{
	static const char *const dirs[] = { "2016", "2016/合肥市", "2017", "2017/合肥市", "2018" };
	char path[4096];
	size_t i;

	for (i = 0; i <= sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->mount,
			i < sizeof(dirs) / sizeof(dirs[0]) ? dirs[i] : w->dir);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			step_failed(w, "mkdir", path);
	}
}

/* Remove what a killed save left beside the text, or give the text its name back. */
static void tidy(struct saver *w, struct section *x, const struct model_key *key)
{
	const struct model_state *last = &key->states[key->count - 1];
	const char *path;
	unsigned int i;

	for (i = 0; i < last->count; i++) {
		path = key->paths[last->places[i].path];
		if (strcmp(path, x->path) == 0)
			continue;
		if (x->exists) {
			journal_mark(
				w->journal, "S %s %s=%u-%u", x->name, x->path, x->base, x->seq);
			step_unlink(w, path);
		} else {
			x->base = last->places[i].token.first;
			x->seq = last->places[i].token.last;
			journal_mark(
				w->journal, "S %s %s=%u-%u", x->name, x->path, x->base, x->seq);
			step_rename(w, path, x->path);
			x->exists = true;
		}
		journal_mark(w->journal, "A %s", x->name);
	}
}

static void resume(struct saver *w, struct section *x, const struct model *m)
{
	const struct model_key *key = model_find(m, x->name);
	const struct model_state *state;
	unsigned int i, max = 0;
	size_t n;

	if (!key || key->count == 0)
		return;
	for (n = 0; n < key->count; n++)
		for (i = 0; i < key->states[n].count; i++)
			if (key->states[n].places[i].token.last > max)
				max = key->states[n].places[i].token.last;
	state = &key->states[key->count - 1];
	for (i = 0; i < state->count; i++)
		if (strcmp(key->paths[state->places[i].path], x->path) == 0) {
			x->exists = true;
			x->base = state->places[i].token.first;
			x->seq = state->places[i].token.last;
		}
	tidy(w, x, key);
	/* A number is never used twice; the next save of an appended text starts it anew. */
	if (max != x->seq) {
		x->base = 0;
		x->seq = max;
	}
}

static const struct {
	const char *name;
	void (*save)(struct saver *w, struct section *x);
	void (*step)(struct saver *w, unsigned int step);
} patterns[] = {
	{ "in-place", save_in_place, NULL },
	{ "rename", save_by_rename, NULL },
	{ "vim", save_like_vim, NULL },
	{ "append", save_by_append, NULL },
	{ "tree", NULL, make_and_move_plan },
	{ "tar", NULL, unpack_archive },
};

static void write_sections(struct saver *w, unsigned long count,
	void (*save)(struct saver *w, struct section *x), const char *journal)
{
	struct section x[SECTIONS] = { { .seq = 0 } };
	struct journal j;
	struct model m;
	unsigned int i;

	journal_load(&j, journal);
	model_load(&m, &j);
	for (i = 0; i < SECTIONS; i++) {
		snprintf(x[i].name, sizeof(x[i].name), "%s-%u", w->id, i);
		snprintf(x[i].path, sizeof(x[i].path), "%s/%02u-节.txt", w->dir, i);
		resume(w, &x[i], &m);
		/* What stands in its name is not the newest number: a whole save comes first. */
		if (x[i].exists && x[i].base == 0)
			save_in_place(w, &x[i]);
	}
	model_done(&m);
	journal_done(&j);
	while (count == 0 || w->saves < count)
		save(w, &x[rnd_below(&w->rnd, SECTIONS)]);
}

static unsigned int env_number(const char *name, unsigned int otherwise)
{
	const char *s = getenv(name);

	return s ? (unsigned int)strtoul(s, NULL, 10) : otherwise;
}

static int write_main(char **argv)
{
	struct saver w = { .mount = argv[2], .round = (unsigned int)atoi(argv[4]) };
	unsigned long count = strtoul(argv[5], NULL, 10);
	unsigned int step;
	size_t i;

	snprintf(w.id, sizeof(w.id), "%s", argv[1]);
	snprintf(w.dir, sizeof(w.dir), "2016/合肥市/保存-%s", w.id);
	w.journal = open_journal(argv[3]);
	w.big_every = env_number("SAVERS_BIG", 0);
	w.rnd = env_number("SAVERS_SEED", 1) * 1000003u + w.round * 101u;
	for (i = 0; w.id[i]; i++)
		w.rnd = w.rnd * 31 + (unsigned char)w.id[i];
	make_dirs(&w);
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (strcmp(patterns[i].name, argv[0]) != 0)
			continue;
		if (patterns[i].save)
			write_sections(&w, count, patterns[i].save, argv[3]);
		for (step = 1; patterns[i].step && (count == 0 || w.saves < count); step++)
			patterns[i].step(&w, step);
		free(w.text);
		return 0;
	}
	errx(3, "no pattern '%s'", argv[0]);
}

static struct text_token read_mount(void *ctx, const char *name, const char *path)
{
	struct text_token t = { .kind = TEXT_ABSENT };
	char full[4096], *data = NULL;
	size_t len = 0;
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", (const char *)ctx, path);
	if (lstat(full, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			err(3, "%s", full);
		return t;
	}
	if (S_ISDIR(st.st_mode))
		return (struct text_token){ .kind = TEXT_DIR };
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(3, "%s", full);
	do {
		data = must_realloc(data, len + 65536);
		n = read(fd, data + len, 65536);
		if (n < 0)
			err(3, "read %s", full);
		len += (size_t)n;
	} while (n > 0);
	close(fd);
	t = text_parse(name, data, len);
	if ((off_t)len != st.st_size)
		t.kind = TEXT_TORN; /* a size that is not the text's */
	free(data);
	return t;
}

/* What was found is the state to go on from, and must never change again by itself. */
static void settle(int fd, const struct model *m)
{
	char line[3000], token[24];
	unsigned int k;
	size_t i, at;

	for (i = 0; i < m->count; i++) {
		const struct model_key *key = m->keys[i];
		const struct model_state *s = &key->states[key->seen ? key->seen - 1 : 0];

		if (key->touched <= m->checked ||
			(key->seen == key->count && key->seen && s->acked != MODEL_NEVER))
			continue;
		for (line[0] = '\0', at = 0, k = 0; key->seen && k < s->count; k++) {
			text_print(s->places[k].token, token);
			at += (size_t)sprintf(
				line + at, " %s=%s", key->paths[s->places[k].path], token);
		}
		journal_mark(fd, "S %s%s", key->name, line);
		journal_mark(fd, "A %s", key->name);
	}
	journal_mark(fd, "C");
}

static int check_main(const char *mount, const char *path, bool all)
{
	struct model_reader reader = { read_mount, (void *)(uintptr_t)mount };
	struct model_crash crash = { .all = all };
	struct model_figures f = { 0 };
	unsigned long acked = 0, last = 0;
	struct journal j;
	struct model m;
	size_t i, k;
	int fd;

	fd = open_journal(path);
	journal_load(&j, path);
	model_load(&m, &j);
	crash.position = j.count;
	model_check(&m, &crash, &reader, &f, stderr);
	for (i = 0; i < m.count; i++)
		for (k = 0; k < m.keys[i]->count; k++) {
			acked += m.keys[i]->states[k].acked != MODEL_NEVER;
			last += m.keys[i]->states[k].acked != MODEL_NEVER &&
				m.keys[i]->states[k].acked > m.checked;
		}
	if (model_bad(&f) == 0)
		settle(fd, &m);
	printf("acknowledged %lu new %lu texts %u lost %u torn %u empty %u wrong %u\n", acked, last,
		f.texts, f.lost, f.torn, f.empty, f.wrong);
	model_done(&m);
	journal_done(&j);
	close(fd);
	return model_bad(&f) != 0;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc == 8 && strcmp(argv[1], "write") == 0)
		return write_main(argv + 2);
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "check") == 0)
		return check_main(argv[2], argv[3], argc == 5);
	if (argc == 4 && strcmp(argv[1], "mark") == 0) {
		fd = open_journal(argv[2]);
		journal_mark(fd, "%s", argv[3]);
		return 0;
	}
	fprintf(stderr, "usage: see the head of savers.c\n");
	return 3;
}
