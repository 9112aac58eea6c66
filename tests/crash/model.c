/* The crash model of model.h. */
#include "model.h"

#include <err.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct model_key *model_find(const struct model *m, const char *name)
{
	ENTRY want = { .key = (char *)(uintptr_t)name }, *found;

	return hsearch_r(want, FIND, &found, m->index) ? found->data : NULL;
}

static struct model_key *get_key(struct model *m, const char *name)
{
	struct model_key *key = model_find(m, name);
	ENTRY item, *added;

	if (key)
		return key;
	if (m->count == m->capacity) {
		m->capacity = m->capacity ? 2 * m->capacity : 64;
		m->keys = must_realloc(m->keys, m->capacity * sizeof(m->keys[0]));
	}
	key = must_realloc(NULL, sizeof(*key));
	*key = (struct model_key){ .name = strdup(name) };
	item = (ENTRY){ .key = key->name, .data = key };
	if (!key->name || !hsearch_r(item, ENTER, &added, m->index))
		err(3, "index of texts");
	m->keys[m->count++] = key;
	return key;
}

static unsigned int get_path(struct model_key *key, const char *path)
{
	unsigned int i;

	for (i = 0; i < key->path_count; i++)
		if (strcmp(key->paths[i], path) == 0)
			return i;
	if (i == MODEL_PATHS)
		errx(3, "%s: too many paths", key->name);
	key->paths[key->path_count++] = strdup(path);
	return i;
}

static void add_state(struct model_key *key, uint64_t position, char *places)
{
	struct model_state *state;
	char *word, *equals;

	if (key->count == key->capacity) {
		key->capacity = key->capacity ? 2 * key->capacity : 4;
		key->states = must_realloc(key->states, key->capacity * sizeof(*state));
	}
	state = &key->states[key->count++];
	*state = (struct model_state){ position, MODEL_NEVER, MODEL_NEVER, 0, 0, { { 0 } } };
	for (word = strtok(places, " "); word; word = strtok(NULL, " ")) {
		equals = strrchr(word, '=');
		if (!equals || state->count == MODEL_PATHS)
			errx(3, "%s: bad place '%s'", key->name, word);
		*equals = '\0';
		state->places[state->count].path = get_path(key, word);
		state->places[state->count++].token = text_scan(equals + 1);
	}
}

static void acknowledge(struct model_key *key, uint64_t position, uint64_t time, bool durable)
{
	struct model_state *last;

	if (key->count == 0)
		errx(3, "%s: acknowledged before it was announced", key->name);
	last = &key->states[key->count - 1];
	if (last->acked == MODEL_NEVER) {
		last->acked = position;
		last->acked_time = time;
	}
	if (durable)
		last->durable = position;
}

static void add_mark(struct model *m, uint64_t position, const struct journal_rec *rec)
{
	struct model_key *key;
	char line[4097], *places, what;

	if (rec->len > 4096 || rec->len == 0)
		errx(3, "mark of %llu bytes", (unsigned long long)rec->len);
	memcpy(line, journal_data(rec), rec->len);
	line[rec->len] = '\0';
	what = line[0];
	if (what == 'C')
		m->checked = position;
	if (rec->len < 3 || what == 'C' || what == 'T')
		return;
	places = strchr(line + 2, ' ');
	if (places)
		*places++ = '\0';
	key = get_key(m, line + 2);
	key->touched = position;
	if (what == 'S')
		add_state(key, position, places);
	else
		acknowledge(key, position, rec->time, what == 'D');
}

void model_load(struct model *m, const struct journal *j)
{
	struct hsearch_data *index = must_realloc(NULL, sizeof(*index));
	size_t i;

	*index = (struct hsearch_data){ 0 };
	*m = (struct model){ .index = index };
	if (!hcreate_r(1 << 18, index))
		err(3, "index of texts");
	for (i = 0; i < j->count; i++)
		if (j->recs[i]->type == JOURNAL_MARK)
			add_mark(m, i, j->recs[i]);
}

void model_done(struct model *m)
{
	size_t i, k;

	for (i = 0; i < m->count; i++) {
		for (k = 0; k < m->keys[i]->path_count; k++)
			free(m->keys[i]->paths[k]);
		free(m->keys[i]->states);
		free(m->keys[i]->name);
		free(m->keys[i]);
	}
	free(m->keys);
	if (m->index)
		hdestroy_r(m->index);
	free(m->index);
	*m = (struct model){ 0 };
}

/*
 * The states a text may be in, counted from 1; 0 is the time before the first, when no path of it
 * existed. All between *ret_low and *ret_high, both included.
 */
static void allowed(const struct model_key *key, const struct model_crash *crash, size_t *ret_low,
	size_t *ret_high)
{
	size_t i, low = 0, high = 0;

	for (i = 0; i < key->count && key->states[i].started < crash->position; i++) {
		const struct model_state *s = &key->states[i];

		high = i + 1;
		if (s->durable < crash->position)
			low = high;
		if (s->acked >= crash->position)
			continue;
		if (!crash->power || s->acked_time + crash->soft_ns < crash->time)
			low = high;
	}
	*ret_low = low;
	*ret_high = high;
}

static bool state_is(const struct model_key *key, size_t n, const struct text_token *found)
{
	struct text_token want[MODEL_PATHS] = { { 0 } };
	unsigned int i;

	if (n > 0)
		for (i = 0; i < key->states[n - 1].count; i++)
			want[key->states[n - 1].places[i].path] =
				key->states[n - 1].places[i].token;
	for (i = 0; i < key->path_count; i++)
		if (!text_equal(want[i], found[i]))
			return false;
	return true;
}

static void print_places(const struct model_key *key, size_t n, FILE *to)
{
	char s[24];
	unsigned int i;

	if (n == 0 || key->states[n - 1].count == 0)
		fputs(" nothing", to);
	for (i = 0; n > 0 && i < key->states[n - 1].count; i++) {
		text_print(key->states[n - 1].places[i].token, s);
		fprintf(to, " %s=%s", key->paths[key->states[n - 1].places[i].path], s);
	}
}

static void report_bad(const struct model_key *key, size_t low, size_t high, const char *what,
	const struct text_token *found, FILE *to)
{
	char s[24];
	unsigned int i;

	fprintf(to, "  %s: %s; found", what, key->name);
	for (i = 0; i < key->path_count; i++) {
		text_print(found[i], s);
		if (found[i].kind != TEXT_ABSENT)
			fprintf(to, " %s=%s", key->paths[i], s);
	}
	fprintf(to, "; the oldest state allowed is %zu:", low);
	print_places(key, low, to);
	fprintf(to, "; the newest %zu:", high);
	print_places(key, high, to);
	fputc('\n', to);
}

static void count_bad(const struct model_key *key, size_t low, size_t high,
	const struct text_token *found, struct model_figures *f, FILE *report)
{
	bool torn = false, empty = false, older = false;
	const char *what;
	size_t i;

	for (i = 0; i < key->path_count; i++) {
		torn |= found[i].kind == TEXT_TORN;
		empty |= found[i].kind == TEXT_EMPTY;
	}
	for (i = 0; i < low && !older; i++)
		older = state_is(key, i, found);
	if (torn) {
		f->torn++;
		what = "torn";
	} else if (empty) {
		f->empty++;
		what = "empty";
	} else if (older) {
		f->lost++;
		what = "lost";
	} else {
		f->wrong++;
		what = "a state it never had";
	}
	report_bad(key, low, high, what, found, report);
}

static void check_key(struct model_key *key, const struct model_crash *crash,
	const struct model_reader *reader, struct model_figures *f, FILE *report)
{
	struct text_token found[MODEL_PATHS];
	size_t low, high, n;
	unsigned int i;

	allowed(key, crash, &low, &high);
	for (i = 0; i < key->path_count; i++)
		found[i] = reader->read(reader->ctx, key->name, key->paths[i]);
	f->texts++;
	for (n = high + 1; n-- > low && !state_is(key, n, found);)
		;
	if (n + 1 > low) {
		key->seen = n;
		for (n = low; !state_is(key, n, found); n++)
			;
		key->surely = n;
		return;
	}
	key->seen = key->surely = high;
	count_bad(key, low, high, found, f, report);
}

/*
 * The tree is a state it had as a whole: a state that was acknowledged before another was begun
 * is not missing where the other is there.
 */
static void check_order(struct model *m, struct model_figures *f, FILE *report)
{
	const struct model_key *latest = NULL;
	uint64_t begun = 0;
	size_t i;

	for (i = 0; i < m->count; i++) {
		const struct model_key *key = m->keys[i];

		if (key->surely > 0 && key->states[key->surely - 1].started > begun) {
			latest = key;
			begun = key->states[key->surely - 1].started;
		}
	}
	for (i = 0; i < m->count; i++) {
		const struct model_key *key = m->keys[i];

		if (key->seen < key->count && key->states[key->seen].acked < begun) {
			f->disorder++;
			fprintf(report, "  disorder: %s is in state %zu although %s is in %zu\n",
				key->name, key->seen, latest->name, latest->surely);
		}
	}
}

void model_check(struct model *m, const struct model_crash *crash,
	const struct model_reader *reader, struct model_figures *f, FILE *report)
{
	unsigned int bad = model_bad(f);
	size_t i;

	for (i = 0; i < m->count; i++)
		if (crash->all || m->keys[i]->touched > m->checked)
			check_key(m->keys[i], crash, reader, f, report);
	if (crash->all && crash->power && model_bad(f) == bad)
		check_order(m, f, report);
}
